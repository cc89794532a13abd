"""unit -> Facts, through LibCST. Imports LibCST only when something is extracted."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from sst_lint.facts.records import UnitFacts

if TYPE_CHECKING:
    from sst_lint.source.records import Unit

__all__ = ["UnitFacts", "extract"]


def extract(unit: Unit) -> UnitFacts:
    """The facts of one unit; see ``sst_lint.facts.reader``."""
    return _reader()(unit)


@cache
def _reader() -> Callable[[Unit], UnitFacts]:
    from sst_lint.facts.reader import read_unit

    return read_unit
