"""How do test reports show findings? As JUnit XML: a file is a suite, a finding a failed case, nothing a passed one."""

from __future__ import annotations

from itertools import groupby

from sst_lint.findings import Finding, Report
from sst_lint.output.shown import visible
from sst_lint.output.style import Style, escape


def render_junit(report: Report, style: Style) -> str:
    """Return the findings as JUnit XML in ASCII; what could not be done is an error."""
    found = visible(report, style)
    suites = [_suite(path, list(group)) for path, group in groupby(found, key=lambda each: each.path)]
    failures = sum(1 for each in found if each.reported)
    if report.problems:
        cases = "".join(
            f'<testcase classname="sst-lint" name="run {number}"><error message={_quoted(problem)}/></testcase>\n'
            for number, problem in enumerate(report.problems, start=1)
        )
        suites.append(_element("sst-lint", cases, len(report.problems), errors=len(report.problems)))
    if not suites:
        suites = [_element("sst-lint", '<testcase classname="sst-lint" name="no findings"/>\n', 1)]
    total = max(len(found) + len(report.problems), 1)
    head = f'<testsuites name="sst-lint" tests="{total}" failures="{failures}" errors="{len(report.problems)}">'
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{"".join(suites)}</testsuites>\n'
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _suite(path: str, findings: list[Finding]) -> str:
    failures = sum(1 for each in findings if each.reported)
    cases = "".join(map(_case, findings))
    return _element(path, cases, len(findings), failures, skipped=len(findings) - failures)


def _element(name: str, cases: str, tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> str:
    figures = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return f"<testsuite name={_quoted(name)} {figures}>\n{cases}</testsuite>\n"


def _case(finding: Finding) -> str:
    name = f"{finding.rule} {finding.name} {finding.line}:{finding.column}"
    place = f"file={_quoted(finding.path)} line={_quoted(str(finding.line))}"
    head = f"<testcase classname={_quoted(finding.path)} name={_quoted(name)} {place}>"
    if finding.suppressed is not None:
        return f"{head}<skipped message={_quoted(finding.suppressed.reason or 'no reason given')}/></testcase>\n"
    if not finding.reported:
        return f'{head}<skipped message="in the baseline"/></testcase>\n'
    lines = [f"{finding.path}:{finding.line}:{finding.column}: {finding.rule} {finding.message}"]
    for number, step in enumerate(finding.trace, start=1):
        function = f" in {step.function}" if step.function else ""
        lines.append(f"{number}. {step.path}:{step.line}{function}: {step.message}")
    body = "\n".join(_text(line) for line in lines)
    kind = f"type={_quoted(finding.severity)} message={_quoted(finding.message)}"
    return f"{head}<failure {kind}>{body}</failure></testcase>\n"


def _text(text: str) -> str:
    return escape(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    return '"' + _text(text).replace('"', "&quot;") + '"'
