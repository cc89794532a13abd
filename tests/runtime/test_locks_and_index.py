"""Is there one holder at a time, and does the index never lose, reuse or misorder a run?"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import filelock
import pytest

from sst_lint.runtime import (
    FileLock,
    IndexCorruptError,
    LockReentryError,
    LockTimeoutError,
    LockUnsupportedError,
    index_key,
    previous_run,
    read_index,
    update_index_with_lock,
    upsert_index,
    write_atomic_json,
    write_latest,
)
from sst_lint.runtime._system import System, use_system

ROOT = Path(__file__).parents[2]


def test_the_sidecar_stays_as_it_is(tmp_path: Path) -> None:
    sidecar = tmp_path / "index.json.lock"
    sidecar.write_text("somebody's note")
    inode = sidecar.stat().st_ino
    with FileLock(tmp_path / "index.json") as lock:
        assert lock.held
    assert not lock.held
    assert (sidecar.stat().st_ino, sidecar.read_text()) == (inode, "somebody's note")


def test_works_together_with_filelock(tmp_path: Path) -> None:
    ours = FileLock(tmp_path / "a", timeout=0)
    theirs = filelock.FileLock(tmp_path / "a.lock", timeout=0)
    with theirs, pytest.raises(LockTimeoutError, match="0 seconds"):
        ours.acquire()
    with ours, pytest.raises(filelock.Timeout):
        theirs.acquire()
    with ours:
        pass


def test_reentry_raises_instead_of_waiting_for_itself(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a")
    with lock:
        for again in (lock, FileLock(tmp_path / "a"), FileLock(f"{tmp_path}/./a")):
            with pytest.raises(LockReentryError):
                again.acquire()
        assert lock.held
    with lock:
        pass


def test_threads_wait_for_each_other(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a")
    inside = most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with lock:
                inside += 1
                most = max(most, inside)
                time.sleep(0.0002)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_sidecar_replaced_while_waiting_is_not_ours(tmp_path: Path) -> None:
    sidecar = tmp_path / "a.lock"

    class Replaced(System):
        done = False

        def flock(self, fd: int) -> bool:
            if not self.done:
                self.done = True
                sidecar.unlink()
                sidecar.write_bytes(b"")
            return super().flock(fd)

    with use_system(Replaced()), FileLock(tmp_path / "a") as lock:
        assert os.fstat(lock._fd).st_ino == sidecar.stat().st_ino


def test_timeout_and_back_off_go_through_the_seam(tmp_path: Path) -> None:
    class Clock(System):
        now = 0.0
        waits: list[float] = []

        def monotonic(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.waits.append(seconds)
            self.now += seconds

        def flock(self, fd: int) -> bool:
            return False

    with use_system(Clock()) as clock, pytest.raises(LockTimeoutError) as caught:
        FileLock(tmp_path / "a", timeout=2).acquire()
    assert isinstance(caught.value, TimeoutError)
    assert 2 <= sum(clock.waits) < 2.1  # type: ignore[attr-defined]
    assert max(clock.waits) <= 0.01  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_raises(tmp_path: Path, code: int) -> None:
    class Without(System):
        def flock(self, fd: int) -> bool:
            raise OSError(code, "injected")

    with use_system(Without()), pytest.raises(LockUnsupportedError) as caught:
        FileLock(tmp_path / "a").acquire()
    assert caught.value.errno == code


def test_an_interrupt_while_locking_leaves_nothing_locked(tmp_path: Path) -> None:
    class Interrupted(System):
        def flock(self, fd: int) -> bool:
            super().flock(fd)
            raise KeyboardInterrupt

    lock = FileLock(tmp_path / "a", timeout=0)
    with use_system(Interrupted()), pytest.raises(KeyboardInterrupt):
        lock.acquire()
    assert not lock.held
    with lock:
        pass


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_neither_has_nor_gives_away_the_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a")
    with lock:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                held = lock.held
                lock.release()
                try:
                    FileLock(tmp_path / "a", timeout=0).acquire()
                except LockTimeoutError:
                    code = 2 if held else 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert lock.held


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )


def test_a_killed_holder_frees_the_lock_even_if_its_child_lives(tmp_path: Path) -> None:
    code = """
import os, sys, time
from sst_lint.runtime import FileLock
FileLock(sys.argv[1]).acquire()
if os.fork() == 0:
    print("ready", flush=True)
time.sleep(3)
"""
    holder = run(code, str(tmp_path / "a"))
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    with pytest.raises(LockTimeoutError):
        FileLock(tmp_path / "a", timeout=0).acquire()
    holder.kill()
    holder.wait()
    with FileLock(tmp_path / "a", timeout=1):
        pass
    holder.stdout.close()


def test_update(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    assert update_index_with_lock(path, lambda index: {**index, "a": 1}) == {"a": 1}
    assert update_index_with_lock(path, lambda index: index.update(b=2)) == {"a": 1, "b": 2}
    before = path.read_bytes()

    def spoil(index: dict[str, Any]) -> None:
        index["c"] = 3
        raise RuntimeError

    def refuse(index: dict[str, Any]) -> None:
        raise ValueError("refused")

    with pytest.raises(RuntimeError):
        update_index_with_lock(path, spoil)
    with pytest.raises(ValueError, match="refused"):
        update_index_with_lock(path, lambda index: {"x": 1}, validate=refuse)
    with pytest.raises(TypeError):
        update_index_with_lock(path, lambda index: [1])  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match=r"\$\.x"):
        update_index_with_lock(path, lambda index: {"x": {1}})
    assert path.read_bytes() == before
    with update_lock(tmp_path) as lock:
        update_index_with_lock(path, lambda index: {"z": 1}, lock=lock)
        assert not (tmp_path / "index.json.lock").read_bytes()


def update_lock(directory: Path) -> filelock.BaseFileLock:
    return filelock.FileLock(directory / "other.lock")


def test_links_to_one_index_share_one_lock(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.json").symlink_to("real/index.json")
    upsert_index(tmp_path / "link.json", "r", "s", {})
    assert (tmp_path / "real" / "index.json.lock").exists()
    assert (tmp_path / "link.json").is_symlink()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"a":{},"a":{}}',
        '{"schema":{"name":"sst-index","version":2},"entries":{},"next_seq":1}',
        '{"schema":{"name":"sst-index","version":1},"entries":{}}',
        '{"schema":{"name":"sst-index","version":1},"entries":{"a:b":{}},"next_seq":1}',
        '{"schema":{"name":"sst-index","version":1},"next_seq":1,"entries":{"a:b":{"run_id":"a","stage":"b","seq":1,"payload":{}}}}',
        '{"a":1}',
        '{"a:T":{},"a:t":{}}',
    ],
)
def test_a_corrupt_index_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "index.json"
    path.write_text(content)
    with pytest.raises(IndexCorruptError):
        upsert_index(path, "r", "s", {})
    with pytest.raises(IndexCorruptError):
        read_index(path)
    assert path.read_text() == content


def test_upsert(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    assert upsert_index(path, "r1", "TRAINING", {"x": 1}) == 1
    assert upsert_index(path, "r2", "training", {"x": 1}) == 2
    inode = path.stat().st_ino
    assert upsert_index(path, "r1", " Training ", {"x": 1}) == 1
    assert path.stat().st_ino == inode
    assert upsert_index(path, "r1", "training", {"x": 2}) == 3

    def prune(index: dict[str, Any]) -> None:
        del index["entries"]["r1:training"]

    update_index_with_lock(path, prune)
    assert upsert_index(path, "r3", "training", {}) == 4
    assert [entry["seq"] for entry in read_index(path)["entries"].values()] == [2, 4]
    with pytest.raises(TypeError):
        upsert_index(path, "r", "s", {"x": {1}})
    for bad in ("", " "):
        with pytest.raises(ValueError, match="empty"):
            upsert_index(path, "r", bad, {})
    with pytest.raises(ValueError, match="empty"):
        upsert_index(path, "", "s", {})


def test_keys_are_unambiguous() -> None:
    keys = [index_key(run, stage) for run, stage in [("a:b", "c"), ("a", "b:c"), ("a%3Ab", "c"), ("a", "C")]]
    assert keys == ["a%3Ab:c", "a:b%3Ac", "a%253Ab:c", "a:c"]


def test_old_layouts_are_read_and_lifted(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    old = {
        "r1": {"stage": "TRAINING", "timestamp": "2024-01-02T00:00:00Z", "snapshot_path": "s1"},
        "r2": {"stage": "TRAINING", "timestamp": "2024-01-03T00:00:00", "snapshot_path": "s2"},
        "r0:training": {"snapshot_seq": 7, "snapshot_path": "s0"},
    }
    path.write_text(json.dumps(old))
    index = read_index(path)
    assert sorted(index["entries"]) == ["r0:training", "r1:training", "r2:training"]
    assert index["next_seq"] == 8
    assert previous_run({}, "new", "training") is None
    assert previous_run(index, "new", "training")["prev_run_id"] == "r0"  # type: ignore[index]
    assert previous_run(index, "r0", "training") is None
    assert previous_run(index, "r0", "training", legacy="timestamp")["prev_run_id"] == "r2"  # type: ignore[index]
    assert previous_run(index, "r2", "training", legacy="timestamp")["prev_run_id"] == "r1"  # type: ignore[index]
    assert upsert_index(path, "r9", "training", {}) == 8
    assert read_index(path)["schema"] == {"name": "sst-index", "version": 1}


def test_previous_run(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    for run_id, stage, payload in [
        ("r1", "t", {"snapshot_path": "1", "timestamp": "2030-01-01T00:00:00Z"}),
        ("other", "eval", {}),
        ("r2", "t", {"snapshot_path": "2"}),
        ("g1", "t", {"group": "g"}),
        ("r3", "t", {"snapshot_path": "3"}),
        ("r3-again", "t", {"attempt_of": "r3"}),
    ]:
        upsert_index(path, run_id, stage, payload)
    index = read_index(path)
    found = previous_run(index, "r3", "T")
    assert found == {"prev_run_id": "r2", "prev_snapshot_path": "2", "prev_seq": 3, "payload": {"snapshot_path": "2"}}
    assert previous_run(index, "r3-again", "t") == found
    assert previous_run(index, "r1", "t") is None
    assert previous_run(index, "g1", "t") is None
    assert previous_run(index, "new", "t", "g")["prev_run_id"] == "g1"  # type: ignore[index]
    assert previous_run(index, "new", "t")["prev_run_id"] == "r3-again"  # type: ignore[index]
    with pytest.raises(ValueError, match="legacy"):
        previous_run(index, "r3", "t", legacy="mtime")


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    code = """
import sys
from sst_lint.runtime import upsert_index
for number in range(40):
    upsert_index(sys.argv[1], f"{sys.argv[2]}-{number}", "s", {"n": number}, durability="process")
"""
    path = tmp_path / "index.json"
    workers = [run(code, str(path), name) for name in "ab"]
    for worker in workers:
        worker.communicate(timeout=60)
        assert worker.returncode == 0
    entries = read_index(path)["entries"]
    assert sorted(entry["seq"] for entry in entries.values()) == list(range(1, 81))


def test_latest_points_only_forward_and_only_to_what_is_durable(tmp_path: Path) -> None:
    synced: list[int] = []

    class Watch(System):
        def fsync(self, fd: int) -> None:
            synced.append(os.fstat(fd).st_ino)
            super().fsync(fd)

    for name in ("one", "two"):
        write_atomic_json(tmp_path / "snapshots" / f"{name}.json", {}, make_parents=True)
    with use_system(Watch()):
        place = write_latest(tmp_path, run_id="r2", stage="T", snapshot_path="snapshots/two.json", seq=2, cohort="a/b")
    assert synced[:3] == [
        each.stat().st_ino for each in (tmp_path / "snapshots/two.json", tmp_path / "snapshots", tmp_path)
    ]
    assert Path(place).relative_to(tmp_path.resolve()).as_posix() == "a%2Fb/t/LATEST.json"
    write_latest(tmp_path, run_id="r1", stage="t", snapshot_path="snapshots/one.json", seq=1, cohort="a/b")
    assert json.loads(Path(place).read_text()) == {
        "cohort": "a/b",
        "run_id": "r2",
        "seq": 2,
        "snapshot_path": "snapshots/two.json",
        "stage": "t",
    }
    with pytest.raises(FileNotFoundError):
        write_latest(tmp_path, run_id="r", stage="t", snapshot_path="missing", seq=3)
    with pytest.raises(ValueError, match="does not lie under"):
        write_latest(tmp_path, run_id="r", stage="t", snapshot_path="../x", seq=3)
    for cohort in ("", ".."):
        with pytest.raises(ValueError, match="cannot name"):
            write_latest(tmp_path, run_id="r", stage="t", snapshot_path="snapshots/one.json", seq=3, cohort=cohort)
