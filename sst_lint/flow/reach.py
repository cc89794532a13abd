"""Which sources reach which sinks, and how? Backward search over (node, bit, key), with call and return matched.

The search walks from sinks against the edges. At the result of a call it enters the callee at its return and comes
back only through the arguments of that call (a summary, made once per callee, port, bit and key, as in the tabulation
algorithm of Reps, Horwitz and Sagiv, 1995); at a parameter that was reached from inside it goes on to all callers.
Fields, globals and shared variables are plain nodes: a path through them forgets the calls behind it.

``key`` is a demand: having come through ``x["a"]``, only what was stored under ``"a"`` (or under an unknown key)
counts.

States are taken in the order of the cheapest way that can lead through them (A*, Hart, Nilsson and Raphael, 1968): what
the way to the sink costs, and what a plain search forward needs at least from the nearest source. A step costs one, one
through a field, a global or a guess more: the cost is the doubt. So what a bounded search finds first is what has the
most believable trace, and ways that nobody would believe are not walked at all.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from sst_lint.flow.bits import cause, inputs_of, single
from sst_lint.flow.graph import LONGEST, Graph, Mask

#: (node, bit, key demand): one state of the search.
State = tuple[int, int, str]
#: Where a step came from: the state nearer to the sink, and the edge between (-1: across a summary).
Hop = tuple[State, int]

#: Steps that one search may take, at least and for each node of the program.
_BUDGET = 150_000
_BUDGET_PER_NODE = 1
#: Steps for each state that a limited search may see.
_BUDGET_PER_STATE = 8
#: A trace is cut at so many steps, and so many calls deep.
_TRACE = 300
_DEPTH = 12


@dataclass
class Exploration:
    """The search inside one callee from one of its ports, or (``port`` None) the search from the sinks."""

    port: tuple[int, int, str] | None  #: (node, bits, key)
    seen: dict[tuple[int, str], int] = field(default_factory=dict)  #: (node, key) -> bits
    hops: dict[State, Hop | None] = field(default_factory=dict)
    #: callers that wait for parameters: (exploration, state at the call's result, edge into the callee, call label,
    #: steps from the sink to the callee)
    waiting: list[tuple[Exploration, State, int, int, int]] = field(default_factory=list)
    #: (node, bits, key, steps from the port) at parameters
    arrived: list[tuple[int, int, str, int]] = field(default_factory=list)
    begun: int = 0  #: steps from the sink to the port, where it was entered first
    origin: Exploration | None = None  #: the exploration of the main search that a search for one exposure goes on with


@dataclass(frozen=True)
class Exposure:
    """A step that shows the order of what may be a set: where, and how the main search goes on from it."""

    place: Exploration
    state: State  #: the set, before the step
    after: State  #: what the step makes of it
    edge: int
    steps: int  #: from the sink


class Search:
    """A backward search from a set of sink states, limited to what ``mask`` says can arrive from a source.

    Steps that show the order of a set (or mapping: the bits in ``expose``) are noted as exposures instead of being
    followed: each is one finding, so each is searched for by itself.
    """

    def __init__(self, graph: Graph, mask: Mask, limit: int = 0, expose: int = 0, longest: int = LONGEST) -> None:
        self.graph = graph
        self.mask = mask
        self.longest = longest
        self._far = mask.far
        self.limit = limit
        self.expose = expose
        #: whether to go on from a function's parameters to all of its callers
        self.ascend = True
        self.top = Exploration(None)
        self.inner: dict[tuple[int, int, str], Exploration] = {}
        self.via: dict[tuple[int, State], tuple[Exploration, State]] = {}
        self.surfaced: dict[State, Exploration] = {}
        self.reached: dict[int, list[tuple[Exploration, int, str]]] = {}
        self.exposures: dict[tuple[int, State, int], Exposure] = {}
        #: (steps of the shortest way through, number, steps from the sink, place, node, bits, key)
        self._queue: list[tuple[int, int, int, Exploration, int, int, str]] = []
        self._mapped: dict[int, Exploration] = {}
        self.count = 0
        #: bounded on programs whose calls fan out: the nearest sources are found first
        self.work = 0
        self.budget = limit * _BUDGET_PER_STATE if limit else _BUDGET + _BUDGET_PER_NODE * len(graph.incoming)

    def start(self, states: Iterable[tuple[int, int, str]]) -> None:
        """Begin at sinks (node, bits, key), in the order given (of equally long traces the first is shown)."""
        for node, bits, key in states:
            self._add(self.top, node, bits, key, None, 0)

    def start_at(self, exposure: Exposure, main: Search) -> None:
        """Begin at one exposure of another search, in its calling context."""
        self._main = main
        node, bit, key = exposure.state
        self._add(self._map(exposure.place), node, bit, key, None, exposure.steps)

    def found(self, node: int, bits: int) -> tuple[Exploration, State] | None:
        """Where the search came to one of ``bits`` at ``node`` first."""
        for place, new, key in self.reached.get(node, ()):
            if new & bits:
                return place, (node, single(new & bits)[0], key)
        return None

    def _map(self, place: Exploration) -> Exploration:
        if place is self._main.top:
            return self.top
        known = self._mapped.get(id(place))
        if known is None:
            known = self._mapped[id(place)] = Exploration(place.port, origin=place, begun=place.begun)
        return known

    def _waiting(self, place: Exploration) -> list[tuple[Exploration, State, int, int, int]]:
        if place.origin is None:
            return place.waiting
        return [(self._map(p), at, number, label, steps) for p, at, number, label, steps in place.origin.waiting]

    def _add(
        self, place: Exploration, node: int, bits: int, key: str, hop: tuple[int, int, str, int] | None, steps: int
    ) -> int:
        """Note new bits at a node, ``steps`` from the sink; return them. ``hop``: (node, bits, key) nearer to the sink,
        and the edge between."""
        whole = steps + self._far.get(node, LONGEST)
        if whole > self.longest:
            return 0
        known = place.seen.get((node, key), 0)
        new = bits & ~known & self.mask.get(node, 0)
        if not new:
            return 0
        place.seen[(node, key)] = known | new
        for bit in single(new):
            if hop is None:
                place.hops[(node, bit, key)] = None
            elif hop[3] >= 0:
                lower = cause(self.graph.op[hop[3]], hop[1], bit)
                place.hops[(node, bit, key)] = ((hop[0], lower, hop[2]), hop[3])
            else:
                place.hops[(node, bit, key)] = ((hop[0], hop[1], hop[2]), -1)
        self.count += 1
        self.reached.setdefault(node, []).append((place, new, key))
        heapq.heappush(self._queue, (whole, self.count, steps, place, node, new, key))
        return new

    def run(self) -> None:
        """Search until nothing new is found, or a limit is reached."""
        graph, queue = self.graph, self._queue
        incoming, labels, sources, costs, far = graph.incoming, graph.label, graph.source, graph.cost, self._far
        longest = self.longest
        while queue and not (self.limit and self.count > self.limit) and self.work < self.budget:
            self.work += 1
            _, _, steps, place, node, bits, key = heapq.heappop(queue)
            for number in incoming.get(node, ()):
                source = sources[number]
                cost = steps + costs[number]
                if cost + far.get(source, LONGEST) > longest:
                    continue
                for before, demand in graph.step(number, bits, key):
                    if self.expose:
                        before = self._followed(place, node, bits, key, number, before, demand, cost)
                    if before:
                        self._step(place, (node, bits, key, number), source, before, demand, labels[number], cost)
            if place is not self.top and node in graph.param_scope:
                self._arrive(place, node, bits, key, steps)

    def _followed(
        self, place: Exploration, node: int, bits: int, key: str, number: int, before: int, demand: str, steps: int
    ) -> int:
        """Note the exposures among the bits ``before`` an edge; what is left is followed."""
        op, source = self.graph.op[number], self.graph.source[number]
        shown = before & self.expose & inputs_of(op, bits & ~self.expose) & self.mask.get(source, 0)
        for bit in single(shown):
            after = (node, cause(op, bits & ~self.expose, bit), key)
            state = (source, bit, demand)
            self.exposures.setdefault((id(place), state, number), Exposure(place, state, after, number, steps))
        return before & ~(self.expose & ~inputs_of(op, bits & self.expose))

    def _step(
        self,
        place: Exploration,
        hop: tuple[int, int, str, int],
        source: int,
        bits: int,
        key: str,
        label: int,
        steps: int,
    ) -> None:
        if label == 0:
            if place is not self.top and source in self.graph.shared and self.ascend:
                self._surface(place, source, bits, key, hop, steps)
            else:
                self._add(place, source, bits, key, hop, steps)
        elif label > 0:
            if place is self.top and self.ascend:
                self._add(place, source, bits, key, hop, steps)
        else:
            self._enter(place, hop, source, bits, key, -label, steps)

    def _surface(
        self, place: Exploration, node: int, bits: int, key: str, hop: tuple[int, int, str, int], steps: int
    ) -> None:
        """A field or global: the path forgets its calls, and goes on from the top."""
        for bit in single(self._add(self.top, node, bits, key, hop, steps)):
            self.surfaced[(node, bit, key)] = place

    def _enter(
        self, place: Exploration, hop: tuple[int, int, str, int], port: int, bits: int, key: str, label: int, steps: int
    ) -> None:
        """From the result of a call into its callee.

        A demand for an attribute ends here: fields have nodes of their own.
        """
        bits &= self.mask.get(port, 0)
        if not bits or key.startswith("."):
            return
        at = (hop[0], single(hop[1])[0], hop[2])
        inner = self.inner.get((port, bits, key))
        if inner is None:
            inner = self.inner[(port, bits, key)] = Exploration((port, bits, key))
            inner.begun = steps
            inner.waiting.append((place, at, hop[3], label, steps))
            self._add(inner, port, bits, key, None, steps)
        else:
            inner.waiting.append((place, at, hop[3], label, steps))
            for node, some, demand, inside in tuple(inner.arrived):
                self._leave(inner, node, some, demand, place, at, label, steps + inside)

    def _arrive(self, inner: Exploration, node: int, bits: int, key: str, steps: int) -> None:
        inside = steps - inner.begun
        inner.arrived.append((node, bits, key, inside))
        for place, at, _, label, before in tuple(self._waiting(inner)):
            self._leave(inner, node, bits, key, place, at, label, before + inside)

    def _leave(
        self, inner: Exploration, node: int, bits: int, key: str, place: Exploration, at: State, label: int, steps: int
    ) -> None:
        """From a parameter back to the arguments of the one call through which the callee was entered."""
        graph = self.graph
        self.work += 1
        for number in graph.entering.get((node, label), ()):
            source = graph.source[number]
            cost = steps + graph.cost[number]
            if cost + self._far.get(source, LONGEST) > self.longest:
                continue
            for before, demand in graph.step(number, bits, key):
                for bit in single(self._add(place, source, before, demand, (*at, -1), cost)):
                    arrived = (node, cause(graph.op[number], bits, bit), key)
                    self.via[(id(place), (source, bit, demand))] = (inner, arrived)

    # traces: lists of (state, edge that leads on; -1 at the end)

    def path(self, place: Exploration, state: State, exposure: Exposure | None = None) -> list[tuple[State, int]]:
        """The way from ``state`` to the sink; through ``exposure`` when this search began there."""
        steps: list[tuple[State, int]] = []
        self._walk(place, state, steps, exposure, None, 0)
        return steps

    def _walk(
        self,
        place: Exploration,
        state: State,
        steps: list[tuple[State, int]],
        exposure: Exposure | None,
        until: Exploration | None,
        depth: int,
    ) -> None:
        """Follow hops; inside a callee (``until``) only as far as its port."""
        current = state
        while len(steps) < _TRACE:
            hop = place.hops.get(current)
            if hop is None:
                if exposure is not None and current == exposure.state and (place.origin or place is self.top):
                    steps.append((current, exposure.edge))
                    inside = exposure.place if until is not None else None
                    self._main._walk(exposure.place, exposure.after, steps, None, inside, depth)
                    return
                steps.append((current, -1))
                if until is not None or not place.waiting:
                    return
                outer, at, number, _, _ = place.waiting[0]
                steps[-1] = (current, number)
                place, current = outer, at
                continue
            nearer, number = hop
            steps.append((current, number))
            if number < 0 and depth < _DEPTH:
                inner, arrived = self.via[(id(place), current)]
                self._walk(inner, arrived, steps, exposure, inner, depth + 1)
                if nearer not in place.hops and exposure is not None:
                    # the call's result was reached by the main search, from the exposure inside the callee
                    origin = self._main.top if place is self.top else place.origin
                    if origin is not None:
                        self._main._walk(origin, nearer, steps, None, origin if until else None, depth)
                    return
            elif place is self.top and current in self.surfaced:
                place = self.surfaced[current]
            current = nearer
