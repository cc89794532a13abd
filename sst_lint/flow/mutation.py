"""Who sees a change made in place? What is put into an object reaches everything that holds the same object.

``x = self.items; x.append(v)`` changes the field; ``fill(target)`` changes the caller's object when the callee
changes its parameter. And the order in which a loop calls something becomes the order of what is filled there: each
function that fills a parameter, a field or a global has a node for the order in which it is called (its *context*),
to which every call in a loop adds that loop.
"""

from __future__ import annotations

from collections import deque

from sst_lint.facts.ops import SET, Op
from sst_lint.facts.records import Kind, Loop, UnitFacts
from sst_lint.flow.adjacency import Growing
from sst_lint.flow.calls import LOOP_ORDER
from sst_lint.flow.folds import GLOBAL, fold
from sst_lint.flow.implied import Implied

_ALIASING = frozenset(
    {
        Kind.LIST, Kind.DICT, Kind.SET, Kind.CALL, Kind.PARAM, Kind.ATTR, Kind.ITEM, Kind.NAME, Kind.CELL, Kind.VALUE,
        Kind.IMPORT, Kind.BOUND,
    }
)  # fmt: skip
_PRINTING = ("__str__", "__repr__", "__format__")
_RECORDS = frozenset({"NamedTuple", "BaseModel", "Struct"})
#: The root of an object that is made here, in place of a parameter's index.
LOCAL = -2
_OF_EVERYBODY = (Kind.NAME, Kind.IMPORT, Kind.CELL, Kind.BOUND)
_VIEWED = _ALIASING | {Kind.TUPLE}
_VIEWS = (Op.PAIRS, Op.PAIRED, Op.VIEW)
#: From an object to what it belongs to, at most.
_STEPS_TO_ROOT = 9
#: `d.setdefault(key, []).append(x)`
_TAKES_BY_KEY = frozenset({"setdefault", "get"})
#: Their elements are keys, or numbers, with something else.
_NUMBERED = frozenset({"items", "enumerate"})
#: So many attributes and keys stand between a thing and the container that it was taken from.
_PARTS = 4


class Mutations(Implied):
    """Adds the edges of changes in place, and contexts."""

    def finish(self) -> None:
        """To be called once values have settled."""
        self._view_algebra()
        self.imply()
        self._incoming = Growing.by(self.edges.target, len(self.world.nodes))
        self._changed: dict[int, None] = {}
        self._aliases: set[int] = set()  #: edges back to where an object was taken from
        self._contexts: dict[tuple[int, int, int], int] = {}
        self._callers: dict[int, list[int]] = {}
        for number, scopes in self.callees.items():
            for scope in scopes:
                self._callers.setdefault(scope, []).append(number)
        self._need: deque[tuple[int, int, int]] = deque()
        self._direct()
        self._outs()
        self.run()
        fold(self)
        self._spread_contexts()
        self.run()

    def _view_algebra(self) -> None:
        """``a.keys() & b.keys()`` is a set."""
        for node in self.world.of_kind(Kind.BINOP):
            if self.world.nodes[node].name in "-&|^":
                if self.has_type(node, "builtins.dict_keys", "builtins.dict_items"):
                    self.add_source(node, SET, "set", -1)
        self.run()

    # changes in place

    def _direct(self) -> None:
        world = self.world
        for index, (_, _, facts) in enumerate(world.units):
            base = world.node_base[index]
            if not facts.mutated:
                continue
            stores = {e.target for e in facts.edges if e.op == Op.STORE and not e.key}
            for local in facts.mutated:
                self.changed(base + local)
                if local in stores and world.nodes[base + local].kind not in (Kind.LIST, Kind.TUPLE):
                    region = facts.nodes[local].region
                    self._by_context(base + local, base + local, Op.ORDERS_KEYS, index, region)
        for site in tuple(self.sites):
            for flow in site.model.flows:
                if flow.to == "return" or not self.holds(site, flow.when, flow.unless):
                    continue
                target = site.ports.get(flow.to, -1)
                if target >= 0:
                    self.changed(target)
                    op = LOOP_ORDER.get(flow.how)
                    if op is not None:
                        self._ordered(site.call, target, target, op)
            content = self.contents.get((site.call, ""))
            writes = site.model.writes
            if content is not None and writes is not None and site.ports.get(writes.path, -1) >= 0:
                self._ordered(site.call, site.ports[writes.path], content, Op.ORDERS)
            if content is not None and site.model.digest and site.ports["self"] >= 0:
                self._ordered(site.call, site.ports["self"], content, Op.ORDERS)
            if content is not None and site.model.console:
                for loop in self._loops_all(site.call):
                    self._edge(loop, content, Op.ORDERS)
                scope = world.scope_of_call(site.call)
                if scope in world.functions:
                    self._edge(self.context(scope, GLOBAL), content, Op.ORDERS)
            if content is not None:
                for flow in site.model.flows:
                    if flow.how in ("text", "serialize", "serialize-sorted") and site.ports.get(flow.to, -1) >= 0:
                        self._ordered(site.call, site.ports[flow.to], content, Op.ORDERS)

    def _owner(self, node: int) -> int:
        """For something that a call took out of a container (``d.setdefault(k, [])``) the container."""
        if self.world.nodes[node].kind == Kind.CALL:
            for number in self._incoming.get(node, ()):
                if self.edges.op[number] == Op.LOAD and self.edges.label[number] == 0:
                    return self.edges.source[number]
        return node

    def _ordered(self, number: int, holder: int, target: int, op: Op) -> None:
        """``target`` is filled by call ``number``; loops around the call but not around ``holder`` order it."""
        record = self.world.nodes[holder]
        if record.kind == Kind.ITEM and record.base >= 0 and not record.name:
            base = self.world.node_base[self.world.node_unit[holder]] + record.base
            if self.is_mapping(base):  # a defaultdict gets the key by being read
                self._ordered(number, base, base, Op.ORDERS_KEYS)
        apart = self._apart(number, holder)
        holder = self._owner(holder)
        for loop in self._loops(number, holder, apart):
            self._edge(loop, target, op)
        self._by_context(holder, target, op, self.world.call_unit[number], self.world.calls[number].region)

    def _edge(self, source: int, target: int, op: int, key: str = "", label: int = 0) -> None:
        before = len(self.edges)
        self.add_edge(source, target, op, key, label, back=True)
        if len(self.edges) > before:
            self._incoming.add(target, before)

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
            if record.kind == Kind.CALL and facts.calls[record.base].method in _TAKES_BY_KEY:
                call = facts.calls[record.base]
                found.update(arg.node for arg in call.args[:1])
                local = call.receiver
            elif record.kind in (Kind.ATTR, Kind.ITEM):
                found.update(index for item, index in facts.subscripts if item == local)
                local = record.base
            else:
                break
            if local < 0:
                break
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

    def changed(self, node: int, depth: int = 0) -> None:
        """The object of ``node`` is changed: so is what it was taken from."""
        if node < 0 or node in self._changed or depth > 8:
            return
        self._changed[node] = None
        record = self.world.nodes[node]
        unit = self.world.node_unit[node]
        base = self.world.node_base[unit] + record.base if record.base >= 0 else -1
        kind = record.kind
        if kind == Kind.ATTR and base >= 0:
            self.puts.add(base, node)
            for value in self.values(base):
                self.bind_put(node, value)
            self._edge(node, base, Op.STORE, "." + record.name)
            self.changed(base, depth + 1)
        elif kind == Kind.ITEM and base >= 0:
            self._edge(node, base, Op.STORE, record.name if record.name != "#-" else "")
            self.changed(base, depth + 1)
        elif kind == Kind.PARAM:
            self._parameter(node)
        elif kind == Kind.NAME:
            found = self.global_node(self.file_of(node), record.name)
            if found >= 0:
                self._edge(node, found, Op.SAME)
        self._sources_of(node, kind, depth)

    def _parameter(self, node: int) -> None:
        function = self.world.functions.get(self.world.scope_of_node(node))
        if function is not None and node in function.params:
            self._edge(node, function.outs[function.params.index(node)], Op.SAME)

    def _sources_of(self, node: int, kind: int, depth: int) -> None:
        """Other names of the same object."""
        edges = self.edges
        for number in tuple(self._incoming.get(node, ())):
            source, op = edges.source[number], edges.op[number]
            held = _VIEWED if op in _VIEWS else _ALIASING
            if number in self._aliases or edges.label[number] != 0 or self.world.nodes[source].kind not in held:
                continue
            if op == Op.SAME and kind in (Kind.VALUE, Kind.CELL, Kind.CALL, Kind.IMPORT):
                self._aliases.add(len(edges))
                self._edge(node, source, Op.SAME)
                self.changed(source, depth + 1)
            elif op in (Op.ITER, Op.LOAD) and kind in (Kind.VALUE, Kind.CALL):
                self._edge(node, source, Op.STORE, edges.key[number])
                self.changed(source, depth + 1)
            elif op in _VIEWS and kind == Kind.CALL:
                self._through_view(node, source, "#1" if op == Op.PAIRS else edges.key[number])
                self.changed(source, depth + 1)

    def _through_view(self, view: int, source: int, position: str) -> None:
        """What is changed in the pairs of ``d.items()`` or ``zip(a, b)``, or in ``d.values()``: ``source`` holds it."""
        world = self.world
        element = world.add_node(Kind.VALUE, world.node_unit[view], world.nodes[view])
        self._edge(view, element, Op.LOAD)
        if position:
            pair, element = element, world.add_node(Kind.VALUE, world.node_unit[view], world.nodes[view])
            self._edge(pair, element, Op.LOAD, position)
        self._edge(element, source, Op.STORE)

    def _outs(self) -> None:
        """Arguments whose parameter is changed by the callee are changed; to a fixpoint."""
        done: set[tuple[int, int]] = set()
        waiting = [(number, argument, out) for number, bound in self.bindings.items() for argument, _, out in bound]
        moved = True
        while moved:
            moved = False
            before, waiting = waiting, []
            for number, argument, out in before:
                if not self._incoming.has(out):
                    waiting.append((number, argument, out))
                elif (number, argument) not in done:
                    done.add((number, argument))
                    moved = True
                    self.changed(argument)

    def shows_nothing(self, node: int) -> bool:
        """Whether ``str(x)`` shows no content: an object whose class does not say how it is printed."""
        held = self.held.get(node)
        if not held or any(v[0] != "i" for v in held):
            return False
        return not any(self.world.classes[v[1]].decorators or any(self.external_bases(v[1])) for v in held)

    def prints_itself(self, node: int) -> bool:
        """Whether an object's class says how it is printed."""
        held = self.held.get(node)
        return any(kind == "i" and any(self.find_method(cls, name) for name in _PRINTING) for kind, cls in held)

    def shows_fields(self, node: int) -> bool:
        """Whether ``str(x)`` shows what the fields of ``x`` hold: records do. Classes that say how they print show what
        their method returns, which is called (``flow.implied``)."""
        for kind, cls in self.held.get(node):
            if kind != "i":
                continue
            made = any(base.rpartition(".")[2] in _RECORDS for base in self.external_bases(cls))
            printed = any(self.find_method(cls, name) for name in _PRINTING)
            if (made or self.world.classes[cls].decorators) and not printed:
                return True
        return False

    def has_class(self, node: int) -> bool:
        """Whether ``node`` may be an instance of a class of the program."""
        return any(kind == "i" for kind, _ in self.held.get(node))

    def sorts_argument(self, number: int, argument: int) -> bool:
        """Whether everything that call ``number`` may call leaves ``argument`` sorted."""
        pairs = [(p, out) for a, p, out in self.bindings.get(number, ()) if a == argument]
        if not pairs or number in self.externals:
            return False
        for param, _ in pairs:
            function = self.world.functions.get(self.world.scope_of_node(param))
            if function is None or not function.record.params[function.params.index(param)].sorted:
                return False
        return True

    # contexts

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
        if record.kind != Kind.VALUE:
            return []
        edges = self.edges
        return [
            edges.source[n]
            for n in self._incoming.get(node, ())
            if edges.op[n] in (Op.SAME, Op.LOAD) and edges.label[n] == 0
        ]

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
                    self._call_context(number, function.params, root, node)

    def _gives(self, number: int, param: int) -> bool:
        """Whether call ``number`` may give ``param`` something that is not empty."""
        arguments = [a for a, p, _ in self.bindings.get(number, ()) if p == param]
        if not arguments:
            return any(slot in ("*", "**") for slot, _ in self.argument_nodes(number)) or not self.bindings.get(number)
        return any(self.constant(argument) for argument in arguments)

    def _call_context(self, number: int, params: tuple[int, ...], root: int, node: int) -> None:
        label = number + 1
        caller = self.world.scope_of_call(number)
        if root == GLOBAL:
            argument = -1
        else:
            found = [a for a, p, _ in self.bindings.get(number, ()) if root < len(params) and p == params[root]]
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


def _drawn(facts: UnitFacts, loop: Loop) -> set[int]:
    """The variable of a loop: what it takes out of what it runs over, or the key of that."""
    if loop.source < 0:
        return set()
    drawn = {e.target for e in facts.edges if e.op == Op.ITER and e.source == loop.source}
    if facts.nodes[loop.source].name in _NUMBERED:
        drawn |= {e.target for e in facts.edges if e.op == Op.LOAD and e.key == "#0" and e.source in drawn}
    return drawn
