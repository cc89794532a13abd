"""Which names does a loop settle without a choice? The only match, as a second one is refused, and the greatest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from sst_lint.facts.literals import constant_key, element_path, without_slice
from sst_lint.facts.names import Bindings, dotted

_GREATER = (cst.GreaterThan, cst.GreaterThanEqual, cst.LessThan, cst.LessThanEqual)
_ENDS = (cst.Raise, cst.Return)


def settled(body: cst.BaseSuite, bindings: Bindings) -> frozenset[str]:
    """Names that hold, behind a loop, what they would hold in any order of its rounds (of equal ones, one)."""
    found: set[str] = set()
    for test in _tests(body):
        found |= _greatest(test, bindings)
        name, is_missing = _asked(test.test)
        other = test.orelse.body if isinstance(test.orelse, cst.Else) else None
        if name and (refuses(other, name) if is_missing else refuses(test.body, name)):
            found.add(name)
    return frozenset(found)


def gathered_beside(body: cst.BaseSuite) -> dict[str, frozenset[str]]:
    """Of names that a loop assigns the lists that grow by one whenever it does: ``found.append(x); chosen = x``."""
    result: dict[str, frozenset[str]] = {}
    parts: list[cst.CSTNode] = [body]
    for part in parts:
        parts += [child for child in part.children if not isinstance(child, cst.BaseExpression)]
        if not isinstance(part, cst.BaseSuite):
            continue
        small = [one for line in part.body if isinstance(line, cst.SimpleStatementLine) for one in line.body]
        grown = frozenset(_grown(one) for one in small) - {""}
        for one in small:
            targets = [put.target for put in one.targets] if isinstance(one, cst.Assign) else []
            for name in [put.value for put in targets if isinstance(put, cst.Name)]:
                result[name] = result.get(name, grown) & grown
    return {name: lists for name, lists in result.items() if lists}


def _grown(statement: cst.BaseSmallStatement) -> str:
    """``found`` in ``found.append(x)``; "" for anything else."""
    call = statement.value if isinstance(statement, cst.Expr) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or call.func.attr.value != "append":
        return ""
    return dotted(call.func.value)


def refuses(body: Any, name: str) -> bool:
    """Whether a block ends in a ``raise``, or a ``return`` of anything else than ``name``."""
    last = body.body[-1] if body is not None and body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    if isinstance(last, cst.Return) and last.value is not None:
        return name not in _names(last.value)
    return isinstance(last, _ENDS)


def refuses_others(statement: Any, name: str) -> bool:
    """``if rest: raise ...`` or ``assert not rest``: behind it, the list ``name`` is empty."""
    if isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Assert):
        test = statement.body[0].test
        negated = isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not)
        return negated and isinstance(test, cst.UnaryOperation) and dotted(test.expression) == name
    return isinstance(statement, cst.If) and dotted(statement.test) == name and refuses(statement.body, name)


def takes_another(statement: Any, name: str) -> bool:
    """Whether a statement draws a second one of ``name``, if there is any: ``other = next(rows, None)``. So it asks
    whether the first is the only one."""
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    call = small.value if isinstance(small, cst.Assign) else None
    if not isinstance(call, cst.Call) or dotted(call.func) != "next" or len(call.args) != 2:
        return False
    return dotted(call.args[0].value) == name


def only_puts_into(body: cst.CSTNode, name: str) -> bool:
    """Whether all that a block does with ``name`` is to put something under keys that are written down."""
    parts: list[cst.CSTNode] = [body]
    for part in parts:
        if isinstance(part, cst.Name) and part.value == name:
            return False
        if isinstance(part, cst.Assign):
            parts += [put.target for put in part.targets if not _is_place_in(put.target, name)]
            parts.append(part.value)
        elif isinstance(part, (cst.Attribute, cst.Arg)):
            parts.append(part.value)  # the names of attributes and parameters are others
        else:
            parts += part.children
    return True


def compares(test: cst.BaseExpression) -> bool:
    """Whether a test asks which of two is greater."""
    compared = [part for part in _conditions(test) if isinstance(part, cst.Comparison)]
    return any(isinstance(each.operator, _GREATER) for part in compared for each in part.comparisons)


def agreed(statement: Any, name: str) -> str:
    """``rows``, where ``name`` was just taken of the first and what follows is ``for row in rows[1:]: if kind(row) !=
    name: raise ...``: they all agree on it, or nothing is done. "" if that is not so."""
    if not isinstance(statement, cst.For):
        return ""
    path = element_path(without_slice(statement.iter))
    for test in _tests(statement.body) if path else ():
        asked = test.test
        if isinstance(asked, cst.Comparison) and len(asked.comparisons) == 1 and refuses(test.body, name):
            if isinstance(asked.comparisons[0].operator, cst.NotEqual) and name in _names(asked):
                return path
    return ""


def sorts_next(statement: Any, target: cst.BaseExpression) -> bool:
    """``rows[name] = list(found)`` before ``rows[name].sort()``; of a name it is known anyhow."""
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    call = small.value if isinstance(small, cst.Expr) else None
    if not isinstance(target, cst.Subscript) or not isinstance(call, cst.Call):
        return False
    called = call.func
    return isinstance(called, cst.Attribute) and called.attr.value == "sort" and called.value.deep_equals(target)


def _is_place_in(target: cst.BaseExpression, name: str) -> bool:
    """``name["key"]``"""
    if not isinstance(target, cst.Subscript) or dotted(target.value) != name or len(target.slice) != 1:
        return False
    place = target.slice[0].slice
    return isinstance(place, cst.Index) and constant_key(place.value) is not None


def _tests(body: cst.BaseSuite) -> Iterator[cst.If]:
    """The ``if`` statements of a loop, also in others, but not in loops or ``try`` inside of it."""
    for statement in body.body:
        while isinstance(statement, cst.If):
            yield statement
            yield from _tests(statement.body)
            if isinstance(statement.orelse, cst.Else):
                yield from _tests(statement.orelse.body)
            statement = statement.orelse  # type: ignore[assignment]


def _asked(test: cst.BaseExpression) -> tuple[str, bool]:
    """The name that ``x is None`` or ``not x`` (True), ``x is not None`` or ``x`` (False) asks for; "" if another."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return dotted(test.expression), True
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        against = test.comparisons[0]
        if dotted(against.comparator) == "None" and isinstance(against.operator, (cst.Is, cst.IsNot)):
            return dotted(test.left), isinstance(against.operator, cst.Is)
        return "", False
    return dotted(test), False


def _greatest(test: cst.If, bindings: Bindings) -> frozenset[str]:
    """``if size > most: most, best = size, name``: all that such a branch assigns goes with the greatest."""
    names = bindings.of(test.body)
    compared = [part for part in _conditions(test.test) if isinstance(part, cst.Comparison)]
    for part in compared:
        if len(part.comparisons) == 1 and isinstance(part.comparisons[0].operator, _GREATER):
            sides = (_names(part.left), _names(part.comparisons[0].comparator))
            if any(not names.isdisjoint(side) for side in sides):
                return frozenset(name for name in names if "." not in name)
    return frozenset()


def _conditions(test: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The operands of a chain of ``and`` and ``or``."""
    if isinstance(test, cst.BooleanOperation):
        return [*_conditions(test.left), *_conditions(test.right)]
    return [test]


def _names(node: cst.CSTNode) -> frozenset[str]:
    """All names in an expression."""
    parts: list[cst.CSTNode] = [node]
    for part in parts:
        parts += part.children
    return frozenset(part.value for part in parts if isinstance(part, cst.Name))


__all__ = [
    "agreed",
    "compares",
    "gathered_beside",
    "only_puts_into",
    "refuses",
    "refuses_others",
    "settled",
    "sorts_next",
    "takes_another",
]
