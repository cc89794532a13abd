"""Does what was read from a file arrive at what is written to it? Within a function, or through a field of an object
that one of its methods fills and another one writes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind as NodeKind
from sst_lint.flow.effects import Effect
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.graph import Graph
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.values import Value
from sst_lint.flow.world import Function

#: What a value is stored in that outlives the call it was given to.
_KEEPING = frozenset({NodeKind.PUT, NodeKind.OUT, NodeKind.CELL})
#: So many places are looked at for where a method keeps what it is given.
_LOOKED_AT = 200
_READ = frozenset({NodeKind.ATTR, NodeKind.NAME, NodeKind.BOUND})
#: A name that holds one of these is a function, a class, or something imported.
_NO_VARIABLE = frozenset({"x", "m", "f", "c"})


class Carried:
    """Follows what is read to what is written."""

    def __init__(self, linked: Mutations, graph: Graph, evidence: PathEvidence, locks: Locks) -> None:
        self._linked = linked
        self._graph = graph
        self._evidence = evidence
        self._locks = locks
        self._filled: dict[tuple[int, int], frozenset[str]] = {}
        self._variables = {at: node for node, at in linked.global_nodes.items()}

    def carries(self, read: Effect, write: Effect) -> bool:
        """Whether what was read arrives at the call that writes."""
        goals = self._goals(write)
        if not goals.isdisjoint(self._reached({_content(self._linked, read)})):
            return True
        return self._follows(read.call, write.call) and self.by_field(read, write)

    # through a field or a variable of the module

    def by_field(self, read: Effect, write: Effect) -> bool:
        """Whether an object keeps what it reads in a field of its own and then writes what that holds: `self.load()`,
        a change, `self.save()`. The functions of a module may do so with one of its variables."""
        filled = {name for effect in self._seen_inside(read) for name in self._filled_by(effect)}
        return bool(filled) and any(self._writes_field(effect, filled) for effect in self._seen_inside(write))

    def _follows(self, read: int, write: int) -> bool:
        """Whether the write can come after the read, and does not stand where the read has failed."""
        if not self._locks.comes_to(read, write):
            return False
        world = self._linked.world
        unit = world.call_unit[write]
        around, failed = self._locks.regions(read), self._locks.regions(write)
        return not any(h.tried in around and h.body in failed for h in world.units[unit][2].handlers)

    def _seen_inside(self, effect: Effect) -> Iterator[Effect]:
        """An effect in the terms of each method of one object, or each function of one module, through which it
        happens."""
        functions = self._linked.world.functions
        outer = functions.get(self._locks.scope_of(effect.call))
        if outer is None:
            return
        chain = (*effect.calls, effect.site.call)
        for position in range(len(effect.calls) + 1):
            function = functions.get(self._locks.scope_of(chain[position]))
            if function is None or not self._is_beside(function, outer):
                return
            yield replace(effect, call=chain[position], calls=effect.calls[position:])

    def _is_beside(self, function: Function, other: Function) -> bool:
        """Whether two functions are methods of one object, or functions of one module."""
        if function.cls < 0 or other.cls < 0:
            return function.cls == other.cls and self._file_of(function) == self._file_of(other)
        return function.cls in self._linked.mro(other.cls) or other.cls in self._linked.mro(function.cls)

    def _file_of(self, function: Function) -> int:
        return self._linked.world.units[function.unit][0]

    def _filled_by(self, read: Effect) -> frozenset[str]:
        """The fields of its own object, or variables of its module, that a function puts what it reads into."""
        key = (read.site.call, read.call)
        known = self._filled.get(key)
        if known is None:
            names = map(self._shared_name, self._reached({_content(self._linked, read)}))
            known = self._filled[key] = frozenset(name for name in names if name)
        return known

    def _writes_field(self, write: Effect, names: set[str]) -> bool:
        """Whether a function writes what one of these fields or variables holds."""
        world = self._linked.world
        unit = world.call_unit[write.call]
        base = world.node_base[unit]
        fields = {
            base + local
            for local, record in enumerate(world.units[unit][2].nodes)
            if record.kind in _READ and self._shared_name(base + local) in names
        }
        return bool(fields) and not self._goals(write).isdisjoint(self._reached(fields))

    def _shared_name(self, node: int) -> str:
        """`.name` for a field of the object that a method is called on, `name` for a variable of the module; or ""."""
        world = self._linked.world
        record = world.nodes[node]
        if record.kind in (NodeKind.ATTR, NodeKind.PUT):
            return f".{record.name}" if self._is_own(node) else ""
        if record.kind not in (NodeKind.BOUND, NodeKind.NAME):
            return ""
        shared = self._variables.get((self._linked.file_of(node), record.name), -1)
        named = shared >= 0 and not any(value[0] in _NO_VARIABLE for value in self._linked.values(shared))
        return record.name if named else ""

    def _is_own(self, node: int) -> bool:
        """Whether a field is one of the object that the method is called on."""
        world = self._linked.world
        record = world.nodes[node]
        function = world.functions.get(world.scope_of_node(node))
        if record.base < 0 or function is None or function.cls < 0:
            return False
        owner = world.nodes[world.node_base[world.node_unit[node]] + record.base]
        return owner.kind == NodeKind.PARAM and owner.base == 0

    # within a function

    def _reached(self, starts: set[int]) -> set[int]:
        """All that values come to within their unit, also as arguments of calls, whose results then hold them."""
        graph, linked = self._graph, self._linked
        unit = linked.world.node_unit[next(iter(starts))]
        calls_with = self._calls_with(unit)
        seen, queue = set(starts), list(starts)
        while queue:
            node = queue.pop()
            following = [
                graph.target[n] for n in graph.outgoing.get(node, ())
                if graph.label[n] == 0 and graph.op[n] != Op.NOTHING
            ]  # fmt: skip
            for number in calls_with.get(node, ()):
                following.append(linked.result_of(number))
                receiver = linked.receiver_of(number)
                if receiver >= 0 and linked.world.nodes[receiver].name not in ("json", "os", "yaml"):
                    if self._may_keep(number, node):
                        following.append(receiver)
            for target in following:
                if target not in seen and linked.world.node_unit[target] == unit:
                    seen.add(target)
                    queue.append(target)
        return seen

    def _may_keep(self, number: int, given: int) -> bool:
        """Whether a method may keep what it is given, so that its object holds it from then on. One of the program
        that only looks at it does not."""
        linked, graph, world = self._linked, self._graph, self._linked.world
        scopes = linked.callees.get(number, {})
        params = [param for argument, param, _ in linked.bindings.get(number, ()) if argument == given]
        if not scopes or not params:
            return True
        seen = dict.fromkeys(params)
        for node in (queue := list(seen)):
            for edge in graph.outgoing.get(node, ()):
                target = graph.target[edge]
                if graph.op[edge] == Op.NOTHING or target in seen:
                    continue
                if graph.label[edge] > 0 or target in linked.field_nodes or len(seen) > _LOOKED_AT:
                    return True
                kind = world.nodes[target].kind
                if kind in _KEEPING or (kind == NodeKind.ATTR and graph.op[edge] == Op.STORE):
                    return True
                if graph.label[edge] == 0:
                    seen[target] = None
                    queue.append(target)
        return False

    def _goals(self, write: Effect) -> set[int]:
        """Nodes whose arrival means that content arrives: what is written, or the arguments of the call."""
        linked = self._linked
        path = linked.world.nodes
        goals: set[int] = set()
        if write.calls:
            goals.update(node for _, node in linked.argument_nodes(write.call))
            for call in self._locks.calls_in(self._locks.scope_of(write.call)):
                receiver = linked.receiver_of(call)  # with writer(path) as f: f.write(...), json.dump(x, f)
                if receiver == linked.result_of(write.call):
                    goals.update(node for _, node in linked.argument_nodes(call))
                arguments = [node for _, node in linked.argument_nodes(call)]
                if linked.result_of(write.call) in arguments:
                    goals.update(arguments)
            goals.discard(linked.result_of(write.call))
        else:
            for (call, _), node in linked.contents.items():
                if call == write.call or any(("h", write.call) in linked.values(p) for p in self._ports(call)):
                    goals.add(node)
            if write.write is not None and write.write.node >= 0:
                goals.add(write.write.node)
        if write.protocol is not None and not write.calls:
            calls = {w.site.call for w in write.protocol.writes}
            makers = {m.ports["return"] for m in write.protocol.makers}
            for (call, _), node in linked.contents.items():
                held = {c for p in self._ports(call) for k, c in linked.values(p) if k == "h"}
                origins = {o for p in self._ports(call) for o in self._evidence.origins(p)} if makers else set()
                if call in calls or held & calls or any(("temporary", m) in origins for m in makers):
                    goals.add(node)
        return {g for g in goals if path[g].kind != NodeKind.CONST}

    def held(self, call: int) -> Iterator[Collection[Value]]:
        """What the ports of a call may hold."""
        return (self._linked.values(port) for port in self._ports(call))

    def _ports(self, call: int) -> list[int]:
        return [p for site in self._linked.sites_of.get(call, ()) for p in site.ports.values() if p >= 0]

    def _calls_with(self, unit: int) -> dict[int, list[int]]:
        """What is handed over in a unit, or has a method called, with the calls."""
        linked, world = self._linked, self._linked.world
        found: dict[int, list[int]] = {}
        first = world.call_base[unit]
        for number in range(first, first + len(world.units[unit][2].calls)):
            for _, node in linked.argument_nodes(number):
                found.setdefault(node, []).append(number)
            receiver = linked.receiver_of(number)
            if receiver >= 0:
                found.setdefault(receiver, []).append(number)
        return found


def _content(linked: Mutations, read: Effect) -> int:
    """The node of what a call reads."""
    if not read.calls and read.site.model.method and read.site.ports["self"] != read.node:
        return read.site.ports["self"]
    return linked.result_of(read.call)
