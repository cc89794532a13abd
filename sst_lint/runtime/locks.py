"""Who may change a shared file right now?

The lock is the kernel's, on a sidecar `NAME.lock` that is never unlinked, truncated or replaced: whoever locks a file
that is itself replaced, or removes the sidecar on leaving, ends up holding a lock that nobody else can see.
"""

from __future__ import annotations

import errno
import os
from _thread import get_ident

from . import _system
from .errors import LockReentryError, LockTimeoutError, LockUnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    StrPath = str | os.PathLike[str]

_UNSUPPORTED = frozenset(
    getattr(errno, name, -1) for name in ("ENOTSUP", "EOPNOTSUPP", "ENOSYS", "ENOLCK", "EINVAL", "ENOTTY")
)
_FIRST_DELAY, _LONGEST_DELAY = 0.0005, 0.01

# Which thread holds which lock file (device, inode), so that waiting for oneself fails at once.
_holders: dict[tuple[int, int], int] = {}
_taken: set[FileLock] = set()


class FileLock:
    """`with FileLock("index.json"):` holds the exclusive lock `index.json.lock`, between processes and threads.

    Waits up to `timeout` seconds (None: for ever; 0: one try), then raises `LockTimeoutError`. The kernel releases it
    when the process dies. A forked child does not have it and never unlocks it. Taking it twice in one thread raises
    `LockReentryError`; a file system without locks raises `LockUnsupportedError`. The `filelock` package, given
    `index.json.lock`, sees the same lock.
    """

    def __init__(self, path: StrPath, timeout: float | None = 30.0) -> None:
        self.path = os.fsdecode(path)
        self.lock_path = self.path + ".lock"
        self.timeout = timeout
        self._fd = -1
        self._inode = (0, 0)

    @property
    def held(self) -> bool:
        """Does this object hold the lock?"""
        return self._fd >= 0

    def acquire(self) -> None:
        """Take the lock, or raise. `OSError` if the sidecar cannot be opened."""
        deadline = None if self.timeout is None else _system.system.monotonic() + self.timeout
        delay = _FIRST_DELAY
        while not self._try():
            if deadline is not None and _system.system.monotonic() >= deadline:
                raise LockTimeoutError(errno.ETIMEDOUT, f"not free within {self.timeout} seconds", self.lock_path)
            _system.system.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)

    def _try(self) -> bool:
        system = _system.system
        fd = system.open(self.lock_path, _system.LOCK_FLAGS, 0o666)
        try:
            status = system.fstat(fd)
            inode = (status.st_dev, status.st_ino)
            if _holders.get(inode) == get_ident():
                raise LockReentryError(f"this thread already holds {self.lock_path}")
            if self._lock(fd) and self._is_current(inode):
                # From here on it is held, and an interrupt finds it recorded.
                self._inode, self._fd = inode, fd
                _holders[inode] = get_ident()
                _taken.add(self)
                return True
        except BaseException:
            if self._fd == fd:
                self.release()
            else:
                system.close(fd)
            raise
        system.close(fd)
        return False

    def _lock(self, fd: int) -> bool:
        try:
            return _system.system.flock(fd)
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                text = "the file system has no working locks"
                raise LockUnsupportedError(error.errno, text, self.lock_path) from error
            raise

    def _is_current(self, inode: tuple[int, int]) -> bool:
        """Others may unlink or replace the sidecar while we wait; then the lock just taken is nobody's."""
        try:
            status = _system.system.stat(self.lock_path)
        except FileNotFoundError:
            return False
        return (status.st_dev, status.st_ino) == inode

    def release(self) -> None:
        """Give the lock back. Without it, and in a forked child, this does nothing."""
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        _taken.discard(self)
        _holders.pop(self._inode, None)
        try:
            # Explicitly: a child that inherited the descriptor would otherwise keep the lock alive.
            _system.system.funlock(fd)
        finally:
            _system.system.close(fd)

    def _forget(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)  # closing a copy unlocks nothing as long as the parent has its own

    def __enter__(self) -> FileLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _after_fork_in_child() -> None:
    for lock in list(_taken):
        lock._forget()
    _taken.clear()
    _holders.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
