"""Do fixes make of each case what stands beside it, and keep their promises on every case that there is?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixes.fixing import CASES, cases, expected, run, run_copy

BESIDE = sorted((CASES / "fixes").glob("*.py"))


def name(path: object) -> str:
    return path.relative_to(CASES).as_posix() if isinstance(path, Path) else str(path)


@pytest.mark.parametrize("safe", [True, False], ids=["safe", "unsafe"])
@pytest.mark.parametrize("case", BESIDE, ids=name)
def test_the_result_is_what_stands_beside_the_case(case: Path, safe: bool, tmp_path: Path) -> None:
    done = run_copy(case, tmp_path, unsafe=not safe)
    assert done.after[case.name].decode() == expected(case, safe=safe).read_bytes().decode()
    assert done.problems() == []


@pytest.mark.parametrize("case", cases(), ids=name)
def test_promises_hold(case: Path, tmp_path: Path) -> None:
    assert run_copy(case, tmp_path).problems() == []


@pytest.mark.parametrize("case", BESIDE, ids=name)
@pytest.mark.parametrize("form", ["crlf", "bom", "no newline at the end", "latin-1", "tabs"])
def test_the_form_of_a_file_is_kept(case: Path, form: str, tmp_path: Path) -> None:
    """The same file in another form becomes the same result in that form."""
    (tmp_path / "sst-lint.toml").write_text("")
    (tmp_path / case.name).write_bytes(shaped(case.read_bytes(), form))
    after = run(tmp_path).after[case.name]
    assert after == shaped(expected(case).read_bytes(), form)


def shaped(content: bytes, form: str) -> bytes:
    """Return Python source in another form."""
    if form == "crlf":
        return content.replace(b"\n", b"\r\n")
    if form == "bom":
        return b"\xef\xbb\xbf" + content
    if form == "no newline at the end":
        return content.rstrip(b"\n")
    if form == "tabs":
        lines = content.split(b"\n")
        return b"\n".join(b"\t" * ((len(x) - len(x.lstrip(b" "))) // 4) + x.lstrip(b" ") for x in lines)
    head, line, rest = content.partition(b"\n") if content.startswith(b"#!") else (b"", b"", content)
    return head + line + "# -*- coding: latin-1 -*-\n# Stra\xdfe\n".encode("latin-1") + rest
