"""Which unordered things reach what is compared or read back? Sources of order, sinks by rank, the searches between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sst_lint.facts.ops import KEYS_ANY, ORDER, SETS, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.before import is_read_before
from sst_lint.flow.coherence import asks_for_text, holds_records, is_buried, is_hidden, takes_by_name
from sst_lint.flow.demonstrations import Demonstrations
from sst_lint.flow.disorder import FOUND, Disorder, Sources
from sst_lint.flow.escapes import LONGEST_ESCAPE, LONGEST_TEXT, Escapes
from sst_lint.flow.graph import LONGEST, Graph, Mask
from sst_lint.flow.guesses import guessed
from sst_lint.flow.instances import leaves_another
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.of_anything import of_anything
from sst_lint.flow.picks import SORTED, STATES, Picks
from sst_lint.flow.reach import Exposure, Search, State
from sst_lint.flow.sinks import A_DIGEST, A_NAME, A_SIGNATURE, BUILT, Sink, Sinks
from sst_lint.flow.templates import reads_deep
from sst_lint.flow.trace import Tracer, length, long_for
from sst_lint.flow.values import ONE_OF_SEVERAL
from sst_lint.flow.writes import Writes

#: Sinks that no file stands behind, or not its content.
_NO_FILES = (A_DIGEST, A_SIGNATURE, A_NAME)
#: The rank of what is printed: looked at after files, and only for sets, whose order differs with each run.
PRINTED = -1
#: The rank of texts that leave the program: looked at last, for what is not believed.
_TEXTS = 4
#: Going in or out of so many calls counts as much as one field.
_CALLS = 5
#: A way with so many doubts is not the one to show when there is another.
_DOUBTFUL = 3
#: So many sets are named whose order shows at one place, besides the nearest.
_OTHERS = 3
#: In so many calling contexts one step is looked at.
_CONTEXTS = 4


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

    def __init__(
        self, linked: Mutations, graph: Graph, writes: Writes, keeps_key_order: bool, shown: Demonstrations
    ) -> None:
        """``keeps_key_order``: whether the keys of a mapping stand in the order of their insertion; ``shown``: what
        only shows what a module can do."""
        self._linked = linked
        self._shown = shown
        self._graph = graph
        self._writes = writes
        self._tracer = Tracer(linked, graph)
        self._sinks = Sinks(linked, graph, writes)
        self.sinks = self._sinks.all
        self._sink_of: dict[int, Sink] = {}
        for sink in (*self.sinks, *self._sinks.printed):
            self._sink_of.setdefault(sink.node, sink)
        self._disorder = Disorder(linked, graph, self.sinks, keeps_key_order)
        self.picks = Picks(linked, graph, self._disorder)
        self.reaches: dict[tuple[str, int], Reach] = {}
        #: of those that hardly anybody believes, how the order leaves through a public function
        self.leaving: dict[tuple[str, int], Reach] = {}
        #: the same, how it leaves inside a text
        self.as_text: dict[tuple[str, int], Reach] = {}
        #: ways that go into one object and come out of another: where there is none that holds, there may be one
        self._torn: dict[tuple[str, int], Reach] = {}
        self._escapes = Escapes(linked, graph)
        self._texts: dict[int, list[tuple[State, int]]] = {}
        self._run((*FOUND, *SORTED), "set", "set", SETS)
        graph.follow_picks = True
        self._run(("dict",), "mapping", "dict", KEYS_ANY)
        graph.follow_picks = False
        for at, reach in self._torn.items():
            self.reaches.setdefault(at, reach)

    def _run(self, kinds: tuple[str, ...], latent: str, shown_as: str, expose: int) -> None:
        """Search for the sources of ``kinds``, and for what shows the order of ``latent`` ones (sets, mappings)."""
        filled = ("filled",) if latent == "mapping" else ()
        sources = self._disorder.of(*kinds, latent, *filled)
        mask = self._disorder.arriving(sources)
        for rank in self._ranks(latent):
            if rank == _TEXTS and not any(self._is_open(*at, rank) for at in self.reaches):
                continue
            longest = {3: LONGEST_ESCAPE, _TEXTS: LONGEST_TEXT}.get(rank, LONGEST)
            search = Search(self._graph, mask, expose=expose, longest=longest)
            if rank >= 3:
                search.ascend = False  # every public function is an end of its own
                if rank == _TEXTS:
                    self._texts = self._escapes.texts(mask)
                search.start(((n, ORDER, "") for n in self._texts) if rank == _TEXTS else self._escapes.all())
            else:
                ends = self._sinks.printed if rank == PRINTED else [s for s in self.sinks if s.rank == rank]
                search.start((s.node, s.bits, "") for s in ends)
            search.run()
            for node in sorted(sources):
                for bits, kind in sources[node]:
                    if rank != PRINTED and kind in kinds and self._is_open(kind, node, rank):
                        self._collect(search, node, bits, kind, rank)
            if rank == _TEXTS:
                self._hand_on(sources, mask)
            tried: dict[int, int] = {}
            for exposure in search.exposures.values():
                tried[exposure.edge] = tried.get(exposure.edge, 0) + 1
                if tried[exposure.edge] <= _CONTEXTS:
                    self._expose(search, exposure, sources, mask, rank, latent, shown_as)

    def _hand_on(self, sources: Sources, mask: Mask) -> None:
        """Listings that a function hands to a helper which puts a text together of them."""
        wanted = [
            (node, bits)
            for node in sorted(sources)
            for bits, kind in sources[node]
            if kind == "listing" and (kind, node) not in self.as_text and self._is_open(kind, node, _TEXTS)
        ]
        if not wanted:
            return
        search = Search(self._graph, mask, longest=LONGEST_TEXT)
        search.start((n, ORDER, "") for n in self._texts)
        search.run()
        for node, bits in wanted:
            self._collect(search, node, bits, "listing", _TEXTS)

    def _ranks(self, latent: str) -> tuple[int, ...]:
        """The ranks of the sinks to search from, in this order."""
        if latent == "set":
            return (0, 1, 2, PRINTED, 3, _TEXTS)
        return (0, 1, 2, PRINTED, 3) if self._disorder.hashed else (0, 1, 2, 3)

    def _is_no_mapping(self, exposure: Exposure) -> bool:
        """Whether what is shown is a list, by what is done with it or known of it, and holds mappings only if some are
        seen to be put there."""
        shown = exposure.state[0]
        if holds_records(self._graph, shown):
            return True
        if not self._linked.is_sequence(shown):
            return False
        dumped = self._graph.op[exposure.edge] == Op.JSON and self._linked.is_mapping(shown)
        return not dumped and shown not in self._disorder.taken and shown not in self._linked.mapping_sources

    def _collect(self, search: Search, node: int, bits: int, kind: str, rank: int) -> None:
        found = search.found(node, bits)
        if found is not None:
            self._add(kind, node, node, search.path(*found), rank)

    def _expose(
        self,
        main: Search,
        exposure: Exposure,
        sources: Sources,
        mask: Mask,
        rank: int,
        latent: str,
        shown_as: str,
    ) -> None:
        place = self._graph.target[exposure.edge]
        if latent == "mapping" and takes_by_name(self._linked, self._graph, exposure.edge):
            return
        seen_only = latent == "mapping" and self._is_no_mapping(exposure)
        if seen_only and not self._disorder.hashed:
            return
        if not self._is_open(shown_as, place, rank):
            return
        search = Search(self._graph, mask, STATES)
        search.start_at(exposure, main)
        search.run()
        units, nodes = self._linked.world.node_unit, self._linked.world.nodes
        promised: tuple[int, list[tuple[State, int]]] | None = None
        torn: tuple[int, list[tuple[State, int]]] | None = None
        for node in search.reached:
            for bits, kind in sources.get(node, ()):
                if kind != latent and (kind != "filled" or self._graph.op[exposure.edge] == Op.TEXT):
                    continue
                if seen_only and node not in self._disorder.hashed:
                    continue
                if promised is not None and units[node] != units[promised[0]]:
                    continue
                found = search.found(node, bits)
                if found is None:
                    continue
                if leaves_another(self._linked, self._graph, _nodes(search.path(*found, exposure))):
                    torn = torn or (node, search.path(*found, exposure))
                    continue
                if promised is not None or nodes[node].kind != Kind.RETURN:
                    others = self._others(search, node, place, sources) if latent == "set" else ()
                    self._add(shown_as, place, node, search.path(*found, exposure), rank, others)
                    return
                promised = (node, search.path(*found, exposure))  # an annotation; where it is made tells more
        for node, steps in (each for each in (promised, torn) if each is not None):
            self._add(shown_as, place, node, steps, rank)
            return

    def _others(self, search: Search, node: int, place: int, sources: Sources) -> tuple[int, ...]:
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
        if rank == _TEXTS:
            steps = steps[:-1] + self._texts[steps[-1][0][0]]
        path = _nodes(steps)
        if rank == _TEXTS and not _goes_back(self._graph, path):
            return
        if asks_for_text(self._linked, self._graph, path) or is_read_before(self._linked, self._graph, path):
            return
        sink = self._sink_of.get(path[-1][0]) if path else None
        if rank >= 3 or sink is None:
            sink = Sink(path[-1][0] if path else place, 0, 3, "")
        else:
            sink = self._along(sink, path)
        if sink.what == BUILT and is_buried(self._graph, path):
            return
        weak = max(guessed(self._linked, self._graph, path), of_anything(self._linked, self._graph, path))
        weak = max(weak, ONE_OF_SEVERAL) if reads_deep(self._linked, path) else weak
        if leaves_another(self._linked, self._graph, path) or is_hidden(self._linked, self._graph, path):
            if rank < 3:
                self._torn.setdefault((kind, place), Reach(kind, place, source, path, sink, ONE_OF_SEVERAL, others))
            return
        known = self.reaches.get((kind, place))
        doubts = doubt(self._linked, self._graph, path) + bool(weak)
        if rank == _TEXTS:
            self.as_text.setdefault((kind, place), Reach(kind, place, source, path, sink, weak, others))
        elif known is not None and rank == 3:
            self.leaving.setdefault((kind, place), Reach(kind, place, source, path, sink, weak, others))
        elif known is None or (doubts < _DOUBTFUL and not self._is_long(kind, path)):
            self.reaches[(kind, place)] = Reach(kind, place, source, path, sink, weak, others)

    def _is_open(self, kind: str, place: int, rank: int) -> bool:
        """Whether no way from there is known that is believed, so that a file of less weight may be a better end."""
        known = self.reaches.get((kind, place))
        if rank == _TEXTS:
            if known is None or kind not in ("set", "listing"):
                return False
            return known.sink.rank >= 2 or self._is_tested(known)
        if known is None:
            return True
        if rank == 3 and known.sink.rank > 0:
            doubted = known.weak > 0 or doubt(self._linked, self._graph, known.path) >= _DOUBTFUL
            hardly = known.sink.rank == 2 or self._is_tested(known)
            return kind in ("set", "listing") and (doubted or hardly)
        if rank != 1 or kind == "dict":
            return False
        doubts = doubt(self._linked, self._graph, known.path)
        keys = any(edge >= 0 and self._graph.op[edge] == Op.ORDERS_KEYS for _, edge in known.path)
        far = doubts > _DOUBTFUL or (doubts == _DOUBTFUL and (known.weak > 0 or keys))
        return far or self._is_long(kind, known.path)

    def _is_tested(self, reach: Reach) -> bool:
        """Whether the way passes code of a test, or of a demonstration."""
        world = self._linked.world
        if any(self._shown.holds(node) for node, _ in reach.path):
            return True
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
            (self._sinks.rank(self._writes.along(write, via), via) for write in writes), key=lambda found: found[0]
        )
        return replace(sink, rank=min(rank, 2), what=what)


def _goes_back(graph: Graph, path: Sequence[tuple[int, int]]) -> bool:
    """Whether what goes into a call comes out of the same one: the way to a text, and that on which the text leaves,
    were found apart."""
    entered: list[int] = []
    for label in (graph.label[edge] for _, edge in path if edge >= 0):
        if label > 0:
            entered.append(label)
        elif label < 0 and entered and entered.pop() != -label:
            return False
    return True


def _nodes(steps: Sequence[tuple[State, int]]) -> tuple[tuple[int, int], ...]:
    """A way (node, edge that leads on) without what was looked for on it."""
    return tuple((state[0], edge) for state, edge in steps)


__all__ = ["Order", "Reach", "doubt"]
