"""What runs in a process of its own: writers, readers, processes to be killed, single calls under strace.

Started as a script with one JSON argument; imports nothing of the harness, so that it can run on any Python.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

from killing import body, kills  # noqa: F401 - `kills` is a role


def load(config):
    """The subject: a package or one class of a module."""
    sys.path.insert(0, config["directory"])
    module = importlib.import_module(config["module"])
    return getattr(module, config["member"])() if config["member"] else module


# -- contention -----------------------------------------------------------------------------------------------------


def upserts(api, config):
    """Record `count` payloads under a few keys; print every acknowledged number."""
    keys, acknowledged = config["keys"], []
    wait_for(Path(config["start"]))
    for count in range(config["count"]):
        key = f"{config['name']}-{count % keys}"
        payload = {"count": count, "digest": hashlib.sha256(f"{key} {count}".encode()).hexdigest()}
        try:
            seq = api.upsert_index(
                config["index"], key, "train", payload, timeout=None, durability=config["durability"]
            )
        except (OSError, ValueError) as error:
            acknowledged.append([key, count, f"{type(error).__name__}: {error}"])
        else:
            acknowledged.append([key, count, seq])
    print(json.dumps(acknowledged))


def reads(api, config):
    """Read without a lock until told to stop; check every read."""
    wait_for(Path(config["start"]))
    good, bad, last = 0, [], 0
    newest = {}
    while not Path(config["stop"]).exists():
        try:
            index = json.loads(Path(config["index"]).read_bytes())
        except FileNotFoundError:
            continue
        except ValueError as error:
            bad.append(f"torn: {error}")
            continue
        problem = judge(index, last, newest)
        if problem:
            bad.append(problem)
        else:
            good += 1
            last = index["next_seq"]
    print(json.dumps({"good": good, "bad": len(bad), "first": bad[:3]}))


def judge(index, last, newest):
    """What is wrong with an index as read, given what was read before."""
    if index["next_seq"] < last:
        return "the index went back"
    for key, entry in index["entries"].items():
        run, payload = key.partition(":")[0], entry["payload"]
        if payload["digest"] != hashlib.sha256(f"{run} {payload['count']}".encode()).hexdigest():
            return f"{key} holds a payload that nobody wrote"
        if entry["seq"] < newest.get(key, 0):
            return f"{key} went back"
        newest[key] = entry["seq"]
    return None


def wait_for(path):
    """Say that we are ready, and wait for the starting shot."""
    path.with_name(f"ready-{os.getpid()}").touch()
    while not path.exists():
        time.sleep(0.001)


# -- single calls, for strace and for narrow environments -----------------------------------------------------------


def call(api, config):
    """One call between two markers that a tracer sees. Prints what came of it."""
    root = config["root"]
    calls = {
        "bytes": lambda: api.write_atomic_bytes(f"{root}/file", b"new" * 1000),
        "json": lambda: api.write_atomic_json(f"{root}/file", {"new": [1.5] * 100}),
        "text": lambda: api.write_atomic_text(f"{root}/file", "new" * 1000),
        "yaml": lambda: api.write_atomic_yaml(f"{root}/file", {"new": [1.5] * 100}),
        "open": lambda: _open(api, f"{root}/file", "wb"),
        "exclusive": lambda: _open(api, f"{root}/fresh", "xb"),
        "path": lambda: _path(api, f"{root}/file"),
        "batch": lambda: _batch(api, root),
        "parents": lambda: api.write_atomic_bytes(f"{root}/a/b/fresh", b"new" * 1000, make_parents=True),
        "upsert": lambda: api.upsert_index(f"{root}/index.json", "b", "s", {"n": 2}),
        "latest": lambda: api.write_latest(root, run_id="a", stage="s", snapshot_path="file", seq=1),
    }
    narrow(config)
    for late in ("json", "pathlib", f"{config['module']}.yaml_text", f"{config['module']}.artifacts"):
        importlib.import_module(late)
    with contextlib.suppress(OSError):
        Path("/marker-begin").stat()
    try:
        calls[config["call"]]()
        answer = "returned"
    except OSError as error:
        answer = f"{errno.errorcode.get(error.errno, error.errno)} committed={getattr(error, 'committed', None)}"
    with contextlib.suppress(OSError):
        Path("/marker-end").stat()
    os.write(1, json.dumps({"answer": answer}).encode())


def narrow(config):
    """Less of something than usual."""
    for limit, value in config.get("limits", {}).items():
        resource.setrlimit(getattr(resource, limit), (value, value))
    if "umask" in config:
        os.umask(config["umask"])
    if "user" in config and os.getuid() == 0:
        os.setgid(config["user"])
        os.setuid(config["user"])


def _open(api, path, mode):
    with api.atomic_open(path, mode) as handle:
        handle.write(b"new" * 500)
        handle.flush()
        handle.write(b"new" * 500)


def _path(api, path):
    with api.atomic_path(path) as temp:
        temp.write_bytes(b"new" * 1000)


def _batch(api, root):
    with api.atomic_batch() as batch:
        batch.write_bytes(f"{root}/file", b"new" * 1000)
        batch.write_bytes(f"{root}/fresh", b"new" * 1000)


def descriptors(api, config):
    """With only so many descriptors left, for each number: a write works, or fails and leaves everything."""
    root, results = config["root"], []
    for free in range(6):
        path = f"{root}/file-{free}"
        api.write_atomic_bytes(path, b"old")
        held = []
        try:
            while True:
                held.append(os.open("/", os.O_RDONLY))
        except OSError:
            for fd in held[:free]:
                os.close(fd)
        answer, before = "returned", entries(root) if free else -1
        try:
            api.write_atomic_bytes(path, b"new")
        except OSError as error:
            answer = errno.errorcode[error.errno]
        for fd in held[free:]:
            os.close(fd)
        after = entries(root)
        content = Path(path).read_bytes().decode()
        results.append([free, answer, content, after - before if before >= 0 else 0])
    open_now = entries("/proc/self/fd") if Path("/proc/self/fd").exists() else 0
    print(json.dumps({"results": results, "open": open_now}))


def entries(directory):
    """How many names there are."""
    return sum(1 for _ in Path(directory).iterdir())


def storm(api, config):
    """Signals every fraction of a millisecond while everything is written."""
    hits = 0

    def handler(*_):
        nonlocal hits
        hits += 1

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0003)
    root = Path(config["root"])
    bad = []
    for count in range(config["count"]):
        data = body("storm", count) * 50
        api.write_atomic_bytes(root / "storm.bin", data, durability="atomic")
        if (root / "storm.bin").read_bytes() != data:
            bad.append(count)
        api.upsert_index(root / "storm.json", f"r{count % 5}", "s", {"count": count}, durability="atomic")
    signal.setitimer(signal.ITIMER_REAL, 0)
    index = json.loads((root / "storm.json").read_bytes())
    if index["next_seq"] != config["count"] + 1:
        bad.append("index")
    print(json.dumps({"signals": hits, "bad": bad, "left": [path.name for path in root.glob(".sst*")]}))


def large(api, config):
    """More than 2 GiB in one write, which the kernel itself cuts in two."""
    size = config["size"]
    data = b"0123456789abcdef" * (size // 16) + b"end"
    path = Path(config["root"]) / "large.bin"
    api.write_atomic_bytes(path, data, durability="atomic")
    with path.open("rb") as handle:
        handle.seek(-3, os.SEEK_END)
        tail = handle.read()
    print(json.dumps({"size": path.stat().st_size, "wanted": len(data), "tail": tail.decode()}))


def corpus(api, config):
    """The digest of the corpus on this Python."""
    sys.path.insert(0, str(Path(__file__).parents[3]))
    from tests.runtime.proof.vectors import corpus_digest

    print(json.dumps(corpus_digest(api, *config["arguments"])))


def main():
    """Run the function that the argument names."""
    config = json.loads(sys.argv[1])
    globals()[config["role"]](load(config), config)


if __name__ == "__main__":
    main()
