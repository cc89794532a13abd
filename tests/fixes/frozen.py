"""Run a module with clock, random numbers, uuids and threads held still: ``python frozen.py MODULE ARGUMENTS``.

Work that threads would do side by side is done one after the other, in the order in which it was handed in. What
still differs between two runs then differs by order of listings and sets, by hash seed or by the process.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime
import multiprocessing.pool
import random
import runpy
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

NOW = 1_700_000_000


class Frozen(datetime.datetime):
    """A date that knows only one present."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Frozen:
        return cls.fromtimestamp(NOW, tz)

    @classmethod
    def utcnow(cls) -> Frozen:
        return cls(2023, 11, 14, 22, 13, 20)


def submit(
    _: concurrent.futures.Executor, work: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> concurrent.futures.Future[Any]:
    """Do the work now; an error stays in the future, as it does with threads."""
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    try:
        future.set_result(work(*args, **kwargs))
    except Exception as error:  # noqa: BLE001 -- whoever asks for the result gets it
        future.set_exception(error)
    return future


def in_order(futures: Iterable[Any], timeout: float | None = None) -> Iterator[Any]:
    """What is completed first is what was handed in first."""
    return iter(list(futures))


def one_by_one(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """A thread of the program ends before the next one starts; those that serve a pool live as long as it does."""

    def started(thread: threading.Thread) -> None:
        start(thread)
        if not getattr(getattr(thread, "_target", None), "__module__", "").startswith(
            ("multiprocessing", "concurrent")
        ):
            thread.join()

    return started


def main() -> None:
    """Hold everything still and go."""
    concurrent.futures.ThreadPoolExecutor.submit = submit  # type: ignore[method-assign]
    concurrent.futures.as_completed = in_order  # type: ignore[assignment]
    asyncio.as_completed = in_order  # type: ignore[assignment]
    multiprocessing.pool.ThreadPool.imap_unordered = multiprocessing.pool.ThreadPool.imap  # type: ignore[method-assign]
    threading.Thread.start = one_by_one(threading.Thread.start)  # type: ignore[assignment,method-assign]
    time.time = lambda: float(NOW)
    time.perf_counter = time.process_time = lambda: 0.0
    uuid.uuid4 = lambda: uuid.UUID(int=7)
    datetime.datetime = Frozen  # type: ignore[misc]
    random.seed(0)
    sys.argv = sys.argv[1:]
    sys.path[0] = ""
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
