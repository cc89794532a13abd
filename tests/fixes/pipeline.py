"""How is the legacy pipeline run, and which of its files may differ from run to run?"""

from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "fixtures" / "projects" / "legacy_pipeline"

#: What differs from run to run even with equal hash seeds, before and after, because no fix is for it: durations,
#: memory and process ids (logs), addresses of objects (lineage), times of files (manifest), and what holds those.
MEASURED = ("logs/*", "*/SHA256SUMS", "*/lineage.json", "*/manifest.json", "runs/*.zip")
#: What differs between hash seeds after all fixes, because of findings without a fix: ``hash()`` picks the shard.
SALTED = ("*/shards/*",)


def artifacts(code: Path, out: Path, seed: int) -> Mapping[str, bytes]:
    """Run the pipeline; return the files that it leaves."""
    shutil.rmtree(out, ignore_errors=True)
    driver = Path(__file__).with_name("frozen.py")
    out = out.absolute()
    command = [sys.executable, str(driver), "legacy_pipeline", "--out", str(out)]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(seed),
        "SST_MODE": "best-effort",
        "PYTHONPATH": str(code.absolute()),
    }
    done = subprocess.run(
        [*command, "--run-id", "R1", "--set", "train.epochs=3"],
        cwd=code,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def differing(left: Mapping[str, bytes], right: Mapping[str, bytes], but: tuple[str, ...]) -> list[str]:
    """Return the files whose bytes differ, but for those of the patterns; both runs have to leave the same files."""
    assert left.keys() == right.keys()
    names = [name for name in left if left[name] != right[name]]
    return [name for name in names if not any(fnmatch.fnmatch(name, pattern) for pattern in but)]
