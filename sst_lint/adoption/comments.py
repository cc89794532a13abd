"""Which comments of a team say "this one may stay" already? Waiver words, and justifications for other tools."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sst_lint.config.waivers import parse_accepted
from sst_lint.source.lexemes import COMMENT, STRING

if TYPE_CHECKING:
    from sst_lint.source.records import Source

_COMMENTS = re.compile(rf"{STRING}|({COMMENT})", re.DOTALL)
_WAIVER = re.compile(r"#+\s*([A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)*[_-](?:OK|SAFE|ALLOWED|EXEMPT|WAIVER|WAIVED))\b")
_NOQA = re.compile(r"#\s*noqa\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*)\s*(?P<rest>.*)", re.IGNORECASE)
_PYLINT = re.compile(r"#\s*pylint:\s*disable\s*=\s*(?P<codes>[\w-]+(?:\s*,\s*[\w-]+)*)\s*(?P<rest>.*)", re.IGNORECASE)
_FEW = 2  #: a word that stands once is no habit


@dataclass(frozen=True)
class Comments:
    """Comments that could count here too, with how often they stand."""

    waivers: tuple[tuple[str, int], ...]
    accepted: tuple[tuple[str, int], ...]  #: justifications that give a reason: ``noqa:BLE001``


def comments(sources: Iterable[Source]) -> Comments:
    """Return the habits that the comments of the sources show."""
    waivers: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for source in sources:
        for match in _COMMENTS.finditer(source.text):
            if match.group(1) is not None:
                waivers.update(each.group(1) for each in [_WAIVER.match(match.group(1))] if each)
                accepted.update(_accepted(match.group(1)))
    return Comments(_frequent(waivers), _frequent(accepted))


def _accepted(comment: str) -> list[str]:
    """The entries of ``accept`` that a comment with a reason would need."""
    from sst_lint.config.keys import ValueProblem

    found = []
    for tool, pattern in (("noqa", _NOQA), ("pylint", _PYLINT)):
        match = pattern.search(comment)
        if match is None or not match["rest"].strip(" -–—:;,#."):
            continue
        for code in match["codes"].split(","):
            entry = f"{tool}:{code.strip()}"
            try:
                parse_accepted(entry)
            except ValueProblem:  # of no meaning here
                continue
            found.append(entry)
    return found


def _frequent(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple((word, number) for word, number in sorted(counts.items()) if number >= _FEW)
