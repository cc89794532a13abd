"""Which mappings does one function put together and another one digest as text? The digest hangs on the order in which
the first one names the keys."""

from __future__ import annotations

from collections.abc import Iterable

from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.names import MAPPING_TYPES
from sst_lint.flow.sinks import Sink

#: So many edges on each side of a serialization are looked at.
_NEAR = 24


def digested_mappings(linked: Mutations, graph: Graph, sinks: Iterable[Sink]) -> list[int]:
    """What is given to serializers that can sort keys, as a mapping that came through a call, and digested at once."""
    digested = frozenset(sink.node for sink in sinks if sink.what == "a digest")
    found: dict[int, None] = {}
    for site in linked.sites if digested else ():
        payload = site.ports.get(site.model.params[0], -1) if site.model.sort_param and site.model.params else -1
        if payload < 0 or not _holds_mapping(linked, payload):
            continue
        if not any(graph.label[edge] for edge in _near(linked, graph, payload, backward=True)):
            continue
        after = _near(linked, graph, site.ports["return"], backward=False)
        if not digested.isdisjoint(graph.target[edge] for edge in after):
            found[payload] = None
    return list(found)


def _holds_mapping(linked: Mutations, node: int) -> bool:
    """Whether a value may be a mapping, also one of a class of the program's own."""
    bases = [base for kind, cls in linked.values(node) if kind == "i" for base in linked.external_bases(cls)]
    return linked.has_type(node, *MAPPING_TYPES) or any(base in MAPPING_TYPES for base in bases)


def _near(linked: Mutations, graph: Graph, start: int, backward: bool) -> list[int]:
    """The edges of a few steps from a node, within its unit, up to where a call is entered or left."""
    units = linked.world.node_unit
    edges, other = (graph.incoming, graph.source) if backward else (graph.outgoing, graph.target)
    waiting = [start]
    found: dict[int, None] = {}
    for node in waiting:
        for edge in edges.get(node, ()):
            if edge in found or len(found) > _NEAR:
                continue
            found[edge] = None
            if graph.label[edge] == 0 and units[other[edge]] == units[start]:
                waiting.append(other[edge])
    return list(found)


__all__ = ["digested_mappings"]
