"""Which field of a record stands at a place of it? ``names, number = record`` where the class is a ``NamedTuple``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.flow.codes import places

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations


def unpack(linked: Mutations) -> None:
    """Add the edges from fields to what is read by their places; to be called once values have settled."""
    records = {
        number: [name for name, _, _ in cls.fields]
        for number, cls in enumerate(linked.world.classes)
        if any(base.rpartition(".")[2] == "NamedTuple" for base in linked.external_bases(number))
    }
    edges = linked.edges
    for number in places(edges.op, Op.LOAD) if records else ():
        key = edges.key[number]
        if not key.startswith("#") or not key[1:].isdigit() or edges.label[number]:
            continue
        for kind, cls in linked.values(edges.source[number]):
            fields = records.get(cls, []) if kind == "i" and isinstance(cls, int) else []
            if int(key[1:]) < len(fields):
                linked.add_edge(linked.field_node(int(cls), fields[int(key[1:])]), edges.target[number])


__all__ = ["unpack"]
