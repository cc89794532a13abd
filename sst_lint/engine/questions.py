"""What is asked of a whole project beside its report? Its graph for matrices and explanations, its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sst_lint.engine.faces import uncollected
from sst_lint.engine.reading import extract_all, read_project
from sst_lint.engine.records import Examined, Failures, Options, Surveyed
from sst_lint.engine.road import baseline_of, judge, link_all, prepare, today_of

if TYPE_CHECKING:
    from sst_lint.findings import Finding
    from sst_lint.findings.baseline import Baseline, Compared


def examine(root: Path, options: Options, asked: Sequence[Path] = ()) -> Examined:
    """Return the linked project at ``root``, which holds the ``asked`` files too, with all of its findings.

    Raises ``ConfigError``, ``CatalogueError`` and ``OwnCheckError``.
    """
    from sst_lint.findings import Policy, collect

    with uncollected():
        prepared, failures = prepare(root, options), Failures()
        config = prepared.config
        read = read_project(root, [root, *asked], config)
        project, defects = link_all(extract_all(read.sources, failures), prepared)
        sources = {source.path: source for source in read.sources}
        unread = (*read.unreadable, *failures.files)
        found = collect(defects, unread, prepared.rules, prepared.policy, sources)
        everything = Policy(replace(config, select=("ALL",), ignore=(), extend_ignore=(), per_path=()), prepared.rules)
        rest = collect(defects, (), prepared.rules, everything, sources)
    groups = ((found.findings, ""), (found.hidden, "unsure"), ([*rest.findings, *rest.hidden], "not selected"))
    return Examined(project, read, tuple(_with_states(groups)), tuple(failures.problems), unread, prepared.policy)


def read_only(root: Path, options: Options) -> Surveyed:
    """Return the project at ``root`` as far as it is read: its configuration, and which files it has.

    Raises ``ConfigError``, ``CatalogueError`` and ``OwnCheckError``.
    """
    prepared = prepare(root, options)
    return Surveyed(root, read_project(root, [root], prepared.config), prepared.policy)


def survey(root: Path, options: Options) -> Examined:
    """Return the project for its matrices: as ``examine``, each finding with what the baseline says of it.

    Raises ``ConfigError``, ``CatalogueError``, ``OwnCheckError`` and ``BaselineError``.
    """
    from sst_lint.findings.baseline import compare, today

    baseline = baseline_of(root, prepare(root, options).config, options)
    seen = examine(root, options)
    if baseline is None:
        return seen
    shown = [finding for finding, state in seen.findings if not state]
    hidden = [finding for finding, state in seen.findings if state]
    unread = [each.path for each in seen.unread]
    compared = compare(baseline, today(shown, hidden, seen.read.sources, unread, seen.policy))
    states = dict(zip(shown, compared.findings, strict=True))
    return replace(seen, findings=tuple((states.get(each, each), state) for each, state in seen.findings))


def _with_states(groups: Iterable[tuple[Sequence[Finding], str]]) -> list[tuple[Finding, str]]:
    """Return each finding once, in order, with the state of the first group that tells of it (be it as an ``also``)."""
    from sst_lint.findings.suppress import ABOUT_SUPPRESSIONS

    told: dict[tuple[str, int, int], set[str]] = {}
    result: list[tuple[Finding, str]] = []
    for findings, state in groups:
        for finding in findings:
            known = told.setdefault(finding.order[:3], set())
            if finding.rule not in known and not (state and finding.rule in ABOUT_SUPPRESSIONS):
                result.append((finding, state))
                known.update((finding.rule, *finding.also))
    return sorted(result, key=lambda each: each[0].order)


def compare_project(root: Path, options: Options, baseline: Baseline) -> tuple[Compared, tuple[str, ...]]:
    """Return the findings of the whole project compared with a baseline, and what could not be done.

    Raises ``ConfigError``, ``CatalogueError`` and ``OwnCheckError``.
    """
    from sst_lint.findings.baseline import compare

    with uncollected():
        judged = judge(prepare(root, options), [root])
    return compare(baseline, today_of(judged)), judged.problems
