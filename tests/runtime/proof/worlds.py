"""Where does a case take place: in memory, as Windows would answer, or on the disk of this machine?"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path
from typing import Any

from .model import Model

Held = tuple[bytes, int] | None


class Memory:
    """The model file system."""

    def __init__(self, *, windows: bool = False) -> None:
        self.system = Model(windows=windows)
        self.root = "/w"
        self.modes = not windows
        self.system.make("/w", kind="dir", mode=0o755)

    def directory(self, path: str) -> None:
        self.system.make(path, kind="dir", mode=0o755, device=2)  # so that a temp in the wrong directory is noticed

    def put(self, path: str, data: bytes, mode: int = 0o644) -> None:
        self.system.make(path, data, mode)

    def special(self, path: str, kind: str, target: str = "") -> None:
        self.system.make(path, target.encode(), kind=kind)

    def get(self, path: str) -> Any:
        """(content, mode) of a file; a word for anything else; None for nothing."""
        try:
            inode = self.system._walk(path, follow=False)
        except OSError:
            return None
        if inode.kind == "file":
            return inode.data, inode.mode
        return "dir" if inode.kind == "dir" else f"{inode.kind} {inode.target}"

    def everything(self) -> set[str]:
        return set(self.system.now())

    def scribble(self, path: str, data: bytes) -> None:
        self.system.scribble(path, data)

    def remove_file(self, path: str) -> None:
        self.system.unlink(path)

    def exit(self, descriptors: list[int]) -> None:
        self.system.exit(None)

    def remove(self) -> None:
        """Nothing to clean."""


class Disk:
    """A directory of this machine, through the real system calls."""

    def __init__(self, root: Path, system: Any) -> None:
        self.system = system
        self.root = str(root)
        self.modes = os.name == "posix"
        root.mkdir()

    def directory(self, path: str) -> None:
        Path(path).mkdir()

    def put(self, path: str, data: bytes, mode: int = 0o644) -> None:
        Path(path).write_bytes(data)
        Path(path).chmod(mode)

    def special(self, path: str, kind: str, target: str = "") -> None:
        if kind == "fifo":
            os.mkfifo(path)
        else:
            Path(path).symlink_to(target)

    def get(self, path: str) -> Any:
        place = Path(path)
        if place.is_symlink():
            return f"link {place.readlink()}"
        if place.is_fifo():
            return "fifo "
        if place.is_dir():
            return "dir"
        return (place.read_bytes(), stat.S_IMODE(place.stat().st_mode)) if place.exists() else None

    def everything(self) -> set[str]:
        return {str(path) for path in Path(self.root).rglob("*")}

    def scribble(self, path: str, data: bytes) -> None:
        Path(path).write_bytes(data)

    def remove_file(self, path: str) -> None:
        Path(path).unlink()

    def exit(self, descriptors: list[int]) -> None:
        for fd in descriptors:
            with contextlib.suppress(OSError):
                os.close(fd)

    def remove(self) -> None:
        shutil.rmtree(self.root)
