"""The short form of the proof: every layer with small numbers, every control, every mutant."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

from sst_lint.fixes import vendoring

from . import behavior, crash, environment, matrix, processes, suite, syscalls, trials, vectors
from .controls import CONTROLS, REAL, Broken
from .interleavings import run_interleavings
from .mutants import Mutant, load_mutants
from .scenarios import SCENARIOS
from .subject import Figures, copied, runtime
from .worlds import Disk, Memory

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs fork, kill -9 and POSIX files")
MUTANTS = load_mutants()


def clean(figures: Figures, at_least: int) -> None:
    """Nothing wrong, and enough tried for that to mean something."""
    assert figures.violations[:5] == []
    assert figures.cases >= at_least
    if figures.skipped and not figures.cases:
        pytest.skip("; ".join(figures.skipped))


def test_crash_states_of_known_histories() -> None:
    figures = crash.run_classics(runtime())
    clean(figures, 800)
    assert figures.counts["faults inside"] >= 10


def test_crash_states_of_generated_histories() -> None:
    figures = crash.run_generated(runtime(), start=0, examples=150)
    clean(figures, 10_000)
    assert figures.counts["faults inside"] >= 50


def test_fault_matrix_in_the_model() -> None:
    clean(matrix.run_matrix(runtime(), Memory, errnos=matrix.ERRNOS[:4], every=2), 4_000)


def test_fault_matrix_as_windows_answers() -> None:
    clean(matrix.run_matrix(runtime(), lambda: Memory(windows=True), errnos=matrix.ERRNOS[:2], every=2), 2_000)


@posix
def test_fault_matrix_on_the_disk() -> None:
    with processes.scratch(memory=True) as root:
        numbers = itertools.count()
        subject = runtime()
        figures = matrix.run_matrix(subject, lambda: Disk(root / str(next(numbers)), subject.seam.System()), every=19)
    clean(figures, 600)


def test_interleavings() -> None:
    clean(run_interleavings(runtime(), start=100, schedules=60), 200)


@posix
def test_contention() -> None:
    figures = processes.run_contention(runtime(), writers=6, count=40)
    clean(figures, 240)
    assert figures.counts["reads"] > 20


@posix
def test_kills() -> None:
    figures = processes.run_kills(runtime(), count=40)
    clean(figures, 40)
    assert figures.counts["acknowledged"] > 40
    assert figures.counts["temps"] > 0, "no kill hit a writer in the middle of its work"


def test_real_system_calls() -> None:
    figures = syscalls.run_syscalls(runtime(), calls=("bytes",))
    clean(figures, 0 if figures.skipped else 20)
    assert figures.counts.get("fired", 0) == figures.cases


@posix
@pytest.mark.parametrize("case", environment.SHORT, ids=lambda case: case.__name__)
def test_environment(case: environment.Case) -> None:
    clean(environment.run_environment(runtime(), (case,)), 0)


def test_bytes() -> None:
    clean(vectors.run_vectors(runtime(), count=500, yaml_every=5), 500)


@posix
def test_locks_and_order() -> None:
    clean(behavior.run_locks(runtime()), 6)
    clean(behavior.run_order(runtime()), 4)


@posix
def test_a_vendored_copy_passes_too(tmp_path: Path) -> None:
    vendoring.vendor(tmp_path / "sst_vendored_copy")
    copy = copied(tmp_path, "sst_vendored_copy")
    assert copy.api.__file__.startswith(str(tmp_path))
    for figures in (
        crash.run_classics(copy),
        matrix.run_matrix(copy, Memory, every=11),
        run_interleavings(copy, start=0, schedules=10),
        vectors.run_vectors(copy, count=50),
        behavior.run_locks(copy),
        behavior.run_order(copy),
        processes.run_contention(copy, writers=2, count=20),
        processes.run_kills(copy, count=6),
    ):
        clean(figures, 4)


@pytest.mark.parametrize("row", CONTROLS, ids=lambda row: row[0].__name__)
def test_broken_protocols_are_caught(row: tuple[type[Broken], str, str]) -> None:
    trial = trials.in_the_model(*row)
    assert trial.caught, f"{trial.layer} accepts: {trial.story}"


@posix
@pytest.mark.parametrize("row", REAL, ids=lambda row: f"{row[0].__name__} by {row[1]}")
def test_broken_protocols_are_caught_by_real_processes(row: tuple[type[Broken], str]) -> None:
    trial = trials.with_processes(*row)
    assert trial.caught, f"{trial.layer} accepts: {trial.story}"


def test_sound_code_is_acquitted() -> None:
    clean(trials.acquitted(), 100)
    assert len(CONTROLS) >= 10


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_is_killed(mutant: Mutant) -> None:
    [(_, verdict)] = suite.judge_mutants((mutant,))
    assert verdict is not None, "the short suite does not notice"
    assert verdict[0] == mutant.layer, f"killed by {verdict[0]}, so that layer should be named: {verdict[1]}"


def test_there_is_enough_to_fail() -> None:
    assert len(MUTANTS) >= 20
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS) > 60
