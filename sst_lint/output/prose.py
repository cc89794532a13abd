"""How are rules shown to people who want to understand them? A page for one, a table for all."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from sst_lint.catalogue import Rule

_SECTIONS = (
    ("What", "what"),
    ("Why", "why"),
    ("What happened to someone", "consequence"),
    ("What the fix does", "fix"),
    ("When to suppress", "when_to_suppress"),
    ("Known gaps", "known_gaps"),
)


def explain_rule(rule: Rule) -> str:
    """Return the page of one rule: prose, options, examples."""
    parts = [f"{rule.code} {rule.name} ({', '.join(_facts(rule))})\n{rule.summary.strip()}"]
    parts += [f"{title}\n{_indented(getattr(rule, key))}" for title, key in _SECTIONS if getattr(rule, key).strip()]
    if rule.options:
        options = (f"{each.name} (default {each.default or 'none'}): {each.summary}" for each in rule.options)
        parts.append("Options\n" + _indented("\n".join(options)))
    for example in rule.examples:
        forms = (("Instead of", example.bad), ("write", example.good), ("The fix makes of it", example.fixed))
        shown = [f"{title}\n{_indented(code, 4)}" for title, code in forms if code.strip()]
        parts.append(f"Example: {example.title}\n" + _indented("\n".join(shown)))
    if rule.subsumes:
        parts.append(f"Reported instead of {', '.join(rule.subsumes)} where both see the same defect.")
    return "\n\n".join(parts) + "\n"


def _facts(rule: Rule) -> list[str]:
    state = "on by default" if rule.default else "off by default"
    return [rule.family, rule.status, state, *([rule.severity] if rule.severity else [])]


def _indented(text: str, depth: int = 2) -> str:
    lines = text.strip("\n").splitlines()
    return "\n".join(f"{' ' * depth}{line}".rstrip() for line in lines)


def rules_table(rules: Sequence[Rule]) -> str:
    """Return one line for each rule."""
    rows = [("code", "name", "default", "summary")]
    rows += [(rule.code, rule.name, _state(rule), rule.summary.strip()) for rule in rules]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "".join(
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip() + "\n" for row in rows
    )


def _state(rule: Rule) -> str:
    return ("on" if rule.default else "off") + (", preview" if rule.status == "preview" else "")


def rules_json(rules: Sequence[Rule]) -> str:
    """Return every rule with all its fields, as JSON."""
    return json.dumps([dataclasses.asdict(rule) for rule in rules], indent=2) + "\n"
