"""Where does order leave the program? Through public functions, fields and globals; and which texts do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sst_lint.facts.ops import KEYS, ORDER, ORDERS_ANY, Op, at_depth
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph, Mask
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.reach import Search, State
from sst_lint.flow.sinks import is_private
from sst_lint.flow.world import Function

#: Who reads an escape looks at one function and what it calls: a long way out of it convinces nobody.
LONGEST_ESCAPE = 24
#: A text is followed further: nobody will put it in order on the way.
LONGEST_TEXT = 40
#: What a caller is likely to see: every order of what it gets, and the keys of the outer mappings.
_LEAVING = ORDERS_ANY | KEYS | at_depth(KEYS, 1)
_RENDERS = frozenset({Op.TEXT, Op.TEXT_SORTED, Op.JSON, Op.JSON_SORTED})
#: A text, and buffers into which one is written piece by piece.
_TEXTS = tuple((("t", name),) for name in ("builtins.str", "io.StringIO", "io.BytesIO"))


def is_inner(linked: Mutations, function: Function) -> bool:
    """Whether a function stands in another one and is called: what it returns is for that one alone."""
    world = linked.world
    local = function.scope - world.scope_base[function.unit]
    return function.scope in linked._callers and world.is_nested(function.unit, local)


def renders(linked: Mutations, graph: Graph, edge: int) -> bool:
    """Whether an order becomes that of a text: something is rendered, or a loop adds to a text or a buffer."""
    if graph.op[edge] == Op.ORDERS:
        grown = graph.target[edge]
        own = linked.world.nodes[grown].kind != Kind.PARAM  # a buffer that somebody hands in is read by him alone
        return linked.values(grown) in (_TEXTS if own else _TEXTS[:1]) or _adds_text(linked, graph, grown)
    return graph.op[edge] in _RENDERS


def _adds_text(linked: Mutations, graph: Graph, grown: int) -> bool:
    """``page += f"{name}\\n"``: only a text takes a text in, whatever it began with."""
    record = linked.world.nodes[grown]
    if record.kind != Kind.BINOP or record.name != "+":
        return False
    added = (graph.source[edge] for edge in graph.incoming.get(grown, ()) if graph.op[edge] in (Op.COPY, Op.SAME))
    return any(linked.values(node) == _TEXTS[0] for node in added)


class Escapes:
    """The ways out of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph) -> None:
        self._linked = linked
        self._graph = graph

    def all(self) -> Iterator[tuple[int, int, str]]:
        """What leaves through public functions, their parameters, fields and globals."""
        yield from self._given()
        for node in sorted({*self._linked.field_nodes, *self._linked.global_nodes}):
            yield (node, _LEAVING, "")
        for (call, port), node in self._linked.contents.items():
            if port == "*" and call in self._linked.classes_called:
                yield (node, _LEAVING, "")  # a new object gets them one by one

    def texts(self, mask: Mask) -> dict[int, list[tuple[State, int]]]:
        """Texts in which an order of what ``mask`` begins with can show and that a public function gives away, by
        themselves or inside of something, each with the way out."""
        search = Search(self._graph, mask, longest=LONGEST_TEXT)
        search.ascend = False
        search.start(self._given())
        search.run()
        graph, found = self._graph, {}
        for node in search.reached:
            hit = search.found(node, ORDER)
            if hit is not None and any(renders(self._linked, graph, edge) for edge in graph.incoming.get(node, ())):
                found[node] = search.path(*hit)
        return found

    def _given(self) -> Iterator[tuple[int, int, str]]:
        """What public functions return, and what they leave in their parameters. Nobody can import a script."""
        for function in self._linked.world.functions.values():
            if not self._linked.modules.names[self._linked.world.units[function.unit][0]]:
                continue
            called = self._is_hook(function) or function.scope in self._linked.entry_points
            if function.record.kind == "lambda" or (is_private(function) and not called):
                continue
            if is_inner(self._linked, function):
                continue
            for node in (function.returns, *function.outs):
                yield (node, _LEAVING, "")

    def _is_hook(self, function: Function) -> bool:
        """A private function that nothing here calls is called by a framework: a method, or one that is handed over."""
        if function.scope in self._linked._callers:
            return False
        return function.cls >= 0 or function.scope in self._named

    @cached_property
    def _named(self) -> frozenset[int]:
        """Functions that are read as values."""
        nodes = self._linked.world.nodes
        return frozenset(
            value[1]
            for node, held in self._linked.held.items()
            if nodes[node].kind in (Kind.NAME, Kind.ATTR)
            for value in held
            if value[0] in ("f", "b")
        )


__all__ = ["LONGEST_ESCAPE", "LONGEST_TEXT", "Escapes", "is_inner", "renders"]
