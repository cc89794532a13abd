"""``sst-lint check``: report the findings of one or more projects."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sst_lint.cli import options
from sst_lint.cli.given import from_stdin
from sst_lint.cli.teaching import closing
from sst_lint.cli.terminal import UsageProblem, append_file, print_result, say, wants_color, write_file

if TYPE_CHECKING:
    from sst_lint.findings import Report

#: where a job of GitHub Actions takes what its page is to show
_JOB_SUMMARY = "GITHUB_STEP_SUMMARY"


_EPILOG = closing(
    "0 nothing at or above fail-on, 1 findings",
    ("sst-lint check", "the project around the working directory"),
    ("sst-lint check src/a.py", "what touches one file; all of its project is read"),
    ("sst-lint check --select SST1,dict-order", "some rules: codes, prefixes, names"),
    ("sst-lint check --stdin-filename src/a.py < buffer", "a text that an editor has not saved yet"),
    ("sst-lint check --since origin/main", "what touches the lines of a branch"),
    ("sst-lint check --format github --format sarif:out.sarif", "for a job of CI"),
)


@click.command("check", epilog=_EPILOG)
@click.argument("paths", nargs=-1, type=options.GivenPath(path_type=Path))
@options.selection
@options.configuration
@options.gate
@options.presentation
@click.option("--stdin-filename", metavar="FILE", help="Judge what comes on stdin as the text of FILE.")
@click.option("--fix", is_flag=True, help="Mend what can be mended, as `sst-lint fix` does.")
@options.fixing
def command(
    paths: tuple[Path, ...],
    stdin_filename: str | None,
    fix: bool,
    diff: bool,
    unsafe_fixes: bool,
    helpers: str,
    **given: object,
) -> int:
    """Report what could make an artifact differ, tear or lie.

    PATHS are files or directories; without any, the working directory. The whole project is always looked at; findings
    are shown that touch the given paths.
    """
    asked = options.Asked(**given)  # type: ignore[arg-type]
    texts: dict[str, str] = {}
    if stdin_filename is not None:
        if fix or diff or unsafe_fixes or helpers or asked.add_ignores is not None:
            raise UsageProblem("--stdin-filename only checks: nothing can be written to what comes on stdin")
        paths, texts = from_stdin(paths, stdin_filename)
    if fix or diff or unsafe_fixes or helpers:
        from sst_lint.cli.fix import run

        return run(paths, asked, options.Fixing(diff, unsafe_fixes, helpers))
    targets = asked.targets()
    from sst_lint.cli.progress import progress
    from sst_lint.engine import Options, check

    with progress(asked.quiet) as step:
        report = check(
            paths or (Path(),),
            Options(
                config=asked.config,
                isolated=asked.isolated,
                overrides=asked.overrides(),
                jobs=asked.jobs,
                cache=not asked.no_cache,
                progress=step,
                baseline=asked.baseline,
                since=asked.since,
                texts=texts,
                fixes=not (asked.statistics or asked.quiet) and asked.add_ignores is None,
            ),
        )
    for problem in report.problems:
        say(f"error: {problem}")
    for note in () if asked.quiet else report.notes:
        say(f"note: {note}")
    if asked.add_ignores is not None:
        return _accept(report, asked.add_ignores)
    show(report, asked, targets)
    return 0 if asked.exit_zero and not report.problems else report.exit_code


def show(report: Report, asked: options.Asked, targets: Sequence[options.Target]) -> None:
    """Print the report in each of the formats that were asked for."""
    for target in targets:
        style = asked.style(target.file is None and wants_color(asked.color))
        text = target.render(report, style)
        if target.file is None:
            print_result(text)
        else:
            write_file(target.file, text)
        cut = target.cut(report, style)
        if cut and not asked.quiet:
            say(f"note: {target.format}: {cut}")
    page = os.environ.get(_JOB_SUMMARY)
    if page and any(target.format == "github" for target in targets):
        append_file(Path(page), options.Target("markdown", None).render(report, asked.style(False)))


def _accept(report: Report, reason: str) -> int:
    """Write a comment at each finding; 0 when every one has its comment now."""
    from sst_lint.findings.ignores import ReasonProblem, add_ignores

    if report.problems:
        raise UsageProblem("--add-ignores: nothing was written, because the run is not complete")
    try:
        done = add_ignores(report, reason)
    except ReasonProblem as error:
        raise UsageProblem(str(error)) from error
    for finding, why in done.left:
        say(f"{finding.path}:{finding.line}: {finding.rule} is not ignored: {why}")
    from sst_lint.output.style import count, escape

    lines = [f"{escape(path)}: {count(number, 'finding')} ignored" for path, number in done.written]
    lines.append(f"{count(done.accepted, 'finding')} ignored in {count(len(done.written), 'file')}")
    print_result("\n".join(lines) + "\n")
    return 1 if done.left else 0
