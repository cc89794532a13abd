"""In which order are functions called, as far as what they fill is concerned?

The order in which a loop calls something becomes the order of what is filled there: each function that fills a
parameter, a field or a global has a node for the order in which it is called (its *context*), to which every call in a
loop adds that loop.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Sequence

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Loop, UnitFacts
from sst_lint.flow.adjacency import Growing
from sst_lint.flow.implied import Implied
from sst_lint.flow.world import Function

#: The root of what is global, in place of a parameter's index.
GLOBAL = -1
#: The root of an object that is made here, in place of a parameter's index.
LOCAL = -2
_OF_EVERYBODY = (Kind.NAME, Kind.IMPORT, Kind.CELL, Kind.BOUND)
#: What may hold an object that a function fills.
_FILLED = frozenset({Kind.VALUE, Kind.NAME, Kind.PARAM, Kind.ATTR, Kind.ITEM, Kind.CALL, Kind.CELL, Kind.IMPORT})
#: From an object to what it belongs to, at most.
_STEPS_TO_ROOT = 9
#: `d.setdefault(key, []).append(x)`
_TAKES_BY_KEY = frozenset({"setdefault", "get"})
#: Texts by which things are told apart.
_SPELLS = frozenset({"str", "repr", "fspath", "as_posix"})
#: Their elements are keys, or numbers, with something else.
_NUMBERED = frozenset({"items", "enumerate"})
#: So many attributes and keys stand between a thing and the container that it was taken from.
_PARTS = 4


class Contexts(Implied):
    """Adds the orders of loops and calls to what is filled in them."""

    def _prepare(self) -> None:
        """To be called once values have settled."""
        self._incoming = Growing.by(self.edges.target, len(self.world.nodes))
        self._contexts: dict[tuple[int, int, int], int] = {}
        self._callers: dict[int, list[int]] = {}
        for number, scopes in self.callees.items():
            for scope in scopes:
                self._callers.setdefault(scope, []).append(number)
        self._need: deque[tuple[int, int, int]] = deque()

    def _edge(self, source: int, target: int, op: int, key: str = "", label: int = 0) -> None:
        before = len(self.edges)
        self.add_edge(source, target, op, key, label, back=True)
        if len(self.edges) > before:
            self._incoming.add(target, before)

    @abstractmethod
    def is_looked_up(self, number: int) -> bool:
        """Whether a call gives out what lies under a key: each key has its own."""

    def context(self, scope: int, root: int, given: int = -1) -> int:
        """The order in which a function is called, as far as what it fills in ``root`` is concerned.

        ``given``: the index of a parameter without which it fills nothing, or -1.
        """
        known = self._contexts.get((scope, root, given))
        if known is None:
            function = self.world.functions[scope]
            like = self.world.nodes[function.returns]
            known = self.world.add_node(Kind.LOOP, function.unit, like, "calls")
            self._contexts[(scope, root, given)] = known
            self._need.append((scope, root, given))
        return known

    def root(self, node: int) -> int:
        """What an object belongs to: a parameter (its index), something global, or something made here."""
        seen = {node}
        nearest, found = [node], LOCAL
        for _ in range(_STEPS_TO_ROOT):
            further = []
            for one in nearest:
                kind = self.world.nodes[one].kind
                if kind == Kind.PARAM:
                    found = max(found, self.world.nodes[one].base)
                elif kind in _OF_EVERYBODY:
                    found = max(found, GLOBAL)
                else:
                    further += [each for each in self._held_by(one) if each not in seen]
                    seen.update(further)
            nearest = list(dict.fromkeys(further))
        return found

    def _held_by(self, node: int) -> list[int]:
        """What the object of ``node`` is taken from, one step up."""
        record = self.world.nodes[node]
        if record.kind in (Kind.ATTR, Kind.ITEM) and record.base >= 0:
            return [self.world.node_base[self.world.node_unit[node]] + record.base]
        edges = self.edges
        inside = [n for n in self._incoming.get(node, ()) if edges.label[n] == 0]
        if record.kind == Kind.CALL:  # `options.pop("file", sys.stdout)`
            return [edges.source[n] for n in inside if edges.op[n] == Op.LOAD and edges.key[n].startswith("'")]
        if record.kind != Kind.VALUE:
            return []
        return [edges.source[n] for n in inside if edges.op[n] in (Op.SAME, Op.LOAD)]

    def _by_context(self, holder: int, target: int, op: Op, unit: int, region: int) -> None:
        root = self.root(holder)
        scope = self.world.scope_of_node(holder)
        if root != LOCAL and scope in self.world.functions:
            self._edge(self.context(scope, root, self._given(scope, unit, region)), target, op)

    def _given(self, scope: int, unit: int, region: int) -> int:
        """The index of a parameter that is empty by default and not in ``region`` of function ``scope``, or -1."""
        function, facts = self.world.functions[scope], self.world.units[unit][2]
        base = self.world.node_base[unit]
        while region >= 0:
            guard = facts.regions[region]
            if guard.given >= 0 and base + guard.given in function.params:
                index = function.params.index(base + guard.given)
                default = function.record.params[index].default
                if default >= 0 and not self.constant(base + default):
                    return index
            region = guard.parent
        return -1

    def _spread_contexts(self) -> None:
        while self._need:
            scope, root, given = self._need.popleft()
            node = self._contexts[(scope, root, given)]
            function = self.world.functions[scope]
            for number in self._callers.get(scope, ()):
                if given < 0 or self._gives(number, function.params[given]):
                    self._call_context(number, function, root, node)

    def _gives(self, number: int, param: int) -> bool:
        """Whether call ``number`` may give ``param`` something that is not empty."""
        arguments = [a for a, p, _ in self.bindings.get(number, ()) if p == param]
        if not arguments:
            return any(slot in ("*", "**") for slot, _ in self.argument_nodes(number)) or not self.bindings.get(number)
        return any(self.constant(argument) for argument in arguments)

    def _call_context(self, number: int, function: Function, root: int, node: int) -> None:
        label, params = number + 1, function.params
        caller = self.world.scope_of_call(number)
        for site in self.sites_of.get(number, ()):
            for _, elements in site.model.callback:  # `map(out.add, names)` calls it once for each
                step = self._step_node(number, f"each of {elements}")
                self._edge(site.ports.get(elements, -1), step, Op.LOOP)
                self._edge(step, node, Op.ORDERS, "", label)
        if root == GLOBAL:
            argument = -1
        else:
            found = [a for a, p, _ in self.bindings.get(number, ()) if root < len(params) and p == params[root]]
            if not found and root == 0 and self.callees[number].get(function.scope):
                found = [self.callee_of(number)]  # a method that was handed over, with the object that it fills
            found = found or self._among_options(number, params, root)
            if not found:
                return
            argument = found[0]
        result = self.result_of(number)
        holder = argument if argument >= 0 else self.world.node_base[self.world.call_unit[number]]
        if argument == result:
            return  # a constructor fills what it makes
        apart = self._apart(number, holder)
        loops = self._loops(number, holder, apart) if argument >= 0 else self._loops_all(number)
        for loop in loops:
            self._edge(loop, node, Op.ORDERS, "", label)
        outer = GLOBAL if argument < 0 else self.root(argument)
        if outer != LOCAL and caller in self.world.functions:
            self._edge(self.context(caller, outer), node, Op.ORDERS, "", label)

    def _among_options(self, number: int, params: Sequence[int], root: int) -> list[int]:
        """What call ``number`` gives by a keyword that its callee gathers in parameter ``root`` (``**options``), but
        for what is written down there: nothing can be filled in that."""
        if root >= len(params) or not self._incoming.has(params[root]):
            return []
        edges, nodes = self.edges, self.world.nodes
        given = [n for n in self._incoming.get(params[root], ()) if edges.label[n] == number + 1]
        return [
            edges.source[n] for n in given
            if edges.op[n] == Op.STORE and edges.key[n].startswith("'") and nodes[edges.source[n]].kind in _FILLED
        ]  # fmt: skip

    def _apart(self, number: int, holder: int) -> frozenset[int]:
        """The loops around a call whose every round has a ``holder`` of its own: what stands under the loop's variable
        (``groups[name].append(x)`` in ``for name in names``)."""
        unit = self.world.call_unit[number]
        facts, base = self.world.units[unit][2], self.world.node_base[unit]
        if self.world.calls[number].loop < 0 or self.world.node_unit[holder] != unit:
            return frozenset()
        found: set[int] = set()
        local = holder - base
        for _ in range(_PARTS):
            record = facts.nodes[local]
            if record.kind == Kind.CALL:
                call = facts.calls[record.base]
                if call.method in _TAKES_BY_KEY:
                    found.update(arg.node for arg in call.args[:1])
                elif self.world.call_of(base + local) in self.callees:
                    looked_up = self.is_looked_up(self.world.call_of(base + local))
                    found.update(arg.node for arg in call.args if looked_up)
                else:
                    break
                local = call.receiver
            elif record.kind in (Kind.ATTR, Kind.ITEM):
                found.update(index for item, index in facts.subscripts if item == local)
                local = record.base
            else:
                break
            if local < 0:
                break
        found.update(*(_spelled(facts, key) for key in tuple(found)))
        return frozenset(n for n, loop in enumerate(facts.loops) if found and not found.isdisjoint(_drawn(facts, loop)))

    def _loops(self, number: int, holder: int, apart: frozenset[int] = frozenset()) -> list[int]:
        """Order nodes of the loops that run around the call but not around the binding of ``holder``, without those in
        ``apart``."""
        world = self.world
        unit = world.call_unit[number]
        facts, base = world.units[unit][2], world.node_base[unit]
        call = world.calls[number]
        record = world.nodes[holder]
        same = world.node_unit[holder] == unit and record.scope == call.scope
        stop = record.loop if same else -1
        result, current = [], call.loop
        while current != -1 and current != stop:
            if facts.loops[current].node >= 0 and current not in apart:
                result.append(base + facts.loops[current].node)
            current = facts.loops[current].parent
        return result

    def _loops_all(self, number: int) -> list[int]:
        world = self.world
        unit = world.call_unit[number]
        facts, base = world.units[unit][2], world.node_base[unit]
        result, current = [], world.calls[number].loop
        while current != -1:
            if facts.loops[current].node >= 0:
                result.append(base + facts.loops[current].node)
            current = facts.loops[current].parent
        return result


def _spelled(facts: UnitFacts, key: int) -> list[int]:
    """What ``key`` is the text of: ``str(path)``, ``path.as_posix()``, ``f"{path}.log"``. No two have the same one."""
    record = facts.nodes[key]
    if record.kind == Kind.TEXT:
        return [edge.source for edge in facts.edges if edge.target == key]
    if record.kind != Kind.CALL:
        return []
    call = facts.calls[record.base]
    if not call.args and call.method in _SPELLS:
        return [call.receiver]
    spelled = facts.nodes[call.callee].name in _SPELLS and call.receiver < 0
    return [arg.node for arg in call.args if spelled and len(call.args) == 1]


def _drawn(facts: UnitFacts, loop: Loop) -> set[int]:
    """The variable of a loop: what it takes out of what it runs over, or the key of that."""
    if loop.source < 0:
        return set()
    drawn = {e.target for e in facts.edges if e.op == Op.ITER and e.source == loop.source}
    if facts.nodes[loop.source].name in _NUMBERED:
        drawn |= {e.target for e in facts.edges if e.op == Op.LOAD and e.key == "#0" and e.source in drawn}
    return drawn
