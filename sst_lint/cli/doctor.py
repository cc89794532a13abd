"""``sst-lint doctor``: what holds here, where it comes from, and what is to be mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sst_lint.cli.teaching import closing
from sst_lint.cli.terminal import UsageProblem, print_result

if TYPE_CHECKING:
    from sst_lint.adoption.doctor import Diagnosis, Section
    from sst_lint.engine import Surveyed

_EPILOG = closing(
    "0 nothing to mend, 1 something to mend",
    ("sst-lint doctor", "the project around the working directory"),
    ("sst-lint doctor src/acme/io.py", "which rules hold for one file, and why"),
    ("sst-lint doctor --format json", "for a report of a defect"),
)


@click.command("doctor", epilog=_EPILOG)
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Read this configuration file.")
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.option("--output-format", "--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(path: Path, config: Path | None, isolated: bool, form: str) -> int:
    """Say what holds at PATH: configuration and where it comes from, rules, files, helpers, other tools.

    PATH is a directory or a file, by default the working directory. Nothing is judged: `sst-lint check` does that.
    """
    from sst_lint.adoption.doctor import diagnose, versions

    if not path.exists():
        raise UsageProblem(f"{path}: no such file or directory")
    try:
        diagnosis = diagnose(path, _surveyed(path, config, isolated))
    except UsageProblem:
        if form == "text":  # who reports a defect is asked for this, whatever else is wrong
            print_result(_section(versions()))
        raise
    print_result(_as_json(diagnosis) if form == "json" else _as_text(diagnosis))
    return 1 if diagnosis.problems else 0


def _surveyed(path: Path, config: Path | None, isolated: bool) -> Surveyed:
    from sst_lint.catalogue import CatalogueError
    from sst_lint.checks.own import OwnCheckError
    from sst_lint.config import ConfigError
    from sst_lint.engine import Options, read_only
    from sst_lint.source import find_root

    try:
        return read_only(find_root(path), Options(config, isolated, jobs=0, cache=True))
    except (ConfigError, CatalogueError, OwnCheckError) as error:
        raise UsageProblem(str(error)) from error


def _as_text(diagnosis: Diagnosis) -> str:
    from sst_lint.output.style import escape

    parts = [_section(each) for each in diagnosis.sections]
    lines = [f"  - {escape(each)}\n" for each in diagnosis.problems]
    return "\n".join([*parts, "".join(["To mend:\n", *lines] if lines else ["Nothing to mend.\n"])])


def _section(section: Section) -> str:
    from sst_lint.output.style import escape

    width = min(max(len(name) for name, _ in section.rows), 36)
    lines = [f"  {escape(name):<{width}}  {escape(text)}" for name, text in section.rows]
    return "\n".join([section.title, *lines]) + "\n"


def _as_json(diagnosis: Diagnosis) -> str:
    sections = [{"title": each.title, "rows": [list(row) for row in each.rows]} for each in diagnosis.sections]
    return json.dumps({"version": 1, "sections": sections, "problems": list(diagnosis.problems)}, indent=1) + "\n"
