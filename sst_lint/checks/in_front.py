"""Is an element picked from what stands in front of unordered ones? ``([sys.executable, "-m"] + found)[0]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from sst_lint.flow import Project

#: What keeps a list, or puts it into another one and takes it out again.
_KEEPS = frozenset({Op.SAME, Op.COPY, Op.STORE, Op.ITER, Op.LOAD})


def is_in_front(project: Project, path: Sequence[tuple[int, int]], places: Sequence[str]) -> bool:
    """Whether the elements at ``places`` ("#0", counted from the front) are among those that a literal list names, to
    which a way only adds others behind."""
    wanted = [int(place[1:]) for place in places if place[1:].isdigit()]
    if not wanted or len(wanted) != len(places):
        return False
    graph, inside = project.graph, 0
    for node, edge in reversed(path):
        op = graph.op[edge] if edge >= 0 else Op.SAME
        if edge >= 0 and not inside and _in_front_of(project, node, graph.target[edge]) > max(wanted):
            return True
        if op not in _KEEPS or inside < 0:
            return False
        inside += {Op.ITER: 1, Op.LOAD: 1, Op.STORE: -1}.get(Op(op), 0)
    return False


def _in_front_of(project: Project, behind: int, added: int) -> int:
    """How many elements a literal list names in front of ``behind`` where both are added up."""
    graph, nodes = project.graph, project.world.nodes
    first = _left(project, added)
    if first in (-1, behind):
        return 0
    while nodes[first].kind == Kind.BINOP and _left(project, first) >= 0:  # of several sums
        first = _left(project, first)
    if first < 0 or nodes[first].kind != Kind.LIST or nodes[first].name:
        return 0
    keys = {graph.key[edge] for edge in graph.incoming.get(first, ()) if graph.op[edge] == Op.STORE}
    count = 0
    while f"#{count}" in keys:
        count += 1
    return count


def _left(project: Project, added: int) -> int:
    """What stands on the left of a ``+`` or ``+=``, or -1."""
    graph, nodes = project.graph, project.world.nodes
    record = nodes[added]
    if record.kind != Kind.BINOP or record.name != "+":
        return -1
    edges = [edge for edge in graph.incoming.get(added, ()) if not graph.label[edge]]
    grown = any(graph.op[edge] == Op.COPY for edge in edges)  # `+=`
    for edge in edges:
        source = nodes[graph.source[edge]]
        begins = (source.line, source.column) == (record.line, record.column)
        if graph.op[edge] == Op.SAME and (grown or begins):
            return graph.source[edge]
    return -1


__all__ = ["is_in_front"]
