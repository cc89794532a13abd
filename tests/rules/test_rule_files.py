"""Are the files under ``rules/`` fit to be read? Names, prose, options, examples, line length."""

from __future__ import annotations

import ast
import re

import pytest

from sst_lint.catalogue import Rule, load_rules
from sst_lint.catalogue.load import rules_directory
from sst_lint.config.config import KEYS

RULES = load_rules()
FILES = sorted(rules_directory().glob("*/*.toml"))
MARK = re.compile(r"# expect: (SST\d{3})")


def identify(rule: Rule) -> str:
    return rule.code


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_lines_fit_a_screen(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if len(line) > 120 or line != line.rstrip() or "\t" in line] == []
    assert text.endswith("\n")


def test_a_rule_file_is_named_after_its_rule() -> None:
    names = [path.name for path in FILES if path.parent.name == "checks"]
    assert names == [f"{rule.code}-{rule.name}.toml" for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=identify)
def test_the_prose_teaches(rule: Rule) -> None:
    for field in ("what", "why", "consequence", "when_to_suppress"):
        assert len(getattr(rule, field).split()) >= 4, f"{field} says too little"
    assert rule.summary.endswith(".")
    assert rule.examples


@pytest.mark.parametrize("rule", RULES, ids=identify)
def test_options_are_configuration_keys(rule: Rule) -> None:
    assert {option.name for option in rule.options} <= {key.name for key in KEYS}


@pytest.mark.parametrize("rule", RULES, ids=identify)
def test_examples_are_code_with_marks(rule: Rule) -> None:
    for example in rule.examples:
        assert rule.code in MARK.findall(example.bad), f"{example.title}: no line of `bad` expects the rule"
        assert example.good, f"{example.title}: shows no way out"
        assert not MARK.findall(example.good + example.fixed)
        for text in (example.good, example.fixed, "" if rule.code == "SST900" else example.bad):
            ast.parse(text)


def test_the_strongest_rule_comes_first() -> None:
    precedence = {rule.code: rule.precedence for rule in RULES}
    for chain in (
        ("SST401", "SST405", "SST404", "SST407", "SST403", "SST402", "SST406"),
        ("SST110", "SST111", "SST101", "SST102", "SST112"),
        ("SST206", "SST205", "SST201", "SST203", "SST103"),
        ("SST307", "SST103"),
    ):
        known = [precedence[code] for code in chain if code in precedence]
        assert known == sorted(set(known)), chain
    assert precedence["SST201"] == precedence["SST202"]
