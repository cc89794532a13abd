"""Which random numbers decide what is kept? ``[row for row in rows if random() < 0.8]``, ``if random() < 0.8:
kept.append(row)``, ``table[rand(len(table)) < 0.8]``: the number itself goes nowhere, and still there is something else
in the file each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Node, UnitFacts

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations

#: The name of the node by which a random number reaches what it decides of.
DECIDES: Final = "decides"
#: What is drawn to be unlike anything else is compared to be recognized, and decides nothing.
_NAMES = frozenset({"builtins.str", "builtins.bytes", "uuid.UUID"})
_PASSES = frozenset({Op.SAME, Op.COPY, Op.ONLY_VALUE, Op.LOAD, Op.SETTED, Op.SORT, Op.STORE})
#: So many values a number is followed to a test, in its own function or where that gives it back.
_NEAR = 24


def decide(linked: Mutations) -> None:
    """Leads random numbers to what they decide of; to be called once changes in place are known."""
    tests: dict[int, dict[int, int]] = {}  #: unit -> node of the unit that tells a number -> the number
    for node, rows in tuple(linked.sources.items()):
        if any(kind == "random" and _is_number(linked, call) for _, kind, call in rows):
            for told in _told(linked, node):
                tests.setdefault(linked.world.node_unit[told], {}).setdefault(told, node)
    for unit, known in sorted(tests.items()):
        decided = _Decided(linked, unit)
        for test, target, at in decided.by(known):
            step = linked.world.add_node(Kind.VALUE, unit, at, DECIDES)
            linked._edge(known[test], step, Op.ONLY_VALUE)
            linked._edge(step, target, Op.STORE)


def _is_number(linked: Mutations, call: int) -> bool:
    """Whether a call draws what a test may ask: neither a name nor a secret."""
    return any(
        site.model.returns not in _NAMES and not any(effect.secret for effect in site.model.sources)
        for site in linked.sites_of.get(call, ())
    )


def _told(linked: Mutations, node: int) -> list[int]:
    """The nodes that tell a number: itself, comparisons with it, what a generator draws."""
    world, edges = linked.world, linked.edges
    found = [node]
    for one in found:
        for number in linked.leaving(one) if len(found) < _NEAR else ():
            target = edges.target[number]
            if edges.op[number] not in _PASSES or edges.label[number] > 0 or target in found:
                continue
            if world.nodes[target].kind == Kind.CALL and not _is_drawn_from(linked, target, one):
                continue
            found.append(target)
    return found


def _is_drawn_from(linked: Mutations, result: int, source: int) -> bool:
    """Whether a call gives back what its receiver draws, or what a library makes of a number; any other says
    nothing."""
    call = linked.world.call_of(result)
    return linked.receiver_of(call) == source or bool(linked.sites_of.get(call)) or call in linked.callees


class _Decided:
    """What the tests of one unit decide of."""

    def __init__(self, linked: Mutations, unit: int) -> None:
        self._linked, self._unit = linked, unit
        self._facts: UnitFacts = linked.world.units[unit][2]
        self._base = linked.world.node_base[unit]

    def by(self, known: dict[int, int]) -> Iterator[tuple[int, int, Node]]:
        """(test, what it decides of, like what it stands) for the ``known`` nodes that a test asks."""
        nodes, base = self._facts.nodes, self._base
        for test, made in self._facts.filters:
            if base + test in known:
                yield base + test, base + made, nodes[test]
        for item, index in self._facts.subscripts:
            if base + index in known:
                yield base + index, base + item, nodes[index]
        for number, region in enumerate(self._facts.regions):
            if base + region.node in known and region.kind in ("if", "else"):
                for target in (*self._stored(number), *(t for call in self._calls(number) for t in self._filled(call))):
                    yield base + region.node, target, nodes[region.node]

    def _calls(self, region: int) -> Iterator[int]:
        """The calls that are made where a test holds."""
        for number, call in enumerate(self._facts.calls):
            if self._is_below(region, call.region, call.scope, self._facts.nodes[call.result].line):
                yield self._linked.world.call_base[self._unit] + number

    def _stored(self, region: int) -> Iterator[int]:
        """What else is filled there with what is made there: ``sizes[name] = len(name)``, ``yield Row(name)``."""
        nodes = self._facts.nodes
        for edge in self._facts.edges:
            made, filled = nodes[edge.source], nodes[edge.target]
            if edge.op == Op.STORE and self._is_below(region, made.region, made.scope, made.line):
                if not self._is_below(region, filled.region, filled.scope, filled.line):
                    yield self._base + edge.target

    def _is_below(self, region: int, at: int, scope: int, line: int) -> bool:
        """Whether something stands in a region, or after it only because nothing left there: ``if ...: continue``."""
        guard = self._facts.regions[region]
        after = guard.leaves and at == guard.parent and scope == guard.scope and line > guard.line
        inside = at == region
        while at >= 0 and not inside:
            at = self._facts.regions[at].parent
            inside = at == region
        return inside or after

    def _filled(self, call: int) -> Iterator[int]:
        """What a call fills: the object that it is made on, the file that it writes to."""
        linked = self._linked
        for site in linked.sites_of.get(call, ()):
            content = linked.contents.get((call, ""))
            if content is not None and not site.model.console:
                yield content
            for flow in site.model.flows:
                target = site.ports.get(flow.to, -1)
                if flow.to != "return" and target >= 0 and linked.holds(site, flow.when, flow.unless):
                    yield target


__all__ = ["DECIDES", "decide"]
