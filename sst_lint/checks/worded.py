"""Is a word picked out of a text that others put together? ``command.split()[0]`` is what the template begins with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from sst_lint.flow import Project

_RENDERS = frozenset({Op.TEXT, Op.TEXT_SORTED, Op.JSON, Op.JSON_SORTED})
_MADE = frozenset({Kind.TEXT, Kind.BINOP})


def is_word_of_text(project: Project, path: Sequence[tuple[int, int]]) -> bool:
    """Whether unordered things became part of a text on a way, beside words of its own or in another function: so
    whoever splits it asks for its words, and knows where they stand."""
    graph, nodes = project.graph, project.world.nodes
    rendered = False
    for _, edge in path:
        if edge < 0:
            break
        record = nodes[graph.target[edge]]
        joined = record.kind == Kind.CALL and record.name == "join" and graph.op[edge] == Op.COPY
        if rendered and (graph.label[edge] or record.kind in _MADE):
            return True
        rendered = rendered or joined or graph.op[edge] in _RENDERS
        if graph.op[edge] in _RENDERS and record.kind in _MADE:
            return True
    return False


__all__ = ["is_word_of_text"]
