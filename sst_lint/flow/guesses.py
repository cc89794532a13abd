"""How far is a way guessed? A function that one caller hands over must not come out at the call of another.

A helper that calls its parameter is linked with all functions that its callers hand over, and the search does not match
them with the callers. A way that it found is short, so here that can be made up for.
"""

from __future__ import annotations

from collections.abc import Sequence

from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.values import ONE_OF_SEVERAL


def guessed(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> int:
    """The most that an edge of a way (node, edge that leads on) is guessed: 0, ``BY_NAME`` or ``ONE_OF_SEVERAL``."""
    most = 0
    for at, (node, edge) in enumerate(path):
        if edge < 0:
            continue
        weak = graph.weak[edge]
        if weak == ONE_OF_SEVERAL or _is_of_parameter(linked, graph.label[edge]):
            weak = 0 if _is_matched(linked, graph, node, path[at:]) else ONE_OF_SEVERAL
        most = max(most, weak)
    return most


def _is_of_parameter(linked: Mutations, label: int) -> bool:
    """Whether an edge comes back from a call of what the calling function was given."""
    call = -label - 1
    if not 0 <= call < len(linked.world.calls):
        return False
    return linked.world.nodes[linked.callee_of(call)].kind == Kind.PARAM


def _is_matched(linked: Mutations, graph: Graph, given: int, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a way out of a function that was handed over (``given``: what it returns) goes on where it was, or leaves
    for the caller who handed it over."""
    call = -graph.label[path[0][1]] - 1
    handed = linked.callee_of(call)
    scope = linked.world.scope_of_call(call)
    for node, edge in path[1:]:
        outer = -graph.label[edge] - 1 if edge >= 0 else -1
        if outer >= 0 and scope not in linked.callees.get(outer, {}) and linked.world.scope_of_node(node) == scope:
            return False  # it leaves by `self[key]`, an operator or a property: nobody hands a function over there
        if outer < 0 or scope not in linked.callees.get(outer, {}):
            continue
        arguments = [a for a, param, _ in linked.bindings.get(outer, ()) if param == handed]
        if not arguments:
            return False  # captured, or an attribute: nobody knows who handed it over
        functions = [v[1] for v in linked.values(arguments[0]) if v[0] in ("f", "b")]
        if not any(linked.world.functions[scope].returns == given for scope in functions):
            return False
        if linked.world.nodes[arguments[0]].kind != Kind.PARAM:
            return True
        handed, scope = arguments[0], linked.world.scope_of_call(outer)
    return True
