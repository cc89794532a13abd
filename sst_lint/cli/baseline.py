"""``sst-lint baseline``: write down what stands today, so that the gate sees what comes."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from sst_lint.cli.teaching import closing
from sst_lint.cli.terminal import UsageProblem, check_writable, print_result, say, write_file

if TYPE_CHECKING:
    from sst_lint.findings.baseline import Baseline, Compared, Entry

Function = TypeVar("Function", bound=Callable[..., int])


@dataclass(frozen=True)
class _Place:
    """A project, the options of its run, and the file of its baseline."""

    root: Path
    config: Path | None
    isolated: bool
    file: Path
    name: str  #: the file as messages call it
    configured: bool


def _options(function: Function) -> Function:
    """The arguments that every verb takes."""
    project = click.argument("project", type=click.Path(path_type=Path), default=Path())
    baseline = click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="The baseline file.")
    config = click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Read this configuration.")
    isolated = click.option("--isolated", is_flag=True, help="Read no configuration file.")
    return project(baseline(config(isolated(function))))


_CODES = "0 done"


@click.group(
    "baseline",
    no_args_is_help=False,  # one line that says what is missing, as everywhere
    epilog=closing(
        "0 done (show: nothing is new), 1 show: something is new",
        ("sst-lint baseline create", "accept the findings of today"),
        ("sst-lint baseline show", "what is known, moved, fixed, new"),
        ("sst-lint baseline prune", "take out what was fixed"),
    ),
)
def command() -> None:
    """Write down the findings of today, so that the gate sees what comes.

    PROJECT is a directory of the project, by default the working directory; the whole project is always looked at. The
    file is that of `--baseline`, else of the configuration, else sst-baseline.jsonl in the project root.
    """


@command.command(
    epilog=closing(
        _CODES,
        ("sst-lint baseline create", "for the project around the working directory"),
        ("sst-lint baseline create services/train", "for another one"),
    )
)
@_options
@click.option("--force", is_flag=True, help="Replace a baseline that is there.")
def create(project: Path, force: bool, **given: object) -> int:
    """Write a baseline of all findings of today."""
    from sst_lint.findings.baseline import BaselineError, refuse_newer
    from sst_lint.output.style import count

    place = _place(project, **given)  # type: ignore[arg-type]
    if place.file.exists():
        try:
            refuse_newer(place.file, place.name)
        except (BaselineError, OSError) as error:
            raise UsageProblem(str(error)) from error
        if not force:
            raise UsageProblem(f"{place.name}: is there already; `sst-lint baseline update`, or `create --force`")
    check_writable(place.file)
    from sst_lint.findings.baseline import Baseline, entries_of

    entries = entries_of(_run(place, Baseline(place.name)).findings)
    _write(place, entries)
    rules = ", ".join(f"{code} {number:,}" for code, number in sorted(Counter(e.rule for e in entries).items()))
    print_result(f"{place.name}: {count(len(entries), 'finding')} written{f' ({rules})' if rules else ''}\n")
    if not place.configured:
        key = os.path.relpath(place.file, place.root).replace(os.sep, "/")
        say(f"note: to use it: `--baseline {place.name}`, or `baseline = {json.dumps(key)}` in the configuration")
    return 0


@command.command(epilog=closing(_CODES, ("sst-lint baseline update", "after a look at `sst-lint baseline show`")))
@_options
def update(project: Path, **given: object) -> int:
    """Accept the new findings, and take out what was fixed."""
    return _rewrite(_place(project, **given), new=True)  # type: ignore[arg-type]


@command.command(epilog=closing(_CODES, ("sst-lint baseline prune", "never accepts anything; safe in a script")))
@_options
def prune(project: Path, **given: object) -> int:
    """Take out what was fixed, and write new names of functions and files; never accept a new finding."""
    return _rewrite(_place(project, **given), new=False)  # type: ignore[arg-type]


@command.command(
    epilog=closing(
        "0 nothing is new, 1 the baseline would have to grow",
        ("sst-lint baseline show", "for people"),
        ("sst-lint baseline show --format json", "for programs"),
    )
)
@_options
@click.option("--output-format", "--format", "form", type=click.Choice(["text", "json"]), default="text")
def show(project: Path, form: str, **given: object) -> int:
    """Say what of the baseline is known, moved, fixed, and what is new; exit 1 when it would have to grow."""
    place = _place(project, **given)  # type: ignore[arg-type]
    _, compared = _compared(place)
    print_result(_as_json(compared) if form == "json" else _as_text(place, compared))
    return 1 if _new(compared) else 0


def _place(project: Path, baseline: Path | None, config: Path | None, isolated: bool) -> _Place:
    from sst_lint.config import ConfigError, load_config
    from sst_lint.findings.baseline import DEFAULT_FILE
    from sst_lint.source import find_root

    if not project.exists():
        raise UsageProblem(f"{project}: no such file or directory")
    root = find_root(project)
    try:
        settings = load_config(root, config, isolated)
    except ConfigError as error:
        raise UsageProblem(str(error)) from error
    file = baseline or root / (settings.baseline or DEFAULT_FILE)
    name = os.fspath(baseline) if baseline else settings.baseline or DEFAULT_FILE
    configured = baseline is not None or bool(settings.baseline)
    return _Place(root, config, isolated, file, name, configured)


def _run(place: _Place, baseline: Baseline) -> Compared:
    """Return the findings of the whole project, compared with the baseline."""
    from sst_lint.catalogue import CatalogueError
    from sst_lint.checks.own import OwnCheckError
    from sst_lint.config import ConfigError
    from sst_lint.engine import Options, compare_project

    options = Options(config=place.config, isolated=place.isolated, jobs=0, cache=True)
    try:
        compared, problems = compare_project(place.root, options, baseline)
    except (CatalogueError, ConfigError, OwnCheckError) as error:
        raise UsageProblem(str(error)) from error
    for problem in problems:
        say(f"error: {problem}")
    if problems:
        raise UsageProblem(f"{place.name}: not touched, because the run is not complete")
    return compared


def _compared(place: _Place) -> tuple[Baseline, Compared]:
    from sst_lint.findings.baseline import BaselineError, load

    try:
        baseline = load(place.file, place.name)
    except BaselineError as error:
        raise UsageProblem(str(error)) from error
    for note in baseline.notes:
        say(f"note: {note}")
    return baseline, _run(place, baseline)


def _rewrite(place: _Place, new: bool) -> int:
    from sst_lint.findings.baseline import entries_of
    from sst_lint.output.style import count

    baseline, compared = _compared(place)
    entries = compared.entries(new=new)
    added = len(entries_of(each for each in compared.findings if each.baseline == "new"))
    figures = [f"{count(len(compared.fixed), 'entry').replace('entrys', 'entries')} taken out"]
    figures += [f"{len(compared.moved):,} named anew"] if compared.moved else []
    figures += [f"{added:,} added"] if new else []
    _write(place, entries)
    print_result(f"{place.name}: {', '.join(figures)}; {len(baseline.entries):,} before, {len(entries):,} now\n")
    if added and not new:
        say(f"note: {count(added, 'new finding')} left as they are: fix them, or `sst-lint baseline update`")
    return 0


def _write(place: _Place, entries: Iterable[Entry]) -> None:
    from sst_lint.findings.baseline import render

    write_file(place.file, render(entries))


def _new(compared: Compared) -> list[Entry]:
    from sst_lint.findings.baseline import entries_of

    return list(entries_of(each for each in compared.findings if each.baseline == "new"))


def _as_text(place: _Place, compared: Compared) -> str:
    from sst_lint.output.style import escape

    known = sum(1 for each in compared.findings if each.baseline == "known")
    lines = [
        f"{place.name}: {known:,} known, {len(compared.moved):,} moved, {len(compared.fixed):,} fixed, "
        f"{len(compared.kept):,} not judged, {len(_new(compared)):,} new"
    ]
    lines += [f"  moved  {_named(old)} -> {new.path} {new.function}".rstrip() for old, new in compared.moved]
    lines += [f"  fixed  {_named(entry)}" for entry in compared.fixed]
    lines += [f"  new    {_named(entry)}" for entry in _new(compared)]
    return "".join(f"{escape(line)}\n" for line in lines)


def _named(entry: Entry) -> str:
    return " ".join(part for part in (entry.rule, entry.path, entry.function, f"`{entry.snippet}`") if part)


def _as_json(compared: Compared) -> str:
    record = {
        "known": sum(1 for each in compared.findings if each.baseline == "known"),
        "moved": [{"from": dataclasses.asdict(old), "to": dataclasses.asdict(new)} for old, new in compared.moved],
        "fixed": [dataclasses.asdict(entry) for entry in compared.fixed],
        "kept": [dataclasses.asdict(entry) for entry in compared.kept],
        "new": [dataclasses.asdict(entry) for entry in _new(compared)],
    }
    return json.dumps(record, indent=1) + "\n"
