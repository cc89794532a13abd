"""The long form: every layer with the numbers of the contract, and the table that docs/proof.md shows.

python -m tests.runtime.proof [--write docs/proof.md] [--readme README.md] [--only LAYER] [--scale 0.1]
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import behavior, crash, environment, matrix, syscalls, trials, vectors
from .interleavings import run_interleavings
from .mutants import load_mutants
from .processes import run_contention, run_kills, scratch
from .subject import Figures, Subject, runtime
from .suite import judge_mutants
from .worlds import Disk, Memory

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def crash_states(subject: Subject, scale: float) -> Figures:
    """Generated histories until the number is reached."""
    figures = crash.run_classics(subject)
    for start in itertools.count(1):
        figures.add(crash.run_generated(subject, start=start, examples=500))
        enough = figures.cases >= 1_000_000 * scale and figures.counts["histories"] >= 5_000 * scale
        if enough or figures.violations:
            return figures
    raise AssertionError("unreachable")


def fault_matrix(subject: Subject, scale: float) -> Figures:
    """In memory, as Windows answers, on a file system in memory, and a sample on the disk."""
    every = max(1, round(1 / scale))
    figures = matrix.run_matrix(subject, Memory, every=every)
    figures.counts["in the model"] = figures.cases
    windows = matrix.run_matrix(subject, lambda: Memory(windows=True), every=every)
    figures.add(windows)
    figures.counts["as Windows"] = windows.cases
    for memory, name, step in ((True, "on tmpfs", every), (False, "on disk", 17 * every)):
        with scratch(memory=memory) as root:
            numbers = itertools.count()
            world = _disks(subject, root, numbers)
            real = matrix.run_matrix(subject, world, every=step)
        figures.add(real)
        figures.counts[name] = real.cases
    return figures


def _disks(subject: Subject, root: Path, numbers: Iterator[int]) -> Callable[[], Disk]:
    return lambda: Disk(root / str(next(numbers)), subject.seam.System())


def contention(subject: Subject, scale: float) -> Figures:
    """32 writers with 1,000 updates each, and a few on the disk, where every sync takes its time."""
    figures = run_contention(subject, writers=32, count=max(10, round(1000 * scale)))
    figures.add(run_contention(subject, writers=4, count=max(10, round(100 * scale)), memory=False))
    return figures


def kills(subject: Subject, scale: float) -> Figures:
    """A thousand, a fifth of them on the disk."""
    figures = run_kills(subject, count=max(10, round(800 * scale)))
    figures.add(run_kills(subject, count=max(10, round(200 * scale)), memory=False, longest=0.1, seed=2))
    return figures


def bytes_layer(subject: Subject, scale: float) -> Figures:
    """The corpus, the vectors, the peers."""
    return vectors.run_vectors(subject, count=round(50_000 * scale), yaml_every=5, seed=3)


LAYERS: dict[str, Callable[[Subject, float], Figures]] = {
    "crash states": crash_states,
    "fault matrix": fault_matrix,
    "interleavings": lambda subject, scale: run_interleavings(subject, start=0, schedules=round(2500 * scale)),
    "contention": contention,
    "kill -9": kills,
    "real syscalls": lambda subject, scale: syscalls.run_syscalls(
        subject, errnos=("EIO", "ENOSPC") if scale == 1 else ()
    ),
    "environment": lambda subject, scale: environment.run_environment(subject, environment.LONG),
    "bytes": bytes_layer,
    "locks": lambda subject, scale: behavior.run_locks(subject),
    "order": lambda subject, scale: behavior.run_order(subject),
}
WHAT = {
    "crash states": "every state that POSIX allows after a power failure, at each instant of generated histories",
    "fault matrix": "each system call of each public call: 13 errnos, Ctrl-C, exit, short, torn and lying writes",
    "interleavings": "processes switched at every system call, one of them killed",
    "contention": "updates of one index by 32 writers, each read checked",
    "kill -9": "processes that write without pause, killed at random moments",
    "real syscalls": "strace: SIGKILL, EIO, ENOSPC at each system call of each public writer",
    "environment": "full disk, size limit, few descriptors, closed directory, umask, names, signals, mounts, 2 GiB",
    "bytes": "golden vectors, refusals, a generated corpus read back by other libraries",
    "locks": "re-entry, time-outs, forks, file systems without locks, beside filelock",
    "order": "listings against a directory that answers in reverse",
}


def _row(figures: Figures) -> str:
    counts = ", ".join(f"{count:,} {name}" for name, count in figures.counts.items() if count)
    what = WHAT[figures.layer] + (f" ({counts})" if counts else "")
    return f"| {figures.layer} | {what} | {figures.cases:,} | {len(figures.violations)} | {figures.seconds:.0f} s |"


def _table(rows: list[Figures]) -> Iterator[str]:
    yield "| layer | what was tried | cases | violations | time |"
    yield "|---|---|---|---|---|"
    for figures in rows:
        yield _row(figures)
    skipped = [f"{figures.layer}: {text}" for figures in rows for text in figures.skipped]
    yield ""
    yield f"Skipped: {'; '.join(skipped) if skipped else 'nothing'}."


def _controls(found: list[trials.Trial]) -> Iterator[str]:
    yield "| broken protocol | layer | caught in |"
    yield "|---|---|---|"
    for trial in found:
        verdict = f"{trial.bad:,} of {trial.cases:,} {trial.unit}" if trial.caught else "**not caught**"
        yield f"| {trial.story} | {trial.layer} | {verdict} |"


def _mutants(failures: list[str]) -> Iterator[str]:
    killed: dict[str, int] = {}
    total = 0
    for mutant, verdict in judge_mutants(load_mutants()):
        total += 1
        if verdict is None:
            failures.append(f"mutant {mutant.name!r} survives")
        else:
            killed[verdict[0]] = killed.get(verdict[0], 0) + 1
    by = ", ".join(f"{count} by {layer}" for layer, count in sorted(killed.items(), key=lambda each: -each[1]))
    yield f"Mutants: {sum(killed.values())} of {total} killed by the short suite ({by})."


def _machine() -> str:
    kernel = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"Measured with Python {platform.python_version()} on {kernel} ({_file_system()}), {os.cpu_count()} cores."


def _file_system() -> str:
    """The type of the file system that holds temporary files, as far as /proc tells."""
    place, best = Path(tempfile.gettempdir()).resolve(), ("", "")
    mounts = Path("/proc/mounts")
    for line in mounts.read_text().splitlines() if mounts.exists() else ():
        _, where, kind = line.split()[:3]
        if place.is_relative_to(where) and len(where) >= len(best[0]):
            best = (where, kind)
    return best[1] or "file system unknown"


def _replace_between_markers(path: Path, text: str) -> None:
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Run what was asked for; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.runtime.proof", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--write", type=Path, help="put the tables between the markers of this file")
    parser.add_argument("--readme", type=Path, help="put the first table between the markers of this file, too")
    parser.add_argument("--only", choices=[*LAYERS, "controls", "mutants"], help="one layer")
    parser.add_argument("--scale", type=float, default=1.0, help="this part of the numbers (default: all)")
    options = parser.parse_args()
    subject, failures, rows, lines = runtime(), [], [], []
    for name, layer in LAYERS.items():
        if options.only in (None, name):
            started = time.perf_counter()
            figures = layer(subject, options.scale)
            figures.seconds = time.perf_counter() - started
            rows.append(figures)
            failures += [f"{name}: {text}" for text in figures.violations]
            print(_row(figures), file=sys.stderr, flush=True)
    if rows:
        lines += [*_table(rows), ""]
    if options.only in (None, "controls"):
        found = trials.all_in_the_model() + trials.all_with_processes(count=200, kills=100)
        failures += [f"control {trial.name} is not caught by {trial.layer}" for trial in found if not trial.caught]
        failures += [f"sound control: {text}" for text in trials.acquitted().violations]
        lines += [*_controls(found), ""]
    if options.only in (None, "mutants"):
        lines += [*_mutants(failures), ""]
    lines.append(_machine())
    print("\n".join(lines))
    if options.write and not failures:
        _replace_between_markers(options.write, "\n".join(lines))
    if options.readme and rows and not failures:
        _replace_between_markers(options.readme, "\n".join(_table(rows)))
    for text in failures[:50]:
        print(f"VIOLATION {text}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
