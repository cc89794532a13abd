"""Is a rule on at a path, and which line of the configuration says so?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sst_lint.catalogue import Rule
from sst_lint.catalogue.select import ALWAYS, resolve
from sst_lint.config import Config
from sst_lint.config.patterns import matches
from sst_lint.findings import Policy


@dataclass(frozen=True)
class RuleState:
    """A rule, whether it is on, and why."""

    code: str
    name: str
    on: bool
    why: str


def rule_states(policy: Policy, path: str) -> tuple[RuleState, ...]:
    """Return the state of every rule at ``path`` ("" for the project as a whole)."""
    config = policy.config.for_path(path) if path else policy.config
    on = policy.enabled(path) if path else Policy(replace(policy.config, per_path=()), policy.rules).enabled("")
    states = []
    for rule in policy.rules:
        active = rule.code in on or rule.code == ALWAYS
        states.append(RuleState(rule.code, rule.name, active, _why(rule, active, config, policy, path)))
    return tuple(states)


def _why(rule: Rule, active: bool, config: Config, policy: Policy, path: str) -> str:
    if rule.code == ALWAYS:
        return "always on"
    keys = ("select", "extend_select") if active else ("ignore", "extend_ignore")
    named = [_named(rule, key, getattr(config, key), policy.rules) for key in keys]
    rank, key, selector = max(named, key=lambda each: each[0])
    if rank > 0 or (rank == 0 and not (active and selector.upper() == "DEFAULT")):
        return f"{key.replace('_', '-')} has `{selector}`{_where(key, selector, policy.config, path)}"
    if active:
        return "on by default"
    if not rule.default and any(each.upper() == "DEFAULT" for each in config.select):
        return "off by default: `extend-select` turns it on"
    return f"select has no `{rule.code}`{_where('select', '', policy.config, path)}"


def _named(rule: Rule, key: str, selectors: Sequence[str], rules: Sequence[Rule]) -> tuple[int, str, str]:
    """How exactly a list names the rule (-1: not at all), and by which of its words."""
    ranked = [(resolve([each], rules).get(rule.code, -1), key, each) for each in selectors]
    return max(ranked, key=lambda each: each[0], default=(-1, key, ""))


def _where(key: str, selector: str, config: Config, path: str) -> str:
    """The per-path table that a selector comes from; the last one that applies and has it."""
    for pattern, entries in reversed(config.per_path):
        values = dict(entries).get(key)
        if path and values is not None and matches(path, (pattern,)) and (not selector or selector in values):
            return f" (per-path {pattern!r})"
    return ""
