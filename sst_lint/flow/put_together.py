"""Which mappings does one function put together and another one digest as text? The digest hangs on the order in which
the first one names the keys."""

from __future__ import annotations

from collections.abc import Iterable

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.codes import places
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.names import MAPPING_TYPES
from sst_lint.flow.sinks import A_DIGEST, Sink
from sst_lint.flow.world import Function

#: So many edges on each side of a serialization are looked at.
_NEAR = 24


def digested_mappings(linked: Mutations, graph: Graph, sinks: Iterable[Sink]) -> list[int]:
    """What is given to serializers that can sort keys, as a mapping that came through a call, and digested at once."""
    return [
        payload
        for payload in _digested(linked, graph, sinks)
        if _holds_mapping(linked, payload)
        and any(graph.label[edge] for edge in _near(linked, graph, payload, backward=True))
    ]


def digested_parts(linked: Mutations, graph: Graph, sinks: Iterable[Sink]) -> list[int]:
    """The same as a list, tuple or mapping in which a parameter or an attribute stands that is a mapping:
    ``json.dumps([VERSION, options])``."""
    return [
        payload
        for payload in _digested(linked, graph, sinks)
        if any(_is_from_elsewhere(linked, graph, part) for part in _parts(linked, graph, payload))
    ]


def _digested(linked: Mutations, graph: Graph, sinks: Iterable[Sink]) -> list[int]:
    """What serializers render that can sort keys, where the text is digested in the same unit."""
    digested = frozenset(sink.node for sink in sinks if sink.what == A_DIGEST)
    found: dict[int, None] = {}
    for site in linked.sites if digested else ():
        payload = site.ports.get(site.model.params[0], -1) if site.model.sort_param and site.model.params else -1
        after = _near(linked, graph, site.ports["return"], backward=False) if payload >= 0 else ()
        if not digested.isdisjoint(graph.target[edge] for edge in after):
            found[payload] = None
    return list(found)


def _parts(linked: Mutations, graph: Graph, payload: int) -> list[int]:
    """What its unit puts into a list, tuple or mapping, in its display or later."""
    units = linked.world.node_unit
    near = [payload, *(graph.source[edge] for edge in _near(linked, graph, payload, backward=True))]
    edges = [edge for node in near for edge in graph.incoming.get(node, ()) if graph.op[edge] == Op.STORE]
    return list(dict.fromkeys(graph.source[edge] for edge in edges if units[graph.source[edge]] == units[payload]))


def _is_from_elsewhere(linked: Mutations, graph: Graph, part: int) -> bool:
    """Whether a value may be a mapping, and a caller or an object says what stands in it."""
    if not _holds_mapping(linked, part):
        return False
    same = [edge for edge in _near(linked, graph, part, backward=True) if graph.op[edge] in (Op.SAME, Op.MAP, Op.ITER)]
    near = (part, *(graph.source[edge] for edge in same))
    return any(linked.world.nodes[node].kind in (Kind.PARAM, Kind.ATTR) for node in near)


def filled_by_setters(linked: Mutations, graph: Graph) -> list[int]:
    """Attributes that hold a mapping to which several setters add a key each: its order is the order in which somebody
    calls them."""
    world, fields = linked.world, linked.field_nodes
    added: dict[int, dict[str, None]] = {}
    for edge in places(graph.op, Op.STORE):
        target, key = graph.target[edge], graph.key[edge]
        if key[:1] != "'" or graph.label[edge] or world.nodes[target].kind != Kind.ATTR:
            continue
        function = world.functions.get(world.scope_of_node(target))
        if function is None or not _is_setter(function):
            continue
        for other in graph.incoming.get(target, ()):
            if graph.source[other] in fields and graph.op[other] == Op.SAME:
                added.setdefault(graph.source[other], {})[key] = None
    return [
        field
        for field, keys in added.items()
        if linked.is_mapping(field) and len(keys.keys() - _keys_from_the_start(linked, graph, field)) > 1
    ]


def _is_setter(function: Function) -> bool:
    """Whether a function is a public method that takes one value."""
    return function.cls >= 0 and not function.record.name.startswith("_") and len(function.params) == 2


def _keys_from_the_start(linked: Mutations, graph: Graph, field: int) -> set[str]:
    """The keys of what is assigned to an attribute: a value that is set anew keeps its place."""
    near, nodes = [field], linked.world.nodes
    for node in near:
        before = [graph.source[edge] for edge in graph.incoming.get(node, ()) if graph.op[edge] == Op.SAME]
        before = [source for source in before if nodes[source].kind != Kind.ATTR]  # which others fill
        near += [source for source in before if source not in near and len(near) < _NEAR]
    made = [edge for node in near[1:] for edge in graph.incoming.get(node, ())]
    return {graph.key[edge] for edge in made if graph.op[edge] == Op.STORE}


def _holds_mapping(linked: Mutations, node: int) -> bool:
    """Whether a value may be a mapping, also one of a class of the program's own."""
    bases = [base for kind, cls in linked.values(node) if kind == "i" for base in linked.external_bases(cls)]
    return linked.has_type(node, *MAPPING_TYPES) or any(base in MAPPING_TYPES for base in bases)


def _near(linked: Mutations, graph: Graph, start: int, backward: bool) -> list[int]:
    """The edges of a few steps from a node, within its unit, up to where a call is entered or left. Backward only those
    of the mapping itself: where its values come from says nothing of its keys."""
    units = linked.world.node_unit
    edges, other = (graph.incoming, graph.source) if backward else (graph.outgoing, graph.target)
    waiting = [start]
    found: dict[int, None] = {}
    for node in waiting:
        for edge in edges.get(node, ()):
            if edge in found or len(found) > _NEAR or (backward and graph.op[edge] == Op.STORE):
                continue
            found[edge] = None
            if graph.label[edge] == 0 and units[other[edge]] == units[start]:
                waiting.append(other[edge])
    return list(found)


__all__ = ["digested_mappings", "digested_parts", "filled_by_setters"]
