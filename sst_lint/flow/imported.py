"""Which source files do other files of the program import?"""

from __future__ import annotations

from sst_lint.flow.resolve import Resolver


def imported_files(linked: Resolver) -> frozenset[int]:
    """The files that another file imports."""
    modules = linked.modules
    found: set[int] = set()
    for file, _, facts in linked.world.units:
        for record in facts.imports:
            for module in modules.absolute(file, record.module, record.level):
                names = [module, f"{module}.{record.name}"] if record.name else [module]
                found.update(target for name in names for target in modules.find(name) if target != file)
    return frozenset(found)
