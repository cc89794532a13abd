"""``sst-lint matrix``: what it prints, what ``--check`` tells apart, what ``--update`` keeps, and bad input."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_matrix_rows import FILTERS, LEGACY, project

from sst_lint.cli import app

SOURCE = FILTERS["a.py"]
MARKED = "<<<<<<< ours\n| a |\n=======\n| b |\n>>>>>>> theirs\n"


def run(*words: str | Path) -> int:
    return app.run([str(word) for word in words])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path, {"a.py": SOURCE, "pkg/b.py": SOURCE.replace("out/", "data/")})


def edit(root: Path, old: str, new: str) -> None:
    text = (root / "a.py").read_text(encoding="utf-8")
    assert old in text
    (root / "a.py").write_text(text.replace(old, new, 1), encoding="utf-8")


def test_it_prints_markdown_json_and_csv(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("matrix", "writes", root) == 0
    markdown = capsys.readouterr().out
    assert markdown.startswith("# Write locations\n")
    assert "## `a.py`" in markdown and "## `pkg/b.py`" in markdown
    assert r"it is made anew \| each time" in markdown
    assert run("matrix", "writes", root, "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["function"] for row in rows] == ["bad", "suppressed", "known"] * 2
    assert "line" not in rows[0]
    assert run("matrix", "writes", root, "--format", "csv", "--lines", "--only", "suppressed") == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["function"], row["line"], row["rules"]) for row in table] == [("suppressed", "8", "SST101")] * 2


@pytest.mark.parametrize("group", ["file", "function", "kind"])
def test_groups(root: Path, group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("matrix", "order", root, "--group-by", group, "--lines") == 0
    out = capsys.readouterr().out
    heading = {"file": "## `a.py`", "function": "## `a.py` `fine`", "kind": "## `listing`"}[group]
    assert heading in out
    assert "(a.py#L" in out


@pytest.mark.parametrize("name", ["writes", "exceptions", "order"])
@pytest.mark.parametrize("options", [[], ["--group-by", "kind"], ["--group-by", "function", "--lines"]])
def test_a_matrix_that_was_just_written_is_current(root: Path, name: str, options: list[str]) -> None:
    assert run("matrix", name, root, "--update", *options) == 0
    assert run("matrix", name, root, "--check") == 0
    assert run("matrix", root, "--check") == 0  # a directory alone is the project
    edit(root, "import hashlib", "# moved\n\n\nimport hashlib")
    assert run("matrix", name, root, "--check") == 0


@pytest.mark.parametrize("form", ["json", "csv"])
def test_other_formats_are_compared_too(root: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = root / f"w.{form}"
    (root / "sst-lint.toml").write_text(f'matrices = {{ writes = "w.{form}" }}')
    assert run("matrix", "writes", root, "--update", "--lines") == 0
    edit(root, "import hashlib", "# moved\nimport hashlib")
    assert run("matrix", "writes", root, "--check") == 0
    edit(root, '"out/a.json", "w"', '"out/a.json", "x"')
    capsys.readouterr()
    assert run("matrix", "writes", root, "--check") == 1
    assert "1 added, 1 removed" in capsys.readouterr().out
    assert run("matrix", "writes", root, "--update") == 0
    assert "line" in file.read_text(encoding="utf-8")


def test_check_tells_added_removed_and_changed_rows(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("matrix", "writes", root, "--update")
    edit(root, "  # sst: ignore[SST101] -- it is made anew | each time", "")
    edit(root, "def unsure", 'def new(text):\n    open("out/n.json", "w").write(text)\n\ndef unsure')
    edit(
        root, 'def known(text):\n    with open("out/k.json", "w")', 'def known(text):\n    with open("out/l.json", "w")'
    )
    capsys.readouterr()
    assert run("matrix", "writes", root, "--check") == 1
    out = capsys.readouterr().out
    assert "2 added, 1 removed, 1 changed" in out
    assert "  added    `a.py` `new` `open('out/n.json', 'w')`: **bad**: SST101 (high)\n" in out
    assert "  removed  `a.py` `known` `open('out/k.json', 'w')` (line " in out
    assert "verdict: suppressed: SST101 (high) -> **bad**: SST101 (high)" in out
    assert run("matrix", "writes", root, "--update") == 0
    assert run("matrix", "writes", root, "--check") == 0


NAMES = ("writes", "exceptions", "order")


def pipeline(tmp_path: Path, files: str) -> Path:
    """A copy of the pipeline, with committed matrices of its own."""
    shutil.copytree(LEGACY, tmp_path / "p", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "p" / "sst-lint.toml").write_text(f"matrices = {{ {files} }}")
    return tmp_path / "p"


def test_an_edit_touches_the_rows_of_its_function_only(tmp_path: Path) -> None:
    root = pipeline(tmp_path, 'writes = "w.md", exceptions = "e.md", order = "o.md"')
    assert run("matrix", root, "--update") == 0
    before = {name: _lines(root, name) for name in NAMES}
    file = root / "legacy_pipeline" / "tracking" / "index.py"
    text = file.read_text(encoding="utf-8")
    old = 'with open(self._lock_path, "w", encoding="utf-8")'
    assert text.count(old) == 1
    file.write_text(
        text.replace(old, '# one\n        # two\n        with open(self._lock_path, "a", encoding="utf-8")')
    )
    file = root / "legacy_pipeline" / "models" / "checkpoint.py"
    text = file.read_text(encoding="utf-8")
    assert text.count("\nclass CheckpointStore") == 1
    file.write_text(text.replace("\nclass CheckpointStore", f"\n{ADDED}\n\nclass CheckpointStore"))
    assert run("matrix", root, "--update") == 0
    for name in NAMES:
        after = _lines(root, name)
        added = [line for line in after if line not in before[name]]
        gone = [line for line in before[name] if line not in after]
        assert [line for line in added if line.startswith("| `newly` | ")]
        changed = [line for line in (*added, *gone) if not line.startswith("| `newly` | ")]
        assert all(line.startswith("| `RunIndex.set_owner` | ") for line in changed)
        assert bool(changed) is (name == "writes")


ADDED = """\
def newly(directory, text):
    names = sorted(os.listdir(directory))
    try:
        (directory / "new.json").write_text(text)
    except OSError:
        raise
    return names
"""


def _lines(root: Path, name: str) -> list[str]:
    """The lines of a matrix below its summary."""
    text = (root / f"{name[0]}.md").read_text(encoding="utf-8")
    return text.partition("\n## Summary\n")[2].partition("\n## ")[2].splitlines()


def test_the_same_bytes_under_any_hash_seed(tmp_path: Path) -> None:
    root = pipeline(tmp_path, 'writes = "w.md", exceptions = "e.csv", order = "o.json"')
    found = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(LEGACY.parents[2])}
        command = [sys.executable, "-m", "sst_lint", "matrix", "--update"]
        subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
        found.append([(root / name).read_bytes() for name in ("w.md", "e.csv", "o.json")])
        for name in ("w.md", "e.csv", "o.json"):
            (root / name).unlink()
    assert found[0] == found[1]


def test_rows_of_some_files_are_left_out(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "pkg" / "broken.py").write_text("def f(:\n")
    (root / "sst-lint.toml").write_text('matrix-exclude = ["pkg/"]')
    assert run("matrix", "writes", root, "--update") == 0
    text = (root / "WRITE_LOCATIONS_MATRIX.md").read_text(encoding="utf-8")
    assert "Left out (`matrix-exclude`): `pkg/`." in text
    assert "## `a.py`" in text and "pkg/b.py" not in text and "Not read" not in text
    assert run("matrix", "writes", root, "--check") == 0
    (root / "sst-lint.toml").write_text("")
    capsys.readouterr()
    assert run("matrix", "writes", root, "--check") == 1
    assert "4 added" in capsys.readouterr().out


def test_ci_needs_no_arguments(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert run("matrix", "--check") == 2
    assert "no matrix is configured or there" in capsys.readouterr().err
    (root / "sst-lint.toml").write_text('matrices = { writes = "W.md", order = "doc.csv" }')
    assert run("matrix", "--check") == 1
    assert capsys.readouterr().out.count("is not there") == 2
    assert run("matrix", "--update") == 0
    assert run("matrix", "--check") == 0
    assert (root / "W.md").exists() and (root / "doc.csv").exists() and not (root / "EXCEPTIONS_MATRIX.md").exists()
    (root / "sst-lint.toml").write_text("")
    assert run("matrix", "exceptions", "--update") == 0
    assert run("matrix", "--check") == 0
    assert (root / "EXCEPTIONS_MATRIX.md").exists()


def test_what_was_not_asked_for_is_not_said_to_be_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("matrix", "exceptions", root, "--only", "off", "--only", "known") == 0
    assert "No rows: none is off or known, of 2." in capsys.readouterr().out


# bad input


def test_no_sites_is_a_valid_matrix_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, {"a.py": "x = 1\n"})
    for name, words in (("writes", "nothing writes a file"), ("exceptions", "nothing catches"), ("order", "nothing")):
        assert run("matrix", name, tmp_path) == 0
        assert f"No rows: {words}" in capsys.readouterr().out
        assert run("matrix", name, tmp_path, "--update") == 0
        assert run("matrix", name, tmp_path, "--check") == 0


def test_unread_files_are_rows_of_their_own(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("matrix", "writes", root, "--update")
    (root / "pkg" / "b.py").write_text("def f(:\n")
    capsys.readouterr()
    assert run("matrix", "writes", root, "--check") == 1
    out = capsys.readouterr().out
    assert "1 added, 3 removed" in out and "Not read `pkg/b.py`" in out
    run("matrix", "writes", root, "--update")
    assert "## Not read" in (root / "WRITE_LOCATIONS_MATRIX.md").read_text(encoding="utf-8")
    assert run("matrix", "writes", root, "--format", "csv") == 0
    assert ",unread," in capsys.readouterr().out


def test_a_row_that_was_edited_by_hand_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("matrix", "writes", root, "--update")
    file = root / "WRITE_LOCATIONS_MATRIX.md"
    text = file.read_text(encoding="utf-8")
    number = next(n for n, line in enumerate(text.splitlines(), 1) if "`bad`" in line)
    file.write_text(text.replace("**bad**: SST101 (high)", "ok", 1))
    capsys.readouterr()
    assert run("matrix", "writes", root, "--check") == 1
    out = capsys.readouterr().out
    assert f"changed  `a.py` `bad` `open('out/a.json', 'w')` (line {number}): verdict: ok -> **bad**" in out
    file.write_text(text.replace("| 4 |\n", "| 5 |\n", 1))  # the summary alone
    assert run("matrix", "writes", root, "--check") == 1
    assert "Summary" in capsys.readouterr().out
    file.write_text(text.replace("| `bad` | ", "| `bad` ", 1))
    assert run("matrix", "writes", root, "--check") == 1
    assert f"WRITE_LOCATIONS_MATRIX.md:{number}: is no row of this table" in capsys.readouterr().out
    aligned = text.replace(" | ", "    |  ").replace("|---|", "| :--- |")
    file.write_text(aligned)  # rows are compared, not lines
    assert run("matrix", "writes", root, "--check") == 0


def test_merge_conflicts_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("md", "json", "csv"):
        (root / "sst-lint.toml").write_text(f'matrices = {{ order = "o.{form}" }}')
        run("matrix", "order", root, "--update")
        text = (root / f"o.{form}").read_text(encoding="utf-8")
        first, rest = text.split("\n", 1)
        (root / f"o.{form}").write_text(f"{first}\n{MARKED}{rest}")
        capsys.readouterr()
        assert run("matrix", "order", root, "--check") == 1
        assert f"o.{form}:2: a merge conflict is not resolved" in capsys.readouterr().out
        assert run("matrix", "order", root, "--update") == 0
        assert (root / f"o.{form}").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("w.json", "[]", "w.json: is no matrix in JSON"),
        ("w.json", '{"version": 9, "rows": [], "unread": []}', "has version 9"),
        ("w.json", '{"version": 1, "rows": [1], "unread": []}', "row 1 is no row"),
        ("w.csv", "a,b\n1,2\n", "w.csv: is no matrix in CSV"),
        ("w.csv", "path,function\n1,2,3\n", "w.csv:2: is no row of this table"),
        ("w.md", "", " added"),
    ],
)
def test_what_is_no_matrix(root: Path, name: str, text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "sst-lint.toml").write_text(f'matrices = {{ writes = "{name}" }}')
    (root / name).write_text(text)
    assert run("matrix", "writes", root, "--check") == 1
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["matrix"], "say which matrix: writes, exceptions, order"),
        (["matrix", "reads"], "no matrix `reads`; the matrices are writes"),
        (["matrix", "writes", "--check", "--update"], "give one of them"),
        (["matrix", "--check", "--output", "x.md"], "say which matrix"),
        (["matrix", "writes", "--check", "--only", "bad"], "--only does not go with"),
        (["matrix", "writes", "nowhere"], "no such file or directory"),
        (["matrix", "writes", "--update", "--output", "x.txt"], "a matrix is a file of .md, .json, .csv"),
        (["matrix", "writes", "--output", "nowhere/x.md"], "there is no directory"),
    ],
)
def test_usage(
    root: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    assert run(*words) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and captured.out == ""


def test_hostile_text_breaks_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "def f(t):\n    open('a|b`c<i>*\u202e.json', 'w').write(t)\n    open('\\\\', 'w').write(t)\n"
    project(tmp_path, {"a.py": text, "x|`y`.py": text})
    assert run("matrix", "writes", tmp_path, "--update") == 0
    assert run("matrix", "writes", tmp_path, "--check") == 0
    out = (tmp_path / "WRITE_LOCATIONS_MATRIX.md").read_text(encoding="utf-8")
    assert "\u202e" not in out and "\\u202e" in out
    assert r"a\|b" in out
    capsys.readouterr()
    assert run("matrix", "writes", tmp_path, "--format", "csv") == 0
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 4
