"""Which options do verbs share, and what do they mean together?"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from sst_lint.cli.teaching import complete_formats, complete_rules
from sst_lint.cli.terminal import UsageProblem, check_writable
from sst_lint.findings import Report
from sst_lint.output import CUTS, FORMATS, Style

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Target:
    """One output: its format, and the file that it goes to (None: stdout)."""

    format: str
    file: Path | None

    def render(self, report: Report, style: Style) -> str:
        """Return the text of the output."""
        return FORMATS[self.format](report, style)

    def cut(self, report: Report, style: Style) -> str:
        """Say what the limits of the format leave out, or ""."""
        return CUTS[self.format](report, style) if self.format in CUTS else ""


@dataclass(frozen=True)
class Asked:
    """The options of ``check`` as given; names are those of the command line."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    extend_select: tuple[str, ...]
    extend_ignore: tuple[str, ...]
    exclude: tuple[str, ...]
    config: Path | None
    isolated: bool
    min_confidence: str | None
    fail_on: str | None
    baseline: Path | None
    since: str | None
    add_ignores: str | None
    jobs: int
    no_cache: bool
    output_format: tuple[str, ...]
    output_file: Path | None
    exit_zero: bool
    statistics: bool
    show_suppressed: bool
    color: str
    quiet: bool
    verbose: bool

    def overrides(self) -> dict[str, Any]:
        """Return the configuration keys that the command line sets."""
        given: dict[str, Any] = {
            "select": self.select,
            "ignore": self.ignore,
            "extend_select": self.extend_select,
            "extend_ignore": self.extend_ignore,
            "extend_exclude": self.exclude,
            "min_confidence": self.min_confidence,
            "fail_on": self.fail_on,
        }
        return {name: value for name, value in given.items() if value}

    def style(self, color: bool) -> Style:
        """Return how text is to look."""
        return Style(color, self.show_suppressed, self.statistics, self.quiet, self.verbose)

    def targets(self) -> tuple[Target, ...]:
        """Return the outputs; raise ``UsageProblem`` for an unknown format or two outputs to one place."""
        wanted = self.output_format or ("text",)
        targets = tuple(_target(word) for word in wanted)
        to_stdout = [target for target in targets if target.file is None]
        if self.output_file is not None:
            if not to_stdout:
                raise UsageProblem("--output-file needs a format without a file of its own")
            targets = tuple(Target(each.format, each.file or self.output_file) for each in targets)
        places = [os.path.realpath(target.file) if target.file else "stdout" for target in targets]
        for place, target in zip(places, targets):
            if places.count(place) > 1:
                raise UsageProblem(f"two formats go to {target.file or 'stdout'}; write --output-format FORMAT:FILE")
            if target.file is not None:
                check_writable(target.file)
        return targets


@dataclass(frozen=True)
class Fixing:
    """The options of ``fix`` as given."""

    diff: bool = False
    unsafe: bool = False
    helpers: str = ""


class GivenPath(click.Path):
    """A path. An empty one, as an unset variable leaves it, would be the working directory."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """Return the path. Raises ``click.BadParameter``."""
        if value == "":
            self.fail("an empty path; write `.` for the working directory", parameter, context)
        return super().convert(value, parameter, context)


def _target(word: str) -> Target:
    name, _, file = word.partition(":")
    if name not in FORMATS:
        from sst_lint.catalogue import nearest

        raise UsageProblem(f"unknown format `{name}`{nearest(name, FORMATS)}; the formats are {', '.join(FORMATS)}")
    return Target(name, Path(file) if file not in ("", "-") else None)


def _words(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Split ``A,B`` and repeated options into one list."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def _all(*decorators: Callable[[Function], Function]) -> Callable[[Function], Function]:
    def apply(function: Function) -> Function:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


_list: dict[str, Any] = {
    "multiple": True,
    "callback": _words,
    "metavar": "RULES",
    "shell_complete": complete_rules,
}

selection = _all(
    click.option("--select", help="Rules to check: codes, prefixes, names, ALL; comma-separated.", **_list),
    click.option("--ignore", help="Rules not to check.", **_list),
    click.option("--extend-select", help="Rules to check beside the selected ones.", **_list),
    click.option("--extend-ignore", help="Rules not to check beside the ignored ones.", **_list),
    click.option("--min-confidence", type=click.Choice(["high", "medium", "low"]), help="Hide what is less sure."),
)

configuration = _all(
    click.option("--exclude", multiple=True, callback=_words, metavar="PATTERNS", help="More paths to leave out."),
    click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Read this configuration file."),
    click.option("--isolated", is_flag=True, help="Read no configuration file."),
    click.option(
        "--jobs", "-j", type=click.IntRange(min=0), default=0, metavar="N", help="Processes; 0: as many as fit."
    ),
    click.option("--no-cache", is_flag=True, help="Remember nothing in .sst_cache, and look at nothing there."),
)

gate = _all(
    click.option(
        "--baseline",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Findings in FILE are known; others are new. In place of the configured one.",
    ),
    click.option(
        "--since",
        metavar="REV",
        help="Show findings with any step in lines that changed since the git revision REV.",
    ),
    click.option(
        "--add-ignores",
        metavar="REASON",
        help="Write `# sst: ignore[CODE] -- REASON` at each finding, instead of showing it.",
    ),
)

fixing = _all(
    click.option("--diff", is_flag=True, help="Print what would change and write nothing; exit 1 if anything would."),
    click.option("--unsafe-fixes", is_flag=True, help="Fix also where bytes or behavior change."),
    click.option("--helpers", metavar="MODULE", default="", help="Import the runtime helpers from this module."),
)

presentation = _all(
    click.option(
        "--output-format",
        "--format",
        multiple=True,
        metavar="FORMAT[:FILE]",
        shell_complete=complete_formats,
        help=f"One of {', '.join(FORMATS)}; may be repeated with files.",
    ),
    click.option("--output-file", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE."),
    click.option("--fail-on", type=click.Choice(["error", "warning", "never"]), help="What makes the exit code 1."),
    click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found."),
    click.option("--statistics", is_flag=True, help="Show counts by rule instead of findings."),
    click.option("--show-suppressed", is_flag=True, help="Show suppressed findings with their reasons."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Color the text."),
    click.option("--quiet", "-q", is_flag=True, help="Print findings and nothing else."),
    click.option("--verbose", "-v", is_flag=True, help="Show every finding in full, however many."),
)
