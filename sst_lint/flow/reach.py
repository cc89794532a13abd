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
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from sst_lint.facts.ops import BACKWARD, BITS, INNER, ORDER, VALUE, Op, backward, forward
from sst_lint.facts.records import Kind
from sst_lint.flow.mutation import Mutations

#: (node, bit, key demand): one state of the search.
State = tuple[int, int, str]
#: Where a step came from: the state nearer to the sink, and the edge between (-1: across a summary).
Hop = tuple[State, int]

_KEYED = INNER | VALUE
#: Steps that one search may take, at least and for each node of the program.
_BUDGET = 150_000
_BUDGET_PER_NODE = 1
#: Steps for each state that a limited search may see.
_BUDGET_PER_STATE = 8
#: A way that costs more than this is not walked.
LONGEST = 64
#: What a step through a field, global or shared variable costs, a guessed one, and one in or out of a call.
_SHARED, _WEAK, _CALLED = 5, 5, 2
#: A trace is cut at so many steps, and so many calls deep.
_TRACE = 300
_DEPTH = 12
#: At most so many overwritten keys are kept apart.
_OVERWRITTEN = 6
#: A demand is a path into what is held: constant keys, attributes, any element, and last: anything but attributes.
_THEN = "\x1f"
_ELEMENT = "e"
_NO_ATTRIBUTES = "~"
_LONGEST_PATH = 5
_TEXTS = frozenset({Op.TEXT, Op.TEXT_SORTED})
_PASSES_KEY = frozenset({Op.SAME, Op.COPY, Op.SORT, Op.MAP, Op.AS_DICT, Op.AS_LIST, Op.AS_SET, Op.NOT_SET, Op.NOT_DICT,
                         Op.NOT_LIST, Op.SETTED, Op.VIEW, Op.KEYED, Op.MERGE})  # fmt: skip


class Mask(dict[int, int]):
    """Node to the bits that can arrive there from some sources; ``far``: the least cost of a way from one of them."""

    far: dict[int, int]

    def __init__(self) -> None:
        super().__init__()
        self.far = {}


class Graph:
    """The finished edges, ready to be walked backward."""

    def __init__(self, linked: Mutations) -> None:
        edges = linked.edges
        self.source = edges.source
        #: whether the element that is picked from a mapping carries its order (of other things the choice is the
        #: finding)
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
        #: (parameter, call label) -> the edges that this one call adds
        self.entering: dict[tuple[int, int], list[int]] = {}
        for number in order:
            if edges.label[number] > 0:
                self.entering.setdefault((edges.target[number], edges.label[number]), []).append(number)
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
        for (scope, _, _), node in linked._contexts.items():
            self.param_scope[node] = scope
        self.shared = frozenset(
            n for n, record in enumerate(world.nodes) if record.kind in (Kind.PUT, Kind.BOUND, Kind.CELL)
        )
        #: edges that render without attributes: those of an object do not show in its text
        self._plain = frozenset(
            n
            for n, op in enumerate(self.op)
            if op in _TEXTS
            and (edges.source[n], edges.target[n]) not in linked.rendered_whole
            and not linked.shows_fields(edges.source[n])
        )
        #: edges that not every bit can pass
        self._limited = _limited(linked)
        #: what a step along an edge costs
        self.cost = [self._cost(number) for number in range(len(edges))]

    def _cost(self, number: int) -> int:
        cost = _SHARED if self.source[number] in self.shared else 1
        if self.label[number]:
            cost = max(cost, _CALLED)
        return max(cost, _WEAK) if self.weak[number] else cost

    def step(self, number: int, bits: int, key: str) -> tuple[tuple[int, str], ...]:
        """(bits, key) at the source of an edge from which ``bits`` under the demand ``key`` at its target can come."""
        op, stored = self.op[number], self.key[number]
        if stored == "pick" and not self.follow_picks:
            return ()
        inputs = _inputs(op, bits)
        inputs &= self._limited.get(number, inputs)
        if not inputs:
            return ()
        plain, keyed = inputs & ~_KEYED, inputs & _KEYED
        demand = _NO_ATTRIBUTES if number in self._plain else self._demand(op, stored, key)
        if op == Op.STORE and demand != _NO_ATTRIBUTES:
            return () if demand is None else _rows(plain if not demand else 0, keyed, demand, inputs)
        rows: list[tuple[int, str]] = []
        if plain:
            rows.append((plain, ""))
        if keyed and demand is not None:
            if rows and not demand:
                rows[0] = (inputs, "")
            else:
                rows.append((keyed, demand))
        return tuple(rows)

    @staticmethod
    def _demand(op: int, stored: str, key: str) -> str | None:
        """What ``key`` demands on the other side of an edge; None when nothing there can satisfy it."""
        if op == Op.STORE:
            return _put(stored, key)
        if op in (Op.ITER, Op.LOAD):
            return "" if stored == "pick" else _further(stored or _ELEMENT, key)
        if op in (Op.PAIRS, Op.PAIRED):
            return _paired(stored, key)
        if op == Op.MAP and key.startswith(_ELEMENT + _THEN) and not key.endswith(_NO_ATTRIBUTES):
            return ""  # of pairs it is the second
        if op == Op.SAME and stored:
            return None if key == stored[1:] else _without(key, stored)
        return key if op in _PASSES_KEY else ""

    def forward_mask(self, sources: Iterable[tuple[int, int]]) -> Mask:
        """Bits that can arrive at each node from ``sources`` (node, bits), calls and keys not matched: what to look
        at."""
        outgoing = self.outgoing
        mask = Mask()
        queue: deque[int] = deque()
        for node, bits in sources:
            if bits & ~mask.get(node, 0):
                mask[node] = mask.get(node, 0) | bits
                queue.append(node)
        begun = list(mask)
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
        self._measure(mask, begun)
        return mask

    def _measure(self, mask: Mask, begun: Iterable[int]) -> None:
        """Fill ``mask.far``, nearest first (Dial, 1969: costs are small numbers); forget what is too far away."""
        far, cost, target, op = mask.far, self.cost, self.target, self.op
        levels: list[list[int]] = [[] for _ in range(LONGEST + 1)]
        levels[0].extend(begun)
        for level, nodes in enumerate(levels):
            for node in nodes:
                if node in far:
                    continue
                far[node] = level
                bits = mask[node]
                for number in self.outgoing.get(node, ()):
                    at = level + cost[number]
                    if at <= LONGEST and target[number] not in far and _forward(op[number], bits):
                        levels[at].append(target[number])
        for node in [each for each in mask if each not in far]:
            del mask[node]


@cache
def _inputs(op: int, bits: int) -> int:
    return backward(op, bits)


@cache
def _cause(op: int, bits: int, bit: int) -> int:
    """The lowest of the output ``bits`` that the input ``bit`` produces."""
    table = BACKWARD[op]
    return next(out for out in _single(bits) if table.get(out, 0) & bit)


@cache
def _single(bits: int) -> tuple[int, ...]:
    return tuple(b for b in BITS if b & bits)


def _rows(plain: int, keyed: int, demand: str, inputs: int) -> tuple[tuple[int, str], ...]:
    """What is put inside arrives as a whole when nothing is demanded; a demand speaks of what it holds itself."""
    if not demand:
        return ((inputs, ""),)
    return ((keyed, demand),) if keyed else ()


@cache
def _forward(op: int, bits: int) -> int:
    return forward(op, bits)


_OF_KEYS = {
    Op.ITER: Op.ONLY_VALUE,
    Op.COPY: Op.LOOP,
    Op.PAIRED: Op.LOOP,
    Op.SORT: Op.ONLY_VALUE,
    Op.SETTED: Op.ONLY_VALUE,
}


def _further(first: str, key: str) -> str:
    """The demand ``key`` of something that was taken out under ``first``."""
    if not key or key.startswith("!"):
        return first
    return _THEN.join((first, *key.split(_THEN)[: _LONGEST_PATH - 1]))


def _put(stored: str, key: str) -> str | None:
    """What the demand ``key`` of a container demands of what is put into it under ``stored``."""
    if key.startswith("!"):
        return None if stored and stored[1:] in [k[1:] for k in key[1:].split("!")] else ""
    first, _, rest = key.partition(_THEN)
    if first in (_NO_ATTRIBUTES, _ELEMENT):
        return None if stored.startswith(".") else key if first == _NO_ATTRIBUTES else rest
    if not stored:
        return None if first.startswith(".") else rest  # what is put inside becomes no attribute
    return rest if first in ("", stored) else None


def _paired(stored: str, key: str) -> str | None:
    """What the demand ``key`` of pairs demands of what stands at the position ``stored`` of each."""
    first, _, rest = key.partition(_THEN)
    position, _, rest = rest.partition(_THEN)
    if first == _NO_ATTRIBUTES or position == _NO_ATTRIBUTES:
        return key
    if first != _ELEMENT or not position.startswith("#"):
        return ""
    return None if stored and stored != position else _further(_ELEMENT, rest)


def _without(key: str, stored: str) -> str:
    """The demand ``key``, and nothing of what stood under an overwritten key (``!'a``)."""
    if not key:
        return stored
    if key.startswith("!") and key.count("!") < _OVERWRITTEN:
        return "!" + "!".join(sorted({*key[1:].split("!"), stored[1:]}))
    return key


def _limited(linked: Mutations) -> dict[int, int]:
    """Edge -> the bits that can pass: texts hold nothing, and what can be sliced is no set and no mapping."""
    nodes, edges = linked.world.nodes, linked.edges
    limited: dict[int, int] = {}
    for number, (source, target) in enumerate(zip(edges.source, edges.target, strict=True)):
        if (source, target) in linked.of_texts:
            limited[number] = ORDER | VALUE
        elif edges.op[number] == Op.SAME and nodes[target].kind == Kind.VALUE and nodes[target].name[:1] == "[":
            limited[number] = ORDER | INNER | VALUE
        elif edges.key[number] == "pick" and nodes[target].kind == Kind.ITEM:
            limited[number] = ORDER  # of a mapping, `x[0]` is what stands under the key 0
    return limited


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
    filled = _templates(linked)
    for number, op in enumerate(ops):
        source, target = edges.source[number], edges.target[number]
        if op == Op.ONLY_VALUE and target in filled:
            op = ops[number] = Op.TEXT
        if op == Op.ORDERS_KEYS and linked.has_type(target, "builtins.list"):
            if not linked.has_type(target, "builtins.dict"):
                ops[number] = Op.NOTHING
        elif op == Op.SAME and (source, target) in sorted_after:
            ops[number] = Op.SORT
        elif op == Op.TEXT and linked.shows_nothing(source):
            ops[number] = Op.ONLY_VALUE
        elif op == Op.MAP and linked.is_mapping(source):
            ops[number] = Op.MERGE
        elif op == Op.ORDERS and edges.key[number] == "fold" and not linked.folds(target):
            ops[number] = Op.NOTHING
        elif op == Op.ORDERS and linked.is_mapping(target):
            ops[number] = Op.ORDERS_KEYS
        elif op == Op.LOAD and edges.key[number].startswith(".") and linked.has_class(source):
            ops[number] = Op.NOTHING  # the field of the class has a node of its own
        elif op in _OF_KEYS and linked.is_mapping(source):
            ops[number] = _OF_KEYS[Op(op)]  # what a mapping gives to a loop are its keys, not what it holds
    return ops


def _templates(linked: Mutations) -> frozenset[int]:
    """Results of ``x % y`` where ``x`` is a text that is seen elsewhere."""
    nodes, edges = linked.world.nodes, linked.edges
    left: dict[int, int] = {}
    for number, target in enumerate(edges.target):
        if nodes[target].kind == Kind.BINOP and nodes[target].name == "%":
            left.setdefault(target, edges.source[number])
    return frozenset(n for n, operand in left.items() if linked.values(operand) == (("t", "builtins.str"),))


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
                return place, (node, _single(new & bits)[0], key)
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
        for bit in _single(new):
            if hop is None:
                place.hops[(node, bit, key)] = None
            elif hop[3] >= 0:
                cause = _cause(self.graph.op[hop[3]], hop[1], bit)
                place.hops[(node, bit, key)] = ((hop[0], cause, hop[2]), hop[3])
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
        shown = before & self.expose & _inputs(op, bits & ~self.expose) & self.mask.get(source, 0)
        for bit in _single(shown):
            after = (node, _cause(op, bits & ~self.expose, bit), key)
            state = (source, bit, demand)
            self.exposures.setdefault((id(place), state, number), Exposure(place, state, after, number, steps))
        return before & ~(self.expose & ~_inputs(op, bits & self.expose))

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
        for bit in _single(self._add(self.top, node, bits, key, hop, steps)):
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
        at = (hop[0], _single(hop[1])[0], hop[2])
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
                for bit in _single(self._add(place, source, before, demand, (*at, -1), cost)):
                    arrived = (node, _cause(graph.op[number], bits, bit), key)
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
