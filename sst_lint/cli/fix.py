"""``sst-lint fix``: mend what can be mended, show the rest. The same as ``check --fix``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sst_lint.cli import options
from sst_lint.cli.check import show
from sst_lint.cli.teaching import closing
from sst_lint.cli.terminal import UsageProblem, print_result, say

if TYPE_CHECKING:
    from sst_lint.engine import Options
    from sst_lint.fixes.repair import Changed, Repaired


_EPILOG = closing(
    "0 nothing at or above fail-on is left, 1 findings are left (--diff: something would change)",
    ("sst-lint fix --diff", "what would change; nothing is written"),
    ("sst-lint fix", "safe fixes: same bytes, same exceptions"),
    ("sst-lint fix src --select SST2 --unsafe-fixes", "some paths, some rules, bytes may change"),
    ("sst-lint fix --helpers acme._sst", "with the helpers that `sst-lint vendor` copied there"),
)


@click.command("fix", epilog=_EPILOG)
@click.argument("paths", nargs=-1, type=options.GivenPath(path_type=Path))
@options.fixing
@options.selection
@options.configuration
@options.gate
@options.presentation
def command(paths: tuple[Path, ...], diff: bool, unsafe_fixes: bool, helpers: str, **given: object) -> int:
    """Mend findings where that keeps the program as it is; with --unsafe-fixes also where bytes or behavior change.

    PATHS are files or directories; without any, the working directory. Only these files are changed. Fixes that call
    helpers need a place where the project has them: `sst-lint vendor DIR`, then `helpers` in the configuration.
    """
    return run(paths, options.Asked(**given), options.Fixing(diff, unsafe_fixes, helpers))  # type: ignore[arg-type]


def run(paths: Sequence[Path], asked: options.Asked, fixing: options.Fixing) -> int:
    """Fix, print the diff or the remaining findings, and return the exit code."""
    if asked.add_ignores is not None:
        raise UsageProblem("--add-ignores accepts what fixes would mend: choose one of them")
    targets = asked.targets()
    _check_module(fixing.helpers)
    from sst_lint.engine import repair

    report, results = repair(paths or (Path(),), _engine_options(asked), unsafe=fixing.unsafe, helpers=fixing.helpers)
    for problem in report.problems:
        say(f"error: {problem}")
    for note in () if asked.quiet else report.notes:
        say(f"note: {note}")
    failed = [] if fixing.diff or report.problems else _written(results)
    for line, _ in failed:
        say(f"error: {line}")
    if fixing.diff:
        from sst_lint.fixes.repair import unified

        print_result("".join(unified(each) for _, done in results for each in done.files))
    else:
        show(report, asked, targets)
    if not asked.quiet and not report.problems:
        for line in _summary(results, fixing, [changed for _, changed in failed]):
            say(line)
    if report.problems or failed:
        return 2
    if fixing.diff:
        return 1 if any(done.files for _, done in results) else 0
    return 0 if asked.exit_zero else report.exit_code


def _check_module(helpers: str) -> None:
    from sst_lint.config.keys import Helpers, ValueProblem

    try:
        Helpers().parse(helpers)
    except ValueProblem as problem:
        raise UsageProblem(f"--helpers: {problem}") from None


def _engine_options(asked: options.Asked) -> Options:
    from sst_lint.engine import Options

    return Options(
        config=asked.config,
        isolated=asked.isolated,
        overrides=asked.overrides(),
        jobs=asked.jobs,
        cache=not asked.no_cache,
        baseline=asked.baseline,
        since=asked.since,
    )


def _written(results: Sequence[tuple[Path, Repaired]]) -> list[tuple[str, Changed]]:
    """Write the files; return those that were not, with the reason."""
    from sst_lint.fixes.repair import write

    failed: list[tuple[str, Changed]] = []
    for root, done in results:
        for changed in done.files:
            why = write(root, changed)
            if why:
                failed.append((f"{os.path.relpath(root / changed.path)}: {why}", changed))
    return failed


def _summary(results: Sequence[tuple[Path, Repaired]], fixing: options.Fixing, failed: Sequence[Changed]) -> list[str]:
    """Say what was fixed, what remains, and what would mend more of it."""
    from sst_lint.output.style import count

    lost = sum(changed.fixed for changed in failed)
    fixed = sum(sum(done.fixed.values()) for _, done in results) - lost
    files = sum(len(done.files) for _, done in results) - len(failed)
    remaining = sum(len(done.report.reported) for _, done in results) + lost
    unsafe = sum(done.unsafe for _, done in results)
    helpers = sum(done.helpers for _, done in results)
    verb = "would be fixed" if fixing.diff else "fixed"
    lines = [f"{count(fixed, 'finding')} {verb} in {count(files, 'file')}; {remaining} remain"]
    if unsafe and not fixing.unsafe:
        lines.append(f"{unsafe} more with --unsafe-fixes (bytes or behavior change)")
    if helpers:
        lines.append(
            f"{helpers} more with helpers: `sst-lint vendor DIR`, then `helpers = 'the.module'` (or --helpers)"
        )
    return lines
