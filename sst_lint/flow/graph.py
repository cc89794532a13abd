"""Where can each value come from? The finished edges, ready to be walked backward, and what they let through."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from sst_lint.facts.ops import INNER, VALUE, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.bits import inputs_of, outputs_of
from sst_lint.flow.demands import ELEMENT, NO_ATTRIBUTES, THEN, further, paired, put_under, without
from sst_lint.flow.judged import judged, limited
from sst_lint.flow.mutation import Mutations

_KEYED = INNER | VALUE
#: A way that costs more than this is not walked.
LONGEST = 64
#: What a step through a field, global or shared variable costs, a guessed one, and one in or out of a call.
_SHARED, _WEAK, _CALLED = 5, 5, 2
_TEXTS = frozenset({Op.TEXT, Op.TEXT_SORTED})
_PASSES_KEY = frozenset({Op.SAME, Op.COPY, Op.SORT, Op.MAP, Op.AS_DICT, Op.AS_LIST, Op.AS_SET, Op.NOT_SET, Op.NOT_DICT,
                         Op.NOT_LIST, Op.SETTED, Op.VIEW, Op.KEYED, Op.MERGE})  # fmt: skip
#: What is narrowed to these by `isinstance` has no attributes that anybody has put there.
_SCALARS = frozenset({":str", ":bytes", ":int", ":float", ":bool"})


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
        self.op = judged(linked)
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
            if (edges.source[n], edges.target[n]) in linked.rendered_plain
            or (edges.source[n], edges.target[n]) in linked.of_texts
            or (op == Op.ONLY_VALUE and world.nodes[edges.target[n]].name in _SCALARS)
            or (
                op in _TEXTS
                and (edges.source[n], edges.target[n]) not in linked.rendered_whole
                and not linked.shows_fields(edges.source[n])
            )
        )
        #: edges that not every bit can pass
        self._limited = limited(linked)
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
        if op == Op.SAME and stored:
            return None if key == stored[1:] else without(key, stored)
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
                out = outputs_of(self.op[number], bits)
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
                    if at <= LONGEST and target[number] not in far and outputs_of(op[number], bits):
                        levels[at].append(target[number])
        for node in [each for each in mask if each not in far]:
            del mask[node]


def _rows(plain: int, keyed: int, demand: str, inputs: int) -> tuple[tuple[int, str], ...]:
    """What is put inside arrives as a whole when nothing is demanded; a demand speaks of what it holds itself."""
    if not demand:
        return ((inputs, ""),)
    return ((keyed, demand),) if keyed else ()
