"""Does a value stand in the last part of a path alone, and is that part dropped? Then no file is named after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from sst_lint.flow import Project

_DROPS = ("os.path.dirname", "posixpath.dirname", "ntpath.dirname")
_JOINS = frozenset({"join", "joinpath"})


def is_left_behind(project: Project, path: tuple[tuple[int, int], ...]) -> bool:
    """``(root / kind).parent / "index"``: whether a way (node, edge that leads on) goes into the last part of a path,
    and on through the directory that holds it."""
    nodes, graph = project.world.nodes, project.graph
    last = False
    for node, edge in path:
        if edge < 0:
            continue
        target = graph.target[edge]
        record = nodes[target]
        call = project.world.call_of(target) if record.kind == Kind.CALL else -1
        if (record.kind == Kind.ATTR and record.name == "parent") or (call >= 0 and _drops(project, call)):
            if last:
                return True
        elif record.kind == Kind.BINOP and record.name == "/":
            last = node == _latest(project, [graph.source[n] for n in graph.within.get(target, ())])
        elif call >= 0 and record.name in _JOINS:
            last = node == _latest(project, [n for _, n in project.linked.argument_nodes(call)])
    return False


def _drops(project: Project, call: int) -> bool:
    return any(name in _DROPS for name in project.linked.externals.get(call, ()))


def _latest(project: Project, operands: list[int]) -> int:
    nodes = project.world.nodes
    return max(operands, key=lambda n: (nodes[n].line, nodes[n].column), default=-1)
