"""Where can each value come from? The finished edges, ready to be walked backward, and what they let through."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import compress
from operator import ne

from sst_lint.facts.ops import BACKWARD, BITS, INNER, VALUE, Op, forward
from sst_lint.facts.records import Kind
from sst_lint.flow.adjacency import Adjacency
from sst_lint.flow.bits import inputs_of
from sst_lint.flow.codes import places
from sst_lint.flow.demands import ELEMENT, NO_ATTRIBUTES, OPENED, THEN, further, opened, paired, put_under, without
from sst_lint.flow.judged import judged, limited
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.values import BY_NAME, ONE_OF_SEVERAL, Edges

#: (bits, key): what a step leads to.
Rows = tuple[tuple[int, str], ...]

_KEYED = INNER | VALUE
#: A way that costs more than this is not walked.
LONGEST = 64
#: What a step through a field, global or shared variable costs, a guessed one, and one in or out of a call.
_SHARED, _WEAK, _CALLED = 5, 5, 2
#: What a step between a test and what it tests costs more: what becomes of a value in a test is not what the program is
#: for.
_TESTED = 16
#: So many pairs of bits and keys are remembered, with what each kind of edge makes of them.
_REMEMBERED = 50_000
_TEXTS = frozenset({Op.TEXT, Op.TEXT_SORTED})
_PASSES_KEY = frozenset({Op.SAME, Op.COPY, Op.SORT, Op.MAP, Op.AS_DICT, Op.AS_LIST, Op.AS_SET, Op.NOT_SET, Op.NOT_DICT,
                         Op.NOT_LIST, Op.SETTED, Op.VIEW, Op.KEYED, Op.MERGE, Op.HELD_SORTED})  # fmt: skip
#: What is narrowed to these by `isinstance` has no attributes that anybody has put there.
_SCALARS = frozenset({":str", ":bytes", ":int", ":float", ":bool"})


@cache
def _made(bits: int) -> tuple[int, ...]:
    """What each operation makes of ``bits``."""
    return tuple(forward(op, bits) for op in range(len(BACKWARD)))


class Mask:
    """What can arrive at each node from some sources: the bits, and the least cost of a way from one of them."""

    __slots__ = ("_nearest", "bits", "far")

    def __init__(self, nodes: int) -> None:
        self._nearest: dict[tuple[int, int], Sequence[int]] = {}
        self.bits = array("i", bytes(4 * nodes))
        self.far = bytearray(b"\xff" * nodes)  #: more than ``LONGEST`` where nothing arrives

    def get(self, node: int, default: int = 0) -> int:
        """The bits that can arrive at ``node``."""
        return (self.bits[node] or default) if 0 <= node < len(self.bits) else default

    def distance(self, node: int) -> int:
        """The least cost of a way from a source to ``node``."""
        return self.far[node] if 0 <= node < len(self.far) else 255

    def nearest(self, edges: Sequence[int], sources: Sequence[int], most: int) -> Sequence[int]:
        """Of the ``edges`` to one node those that come from what is nearest to a source, ``most`` of them; kept,
        because searches meet at the nodes that much comes to."""
        at = (edges[0], len(edges))
        known = self._nearest.get(at)
        if known is None:
            known = self._nearest[at] = sorted(edges, key=lambda edge: self.far[sources[edge]])[:most]
        return known


class Graph:
    """The finished edges, ready to be walked backward."""

    def __init__(self, linked: Mutations, tests: Collection[int] = ()) -> None:
        """``tests``: the units of test code."""
        edges = linked.edges
        self.source = edges.source
        #: whether the element that is picked from a mapping carries its order (of other things the choice is the
        #: finding)
        self.follow_picks = False
        self.op = judged(linked)
        self.key = edges.key
        self.label = edges.label
        self.weak = edges.weak
        self.target = edges.target
        world = linked.world
        self.nodes = len(world.nodes)
        order = _in_order(edges, self.nodes)
        label, target = self.label, self.target
        self.incoming = Adjacency(order, target, self.nodes)
        #: the same without the arguments of calls
        self.within = Adjacency((n for n in order if label[n] <= 0), target, self.nodes)
        arguments = sorted((n for n in order if label[n] > 0), key=lambda n: (target[n], label[n]))
        self._arguments = Adjacency(arguments, target, self.nodes)
        self._calls = array("i", [label[n] for n in arguments])
        self.outgoing = Adjacency(sorted(order, key=self.source.__getitem__), self.source, self.nodes)
        self.param_scope: dict[int, int] = {}
        self.port_scope: dict[int, int] = {}
        for function in world.functions.values():
            for node in function.params:
                self.param_scope[node] = function.scope
            for node in (*function.outs, function.returns):
                self.port_scope[node] = function.scope
                for port in linked.options.through(node):
                    self.port_scope[port] = function.scope
        #: what gives back objects of the program's own classes, whose fields have nodes of their own
        self.of_classes = frozenset(port for port in self.port_scope if linked.has_class(port))
        for (scope, _, _), node in linked._contexts.items():
            self.param_scope[node] = scope
        self.param_scope.update(linked.given_out)
        #: what runs a nested function in a loop, in the function that holds it: there it is no caller from outside
        self.nested: dict[int, list[int]] = {}
        contexts, units = frozenset(linked._contexts.values()), world.node_unit
        for edge in arguments:
            if target[edge] in contexts and units[target[edge]] == units[self.source[edge]]:
                self.nested.setdefault(target[edge], []).append(edge)
        self.shared = frozenset(world.of_kind(Kind.PUT, Kind.BOUND, Kind.CELL))
        #: for each node, whether it is shared, and whether it is a parameter
        self.is_shared = bytearray(self.nodes)
        for node in self.shared:
            self.is_shared[node] = 1
        self.is_param = bytearray(self.nodes)
        for node in self.param_scope:
            self.is_param[node] = 1
        #: edges that render without attributes: those of an object do not show in its text
        self._plain = _plain(linked, self.op)
        #: edges that not every bit can pass
        self._limited = limited(linked)
        #: what a step along an edge costs
        self.cost = self._costs()
        self._part_tests(world.node_unit, tests)
        #: edges of one kind and operation do the same
        self.kind = self._kinds()
        self._remembered: dict[tuple[int, str, bool], dict[int, Rows]] = {}

    def entering(self, parameter: int, label: int) -> Sequence[int]:
        """The edges that the one call ``label`` adds to a parameter."""
        first, calls = self._arguments.first, self._calls
        begin = bisect_left(calls, label, first[parameter], first[parameter + 1])
        return self._arguments.edges[begin : bisect_right(calls, label, begin, first[parameter + 1])]

    def remembered(self, bits: int, key: str) -> dict[int, Rows]:
        """What ``step`` made of ``bits`` and ``key``, by the kind of the edge times 32 and its operation."""
        memory = self._remembered
        if len(memory) > _REMEMBERED:
            memory.clear()
        return memory.setdefault((bits, key, self.follow_picks), {})

    def _costs(self) -> bytearray:
        by_source = self.is_shared.translate(bytes((1, _SHARED)) + bytes(254))
        costs = bytearray(map(by_source.__getitem__, self.source))
        for number, label in enumerate(self.label):
            if label and costs[number] < _CALLED:
                costs[number] = _CALLED
        for number in places(self.weak, BY_NAME, ONE_OF_SEVERAL):
            costs[number] = max(costs[number], _WEAK)
        return costs

    def _part_tests(self, units: Sequence[int], tests: Collection[int]) -> None:
        """Make the steps between tests and what they test dear. What the program itself calls is no test, wherever it
        lies."""
        if not tests:
            return
        tested = bytearray(map(frozenset(tests).__contains__, units))
        ends = map(tested.__getitem__, self.source), map(tested.__getitem__, self.target)
        for number in compress(range(len(self.cost)), map(ne, *ends)):
            inward = tested[self.target[number]]
            label = self.label[number]
            if not (label > 0 and inward) and not (label < 0 and not inward):
                self.cost[number] += _TESTED

    def _kinds(self) -> array[int]:
        kinds: dict[str, int] = {}
        found = array("i", [kinds.setdefault(key, len(kinds)) for key in self.key])
        special: dict[tuple[str, int, bool], int] = {}
        for number in (*self._limited, *(number for number in self._plain if number not in self._limited)):
            what = (self.key[number], self._limited.get(number, -1), number in self._plain)
            found[number] = len(kinds) + special.setdefault(what, len(special))
        return found

    def step(self, number: int, bits: int, key: str) -> Rows:
        """(bits, key) at the source of an edge from which ``bits`` under the demand ``key`` at its target can come."""
        op, stored = self.op[number], self.key[number]
        if stored == "pick" and not self.follow_picks:
            return ()
        inputs = inputs_of(op, bits)
        inputs &= self._limited.get(number, inputs)
        if not inputs:
            return ()
        plain, keyed = inputs & ~_KEYED, inputs & _KEYED
        demand = NO_ATTRIBUTES if number in self._plain else self._demand(op, stored, key)
        if op == Op.STORE and demand != NO_ATTRIBUTES:
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
            return put_under(stored, key)
        if op in (Op.ITER, Op.LOAD):
            return "" if stored == "pick" else further(stored or ELEMENT, key)
        if op in (Op.PAIRS, Op.PAIRED):
            return paired(stored, key)
        if op == Op.MAP and key.startswith(ELEMENT + THEN) and not key.endswith(NO_ATTRIBUTES):
            return ""  # of pairs it is the second
        if stored == OPENED:
            return opened(key)
        if op == Op.SAME and stored:
            return None if key.partition(THEN)[0] == stored[1:] else without(key, stored)
        return key if op in _PASSES_KEY else ""

    def forward_mask(self, sources: Iterable[tuple[int, int]]) -> Mask:
        """Bits that can arrive at each node from ``sources`` (node, bits), calls and keys not matched: what to look
        at."""
        first, edges, op, target = self.outgoing.first, self.outgoing.edges, self.op, self.target
        mask = Mask(self.nodes)
        arrived, waits = mask.bits, bytearray(self.nodes)
        begun: dict[int, None] = {}
        for node, bits in sources:
            if bits and 0 <= node < self.nodes:
                arrived[node] |= bits
                begun[node] = None
                waits[node] = 1
        if all(arrived[node] == VALUE for node in begun):
            self._measure(mask, begun, fill=True)
            return mask
        reached = list(begun)
        #: nodes that wait, by how many bits they have: those with most go first, so that few are looked at again
        queues: list[list[int]] = [[] for _ in range(len(BITS) + 1)]
        for node in begun:
            queues[arrived[node].bit_count()].append(node)
        most = len(BITS)
        while most:
            if not queues[most]:
                most -= 1
                continue
            node = queues[most].pop()
            if not waits[node]:
                continue
            waits[node] = 0
            made = _made(arrived[node])
            for number in edges[first[node] : first[node + 1]]:
                out, to = made[op[number]], target[number]
                before = arrived[to]
                if out & ~before:
                    if not before:
                        reached.append(to)
                    arrived[to] = both = before | out
                    waits[to] = 1
                    count = both.bit_count()
                    queues[count].append(to)
                    if count > most:
                        most = count
        self._measure(mask, begun)
        for node in reached:
            if mask.far[node] > LONGEST:
                arrived[node] = 0  # too far away
        return mask

    def _measure(self, mask: Mask, begun: Iterable[int], fill: bool = False) -> None:
        """Fill ``mask.far``, nearest first (Dial, 1969: costs are small numbers). ``fill``: and the mask as well, of
        what is unreliable itself: nothing else comes of it, so the ways that are not too far tell all."""
        first, edges = self.outgoing.first, self.outgoing.edges
        far, arrived, cost, target, op = mask.far, mask.bits, self.cost, self.target, self.op
        levels: list[list[int]] = [[] for _ in range(LONGEST + 1)]
        levels[0].extend(begun)
        for node in levels[0]:
            far[node] = 0
        for level, nodes in enumerate(levels):
            for node in nodes:
                if far[node] < level:
                    continue
                made = _made(arrived[node])
                for number in edges[first[node] : first[node + 1]]:
                    at, to = level + cost[number], target[number]
                    if at < far[to] and at <= LONGEST and made[op[number]]:
                        far[to] = at
                        levels[at].append(to)
                        if fill:
                            arrived[to] = VALUE


def _plain(linked: Mutations, ops: bytearray) -> frozenset[int]:
    """Edges of what is rendered without its attributes: by its text, by a serializer, or because it is a scalar."""
    world, source, target = linked.world, linked.edges.source, linked.edges.target
    refused = {end for _, end in linked.rendered_plain} | {end for _, end in linked.of_texts}
    pairs = ((n, (source[n], end)) for n, end in enumerate(target) if end in refused)
    found = [n for n, pair in pairs if pair in linked.rendered_plain or pair in linked.of_texts]
    found += [n for n in places(ops, Op.ONLY_VALUE) if world.nodes[target[n]].name in _SCALARS]
    for number in places(ops, *_TEXTS):
        pair = (source[number], target[number])
        if pair not in linked.rendered_whole and not linked.shows_fields(source[number]):
            found.append(number)
    return frozenset(found)


def _in_order(edges: Edges, nodes: int) -> list[int]:
    """The numbers of all edges by target and source, then by what they say."""
    pairs = [target * nodes + source for source, target in zip(edges.source, edges.target, strict=True)]
    order = sorted(range(len(pairs)), key=pairs.__getitem__)
    begin = 0
    for at in range(1, len(order) + 1):
        if at == len(order) or pairs[order[at]] != pairs[order[begin]]:
            if at - begin > 1:
                order[begin:at] = sorted(order[begin:at], key=lambda n: (edges.op[n], edges.key[n], edges.label[n]))
            begin = at
    return order


def _rows(plain: int, keyed: int, demand: str, inputs: int) -> tuple[tuple[int, str], ...]:
    """What is put inside arrives as a whole when nothing is demanded; a demand speaks of what it holds itself."""
    if not demand:
        return ((inputs, ""),)
    return ((keyed, demand),) if keyed else ()
