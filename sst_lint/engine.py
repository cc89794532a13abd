"""What happens between paths and a report? The one road of every face, on one screen.

discover -> read -> split into units -> facts -> link -> checks -> one defect one finding -> suppress, baseline, sort
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sst_lint.source.records import Source, Unit, Unreadable

if TYPE_CHECKING:
    from sst_lint.catalogue import Rule
    from sst_lint.catalogue.model import Library
    from sst_lint.checks.defect import Defect
    from sst_lint.checks.own import OwnCheck
    from sst_lint.config import Config
    from sst_lint.findings import Collected, Finding, Policy, Report, Stock
    from sst_lint.findings.baseline import Baseline, Compared, Today
    from sst_lint.fixes.repair import Repaired
    from sst_lint.flow import FileFacts, Project
    from sst_lint.source import Discovery


@dataclass(frozen=True)
class Options:
    """What a face may say beside the paths. ``overrides``: configuration fields that win over files."""

    config: Path | None = None
    isolated: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)
    jobs: int = 0
    baseline: Path | None = None  #: in place of the configured one
    no_baseline: bool = False  #: every finding counts
    since: str | None = None  #: a revision: only findings that touch lines changed since
    texts: Mapping[str, str] = field(default_factory=dict)  #: in place of files (relative to the root): not written yet
    facts: dict[Unit, Any] | None = None  #: remembers the facts of units between runs


#: What ``check`` takes as configuration: all options, a file, or keys by name (``{"min-confidence": "high"}``).
Configuration = Options | os.PathLike[str] | str | Mapping[str, Any] | None


@dataclass(frozen=True)
class Read:
    """The files of one project: what could be read, what could not, and which of them were asked for."""

    sources: tuple[Source, ...]
    unreadable: tuple[Unreadable, ...]
    asked: frozenset[str] | None  #: None: all
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """One project before anything of it is read."""

    root: Path
    config: Config
    rules: tuple[Rule, ...]  #: built-in ones, then a team's own
    own: tuple[OwnCheck, ...]
    policy: Policy
    texts: Mapping[str, str] = field(default_factory=dict)  #: as in the options
    facts: dict[Unit, Any] | None = None


@dataclass(frozen=True)
class Judged:
    """What was found in one project, before any filter by path, baseline or revision."""

    found: Collected
    read: Read
    unread: frozenset[str]  #: files that were not, or not fully, understood
    policy: Policy
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()  #: names in the configuration that mean nothing in the project


@dataclass(frozen=True)
class Examined:
    """One project for questions: its graph, and every finding with what keeps it from being shown ("" for nothing)."""

    project: Project
    read: Read
    findings: tuple[tuple[Finding, str], ...]
    problems: tuple[str, ...]
    unread: tuple[Unreadable, ...]  #: files that were not, or not fully, understood
    policy: Policy


@dataclass
class Failures:
    """Places where the tool itself failed: reported like an unreadable file, and the run ends with exit code 2."""

    files: list[Unreadable] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def check(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], config: Configuration = None) -> Report:
    """Return the findings that touch ``paths`` (files, directories), each judged in the whole of its project.

    ``config`` is what the command line would say: a configuration file to read in place of the project's own, keys
    that win over it (``{"select": ["SST1"], "min-confidence": "high"}``), or ``Options``. Nothing is printed, and
    nothing is raised for what stands in files: ``Report.problems`` says what could not be done, a wrong configuration
    included, and ``Report.exit_code`` what the command would return.
    """
    from sst_lint.findings import join

    options = _options(config)
    asked = [Path(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    missing = [f"{os.fspath(path)}: no such file or directory" for path in asked if not os.path.lexists(path)]
    groups = _by_root([path for path in asked if os.path.lexists(path)])
    roots = [root for root, _ in groups]
    if options.baseline is not None and len(groups) > 1:
        missing.append(f"--baseline goes with one project, and these are {len(groups)}: configure `baseline` in each")
        groups = []
    with _uncollected():
        report = join([(root, _checked(root, inside, roots, options)) for root, inside in groups], missing)
    return replace(report, asked=tuple(os.fspath(path) for path in asked if path != Path()))


def repair(
    paths: Iterable[Path], options: Options, *, unsafe: bool = False, helpers: str = ""
) -> tuple[Report, tuple[tuple[Path, Repaired], ...]]:
    """Return the report on what fixes leave, and for each project what they change; nothing is written.

    Only files that ``paths`` mean are changed. ``unsafe``: fixes that change bytes or behavior too. ``helpers``: the
    module of the runtime helpers, in place of the configured one.
    """
    from sst_lint.config import ConfigError, load_config
    from sst_lint.findings import join
    from sst_lint.fixes.repair import Repaired, Wishes
    from sst_lint.fixes.repair import repair as mend
    from sst_lint.source import discover

    asked = list(paths)
    missing = [f"{os.fspath(path)}: no such file or directory" for path in asked if not os.path.lexists(path)]
    groups = _by_root([path for path in asked if os.path.lexists(path)])
    roots = [root for root, _ in groups]
    results: list[tuple[Path, Repaired]] = []
    for root, inside in groups:
        known = replace(options, facts={})

        def judged(texts: Mapping[str, str], root: Path = root, inside: Any = inside, known: Options = known) -> Report:
            return _checked(root, inside, roots, replace(known, texts=dict(texts)))

        with _uncollected():
            try:
                config = load_config(root, options.config, options.isolated, options.overrides)
            except ConfigError:
                results.append((root, Repaired(judged({}))))
                continue
            everything = any(Path(os.path.abspath(path)) == root for path in inside)  # noqa: PTH100 -- keep links
            only = None if everything else frozenset(discover(inside, root, config).files)
            wishes = Wishes(unsafe, helpers or config.helpers, config.waivers, config.accept, only, root)
            results.append((root, mend(judged, wishes)))
    return join([(root, each.report) for root, each in results], missing), tuple(results)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Millions of small records that live to the end: collecting garbage among them costs a third of the run."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def _options(config: Configuration) -> Options:
    if config is None:
        return Options()
    if isinstance(config, Options):
        return config
    if isinstance(config, Mapping):
        return Options(overrides={name.replace("-", "_"): value for name, value in config.items()})
    return Options(config=Path(config))


def _by_root(paths: Iterable[Path]) -> list[tuple[Path, list[Path]]]:
    """Return each project root with the paths that belong to it, sorted by root."""
    from sst_lint.source import find_root

    groups: dict[Path, list[Path]] = {}
    seen: dict[Path, bool] = {}
    for path in paths:
        groups.setdefault(find_root(path, seen), []).append(path)
    return sorted(groups.items())


def _checked(root: Path, asked: Sequence[Path], roots: Sequence[Path], options: Options) -> Report:
    """Return the project's report; one that only says why when its configuration cannot be used.

    A project inside this one that is asked for too (one of ``roots``) is judged by its own configuration.
    """
    from sst_lint.catalogue import CatalogueError
    from sst_lint.checks.own import OwnCheckError
    from sst_lint.config import ConfigError
    from sst_lint.findings import Report
    from sst_lint.findings.baseline import BaselineError
    from sst_lint.findings.changed import ChangesError

    try:
        inner = [other.relative_to(root).as_posix() for other in roots if root in other.parents]
        return check_project(root, asked, options, inner)
    except ConfigError as error:
        return Report(problems=(_of_project(root, str(error)),))
    except CatalogueError as error:  # a rule or a model that the configuration names
        return Report(problems=(_of_project(root, str(error)),))
    except (OwnCheckError, BaselineError, ChangesError) as error:
        return Report(problems=(str(error),))


def _of_project(root: Path, message: str) -> str:
    """A message about a project as a whole, which is named unless it is the working directory."""
    inside = os.path.relpath(root)
    return message if inside == "." else f"{inside}: {message}"


def _from_here(root: Path, message: str) -> str:
    """A message that begins with a path of the project, as one may open it from the working directory."""
    inside = os.path.relpath(root).replace(os.sep, "/")
    return message if inside == "." or inside.startswith("..") else f"{inside}/{message}"


def check_project(root: Path, asked: Sequence[Path], options: Options, inner: Sequence[str] = ()) -> Report:
    """Return the findings of the project at ``root`` that touch the ``asked`` paths; paths are relative to the root.

    Findings below the ``inner`` directories are left out.
    """
    from sst_lint.findings import Report, fails
    from sst_lint.findings.changed import changes_since
    from sst_lint.source.roots import below_repository

    project = prepare(root, options)
    baseline = _baseline(root, project.config, options)
    changes = changes_since(options.since, root) if options.since is not None else None
    judged = judge(project, asked)
    findings, stock, stock_notes = _compared(baseline, judged)
    read = judged.read
    if read.asked is not None:
        findings = [finding for finding in findings if finding.touches(read.asked)]
    if changes is not None:
        findings = [finding for finding in findings if changes.touches(finding)]
    elsewhere = tuple(f"{directory}/" for directory in inner)
    findings = [finding for finding in findings if not finding.path.startswith(elsewhere)]
    texts = {source.path: source.text for source in read.sources}
    return Report(
        tuple(findings),
        files=len(read.sources) + len(read.unreadable) if read.asked is None else len(read.asked),
        failing=sum(1 for finding in findings if fails(finding, project.config.fail_on)),
        problems=tuple(_from_here(root, problem) for problem in judged.problems),
        notes=(*project.config.notes, *judged.notes, *read.notes, *(changes.notes if changes else ()), *stock_notes),
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
    return Prepared(root, config, rules, own, policy, options.texts, options.facts)


def judge(project: Prepared, asked: Sequence[Path]) -> Judged:
    """Return everything that is found in the project, and which of its files the ``asked`` paths mean."""
    from sst_lint.findings import collect

    failures = Failures()
    read = _read(project.root, asked, project.config, project.texts)
    facts = extract_all(read.sources, failures, project.facts)
    linked, defects = _linked(facts, project)
    unread = (*read.unreadable, *failures.files)
    sources = {source.path: source for source in read.sources}
    return Judged(
        collect(defects, unread, project.rules, project.policy, sources),
        read,
        frozenset(each.path for each in unread),
        project.policy,
        tuple(failures.problems),
        linked.unknown_names,
    )


def examine(root: Path, options: Options, asked: Sequence[Path] = ()) -> Examined:
    """Return the linked project at ``root``, which holds the ``asked`` files too, with all of its findings.

    Raises ``ConfigError``, ``CatalogueError`` and ``OwnCheckError``.
    """
    from sst_lint.findings import Policy, collect

    with _uncollected():
        prepared, failures = prepare(root, options), Failures()
        config = prepared.config
        read = _read(root, [root, *asked], config)
        project, defects = _linked(extract_all(read.sources, failures), prepared)
        sources = {source.path: source for source in read.sources}
        unread = (*read.unreadable, *failures.files)
        found = collect(defects, unread, prepared.rules, prepared.policy, sources)
        everything = Policy(replace(config, select=("ALL",), ignore=(), extend_ignore=(), per_path=()), prepared.rules)
        rest = collect(defects, (), prepared.rules, everything, sources)
    groups = ((found.findings, ""), (found.hidden, "unsure"), ([*rest.findings, *rest.hidden], "not selected"))
    return Examined(project, read, tuple(_with_states(groups)), tuple(failures.problems), unread, prepared.policy)


def survey(root: Path, options: Options) -> Examined:
    """Return the project for its matrices: as ``examine``, each finding with what the baseline says of it.

    Raises ``ConfigError``, ``CatalogueError``, ``OwnCheckError`` and ``BaselineError``.
    """
    from sst_lint.findings.baseline import compare, today

    baseline = _baseline(root, prepare(root, options).config, options)
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

    with _uncollected():
        judged = judge(prepare(root, options), [root])
    return compare(baseline, _today(judged)), judged.problems


def _today(judged: Judged) -> Today:
    from sst_lint.findings.baseline import today

    found = judged.found
    return today(found.findings, found.hidden, judged.read.sources, judged.unread, judged.policy)


def _baseline(root: Path, config: Config, options: Options) -> Baseline | None:
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
    compared = compare(baseline, _today(judged))
    return compared.findings, stock_of(baseline, compared), (*baseline.notes, *compared.notes(baseline.file))


def _read(root: Path, asked: Sequence[Path], config: Config, texts: Mapping[str, str] | None = None) -> Read:
    """Read the whole project, and find which of its files the ``asked`` paths mean; ``texts`` are newer than files."""
    from sst_lint.source import discover, read
    from sst_lint.source.read import with_text

    whole = discover([root], root, config)
    named = discover(asked, root, config)
    everything = any(Path(os.path.abspath(path)) == root for path in asked)  # noqa: PTH100 -- keep symbolic links
    results = [read(path, root, config) for path in sorted({*whole.files, *named.files})]
    if texts:
        results = [with_text(each, texts[each.path], config) if each.path in texts else each for each in results]
    unreadable = {each.path: each for each in (*whole.unreadable, *named.unreadable)}
    return Read(
        tuple(each for each in results if isinstance(each, Source)),
        (*unreadable.values(), *(each for each in results if isinstance(each, Unreadable))),
        None if everything else frozenset((*named.files, *(each.path for each in named.unreadable))),
        _reading_notes(root, named),
    )


def _reading_notes(root: Path, named: Discovery) -> tuple[str, ...]:
    notes = [_from_here(root, f"{path}: excluded by the configuration") for path in named.excluded]
    if not (named.files or named.unreadable or named.excluded):
        notes.append(f"{root.name or root}: no Python files to check")
    return tuple(notes)


def extract_all(sources: Iterable[Source], failures: Failures, known: dict[Unit, Any] | None = None) -> list[FileFacts]:
    """Return the facts of every unit; what fails in one unit is noted, and the rest goes on.

    ``known`` facts are not extracted again, and holds the new ones afterwards.
    """
    from sst_lint.flow import FileFacts
    from sst_lint.source.deep import run_deep

    def work() -> list[FileFacts]:
        return [
            FileFacts(
                source.path, tuple((unit, _known_facts(source.path, unit, failures, known)) for unit in source.units)
            )
            for source in sources
        ]

    return run_deep(work)


def _known_facts(path: str, unit: Unit, failures: Failures, known: dict[Unit, Any] | None) -> Any:
    if known is None:
        return _facts(path, unit, failures)
    if unit in known:
        return known[unit]
    failed = len(failures.files)
    facts = _facts(path, unit, failures)
    if len(failures.files) == failed:
        known[unit] = facts
    return facts


def _facts(path: str, unit: Unit, failures: Failures) -> Any:
    """Return the facts of one unit; those of an empty one when it cannot be read."""
    from libcst import CSTValidationError, ParserSyntaxError

    from sst_lint.facts import extract

    try:
        return extract(unit)
    except ParserSyntaxError as error:
        line = unit.first_line + max(error.raw_line - (2 if unit.indent else 1), 0)
        failures.files.append(Unreadable(path, line, 1, f"{unit.qualname} cannot be parsed, so it was not checked"))
    except CSTValidationError as error:  # what Python's compiler refuses, but not its parser
        what = f"{unit.qualname} cannot be parsed, so it was not checked: {error}"
        failures.files.append(Unreadable(path, unit.first_line, 1, what))
    except Exception as error:  # noqa: BLE001 -- becomes a finding and exit code 2; one unit must not end the run
        what = f"internal error in {unit.qualname}: {type(error).__name__}: {error}; please report it"
        failures.files.append(Unreadable(path, unit.first_line, 1, what))
        failures.problems.append(f"{path}:{unit.first_line}: {what}")
    return extract(replace(unit, text="", kind="module", indent=""))


def _models(config: Config) -> tuple[Library, ...]:
    """Return the models of the configuration, which win, and the built-in ones."""
    from sst_lint.catalogue import load_models, parse_library

    own = (parse_library(_completed(table), f"models[{index}]") for index, table in enumerate(config.models))
    return (*own, *load_models())


def _completed(table: Mapping[str, Any]) -> dict[str, Any]:
    """A model of the configuration needs neither examples (nothing executes them) nor a summary."""
    whole = {"summary": "", "modules": [str(table.get("library", ""))], **table}
    calls = table.get("call")
    if isinstance(calls, (list, tuple)) and all(isinstance(each, Mapping) and "name" in each for each in calls):
        whole["call"] = [{"example": f"{each['name']}()", **each} for each in calls]
    return whole  # what is wrong with it is said where it is parsed


def _linked(files: Sequence[FileFacts], prepared: Prepared) -> tuple[Project, list[Defect]]:
    """Return the linked project and everything that the checks find in it."""
    from sst_lint import checks, flow
    from sst_lint.checks.own import run_own

    config = prepared.config
    project = flow.link(files, _models(config), config)
    return project, [*checks.run(project, config), *run_own(prepared.own, project)]
