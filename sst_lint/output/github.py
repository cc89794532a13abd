"""How does a GitHub job show findings beside the code? As workflow commands, of which it takes ten of a kind."""

from __future__ import annotations

from sst_lint.findings import Finding, Report
from sst_lint.output.shown import in_repository, visible, weight
from sst_lint.output.style import Style, count, escape

PER_LEVEL = 10  #: annotations of one level that GitHub shows for a step

_LEVELS = ("error", "warning")


def render_github(report: Report, style: Style) -> str:
    """Return an annotation for each finding, the worst first, and one line on what GitHub would not show.

    Nothing but commands of ours stands at the start of a line, whatever a file or a message is called.
    """
    lines: list[str] = []
    left: list[str] = []
    for level in _LEVELS:
        found = sorted((each for each in visible(report, style) if each.severity == level), key=weight)
        lines += [_command(each, report) for each in found[:PER_LEVEL]]
        if len(found) > PER_LEVEL:
            left.append(count(len(found) - PER_LEVEL, f"more {level}"))
    if left:
        lines.append(f"sst-lint: {' and '.join(left)} than GitHub annotates; see the job summary")
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, report: Report) -> str:
    properties = {
        "file": in_repository(report, finding.path),
        "line": str(finding.line),
        "endLine": str(finding.end_line),
        "col": str(finding.column),
        "endColumn": str(finding.end_column),
        "title": f"{finding.rule} {finding.name}",
    }
    if finding.end_line != finding.line:  # columns count only within one line
        del properties["col"], properties["endColumn"]
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{finding.severity} {given}::{_data(_message(finding, report))}"


def _message(finding: Finding, report: Report) -> str:
    steps = [
        f"{number}. {escape(in_repository(report, step.path))}:{step.line} {escape(step.message)}"
        for number, step in enumerate(finding.trace, start=1)
    ]
    return "\n".join([escape(finding.message), *steps])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(escape(text)).replace(":", "%3A").replace(",", "%2C")
