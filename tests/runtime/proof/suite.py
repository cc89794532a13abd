"""Which layers make up the short form, and in which order are they asked about a mutant?"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from . import behavior, crash, matrix, vectors
from .interleavings import run_interleavings
from .mutants import Mutant
from .subject import Figures, Subject, copied
from .worlds import Memory

Layer = Callable[[Subject], Figures]


def _matrix(subject: Subject) -> Figures:
    return matrix.run_matrix(subject, Memory, errnos=matrix.ERRNOS[:4], stop_early=True)


def _windows(subject: Subject) -> Figures:
    return matrix.run_matrix(subject, lambda: Memory(windows=True), errnos=matrix.ERRNOS[:2], stop_early=True)


LAYERS: dict[str, Layer] = {
    "bytes": lambda subject: vectors.run_vectors(subject, count=60, yaml_every=3),
    "order": behavior.run_order,
    "locks": behavior.run_locks,
    "crash states": crash.run_classics,
    "fault matrix": _matrix,
    "interleavings": lambda subject: run_interleavings(subject, start=0, schedules=40, stop_early=True),
    "fault matrix on Windows": _windows,
    "generated crash states": lambda subject: crash.run_generated(subject, start=0, examples=100, shrink=False),
}


def verdict(subject: Subject, first: str = "") -> tuple[str, str] | None:
    """The layer that finds the subject wrong, and what it says; None if all of them accept it."""
    for name in sorted(LAYERS, key=lambda each: each != first):
        try:
            found = LAYERS[name](subject).violations
        except Exception as error:  # noqa: BLE001 - a mutant may break in any way; that is a verdict too
            return name, f"{type(error).__name__}: {error}"
        if found:
            return name, found[0]
    return None


def judge_mutants(mutants: tuple[Mutant, ...]) -> Iterator[tuple[Mutant, tuple[str, str] | None]]:
    """Each mutant with the verdict of the short suite."""
    with tempfile.TemporaryDirectory() as directory:
        for number, mutant in enumerate(mutants):
            package = f"sst_mutant_{number}"
            mutant.write(Path(directory), package)
            yield mutant, verdict(copied(Path(directory), package), mutant.layer)
            # What it holds, if it gives no lock back, must not be closed by the hook that it left for forked children.
            importlib.import_module(f"{package}.locks")._taken.clear()
            for name in [name for name in sys.modules if name.partition(".")[0] == package]:
                del sys.modules[name]
            importlib.invalidate_caches()
