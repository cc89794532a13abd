"""What do people see of the store and of the way of a run? Two verbs, and a bar where somebody looks."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from sst_lint.cli import main, progress
from sst_lint.facts.store import DIRECTORY


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    return int(str(caught.value.code))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "sst-lint.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_info_and_clean(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("cache", "info") == 0
    assert "0 entries, 0 bytes" in capsys.readouterr().out
    assert run("check", "--no-cache") == 0 and not (project / DIRECTORY).exists()
    assert run("check") == 0 and (project / DIRECTORY).is_dir()
    capsys.readouterr()
    assert run("cache", "info", "a.py") == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].endswith("store.db") and ", 0 bytes" not in out
    (project / DIRECTORY / "mine").write_text("")
    assert run("cache", "clean") == 0
    assert [each.name for each in (project / DIRECTORY).iterdir()] == ["mine"]
    (project / DIRECTORY / "mine").unlink()
    assert run("cache", "clean") == 0 and run("check", "-q") == 0 and run("cache", "clean") == 0
    assert not (project / DIRECTORY).exists()


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, patience: float, quiet: bool = False) -> str:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(progress, "_PATIENCE", patience)
    with progress.progress(quiet) as step:
        if step is not None:
            for done in range(5):
                step("reading", done, 5)
            step("linking", 0, 0)
    return stream.getvalue()


def test_a_bar_where_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, Terminal(), 0.0)
    assert "reading" in text and "of 5 files" in text and "linking" in text


def test_nothing_for_short_runs_pipes_and_the_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, Terminal(), 1000.0) == ""
    assert shown(monkeypatch, io.StringIO(), 0.0) == ""
    assert shown(monkeypatch, Terminal(), 0.0, quiet=True) == ""
