"""Which fields has a record that a call makes the class of? ``Result = namedtuple("Result", "good bad")``."""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, UnitFacts
from sst_lint.flow.world import World

MAKERS = ("collections.namedtuple", "typing.NamedTuple")
#: What a class whose base is made so is known to be.
_BASE = "typing.NamedTuple"
_NAMES = frozenset(maker.rpartition(".")[2] for maker in MAKERS)


def record_fields(world: World, number: int) -> tuple[str, ...]:
    """The names of the fields that call ``number`` of a maker gives, in order; none if they are not written down."""
    unit = world.call_unit[number]
    facts = world.units[unit][2]
    given = [arg.node for arg in world.calls[number].args if arg.slot in ("", "field_names", "fields")]
    if len(given) < 2:
        return ()
    node = facts.nodes[given[1]]
    if node.kind == Kind.TEXT:
        return tuple(node.name.replace(",", " ").split())
    return (
        tuple(_name(facts, each) for each in _elements(facts, given[1])) if node.kind in (Kind.LIST, Kind.TUPLE) else ()
    )


def _elements(facts: UnitFacts, holder: int) -> list[int]:
    return [edge.source for edge in facts.edges if edge.target == holder and edge.op == Op.STORE]


def _name(facts: UnitFacts, element: int) -> str:
    """The name that an element says: a text, or the first of a pair of a text and a type."""
    if facts.nodes[element].kind == Kind.TUPLE:
        element = next(iter(_elements(facts, element)), element)
    record = facts.nodes[element]
    return record.name if record.kind == Kind.TEXT else ""


def name_fields_of_bases(world: World) -> None:
    """Give classes whose base is made by a call (``class Pair(namedtuple("Pair", "a b"))``) its fields."""
    for cls in world.classes:
        for base in cls.bases:
            if world.nodes[base].kind != Kind.CALL:
                continue
            number = world.call_of(base)
            callee = world.node_base[world.call_unit[number]] + world.calls[number].callee
            fields = record_fields(world, number) if world.nodes[callee].name in _NAMES else ()
            if fields:
                cls.fields = (*((name, "", -1) for name in fields), *cls.fields)
                cls.external_bases = (*cls.external_bases, _BASE)


__all__ = ["MAKERS", "name_fields_of_bases", "record_fields"]
