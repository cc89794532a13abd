"""Which content has each file? Asked of its stat signature where that is beyond doubt, of its bytes otherwise.

As git does: a file whose size, times and inode are those of last time is not read again, unless it was changed so
shortly before it was read that another change could have left the same times.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from sst_lint.engine.reading import list_project
from sst_lint.engine.records import Listed, Prepared
from sst_lint.facts.files import content_key
from sst_lint.facts.store import Memory
from sst_lint.source.read import decode, read_bytes
from sst_lint.source.records import Unreadable

#: Clocks of file systems tick as coarsely as this: what is younger may change again without a trace.
_DOUBTFUL_NS = 2_000_000_000


class Seen(NamedTuple):
    """A file when it was read last: its signature, and the key of its content."""

    size: int
    modified: int
    changed: int
    inode: int
    key: bytes


def take_inventory(project: Prepared, asked: Sequence[Path], store: Memory) -> Inventory:
    """Find the files of a project and the content of each, before anything of it is read."""
    listed = list_project(project.root, asked, project.config, project.options.texts)
    inventory = Inventory(listed, project.root, store, project.options.texts)
    inventory.take(listed.files)
    inventory.keep()
    return inventory


class Inventory:
    """The files of one project, by path (POSIX, relative to the root)."""

    def __init__(self, listed: Listed, root: Path, store: Memory, texts: Mapping[str, str]) -> None:
        """``texts`` stand in place of files."""
        self.listed = listed
        self.keys: dict[str, bytes] = {}
        self.encodings: dict[str, str] = {}  #: of files that are given as texts: their content here is UTF-8
        self.unreadable: dict[str, Unreadable] = {}
        self._root = root
        self._base = os.fspath(root)
        self._store = store
        self._texts = texts
        self._contents: dict[str, bytes] = {}
        self._name = content_key(b"", "inventory")
        self._before = self._load()
        self._now: dict[str, Seen] = {}

    def take(self, paths: Sequence[str]) -> None:
        """Find the key of each file; those that cannot be read are told in ``unreadable``."""
        clock = self._clock()
        for path in paths:
            text = self._texts.get(path)
            if text is None or os.path.lexists(self._root / path):
                self._take(path, clock)
            if text is not None and path not in self.unreadable:
                self._put(path, text)

    def _put(self, path: str, text: str) -> None:
        """Let the file hold ``text``, in its encoding; one that is there but cannot be decoded stays as it is."""
        encoding = "utf-8"
        if os.path.lexists(self._root / path):
            content = self.content(path)
            decoded = content if isinstance(content, Unreadable) else decode(path, content)
            if isinstance(decoded, Unreadable):
                self.unreadable[path] = decoded
                return
            encoding = decoded[1]
        self.encodings[path] = encoding
        self._contents[path] = text.encode("utf-8", "surrogatepass")
        self.keys[path] = content_key(self._contents[path], encoding)

    def content(self, path: str) -> bytes | Unreadable:
        """The bytes of a file that was taken."""
        if path not in self._contents:
            found = read_bytes(path, self._root)
            if isinstance(found, Unreadable):
                return found
            self._contents[path] = found
            self.keys[path] = content_key(found)  # another than its signature told, if it was changed meanwhile
        return self._contents[path]

    def drop(self, path: str) -> None:
        """The content of a file is not needed any more."""
        self._contents.pop(path, None)

    def previous(self, path: str) -> bytes:
        """The key of what the file was when a run saw it last; empty when none did."""
        if path in self._texts and path in self._now:
            return self._now[path].key
        return self._before[path].key if path in self._before else b""

    def keep(self) -> None:
        """Remember the signatures."""
        merged = {**self._before, **self._now}
        gone = [path for path in merged if path not in self._now and not os.path.lexists(self._root / path)]
        for path in gone:
            del merged[path]
        if merged != self._before:
            with contextlib.suppress(UnicodeEncodeError):  # a name that is no text
                self._store.keep({self._name: msgspec.msgpack.encode(dict(sorted(merged.items())))})

    def _take(self, path: str, clock: int) -> None:
        try:
            # for every file of the project: paths as text are quick
            status = os.stat(os.path.join(self._base, path))  # noqa: PTH116, PTH118
        except (OSError, ValueError):
            status = None
        if status is not None and stat.S_ISREG(status.st_mode):
            signature = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            before = self._before.get(path)
            if before is not None and before[:4] == signature:
                self.keys[path] = before.key
                self._now[path] = before
                return
            content = read_bytes(path, self._root)
            if not isinstance(content, Unreadable):
                self.keys[path] = key = content_key(content)
                self._contents[path] = content
                sure = max(status.st_mtime_ns, status.st_ctime_ns) + _DOUBTFUL_NS < clock
                self._now[path] = Seen(*(signature if sure else (-1, 0, 0, 0)), key)
                return
        else:
            content = read_bytes(path, self._root)
        if isinstance(content, Unreadable):
            self.unreadable[path] = content
        else:  # it came between the two looks
            self.keys[path] = content_key(content)
            self._contents[path] = content

    def _clock(self) -> int:
        """The time of the file system, which need not be that of this machine; 0, before all files, when unknown."""
        directory = self._store.directory
        if directory is None:
            return 0
        try:
            os.utime(directory)
            return directory.stat().st_mtime_ns
        except OSError:
            return 0

    def _load(self) -> dict[str, Seen]:
        data = self._store.get([self._name]).get(self._name)
        if data is None:
            return {}
        try:
            return msgspec.msgpack.decode(data, type=dict[str, Seen])
        except msgspec.DecodeError:
            return {}
