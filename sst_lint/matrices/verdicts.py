"""Is a row bad? What the findings pass says of its place: a finding, or one that a filter hides, or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sst_lint.findings import Finding
from sst_lint.flow.location import Location

#: The words for a verdict, the worst first: what is reported, what is not and why, what is no finding.
WORDS = ("bad", "suppressed", "known", "unsure", "off", "ok")
MEANINGS = {
    "bad": "reported",
    "suppressed": "silenced by a comment",
    "known": "in the baseline",
    "unsure": "less sure than `min-confidence` asks for",
    "off": "its rule is not selected",
    "ok": "nothing found against it",
}

#: A finding and what keeps it from being shown: "", "unsure", "not selected".
Judged = tuple[Finding, str]


@dataclass(frozen=True)
class Verdict:
    """One of ``WORDS``; the rules and messages of the findings at the place; why it is hidden, or why it is ok."""

    word: str
    rules: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    confidence: str = ""
    why: str = ""
    message: str = ""


class Verdicts:
    """The findings of one family of rules, to be taken by the rows at their places."""

    def __init__(self, findings: Iterable[Judged], family: str) -> None:
        """``family``: what the codes begin with. Findings that only mention the family (``also``) join rows."""
        self._by_place: dict[tuple[str, int, int], list[Judged]] = {}
        self._family = family
        self._taken: set[tuple[str, int, int]] = set()
        for finding, state in findings:
            if any(rule.startswith(family) for rule in (finding.rule, *finding.also)):
                self._by_place.setdefault(finding.order[:3], []).append((finding, state))

    def take(self, where: Location, calm: str) -> Verdict:
        """Return the verdict on a place; ``calm`` says why it is ok, if it is."""
        place = (where.path, where.line, where.column)
        self._taken.add(place)
        found = self._by_place.get(place)
        return verdict_of(found) if found else Verdict("ok", why=calm)

    def is_found(self, where: Location) -> bool:
        """Whether there is any finding at a place."""
        return (where.path, where.line, where.column) in self._by_place

    def rest(self) -> list[Location]:
        """The places of findings of the family that no row took."""
        result = []
        for place in sorted(self._by_place):
            own = [finding for finding, _ in self._by_place[place] if finding.rule.startswith(self._family)]
            if own and place not in self._taken:
                first = own[0]
                result.append(Location(*place, first.end_line, first.end_column, first.function))
        return result


def verdict_of(found: Sequence[Judged]) -> Verdict:
    """Return the verdict of the findings at one place: that of those which are least hidden, and why others are."""
    ranked = sorted(found, key=lambda each: (WORDS.index(_word(each)), each[0].order[3]))
    first = ranked[0][0]
    shown = [each for each in ranked if _word(each) == _word(ranked[0])]
    rules = tuple(dict.fromkeys(rule for each, _ in shown for rule in (each.rule, *each.also)))
    names = tuple(dict.fromkeys(each.name for each, _ in shown))
    others = [f"{each[0].rule}: {_hidden(each)}" for each in ranked[len(shown) :]]
    why = "; ".join(dict.fromkeys(part for part in (_hidden(ranked[0]), *others) if part))
    return Verdict(_word(ranked[0]), rules, names, first.confidence, why, first.message)


def _word(judged: Judged) -> str:
    finding, state = judged
    if finding.suppressed is not None:
        return "suppressed"
    if finding.baselined:
        return "known"
    return {"": "bad", "unsure": "unsure"}.get(state, "off")


def _hidden(judged: Judged) -> str:
    """The filter that hides a finding, with its reason; "" when nothing does."""
    finding, _ = judged
    word = _word(judged)
    if finding.suppressed is None:
        return "" if word == "bad" else MEANINGS[word]
    comment = finding.suppressed
    about = ", ".join(part for part in (comment.tier, comment.ticket) if part)
    return f"{comment.kind} comment{f' ({about})' if about else ''}: {comment.reason or 'no reason given'}"
