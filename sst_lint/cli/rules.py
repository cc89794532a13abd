"""``sst-lint rules``: list the rules."""

from __future__ import annotations

import click

from sst_lint.cli.terminal import print_result


@click.command("rules")
@click.option("--output-format", "--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(form: str) -> int:
    """List every rule: code, name, whether it is on by default, what it reports."""
    from sst_lint.catalogue import load_rules
    from sst_lint.output.prose import rules_json, rules_table

    print_result(rules_json(load_rules()) if form == "json" else rules_table(load_rules()))
    return 0
