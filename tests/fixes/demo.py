"""What do fixes make of a pipeline that grew for years? ``python -m tests.fixes.demo SCRATCH``: the end of the demo.

A copy is fixed and checked, then run twice under different hash seeds; what it writes is compared byte by byte.
"""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fixes.pipeline import MEASURED, PROJECT, SALTED, artifacts, differing

#: why these may differ: no fix is for what is in them
REASONS = (
    (MEASURED, "memory, process ids, addresses and times of files, and by an archive of those"),
    (SALTED, "`hash()` picks the shard (SST303)"),
)


def main(scratch: Path) -> int:
    """Show it; 0 when the gate is green and the two runs agree."""
    code = scratch / "legacy_pipeline"
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(PROJECT, code)
    print("The same pipeline, fixed in a scratch copy. First the helpers, as plain files of the project's own:\n")
    show("vendor", f"{code}/legacy_pipeline/_sst")
    print("\nThen every fix. Unsafe ones change bytes or behavior on purpose: read the diff, run the tests.\n")
    fix = ("fix", str(code), "--unsafe-fixes", "--helpers", "legacy_pipeline._sst", "--statistics")
    show(*fix)
    print(
        "\nWhat remains is for a person: which lock, which default, which run is newest. Once more changes nothing:\n"
    )
    show(*fix[:-1], "--diff")
    print("\nUntil then they are written down, so that the gate is green today and fails for whatever is new:\n")
    show("baseline", "create", str(code))
    clean = show("check", str(code), "--baseline", f"{code}/sst-baseline.jsonl")
    print("\nNow the fixed pipeline runs twice, under two hash seeds, with the clock held still:\n")
    first, second = (artifacts(code, scratch / "out", seed) for seed in (1, 2))
    differ = differing(first, second, but=())
    unexplained = differing(first, second, but=(*MEASURED, *SALTED))
    print(f"  {len(first)} artifacts a run, {len(first) - len(differ)} of them equal byte for byte")
    for patterns, why in REASONS:
        names = [name for name in differ if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
        if names:
            print(f"  {len(names)} differ by {why}")
    for name in unexplained:
        print(f"  {name} differs")
    before, again = (artifacts(PROJECT, scratch / "out", seed) for seed in (1, 2))
    print(f"  before the fixes {len(differing(before, again, but=()))} of {len(before)} differed")
    return 1 if unexplained or clean else 0


def show(*words: str) -> int:
    """Print a command and what it says; return its exit code."""
    print("$ sst-lint", " ".join(words), flush=True)
    done = subprocess.run([sys.executable, "-m", "sst_lint", *words], stderr=subprocess.STDOUT)
    if done.returncode not in (0, 1):
        raise SystemExit(done.returncode)
    return done.returncode


def run(words: Sequence[str]) -> int:
    """Run with the words of a command line."""
    return main(Path(words[0] if words else ".demo"))


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
