"""Does the program put in order what an object holds? ``self.rows = sorted(self.rows)`` in one of its methods.

Methods are not followed in time, so a way may pass the attribute as if that had not been done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from sst_lint.flow import Project

#: So many values are looked at between a sort and what its result is put into.
_NEAR = 12
#: How the value is named that `x.rows.sort()` leaves.
_IN_PLACE = "sorted"


def is_put_in_order(project: Project, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a way passes an attribute that some method sorts where it lies, or puts back sorted."""
    fields = project.linked.field_nodes
    return any(
        _is_sorted(project, node, fields[node][1]) if node in fields else _is_sorted_there(project, node, edge)
        for node, edge in path
    )


def _is_sorted_there(project: Project, node: int, edge: int) -> bool:
    """Whether what is put into an attribute, or under a key, is sorted in the same function: ``self.rows = rows``,
    ``self.rows.sort()``."""
    graph, nodes = project.graph, project.world.nodes
    if edge < 0 or (graph.op[edge] != Op.STORE and nodes[graph.target[edge]].kind != Kind.PUT):
        return False
    if graph.key[edge].startswith("'") and _is_sorted_under(project, graph.target[edge], graph.key[edge]):
        return True
    after = (number for number in graph.outgoing.get(node, ()) if graph.op[number] == Op.SORT)
    return any(nodes[graph.target[number]].name == _IN_PLACE for number in after)


def _is_sorted_under(project: Project, mapping: int, key: str) -> bool:
    """Whether what stands under a key is sorted where it lies: ``table["rows"].sort()``."""
    graph, nodes, near = project.graph, project.world.nodes, [mapping]
    for node in near:
        for edge in graph.outgoing.get(node, ()):
            target = graph.target[edge]
            if graph.op[edge] == Op.LOAD and graph.key[edge] == key:
                made = [graph.target[each] for each in graph.outgoing.get(target, ()) if graph.op[each] == Op.SORT]
                if any(nodes[each].name == _IN_PLACE and each > mapping for each in made):
                    return True
            elif graph.op[edge] == Op.SAME and not graph.label[edge] and target not in near and len(near) < _NEAR:
                near.append(target)
    return False


def _is_sorted(project: Project, field: int, name: str) -> bool:
    graph, nodes = project.graph, project.world.nodes
    readers = [graph.target[edge] for edge in graph.outgoing.get(field, ())]
    made = [
        graph.target[edge]
        for reader in readers
        if nodes[reader].kind == Kind.ATTR and nodes[reader].name == name
        for edge in graph.outgoing.get(reader, ())
        if graph.op[edge] == Op.SORT
    ]
    return any(nodes[each].name == _IN_PLACE or _is_put_back(project, each, name) for each in made)


def _is_put_back(project: Project, made: int, name: str) -> bool:
    """Whether what was sorted is put under ``name`` again."""
    graph, nodes, near = project.graph, project.world.nodes, [made]
    for node in near:
        if nodes[node].kind == Kind.PUT and nodes[node].name == name:
            return True
        after = [graph.target[e] for e in graph.outgoing.get(node, ()) if graph.op[e] == Op.SAME and not graph.label[e]]
        near += [each for each in after if each not in near][: _NEAR - len(near)]
    return False


__all__ = ["is_put_in_order"]
