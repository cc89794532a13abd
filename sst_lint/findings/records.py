"""What does a run report? Findings, each with its place, reason and trace, and a few figures about the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sst_lint.catalogue import Rule
from sst_lint.checks.belief import Confidence
from sst_lint.checks.defect import Severity
from sst_lint.flow.location import Step

FailOn = Literal["warning", "error", "never"]
BaselineState = Literal["known", "moved", "new"]

CONFIDENCE: dict[Confidence, int] = {"low": 0, "medium": 1, "high": 2}
SEVERITY: dict[Severity, int] = {"warning": 0, "error": 1}


@dataclass(frozen=True)
class Suppression:
    """Why a finding is not reported: the comment that says so."""

    kind: str  #: ignore, ignore-file, off, noqa, waiver
    line: int
    reason: str
    tier: str = ""  #: of a team's own waiver that names one
    ticket: str = ""


@dataclass(frozen=True)
class Edit:
    """Replace the span by ``content``; lines and columns are 1-based, the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    content: str


@dataclass(frozen=True)
class Fix:
    """What would mend a finding. ``suggested`` fixes are shown, never written; without edits they are words only."""

    safety: Literal["safe", "unsafe", "suggested"]
    edits: tuple[Edit, ...]
    message: str = ""  #: what to do, where no edit does it
    needs: Literal["", "helpers"] = ""  #: what the project has to have first


@dataclass(frozen=True)
class Finding:
    """One defect as people and machines see it: the fields of JSON version 1."""

    rule: str
    name: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    severity: Severity
    confidence: Confidence
    function: str
    fingerprint: str
    trace: tuple[Step, ...] = ()
    also: tuple[str, ...] = ()  #: weaker rules that saw the same defect
    fix: Fix | None = None
    suppressed: Suppression | None = None
    baseline: BaselineState | None = None  #: once a baseline was applied; None for a suppressed finding
    statement_line: int = 0  #: where a suppression comment may stand beside ``line``; not part of the JSON
    snippet: str = ""  #: the normalized source that names the finding; not part of the JSON
    about: str = ""  #: the qualified name of the call at the place, for fixes; not part of the JSON
    doubts: tuple[str, ...] = ()  #: what has taken the confidence down, in words that go on behind "because"

    @property
    def reported(self) -> bool:
        """Whether the finding counts: neither suppressed nor in the baseline."""
        return self.suppressed is None and not self.baselined

    @property
    def baselined(self) -> bool:
        """Whether the baseline holds the finding, be it under a name that its function or file had before."""
        return self.baseline in ("known", "moved")

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Sort key of every output: path, line, column, rule."""
        return (self.path, self.line, self.column, self.rule)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names the finding across runs, but for equal ones: path, function, rule, snippet."""
        return (self.path, self.function, self.rule, self.snippet)

    def touches(self, paths: frozenset[str]) -> bool:
        """Whether the finding or any step of its trace stands in one of ``paths``."""
        return self.path in paths or any(step.path in paths for step in self.trace)


@dataclass(frozen=True)
class Stock:
    """A baseline, compared with the findings of a run over the whole project."""

    file: str  #: as it was named
    known: int = 0
    moved: int = 0  #: stand under another name of their function or file
    fixed: int = 0  #: entries without a finding: the baseline can shrink by them
    kept: int = 0  #: entries that this run cannot judge: rules that are off, files that cannot be read


@dataclass(frozen=True)
class Report:
    """The result of one run over one or more projects."""

    findings: tuple[Finding, ...] = ()  #: by path, line, column, rule; suppressed ones too
    files: int = 0  #: files that were checked
    failing: int = 0  #: reported findings at or above ``fail-on`` of their project
    problems: tuple[str, ...] = ()  #: what could not be done: a path that is not there, a failure of the tool itself
    notes: tuple[str, ...] = ()  #: what a person should know about the run; for stderr
    texts: Mapping[str, str] = field(default_factory=dict)  #: path -> text, of the files with findings
    rules: Mapping[str, Rule] = field(default_factory=dict)  #: code -> rule, of every rule that the run knew
    base: str = ""  #: the directory that paths are relative to
    below: str = ""  #: the same as a path (POSIX) inside its git repository, "" at its top or outside of any
    stock: Stock | None = None  #: what the baseline holds beside the findings, where one was applied
    asked: tuple[str, ...] = field(default=(), compare=False)  #: the given paths; not the working directory

    @property
    def reported(self) -> tuple[Finding, ...]:
        """The findings that count."""
        return tuple(finding for finding in self.findings if finding.reported)

    def by_file(self, only: frozenset[str] | None = None) -> list[tuple[str, list[Finding]]]:
        """The findings that count, by file (of ``only``, where given), in order of the paths."""
        groups: dict[str, list[Finding]] = {}
        for finding in self.reported:
            if only is None or finding.path in only:
                groups.setdefault(finding.path, []).append(finding)
        return sorted(groups.items())

    def with_fixes(self, fixes: Mapping[Finding, Fix | None]) -> Report:
        """The same report, with what would mend each finding where there is something."""
        found = ((finding, fixes.get(finding)) for finding in self.findings)
        return replace(self, findings=tuple(replace(each, fix=fix) if fix is not None else each for each, fix in found))

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings at or above ``fail-on``, 2 something could not be done."""
        if self.problems:
            return 2
        return 1 if self.failing else 0


def fails(finding: Finding, fail_on: FailOn) -> bool:
    """Whether a reported finding makes the run fail under ``fail_on``."""
    return finding.reported and fail_on != "never" and SEVERITY[finding.severity] >= SEVERITY[fail_on]
