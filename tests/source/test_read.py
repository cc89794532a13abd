"""Reading: every file becomes a source or one clear line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sst_lint.config import Config
from sst_lint.source import Source, Unreadable, parse, read

PLAIN = Config()


def source(content: bytes, config: Config = PLAIN) -> Source:
    result = parse("a.py", content, config)
    assert isinstance(result, Source), result
    return result


def problem(content: bytes) -> Unreadable:
    result = parse("a.py", content, PLAIN)
    assert isinstance(result, Unreadable), result
    assert result.path == "a.py"
    assert "\n" not in result.message
    return result


@pytest.mark.parametrize(
    ("content", "encoding", "text"),
    [
        (b"x = 1\n", "utf-8", "x = 1\n"),
        ("x = 'ü'\n".encode(), "utf-8", "x = 'ü'\n"),
        ("\ufeffx = 'ü'\r\n".encode(), "utf-8-sig", "x = 'ü'\r\n"),
        (b"# coding: latin-1\nx = '\xfc'\n", "iso-8859-1", "# coding: latin-1\nx = 'ü'\n"),
        (b"#!/usr/bin/env python\n# -*- coding: cp1252 -*-\nx = '\x80'\n", "cp1252", None),
        (b"", "utf-8", ""),
    ],
)
def test_encodings(content: bytes, encoding: str, text: str | None) -> None:
    result = source(content)
    assert result.encoding == encoding
    assert text is None or result.text == text


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"x = 1\ny = '\xfc'\n", 2, "cannot be decoded as utf-8: invalid start byte; declare the encoding"),
        (b"x = '\xfc'\n", 1, "cannot be decoded as utf-8: invalid start byte; declare the encoding"),
        (b"a\nb\nc = 1\r\nd\re = '\xfc'\n", 5, "cannot be decoded as utf-8"),
        (b"#!x\n# coding: nonsense\nx = 1\n", 2, "cannot be decoded: unknown encoding: nonsense"),
        (b"# coding: ascii\n\nx = '\xfc'\n", 3, "cannot be decoded as ascii: ordinal not in range(128)"),
        (b"# coding: rot13\nx = 1\n", 1, "cannot be decoded as rot13"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "cannot be decoded: encoding problem"),
        (b"x = 1\0\n", 1, "null bytes (binary, or UTF-16)"),
        ("x = 1\n".encode("utf-16"), 1, "null bytes"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 3, "null bytes"),
        (b"x = 1\nx = = 2\n", 2, "cannot be parsed: invalid syntax"),
        (b"x = " + b"(" * 1000 + b")" * 1000, 1, "cannot be parsed: too many nested parentheses"),
        (b"x = " + b" + ".join([b"a"] * 20_000), 1, "cannot be parsed: an expression nests deeper than 2500 levels"),
    ],
)
def test_what_cannot_be_read(content: bytes, line: int, message: str) -> None:
    result = problem(content)
    assert result.line == line
    assert result.column >= 1
    assert message in result.message


def test_two_thousand_terms_are_read() -> None:
    assert len(source(b"def f():\n    return " + b" + ".join([b"a"] * 2_000) + b"\n").units) == 2


def test_sixty_thousand_generated_lines_are_read() -> None:
    content = b"".join(b"def f%d(a):\n    return a + %d\n\n" % (n, n) for n in range(20_000))
    assert len(source(content).units) == 20_001


def test_directives_follow_the_configuration() -> None:
    content = b"x  # OK: a\ny  # noqa: BLE001 -- b\nz  # sst: ignore[SST1] -- c\n"
    assert [d.reason for d in source(content).directives] == ["c"]
    config = Config(waivers=("OK",), accept=("noqa:BLE001",))
    assert [d.reason for d in source(content, config).directives] == ["a", "b", "c"]


def test_files(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.py").write_bytes(b"x = 1\n")
    result = read("d/a.py", tmp_path, PLAIN)
    assert isinstance(result, Source)
    assert (result.path, len(result.units)) == ("d/a.py", 1)
    assert read("gone.py", tmp_path, PLAIN) == Unreadable("gone.py", 1, 1, "disappeared during the run")
    (tmp_path / "link.py").symlink_to("gone.py")
    assert read("link.py", tmp_path, PLAIN) == Unreadable("link.py", 1, 1, "is a symbolic link that leads nowhere")
    assert read("d", tmp_path, PLAIN) == Unreadable("d", 1, 1, "is not a regular file")
    assert isinstance(read("a\0b.py", tmp_path, PLAIN), Unreadable)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in directories there")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.py")
    assert read("p.py", tmp_path, PLAIN) == Unreadable("p.py", 1, 1, "is not a regular file")


def test_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_bytes(b"")

    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert read("a.py", tmp_path, PLAIN) == Unreadable("a.py", 1, 1, "cannot be read: Permission denied")


@given(st.binary(max_size=80))
def test_no_bytes_raise(content: bytes) -> None:
    assert parse("a.py", content, PLAIN).path == "a.py"


@given(st.text(alphabet="def class(:)\n\t \\'\"@if=x1\x0c\r#\ufeff[]", max_size=60))
def test_no_text_raises(text: str) -> None:
    assert parse("a.py", text.encode(), PLAIN).path == "a.py"
