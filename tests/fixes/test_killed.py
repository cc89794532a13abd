"""Is a file ever torn when the tool is killed while it writes many? Each is as it was, or as it is to be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sst_lint.engine import Options, repair

FILES = 40
PROGRAM = '''\
"""Module {number}."""

import json
from pathlib import Path


def save(out: Path, data: dict) -> None:
    with open(out / "part_{number}.json", "w", encoding="utf-8") as handle:
        json.dump(data, handle, sort_keys=True)
'''
KILLED = """\
import os, signal, sys
from sst_lint.cli import main

count, real = 0, os.fsync

def fsync(descriptor):
    global count
    count += 1
    if count == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)

os.fsync = fsync
sys.argv = ["sst-lint", "fix", "--helpers", "sst_lint.runtime", {path!r}]
main()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills like that here")
@pytest.mark.parametrize("at", [1, 31, 60])
def test_a_killed_run_leaves_every_file_whole(at: int, tmp_path: Path) -> None:
    (tmp_path / "sst-lint.toml").write_text("")
    before = {f"m{number}.py": PROGRAM.format(number=number) for number in range(FILES)}
    for name, text in before.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    _, results = repair([tmp_path], Options(), helpers="sst_lint.runtime")
    after = {changed.path: changed.after for _, done in results for changed in done.files}
    assert len(after) == FILES
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    script = KILLED.format(at=at, path=os.fspath(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = {path.name: path.read_text(encoding="utf-8") for path in sorted(tmp_path.glob("*.py"))}
    assert left.keys() == before.keys()
    assert [name for name in left if left[name] not in (before[name], after[name])] == []
    changed = sum(left[name] != before[name] for name in left)
    assert (changed == 0) if at == 1 else 0 < changed < FILES
