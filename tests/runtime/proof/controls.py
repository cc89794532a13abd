"""Would the harness notice? The protocols that people write by hand, each with the fault that it is known for.

They were written for this harness; every one of them must be caught by the layer named beside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import posixpath
from collections.abc import Callable, Iterator
from typing import Any

from sst_lint import runtime
from sst_lint.runtime._system import CREATE_FLAGS, LOCK_FLAGS, READ_FLAGS, System
from sst_lint.runtime.yaml_text import canonical_yaml

from .subject import Subject

SCHEMA = {"name": "sst-index", "version": 1}


class Broken:
    """What the broken protocols share: the seam, and the names by which the layers call them."""

    apis = ("bytes",)
    kinds = frozenset(("write",))

    def __init__(self) -> None:
        self.system: Any = System()

    @contextlib.contextmanager
    def use_system(self, fake: Any) -> Iterator[Any]:
        before, self.system = self.system, fake
        try:
            yield fake
        finally:
            self.system = before

    def _fill(self, path: str, data: bytes, flags: int, mode: int = 0o666, *, sync: bool = False) -> None:
        fd = self.system.open(path, flags, mode)
        try:
            view = memoryview(data)
            while view:
                view = view[self.system.write(fd, view) :]
            if sync:
                self.system.fsync(fd)
        finally:
            self.system.close(fd)

    def _sync_directory(self, path: str) -> None:
        fd = self.system.open_directory(posixpath.dirname(path))
        self.system.fsync(fd)
        self.system.close(fd)

    def _read(self, path: str) -> bytes:
        fd = self.system.open(path, READ_FLAGS)
        try:
            pieces = []
            while piece := self.system.read(fd, 4096):
                pieces.append(piece)
            return b"".join(pieces)
        finally:
            self.system.close(fd)


class InPlace(Broken):
    """`open(path, "w")`: truncated first, then written."""

    def write_atomic_bytes(self, path: str, data: bytes, **_: Any) -> None:
        self._fill(path, data, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)


class SuffixTemp(Broken):
    """temp = path.with_suffix(".tmp"): one name for all writers, and for `a.json` and `a.yaml`."""

    def write_atomic_bytes(self, path: str, data: bytes, **_: Any) -> None:
        temp = posixpath.splitext(path)[0] + ".tmp"
        fd = self.system.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with contextlib.suppress(FileNotFoundError):
            self.system.chmod(fd, self.system.stat(path).st_mode & 0o777)
        self.system.write(fd, memoryview(data))
        self.system.fsync(fd)
        self.system.close(fd)
        self.system.replace(temp, path)
        self._sync_directory(path)


class NoSync(Broken):
    """A temp of its own and a replace, without any fsync."""

    sync = False

    def write_atomic_bytes(self, path: str, data: bytes, **_: Any) -> None:
        path = self.system.realpath(path)
        temp = f"{posixpath.dirname(path)}/.sst-{self.system.random_name()}.tmp"
        try:
            mode = self.system.stat(path).st_mode & 0o777
        except FileNotFoundError:
            mode = 0o666
        self._fill(temp, data, CREATE_FLAGS, mode, sync=self.sync)
        self.system.replace(temp, path)


class NoDirectorySync(NoSync):
    """The file is synced, its name is not."""

    sync = True


class Mkstemp(NoSync):
    """Everything synced, but the temp comes from `mkstemp`: 0600 for ever."""

    def write_atomic_bytes(self, path: str, data: bytes, **_: Any) -> None:
        path = self.system.realpath(path)
        temp = f"{posixpath.dirname(path)}/.sst-{self.system.random_name()}.tmp"
        self._fill(temp, data, CREATE_FLAGS, 0o600, sync=True)
        self.system.replace(temp, path)
        self._sync_directory(path)


class BrokenIndex(Broken):
    """An index whose update is made of `_locked`, `_load` and `_store`."""

    kinds = frozenset(("upsert", "prune"))
    from_the_largest = False

    def upsert_index(self, path: str, run_id: str, stage: str, payload: Any, **_: Any) -> int:
        with self._locked(path) as fd:
            index = self._load(path)
            entries, key = index["entries"], f"{run_id}:{stage.casefold()}"
            if key in entries and entries[key]["payload"] == payload:
                return int(entries[key]["seq"])
            seq = 1 + max((each["seq"] for each in entries.values()), default=0)
            seq = seq if self.from_the_largest else index["next_seq"]
            index["next_seq"] = seq + 1
            entries[key] = {"payload": payload, "run_id": run_id, "seq": seq, "stage": stage.casefold()}
            self._store(path, json.dumps(index, sort_keys=True).encode() + b"\n", fd)
        return seq

    def update_index_with_lock(self, path: str, fn: Callable[[Any], Any]) -> None:
        with self._locked(path) as fd:
            index = self._load(path)
            fn(index)
            self._store(path, json.dumps(index, sort_keys=True).encode() + b"\n", fd)

    def read_index(self, path: str) -> Any:
        return self._load(path)

    def _load(self, path: str) -> Any:
        try:
            data = self._read(path)
        except FileNotFoundError:
            data = b""
        return json.loads(data) if data else {"entries": {}, "next_seq": 1, "schema": SCHEMA}

    def _store(self, path: str, data: bytes, fd: int) -> None:
        temp = f"{path}.{self.system.random_name()}.tmp"
        self._fill(temp, data, CREATE_FLAGS, sync=True)
        self.system.replace(temp, path)
        self._sync_directory(path)

    @contextlib.contextmanager
    def _locked(self, path: str) -> Iterator[int]:
        fd = self.system.open(self._lock_path(path), LOCK_FLAGS)
        try:
            while not self.system.flock(fd):
                self.system.sleep(0.001)
            yield fd
            self._leave(path)
        finally:
            self.system.close(fd)

    def _lock_path(self, path: str) -> str:
        return f"{path}.lock"

    def _leave(self, path: str) -> None:
        """Called before the lock is given back."""


class Unlocked(BrokenIndex):
    """Read, change, replace atomically, without a lock."""

    @contextlib.contextmanager
    def _locked(self, path: str) -> Iterator[int]:
        yield -1


class TruncateUnderLock(BrokenIndex):
    """The lock is on the index itself, which is truncated and written again."""

    def _lock_path(self, path: str) -> str:
        return path

    def _store(self, path: str, data: bytes, fd: int) -> None:
        self.system.truncate(fd, 0)
        self.system.lseek(fd, 0, os.SEEK_SET)
        self.system.write(fd, memoryview(data))
        self.system.fsync(fd)


class ReplaceUnderOwnLock(BrokenIndex):
    """The lock is on the index itself, which is then replaced: those who wait hold the lock of a dead inode."""

    def _lock_path(self, path: str) -> str:
        return path


class UnlinkedSidecar(BrokenIndex):
    """A sidecar lock that is removed on leaving."""

    def _leave(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.system.unlink(self._lock_path(path))


class LargestPlusOne(BrokenIndex):
    """The next number is one more than the largest: after a prune it comes back."""

    from_the_largest = True


class LenientJson(Broken):
    """`json.dumps(sort_keys=True, default=str)` as the canonical form."""

    CanonicalError = runtime.CanonicalError
    canonical_yaml = staticmethod(canonical_yaml)
    gzip_bytes = staticmethod(runtime.gzip_bytes)
    loads_strict = staticmethod(runtime.loads_strict)
    kinds = frozenset()

    def canonical_json(self, obj: Any, *, indent: int | None = None) -> str:
        return json.dumps(obj, sort_keys=True, default=str, indent=indent) + "\n"

    def digest(self, obj: Any) -> str:
        return hashlib.sha256(self.canonical_json(obj).encode()).hexdigest()


class OrjsonBytes(LenientJson):
    """orjson with sorted keys as the canonical form: NaN becomes null, enums numbers, subclasses their base."""

    def canonical_json(self, obj: Any, *, indent: int | None = None) -> str:
        import orjson

        options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if indent else 0)
        return str(orjson.dumps(obj, option=options), "utf-8")


class PathlibGlob(Broken):
    """Listings as `pathlib.glob` makes them: sorted, but what cannot be read is passed over."""

    kinds = frozenset()

    def iterdir_sorted(self, root: str) -> list[str]:
        return sorted(name for name, _ in self._entries(root))

    def glob_sorted(self, root: str, pattern: str) -> list[str]:
        return self.iterdir_sorted(root)

    def rglob_sorted(self, root: str) -> list[str]:
        found = []
        for name, is_directory in self._entries(root):
            found.append(name)
            found += [f"{name}/{each}" for each in self.rglob_sorted(f"{root}/{name}")] if is_directory else []
        return sorted(found)

    def _entries(self, root: str) -> list[tuple[str, bool]]:
        try:
            entries = self.system.scandir(root)
        except PermissionError:
            return []
        return [(name, kind) for name, kind, _ in entries if ".tmp" not in name and not name.endswith(".lock")]


#: the class, the layer that must catch it, and what that layer must say
CONTROLS: tuple[tuple[type[Broken], str, str], ...] = (
    (InPlace, "crash states", "seen by a process: .* holds b''"),
    (SuffixTemp, "interleavings", "holds|FileNotFoundError"),
    (NoSync, "crash states", "after a power failure: .* which nobody wrote"),
    (NoDirectorySync, "crash states", "after a power failure: .* fell back"),
    (Mkstemp, "crash states", "mode 0600"),
    (Unlocked, "interleavings", "lost|twice"),
    (TruncateUnderLock, "crash states", "torn"),
    (ReplaceUnderOwnLock, "interleavings", "lost|twice"),
    (UnlinkedSidecar, "interleavings", "lost|twice"),
    (LargestPlusOne, "crash states", "given out twice"),
    (LenientJson, "bytes", "was written as"),
    *(((OrjsonBytes, "bytes", "was written as"),) if importlib.util.find_spec("orjson") else ()),
    (PathlibGlob, "order", "unreadable"),
)
#: those that real processes must catch as well: by lost updates, bad reads, or kills that tear
REAL: tuple[tuple[type[Broken], str], ...] = (
    (Unlocked, "contention"),
    (ReplaceUnderOwnLock, "contention"),
    (UnlinkedSidecar, "contention"),
    (TruncateUnderLock, "contention"),
    (TruncateUnderLock, "kill"),
    (InPlace, "kill"),
)


def control(kind: type[Broken]) -> Subject:
    """A broken protocol as a subject."""
    broken = kind()
    return Subject(
        kind.__name__, broken, broken, module="tests.runtime.proof.controls", member=kind.__name__, kinds=broken.kinds
    )


def sound_index() -> Subject:
    """The same hand-written index with nothing wrong: if it were caught too, the harness would prove nothing."""
    broken = BrokenIndex()
    return Subject(
        "sound index", broken, broken, module="tests.runtime.proof.controls", member="BrokenIndex", kinds=broken.kinds
    )
