"""What becomes permanent where it is put into an open file as into a mapping? ``file["ids"] = ids`` of HDF5."""

from __future__ import annotations

from collections.abc import Iterator

from sst_lint.facts.ops import Op
from sst_lint.flow.codes import places
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.writes import Write, Writes

#: Formats whose open files are mappings.
_MAPPINGS = frozenset({"hdf5", "zarr"})
#: The one attribute of such a file that is written with it.
_ATTRIBUTES = ".attrs"


def put_into_files(linked: Mutations, graph: Graph, writes: Writes) -> Iterator[tuple[int, list[Write]]]:
    """What is put under keys of open files, each with the writes that opened them."""
    if not any(write.site.model.format in _MAPPINGS for write in writes.all):
        return
    found: dict[int, dict[int, Write]] = {}
    for edge in places(graph.op, Op.STORE):
        key = graph.key[edge]
        if graph.label[edge] or (key.startswith(".") and key != _ATTRIBUTES):
            continue
        for write in writes.handle_writes(graph.target[edge]):
            if write.site.model.format in _MAPPINGS:
                found.setdefault(graph.source[edge], {})[write.site.call] = write
    for node, opened in found.items():
        yield node, list(opened.values())


__all__ = ["put_into_files"]
