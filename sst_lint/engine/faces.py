"""What do people and programs call? ``check`` and ``repair``: paths, perhaps of several projects, become one report."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sst_lint.engine.records import Configuration, Options
from sst_lint.engine.road import check_project, store_of
from sst_lint.engine.words import of_project

if TYPE_CHECKING:
    from sst_lint.findings import Report
    from sst_lint.fixes.repair import Repaired


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
    there = [path for path in asked if os.path.lexists(path) or _given(path, options)]
    missing = _missing(path for path in asked if path not in there)
    groups = _by_root(there)
    roots = [root for root, _ in groups]
    if options.baseline is not None and len(groups) > 1:
        missing.append(f"--baseline goes with one project, and these are {len(groups)}: configure `baseline` in each")
        groups = []
    with uncollected():
        report = join([(root, _checked(root, inside, roots, options)) for root, inside in groups], missing)
    return replace(report, asked=tuple(os.fspath(path) for path in asked if path != Path()))


def _given(path: Path, options: Options) -> bool:
    """Whether a path is one of the texts that stand in place of files."""
    from sst_lint.source import find_root
    from sst_lint.source.discover import absolute_path, relative_path

    return bool(options.texts) and relative_path(absolute_path(path), find_root(path)) in options.texts


def _missing(asked: Iterable[Path]) -> list[str]:
    return [f"{os.fspath(path)}: no such file or directory" for path in asked if not os.path.lexists(path)]


def repair(
    paths: Iterable[Path], options: Options, *, unsafe: bool = False, helpers: str = ""
) -> tuple[Report, tuple[tuple[Path, Repaired], ...]]:
    """Return the report on what fixes leave, and for each project what they change; nothing is written.

    Only files that ``paths`` mean are changed. ``unsafe``: fixes that change bytes or behavior too. ``helpers``: the
    module of the runtime helpers, in place of the configured one.
    """
    from sst_lint.findings import join

    asked = list(paths)
    missing = _missing(asked)
    groups = _by_root([path for path in asked if os.path.lexists(path)])
    roots = [root for root, _ in groups]
    results: list[tuple[Path, Repaired]] = []
    for root, inside in groups:
        with uncollected(), store_of(root, options) as store:
            known = replace(options, store=store)
            results.append((root, _mended(root, inside, roots, known, unsafe, helpers)))
    return join([(root, each.report) for root, each in results], missing), tuple(results)


def _mended(
    root: Path, inside: Sequence[Path], roots: Sequence[Path], options: Options, unsafe: bool, helpers: str
) -> Repaired:
    """What fixes change in one project, and the report on what they leave."""
    from sst_lint.config import ConfigError, load_config
    from sst_lint.findings import Report
    from sst_lint.fixes.helpers import absent
    from sst_lint.fixes.repair import Repaired, Wishes
    from sst_lint.fixes.repair import repair as mend
    from sst_lint.source import discover

    def judged(texts: Mapping[str, str]) -> Report:
        return _checked(root, inside, roots, replace(options, texts=dict(texts)))

    try:
        config = load_config(root, options.config, options.isolated, options.overrides)
    except ConfigError:
        return Repaired(judged({}))
    helpers_of_run = helpers or config.helpers
    why = absent(root, helpers_of_run)
    if why:
        return Repaired(Report(problems=(of_project(root, why),)))
    everything = any(Path(os.path.abspath(path)) == root for path in inside)  # noqa: PTH100 -- keep links
    only = None if everything else frozenset(discover(inside, root, config).files)
    wishes = Wishes(unsafe, helpers_of_run, config.waivers, config.accept, only, root, config.target_version)
    return mend(judged, wishes)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
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
        return Report(problems=(of_project(root, str(error)),))
    except CatalogueError as error:  # a rule or a model that the configuration names
        return Report(problems=(of_project(root, str(error)),))
    except (OwnCheckError, BaselineError, ChangesError) as error:
        return Report(problems=(str(error),))
