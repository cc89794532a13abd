"""What can the examples of library models use? A directory with a few files, and names for common values."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import io
import os
import queue
import sqlite3
import tarfile
import types
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@dataclasses.dataclass
class Record:
    """A value for calls on dataclasses."""

    a: int = 1


async def coroutine() -> int:
    """Return a value, some time."""
    return 1


async def stream() -> Any:
    """Yield a value, some time."""
    yield 1


def make_files(root: Path) -> None:
    """Fill an empty directory with what examples read, move and remove."""
    for name in ("a.txt", "b.txt", "a.ini", "d/x", "d/y", "a/b"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("")
    (root / "empty").mkdir()
    (root / "link").symlink_to("a.txt")
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    with tarfile.open(root / "a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("a"))


class Names(dict[str, Any]):
    """Names of an example; a name that is not there is a module."""

    def __missing__(self, name: str) -> types.ModuleType:
        try:
            return importlib.import_module(name)
        except ImportError:
            raise KeyError(name) from None


@contextmanager
def names(root: Path) -> Iterator[Names]:
    """Give the names that examples use; close the files behind them at the end."""
    full_queue: queue.Queue[str] = queue.Queue()
    full_priority: queue.PriorityQueue[str] = queue.PriorityQueue()
    async_queue: asyncio.Queue[str] = asyncio.Queue()
    for each in (full_queue, full_priority, async_queue):
        each.put_nowait("a")
    database = sqlite3.connect(":memory:")
    database.execute("create table t (x)")
    descriptors = [os.open(root / "fd", os.O_RDWR | os.O_CREAT), os.open(root / "b.txt", os.O_RDONLY)]
    with (root / "h").open("w+") as handle, (root / "hb").open("w+b") as binary, (root / "a.txt").open() as reader:
        yield Names(
            xs=["b", "a"],
            ys=["c", "d"],
            pairs=[("k", 1), ("l", 2)],
            mapping={"a": 1, "b": 2},
            data=b"data",
            handle=handle,
            binary=binary,
            reader=reader,
            descriptor=descriptors[0],
            source_descriptor=descriptors[1],
            full_queue=full_queue,
            full_priority=full_priority,
            async_queue=async_queue,
            database=database,
            record=Record(),
            coroutine=coroutine,
            stream=stream(),
            cmp=lambda a, b: (a > b) - (a < b),
            io=io,
        )
    database.close()
    for descriptor in descriptors:
        try:
            os.close(descriptor)
        except OSError as error:
            if error.errno != 9:  # an example that closes it is fine
                raise
