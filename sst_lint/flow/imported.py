"""Which source files do other files of the program import?"""

from __future__ import annotations

from sst_lint.flow.resolve import Resolver


def importers(linked: Resolver) -> dict[int, frozenset[int]]:
    """The files that other files import, each with those that do."""
    modules = linked.modules
    found: dict[int, set[int]] = {}
    for file, _, facts in linked.world.units:
        for record in facts.imports:
            for module in modules.absolute(file, record.module, record.level):
                names = [module, f"{module}.{record.name}"] if record.name else [module]
                for target in (target for name in names for target in modules.find(name)):
                    if target != file:
                        found.setdefault(target, set()).add(file)
    return {file: frozenset(others) for file, others in found.items()}


def imported_files(linked: Resolver) -> frozenset[int]:
    """The files that another file imports."""
    return frozenset(importers(linked))
