"""How does a GitLab merge request show findings? As a code quality report: every fingerprint once, `[]` when clean."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sst_lint.findings import Finding, Report
from sst_lint.output.shown import in_repository, visible
from sst_lint.output.style import Style, escape

_SEVERITY = {("error", "high"): "critical", ("error", "medium"): "major", ("error", "low"): "major"}


def render_gitlab(report: Report, style: Style) -> str:
    """Return the findings as a GitLab code quality report."""
    seen: set[str] = set()
    records = [_record(each, report, seen) for each in visible(report, style)]
    body = ",\n".join(json.dumps(record) for record in records)
    return f"[\n{body}\n]\n" if records else "[]\n"


def _record(finding: Finding, report: Report, seen: set[str]) -> dict[str, Any]:
    path = in_repository(report, finding.path)
    severity = _SEVERITY.get((finding.severity, finding.confidence), "minor")
    return {
        "description": f"{finding.rule} {escape(finding.message)}",
        "check_name": finding.rule,
        "fingerprint": _once(hashlib.sha256(f"{path}\0{finding.fingerprint}".encode(errors="replace")), seen),
        "severity": severity if finding.reported else "info",
        "location": {"path": escape(path), "lines": {"begin": finding.line, "end": finding.end_line}},
    }


def _once(digest: hashlib._Hash, seen: set[str]) -> str:
    """Return a fingerprint that no finding before had: GitLab drops all but one of those that are equal."""
    while digest.hexdigest() in seen:
        digest.update(b"again")
    seen.add(digest.hexdigest())
    return digest.hexdigest()
