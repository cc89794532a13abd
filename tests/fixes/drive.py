"""Run every program of a folder with directories listed, and threads ending, in some order:
``python drive.py PROGRAMS OUT SEED``.

Each program's ``main(source, out)`` gets the same source files and a directory of its own; how it ended goes into
``ended.json``.
"""

from __future__ import annotations

import functools
import json
import os
import random
import sys
from collections.abc import Iterator
from multiprocessing.pool import ThreadPool
from typing import Any


class Shuffled:
    """What ``os.scandir`` returns, in the order of a seed."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Any]:
        return self._entries

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> Shuffled:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """There is nothing to close."""


def shuffle_directories(seed: int) -> None:
    """From now on directories are listed in an order that depends on the seed only."""
    listed, scanned = os.listdir, os.scandir

    def listdir(path: Any = ".") -> list[Any]:
        names = sorted(listed(path))
        random.Random(seed).shuffle(names)
        return names

    def scandir(path: Any = ".") -> Shuffled:
        with scanned(path) as found:
            entries = sorted(found, key=lambda entry: os.fsdecode(entry.name))
        random.Random(seed).shuffle(entries)
        return Shuffled(entries)

    # no plain functions: pathlib of Python 3.10 keeps them in a class, where those would become methods
    os.listdir, os.scandir = functools.partial(listdir), functools.partial(scandir)  # type: ignore[assignment]
    for name in ("pathlib", "pathlib._local", "pathlib._abc", "pathlib._os", "pathlib.types", "glob", "shutil"):
        sys.modules.pop(name, None)  # imported anew, they take the new functions


def shuffle_completion(seed: int) -> None:
    """From now on the order in which threads of a pool end depends on the seed only, not on the machine."""

    def imap_unordered(pool: ThreadPool, work: Any, items: Any, chunksize: int = 1) -> Iterator[Any]:
        results = pool.map(work, items, chunksize)
        random.Random(seed).shuffle(results)
        return iter(results)

    ThreadPool.imap_unordered = imap_unordered  # type: ignore[method-assign,assignment]


def main() -> None:
    """Run all programs."""
    programs, out, seed = sys.argv[1:4]
    shuffle_completion(int(seed))
    shuffle_directories(int(seed))
    from pathlib import Path

    sys.path.insert(0, programs)
    ended: dict[str, str] = {}
    for file in sorted(Path(programs).glob("shape_*.py")):
        here = Path(out) / file.stem
        source = here / "source"
        (source / "below").mkdir(parents=True)
        for number, name in enumerate(("d.txt", "b.txt", "a.txt", "below/e.txt", "below/c.txt")):
            (source / name).write_text(str(number) if name == "a.txt" else f"text {number}", encoding="utf-8")
        (source / "index.json").write_text('{"first": 0}', encoding="utf-8")
        (here / "out").mkdir()
        try:
            __import__(file.stem).main(source, here / "out")
        except Exception as error:  # noqa: BLE001 -- how a program ends is what is compared
            ended[file.stem] = f"{type(error).__name__}: {error}"
        else:
            ended[file.stem] = ""
    (Path(out) / "ended.json").write_text(json.dumps(ended, sort_keys=True), encoding="utf-8")


if __name__ == "__main__":
    main()
