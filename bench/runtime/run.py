"""What do the promises of the runtime cost, beside plain `open` and beside libraries with similar ones?

    python bench/runtime/run.py [--write bench/runtime/RESULTS.md]

Peers come from the extra `bench`; one that is not installed is left out. Rivals run in turn, round by round, and the
median of the rounds counts, so that a busy moment of the machine hits all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sst_lint import runtime

Rivals = dict[str, Callable[[], object]]


def race(rivals: Rivals, rounds: int, repeat: int = 1) -> dict[str, float]:
    """Seconds of one call of each, by the median of the rounds."""
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(rounds + 1):
        for name, call in rivals.items():
            started = time.perf_counter()
            for _ in range(repeat):
                call()
            if number:  # the first round warms up
                times[name].append((time.perf_counter() - started) / repeat)
    return {name: statistics.median(each) for name, each in times.items()}


def table(head: str, rows: list[list[str]]) -> Iterator[str]:
    """A Markdown table; `head` has its columns separated by bars."""
    columns = head.split("|")
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def duration(seconds: float) -> str:
    """In the unit that reads best."""
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


# -- writers --------------------------------------------------------------------------------------------------------


def plain_replace(path: Path, data: bytes) -> None:
    """open, write, rename: the least that is atomic for other processes."""
    temp = f"{path}.plain"
    with open(temp, "wb") as handle:  # noqa: PTH123 - the baseline is `open` itself
        handle.write(data)
    os.replace(temp, path)  # noqa: PTH105


def plain_fsync(path: Path, data: bytes) -> None:
    """open, write, fsync, in place: the least that reaches the disk."""
    with open(path, "wb") as handle:  # noqa: PTH123
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def plain_protocol(path: Path, data: bytes) -> None:
    """The same two syncs that `full` makes, without any check: what its promise costs at least."""
    temp = f"{path}.plain"
    directory = os.open(path.parent, os.O_RDONLY)
    fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.write(fd, data)
    os.fsync(fd)
    os.close(fd)
    os.replace(temp, path)  # noqa: PTH105
    os.fsync(directory)
    os.close(directory)


def _peer_writers(path: Path, data: bytes) -> Iterator[tuple[str, Callable[[], object]]]:
    try:
        from atomicwrites import atomic_write
    except ImportError:
        pass
    else:

        def with_atomicwrites() -> None:
            with atomic_write(path, mode="wb", overwrite=True) as handle:
                handle.write(data)

        yield "atomicwrites", with_atomicwrites
    try:
        from boltons.fileutils import atomic_save
    except ImportError:
        pass
    else:

        def with_boltons() -> None:
            with atomic_save(str(path), text_mode=False) as handle:
                handle.write(data)

        yield "boltons", with_boltons
    try:
        import safer
    except ImportError:
        pass
    else:

        def with_safer() -> None:
            with safer.open(path, "wb", temp_file=True) as handle:
                handle.write(data)

        yield "safer", with_safer


def writers(directory: Path) -> Iterator[str]:
    """Every writer at three sizes; the ratios that count."""
    yield "## Writers"
    yield ""
    yield "`process` is to be within 1.3 times of open, write, rename; `full` within 1.6 times of a bare fsync of the"
    yield "same bytes. Two fsyncs and a rename, with no check at all, are what the promise of `full` costs at least:"
    yield "for small files that alone can take more than 1.6 times of one fsync."
    yield ""
    rows = []
    for label, size, rounds in (("1 KB", 1_000, 150), ("100 KB", 100_000, 80), ("5 MB", 5_000_000, 25)):
        data = random.Random(size).randbytes(size)
        path = directory / "file.bin"
        fast: Rivals = {
            "open": lambda d=data, p=path: p.write_bytes(d),
            "open, rename": lambda d=data, p=path: plain_replace(p, d),
            "process": lambda d=data, p=path: runtime.write_atomic_bytes(p, d, durability="process"),
        }
        slow: Rivals = {
            "fsync": lambda d=data, p=path: plain_fsync(p, d),
            "two fsyncs": lambda d=data, p=path: plain_protocol(p, d),
            "atomic": lambda d=data, p=path: runtime.write_atomic_bytes(p, d, durability="atomic"),
            "full": lambda d=data, p=path: runtime.write_atomic_bytes(p, d),
        }
        for name, call in _peer_writers(path, data):
            (slow if name == "atomicwrites" else fast)[name] = call
        quick = race(fast, rounds, 20 if size < 10_000 else 4 if size < 1_000_000 else 1)
        synced = race(slow, rounds)
        rows.append(
            [
                label,
                *(duration(quick[name]) for name in ("open", "open, rename", "process")),
                f"**{quick['process'] / quick['open, rename']:.2f}**",
                *(duration(quick[name]) if name in quick else "-" for name in ("boltons", "safer")),
                *(duration(synced[name]) for name in ("fsync", "two fsyncs", "atomic", "full")),
                f"**{synced['full'] / synced['fsync']:.2f}**",
                f"{synced['full'] / synced['two fsyncs']:.2f}",
                duration(synced["atomicwrites"]) if "atomicwrites" in synced else "-",
            ]
        )
    yield from table(
        "bytes|`open`|open, write, rename|`process`|ratio|boltons (no fsync)|safer (no fsync)"
        "|bare fsync|two fsyncs, rename|`atomic`|`full`|ratio to bare fsync|to two fsyncs|atomicwrites (two fsyncs)",
        rows,
    )


# -- canonical JSON -------------------------------------------------------------------------------------------------


def sample(target: int, seed: int = 1) -> dict[str, Any]:
    """Metrics of runs, about `target` bytes as JSON."""
    rng = random.Random(seed)
    runs = {}
    while len(runs) * 330 < target:
        runs[f"run-{rng.getrandbits(40):010x}"] = {
            "stage": rng.choice(("training", "ranking", "evaluation")),
            "metrics": {name: rng.random() for name in ("auc", "loss", "precision", "recall")},
            "counts": [rng.randrange(100_000) for _ in range(8)],
            "tags": [f"fold-{rng.randrange(5)}", "größe"],
            "ok": True,
            "parent": None,
        }
    return {"runs": runs}


def canonical() -> Iterator[str]:
    """The strict canonical form beside the standard library and two libraries."""
    yield "## canonical_json"
    yield ""
    yield "Of about 1 MB; to be within 1.5 times of `json.dumps(sort_keys=True)` although every type is checked."
    yield ""
    value = sample(1_000_000)
    rivals: Rivals = {
        "json.dumps(sort_keys=True)": lambda: json.dumps(value, sort_keys=True),
        "canonical_json": lambda: runtime.canonical_json(value),
        "canonical_json(indent=2)": lambda: runtime.canonical_json(value, indent=2),
        "json.dumps(sort_keys=True, indent=2)": lambda: json.dumps(value, sort_keys=True, indent=2),
        "digest": lambda: runtime.digest(value),
    }
    try:
        import canonicaljson

        rivals["canonicaljson"] = lambda: canonicaljson.encode_canonical_json(value)
    except ImportError:
        pass
    try:
        import rfc8785

        rivals["rfc8785"] = lambda: rfc8785.dumps(value)
    except ImportError:
        pass
    found = race(rivals, 15)
    base = found["json.dumps(sort_keys=True)"]
    yield from table(
        "what|time|ratio", [[f"`{name}`", duration(each), f"{each / base:.2f}"] for name, each in found.items()]
    )


# -- locks, index, import ---------------------------------------------------------------------------------------------


def locks(directory: Path) -> Iterator[str]:
    """Taking and giving back a lock that nobody else wants."""
    yield "## Locks"
    yield ""
    yield "Uncontended; to be at most 25 µs or a third of filelock's time, whichever is larger."
    yield ""

    def ours() -> None:
        with runtime.FileLock(directory / "ours"):
            pass

    rivals: Rivals = {"FileLock": ours}
    try:
        import filelock

        def theirs() -> None:
            with filelock.FileLock(directory / "filelock.lock"):
                pass

        reused = filelock.FileLock(directory / "reused.lock")

        def again() -> None:
            with reused:
                pass

        rivals.update({"filelock": theirs, "filelock, one object for all": again})
    except ImportError:
        pass
    try:
        import portalocker

        def third() -> None:
            with portalocker.Lock(directory / "portalocker.lock", timeout=1):
                pass

        rivals["portalocker"] = third
    except ImportError:
        pass
    found = race(rivals, 40, 100)
    yield from table("lock|time", [[f"{name}", f"{each * 1e6:.1f} µs"] for name, each in found.items()])


def upserts(directory: Path) -> Iterator[str]:
    """Index updates by the number of entries that are there already."""
    yield "## upsert_index"
    yield ""
    yield "Updates per second of one writer, by entries in the index."
    yield ""
    rows = []
    for count in (10, 100, 1_000, 10_000):
        path = directory / f"index-{count}.json"
        entries = {
            f"run-{number}:training": {
                "payload": {"snapshot_path": f"snapshots/run-{number}.json", "rows": number},
                "run_id": f"run-{number}",
                "seq": number + 1,
                "stage": "training",
            }
            for number in range(count)
        }
        index = {"entries": entries, "next_seq": count + 1, "schema": {"name": "sst-index", "version": 1}}
        runtime.write_atomic_json(path, index)
        size = path.stat().st_size
        speeds = []
        for durability in ("full", "process"):
            numbers = iter(range(10_000_000))

            def update(where: Path = path, how: Any = durability, numbers: Any = numbers) -> None:
                payload = {"snapshot_path": "snapshots/new.json", "rows": next(numbers), "how": how}
                runtime.upsert_index(where, "new", "training", payload, durability=how)

            found = race({"update": update}, 5 if count > 1000 else 40)
            speeds.append(f"{1 / found['update']:.0f}")
        rows.append([f"{count:,}", f"{size / 1000:,.0f} KB", *speeds])
    yield from table("entries|size|`full`|`process`", rows)


def imports() -> Iterator[str]:
    """Time to import the runtime in a fresh interpreter."""
    code = "import time; a = time.perf_counter(); import sst_lint.runtime; print(time.perf_counter() - a)"
    root = str(Path(runtime.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    found = [
        float(
            subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, check=True, env=environment).stdout
        )
        for _ in range(21)
    ]
    yield "## Import"
    yield ""
    yield f"`import sst_lint.runtime` takes {statistics.median(found) * 1e3:.1f} ms (to be below 25 ms)."
    yield ""


def main() -> None:
    """Run everything; print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, help="write the tables to this file")
    parser.add_argument("--directory", type=Path, help="where to write (default: a temporary directory)")
    options = parser.parse_args()
    lines = ["# Benchmark of the runtime", "", "`make bench-runtime` measures this again. " + machine(), ""]
    with tempfile.TemporaryDirectory(dir=options.directory) as name:
        for part in (writers(Path(name)), canonical(), locks(Path(name)), upserts(Path(name)), imports()):
            for line in part:
                print(line, flush=True)
                lines.append(line)
    if options.write:
        runtime.write_atomic_text(options.write, "\n".join(lines).rstrip() + "\n")


def machine() -> str:
    """What it was measured on."""
    kernel = f"{platform.system()} {platform.release().partition('-')[0]}"
    load = f", at a load of {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"Medians, on Python {platform.python_version()}, {kernel}, {os.cpu_count()} cores{load}."


if __name__ == "__main__":
    main()
