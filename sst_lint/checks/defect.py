"""What does a check yield? One defect: a rule, a place, the reason, and how sure the tool is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sst_lint.checks.belief import Belief, Confidence
from sst_lint.flow.location import Location, Step

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Defect:
    """One rule broken at one place.

    ``statement_line`` is the first line of the statement that holds the place: a suppression comment counts there too.
    ``snippet`` is the offending source expression as written, white space folded (for baselines and fingerprints).
    ``group`` names the defect that several rules may see at once (same group in the same file: one finding).
    ``about``: the qualified name of the call that the place is, where the rule is about a call (for fixes).
    ``doubts``: what has taken the confidence down, each in words that go on behind "because".
    """

    rule: str
    location: Location
    statement_line: int
    snippet: str
    message: str
    severity: Severity
    confidence: Confidence
    trace: tuple[Step, ...] = ()
    group: str = ""
    about: str = ""
    doubts: tuple[str, ...] = ()

    def believed(self, belief: Belief) -> Defect:
        """The same, with another confidence."""
        return replace(self, confidence=belief.confidence, doubts=belief.doubts)

    def low(self, why: str) -> Defect:
        """The same, with little confidence."""
        return self.believed(Belief(self.confidence, self.doubts).low(why))
