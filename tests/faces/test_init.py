"""Does ``sst-lint init`` propose what fits, write it after a yes, and leave alone what is there?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import tomli
import yaml
from projects import FILES, environment, git_names, repository, run, sst, write

from sst_lint.adoption.plan import Part
from sst_lint.cli.init import PARTS

PLAIN = {name: text for name, text in FILES.items() if name != "pyproject.toml"}
PROJECT = '[project]\nname = "app"\ndependencies = ["numpy>=1"]\n\n[tool.ruff.lint]\nselect = ["ALL"]\n'
WRITER = '''
import os
import tempfile


def save(path, text):
    """Whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)
'''


def init(folder: Path, *words: str, text: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "sst_lint", "init", *words], folder, text, **more)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", {**PLAIN, "pyproject.toml": PROJECT})


def names(folder: Path) -> list[str]:
    found = [path for path in folder.rglob("*") if path.is_file() and ".git/" not in path.as_posix()]
    ours = {"__pycache__", ".sst_cache"}
    return sorted(path.relative_to(folder).as_posix() for path in found if not ours & set(path.parts))


def test_a_yes_writes_everything_and_the_gate_is_green(project: Path) -> None:
    before = names(project)
    done = init(project, text="y\n")
    assert done.returncode == 0, done.stderr
    assert set(names(project)) - set(before) == {".pre-commit-config.yaml", "sst-baseline.jsonl"}
    written = (project / "pyproject.toml").read_text(encoding="utf-8")
    assert written.startswith(PROJECT)
    assert tomli.loads(written)["tool"]["sst-lint"] == {"baseline": "sst-baseline.jsonl"}
    hook, mending = yaml.safe_load((project / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0][
        "hooks"
    ]
    assert hook["entry"] == "sst-lint check"
    assert mending["entry"] == "sst-lint fix --unsafe-fixes" and mending["stages"] == ["manual"]
    checked = sst(project, "check")
    assert checked.returncode == 0 and "2 in the baseline" in checked.stdout


@pytest.mark.parametrize(("words", "text"), [((), "n\n"), (("--dry-run",), None)])
def test_nothing_is_written_without_a_yes(project: Path, words: tuple[str, ...], text: str | None) -> None:
    before = {name: (project / name).read_bytes() for name in names(project)}
    done = init(project, *words, text=text)
    assert done.returncode == 0
    assert {name: (project / name).read_bytes() for name in names(project)} == before
    if words:
        assert "+[tool.sst-lint]" in done.stdout and "+        entry: sst-lint check" in done.stdout


def test_nobody_to_answer(project: Path) -> None:
    before = names(project)
    done = init(project, text="")
    assert done.returncode == 2 and "--yes writes" in done.stderr and names(project) == before


def test_twice(project: Path) -> None:
    assert init(project, "--yes").returncode == 0
    before = {name: (project / name).read_bytes() for name in names(project)}
    done = init(project, "--yes")
    assert done.returncode == 0 and "Nothing to write." in done.stdout
    assert {name: (project / name).read_bytes() for name in names(project)} == before


def test_what_is_there_is_never_overwritten(project: Path) -> None:
    theirs = {".pre-commit-config.yaml": "repos: []\n", "sst-lint.toml": "", "ci/sst-lint.sh": "true\n"}
    write(project, theirs)
    done = init(project, "--yes", "--ci", "script")
    assert done.returncode == 0
    assert {name: (project / name).read_text(encoding="utf-8") for name in theirs} == theirs
    assert (project / "pyproject.toml").read_text(encoding="utf-8") == PROJECT
    assert "`sst-lint baseline create`" in done.stdout
    block = done.stdout.partition("add this to its `repos`:\n")[2].partition("\n  - ")[0]  # as one would copy it
    assert yaml.safe_load(f"repos:\n{block}")["repos"][0]["hooks"][0]["id"] == "sst-lint"


def test_a_table_that_cannot_be_added_gets_a_file_of_its_own(project: Path) -> None:
    write(project, {"pyproject.toml": "tool = { ruff = { line-length = 100 } }\n"})
    assert init(project, "--yes").returncode == 0
    assert tomli.loads((project / "sst-lint.toml").read_text(encoding="utf-8")) == {"baseline": "sst-baseline.jsonl"}
    assert (project / "pyproject.toml").read_text(encoding="utf-8").count("\n") == 1


def test_line_ends_of_the_file_stay(project: Path) -> None:
    (project / "pyproject.toml").write_bytes(PROJECT.replace("\n", "\r\n").encode())
    assert init(project, "--yes").returncode == 0
    written = (project / "pyproject.toml").read_bytes()
    assert b"[tool.sst-lint]\r\n" in written and written.count(b"\n") == written.count(b"\r\n")


def test_home_directory(project: Path) -> None:
    before = names(project)
    done = init(project, "--yes", HOME=str(project))
    assert done.returncode == 2 and "is your home directory, no project" in done.stderr
    below = init(project / "app", "--yes", HOME=str(project))
    assert below.returncode == 2 and names(project) == before


def test_a_repository_without_commits(tmp_path: Path) -> None:
    folder = repository(tmp_path / "fresh", PLAIN, commit=False)
    assert init(folder, "--yes").returncode == 0
    assert {"sst-lint.toml", "sst-baseline.jsonl", ".pre-commit-config.yaml"} <= set(names(folder))
    assert sst(folder, "check").returncode == 0


def test_a_directory_without_git(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", PLAIN)
    done = init(folder, "--yes")
    assert done.returncode == 0 and not (folder / ".pre-commit-config.yaml").exists()
    assert sst(folder, "check").returncode == 0


def test_nothing_to_check(tmp_path: Path) -> None:
    folder = repository(tmp_path / "words", {"README.md": "words\n"})
    assert "no Python files" in init(folder, "--yes").stderr
    assert init(folder, "gone").returncode == 2


def test_a_configuration_that_is_wrong(project: Path) -> None:
    write(project, {"sst-lint.toml": "nothing = 1\n"})
    done = init(project, "--yes")
    assert done.returncode == 2 and "unknown key 'nothing'" in done.stderr


def test_habits_of_the_code(project: Path) -> None:
    lines = "".join(f"x{n} = {n}  # DETERMINISM_OK: one\ny{n} = {n}  # noqa: BLE001 -- last resort\n" for n in range(3))
    once = "z = 1  # ROUND_OK: once\nw = 1  # noqa: BLE001\n'# SIZE_OK: text' # x\n'# SIZE_OK: text'\n"
    write(project, {"app/files.py": WRITER, "app/many.py": f"import logging\n{lines}{once}"})
    done = init(project, "--dry-run")
    assert "written by app/files.py:6 save" in done.stdout and "logging (1 modules)" in done.stdout
    added = "".join(line[1:] + "\n" for line in done.stdout.splitlines() if line.startswith("+") and line[1:2] != "+")
    table = tomli.loads(added.partition("repos:")[0])["tool"]["sst-lint"]
    assert table["waivers"] == ["DETERMINISM_OK"] and table["accept"] == ["noqa:BLE001"]
    assert table["helpers"] == {"write_atomic_text": "app.files:save(path, text)"}
    assert 'pyproject.toml: `lint.external = ["SST"]`' in done.stdout


def test_helpers_that_are_vendored(project: Path) -> None:
    assert init(project, "--yes", "--vendor").returncode == 0
    table = tomli.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["sst-lint"]
    assert table["helpers"] == "app._sst" and (project / "app/_sst/__init__.py").is_file()
    checked = sst(project, "check")
    assert checked.returncode == 0, checked.stdout
    fixed = sst(project, "fix", "--isolated", "--helpers", "app._sst", "--unsafe-fixes")
    assert fixed.returncode == 0, fixed.stdout
    assert "from app._sst import atomic_open" in (project / "app/manifest.py").read_text(encoding="utf-8")


def test_helpers_that_are_a_dependency(project: Path) -> None:
    write(project, {"pyproject.toml": PROJECT.replace("numpy>=1", "sst_lint>=0.1".replace("_", "-"))})
    assert '+helpers = "sst_lint.runtime"' in init(project, "--dry-run").stdout


def test_parts_that_are_skipped(project: Path) -> None:
    words = [word for part in ("baseline", "hook", "ci") for word in ("--skip", part)]
    assert init(project, "--yes", *words).returncode == 0
    assert (project / "pyproject.toml").read_text(encoding="utf-8") == f"{PROJECT}\n[tool.sst-lint]\n"


def test_every_part_can_be_skipped() -> None:
    assert get_args(Part) == PARTS  # the command lists them itself: to load the planner for its help would be slow


def test_a_project_below_the_top_of_its_repository(tmp_path: Path) -> None:
    folder = repository(tmp_path / "many", {f"services/train/{name}": text for name, text in FILES.items()})
    inner = write(folder / "services" / "train", {"pyproject.toml": PROJECT})
    (folder / ".github").mkdir()
    assert init(inner / "app", "--yes").returncode == 0
    assert {".pre-commit-config.yaml", ".github/workflows/sst-lint.yml", "services/train/sst-baseline.jsonl"} <= set(
        names(folder)
    )
    workflow = (folder / ".github/workflows/sst-lint.yml").read_text(encoding="utf-8")
    assert "run: sst-lint check services/train --output-format github" in workflow


def test_a_file_that_appears_meanwhile(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the proposal and the yes."""
    command = [sys.executable, "-m", "sst_lint", "init", "--skip", "baseline"]
    env = environment(**git_names())
    child = subprocess.Popen(
        command, cwd=project, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None
    while "Nothing" not in (line := child.stdout.readline()) and ".pre-commit-config.yaml" not in line:
        assert line, "the proposal never came"
    write(project, {".pre-commit-config.yaml": "theirs: 1\n"})
    _, err = child.communicate("y\n")
    assert child.returncode == 2 and "somebody else" in err
    assert (project / ".pre-commit-config.yaml").read_text(encoding="utf-8") == "theirs: 1\n"
