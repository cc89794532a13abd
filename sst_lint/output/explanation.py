"""How does a person read the answer to ``explain FILE:LINE`` and ``explain FILE``? Sentences, and one line a step."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sst_lint.findings import Finding
from sst_lint.flow.described import Note, SiteAnswer
from sst_lint.flow.location import Location, Step
from sst_lint.flow.provenance import FileAnswer, ReadFile, WrittenFile
from sst_lint.output.machine import finding_record
from sst_lint.output.style import Style, count, escape
from sst_lint.output.text import doubts

VERSION = 1
_PASSING = 5  # findings elsewhere that are listed

#: A finding, and what keeps it from being shown: "", "unsure", "not selected".
Judged = tuple[Finding, str]


@dataclasses.dataclass(frozen=True)
class LineAnswer:
    """What is known of one line of a file."""

    path: str
    line: int
    source: str  #: the text of the line
    sites: tuple[SiteAnswer, ...]
    findings: tuple[Judged, ...]  #: of the whole project


def explain_line(answer: LineAnswer, style: Style) -> str:
    """Return the sites of a line with their verdicts, and the findings elsewhere whose way passes it."""
    function = next((site.location.function for site in answer.sites if site.location.function), "")
    head = f"{escape(answer.path)}:{answer.line}" + (f" in {escape(function)}" if function else "")
    blocks = [[style.paint(head, "bold"), f"    {escape(answer.source.strip())}"]]
    here, passing = _of_line(answer)
    for site in answer.sites:
        own = [judged for judged in here if _belongs(judged[0], site.location)]
        here = [judged for judged in here if judged not in own]
        blocks.append(_site(site, own, style))
    if here:
        blocks.append([line.removeprefix("  ") for judged in here for line in _finding(judged, style)])
    if passing:
        blocks.append(_passing(passing, style))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _of_line(answer: LineAnswer) -> tuple[list[Judged], list[Judged]]:
    """The findings of the line's sites, and those elsewhere with a step on the line."""
    lines = {answer.line, *(site.location.line for site in answer.sites)}
    here = [each for each in answer.findings if each[0].path == answer.path and each[0].line in lines]
    passing = [
        (finding, state)
        for finding, state in answer.findings
        if (finding, state) not in here
        and any(step.path == answer.path and step.line == answer.line for step in finding.trace)
    ]
    return here, passing


def _belongs(finding: Finding, where: Location) -> bool:
    return (finding.line, finding.column) == (where.line, where.column)


def _site(site: SiteAnswer, own: Sequence[Judged], style: Style) -> list[str]:
    lines = [f"{style.paint(site.sort, 'bold')}: {escape(site.text)}"]
    proved = [judged for judged in own if judged[0].trace]
    for note in site.notes:
        # a finding tells the same way better: its own trace is shown below
        same = note.steps and any(_end(judged[0].trace) == _end(note.steps) for judged in proved)
        lines += _note(note if not same else Note(note.text), style)
    for judged in own:
        lines += _finding(judged, style)
    if not own and site.quiet:
        lines.append(f"  No finding: {escape(site.quiet)}.")
    return lines


def _end(steps: Sequence[Step]) -> tuple[str, int]:
    return (steps[-1].path, steps[-1].line)


def _note(note: Note, style: Style) -> list[str]:
    return [f"  {escape(note.text)}", *_steps(note.steps, style)]


def _steps(steps: Iterable[Step], style: Style) -> list[str]:
    lines = []
    for number, step in enumerate(steps, start=1):
        function = f" in {escape(step.function)}" if step.function else ""
        place = style.paint(f"{escape(step.path)}:{step.line}", "cyan")
        lines.append(f"    {number}. {place}{function}: {escape(step.message)}")
    return lines


def _finding(judged: Judged, style: Style) -> list[str]:
    why = [f"    {doubts(judged[0])}"] if judged[0].doubts else []
    return [f"{_verdict(judged, style)}: {escape(judged[0].message)}", *why, *_steps(judged[0].trace, style)]


def _verdict(judged: Judged, style: Style) -> str:
    """The rule, how bad, how sure, and whether it is shown."""
    finding, state = judged
    color = "red" if finding.severity == "error" else "yellow"
    code = style.paint(f"{finding.rule} {finding.name}", color, "bold")
    facts = f"{finding.severity}, {finding.confidence} confidence"
    also = f", also {', '.join(finding.also)}" if finding.also else ""
    shown = _hidden(finding, state)
    word = "Not shown" if shown else "Finding"
    return f"  {word}: {code} ({facts}{also}){f', {shown}' if shown else ''}"


def _hidden(finding: Finding, state: str) -> str:
    """Why a finding is not shown, or ""."""
    if state == "unsure":
        return "less sure than `min-confidence` asks for"
    if state == "not selected":
        return "its rule is not selected here"
    if finding.suppressed is not None:
        reason = escape(finding.suppressed.reason) or "no reason given"
        return f"suppressed in line {finding.suppressed.line} ({reason})"
    return ""


def _passing(passing: Sequence[Judged], style: Style) -> list[str]:
    lines = [
        f"{count(len(passing), 'finding')} elsewhere {'has' if len(passing) == 1 else 'have'} a step on this line:"
    ]
    for finding, state in passing[:_PASSING]:
        hidden = f" ({_hidden(finding, state)})" if _hidden(finding, state) else ""
        place = style.paint(f"{escape(finding.path)}:{finding.line}", "cyan")
        lines.append(f"  {place}: {finding.rule} {escape(finding.message)}{hidden}")
    if len(passing) > _PASSING:
        lines.append(f"  and {len(passing) - _PASSING} more")
    return lines


def explain_file(answer: FileAnswer, findings: Sequence[Judged], style: Style) -> str:
    """Return who writes a file and who reads it."""
    blocks = []
    name = ""
    for written in answer.written:
        title = [style.paint(escape(written.name), "bold")] if written.name != name else []
        name = written.name
        blocks.append([*title, *_written(written, findings, style)])
    names = {read.name.rpartition("/")[2] for read in answer.read}
    if answer.read:
        where = f" of {', '.join(sorted(escape(each) for each in names))}" if len(names) > 1 else ""
        blocks.append(
            [style.paint(f"Readers{where}", "bold"), *(line for read in answer.read for line in _reader(read))]
        )
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _written(written: WrittenFile, findings: Sequence[Judged], style: Style) -> list[str]:
    where = written.location
    function = f" in {escape(where.function)}" if where.function else ""
    place = style.paint(f"{escape(where.path)}:{where.line}", "cyan")
    lines = [f"written at {place}{function}: {escape(written.text)}", f"  protocol: {escape(written.protocol)}"]
    lines += ["  the way to it", *_steps(written.chain, style)]
    if written.also:
        lines.append(f"  also reached from {escape(', '.join(written.also))}")
    if written.inflows:
        lines.append("  what goes in")
        for note in written.inflows:
            lines += [f"  - {escape(note.text)}", *_steps(note.steps, style)]
    else:
        lines.append("  what goes in: nothing unordered or unreliable was found")
    for judged in findings:
        if judged[0].path == where.path and _belongs(judged[0], where):
            lines.append(_verdict(judged, style))  # the message may quote the file of another caller
            lines += [f"    {doubts(judged[0])}"] if judged[0].doubts else []
    return lines


def _reader(read: ReadFile) -> list[str]:
    where = read.location
    function = f" in {escape(where.function)}" if where.function else ""
    callers = f", for {escape(', '.join(read.callers))}" if read.callers else ""
    return [f"  {escape(where.path)}:{where.line}{function}: {escape(read.text)}{callers}"]


def line_json(answer: LineAnswer) -> str:
    """Return the same as ``explain_line`` as JSON."""
    here, passing = _of_line(answer)
    record = {
        "version": VERSION,
        "path": answer.path,
        "line": answer.line,
        "sites": [dataclasses.asdict(site) for site in answer.sites],
        "findings": [_record(judged) for judged in here],
        "passing": [_record(judged) for judged in passing],
    }
    return json.dumps(record, indent=2) + "\n"


def file_json(answer: FileAnswer) -> str:
    """Return who writes and reads a file as JSON."""
    record = {
        "version": VERSION,
        "written": [dataclasses.asdict(each) for each in answer.written],
        "read": [dataclasses.asdict(each) for each in answer.read],
    }
    return json.dumps(record, indent=2) + "\n"


def _record(judged: Judged) -> Mapping[str, Any]:
    return {**finding_record(judged[0]), "hidden": _hidden(*judged) or None}
