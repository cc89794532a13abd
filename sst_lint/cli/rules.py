"""``sst-lint rules``: list the rules."""

from __future__ import annotations

import click

from sst_lint.cli.teaching import closing
from sst_lint.cli.terminal import UsageProblem, print_result

_EPILOG = closing(
    "0 listed", ("sst-lint rules", "a line each"), ("sst-lint rules --format json", "all that is known of them")
)


@click.command("rules", epilog=_EPILOG)
@click.option("--output-format", "--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(form: str) -> int:
    """List every rule, a team's own too: code, name, whether it is on by default, what it reports."""
    from sst_lint.catalogue import load_rules
    from sst_lint.checks.own import OwnCheckError, own_checks
    from sst_lint.output.prose import rules_json, rules_table

    try:
        rules = (*load_rules(), *(each.rule for each in own_checks()))
    except OwnCheckError as error:
        raise UsageProblem(str(error)) from error
    print_result(rules_json(rules) if form == "json" else rules_table(rules))
    return 0
