"""Which findings does an output show, and where do its readers look for them?"""

from __future__ import annotations

from sst_lint.findings import Finding, Report
from sst_lint.findings.records import CONFIDENCE, SEVERITY
from sst_lint.output.style import Style


def visible(report: Report, style: Style) -> tuple[Finding, ...]:
    """Return the findings that count, with the suppressed ones and those of the baseline if they were asked for."""
    return report.findings if style.show_suppressed else report.reported


def in_repository(report: Report, path: str) -> str:
    """Return a path of the report from the top of its git repository, where code hosts and their tools start."""
    return f"{report.below}/{path}" if report.below else path


def weight(finding: Finding) -> tuple[object, ...]:
    """Sort key for outputs that cannot show all: the worst first, then the surest, then by place."""
    return (not finding.reported, -SEVERITY[finding.severity], -CONFIDENCE[finding.confidence], *finding.order)


def fixable(report: Report) -> str:
    """Return the line that says how many findings ``sst-lint fix`` would mend, or ""."""
    fixes = [finding.fix for finding in report.reported if finding.fix is not None]
    safe = sum(fix.safety == "safe" for fix in fixes)
    unsafe = sum(fix.safety == "unsafe" for fix in fixes)
    more = [f"{unsafe:,} more with --unsafe-fixes"] if unsafe else []
    helpers = sum(fix.needs == "helpers" for fix in fixes)
    more += [f"{helpers:,} more with helpers, see `sst-lint vendor`"] if helpers else []
    if not safe and not more:
        return ""
    return f"{safe:,} fixable with `sst-lint fix`" + (f" ({', '.join(more)})" if more else "") + "."
