"""Who else sees a change of what a function gives out? ``report.rows().append(x)`` changes the rows of the report.

A method or property that returns what its object holds, a function that looks something up in what it is given, or
puts something new there: its caller has the same object. So what the caller puts into it also comes to where the
function has taken it from. Only what a function returns straight from there counts: what it made itself, and did
something with before, had another content then.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.reopened import Reopened
from sst_lint.flow.world import Function

#: What stands for an object that something else holds.
_HELD = (Kind.ATTR, Kind.ITEM, Kind.CALL)
#: What stands for an object that everybody shares, or that a function around shares.
_SHARED = (Kind.NAME, Kind.CELL)
#: So many names of one object are looked through.
_NAMES = 8
#: A port of a model: what the call returns.
_RETURN = "return"


class GivenOut(Reopened):
    """Adds the edges from changed results of calls to what holds the object in the callee."""

    def _prepare(self) -> None:
        super()._prepare()
        #: nodes at which changed results come into a function -> its scope: who calls it is matched, as at a parameter
        self.given_out: dict[int, int] = {}
        self._inlets: dict[int, list[int]] = {}  #: the port of a result -> those nodes
        self._givers: dict[int, Function] = {}
        self._shared: dict[int, int] = {}  #: the result of a call that gives out what is shared -> that, for its caller
        for function in self.world.functions.values():
            for port in (function.returns, self.options.port(function.returns)):
                self._givers[port] = function

    @abstractmethod
    def changed(self, node: int, depth: int = 0) -> None:
        """The object of ``node`` is changed."""

    def give_out(self, result: int, edge: int, depth: int) -> None:
        """``result``, which ``edge`` brings from a function, is changed by who has it."""
        edges = self.edges
        port = edges.source[edge]
        function = self._givers.get(port)
        if function is None:
            return
        before, self.weak = self.weak, edges.weak[edge]
        for inlet in self._inlets_of(port, function, depth):
            self._edge(result, inlet, Op.SAME, "", -edges.label[edge])
        self.weak = before

    def _inlets_of(self, port: int, function: Function, depth: int) -> list[int]:
        if port not in self._inlets:
            self._inlets[port] = found = []
            for node in self._returned(function):
                inlet = self._inlet(node, function, depth)
                if inlet >= 0:
                    found.append(inlet)
        return self._inlets[port]

    def _returned(self, function: Function) -> list[int]:
        """What a function returns that something else holds."""
        nodes, edges = self.world.nodes, self.edges
        near, found = [function.returns], []
        for one in near:
            for number in tuple(self._incoming.get(one, ())):
                source = edges.source[number]
                if edges.op[number] != Op.SAME or edges.label[number] or source in near or len(near) > _NAMES:
                    continue
                if nodes[source].kind in _HELD or nodes[source].kind in _SHARED:
                    found.append(source)
                elif nodes[source].kind == Kind.VALUE:
                    near.append(source)
        return list(dict.fromkeys(found))

    def _inlet(self, node: int, function: Function, depth: int) -> int:
        """A node that stands for the object of ``node`` after the function has returned it, or -1."""
        world = self.world
        holders = list(self._holders(node))
        if not holders and not self._is_shared(node):
            return -1
        inlet = world.add_node(Kind.VALUE, function.unit, world.nodes[node], world.nodes[node].name)
        self.given_out[inlet] = function.scope
        for holder, key in holders:
            if key[:1] == ".":
                for value in self.values(holder):
                    self.bind_put(inlet, value)
            self._edge(inlet, holder, Op.STORE, key)
            self.changed(holder, depth + 1)
        if not holders:
            self._edge(inlet, node, Op.SAME)
            self.changed(node, depth + 1)
        return inlet

    def _is_shared(self, node: int) -> bool:
        """Whether a node is a global of the program, or a variable of a function around."""
        record = self.world.nodes[node]
        return record.kind == Kind.CELL or (
            record.kind == Kind.NAME and self.global_node(self.file_of(node), record.name) >= 0
        )

    def is_looked_up(self, number: int) -> bool:
        """Whether call ``number`` gives out what lies under a key that differs, or may do so."""
        nodes = self.world.nodes
        found = list(self._given_by(number))
        return not found or any(
            nodes[node].kind == Kind.CALL or (nodes[node].kind == Kind.ITEM and not nodes[node].name)
            for _, node in found
        )

    def _given_by(self, number: int) -> Iterator[tuple[Function, int]]:
        """What the functions that call ``number`` may call give out, and which of them does."""
        for edge in tuple(self._incoming.get(self.result_of(number), ())):
            function = self._givers.get(self.edges.source[edge]) if self.edges.label[edge] < 0 else None
            if function is not None:
                yield from ((function, node) for node in self._returned(function))

    def _holders(self, node: int) -> Iterator[tuple[int, str]]:
        """What holds the object of ``node``, and under which key."""
        record = self.world.nodes[node]
        if record.kind == Kind.CALL:
            yield from self._put_by_call(self.world.call_of(node))
        elif record.base >= 0:
            base = self.world.node_base[self.world.node_unit[node]] + record.base
            if record.kind == Kind.ATTR:
                yield base, "." + record.name
            else:
                yield base, record.name if record.name != "#-" else ""

    def _put_by_call(self, number: int) -> Iterator[tuple[int, str]]:
        """What a call of a library has taken its result from, or put it into."""
        edges, result = self.edges, self.result_of(number)
        for edge in tuple(self._incoming.get(result, ())):
            if edges.op[edge] == Op.LOAD and not edges.label[edge]:
                yield edges.source[edge], edges.key[edge]
        for site in self.sites_of.get(number, ()):
            for flow in site.model.flows:
                if flow.from_ == _RETURN and site.ports.get(flow.to, -1) >= 0:
                    yield site.ports[flow.to], ""

    def kept_by(self, number: int) -> int:
        """Whose object it is that call ``number`` of a function of the program gives out: the argument that holds it,
        a node for what is shared, or -1."""
        world = self.world
        for function, node in self._given_by(number):
            for holder, _ in self._holders(node):
                root = self.root(holder)
                if root < 0 or root >= len(function.params):
                    continue
                param = function.params[root]
                given = [a for a, p, _ in self.bindings.get(number, ()) if p == param and world.nodes[a].scope >= 0]
                if given:
                    return given[0]
            if self._is_shared(node):
                result = self.result_of(number)
                if result not in self._shared:
                    like = world.nodes[result]
                    self._shared[result] = world.add_node(Kind.CELL, world.node_unit[result], like, "shared")
                return self._shared[result]
        return -1
