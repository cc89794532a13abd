"""What of what is made in a temporary directory is kept? What is packed into an archive, or copied elsewhere.

``with TemporaryDirectory() as folder: ...; make_archive(target, "zip", folder)``: the files in the folder are gone a
moment later, their content is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from sst_lint.facts.ops import Op
from sst_lint.facts.records import AFTER, Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site
from sst_lint.flow.writes import Writes

#: From a path to the directory in which it lies.
_LIES_IN = frozenset({Op.SAME, Op.PATH, Op.TEXT, Op.STORE})
#: The same directory, in other hands.
_IS = frozenset({Op.SAME, Op.STORE, Op.LOAD})
#: From what lists a directory to the files in it.
_LISTED = frozenset({Op.SAME, Op.PATH, Op.TEXT, Op.STORE, Op.LOAD, Op.ITER, Op.COPY, Op.SORT})
_NEAR = 60
#: What kept files come from.
_COPIES = ("copy", "copytree", "move", "rename", "replace")


class Packed:
    """What a linked program packs and copies."""

    def __init__(self, linked: Mutations, graph: Graph, writes: Writes) -> None:
        self._linked = linked
        self._graph = graph
        self._writes = writes

    @cached_property
    def paths(self) -> frozenset[int]:
        """The paths of files and directories whose content goes into an archive, or is copied to where it is kept."""
        return frozenset(node for site in self._linked.sites for node in self._kept(site) if node >= 0)

    def _kept(self, site: Site) -> Iterator[int]:
        model, moves = site.model, site.model.moves
        if model.packs and self._is_kept(site):
            yield from self._named(site.ports.get(model.packs, -1))
        if moves is not None and moves.kind in _COPIES:
            target = site.ports.get(moves.dst, -1)
            if target >= 0 and self._writes.stays(target, site.call):
                yield site.ports.get(moves.src, -1)

    def _named(self, node: int) -> Iterator[int]:
        """A path; of an open file the path by which it was opened."""
        yield node
        for kind, call in self._linked.values(node) if node >= 0 else ():
            for site in self._linked.sites_of.get(int(call), ()) if kind == "h" else ():
                if site.model.opens is not None:
                    yield site.ports.get(site.model.opens.path, -1)

    def _is_kept(self, site: Site) -> bool:
        """Whether the archive that a call packs something into is kept, as far as is known."""
        writes = site.model.writes
        if writes is not None:
            return self._writes.stays(site.ports.get(writes.path, -1), site.call)
        opened = self._writes.handle_writes(site.ports.get("self", -1))
        return not opened or any(self._writes.stays(write.name_node, write.site.call) for write in opened)

    def holds(self, path: int, call: int) -> bool:
        """Whether a temporary directory in which ``call`` writes a file is packed or copied, or all the files in it
        are."""
        if not self.paths:
            return False
        parts = list(self._parts(path))
        held = [node for node in (*parts, *self._spelled_again(parts)) if not self._writes.stays(node, call)]
        found = self._walk(held, _IS)
        listings = [
            site.ports["return"]
            for site in self._linked.sites
            if any(source.kind == "listing" for source in site.model.sources)
            and any(node in found for node in site.ports.values())
        ]
        return not self.paths.isdisjoint(found) or not self.paths.isdisjoint(self._walk(listings, _LISTED))

    def _parts(self, path: int) -> Iterator[int]:
        """What a path is put together of."""
        graph, near = self._graph, [path]
        for node in near:
            for edge in graph.within.get(node, ()):
                source = graph.source[edge]
                if graph.op[edge] in _LIES_IN and source not in near and len(near) < _NEAR:
                    near.append(source)
                    yield source

    def _spelled_again(self, parts: Sequence[int]) -> list[int]:
        """Directories on the way to a path that are put together once more: ``folder / "out"``, in other places."""
        graph, nodes = self._graph, self._linked.world.nodes
        texts = {nodes[node].name for node in parts if nodes[node].kind == Kind.TEXT}
        near = [node for node in parts if nodes[node].kind != Kind.TEXT]
        found: list[int] = []
        for node in near:
            for edge in graph.outgoing.get(node, ()):
                made = graph.target[edge]
                if graph.op[edge] == Op.SAME and nodes[made].name == AFTER and made not in near and len(near) < _NEAR:
                    near.append(made)  # the directory again, after a call that was given it
                    continue
                joins = graph.op[edge] == Op.PATH or nodes[made].kind == Kind.BINOP
                if not joins or made in near or len(near) > _NEAR:
                    continue
                put = [graph.source[e] for e in graph.within.get(made, ()) if not graph.label[e]]
                others = [nodes[one] for one in put if one not in near]
                if not others and nodes[made].kind != Kind.CALL:
                    continue  # `path.parent`; but `Path(folder)` is the folder
                if all(other.kind == Kind.TEXT and other.name in texts for other in others):
                    near.append(made)
                    found.append(made)
        return found

    def _walk(self, begun: list[int], ops: Collection[int]) -> frozenset[int]:
        """What is come to from any of these, within a few steps."""
        graph, near, seen = self._graph, [*begun], set(begun)
        for node in near:
            for edge in graph.outgoing.get(node, ()):
                target = graph.target[edge]
                if graph.op[edge] in ops and target not in seen and len(seen) < _NEAR:
                    seen.add(target)
                    near.append(target)
        return frozenset(seen)


__all__ = ["Packed"]
