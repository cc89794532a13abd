"""What text comes on stdin, and of which file is it?"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sst_lint.cli.terminal import UsageProblem


def from_stdin(paths: Sequence[Path], name: str) -> tuple[tuple[Path, ...], dict[str, str]]:
    """Return the file that is asked for, and its text by its path in its project.

    Raises ``UsageProblem`` for other paths beside it, a directory, and what is no text.
    """
    from sst_lint.source import find_root
    from sst_lint.source.discover import absolute_path, relative_path
    from sst_lint.source.read import decode
    from sst_lint.source.records import Unreadable

    path = Path(name)
    if not name or path.is_dir():
        raise UsageProblem(f"--stdin-filename: {name!r} is no name of a file")
    if any(each not in (Path("-"), path) for each in paths):
        raise UsageProblem("--stdin-filename goes with no other paths: the text on stdin is all that is asked for")
    if sys.stdin is None:
        raise UsageProblem("--stdin-filename: stdin is closed")
    decoded = decode(name, sys.stdin.buffer.read())
    if isinstance(decoded, Unreadable):
        raise UsageProblem(f"{name}: what comes on stdin {decoded.message}")
    root = find_root(path)
    place = os.fspath(absolute_path(path))
    return (path,), {relative_path(place, root): decoded[0]}
