"""The checks of Acme, tried on the fixtures beside this file; `pip install .` first, for the entry point."""

from __future__ import annotations

from pathlib import Path

import pytest

from sst_lint.testing import Case, find_cases, judge

CASES = find_cases(Path(__file__).parent / "fixtures")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    assert judge(case) == []
