"""Which files look for modules in places that nobody can see from their names? Those that add to ``sys.path``, and what
lies beside them: it is imported by the same process."""

from __future__ import annotations

from sst_lint.facts.records import Kind
from sst_lint.flow.world import World

_ADDS = frozenset({"insert", "append", "extend"})


def searched_further(world: World) -> frozenset[int]:
    """The indexes of the files in whose directories some file adds to ``sys.path``."""
    adding = {world.node_unit[node] for node in world.of_kind(Kind.PUT) if _is_path(world, node)}
    for number, call in enumerate(world.calls):
        unit = world.call_unit[number]
        if call.method in _ADDS and call.receiver >= 0 and _is_path(world, world.node_base[unit] + call.receiver):
            adding.add(unit)
    directories = {_directory(world.files[world.units[unit][0]].path) for unit in adding}
    return frozenset(n for n, file in enumerate(world.files) if _directory(file.path) in directories)


def _directory(path: str) -> str:
    return path.rpartition("/")[0]


def _is_path(world: World, node: int) -> bool:
    """Whether a node is ``sys.path``, read or written."""
    record = world.nodes[node]
    if record.name != "path" or record.kind not in (Kind.ATTR, Kind.PUT) or record.base < 0:
        return False
    return world.nodes[world.node_base[world.node_unit[node]] + record.base].name == "sys"
