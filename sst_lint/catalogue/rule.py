"""What is a rule? Its code and name, how strong it is, and the prose that ``sst-lint explain`` shows.

A rule is a value: one TOML file under ``rules/checks``. What it looks for is Python, in ``sst_lint/checks``.

The keys of the file are the fields of ``Rule``; options and examples are ``[[option]]`` and ``[[example]]`` tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sst_lint.catalogue.schema import CatalogueError, build, nearest

Family = Literal["writes", "order", "values", "errors", "contracts", "meta"]


@dataclass(frozen=True)
class Option:
    """A configuration key that changes what the rule reports."""

    name: str
    summary: str
    default: str = ""


@dataclass(frozen=True)
class Example:
    """Code that breaks the rule, and what to write instead; executed by tests.

    A line of ``bad`` that must be reported ends with ``# expect: CODE``. ``fixed``: what the codemod makes of ``bad``.
    """

    title: str
    bad: str
    good: str = ""
    fixed: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule of the catalogue."""

    code: str  #: ``SST201``; stable, never reused
    name: str  #: ``unsorted-listing``; reads as "allow NAME"
    status: Literal["stable", "preview"]
    default: bool  #: on when nothing is selected
    family: Family
    rows: tuple[str, ...]  #: keys of the requirements that it answers
    summary: str  #: one line, for tables
    what: str  #: what is reported, and what is not
    #: which rule names a defect that several see: the lowest; compared across families (digests and writes overlap)
    precedence: int = 100
    subsumes: tuple[str, ...] = ()  #: codes that say less about the same defect
    severity: Literal["", "error", "warning"] = ""  #: the usual severity, where one rule has one
    why: str = ""
    consequence: str = ""  #: what happened to someone
    fix: str = ""  #: what the codemod does: begins with the safest it can, `Safe`, `Unsafe` or `Suggested`
    when_to_suppress: str = ""
    known_gaps: str = ""
    options: tuple[Option, ...] = ()
    examples: tuple[Example, ...] = ()


_TABLES = {"option": "options", "example": "examples"}


def parse_rule(table: Mapping[str, Any], where: str) -> Rule:
    """Return one rule from the table of its TOML file; raise ``CatalogueError`` for anything that does not fit."""
    for plural in _TABLES.values():
        if plural in table:
            raise CatalogueError(f"{where}: unknown key `{plural}`; write [[{plural[:-1]}]] tables")
    rule = build(Rule, {_TABLES.get(key, key): value for key, value in table.items()}, where)
    if not re.fullmatch(r"SST\d{3}", rule.code):
        raise CatalogueError(f"{where}: code `{rule.code}` is not SST and three digits")
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name):
        raise CatalogueError(f"{where}: name `{rule.name}` is not lower-case words joined by hyphens")
    for key in ("summary", "what"):
        if not getattr(rule, key).strip():
            raise CatalogueError(f"{where}: `{key}` is empty")
    if "\n" in rule.summary.strip():
        raise CatalogueError(f"{where}: `summary` is one line")
    return rule


def order_rules(rules: Iterable[tuple[Rule, str]]) -> tuple[Rule, ...]:
    """Return rules, each given with its file, sorted by code, after checking what they say of each other."""
    by_code: dict[str, tuple[Rule, str]] = {}
    names: dict[str, str] = {}
    for rule, where in rules:
        if rule.code in by_code:
            raise CatalogueError(f"{where}: code {rule.code} is taken by {by_code[rule.code][1]}")
        if rule.name in names:
            raise CatalogueError(f"{where}: name `{rule.name}` is taken by {names[rule.name]}")
        by_code[rule.code], names[rule.name] = (rule, where), rule.code
    for rule, where in by_code.values():
        for weaker in rule.subsumes:
            if weaker not in by_code:
                raise CatalogueError(f"{where}: `subsumes` names {weaker}, an unknown rule{nearest(weaker, by_code)}")
            if by_code[weaker][0].precedence <= rule.precedence:
                raise CatalogueError(f"{where}: {rule.code} subsumes {weaker}, so its precedence must be the lower one")
    return tuple(by_code[code][0] for code in sorted(by_code))
