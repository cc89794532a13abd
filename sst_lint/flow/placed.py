"""What is sorted by the places of another sequence? ``sorted(names, key=order.index)`` is in the order of ``order``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.sites import Site

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations

_KEY = "key"
_INDEX = frozenset({"builtins.list.index", "builtins.tuple.index"})
#: What gives the number that a mapping has for something.
_LOOKUP = frozenset({"builtins.dict.get", "builtins.dict.__getitem__"})


def sort_by_places(linked: Mutations) -> None:
    """Add the order of what tells the places to what is sorted by them; to be called once values have settled."""
    for site in tuple(linked.sites):
        if _KEY in site.given and any(function == _KEY for function, _ in site.model.callback):
            results = _results(linked, site)
            for source, op in _orders(linked, site) if results else ():
                told = linked._step_node(site.call, f"placed {source}")
                linked._edge(source, told, op)
                for result in results:
                    linked._edge(told, result, Op.ORDERS)


def _results(linked: Mutations, site: Site) -> list[int]:
    """What is in order after a sort."""
    if not site.model.sorts:
        sorts = any(flow.how == "sort" for flow in site.model.flows)
        return [site.ports["return"]] if sorts else []
    edges, before = linked.edges, site.ports.get(site.model.sorts, -1)
    return [edges.target[n] for n in linked.leaving(before) if edges.op[n] == Op.SORT] if before >= 0 else []


def _orders(linked: Mutations, site: Site) -> Iterator[tuple[int, Op]]:
    """What tells the places by which is sorted, and what of it counts: the own order of a sequence, that in which the
    numbers of a mapping were given, or which the function itself gives back."""
    world, key = linked.world, site.ports[_KEY]
    result = linked._callback_result(site.call, _KEY)
    yield result, Op.SAME
    yield result, Op.LOAD  # one of several things by which is sorted
    for value in linked.values(key):
        holder = linked._base_of(key) if world.nodes[key].kind == Kind.ATTR else -1
        if value[0] == "x" and value[1] in _INDEX and holder >= 0:
            yield holder, Op.LOOP
        elif value[0] == "x" and value[1] in _LOOKUP and holder >= 0:
            yield holder, Op.LOAD


__all__ = ["sort_by_places"]
