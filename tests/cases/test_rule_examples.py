"""Does every example in ``rules/checks`` behave: the bad one is reported where it says so, the good ones are not?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from sst_lint.catalogue import Rule, load_rules
from sst_lint.catalogue.rule import Example
from sst_lint.testing import Case, judge, load_case

EXAMPLES = [(rule, example) for rule in load_rules() for example in rule.examples]


def name(value: object) -> str:
    return value.code if isinstance(value, Rule) else str(getattr(value, "title", value))


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=name)
def test_bad_is_reported_where_it_says_so(rule: Rule, example: Example, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(example.bad, encoding="utf-8")
    case = load_case(file)
    assert rule.code in case.codes
    if rule.family == "meta":  # a suppression is unused only where its rule runs
        case = replace(case, options=("--select", "ALL"))
    assert not judge(case), "\n".join(map(str, judge(case)))


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=name)
@pytest.mark.parametrize("which", ["good", "fixed"])
def test_good_is_not_reported(rule: Rule, example: Example, which: str, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(getattr(example, which), encoding="utf-8")
    silent = Case(file.name, file, {"ok": Counter({("module.py", 1, rule.code): 1})})
    assert not judge(silent), "\n".join(map(str, judge(silent)))
