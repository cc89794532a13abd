"""What stands in a file? Its text, units and suppression comments, or the one line that says why it cannot be read."""

from __future__ import annotations

import io
import stat
import tokenize
from pathlib import Path

from sst_lint.config import Config
from sst_lint.source.directives import directives
from sst_lint.source.records import Source, Unreadable
from sst_lint.source.units import SyntaxProblem, split_units


def read(path: str, root: Path, config: Config) -> Source | Unreadable:
    """The file at ``path`` (POSIX, relative to ``root``). Never raises for what a file may hold."""
    content = read_bytes(path, root)
    return content if isinstance(content, Unreadable) else parse(path, content, config)


def read_bytes(path: str, root: Path) -> bytes | Unreadable:
    """The bytes of the file at ``path`` (POSIX, relative to ``root``)."""
    place = root / path
    try:
        if not stat.S_ISREG(place.stat().st_mode):  # a pipe would wait for its other end
            return Unreadable(path, 1, 1, "is not a regular file")
        return place.read_bytes()
    except FileNotFoundError:
        what = "is a symbolic link that leads nowhere" if place.is_symlink() else "disappeared during the run"
        return Unreadable(path, 1, 1, what)
    except OSError as error:
        return Unreadable(path, 1, 1, f"cannot be read: {error.strerror or error}")
    except ValueError as error:  # a null byte in the name
        return Unreadable(path, 1, 1, f"cannot be read: {error}")


def parse(path: str, content: bytes, config: Config) -> Source | Unreadable:
    """The source that the bytes ``content`` are; ``path`` names them."""
    decoded = decode(path, content)
    if isinstance(decoded, Unreadable):
        return decoded
    text, encoding = decoded
    try:
        units = split_units(text)
    except SyntaxProblem as problem:
        return not_parsed(path, problem)
    return Source(path, text, encoding, units, directives(text, config.waivers, config.accept))


def not_parsed(path: str, problem: SyntaxProblem) -> Unreadable:
    """The file at ``path`` as one that is no Python."""
    return Unreadable(path, problem.line, problem.column, f"cannot be parsed: {problem.message}")


def decode(path: str, content: bytes) -> tuple[str, str] | Unreadable:
    """The text of the file at ``path`` and its encoding."""
    zero = content.find(b"\0")
    if zero >= 0:
        return Unreadable(
            path, _line_at(content, zero), 1, "is no Python source: it holds null bytes (binary, or UTF-16)"
        )
    return _decode(path, content)


def _decode(path: str, content: bytes) -> tuple[str, str] | Unreadable:
    """The text and its encoding, by PEP 263: byte order mark, else declaration in the first two lines, else UTF-8."""
    declared = _declaration_line(content)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError as error:
        if declared:
            return Unreadable(path, declared, 1, f"cannot be decoded: {error.msg}")
        encoding = "utf-8"  # a wrong byte in the first two lines: say what any other line's would
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as error:
        advice = "" if declared else "; declare the encoding in the first line (PEP 263)"
        line = _line_at(content, error.start)
        return Unreadable(path, line, 1, f"cannot be decoded as {encoding}: {error.reason}{advice}")
    except (UnicodeError, LookupError) as error:
        return Unreadable(path, declared or 1, 1, f"cannot be decoded as {encoding}: {error}")


def _declaration_line(content: bytes) -> int:
    """The line that declares an encoding, 0 when none does."""
    first_lines = content.split(b"\n", 2)[:2]
    return next((number for number, line in enumerate(first_lines, start=1) if b"coding" in line), 0)


def _line_at(content: bytes, offset: int) -> int:
    before = content[:offset]
    return before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n") + 1
