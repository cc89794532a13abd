"""How sure is the tool of a defect, and what speaks against it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["high", "medium", "low"]

_LESS: dict[Confidence, Confidence] = {"high": "medium", "medium": "low", "low": "low"}


@dataclass(frozen=True)
class Belief:
    """A confidence, and the doubts that have taken it down, in words that go on behind "because": the first came
    first, and none is said twice."""

    confidence: Confidence
    doubts: tuple[str, ...] = ()

    @property
    def is_low(self) -> bool:
        return self.confidence == "low"

    def low(self, why: str) -> Belief:
        """Low, whatever it was."""
        return Belief("low", self._also(why))

    def less(self, why: str) -> Belief:
        """One step less."""
        return Belief(_LESS[self.confidence], self._also(why))

    def _also(self, why: str) -> tuple[str, ...]:
        return self.doubts if why in self.doubts else (*self.doubts, why)


HIGH = Belief("high")
MEDIUM = Belief("medium")


def low(why: str) -> Belief:
    """Low from the beginning."""
    return Belief("low", (why,))


#: Doubts that several checks share.
OF_A_TEST = "only a test does it"
BY_HAND = "a script that people run by hand does it, and they can run it again"
RUN_AGAIN = "a script that builds does it, or one of a CI server: when it fails, all is done again"
GUESSED = "a call on its way is resolved by the name of a method alone"
BY_FIELDS = "it passes so many fields, globals or orders of calls that it is one of many things that an object holds"
LONG_WAY = "its way has so many steps that hardly anybody believes it"
GIVEN_BY_USER = "the user names the file, and knows that it is written over"
EXPLAINED = "a comment in the clause says that somebody has thought of it"
LEAVES = "it leaves through a public function, and what is made of it there is not seen"
