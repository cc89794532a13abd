"""Which path is it, as the function sees it? Equal symbols name one file, whatever way the name was spelled.

``evidence`` gathers what *may* flow into a path, from all callers at once. Here a path is a term over the parameters of
the function that holds it, so two paths of one function can be compared, and a callee's path can be written down in the
terms of its caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.path_parts import SAME_FILE
from sst_lint.flow.sites import Site

#: ("param", scope, index), ("text", literal, parts), ("attribute", name, owner), ("temporary", call) ...
Symbol: TypeAlias = tuple[Any, ...]

#: Methods that turn a path into the same path, spelled otherwise.
_SAME_METHODS = frozenset(
    {"resolve", "absolute", "expanduser", "encode", "decode", "as_posix", "strip", "rstrip", "__fspath__", "__str__"}
)
_DEPTH = 8
#: A path that is made of more parts than this is no path that anybody could compare.
_PARTS = 200
#: A name that may be more paths than this is not compared.
_EITHER = 4


class Identity:
    """Symbols of path nodes; keeps the answers."""

    def __init__(self, linked: Mutations, graph: Graph) -> None:
        self._linked = linked
        self._graph = graph
        self._known: dict[int, Symbol] = {}
        self._sites: dict[int, list[Site]] = {}
        self._returning: set[int] = set()
        self._visited = 0
        self._puts: dict[tuple[int, str], list[int]] = {}
        for node in linked.world.of_kind(Kind.PUT):
            record = linked.world.nodes[node]
            if record.line:
                self._puts.setdefault((linked.world.scope_of_node(node), record.name), []).append(node)
        for site in linked.sites:
            self._sites.setdefault(site.ports["return"], []).append(site)

    def of(self, node: int) -> Symbol:
        """The symbol of a path, in terms of the function that holds the node."""
        self._visited = 0
        return self._of(node, 0)

    def _of(self, node: int, depth: int) -> Symbol:
        known = self._known.get(node)
        if known is not None:
            return known
        self._visited += 1
        if depth > _DEPTH or self._visited > _PARTS:
            return ("node", node)
        found = self._symbol(node, depth)
        if depth == 0:
            self._known[node] = found
        return found

    def _symbol(self, node: int, depth: int) -> Symbol:
        record = self._linked.world.nodes[node]
        if record.kind == Kind.TEXT or record.kind == Kind.BINOP:
            parts = tuple(self._of(source, depth + 1) for source in self._inputs(node))
            return ("text", record.name, parts)
        if record.kind == Kind.CONST:
            return ("text", record.name, ())
        if record.kind in (Kind.NAME, Kind.IMPORT):
            sources = self._inputs(node)
            return ("global", sources[0] if len(sources) == 1 else record.name)
        if record.kind == Kind.PARAM:
            return self._parameter(node)
        if record.kind in (Kind.ATTR, Kind.ITEM) and record.base >= 0:
            base = self._linked.world.node_base[self._linked.world.node_unit[node]] + record.base
            owner = self._of(base, depth + 1)
            if owner[0] == "temporary":
                return owner
            put = self._puts.get((self._linked.world.scope_of_node(node), record.name), ())
            if owner[0] == "instance" and len(put) == 1 and len(self._inputs(put[0])) == 1:
                return self._of(self._inputs(put[0])[0], depth + 1)  # the function itself says what the field is
            return ("attribute", record.name, owner)
        if record.kind == Kind.CALL:
            return self._call(node, depth)
        return self._value(node, depth)

    def _parameter(self, node: int) -> Symbol:
        world = self._linked.world
        scope = world.scope_of_node(node)
        function = world.functions.get(scope)
        index = world.nodes[node].base
        if function is not None and function.cls >= 0 and index == 0:
            return ("instance", function.cls)
        return ("param", scope, index)

    def _value(self, node: int, depth: int) -> Symbol:
        """A join of values: their symbol if they all have the same, else that it is one of them. A name that was given
        several values is a join of its own wherever it is read, so joins of the same values are taken for one name."""
        graph = self._graph
        for number in graph.incoming.get(node, ()):
            source = graph.source[number]
            if graph.op[number] == Op.LOAD and any(s.model.temp in ("path", "handle") for s in self._made(source)):
                return ("temporary", source)
        found = dict.fromkeys(self._of(source, depth + 1) for source in self._inputs(node))
        if len(found) == 1:
            return next(iter(found))
        return ("either", tuple(sorted(found, key=repr))) if 1 < len(found) <= _EITHER else ("node", node)

    def _made(self, node: int) -> list[Site]:
        return self._sites.get(node, [])

    def _inputs(self, node: int) -> list[int]:
        """What the node is or is made of, within its function."""
        graph = self._graph
        return [
            graph.source[number]
            for number in graph.incoming.get(node, ())
            if graph.label[number] == 0 and graph.op[number] in (Op.SAME, Op.TEXT, Op.PATH)
        ]

    def _call(self, node: int, depth: int) -> Symbol:
        linked = self._linked
        for site in self._made(node):
            if site.model.temp:
                return ("temporary", node)
            if site.model.name in SAME_FILE and "*" not in site.ports:
                names = [site.ports[p] for p in (*site.model.params[:1], "*0") if p in site.ports]
                if names and len(linked.argument_nodes(site.call)) == 1:
                    return self._of(names[0], depth + 1)
        world = linked.world
        number = world.call_of(node)
        call = world.calls[number]
        receiver = linked.receiver_of(number)
        if call.method in _SAME_METHODS and receiver >= 0:
            return self._of(receiver, depth + 1)
        arguments = tuple((slot, self._of(a, depth + 1)) for slot, a in linked.argument_nodes(number))
        scopes = linked.callees.get(number, {})
        if len(scopes) == 1:
            found = self._returned(next(iter(scopes)), number, depth)
            if found is not None:
                return found
        owner = self._of(receiver, depth + 1) if receiver >= 0 else None
        return ("call", call.method or tuple(sorted(scopes)) or self._callee(number), owner, arguments)

    def _callee(self, number: int) -> str:
        world = self._linked.world
        return world.nodes[world.node_base[world.call_unit[number]] + world.calls[number].callee].name

    def _returned(self, scope: int, number: int, depth: int) -> Symbol | None:
        """What a function of the program returns, in the terms of its caller."""
        function = self._linked.world.functions.get(scope)
        if function is None or function.returns < 0 or scope in self._returning or depth > _DEPTH // 2:
            return None
        sources = [
            self._graph.source[n]
            for n in self._graph.incoming.get(function.returns, ())
            if self._graph.label[n] == 0 and self._graph.op[n] in (Op.SAME, Op.STORE)
        ]
        if len(sources) != 1 or (function.record.is_generator and not function.is_context_manager):
            return None
        self._returning.add(scope)
        try:
            symbol = self._of(sources[0], depth + 1)
        finally:
            self._returning.discard(scope)
        if symbol[0] == "node":
            return None
        return substituted(symbol, self._arguments(number, scope))

    def arguments(self, number: int, scope: int) -> dict[Symbol, Symbol]:
        """What a callee's parameters are at one call, in the terms of the caller."""
        self._visited = 0
        return self._arguments(number, scope)

    def _arguments(self, number: int, scope: int) -> dict[Symbol, Symbol]:
        found: dict[Symbol, Symbol] = {}
        base = dict.fromkeys(self._linked.world.functions[scope].params)
        for argument, param, _ in self._linked.bindings.get(number, ()):
            if param in base:
                symbol = self._parameter(param)
                if symbol[0] == "param":
                    found[symbol] = self._of(argument, 1)
        return found


def substituted(symbol: Symbol, arguments: Mapping[Symbol, Symbol]) -> Symbol:
    """``symbol`` with parameters, and fields of an object, replaced by what a call gives for them."""
    return _substituted(symbol, arguments, {}) if arguments else symbol


def _substituted(symbol: Symbol, arguments: Mapping[Symbol, Symbol], done: dict[int, Symbol]) -> Symbol:
    """What is made of parts that stand in several places is made once, and what does not change stays the object that
    it is: symbols that are handed on through many calls share most of their parts."""
    head = symbol[0]
    if head == "param":
        return arguments.get(symbol, symbol)
    if head in ("node", "temporary", "global", "instance"):
        return symbol
    known = done.get(id(symbol))
    if known is None:
        if head == "attribute" and len(symbol) == 3 and symbol[2][0] == "instance" and symbol in arguments:
            known = arguments[symbol]
        else:
            changed = False
            parts = []
            for part in symbol:
                new = _substituted(part, arguments, done) if isinstance(part, tuple) and part else part
                changed |= new is not part
                parts.append(new)
            known = tuple(parts) if changed else symbol
        done[id(symbol)] = known
    return known


def leaves(symbol: Symbol) -> list[Symbol]:
    """What a symbol is made of, outermost first: parameters, attributes, globals, literals, unknown nodes."""
    if symbol and symbol[0] in ("param", "node", "temporary", "global", "instance"):
        return [symbol]
    if len(symbol) == 3 and symbol[0] == "text" and not symbol[2]:  # an argument named `text` is a pair
        return [symbol]
    found: list[Symbol] = [symbol] if symbol and symbol[0] == "attribute" else []
    for part in symbol:
        if isinstance(part, tuple) and part:
            found.extend(leaves(part))
    return found


def folder_of(path: Symbol) -> Symbol | None:
    """The directory that a path is put together of, if it says so."""
    if path[0] == "text" and path[1] == "/" and path[2]:
        folder: Symbol = path[2][0]
        return folder
    if path[0] == "call" and path[1] in ("join", "joinpath"):
        inside = path[3][0][1] if path[1] == "join" and path[3] else path[2]
        return inside if isinstance(inside, tuple) else None
    return None
