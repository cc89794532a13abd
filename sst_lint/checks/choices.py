"""Where is one element picked although nobody knows which comes first?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.defect import Confidence, Defect
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
    yield from first_of_mapping(project)
    for picked in project.picked:
        if _only_tested(project, picked) or _first_of_walk(project, picked):
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
        confidence = _confidence(project, picked)
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


def first_of_mapping(project: Project) -> Iterator[Defect]:
    """SST205 on mappings: only where the picked element reaches something permanent."""
    for reach in project.reaches():
        if reach.kind != "dict" or reach.sink.rank > 1:
            continue
        picks = [edge for _, edge in reach.path if edge >= 0 and project.graph.key[edge] == "pick"]
        if not picks:
            continue
        node = project.graph.target[picks[0]]
        where = project.trace.location(node)
        yield Defect(
            "SST205",
            where,
            project.trace.statement_line(node),
            "",
            f"the first element of a mapping is picked and reaches {reach.sink.what}: whichever was inserted first; "
            "name the key, or use `min`/`max`",
            "warning",
            "low" if project.is_test(where.path) or reach.weak else "medium",
            project.trace.steps(reach.path, "a mapping", f"reaches {reach.sink.what}"),
            f"order:{where.line}:{where.column}",
        )


def _confidence(project: Project, picked: Picked) -> Confidence | None:
    choice = picked.choice
    if choice.guarded if choice is not None else project.world.calls[picked.call].guarded:
        return None
    if choice is not None and choice.keyed:
        return "low"
    if picked.weak or _is_random(project, picked):
        return "low"
    if choice is not None and choice.kind in ("assign", "slice", "return", "unpack"):
        return "medium"
    return "high"


def _is_random(project: Project, picked: Picked) -> bool:
    """``random.choice(x)``: random first of all."""
    return picked.call >= 0 and any(n.startswith("random.") for n in project.linked.externals.get(picked.call, {}))


def _first_of_walk(project: Project, picked: Picked) -> bool:
    """``next(os.walk(d))`` is the directory itself, whatever the order below it."""
    if picked.call < 0 or not picked.path:
        return False
    calls = [call for _, _, call in project.linked.sources.get(picked.path[0][0], ())]
    return any(name.endswith("walk") for call in calls for name in project.linked.externals.get(call, {}))


def _only_tested(project: Project, picked: Picked) -> bool:
    """Whether the picked element is only compared: a test for emptiness."""
    if picked.call < 0:
        return False
    result = project.linked.result_of(picked.call)
    targets = [project.graph.target[n] for n in project.graph.outgoing.get(result, ())]
    return all(project.world.nodes[t].kind == Kind.VALUE and project.world.nodes[t].name == "compare" for t in targets)
