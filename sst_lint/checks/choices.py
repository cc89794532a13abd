"""Where is one element picked although nobody knows which comes first?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.defect import Confidence, Defect
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Picked

_WHAT = {
    "index": "an element is picked by its position",
    "slice": "elements are picked by their position",
    "unpack": "elements are told apart by their position",
    "return": "the first match is returned",
    "assign": "the value of the last (or first matching) round is kept",
    "call": "the first element is picked",
}
_OF = {"listing": "a listing in file-system order", "set": "a set", "completion": "results in completion order"}


def first_match(project: Project) -> Iterator[Defect]:
    """SST205: `next(iter(x))`, `x[0]`, a return out of a loop, where ``x`` is unordered."""
    for picked in project.picked:
        if not _is_exact(project, picked) or _only_tested(project, picked):
            continue
        choice = picked.choice
        kind = choice.kind if choice is not None else "call"
        if choice is not None:
            where = project.trace.span(picked.unit, choice.line, choice.column, choice.end_line, choice.end_column)
            first_line = project.world.units[picked.unit][1].first_line
            statement = max(choice.statement, 1) + first_line - 1
        else:
            result = project.linked.result_of(picked.call)
            where, statement = project.trace.location(result), project.trace.statement_line(result)
        confidence = _confidence(picked)
        if confidence is None:
            continue
        yield Defect(
            "SST205",
            where,
            statement,
            "",
            f"{_WHAT[kind]} out of {_OF[picked.kind]}: another run may pick another; sort first, or use `min`/`max`",
            "error" if confidence == "high" else "warning",
            "low" if project.is_test(where.path) else confidence,
            project.trace.steps(picked.path, f"{_OF[picked.kind]}", _WHAT[kind]),
            f"order:{where.line}:{where.column}",
        )


def _confidence(picked: Picked) -> Confidence | None:
    choice = picked.choice
    if choice is not None and choice.guarded:
        return None
    if choice is not None and choice.keyed:
        return "low"
    if picked.weak:
        return "low"
    if choice is not None and choice.kind in ("assign", "slice", "return", "unpack"):
        return "medium"
    return "high"


def _is_exact(project: Project, picked: Picked) -> bool:
    """Whether the thing itself is unordered, and not (perhaps) something deeper inside the container it came from."""
    graph = project.graph
    return not any(
        edge >= 0 and graph.op[edge] in (Op.ITER, Op.LOAD) and graph.key[edge][:1] not in ("'", ".")
        for _, edge in picked.path
    )


def _only_tested(project: Project, picked: Picked) -> bool:
    """Whether the picked element is only compared: a test for emptiness."""
    if picked.call < 0:
        return False
    result = project.linked.result_of(picked.call)
    targets = [project.graph.target[n] for n in project.graph.outgoing.get(result, ())]
    call = project.world.calls[picked.call]
    if not targets:
        return call.used
    return all(project.world.nodes[t].kind == Kind.VALUE and project.world.nodes[t].name == "compare" for t in targets)
