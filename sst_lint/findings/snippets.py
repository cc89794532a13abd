"""Which words of the source name a finding, whatever line they stand on? Its expression, folded; for a handler also
the first thing that it guards, since all handlers look alike.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

from sst_lint.flow.location import Location
from sst_lint.source.lexemes import COMMENT, STRING

_LINE_END = re.compile(r"\r\n|\r|\n")  # what ends a line of Python; str.splitlines knows more
_STRING_OR_COMMENT = re.compile(rf"{STRING}|({COMMENT})", re.DOTALL)
_SPACE = re.compile(r"(?:\\\n|\s)+")
_INSIDE_BRACKETS = re.compile(r"(?<=[(\[{]) |,? ?(?=[)\]}])")
_HANDLER = re.compile(r"except\b")
_SUPPRESS = re.compile(r"(?:\w+\.)*suppress\(")
_LONGEST = 160  # characters of a snippet that are kept as they are


@lru_cache(maxsize=8)
def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a source text as Python counts them, without their ends."""
    return tuple(_LINE_END.split(text))


def excerpt(text: str, where: Location) -> str:
    """The normalized snippet at ``where``: equal for code that was moved or laid out anew, "" where there is none."""
    lines = lines_of(text)
    if not 1 <= where.line <= len(lines):
        return ""
    code = fold(_span(lines, where))
    if _HANDLER.match(code):
        guarded = _first_of_try(lines, where.line - 1)
    elif _SUPPRESS.match(code):
        guarded = _first_code(lines, min(where.end_line, len(lines)))
    else:
        return code
    return fold(f"{guarded} ... {code}") if guarded else code


def fold(code: str) -> str:
    """The code without comments, with one kind of quotes and as little white space as one line needs."""
    code = _STRING_OR_COMMENT.sub(lambda match: "" if match.group(1) else match.group(), code)
    code = _INSIDE_BRACKETS.sub("", _SPACE.sub(" ", code).strip()).replace('"', "'")
    if len(code) <= _LONGEST:
        return code
    return f"{code[:_LONGEST]}... {hashlib.sha256(code.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _span(lines: Sequence[str], where: Location) -> str:
    last = min(where.end_line, len(lines))
    if last <= where.line:
        return lines[where.line - 1][where.column - 1 : where.end_column - 1]
    inner = lines[where.line : last - 1]
    return "\n".join([lines[where.line - 1][where.column - 1 :], *inner, lines[last - 1][: where.end_column - 1]])


def _first_of_try(lines: Sequence[str], handler: int) -> str:
    """The first line of code in the ``try`` to which the handler in line ``handler`` (0-based) belongs."""
    indent = _indent(lines[handler])
    for number in range(handler - 1, -1, -1):
        line = lines[number]
        if _indent(line) == indent and re.match(r"try\s*:", line.lstrip()):
            rest = fold(line.partition(":")[2])
            return rest or _first_code(lines, number + 1)
    return ""


def _first_code(lines: Sequence[str], start: int) -> str:
    """The first line from ``start`` (0-based) on that holds code."""
    for line in lines[start:]:
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            return fold(stripped)
    return ""


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
