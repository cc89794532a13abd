"""What does someone with a thousand findings need first? The shape of it, the surest few, and what to do next."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable

from sst_lint.findings import Finding, Report
from sst_lint.findings.records import CONFIDENCE, SEVERITY
from sst_lint.output.shown import fixable
from sst_lint.output.style import Style, count, escape

SURE = 10  #: findings shown in full
_PATHS = 4  # so many are repeated in the next commands
_FILES = 10  # most affected files that are listed
_OF_ONE_RULE = 3  # of one rule among the surest, as long as there are others

_NEXT = (
    ("sst-lint check{paths} --output-format concise", "every finding, one line each"),
    ("sst-lint check{paths} --verbose", "every finding in full"),
    ("sst-lint check{paths} --select {rule}", "one rule at a time"),
    ("sst-lint check{paths} --min-confidence high", "the surest first"),
    ("sst-lint explain {rule}", "what a rule means and what to write instead"),
)

Full = Callable[[Finding, Report, Style], list[str]]


def overview(report: Report, style: Style, full: Full) -> str:
    """Return counts by rule and file, the surest findings in full, and the next commands."""
    reported = report.reported
    sections = [
        [_total(report, style), *([mended] if (mended := fixable(report)) else [])],
        [style.paint("By rule", "bold"), *_by_rule(reported)],
        [style.paint("Most affected files", "bold"), *_by_file(reported)],
        [style.paint(f"The {SURE} most certain", "bold")],
        *(full(finding, report, style) for finding in surest(reported)),
        [style.paint("Next", "bold"), *_next(reported, report.asked)],
    ]
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _total(report: Report, style: Style) -> str:
    reported = report.reported
    files = len({finding.path for finding in reported})
    errors = sum(1 for finding in reported if finding.severity == "error")
    levels = f"{count(errors, 'error')}, {count(len(reported) - errors, 'warning')}"
    known = sum(1 for finding in report.findings if finding.baselined)
    silenced = len(report.findings) - len(reported) - known
    figures = ((silenced, "suppressed"), (known, "in the baseline"))
    extra = "".join(f" {number:,} more are {what}." for number, what in figures if number)
    return style.paint(f"{count(len(reported), 'finding')} ({levels})", "bold") + (
        f" in {files:,} of {count(report.files, 'file')}.{extra}"
    )


def _by_rule(findings: tuple[Finding, ...]) -> list[str]:
    counts = Counter((finding.rule, finding.name) for finding in findings)
    errors = Counter(finding.rule for finding in findings if finding.severity == "error")
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    digits = len(f"{ranked[0][1]:,}")
    names = max(len(name) for _, name in counts)
    return [
        f"  {number:>{digits},}  {code}  {name:<{names}}  {count(errors[code], 'error')}".rstrip()
        for (code, name), number in ranked
    ]


def _by_file(findings: tuple[Finding, ...]) -> list[str]:
    counts = Counter(finding.path for finding in findings)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_FILES]
    digits = len(f"{ranked[0][1]:,}")
    return [f"  {number:>{digits},}  {escape(path)}" for path, number in ranked]


def surest(findings: tuple[Finding, ...]) -> list[Finding]:
    """Return the few findings to read first: by confidence, then severity, not all of one rule, in order of place."""
    ranked = sorted(findings, key=lambda each: (-CONFIDENCE[each.confidence], -SEVERITY[each.severity], *each.order))
    seen: Counter[str] = Counter()
    varied: list[Finding] = []
    rest: list[Finding] = []
    for finding in ranked:
        (varied if seen[finding.rule] < _OF_ONE_RULE else rest).append(finding)
        seen[finding.rule] += 1
    return sorted((varied + rest)[:SURE], key=lambda finding: finding.order)


def _next(findings: tuple[Finding, ...], asked: tuple[str, ...]) -> list[str]:
    frequent = min(Counter(finding.rule for finding in findings).items(), key=lambda item: (-item[1], item[0]))[0]
    quoted = [escape(shlex.quote(path)) for path in asked] if len(asked) <= _PATHS else ["PATHS"]
    paths = "".join(f" {path}" for path in quoted)
    commands = [(command.format(rule=frequent, paths=paths), purpose) for command, purpose in _NEXT]
    longest = max(len(command) for command, _ in commands)
    return [f"  {command:<{longest}}  {purpose}" for command, purpose in commands]
