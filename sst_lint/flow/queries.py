"""Which queries give their rows in any order? Those whose text asks for rows and has no ``ORDER BY``.

The text is what flows into the query: literals, parts of formatted texts, constants of other modules. A query whose
order could stand in a part that nobody sees (``f"{select} {clauses}"``, a parameter that holds all of it) is let be.
"""

from __future__ import annotations

import re

from sst_lint.facts.ops import ORDER
from sst_lint.facts.records import Kind
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site

HOLE = "\x00"
#: Comments may stand before it; a query that begins with ``with`` names parts of itself first.
_SELECTS = re.compile(r"(?is)^(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:select|with)\b")
_FROM = re.compile(r"(?i)\bfrom\b")
_ORDERS = re.compile(r"(?i)\border\s+by\b")
#: One row, whatever there is: totals that are not told by group, and the first row alone.
_TOTAL = re.compile(r"(?is)^\W*select\s+(?:count|sum|min|max|avg|total|exists|every|bool_and|bool_or)\s*\(")
_GROUPS = re.compile(r"(?i)\bgroup\s+by\b")
_ONE = re.compile(r"(?i)\blimit\s+1\s*;?\s*$")
#: A row is asked for by what tells it from all others, in one table.
_BY_NUMBER = re.compile(r"(?is)\bwhere\s+[\"`\[]?(?:rowid|_rowid_|oid|id|uuid|pk)[\"`\]]?\s*=")
_SEVERAL = re.compile(r"(?i)\b(?:join|or|union)\b")
#: A hole at the end is a table's name there, and anything else elsewhere.
_TABLE = re.compile(r"(?i)\b(?:from|join)\s+[\w.\"`\[]*\x00[\"`\]]?\s*;?\s*$")
#: What ``format`` and ``%`` fill; elsewhere ``%s`` is a parameter of the query.
_LATER = re.compile(r"\{[\w.!:]*\}")
_TABLE_LATER = re.compile(r"(?i)(\b(?:from|join)\s+)%(?:\(\w+\))?s")
_BEFORE_TABLE = re.compile(r"(?i)\b(?:from|join)\s+[\"`\[]?$")
#: Names of parts that are an order: ``f"{query} {ordering}"``.
_SAYS = re.compile(r"(?i)order|sort")
_OPEN = re.compile(r"\x00\W*$")


def add_rows(linked: Mutations, evidence: PathEvidence) -> None:
    """Make the rows of each query without an order a source."""
    ordered = _ordered_cursors(linked, evidence)
    for site in linked.sites:
        for effect in site.model.sources:
            if not effect.query or not linked.holds(site, effect.when, effect.unless):
                continue
            if effect.port == "self" and (linked.world.call_unit[site.call], _cursor(linked, site)) in ordered:
                continue  # which of the queries the rows are of is not followed
            query = evidence.of(site.ports.get(effect.query, -1))
            if not any(map(_SAYS.search, query.names)) and asks_for_any_order(query.texts, query.parameter):
                linked.add_source(linked.rows_of(site.call, effect.port), ORDER, "rows", site.call)


def asks_for_any_order(texts: tuple[str, ...], parameter: bool = False) -> bool:
    """Whether the parts of a query ask for rows and leave their order to the database.

    ``parameter``: a part comes from callers that nobody knows.
    """
    if any(_ORDERS.search(text) for text in texts):
        return False
    asking = [_TABLE_LATER.sub(rf"\g<1>{HOLE}", _LATER.sub(HOLE, text)) for text in texts if _SELECTS.search(text)]
    return bool(asking) and all(_gives_rows(text, texts, parameter) for text in asking)


def _gives_rows(text: str, texts: tuple[str, ...], parameter: bool) -> bool:
    if not any(_FROM.search(each) for each in texts) or _ONE.search(text):
        return False
    if _BY_NUMBER.search(text) and not _SEVERAL.search(text):
        return False
    if _TOTAL.search(text) and not any(_GROUPS.search(each) for each in texts):
        return False
    if parameter and HOLE not in text:
        return bool(_BEFORE_TABLE.search(text))
    return not _OPEN.search(text) or bool(_TABLE.search(text))


def _ordered_cursors(linked: Mutations, evidence: PathEvidence) -> frozenset[tuple[int, str]]:
    """(Unit, name) of cursors that execute a query with an order."""
    return frozenset(
        (linked.world.call_unit[site.call], _cursor(linked, site))
        for site in linked.sites
        for effect in site.model.sources
        if effect.query and effect.port == "self"
        if any(map(_ORDERS.search, evidence.of(site.ports.get(effect.query, -1)).texts))
    )


def _cursor(linked: Mutations, site: Site) -> str:
    node = site.ports.get("self", -1)
    record = linked.world.nodes[node] if node >= 0 else None
    return record.name if record is not None and record.kind in (Kind.NAME, Kind.ATTR, Kind.PARAM) else ""
