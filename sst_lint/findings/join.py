"""Several projects were checked: how do they become one report? Paths start at the directory that holds all roots."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from sst_lint.findings.records import Finding, Report, Stock
from sst_lint.source.roots import below_repository


def join(parts: Sequence[tuple[Path, Report]], problems: Sequence[str]) -> Report:
    """Return one report for the projects, given by root; ``problems`` are those of no project."""
    if len(parts) == 1 and not problems:
        return parts[0][1]
    above = Path(os.path.commonpath([root for root, _ in parts])) if parts else Path()
    relative = (root.relative_to(above).as_posix() for root, _ in parts)
    named = [("" if path == "." else path, report) for path, (_, report) in zip(relative, parts)]
    findings = [relocate(finding, prefix) for prefix, report in named for finding in report.findings]
    return Report(
        tuple(sorted(findings, key=lambda finding: finding.order)),
        files=sum(report.files for _, report in named),
        failing=sum(report.failing for _, report in named),
        problems=(*problems, *_once(each for _, report in named for each in report.problems)),
        notes=_once(each for _, report in named for each in report.notes),
        texts={_below(prefix, path): text for prefix, report in named for path, text in report.texts.items()},
        rules={code: rule for _, report in named for code, rule in report.rules.items()},
        base=os.fspath(above),
        below=below_repository(above),
        stock=_total([report.stock for _, report in named if report.stock]),
    )


def relocate(finding: Finding, prefix: str) -> Finding:
    """Return the finding with its paths under ``prefix``: how runs over several project roots stay apart."""
    if not prefix:
        return finding
    trace = tuple(dataclasses.replace(step, path=_below(prefix, step.path)) for step in finding.trace)
    fix = finding.fix
    if fix is not None:
        edits = tuple(dataclasses.replace(edit, path=_below(prefix, edit.path)) for edit in fix.edits)
        fix = dataclasses.replace(fix, edits=edits)
    return dataclasses.replace(finding, path=_below(prefix, finding.path), trace=trace, fix=fix)


def _below(prefix: str, path: str) -> str:
    return f"{prefix}/{path}" if prefix else path


def _total(stocks: Sequence[Stock]) -> Stock | None:
    """Return the figures of several baselines as one; None when there are none."""
    if not stocks:
        return None
    return Stock(
        ", ".join(each.file for each in stocks),
        sum(each.known for each in stocks),
        sum(each.moved for each in stocks),
        sum(each.fixed for each in stocks),
        sum(each.kept for each in stocks),
    )


def _once(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
