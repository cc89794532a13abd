"""Are all elements taken in the end, one after another? Then the first of them is no choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sst_lint.flow import Project
    from sst_lint.flow.picks import Picked

#: So many places are looked at for what a round has left to the next one.
_NEAR = 20
#: What comes in the order in which it was found. A work list of it has that order: it is told where it shows.
_FOUND = frozenset({"listing", "rows"})
#: What takes the next of a list or queue. (Of a set it takes any.)
_QUEUES = frozenset({"builtins.list.pop", "collections.deque.pop", "collections.deque.popleft"})


def is_drawn_in_no_order(project: Project, picked: Picked) -> bool:
    """``while todo: todo.pop()`` takes all elements in the end: a choice only if what the loop makes is ordered."""
    drawn = project.draws.drawn.get(picked.call)
    if drawn is None:
        return False
    if _is_next(project, picked.call) and _around_while(project, picked.call):
        return True  # an iterator is run through, as by a `for`: its order is told where it shows
    if not _draws_in_while(project, picked.call):
        return False
    if picked.call in project.draws.parts:
        return True  # pieces in their order: whoever picks one of them is told
    return picked.kind in _FOUND or drawn not in project.on_the_way


def _is_next(project: Project, number: int) -> bool:
    return any(site.model.name == "builtins.next" for site in project.linked.sites_of.get(number, ()))


def _around_while(project: Project, number: int) -> bool:
    """Whether a ``while`` is around a call, with any other loops in between."""
    world = project.world
    loops, loop = world.units[world.call_unit[number]][2].loops, world.calls[number].loop
    while loop >= 0 and loops[loop].kind != "while":
        loop = loops[loop].parent
    return loop >= 0


def is_put_back(project: Project, picked: Picked) -> bool:
    """``first = next(rows); return chain([first], rows)`` only looks whether there is one."""
    world, graph, linked = project.world, project.graph, project.linked
    if picked.call < 0:
        return False
    outgoing = graph.outgoing.get(linked.result_of(picked.call), ())
    held = {graph.target[edge] for edge in outgoing if graph.op[edge] == Op.STORE and not graph.label[edge]}
    first = world.call_base[picked.unit]
    for number in range(first, first + len(world.units[picked.unit][2].calls)):
        given = [node for _, node in linked.argument_nodes(number)]
        if picked.node in given and not held.isdisjoint(given):
            return True
    return False


def drains(project: Project, node: int) -> bool:
    """``while queue: queue.popleft()``: what is drawn from what has an order comes in that order."""
    world = project.world
    return world.nodes[node].kind == Kind.CALL and _draws_in_while(project, world.call_of(node))


def _draws_in_while(project: Project, number: int) -> bool:
    """Whether a ``while`` takes all elements by a call, one in each round."""
    world = project.world
    if number not in project.draws.drawn:
        return False
    loop = world.units[world.call_unit[number]][2].loops[world.calls[number].loop]
    return loop.kind == "while" and not loop.leaves


def is_from_queue(project: Project, number: int) -> bool:
    """Whether a call takes the next of a work list that others fill: each has its turn."""
    sites = project.linked.sites_of.get(number, ()) if number >= 0 else ()
    return any(site.model.name in _QUEUES for site in sites)


def is_next_of_own(project: Project, number: int) -> bool:
    """``if self.waiting: ... self.waiting.pop()``: what an object keeps is taken away as long as there is any, so each
    has its turn."""
    world = project.world
    receiver = project.linked.receiver_of(number) if number >= 0 else -1
    if receiver < 0 or world.nodes[receiver].kind != Kind.ATTR or world.calls[number].method != "pop":
        return False
    unit = world.call_unit[number]
    facts, region = world.units[unit][2], world.calls[number].region
    while region >= 0:
        test = facts.regions[region].node
        if facts.regions[region].kind in ("if", "else") and test >= 0:
            if _asks_for(project, world.node_base[unit] + test, world.nodes[receiver].name):
                return True
        region = facts.regions[region].parent
    return False


def _asks_for(project: Project, test: int, name: str) -> bool:
    """Whether a test is made of an attribute, or of how many it holds."""
    graph, world, near = project.graph, project.world, [test]
    for node in near:
        record = world.nodes[node]
        if record.kind == Kind.ATTR and record.name == name:
            return True
        parts = [graph.source[edge] for edge in graph.incoming.get(node, ())]
        if record.kind == Kind.CALL:
            parts += [argument for _, argument in project.linked.argument_nodes(world.call_of(node))]
        near += [part for part in parts if part not in near][: _NEAR - len(near)]
    return False


def without_rests(project: Project, picked: Sequence[Picked]) -> list[Picked]:
    """``x[1:]`` beside ``x[0]`` is the same choice. It is none if one statement takes both, ``f"{x[0]}, {x[1:]}"``, or
    each round of a loop, ``first = x[0]; x = x[1:]``. What a loop does with the match that it keeps is the
    same choice, too."""
    kept = {(r.unit, r.node) for r in picked if r.choice is not None and r.choice.kind in ("assign", "return")}
    rows = [r for r in picked if r.choice is None or r.choice.kind != "act" or (r.unit, r.node) not in kept]
    firsts: dict[tuple[int, int], list[Picked]] = {}
    for row in rows:
        if row.choice is not None and row.choice.kind == "index":
            firsts.setdefault((row.unit, row.node), []).append(row)
    rests = [r for r in rows if r.choice is not None and r.choice.kind == "slice" and (r.unit, r.node) in firsts]
    gone = {id(row) for row in rests} | _pieces(project, rows)
    for rest in rests:
        in_turn = _in_while(project, rest)
        gone.update(
            id(first)
            for first in firsts[rest.unit, rest.node]
            if in_turn or (first.choice and rest.choice and first.choice.statement == rest.choice.statement)
        )
    return [row for row in rows if id(row) not in gone]


def _pieces(project: Project, rows: Sequence[Picked]) -> set[int]:
    """``use(x[:50]); x = x[50:]`` in a ``while``: piece by piece, all are taken."""
    slices = [row for row in rows if row.choice is not None and row.choice.kind == "slice" and _in_while(project, row)]
    bounds = {id(row): _bounds(project, row) for row in slices}
    found: set[int] = set()
    for row in slices:
        for other in slices:
            same = (row.unit, row.node) == (other.unit, other.node)
            if (
                same
                and bounds[id(row)][1]
                and bounds[id(row)] == ("", bounds[id(other)][0])
                and not bounds[id(other)][1]
            ):
                found |= {id(row), id(other)}
    return found


def _bounds(project: Project, picked: Picked) -> tuple[str, str]:
    """The bounds of a slice, as far as they are written down."""
    nodes, graph, choice = project.world.nodes, project.graph, picked.choice
    for edge in graph.outgoing.get(picked.node, ()):
        record = nodes[graph.target[edge]]
        here = choice is not None and (record.line, record.column) == (choice.line, choice.column)
        if here and record.name.startswith("["):
            lower, _, upper = record.name[1:-1].partition(":")
            return lower, upper
    return "", ""


def _in_while(project: Project, picked: Picked) -> bool:
    """Whether what is picked from is another one in each round of a ``while``: what the round before has left of it."""
    world, graph = project.world, project.graph
    if world.nodes[picked.node].name != "phi":
        return False
    loops = world.units[picked.unit][2].loops
    near = [picked.node]
    for node in near:
        record = world.nodes[node]
        if record.name.startswith("[") and record.loop >= 0 and loops[record.loop].kind == "while":
            return True
        if len(near) < _NEAR:
            near += [s for edge in graph.incoming.get(node, ()) if (s := graph.source[edge]) not in near]
    return False
