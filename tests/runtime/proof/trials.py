"""Is every broken protocol caught, by the layer that should, for the reason that it is known for?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .behavior import run_order
from .controls import CONTROLS, REAL, Broken, control, sound_index
from .crash import run_classics, run_generated
from .interleavings import run_interleavings
from .processes import run_contention, run_kills
from .subject import Figures, Subject
from .vectors import run_vectors


@dataclass(frozen=True)
class Trial:
    """What one layer said about one broken protocol."""

    name: str
    story: str
    layer: str
    cases: int
    bad: int
    unit: str
    example: str

    @property
    def caught(self) -> bool:
        """Was it?"""
        return self.bad > 0


def in_the_model(kind: type[Broken], layer: str, reason: str, *, schedules: int = 30) -> Trial:
    """One control on the model file system."""
    subject = control(kind)
    if layer == "crash states":
        figures = run_classics(subject, count_all=True)
        unit, bad = "crash states and instants", len(figures.violations)
        cases = figures.cases + figures.counts["instants"]
    elif layer in ("bytes", "order"):
        figures = run_vectors(subject, count=0) if layer == "bytes" else run_order(subject)
        unit, cases, bad = "vectors" if layer == "bytes" else "listings", figures.cases, len(figures.violations)
    else:
        figures = run_interleavings(subject, start=0, schedules=schedules)
        bad = len({text.partition(":")[0] for text in figures.violations})
        unit, cases = "schedules", figures.cases
    right = [text for text in figures.violations if re.search(reason, text)]
    return _trial(kind, layer, cases, bad if right else 0, unit, right)


def all_in_the_model() -> list[Trial]:
    """Every control."""
    return [in_the_model(*row) for row in CONTROLS]


def with_processes(kind: type[Broken], layer: str, *, count: int = 60, kills: int = 40) -> Trial:
    """One control among real processes. What happens there is chance, so there are a few attempts."""
    for attempt in range(1, 6):
        if layer == "contention":
            figures = run_contention(control(kind), writers=4, count=count * attempt)
            lost, looked = figures.counts["lost"], figures.counts["reads"]
            found = (
                ("updates lost", 4 * count * attempt, lost)
                if lost
                else ("reads bad", looked, figures.counts["bad reads"])
            )
        else:
            works = ("index",) if "upsert" in kind.kinds else ("file",)
            figures = run_kills(control(kind), count=kills * attempt, works=works, seed=attempt)
            found = ("kills", figures.cases, len(figures.violations))
        if found[2]:
            break
    unit, cases, bad = found
    return _trial(kind, layer, cases, bad, unit, figures.violations)


def all_with_processes(*, count: int, kills: int) -> list[Trial]:
    """Every control that real processes must catch too."""
    return [with_processes(kind, layer, count=count, kills=kills) for kind, layer in REAL]


def _trial(kind: type[Broken], layer: str, cases: int, bad: int, unit: str, texts: list[str]) -> Trial:
    story = " ".join((kind.__doc__ or "").split())
    return Trial(kind.__name__, story, layer, cases, bad, unit, texts[0] if texts else "")


def acquitted(*, schedules: int = 30) -> Figures:
    """The same code with nothing wrong must pass: a layer that finds everything guilty finds nothing."""
    subject: Subject = sound_index()
    figures = run_classics(subject)
    figures.add(run_generated(subject, start=0, examples=40))
    figures.add(run_interleavings(subject, start=0, schedules=schedules))
    return figures
