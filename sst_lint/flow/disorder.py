"""What of a program has no order of its own: sets, listings, and mappings that others fill?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sst_lint.facts.ops import KEYS, Op, at_depth
from sst_lint.facts.records import Kind
from sst_lint.flow.codes import places
from sst_lint.flow.graph import Graph, Mask
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.names import MAPPING_TYPES, SET_TYPES
from sst_lint.flow.put_together import digested_mappings, digested_parts, filled_by_setters
from sst_lint.flow.sinks import Sink
from sst_lint.flow.sites import Site

#: What comes in no order from outside of the program.
FOUND = ("listing", "rows", "completion")
#: node -> the states (bits) it has no order in, and the kind of each
Sources = dict[int, list[tuple[int, str]]]
#: So many changes of one mapping are looked through.
_NEAR = 12
#: What may come from elsewhere.
_FROM_OTHERS = frozenset({Kind.PARAM, Kind.CALL, Kind.ITEM, Kind.ATTR})
#: A set that is put there may get more elements.
_MAY_GROW = frozenset({Kind.BINOP, Kind.PUT, Kind.BOUND, Kind.CELL})
#: Mappings that have an order of their own only on a Python that keeps the one of insertions.
_HASHED = frozenset({"builtins.dict", "collections.defaultdict", "collections.Counter", "json.load", "json.loads"})
#: The one that has an order on every Python.
_KEEPS_ORDER = "collections.OrderedDict"
#: What these make is a list, whatever a function promises that gives it back.
_OF_LISTS = frozenset({"builtins.sorted", "builtins.list"})


class Disorder:
    """The sources of disorder of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, sinks: Sequence[Sink], keeps_key_order: bool) -> None:
        self._linked = linked
        self._graph = graph
        #: mappings that are serialized for others, by helpers or for digests
        self.taken: dict[int, None] = {}
        self._arrived: dict[tuple[tuple[int, int], ...], Mask] = {}  #: sources -> what may come of them
        #: of a Python whose mappings have no order: those that the program makes
        self.hashed: dict[int, None] = {} if keeps_key_order else dict.fromkeys(self._made_mappings())
        self._add_mappings(sinks)
        self._drop_single()
        for node, bits in linked.set_sources.items():
            if not self._gives_lists(node):
                linked.add_source(node, bits, "set", -1)

    def _gives_lists(self, node: int) -> bool:
        """Whether a function that promises a set gives back nothing but lists, as can be seen where it does."""
        graph, linked, nodes = self._graph, self._linked, self._linked.world.nodes
        if nodes[node].kind != Kind.RETURN:
            return False
        given = [graph.source[edge] for edge in graph.within.get(node, ())]
        made = [
            linked.externals.get(linked.world.call_of(n), {}) if nodes[n].kind == Kind.CALL else None for n in given
        ]
        return bool(given) and all(
            nodes[n].kind == Kind.LIST if names is None else bool(names) and _OF_LISTS.issuperset(names)
            for n, names in zip(given, made, strict=True)
        )

    def of(self, *kinds: str) -> Sources:
        """The sources of ``kinds``."""
        found: Sources = {}
        for node, rows in self._linked.sources.items():
            for bits, kind, _ in rows:
                if kind in kinds:
                    found.setdefault(node, []).append((bits, kind))
        return found

    def arriving(self, sources: Sources) -> Mask:
        """What may come of ``sources``; asked for up to three times of the same ones."""
        wanted = tuple((node, bits) for node, rows in sorted(sources.items()) for bits, _ in rows)
        if wanted not in self._arrived:
            self._arrived[wanted] = self._graph.forward_mask(wanted)
        return self._arrived[wanted]

    def _add_mappings(self, sinks: Sequence[Sink]) -> None:
        """Mappings that come from outside: their key order is whatever somebody inserted first.

        The view calls of mappings whose origin is in the program are no sources: how they are filled decides.
        """
        linked = self._linked
        for rows in linked.sources.values():
            for row in tuple(rows):
                if row[1] == "dict" and row[2] >= 0 and linked.is_mapping(self._viewed(row[2])):
                    rows.remove(row)
        self.taken.update(dict.fromkeys(digested_mappings(linked, self._graph, sinks)))
        for site in linked.sites:
            if site.model.params and (site.model.sort_param or site.model.name == "builtins.dict"):
                payload = site.ports.get(site.model.params[0], -1)
                outside = site.model.sort_param or linked.world.nodes[payload].kind == Kind.PARAM
                if payload >= 0 and (self._takes_anything(site, payload) or self._is_keyword(payload)):
                    self.taken[payload] = None
                if payload in self.taken or (payload >= 0 and outside and self._is_of_others(payload)):
                    linked.add_source(payload, KEYS, "mapping", -1)
        for payload in digested_parts(linked, self._graph, sinks):
            self.taken[payload] = None
            linked.add_source(payload, at_depth(KEYS, 1), "mapping", -1)
        for node, bits in linked.mapping_sources.items():
            if not self.hashed or not linked.has_type(node, _KEEPS_ORDER):
                linked.add_source(node, bits, "mapping", -1)
        for node in self._filled_in_loops() if not self.hashed else ():
            linked.add_source(node, KEYS, "filled", -1)
        for node in (*filled_by_setters(linked, self._graph), *self.hashed):
            linked.add_source(node, KEYS, "mapping", -1)

    def _made_mappings(self) -> list[int]:
        """Mappings that the program makes of more than one entry, and documents that it reads as such."""
        world, linked = self._linked.world, self._linked
        made = [
            node
            for node, record in enumerate(world.nodes)
            if record.kind == Kind.DICT
            or (record.kind == Kind.CALL and not _HASHED.isdisjoint(linked.externals.get(world.call_of(node), ())))
        ]
        return [node for node in made if not self._has_one_key(node)]

    def _has_one_key(self, node: int) -> bool:
        """Whether one entry is all that ever stands in a mapping."""
        graph, nodes = self._graph, self._linked.world.nodes
        if nodes[node].name or node in self._linked._changed:
            return False
        edges = graph.incoming.get(node, ())
        kept = any(nodes[graph.target[e]].kind in _MAY_GROW for e in graph.outgoing.get(node, ()))
        named = sum(1 for e in edges if graph.key[e])
        entries = named + (len(edges) - named + 1) // 2  # a key that is computed has an edge of its own
        return entries <= 1 and all(graph.op[e] == Op.STORE for e in edges) and not kept

    def _is_of_others(self, payload: int) -> bool:
        """Whether a value, or what it may be beside what is known, is something that nobody knows."""
        linked, graph, nodes = self._linked, self._graph, self._linked.world.nodes
        if not linked.held.get(payload):
            return True
        near = [payload]
        for node in near:
            if not linked.held.get(node) and nodes[node].kind in _FROM_OTHERS:
                return True
            same = [e for e in graph.within.get(node, ()) if graph.op[e] == Op.SAME and not graph.label[e]]
            near += [graph.source[e] for e in same if graph.source[e] not in near and len(near) < _NEAR]
        return False

    def _viewed(self, call: int) -> int:
        """The mapping of ``d.items()`` or ``iteritems(d)``."""
        arguments = self._linked.argument_nodes(call)
        return arguments[0][1] if arguments else self._linked.receiver_of(call)

    def _takes_anything(self, site: Site, payload: int) -> bool:
        """Whether a helper serializes mappings, and leaves it to its callers to ask for sorted keys."""
        asked = "**" not in site.given or site.model.sort_param in ("", *site.given)
        record = self._linked.world.nodes[payload]
        return not asked and record.kind == Kind.PARAM and self._linked.has_type(payload, *MAPPING_TYPES)

    def _is_keyword(self, payload: int) -> bool:
        """Whether a value is what a caller gave under a name, ``kwargs.pop("data")``: of what stands under other
        names nothing follows for its type."""
        linked, world = self._linked, self._linked.world
        if world.nodes[payload].kind != Kind.CALL or linked.is_mapping(payload):
            return False
        call = world.call_of(payload)
        if world.calls[call].method not in ("pop", "get"):
            return False
        taken = [linked.receiver_of(call)]  # before it changes, and after
        for node in taken:
            if node >= 0 and world.nodes[node].name == "overwritten" and len(taken) < _NEAR:
                graph = self._graph
                taken += [graph.source[e] for e in graph.incoming.get(node, ()) if graph.op[e] == Op.SAME]
        return any(node in self._keywords for node in taken)

    @cached_property
    def _keywords(self) -> frozenset[int]:
        """What functions get as ``**kwargs``."""
        functions = self._linked.world.functions.values()
        return frozenset(
            node for f in functions for node, param in zip(f.params, f.record.params, strict=True) if param.kind == "**"
        )

    def _filled_in_loops(self) -> list[int]:
        """Mappings of the program to which a loop, not one over something sorted, adds keys."""
        graph, linked, world = self._graph, self._linked, self._linked.world
        found: dict[int, None] = {}
        for number in places(graph.op, Op.ORDERS_KEYS):
            target = graph.target[number]
            if target in found or world.nodes[target].name == "dict":
                continue
            if not linked.is_mapping(target):
                continue
            loops = [e for e in graph.incoming.get(graph.source[number], ()) if graph.op[e] == Op.LOOP]
            if not loops and world.nodes[graph.source[number]].name == "while":
                continue  # rounds that draw from nothing unordered
            if not loops or not all(self._is_sorted(graph.source[e]) for e in loops):
                found[target] = None
        return list(found)

    def _is_sorted(self, node: int) -> bool:
        """Whether a loop runs over something sorted, counted, or written down."""
        graph, record = self._graph, self._linked.world.nodes[node]
        if record.kind in (Kind.LIST, Kind.TUPLE) and record.name == "":
            return True
        if any(graph.op[e] == Op.SORT for e in graph.incoming.get(node, ())):
            return True
        number = self._linked.world.call_of(node)
        return record.kind == Kind.CALL and "builtins.range" in self._linked.externals.get(number, {})

    def _drop_single(self) -> None:
        """``{x}`` and ``set([x])`` have no order, as long as nobody adds to them."""
        linked, graph, nodes = self._linked, self._graph, self._linked.world.nodes
        for node in [n for n in linked.sources if self._is_single(n)]:
            kept = any(nodes[graph.target[e]].kind in _MAY_GROW for e in graph.outgoing.get(node, ()))
            kept |= any(nodes[graph.target[e]].name == "phi" for e in graph.outgoing.get(node, ()))
            if not kept and node not in linked._changed:
                del linked.sources[node]

    def _is_single(self, node: int) -> bool:
        """Whether a set is made of one value that is written down."""
        record = self._linked.world.nodes[node]
        if record.kind != Kind.CALL:
            return record.kind == Kind.SET and record.name == "one"
        number = self._linked.world.call_of(node)
        given = self._linked.argument_nodes(number)
        if len(given) != 1 or not any(name in SET_TYPES for name in self._linked.externals.get(number, ())):
            return False
        return self._holds_one(given[0][1])

    def _holds_one(self, node: int) -> bool:
        """Whether ``[x]`` is written there, and ``x`` is one value."""
        record, graph = self._linked.world.nodes[node], self._graph
        if record.kind not in (Kind.LIST, Kind.TUPLE) or record.name or node in self._linked._changed:
            return False
        held = [(graph.op[edge], graph.key[edge]) for edge in graph.incoming.get(node, ())]
        return held == [(Op.STORE, "#0")]
