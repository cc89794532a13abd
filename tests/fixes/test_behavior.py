"""Do programs still do what they did? Shapes of programs, in three layouts each, run before and after fixes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fixes.fixing import Result, run
from tests.fixes.shapes import SAFE, shapes, variant

#: what holds a digest of something whose order was repaired: it is another one, and has to be
DIGESTS = ("digested",)


class Programs:
    """All shapes in one layout: as they are, after safe and after all fixes, and what each leaves behind."""

    def __init__(self, root: Path, number: int) -> None:
        self.root = root
        self.code = root / "code"
        self.code.mkdir(parents=True)
        (self.code / "sst-lint.toml").write_text("")
        for name in shapes():
            (self.code / f"shape_{name}.py").write_bytes(variant(name, number))
        self.before = self.artifacts(1)
        unsafe = root / "unsafe"
        shutil.copytree(self.code, unsafe)
        self.safe: Result = run(self.code, unsafe=False)
        self.after_safe = self.artifacts(1)
        shutil.rmtree(self.code)
        unsafe.rename(self.code)
        self.unsafe: Result = run(self.code, unsafe=True)
        self.after_unsafe = [self.artifacts(seed) for seed in (1, 2)]

    def artifacts(self, seed: int) -> Mapping[str, bytes]:
        """Run all of them under a hash seed and an order of directories; return every file that they leave."""
        out = self.root / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": str(seed), "SST_MODE": "best-effort"}
        environment["PYTHONPATH"] = os.pathsep.join(each for each in sys.path if each)
        driver = Path(__file__).with_name("drive.py")
        command = [sys.executable, str(driver), str(self.code), str(out), str(seed)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        files = (path for path in sorted(out.rglob("*")) if path.is_file() and path.suffix != ".lock")
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module", params=[0, 1, 2], ids=["plain", "in a class", "tabs and CRLF"])
def programs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(tmp_path_factory.mktemp("programs"), request.param)


def test_every_shape_is_one_that_a_fix_changes(programs: Programs) -> None:
    """The proof would hold of programs that nothing touches, too."""
    assert programs.safe.problems() == [] and programs.unsafe.problems() == []
    for name in shapes():
        file = f"shape_{name}.py"
        before = programs.safe.before[file] if name in SAFE else programs.safe.after[file]
        assert (programs.safe if name in SAFE else programs.unsafe).after[file] != before, name


def test_no_other_linter_objects_to_what_was_inserted(programs: Programs, tmp_path: Path) -> None:
    found = [complaints(files, tmp_path / str(number)) for number, files in enumerate(states(programs))]
    assert [after - found[0] for after in found[1:]] == [Counter(), Counter()]


def states(programs: Programs) -> list[dict[str, bytes]]:
    return [programs.safe.before, programs.safe.after, programs.unsafe.after]


def complaints(files: dict[str, bytes], root: Path) -> Counter[tuple[str, str]]:
    """What ruff says of files, by file and rule; not of width and tabs, and broad clauses stay broad."""
    root.mkdir()
    for name, content in files.items():
        (root / name).write_bytes(content)
    rules = "E,F,W,I,B,UP,SIM,C4,RET,PIE,RUF,BLE,TRY,LOG,G,PERF,FURB,PLW"
    options = ("--isolated", "--no-cache", "--select", rules, "--ignore", "E501,W191,BLE001", "--output-format", "json")
    command = [sys.executable, "-m", "ruff", "check", *options, "."]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return Counter((Path(each["filename"]).name, each["code"]) for each in json.loads(done.stdout))


def test_safe_fixes_leave_the_same_bytes_and_errors(programs: Programs) -> None:
    assert programs.after_safe.keys() == programs.before.keys()
    assert [name for name in programs.before if programs.before[name] != programs.after_safe[name]] == []


def test_after_unsafe_fixes_bytes_depend_on_nothing_outside(programs: Programs) -> None:
    first, second = programs.after_unsafe
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_after_unsafe_fixes_artifacts_hold_the_same_data(programs: Programs) -> None:
    before, after = programs.before, programs.after_unsafe[0]
    assert before.keys() == after.keys()
    for name in before:
        if not name.startswith(tuple(f"shape_{each}/" for each in DIGESTS)) and not name.endswith("seen.txt"):
            assert data(name, before[name]) == data(name, after[name]), name


def data(name: str, content: bytes) -> object:
    """What a file says, whatever the order in which it says it."""
    if name.startswith("shape_first_match/"):
        return len(content)  # one of them, another one than by chance
    try:
        return ordered(json.loads(content))
    except ValueError:
        return sorted(content.replace(b",", b"\n").split(b"\n"))


def ordered(value: object) -> object:
    if isinstance(value, dict):
        return {key: ordered(each) for key, each in sorted(value.items())}
    return sorted(map(ordered, value), key=repr) if isinstance(value, list) else value
