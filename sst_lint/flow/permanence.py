"""Where does a value become permanent, and does a given one get there? Digests, names of files, seeds, shards, stored
things to compare with, contents; and the search for values, which is stricter than that for errors.

Of a call that nobody knows, the arguments say nothing of the result here; a comparison, a count and the difference of
two clocks end the way.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sst_lint.config import Config
from sst_lint.facts.ops import VALUE, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import classify, words
from sst_lint.flow.codes import places
from sst_lint.flow.coherence import broken_at
from sst_lint.flow.demands import NO_ATTRIBUTES
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.graph import Graph, Mask
from sst_lint.flow.guesses import guessed
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.order import Order
from sst_lint.flow.reach import Search
from sst_lint.flow.saved_whole import SAVED
from sst_lint.flow.sinks import A_DIGEST, A_NAME, A_SIGNATURE, rank_of
from sst_lint.flow.writes import Writes

Where = Literal["digest", "name", "seed", "shard", "comparison", "content", "leaves"]
#: What a value is that its methods only derive from.
_SCALARS = (
    "builtins.str",
    "builtins.bytes",
    "builtins.int",
    "builtins.float",
    "datetime.datetime",
    "datetime.date",
    "uuid.UUID",
    "pathlib.Path",
    "random.Random",
    "numpy.random.Generator",
    "numpy.ndarray",
    "hashlib.HASH",
)
#: What the attributes of an object hold is neither a seed nor the number of a shard.
_NUMBERS = frozenset({"seed", "shard", "name"})
_COUNTS = frozenset({"builtins.bool", "builtins.int"})
#: Something is found under a key: among shards only if the key was made to be one of few.
LOOKED_UP = "a choice among groups by their keys"
#: Shards of these live and die with the process.
_IN_MEMORY = frozenset(
    "lock locks mutex mutexes semaphore semaphores queue queues thread threads color colors bucket buckets".split()
)
_READS = frozenset(
    {"get", "load", "loads", "read", "read_text", "read_bytes", "fetch", "fetchone", "readline", "getxattr"}
)
_FULL_STEPS = 3000
#: How often another way is looked for where the shortest does not hold together.
_OTHER_WAYS = 4


@dataclass(frozen=True)
class ValueSink:
    """A place where a value becomes permanent. ``rank`` 0: for certain, 1: may be, 3: leaves the program."""

    node: int
    where: Where
    rank: int
    what: str
    call: int = -1


@dataclass(frozen=True)
class Leak:
    """A value that reaches a sink: (node, edge that leads on) from where it is made to the sink."""

    node: int
    path: tuple[tuple[int, int], ...]
    sink: ValueSink
    weak: int  #: how far a call on the way is guessed: 0, ``BY_NAME`` or ``ONE_OF_SEVERAL``


class Permanence:
    """Sinks of values, and the searches from them."""

    def __init__(
        self, linked: Mutations, graph: Graph, writes: Writes, order: Order, evidence: PathEvidence, config: Config
    ) -> None:
        self._linked = linked
        self._writes = writes
        self._evidence = evidence
        self._config = config
        self.graph = _strict(linked, graph)
        self.sinks: dict[Where, list[ValueSink]] = {
            "digest": [ValueSink(s.node, "digest", 0, A_DIGEST, s.call) for s in order.sinks if s.what == A_DIGEST],
            "name": list(dict.fromkeys(self._names())),
            "seed": list(self._seeds()),
            "shard": list(self._shards()),
            "comparison": list(self._comparisons()),
            "content": [
                ValueSink(s.node, "content", s.rank, s.what, s.call)
                for s in order.sinks
                if s.rank < 2 and s.what not in (A_DIGEST, A_SIGNATURE, A_NAME)
            ],
            "leaves": list(self._leaves()),
        }

    # sinks

    def _names(self) -> Iterator[ValueSink]:
        linked, world = self._linked, self._linked.world
        for write in self._writes.all:
            rank = rank_of(write)[0]
            if write.path_node >= 0 and rank < 2 and not write.moved:
                yield ValueSink(write.path_node, "name", rank, A_NAME, write.site.call)
        for site in linked.sites:
            moves = site.model.moves
            target = site.ports.get(moves.dst, -1) if moves is not None else -1
            if target < 0 or (moves is not None and moves.kind not in ("replace", "rename", "move")):
                continue
            source = world.path_of_unit(world.call_unit[site.call])
            kind = classify(self._evidence.of(target), (), source, self._config).kind
            if kind in ("artifact", "state", "unknown", "argument"):
                rank = 0 if kind in ("artifact", "state") else 1
                yield ValueSink(target, "name", rank, A_NAME, site.call)

    def _seeds(self) -> Iterator[ValueSink]:
        for site in self._linked.sites:
            port = site.ports.get(site.model.seed, -1) if site.model.seed else -1
            if port >= 0:
                yield ValueSink(port, "seed", 0, "the seed of a generator", site.call)

    def _shards(self) -> Iterator[ValueSink]:
        world = self._linked.world
        for site in self._linked.sites:
            port = site.ports.get(site.model.groups, -1) if site.model.groups else -1
            if port >= 0:
                yield ValueSink(port, "shard", 0, "a choice among groups", site.call)
        for unit, (_, _, facts) in enumerate(world.units):
            for item, index in facts.subscripts:
                base = world.nodes[world.node_base[unit] + item].base
                name = world.nodes[world.node_base[unit] + base].name if base >= 0 else ""
                looked_up = base >= 0 and self._linked.is_mapping(world.node_base[unit] + base)
                if self._linked.has_type(world.node_base[unit] + index, "builtins.str", "builtins.bytes"):
                    continue
                if not words(name) & _IN_MEMORY:
                    what = LOOKED_UP if looked_up else "a choice among shards"
                    yield ValueSink(world.node_base[unit] + index, "shard", 0, what)

    def _comparisons(self) -> Iterator[ValueSink]:
        """Operands of comparisons with something that was read."""
        graph, world = self.graph, self._linked.world
        for node in world.of_kind(Kind.VALUE):
            if world.nodes[node].name != "compare":
                continue
            operands = [graph.source[n] for n in graph.incoming.get(node, ())]
            for operand in operands:
                if any(other != operand and self._was_read(other) for other in operands):
                    yield ValueSink(operand, "comparison", 0, "a comparison with what an earlier run stored")

    def _was_read(self, node: int) -> bool:
        graph, world = self.graph, self._linked.world
        for _ in range(4):
            record = world.nodes[node]
            if record.kind == Kind.CALL:
                return record.name in _READS
            before = [graph.source[n] for n in graph.incoming.get(node, ()) if graph.op[n] == Op.SAME]
            if len(before) != 1:
                return False
            node = before[0]
        return False

    def _leaves(self) -> Iterator[ValueSink]:
        for function in self._linked.world.functions.values():
            name = function.record.name
            if not name.startswith("_") and function.record.kind != "lambda":
                for node in (function.returns, *function.outs):
                    yield ValueSink(node, "leaves", 3, "what a public function returns")

    # searches

    def difference_free(self, sources: Iterable[int]) -> Graph:
        """The graph without the differences of two values that both come from ``sources``: durations."""
        graph = self.graph
        wanted = sorted(sources)
        if not wanted:
            return graph
        mask = graph.forward_mask((n, VALUE) for n in wanted)
        op = bytearray(graph.op)
        world = self._linked.world
        for node in world.of_kind(Kind.BINOP):
            if world.nodes[node].name != "-":
                continue
            edges = graph.incoming.get(node, ())
            if len({graph.source[n] for n in edges if mask.get(graph.source[n], 0)}) > 1:
                for number in edges:
                    op[number] = Op.NOTHING
        return with_ops(graph, op)

    def without_keys(self, graph: Graph) -> Graph:
        """``graph`` without the keys of sorting: to sort by a value is a choice, which other rules judge."""
        keys = {node for (_, port), node in self._linked.contents.items() if port == "key()"}
        op = bytearray(graph.op)
        for number, source in enumerate(graph.source):
            if source in keys:
                op[number] = Op.NOTHING
        return with_ops(graph, op)

    def find(
        self, sources: Mapping[int, frozenset[tuple[Where, int]]], graph: Graph | None = None, bits: int = VALUE
    ) -> dict[int, Leak]:
        """The strongest sink that each source reaches, of those (where, rank) that count for it.

        ``bits``: what of it must arrive: its value, or (of a sample) which elements there are, in which order.
        """
        if not sources:
            return {}
        graph = graph if graph is not None else self.graph
        mask = graph.forward_mask((n, bits) for n in sorted(sources))
        found: dict[int, Leak] = {}
        for where, rank in _STRENGTH:
            wanted = [n for n in sorted(sources) if n not in found and (where, rank) in sources[n]]
            if not wanted:
                continue
            sinks: dict[int, ValueSink] = {}
            for one in self.sinks[where]:
                if one.rank == rank:
                    sinks.setdefault(one.node, one)
            leaks = self._search(graph, mask, bits, wanted, sinks, where)
            found |= leaks
            found |= self._other_ways(graph, bits, leaks, sinks, where)
        return found

    def _other_ways(
        self, graph: Graph, bits: int, leaks: Mapping[int, Leak], sinks: Mapping[int, ValueSink], where: Where
    ) -> dict[int, Leak]:
        """Ways for those of ``leaks`` whose shortest one does not hold together, if there is one that does."""
        found: dict[int, Leak] = {}
        op = bytearray(graph.op)
        for _ in range(_OTHER_WAYS):
            torn = {n: edge for n, leak in leaks.items() if (edge := broken_at(self._linked, graph, leak.path)) >= 0}
            if not torn:
                break
            for edge in torn.values():
                op[edge] = Op.NOTHING
            other = with_ops(graph, op)
            leaks = self._search(other, other.forward_mask((n, bits) for n in torn), bits, list(torn), sinks, where)
            found |= {n: leak for n, leak in leaks.items() if broken_at(self._linked, graph, leak.path) < 0}
        return found

    def _search(
        self, graph: Graph, mask: Mask, bits: int, wanted: Iterable[int], sinks: Mapping[int, ValueSink], where: Where
    ) -> dict[int, Leak]:
        """The nearest of ``sinks`` for each of the nodes ``wanted`` that reaches one."""
        search = Search(graph, mask)
        search.ascend = search.ascend and where != "leaves"
        search.start((node, bits, NO_ATTRIBUTES if where in _NUMBERS else "") for node in sinks)
        search.run()
        found: dict[int, Leak] = {}
        for node in wanted:
            hit = search.found(node, bits)
            if hit is None:
                continue
            path = tuple((s[0], e) for s, e in search.path(*hit))
            sink = sinks.get(path[-1][0]) if path else None
            if sink is not None:
                found[node] = Leak(node, path, sink, guessed(self._linked, graph, path))
        return found

    def arrives_whole(self, base: int, sink: int, cut: frozenset[int]) -> bool:
        """Whether ``base`` also reaches ``sink`` by a way that passes none of the nodes ``cut``."""
        graph = self.graph
        seen, queue = {sink}, [sink]
        while queue and len(seen) < _FULL_STEPS:
            for number in graph.incoming.get(queue.pop(), ()):
                source = graph.source[number]
                if source not in seen and source not in cut and graph.op[number] != Op.NOTHING:
                    seen.add(source)
                    queue.append(source)
        return base in seen


def with_ops(graph: Graph, op: bytearray) -> Graph:
    """The same graph with other operations on its edges."""
    changed = copy.copy(graph)
    changed.op = op
    return changed


def _strict(linked: Mutations, graph: Graph) -> Graph:
    world = linked.world
    known = {linked.result_of(s.call): True for s in linked.sites}
    for site in linked.sites:
        flows = [f.how for f in site.model.flows if f.to == "return"]
        if flows and all(how == "reduce" for how in flows) and site.model.returns in _COUNTS:
            known[linked.result_of(site.call)] = False
    op = bytearray(graph.op)
    by_name = {(graph.source[n], graph.target[n]) for n in places(op, Op.LOAD) if graph.key[n].startswith("'")}
    for number in places(op, Op.ONLY_VALUE):
        target, source = graph.target[number], graph.source[number]
        if graph.label[number] != 0:
            continue
        if (source, target) in by_name:  # `row.get("name")`, whatever else a row may be
            op[number] = Op.NOTHING
            continue
        record = world.nodes[target]
        if linked.edges.op[number] == Op.TEXT or (record.kind == Kind.VALUE and record.name == "compare"):
            op[number] = Op.NOTHING
        elif target in known:
            op[number] = op[number] if known[target] else Op.NOTHING
        elif record.kind == Kind.CALL:
            call = world.call_of(target) if record.base >= 0 else -1
            method = call >= 0 and linked.result_of(call) == target and linked.receiver_of(call) == source
            if not method or call in linked.callees or not _is_scalar(linked, source):
                op[number] = Op.NOTHING
    for node in world.of_kind(Kind.VALUE):
        if world.nodes[node].name == SAVED:  # one value among many, which nobody has picked
            for number in graph.outgoing.get(node, ()):
                op[number] = Op.NOTHING
    return with_ops(graph, op)


def _is_scalar(linked: Mutations, node: int) -> bool:
    return linked.has_type(node, *_SCALARS)


#: Where a value is looked for, the worst first.
_STRENGTH: tuple[tuple[Where, int], ...] = (
    ("digest", 0),
    ("name", 0),
    ("seed", 0),
    ("shard", 0),
    ("comparison", 0),
    ("name", 1),
    ("content", 0),
    ("content", 1),
    ("leaves", 3),
)
__all__ = ["Leak", "Permanence", "ValueSink", "Where", "with_ops"]
