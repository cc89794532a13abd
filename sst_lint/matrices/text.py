"""How are texts that nobody vouches for put into a document? On one line, without markup, inside a table too.

Code, paths and reasons come from files: a pipe would end a cell, a direction mark could show other code than is there.
"""

from __future__ import annotations

import re

#: What means something inside a line of Markdown, and what makes a link of an address.
_SPECIAL = re.compile(r"([\\`*_\[\]|~$#@>]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
#: Our own words quote names like this: `open`.
_QUOTED = re.compile(r"`([^`]+)`")
_CELL = re.compile(r"(?<!\\)\|")


def plain(words: str) -> str:
    """Return ``words`` on one line, with everything unprintable as its escape."""
    if words.isprintable():
        return words
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in words
    )


def prose(words: str) -> str:
    """Return words for a cell: no markup of theirs, no HTML, no link; what stands between backticks is code."""
    parts = []
    last = 0
    for match in _QUOTED.finditer(words):
        parts += [_escaped(words[last : match.start()]), code(match.group(1))]
        last = match.end()
    return "".join([*parts, _escaped(words[last:])])


def _escaped(words: str) -> str:
    return _SPECIAL.sub(r"\\\1", plain(words).replace("&", "&amp;")).replace("<", "&lt;")


def code(words: str) -> str:
    """Return words as a code span of a cell."""
    words = plain(words).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", words)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{padding}{words}{padding}{fence}" if words else ""


def cells(line: str) -> list[str]:
    """Return the cells of a line of a table; a pipe inside a cell is escaped."""
    return [cell.strip() for cell in _CELL.split(line.strip().removeprefix("|").removesuffix("|"))]
