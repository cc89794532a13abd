"""Which files are read only to see whether they have to be written again?

``if path.read_text() == text: return``: half of such a file is another text, so the next run writes it anew.
"""

from __future__ import annotations

from sst_lint.facts.records import Kind
from sst_lint.flow.effects import Effect
from sst_lint.flow.evidence import OUTWARD
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations

_READS = frozenset({"read", "readlines", "read_text", "read_bytes"})
#: So many places are looked at for what becomes of what was read.
_NEAR = 20


class Compared:
    """Answers for the reads of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph) -> None:
        self._linked = linked
        self._graph = graph

    def only(self, effect: Effect) -> bool:
        """Whether a read stands in the function itself, and what it gives is compared and used for nothing else."""
        if effect.calls:
            return False
        results = self._contents(effect.site.call)
        return bool(results) and self._ends_in_comparison(results)

    def _contents(self, call: int) -> list[int]:
        """What was read by a call, or of the file that it has opened; nothing if it is read in any other way."""
        linked, world = self._linked, self._linked.world
        if world.calls[call].method in ("read_text", "read_bytes"):
            return [linked.result_of(call)]
        handle, found = ("h", call), []
        unit = world.call_unit[call]
        first = world.call_base[unit]
        for number in range(first, first + len(world.units[unit][2].calls)):
            if any(handle in linked.values(node) for _, node in linked.argument_nodes(number)):
                return []  # somebody else reads it
            receiver = linked.receiver_of(number)
            if receiver >= 0 and handle in linked.values(receiver) and number != call:
                if world.calls[number].method in _READS:
                    found.append(linked.result_of(number))
                elif world.calls[number].method not in ("close", "seek"):
                    return []
        return found

    def _ends_in_comparison(self, results: list[int]) -> bool:
        """Whether all that comes of some values is that they are compared."""
        graph, nodes = self._graph, self._linked.world.nodes
        near, compared = list(results), False
        for node in near:
            for edge in graph.outgoing.get(node, ()):
                record = nodes[graph.target[edge]]
                if record.kind == Kind.VALUE and record.name == "compare":
                    compared = True
                elif graph.label[edge] or record.kind in OUTWARD or len(near) > _NEAR:
                    return False
                elif graph.target[edge] not in near:
                    near.append(graph.target[edge])
        return compared and not self._is_taken(near)

    def _is_taken(self, held: list[int]) -> bool:
        """Whether a call takes any of these values, and makes none of them."""
        world, linked = self._linked.world, self._linked
        unit = world.node_unit[held[0]]
        first = world.call_base[unit]
        return any(
            node in held and linked.result_of(number) not in held
            for number in range(first, first + len(world.units[unit][2].calls))
            for _, node in linked.argument_nodes(number)
        )
