"""What does reading a file give? A ``Source`` with its units and suppression directives, or an ``Unreadable``.

Units are the grain of facts, caching and work: a function or method at any class depth, or the statements of a class
body or module outside them. A unit's text keeps the file's line structure from its first line on; every unit that
stands inside it is blanked: its first line becomes ``pass`` at the same indentation, its other lines become empty.
Nested functions and classes inside a function belong to that function's unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Unit:
    """One function, method, class body or module body."""

    qualname: str  #: ``Class.method``, ``func``, ``Class``; ``<module>`` for the module body
    occurrence: int  #: 0-based, among the units of equal name and kind in one file
    kind: Literal["module", "class", "function"]
    first_line: int  #: 1-based line of the file at which ``text`` starts (decorators included)
    text: str  #: own text, LF line ends, original indentation
    indent: str  #: indentation of the first line; extraction puts ``if 1:`` before it when it is not empty
    #: (line of ``text``, how many lines below it are empty in place of a definition), in order
    gaps: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Directive:
    """One suppression comment: ``# sst: ignore[...] -- reason``, ``# noqa: SST...``, or a declared waiver.

    ``kind``: ignore, ignore-file, off, on, noqa, waiver. ``codes`` as written, empty for all.
    ``error`` says what is malformed, "" if nothing is. ``first``: the first line that it speaks for, when the lines
    above its own cannot hold a comment (they end inside a string, or with a backslash); 0: its own line alone.
    """

    kind: Literal["ignore", "ignore-file", "off", "on", "noqa", "waiver"]
    line: int
    column: int
    codes: tuple[str, ...]
    reason: str
    text: str
    error: str = ""
    first: int = 0
    tier: str = ""  #: of a declared waiver that names one
    ticket: str = ""


@dataclass(frozen=True)
class Source:
    """One file that was read."""

    path: str  #: relative to the project root, POSIX
    text: str  #: decoded, line ends as in the file
    encoding: str
    units: tuple[Unit, ...]  #: in order of first line; the module unit is the first
    directives: tuple[Directive, ...]


@dataclass(frozen=True)
class Unreadable:
    """A file that could not be read, decoded or parsed: becomes SST900."""

    path: str
    line: int
    column: int
    message: str
