"""``sst-lint check``: report the findings of one or more projects."""

from __future__ import annotations

from pathlib import Path

import click

from sst_lint.cli import options
from sst_lint.cli.terminal import print_result, say, wants_color, write_file


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@options.selection
@options.configuration
@options.presentation
def command(paths: tuple[Path, ...], **given: object) -> int:
    """Report what could make an artifact differ, tear or lie.

    PATHS are files or directories; without any, the working directory. The whole project is always looked at; findings
    are shown that touch the given paths.
    """
    asked = options.Asked(**given)  # type: ignore[arg-type]
    targets = asked.targets()
    from sst_lint.engine import Options, check

    report = check(
        paths or (Path(),),
        Options(config=asked.config, isolated=asked.isolated, overrides=asked.overrides(), jobs=asked.jobs),
    )
    for problem in report.problems:
        say(f"error: {problem}")
    for note in () if asked.quiet else report.notes:
        say(f"note: {note}")
    for target in targets:
        color = target.file is None and wants_color(asked.color)
        text = target.render(report, asked.style(color))
        if target.file is None:
            print_result(text)
        else:
            write_file(target.file, text)
    return 0 if asked.exit_zero and not report.problems else report.exit_code
