"""Is what the rounds of a loop put somewhere the same each time? Then it shows nothing of their order.

``for tag in tags: if line.startswith(tag): found.append(line)`` puts a line there once or twice, whichever tag comes
first.
"""

from __future__ import annotations

from collections.abc import Iterable

from sst_lint.facts.records import Kind, Node, UnitFacts
from sst_lint.flow.world import World

#: So many parts of a value are looked at.
_NEAR = 12
#: How a value is named that rounds change.
_CHANGED = frozenset({"phi", "overwritten"})
#: What holds the same as long as nobody binds the name anew.
_STEADY = frozenset({Kind.PARAM, Kind.VALUE, Kind.CALL, Kind.LIST, Kind.DICT, Kind.SET, Kind.BINOP})


def alike_in(world: World, number: int, given: Iterable[int]) -> frozenset[int]:
    """The loops of a unit around call ``number`` that make nothing of what the call is ``given``."""
    unit = world.call_unit[number]
    facts, base = world.units[unit][2], world.node_base[unit]
    around = _loops_up(facts, world.calls[number].loop)
    if not around:
        return frozenset()
    before: dict[int, list[int]] = {}
    near = [node - base for node in given if world.node_unit[node] == unit]
    varied: set[int] = set() if near else set(around)
    for node in near:
        record = facts.nodes[node] if 0 <= node < len(facts.nodes) else None
        if record is None or len(near) > _NEAR:
            return frozenset()
        if record.kind == Kind.CONST or (record.kind == Kind.TEXT and "\0" not in record.name):
            continue
        if record.kind == Kind.LOOP:  # it counts its rounds
            varied.update(_loops_up(facts, record.base))
        elif record.kind == Kind.TUPLE:
            before = before or _sources(facts)
            near += [part for part in before.get(node, ()) if part not in near]
        elif record.kind == Kind.ATTR and record.base >= 0 and not _may_change(facts, record):
            near += [record.base] if record.base not in near else []  # as steady as what it is an attribute of
        elif record.kind not in _STEADY or record.name in _CHANGED:
            return frozenset()
        else:
            varied.update(_loops_up(facts, record.loop))
    return frozenset(loop for loop in around if loop not in varied)


def _may_change(facts: UnitFacts, attribute: Node) -> bool:
    """Whether a loop does anything with the object of an attribute but to read it."""
    holder = facts.nodes[attribute.base]
    named = {n for n, record in enumerate(facts.nodes) if (record.kind, record.name) == (holder.kind, holder.name)}
    used = (node for call in facts.calls if call.loop >= 0 for node in (call.receiver, *(a.node for a in call.args)))
    put = any(record.kind == Kind.PUT and record.name == attribute.name for record in facts.nodes)
    return put or not named.isdisjoint(used)


def _loops_up(facts: UnitFacts, loop: int) -> list[int]:
    """A loop and those around it."""
    found = []
    while loop >= 0:
        found.append(loop)
        loop = facts.loops[loop].parent
    return found


def _sources(facts: UnitFacts) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for edge in facts.edges:
        found.setdefault(edge.target, []).append(edge.source)
    return found


__all__ = ["alike_in"]
