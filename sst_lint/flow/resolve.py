"""What does each name and attribute mean? Imports, re-exports, globals, classes, fields, annotations."""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from sst_lint.facts.ops import KEYS, SET, Op, at_depth
from sst_lint.facts.records import Import, Kind, UnitFacts
from sst_lint.flow.annotations import SETS, only_accepts_sets, promised
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.values import Value, Values
from sst_lint.flow.world import Class, Function, World

_BUILTINS = frozenset(dir(builtins)) | {"reveal_type", "unicode", "basestring", "xrange"}
#: At most this many overrides of a method, and descendants of a class, are considered.
OVERRIDES = 8
SET_TYPES = ("builtins.set", "builtins.frozenset")
MAPPING_TYPES = ("builtins.dict", "collections.defaultdict", "collections.OrderedDict", "collections.Counter")
_NO_MAPPINGS = frozenset(
    {
        "builtins.list", "builtins.tuple", "builtins.str", "builtins.bytes", "builtins.int", "builtins.float",
        "builtins.bool", "pathlib.Path", "pathlib.PurePath", "datetime.datetime", *SET_TYPES, "typing.Sequence",
        "collections.abc.Sequence", "typing.Iterable", "collections.abc.Iterable", "typing.Iterator",
        "collections.abc.Iterator", "collections.deque", "typing.Collection", "collections.abc.Collection",
    }
)  # fmt: skip
_TYPING_NAMES = frozenset(
    {"Set", "FrozenSet", "Dict", "List", "Tuple", "Mapping", "Sequence", "Iterable", "AbstractSet"}
)
_PROPERTIES = frozenset({"property", "cached_property", "functools.cached_property", "abc.abstractproperty"})
#: So many values are looked at for what a function gives back.
_NEAR = 40
_CONTEXT = frozenset({"contextmanager", "asynccontextmanager"})


def unchanged(facts: UnitFacts, ends: Iterable[int]) -> list[int]:
    """The nodes of a unit (local numbers) that come to one of ``ends`` as they are; the nearest ``_NEAR`` or so."""
    into: dict[int, list[int]] = {}
    for edge in facts.edges:
        if edge.op == Op.SAME:
            into.setdefault(edge.target, []).append(edge.source)
    near = list(ends)
    for node in near:
        near += [source for source in into.get(node, ()) if source not in near] if len(near) < _NEAR else []
    return near


class Resolver(Values):
    """Binds names. ``BOUND`` nodes stand for globals, ``PUT`` nodes for fields of classes."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world)
        self.modules = modules
        self.library = library
        self._globals: dict[tuple[int, str], int] = {}
        self._fields: dict[tuple[int, str], int] = {}
        self._bound: dict[tuple[int, str], list[int]] = {}
        self._class_bound: dict[tuple[int, str], list[int]] = {}
        self._stars: dict[int, list[tuple[int, Import]]] = {}
        self.attributes: dict[int, list[int]] = {}
        self.puts: dict[int, list[int]] = {}
        self._instances_of: dict[int, list[tuple[int, int]]] = {}
        self.set_sources: dict[int, int] = {}  #: node -> bits, from annotations
        self.mapping_sources: dict[int, int] = {}  #: the same of mappings
        self.field_nodes: dict[int, tuple[int, str]] = {}
        self.global_nodes: dict[int, tuple[int, str]] = {}
        self._exports: dict[int, frozenset[str]] = {}
        self.bound_methods: dict[int, list[int]] = {}
        self.decorator_calls: dict[int, list[tuple[int, int]]] = {}
        self._names: dict[tuple[int, str], int] = {}
        self._bindings: dict[int, int] = {}
        #: attribute name -> (class, through an instance) -> the nodes that read it
        self._readers: dict[str, dict[tuple[int, bool], list[int]]] = {}
        # what was found in classes, until another base class is known
        self._below: dict[int, list[int]] = {}
        self._read_in: dict[tuple[int, bool], tuple[int, ...]] = {}
        self._methods: dict[tuple[int, str], list[Function]] = {}
        self._overrides: dict[tuple[int, str], list[Function]] = {}
        self._index()

    # tables

    def _index(self) -> None:
        world = self.world
        for index, (file, unit, facts) in enumerate(world.units):
            base = world.node_base[index]
            for local, node in enumerate(facts.nodes):
                if node.kind == Kind.ATTR:
                    self.attributes.setdefault(base + node.base, []).append(base + local)
                elif node.kind == Kind.PUT:
                    self.puts.setdefault(base + node.base, []).append(base + local)
                elif node.kind == Kind.BOUND:
                    cls = world.class_of_scope.get(world.scope_base[index] + node.scope)
                    if cls is not None:
                        self._class_bound.setdefault((cls, node.name), []).append(base + local)
                    else:
                        self._bound.setdefault((file, node.name), []).append(base + local)
            for record in facts.imports:
                if record.name == "*" and unit.kind == "module":
                    self._stars.setdefault(file, []).append((index, record))
            if unit.kind == "module" and facts.exports:
                self._exports[file] = frozenset(facts.exports)

    def file_of(self, node: int) -> int:
        """The file that a node stands in."""
        return self.world.units[self.world.node_unit[node]][0]

    def is_mapping(self, node: int) -> bool:
        """Whether ``node`` holds a mapping, and no list."""
        held = self.held.get(node)
        if not held or ("t", "builtins.list") in held:
            return False
        return any(("t", name) in held for name in MAPPING_TYPES)

    def is_sequence(self, node: int) -> bool:
        """Whether ``node`` is known as something that is no mapping."""
        held = self.held.get(node)
        return any(kind == "t" and name in _NO_MAPPINGS for kind, name in held)

    # modules and globals

    def global_node(self, file: int, name: str) -> int:
        """The node of a module's global; -1 if the module has no such name."""
        known = self._globals.get((file, name))
        if known is not None:
            return known
        world = self.world
        definitions = world.definitions[file].get(name, [])
        bound = self._bound.get((file, name), [])
        if not definitions and not bound:
            self._globals[(file, name)] = -1
            starred = self._from_stars(file, name)
            starred = starred if starred >= 0 else self._from_foreign_stars(file, name)
            if starred >= 0:
                self._globals[(file, name)] = starred
            return starred
        node = world.add_node(Kind.BOUND, world.module_unit[file], None, name)
        self._globals[(file, name)] = node
        self.global_nodes[node] = (file, name)
        for kind, scope in definitions:
            if kind == "class":
                self.add_value(node, ("c", world.class_of_scope[scope]))
            else:
                self.add_function(node, world.functions[scope])
        for other in bound:
            self.add_edge(other, node)
        return node

    def _from_stars(self, file: int, name: str) -> int:
        if name.startswith("_"):
            return -1
        for _, record in self._stars.get(file, ()):
            for module in self.modules.absolute(file, record.module, record.level):
                for target in self.modules.find(module):
                    exports = self._exports.get(target)
                    if target != file and (exports is None or name in exports):
                        found = self.global_node(target, name)
                        if found >= 0:
                            return found
        return -1

    def _from_foreign_stars(self, file: int, name: str) -> int:
        """A name that ``from os import *`` brings: only what some model speaks of, since nobody sees what is there."""
        if name.startswith("_"):
            return -1
        for _, record in self._stars.get(file, ()):
            if record.level == 0 and not self.modules.knows(record.module):
                found = f"{record.module}.{name}"
                if self.library.speaks_of(found):
                    node = self.world.add_node(Kind.BOUND, self.world.module_unit[file], None, name)
                    self._bind_external(node, found)
                    return node
        return -1

    def module_values(self, name: str) -> list[Value]:
        """What ``import name`` gives."""
        name = self.modules.original(name)
        files = self.modules.find(name)
        if files:
            return [("m", file) for file in files]
        return [("n", name)] if self.modules.is_namespace(name) else [("x", name)]

    def bind_name(self, node: int) -> None:
        """A name that its unit does not bind: a global of the module, else a builtin."""
        name = self.world.nodes[node].name
        found = self.global_node(self.file_of(node), name)
        if found >= 0:
            self.add_edge(found, node)
        elif name in _BUILTINS:
            self.add_value(node, ("x", f"builtins.{name}"))

    def bind_import(self, node: int, record: Import) -> None:
        """An imported name."""
        file = self.file_of(node)
        if not record.name:
            name = record.module if record.asname else record.module.partition(".")[0]
            for value in self.module_values(name):
                self.add_value(node, value)
            return
        for module in self.modules.absolute(file, record.module, record.level):
            known = False
            for target in self.modules.find(module):
                found = self.global_node(target, record.name) if target != file else -1
                if found >= 0:
                    self.add_edge(found, node)
                    known = True
            child = f"{module}.{record.name}"
            if self.modules.knows(child):
                for value in self.module_values(child):
                    self.add_value(node, value)
            elif not known and not self.modules.knows(module):
                self._bind_external(node, child)

    def _bind_external(self, node: int, name: str) -> None:
        self.add_value(node, ("x", name))
        value = self.library.values.get(self.library.canonical(name))
        if value is not None:
            if value.type:
                self.add_value(node, ("t", self.library.canonical(value.type)))
            if value.source == "dict":
                self.mapping_sources[node] = KEYS
            elif value.source == "set":
                self.set_sources[node] = SET
            if self.library.canonical(value.type) in MAPPING_TYPES:
                self.mapping_sources[node] = KEYS

    # functions and classes

    def add_function(self, node: int, function: Function) -> None:
        """``node`` is where the function's name is bound; project decorators stand between."""
        world = self.world
        through = [d for d in function.decorators if self._is_project_decorator(d)]
        for decorator in function.decorators:
            if world.nodes[decorator].name in _CONTEXT:
                function.is_context_manager = True
        if not through:
            self.add_value(node, ("f", function.scope))
            return
        inner = world.add_node(Kind.VALUE, function.unit, world.nodes[function.returns], function.record.name)
        self.add_value(inner, ("f", function.scope))
        for decorator in reversed(through):
            outer = world.add_node(Kind.VALUE, function.unit, world.nodes[function.returns], function.record.name)
            self.decorator_calls.setdefault(decorator, []).append((inner, outer))
            for value in self.values(decorator):
                self._decorate(inner, outer, value)
            inner = outer
        self.add_edge(inner, node)

    def _is_project_decorator(self, node: int) -> bool:
        """Whether a decorator is (made by) a function of the program, as far as names tell without following values."""
        record = self.world.nodes[node]
        if record.kind == Kind.CALL:
            unit = self.world.node_unit[node]
            call = self.world.calls[self.world.call_base[unit] + record.base]
            return self._is_project_decorator(self.world.node_base[unit] + call.callee)
        if record.kind == Kind.NAME:
            file = self.file_of(node)
            return self._names_function(file, record.name, 0)
        return False

    def _names_function(self, file: int, name: str, depth: int) -> bool:
        if any(kind == "function" for kind, _ in self.world.definitions[file].get(name, ())):
            return True
        if depth > 3:
            return False
        unit = self.world.module_unit[file]
        for record in self.world.units[unit][2].imports:
            if (record.asname or record.name) == name and record.name:
                for module in self.modules.absolute(file, record.module, record.level):
                    for target in self.modules.find(module):
                        if target != file and self._names_function(target, record.name, depth + 1):
                            return True
        return False

    def _decorate(self, inner: int, outer: int, value: Value) -> None:
        if value[0] in ("f", "b"):
            function = self.world.functions[value[1]]
            params = function.params[1:] if value[0] == "b" else function.params
            if params:
                self.add_edge(inner, params[0])
                if self._passes_through(function, params[0]):
                    self.add_edge(inner, outer)  # what another function with this decorator gives is not its own
            self.add_edge(function.returns, outer)

    def _passes_through(self, decorator: Function, param: int) -> bool:
        """Whether a function in a decorator gives back, as it is, what the decorated function gives."""
        world, unit = self.world, decorator.unit
        facts, local = world.units[unit][2], decorator.scope - world.scope_base[unit]
        captured = {edge.target for edge in facts.edges if edge.source == param - world.node_base[unit]}
        inner = [scope.returns for scope in facts.scopes if scope.parent == local and scope.kind == "function"]
        return any(
            record.kind == Kind.CALL and facts.calls[record.base].callee in captured
            for record in (facts.nodes[node] for node in unchanged(facts, inner))
        )

    def role(self, function: Function) -> str:
        """How a method binds: method, staticmethod, classmethod, property."""
        if function.kind != "method":
            return function.kind
        role = "method"
        for decorator in function.decorators:
            record = self.world.nodes[decorator]
            name = record.name
            if name in ("staticmethod", "classmethod"):
                role = name
            elif name in _PROPERTIES or name.endswith("cached_property"):
                role = "property"
            elif name in ("setter", "deleter"):
                role = "setter"
            if name in _CONTEXT:
                function.is_context_manager = True
        if function.record.name in ("__new__", "__init_subclass__", "__class_getitem__"):
            role = "classmethod"
        function.kind = role
        return role

    def mro(self, cls: int) -> tuple[int, ...]:
        """A class and its bases, depth first (the order matters little here)."""
        return self.world.classes[cls].mro or (cls,)

    def add_base(self, cls: Class, value: Value) -> None:
        """A base class was resolved."""
        if value[0] == "c" and value[1] != cls.index and cls.index not in self.mro(value[1]):
            for affected in (cls.index, *self._descendants(cls.index)):
                entry = self.world.classes[affected]
                merged = dict.fromkeys((*(entry.mro or (affected,)), *self.mro(value[1])))
                entry.mro = tuple(merged)
            self.world.classes[value[1]].subclasses.append(cls.index)
            for known in (self._below, self._read_in, self._methods, self._overrides):
                known.clear()
        elif value[0] == "x":
            name = self.library.canonical(value[1])
            if name not in cls.external_bases:
                cls.external_bases = (*cls.external_bases, name)

    def _descendants(self, cls: int) -> list[int]:
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
            result = []
            for one in self._descendants(cls):
                for scope in self.world.classes[one].methods.get(name, ())[-1:]:
                    if scope in self.world.functions:
                        result.append(self.world.functions[scope])
            known = self._overrides[(cls, name)] = result if len(result) <= OVERRIDES else []
        return known

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
        for other in self._class_bound.get((cls, name), ()):
            self.add_edge(other, node)
        for field, annotation, default in entry.fields:
            if field == name:
                self.annotate(node, annotation, self.world.units[entry.unit][0], entry.unit)
                self.add_edge(default, node)
        for (reader, through_instance), attributes in self._readers.get(name, {}).items():
            if cls in self._searched(reader, through_instance):
                for attribute in attributes:
                    self.add_edge(node, attribute)
        return node

    def read_field(self, attribute: int, cls: int, name: str, through_instance: bool) -> None:
        """``attribute`` reads a field: of the class, its bases, and (through ``self``) a few descendants."""
        self._readers.setdefault(name, {}).setdefault((cls, through_instance), []).append(attribute)
        for one in self._searched(cls, through_instance):
            if (one, name) in self._fields or self._declares(one, name):
                self.add_edge(self.field_node(one, name), attribute)

    def _declares(self, cls: int, name: str) -> bool:
        """Whether the body of a class binds or annotates ``name``; a field of another is made when it is written."""
        return (cls, name) in self._class_bound or any(name == each for each, _, _ in self.world.classes[cls].fields)

    def _searched(self, cls: int, through_instance: bool) -> tuple[int, ...]:
        """The classes whose fields a read may mean."""
        known = self._read_in.get((cls, through_instance))
        if known is None:
            below = self._descendants(cls) if through_instance else []
            known = (*self.mro(cls), *(below if len(below) <= OVERRIDES else ()))
            self._read_in[(cls, through_instance)] = known
        return known

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

    # annotations

    def annotate(self, node: int, text: str, file: int, unit: int, inside: int = 0) -> None:
        """``node`` holds what an annotation promises (or something ``inside`` it does: ``*args``, ``**kwargs``)."""
        promise = promised(text.strip("\"'"))
        is_nested = self._is_in_function(node)
        for name, level in promise:
            depth = level + inside
            if name.rpartition(".")[2] in SETS and only_accepts_sets(promise, level, is_nested):
                continue
            self._instances_of.setdefault(self._expression(name, file, unit), []).append((node, depth))
            for value in self.values(self._expression(name, file, unit)):
                self._instance(node, depth, value)

    def _is_in_function(self, node: int) -> bool:
        """Whether a node is a parameter of a function that stands in another one."""
        world, record = self.world, self.world.nodes[node]
        if record.kind != Kind.PARAM:
            return False
        scopes = world.units[world.node_unit[node]][2].scopes
        parent = scopes[record.scope].parent
        return parent >= 0 and scopes[parent].kind == "function"

    def _expression(self, name: str, file: int, unit: int) -> int:
        """A node for a dotted name in an annotation, shared by all annotations of the file."""
        known = self._names.get((file, name))
        if known is not None:
            return known
        world = self.world
        head, _, last = name.rpartition(".")
        if head:
            base = self._expression(head, file, unit)
            record = world.nodes[base]
            node = world.add_node(Kind.ATTR, unit, record, last)
            self._names[(file, name)] = node
            self.attributes.setdefault(base, []).append(node)
            for value in self.values(base):
                self.bind_attribute(node, value)
            return node
        node = world.add_node(Kind.NAME, unit, None, name)
        self._names[(file, name)] = node
        self.bind_name(node)
        if name in _TYPING_NAMES and self.global_node(file, name) < 0:
            self.add_value(node, ("x", f"typing.{name}"))  # in a type comment it need not be imported
        return node

    def _instance(self, node: int, depth: int, value: Value) -> None:
        made: Value | None = None
        if value[0] == "c":
            made = ("i", value[1])
        elif value[0] == "x":
            name = self.library.canonical(value[1])
            made = ("t", name)
            if name in SET_TYPES:
                self.set_sources[node] = self.set_sources.get(node, 0) | at_depth(SET, depth)
            elif depth == 0 and name in MAPPING_TYPES and self.world.nodes[node].kind == Kind.PARAM:
                self.mapping_sources[node] = self.mapping_sources.get(node, 0) | at_depth(KEYS, depth)
        if made is not None:
            if depth == 0:
                self.add_value(node, made)
            else:
                self.add_element(node, made, depth)

    # attributes

    def bind_attribute(self, node: int, value: Value) -> None:
        """``node`` reads an attribute of something that may be ``value``."""
        name, kind = self.world.nodes[node].name, value[0]
        if kind == "m":
            self._module_attribute(node, value[1], name)
        elif kind == "n":
            for one in self.module_values(f"{value[1]}.{name}"):
                self.add_value(node, one)
        elif kind == "x":
            self._bind_external(node, f"{value[1]}.{name}")
        elif kind == "c":
            self._member(node, value[1], name, through_instance=False)
        elif kind == "i":
            self._member(node, value[1], name, through_instance=True)
        elif kind == "s":
            for function in self.find_method(value[1], name, 1):
                self._method(node, function, through_instance=True)
            for base in self.external_bases(value[1]):
                self.add_value(node, ("x", f"{base}.{name}"))
        elif kind == "t":
            self._library_attribute(node, value[1], name)

    def _module_attribute(self, node: int, file: int, name: str) -> None:
        found = self.global_node(file, name)
        if found >= 0:
            self.add_edge(found, node)
        if self.modules.is_package[file]:
            for package in self.modules.names[file]:
                if self.modules.knows(f"{package}.{name}"):
                    for one in self.module_values(f"{package}.{name}"):
                        self.add_value(node, one)

    def _member(self, node: int, cls: int, name: str, through_instance: bool) -> None:
        found = self.find_method(cls, name)
        overriding = self.overrides(cls, name) if through_instance else []
        for function in (*found, *overriding):
            self._method(node, function, through_instance)
        nested = [
            self.world.class_of_scope[s]
            for one in self.mro(cls)
            for s in self.world.classes[one].methods.get(name, ())
            if s in self.world.class_of_scope
        ]
        for inner in nested[:1]:
            self.add_value(node, ("c", inner))
        if not found and not nested:
            self.read_field(node, cls, name, through_instance)
            for base in self.external_bases(cls):
                self._library_attribute(node, base, name)

    def _method(self, node: int, function: Function, through_instance: bool) -> None:
        role = self.role(function)
        if role == "property" and through_instance:
            self.read_property(node, function)
        elif role == "staticmethod" or (role == "method" and not through_instance):
            self.add_value(node, ("f", function.scope))
        elif any(self._is_project_decorator(d) for d in function.decorators):
            binding = self._binding(function)
            self.bound_methods.setdefault(binding, []).append(node)
            for value in self.values(binding):
                if value[0] == "f":
                    self.add_value(node, ("b", value[1]))
        else:
            self.add_value(node, ("b", function.scope))

    def _binding(self, function: Function) -> int:
        known = self._bindings.get(function.scope)
        if known is None:
            known = self.world.add_node(Kind.VALUE, function.unit, None, function.record.name)
            self._bindings[function.scope] = known
            self.add_function(known, function)
        return known

    def read_property(self, node: int, function: Function) -> None:
        """A property read is a call; the call half gives it a label."""
        raise NotImplementedError

    def _library_attribute(self, node: int, owner: str, name: str) -> None:
        kind = self.library.attribute(owner, name)
        if kind:
            self.add_value(node, ("t", kind))
        self.add_value(node, ("x", f"{owner}.{name}"))
        if self.library.is_path_attribute(owner, name):
            self.add_edge(self._base_of(node), node, Op.PATH)
        if self.library.is_whole_attribute(owner, name):
            self.add_edge(self._base_of(node), node, Op.COPY)

    def _base_of(self, node: int) -> int:
        record = self.world.nodes[node]
        unit = self.world.node_unit[node]
        return self.world.node_base[unit] + record.base if record.base >= 0 else -1
