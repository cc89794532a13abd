"""What is known of a callable or type outside of the program? Models by qualified name, with bases and aliases."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cached_property

from sst_lint.catalogue.model import Library, Model, TypeModel, ValueModel
from sst_lint.facts.records import Call

_TYPE_ALIASES = {
    "typing.List": "builtins.list",
    "typing.Dict": "builtins.dict",
    "typing.Set": "builtins.set",
    "typing.FrozenSet": "builtins.frozenset",
    "typing.Tuple": "builtins.tuple",
    "typing.AbstractSet": "builtins.set",
    "typing.MutableSet": "builtins.set",
    "collections.abc.Set": "builtins.set",
    "collections.abc.MutableSet": "builtins.set",
    "typing.Text": "builtins.str",
    "typing.Mapping": "builtins.dict",
    "typing.MutableMapping": "builtins.dict",
    "typing.DefaultDict": "builtins.dict",
    "typing.OrderedDict": "builtins.dict",
    "collections.abc.Mapping": "builtins.dict",
    "collections.abc.MutableMapping": "builtins.dict",
    "typing.TextIO": "typing.IO",
    "typing.BinaryIO": "typing.IO",
    "io.TextIOWrapper": "typing.IO",
    "io.TextIOBase": "typing.IO",
    "io.IOBase": "typing.IO",
    "io.RawIOBase": "typing.IO",
    "io.BufferedWriter": "typing.IO",
    "io.BufferedIOBase": "typing.IO",
    "io.FileIO": "typing.IO",
    "pathlib.PosixPath": "pathlib.Path",
    "pathlib.WindowsPath": "pathlib.Path",
}


class LibraryIndex:
    """Finds the model of a qualified name."""

    def __init__(self, libraries: Iterable[Library]) -> None:
        self._models: dict[str, Model] = {}
        self._types: dict[str, TypeModel] = {}
        self.values: dict[str, ValueModel] = {}
        self._canonical: dict[str, str] = {}
        self._aliases: dict[str, str] = dict(_TYPE_ALIASES)
        self.by_method: dict[str, list[Model]] = {}
        self._known: dict[str, Model | None] = {}
        for library in libraries:
            for model in library.calls:
                known = model.name in self._models  # the first wins: those of the configuration stand before others
                self._models.setdefault(model.name, model)
                if model.method and (model.unknown_receiver or model.unknown_with) and not known:
                    self.by_method.setdefault(model.name.rpartition(".")[2], []).append(model)
            for entry in library.types:
                self._types.setdefault(entry.name, entry)
            for other, target in library.aliases:
                self._aliases.setdefault(other, target)
            for value in library.values:
                self.values.setdefault(value.name, value)
        named = (*self._models, *self._types, *self.values)
        self._modules = frozenset(
            ".".join(parts[:n]) for parts in (name.split(".") for name in named) for n in range(1, len(parts))
        )

    @cached_property
    def installed(self) -> frozenset[str]:
        """The packages that models describe and that do not come with Python."""
        return frozenset(name for name in self._modules if "." not in name) - sys.stdlib_module_names

    def canonical(self, name: str) -> str:
        """``name`` with the longest aliased prefix replaced."""
        known = self._canonical.get(name)
        if known is None:
            known = self._canonical[name] = self._replaced(name)
        return known

    def _replaced(self, name: str) -> str:
        for _ in range(4):
            head, tail = name, ""
            while head:
                if head in self._aliases:
                    name = self._aliases[head] + tail
                    break
                head, dot, last = head.rpartition(".")
                tail = dot + last + tail
            else:
                return name
        return name

    def called(self, name: str) -> str:
        """What a call of ``name`` calls: a class that stands for another type (`io.FileIO` for `typing.IO`) keeps its
        own name, if a model has it."""
        return name if name in self._models else self.canonical(name)

    def guessed(self, call: Call) -> list[Model]:
        """What a call of a method may mean, when nobody knows of what class its object is."""
        given = {argument.slot for argument in call.args}
        models = self.by_method.get(call.method, ())
        return [model for model in models if model.unknown_receiver or not given.isdisjoint(model.unknown_with)]

    def builders(self) -> list[Model]:
        """Models of what builds packages, or says what a command can."""
        return [model for model in self._models.values() if model.builds or model.shows]

    def model(self, name: str) -> Model | None:
        """The model of the callable ``name`` (``pkg.func``, ``pkg.Class.method``), looked up through base types."""
        if name in self._known:
            return self._known[name]
        found = self._find(self.called(name))
        self._known[name] = found
        return found

    def _find(self, name: str) -> Model | None:
        if name in self._models:
            return self._models[name]
        owner, _, method = name.rpartition(".")
        for base in self.bases(owner):
            if f"{base}.{method}" in self._models:
                return self._models[f"{base}.{method}"]
        return None

    def bases(self, name: str) -> list[str]:
        """Base types of a library's type, nearest first."""
        result: list[str] = []
        queue = [self.canonical(name)]
        while queue:
            entry = self._types.get(queue.pop(0))
            for base in entry.bases if entry is not None else ():
                base = self.canonical(base)
                if base not in result:
                    result.append(base)
                    queue.append(base)
        return result

    def speaks_of(self, name: str) -> bool:
        """Whether a model describes the function, type or value ``name``, or what is in the module ``name``."""
        name = self.canonical(name)
        return self.model(name) is not None or name in self._types or name in self.values or name in self._modules

    def is_type(self, name: str) -> bool:
        """Whether ``name`` is a type that some model speaks of."""
        return self.canonical(name) in self._types

    def attribute(self, owner: str, name: str) -> str:
        """The type of an attribute of a library's type, or ""."""
        for candidate in (self.canonical(owner), *self.bases(owner)):
            entry = self._types.get(candidate)
            if entry is not None:
                for attribute, kind in entry.attributes:
                    if attribute == name:
                        return self.canonical(kind)
        return ""

    def is_path_attribute(self, owner: str, name: str) -> bool:
        """Whether the attribute is a path derived from its owner (``p.parent``)."""
        return any(name in entry.path_attributes for entry in self._entries(owner))

    def is_whole_attribute(self, owner: str, name: str) -> bool:
        """Whether the attribute is all that its owner holds (``series.values``)."""
        return any(name in entry.whole_attributes for entry in self._entries(owner))

    def _entries(self, owner: str) -> list[TypeModel]:
        entries = [self._types.get(name) for name in (self.canonical(owner), *self.bases(owner))]
        return [entry for entry in entries if entry is not None]
