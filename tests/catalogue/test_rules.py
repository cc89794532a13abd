"""Are rules read strictly, and do selectors mean what they say?"""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli

from sst_lint.catalogue import CatalogueError, load_rules
from sst_lint.catalogue.load import read_rules
from sst_lint.catalogue.rule import Rule, parse_rule
from sst_lint.catalogue.select import enabled, resolve

LISTING = """
code = "SST201"
name = "unsorted-listing"
status = "stable"
default = true
family = "order"
rows = ["O1"]
summary = "A directory is read in file-system order."
what = "Listings whose order reaches an artifact."

[[option]]
name = "order"
summary = "nothing"

[[example]]
title = "glob"
bad = "json.dump(list(p.glob('*')), f)  # expect: SST201"
good = "json.dump(sorted(p.glob('*')), f)"
"""


def other(code: str, name: str, **more: object) -> str:
    text = LISTING.replace("SST201", code).replace("unsorted-listing", name)
    for key, value in more.items():
        assert f"\n{key} = " not in text
        text = f"{key} = {value}\n" + text
    return text


def rules() -> tuple[Rule, ...]:
    texts = [
        LISTING,
        other("SST202", "set-order"),
        other("SST207", "ambiguous-sort").replace("default = true", "default = false"),
        other("SST401", "bare-except"),
        other("SST900", "unreadable-source"),
    ]
    return tuple(parse_rule(tomli.loads(text), "x.toml") for text in texts)


def test_a_rule_becomes_a_value() -> None:
    rule = parse_rule(tomli.loads(LISTING), "x.toml")
    assert (rule.code, rule.rows, rule.precedence, rule.options[0].name) == ("SST201", ("O1",), 100, "order")
    assert rule.examples[0].fixed == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("status", "statu", "x.toml: unknown key `statu`; did you mean `status`?"),
        ('"stable"', '"stabel"', "did you mean `stable`?"),
        ('"SST201"', '"SST20"', "code `SST20` is not SST and three digits"),
        ('"unsorted-listing"', '"Unsorted"', "name `Unsorted`"),
        ("default = true", 'default = "yes"', '`default`: expected true or false, not "yes"'),
        ('title = "glob"', "", "x.toml: `examples`[0]: missing key `title`"),
        ("[[example]]", "[[examples]]", "write [[example]] tables"),
        ('"A directory', '"A\\ndirectory', "`summary` is one line"),
        ('summary = "A directory is read in file-system order."', 'summary = ""', "`summary` is empty"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, message: str) -> None:
    assert old in LISTING
    with pytest.raises(CatalogueError) as caught:
        parse_rule(tomli.loads(LISTING.replace(old, new, 1)), "x.toml")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (other("SST201", "other"), "b.toml: code SST201 is taken by"),
        (other("SST202", "unsorted-listing"), "name `unsorted-listing` is taken by SST201"),
        (other("SST202", "other", subsumes='["SST209"]'), "unknown rule; did you mean `SST20"),
        (other("SST202", "other", subsumes='["SST201"]'), "its precedence must be the lower one"),
    ],
)
def test_what_rules_say_of_each_other(tmp_path: Path, second: str, message: str) -> None:
    (tmp_path / "a.toml").write_text(LISTING)
    (tmp_path / "b.toml").write_text(second)
    with pytest.raises(CatalogueError) as caught:
        read_rules(tmp_path)
    assert message in str(caught.value)


def test_rules_come_by_code(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(other("SST401", "x"))
    (tmp_path / "b.toml").write_text(LISTING)
    assert [rule.code for rule in read_rules(tmp_path)] == ["SST201", "SST401"]
    assert load_rules() is load_rules()


def test_selectors() -> None:
    assert list(resolve(["SST2"], rules())) == ["SST201", "SST202", "SST207"]
    assert list(resolve(["bare-except", "sst201"], rules())) == ["SST201", "SST401"]
    assert len(resolve(["ALL"], rules())) == 5
    with pytest.raises(CatalogueError, match="select: unknown rule `bare-exept`; did you mean `bare-except`"):
        enabled(rules(), select=["bare-exept"])
    with pytest.raises(CatalogueError, match="ignore: unknown rule `SST3`"):
        enabled(rules(), ignore=["SST3"])


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ({}, "201 202 401"),
        ({"select": ["SST2"]}, "201 202 207"),
        ({"select": ["SST201"], "ignore": ["SST2"]}, "201"),
        ({"select": ["SST2"], "ignore": ["SST201"]}, "202 207"),
        ({"ignore": ["SST2"]}, "401"),
        ({"ignore": ["ALL"]}, ""),
        ({"extend_select": ["ambiguous-sort"]}, "201 202 207 401"),
        ({"extend_select": ["SST207"], "extend_ignore": ["SST2"]}, "207 401"),
        ({"select": ["ALL"]}, "201 202 207 401"),
    ],
)
def test_the_more_exact_selector_wins(options: dict[str, list[str]], codes: str) -> None:
    on = enabled(rules(), **options)
    assert on == (*(f"SST{code}" for code in codes.split()), "SST900")
