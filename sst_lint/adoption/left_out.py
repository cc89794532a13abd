"""Which files and directories are not checked, and which pattern or ignore file says so?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sst_lint.config.patterns import matches
from sst_lint.source.discover import relative_path
from sst_lint.source.ignored import GitIgnore
from sst_lint.source.scripts import calls_python, may_be_script

if TYPE_CHECKING:
    from sst_lint.config import Config


def left_out(root: Path, config: Config) -> Iterator[tuple[str, str]]:
    """Yield what is left out below ``root`` with the reason: whole directories (with a slash) and Python files,
    with or without a suffix."""
    pending = [(root, GitIgnore.above(root, root) if config.respect_gitignore else None)]
    while pending:
        directory, ignored = pending.pop()
        entries = _entries(directory)
        if ignored is not None:
            ignored = ignored.inside(directory, (entry.name for entry in entries))
        inner = []
        for entry in entries:
            folder = entry.is_dir(follow_symlinks=False)
            if not (folder or entry.name.endswith((".py", ".pyi")) or _is_script(entry)):
                continue
            relative = relative_path(Path(entry.path), root) + ("/" if folder else "")
            reason = why_left_out(relative, Path(entry.path), config, ignored)
            if reason:
                yield relative, reason
            elif folder:
                inner.append((Path(entry.path), ignored))
        pending += reversed(inner)


def why_left_out(relative: str, path: Path, config: Config, ignored: GitIgnore | None) -> str:
    """The reason why a path (a directory ends with a slash) is left out, "" when it is not."""
    for key, patterns in (("exclude", config.exclude), ("extend-exclude", config.extend_exclude)):
        for pattern in patterns:
            if matches(relative, (pattern,)):
                return f"{key} has `{pattern}`"
    if ignored is not None and ignored.matches(path, relative.endswith("/")):
        return ".gitignore"
    if relative.endswith("/") or any(matches(relative, (pattern,)) for pattern in config.include):
        return ""
    if may_be_script(path.name) and calls_python(path):
        return "" if config.scripts else "scripts are not checked"
    return "include has no pattern for it"


def of_file(path: Path, root: Path, config: Config) -> str:
    """Why one file is not checked: its own reason, or that of a directory above it; "" when it is checked."""
    relative = relative_path(path, root)
    for place, reason in left_out(root, config):
        if relative == place or (place.endswith("/") and relative.startswith(place)):
            return f"{place}: {reason}"
    return ""


def _is_script(entry: os.DirEntry[str]) -> bool:
    return may_be_script(entry.name) and entry.is_file() and calls_python(entry.path)


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:  # reading the project tells of it
        return []
