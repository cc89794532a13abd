"""Does a way take a change back to where an object came from, that was none of the change?

``rows = given if given else list(names)``, then ``rows.append(row)``: the row comes to ``given`` as well, but what
``names`` held does not. And what ``table[key]`` has gained comes back to ``table``, but not what lies there under
another key. The node of the changed object holds both, so the search cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sst_lint.facts.ops import Op
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations

#: Steps from where an object came from to where it was changed.
_TAKES = frozenset({Op.SAME, Op.AS_LIST, Op.AS_DICT, Op.NOT_LIST, Op.NOT_DICT, Op.LOAD, Op.ITER})
#: The step from what was changed back to there.
_BACK = {Op.SAME: _TAKES - {Op.LOAD, Op.ITER}, Op.STORE: frozenset({Op.LOAD, Op.ITER})}
#: What is added to an object is a change of it.
_CHANGE = "added"


def comes_back_beside(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a way (node, edge that leads on) passes a changed object from one thing that it may be to another one,
    or out of a container and back into it, and so is none."""
    return any(
        into >= 0 and back >= 0 and _is_back(linked, graph, back) and _takes(linked, graph, into)
        for (_, into), (_, back) in pairwise(path)
    )


def _takes(linked: Mutations, graph: Graph, edge: int) -> bool:
    """Whether an edge brings what an object was before somebody changed it."""
    plain = not graph.label[edge] and not linked.edges.back[edge] and graph.op[edge] in _TAKES
    return plain and linked.world.nodes[graph.source[edge]].name != _CHANGE


def _is_back(linked: Mutations, graph: Graph, edge: int) -> bool:
    """Whether an edge takes a change back to where the object came from."""
    ops = _BACK.get(Op(graph.op[edge]))
    if ops is None or graph.label[edge] or not linked.edges.back[edge]:
        return False
    changed, origin = graph.source[edge], graph.target[edge]
    return any(
        graph.source[other] == origin and graph.op[other] in ops and not linked.edges.back[other]
        for other in graph.within.get(changed, ())
        if not graph.label[other]
    )


__all__ = ["comes_back_beside"]
