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

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from sst_lint.flow.bits import cause, inputs_of, single
from sst_lint.flow.demands import THEN, wider
from sst_lint.flow.graph import LONGEST, Graph, Mask

#: (node, bit, key demand): one state of the search.
State = tuple[int, int, str]
#: In place of the number of the state nearer to the sink: there is none; it is one of the main search.
_START, _FOREIGN = -1, -2

#: Steps that one search may take, and states that it may see, and so many more for each place where it begins. What is
#: nearest is found first. Programs of 60,000 lines do not come near; in the largest something that is true is lost.
_BUDGET = 400_000
_BUDGET_PER_START = 5
#: Steps for each state that a limited search may see.
_BUDGET_PER_STATE = 8
#: A limited search takes no more than this part of its states from one node, those nearest to a source: what half a
#: program flows into would use them up.
_CROWDS = 4
#: At one node, and in one callee, at most so many chains of keys are kept apart: values that are unpacked again and
#: again in a circle are asked for every chain of positions, and each chain is another demand.
_DEMANDS = 16
#: A trace is cut at so many steps, and so many calls deep.
_TRACE = 300
_DEPTH = 12


@dataclass(slots=True)
class Exploration:
    """The search inside one callee from one of its ports, or (``port`` None) the search from the sinks."""

    port: tuple[int, int, str] | None  #: (node, bits, key)
    seen: dict[tuple[int, str], int] = field(default_factory=dict)  #: (node, key) -> the number of its last state
    demands: dict[int, int] = field(default_factory=dict)  #: node -> how many chains it was asked for
    #: callers that wait for parameters
    waiting: list[Waiting] = field(default_factory=list)
    #: (number of a state at a parameter, steps from the port)
    arrived: list[tuple[int, int]] = field(default_factory=list)
    begun: int = 0  #: steps from the sink to the port, where it was entered first
    origin: Exploration | None = None  #: the exploration of the main search that a search for one exposure goes on with


@dataclass(slots=True)
class Waiting:
    """A call whose callee is explored. ``number``: of the state at its result; ``_FOREIGN``, if the main search has it.

    ``edge`` leads into the callee; ``steps``: from the sink to the callee.
    """

    place: Exploration
    number: int
    state: State
    edge: int
    label: int
    steps: int


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
        self.longest = longest
        self._mask = mask
        self._far = mask.far
        self._arrives = mask.bits
        self.limit = limit
        self.expose = expose
        #: whether to go on from a function's parameters to all of its callers
        self.ascend = True
        self.top = Exploration(None)
        self.inner: dict[tuple[int, int, str], Exploration] = {}
        #: node -> the last state there, in the order in which the nodes were reached
        self.reached: dict[int, int] = {}
        self.exposures: dict[tuple[int, State, int], Exposure] = {}
        # the states, by number
        self._node = array("i")
        self._bits = array("i")
        self._key: list[str] = []
        self._place: list[Exploration] = []
        self._steps = bytearray()  #: from the sink
        self._from = array("i")  #: the state nearer to the sink
        self._edge = array("i")  #: the edge to that (-1: across a summary)
        self._known = array("i")  #: the bits of all states so far of this place, node and key
        self._later = array("i")  #: the next state at the same node; of the last one the first
        self._before: dict[int, int] = {}  #: the state before of the same place, node and key
        self._foreign: dict[int, State] = {}  #: states that a call led to which the main search entered
        self._via: dict[int, tuple[Exploration, int, int]] = {}  #: (callee, state at the parameter, edge to it)
        self._surfaced: dict[int, Exploration] = {}
        #: states by the length of the shortest way through, and how many of them were taken
        self._queue: list[list[int]] = [[] for _ in range(longest + 1)]
        self._taken = [0] * (longest + 1)
        self._level = 0
        self._mapped: dict[int, Exploration] = {}
        self._mapped_waiting: dict[int, list[Waiting]] = {}
        self.count = 0
        #: bounded on programs whose calls fan out: the nearest sources are found first
        self.work = 0
        self.budget = limit * _BUDGET_PER_STATE if limit else _BUDGET

    def __del__(self) -> None:
        """Explorations wait for each other; freed at once, for runs without the garbage collector."""
        for inner in self.inner.values():
            inner.waiting.clear()

    def start(self, states: Iterable[tuple[int, int, str]]) -> None:
        """Begin at sinks (node, bits, key), in the order given (of equally long traces the first is shown)."""
        for node, bits, key in states:
            self._add(self.top, node, bits, key, 0, _START, -1)
            self.budget += _BUDGET_PER_START

    def start_at(self, exposure: Exposure, main: Search) -> None:
        """Begin at one exposure of another search, in its calling context."""
        self._main = main
        node, bit, key = exposure.state
        self._add(self._map(exposure.place), node, bit, key, exposure.steps, _START, -1)

    def found(self, node: int, bits: int) -> tuple[Exploration, State] | None:
        """Where the search came to one of ``bits`` at ``node`` first."""
        last = self.reached.get(node, -1)
        number = last
        while last >= 0:
            number = self._later[number]
            new = self._bits[number] & bits
            if new:
                return self._place[number], (node, single(new)[0], self._key[number])
            if number == last:
                break
        return None

    def _map(self, place: Exploration) -> Exploration:
        if place is self._main.top:
            return self.top
        known = self._mapped.get(id(place))
        if known is None:
            known = self._mapped[id(place)] = Exploration(place.port, origin=place, begun=place.begun)
        return known

    def _waiting(self, place: Exploration) -> list[Waiting]:
        if place.origin is None:
            return place.waiting
        known = self._mapped_waiting.get(id(place))
        if known is None:
            known = self._mapped_waiting[id(place)] = [
                replace(each, place=self._map(each.place), number=_FOREIGN) for each in place.origin.waiting
            ]
        return known

    def _add(self, place: Exploration, node: int, bits: int, key: str, steps: int, number: int, edge: int) -> int:
        """Note new bits at a node, ``steps`` from the sink; return the number of the new state, or -1. ``number``: of
        the state nearer to the sink, ``edge`` the edge between."""
        length = steps + self._far[node]
        if length > self.longest:
            return -1
        new = bits & self._arrives[node]
        if not new:
            return -1
        seen = place.seen
        if key:  # a part adds nothing to the whole, which was there by a way as short
            for whole in wider(key):
                state = seen.get((node, whole), -1)
                if state >= 0 and self._steps[state] <= steps:
                    new &= ~self._known[state]
        last = seen.get((node, key), -1)
        known = self._known[last] if last >= 0 else 0
        new &= ~known
        if not new:
            return -1
        if last < 0 and THEN in key:
            demands = place.demands.get(node, 0)
            if demands >= _DEMANDS:
                return -1
            place.demands[node] = demands + 1
        state = self.count
        self.count += 1
        seen[(node, key)] = state
        if last >= 0:
            self._before[state] = last
        self._node.append(node)
        self._bits.append(new)
        self._key.append(key)
        self._place.append(place)
        self._steps.append(steps)
        self._from.append(number)
        self._edge.append(edge)
        self._known.append(known | new)
        before = self.reached.get(node, -1)
        if before < 0:
            self._later.append(state)
        else:
            self._later.append(self._later[before])
            self._later[before] = state
        self.reached[node] = state
        self._queue[length].append(state)
        if length < self._level:
            self._level = length
        return state

    def _next(self) -> int:
        """The number of the state to go on from, or -1."""
        queue, taken = self._queue, self._taken
        for level in range(self._level, self.longest + 1):
            if taken[level] < len(queue[level]):
                self._level = level
                taken[level] += 1
                return queue[level][taken[level] - 1]
        return -1

    def run(self) -> None:
        """Search until nothing new is found, or a limit is reached."""
        graph, far, longest, expose = self.graph, self._far, self.longest, self.expose
        labels, sources, costs, kinds, ops = graph.label, graph.source, graph.cost, graph.kind, graph.op
        shared, arrives = graph.is_shared, self._arrives
        nested: dict[int, list[int]] = {} if self.ascend else graph.nested
        most, crowd = self.limit or self.budget, self.limit // _CROWDS
        while self.count <= most and self.work < self.budget:
            number = self._next()
            if number < 0:
                break
            self.work += 1
            node, bits, key = self._node[number], self._bits[number], self._key[number]
            place, steps = self._place[number], self._steps[number]
            within = place is not self.top
            adjacent = graph.within if within or not self.ascend else graph.incoming
            known = graph.remembered(bits, key)
            first = adjacent.first
            edges: Sequence[int] = adjacent.edges[first[node] : first[node + 1]]
            if crowd and len(edges) > crowd:
                edges = self._mask.nearest(edges, sources, crowd)
            for edge in chain(edges, nested[node]) if node in nested else edges:
                source = sources[edge]
                cost = steps + costs[edge]
                if cost + far[source] > longest:
                    continue
                code = kinds[edge] << 5 | ops[edge]
                rows = known.get(code)
                if rows is None:
                    rows = known[code] = graph.step(edge, bits, key)
                for before, demand in rows:
                    if expose & before:
                        before = self._followed(number, edge, before, demand, cost)
                    if not before & arrives[source]:
                        continue
                    if labels[edge] < 0:
                        self._enter(number, source, before, demand, edge, cost)
                    elif within and shared[source] and not labels[edge] and self.ascend:
                        # a field or global: the path forgets its calls, and goes on from the top
                        state = self._add(self.top, source, before, demand, cost, number, edge)
                        if state >= 0:
                            self._surfaced[state] = place
                    else:
                        self._add(place, source, before, demand, cost, number, edge)
            if within and graph.is_param[node]:
                self._arrive(number)

    def _followed(self, number: int, edge: int, before: int, demand: str, steps: int) -> int:
        """Note the exposures among the bits ``before`` an edge; what is left is followed."""
        node, bits, key = self._node[number], self._bits[number], self._key[number]
        op, source = self.graph.op[edge], self.graph.source[edge]
        shown = before & self.expose & inputs_of(op, bits & ~self.expose) & self._arrives[source]
        place = self._place[number]
        for bit in single(shown):
            after = (node, cause(op, bits & ~self.expose, bit), key)
            state = (source, bit, demand)
            self.exposures.setdefault((id(place), state, edge), Exposure(place, state, after, edge, steps))
        return before & ~(self.expose & ~inputs_of(op, bits & self.expose))

    def _enter(self, number: int, port: int, bits: int, key: str, edge: int, steps: int) -> None:
        """From the result of a call into its callee.

        A demand for an attribute of an object of the program ends here: fields have nodes of their own.
        """
        bits &= self._arrives[port]
        if not bits or (key.startswith(".") and port in self.graph.of_classes):
            return
        at = (self._node[number], single(self._bits[number])[0], self._key[number])
        label = -self.graph.label[edge]
        caller = Waiting(self._place[number], number, at, edge, label, steps)
        inner = self.inner.get((port, bits, key))
        if inner is None:
            inner = self.inner[(port, bits, key)] = Exploration((port, bits, key), begun=steps)
            inner.waiting.append(caller)
            self._add(inner, port, bits, key, steps, _START, -1)
        else:
            inner.waiting.append(caller)
            for state, inside in tuple(inner.arrived):
                self._leave(inner, state, caller, steps + inside)

    def _arrive(self, number: int) -> None:
        inner = self._place[number]
        inside = self._steps[number] - inner.begun
        inner.arrived.append((number, inside))
        for caller in tuple(self._waiting(inner)):
            self._leave(inner, number, caller, caller.steps + inside)

    def _leave(self, inner: Exploration, number: int, caller: Waiting, steps: int) -> None:
        """From a parameter back to the arguments of the one call through which the callee was entered."""
        graph = self.graph
        self.work += 1
        bits, key = self._bits[number], self._key[number]
        for edge in graph.entering(self._node[number], caller.label):
            source = graph.source[edge]
            cost = steps + graph.cost[edge]
            if cost + self._far[source] > self.longest:
                continue
            for before, demand in graph.step(edge, bits, key):
                state = self._add(caller.place, source, before, demand, cost, caller.number, -1)
                if state >= 0:
                    self._via[state] = (inner, number, edge)
                    if caller.number == _FOREIGN:
                        self._foreign[state] = caller.state

    # traces: lists of (state, edge that leads on; -1 at the end)

    def _number(self, place: Exploration, state: State) -> int:
        """The number of a state at ``place``, or -1."""
        node, bit, key = state
        number = place.seen.get((node, key), -1)
        while number >= 0 and not self._bits[number] & bit:
            number = self._before.get(number, -1)
        return number

    def _hop(self, number: int, bit: int) -> tuple[State, int] | None:
        """The state nearer to the sink from which ``bit`` of a state was found, and the edge between."""
        nearer, edge = self._from[number], self._edge[number]
        if nearer == _START:
            return None
        if nearer == _FOREIGN:
            return self._foreign[number], edge
        node, bits, key = self._node[nearer], self._bits[nearer], self._key[nearer]
        return (node, single(bits)[0] if edge < 0 else cause(self.graph.op[edge], bits, bit), key), edge

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
            number = self._number(place, current)
            hop = self._hop(number, current[1]) if number >= 0 else None
            if hop is None:
                if exposure is not None and current == exposure.state and (place.origin or place is self.top):
                    steps.append((current, exposure.edge))
                    inside = exposure.place if until is not None else None
                    self._main._walk(exposure.place, exposure.after, steps, None, inside, depth)
                    return
                steps.append((current, -1))
                if until is not None or not place.waiting:
                    return
                caller = place.waiting[0]
                steps[-1] = (current, caller.edge)
                place, current = caller.place, caller.state
                continue
            nearer, edge = hop
            steps.append((current, edge))
            if edge < 0 and depth < _DEPTH:
                inner, at, into = self._via[number]
                arrived = (self._node[at], cause(self.graph.op[into], self._bits[at], current[1]), self._key[at])
                self._walk(inner, arrived, steps, exposure, inner, depth + 1)
                if exposure is not None and self._number(place, nearer) < 0:
                    # the call's result was reached by the main search, from the exposure inside the callee
                    origin = self._main.top if place is self.top else place.origin
                    if origin is not None:
                        self._main._walk(origin, nearer, steps, None, origin if until else None, depth)
                    return
            elif place is self.top and number in self._surfaced:
                place = self._surfaced[number]
            current = nearer
