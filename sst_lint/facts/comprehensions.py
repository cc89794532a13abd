"""What do comprehensions make, and in which order do their loops and others run?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from sst_lint.facts.build import Val
from sst_lint.facts.literals import constant_key
from sst_lint.facts.numbers import Numbers
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Loop

_COMPREHENSIONS: dict[type, tuple[Kind, str]] = {
    cst.ListComp: (Kind.LIST, "list"),
    cst.GeneratorExp: (Kind.LIST, "generator"),
    cst.SetComp: (Kind.SET, "set"),
    cst.DictComp: (Kind.DICT, "dict"),
}


class Comprehensions(Numbers):
    """Reads comprehensions."""

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Val:
        kind, name = _COMPREHENSIONS[type(node)]
        made = self.node(kind, node, name)
        before, loop = self.frame.env, self.loop
        self.frame.env = dict(before) if before is not None else {}
        loops: list[int] = []
        part: cst.CompFor | None = node.for_in
        while part is not None:
            self._comp_for(part, name, made)
            loops.append(self.loop)
            part = part.inner_for_in
        if isinstance(node, cst.DictComp):
            key = constant_key(node.key)
            self.edge(self.value(node.key), made, Op.STORE, "")
            value = self.value(node.value)
            self.edge(value, made, Op.STORE, key or "")
            self.numbered(value, made)
        else:
            self.edge(self.value(node.elt), made, Op.STORE)
        if kind != Kind.SET:
            op = Op.ORDERS_KEYS if kind == Kind.DICT else Op.ORDERS
            for index in loops:
                self.edge(self.loops[index].node, made, op)
        self._leave_comprehension(before)
        self.loop = loop
        return (made,)

    def _leave_comprehension(self, before: Any) -> None:
        """Loop variables end with the comprehension; a walrus inside it binds outside."""
        inner = self.frame.env or {}
        if before is not None:
            for name in self.walrus_names:
                if name in inner:
                    before[name] = inner[name]
        self.frame.env = before

    walrus_names: Sequence[str] = ()

    def _comp_for(self, part: cst.CompFor, result: str, made: int) -> None:
        source = self.single(part.iter)
        kind = "generator" if result == "generator" else "comprehension"
        self.enter_loop(source, part.iter, kind, result, passes=self.passes(part))
        target = self.node(Kind.VALUE, part.target)
        self.edge(source, target, Op.ITER)
        self.assign_drawn(part.target, target, source, part.target)
        self.count_in_order(part)
        for test in part.ifs:
            self.filters += [(one, made) for one in self.value(test.test)]
            self.frame.env = self.narrowed(test.test, self.frame.env, True)

    def assign_drawn(self, target: cst.BaseExpression, drawn: int, source: int, at: cst.CSTNode) -> None:
        """``target`` is what a loop has ``drawn`` from ``source``. Filled in by the half that reads loops."""
        raise NotImplementedError

    def passes(self, part: cst.CompFor) -> str:
        """What kind of test few elements of a comprehension pass; "" if there is none."""
        return ""

    def enter_loop(
        self,
        source: int,
        at: cst.CSTNode,
        kind: str,
        result: str = "",
        order: bool = True,
        passes: str = "",
        leaves: bool = False,
    ) -> int:
        """Start a loop over ``source``; the caller puts ``self.loop`` back. ``order``: whether its order counts."""
        index = len(self.loops)
        order_node = self.node(Kind.LOOP, at, kind, index)
        self.edge(source, order_node, Op.LOOP if order else Op.NOTHING)  # a `while` is ordered by what it draws from
        self.loops.append(Loop(order_node, source, self.loop, self.frame.index, kind, result, passes, leaves))
        self.loop = index
        return index
