"""Does the tool's own code pass the tool? It runs on itself, as on any project."""

from __future__ import annotations

from pathlib import Path

from sst_lint.engine import Options, check

PACKAGE = Path(__file__).parent.parent / "sst_lint"


def test_no_findings_on_itself() -> None:
    report = check([PACKAGE], Options())
    assert report.files > 90
    assert not report.problems
    assert [f"{f.path}:{f.line} {f.rule} {f.message}" for f in report.reported] == []
