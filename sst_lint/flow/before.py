"""Is something read before it is filled? What a loop puts into a list was not there when a statement above it looked.

A list is one node of the graph, whenever it is asked: so a way through it may lead back in time. That shows in the
statements, as long as both stand in one function, and no loop brings the reader back to the same list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Loop
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations

#: So many names of one object are looked through.
_NEAR = 20
_FILLS = frozenset({Op.ORDERS, Op.ORDERS_KEYS})
#: What is made anew each time its expression is evaluated.
_MADE = frozenset({Kind.LIST, Kind.DICT, Kind.SET})
#: What these make does not change any more with what they are made of.
_READS = frozenset({Op.COPY, Op.SORT, Op.LOAD, Op.TEXT, Op.TEXT_SORTED, Op.JSON, Op.JSON_SORTED})
#: These hand on an object, or a view that shows what it holds later.
_HANDS_ON = frozenset({Op.SAME, Op.STORE, Op.PAIRS, Op.PAIRED, Op.VIEW, Op.KEYED})
_LOOPS = frozenset({"for", "while", "comprehension"})


def is_read_before(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]], end: int = 0) -> bool:
    """Whether a way (node, edge that leads on) takes out of a list what a later statement puts there. ``end``: the
    statement that takes from the last node of the way, if one does; else 0."""
    nodes = linked.world.nodes
    for number, (node, edge) in enumerate(path):
        if edge < 0 or graph.op[edge] not in _FILLS or graph.label[edge]:
            continue
        filler, holder = nodes[node], graph.target[edge]
        if filler.kind != Kind.LOOP or filler.name not in ("for", "while") or not _is_made_here(linked, graph, holder):
            continue
        if _reads_before(linked, graph, node, holder, path[number + 1 :], end):
            return True
    return False


def _is_made_here(linked: Mutations, graph: Graph, holder: int) -> bool:
    """Whether an object is made by the function itself, whichever of several it is."""
    nodes = linked.world.nodes
    near, made = [holder], False
    for node in near:
        if nodes[node].kind in _MADE:
            made = True
            continue
        before = [graph.source[e] for e in graph.within.get(node, ()) if graph.op[e] == Op.SAME and not graph.label[e]]
        if nodes[node].kind != Kind.VALUE or not before or len(near) > _NEAR:
            return False
        near += [each for each in dict.fromkeys(before) if each not in near]
    return made


def _reads_before(
    linked: Mutations, graph: Graph, loop: int, holder: int, rest: Sequence[tuple[int, int]], end: int
) -> bool:
    """Whether the first statement that reads ``holder`` on the ``rest`` of a way stands before ``loop``, which fills
    it, and before those around it that fill the same object."""
    world = linked.world
    nodes, unit = world.nodes, world.node_unit[loop]
    filler, made = nodes[loop], nodes[holder]
    if world.node_unit[holder] != unit or made.scope != filler.scope:
        return False
    loops, base = world.units[unit][2].loops, world.node_base[unit]
    around = [each for each in _around(loops, filler.base) if each not in set(_around(loops, made.loop))]
    begun = min(nodes[base + loops[each].node].statement for each in around) if around else 0
    for node, edge in rest:
        if edge < 0:
            break
        reader = nodes[graph.target[edge]]
        if graph.label[edge] or world.node_unit[graph.target[edge]] != unit or reader.scope != made.scope:
            return False
        if graph.op[edge] in _READS or (graph.op[edge] == Op.LOOP and reader.name in _LOOPS):
            return reader.statement < begun
        lazy = Kind.LOOP in (reader.kind, nodes[node].kind)  # a generator looks when it is asked
        if reader.kind == Kind.RETURN or not (lazy or graph.op[edge] in _HANDS_ON):
            return False
    return 0 < end < begun


def _around(loops: Sequence[Loop], number: int) -> Iterator[int]:
    """A loop and those around it."""
    while number >= 0:
        yield number
        number = loops[number].parent


__all__ = ["is_read_before"]
