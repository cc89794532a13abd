"""How does a person read the findings? Place, code, message, the source line with a marker, the trace."""

from __future__ import annotations

from collections import Counter

from sst_lint.findings import Finding, Report
from sst_lint.output.overview import overview
from sst_lint.output.shown import fixable, visible
from sst_lint.output.snippet import snippet
from sst_lint.output.style import Style, count, escape

WALL = 50  #: more findings than this are summed up first


def render_text(report: Report, style: Style) -> str:
    """Return every finding in full, or, when they would be a wall, an overview and the most certain ones."""
    if style.statistics:
        return statistics(report)
    shown = visible(report, style)
    if len(shown) > WALL and not style.verbose and not style.show_suppressed:
        return overview(report, style, full)
    blocks = ["\n".join(full(finding, report, style)) for finding in shown]
    if not style.quiet and (report.files or not report.problems):
        blocks.append(closing(report, style))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def render_concise(report: Report, style: Style) -> str:
    """Return one line for each finding, and nothing else."""
    if style.statistics:
        return statistics(report)
    return "".join(headline(finding, style) + "\n" for finding in visible(report, style))


def headline(finding: Finding, style: Style) -> str:
    """Return ``path:line:column: CODE message``; ``[*]`` behind the code tells that a safe fix is at hand."""
    place = style.paint(f"{escape(finding.path)}:{finding.line}:{finding.column}:", "bold")
    code = style.paint(finding.rule, "red" if finding.severity == "error" else "yellow", "bold")
    mark = " [*]" if finding.fix is not None and finding.fix.safety == "safe" else ""
    return f"{place} {code}{mark} {escape(finding.message)}{_state(finding)}"


def _state(finding: Finding) -> str:
    if finding.suppressed is not None:
        silenced = finding.suppressed
        tier = f"tier {silenced.tier}" if silenced.tier else ""
        extra = ", ".join(part for part in (tier, silenced.ticket) if part)
        reason = escape(silenced.reason or "no reason given") + (f" [{escape(extra)}]" if extra else "")
        return f" (suppressed in line {silenced.line}: {reason})"
    if finding.baseline == "moved":
        return " (in the baseline, under an old name)"
    return " (in the baseline)" if finding.baselined else ""


def full(finding: Finding, report: Report, style: Style) -> list[str]:
    """Return the lines that show one finding."""
    lines = [headline(finding, style)]
    lines += [f"    {line}" for line in snippet(finding, report.texts, style)]
    for number, step in enumerate(finding.trace, start=1):
        where = f"{escape(step.path)}:{step.line}"
        function = f" in {escape(step.function)}" if step.function else ""
        lines.append(f"    {number}. {style.paint(where, 'cyan')}{function}: {escape(step.message)}")
    facts = [finding.name, finding.severity, f"{finding.confidence} confidence"]
    if finding.also:
        facts.append(f"also {', '.join(finding.also)}")
    if finding.fix is not None and finding.fix.edits:
        facts.append(f"{finding.fix.safety} fix")
    elif finding.fix is not None and not finding.fix.needs:
        lines.append(f"    suggested: {escape(finding.fix.message)}")
    lines.append("    " + style.paint("; ".join(facts), "dim"))
    if finding.doubts:
        lines.append("    " + style.paint(doubts(finding), "dim"))
    return lines


def doubts(finding: Finding) -> str:
    """Return why a finding is less sure than its rule can be."""
    return f"less sure because {'; and because '.join(escape(why) for why in finding.doubts)}"


def closing(report: Report, style: Style) -> str:
    """Return the last line: how many, how bad, how many were silenced."""
    reported = report.reported
    silenced = sum(1 for finding in report.findings if finding.suppressed is not None)
    known = sum(1 for finding in report.findings if finding.baselined)
    figures = ((silenced, "suppressed"), (known, "in the baseline"), (len(report.problems), "not done, see the errors"))
    extra = "".join(f"; {number:,} {what}" for number, what in figures if number)
    if not reported:
        return style.paint("No findings", "green", "bold") + f" in {count(report.files, 'file')}{extra}."
    errors = sum(1 for finding in reported if finding.severity == "error")
    levels = f"{count(errors, 'error')}, {count(len(reported) - errors, 'warning')}"
    affected = len({finding.path for finding in reported})
    where = f"{affected:,} of {count(report.files, 'file')}" if report.files > 1 else count(report.files, "file")
    mended = fixable(report)
    more = f"\n{mended}" if mended else ""
    return style.paint(f"{count(len(reported), 'finding')} ({levels})", "bold") + f" in {where}{extra}.{more}"


def statistics(report: Report) -> str:
    """Return one line for each rule: how many findings, code, name; most frequent first."""
    counts = Counter((finding.rule, finding.name) for finding in report.reported)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    digits = len(f"{ranked[0][1]:,}") if ranked else 0
    return "".join(f"{number:>{digits},}  {code}  {name}\n" for (code, name), number in ranked)
