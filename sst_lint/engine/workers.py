"""Who reads the files that nobody has read yet? This process, several, or any executor that is handed in.

Reading is a map over content, so its result is the same whoever does it, in whatever order.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from sst_lint.facts.files import Comments, FileRecord, Task, decode_record, encode_record, read_encoded, read_record
from sst_lint.source.deep import run_deep

#: Bytes of source that one process reads faster than others can be started: half a second of work.
_SMALL = 200_000
_BATCHES_PER_WORKER = 8  # so that the last ones end at about the same time
_LEAST_BATCH = 40_000  # bytes
_SERIAL_BATCH = 50_000
_PATIENCE = 2.0  #: seconds to wait for the thread of a pool whose processes are gone


class Reading(NamedTuple):
    """One file that was read: its number among the tasks, its record, and that in bytes (empty: not to be kept)."""

    number: int
    record: FileRecord
    encoded: bytes


def read_all(
    tasks: Sequence[Task], comments: Comments, take: Callable[[Reading], None], jobs: int, executor: Executor | None
) -> None:
    """Read files and hand them to ``take``, in any order. ``jobs`` 0: as many as there are cores."""
    if executor is not None:
        _by_executor(tasks, comments, take, executor, max(jobs, 4))
        return
    size = sum(len(task.content) for task in tasks)
    workers = min(jobs or cores(), size // _LEAST_BATCH, len(tasks))
    done: set[int] = set()

    def noted(reading: Reading) -> None:
        take(reading)
        done.add(reading.number)

    if workers > 1 and size >= _SMALL and _can_start_processes():
        # a worker was killed (by the system, for its memory), or none could be started: the rest is read here
        with contextlib.suppress(concurrent.futures.BrokenExecutor, OSError), processes(workers) as pool:
            _by_executor(tasks, comments, noted, pool, workers)
    _here(tasks, [number for number in range(len(tasks)) if number not in done], comments, take)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _here(tasks: Sequence[Task], numbers: Sequence[int], comments: Comments, take: Callable[[Reading], None]) -> None:
    """Read files in this process, a few at a time."""
    for batch in _batches(tasks, numbers, _SERIAL_BATCH):

        def work(batch: Sequence[int] = batch) -> list[Reading]:
            return [_read(number, tasks[number], comments) for number in batch]

        for reading in run_deep(work):
            take(reading)


def _read(number: int, task: Task, comments: Comments) -> Reading:
    record = read_record(task, comments)
    return Reading(number, record, encode_record(record) if record.keepable else b"")


def _by_executor(
    tasks: Sequence[Task], comments: Comments, take: Callable[[Reading], None], executor: Executor, workers: int
) -> None:
    """Read files by ``executor``, the largest first; what it cannot hand back is read here."""
    size = sum(len(task.content) for task in tasks)
    largest_first = sorted(range(len(tasks)), key=lambda number: (-len(tasks[number].content), number))
    batches = list(_batches(tasks, largest_first, max(_LEAST_BATCH, size // (workers * _BATCHES_PER_WORKER))))
    work = [_of(tasks, batch) for batch in batches]
    results = executor.map(read_encoded, work, [comments] * len(work))  # sst: ignore[SST204] -- in the order of `work`
    left: list[int] = []
    for batch, encoded in zip(batches, results, strict=True):
        for number, data in zip(batch, encoded, strict=True):
            record = decode_record(data) if data else None
            if record is None:
                left.append(number)
            else:
                take(Reading(number, record, data))
    _here(tasks, left, comments, take)


def _of(tasks: Sequence[Task], numbers: Sequence[int]) -> list[Task]:
    return [tasks[number] for number in numbers]


def _batches(tasks: Sequence[Task], numbers: Sequence[int], size: int) -> Iterator[list[int]]:
    """``numbers`` in order, in lists of about ``size`` bytes of content."""
    batch: list[int] = []
    held = 0
    for number in numbers:
        batch.append(number)
        held += len(tasks[number].content)
        if held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _can_start_processes() -> bool:
    """Whether processes of our own are safe here: not from a worker of another pool, not beside running threads."""
    if multiprocessing.current_process().daemon:
        return False
    return not _forks() or threading.active_count() == 1


def _forks() -> bool:
    """Whether workers are copies of this process: they start at once, with all that is imported."""
    return sys.platform.startswith("linux")


@contextlib.contextmanager
def processes(workers: int) -> Iterator[Executor]:
    """A pool of processes that end with the block, at once when it is left by an error or an interrupt."""
    if _forks():
        import sst_lint.facts.reader  # noqa: F401 -- once for all of them

    before = {child.pid for child in multiprocessing.active_children()}
    threads = set(threading.enumerate())
    context = multiprocessing.get_context("fork" if _forks() else "spawn")
    pool = concurrent.futures.ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        yield pool
    except BaseException:
        with _silent(threads):
            for child in multiprocessing.active_children():
                if child.pid not in before:
                    child.kill()
            pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


@contextlib.contextmanager
def _silent(known: Collection[threading.Thread]) -> Iterator[None]:
    """Let the pool's own thread, one not ``known``, end without a word: up to Python 3.12 it may find that what it
    wants to call broken was cancelled already, and prints a traceback."""
    hook = threading.excepthook
    own = [thread for thread in threading.enumerate() if thread not in known]

    def told(args: threading.ExceptHookArgs) -> None:
        if args.thread not in own:
            hook(args)

    threading.excepthook = told
    try:
        yield
        for thread in own:
            thread.join(_PATIENCE)
    finally:
        threading.excepthook = hook


def _begin() -> None:
    """Prepare a worker: an interrupt is its parent's business, and it ends when that is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
