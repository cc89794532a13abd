"""``sst-lint explain``: say what a rule means."""

from __future__ import annotations

import click

from sst_lint.cli.terminal import UsageProblem, print_result


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> int:
    """Say what RULE (a code or a name) means, why it matters, and what to write instead."""
    from sst_lint.catalogue import load_rules, nearest
    from sst_lint.output.prose import explain_rule

    rules = load_rules()
    for each in rules:
        if rule.upper() == each.code or rule.lower() == each.name:
            print_result(explain_rule(each))
            return 0
    known = [word for each in rules for word in (each.code, each.name)]
    raise UsageProblem(f"unknown rule `{rule}`{nearest(rule, known)}; `sst-lint rules` lists them")
