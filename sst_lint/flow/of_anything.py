"""Does a way pass what may be anything? The value of a token, an object that is one of many.

A node that may hold many kinds of things says little of any of them: a set among them is not what mostly comes out.
"""

from __future__ import annotations

from collections.abc import Sequence

from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.values import BY_NAME, CAP, ONE_OF_SEVERAL

_PLAIN = "builtins"
#: So many plain types in one field say that it holds anything.
_KINDS = 3
#: One of so many objects is few.
_FEW = 4


def of_anything(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> int:
    """How far a way (node, edge that leads on) is guessed because it comes out of what may be anything: a field, or a
    method of objects that have nothing to do with each other."""
    most = 0
    for node, edge in path:
        if edge >= 0 and node in linked.field_nodes and _is_variant(linked, node):
            return ONE_OF_SEVERAL
        call = -graph.label[edge] - 1 if edge >= 0 else -1
        if 0 <= call < len(linked.world.calls) and _is_of_few(linked, node, linked.receiver_of(call)):
            most = BY_NAME
    return most


def _is_variant(linked: Mutations, field: int) -> bool:
    """Whether a field holds texts, numbers, lists and so on, one as well as the other."""
    held = linked.values(field)
    plain = {name for kind, name in held if kind in ("t", "x") and name.rpartition(".")[0] == _PLAIN}
    return len(held) >= CAP and len(plain) >= _KINDS


def _is_of_few(linked: Mutations, returned: int, receiver: int) -> bool:
    """Whether a method gives back something (``returned``) that only few of the many objects have of which it may be
    called: as many as a node can hold, so that nobody knows what else there is."""
    held = linked.values(receiver) if receiver >= 0 else ()
    function = linked.world.functions.get(linked.world.scope_of_node(returned))
    if len(held) < CAP or function is None or function.cls < 0:
        return False
    bases = [linked.mro(cls) for kind, cls in held if kind in ("i", "c", "s")]
    akin = sum(function.cls in each for each in bases)
    shared = set(bases[0]).intersection(*bases[1:]) if bases else ()
    return akin * _FEW <= len(bases) and not shared


__all__ = ["of_anything"]
