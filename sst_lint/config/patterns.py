"""Does a path match a list of patterns? They are those of ``.gitignore``, as everywhere in the configuration."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@lru_cache(maxsize=256)
def compile_patterns(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    """The patterns as one matcher. Raises ``ValueError`` for what is no pattern."""
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether ``path`` or a directory above it matches. It is relative and POSIX; a directory ends with ``/``."""
    return bool(patterns) and compile_patterns(patterns).match_file(path)
