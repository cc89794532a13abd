"""Does a slip of a user give one line that says what is wrong, where, and what to do, with exit code 2?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sst_lint.cli.app import run

CODE = """\
import json
import os


def save(folder, data):
    with open(os.path.join(folder, "data.json"), "w", encoding="utf-8") as handle:
        json.dump(data, handle)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sst-lint.toml").write_text("")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "saving.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check", ""], "an empty path; write `.` for the working directory"),
        (["fix", ""], "an empty path"),
        (["fix", "--helpers", "app sst", "."], "--helpers: 'app sst' is no module like 'acme.io._sst'"),
        (["fix", "--helpers", "app._sst", "."], "'app._sst' in this project; `sst-lint vendor app/_sst` makes one"),
        (
            ["explain", "nothing.json"],
            "no file that fits `nothing.json` is written or read by this project; 1 file is written",
        ),
    ],
)
def test_one_line(project: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words, *(["--no-cache"] if words[0] != "explain" else [])]) == 2
    shown = capsys.readouterr()
    assert told in shown.err and shown.err.count("error:") == 1
    assert (project / "app" / "saving.py").read_text() == CODE


@pytest.mark.parametrize(
    ("python", "note"),
    [("3.6", "which cannot import these files"), ("3.9", "is tried on 3.10 and later"), ("3.10", "")],
)
def test_vendor_says_what_an_old_python_gets(
    python: str, note: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "sst-lint.toml").write_text(f'target-version = "{python}"\n')
    assert run(["vendor", "app/_sst"]) == 0
    told = capsys.readouterr().err
    assert note in told and bool(told) is bool(note)


@pytest.mark.parametrize("verb", ["info", "clean"])
def test_a_store_that_nobody_meant_stays(project: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "-q"])
    assert run(["cache", verb, "ap"]) == 2
    assert "ap: no such file or directory" in capsys.readouterr().err
    assert (project / ".sst_cache" / "store.db").is_file()


def test_what_cannot_be_written_is_not_counted(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> str:
        return "cannot be rewritten: Permission denied"

    monkeypatch.setattr("sst_lint.fixes.repair.write", refuse)
    assert run(["fix", "--unsafe-fixes", "--no-cache", "--select", "SST103", "-q", "--diff"]) == 1
    capsys.readouterr()
    assert run(["fix", "--unsafe-fixes", "--no-cache", "--select", "SST103"]) == 2
    told = capsys.readouterr().err
    assert "app/saving.py: cannot be rewritten" in told
    assert "0 findings fixed in 0 files; 1 remain" in told


@pytest.mark.parametrize("words", [["check", "--no-cache"], ["rules"]])
def test_a_closed_stdout_is_said(project: Path, words: list[str]) -> None:
    command = " ".join([sys.executable, "-m", "sst_lint", *words, ">&-"])
    done = subprocess.run(["sh", "-c", command], cwd=project, stderr=subprocess.PIPE, text=True, check=False)
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr
    assert done.returncode == 2 and "cannot write to stdout: it is closed" in done.stderr


def stdin(project: Path, text: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "sst_lint", "check", "--no-cache", "--output-format", "concise", *words]
    return subprocess.run(command, cwd=project, input=text, capture_output=True, check=False)


@pytest.mark.parametrize("name", ["app/saving.py", "app/new.py"])
def test_a_text_that_is_not_saved_is_judged_in_its_project(project: Path, name: str) -> None:
    text = b"from app.saving import save\n\n" + CODE.replace("data.json", "other.json").encode()
    done = stdin(project, text, "--stdin-filename", name, "-")
    assert done.returncode == 1 and done.stderr == b""
    found = [line.split(b" ")[:2] for line in done.stdout.splitlines() if line.startswith(b"app/")]
    assert found == [[f"{name}:8:10:".encode(), b"SST101"], [f"{name}:9:9:".encode(), b"SST103"]]
    assert not (project / "app" / "new.py").exists()


def test_a_saved_file_and_a_better_text(project: Path) -> None:
    done = stdin(project, b"x = 1\n", "--stdin-filename", "app/saving.py")
    assert (done.returncode, done.stderr) == (0, b"") and done.stdout == b""


@pytest.mark.parametrize(
    ("words", "text", "told"),
    [
        (["--stdin-filename", ""], b"", "'' is no name of a file"),
        (["--stdin-filename", "app"], b"", "'app' is no name of a file"),
        (["--stdin-filename", "app/a.py", "app"], b"", "goes with no other paths"),
        (["--stdin-filename", "app/a.py", "--fix"], b"", "only checks"),
        (["--stdin-filename", "app/a.py"], b"x = '\xff'", "app/a.py: what comes on stdin cannot be decoded as utf-8"),
    ],
)
def test_stdin_goes_wrong(project: Path, words: list[str], text: bytes, told: str) -> None:
    done = stdin(project, text, *words)
    assert done.returncode == 2 and told in done.stderr.decode() and done.stderr.count(b"\n") == 1
