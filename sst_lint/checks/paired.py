"""What is put side by side although nothing says which belongs to which? ``zip(xs.glob("*"), ys.glob("*"))``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from sst_lint.checks.belief import BY_FIELDS, GUESSED, MEDIUM, OF_A_TEST, Belief, low
from sst_lint.checks.defect import Defect
from sst_lint.facts.records import Kind
from sst_lint.flow.guesses import guessed
from sst_lint.flow.location import Step

if TYPE_CHECKING:
    from sst_lint.flow import Project

_ZIPS = frozenset({"builtins.zip", "itertools.zip_longest"})
#: What has an order that is nobody's, as it is told.
_OF = {
    "listing": "a listing in file-system order",
    "rows": "rows of a query without ORDER BY",
    "set": "a set",
}
_TOLD = "two things without order are put side by side"
#: A pair behind more fields and globals than this is not believed.
_AWAY = 1
#: (node, edge that leads on) from the source
_Path = Sequence[tuple[int, int]]


def paired(project: Project) -> Iterator[Defect]:
    """SST205: the elements of two things without order, one beside the other by their places. What was made of one
    of them stands in its order, and goes with it."""
    for node, given in (*_zipped(project), *_counted(project)):
        origins = [found for each in given if (found := _origins(project, each))]
        for one, other in combinations(origins, 2):
            if not any(_is_same(first, second) for first in one for second in other):
                yield _defect(project, node, *(next(iter(each.values())) for each in (one, other)))
                break


def _origins(project: Project, node: int) -> dict[tuple[int, ...], tuple[str, _Path]]:
    """All that a value has its order from, by where that was made, the nearest first; none if one of it is not told."""
    found = project.all_unordered_by(node) if project.unordered_by(node) is not None else []
    return {_place(project, path): (kind, path) for kind, path in found} if all(k in _OF for k, _ in found) else {}


def _zipped(project: Project) -> Iterator[tuple[int, list[int]]]:
    """What is put side by side by ``zip``, and its result."""
    linked = project.linked
    for site in linked.sites:
        if site.model.name in _ZIPS:
            yield linked.result_of(site.call), [node for slot, node in linked.argument_nodes(site.call) if not slot]


def _counted(project: Project) -> Iterator[tuple[int, list[int]]]:
    """What is taken by one number, ``images[i]`` and ``labels[i]``, and the last of what is taken."""
    world = project.world
    for unit, (_, _, facts) in enumerate(world.units):
        taken: dict[int, dict[int, int]] = {}
        for item, index in facts.subscripts:
            counts = facts.nodes[index].kind == Kind.VALUE and facts.nodes[index].loop >= 0
            if counts or facts.nodes[index].kind == Kind.PARAM:
                taken.setdefault(index, {})[facts.nodes[item].base] = item
        base = world.node_base[unit]
        for items in taken.values():
            if len(items) > 1:
                held = [base + node for node in items if not project.linked.is_mapping(base + node)]
                yield base + max(items.values()), held


def _place(project: Project, path: _Path) -> tuple[int, ...]:
    """Where something without order was made: the source, and the calls out of which it came. One function lists as
    many things as there are calls of it."""
    left: list[int] = []
    entered: list[int] = []
    for _, edge in path:
        label = project.graph.label[edge] if edge >= 0 else 0
        if label > 0:
            entered.append(label)
        elif label < 0 and entered:
            entered.pop()
        elif label < 0:
            left.append(-label)
    return (path[0][0], *left)


def _is_same(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two places are one: of what went two ways, one may have left further calls, through fields."""
    return all(a == b for a, b in zip(one, other, strict=False))


def _defect(project: Project, result: int, one: tuple[str, _Path], other: tuple[str, _Path]) -> Defect:
    where = project.trace.location(result)
    steps = project.trace.steps(tuple(one[1]), _OF[one[0]], _TOLD)
    beside = project.trace.steps(tuple(other[1]), _OF[other[0]], _TOLD)
    both = (*steps[:-1], *beside[:-1], Step(where.path, where.line, where.function, _TOLD))
    belief = _belief(project, where.path, (one[1], other[1]))
    return Defect(
        "SST205",
        where,
        project.trace.statement_line(result),
        "",
        f"{_TOLD}, {_OF[one[0]]} and {_OF[other[0]]}: another run may pair others; sort both first",
        "warning",
        belief.confidence,
        tuple(dict.fromkeys(both)),
        f"order:{where.line}:{where.column}",
        doubts=belief.doubts,
    )


def _belief(project: Project, place: str, paths: Sequence[_Path]) -> Belief:
    if project.is_test(place) or any(project.passes_test(tuple(path)) for path in paths):
        return low(OF_A_TEST)
    if any(guessed(project.linked, project.graph, path) for path in paths):
        return low(GUESSED)
    return low(BY_FIELDS) if any(project.distance(path) > _AWAY for path in paths) else MEDIUM
