"""Does the tool find what the hand-written list says, and nothing that the list does not know?

The list was made before the tool first ran on the project. It is the truth: a finding is read against it, never the
other way round.
"""

from __future__ import annotations

from functools import cache

import pytest
from defects import LEGACY_PIPELINE, ExpectedDefect, Lookalike, expected, lookalikes

from sst_lint.engine import Options, check_project
from sst_lint.findings import Finding

#: The last issue whose rules exist.
ISSUE = 5
DUE = [defect for defect in expected() if 0 < defect.issue <= ISSUE]


@cache
def findings(min_confidence: str) -> tuple[Finding, ...]:
    options = Options(isolated=True, overrides={"min_confidence": min_confidence})
    report = check_project(LEGACY_PIPELINE, [LEGACY_PIPELINE], options)
    assert not report.problems
    return report.reported


def sees(finding: Finding, defect: ExpectedDefect) -> bool:
    """Whether a finding is this defect, under its own rule, a tolerated one, or one in its ``also``."""
    rules = (finding.rule, *finding.also)
    return any(defect.tolerates(finding.path, finding.line, rule) for rule in rules)


def line(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}:{finding.column} {finding.rule} {finding.confidence} {finding.message}"


@pytest.mark.parametrize("defect", DUE, ids=lambda defect: f"{defect.id}-{defect.rule}")
def test_every_defect_is_found(defect: ExpectedDefect) -> None:
    found = [finding for finding in findings("low") if sees(finding, defect)]
    shown = [finding for finding in findings("medium") if sees(finding, defect)]
    place = f"{defect.id} {defect.place.path}:{defect.place.line} {defect.rule}: {defect.why}"
    if defect.todo:
        assert not (found if defect.confidence == "low" else shown), f"found now, so no longer `todo`: {place}"
    elif defect.confidence == "low":
        assert found, f"not found: {place}"
        assert not shown, f"more than low: {place}"
    else:
        assert shown, f"{'only low' if found else 'not found'}: {place}"


@pytest.mark.parametrize("harmless", lookalikes(), ids=lambda harmless: harmless.id)
def test_no_lookalike_is_reported(harmless: Lookalike) -> None:
    wrong = [line(each) for each in findings("medium") if harmless.forbids(each.path, each.line, each.rule)]
    assert wrong == [], f"{harmless.id}: {harmless.why}"


def test_nothing_else_is_reported() -> None:
    defects, harmless = expected(), lookalikes()
    strange = [
        line(finding)
        for finding in findings("medium")
        if not any(sees(finding, defect) for defect in defects)
        and not any(each.forbids(finding.path, finding.line, finding.rule) for each in harmless)
    ]
    assert strange == []


def test_traces_lead_from_the_finding_to_a_sink() -> None:
    for finding in findings("low"):
        if finding.rule in ("SST201", "SST202", "SST203", "SST205"):
            assert finding.trace, line(finding)
            for step in finding.trace:
                text = (LEGACY_PIPELINE / step.path).read_text(encoding="utf-8").splitlines()
                assert 0 < step.line <= len(text) and text[step.line - 1].strip(), (line(finding), step)
                assert step.message


def test_only_what_is_due_can_be_todo() -> None:
    assert [defect.id for defect in expected() if defect.todo and not 0 < defect.issue <= ISSUE] == []
