"""Which statements only show what a module can do? ``if __name__ == "__main__":`` in a module that others import.

The same lines in a script are the program itself, so a module counts only if it stands in a package and another file of
the program imports it.
"""

from __future__ import annotations

from sst_lint.facts.records import Kind, Region
from sst_lint.flow.imported import imported_files
from sst_lint.flow.resolve import Resolver
from sst_lint.flow.world import World


class Demonstrations:
    """Answers for the nodes of a linked program."""

    def __init__(self, linked: Resolver) -> None:
        self._world = linked.world
        imported = _imported(linked)
        #: unit -> regions that only demonstrate
        self._regions: dict[int, frozenset[int]] = {}
        for unit, (file, source, facts) in enumerate(self._world.units):
            if source.kind != "module" or file not in imported:
                continue
            asked = {n for n, region in enumerate(facts.regions) if self._asks_for_main(unit, region)}
            inside = set(asked)
            for n, region in enumerate(facts.regions):  # regions stand behind those around them
                if region.parent in inside:
                    inside.add(n)
            if inside:
                self._regions[unit] = frozenset(inside)

    def holds(self, node: int) -> bool:
        """Whether a node stands in a demonstration."""
        regions = self._regions.get(self._world.node_unit[node])
        return regions is not None and self._world.nodes[node].region in regions

    def _asks_for_main(self, unit: int, region: Region) -> bool:
        if region.kind != "if" or region.parent >= 0 or region.node < 0:
            return False
        facts = self._world.units[unit][2]
        before = [facts.nodes[edge.source] for edge in facts.edges if edge.target == region.node]
        names = {record.name for record in before if record.kind in (Kind.NAME, Kind.TEXT)}
        return {"__name__", "__main__"} <= names


def _imported(linked: Resolver) -> frozenset[int]:
    """Files of packages that other files import."""
    world: World = linked.world
    packages = {f.path.rpartition("/")[0] for f in world.files if f.path.endswith("__init__.py")}
    found = imported_files(linked)
    return frozenset(
        n for n in found
        if world.files[n].path.rpartition("/")[0] in packages and not world.files[n].path.endswith("__main__.py")
    )  # fmt: skip
