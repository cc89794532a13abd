"""Does the tool find in each case what stands written in it, no less and no more?"""

from __future__ import annotations

from pathlib import Path

import pytest

from sst_lint.testing import Case, compare, find_cases, run_case

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "cases"


@pytest.mark.parametrize("case", find_cases(FOLDER), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    report = run_case(case)
    mismatches = sorted(compare(case, report.reported))
    assert not mismatches and not report.problems, "\n".join([*map(str, mismatches), *report.problems])
    for finding in report.reported:  # who is unsure says why
        told = bool(finding.doubts)
        assert told == (finding.confidence == "low") or (told and finding.confidence == "medium"), finding
