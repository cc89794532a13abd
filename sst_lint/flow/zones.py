"""Where does a date get its time zone, so that what is written down can be read in one way only?"""

from __future__ import annotations

import re

from sst_lint.facts.dates import ZONE
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.permanence import with_ops
from sst_lint.flow.sites import Site

#: These make a date of one moment out of a naive one, or only a day.
_CURES = frozenset({"datetime.datetime.astimezone", "datetime.datetime.timestamp", "datetime.datetime.date"})
_TIME_DIRECTIVES = ("%H", "%I", "%X", "%c", "%T", "%M", "%s", "%r", "%R")
_UNIVERSAL = frozenset({"datetime.datetime.utcnow", "datetime.datetime.utcfromtimestamp"})

_BEGINS = re.compile(ZONE)
_FOLLOWS = re.compile(rf"(?:\x00|%s|\{{[^{{}}]*\}}){ZONE}")
_IN_FORMAT = re.compile(rf"%[HIMSfTX]{ZONE}")


def is_universal(site: Site) -> bool:
    """Whether the date that a call makes is in UTC, although it does not say so."""
    return site.model.name in _UNIVERSAL


def zoned(linked: Mutations, graph: Graph, universal: bool) -> Graph:
    """``graph`` without the steps that cure a naive date.

    ``universal``: the dates are in UTC, so a text that says so of them (``date.isoformat() + "Z"``) has its zone; of
    others it says what is not true.
    """
    op = bytearray(graph.op)
    cured = {linked.result_of(site.call) for site in linked.sites if _cures(site, universal)}
    attributes = frozenset(linked.world.of_kind(Kind.ATTR))
    if universal:
        cured |= _told(linked, graph)
    for number, target in enumerate(graph.target):
        if target in cured:
            op[number] = Op.NOTHING
        elif target in attributes and graph.key[number].startswith("."):
            if linked.has_type(graph.source[number], "datetime.datetime"):
                op[number] = Op.NOTHING
    return with_ops(graph, op)


def _cures(site: Site, universal: bool) -> bool:
    name = site.model.name
    if name in _CURES:
        return True
    if name == "datetime.datetime.replace":
        return "tzinfo" in site.given and site.constants.get("tzinfo", 0) is not None
    form = site.constants.get("format") if name.endswith(".strftime") else None
    if not isinstance(form, str):
        return False
    return not any(d in form for d in _TIME_DIRECTIVES) or (universal and _IN_FORMAT.search(form) is not None)


def _told(linked: Mutations, graph: Graph) -> set[int]:
    """The texts in which a zone stands right behind what is filled in."""
    nodes = linked.world.nodes
    found: set[int] = set()
    for node in linked.world.of_kind(Kind.TEXT):
        text = nodes[node].name
        if "\x00" in text:
            if _FOLLOWS.search(text):
                found.add(node)
            continue
        follows = _FOLLOWS.search(text) is not None
        if follows or _BEGINS.match(text):
            found.update(_made_with(linked, graph, node, follows))
    return found


def _made_with(linked: Mutations, graph: Graph, text: int, is_form: bool) -> list[int]:
    """What becomes of a text within its function: what it is the form of, else a sum that ends with it."""
    nodes = linked.world.nodes
    made = [graph.target[edge] for edge in graph.outgoing.get(text, ()) if not graph.label[edge]]
    if is_form:
        return [each for each in made if nodes[each].kind in (Kind.BINOP, Kind.CALL)]
    return [each for each in made if nodes[each].kind == Kind.BINOP and _last_operand(graph, each) == text]


def _last_operand(graph: Graph, node: int) -> int:
    """What stands on the right of an operator: operands are incoming edges, in order."""
    incoming = graph.incoming.get(node, ())
    return graph.source[incoming[-1]] if incoming else -1
