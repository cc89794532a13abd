"""Do lines of text leave the program in the order of a set? Who gets a list of finished lines does not sort them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sst_lint.checks.kept import is_near, tells
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

_HOLE = "\x00"
#: What stands in lines of a program or a document, and not in the names of files or of things.
_OF_LINES = re.compile(r"[^\w\x00%.,/\\-]")
_PLACE = re.compile(r"\x00|%[srd(]|\{")
#: So many places are asked for what is put into a list.
_NEAR = 24
_INTO = frozenset({Op.STORE, Op.COPY, Op.SAME})


def leaves_as_lines(project: Project, reach: Reach) -> bool:
    """Whether a public function gives away a list of lines that a loop over a set has made."""
    if reach.sink.rank < 3 or not is_near(project, reach):
        return False
    graph = project.graph
    function = project.world.functions.get(graph.port_scope.get(reach.path[-1][0], -1))
    if function is None or function.record.name.startswith("__"):
        return False
    filled = [graph.target[edge] for _, edge in reach.path if edge >= 0 and graph.op[edge] == Op.ORDERS]
    return any(_holds_lines(project, node) for node in filled)


def _holds_lines(project: Project, holder: int) -> bool:
    """Whether lines with a place for a name are put into ``holder``, and no messages for people."""
    graph, nodes = project.graph, project.world.nodes
    near, lines = [holder], []
    for node in near:
        for edge in graph.incoming.get(node, ()):
            source = graph.source[edge]
            if graph.label[edge] or graph.op[edge] not in _INTO or source in near:
                continue
            if graph.op[edge] == Op.STORE and _is_formatted(project, source):
                lines.append(source)
            elif nodes[source].kind in (Kind.LIST, Kind.VALUE) and len(near) < _NEAR:
                near.append(source)
    return bool(lines) and not any(tells(project, node) for node in lines)


def _is_formatted(project: Project, node: int) -> bool:
    """Whether ``node`` is a line with a place in it: ``f"int {name};"``, ``"- %s" % name``, ``"import " + name``."""
    graph, nodes = project.graph, project.world.nodes
    parts = [node]
    if nodes[node].kind in (Kind.BINOP, Kind.CALL):
        parts = [graph.source[edge] for edge in graph.incoming.get(node, ()) if not graph.label[edge]]
    texts = [nodes[part].name for part in parts if nodes[part].kind == Kind.TEXT]
    placed = len(parts) > len(texts) or any(_PLACE.search(text) for text in texts)
    return placed and any(_OF_LINES.search(text) for text in texts)


__all__ = ["leaves_as_lines"]
