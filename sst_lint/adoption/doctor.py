"""Is the tool set up well here? What holds, where it comes from, and what is to be mended."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sst_lint import __version__
from sst_lint.adoption.left_out import left_out, of_file
from sst_lint.adoption.neighbors import hook_state, ruff_configuration, ruff_deletes_codes
from sst_lint.adoption.states import rule_states
from sst_lint.config import KEYS, Config
from sst_lint.config.patterns import matches
from sst_lint.source.discover import absolute_path, relative_path
from sst_lint.source.roots import import_roots

if TYPE_CHECKING:
    from sst_lint.engine import Surveyed


@dataclass(frozen=True)
class Section:
    """A title, and rows of a name and what is said of it."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Diagnosis:
    """What was seen, and what is to be mended."""

    sections: tuple[Section, ...]
    problems: tuple[str, ...]


def versions() -> Section:
    """What runs here."""
    found = [("sst-lint", __version__), ("Python", f"{platform.python_version()} ({platform.system()})")]
    for name in ("libcst", "flake8", "pre-commit", "ruff"):
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            if name in ("libcst", "flake8"):
                found.append((name, "not installed"))
    plugin = any(each.name == "SST" for each in entry_points(group="flake8.extension"))
    found.append(("flake8 plugin", "registered as SST" if plugin else "not registered"))
    return Section("Versions", tuple(found))


def diagnose(target: Path, surveyed: Surveyed) -> Diagnosis:
    """Return what holds at ``target``, a directory or file of the project that was surveyed."""
    root, config = surveyed.root, surveyed.policy.config
    path = relative_path(absolute_path(target), root) if target.is_file() else ""
    problems: list[str] = []
    sections = (
        versions(),
        _project(root, config, path),
        _configuration(config, path),
        _rules(surveyed, path),
        _files(surveyed, path, problems),
        _helpers(root, config, [source.path for source in surveyed.read.sources], problems),
        _records(root, config, problems),
        _around(root, problems),
    )
    problems += config.notes
    return Diagnosis(tuple(section for section in sections if section.rows), tuple(problems))


def _project(root: Path, config: Config, path: str) -> Section:
    if config.sources:
        why = f"{config.sources[0]} configures it"
    else:
        why = "it holds `.git`" if (root / ".git").exists() else "nothing above it is configured, and no repository"
    return Section("Project", (("root", f"{root} ({why})"), *((("file", path),) if path else ())))


def _configuration(config: Config, path: str) -> Section:
    """Every key that does not have its default, and what the tables of the path change."""
    source = config.sources[0] if config.sources else "defaults"
    rows = [("read from", ", ".join(config.sources) or "no file: all defaults")]
    for key in KEYS:
        value = getattr(config, key.field)
        if value != key.default and key.name != "per-path":
            told = "the packaging metadata" if key.field in config.found else source
            rows.append((key.name, f"{_shown(value)} (from {told}; default: {_shown(key.default)})"))
    for pattern, entries in config.per_path:
        if not path or matches(path, (pattern,)):
            values = "; ".join(f"{field.replace('_', '-')} = {_shown(value)}" for field, value in entries)
            rows.append((f"per-path {pattern!r}", f"{values} (from {source})"))
    return Section("Configuration", tuple(rows))


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        pairs = bool(value) and all(isinstance(each, tuple) and len(each) == 2 for each in value)
        items = [f"{name}: {each}" for name, each in value] if pairs else [str(each) for each in value]
        few = ", ".join(items[:8]) + (f" and {len(items) - 8} more" if len(items) > 8 else "")
        return f"[{few}]"
    return str(value) if value != "" else "none"


def _rules(surveyed: Surveyed, path: str) -> Section:
    states = rule_states(surveyed.policy, path)
    rows = [(f"{each.code} {each.name}", f"{'on ' if each.on else 'off'}  {each.why}") for each in states]
    return Section(f"Rules at {path}" if path else "Rules", tuple(rows))


def _files(surveyed: Surveyed, path: str, problems: list[str]) -> Section:
    read, config = surveyed.read, surveyed.policy.config
    lines = sum(source.text.count("\n") for source in read.sources)
    rows = [("checked", f"{len(read.sources):,} files, {lines:,} lines")]
    rows += [(each.path, f"not read: line {each.line}: {each.message}") for each in read.unreadable]
    problems += [f"{each.path} is not checked: {each.message}" for each in read.unreadable]
    if path:
        reason = of_file(surveyed.root / path, surveyed.root, config)
        rows.append((path, f"left out: {reason}" if reason else "checked"))
    else:
        rows += [(place, f"left out: {reason}") for place, reason in left_out(surveyed.root, config)]
    if not read.sources:
        problems.append("no file is checked: see `include`, `exclude` and .gitignore")
    return Section("Files", tuple(rows))


def _helpers(root: Path, config: Config, files: list[str], problems: list[str]) -> Section:
    """Where fixes find helpers, and whether they are there."""
    if not config.helpers:
        return Section("Helpers", (("none", "fixes that call helpers are not made: `sst-lint vendor DIR`"),))
    named = [("all", config.helpers)] if isinstance(config.helpers, str) else list(config.helpers)
    roots = import_roots(files, config)
    rows = []
    for name, target in named:
        module = target.partition("(")[0].strip()
        module = module if name == "all" else module.replace(":", ".").rpartition(".")[0]
        found = module == "sst_lint.runtime" or _module_file(root, roots, module)
        rows.append((name, f"{target}, {'found' if found else 'not there'}"))
        if not found:
            problems.append(f"helpers: there is no module `{module}` in {', '.join(roots)}")
    rows += [("copy", state) for state in _copies(root, roots, config.helpers)]
    return Section("Helpers", tuple(rows))


def _module_file(root: Path, roots: tuple[str, ...], module: str) -> bool:
    inside = module.replace(".", "/")
    return any((root / top / f"{inside}{end}").is_file() for top in roots for end in (".py", "/__init__.py"))


def _copies(root: Path, roots: tuple[str, ...], helpers: object) -> Iterator[str]:
    """The state of a vendored copy that the configuration names."""
    from sst_lint.fixes.vendoring import VendorError, status

    if not isinstance(helpers, str):
        return
    for top in roots:
        place = root / top / helpers.replace(".", "/")
        if place.is_dir():
            try:
                found = status(place)
            except VendorError as error:
                yield str(error)
                continue
            if found.state != "absent":
                yield f"{found.state}{f': {found.problems[0]}' if found.problems else ''}"


def _records(root: Path, config: Config, problems: list[str]) -> Section:
    """The committed files, and what is remembered between runs."""
    from sst_lint.findings.baseline import BaselineError, load

    rows = []
    if config.baseline:
        try:
            rows.append(
                (
                    "baseline",
                    f"{config.baseline}: {len(load(root / config.baseline, config.baseline).entries):,} entries",
                )
            )
        except BaselineError as error:
            rows.append(("baseline", str(error)))
            problems.append(str(error))
    for name, file in config.matrices:
        there = (root / file).is_file()
        rows.append((f"matrix of {name}", f"{file}{'' if there else ' is not there'}"))
        if not there:
            problems.append(f"{file} is not there: `sst-lint matrix {name} --update` writes it")
    rows.append(("store", _store(root)))
    return Section("Committed and remembered", tuple(rows))


def _store(root: Path) -> str:
    from sst_lint.facts.store import DIRECTORY, measure

    if not (root / DIRECTORY).is_dir():
        return f"no {DIRECTORY} yet"
    measured = measure(root)
    return f"{DIRECTORY}: {measured.entries:,} entries, {measured.size:,} bytes; `sst-lint cache clean` removes it"


def _around(root: Path, problems: list[str]) -> Section:
    """Other tools, as far as they touch ours."""
    repository = next((above for above in (root, *root.parents) if (above / ".git").exists()), None)
    rows = [("pre-commit", hook_state(repository))]
    found = ruff_configuration(root)
    if found is not None:
        file = ruff_deletes_codes(root)
        rows.append(("ruff", f"{found[0]}: {'does not know our codes' if file else 'leaves our codes alone'}"))
        if file:
            problems.append(
                f'{file}: `lint.external = ["SST"]` is missing: ruff (RUF100) deletes our codes from `noqa` comments'
            )
    return Section("Other tools", tuple(rows))
