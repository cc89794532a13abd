"""Which elements are taken by a list of places or names, so that they stand in its order? ``values[wanted]`` of an
array, ``frame[columns]``."""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.names import MAPPING_TYPES

#: What no mapping can have as a key, and arrays and frames take many elements by at once.
_SEVERAL = ("builtins.list", "numpy.ndarray", "pandas.Index", "pandas.Series")


def add_indexed(linked: Mutations) -> None:
    """What is taken out by several places at once gets the order of these; to be called when types have settled."""
    world = linked.world
    for unit, (_, _, facts) in enumerate(world.units):
        first = world.node_base[unit]
        for item, index in facts.subscripts:
            base = facts.nodes[item].base
            if _is_several(linked, first + index) and not (
                base >= 0 and linked.has_type(first + base, *MAPPING_TYPES, "builtins.list")
            ):
                linked.add_edge(first + index, first + item, Op.COPY)


def _is_several(linked: Mutations, index: int) -> bool:
    """Whether an index is nothing but several places."""
    known = [value for value in linked.values(index) if value[0] != "x"]
    return bool(known) and all(value[0] == "t" and value[1] in _SEVERAL for value in known)


__all__ = ["add_indexed"]
