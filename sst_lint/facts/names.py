"""Which names does a block bind? Asked before a loop or a handler is read, since its later lines reach back to its
first."""

from __future__ import annotations

from typing import Any

import libcst as cst

Names = frozenset[str]
_NOTHING: Names = frozenset()


def _target_names(target: Any, into: set[str]) -> None:
    stack = [target]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is cst.Name:
            into.add(node.value)
        elif kind in (cst.Tuple, cst.List):
            stack += [element.value for element in node.elements]
        elif kind is cst.StarredElement:
            stack.append(node.value)
        elif kind is cst.Attribute and type(node.value) is cst.Name:
            into.add(f"{node.value.value}.{node.attr.value}")


class _Walruses(cst.CSTVisitor):
    def __init__(self, into: set[str]) -> None:
        self.into = into

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        _target_names(node.target, self.into)


def _pattern_names(pattern: Any, into: set[str]) -> None:
    stack = [pattern]
    while stack:
        node = stack.pop()
        for child in getattr(node, "children", ()):
            if isinstance(node, (cst.MatchAs, cst.MatchStar, cst.MatchMapping)) and isinstance(child, cst.Name):
                into.add(child.value)
            elif not isinstance(child, (cst.Name, cst.BaseParenthesizableWhitespace)):
                stack.append(child)


class Bindings:
    """Names bound by statements, each block read once however often it is asked for."""

    def __init__(self, has_walrus: bool) -> None:
        self._known: dict[int, Names] = {}
        self._has_walrus = has_walrus
        self._keep: list[Any] = []

    def of(self, block: Any) -> Names:
        """Names (and paths like ``self.x``) that the statements of ``block`` bind, not inside nested functions."""
        known = self._known.get(id(block))
        if known is None:
            names: set[str] = set()
            for statement in block.body:
                self._statement(statement, names)
            known = self._known[id(block)] = frozenset(names) if names else _NOTHING
            self._keep.append(block)
        return known

    def _blocks(self, node: Any, into: set[str]) -> None:
        for block in (getattr(node, "body", None), getattr(node, "orelse", None), getattr(node, "finalbody", None)):
            if block is None:
                continue
            if isinstance(block, (cst.IndentedBlock, cst.SimpleStatementSuite)):
                into |= self.of(block)
            else:
                self._statement(block, into)

    def _statement(self, node: Any, into: set[str]) -> None:
        kind = type(node)
        if kind is cst.SimpleStatementLine:
            for small in node.body:
                self._small(small, into)
            return
        if kind in (cst.FunctionDef, cst.ClassDef):
            into.add(node.name.value)
            return
        if kind not in _COMPOUND:
            self._small(node, into)
            return
        if kind is cst.For:
            _target_names(node.target, into)
        elif kind is cst.With:
            for item in node.items:
                if item.asname is not None:
                    _target_names(item.asname.name, into)
        elif kind in (cst.Try, cst.TryStar):
            for handler in node.handlers:
                if handler.name is not None:
                    _target_names(handler.name.name, into)
                into |= self.of(handler.body)
        elif kind is cst.Match:
            for case in node.cases:
                _pattern_names(case.pattern, into)
                into |= self.of(case.body)
        if self._has_walrus:
            for part in (getattr(node, "test", None), getattr(node, "iter", None), *getattr(node, "items", ())):
                if part is not None:
                    part.visit(_Walruses(into))
        self._blocks(node, into)

    def _small(self, node: Any, into: set[str]) -> None:
        kind = type(node)
        if kind is cst.Assign:
            for target in node.targets:
                _target_names(target.target, into)
        elif kind in (cst.AugAssign, cst.AnnAssign):
            _target_names(node.target, into)
        elif kind in (cst.Import, cst.ImportFrom):
            if not isinstance(node.names, cst.ImportStar):
                for alias in node.names:
                    into.add(imported_as(alias))
        elif kind is cst.Expr and type(node.value) is cst.Call:
            func = node.value.func
            if type(func) is cst.Attribute and func.attr.value == "sort":
                _target_names(func.value, into)
        if self._has_walrus:
            node.visit(_Walruses(into))


_COMPOUND = (cst.If, cst.Else, cst.For, cst.While, cst.Try, cst.TryStar, cst.With, cst.Match, cst.Finally)


def dotted(node: Any) -> str:
    """``a.b.c`` of nested attributes; "" for anything else."""
    parts: list[str] = []
    while type(node) is cst.Attribute:
        parts.append(node.attr.value)
        node = node.value
    if type(node) is not cst.Name:
        return ""
    parts.append(node.value)
    return ".".join(reversed(parts))


def imported_as(alias: cst.ImportAlias) -> str:
    """The name that an import binds."""
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return dotted(alias.name).split(".", 1)[0]
