"""Which choices go by a clock, and which sorts leave equal elements as chance put them?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import BY_FIELDS, GUESSED, LONG_WAY, MEDIUM, OF_A_TEST, Belief, low
from sst_lint.checks.certainty import FAR, confidence_of
from sst_lint.checks.choices import only_tested
from sst_lint.checks.defect import Defect
from sst_lint.checks.lone import items
from sst_lint.facts.ops import Op
from sst_lint.flow.location import Step
from sst_lint.flow.sorting import is_stamp
from sst_lint.flow.trace import LONG, length

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach
    from sst_lint.flow.picks import Picked, SortedBy

_BY = {
    "clock": "by modification time, which a copy, a checkout or a restore changes",
    "stamp": "by a time stamp, and clocks differ and step back",
    "ties": "by a key that two of them can share",
}
_OF = {
    "listing": "files of a listing",
    "rows": "rows of a query without ORDER BY",
    "set": "elements of a set",
    "completion": "results in completion order",
    "read": "entries of a file",
    "": "files",
}
#: Functions that tidy up: which file goes first is what people expect of them.
_TIDIES = re.compile(
    r"(?i)prun|clean|evict|rotat|purge|expir|trim|shrink|cull|discard|delet|remov|garbage|(^|_)gc(_|$)"
)
_NEAR = 60
_KEEPS = frozenset({Op.SAME, Op.COPY, Op.ITER, Op.LOAD, Op.STORE, Op.PATH, Op.PAIRS, Op.PAIRED})


def by_clock(project: Project) -> Iterator[Defect]:
    """SST206: the newest, previous or best is chosen by modification time or time stamp."""
    yield from _defects(project, "SST206", ("clock", "stamp"))


def ambiguous(project: Project) -> Iterator[Defect]:
    """SST207: a sort of something unordered by a key that can tie, where the order shows."""
    yield from _defects(project, "SST207", ("ties",))


def _defects(project: Project, rule: str, keys: tuple[str, ...]) -> Iterator[Defect]:
    found: dict[int, tuple[SortedBy, tuple[tuple[int, int], ...], str, Belief]] = {}
    for row in project.selections():
        if row.row.key in keys:
            found[row.row.result] = (row, (), "chosen here", MEDIUM)
    for picked in project.picked:
        row_ = _sort_of(project, picked.path)
        if picked.kind in ("clocked", "tied") and row_ is not None and row_.row.key in keys:
            if not only_tested(project, picked) and not _guarded(project, picked) and not _is_time(project, picked):
                found.setdefault(row_.row.result, (row_, picked.path, "picked here", _of_pick(project, row_, picked)))
    for reach in project.reaches():
        row_ = _sort_of(project, reach.path)
        if reach.kind in ("clocked", "tied") and row_ is not None and row_.row.key in keys:
            found.setdefault(row_.row.result, (row_, reach.path, _last(reach), _by_rank(project, reach)))
    for result in sorted(found):
        row, path, last, belief = found[result]
        if not _tidied(project, row, path):
            yield _defect(project, rule, row, path, last, belief)


def _of_pick(project: Project, row: SortedBy, picked: Picked) -> Belief:
    if _is_page(row, picked):
        return low("the first few of many entries are shown, and none is chosen for all others")
    if picked.weak:
        return low(GUESSED)
    return low(BY_FIELDS) if project.distance(picked.path) > FAR else MEDIUM


def _sort_of(project: Project, path: tuple[tuple[int, int], ...]) -> SortedBy | None:
    return project.sorted_by(path[0][0]) if path else None


def _guarded(project: Project, picked: Picked) -> bool:
    return picked.choice.guarded if picked.choice is not None else project.world.calls[picked.call].guarded


def _is_page(row: SortedBy, picked: Picked) -> bool:
    """Whether the first few of many entries are shown: the newest go first, and no one is chosen for all others."""
    return row.origin == "read" and picked.choice is not None and picked.choice.kind == "slice"


def _is_time(project: Project, picked: Picked) -> bool:
    """``sorted(rows, key=posted)[0]["posted_at"]``: whichever comes first, only its time is asked for."""
    graph = project.graph
    taken = items(project, picked) if picked.call < 0 else [project.linked.result_of(picked.call)]
    asked = [(graph.op[edge], graph.key[edge]) for node in taken for edge in graph.outgoing.get(node, ())]
    return bool(asked) and all(op == Op.LOAD and is_stamp(key.lstrip("'.")) for op, key in asked)


def _last(reach: Reach) -> str:
    return f"written to {reach.sink.what}" if reach.sink.rank < 3 else "leaves the program here"


def _by_rank(project: Project, reach: Reach) -> Belief:
    if reach.sink.rank >= 2:
        return confidence_of(reach.sink.rank, 0)
    if reach.weak:
        return low(GUESSED)
    return MEDIUM if project.distance(reach.path) <= FAR else low(BY_FIELDS)


def _defect(
    project: Project,
    rule: str,
    row: SortedBy,
    path: tuple[tuple[int, int], ...],
    last: str,
    belief: Belief,
) -> Defect:
    node = project.linked.result_of(row.row.site.call)
    where = project.trace.location(node)
    if not row.origin or row.weak:
        belief = belief.low(GUESSED if row.weak else "it is not seen where the compared things come from")
    if project.is_test(where.path) or project.passes_test((*row.path, *path)):
        belief = belief.low(OF_A_TEST)
    what, by = _OF[row.origin], _BY[row.row.key]
    if rule == "SST206":
        act = "one is chosen" if row.row.selects or last == "picked here" else "the order goes on"
        message = f"{what} are compared {by}, and {act}; use a number that is assigned once, or the name"
    else:
        message = f"{what} are sorted {by}: equal ones keep their arbitrary order; end the key with the element itself"
    steps = project.trace.steps((*row.path, *path) or ((node, -1),), f"{what}", last)
    if not path and len(steps) > 1:  # told where it is chosen, not where the collection was bound
        steps = (*steps[:-1], Step(where.path, where.line, where.function, last))
    if length(steps) > LONG:
        belief = belief.low(LONG_WAY)
    return Defect(
        rule,
        where,
        project.trace.statement_line(node),
        "",
        message,
        "warning",
        belief.confidence,
        steps,
        f"order:{where.line}:{where.column}",
        doubts=belief.doubts,
    )


def _tidied(project: Project, row: SortedBy, path: tuple[tuple[int, int], ...]) -> bool:
    """Old files are removed: the oldest by their clock is what is meant, and nothing is made of it."""
    graph, removed = project.graph, project.removed
    start = path[-1][0] if path else row.row.result
    for node in (row.row.result, start):
        if _TIDIES.search(project.trace.location(node).function.rpartition(".")[2]):
            return True
    waiting, seen = list(dict.fromkeys((row.row.result, start))), {row.row.result, start}
    for node in waiting:
        if node in removed:
            return True
        for edge in graph.outgoing.get(node, ()):
            target = graph.target[edge]
            if graph.op[edge] in _KEEPS and graph.label[edge] >= 0 and target not in seen and len(seen) < _NEAR:
                seen.add(target)
                waiting.append(target)
    return False
