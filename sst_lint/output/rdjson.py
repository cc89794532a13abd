"""How does reviewdog read findings? As one RDFormat result (rdjson); its columns count bytes of UTF-8."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sst_lint.findings import Edit, Finding, Report
from sst_lint.findings.snippets import lines_of
from sst_lint.output.shown import in_repository, visible
from sst_lint.output.style import Style, escape


def render_rdjson(report: Report, style: Style) -> str:
    """Return the findings as an RDFormat diagnostic result, one diagnostic a line."""
    body = ",\n".join(json.dumps(_diagnostic(each, report)) for each in visible(report, style))
    diagnostics = f"[\n{body}\n]" if body else "[]"
    return f'{{"source": {{"name": "sst-lint"}}, "diagnostics": {diagnostics}}}\n'


def _diagnostic(finding: Finding, report: Report) -> dict[str, Any]:
    record: dict[str, Any] = {
        "message": escape(finding.message),
        "location": {
            "path": escape(in_repository(report, finding.path)),
            "range": _range(report.texts, finding),
        },
        "severity": "ERROR" if finding.severity == "error" else "WARNING",
        "code": {"value": finding.rule},
    }
    if not finding.reported:
        record["severity"] = "INFO"
    edits = [edit for edit in finding.fix.edits if edit.path == finding.path] if finding.fix else []
    if edits:
        record["suggestions"] = [{"range": _range(report.texts, edit), "text": edit.content} for edit in edits]
    if finding.trace:
        record["related_locations"] = [
            {
                "message": escape(step.message),
                "location": {
                    "path": escape(in_repository(report, step.path)),
                    "range": {"start": {"line": step.line}},
                },
            }
            for step in finding.trace
        ]
    return record


def _range(texts: Mapping[str, str], span: Finding | Edit) -> dict[str, Any]:
    lines = lines_of(texts.get(span.path, ""))
    return {
        "start": {"line": span.line, "column": _bytes(lines, span.line, span.column)},
        "end": {"line": span.end_line, "column": _bytes(lines, span.end_line, span.end_column)},
    }


def _bytes(lines: tuple[str, ...], line: int, column: int) -> int:
    """A column in code points as one in bytes, both 1-based."""
    before = lines[line - 1][: column - 1] if 1 <= line <= len(lines) else ""
    return column + len(before.encode("utf-8", "surrogatepass")) - len(before)
