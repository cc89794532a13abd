"""What may be found of a file or a directory after a crash, given what was written, and what was synced?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

Names = tuple[tuple[str, int], ...]


class Inode:
    """A file, directory, link or FIFO: what it is now, and what of it may be found after a crash."""

    def __init__(self, number: int, kind: str, mode: int) -> None:
        self.number = number
        self.kind = kind
        self.mode = mode
        self.owner = (1000, 1000)
        self.device = 1
        self.data = b""
        self.target = ""
        self.entries: dict[str, int] = {}
        self.safe: tuple[bytes, int] = (b"", mode)
        self.pending: list[tuple[Any, ...]] = []
        self.names: set[Names] = {()}
        self.doubt: set[Names] | None = None
        self.since: list[tuple[Any, ...]] = []
        self.poisoned = False
        self._variants: list[tuple[bytes, int]] | None = None

    def change(self, *step: Any) -> None:
        """Apply a step to the present; it stays uncertain until the next sync."""
        self.data, self.mode = _apply(self.data, self.mode, step)
        self.pending.append(step)
        self._variants = None

    def rename_entry(self, *step: Any) -> None:
        """The same for the names of a directory: ("add", name, inode), ("del", name) or ("move", old, new, inode)."""
        _apply_names(self.entries, step)
        self.since.append(step)
        found = set(self.names)
        for names in self.names:
            for variant in _partly(step):
                after = dict(names)
                _apply_names(after, variant)
                found.add(tuple(sorted(after.items())))
        self.names = found

    def sync(self) -> None:
        """All that is now is durable, except for what was at stake when an earlier sync failed."""
        if self.poisoned:
            return
        self.safe, self.pending, self._variants = (self.data, self.mode), [], None
        if self.doubt is None:
            self.names, self.since = {tuple(sorted(self.entries.items()))}, []
        else:
            self.names = {_after_all(names, self.since) for names in self.doubt}

    def fail(self) -> None:
        """A sync failed: whether what it was to save is on the disk stays unknown, whatever later syncs say."""
        if self.kind == "dir":
            self.doubt, self.since = set(self.names), []
        else:
            self.poisoned = True

    def variants(self) -> list[tuple[bytes, int]]:
        """Each (content, mode) that may be found: any prefix of the steps, a torn one, a missing one, zeros."""
        if self._variants is None:
            self._variants = [(self.data, self.mode)] if not self.pending else list(dict.fromkeys(self._uncertain()))
        return self._variants

    def _uncertain(self) -> Iterator[tuple[bytes, int]]:
        contents, mode = [self.safe[0]], self.safe[1]
        modes, data = [mode], self.safe[0]
        for step in self.pending:
            if step[0] == "write":
                half = step[2][: len(step[2]) // 2]
                contents.append(_apply(data, mode, ("write", step[1], half))[0])
            data, mode = _apply(data, mode, step)
            contents.append(data)
            modes.append(mode)
        contents.append(b"\0" * len(data))
        writes = [step for step in self.pending if step[0] != "mode"]
        if 1 < len(writes) <= 8:
            for missing in range(len(writes)):
                data = self.safe[0]
                for step in writes[:missing] + writes[missing + 1 :]:
                    data = _apply(data, 0, step)[0]
                contents.append(data)
        return iter(itertools.product(dict.fromkeys(contents), dict.fromkeys(modes)))


def _apply(data: bytes, mode: int, step: tuple[Any, ...]) -> tuple[bytes, int]:
    if step[0] == "mode":
        return data, step[1]
    if step[0] == "truncate":
        return data[: step[1]].ljust(step[1], b"\0"), mode
    offset, piece = step[1], step[2]
    return data[:offset].ljust(offset, b"\0") + piece + data[offset + len(piece) :], mode


def _apply_names(entries: dict[str, int], step: tuple[Any, ...]) -> None:
    if step[0] == "del":
        entries.pop(step[1], None)
    elif step[0] == "add":
        entries[step[1]] = step[2]
    else:
        entries.pop(step[1], None)
        entries[step[2]] = step[3]


def _after_all(names: Names, steps: list[tuple[Any, ...]]) -> Names:
    entries = dict(names)
    for step in steps:
        _apply_names(entries, step)
    return tuple(sorted(entries.items()))


def _partly(step: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """A rename may be found with its old name still there as well, never with neither."""
    return [step, ("add", step[2], step[3])] if step[0] == "move" else [step]
