"""What happens between paths and a report? The one road of every face, on one screen.

discover -> read -> split into units -> facts -> link -> checks -> one defect one finding -> suppress, baseline, sort
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sst_lint.engine.reading import read_project
from sst_lint.engine.records import Judged, Options, Prepared
from sst_lint.engine.runs import with_fixes
from sst_lint.engine.words import from_here

if TYPE_CHECKING:
    from sst_lint.checks.defect import Defect
    from sst_lint.config import Config
    from sst_lint.engine.inventory import Inventory
    from sst_lint.facts.store import Memory
    from sst_lint.findings import Finding, Report, Stock
    from sst_lint.findings.baseline import Baseline, Today
    from sst_lint.findings.changed import Changes
    from sst_lint.flow import FileFacts, Project


def check_project(root: Path, asked: Sequence[Path], options: Options, inner: Sequence[str] = ()) -> Report:
    """Return the findings of the project at ``root`` that touch the ``asked`` paths; paths are relative to the root.

    Findings below the ``inner`` directories are left out.
    """
    from sst_lint.findings.changed import changes_since

    project = prepare(root, options)
    baseline = baseline_of(root, project.config, options)
    changes = changes_since(options.since, root) if options.since is not None else None
    with store_of(root, options) as store:
        judged = judge(project, asked, store)
        report = _report(project, judged, baseline, changes, inner)
        return with_fixes(report, project, judged, store) if options.fixes else report


def _report(
    project: Prepared, judged: Judged, baseline: Baseline | None, changes: Changes | None, inner: Sequence[str]
) -> Report:
    """Return what is told of what was found."""
    from sst_lint.findings import Report, fails
    from sst_lint.source.roots import below_repository

    root = project.root
    findings, stock, stock_notes = _compared(baseline, judged)
    listed = judged.listed
    if listed.asked is not None:
        findings = [finding for finding in findings if finding.touches(listed.asked)]
    if changes is not None:
        findings = [finding for finding in findings if changes.touches(finding)]
    elsewhere = tuple(f"{directory}/" for directory in inner)
    findings = [finding for finding in findings if not finding.path.startswith(elsewhere)]
    texts, notes = judged.texts, (*project.config.notes, *judged.unknown_names, *judged.notes, *listed.notes)
    return Report(
        tuple(findings),
        files=len(listed.files) + len(listed.unreadable) if listed.asked is None else len(listed.asked),
        failing=sum(1 for finding in findings if fails(finding, project.config.fail_on)),
        problems=tuple(from_here(root, problem) for problem in judged.problems),
        notes=(*notes, *(changes.notes if changes else ()), *stock_notes),
        texts={each.path: texts[each.path] for each in findings if each.path in texts},
        rules={rule.code: rule for rule in project.rules},
        base=os.fspath(root),
        below=below_repository(root),
        stock=stock,
    )


def prepare(root: Path, options: Options) -> Prepared:
    """Return the project at ``root`` before anything of it is read: configuration, rules, a team's own checks.

    Raises ``ConfigError``, ``CatalogueError`` and ``OwnCheckError``.
    """
    from sst_lint.catalogue import load_rules
    from sst_lint.checks.own import own_checks
    from sst_lint.config import load_config
    from sst_lint.findings import Policy

    config = load_config(root, options.config, options.isolated, options.overrides)
    own = own_checks()
    rules = (*load_rules(), *(each.rule for each in own))
    policy = Policy(config, rules)
    policy.validate()
    return Prepared(root, config, rules, own, policy, options)


@contextlib.contextmanager
def store_of(root: Path, options: Options) -> Iterator[Memory]:
    """What is remembered of the project at ``root``: on disk where that is wished."""
    from sst_lint.facts.store import Memory, Store

    if options.store is not None:
        yield options.store
        return
    store = Store(root) if options.cache else Memory()
    try:
        yield store
    finally:
        store.close()


def judge(project: Prepared, asked: Sequence[Path], store: Memory) -> Judged:
    """Return everything that is found in the project, and which of its files the ``asked`` paths mean."""
    from sst_lint.engine.inventory import take_inventory
    from sst_lint.engine.runs import remember, remembered

    inventory = take_inventory(project, asked, store)
    judged = remembered(project, inventory, store)
    if judged is None:
        judged = remember(_judged_anew(project, inventory, store), project, inventory, store)
    store.save()
    return replace(judged, notes=tuple(store.notes))


def _judged_anew(project: Prepared, inventory: Inventory, store: Memory) -> Judged:
    """Read, link, check."""
    from sst_lint.findings import collect

    read = read_project(inventory, store, project)
    store.save()  # before the long work: a run that is interrupted there leaves what it read
    program, defects = link_all(read.facts, project, store)
    sources = {source.path: source for source in read.sources}
    return Judged(
        collect(defects, read.unread, project.rules, project.policy, sources),
        inventory.listed,
        frozenset(each.path for each in read.unread),
        project.policy,
        read.problems,
        program.unknown_names,
        (),
        {source.path: source.text for source in read.sources},
        {source.path: frozenset(unit.qualname for unit in source.units) for source in read.sources},
        {source.path: source.encoding for source in read.sources},
    )


def link_all(
    files: Sequence[FileFacts], prepared: Prepared, store: Memory | None = None
) -> tuple[Project, list[Defect]]:
    """Return the linked project and everything that the checks find in it."""
    from sst_lint import checks, flow
    from sst_lint.checks.own import run_own
    from sst_lint.engine.models import models_of

    config, progress = prepared.config, prepared.options.progress
    if progress is not None:
        progress("linking", 0, 0)
    project = flow.link(files, models_of(config, store), config)
    if progress is not None:
        progress("checking", 0, 0)
    return project, [*checks.run(project, config), *run_own(prepared.own, project)]


def today_of(judged: Judged) -> Today:
    """Return what a baseline is compared with."""
    from sst_lint.findings.baseline import Today

    return Today(judged.found.findings, judged.found.hidden, judged.places, judged.unread, judged.policy)


def baseline_of(root: Path, config: Config, options: Options) -> Baseline | None:
    """Read the baseline that the options or the configuration name, before the long work begins."""
    from sst_lint.findings.baseline import load

    if options.no_baseline or not (options.baseline or config.baseline):
        return None
    if options.baseline:
        return load(options.baseline, os.fspath(options.baseline))
    return load(root / config.baseline, config.baseline)


def _compared(baseline: Baseline | None, judged: Judged) -> tuple[Sequence[Finding], Stock | None, tuple[str, ...]]:
    """Return the findings with what the baseline says of each, its figures, and what to tell about it."""
    from sst_lint.findings.baseline import compare, stock_of

    if baseline is None:
        return judged.found.findings, None, ()
    compared = compare(baseline, today_of(judged))
    return compared.findings, stock_of(baseline, compared), (*baseline.notes, *compared.notes(baseline.file))
