"""What does a job page say about a run? Figures by rule and the worst findings, in Markdown that nothing can break."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from sst_lint.findings import Finding, Report
from sst_lint.output.shown import visible, weight
from sst_lint.output.style import Style, count, escape

ROWS = 200  #: findings listed: nobody reads more
BYTES = 900_000  #: of all rows: a job page of GitHub takes a megabyte

_HEAD = ("| where | rule | severity | what, and the way it takes |", "|---|---|---|---|")

#: what means something inside a line, and what makes a link of an address
_SPECIAL = re.compile(r"([\\`*_\[\]|~$#@>]|:(?=//)|(?<=www)\.)", re.IGNORECASE)


def render_markdown(report: Report, style: Style) -> str:
    """Return a summary of the report: what was found, by rule, and the worst findings in full."""
    shown = sorted(visible(report, style), key=weight)
    parts = [f"## sst-lint: {_headline(report)}"]
    if report.problems:
        parts.append("\n".join(f"- **not done:** {text(problem)}" for problem in report.problems))
    if shown:
        rows = list(_rows(shown))
        parts += [_by_rule(report, shown), "\n".join([*_HEAD, *rows])]
        if len(rows) < len(shown):
            parts.append(f"{count(len(shown) - len(rows), 'finding')} more, less severe or less certain.")
    return "\n\n".join(parts) + "\n"


def _headline(report: Report) -> str:
    reported = report.reported
    figures = [count(len(reported), "finding") if reported else "no findings"]
    if reported:
        errors = sum(1 for each in reported if each.severity == "error")
        figures.append(f"{count(errors, 'error')}, {count(len(reported) - errors, 'warning')}")
    silenced = sum(1 for each in report.findings if each.suppressed is not None)
    known = sum(1 for each in report.findings if each.baselined)
    extra = ((silenced, "suppressed"), (known, "in the baseline"))
    figures += [f"{number:,} {what}" for number, what in extra if number]
    return f"{'; '.join(figures)} ({count(report.files, 'file')})"


def _by_rule(report: Report, findings: list[Finding]) -> str:
    counts = Counter((each.rule, each.name) for each in findings)
    rows = [
        f"| {number:,} | {code} | {text(name)} | {_summary(report, code)} |" for (code, name), number in _ranked(counts)
    ]
    return "\n".join(["| findings | rule | name | what |", "|---:|---|---|---|", *rows])


def _summary(report: Report, code: str) -> str:
    rule = report.rules.get(code)
    return text(rule.summary.strip()) if rule is not None else ""


def _ranked(counts: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _rows(findings: list[Finding]) -> Iterator[str]:
    """Yield a row for each finding, as long as the page holds them."""
    room = BYTES
    for finding in findings[:ROWS]:
        row = _row(finding)
        room -= len(row.encode("utf-8"))
        if room < 0:
            return
        yield row


def _row(finding: Finding) -> str:
    steps = [
        f"{number}\\. {code(f'{step.path}:{step.line}')} {text(step.message)}"
        for number, step in enumerate(finding.trace, 1)
    ]
    what = "<br>".join([text(finding.message) + _state(finding), *steps])
    return f"| {code(f'{finding.path}:{finding.line}')} | {finding.rule} | {finding.severity} | {what} |"


def _state(finding: Finding) -> str:
    if finding.suppressed is not None:
        return f" *(suppressed: {text(finding.suppressed.reason or 'no reason given')})*"
    return " *(in the baseline)*" if finding.baselined else ""


def text(words: str) -> str:
    """Return words that Markdown shows as they are: no markup, no HTML, no link, one line, inside a table too."""
    return _SPECIAL.sub(r"\\\1", escape(words).replace("&", "&amp;")).replace("<", "&lt;")


def code(words: str) -> str:
    """Return words as a code span, inside a table too."""
    words = escape(words).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", words)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{padding}{words}{padding}{fence}"
