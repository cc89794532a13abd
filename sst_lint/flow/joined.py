"""Which calls of libraries join sequences end to end? What they are given first stands first in what they give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, UnitFacts

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations

_JOIN = frozenset(
    {"pandas.concat", "polars.concat", "dask.dataframe.concat", "numpy.concatenate", "numpy.append", "numpy.vstack",
     "numpy.hstack", "numpy.dstack", "numpy.column_stack", "numpy.row_stack", "torch.cat", "torch.vstack",
     "torch.hstack", "xarray.concat", "itertools.chain", "pyarrow.concat_tables"}
)  # fmt: skip
#: Methods that give back a longer one, where their result takes the place of what they were called on.
_APPEND = frozenset({"append", "concat", "concatenate"})


def joined(linked: Mutations, unit: int, facts: UnitFacts, result: int) -> list[int]:
    """The local nodes of what the call with the local node ``result`` joins; none if it is another call."""
    call = facts.calls[facts.nodes[result].base]
    given = [argument.node for argument in call.args if argument.slot in ("", "*", "objs", "arrays", "tensors")]
    names = linked.externals.get(linked.world.call_base[unit] + facts.nodes[result].base, {})
    if any(name in _JOIN for name in names):
        lists = [node for node in given if facts.nodes[node].kind in (Kind.LIST, Kind.TUPLE)]
        return [*given, *(edge.source for edge in facts.edges if edge.op == Op.STORE and edge.target in lists)]
    if call.method in _APPEND and call.receiver >= 0 and given:
        return [call.receiver, *given]
    return []


__all__ = ["joined"]
