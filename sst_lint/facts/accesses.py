"""What do names, attributes and subscripts hold, where they stand?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from sst_lint.facts.build import Builder, Frame, Val
from sst_lint.facts.literals import HOLDS_THE_SAME, attribute_path, constant_key, element_path, known_element
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Choice, Kind

_LITERAL_NAMES = frozenset({"True", "False", "None", "__debug__"})
#: What changes which element of a list is the last.
_CHANGES = frozenset({"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"})

#: What is called to get a container of one's own.
_MAKES = frozenset({"list", "dict", "set", "defaultdict", "OrderedDict", "Counter", "deque"})


class Accesses(Builder):
    """Reads what is already there. Expressions of any kind stand inside: other halves read those."""

    def value(self, node: cst.BaseExpression) -> Val:
        """What ``node`` may be."""
        raise NotImplementedError

    def single(self, node: cst.BaseExpression) -> int:
        """One node for what ``node`` may be; a fresh empty one when nothing is known."""
        made = self.one(self.value(node), node)
        return made if made >= 0 else self.node(Kind.VALUE, node)

    def nested(self, node: Any, name: str) -> int:
        """A nested function or lambda, as a value. Filled in by the statement half."""
        raise NotImplementedError

    def narrowed(self, test: cst.BaseExpression, env: Any, holds: bool) -> Any:
        """The environment in the branch in which ``test`` holds (or not). Filled in by the statement half."""
        raise NotImplementedError

    def assign(self, target: cst.BaseExpression, value: Val, at: cst.CSTNode) -> None:
        """``target = value``. Filled in by the statement half."""
        raise NotImplementedError

    # names and attributes

    def _name(self, node: cst.Name) -> Val:
        name = node.value
        if name in _LITERAL_NAMES:
            return (self.node(Kind.CONST, node, name),)
        return self.read_name(name, node)

    def read_name(self, name: str, at: cst.CSTNode) -> Val:
        """What ``name`` holds here: local, shared with an enclosing function, or from outside of the unit."""
        frame = self.frame
        env = frame.env
        if env is not None and name in env and name not in frame.globals:
            value = env[name]
            cell = frame.cells.get(name)
            return (*value, cell) if cell is not None and cell not in value and self.cell_written(cell) else value
        if name in frame.locals and name not in frame.globals and not frame.is_class:
            cell = frame.cells.get(name)
            return () if cell is None else (cell,)
        outer = frame.outer
        while outer is not None:
            if not outer.is_class:
                if name in outer.locals and name not in outer.globals:
                    return (self.shared(outer, name),)
                if outer.env is not None and outer.index == 0 and name in outer.env and "." not in name:
                    return outer.env[name]
            outer = outer.outer
        known = frame.names.get(name)
        if known is None:
            known = frame.names[name] = self.node(Kind.NAME, at, name, loop=-1)
        return (known,)

    def shared(self, frame: Frame, name: str) -> int:
        """The node that stands for a local of ``frame`` in the functions nested in it."""
        cell = frame.cells.get(name)
        if cell is None:
            cell = frame.cells[name] = self.node(Kind.CELL, None, name, loop=-1)
            if frame.env is not None and name in frame.env:
                self.edge(frame.env[name], cell)
        return cell

    def cell_written(self, cell: int) -> bool:
        """Whether a nested function assigns the shared local (``nonlocal``)."""
        return cell in self.mutated

    def _attribute(self, node: cst.Attribute) -> Val:
        path = attribute_path(node)
        env = self.frame.env
        if path and env is not None and path in env:
            return env[path]
        base = self.single(node.value)
        made = self.node(Kind.ATTR, node, node.attr.value, base, loop=self.nodes[base].loop)
        self.edge(base, made, Op.LOAD, "." + node.attr.value)
        return (made,)

    # subscripts

    def _subscript(self, node: cst.Subscript) -> Val:
        known = self.frame.env.get(known_element(node)) if self.has_paths and self.frame.env is not None else None
        if known is not None:
            return known
        # before a call in it may change what it is called on
        lone = node is self.only_counted or self.is_single(node.value)
        base = self.single(node.value)
        key: str | None = ""
        indices: list[Val] = []
        for element in node.slice:
            inner = element.slice
            if isinstance(inner, cst.Slice):
                return self._slice(node, inner, base, indices)
            if not isinstance(inner, cst.Index):
                continue
            indices.append(self.value(inner.value))
            key = constant_key(inner.value) if len(node.slice) == 1 else None
            if key is None and len(node.slice) == 1 and _is_negative(inner.value):
                key = "#-"
        loop = self._bound_in(attribute_path(node.value), base, indices[0]) if key is None and len(indices) == 1 else -1
        item = self.node(Kind.ITEM, node, key or "", base, loop=loop if loop >= 0 else self.nodes[base].loop)
        self.edge(base, item, Op.LOAD, "" if key == "#-" else key or "")
        if key and key.startswith("#"):
            last = len(node.slice) == 1 and isinstance(inner, cst.Index) and _bound(inner.value) == "-1"
            lone = lone or (last and self._is_just_added(base))
            if not lone:
                self.edge(base, item, Op.LOOP, "pick")
            self.choice("index", base, node, lone)
        elif key is None:
            self.subscripts += [(item, one) for index in indices for one in index]
        return (item,)

    def put_anew(self, path: str, base: int, index: Val, value: Val) -> None:
        """``groups[name] = []`` in a loop: what stands there from here on was bound in this round."""
        place = (path, -1 if "." in path else base, index)
        if path and self.loop >= 0 and value and all(self._is_new(one) for one in value):
            self.anew[place] = (self.loop, self.region)
        else:
            self.anew.pop(place, None)

    def _is_new(self, node: int) -> bool:
        """Whether a value is a container that this round has made."""
        record = self.nodes[node]
        if record.loop != self.loop:
            return False
        if record.kind == Kind.CALL:
            record = self.nodes[self.calls[record.base].callee]
            return record.kind in (Kind.NAME, Kind.IMPORT) and record.name in _MAKES
        return record.kind in (Kind.LIST, Kind.DICT, Kind.SET)

    def _bound_in(self, path: str, base: int, index: Val) -> int:
        """The loop around here whose round has put something new under a key of ``path``; -1 if none has."""
        place = (path, -1 if "." in path else base, index)
        loop, region = self.anew.get(place, (-1, -1))
        return loop if loop >= 0 and region in self._regions_around() else -1

    def _is_just_added(self, base: int) -> bool:
        """``names.append(x); use(names[-1])``: what the same round has put there, whatever stands before it."""
        for call in reversed(self.calls):
            if call.receiver == base and call.method in _CHANGES and call.scope == self.frame.index:
                region = call.region
                while region not in (self.region, -1) and self.regions[region].kind in ("if", "else", "with"):
                    region = self.regions[region].parent
                return call.method == "append" and call.loop == self.loop and region in self._regions_around()
        return False

    def _regions_around(self) -> list[int]:
        """The regions around here, the innermost first, down to the function itself."""
        found, region = [self.region], self.region
        while region != -1:
            region = self.regions[region].parent
            found.append(region)
        return found

    def _slice(self, node: cst.Subscript, part: cst.Slice, base: int, before: Sequence[Val]) -> Val:
        """``before``: the places that stand before the slice. Only arrays have several axes, and what is taken along
        one of them stands in the order in which it is asked for."""
        axes = [index for element in node.slice if isinstance(index := element.slice, cst.Index)][len(before) :]
        asked = [*before, *(self.value(index.value) for index in axes)]
        for bound in (part.lower, part.upper, part.step):
            if bound is not None:
                self.value(bound)
        taken = part.upper is not None or isinstance(part.lower, (cst.Integer, cst.UnaryOperation))
        if taken and not self.is_piece(part):
            self.choice("slice", base, node, self.is_single(node.value))
        made = self.derived(Op.SAME, (base,), node, name=f"[{_bound(part.lower)}:{_bound(part.upper)}]")
        for one in (one for place in asked for one in place):
            if before:
                self.edge(one, made[0], Op.COPY)
            else:  # along a later axis: the rows stand where they stood
                self.edge(one, made[0], Op.STORE, ".columns")
        return made

    def is_piece(self, part: cst.Slice) -> bool:
        """Whether a slice is one of several that a loop takes in turn. Filled in by the half that reads loops."""
        raise NotImplementedError

    def choice(self, kind: str, node: int, at: cst.CSTNode, guarded: bool = False, keyed: bool = False) -> None:
        """One element of ``node`` is picked by its place."""
        line, column, end_line, end_column = self.positions.of(at)
        self.choices.append(
            Choice(
                kind,
                node,
                self.frame.index,
                line or self.statement,
                column,
                end_line,
                end_column,
                self.statement,
                guarded,
                keyed,
            )
        )

    def is_single(self, node: cst.BaseExpression) -> bool:
        """Whether ``len(node) == 1`` is known here, for ``node`` or what ``iter`` or ``list`` is called with."""
        if type(node) is cst.Call and type(node.func) is cst.Name and len(node.args) == 1:
            if node.func.value in HOLDS_THE_SAME:
                return self.is_single(node.args[0].value)
        if type(node) is cst.Call and type(node.func) is cst.Attribute and not node.args:
            return node.func.attr.value in ("keys", "values", "items") and self.is_single(node.func.value)
        path = element_path(node)
        env = self.frame.env
        return bool(path) and env is not None and "\x01" + path in env


def _bound(node: cst.BaseExpression | None) -> str:
    """A bound of a slice as far as it is a literal number: "", the number, or "?"."""
    if node is None:
        return ""
    sign = "-" if _is_negative(node) else ""
    number = node.expression if isinstance(node, cst.UnaryOperation) and sign else node
    return sign + number.value if isinstance(number, cst.Integer) else "?"


def _is_negative(node: cst.BaseExpression) -> bool:
    return type(node) is cst.UnaryOperation and type(node.operator) is cst.Minus
