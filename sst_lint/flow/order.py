"""Which unordered things reach what is compared or read back? Sources of order, sinks by rank, the searches between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sst_lint.facts.ops import KEYS, KEYS_ANY, ORDER, ORDERS_ANY, SET, SETS, Op, at_depth
from sst_lint.facts.records import Choice, Kind
from sst_lint.flow.codes import places
from sst_lint.flow.coherence import asks_for_text
from sst_lint.flow.graph import LONGEST, Graph, Mask
from sst_lint.flow.guesses import guessed
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.names import MAPPING_TYPES
from sst_lint.flow.put_together import digested_mappings, filled_by_setters
from sst_lint.flow.reach import Exposure, Search, State
from sst_lint.flow.sinks import Sink, Sinks, is_private
from sst_lint.flow.sites import Site
from sst_lint.flow.sorting import Sorted, Sorting
from sst_lint.flow.trace import Tracer, length, long_for
from sst_lint.flow.world import Function
from sst_lint.flow.writes import Writes

_LISTED_STATES = 400
#: All choices of a program together may take so many steps, the nearest to their sources first.
_PICKING = 2_000_000
#: Who reads an escape looks at one function and what it calls: a long way out of it convinces nobody.
_LONGEST_ESCAPE = 24
#: Sinks that no file stands behind, or not its content.
_NO_FILES = ("a digest", "the name of a file")
#: The rank of what is printed: looked at after files, and only for sets, whose order differs with each run.
PRINTED = -1
#: Going in or out of so many calls counts as much as one field.
_CALLS = 5
#: A way with so many doubts is not the one to show when there is another.
_DOUBTFUL = 3
#: What comes in no order from outside of the program, and what a sort leaves without one.
_FOUND = ("listing", "rows", "completion")
_SORTED = ("clocked", "tied")
#: So many changes of one mapping are looked through.
_NEAR = 12
#: So many sets are named whose order shows at one place, besides the nearest.
_OTHERS = 3
#: In so many calling contexts one step is looked at.
_CONTEXTS = 4
#: A set that is put there may get more elements.
_MAY_GROW = frozenset({Kind.BINOP, Kind.PUT, Kind.BOUND, Kind.CELL})
#: What a caller is likely to see: every order of what it gets, and the keys of the outer mappings.
_LEAVING = ORDERS_ANY | KEYS | at_depth(KEYS, 1)


@dataclass(frozen=True)
class Reach:
    """A source of disorder that reaches a sink: where it shows, and the way.

    ``kind``: listing, set, dict, completion. ``place`` is the node whose position the finding has.
    ``path``: (node, edge that leads on) from source to sink.
    """

    kind: str
    place: int
    source: int
    path: tuple[tuple[int, int], ...]
    sink: Sink
    weak: int  #: how far the way is guessed: the most of its edges
    others: tuple[int, ...] = ()  #: sets of other functions whose order shows at the same place, some


@dataclass(frozen=True)
class SortedBy:
    """A sort of something by a clock or by what can tie. ``origin``: what gave it no order, "" when nobody knows."""

    row: Sorted
    origin: str
    path: tuple[tuple[int, int], ...]  #: from the origin to what is sorted
    weak: bool


@dataclass(frozen=True)
class Picked:
    """A choice among unordered elements."""

    unit: int
    choice: Choice | None
    node: int
    kind: str
    path: tuple[tuple[int, int], ...]
    weak: bool
    call: int = -1


def doubt(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> int:
    """How often a way passes a field, a global, the order of somebody's calls, or many calls: all make it less
    certain."""
    nodes = linked.world.nodes
    found = dict.fromkeys(node for node, _ in path if node in linked.field_nodes or node in linked.global_nodes)
    contexts = sum(1 for node, _ in path if nodes[node].name == "calls" and node not in graph.shared)
    calls = sum(1 for _, edge in path if edge >= 0 and graph.label[edge] != 0)
    return len(found) + contexts + calls // _CALLS


class Order:
    """The answers on order for a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, writes: Writes) -> None:
        self._linked = linked
        self._graph = graph
        self._writes = writes
        self._tracer = Tracer(linked, graph)
        self._picking = _PICKING  #: steps that are left for choices
        self._sinks = Sinks(linked, graph, writes)
        self.sinks = self._sinks.all
        self._sink_of: dict[int, Sink] = {}
        self._taken: dict[int, None] = {}  #: what is serialized for others, by helpers or for digests
        for sink in (*self.sinks, *self._sinks.printed):
            self._sink_of.setdefault(sink.node, sink)
        self._add_mappings()
        self._drop_single()
        for node, bits in linked.set_sources.items():
            linked.add_source(node, bits, "set", -1)
        self._arrived: dict[tuple[tuple[int, int], ...], Mask] = {}  #: sources -> what may come of them
        self.sorted: dict[int, SortedBy] = {}
        self._add_sorted()
        self.reaches: dict[tuple[str, int], Reach] = {}
        #: of those that hardly anybody believes, how the order leaves through a public function
        self.leaving: dict[tuple[str, int], Reach] = {}
        self._run((*_FOUND, *_SORTED), "set", "set", SETS)
        graph.follow_picks = True
        self._run(("dict",), "mapping", "dict", KEYS_ANY)
        graph.follow_picks = False

    def _drop_single(self) -> None:
        """``{x}`` has no order, as long as nobody adds to it."""
        linked, graph, nodes = self._linked, self._graph, self._linked.world.nodes
        for node in [n for n in linked.sources if nodes[n].kind == Kind.SET and nodes[n].name == "one"]:
            kept = any(nodes[graph.target[e]].kind in _MAY_GROW for e in graph.outgoing.get(node, ()))
            kept |= any(nodes[graph.target[e]].name == "phi" for e in graph.outgoing.get(node, ()))
            if not kept and node not in linked._changed:
                del linked.sources[node]

    def _escapes(self) -> Iterable[tuple[int, int, str]]:
        """What leaves through public functions, their parameters, fields and globals."""
        world = self._linked.world
        for function in world.functions.values():
            called = self._is_hook(function) or function.scope in self._linked.entry_points
            if function.record.kind == "lambda" or (is_private(function) and not called):
                continue
            for node in (function.returns, *function.outs):
                yield (node, _LEAVING, "")
        for node in sorted({*self._linked.field_nodes, *self._linked.global_nodes}):
            yield (node, _LEAVING, "")
        for (call, port), node in self._linked.contents.items():
            if port == "*" and call in self._linked.classes_called:
                yield (node, _LEAVING, "")  # a new object gets them one by one

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

    # sources

    def _add_mappings(self) -> None:
        """Mappings that come from outside: their key order is whatever somebody inserted first.

        The view calls of mappings whose origin is in the program are no sources: how they are filled decides.
        """
        linked = self._linked
        for rows in linked.sources.values():
            for row in tuple(rows):
                if row[1] == "dict" and row[2] >= 0 and linked.is_mapping(self._viewed(row[2])):
                    rows.remove(row)
        self._taken.update(dict.fromkeys(digested_mappings(linked, self._graph, self.sinks)))
        for site in linked.sites:
            if site.model.params and (site.model.sort_param or site.model.name == "builtins.dict"):
                payload = site.ports.get(site.model.params[0], -1)
                outside = site.model.sort_param or linked.world.nodes[payload].kind == Kind.PARAM
                if payload >= 0 and (self._takes_anything(site, payload) or self._is_keyword(payload)):
                    self._taken[payload] = None
                if payload in self._taken or (payload >= 0 and outside and not linked.held.get(payload)):
                    linked.add_source(payload, KEYS, "mapping", -1)
        for node, bits in linked.mapping_sources.items():
            linked.add_source(node, bits, "mapping", -1)
        for node in self._filled_in_loops():
            linked.add_source(node, KEYS, "filled", -1)
        for node in filled_by_setters(linked, self._graph):
            linked.add_source(node, KEYS, "mapping", -1)

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

    def _add_sorted(self) -> None:
        """What was sorted by a clock, or by a key that can tie, has no order that can be relied on."""
        sorting = Sorting(self._linked, self._graph)
        rows = sorting.all
        if not rows:
            return
        sources = self._unordered((*_FOUND, "set"))
        mask = self._arriving(sources)
        for row in rows:
            bits = mask.get(row.elements, 0) & (ORDER | SET)
            found = self._pick(row.elements, bits, sources, mask) if bits else None
            read = found is None and row.key == "stamp" and sorting.is_read(row)
            if found is None and row.key != "clock" and not read:
                continue
            origin, path = found if found is not None else ("read" if read else "", ())
            weak = guessed(self._linked, self._graph, path) > 0
            self.sorted[row.result] = SortedBy(row, origin, path, weak)
            if not row.selects:
                kind = "tied" if row.key == "ties" else "clocked"
                self._linked.add_source(row.result, ORDER, kind, row.site.call)

    def _unordered(self, kinds: tuple[str, ...]) -> dict[int, list[tuple[int, str]]]:
        sources: dict[int, list[tuple[int, str]]] = {}
        for node, rows in self._linked.sources.items():
            for bits, kind, _ in rows:
                if kind in kinds:
                    sources.setdefault(node, []).append((bits, kind))
        return sources

    def _arriving(self, sources: dict[int, list[tuple[int, str]]]) -> Mask:
        """What may come of ``sources``; asked for up to three times of the same ones."""
        wanted = tuple((node, bits) for node, rows in sorted(sources.items()) for bits, _ in rows)
        if wanted not in self._arrived:
            self._arrived[wanted] = self._graph.forward_mask(wanted)
        return self._arrived[wanted]

    # searches

    def _run(self, kinds: tuple[str, ...], latent: str, shown_as: str, expose: int) -> None:
        """Search for the sources of ``kinds``, and for what shows the order of ``latent`` ones (sets, mappings)."""
        sources: dict[int, list[tuple[int, str]]] = {}
        for node, rows in self._linked.sources.items():
            for bits, kind, _ in rows:
                if kind in kinds or kind == latent or (kind == "filled" and latent == "mapping"):
                    sources.setdefault(node, []).append((bits, kind))
        mask = self._arriving(sources)
        for rank in (0, 1, 2, PRINTED, 3) if latent == "set" else (0, 1, 2, 3):
            search = Search(self._graph, mask, expose=expose, longest=_LONGEST_ESCAPE if rank == 3 else LONGEST)
            if rank == 3:
                search.ascend = False  # every public function is an end of its own
                search.start(self._escapes())
            else:
                ends = self._sinks.printed if rank == PRINTED else [s for s in self.sinks if s.rank == rank]
                search.start((s.node, s.bits, "") for s in ends)
            search.run()
            for node in sorted(sources):
                for bits, kind in sources[node]:
                    if rank != PRINTED and kind in kinds and self._is_open(kind, node, rank):
                        self._collect(search, node, bits, kind, rank)
            tried: dict[int, int] = {}
            for exposure in search.exposures.values():
                tried[exposure.edge] = tried.get(exposure.edge, 0) + 1
                if tried[exposure.edge] <= _CONTEXTS:
                    self._expose(search, exposure, sources, mask, rank, latent, shown_as)

    def _may_be_mapping(self, node: int) -> bool:
        """Whether a value is a mapping or holds some, whatever else callers seem to give."""
        return node in self._taken or node in self._linked.mapping_sources

    def _collect(self, search: Search, node: int, bits: int, kind: str, rank: int) -> None:
        found = search.found(node, bits)
        if found is not None:
            self._add(kind, node, node, search.path(*found), rank)

    def _expose(
        self,
        main: Search,
        exposure: Exposure,
        sources: dict[int, list[tuple[int, str]]],
        mask: Mask,
        rank: int,
        latent: str,
        shown_as: str,
    ) -> None:
        place = self._graph.target[exposure.edge]
        shown = exposure.state[0]
        if latent == "mapping" and self._linked.is_sequence(shown) and not self._may_be_mapping(shown):
            return
        if not self._is_open(shown_as, place, rank):
            return
        search = Search(self._graph, mask, _LISTED_STATES)
        search.start_at(exposure, main)
        search.run()
        units, nodes = self._linked.world.node_unit, self._linked.world.nodes
        promised: tuple[int, list[tuple[State, int]]] | None = None
        for node in search.reached:
            for bits, kind in sources.get(node, ()):
                if kind != latent and (kind != "filled" or self._graph.op[exposure.edge] == Op.TEXT):
                    continue
                if promised is not None and units[node] != units[promised[0]]:
                    continue
                found = search.found(node, bits)
                if found is None:
                    continue
                if promised is not None or nodes[node].kind != Kind.RETURN:
                    others = self._others(search, node, place, sources) if latent == "set" else ()
                    self._add(shown_as, place, node, search.path(*found, exposure), rank, others)
                    return
                promised = (node, search.path(*found, exposure))  # an annotation; where it is made tells more
        if promised is not None:
            self._add(shown_as, place, promised[0], promised[1], rank)

    def _others(
        self, search: Search, node: int, place: int, sources: dict[int, list[tuple[int, str]]]
    ) -> tuple[int, ...]:
        """Sets that other functions make, besides ``node``: whoever mends that one is not done."""
        world = self._linked.world
        units, nodes = world.node_unit, world.nodes
        made = [
            other
            for other in search.reached
            if units[other] not in (units[node], units[place])
            and nodes[other].kind != Kind.RETURN
            and not self._writes.is_test(world.path_of_unit(units[other]))
            and any(kind == "set" and search.found(other, bits) for bits, kind in sources.get(other, ()))
        ]
        return tuple(made[:_OTHERS])

    def _add(
        self,
        kind: str,
        place: int,
        source: int,
        steps: list[tuple[State, int]],
        rank: int,
        others: tuple[int, ...] = (),
    ) -> None:
        path = tuple((state[0], edge) for state, edge in steps)
        if asks_for_text(self._linked, self._graph, path):
            return
        sink = self._sink_of.get(path[-1][0]) if path else None
        if rank == 3 or sink is None:
            sink = Sink(path[-1][0] if path else place, 0, 3, "")
        else:
            sink = self._along(sink, path)
        weak = guessed(self._linked, self._graph, path)
        known = self.reaches.get((kind, place))
        doubts = doubt(self._linked, self._graph, path) + bool(weak)
        if known is not None and rank == 3:
            self.leaving.setdefault((kind, place), Reach(kind, place, source, path, sink, weak, others))
        elif known is None or (doubts < _DOUBTFUL and not self._is_long(kind, path)):
            self.reaches[(kind, place)] = Reach(kind, place, source, path, sink, weak, others)

    def _is_open(self, kind: str, place: int, rank: int) -> bool:
        """Whether no way from there is known that is believed, so that a file of less weight may be a better end."""
        known = self.reaches.get((kind, place))
        if known is None:
            return True
        if rank == 3 and known.sink.rank > 0:
            doubted = known.weak > 0 or doubt(self._linked, self._graph, known.path) >= _DOUBTFUL
            return kind in ("set", "listing") and (doubted or self._is_tested(known))
        if rank != 1 or kind == "dict":
            return False
        doubts = doubt(self._linked, self._graph, known.path)
        keys = any(edge >= 0 and self._graph.op[edge] == Op.ORDERS_KEYS for _, edge in known.path)
        far = doubts > _DOUBTFUL or (doubts == _DOUBTFUL and (known.weak > 0 or keys))
        return far or self._is_long(kind, known.path)

    def _is_tested(self, reach: Reach) -> bool:
        """Whether the way passes code of a test."""
        world = self._linked.world
        units = dict.fromkeys(world.node_unit[node] for node, _ in reach.path)
        return any(self._writes.is_test(world.path_of_unit(unit)) for unit in units)

    def _is_long(self, kind: str, path: tuple[tuple[int, int], ...]) -> bool:
        """Whether a way has so many steps, as they are shown, that nobody believes it."""
        return len(path) > long_for(kind) and length(self._tracer.steps(path, "", "")) > long_for(kind)

    def _along(self, sink: Sink, path: tuple[tuple[int, int], ...]) -> Sink:
        """``sink`` with the kind and the name of the file that this way writes."""
        labels, world = self._graph.label, self._linked.world
        via = frozenset(abs(labels[edge]) for _, edge in path if edge >= 0 and labels[edge])
        if via and sink.call >= 0:  # and through what opens the file there
            unit = world.call_unit[sink.call]
            first = world.call_base[unit]
            via |= frozenset(range(first + 1, first + len(world.units[unit][2].calls) + 1))
        writes = self._writes.of_call(sink.call) if via and sink.what not in _NO_FILES else []
        if not writes:
            return sink
        rank, what = min(
            (self._sinks.rank(self._writes.along(write, via)) for write in writes), key=lambda found: found[0]
        )
        return replace(sink, rank=min(rank, 2), what=what)

    # choices

    @cached_property
    def _without_order(self) -> tuple[dict[int, list[tuple[int, str]]], Mask]:
        """Every source that is no mapping, and what may come of it."""
        sources = self._unordered((*_FOUND, "set", *_SORTED))
        return sources, self._arriving(sources)

    def origin_of(self, node: int) -> tuple[str, tuple[tuple[int, int], ...]] | None:
        """Why a value has no order of its own: the kind of the nearest source and the way from there, if it has none.

        What the search sees is bounded, so very far sources are not found.
        """
        sources, mask = self._without_order
        bits = mask.get(node, 0) & (ORDER | SET)
        return self._pick(node, bits, sources, mask) if bits else None

    def picked(self) -> list[Picked]:
        """Choices of one element of something unordered, with the way from the source."""
        linked, world = self._linked, self._linked.world
        sources, mask = self._without_order
        rows_: list[tuple[int, Choice | None, int, int]] = []
        for unit, choice in world.choices():
            rows_.append((unit, choice, world.node_base[unit] + choice.node, -1))
        for site in linked.sites:
            node = site.ports.get(site.model.choice, -1) if site.model.choice else -1
            if node >= 0 and not _by_key(site):
                rows_.append((world.call_unit[site.call], None, node, site.call))
        found: dict[int, Picked] = {}
        for number in sorted(range(len(rows_)), key=lambda n: (mask.distance(rows_[n][2]), n)):
            unit, picked, node, call = rows_[number]
            bits = mask.get(node, 0) & (ORDER | SET)
            way = self._pick(node, bits, sources, mask) if bits and self._picking > 0 else None
            if way is not None:
                kind, path = way
                weak = guessed(self._linked, self._graph, path) > 0
                found[number] = Picked(unit, picked, node, kind, path, weak, call)
        return [found[number] for number in sorted(found)]

    def _pick(
        self, node: int, bits: int, sources: dict[int, list[tuple[int, str]]], mask: Mask
    ) -> tuple[str, tuple[tuple[int, int], ...]] | None:
        search = Search(self._graph, mask, _LISTED_STATES)
        search.start([(node, bits, "")])
        search.run()
        self._picking -= search.work
        for reached in search.reached:
            for source_bits, kind in sources.get(reached, ()):
                found = search.found(reached, source_bits)
                path = tuple((s[0], e) for s, e in search.path(*found)) if found is not None else ()
                if path and not asks_for_text(self._linked, self._graph, path):
                    return kind, path
        return None


def _by_key(site: Site) -> bool:
    """``d.pop(key)`` takes what stands under the key; only ``pop()`` and ``pop(0)`` go by position."""
    if not site.model.name.endswith(".pop") or not site.given:
        return False
    return not any(isinstance(constant, int) for constant in site.constants.values())


__all__ = ["Order", "Picked", "Reach"]
