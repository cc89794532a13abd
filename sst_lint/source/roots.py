"""To which project does a path belong, and from which directories are its modules imported?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sst_lint.config import Config, has_configuration
from sst_lint.source.discover import absolute_path


def find_root(path: Path, seen: dict[Path, bool] | None = None) -> Path:
    """The root of ``path``: the nearest directory at or above it with configuration, else with ``.git``, else its own.

    ``seen`` remembers which directories are configured, for many paths in one run.
    """
    seen = {} if seen is None else seen
    absolute = absolute_path(path)
    start = absolute if absolute.is_dir() else absolute.parent
    candidates = (start, *start.parents)
    for directory in candidates:
        if directory not in seen:
            seen[directory] = has_configuration(directory)
        if seen[directory]:
            return directory
    for directory in candidates:
        if _is_repository(directory):
            return directory
    return start


def _is_repository(directory: Path) -> bool:
    """Whether a directory holds ``.git``; not, as far as anybody can see, where it may not be looked into."""
    return os.path.exists(directory / ".git")  # noqa: PTH110 -- `Path.exists` raises there


def is_marked(directory: Path) -> bool:
    """Whether a directory says that it is the root of a project: by configuration, or as a repository."""
    return has_configuration(directory) or _is_repository(directory)


def below_repository(root: Path) -> str:
    """The path of ``root`` inside its git repository, POSIX: "" at the top, and outside of any."""
    for directory in (root, *root.parents):
        if _is_repository(directory):
            inside = root.relative_to(directory).as_posix()
            return "" if inside == "." else inside
    return ""


def import_roots(files: Sequence[str], config: Config) -> tuple[str, ...]:
    """The directories from which modules are imported, relative to the project root (``.``), sorted.

    As configured by ``src``; else the root, its ``src`` directory, and every directory that holds a top-level package:
    the parent of the last directory upwards that has an ``__init__.py``.
    """
    if config.src:
        return tuple(dict.fromkeys(_clean(entry) for entry in config.src))
    packages = {path.rpartition("/")[0] for path in files if path.rpartition("/")[2] == "__init__.py"} - {""}
    found = {"."}
    if any(path.startswith("src/") for path in files):
        found.add("src")
    for package in packages:
        parent = package.rpartition("/")[0]
        if parent not in packages:
            found.add(parent or ".")
    return tuple(sorted(found))


def _clean(entry: str) -> str:
    return os.path.normpath(entry).replace(os.sep, "/")
