"""What would the disk hold if the power failed now? A POSIX file system in memory that knows what is durable.

It answers the seam of `sst_lint.runtime._system`. What it believes, and docs/proof.md repeats: data reach the disk for
certain by fsync of the file, names by fsync of their directory, and nothing else orders anything. Until then each name
change of a directory may be there or not, whatever its age, and a file may hold any of `Inode.variants` (inode.py).
"""

from __future__ import annotations

import errno
import itertools
import math
import os
import posixpath
import stat
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from .inode import Inode
from .subject import is_temp

State = dict[str, Any]
_KINDS = {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "link": stat.S_IFLNK, "fifo": stat.S_IFIFO}


class Open:
    """An open file description: what locks belong to."""

    def __init__(self, inode: Inode, flags: int, owner: object) -> None:
        self.inode = inode
        self.flags = flags
        self.owner = owner
        self.position = 0


def _error(code: int, path: str = "") -> OSError:
    return OSError(code, os.strerror(code), path) if path else OSError(code, os.strerror(code))


class Model:
    """The system calls of the runtime, on memory. `observer` is called after each change."""

    def __init__(self, *, windows: bool = False) -> None:
        self.windows = windows
        self.umask = 0o022
        self.clock = 0.0
        self.inodes: dict[int, Inode] = {}
        self.files: dict[int, Open] = {}
        self.locks: dict[int, Open] = {}
        self.observer: Callable[[], None] | None = None
        self.who = threading.local()
        self._numbers = itertools.count(1)
        self._descriptors = itertools.count(3)
        self._random = itertools.count(1)
        self.root = self._new("dir", 0o755, 1)

    # -- for the harness ----------------------------------------------------------------------------------------

    def make(self, path: str, data: bytes = b"", mode: int = 0o644, kind: str = "file", device: int = 0) -> None:
        """Put something there as if it had always been there; a directory with a `device` is a mount point."""
        parent, name = self._parent(path)
        inode = self._new(kind, mode, device or parent.device)
        inode.data, inode.safe = (b"" if kind == "link" else data), (b"" if kind == "link" else data, mode)
        inode.target = os.fsdecode(data) if kind == "link" else ""
        parent.entries[name] = inode.number
        parent.sync()

    def scribble(self, path: str, data: bytes) -> None:
        """Plain open, truncate, write, close, no sync: what a library or a careless user does."""
        fd = self.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self.write(fd, memoryview(data))
        self.close(fd)

    def now(self) -> State:
        """Every path with what a process sees there."""
        return next(self._expand(self.root, "", lambda each: [tuple(sorted(each.entries.items()))], self._present))

    def crashes(self) -> Iterator[State]:
        """Every path with what a process would see there after a power failure: one dict for each possible state."""
        return self._expand(self.root, "", lambda each: sorted(each.names), self._after)

    def exit(self, owner: object) -> None:
        """The kernel's part of the end of a process."""
        for fd in [fd for fd, opened in self.files.items() if opened.owner == owner]:
            self.close(fd)

    def width(self) -> int:
        """How many orders of names `crashes` would go through, contents aside."""
        return math.prod(len(inode.names) for inode in self.inodes.values() if inode.kind == "dir")

    def is_poisoned(self, path: str) -> bool:
        """Did a sync of this file, or of its directory, fail?"""
        try:
            return self._walk(path).poisoned or self._parent(path)[0].doubt is not None
        except OSError:
            return False

    def poison(self, fd: int) -> None:
        """The next sync of this descriptor is made to fail."""
        self._open(fd).inode.fail()

    @staticmethod
    def _present(inode: Inode) -> list[Any]:
        return [(inode.data, inode.mode)]

    @staticmethod
    def _after(inode: Inode) -> list[Any]:
        return list(inode.variants())

    def _expand(self, directory: Inode, prefix: str, names: Any, contents: Any) -> Iterator[State]:
        for entries in names(directory):
            choices: list[list[State]] = []
            for name, number in entries:
                inode, path = self.inodes[number], f"{prefix}/{name}"
                if inode.kind == "dir":
                    choices.append([{path: "dir", **each} for each in self._expand(inode, path, names, contents)])
                elif inode.kind == "file" and not is_temp(name):
                    choices.append([{path: each} for each in contents(inode)])
                else:
                    choices.append([{path: "temp" if inode.kind == "file" else f"{inode.kind} {inode.target}"}])
            for combined in itertools.product(*choices):
                state: State = {}
                for part in combined:
                    state.update(part)
                yield state

    # -- inside -------------------------------------------------------------------------------------------------

    def _new(self, kind: str, mode: int, device: int) -> Inode:
        inode = Inode(next(self._numbers), kind, mode)
        inode.device = device
        self.inodes[inode.number] = inode
        return inode

    def _changed(self) -> None:
        if self.observer is not None:
            self.observer()

    def _walk(self, path: str, *, follow: bool = True, depth: int = 0) -> Inode:
        inode, at = self.root, ""
        parts = [part for part in path.split("/") if part not in ("", ".")]
        for position, part in enumerate(parts):
            if len(part) > 60 and len(os.fsencode(part)) > 255:
                raise _error(errno.ENAMETOOLONG, path)
            if inode.kind != "dir":
                raise _error(errno.ENOTDIR, path)
            if part not in inode.entries:
                raise _error(errno.ENOENT, path)
            inode = self.inodes[inode.entries[part]]
            if inode.kind == "link" and (follow or position < len(parts) - 1):
                if depth > 8:
                    raise _error(errno.ELOOP, path)
                rest = "/".join(parts[position + 1 :])
                return self._walk(posixpath.join(at or "/", inode.target, rest), follow=follow, depth=depth + 1)
            at = f"{at}/{part}"
        return inode

    def _parent(self, path: str) -> tuple[Inode, str]:
        parent = self._walk(posixpath.dirname(path))
        if parent.kind != "dir":
            raise _error(errno.ENOTDIR, path)
        name = posixpath.basename(path)
        if len(name) > 60 and len(os.fsencode(name)) > 255:
            raise _error(errno.ENAMETOOLONG, path)
        return parent, name

    def _open(self, fd: int) -> Open:
        if fd not in self.files:
            raise _error(errno.EBADF)
        return self.files[fd]

    def _descriptor(self, inode: Inode, flags: int) -> int:
        fd = next(self._descriptors)
        self.files[fd] = Open(inode, flags, getattr(self.who, "name", None))
        return fd

    @staticmethod
    def _status(inode: Inode) -> Any:
        return SimpleNamespace(
            st_mode=_KINDS[inode.kind] | inode.mode,
            st_ino=inode.number,
            st_dev=inode.device,
            st_uid=inode.owner[0],
            st_gid=inode.owner[1],
            st_size=len(inode.data),
        )

    # -- the seam -----------------------------------------------------------------------------------------------

    def lstat(self, path: str) -> Any:
        return self._status(self._walk(path, follow=False))

    def stat(self, path: str) -> Any:
        return self._status(self._walk(path))

    def fstat(self, fd: int) -> Any:
        return self._status(self._open(fd).inode)

    def realpath(self, path: str) -> str:
        at = "/"
        for part in posixpath.normpath(path).split("/")[1:]:
            here = posixpath.join(at, part)
            try:
                inode = self._walk(here, follow=False)
            except FileNotFoundError:
                at = here
                continue
            at = self.realpath(posixpath.join(at, inode.target)) if inode.kind == "link" else here
        return at

    def access(self, path: str) -> bool:
        return bool(self._walk(path).mode & 0o200)

    def mkdir(self, path: str, mode: int) -> None:
        parent, name = self._parent(path)
        if name in parent.entries:
            raise _error(errno.EEXIST, path)
        parent.rename_entry("add", name, self._new("dir", mode & ~self.umask, parent.device).number)
        self._changed()

    def open_directory(self, path: str) -> int | None:
        if self.windows:
            return None
        inode = self._walk(path)
        if inode.kind != "dir":
            raise _error(errno.ENOTDIR, path)
        return self._descriptor(inode, os.O_RDONLY)

    def random_name(self) -> str:
        return f"{next(self._random):016x}"

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        parent, name = self._parent(path)
        number = parent.entries.get(name)
        if number is not None:
            if flags & os.O_EXCL:
                raise _error(errno.EEXIST, path)
            if self.inodes[number].kind == "link" and flags & os.O_NOFOLLOW:
                raise _error(errno.ELOOP, path)
            inode = self._walk(path)
            if inode.kind == "dir" and flags & (os.O_WRONLY | os.O_RDWR):
                raise _error(errno.EISDIR, path)
            if flags & os.O_TRUNC and inode.data:
                inode.change("truncate", 0)
                self._changed()
            return self._descriptor(inode, flags)
        if not flags & os.O_CREAT:
            raise _error(errno.ENOENT, path)
        inode = self._new("file", mode & ~self.umask, parent.device)
        parent.rename_entry("add", name, inode.number)
        fd = self._descriptor(inode, flags)
        self._changed()
        return fd

    def chmod(self, fd: int, mode: int) -> None:
        self._open(fd).inode.change("mode", mode)
        self._changed()

    def chown(self, fd: int, uid: int, gid: int) -> None:
        raise _error(errno.EPERM)  # an ordinary user gives nothing away

    def write(self, fd: int, data: memoryview) -> int:
        opened = self._open(fd)
        opened.inode.change("write", opened.position, bytes(data))
        opened.position += len(data)
        self._changed()
        return len(data)

    def read(self, fd: int, size: int) -> bytes:
        opened = self._open(fd)
        piece = opened.inode.data[opened.position : opened.position + size]
        opened.position += len(piece)
        return piece

    def lseek(self, fd: int, offset: int, whence: int) -> int:
        opened = self._open(fd)
        base = (0, opened.position, len(opened.inode.data))[whence]
        if base + offset < 0:
            raise _error(errno.EINVAL)
        opened.position = base + offset
        return opened.position

    def truncate(self, fd: int, size: int) -> None:
        self._open(fd).inode.change("truncate", size)
        self._changed()

    def fsync(self, fd: int) -> None:
        self._open(fd).inode.sync()
        self._changed()

    def close(self, fd: int) -> None:
        opened = self._open(fd)
        del self.files[fd]
        if self.locks.get(opened.inode.number) is opened:
            del self.locks[opened.inode.number]

    def replace(self, source: str, target: str) -> None:
        inode = self._walk(source, follow=False)
        (old_parent, old), (new_parent, new) = self._parent(source), self._parent(target)
        if new in new_parent.entries and self.inodes[new_parent.entries[new]].kind == "dir":
            raise _error(errno.EISDIR, target)
        if old_parent.device != new_parent.device:
            raise _error(errno.EXDEV, target)
        if old_parent is new_parent:
            old_parent.rename_entry("move", old, new, inode.number)
        else:
            new_parent.rename_entry("add", new, inode.number)
            old_parent.rename_entry("del", old)
        self._changed()

    def link(self, source: str, target: str) -> None:
        parent, name = self._parent(target)
        if name in parent.entries:
            raise _error(errno.EEXIST, target)
        parent.rename_entry("add", name, self._walk(source, follow=False).number)
        self._changed()

    def rename(self, source: str, target: str) -> None:
        parent, name = self._parent(target)
        if self.windows and name in parent.entries:
            raise _error(errno.EEXIST, target)
        self.replace(source, target)

    def unlink(self, path: str) -> None:
        parent, name = self._parent(path)
        if name not in parent.entries:
            raise _error(errno.ENOENT, path)
        parent.rename_entry("del", name)
        self._changed()

    def flock(self, fd: int) -> bool:
        opened = self._open(fd)
        return self.locks.setdefault(opened.inode.number, opened) is opened

    def funlock(self, fd: int) -> None:
        opened = self._open(fd)
        if self.locks.get(opened.inode.number) is opened:
            del self.locks[opened.inode.number]

    def scandir(self, path: str) -> list[tuple[str, bool, bool]]:
        inode = self._walk(path)
        found = [(name, self.inodes[number].kind) for name, number in inode.entries.items()]
        return [(name, kind == "dir", kind == "link") for name, kind in found]

    def sleep(self, seconds: float) -> None:
        self.clock += seconds

    def monotonic(self) -> float:
        return self.clock
