"""Does git ignore a path? Nested ``.gitignore`` files and ``.git/info/exclude``, read without calling git.

A user's own global ignore file is not read: results must not depend on the machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".gitignore"


@dataclass(frozen=True)
class _Layer:
    """The patterns of one ignore file and the directory they start from."""

    directory: str  #: with a separator at its end
    lines: tuple[str, ...]

    @cached_property
    def spec(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        valid = []
        for line in self.lines:
            try:
                GitIgnoreSpec.from_lines([line])
            except ValueError:
                continue  # git ignores a pattern that it cannot read
            valid.append(line)
        return GitIgnoreSpec.from_lines(valid)


@dataclass(frozen=True)
class GitIgnore:
    """The ignore files that hold for a directory, outermost first."""

    layers: tuple[_Layer, ...] = ()

    @classmethod
    def above(cls, start: Path, root: Path) -> GitIgnore:
        """The ignore files above ``start``: up to the git repository's top, or to ``root`` where there is none.

        None of them when they ignore ``start`` itself: who names an ignored directory means it.
        """
        parents = list(start.parents)
        tops = [each for each in (start, *parents) if (each / ".git").exists()]
        top = tops[0] if tops else root
        found = cls(_read_layer(top, top / ".git" / "info" / "exclude"))
        current = start
        chain = []
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

    def matches(self, path: Path, is_directory: bool) -> bool:
        """Whether ``path`` is ignored; that no directory above it is, the caller has seen to."""
        text = os.fspath(path)
        for layer in reversed(self.layers):  # the nearest file that says anything decides
            if not text.startswith(layer.directory):
                continue
            relative = text[len(layer.directory) :].replace(os.sep, "/")
            verdict = layer.spec.check_file(relative + "/" if is_directory else relative).include
            if verdict is not None:
                return verdict
        return False


def _read_layer(directory: Path, file: Path) -> tuple[_Layer, ...]:
    try:
        text = file.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ()
    lines = tuple(line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n"))
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return ()
    return (_Layer(os.fspath(directory).rstrip(os.sep) + os.sep, lines),)
