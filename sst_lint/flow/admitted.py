"""Does what an ``except`` clause leaves behind say itself that something has failed?

``status["url"] = "cannot be asked"``, ``problems.append(LoadError(path))``: whoever reads on meets the failure, though
not its cause. What is only said to a log does not count: there it is missed that the error is not.
"""

from __future__ import annotations

import re

from sst_lint.facts.records import Handler, Kind, UnitFacts
from sst_lint.flow.clauses import Clauses
from sst_lint.flow.mutation import Mutations

#: Words by which a text says that something has failed, or is not known.
_SAYS = re.compile(
    r"\b(errors?|fail(s|ed|ure)?|cannot|can't|could ?n[o']t|could not|unable|invalid|missing|unknown|unavailable"
    r"|unreadable|not (found|available|supported|valid|readable|known)|corrupt(ed)?|broken|n/a)\b",
    re.IGNORECASE,
)
#: What is called so tells of a failure.
_RECORDS = re.compile(r"(Error|Exception|\wFailure|Problem|Issue|Violation)$")


def admits(linked: Mutations, clauses: Clauses, unit: int, handler: Handler) -> bool:
    """Whether a record of the failure is made in the clause, or a text that tells of it takes the place of what
    failed."""
    facts, first = linked.world.units[unit][2], linked.world.call_base[unit]
    if handler.body < 0:
        return False
    inside = set(clauses.regions_in(unit, handler.body))
    body = clauses.calls_in(unit, handler.body)
    if any(_RECORDS.search(clauses.name_of(n)) and linked.world.calls[n].used for n in body):
        return True
    told = {arg.node for n in body if clauses.speaks(n) for arg in facts.calls[n - first].args}
    return any(
        facts.nodes[node].region in inside and node not in told and _SAYS.search(facts.nodes[node].name)
        for node in _left_behind(facts, handler)
    )


def _left_behind(facts: UnitFacts, handler: Handler) -> list[int]:
    """The texts that the clause assigns, stores or returns, by themselves or in a tuple, list or mapping."""
    near = [
        node
        for node, name in zip(handler.fallbacks, handler.fallback_names, strict=True)
        if name in handler.written_names or not name.isidentifier() or name == "return"
    ]  # a name of the clause's own is mostly said to the log
    texts = []
    for node in near:
        record = facts.nodes[node]
        if record.kind == Kind.TEXT:
            texts.append(node)
        elif record.kind in (Kind.TUPLE, Kind.LIST, Kind.DICT, Kind.VALUE, Kind.RETURN, Kind.PUT):
            parts = [e.source for e in facts.edges if e.target == node and e.source > handler.error]
            near += [part for part in parts if part not in near]
    return texts
