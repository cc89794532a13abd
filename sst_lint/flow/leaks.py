"""Which unreliable values reach what? The sources of values and the sinks of values, put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sst_lint.config import Config
from sst_lint.facts.ops import ORDER
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.order import Order
from sst_lint.flow.permanence import Leak, Permanence, Where
from sst_lint.flow.sinks import rank_of
from sst_lint.flow.volatile import Source, Sources
from sst_lint.flow.writes import Write, Writes
from sst_lint.flow.zones import is_universal, zoned

_PERMANENT: tuple[tuple[Where, int], ...] = (("digest", 0), ("name", 0), ("name", 1), ("content", 0), ("content", 1))
#: What counts for each kind of source, besides the above.
_ALSO: dict[str, tuple[tuple[Where, int], ...]] = {
    "clock": (("seed", 0),),
    "random": (("leaves", 3),),
    "hash": (("seed", 0), ("shard", 0), ("comparison", 0), ("leaves", 3)),
    "identity": (("seed", 0),),
}
#: A path that only says where things lie is no name.
_NO_NAMES = frozenset({"place", "platform"})


class Leaks:
    """Unreliable values with what they reach, of a linked program."""

    def __init__(
        self, linked: Mutations, graph: Graph, writes: Writes, order: Order, evidence: PathEvidence, config: Config
    ) -> None:
        self._linked = linked
        self._writes = writes
        self.sources = Sources(linked, graph, writes)
        self.permanence = Permanence(linked, graph, writes, order, evidence, config)

    @cached_property
    def values(self) -> tuple[tuple[Source, Leak], ...]:
        """Clock, random, process and machine values, with the worst place that each reaches."""
        sources = self.sources.values()
        clocks = {s.node for s in sources if s.kind in ("clock", "file-time")}
        wanted: dict[int, frozenset[tuple[Where, int]]] = {}
        for source in sources:
            places = {p for p in _PERMANENT if not (p[0] == "name" and source.kind in _NO_NAMES)}
            wanted[source.node] = wanted.get(source.node, frozenset()) | places | frozenset(_ALSO.get(source.kind, ()))
        timed = {n: places for n, places in wanted.items() if n in clocks}
        found = self.permanence.find(timed, self.permanence.without_keys(self.permanence.difference_free(clocks)))
        found |= self.permanence.find({n: places for n, places in wanted.items() if n not in clocks})
        drawn = {
            s.node: wanted[s.node]
            for s in sources
            if s.drawn and (s.node not in found or found[s.node].sink.where == "leaves")
        }
        found |= self.permanence.find(drawn, bits=ORDER)
        reached = [(source, found[source.node]) for source in sources if source.node in found]
        reached = [(source, leak) for source, leak in reached if not self._is_asked_for(source, leak, reached)]
        tokens = {leak.sink.node for source, leak in reached if source.secret}
        return tuple((s, leak) for s, leak in reached if leak.sink.where != "digest" or leak.sink.node not in tokens)

    def _is_asked_for(self, source: Source, leak: Leak, reached: Sequence[tuple[Source, Leak]]) -> bool:
        """Whether a value only tells of whom another one of its kind is asked: ``getpwuid(getuid())``."""
        if source.kind != "machine":
            return False
        others = {other.node for other, _ in reached if other.kind == source.kind and other.node != source.node}
        return any(node in others for node, _ in leak.path[1:])

    @cached_property
    def naive(self) -> tuple[tuple[Source, Leak], ...]:
        """Dates without a zone, with what they reach."""
        sources = self.sources.naive_dates()
        graph = self.permanence.difference_free({s.node for s in sources})
        found: dict[int, Leak] = {}
        for universal in (False, True):
            wanted = {s.node: frozenset(_PERMANENT) for s in sources if s.site and is_universal(s.site) == universal}
            if wanted:
                found |= self.permanence.find(wanted, zoned(self._linked, graph, universal))
        return tuple((source, found[source.node]) for source in sources if source.node in found)

    @cached_property
    def headers(self) -> tuple[tuple[Source, Write, int, str], ...]:
        """Calls that put a date into the header of a file that is kept: (source, write, rank, what it is)."""
        found: dict[int, tuple[Source, Write, int, str]] = {}
        for source, writes in self.sources.headers():
            for write in writes:
                rank, what = rank_of(write)
                if rank < 2 and source.node not in found:
                    found[source.node] = (source, write, rank, what)
        return tuple(found[node] for node in sorted(found))


__all__ = ["Leaks"]
