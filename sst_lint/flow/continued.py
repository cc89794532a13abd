"""Which files does the program begin before it appends to them? What follows then is no log, but the rest of the file.

The beginning and the rest may be written by helpers: they meet in the function that calls both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sst_lint.flow.evidence import PathEvidence
    from sst_lint.flow.mutation import Mutations
    from sst_lint.flow.writes import Write

_BEGINNING = ("write", "exclusive", "copy")
#: A call, and what the path may be that it writes to.
_Event = tuple[int, frozenset[object]]


#: Stands for the function that appends itself among the calls through which it is come to.
ITSELF = 0


def continued(linked: Mutations, evidence: PathEvidence, writes: Iterable[Write]) -> dict[int, frozenset[int]]:
    """Calls that append to a file which the same function has begun before (``ITSELF``), or a caller of it: the labels
    of the calls by which these come there."""
    seen = Continued(linked, evidence)
    rest = [write for write in writes if write.mode == "append"]
    begun: dict[int, list[_Event]] = {}
    for write in writes if rest else ():
        if write.mode in _BEGINNING:
            for scope, event in seen.events(write):
                begun.setdefault(scope, []).append(event)
    found: dict[int, frozenset[int]] = {}
    for write in rest:
        ways = [event[0] for scope, event in seen.events(write) if _follows(event, begun.get(scope, ()))]
        if ways:
            found[write.site.call] = frozenset(ITSELF if call == write.site.call else call + 1 for call in ways)
    return found


class Continued:
    """Where each write happens: in its function, and in those that call it."""

    def __init__(self, linked: Mutations, evidence: PathEvidence) -> None:
        self._linked = linked
        self._evidence = evidence
        self._callers: dict[int, list[int]] = {}
        for call, scopes in linked.callees.items():
            for scope in scopes:
                self._callers.setdefault(scope, []).append(call)

    def events(self, write: Write) -> Iterator[tuple[int, _Event]]:
        """The functions in which a write happens, with the call by which it does."""
        scope_of = self._linked.world.scope_of_call
        names = self._evidence.origins(write.path_node)
        own = scope_of(write.site.call)
        yield own, (write.site.call, names)
        for call in self._callers.get(own, ()):
            yield scope_of(call), (call, self._handed(call, names))

    def _handed(self, call: int, names: frozenset[object]) -> frozenset[object]:
        """What of ``names`` a call hands over; all where it hands over nothing of it: a field of its object."""
        given = [self._evidence.origins(node) for _, node in self._linked.argument_nodes(call)]
        return frozenset().union(*(each for each in given if not each.isdisjoint(names))) or names


def _follows(event: _Event, begun: Iterable[_Event]) -> bool:
    call, names = event
    return any(earlier < call and not names.isdisjoint(others) for earlier, others in begun)


__all__ = ["ITSELF", "continued"]
