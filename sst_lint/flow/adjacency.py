"""Which edges does a node have? For all nodes in two arrays of integers, in the order in which they were given."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence


class Adjacency:
    """The edges of node ``n`` are ``edges[first[n]:first[n + 1]]``."""

    __slots__ = ("edges", "first", "size")

    def __init__(self, numbers: Iterable[int], ends: Sequence[int], nodes: int) -> None:
        """``numbers`` are edges that are sorted by their node, ``ends`` the node of each edge of the program."""
        self.edges = array("i", numbers)
        count = array("i", bytes(4 * (nodes + 1)))
        for number in self.edges:
            count[ends[number] + 1] += 1
        #: how many nodes have edges
        self.size = len(count) - count.count(0)
        total = 0
        for node, some in enumerate(count):
            total += some
            count[node] = total
        self.first = count

    def get(self, node: int, default: Sequence[int] = ()) -> Sequence[int]:
        """The edges of ``node``; ``default`` if it has none."""
        first = self.first
        if not 0 <= node < len(first) - 1 or first[node] == first[node + 1]:
            return default
        return self.edges[first[node] : first[node + 1]]


__all__ = ["Adjacency"]
