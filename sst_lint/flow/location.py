"""Where is it? Positions in files, and the steps of a trace."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Location:
    """A span in a source file; lines and columns are 1-based, columns count code points, the end is exclusive."""

    path: str  #: relative to the project root, POSIX
    line: int
    column: int
    end_line: int
    end_column: int
    function: str  #: qualified name of the enclosing unit, "" for module level


@dataclass(frozen=True, order=True)
class Step:
    """One step of a trace, from source to sink: a place and a few words on what happens there."""

    path: str
    line: int
    function: str
    message: str
