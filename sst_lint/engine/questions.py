"""What is asked of a whole project beside its report? Its graph for matrices and explanations, its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sst_lint.engine.faces import uncollected
from sst_lint.engine.inventory import take_inventory
from sst_lint.engine.reading import read_project
from sst_lint.engine.records import Examined, Options, Surveyed
from sst_lint.engine.road import baseline_of, judge, link_all, prepare, store_of, today_of

if TYPE_CHECKING:
    from sst_lint.findings import Finding
    from sst_lint.findings.baseline import Baseline, Compared


def examine(root: Path, options: Options, asked: Sequence[Path] = ()) -> Examined:
    """Return the linked project at ``root``, which holds the ``asked`` files too, with all of its findings.

    Raises ``ConfigError``, ``CatalogueError`` and ``OwnCheckError``.
    """
    from sst_lint.findings import Policy, collect

    with uncollected(), store_of(root, options) as store:
        prepared = prepare(root, options)
        inventory = take_inventory(prepared, [root, *asked], store)
        read = read_project(inventory, store, prepared)
        store.save()
        project, defects = link_all(read.facts, prepared, store)
        sources = {source.path: source for source in read.sources}
        found = collect(defects, read.unread, prepared.rules, prepared.policy, sources)
        everything = Policy(
            replace(prepared.config, select=("ALL",), ignore=(), extend_ignore=(), per_path=()), prepared.rules
        )
        rest = collect(defects, (), prepared.rules, everything, sources)
        notes = (*inventory.listed.notes, *store.notes)
    groups = ((found.findings, ""), (found.hidden, "unsure"), ([*rest.findings, *rest.hidden], "not selected"))
    findings = tuple(_with_states(groups))
    return Examined(project, read, findings, read.problems, notes, read.unread, prepared.policy)


def read_only(root: Path, options: Options) -> Surveyed:
    """Return the project at ``root`` as far as it is read: its configuration, and which files it has.

    Raises ``ConfigError``, ``CatalogueError`` and ``OwnCheckError``.
    """
    prepared = prepare(root, options)
    with uncollected(), store_of(root, options) as store:
        read = read_project(take_inventory(prepared, [root], store), store, prepared)
        store.save()
    return Surveyed(root, read, prepared.policy)


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

    with uncollected(), store_of(root, options) as store:
        judged = judge(prepare(root, options), [root], store)
    return compare(baseline, today_of(judged)), judged.problems
