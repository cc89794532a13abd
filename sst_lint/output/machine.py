"""How do programs read the findings? JSON, version 1; keys and order are a promise."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from typing import Any

from sst_lint.findings import Finding, Report
from sst_lint.output.style import Style

VERSION = 1


def render_json(report: Report, style: Style) -> str:
    """Return the report as JSON in ASCII, one finding a line; suppressed findings are in it, with their reason."""
    findings = ",\n".join(json.dumps(finding_record(finding)) for finding in report.findings)
    body = f"[\n{findings}\n]" if findings else "[]"
    return f'{{"version": {VERSION}, "findings": {body}, "summary": {json.dumps(summary(report))}}}\n'


def render_json_lines(report: Report, style: Style) -> str:
    """Return one JSON object a line, in ASCII: the findings of ``render_json``, and nothing else."""
    return "".join(json.dumps(finding_record(finding)) + "\n" for finding in report.findings)


def finding_record(finding: Finding) -> dict[str, Any]:
    """Return one finding with the keys of the schema, in its order."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "message": finding.message,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "function": finding.function,
        "fingerprint": finding.fingerprint,
        "trace": [
            {"path": step.path, "line": step.line, "function": step.function, "message": step.message}
            for step in finding.trace
        ],
        "also": list(finding.also),
        "fix": _fix(finding),
        "suppressed": _suppressed(finding),
        "baseline": finding.baseline,
        "doubts": list(finding.doubts),
    }


def _fix(finding: Finding) -> dict[str, Any] | None:
    if finding.fix is None:
        return None
    edits = [
        {
            "path": edit.path,
            "line": edit.line,
            "column": edit.column,
            "end_line": edit.end_line,
            "end_column": edit.end_column,
            "content": edit.content,
        }
        for edit in finding.fix.edits
    ]
    fix = finding.fix
    return {"safety": fix.safety, "edits": edits, "message": fix.message, "needs": fix.needs}


def _suppressed(finding: Finding) -> dict[str, Any] | None:
    return None if finding.suppressed is None else dataclasses.asdict(finding.suppressed)


def summary(report: Report) -> dict[str, Any]:
    """Return the figures of the run; counts are of the findings that are neither suppressed nor in the baseline."""
    reported = report.reported
    return {
        "files": report.files,
        "findings": len(reported),
        "errors": sum(1 for finding in reported if finding.severity == "error"),
        "warnings": sum(1 for finding in reported if finding.severity == "warning"),
        "suppressed": sum(1 for finding in report.findings if finding.suppressed is not None),
        "baselined": sum(1 for finding in report.findings if finding.baselined),
        "fixed": report.stock.fixed if report.stock else 0,
        "problems": list(report.problems),
        "by_rule": dict(sorted(Counter(finding.rule for finding in reported).items())),
    }
