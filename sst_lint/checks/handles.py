"""Is something written in the order of a set to a file that the caller has opened? Nobody can put it in order then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.kept import is_near, tells
from sst_lint.facts.ops import Op

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

_FILLS = frozenset({Op.ORDERS, Op.TEXT, Op.TEXT_SORTED})


def leaves_in_a_file(project: Project, reach: Reach) -> bool:
    """Whether a public function writes texts in the order of a set to a file that it is given: ``print(name,
    file=out)`` in a loop. Messages for people do not count."""
    if reach.sink.rank < 3 or reach.kind != "set" or not is_near(project, reach):
        return False
    graph = project.graph
    function = project.world.functions.get(graph.port_scope.get(reach.path[-1][0], -1))
    if function is None or function.returns == reach.path[-1][0] or function.record.name.startswith("__"):
        return False
    written = [
        call
        for node, edge in reach.path
        if edge >= 0 and graph.op[edge] in _FILLS
        for call in _written_by(project, graph.target[edge])
        if node in project.linked._loops_all(call) or _is_given(project, call, node)
    ]
    given = [node for call in written for _, node in project.linked.argument_nodes(call)]
    return bool(written) and not any(tells(project, node) for node in given)


def _written_by(project: Project, handle: int) -> Iterator[int]:
    """The calls that write a text to ``handle``."""
    world, linked = project.world, project.linked
    unit = world.node_unit[handle]
    first = world.call_base[unit]
    for call in range(first, first + len(world.units[unit][2].calls)):
        for site in linked.sites_of.get(call, ()):
            filled = [flow.to for flow in site.model.flows if flow.how == "text" and flow.to != "return"]
            if any(site.ports.get(port, -1) == handle for port in filled):
                yield call


def _is_given(project: Project, call: int, node: int) -> bool:
    return any(node == given for _, given in project.linked.argument_nodes(call))


__all__ = ["leaves_in_a_file"]
