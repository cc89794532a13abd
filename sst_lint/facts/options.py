"""On which of its parameters does it depend what a function returns? ``if sort:``, ``mode == "all"``, ``x is None``.

What a call can tell of is kept: whether an argument is given and true, is None, or equals a constant. A caller that
says ``sort=True`` does not get what is returned where it was false.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from sst_lint.facts.asked import IS_NONE, IS_TRUE, Condition, equal_to
from sst_lint.facts.literals import literal_text


def conditions(test: cst.BaseExpression, holds: bool, param: Callable[[str], int]) -> tuple[Condition, ...]:
    """What is known of parameters where ``test`` holds (or does not). ``param``: the node of the parameter of that
    name, -1 if the name is none or holds something else by now."""
    kind = type(test)
    if kind is cst.Name:
        node = param(test.value)  # type: ignore[attr-defined]
        return ((node, IS_TRUE, holds),) if node >= 0 else ()
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return conditions(test.expression, not holds, param)
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And) == holds:
        return (*conditions(test.left, holds, param), *conditions(test.right, holds, param))
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1 and isinstance(test.left, cst.Name):
        return _compared(test.comparisons[0], holds, param(test.left.value))
    return ()


def _compared(target: cst.ComparisonTarget, holds: bool, node: int) -> tuple[Condition, ...]:
    if node < 0:
        return ()
    operator, other = target.operator, target.comparator
    if isinstance(operator, (cst.Is, cst.IsNot)) and isinstance(other, cst.Name) and other.value == "None":
        return ((node, IS_NONE, isinstance(operator, cst.Is) == holds),)
    if isinstance(operator, (cst.Equal, cst.NotEqual)):
        wanted = isinstance(operator, cst.Equal) == holds
        if isinstance(other, cst.SimpleString) and (text := literal_text(other)) is not None:
            return ((node, equal_to(text, True), wanted),)
        if isinstance(other, cst.Integer):
            return ((node, equal_to(other.value, False), wanted),)
    return ()


def returned_names(body: Any) -> frozenset[str]:
    """The names that a ``return`` of a function's body stands before, not inside of nested functions."""
    names: set[str] = set()
    blocks = [body]
    for block in blocks:
        for statement in getattr(block, "body", ()):
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    if isinstance(small, cst.Return) and isinstance(small.value, cst.Name):
                        names.add(small.value.value)
            elif not isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                blocks += _blocks(statement)
    return frozenset(names)


def _blocks(statement: Any) -> list[Any]:
    """The bodies of a compound statement: of its branches, handlers and cases."""
    parts = [getattr(statement, name, None) for name in ("body", "orelse", "finalbody")]
    parts += [each.body for name in ("handlers", "cases") for each in getattr(statement, name, ())]
    found: list[Any] = []
    for part in parts:
        if isinstance(part, (cst.If, cst.Else, cst.Finally)):
            found += _blocks(part) if isinstance(part, cst.If) else [part.body]
        elif part is not None:
            found.append(part)
    return found
