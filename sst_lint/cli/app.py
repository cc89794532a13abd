"""Which verb is meant, and what does the user hear when it fails? One clear line, never a traceback."""

from __future__ import annotations

import importlib
import os
import traceback
from collections.abc import Sequence

import click

from sst_lint import __version__
from sst_lint.cli.terminal import UsageProblem, print_error, say

_COMPLETING = "_SST_LINT_COMPLETE"  #: set by the shell that asks which words fit

OK, FINDINGS, FAILED, INTERRUPTED = 0, 1, 2, 130

#: verb -> (module that holds its ``command``, the line of ``--help``); nothing is imported until it is called
VERBS: dict[str, tuple[str, str]] = {
    "check": ("sst_lint.cli.check", "Report what could make an artifact differ, tear or lie."),
    "fix": ("sst_lint.cli.fix", "Mend findings in place, or show the diff."),
    "baseline": ("sst_lint.cli.baseline", "Write down the findings of today, so that the gate sees what comes."),
    "explain": ("sst_lint.cli.explain", "Say what a rule means, what is known of a line, or who writes a file."),
    "matrix": (
        "sst_lint.cli.matrix",
        "Print every write, except clause or unordered iteration, and check the committed files.",
    ),
    "init": ("sst_lint.cli.init", "Set a project up: configuration, baseline, hook and CI, after a yes."),
    "doctor": ("sst_lint.cli.doctor", "Say what holds here and why, and what is to be mended."),
    "cache": ("sst_lint.cli.cache", "Show or remove what is remembered of a project."),
    "rules": ("sst_lint.cli.rules", "List the rules."),
    "vendor": ("sst_lint.cli.vendor", "Copy the runtime helpers into a project."),
}

_EPILOG = """\b
Examples:
  sst-lint init                          set a project up
  sst-lint check                         the project around the working directory
  sst-lint check src --select SST1       one family of rules
  sst-lint check --format json > out     for programs
  sst-lint explain SST201                what a rule means
  sst-lint explain src/a.py:12           what is known of a line
  sst-lint explain manifest.json         who writes a file, and from what

\b
Exit codes: 0 clean, 1 findings, 2 usage, configuration or internal error, 130 interrupt."""


class _Verbs(click.Group):
    """A group whose commands are found in ``VERBS`` and imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(VERBS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from sst_lint.catalogue.schema import nearest

            ctx.fail(f"no verb `{args[0]}`{nearest(args[0], VERBS)}; the verbs are {', '.join(VERBS)}")
        return super().resolve_command(ctx, args)


@click.command(cls=_Verbs, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def app() -> None:
    """Find where code can write a different, torn or poisoned artifact, with the path that proves it."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; whatever goes wrong is one line on stderr."""
    if not arguments and _COMPLETING not in os.environ:
        with click.Context(app, info_name="sst-lint") as context:
            print_error(app.get_help(context) + "\n")
        return FAILED
    try:
        code = app.main(args=list(arguments), prog_name="sst-lint", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return INTERRUPTED
    except click.ClickException as error:
        return _usage(error)
    except UsageProblem as error:
        say(f"error: {error}")
        return FAILED
    except Exception as error:  # noqa: BLE001 -- reported in full below: the last resort of a command is one line
        return _internal(error)
    return code if isinstance(code, int) else OK


def _usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    hint = f" (see `{context.command_path} --help`)" if context is not None else ""
    say(f"error: {' '.join(error.format_message().split())}{hint}")
    return FAILED


def _internal(error: Exception) -> int:
    """Say where the tool failed; the whole traceback is for its developers, on request."""
    if os.environ.get("SST_LINT_TRACEBACK"):
        traceback.print_exc()
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""  # noqa: PTH119
    say(
        f"internal error: {type(error).__name__}: {error}{place}; this is a defect of sst-lint, please report it"
        " (SST_LINT_TRACEBACK=1 shows the traceback)"
    )
    return FAILED
