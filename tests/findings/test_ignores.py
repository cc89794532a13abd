"""Does `--add-ignores` write comments that are understood, and nothing else, ever?"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sst_lint
from sst_lint.findings import Finding, Report
from sst_lint.findings.ignores import ReasonProblem, add_ignores

HEAD = "import json\n\n\n"
SIMPLE = HEAD + "def save(path, data):\n    with open('metrics.json', 'w') as f:\n        json.dump(data, f)\n"


def accept(root: Path, reason: str = "it is fine", **keys: object) -> Report:
    """Accept every finding below ``root``, and return the report of a second run."""
    report = sst_lint.check(root, {"select": ["SST101", "SST2", "SST4", "SST9"], **keys})
    assert report.reported and not report.problems
    done = add_ignores(report, reason)
    assert done.left == () and done.accepted == len(report.reported)
    return sst_lint.check(root, {"select": ["SST101", "SST2", "SST4", "SST9"], **keys})


def test_comments_are_written_and_understood(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(SIMPLE)
    again = accept(tmp_path, "  two\n words ")
    assert again.reported == () and len(again.findings) == 1
    assert file.read_text() == SIMPLE.replace("as f:\n", "as f:  # sst: ignore[SST101] -- two words\n")


@pytest.mark.parametrize(
    "code",
    [
        'def f():\n    open("m.json", "w").write("""\nx # no comment\n""")\n',
        'def f():\n    open("m.json", \\\n        "w").write("x")\n',
        'def f(x):\n    y = """\n"""; open("m.json", "w").write(x + """a\n"""\n      "b") ; z = \\\n     1\n',
        'def f():\n    open("m.json", "w").write("x")  # type: ignore\n',
        'def f():\n    open("m.json", "w").write("x")  # sst: ignore[SST401] -- of another\n',
        'def f():\n    open("m.json", "w").write("x")  # noqa: E501 -- long\n',
        'def f(): open("m.json", "w").write("x"); open("n.json", "w").write("y")',
        'def f():\n\topen("m.json", "w").write("x")   \n',
        'def f():\n    (\n        open("m.json", "w")\n    ).write("x")\n',
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_place_of_a_finding_has_room(tmp_path: Path, code: str, newline: str) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(code.replace("\n", newline).encode())
    again = accept(tmp_path, select=["SST101"])
    assert again.reported == () and again.findings
    text = file.read_bytes().decode()
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(code))
    assert text.count("\n") == code.count("\n") and text.count("\r\n") == (code.count("\n") if newline != "\n" else 0)
    assert text.endswith(newline) is code.endswith("\n")


@pytest.mark.parametrize(
    ("encoding", "declared"), [("utf-8-sig", ""), ("latin-1", "# coding: latin-1\n"), ("utf-8", "# é\n")]
)
def test_encoding_and_mark_are_kept(tmp_path: Path, encoding: str, declared: str) -> None:
    file = tmp_path / "a.py"
    file.write_bytes((declared + "NAME = 'é'\n" + SIMPLE).encode(encoding))
    accept(tmp_path, "schön")
    comment = "  # sst: ignore[SST101] -- schön\n"
    assert file.read_bytes() == (declared + "NAME = 'é'\n" + SIMPLE.replace("as f:\n", f"as f:{comment}")).encode(
        encoding
    )


def left(report: Report, reason: str = "fine") -> str:
    done = add_ignores(report, reason)
    assert done.written == ()
    return done.left[0][1]


def test_what_cannot_be_written_is_left_and_said(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    text = "# coding: latin-1\n" + SIMPLE
    file.write_text(text)
    report = sst_lint.check(tmp_path, {"select": ["SST101"]})
    assert "cannot be written in the file's encoding" in left(report, "schön 漢")
    file.write_text(text + "\n")
    assert left(report) == "the file was changed meanwhile"
    file.unlink()
    assert left(report).startswith("cannot be rewritten: ")
    assert not file.exists()


def test_findings_about_files_and_comments_stay(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def broken(:\n")
    (tmp_path / "b.py").write_text("x = 1  # sst: ignore[SST101] -- nothing\n")
    report = sst_lint.check(tmp_path)
    done = add_ignores(report, "fine")
    assert [(each.rule, why.split()[0]) for each, why in done.left] == [("SST900", "a"), ("SST901", "a")]
    assert (tmp_path / "b.py").read_text().count("#") == 1


def test_a_place_without_room_is_refused_whole(tmp_path: Path) -> None:
    text = 'x = f"""\n{1}\n""" + \\\n"a"\n'
    (tmp_path / "a.py").write_text(text)
    finding = Finding("SST101", "n", "a.py", 99, 1, 99, 2, "m", "error", "high", "", "0" * 64)
    report = Report((finding,), texts={"a.py": text}, base=str(tmp_path))
    assert left(report) == "line 99 has no room for a comment"
    assert (tmp_path / "a.py").read_text() == text


@pytest.mark.parametrize("reason", ["", "  ", "a # b", "bell \x07", "turn \u202e"])
def test_a_bad_reason_is_refused(reason: str) -> None:
    with pytest.raises(ReasonProblem, match="--add-ignores"):
        add_ignores(Report(), reason)


def test_links_and_mode_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "real" / "a.txt"
    real.parent.mkdir()
    real.write_text(SIMPLE)
    real.chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.py").symlink_to(real)
    accept(project)
    assert (project / "a.py").is_symlink() and "sst: ignore" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o755
