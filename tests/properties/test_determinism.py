"""Do the same files give the same bytes, whatever the hash seed, the order of the files, the place, the environment?"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from command import check

PIPELINE = Path(__file__).resolve().parents[2] / "fixtures" / "projects" / "legacy_pipeline"

#: Directories give their entries in another order each time, as file systems may.
SHUFFLED = """
import os, pathlib, random
scandir, listdir = os.scandir, os.listdir
class Entries(list):
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def close(self): pass
def shuffled(entries):
    entries = list(entries)
    random.Random(len(entries)).shuffle(entries)
    return entries
os.scandir = lambda path=".": Entries(shuffled(scandir(path)))
os.listdir = lambda path=".": shuffled(listdir(path))
"""


@dataclass(frozen=True)
class Printed:
    """What one run gave: exit code, JSON, text, and what it said on stderr."""

    code: int
    report: bytes
    text: bytes
    err: str


def run(*paths: str | Path, cwd: Path, seed: str, env: Mapping[str, str] | None = None, before: str = "") -> Printed:
    with tempfile.TemporaryDirectory() as directory:
        text = Path(directory) / "out.txt"
        words = ("--format", "json", "--format", f"text:{text}", "--min-confidence", "low", "--select", "ALL")
        done = check(*words, *paths, cwd=cwd, env={**(env or {}), "PYTHONHASHSEED": seed}, before=before)
        return Printed(done.code, done.out, text.read_bytes(), done.err)


def told(printed: Printed) -> Printed:
    """``printed`` without the commands that it proposes: they repeat the paths as they were given."""
    lines = [line for line in printed.text.splitlines() if not line.startswith(b"  sst-lint ")]
    assert 0 < len(printed.text.splitlines()) - len(lines) < 10
    return replace(printed, text=b"\n".join(lines))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline, in a directory of its own, with a configuration that marks its root."""
    place = tmp_path_factory.mktemp("determinism") / "pipeline"
    shutil.copytree(PIPELINE, place, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "sst-lint.toml").write_text("")
    return place


@pytest.fixture(scope="module")
def plain(copy: Path) -> Printed:
    printed = run(".", cwd=copy, seed="0")
    assert printed.code == 1 and printed.err == ""
    assert printed.report.count(b'"trace"') > 50 and b"SST101" in printed.text
    return printed


def test_environment(copy: Path, plain: Printed) -> None:
    env = {f"VARIABLE_{number}": "x" * 200 for number in range(200)}
    env |= {"LC_ALL": "C", "TZ": "Pacific/Chatham", "COLUMNS": "40", "PYTHONOPTIMIZE": "1", "TERM": "dumb"}
    assert run(".", cwd=copy, seed="1", env=env) == plain


def test_order_of_directory_entries(copy: Path, plain: Printed) -> None:
    assert run(".", cwd=copy, seed="4242", before=SHUFFLED) == plain


def test_order_and_repetition_of_paths(copy: Path, plain: Printed) -> None:
    paths = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*.py"))
    random.Random(3).shuffle(paths)
    assert told(run(*paths, paths[0], "legacy_pipeline", cwd=copy, seed="random")) == told(plain)


def test_place(copy: Path, plain: Printed, tmp_path: Path) -> None:
    """Another copy, made file by file in another order, in a directory that is named like test code."""
    place = tmp_path / "tests" / "fixtures"
    files = sorted(path.relative_to(copy) for path in copy.rglob("*") if path.is_file())
    random.Random(4).shuffle(files)
    for file in files:
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(copy / file, place / file)
    assert told(run(place, cwd=tmp_path, seed="2")) == told(plain)
