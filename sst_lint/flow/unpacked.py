"""Which field of a record is taken out of it? ``names, number = record`` where the class is a ``NamedTuple``, and
``record["names"]`` where it is a ``TypedDict``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.flow.codes import places

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations


def unpack(linked: Mutations) -> None:
    """Add the edges from fields to what is read by their places or keys; to be called once values have settled."""
    records = {number: found for number in range(len(linked.world.classes)) if (found := _fields(linked, number))}
    edges = linked.edges
    for number in places(edges.op, Op.LOAD) if records else ():
        key = edges.key[number]
        if edges.label[number] or key[:1] not in ("#", "'"):
            continue
        for kind, cls in linked.values(edges.source[number]):
            field = records.get(cls, {}).get(key) if kind == "i" and isinstance(cls, int) else None
            if field is not None:
                linked.add_edge(linked.field_node(*field), edges.target[number])


def _fields(linked: Mutations, cls: int) -> dict[str, tuple[int, str]]:
    """The fields of a record, each with the class that declares it, by the keys of the edges that take them out:
    ``#0`` or ``'name``."""
    bases = {base.rpartition(".")[2] for base in linked.external_bases(cls)}
    fields = [(one, name) for one in reversed(linked.mro(cls)) for name, _, _ in linked.world.classes[one].fields]
    if "NamedTuple" in bases:
        return {f"#{place}": field for place, field in enumerate(fields)}
    return {f"'{field[1]}": field for field in fields} if "TypedDict" in bases else {}


__all__ = ["unpack"]
