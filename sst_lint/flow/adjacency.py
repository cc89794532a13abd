"""Which edges does a node have? For all nodes in two arrays of integers, in the order in which they were given."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TypeVar

_A = TypeVar("_A", bound="Adjacency")


class Adjacency:
    """The edges of node ``n`` are ``edges[first[n]:first[n + 1]]``."""

    __slots__ = ("edges", "first", "size")

    def __init__(self, numbers: Iterable[int], ends: Sequence[int], nodes: int) -> None:
        """``numbers`` are edges that are sorted by their node, ``ends`` the node of each edge of the program."""
        self.edges = array("i", numbers)
        count = array("i", bytes(4 * (nodes + 1)))
        for end in map(ends.__getitem__, self.edges):
            count[end + 1] += 1
        self.size = nodes + 1 - count.count(0)  #: how many nodes have edges
        self.first = array("i", accumulate(count))

    def get(self, node: int, default: Sequence[int] = ()) -> Sequence[int]:
        """The edges of ``node``; ``default`` if it has none."""
        first = self.first
        if not 0 <= node < len(first) - 1 or first[node] == first[node + 1]:
            return default
        return self.edges[first[node] : first[node + 1]]

    @classmethod
    def by(cls: type[_A], ends: Sequence[int], nodes: int) -> _A:
        """All edges by their node, in the order of their numbers."""
        return cls(sorted(range(len(ends)), key=ends.__getitem__), ends, nodes)


class Growing(Adjacency):
    """One to which edges are added."""

    __slots__ = ("_later",)

    def __init__(self, numbers: Iterable[int], ends: Sequence[int], nodes: int) -> None:
        """As that of ``Adjacency``."""
        super().__init__(numbers, ends, nodes)
        self._later: dict[int, list[int]] = {}

    def add(self, node: int, number: int) -> None:
        """Add an edge after those that ``node`` has."""
        self._later.setdefault(node, []).append(number)

    def has(self, node: int) -> bool:
        """Whether ``node`` has edges."""
        first = self.first
        return node in self._later or (0 <= node < len(first) - 1 and first[node] != first[node + 1])

    def get(self, node: int, default: Sequence[int] = ()) -> Sequence[int]:
        """The edges of ``node``; ``default`` if it has none."""
        later = self._later.get(node)
        return super().get(node, default) if later is None else [*super().get(node, ()), *later]


__all__ = ["Adjacency", "Growing"]
