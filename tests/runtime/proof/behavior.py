"""Do locks keep the promises that no crash state shows, and does a listing depend on nothing but the names?"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .faults import Fault, Injector
from .model import Model
from .subject import Figures, Subject


def run_locks(subject: Subject) -> Figures:
    """Re-entry, time-outs, unsupported file systems, forks, the filelock package, the sidecar itself."""
    figures = Figures("locks")
    for check in (_reentry, _timeout, _unsupported, _fork, _neighbor, _sidecar):
        figures.cases += 1
        with tempfile.TemporaryDirectory() as directory:
            figures.violations += [f"{check.__name__[1:]}: {text}" for text in check(subject, Path(directory) / "x")]
    return figures


def _reentry(subject: Subject, path: Path) -> Iterator[str]:
    with subject.api.FileLock(path):
        try:
            with subject.api.FileLock(path, timeout=0):
                yield "the lock was taken twice"
        except subject.api.LockReentryError:
            pass
        except TimeoutError:
            yield "the thread waited for itself"


def _timeout(subject: Subject, path: Path) -> Iterator[str]:
    seen: list[str] = []

    def other() -> None:
        try:
            with subject.api.FileLock(path, timeout=0.02):
                seen.append("taken")
        except subject.api.LockTimeoutError:
            seen.append("timeout")

    with subject.api.FileLock(path):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    if seen != ["timeout"]:
        yield f"while the lock was held elsewhere: {seen}"


def _unsupported(subject: Subject, path: Path) -> Iterator[str]:
    model = Model()
    model.make("/w", kind="dir")
    for code in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
        injector = Injector(model, Fault("errno", 2, code))
        try:
            with subject.on(injector), subject.api.FileLock("/w/x", timeout=0):
                yield f"{errno.errorcode[code]} counts as locked"
        except subject.api.LockUnsupportedError:
            pass
        if injector.struck != "flock":
            yield f"the fault struck {injector.struck!r} instead of flock"


def _fork(subject: Subject, path: Path) -> Iterator[str]:
    if not hasattr(os, "fork"):
        return
    with subject.api.FileLock(path) as lock:
        child = os.fork()
        if child == 0:
            os._exit(_in_child(subject, path, lock))
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            yield "a forked child has its parent's lock, or cannot ask for it"
        child = os.fork()
        if child == 0:  # the first child has ended: does the parent still hold the lock?
            os._exit(_in_child(subject, path, lock))
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            yield "the lock was gone after a forked child had ended"


def _in_child(subject: Subject, path: Path, lock: Any) -> int:
    if lock.held:
        return 1
    lock.release()
    try:
        with subject.api.FileLock(path, timeout=0):
            return 2
    except subject.api.LockTimeoutError:
        return 0
    except subject.api.LockReentryError:
        return 3


def _neighbor(subject: Subject, path: Path) -> Iterator[str]:
    try:
        import filelock
    except ImportError:
        return
    with subject.api.FileLock(path):
        try:
            with filelock.FileLock(f"{path}.lock", timeout=0):
                yield "filelock took the lock that we hold"
        except filelock.Timeout:
            pass
    with filelock.FileLock(f"{path}.lock"):
        try:
            with subject.api.FileLock(path, timeout=0):
                yield "we took the lock that filelock holds"
        except subject.api.LockTimeoutError:
            pass


def _sidecar(subject: Subject, path: Path) -> Iterator[str]:
    sidecar = path.with_name("x.lock")
    sidecar.write_bytes(b"a note")
    before = sidecar.stat().st_ino
    with subject.api.FileLock(path):
        pass
    if not sidecar.exists() or sidecar.stat().st_ino != before or sidecar.read_bytes() != b"a note":
        yield "the sidecar was unlinked, replaced or truncated"


def run_order(subject: Subject) -> Figures:
    """Listings of a directory that answers in reverse, with temps in it, and one that cannot be read."""
    figures = Figures("order", cases=4)
    model = Model()
    model.make("/w", kind="dir")
    for name in ("z", "é", "a", "B", "dir", "x.tmp", "y.lock", ".sst-0123456789abcdef.tmp.csv", "\udcff"):
        model.make(f"/w/{name}", kind="dir" if name == "dir" else "file")
    model.make("/w/dir/inner")
    wanted = ["B", "a", "dir", "z", "é", "\udcff"]
    deep = [*wanted[:3], "dir/inner", *wanted[3:]]
    with subject.on(model):
        listings = {
            "iterdir_sorted": (subject.api.iterdir_sorted("/w"), wanted),
            "glob_sorted": (subject.api.glob_sorted("/w", "*"), wanted),
            "rglob_sorted": (subject.api.rglob_sorted("/w"), deep),
        }
    for name, (found, expected) in listings.items():
        if [str(path) for path in found] != expected:
            figures.violations.append(f"{name} lists {[str(path) for path in found]}")
    try:
        with subject.on(Injector(model, Fault("errno", 1, errno.EACCES))):
            figures.violations.append(f"an unreadable directory gives {subject.api.rglob_sorted('/w')}")
    except PermissionError:
        pass
    return figures
