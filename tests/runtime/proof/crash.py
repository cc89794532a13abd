"""Does every state that a power failure can leave behind keep what was promised?"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings

from .histories import CLASSICS, Play, Step, histories
from .subject import Figures, Subject


def fits(subject: Subject, history: tuple[Step, ...]) -> bool:
    """Does the subject offer all that this history calls?"""
    apis = getattr(subject.api, "apis", None)
    return all(step.kind in subject.kinds and (apis is None or step.api in apis) for step in history)


def run_classics(subject: Subject, *, count_all: bool = False) -> Figures:
    """The histories written by hand."""
    figures = Figures("crash states")
    for history in CLASSICS:
        if fits(subject, history):
            _play(subject, history, figures, count_all=count_all)
    return figures


def run_generated(subject: Subject, *, start: int, examples: int, shrink: bool = True) -> Figures:
    """Histories made up by hypothesis; the same ones for the same `start`. A violation is shrunk to its core."""
    figures = Figures("crash states")
    found: list[str] = []

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(histories(subject.kinds))
    def each(history: list[Step]) -> None:
        if not fits(subject, tuple(history)):
            return
        before = len(figures.violations)
        _play(subject, tuple(history), figures)
        if len(figures.violations) > before:
            found.append(figures.violations[-1])
            raise AssertionError(found[-1])

    try:
        each()
    except AssertionError:
        figures.violations = found[-1:]
    return figures


def _play(subject: Subject, history: tuple[Step, ...], figures: Figures, *, count_all: bool = False) -> None:
    outcome = Play(subject, count_all=count_all).run(history)
    figures.cases += outcome.crashes
    figures.bump("instants", outcome.instants)
    figures.bump("bad states", outcome.bad)
    figures.bump("histories")
    figures.bump("faults inside", outcome.faults)
    figures.bump("cut short", outcome.cut_short)
    figures.violations += [f"{violation}, in the history {history}" for violation in outcome.violations]
