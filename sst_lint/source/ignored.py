"""Does git ignore a path? Nested ``.gitignore`` files and ``.git/info/exclude``, read without calling git.

A user's own global ignore file is not read: results must not depend on the machine. The patterns are translated here,
not by pathspec, because git asks of each directory entry alone, on the way down, whether a pattern matches it; pathspec
also matches what lies below a match, and so finds back (``!x``) more than git does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

NAME = ".gitignore"


class _Pattern(NamedTuple):
    """One line of an ignore file."""

    again: bool  #: written with ``!``: not ignored after all
    by_name: bool  #: matches the last part of a path, not the whole
    regex: str


class _Run(NamedTuple):
    """Adjacent lines of one sense, as two expressions: for the names of entries, and for their paths."""

    again: bool
    names: re.Pattern[str] | None
    paths: re.Pattern[str] | None


@dataclass(frozen=True)
class _Layer:
    """The lines of one ignore file and the directory they start from."""

    directory: str  #: with a separator at its end
    lines: tuple[str, ...]

    @cached_property
    def runs(self) -> tuple[_Run, ...]:
        """The last lines first, for the last that matches decides."""
        patterns = [pattern for pattern in map(_parse_line, self.lines) if pattern is not None]
        runs = []
        for again, group in groupby(patterns, key=lambda pattern: pattern.again):
            run = list(group)
            names = [pattern.regex for pattern in run if pattern.by_name]
            paths = [pattern.regex for pattern in run if not pattern.by_name]
            runs.append(_Run(again, _any_of(names), _any_of(paths)))
        return tuple(reversed(runs))

    def verdict(self, relative: str, name: str) -> bool | None:
        """Whether an entry is ignored; ``None`` when no line speaks of it. Directories end with ``/``."""
        for run in self.runs:
            if (run.names and run.names.match(name)) or (run.paths and run.paths.match(relative)):
                return not run.again
        return None


@dataclass(frozen=True)
class GitIgnore:
    """The ignore files that hold for a directory, outermost first."""

    layers: tuple[_Layer, ...] = ()

    @classmethod
    def above(cls, start: Path, root: Path) -> GitIgnore:
        """The ignore files above ``start``: up to the git repository's top, or to ``root`` where there is none.

        None of them when they ignore ``start`` itself: who names an ignored directory means it.
        """
        top = next((each for each in (start, *start.parents) if (each / ".git").exists()), root)
        found = cls(_read_layer(top, top / ".git" / "info" / "exclude"))
        chain = []
        current = start
        while current != top and current.parent != current:
            chain.append(current)
            current = current.parent
        for directory in reversed(chain):  # from the top's child down to ``start``
            found = cls((*found.layers, *_read_layer(directory.parent, directory.parent / NAME)))
            if found.matches(directory, True):
                return cls()
        return found

    def inside(self, directory: Path, names: Iterable[str]) -> GitIgnore:
        """With the ignore file of ``directory``, whose entries are ``names``, added."""
        if NAME not in names:
            return self
        layer = _read_layer(directory, directory / NAME)
        return GitIgnore((*self.layers, *layer)) if layer else self

    def matches(self, path: Path | str, is_directory: bool) -> bool:
        """Whether ``path`` is ignored; that no directory above it is, the caller has seen to."""
        text = os.fspath(path)
        name = text.rpartition(os.sep)[2]
        end = "/" if is_directory else ""
        for layer in reversed(self.layers):  # the nearest file that says anything decides
            if text.startswith(layer.directory):
                relative = text[len(layer.directory) :].replace(os.sep, "/")
                verdict = layer.verdict(relative + end, name + end)
                if verdict is not None:
                    return verdict
        return False


def _read_layer(directory: Path, file: Path) -> tuple[_Layer, ...]:
    try:
        text = file.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ()
    lines = tuple(line for line in text.removeprefix("\ufeff").split("\n") if line and not line.startswith("#"))
    return (_Layer(os.fspath(directory).rstrip(os.sep) + os.sep, lines),) if lines else ()


def _any_of(expressions: list[str]) -> re.Pattern[str] | None:
    return re.compile("(?:" + "|".join(expressions) + r")\Z", re.DOTALL) if expressions else None


def _parse_line(line: str) -> _Pattern | None:
    """One line as git reads it; ``None`` for one that matches nothing."""
    line = line.removesuffix("\r")
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    again = line.startswith("!")
    line = line.removeprefix("!")
    only_directories = line.endswith("/")
    line = line.removesuffix("/")
    by_name = "/" not in line
    regex = _translate(line.removeprefix("/"))
    if not regex:
        return None
    # `a/*` means what is in `a/`, not `a/` itself: the slash at the end of a directory is no part of what stars match
    return _Pattern(again, by_name, regex + ("(?<=[^/])/" if only_directories else "(?<=[^/])/?"))


def _translate(glob: str) -> str | None:
    """A regular expression for git's wildcards; ``None`` when a bracket or a backslash is left open."""
    parts: list[str] = []
    at = 0
    while at < len(glob):
        step, part = _next_part(glob, at)
        if part is None:
            return None
        parts.append(part)
        at += step
    return "".join(parts)


def _next_part(glob: str, at: int) -> tuple[int, str | None]:
    """How many characters the wildcard or letter at ``at`` takes, and its expression."""
    if glob[at] == "*":
        stars = len(glob) - at - len(glob[at:].lstrip("*"))
        after = at + stars
        whole_part = stars == 2 and glob[at - 1 : at] in ("", "/")
        if whole_part and glob[after : after + 1] == "/":
            return 3, "(?:.*/)?"
        if whole_part and after == len(glob):
            return 2, ".+"
        return stars, "[^/]*"
    if glob[at] == "?":
        return 1, "[^/]"
    if glob[at] == "[":
        return _bracket(glob, at)
    if glob[at] == "\\":
        return 2, re.escape(glob[at + 1]) if at + 1 < len(glob) else None
    return 1, re.escape(glob[at])


_BRACKET = re.compile(r"\[(?P<not>[!^]?)(?P<set>\]?(?:\\.|\[:[a-z]+:\]|[^\]\\])*)\]", re.DOTALL)
_RANGE = re.compile(r"(\\?.)-(\\?.)", re.DOTALL)
_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


def _bracket(glob: str, at: int) -> tuple[int, str | None]:
    match = _BRACKET.match(glob, at)
    if match is None:
        return 1, None
    inside = re.sub(r"\[:([a-z]+):\]", lambda each: "\0" + each.group(1) + "\0", match.group("set"))
    inside = re.sub(r"\\(.)|([\[\]^&~|])", lambda each: "\\" + (each.group(1) or each.group(2)), inside)
    inside = re.sub("\0([a-z]+)\0", lambda each: _CLASSES.get(each.group(1), ""), inside)
    if not inside:  # only a class that nobody knows
        return 1, None
    inside = _RANGE.sub(_forward_range, inside)
    return match.end() - at, f"(?!/)[{'^' if match.group('not') else ''}{inside}]"


def _forward_range(match: re.Match[str]) -> str:
    """The range as it stands; of one that runs backwards, git sees its first character alone."""
    first, last = match.group(1), match.group(2)
    return match.group(0) if first[-1] <= last[-1] else first
