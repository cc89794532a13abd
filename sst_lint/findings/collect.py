"""How do the defects of one project become its findings?

Selected, one for each defect, silenced where a comment says so, with a fingerprint that survives moved lines, in order.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sst_lint.catalogue import Rule
from sst_lint.catalogue.select import ALWAYS
from sst_lint.checks.defect import Defect
from sst_lint.findings.merge import one_per_defect
from sst_lint.findings.policy import Policy
from sst_lint.findings.records import Finding
from sst_lint.findings.snippets import excerpt, fold
from sst_lint.findings.suppress import Suppressions
from sst_lint.flow.location import Location
from sst_lint.source.records import Directive, Source, Unreadable


@dataclasses.dataclass(frozen=True)
class Collected:
    """The findings of one project, suppressed ones included, and those too unsure to be shown."""

    findings: list[Finding]  #: by path, line, column and rule
    hidden: list[Finding]


def collect(
    defects: Iterable[Defect],
    unreadable: Iterable[Unreadable],
    rules: Sequence[Rule],
    policy: Policy,
    sources: Mapping[str, Source],
) -> Collected:
    """Return the findings of one project.

    ``sources`` maps the paths that were read to their content; ``policy`` says what is selected where.
    """
    by_code = {rule.code: rule for rule in rules}
    selected = [defect for defect in defects if defect.rule in policy.enabled(defect.location.path)]
    named = [_with_snippet(defect, sources) for defect in sorted(selected, key=lambda each: each.location.path)]
    shown = _findings([defect for defect in named if _shown(defect, policy)], by_code, policy)
    hidden = _findings([defect for defect in named if not _shown(defect, policy)], by_code, policy)
    findings, hidden = _silenced(shown, hidden, rules, policy, sources)
    findings += _findings([_unread(each) for each in unreadable], by_code, policy)
    return Collected(sorted(findings, key=lambda finding: finding.order), hidden)


def _with_snippet(defect: Defect, sources: Mapping[str, Source]) -> Defect:
    """Return the defect with the normalized source that names it, from the check or else from the file."""
    source = sources.get(defect.location.path)
    if defect.snippet or source is None:
        return dataclasses.replace(defect, snippet=fold(defect.snippet))
    return dataclasses.replace(defect, snippet=excerpt(source.text, defect.location))


def _shown(defect: Defect, policy: Policy) -> bool:
    return policy.sure_enough(defect.location.path, defect.confidence)


def _unread(problem: Unreadable) -> Defect:
    place = Location(problem.path, problem.line, problem.column, problem.line, problem.column + 1, "")
    return Defect(ALWAYS, place, problem.line, "", problem.message, "error", "high")


def _findings(defects: Sequence[Defect], rules: Mapping[str, Rule], policy: Policy) -> list[Finding]:
    """Merge what is one defect, and number equal snippets of one function in the order of the file."""
    seen: Counter[tuple[str, ...]] = Counter()
    findings: list[Finding] = []
    for defect, also in one_per_defect(defects, rules):
        where = defect.location
        content = (defect.rule, where.path, where.function, defect.snippet)
        findings.append(
            Finding(
                rule=defect.rule,
                name=rules[defect.rule].name,
                path=where.path,
                line=where.line,
                column=where.column,
                end_line=where.end_line,
                end_column=where.end_column,
                message=defect.message,
                severity=policy.severity(rules[defect.rule], where.path, defect.severity),
                confidence=defect.confidence,
                function=where.function,
                fingerprint=fingerprint(*content, seen[content]),
                trace=defect.trace,
                also=also,
                statement_line=defect.statement_line,
                snippet=defect.snippet,
                about=defect.about,
                doubts=defect.doubts,
            )
        )
        seen[content] += 1
    return findings


def fingerprint(rule: str, path: str, function: str, snippet: str, occurrence: int) -> str:
    """Return the SHA-256 (hexadecimal) that names a finding across runs: content, not line numbers."""
    content = json.dumps([rule, path, function, snippet, occurrence], ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def _silenced(
    findings: Sequence[Finding],
    unsure: Sequence[Finding],
    rules: Sequence[Rule],
    policy: Policy,
    sources: Mapping[str, Source],
) -> tuple[list[Finding], list[Finding]]:
    """Apply the comments of each file, then report what is wrong with the comments themselves.

    ``unsure`` findings stay hidden; a comment that silences one of them is not unused.
    """
    by_code = {rule.code: rule for rule in rules}
    files = {path: Suppressions(source.directives, rules) for path, source in sources.items() if source.directives}
    shown = [files[each.path].apply(each) if each.path in files else each for each in findings]
    hidden = [files[each.path].apply(each) if each.path in files else each for each in unsure]
    for path in sorted(files):
        on = policy.enabled(path)
        problems = [
            _about_comment(code, path, directive, message)
            for code, directive, message in files[path].problems(on)
            if code in on
        ]
        shown += [files[path].apply(finding) for finding in _findings(problems, by_code, policy)]
    return shown, hidden


def _about_comment(code: str, path: str, directive: Directive, message: str) -> Defect:
    end = directive.column + len(directive.text)
    place = Location(path, directive.line, directive.column, directive.line, end, "")
    return Defect(code, place, directive.line, " ".join(directive.text.split()), message, "warning", "high")
