"""What a team decides by hand: it stands in its row, survives an update, and is reported when its row is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_matrix_command import edit, run
from test_matrix_rows import FILTERS, project

NOTE = """\
[[writes]]
path = "a.py"
function = "bad"
snippet = "open('out/a.json', 'w')"
policy = "to be atomic | before 1.0"
note = "see the run book"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(
        tmp_path, {"a.py": FILTERS["a.py"], "notes.toml": NOTE, "sst-lint.toml": 'matrix-notes = "notes.toml"'}
    )


def test_a_note_stands_in_its_row(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("matrix", "writes", root, "--update") == 0
    text = (root / "WRITE_LOCATIONS_MATRIX.md").read_text(encoding="utf-8")
    assert r"non-atomic-write; policy: to be atomic \| before 1.0; note: see the run book |" in text
    assert run("matrix", "writes", root, "--check") == 0
    assert run("matrix", "exceptions", root) == 0
    assert capsys.readouterr().err == ""
    (root / "notes.toml").write_text(NOTE.replace("see", "read"))
    assert run("matrix", "writes", root, "--check") == 1
    out = capsys.readouterr().out
    assert "1 changed" in out and "note: see the run book -> " in out and out.endswith("note: read the run book\n")


def test_the_key_of_a_matrix_without_notes_changes_the_rows(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("matrix", "writes", root)
    assert "to be atomic" in capsys.readouterr().out
    (root / "sst-lint.toml").write_text("")
    run("matrix", "writes", root)
    assert "to be atomic" not in capsys.readouterr().out


def test_stale_notes_are_reported(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("matrix", "writes", root, "--update")
    edit(root, "out/a.json", "out/aa.json")
    run("matrix", "writes", root, "--update")
    capsys.readouterr()
    assert run("matrix", "writes", root, "--check") == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "sst-lint: note: notes.toml: writes: no row any more for `open('out/a.json', 'w')` in a.py bad;"
        " did you mean `open('out/aa.json', 'w')`?\n"
    )
    (root / "a.py").write_text("def f(:\n")  # who knows what stands there
    capsys.readouterr()
    run("matrix", "writes", root, "--update")
    assert "no row any more" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[writes]\n", "notes.toml: is no TOML"),
        ("[[wrights]]\n", "unknown matrix `wrights`; did you mean `writes`?"),
        ("[writes]\n", "`writes` is no list of tables"),
        ("writes = [1]\n", "writes, entry 1: is no table"),
        (NOTE.replace("policy", "polisy"), "writes, entry 1: unknown key `polisy`; did you mean `policy`?"),
        (NOTE.replace('"see the run book"', "1"), "writes, entry 1: `note` is no string"),
        (NOTE + "occurrence = true\n", "`occurrence` is no number from 0"),
        (NOTE.replace("path =", "# path ="), "has no `path`"),
        ('[[writes]]\npath = "a.py"\nsnippet = "x"\n', "says nothing: give it a `policy` or a `note`"),
        (NOTE + NOTE, "entry 2: says something of a row that has an entry before"),
    ],
)
def test_a_side_file_that_is_wrong(root: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "notes.toml").write_text(text)
    assert run("matrix", "writes", root, "--check") == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def test_a_side_file_that_is_missing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "notes.toml").unlink()
    assert run("matrix", "writes", root) == 2
    assert "notes.toml: no such file, but `matrix-notes` names it" in capsys.readouterr().err
