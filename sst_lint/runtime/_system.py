"""Through which single door does the runtime reach the operating system?

Every other file of this package calls `_system.system.<method>` and nothing in `os` that touches a file, so a
test that swaps this one object sees, fails or replays every step::

    class Broken(System):
        def fsync(self, fd):
            raise OSError(errno.EIO, "injected")

    with use_system(Broken()):
        write_atomic_bytes("a.bin", b"x")        # raises AtomicWriteError(stage="fsync")

The interface, in the order in which a writer uses it (paths are `str`, descriptors `int`; all raise `OSError`):

=============================== =====================================================================================
`windows: bool`                 which family of branches is taken; a fake may set it on any machine
`lstat(path)`, `stat(path)`     `os.stat_result`
`realpath(path) -> str`         resolves links once; a missing tail is kept
`access(path) -> bool`          may the effective user write this existing file?
`mkdir(path, mode)`             one level
`open_directory(path)`          a descriptor good for `fsync`, or None where directories cannot be synced (Windows)
`random_name() -> str`          16 hexadecimal digits
`open(path, flags, mode) -> fd` always close-on-exec and binary; used for temps, locks and reading
`chmod(fd, mode)`, `chown(fd, uid, gid)`   on descriptors only; never called when `windows`
`write(fd, view) -> int`        may be short
`read(fd, size) -> bytes`       empty at the end
`lseek(fd, offset, whence)`, `truncate(fd, size)`   only for handles of `atomic_open`
`fstat(fd)`                     `os.stat_result`
`fsync(fd)`                     files and directories alike (macOS: to the medium, not only to the drive)
`close(fd)`                     a descriptor counts as closed even if this raises
`replace(source, target)`       atomic, overwrites
`link(source, target)`          atomic, fails with EEXIST; the commit of mode "x" except on Windows
`rename(source, target)`        the commit of mode "x" on Windows, where it fails if the target exists
`unlink(path)`                  the temp of this very call, nothing else
`flock(fd) -> bool`             try to take the exclusive kernel lock; False when somebody else holds it
`funlock(fd)`                   give it back
`scandir(path)`                 list of `(name, is_directory, is_symlink)` in whatever order
`sleep(seconds)`, `monotonic()` waiting for locks and for Windows sharing violations
=============================== =====================================================================================

`system` is replaced by `use_system` for the whole process; it is meant for tests.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time

TYPE_CHECKING = False  # importing `typing` takes longer than the rest of this package
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    _T = TypeVar("_T")

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_ALWAYS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0) | getattr(os, "O_BINARY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
CREATE_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW
LOCK_FLAGS = os.O_RDWR | os.O_CREAT | _NOFOLLOW
READ_FLAGS = os.O_RDONLY | _NONBLOCK  # a FIFO must be refused, not waited for
_EFFECTIVE = os.access in os.supports_effective_ids

# ERROR_ACCESS_DENIED is what replacing a file that somebody has open gives; the other two are its plainer forms.
SHARING_VIOLATIONS = (5, 32, 33)
_RETRY_DELAYS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)


class System:
    """The real system calls. Subclass it and override single methods to inject faults."""

    windows: bool = os.name == "nt"

    def lstat(self, path: str) -> os.stat_result:
        return os.lstat(path)

    def stat(self, path: str) -> os.stat_result:
        return os.stat(path)  # noqa: PTH116

    def fstat(self, fd: int) -> os.stat_result:
        return os.fstat(fd)

    def realpath(self, path: str) -> str:
        return os.path.realpath(path)

    def access(self, path: str) -> bool:
        return os.access(path, os.W_OK, effective_ids=_EFFECTIVE)

    def mkdir(self, path: str, mode: int) -> None:
        os.mkdir(path, mode)  # noqa: PTH102

    def open_directory(self, path: str) -> int | None:
        if self.windows:
            return None
        return os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _ALWAYS)

    def random_name(self) -> str:
        return os.urandom(8).hex()

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        return os.open(path, flags | _ALWAYS, mode)

    def chmod(self, fd: int, mode: int) -> None:
        os.chmod(fd, mode)

    def chown(self, fd: int, uid: int, gid: int) -> None:
        if sys.platform != "win32":
            os.chown(fd, uid, gid)

    def write(self, fd: int, data: memoryview) -> int:
        return os.write(fd, data)

    def read(self, fd: int, size: int) -> bytes:
        return os.read(fd, size)

    def lseek(self, fd: int, offset: int, whence: int) -> int:
        return os.lseek(fd, offset, whence)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def fsync(self, fd: int) -> None:
        if sys.platform == "darwin":  # plain fsync there stops at the drive's cache
            try:
                fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
                return
            except OSError as error:
                if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                    raise
        os.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def replace(self, source: str, target: str) -> None:
        os.replace(source, target)  # noqa: PTH105

    def link(self, source: str, target: str) -> None:
        os.link(source, target)

    def rename(self, source: str, target: str) -> None:
        os.rename(source, target)  # noqa: PTH104

    def unlink(self, path: str) -> None:
        os.unlink(path)  # noqa: PTH108

    def flock(self, fd: int) -> bool:
        try:
            if sys.platform == "win32":
                os.lseek(fd, 0, os.SEEK_SET)
                msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK):
                return False
            raise
        return True

    def funlock(self, fd: int) -> None:
        if sys.platform == "win32":
            os.lseek(fd, 0, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(fd, fcntl.LOCK_UN)

    def scandir(self, path: str) -> list[tuple[str, bool, bool]]:
        with os.scandir(path) as entries:
            return [(entry.name, entry.is_dir(), entry.is_symlink()) for entry in entries]

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def monotonic(self) -> float:
        return time.monotonic()


system: System = System()


@contextlib.contextmanager
def use_system(fake: System) -> Iterator[System]:
    """Send every system call of the runtime, in all threads, to `fake` until the block ends."""
    global system
    before, system = system, fake
    try:
        yield fake
    finally:
        system = before


def retry_sharing(action: Callable[[], _T]) -> _T:
    """Run `action`; on Windows run it again, about a second and a half in all, while another program has the file open.

    Only sharing violations are retried: any other error is raised at once, and elsewhere nothing is retried.
    """
    if system.windows:
        for delay in _RETRY_DELAYS:
            try:
                return action()
            except OSError as error:
                if getattr(error, "winerror", None) not in SHARING_VIOLATIONS:
                    raise
                system.sleep(delay)
    return action()


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The whole content of a regular file. Anything else (a FIFO, a device, a directory) raises instead of blocking."""
    import stat

    name = os.fsdecode(path)
    fd = retry_sharing(lambda: system.open(name, READ_FLAGS))
    try:
        status = system.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            code = errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EINVAL
            raise OSError(code, "not a regular file", name)
        chunks = []
        while chunk := system.read(fd, max(status.st_size + 1, 65536)):
            chunks.append(chunk)
    finally:
        system.close(fd)
    return b"".join(chunks)
