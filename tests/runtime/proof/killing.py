"""Part of `worker.py`: what do processes leave behind that are killed while they write without pause?"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import select
import signal
import time
from pathlib import Path


def kills(api, config):
    """Fork children that write without pause, kill each at a random moment, look at what they leave. Prints figures."""
    rng, root = random.Random(config["seed"]), Path(config["root"])
    figures = {"kills": 0, "acknowledged": 0, "temps": 0, "locked": 0, "violations": []}
    state = {"entries": {}, "files": {}}
    round_number = 0
    while figures["kills"] < config["count"]:
        round_number += 1
        children = [child(api, config, root, f"{round_number}-{number}", number) for number in range(config["width"])]
        for pid, pipe in children:
            select.select([pipe], [], [], 20)
            time.sleep(rng.random() * config["longest"])
            os.kill(pid, signal.SIGKILL)
        for number, (pid, pipe) in enumerate(children):
            os.waitpid(pid, 0)
            for line in drain(pipe):
                figures["acknowledged"] += 1
                note(state, number, line)
            figures["kills"] += 1
        figures["violations"] += inspect(api, config, root, state, figures)[:3]
        if len(figures["violations"]) > 20:
            break
    print(json.dumps(figures))


def child(api, config, root, name, number):
    """One process that writes until it dies, and tells of every acknowledged write."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:
        os.close(reading)
        count = 0
        while True:
            count += 1
            for what in config["works"]:
                with contextlib.suppress(TimeoutError):
                    os.write(writing, (work(api, config, root, name, number, count, what) + "\n").encode())
    except BaseException as error:  # noqa: BLE001 - reported through the pipe
        os.write(writing, f"error {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(1)


def body(name, count):
    """Content that proves itself."""
    text = f"{name} {count} ".encode() * 200
    return f"{len(text)} {hashlib.sha256(text).hexdigest()}\n".encode() + text


def is_whole(data):
    """Is this the whole output of `body`?"""
    head, _, text = data.partition(b"\n")
    return head == f"{len(text)} {hashlib.sha256(text).hexdigest()}".encode()


def work(api, config, root, name, number, count, what):
    """One write; the answer is the acknowledgement."""
    options = {"durability": config["durability"]}
    if what == "index":
        payload = {"count": count, "fill": "x" * 500}
        seq = api.upsert_index(str(root / "index.json"), name, "s", payload, timeout=None, **options)
        return f"index {name}:s {seq} {count}"
    path = str(root / f"{what}-{number}")
    if what == "file":
        api.write_atomic_bytes(path, body(name, count), **options)
    elif what == "json":
        api.write_atomic_json(path, {"name": name, "count": count, "fill": ["x" * 50] * 40}, **options)
    elif what == "open":
        with api.atomic_open(path, "wb", **options) as handle:
            for start in range(0, len(body(name, count)), 512):
                handle.write(body(name, count)[start : start + 512])
    else:
        with api.atomic_batch(**options) as batch:
            for part in "abc":
                batch.write_bytes(f"{path}{part}", body(name, count))
    return f"{what} {name} {count}"


def drain(pipe):
    """Complete lines only: the last one may be cut off."""
    data = b""
    while piece := os.read(pipe, 65536):
        data += piece
    os.close(pipe)
    return data.decode().split("\n")[:-1]


def note(state, number, line):
    """Remember an acknowledgement."""
    what, *rest = line.split(" ")
    if what == "error":
        state.setdefault("errors", []).append(line)
    elif what == "index":
        state["entries"][rest[0]] = (int(rest[1]), int(rest[2]))
    else:
        state["files"][f"{what}-{number}"] = rank(rest[0], int(rest[1]))


def rank(writer, count):
    """Which of two writes of one file is the later one: the round of the writer, then its own count."""
    return int(writer.partition("-")[0]), count


def inspect(api, config, root, state, figures):
    """What is wrong after the children are dead."""
    found = state.pop("errors", [])
    if "index" in config["works"]:
        found += inspect_index(api, root / "index.json", state["entries"], figures)
    for name, acknowledged in sorted(state["files"].items()):
        found += inspect_file(root, name, acknowledged)
    for path in sorted(root.iterdir()):
        if path.name.endswith(".tmp"):
            figures["temps"] += 1
            path.unlink()
    return found


def inspect_index(api, path, entries, figures):
    found = []
    try:
        index = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        path.unlink(missing_ok=True)
        entries.clear()
        return [f"the index is torn: {error}"]
    for key, (seq, count) in entries.items():
        entry = index["entries"].get(key)
        if entry is None or entry["seq"] < seq or (entry["seq"] == seq and entry["payload"]["count"] != count):
            found.append(f"lost: {key} with number {seq}")
    numbers = [entry["seq"] for entry in index["entries"].values()]
    if len(set(numbers)) < len(numbers) or max(numbers) >= index["next_seq"]:
        found.append("a number was given out twice")
    if hasattr(api, "FileLock"):
        try:
            with api.FileLock(path, timeout=0):
                figures["locked"] += 1
        except TimeoutError:
            found.append("the lock outlived its holder")
    if len(index["entries"]) > 200:  # keep it small, by the means of the runtime itself
        entries.clear()
        api.update_index_with_lock(str(path), lambda each: each["entries"].clear())
    return found


def inspect_file(root, name, acknowledged):
    parts = [root / f"{name}{part}" for part in "abc"] if name.startswith("batch") else [root / name]
    counts = []
    for path in parts:
        data = path.read_bytes()
        if name.startswith("json"):
            try:
                value = json.loads(data)
            except ValueError:
                return [f"{path.name} is torn"]
            counts.append(rank(value["name"], value["count"]))
        elif not is_whole(data):
            return [f"{path.name} is torn"]
        else:
            words = data.partition(b"\n")[2].decode().split(" ", 2)
            counts.append(rank(words[0], int(words[1])))
    if min(counts) < acknowledged:
        return [f"{name} fell back from {acknowledged} to {counts}"]
    return [] if counts == sorted(counts, reverse=True) else [f"{name} is out of order: {counts}"]
