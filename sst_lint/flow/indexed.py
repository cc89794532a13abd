"""Which elements are taken by a list of places or names, so that they stand in its order? ``values[wanted]`` of an
array, ``frame[columns]``."""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.names import MAPPING_TYPES

#: What no mapping can have as a key, and arrays and frames take many elements by at once.
_SEVERAL = ("builtins.list", "numpy.ndarray", "pandas.Index", "pandas.Series")


def add_indexed(linked: Mutations) -> None:
    """What is taken out by several places at once gets the order of these."""
    world = linked.world
    for unit, (_, _, facts) in enumerate(world.units):
        first = world.node_base[unit]
        for item, index in facts.subscripts:
            base = facts.nodes[item].base
            if linked.has_type(first + index, *_SEVERAL) and not (
                base >= 0 and linked.has_type(first + base, *MAPPING_TYPES, "builtins.list")
            ):
                linked.add_edge(first + index, first + item, Op.COPY)
    linked.run()


__all__ = ["add_indexed"]
