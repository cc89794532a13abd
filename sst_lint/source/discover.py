"""Which files are checked? The Python files below the given paths, in one order, whatever the file system says."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sst_lint.config import Config
from sst_lint.config.patterns import compile_patterns, matches
from sst_lint.source.ignored import GitIgnore
from sst_lint.source.records import Unreadable
from sst_lint.source.scripts import calls_python, may_be_script


@dataclass(frozen=True)
class Discovery:
    """What was found. All paths are relative to the project root, POSIX, sorted."""

    files: tuple[str, ...]
    unreadable: tuple[Unreadable, ...] = ()  #: directories and links that could not be followed
    missing: tuple[str, ...] = ()  #: paths that were asked for and do not exist
    excluded: tuple[str, ...] = ()  #: paths that were asked for by name and are excluded


def discover(paths: Iterable[Path], root: Path, config: Config) -> Discovery:
    """The files to check below ``paths``.

    Directories give what ``include`` matches and, with ``scripts``, programs without a suffix whose first line calls
    Python; a file that is named itself is taken whatever its name. ``exclude`` holds for both, ``.gitignore`` for what
    stands in directories. Links to directories are not followed, unless named.
    """
    return _Walk(absolute_path(root), config).run(paths)


class _Walk:
    """One discovery: its options, and what it has found so far."""

    def __init__(self, root: Path, config: Config) -> None:
        self._root = os.fspath(root)
        self._real_root = os.path.realpath(root)
        # A pattern without a slash is about the file's name: a directory called ``x.py`` holds what it likes.
        self._names = tuple(pattern for pattern in config.include if "/" not in pattern)
        self._places = tuple(pattern for pattern in config.include if "/" in pattern)
        self._scripts = config.scripts
        self._exclude = (*config.exclude, *config.extend_exclude)
        self._use_gitignore = config.respect_gitignore
        self._files: dict[str, None] = {}
        self._unreadable: dict[str, Unreadable] = {}
        self._missing: list[str] = []
        self._excluded: list[str] = []

    def run(self, paths: Iterable[Path]) -> Discovery:
        for path in paths:
            self._start(absolute_path(path))
        unreadable = tuple(self._unreadable[path] for path in sorted(self._unreadable))
        return Discovery(
            tuple(sorted(self._files)), unreadable, tuple(sorted(self._missing)), tuple(sorted(self._excluded))
        )

    def _start(self, path: Path) -> None:
        relative = relative_path(path, self._root)
        if not os.path.lexists(path):
            self._missing.append(relative)
        elif path.is_dir():
            if relative != "." and matches(relative + "/", self._exclude):
                self._excluded.append(relative)
                return
            self._descend(path, GitIgnore.above(path, Path(self._root)) if self._use_gitignore else None)
        elif matches(relative, self._exclude):
            self._excluded.append(relative)
        else:
            self._files[relative] = None

    def _descend(self, top: Path, gitignore: GitIgnore | None) -> None:
        pending: list[tuple[Path, GitIgnore | None]] = [(top, gitignore)]
        while pending:
            directory, ignored = pending.pop()
            entries = self._entries(directory)
            if ignored is not None:
                ignored = ignored.inside(directory, (entry.name for entry in entries))
            for entry in entries:
                if self._wanted(entry, ignored):
                    if entry.is_dir(follow_symlinks=False):
                        pending.append((Path(entry.path), ignored))
                    else:
                        self._files[relative_path(entry.path, self._root)] = None

    def _entries(self, directory: Path) -> Sequence[os.DirEntry[str]]:
        try:
            with os.scandir(directory) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            self._cannot_read(directory, "disappeared during the run")
        except OSError as error:
            self._cannot_read(directory, f"cannot be read: {error.strerror or error}")
        return ()

    def _wanted(self, entry: os.DirEntry[str], ignored: GitIgnore | None) -> bool:
        """Whether an entry of a directory is a directory to descend into, or a file to check."""
        path = entry.path  # as text: there may be a hundred thousand of them
        relative = relative_path(path, self._root)
        try:
            if entry.is_dir(follow_symlinks=False):
                return not self._left_out(path, relative + "/", ignored)
            included = matches(entry.name, self._names) or matches(relative, self._places)
            if not included and not (self._scripts and may_be_script(entry.name) and entry.is_file()):
                return False
            if self._left_out(path, relative, ignored) or not (included or calls_python(path)):
                return False
            return not entry.is_symlink() or self._wanted_link(path)
        except OSError as error:
            self._cannot_read(path, f"cannot be read: {error.strerror or error}")
            return False

    def _wanted_link(self, path: str) -> bool:
        """A link counts when it leads to a file that is not found without it."""
        try:
            target = os.path.realpath(path, strict=True)
        except OSError as error:
            self._cannot_read(path, f"is a symbolic link that leads nowhere: {error.strerror or error}")
            return False
        return not Path(target).is_dir() and not _is_inside(target, self._real_root)

    def _left_out(self, path: str, relative: str, ignored: GitIgnore | None) -> bool:
        if self._exclude and compile_patterns(self._exclude).match_file(relative):
            return True
        return ignored is not None and ignored.matches(path, relative.endswith("/"))

    def _cannot_read(self, path: Path | str, message: str) -> None:
        relative = relative_path(path, self._root)
        self._unreadable[relative] = Unreadable(relative, 1, 1, message)


def absolute_path(path: Path) -> Path:
    """``path`` without ``..``, links kept: a symbolic link belongs where it stands."""
    return Path(os.path.abspath(path))  # noqa: PTH100 -- ``resolve`` would follow links


def relative_path(path: Path | str, root: Path | str) -> str:
    """``path`` relative to ``root``, POSIX; both absolute. Above the root it starts with ``..``."""
    text, base = os.fspath(path), os.fspath(root)
    prefix = base if base.endswith(os.sep) else base + os.sep
    if text.startswith(prefix):
        text = text[len(prefix) :]
    else:
        with contextlib.suppress(ValueError):  # another drive: the path stays absolute
            text = os.path.relpath(text, base)
    return text.replace(os.sep, "/")


def _is_inside(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)
