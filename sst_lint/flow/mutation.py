"""Who sees a change made in place? What is put into an object reaches everything that holds the same object.

``x = self.items; x.append(v)`` changes the field; ``fill(target)`` changes the caller's object when the callee
changes its parameter.
"""

from __future__ import annotations

from collections.abc import Sequence

from sst_lint.facts.ops import SET, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.alike import alike_in
from sst_lint.flow.assembled import assemble
from sst_lint.flow.by_name import ask_by_name, open_objects
from sst_lint.flow.calls import LOOP_ORDER
from sst_lint.flow.contexts import GLOBAL
from sst_lint.flow.decided import decide
from sst_lint.flow.folds import fold
from sst_lint.flow.given_out import GivenOut
from sst_lint.flow.names import SET_TYPES
from sst_lint.flow.placed import sort_by_places
from sst_lint.flow.saved_whole import save_whole
from sst_lint.flow.templates import read_by_templates
from sst_lint.flow.unpacked import unpack

_ALIASING = frozenset(
    {
        Kind.LIST, Kind.DICT, Kind.SET, Kind.CALL, Kind.PARAM, Kind.ATTR, Kind.ITEM, Kind.NAME, Kind.CELL, Kind.VALUE,
        Kind.IMPORT, Kind.BOUND,
    }
)  # fmt: skip
_PRINTING = ("__str__", "__repr__", "__format__")
_RECORDS = frozenset({"NamedTuple", "BaseModel", "Struct"})
_VIEWED = _ALIASING | {Kind.TUPLE}
#: The same object, also where `isinstance` has said what it is.
_SAME_OBJECT = frozenset({Op.SAME, Op.AS_LIST, Op.AS_DICT, Op.NOT_LIST, Op.NOT_DICT})
_COPIES = frozenset({"copy.copy", "copy.deepcopy"})
_VIEWS = (Op.PAIRS, Op.PAIRED, Op.VIEW)


class Mutations(GivenOut):
    """Adds the edges of changes in place."""

    def finish(self) -> None:
        """To be called once values have settled."""
        self._view_algebra()
        self.imply()
        self._prepare()
        self._set_differences()
        ask_by_name(self)
        open_objects(self)
        self._changed: dict[int, None] = {}
        self._aliases: set[int] = set()  #: edges back to where an object was taken from
        self._given_back: dict[int, int] = {}  #: what a context manager gives -> what became of it, for all who enter
        self._direct()
        assemble(self)
        self._outs()
        self.run()
        read_by_templates(self)
        save_whole(self)
        sort_by_places(self)
        decide(self)
        fold(self)
        unpack(self)
        self._spread_contexts()
        self.run()

    def _view_algebra(self) -> None:
        """``a.keys() & b.keys()`` is a set."""
        for node in self.world.of_kind(Kind.BINOP):
            if self.world.nodes[node].name in "-&|^":
                if self.has_type(node, "builtins.dict_keys", "builtins.dict_items"):
                    self.add_source(node, SET, "set", -1)
        self.run()

    def _set_differences(self) -> None:
        """What remains where a set is taken away is one: ``names - {"self"}``, whatever ``names`` is."""
        for node in self.world.of_kind(Kind.BINOP):
            if self.world.nodes[node].name == "-" and self._takes_set_away(node):
                self.add_source(node, SET, "set", -1)
                self.add_value(node, ("t", SET_TYPES[0]))
        self.run()

    def _takes_set_away(self, node: int) -> bool:
        """Whether a set is taken away from something of which nothing else is known."""
        edges = self.edges
        given = [(edges.source[edge], edges.op[edge]) for edge in self._incoming.get(node, ())]
        left = [one for one, op in given if op != Op.ONLY_VALUE]
        right = [value for one, op in given if op == Op.ONLY_VALUE for value in self.values(one)]
        sets = bool(right) and all(kind == "t" and name in SET_TYPES for kind, name in right)
        return sets and bool(left) and not any(value[0] != "x" for one in left for value in self.values(one))

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
                        self._ordered(site.call, target, target, op, self._port_nodes(site, flow.from_))
            content = self.contents.get((site.call, ""))
            writes = site.model.writes
            if content is not None and writes is not None and site.ports.get(writes.path, -1) >= 0:
                self._ordered(site.call, site.ports[writes.path], content, Op.ORDERS)
            if content is not None and site.model.digest and site.ports["self"] >= 0:
                self._ordered(site.call, site.ports["self"], content, Op.ORDERS)
            if content is not None and site.model.console and self._only_prints(site.call):
                for loop in self._loops_all(site.call):
                    self._edge(loop, content, Op.ORDERS)
                scope = world.scope_of_call(site.call)
                if scope in world.functions:
                    self._edge(self.context(scope, GLOBAL), content, Op.ORDERS)
            if content is not None:
                for flow in site.model.flows:
                    if flow.how in ("text", "serialize", "serialize-sorted") and site.ports.get(flow.to, -1) >= 0:
                        self._ordered(site.call, site.ports[flow.to], content, Op.ORDERS)

    def _only_prints(self, number: int) -> bool:
        """Whether a call writes to the console and to no file: each file has rounds of its own, also one that
        ``print(..., file=out)`` is told."""
        sites = self.sites_of.get(number, ())
        told = [site.ports["file"] for site in sites if "file" in site.given]
        stars = [node for slot, node in self.argument_nodes(number) if slot in ("*", "**")]
        return all(site.model.console for site in sites) and all(
            node in stars or self.root(node) == GLOBAL or self._is_left_out(node) for node in told
        )

    def _is_left_out(self, node: int) -> bool:
        """Whether a node is a parameter that no call of the program gives."""
        if self.world.nodes[node].kind != Kind.PARAM:
            return False
        callers = self._callers.get(self.world.scope_of_node(node), ())
        return bool(callers) and not any(p == node for n in callers for _, p, _ in self.bindings.get(n, ()))

    def _owner(self, node: int) -> int:
        """For something that a call took out of a container (``d.setdefault(k, [])``) the container."""
        if self.world.nodes[node].kind == Kind.CALL:
            for number in self._incoming.get(node, ()):
                if self.edges.op[number] == Op.LOAD and self.edges.label[number] == 0:
                    return self.edges.source[number]
            kept = self.kept_by(self.world.call_of(node))
            return kept if kept >= 0 else node
        return node

    def _ordered(self, number: int, holder: int, target: int, op: Op, given: Sequence[int] = ()) -> None:
        """``target`` is filled by call ``number``; loops around the call but not around ``holder`` order it, if they
        make something of what it is ``given``."""
        record = self.world.nodes[holder]
        if record.kind == Kind.ITEM and record.base >= 0 and not record.name:
            base = self.world.node_base[self.world.node_unit[holder]] + record.base
            if self.is_mapping(base) and not self.refuses_keys(base):
                self._ordered(number, base, base, Op.ORDERS_KEYS)
        apart = self._apart(number, holder) | alike_in(self.world, number, given)
        holder = self._owner(holder)
        for loop in self._loops(number, holder, apart):
            self._edge(loop, target, op)
        self._by_context(holder, target, op, self.world.call_unit[number], self.world.calls[number].region)

    def changed(self, node: int, depth: int = 0) -> None:
        """The object of ``node`` is changed: so is what it was taken from."""
        if node < 0 or node in self._changed or depth > 8:
            return
        self._changed[node] = None
        record = self.world.nodes[node]
        unit = self.world.node_unit[node]
        base = self.world.node_base[unit] + record.base if record.base >= 0 else -1
        kind = record.kind
        if kind == Kind.ATTR and base >= 0 and self._is_made_of(node, base):
            pass  # `table.T` is a table of its own
        elif kind == Kind.ATTR and base >= 0:
            self.puts.add(base, node)
            for value in self.values(base):
                self.bind_put(node, value)
            if self._is_method(node, record.name):
                self._edge(node, base, Op.SAME)  # whom it was handed to has called it
            else:
                self._edge(node, base, Op.STORE, "." + record.name)
            self.changed(base, depth + 1)
        elif kind == Kind.ITEM and base >= 0 and self._is_choice_of_rows(base):
            pass  # `table.loc[names]` is a table of its own
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

    def _is_made_of(self, node: int, base: int) -> bool:
        """Whether reading an attribute makes something of its object, as a library says."""
        edges = self.edges
        return any(edges.op[n] == Op.COPY and edges.source[n] == base for n in self._incoming.get(node, ()))

    def _is_choice_of_rows(self, node: int) -> bool:
        """Whether a subscript of an attribute chooses rows of a table."""
        record = self.world.nodes[node]
        return record.kind == Kind.ATTR and record.name in ("loc", "iloc")

    def _is_method(self, node: int, name: str) -> bool:
        """Whether an attribute is a method of an object of a library, by all that is known of it."""
        held = self.values(node)
        models = [self.library.model(str(value)) for kind, value in held if kind == "x" and str(value).endswith(name)]
        return bool(models) and len(models) == len(held) and all(model and model.method for model in models)

    def _parameter(self, node: int) -> None:
        function = self.world.functions.get(self.world.scope_of_node(node))
        if function is not None and node in function.params:
            self._edge(node, function.outs[function.params.index(node)], Op.SAME)

    def _sources_of(self, node: int, kind: int, depth: int) -> None:
        """Other names of the same object."""
        edges = self.edges
        if self._sliced(node):
            return  # a list of its own
        for number in tuple(self._incoming.get(node, ())):
            source, op = edges.source[number], edges.op[number]
            if edges.label[number] < 0 and kind == Kind.CALL and op == Op.LOAD:
                self._give_back(node, source, depth)
            if edges.label[number] < 0 and op == Op.SAME and kind in (Kind.CALL, Kind.ATTR, Kind.ITEM):
                self.give_out(node, number, depth)
            held = _VIEWED if op in _VIEWS else _ALIASING
            if number in self._aliases or edges.label[number] != 0 or self.world.nodes[source].kind not in held:
                continue
            if op in _SAME_OBJECT and kind in (Kind.VALUE, Kind.CELL, Kind.CALL, Kind.IMPORT):
                if kind == Kind.CALL and not _COPIES.isdisjoint(self.externals.get(self.world.call_of(node), ())):
                    continue  # a copy is changed, what it was made of stays
                if kind == Kind.CELL and any(edges.op[n] == Op.SORT for n in self._incoming.get(source, ())):
                    continue  # `names = sorted(names)`: the functions inside have filled what was there before
                self._aliases.add(len(edges))
                self._edge(node, source, Op.SAME)
                self.changed(source, depth + 1)
            elif op in (Op.ITER, Op.LOAD) and kind in (Kind.VALUE, Kind.CALL):
                for holder in (source, *self._sliced(source)):
                    self._edge(node, holder, Op.STORE, edges.key[number])
                    self.changed(holder, depth + 1)
            elif op in _VIEWS and kind == Kind.CALL:
                self._through_view(node, source, "#1" if op == Op.PAIRS else edges.key[number])
                self.changed(source, depth + 1)

    def _sliced(self, node: int) -> list[int]:
        """What ``rows[1:]`` is made of: it is another list, which holds the same things."""
        record = self.world.nodes[node]
        if record.kind != Kind.VALUE or record.name[:1] != "[":
            return []
        return [self.edges.source[n] for n in self._incoming.get(node, ()) if self.edges.op[n] == Op.SAME]

    def _give_back(self, entered: int, returned: int, depth: int) -> None:
        """What a context manager has yielded is changed by who entered it: ``with opened(path) as lines``."""
        edges = self.edges
        yielded = [edges.source[n] for n in self._incoming.get(returned, ()) if edges.op[n] == Op.STORE]
        if returned not in self._given_back:
            world = self.world
            self._given_back[returned] = world.add_node(Kind.CELL, world.node_unit[returned], None, "given back")
        between = self._given_back[returned]
        self._edge(entered, between, Op.SAME)
        for node in yielded if between not in self._changed else ():
            self._aliases.add(len(self.edges))
            self._edge(between, node, Op.SAME)
            self.changed(node, depth + 1)
        self._changed[between] = None

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
