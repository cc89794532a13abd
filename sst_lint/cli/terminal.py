"""How does the command talk? Results to stdout or a file, everything else to stderr, and a closed pipe is no news."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TextIO

from sst_lint.output.style import escape


class UsageProblem(Exception):
    """What the user asked for cannot be done; the text is one line that says why."""


def say(message: str) -> None:
    """Write one line to stderr."""
    _write(sys.stderr, f"sst-lint: {escape(message)}\n")


def print_error(text: str) -> None:
    """Write a longer text of our own, like a help page, to stderr."""
    _write(sys.stderr, text)


def print_result(text: str) -> None:
    """Write a result to stdout; characters that its encoding lacks are written as escapes."""
    if sys.stdout is None:  # closed by the shell: `>&-`
        raise UsageProblem("cannot write to stdout: it is closed")
    try:
        _write(sys.stdout, text)
    except OSError as error:
        _discard(sys.stdout)
        raise UsageProblem(f"cannot write to stdout: {error.strerror or error}") from error


def _write(stream: TextIO | None, text: str) -> None:
    """Write and flush; when nobody reads any more, let the rest vanish quietly."""
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        _discard(stream)


def _discard(stream: TextIO) -> None:
    """Send what is still buffered nowhere: the interpreter flushes it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def wants_color(choice: str) -> bool:
    """Whether stdout is to be colored: always, never, or (auto) on a terminal that does not refuse it."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout is not None and sys.stdout.isatty()


def check_writable(path: Path) -> None:
    """Raise ``UsageProblem`` for a file that cannot be written, before the work whose result would be lost."""
    if path.is_dir():
        raise UsageProblem(f"cannot write {path}: it is a directory")
    if not path.parent.is_dir():
        raise UsageProblem(f"cannot write {path}: there is no directory {path.parent}")
    if not os.access(path.parent if not _is_special(path) else path, os.W_OK):
        raise UsageProblem(f"cannot write {path}: permission denied")


def _write_device(path: Path, text: str) -> None:
    """Write to what cannot be replaced; when nobody reads at its other end, let the rest vanish quietly."""
    with (
        contextlib.suppress(BrokenPipeError),
        path.open("w", encoding="utf-8", errors="backslashreplace") as stream,  # sst: ignore[SST101] -- a device
    ):
        stream.write(text)


def write_file(path: Path, text: str) -> None:
    """Write a result to a file, complete or not at all; raise ``UsageProblem`` when that is impossible."""
    try:
        if _is_special(path):
            _write_device(path, text)
            return
        from sst_lint.runtime import write_atomic_text

        write_atomic_text(path, text)
    except OSError as error:
        raise UsageProblem(f"cannot write {path}: {error.strerror or error}") from error


def _is_special(path: Path) -> bool:
    """Whether the path is a device or a pipe: it is written to, never replaced."""
    return path.exists() and not path.is_file()


def append_file(path: Path, text: str) -> None:
    """Add to a file that others write too; raise ``UsageProblem`` when that is impossible."""
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageProblem(f"cannot write {path}: {error.strerror or error}") from error
