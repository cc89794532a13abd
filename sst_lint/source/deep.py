"""How is a tree walked that is deeper than a default thread allows? In a thread with a larger stack."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Tried in turn: address space only, pages are used as needed, but a limit on it may refuse the larger ones.
STACK_BYTES = (512 * 1024 * 1024, 128 * 1024 * 1024, 32 * 1024 * 1024)
#: What one level of Python recursion may cost of the stack; generous, for the interpreters that spend it (up to 3.10).
BYTES_PER_LEVEL = 8 * 1024

_lock = threading.Lock()
_here = threading.local()
_active: list[int] = []  # the recursion limits that the running deep threads need
_normal_limit = 0  # the limit of the process while none runs


def run_deep(work: Callable[[], T]) -> T:
    """Runs ``work`` with stack and recursion limit for trees thousands of levels deep; its errors are raised here.

    In a thread that is deep already, ``work`` runs at once.
    """
    if getattr(_here, "deep", False):
        return work()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def target() -> None:
        _here.deep = True
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 -- handed to the caller's thread, which raises it
            failure.append(error)

    thread, limit = _start(target)
    try:
        thread.join()
    finally:
        _leave(limit)
    if failure:
        raise failure[0]
    return outcome[0]


def _start(target: Callable[[], None]) -> tuple[threading.Thread, int]:
    """A running thread with the largest stack that the system gives, and the recursion limit that goes with it."""
    for stack in STACK_BYTES:
        limit = stack // BYTES_PER_LEVEL
        with _lock:  # stack size and recursion limit belong to the whole process
            old = threading.stack_size(stack)
            _enter(limit)
            try:
                thread = threading.Thread(target=target, name="sst-lint-deep", daemon=True)
                thread.start()
                return thread, limit
            except RuntimeError:  # "can't start new thread": its memory was refused
                _drop(limit)
                if stack == STACK_BYTES[-1]:
                    raise
            finally:
                threading.stack_size(old)
    raise AssertionError("the last size either starts or raises")


def _enter(limit: int) -> None:
    global _normal_limit
    if not _active:
        _normal_limit = sys.getrecursionlimit()
    _active.append(limit)
    sys.setrecursionlimit(max(_normal_limit, *_active))


def _leave(limit: int) -> None:
    with _lock:
        _drop(limit)


def _drop(limit: int) -> None:
    _active.remove(limit)
    sys.setrecursionlimit(max((_normal_limit, *_active)))
