"""Does flake8 tell what ``sst-lint check`` tells? A real flake8, run as people run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tomli
from projects import FILES, LISTING, WRITE, flake8, places, sst, write

import sst_lint
from sst_lint.flake8_plugin import Plugin

ROOT = Path(sst_lint.__file__).parent.parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, FILES)


def test_the_entry_point_is_declared() -> None:
    declared = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    assert declared["flake8.extension"] == {"SST": f"{Plugin.__module__}:{Plugin.__qualname__}"}


def test_a_path_through_two_files_is_found(project: Path) -> None:
    done = flake8(project, ".")
    assert places(done.stdout) == [LISTING, WRITE]
    assert done.returncode == 1 and done.stderr == ""
    assert "which reaches an artifact ('manifest.json')" in done.stdout


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_reuse_what_was_judged_before_they_were_started(project: Path, method: str, tmp_path: Path) -> None:
    """Many files and two workers, and the project is read once, whether workers inherit or begin anew."""
    for number in range(12):
        (project / f"app/more{number}.py").write_text("x = 1\n", encoding="utf-8")
    write(project, {"counting.py": COUNTING})
    words = [sys.executable, "counting.py", "-j", "2", "--select", "SST", "app"]
    imported = f"{ROOT}{os.pathsep}{Path(__file__).parent}"
    env = {**os.environ, "METHOD": method, "TMPDIR": str(tmp_path), "PYTHONPATH": imported}
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False, env=env)
    assert done.stderr == "judged\n" and places(done.stdout) == [LISTING, WRITE]
    assert list(tmp_path.glob("sst-lint-*")) == []


COUNTING = """
import os
import sys
import sst_lint.engine as engine
from flake8.main.cli import main

real = engine.check
def check(*words):
    sys.stderr.write("judged\\n")
    return real(*words)
engine.check = check
if __name__ == "__main__":
    import multiprocessing
    multiprocessing.set_start_method(os.environ["METHOD"])
    from importlib.metadata import entry_points
    if not any(each.name == "SST" for each in entry_points(group="flake8.extension")):
        from projects import LOCAL_PLUGIN
        open(".plugin", "w").write(LOCAL_PLUGIN)
        sys.argv += ["--append-config", ".plugin"]
    sys.exit(main(sys.argv[1:]))
"""


def test_selections_of_flake8(project: Path) -> None:
    assert places(flake8(project, "--select", "SST1", ".").stdout) == [WRITE]
    assert places(flake8(project, "--extend-ignore", "SST201", ".").stdout) == [WRITE]
    assert places(flake8(project, "--extend-ignore", "SST", ".").stdout) == []
    assert places(flake8(project, "--per-file-ignores", "app/listing.py:SST2", ".").stdout) == [WRITE]
    write(project, {"setup.cfg": "[flake8]\nselect = SST2\n"})
    assert places(flake8(project, ".").stdout) == [LISTING]


def test_the_configuration_of_the_project_holds(project: Path) -> None:
    write(project, {"pyproject.toml": '[tool.sst-lint]\nignore = ["SST101"]\n'})
    assert places(flake8(project, ".").stdout) == [LISTING]


def test_no_project_is_read_when_no_code_of_ours_is_wanted(project: Path) -> None:
    write(project, {"pyproject.toml": "[tool.sst-lint]\nbroken = 1\n"})
    assert flake8(project, "--select", "E9", ".").returncode == 0
    assert flake8(project, "--extend-ignore", "S", ".").returncode == 0
    assert flake8(project, "--select", "SST2", ".").returncode == 2


def test_one_file_is_judged_in_its_project(project: Path) -> None:
    assert places(flake8(project, "app/listing.py").stdout) == [LISTING]
    assert places(flake8(project / "app", "listing.py").stdout) == [LISTING.removeprefix("app/")]


def test_comments(project: Path) -> None:
    listing = FILES["app/listing.py"].rstrip()
    for comment, left in (
        ("# noqa", [WRITE]),
        ("# noqa: SST201", [WRITE]),
        ("# noqa: SST201 -- one file at most", [WRITE]),
        ("# sst: ignore[SST201] -- one file at most", [WRITE]),
        ("# noqa: E501", [LISTING, WRITE]),
    ):
        write(project, {"app/listing.py": f"{listing}  {comment}\n"})
        assert places(flake8(project, "--select", "SST1,SST2", ".").stdout) == left, comment


def test_standard_input_is_what_the_file_will_be(project: Path) -> None:
    """The text of the editor, with the rest of the project around it."""
    sorted_now = FILES["app/listing.py"].replace("os.listdir(folder)", "sorted(os.listdir(folder))")
    words = ("--select", "SST", "--stdin-display-name", "app/listing.py", "-j", "2", "-")
    assert places(flake8(project, *words, text=FILES["app/listing.py"]).stdout) == [LISTING]
    assert places(flake8(project, *words, text=sorted_now).stdout) == []
    assert places(flake8(project, *words, text="\n" + FILES["app/listing.py"]).stdout) == [
        LISTING.replace(":5:", ":6:")
    ]


def test_standard_input_without_a_file(project: Path) -> None:
    text = "import os\nnames = ','.join(os.listdir('.'))\nopen('a.json', 'w').write(names)\n"
    assert places(flake8(project, "--select", "SST", "-", text=text).stdout) == [
        "stdin:2:18: SST201",
        "stdin:3:1: SST101",
    ]
    named = flake8(project, "--select", "SST1", "--stdin-display-name", "app/new.py", "-", text=text)
    assert places(named.stdout) == ["app/new.py:3:1: SST101"]
    left_out = flake8(project, "--select", "SST1", "--stdin-display-name", "build/new.py", "-", text=text)
    assert places(left_out.stdout) == []


def test_files_that_cannot_be_read(project: Path) -> None:
    """flake8 tells of them by its own codes, and the rest is checked."""
    write(project, {"app/broken.py": "def f(:\n"})
    (project / "app/latin.py").write_bytes(b"# caf\xe9\nx = 1\n")
    (project / "app/gone.py").symlink_to("nowhere.py")
    done = flake8(project, "-j", "2", ".")
    assert {"app/broken.py E999", "app/gone.py E902"} <= {f"{p.split(':')[0]} {c}" for p, c in _codes(done)}
    assert "app/latin.py:1:1: SST900" in places(done.stdout)
    assert {LISTING, WRITE} <= set(places(done.stdout))
    missing = flake8(project, "nothing.py", "app/listing.py")
    assert places(missing.stdout) == [LISTING] and "E902" in missing.stdout


def _codes(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str]]:
    lines = [line.removeprefix("./").split(" ") for line in done.stdout.splitlines()]
    return [(words[0], words[1]) for words in lines]


def test_a_configuration_that_is_wrong_ends_the_run(project: Path) -> None:
    write(project, {"pyproject.toml": '[tool.sst-lint]\nselct = ["SST1"]\n'})
    done = flake8(project, "-j", "2", ".")
    assert done.returncode == 2
    assert done.stderr == "sst-lint: error: pyproject.toml: unknown key 'selct'; did you mean 'select'?\n"


def test_the_baseline_holds(project: Path) -> None:
    write(project, {"pyproject.toml": '[tool.sst-lint]\nbaseline = "sst-baseline.jsonl"\n'})
    assert sst(project, "baseline", "create").returncode == 0
    assert places(flake8(project, ".").stdout) == []


def test_two_projects(project: Path, tmp_path: Path) -> None:
    inner = write(tmp_path / "inner", {**FILES, "pyproject.toml": '[tool.sst-lint]\nselect = ["SST2"]\n'})
    done = flake8(tmp_path, "app", "inner")
    assert places(done.stdout) == [LISTING, WRITE, f"inner/{LISTING}"]
    assert inner.is_dir()
