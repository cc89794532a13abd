"""Several rules saw the same defect: which one names it?

The one with the lowest precedence; the others become its ``also``. This is decided among the selected rules and before
suppression, so that ignoring the strongest does not let the next one out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sst_lint.catalogue import Rule
from sst_lint.checks.defect import Defect
from sst_lint.findings.records import CONFIDENCE, SEVERITY

_Key = tuple[object, ...]


def one_per_defect(defects: Iterable[Defect], rules: Mapping[str, Rule]) -> list[tuple[Defect, tuple[str, ...]]]:
    """Return (strongest defect, codes of the weaker ones) for each group, in order of place and rule."""
    groups: dict[_Key, list[Defect]] = {}
    for defect in defects:
        groups.setdefault(_group(defect), []).append(defect)
    merged: list[tuple[Defect, tuple[str, ...]]] = []
    for group in groups.values():
        strongest = min(group, key=lambda defect: _strength(defect, rules[defect.rule]))
        weaker = dict.fromkeys(sorted(defect.rule for defect in group if defect.rule != strongest.rule))
        merged.append((strongest, tuple(weaker)))
    return sorted(merged, key=lambda entry: _place(entry[0]))


def _group(defect: Defect) -> _Key:
    """What makes two defects one: the group that the check gave, else the rule and the span."""
    if defect.group:
        return (defect.location.path, defect.group)
    return (defect.rule, defect.location)


def _strength(defect: Defect, rule: Rule) -> _Key:
    """Sort key: the strongest first; one of low confidence hides none that is surer. Between defects of one rule, the
    surest with the shortest trace."""
    return (
        CONFIDENCE[defect.confidence] == 0,
        rule.precedence,
        rule.code,
        -SEVERITY[defect.severity],
        -CONFIDENCE[defect.confidence],
        len(defect.trace),
        *_place(defect),
    )


def _place(defect: Defect) -> tuple[str, int, int, str, str, tuple[object, ...]]:
    where = defect.location
    return (where.path, where.line, where.column, defect.rule, defect.message, defect.trace)
