"""Do the hooks work under a real ``pre-commit`` on a real git repository? Its entries, run from this environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from projects import FILES, git, git_names, repository, run, write

import sst_lint

HOOKS = Path(sst_lint.__file__).parent.parent / ".pre-commit-hooks.yaml"
DECLARED: dict[str, dict[str, Any]] = {each["id"]: each for each in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}

LISTS = (
    "import hashlib\nimport os\n\n\n"
    "def key(folder):\n    return hashlib.sha256(repr(os.listdir(folder)).encode()).hexdigest()\n"
)
PLACE = ":6:32:"


def hooks(*ids: str, **changes: object) -> str:
    """A configuration with the hooks as they are declared, but run from this environment, without an installation."""
    chosen = [{**DECLARED[each], "language": "system", **changes} for each in ids]
    return yaml.safe_dump({"repos": [{"repo": "local", "hooks": chosen}]})


def pre_commit(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    home = folder.parent / f"{folder.name}.pre-commit"
    return run([sys.executable, "-m", "pre_commit", *words], folder, PRE_COMMIT_HOME=str(home), **git_names())


def commit(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """Stage the files and commit them, with the hook that ``pre-commit install`` left in the repository."""
    git(folder, "add", *names)
    home = folder.parent / f"{folder.name}.pre-commit"
    return run(["git", "commit", "-q", "-m", "change"], folder, PRE_COMMIT_HOME=str(home), **git_names())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clean project with the hook ``sst-lint`` installed."""
    folder = repository(
        tmp_path / "project", {**FILES, "app/manifest.py": "", ".pre-commit-config.yaml": hooks("sst-lint")}
    )
    assert pre_commit(folder, "install").returncode == 0
    return folder


def commits(folder: Path) -> int:
    return int(git(folder, "rev-list", "--count", "HEAD"))


def test_the_entries_are_commands_of_ours() -> None:
    assert list(DECLARED) == ["sst-lint", "sst-lint-fix", "sst-lint-matrix"]
    for each in DECLARED.values():
        assert each["language"] == "python" and each["entry"].startswith("sst-lint ") and each["description"]


def test_a_bad_line_is_refused_and_a_good_one_accepted(project: Path) -> None:
    write(project, {"app/new.py": LISTS})
    done = commit(project, "app/new.py")
    assert done.returncode == 1 and f"app/new.py{PLACE} SST201" in done.stderr + done.stdout
    assert commits(project) == 1
    write(
        project,
        {"app/new.py": LISTS.replace("os.listdir(folder)", "sorted(os.listdir(folder))")},
    )
    assert commit(project, "app/new.py").returncode == 0
    assert commits(project) == 2


def test_findings_of_other_files_do_not_stop_a_commit(project: Path) -> None:
    write(project, {"app/old.py": LISTS})
    git(project, "add", "app/old.py")
    git(project, "commit", "-q", "--no-verify", "-m", "before the gate")
    write(project, {"app/clean.py": "x = 1\n"})
    assert commit(project, "app/clean.py").returncode == 0


def test_a_new_sink_for_an_old_source_is_refused(project: Path) -> None:
    """The listing stands in a file that did not change: the path leads through the changed one."""
    write(project, {"app/manifest.py": FILES["app/manifest.py"]})
    done = commit(project, "app/manifest.py")
    assert done.returncode == 1 and "app/listing.py:5:12: SST201" in done.stdout + done.stderr


def test_renamed_and_deleted_files(project: Path) -> None:
    git(project, "mv", "app/clean.py", "app/cleaner.py")
    assert commit(project, "-A").returncode == 0
    git(project, "rm", "-q", "app/cleaner.py")
    done = commit(project, "-A")
    assert done.returncode == 0 and commits(project) == 3


def test_what_is_staged_is_judged(project: Path) -> None:
    """The bad line is in the working tree only; then it is staged, and the working tree is good again."""
    write(project, {"app/clean.py": "x = 1\n"})
    git(project, "add", "app/clean.py")
    write(project, {"app/clean.py": f"x = 1\n{LISTS}"})
    assert run(["git", "commit", "-q", "-m", "half"], project, **_home(project)).returncode == 0
    assert "listdir" in (project / "app/clean.py").read_text(encoding="utf-8")
    git(project, "add", "app/clean.py")
    write(project, {"app/clean.py": "x = 2\n"})
    done = run(["git", "commit", "-q", "-m", "other half"], project, **_home(project))
    assert done.returncode == 1 and "SST201" in done.stdout + done.stderr
    assert (project / "app/clean.py").read_text(encoding="utf-8") == "x = 2\n"


def _home(folder: Path) -> dict[str, str]:
    return {"PRE_COMMIT_HOME": str(folder.parent / f"{folder.name}.pre-commit"), **git_names()}


def test_excluded_files_that_are_named(project: Path) -> None:
    write(project, {"pyproject.toml": '[tool.sst-lint]\nextend-exclude = ["gen/"]\n', "gen/made.py": LISTS})
    done = commit(project, "-A")
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_files(project: Path) -> None:
    write(project, {"README.md": "words\n"})
    assert commit(project, "README.md").returncode == 0
    done = pre_commit(project, "run", "sst-lint", "--files", "README.md")
    assert done.returncode == 0 and "Skipped" in done.stdout


def test_a_project_below_the_top_of_the_repository(tmp_path: Path) -> None:
    """Its own configuration holds, and a broken one beside it does not matter."""
    inner = {f"services/train/{name}": text for name, text in FILES.items()}
    broken = {"services/web/pyproject.toml": "[tool.sst-lint]\nnothing = 1\n", "services/web/a.py": "x = 1\n"}
    folder = repository(tmp_path / "many", {**inner, **broken, ".pre-commit-config.yaml": hooks("sst-lint")})
    names = ("--files", "services/train/app/listing.py")
    done = pre_commit(folder, "run", "sst-lint", *names)
    assert done.returncode == 1 and "app/listing.py:5:12: SST201" in done.stdout
    write(folder, {"services/train/pyproject.toml": '[tool.sst-lint]\nselect = ["SST4"]\n'})
    assert pre_commit(folder, "run", "sst-lint", *names).returncode == 0
    done = pre_commit(folder, "run", "sst-lint", "--files", "services/web/a.py")
    assert done.returncode == 1 and "unknown key 'nothing'" in done.stdout  # pre-commit has 1 for every failure
    assert "exit code: 2" in done.stdout


@pytest.mark.parametrize("serial", [True, False])
def test_lists_that_are_split_over_processes(tmp_path: Path, serial: bool) -> None:
    """Long lists are split always, short ones where hooks may run beside each other."""
    number, stem = (
        (1200, "a_module_with_a_name_that_is_long_enough_to_fill_the_line_of_a_command_" * 2) if serial else (16, "m")
    )
    files = {f"{stem}{index:04}.py": "" for index in range(number)}
    files |= {f"{stem}0000.py": LISTS, f"{stem}{number - 1:04}.py": LISTS}
    folder = repository(
        tmp_path / "split",
        {
            **files,
            "sst-lint.toml": "",
            ".pre-commit-config.yaml": hooks("sst-lint", require_serial=serial, args=["--format", "concise"]),
        },
    )
    done = pre_commit(folder, "run", "sst-lint", "--all-files")
    assert done.returncode == 1
    told = [line.partition(" ")[0] for line in done.stdout.splitlines() if " SST201 " in line]
    assert sorted(told) == [f"{stem}0000.py{PLACE}", f"{stem}{number - 1:04}.py{PLACE}"]


def test_the_fix_hook_mends_and_the_second_commit_goes_through(tmp_path: Path) -> None:
    files = {
        "sst-lint.toml": "",
        ".pre-commit-config.yaml": hooks("sst-lint-fix", args=["--select", "SST2", "--unsafe-fixes"]),
        "old.py": LISTS,
    }
    folder = repository(tmp_path / "mended", files)
    assert pre_commit(folder, "install").returncode == 0
    write(folder, {"new.py": LISTS})
    done = commit(folder, "new.py")
    assert done.returncode == 1 and "files were modified by this hook" in done.stdout + done.stderr
    assert "sorted(os.listdir(folder))" in (folder / "new.py").read_text(encoding="utf-8")
    assert (folder / "old.py").read_text(encoding="utf-8") == LISTS
    assert commit(folder, "new.py").returncode == 0


def test_the_matrix_hook_sees_deleted_files(tmp_path: Path) -> None:
    files = {"sst-lint.toml": "", ".pre-commit-config.yaml": hooks("sst-lint-matrix"), "old.py": LISTS}
    folder = repository(tmp_path / "tables", files)
    missing = pre_commit(folder, "run", "--all-files")
    assert missing.returncode == 1 and "no matrix is configured or there" in missing.stdout
    assert run([sys.executable, "-m", "sst_lint", "matrix", "order", "--update"], folder).returncode == 0
    assert pre_commit(folder, "install").returncode == 0
    assert commit(folder, "ORDER_MATRIX.md").returncode == 0
    git(folder, "rm", "-q", "old.py")
    done = commit(folder, "-A")
    assert done.returncode == 1 and "out of date" in done.stdout + done.stderr


def test_the_matrix_hook_of_a_project_below(tmp_path: Path) -> None:
    files = {
        "train/sst-lint.toml": "",
        "train/old.py": LISTS,
        ".pre-commit-config.yaml": hooks("sst-lint-matrix", args=["train"]),
    }
    folder = repository(tmp_path / "below", files)
    assert run([sys.executable, "-m", "sst_lint", "matrix", "order", "train", "--update"], folder).returncode == 0
    assert pre_commit(folder, "run", "--all-files").returncode == 0


def test_the_first_commit_of_a_repository(tmp_path: Path) -> None:
    folder = repository(tmp_path / "first", {**FILES, ".pre-commit-config.yaml": hooks("sst-lint")}, commit=False)
    assert pre_commit(folder, "install").returncode == 0
    done = commit(folder, "-A")
    assert done.returncode == 1 and "SST201" in done.stdout + done.stderr
    write(folder, {"app/manifest.py": ""})
    assert commit(folder, "-A").returncode == 0


def test_own_checks_that_cannot_be_imported_are_named(project: Path) -> None:
    """Never fewer rules in silence."""
    broken = project.parent / "site"
    write(broken, {"acme-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1\n"})
    write(broken, {"acme-1.dist-info/entry_points.txt": "[sst_lint.checks]\nacme = acme_is_not_there:CHECKS\n"})
    for words in (["-m", "sst_lint", "check"], ["-m", "flake8", "--select", "SST", "."]):
        done = run([sys.executable, *words], project, PYTHONPATH=f"{HOOKS.parent}:{broken}")
        assert (
            done.returncode == 2 and "own checks `acme` (acme_is_not_there:CHECKS): cannot be imported" in done.stderr
        )
