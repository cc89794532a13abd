"""Do messages name the project and the paths that the user meant, from where the user stands?"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_command import run

from sst_lint import facts
from sst_lint.output.text import WALL
from sst_lint.source import Unit

WRITES = "def save(text):\n    with open('m.json', 'w') as f:\n        f.write(text)\n"


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sst-lint.toml").write_text("")
        (tmp_path / name / "a.py").write_text(WRITES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_next_commands_are_about_the_same_paths(projects: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (projects / "one" / "b c.py").write_text(
        "".join(f"open('m{n}.json', 'w').write(input())\n" for n in range(WALL + 1))
    )
    run("check", "one", "one/b c.py")
    out = capsys.readouterr().out
    assert "  sst-lint check one 'one/b c.py' --verbose " in out
    assert "  sst-lint explain SST101 " in out
    run("check", *["one"] * 9)
    assert "  sst-lint check PATHS --verbose " in capsys.readouterr().out


def test_a_wrong_name_in_the_configuration_says_of_which_project(
    projects: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (projects / "two" / "sst-lint.toml").write_text('select = ["SST20l"]\n')
    assert run("check", "one", "two") == 2
    assert "sst-lint: error: two: select: unknown rule `SST20l`; did you mean `SST20" in capsys.readouterr().err


def test_names_that_mean_nothing_are_noted(projects: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (projects / "one" / "sst-lint.toml").write_text(
        'entry-points = ["a:sav"]\nmodels = [{ library = "a", call = [{ name = "a.sawe", policy = true }] }]\n'
    )
    run("check", "one")
    assert capsys.readouterr().err.splitlines() == [
        "sst-lint: note: entry-points: `a:sav` names no function of this project; did you mean `a.save`?",
        "sst-lint: note: models: `a.sawe` names no function of this project; did you mean `a.save`?",
    ]


def test_notes_name_paths_as_seen_from_here(projects: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (projects / "one" / "sst-lint.toml").write_text('exclude = ["a.py"]\n')
    run("check", "one/a.py")
    assert capsys.readouterr().err == "sst-lint: note: one/a.py: excluded by the configuration\n"


def test_a_failure_of_the_tool_names_the_file_as_seen_from_here(
    projects: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = facts.extract

    def broken(unit: Unit) -> facts.UnitFacts:
        if unit.qualname == "save" and unit.text:
            raise KeyError("boom")
        return real(unit)

    monkeypatch.setattr(facts, "extract", broken)
    assert run("check", "one", "two", "--format", "concise") == 2
    captured = capsys.readouterr()
    assert captured.out.startswith("one/a.py:1:1: SST900 internal error in save")
    assert "error: one/a.py:1: internal error in save: KeyError" in captured.err
    assert "error: two/a.py:1: internal error in save" in captured.err
