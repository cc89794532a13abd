"""How does one file get from nowhere to its final name without ever being half there?

The protocol, step by step; each step reports under its own stage name when it fails:
look at the target, open its directory, create a temp of random name beside it, write, check the size, fsync, close,
replace, fsync the directory. What can be known to fail fails before the temp exists.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from . import _system
from .errors import AtomicWriteError, write_error

DURABILITIES = ("full", "atomic", "process")
SYMLINKS = ("follow", "refuse", "replace")
_CHUNK = 1 << 30  # macOS refuses more than INT_MAX bytes at once
_NAME_TRIES = 16


def is_temp_name(name: str) -> bool:
    """Is this the name of a temp of these writers, perhaps one that a crash left behind?"""
    return name.startswith(".sst-") and name[21:25] == ".tmp" and not name[5:21].strip("0123456789abcdef")


class Staged:
    """One file on its way to `path`. The steps are methods, to be called in their order; `discard` undoes them."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        durability: str = "full",
        symlinks: str = "follow",
        exclusive: bool = False,
        make_parents: bool = False,
        suffix: str = "",
    ) -> None:
        if durability not in DURABILITIES:
            raise ValueError(f"durability must be one of {', '.join(DURABILITIES)}, not {durability!r}")
        if symlinks not in SYMLINKS:
            raise ValueError(f"symlinks must be one of {', '.join(SYMLINKS)}, not {symlinks!r}")
        name = os.fsdecode(path)
        # Joined, not normalized: the kernel resolves `link/..` differently from a text operation.
        self.path = os.path.join(os.getcwd(), name) if name else name  # noqa: PTH109, PTH118
        self.target = self.path
        self.durability = durability
        self.symlinks = symlinks
        self.exclusive = exclusive
        self.make_parents = make_parents
        self.suffix = suffix  # `atomic_path` keeps the target's, because libraries choose formats by it
        self.stage = "target"
        self.committed = False
        self.durable = False
        self.before: os.stat_result | None = None
        self.temp = ""
        self.fd = -1
        self.position = 0
        self.size = 0
        self._bits = 0
        self._inode = (0, 0)
        self._directory_fd: int | None = None

    def __enter__(self) -> Staged:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # an interrupt included
            self.discard()

    # -- before anything exists ---------------------------------------------------------------------------------

    def look(self) -> None:
        """Resolve links once, and refuse whatever a rename would silently destroy."""
        self.stage = "target"
        try:
            self._look()
        except OSError as error:
            raise self.error(error) from error

    def _look(self) -> None:
        if not self.path:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.path)
        if self.path.endswith(("/", os.sep)):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.path)
        status = self._lstat(self.path)
        if status is not None and self.exclusive:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self.path)
        if status is not None and stat.S_ISLNK(status.st_mode):
            if self.symlinks == "refuse":
                raise OSError(errno.ELOOP, "the target is a symbolic link", self.path)
            if self.symlinks == "follow":
                self.target = _system.system.realpath(self.path)
                status = self._lstat(self.target)
            else:
                status = None
        if status is not None and not stat.S_ISREG(status.st_mode):
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.target)
            code = errno.ELOOP if stat.S_ISLNK(status.st_mode) else errno.EINVAL
            raise OSError(code, "the target is not a regular file", self.target)
        self.before = status

    @staticmethod
    def _lstat(path: str) -> os.stat_result | None:
        try:
            return _system.system.lstat(path)
        except FileNotFoundError:
            return None

    def holds(self, data: bytes) -> bool:
        """Does the target already hold exactly these bytes? Then they are also made as durable as a write would be."""
        if self.before is None or self.before.st_size != len(data):
            return False
        self.stage = "target"
        try:
            try:
                same = _system.read_bytes(self.target) == data
            except PermissionError:  # what may not be read cannot be compared; whether it may be written is asked later
                same = False
            if same and self.durability != "process":
                self._sync_existing()
        except OSError as error:
            raise self.error(error) from error
        return same

    def _sync_existing(self) -> None:
        self.stage = "fsync"
        sync_file(self.target)
        self._open_directory()
        self._sync_directory()

    def prepare(self) -> None:
        """Open the directory and create the temp."""
        system = _system.system
        try:
            if self.before is not None and not self._writable():
                raise PermissionError(errno.EACCES, "the target is read-only; change its mode first", self.target)
            if self.make_parents:
                self.stage = "parents"
                make_directories(os.path.dirname(self.target), durable=self.durability == "full")  # noqa: PTH120
            self._open_directory()
            self.stage = "create"
            self._create()
            self.stage = "mode"
            status = system.fstat(self.fd)
            self._inode = (status.st_dev, status.st_ino)
            self._bits = stat.S_IMODE(status.st_mode)
            if self.before is not None and not system.windows:
                self._keep_mode(self.before, status)
        except OSError as error:
            raise self.error(error) from error

    def _writable(self) -> bool:
        # Without any write bit the file is meant to stay as it is, even where the superuser could write it.
        return bool(self.before and self.before.st_mode & 0o222) and _system.system.access(self.target)

    def _open_directory(self) -> None:
        if self.durability == "full" and self._directory_fd is None:
            self.stage = "directory"
            self._directory_fd = _system.system.open_directory(os.path.dirname(self.target))  # noqa: PTH120

    def _create(self) -> None:
        # A new file is created as `open` would, so that the kernel applies the umask. One that takes the place of
        # another starts with what its group and all others may both do: whoever its first owner and group are,
        # nobody gets a right for an instant that he did not have.
        mode = 0o666
        if self.before is not None:
            bits = stat.S_IMODE(self.before.st_mode)
            common = bits >> 3 & bits & 0o007
            mode = bits & 0o700 | common << 3 | common
        directory = os.path.dirname(self.target)  # noqa: PTH120
        for _ in range(_NAME_TRIES):
            self.temp = f"{directory}{os.sep}.sst-{_system.system.random_name()}.tmp{self.suffix}"
            try:
                self.fd = _system.system.open(self.temp, _system.CREATE_FLAGS, mode)
                return
            except FileExistsError:
                self.temp = ""
            except OSError:
                self.temp = ""
                raise
        raise FileExistsError(errno.EEXIST, "no free name for a temporary file", directory)

    def _keep_mode(self, before: os.stat_result, status: os.stat_result) -> None:
        system = _system.system
        bits = stat.S_IMODE(before.st_mode)
        if (before.st_uid, before.st_gid) != (status.st_uid, status.st_gid):
            try:
                system.chown(self.fd, before.st_uid, before.st_gid)
            except PermissionError:
                bits = self._bits_without_owner(before, status, bits)
        if bits != self._bits:
            system.chmod(self.fd, bits)
            self._bits = bits

    def _bits_without_owner(self, before: os.stat_result, status: os.stat_result, bits: int) -> int:
        """The file changes hands: no set-id bits, and a group that could not be kept gets no more than all others."""
        bits &= 0o1777
        if before.st_gid == status.st_gid:
            return bits
        try:
            _system.system.chown(self.fd, -1, before.st_gid)
        except PermissionError:
            return bits & ~0o070 | (bits & 0o007) << 3 & bits
        return bits

    # -- content ------------------------------------------------------------------------------------------------

    def write(self, data: bytes | memoryview) -> None:
        """All of `data` at the current position, however short the single writes are."""
        self.stage = "write"
        view = memoryview(data).cast("B")
        try:
            while view:
                count = _system.system.write(self.fd, view[:_CHUNK])
                if count <= 0:
                    raise OSError(errno.EIO, "wrote nothing", self.temp)
                self.position += count
                view = view[count:]
        except OSError as error:
            raise self.error(error) from error
        self.size = max(self.size, self.position)

    def seek(self, offset: int, whence: int) -> int:
        """Move the position, for formats that go back to fill in a header."""
        self.stage = "write"
        try:
            self.position = _system.system.lseek(self.fd, offset, whence)
        except OSError as error:
            raise self.error(error) from error
        return self.position

    def truncate(self, size: int) -> int:
        """Cut or extend the temp to `size` bytes."""
        self.stage = "write"
        try:
            _system.system.truncate(self.fd, size)
        except OSError as error:
            raise self.error(error) from error
        self.size = size
        return size

    def seal(self, *, exact: bool = True) -> None:
        """Check the size, sync, close. Afterwards the temp is complete and only its name is wrong."""
        system = _system.system
        try:
            self.stage = "size"
            found = system.fstat(self.fd).st_size
            if found < self.size or (exact and found != self.size):
                raise OSError(errno.EIO, f"wrote {self.size} bytes, but the file has {found}", self.temp)
            if self.durability != "process":
                self.stage = "fsync"
                system.fsync(self.fd)
            self.stage = "close"
            self.close()
        except OSError as error:
            raise self.error(error) from error

    def close(self) -> None:
        """Close the temp's descriptor, once."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            _system.system.close(fd)

    def reopen(self) -> None:
        """Take back a temp that other code wrote by name: it must still be a file, and gets the mode that it should."""
        system = _system.system
        self.stage = "write"
        try:
            self.close()
            # Of the name itself: what a link leads to is somebody else's, and the rename would move the link.
            if not stat.S_ISREG(system.lstat(self.temp).st_mode):
                raise OSError(errno.EINVAL, "the temporary path is no longer a regular file", self.temp)
            self.fd = system.open(self.temp, os.O_RDWR if system.windows else _system.READ_FLAGS)
            status = system.fstat(self.fd)
            self._inode = (status.st_dev, status.st_ino)
            self.size = status.st_size
            self.stage = "mode"
            bits = stat.S_IMODE(status.st_mode)
            if not system.windows and (bits ^ self._bits) & 0o777:
                # Set-id bits stay as the kernel left them: it takes them away from whoever may not write such files.
                system.chmod(self.fd, bits & ~0o777 | self._bits & 0o777)
        except OSError as error:
            raise self.error(error) from error

    # -- commit -------------------------------------------------------------------------------------------------

    def commit(self) -> None:
        """Give the temp its final name, and make that name durable."""
        self.put_in_place()
        self.settle()

    def put_in_place(self) -> None:
        """Replace the target, or claim the free name in exclusive mode."""
        system = _system.system
        try:
            self._open_directory()
            self.stage = "replace"
            if not self.exclusive:
                _system.retry_sharing(lambda: system.replace(self.temp, self.target))
            elif system.windows:
                _system.retry_sharing(lambda: system.rename(self.temp, self.target))
            else:
                system.link(self.temp, self.target)
            self.committed = True
            if self.exclusive and not system.windows:
                self.stage = "unlink"
                system.unlink(self.temp)
            self.temp = ""
        except OSError as error:
            self.committed = self.committed or self._in_place()
            raise self.error(error) from error

    def _in_place(self) -> bool:
        """On network file systems a rename can report failure after it happened; the inode tells."""
        try:
            status = _system.system.lstat(self.target)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._inode and self._inode[1] != 0

    def settle(self) -> None:
        """Sync the directory, if that was promised. A failure is final: a second fsync would prove nothing."""
        try:
            self._sync_directory()
        except OSError as error:
            raise self.error(error) from error

    def _sync_directory(self) -> None:
        if self._directory_fd is not None:
            self.stage = "fsync-directory"
            _system.system.fsync(self._directory_fd)
            self.durable = True
        self.release()

    def release(self) -> None:
        """Let go of the directory. Nothing was written through it, so nothing can be lost by its closing."""
        fd, self._directory_fd = self._directory_fd, None
        if fd is not None:
            with contextlib.suppress(OSError):
                _system.system.close(fd)

    def discard(self) -> None:
        """Remove what this call made, and nothing else. The error that led here is the one worth reporting."""
        temp, self.temp = self.temp, ""
        try:  # a second interrupt must not keep the later steps from happening
            with contextlib.suppress(OSError):
                self.close()
        finally:
            try:
                if temp:
                    with contextlib.suppress(OSError):
                        _system.system.unlink(temp)
            finally:
                self.release()

    def error(self, cause: OSError) -> AtomicWriteError:
        """`cause` with the stage at which it happened."""
        if isinstance(cause, AtomicWriteError):
            return cause
        return write_error(cause, path=self.path, stage=self.stage, committed=self.committed)


def make_directories(directory: str, *, durable: bool) -> None:
    """Create `directory` and the missing ones above it; if `durable`, sync each new name."""
    system = _system.system
    missing = []
    while True:
        try:
            system.stat(directory)
            break
        except FileNotFoundError:
            missing.append(directory)
            directory = os.path.dirname(directory)  # noqa: PTH120
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):  # somebody else was faster
            system.mkdir(each, 0o777)
        if durable:
            sync_directory(os.path.dirname(each))  # noqa: PTH120


def sync_directory(path: str) -> None:
    """Make the names in the directory `path` durable, where the platform can."""
    fd = _system.system.open_directory(path)
    if fd is not None:
        try:
            _system.system.fsync(fd)
        finally:
            _system.system.close(fd)


def sync_file(path: str) -> None:
    """Make the content of the file `path` durable."""
    system = _system.system
    fd = system.open(path, os.O_RDWR if system.windows else _system.READ_FLAGS)
    try:
        system.fsync(fd)
    finally:
        system.close(fd)
