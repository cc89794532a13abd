"""Does every kind of statement and expression carry order and values as the fixtures say?"""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from fact_lines import Fact, actual, expected, facts_of, shown

from sst_lint.facts.expressions import _DISPATCH
from sst_lint.facts.statements import _COMPOUND, _SMALL
from sst_lint.source import split_units

#: Read, but nothing flows through them, or the interpreter's grammar is too old for the fixture.
ELSEWHERE = {getattr(cst, name) for name in ("TypeAlias", "TemplatedString", "Imaginary") if hasattr(cst, name)}

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "facts"
FACTS = [fact for file in sorted(FOLDER.glob("*.py")) for fact in facts_of(file)]


@pytest.mark.parametrize("fact", FACTS, ids=str)
def test_fact(fact: Fact) -> None:
    wanted, found = expected(fact.says), actual(fact)
    differ = {bit: found[bit] for bit in wanted if found[bit] != wanted[bit]}
    if fact.todo:
        assert differ, f"{fact.file.name}:{fact.line}: holds now, so no longer `todo-`"
        return
    missing = {bit: wanted[bit] for bit in differ}
    assert not differ, (
        f"{fact.file.name}:{fact.line}: {fact.unit}: {fact.source} -> {fact.target}:\n"
        f"  says  {shown(missing)}\n  found {shown(differ)}"
    )


def test_every_file_says_something() -> None:
    files = sorted(FOLDER.glob("*.py"))
    assert files and {fact.file for fact in FACTS} == set(files)


def test_every_function_is_spoken_of() -> None:
    """A function without a fact is a construct that nobody checks."""
    for file in sorted(FOLDER.glob("*.py")):
        units = split_units(file.read_text(encoding="utf-8"))
        functions = {unit.qualname for unit in units if unit.kind == "function"}
        assert functions == {fact.unit for fact in facts_of(file)}, file.name


def test_the_statement_and_expression_kinds_are_covered() -> None:
    """No kind of node that the descent reads is missing from the fixtures."""
    seen: set[type[cst.CSTNode]] = set()
    for file in sorted(FOLDER.glob("*.py")):
        stack: list[cst.CSTNode] = [cst.parse_module(file.read_text(encoding="utf-8"))]
        while stack:
            node = stack.pop()
            seen.add(type(node))
            stack.extend(node.children)
    wanted = {*_SMALL, *_COMPOUND, *_DISPATCH} - ELSEWHERE
    assert sorted(kind.__name__ for kind in wanted - seen) == []
