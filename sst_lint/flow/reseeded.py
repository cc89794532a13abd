"""Which generators of random numbers are made without a seed and are given one later? ``rng = Random()``,
``rng.seed(7)``."""

from __future__ import annotations

from collections.abc import Iterator

from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site

#: So many values are looked through for where a generator is made.
_NEAR = 40


def seeded_later(linked: Mutations, graph: Graph) -> Iterator[tuple[Site, int]]:
    """(call, what holds the generator that it gives a seed), back to where that is made."""
    for site in linked.sites:
        model = site.model
        if model.method and model.seeds and model.seed in site.given and site.constants.get(model.seed, 0) is not None:
            for node in before(graph, site.ports["self"]):
                yield site, node


def before(graph: Graph, node: int) -> list[int]:
    """What a value comes from, nearest first, as far as its own functions say, and those that they call."""
    near = [node]
    for one in near:
        found = [graph.source[edge] for edge in graph.incoming.get(one, ()) if graph.label[edge] <= 0]
        near += [each for each in found if each not in near][: max(0, _NEAR - len(near))]
    return near


__all__ = ["before", "seeded_later"]
