"""Which files look for modules in places that nobody can see from their names? Those that add to ``sys.path``, and what
lies beside them: it is imported by the same process."""

from __future__ import annotations

from sst_lint.facts.records import Kind, UnitFacts
from sst_lint.flow.world import World

_ADDS = frozenset({"insert", "append", "extend"})


def searched_further(world: World) -> frozenset[int]:
    """The indexes of the files in whose directories some file adds to ``sys.path``."""
    directories = {_directory(world.files[file].path) for file, _, facts in world.units if _adds(facts)}
    return frozenset(n for n, file in enumerate(world.files) if _directory(file.path) in directories)


def _directory(path: str) -> str:
    return path.rpartition("/")[0]


def _adds(facts: UnitFacts) -> bool:
    nodes = facts.nodes
    for call in facts.calls:
        if call.method in _ADDS and call.receiver >= 0 and nodes[call.receiver].name == "path":
            receiver = nodes[call.receiver]
            if receiver.kind == Kind.ATTR and receiver.base >= 0 and nodes[receiver.base].name == "sys":
                return True
    return False
