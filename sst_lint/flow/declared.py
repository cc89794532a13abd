"""Which functions of the program does its configuration speak of? Models by qualified name, found where they stand.

A name may be that of the module that defines the function or of one that imports it again (``acme.io.save`` for
``acme.io.files.save``); of a class it may name a method.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from sst_lint.catalogue.model import Model
from sst_lint.flow.modules import Modules
from sst_lint.flow.world import World

_DEEP = 6


def declared_functions(world: World, modules: Modules, models: Iterable[Model]) -> dict[int, Model]:
    """Scope of a function -> the model that the configuration gives it."""
    by_name: dict[tuple[int, str], list[int]] = {}
    for function in world.functions.values():
        by_name.setdefault((world.units[function.unit][0], function.qualname), []).append(function.scope)
    found: dict[int, Model] = {}
    for model in models:
        for scope in _scopes(model.name, world, modules, by_name, 0):
            found[scope] = model
    return found


def entry_points(world: World, modules: Modules, names: Iterable[str]) -> frozenset[int]:
    """Scopes of the functions that ``names`` (``pkg.cli:main``, ``pkg.jobs.*``) mean."""
    wanted = [name.replace(":", ".") for name in names]
    return frozenset(
        function.scope
        for function in world.functions.values()
        for module in modules.names[world.units[function.unit][0]]
        if any(fnmatchcase(f"{module}.{function.qualname}", pattern) for pattern in wanted)
    )


def replaces(model: Model) -> bool:
    """Whether a model says what a function does with its arguments, so that its body need not be followed."""
    effects = (model.flows, model.sources, model.opens, model.writes, model.moves, model.digest, model.choice)
    return any(effects) or model.atomic_writer or bool(model.sorts)


def _scopes(
    name: str, world: World, modules: Modules, by_name: dict[tuple[int, str], list[int]], depth: int
) -> list[int]:
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        inner = ".".join(parts[length:])
        for file in modules.find(".".join(parts[:length])):
            if (file, inner) in by_name:
                return by_name[(file, inner)]
            for other in _imported(file, parts[length], world, modules) if depth < _DEEP else ():
                found = _scopes(".".join([other, *parts[length + 1 :]]), world, modules, by_name, depth + 1)
                if found:
                    return found
    return []


def _imported(file: int, name: str, world: World, modules: Modules) -> list[str]:
    """What a module imports under a name, as absolute dotted names."""
    facts = world.units[world.module_unit[file]][2]
    return [
        f"{module}.{name if entry.name == '*' else entry.name}"
        for entry in facts.imports
        if entry.name in (name, "*") or (entry.asname == name and entry.name)
        for module in modules.absolute(file, entry.module, entry.level)
    ]
