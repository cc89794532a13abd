"""How do code scanning services read findings? As SARIF 2.1.0: rules with their prose, results with their traces."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from sst_lint import __version__
from sst_lint.catalogue import Rule
from sst_lint.findings import Edit, Finding, Report
from sst_lint.output.shown import in_repository, visible, weight
from sst_lint.output.style import Style, escape

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RESULTS = 5_000  #: results that GitHub takes of one run
STEPS = 1_000  #: steps of one trace

_BASE = "%SRCROOT%"
_PRECISION = {"high": "high", "medium": "medium", "low": "low"}


def render_sarif(report: Report, style: Style) -> str:
    """Return the report as a SARIF log in ASCII; suppressed and baselined results only when they were asked for."""
    found = visible(report, style)
    kept = sorted(sorted(found, key=weight)[:RESULTS], key=lambda each: each.order)
    rules = _rules(report, kept)
    index = {code: number for number, code in enumerate(rules)}
    seen: Counter[str] = Counter()
    results = [_result(each, report, index[each.rule], seen) for each in kept]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "sst-lint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(code, rule, kept) for code, rule in rules.items()],
            }
        },
        "invocations": [_invocation(report, len(found) - len(kept), _cut(kept))],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, sort_keys=True) + "\n"


def cut_of_sarif(report: Report, style: Style) -> str:
    """Say what the limits of SARIF readers leave out of the log, or ""."""
    found = visible(report, style)
    return _said(max(len(found) - RESULTS, 0), _cut(found))


def _cut(findings: Iterable[Finding]) -> int:
    return sum(1 for each in findings if len(each.trace) > STEPS)


def _said(results: int, traces: int) -> str:
    said = []
    if results:
        said.append(f"{results:,} results, the least severe and least certain, are left out: readers take {RESULTS:,}")
    if traces:
        said.append(f"traces of more than {STEPS:,} steps are cut: {traces:,}")
    return "; ".join(said)


def _invocation(report: Report, results: int, traces: int) -> dict[str, Any]:
    said = [_notification("error", problem) for problem in report.problems]
    cut = _said(results, traces)
    said += [_notification("warning", cut)] if cut else []
    record: dict[str, Any] = {"executionSuccessful": not report.problems}
    if said:
        record["toolExecutionNotifications"] = said
    return record


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": _message(text)}


def _rules(report: Report, findings: Iterable[Finding]) -> dict[str, Rule | None]:
    """The rules that the run knew, and those that only a finding names, by code."""
    codes = sorted({*report.rules, *(each.rule for each in findings)})
    return {code: report.rules.get(code) for code in codes}


def _rule(code: str, rule: Rule | None, findings: Iterable[Finding]) -> dict[str, Any]:
    if rule is None:
        name = next(each.name for each in findings if each.rule == code)
        return {"id": code, "name": name}
    level = rule.severity or "warning"
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary.strip()},
        "fullDescription": {"text": _folded(rule.what)},
        "help": {"text": _help(rule, ""), "markdown": _help(rule, "**")},
        "defaultConfiguration": {"enabled": rule.default, "level": level},
        "properties": {"tags": [rule.family, rule.status], "problem.severity": level},
    }


def _help(rule: Rule, mark: str) -> str:
    parts = (("What", rule.what), ("Why", rule.why), ("When to suppress", rule.when_to_suppress))
    texts = [f"{mark}{title}{mark}\n\n{text.strip()}" for title, text in parts if text.strip()]
    return "\n\n".join(texts)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _result(finding: Finding, report: Report, index: int, seen: Counter[str]) -> dict[str, Any]:
    digest = finding.fingerprint[:16]
    seen[digest] += 1
    function = {"logicalLocations": [{"fullyQualifiedName": escape(finding.function)}]} if finding.function else {}
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": _message(finding.message),
        "locations": [{**_place(finding.path, _region(finding), report), **function}],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{digest}:{seen[digest]}",
            "sstLintFinding/v1": finding.fingerprint,
        },
        "properties": {"confidence": finding.confidence, "precision": _PRECISION[finding.confidence]},
    }
    if finding.also:
        result["properties"]["also"] = list(finding.also)
    if finding.doubts:
        result["properties"]["doubts"] = [escape(why) for why in finding.doubts]
    if finding.trace:
        result["codeFlows"] = [{"threadFlows": [{"locations": _steps(finding, report)}]}]
    if finding.fix is not None and finding.fix.edits:
        result["fixes"] = [{"artifactChanges": _changes(finding.fix.edits, report)}]
    if finding.suppressed is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": escape(finding.suppressed.reason)}]
    elif finding.baselined:
        result["suppressions"] = [{"kind": "external", "justification": "in the baseline"}]
    return result


def _region(finding: Finding) -> dict[str, int]:
    """The first line of the finding: a region of several lines hides the code below its annotation."""
    region = {"startLine": finding.line, "startColumn": finding.column}
    if finding.end_line == finding.line:
        region["endColumn"] = max(finding.end_column, finding.column)
    return {**region, "endLine": finding.line}


def _steps(finding: Finding, report: Report) -> list[dict[str, Any]]:
    """The trace, or its two ends when it is longer than readers take: source and sink matter most."""
    trace = finding.trace
    if len(trace) > STEPS:
        trace = (*trace[: STEPS // 2], *trace[-(STEPS - STEPS // 2) :])
    return [
        {
            "location": {
                **_place(step.path, {"startLine": max(step.line, 1)}, report),
                "message": _message(step.message),
            }
        }
        for step in trace
    ]


def _message(text: str) -> dict[str, str]:
    """Text as a SARIF message, in which `[words](target)` would be a link."""
    return {"text": escape(text).replace("](", "] (")}


def _place(path: str, region: dict[str, int], report: Report) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(path, report), "region": region}}


def _artifact(path: str, report: Report) -> dict[str, str]:
    uri = quote(os.fsencode(in_repository(report, path)))
    return {"uri": uri, "uriBaseId": _BASE}


def _changes(edits: Sequence[Edit], report: Report) -> list[dict[str, Any]]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in edits:
        region = {
            "startLine": edit.line,
            "startColumn": edit.column,
            "endLine": edit.end_line,
            "endColumn": edit.end_column,
        }
        replacement = {"deletedRegion": region, "insertedContent": {"text": edit.content}}
        changes.setdefault(edit.path, []).append(replacement)
    return [
        {"artifactLocation": _artifact(path, report), "replacements": replacements}
        for path, replacements in sorted(changes.items())
    ]
