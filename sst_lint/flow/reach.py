"""Which sources reach which sinks, and how? Backward search over (node, bit, key), with call and return matched.

The search walks from sinks against the edges. At the result of a call it enters the callee at its return and comes back only
through the arguments of that call (a summary, made once per callee, port, bit and key, as in the tabulation algorithm of
Reps, Horwitz and Sagiv, 1995); at a parameter that was reached from inside it goes on to all callers. Fields, globals and
shared variables are plain nodes: a path through them forgets the calls behind it.

``key`` is a demand: having come through ``x["a"]``, only what was stored under ``"a"`` (or under an unknown key) counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from sst_lint.facts.ops import BACKWARD, BITS, INNER, VALUE, Op, forward
from sst_lint.facts.records import Kind
from sst_lint.flow.mutation import Mutations

#: (node, bit, key demand): one state of the search.
State = tuple[int, int, str]
#: Where a step came from: the state nearer to the sink, and the edge between (-1: across a summary).
Hop = tuple[State, int]

_KEYED = INNER | VALUE
_ELEMENT_KEYS = ("#", "'", ".")
_PASSES_KEY = frozenset({Op.SAME, Op.COPY, Op.SORT, Op.MAP, Op.AS_DICT, Op.AS_LIST, Op.AS_SET, Op.NOT_SET, Op.NOT_DICT,
                         Op.NOT_LIST, Op.SETTED, Op.VIEW})  # fmt: skip


class Graph:
    """The finished edges, ready to be walked backward."""

    def __init__(self, linked: Mutations) -> None:
        edges = linked.edges
        self.source = edges.source
        #: whether the element that is picked from a mapping carries its order (of other things the choice is the finding)
        self.follow_picks = False
        self.op = _judged(linked)
        self.key = edges.key
        self.label = edges.label
        self.weak = edges.weak
        self.target = edges.target
        order = sorted(
            range(len(edges)),
            key=lambda n: (edges.target[n], edges.source[n], edges.op[n], edges.key[n], edges.label[n]),
        )
        self.incoming: dict[int, list[int]] = {}
        for number in order:
            self.incoming.setdefault(edges.target[number], []).append(number)
        world = linked.world
        self.outgoing: dict[int, list[int]] = {}
        for number in order:
            self.outgoing.setdefault(edges.source[number], []).append(number)
        self.param_scope: dict[int, int] = {}
        self.port_scope: dict[int, int] = {}
        for function in world.functions.values():
            for node in function.params:
                self.param_scope[node] = function.scope
            for node in (*function.outs, function.returns):
                self.port_scope[node] = function.scope
        for (scope, _), node in linked._contexts.items():
            self.param_scope[node] = scope
        self.shared = frozenset(
            n for n, record in enumerate(world.nodes) if record.kind in (Kind.PUT, Kind.BOUND, Kind.CELL)
        )

    def step(self, number: int, bit: int, key: str) -> list[tuple[int, str]]:
        """(bit, key) at the source of an edge from which (bit, key) at its target can come."""
        op = self.op[number]
        inputs = _STEPS[op].get(bit)
        if inputs is None or (self.key[number] == "pick" and not self.follow_picks):
            return []
        result: list[tuple[int, str]] = []
        stored = self.key[number]
        for one in inputs:
            keyed = one & _KEYED
            if op == Op.STORE:
                if key.startswith("e:"):
                    result.append((one, key[2:] if keyed else ""))
                elif key.startswith("!"):
                    if stored != key[1:]:
                        result.append((one, ""))
                elif not key or not stored or key == stored:
                    result.append((one, ""))
            elif op == Op.ITER or (op == Op.LOAD and not stored):
                result.append((one, "e:" + key if keyed and key[:1] in _ELEMENT_KEYS else ""))
            elif op == Op.LOAD and stored != "pick":
                result.append((one, stored if keyed else ""))
            elif op == Op.PAIRS:
                if not key.startswith("e:") or not stored or key[2:] == stored or not keyed:
                    result.append((one, ""))
            elif op == Op.SAME and stored:
                # what stood under the key was overwritten
                if not keyed or key != stored[1:]:
                    result.append((one, (key or stored) if keyed else ""))
            elif op in _PASSES_KEY:
                result.append((one, key if keyed else ""))
            else:
                result.append((one, ""))
        return result

    def forward_mask(self, sources: Iterable[tuple[int, int]]) -> dict[int, int]:
        """Bits that can arrive at each node from ``sources`` (node, bits), calls and keys not matched: what to look at."""
        outgoing = self.outgoing
        mask: dict[int, int] = {}
        queue: deque[int] = deque()
        for node, bits in sources:
            if bits & ~mask.get(node, 0):
                mask[node] = mask.get(node, 0) | bits
                queue.append(node)
        while queue:
            node = queue.popleft()
            bits = mask[node]
            for number in outgoing.get(node, ()):
                out = _forward(self.op[number], bits)
                target = self.target[number]
                known = mask.get(target, 0)
                if out & ~known:
                    mask[target] = known | out
                    queue.append(target)
        return mask


#: (operation, output bit) -> input bits, one by one.
_STEPS = tuple({out: tuple(b for b in BITS if ins & b) for out, ins in table.items()} for table in BACKWARD)


@lru_cache(maxsize=None)
def _forward(op: int, bits: int) -> int:
    return forward(op, bits)


_OF_KEYS = {Op.ITER: Op.ONLY_VALUE, Op.COPY: Op.LOOP, Op.SORT: Op.ONLY_VALUE, Op.SETTED: Op.ONLY_VALUE}


def _judged(linked: Mutations) -> list[int]:
    """Operations that depend on what was resolved: the key order of lists, and arguments that a callee sorts."""
    world, edges = linked.world, linked.edges
    sorted_after: set[tuple[int, int]] = set()
    for unit, (_, _, facts) in enumerate(world.units):
        base, first = world.node_base[unit], world.call_base[unit]
        for before, after, call in facts.after:
            if linked.sorts_argument(first + call, base + before):
                sorted_after.add((base + before, base + after))
    ops = list(edges.op)
    for number, op in enumerate(ops):
        source, target = edges.source[number], edges.target[number]
        if op == Op.ORDERS_KEYS and linked.has_type(target, "builtins.list"):
            if not linked.has_type(target, "builtins.dict"):
                ops[number] = Op.NOTHING
        elif op == Op.SAME and (source, target) in sorted_after:
            ops[number] = Op.SORT
        elif op == Op.TEXT and linked.shows_nothing(source):
            ops[number] = Op.ONLY_VALUE
        elif op in _OF_KEYS and linked.is_mapping(source):
            ops[number] = _OF_KEYS[Op(op)]  # what a mapping gives to a loop are its keys, not what it holds
    return ops


@dataclass
class Exploration:
    """The search inside one callee from one of its ports, or (``port`` None) the search from the sinks."""

    port: State | None
    seen: dict[State, Hop | None] = field(default_factory=dict)
    #: callers that wait for parameters: (exploration, state at the call's result, edge into the callee, call label)
    waiting: list[tuple[Exploration, State, int, int]] = field(default_factory=list)
    arrived: dict[State, None] = field(default_factory=dict)  #: states at parameters
    origin: Exploration | None = None  #: the exploration of the main search that a search for one exposure goes on with

    def port_is_not(self, state: State) -> bool:
        """Whether ``state`` is not where this exploration entered its callee."""
        return state != self.port


@dataclass(frozen=True)
class Exposure:
    """A step that shows the order of what may be a set: where, and how the main search goes on from it."""

    place: Exploration
    state: State  #: the set, before the step
    after: State  #: what the step makes of it
    edge: int


class Search:
    """A backward search from a set of sink states, limited to what ``mask`` says can arrive from a source.

    Steps that show the order of a set (or mapping: the bits in ``expose``) are noted as exposures instead of being
    followed: each is one finding, so each is searched for by itself.
    """

    def __init__(self, graph: Graph, mask: dict[int, int], limit: int = 0, expose: int = 0) -> None:
        self.graph = graph
        self.mask = mask
        self.limit = limit
        self.expose = expose
        self.top = Exploration(None)
        self.inner: dict[State, Exploration] = {}
        self.via: dict[tuple[int, State], tuple[Exploration, State]] = {}
        self.surfaced: dict[State, Exploration] = {}
        self.reached: dict[int, list[tuple[Exploration, State]]] = {}
        self.exposures: dict[tuple[int, State, int], Exposure] = {}
        self._queue: deque[tuple[Exploration, State]] = deque()
        self._mapped: dict[int, Exploration] = {}
        self.count = 0

    def start(self, states: Iterable[State]) -> None:
        """Begin at sinks, in the order given (ties between equally long traces go to the first)."""
        for state in states:
            self._add(self.top, state, None)

    def start_at(self, exposure: Exposure, main: Search) -> None:
        """Begin at one exposure of another search, in its calling context."""
        self._main = main
        self._add(self._map(exposure.place), exposure.state, None)

    def _map(self, place: Exploration) -> Exploration:
        if place is self._main.top:
            return self.top
        known = self._mapped.get(id(place))
        if known is None:
            known = self._mapped[id(place)] = Exploration(place.port, origin=place)
        return known

    def _waiting(self, place: Exploration) -> list[tuple[Exploration, State, int, int]]:
        if place.origin is None:
            return place.waiting
        return [(self._map(p), at, number, label) for p, at, number, label in place.origin.waiting]

    def _add(self, place: Exploration, state: State, hop: Hop | None) -> None:
        if state in place.seen or not self.mask.get(state[0], 0) & state[1]:
            return
        place.seen[state] = hop
        self.count += 1
        self.reached.setdefault(state[0], []).append((place, state))
        self._queue.append((place, state))

    def run(self) -> None:
        """Search until nothing new is found, or ``limit`` states were seen."""
        graph, queue = self.graph, self._queue
        while queue and not (self.limit and self.count > self.limit):
            place, state = queue.popleft()
            node, bit, key = state
            for number in graph.incoming.get(node, ()):
                for source_bit, source_key in graph.step(number, bit, key):
                    before = (graph.source[number], source_bit, source_key)
                    self._step(place, state, before, number)
            if place is not self.top and node in graph.param_scope:
                self._arrive(place, state)

    def _step(self, place: Exploration, state: State, before: State, number: int) -> None:
        label = self.graph.label[number]
        if before[1] & self.expose and not state[1] & self.expose:
            if self.mask.get(before[0], 0) & before[1]:
                self.exposures.setdefault((id(place), before, number), Exposure(place, before, state, number))
        elif label == 0:
            if place is not self.top and before[0] in self.graph.shared:
                self._surface(place, before, (state, number))
            else:
                self._add(place, before, (state, number))
        elif label > 0:
            if place is self.top:
                self._add(place, before, (state, number))
        else:
            self._enter(place, state, before, number, -label)

    def _surface(self, place: Exploration, before: State, hop: Hop) -> None:
        """A field or global: the path forgets its calls, and goes on from the top."""
        if before not in self.top.seen:
            self.surfaced[before] = place
            self._add(self.top, before, hop)

    def _enter(self, place: Exploration, state: State, port: State, number: int, label: int) -> None:
        """From the result of a call into its callee."""
        inner = self.inner.get(port)
        if inner is None:
            inner = self.inner[port] = Exploration(port)
            inner.waiting.append((place, state, number, label))
            self._add(inner, port, None)
        else:
            inner.waiting.append((place, state, number, label))
            for arrived in tuple(inner.arrived):
                self._leave(inner, arrived, place, state, label)

    def _arrive(self, inner: Exploration, state: State) -> None:
        if state in inner.arrived:
            return
        inner.arrived[state] = None
        for place, at, _, label in tuple(self._waiting(inner)):
            self._leave(inner, state, place, at, label)

    def _leave(self, inner: Exploration, arrived: State, place: Exploration, at: State, label: int) -> None:
        """From a parameter back to the arguments of the one call through which the callee was entered."""
        graph = self.graph
        node, bit, key = arrived
        for number in graph.incoming.get(node, ()):
            if graph.label[number] != label:
                continue
            for source_bit, source_key in graph.step(number, bit, key):
                before = (graph.source[number], source_bit, source_key)
                if before not in place.seen:
                    self.via[(id(place), before)] = (inner, arrived)
                    self._add(place, before, (at, -1))

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
        while len(steps) < 300:
            hop = place.seen.get(current)
            if hop is None:
                if (
                    exposure is not None
                    and (place.origin is not None or place is self.top)
                    and place.port_is_not(current)
                ):
                    steps.append((current, exposure.edge))
                    self._main._walk(
                        exposure.place, exposure.after, steps, None, exposure.place if until else None, depth
                    )
                    return
                steps.append((current, -1))
                if until is not None or not place.waiting:
                    return
                outer, at, number, _ = place.waiting[0]
                steps[-1] = (current, number)
                place, current = outer, at
                continue
            nearer, number = hop
            steps.append((current, number))
            if number < 0 and depth < 12:
                inner, arrived = self.via[(id(place), current)]
                self._walk(inner, arrived, steps, exposure, inner, depth + 1)
                if nearer not in place.seen and exposure is not None:
                    # the call's result was reached by the main search, from the exposure inside the callee
                    origin = self._main.top if place is self.top else place.origin
                    if origin is not None:
                        self._main._walk(origin, nearer, steps, None, origin if until else None, depth)
                    return
            elif place is self.top and current in self.surfaced and nearer not in place.seen:
                place = self.surfaced[current]
            current = nearer
