"""Is what a function moves a file that was written for it? Not if it is a directory, or was there before."""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.identity import Identity, folder_of
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.path_parts import FOLLOWED

_JOINS = frozenset({"join", "joinpath"})
#: How a path comes out of a listing.
_DRAWN = FOLLOWED | {Op.ITER, Op.COPY, Op.SORT, Op.SETTED, Op.PAIRED, Op.PAIRS}
#: So many values are looked at for one path.
_NEAR = 40


class MovedThings:
    """Answers for the moves of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, identity: Identity, locks: Locks) -> None:
        self._linked = linked
        self._graph = graph
        self._identity = identity
        self._locks = locks

    def is_directory(self, call: int, source: int) -> bool:
        """Whether the function of a call names something below a path: ``work / "part"``."""
        world, path = self._linked.world, self._identity.of(source)
        unit, scope = world.node_unit[source], self._locks.scope_of(call)
        base = world.node_base[unit]
        return path[0] != "node" and any(
            world.scope_base[unit] + record.scope == scope
            and (record.kind in (Kind.BINOP, Kind.TEXT) or (record.kind == Kind.CALL and record.name in _JOINS))
            and folder_of(self._identity.of(base + local)) == path
            for local, record in enumerate(world.units[unit][2].nodes)
        )

    def is_found(self, source: int) -> bool:
        """Whether a function has got a path out of a listing: the file was there before it came."""
        linked, graph, world = self._linked, self._graph, self._linked.world
        near, unit = [source], world.node_unit[source]
        for node in near:
            for number in graph.incoming.get(node, ()):
                found = graph.source[number]
                if graph.op[number] in _DRAWN and world.node_unit[found] == unit and found not in near:
                    near += [found][: _NEAR - len(near)]
        calls = [world.call_of(node) for node in near if world.nodes[node].kind == Kind.CALL]
        sites = [site for call in calls for site in linked.sites_of.get(call, ())]
        return any(effect.kind == "listing" for site in sites for effect in site.model.sources)
