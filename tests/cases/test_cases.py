"""Does the tool find in each case what stands written in it, no less and no more?"""

from __future__ import annotations

from pathlib import Path

import pytest

from sst_lint.testing import Case, find_cases, judge

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "cases"


@pytest.mark.parametrize("case", find_cases(FOLDER), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    mismatches = judge(case)
    assert not mismatches, "\n".join(map(str, mismatches))
