"""What does a class have? Bases, methods and their overrides, fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sst_lint.facts.records import Kind
from sst_lint.flow.annotations import only_scalars
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.names import MAPPING_TYPES, SET_TYPES, Names
from sst_lint.flow.values import Value
from sst_lint.flow.world import Class, Function, World

#: At most this many overrides of a method, and descendants of a class, are considered.
OVERRIDES = 8
#: And of a class with more of them, so many that say in their bodies what they have under a name.
DECLARED = 40
#: `class C(object)` says nothing of what `C` has.
_OF_ALL = "builtins.object"
#: What holds others is no text and no number.
_COLLECTIONS = frozenset({"builtins.list", "builtins.tuple", "collections.deque", *SET_TYPES, *MAPPING_TYPES})


class Classes(Names):
    """Binds what classes have. ``PUT`` nodes stand for their fields."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self._fields: dict[tuple[int, str], int] = {}
        self.field_nodes: dict[int, tuple[int, str]] = {}
        #: attribute name -> (class, through an instance) -> the nodes that read it
        self._readers: dict[str, dict[tuple[int, bool], list[int]]] = {}
        # what was found in classes, until another base class is known
        self._below: dict[int, list[int]] = {}
        self._read_in: dict[tuple[int, bool], tuple[int, ...]] = {}
        self._declared_in: dict[tuple[int, str], tuple[int, ...]] = {}
        self._methods: dict[tuple[int, str], list[Function]] = {}
        self._overrides: dict[tuple[int, str], list[Function]] = {}

    def mro(self, cls: int) -> tuple[int, ...]:
        """A class and its bases, depth first (the order matters little here)."""
        return self.world.classes[cls].mro or (cls,)

    def add_base(self, cls: Class, value: Value) -> None:
        """A base class was resolved."""
        if value[0] == "c" and value[1] != cls.index and cls.index not in self.mro(value[1]):
            for affected in (cls.index, *self.descendants(cls.index)):
                entry = self.world.classes[affected]
                merged = dict.fromkeys((*(entry.mro or (affected,)), *self.mro(value[1])))
                entry.mro = tuple(merged)
            self.world.classes[value[1]].subclasses.append(cls.index)
            for known in (self._below, self._read_in, self._declared_in, self._methods, self._overrides):
                known.clear()
        elif value[0] == "x":
            name = self.library.canonical(value[1])
            if name != _OF_ALL and name not in cls.external_bases:
                cls.external_bases = (*cls.external_bases, name)

    def descendants(self, cls: int) -> list[int]:
        known = self._below.get(cls)
        if known is None:
            result: dict[int, None] = {}
            queue = list(self.world.classes[cls].subclasses)
            for one in queue:
                if one not in result and one != cls:
                    result[one] = None
                    queue += self.world.classes[one].subclasses
            known = self._below[cls] = list(result)
        return known

    def is_whole(self, value: Value) -> bool:
        """Whether a value is no scalar for certain: a collection, an object of the program. Of functions nobody knows:
        decorators are annotated carelessly."""
        if value[0] == "i":
            return not any(self.external_bases(value[1]))
        return value[0] == "t" and value[1] in _COLLECTIONS

    def first_parameters(self) -> Iterator[tuple[int, tuple[str, int]]]:
        """What `self` and `cls` stand for in each method."""
        for function in self.world.functions.values():
            role = self.role(function) if function.cls >= 0 and function.params else "staticmethod"
            if role != "staticmethod":
                yield function.params[0], ("c" if role == "classmethod" else "i", function.cls)

    def may_be(self, own: tuple[str, int], value: Value) -> bool:
        """Whether a method of a class may have a value as its ``self`` (or ``cls``): not an object of a class that does
        not inherit the method, though a call that may call several methods gives them all that its receiver may be."""
        return value[0] != own[0] or own[1] in self.mro(value[1])

    def external_bases(self, cls: int) -> Iterable[str]:
        """Library types that the class inherits from."""
        for one in self.mro(cls):
            yield from self.world.classes[one].external_bases

    def find_method(self, cls: int, name: str, start: int = 0) -> list[Function]:
        """The definitions of a method in the first class of the MRO that has it."""
        if start:
            return self._find_method(cls, name, start)
        known = self._methods.get((cls, name))
        if known is None:
            known = self._methods[(cls, name)] = self._find_method(cls, name, 0)
        return known

    def _find_method(self, cls: int, name: str, start: int) -> list[Function]:
        for one in self.mro(cls)[start:]:
            scopes = self.world.classes[one].methods.get(name)
            if scopes:
                found = [self.world.functions[s] for s in scopes if s in self.world.functions]
                return [f for f in found if self.role(f) != "setter"] or found
        return []

    def overrides(self, cls: int, name: str) -> list[Function]:
        """Definitions of the method in descendants, at most ``OVERRIDES``; none when there are more."""
        known = self._overrides.get((cls, name))
        if known is None:
            result = self._overriding(cls, name)
            known = self._overrides[(cls, name)] = result if len(result) <= OVERRIDES else []
        return known

    def stand_ins(self, cls: int, name: str) -> list[Function]:
        """What stands in for an abstract method of the class where there are more than ``OVERRIDES``, at most
        ``DECLARED``."""
        own = self.find_method(cls, name)
        if not own or not own[-1].record.abstract:
            return []
        result = self._overriding(cls, name)
        return [each for each in result if not each.record.abstract] if OVERRIDES < len(result) <= DECLARED else []

    def _overriding(self, cls: int, name: str) -> list[Function]:
        """Definitions of the method in descendants."""
        scopes = [
            scope for one in self.descendants(cls) for scope in self.world.classes[one].methods.get(name, ())[-1:]
        ]
        return [self.world.functions[scope] for scope in scopes if scope in self.world.functions]

    # fields

    def field_node(self, cls: int, name: str) -> int:
        """The node of a field of a class: what instances (and the class) hold under ``name``."""
        known = self._fields.get((cls, name))
        if known is not None:
            return known
        world = self.world
        entry = world.classes[cls]
        node = world.add_node(Kind.PUT, entry.unit, None, name)
        self._fields[(cls, name)] = node
        self.field_nodes[node] = (cls, name)
        if any(field == name and only_scalars(annotation) for field, annotation, _ in entry.fields):
            self.scalars.add(node)
        for other in self._class_bound.get((cls, name), ()):
            self.add_edge(other, node)
        for field, annotation, default in entry.fields:
            if field == name:
                self.annotate(node, annotation, self.world.units[entry.unit][0], entry.unit)
                self.add_edge(default, node)
        for (reader, through_instance), attributes in self._readers.get(name, {}).items():
            if cls in self._searched(reader, through_instance, name):
                for attribute in attributes:
                    self.add_edge(node, attribute)
        return node

    def read_field(self, attribute: int, cls: int, name: str, through_instance: bool) -> None:
        """``attribute`` reads a field: of the class, its bases, and (through ``self``) a few descendants."""
        self._readers.setdefault(name, {}).setdefault((cls, through_instance), []).append(attribute)
        for one in self._searched(cls, through_instance, name):
            if (one, name) in self._fields or self._declares(one, name):
                self.add_edge(self.field_node(one, name), attribute)

    def _declares(self, cls: int, name: str) -> bool:
        """Whether the body of a class binds or annotates ``name``; a field of another is made when it is written."""
        return (cls, name) in self._class_bound or any(name == each for each, _, _ in self.world.classes[cls].fields)

    def _searched(self, cls: int, through_instance: bool, name: str) -> tuple[int, ...]:
        """The classes whose fields a read may mean; of many descendants those that say what they have under a name."""
        known = self._read_in.get((cls, through_instance))
        if known is None:
            below = self.descendants(cls) if through_instance else []
            known = (*self.mro(cls), *(below if len(below) <= OVERRIDES else ()))
            self._read_in[(cls, through_instance)] = known
        if not through_instance or len(self.descendants(cls)) <= OVERRIDES:
            return known
        declared = self._declared_in.get((cls, name))
        if declared is None:
            below = [one for one in self.descendants(cls) if (one, name) in self._class_bound]
            declared = (*known, *(below if len(below) <= DECLARED else ()))
            self._declared_in[(cls, name)] = declared
        return declared

    def write_field(self, put: int, cls: int, name: str) -> None:
        """``put`` writes a field; a property setter is called."""
        for function in self._setters(cls, name):
            if len(function.params) > 1:
                self.add_edge(put, function.params[1])
        self.add_edge(put, self.field_node(cls, name))

    def _setters(self, cls: int, name: str) -> list[Function]:
        for one in self.mro(cls):
            scopes = self.world.classes[one].methods.get(name)
            if scopes:
                found = [self.world.functions[s] for s in scopes if s in self.world.functions]
                return [f for f in found if self.role(f) == "setter"]
        return []

    def annotate(self, node: int, text: str, file: int, unit: int, inside: int = 0) -> None:
        """``node`` holds what an annotation promises."""
        raise NotImplementedError
