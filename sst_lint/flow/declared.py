"""Which functions of the program does its configuration speak of? Models by qualified name, found where they stand.

A name may be that of the module that defines the function or of one that imports it again (``acme.io.save`` for
``acme.io.files.save``); of a class it may name a method.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from sst_lint.catalogue import nearest
from sst_lint.catalogue.model import Model
from sst_lint.flow.modules import Modules
from sst_lint.flow.world import World

_DEEP = 6


class Declared:
    """The functions of a program by the names that a configuration gives them."""

    def __init__(self, world: World, modules: Modules) -> None:
        self._world = world
        self._modules = modules
        self._by_name: dict[tuple[int, str], list[int]] = {}
        for function in world.functions.values():
            self._by_name.setdefault((world.units[function.unit][0], function.qualname), []).append(function.scope)
        self.unknown: list[str] = []  #: what names nothing, with the key and the nearest name

    def models(self, models: Iterable[Model]) -> dict[int, Model]:
        """Scope of a function -> the model that the configuration gives it."""
        found: dict[int, Model] = {}
        for model in models:
            scopes = self._scopes(model.name, 0)
            found.update((scope, model) for scope in scopes)
            if not scopes and self._modules.knows(model.name.partition(".")[0]):
                self._miss("models", model.name)
        return found

    def own(self, models: Iterable[Model]) -> dict[int, Model]:
        """Scope of a function -> the model of its library, in the project that is that library."""
        found: dict[int, Model] = {}
        for model in models:
            if self._modules.knows(model.name.partition(".")[0]):
                found.update((scope, model) for scope in self._scopes(model.name, 0))
        return found

    def entry_points(self, names: Iterable[str]) -> frozenset[int]:
        """Scopes of the functions that ``names`` (``pkg.cli:main``, ``pkg.jobs.*``) mean."""
        found: set[int] = set()
        for name in names:
            pattern = name.replace(":", ".")
            meant = [scope for dotted, scope in self._dotted() if fnmatchcase(dotted, pattern)]
            found.update(meant)
            if not meant:
                self._miss("entry-points", name)
        return frozenset(found)

    def _dotted(self) -> Iterator[tuple[str, int]]:
        for (file, qualname), scopes in self._by_name.items():
            for module in self._modules.names[file]:
                yield from ((f"{module}.{qualname}", scope) for scope in scopes)

    def _miss(self, key: str, name: str) -> None:
        hint = nearest(name.replace(":", "."), dict.fromkeys(dotted for dotted, _ in self._dotted()))
        self.unknown.append(f"{key}: `{name}` names no function of this project{hint}")

    def _scopes(self, name: str, depth: int) -> list[int]:
        parts = name.split(".")
        for length in range(len(parts) - 1, 0, -1):
            inner = ".".join(parts[length:])
            for file in self._modules.find(".".join(parts[:length])):
                if (file, inner) in self._by_name:
                    return self._by_name[(file, inner)]
                for other in self._imported(file, parts[length]) if depth < _DEEP else ():
                    found = self._scopes(".".join([other, *parts[length + 1 :]]), depth + 1)
                    if found:
                        return found
        return []

    def _imported(self, file: int, name: str) -> list[str]:
        """What a module imports under a name, as absolute dotted names."""
        facts = self._world.units[self._world.module_unit[file]][2]
        return [
            f"{module}.{name if entry.name == '*' else entry.name}"
            for entry in facts.imports
            if entry.name in (name, "*") or (entry.asname == name and entry.name)
            for module in self._modules.absolute(file, entry.module, entry.level)
        ]


def replaces(model: Model) -> bool:
    """Whether a model says what a function does with its arguments, so that its body need not be followed."""
    effects = (model.flows, model.sources, model.opens, model.writes, model.moves, model.digest, model.choice)
    return any(effects) or model.atomic_writer or bool(model.sorts)
