"""Do real processes lose anything: many writers at once, and writers that are killed?"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .subject import Figures, Subject

WORKER = Path(__file__).with_name("worker.py")
ALL_WORKS = ("index", "file", "json", "open", "batch")


@contextlib.contextmanager
def scratch(*, memory: bool) -> Iterator[Path]:
    """A directory in memory, where syncs cost nothing, or wherever temporary files lie."""
    place = "/dev/shm" if memory and os.access("/dev/shm", os.W_OK) else None
    directory = Path(tempfile.mkdtemp(prefix="sst-proof-", dir=place))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def start(subject: Subject, role: str, python: str = sys.executable, **config: Any) -> subprocess.Popen[str]:
    """A worker process of this subject."""
    argument = json.dumps({**subject.spec(), "role": role, **config})
    return subprocess.Popen(
        [python, str(WORKER), argument],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=config.get("root"),
    )


def finish(process: subprocess.Popen[str], timeout: float) -> Any:
    """What it printed; its error output if it failed."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    if process.returncode != 0:
        raise RuntimeError(f"a worker ended with {process.returncode}: {err[-2000:]}")
    return json.loads(out)


def run_contention(
    subject: Subject,
    *,
    writers: int,
    count: int,
    readers: int = 2,
    keys: int = 4,
    memory: bool = True,
    durability: str = "full",
    timeout: float = 1500,
) -> Figures:
    """So many writers record so many payloads each in one index, while readers check whatever they read."""
    figures = Figures("contention", cases=writers * count)
    with scratch(memory=memory) as root:
        common = {"index": str(root / "index.json"), "start": str(root / "go"), "stop": str(root / "halt")}
        writing = [
            start(subject, "upserts", name=f"w{number}", count=count, keys=keys, durability=durability, **common)
            for number in range(writers)
        ]
        reading = [start(subject, "reads", **common) for _ in range(readers)]
        _wait_until_ready(root, writing + reading)
        (root / "go").touch()
        acknowledged = [row for process in writing for row in finish(process, timeout)]
        (root / "halt").touch()
        looked = [finish(process, 60) for process in reading]
        figures.violations += _judge_index(root / "index.json", acknowledged)
        left = [path.name for path in root.iterdir() if path.name.endswith(".tmp")]
        if left:
            figures.violations.append(f"left behind: {left}")
    figures.counts["reads"] = sum(each["good"] + each["bad"] for each in looked)
    figures.counts["bad reads"] = sum(each["bad"] for each in looked)
    figures.counts["lost"] = sum(text.startswith("lost") for text in figures.violations)
    figures.violations += [f"a reader: {text}" for each in looked for text in each["first"]]
    if readers and not figures.counts["reads"]:
        figures.violations.append("the readers read nothing")
    return figures


def _wait_until_ready(root: Path, processes: list[subprocess.Popen[str]]) -> None:
    """All have started: otherwise the first could be done before the last begins, and nothing would contend."""
    while len(list(root.glob("ready-*"))) < len(processes):
        if any(process.poll() is not None for process in processes):
            return
        time.sleep(0.005)


def _judge_index(path: Path, acknowledged: list[Any]) -> list[str]:
    """Every number once, every key with its last payload, none missing."""
    found = [f"a writer raised {row[2]}" for row in acknowledged if not isinstance(row[2], int)]
    rows = [row for row in acknowledged if isinstance(row[2], int)]
    try:
        index = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        return [*found, f"the index is torn: {error}"]
    numbers = sorted(row[2] for row in rows)
    seen: set[int] = set()
    for number in numbers:
        if number in seen:
            found.append(f"lost: the number {number} was given out twice")
        seen.add(number)
    for key, count in {row[0]: row[1] for row in rows}.items():
        entry = index["entries"].get(f"{key}:train")
        if entry is None or entry["payload"]["count"] != count:
            found.append(f"lost: {key} is not at {count}")
    if not found and index["next_seq"] != len(rows) + 1:
        found.append(f"lost: next_seq is {index['next_seq']} after {len(rows)} updates")
    return found


def run_kills(
    subject: Subject,
    *,
    count: int,
    width: int = 2,
    memory: bool = True,
    works: tuple[str, ...] = ALL_WORKS,
    seed: int = 1,
    longest: float = 0.02,
    timeout: float = 1200,
) -> Figures:
    """Kill so many writing processes at random moments; whatever they acknowledged must be there, and nothing torn."""
    figures = Figures("kill -9")
    with scratch(memory=memory) as root:
        config = {"root": str(root), "count": count, "width": width, "works": works, "seed": seed, "longest": longest}
        result = finish(start(subject, "kills", durability="full", **config), timeout)
    figures.cases = result["kills"]
    figures.violations = result["violations"]
    figures.counts = {name: result[name] for name in ("acknowledged", "temps", "locked")}
    return figures
