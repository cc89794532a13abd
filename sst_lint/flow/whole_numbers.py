"""Is a set one of whole numbers? Their hashes are themselves, so its order is the same in each run on the same input.

Texts are hashed anew by each process, objects by where they lie. A number is neither: which place it has in a set
depends on the numbers alone, and on the order in which they were added.
"""

from __future__ import annotations

import re

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations

_WRITTEN = re.compile(r"-?\d[\d_]*(\.\d*)?|0[xob][\da-fA-F_]+|True|False")
#: Functions whose results are whole numbers, whatever they are given.
_COUNTING = frozenset({"builtins.int", "builtins.len", "builtins.ord", "builtins.bool"})
_TYPES = frozenset({"builtins.int", "builtins.bool"})
_ARITHMETIC = frozenset({"+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>"})
#: What passes the elements of a collection on.
_PASSING = frozenset({Op.SAME, Op.COPY, Op.SORT, Op.SETTED, Op.AS_SET, Op.AS_LIST, Op.NOT_SET, Op.KEYED})
#: What says nothing of the elements.
_ASIDE = frozenset({Op.LOOP, Op.ORDERS, Op.ORDERS_KEYS, Op.ORDERS_INNER, Op.NOTHING})
#: What is left of a set is some of it, whatever is taken away.
_TAKING_AWAY = frozenset({"builtins.set.difference", "builtins.frozenset.difference"})
#: So many steps back an answer is looked for.
_DEPTH = 8


class WholeNumbers:
    """Answers for the collections of a linked program; keeps the answers."""

    def __init__(self, linked: Mutations, graph: Graph) -> None:
        self._linked = linked
        self._graph = graph
        self._known: dict[int, bool] = {}

    def holds(self, node: int) -> bool:
        """Whether the collection at ``node`` holds whole numbers and nothing else, as far as is known for certain."""
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = self._all(node, 0, set())
        return known

    def _all(self, node: int, depth: int, seen: set[int]) -> bool:
        """As ``holds``; ``seen``: what is being asked already, and so brings in nothing else."""
        if node in self._linked.of_numbers or node in seen:
            return True
        seen.add(node)
        return depth <= _DEPTH and self._holds(node, depth + 1, seen)

    def _holds(self, node: int, depth: int, seen: set[int]) -> bool:
        graph, record = self._graph, self._linked.world.nodes[node]
        rows = [n for n in graph.incoming.get(node, ()) if graph.op[n] not in _ASIDE]
        if self._takes_away(node):
            rows = [n for n in rows if graph.op[n] != Op.ONLY_VALUE]
        if record.kind == Kind.CALL:
            called = self._linked.externals.get(self._linked.world.call_of(node), {})
            if "builtins.range" in called or ("builtins.map" in called and self._counts(node)):
                return True
        elif record.kind not in (Kind.SET, Kind.LIST, Kind.TUPLE) and not rows:
            return record.kind == Kind.CONST and record.name == "None"  # of others nobody knows what they are
        return (bool(rows) or record.kind != Kind.CALL) and all(self._passes(number, depth, seen) for number in rows)

    def _takes_away(self, node: int) -> bool:
        """``left - right``, ``left.difference(right)``"""
        record = self._linked.world.nodes[node]
        if record.kind != Kind.CALL:
            return record.kind == Kind.BINOP and record.name == "-"
        called = self._linked.externals.get(self._linked.world.call_of(node), {})
        return bool(called) and _TAKING_AWAY.issuperset(called)

    def _passes(self, number: int, depth: int, seen: set[int]) -> bool:
        """Whether along an edge to a collection only whole numbers come into it."""
        op, source = self._graph.op[number], self._graph.source[number]
        if self._graph.label[number] > 0:
            return False  # what callers hand over: they are many
        if op == Op.STORE:
            return self._is_number(source, depth, seen)
        if op == Op.SETTED and self._is_number(source, depth, seen):
            return True  # what kind of elements a field of a library is declared for
        return op in _PASSING and self._all(source, depth, seen)

    def _is_number(self, node: int, depth: int, seen: set[int]) -> bool:
        graph, linked, record = self._graph, self._linked, self._linked.world.nodes[node]
        if record.kind == Kind.CONST:
            return _WRITTEN.fullmatch(record.name) is not None
        if record.kind == Kind.TUPLE:
            return self._all(node, depth, seen)  # it is hashed by what it holds
        held = linked.values(node)
        if held and all(value[0] == "t" and value[1] in _TYPES for value in held):
            return True
        if record.kind == Kind.CALL:
            called = linked.externals.get(linked.world.call_of(node), {})
            return bool(called) and all(name in _COUNTING for name in called)
        rows = [n for n in graph.incoming.get(node, ()) if graph.op[n] not in _ASIDE]
        if depth > _DEPTH or not rows or (record.kind == Kind.BINOP and record.name not in _ARITHMETIC):
            return False
        return all(self._gives_number(number, depth + 1, seen) for number in rows)

    def _gives_number(self, number: int, depth: int, seen: set[int]) -> bool:
        op, source = self._graph.op[number], self._graph.source[number]
        if self._graph.label[number] > 0:
            return False
        if op == Op.ITER:
            return self._all(source, depth, seen)
        return op in (Op.SAME, Op.COPY, Op.ONLY_VALUE) and self._is_number(source, depth, seen)

    def _counts(self, node: int) -> bool:
        """``map(int, words)``"""
        given = self._linked.argument_nodes(self._linked.world.call_of(node))[:1]
        made = [value[1] for _, first in given for value in self._linked.values(first) if value[0] == "x"]
        return bool(made) and all(name in _COUNTING for name in made)
