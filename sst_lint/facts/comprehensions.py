"""What do comprehensions make, and in which order do their loops and others run?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from sst_lint.facts.accesses import Accesses
from sst_lint.facts.build import Val
from sst_lint.facts.literals import constant_key
from sst_lint.facts.names import dotted
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Loop

#: So many parts of a value are looked through for what it is worked out from.
_PARTS = 16
_COMPREHENSIONS: dict[type, tuple[Kind, str]] = {
    cst.ListComp: (Kind.LIST, "list"),
    cst.GeneratorExp: (Kind.LIST, "generator"),
    cst.SetComp: (Kind.SET, "set"),
    cst.DictComp: (Kind.DICT, "dict"),
}


class Comprehensions(Accesses):
    """Reads comprehensions."""

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Val:
        kind, name = _COMPREHENSIONS[type(node)]
        made = self.node(kind, node, name)
        before, loop = self.frame.env, self.loop
        self.frame.env = dict(before) if before is not None else {}
        loops: list[int] = []
        part: cst.CompFor | None = node.for_in
        while part is not None:
            self._comp_for(part, name)
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
    numbers: dict[int, int]  #: what counts the rounds -> the loop

    def _comp_for(self, part: cst.CompFor, result: str) -> None:
        source = self.single(part.iter)
        kind = "generator" if result == "generator" else "comprehension"
        self.enter_loop(source, part.iter, kind, result, passes=self.passes(part))
        target = self.node(Kind.VALUE, part.target)
        self.edge(source, target, Op.ITER)
        self.assign(part.target, (target,), part.target)
        self.count_in_order(part)
        for test in part.ifs:
            self.value(test.test)
            self.frame.env = self.narrowed(test.test, self.frame.env, True)

    def passes(self, part: cst.CompFor) -> str:
        """What kind of test few elements of a comprehension pass; "" if there is none."""
        return ""

    def count_in_order(self, node: cst.For | cst.CompFor) -> None:
        """``for i, x in enumerate(...)``: which number goes with which element depends on the order."""
        counted = isinstance(node.iter, cst.Call) and dotted(node.iter.func) == "enumerate"
        if counted and isinstance(node.target, cst.Tuple) and isinstance(node.target.elements[0].value, cst.Name):
            number = self.value(node.target.elements[0].value)
            for one in number:
                self.numbers[one] = self.loop

    def enter_loop(
        self, source: int, at: cst.CSTNode, kind: str, result: str = "", order: bool = True, passes: str = ""
    ) -> int:
        """Start a loop over ``source``; the caller puts ``self.loop`` back. ``order``: whether its order counts."""
        index = len(self.loops)
        order_node = self.node(Kind.LOOP, at, kind, index)
        self.edge(source, order_node, Op.LOOP if order else Op.NOTHING)  # a `while` is ordered by what it draws from
        self.loops.append(Loop(order_node, source, self.loop, self.frame.index, kind, result, passes))
        self.loop = index
        return index

    def numbered(self, value: Val, made: int, together: int = 2) -> None:
        """A number of a round stands in ``made`` together with something else: which with which is up to the loop."""
        for one in value:
            if one in self.numbers and together > 1 and self._runs(self.numbers[one]):
                self.edge(self.loops[self.numbers[one]].node, made, Op.ORDERS_INNER)

    def numbered_by_size(self, value: Val, made: int) -> None:
        """``ids[x] = len(ids)``: how many came before is up to the loop, and so is what a counter gives next; and so is
        a name that none of those before has: ``names[x] = unique(x, names.values())``."""
        if self.loop >= 0 and any(self._counts(one, made) or self._avoids(one, made) for one in value):
            self.edge(self.loops[self.loop].node, made, Op.ORDERS_INNER)

    def _avoids(self, value: int, made: int) -> bool:
        """Whether a value is worked out from all that ``made`` holds so far."""
        asked = [value] if self.nodes[value].kind == Kind.CALL else []
        for one in asked:
            if self.nodes[one].kind == Kind.CALL:
                call = self.calls[self.nodes[one].base]
                if call.method == "values" and call.receiver == made:
                    return True
                asked += [argument.node for argument in call.args if argument.node not in asked]
            elif len(asked) < _PARTS:
                asked += [e.source for e in self.edges[-_PARTS:] if e.target == one and e.source not in asked]
        return False

    def _counts(self, value: int, made: int) -> bool:
        """Whether a value is the number of what ``made`` holds so far, or the next of what was begun outside."""
        if self.nodes[value].kind != Kind.CALL:
            return False
        call = self.calls[self.nodes[value].base]
        callee = self.nodes[call.callee]
        if callee.kind != Kind.NAME or len(call.args) != 1 or call.args[0].slot:
            return False
        counted = call.args[0].node
        if callee.name == "next":
            return self.nodes[counted].loop != self.loop
        one, other = self.nodes[counted], self.nodes[made]
        read_again = one.kind == other.kind == Kind.ATTR and (one.name, one.base) == (other.name, other.base)
        return callee.name == "len" and (counted == made or read_again)

    def _runs(self, index: int) -> bool:
        """Whether this stands in a loop: how many rounds there were is no number of a round."""
        loop = self.loop
        while loop >= 0 and loop != index:
            loop = self.loops[loop].parent
        return loop == index
