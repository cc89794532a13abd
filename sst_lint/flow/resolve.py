"""What does each annotation and attribute mean? What it promises, what modules, classes and objects have under it."""

from __future__ import annotations

from functools import cached_property

from sst_lint.facts.ops import KEYS, SET, Op, at_depth
from sst_lint.facts.records import Kind
from sst_lint.flow.annotations import SETS, holds_whole_numbers, only_accepts_sets, positioned, promised
from sst_lint.flow.classes import Classes
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.names import BUILT_IN, MAPPING_TYPES, SET_TYPES
from sst_lint.flow.values import Listeners, Value
from sst_lint.flow.world import Function, World

#: So deep inside of something the name of a type is followed.
_DEEPEST = 2
_TYPING_NAMES = frozenset(
    {"Set", "FrozenSet", "Dict", "List", "Tuple", "Mapping", "Sequence", "Iterable", "AbstractSet"}
)


#: What a decorator puts on a function, or an actor on its methods, to have it run by somebody else: ray (``remote``),
#: prefect (``submit``, ``fn``), celery (``delay``).
_ELSEWHERE = frozenset({"remote", "submit", "delay", "fn"})


class Resolver(Classes):
    """Binds annotations and attributes."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self._instances_of = Listeners[tuple[int, int]](self.heard)
        self.bound_methods = Listeners[int](self.heard)
        self._names: dict[tuple[int, str], int] = {}
        self._bindings: dict[int, int] = {}
        self._asked: dict[int, list[int]] = {}  #: ``__getattr__`` -> what it asks
        self.of_numbers: set[int] = set()  #: nodes that are annotated as collections of whole numbers

    # annotations

    def annotate(self, node: int, text: str, file: int, unit: int, inside: int = 0) -> None:
        """``node`` holds what an annotation promises (or something ``inside`` it does: ``*args``, ``**kwargs``)."""
        promise = promised(text.strip("\"'"))
        if not inside and holds_whole_numbers(text):
            self.of_numbers.add(node)
        is_nested = self._is_in_function(node)
        for name, level in promise:
            depth = level + inside
            if name.rpartition(".")[2] in SETS and only_accepts_sets(promise, level, is_nested):
                continue
            self._instances_of.add(self._expression(name, file, unit), (node, depth))
            for value in self.values(self._expression(name, file, unit)):
                self._instance(node, depth, value)

        for name, keys in positioned(text.strip("\"'")):
            self._annotate_position(node, self._expression(name, file, unit), ("",) * inside + keys)

    def _annotate_position(self, node: int, promise: int, keys: tuple[str, ...]) -> None:
        """What ``node`` holds under ``keys``, outermost first, is what the expression ``promise`` names."""
        world = self.world
        part = node
        for key in keys:
            held = world.add_node(Kind.VALUE, world.node_unit[node], world.nodes[node], "held")
            self.add_edge(held, part, Op.STORE, key)
            part = held
        self._instances_of.add(promise, (part, 0))
        for value in self.values(promise):
            self._instance(part, 0, value)

    def _is_in_function(self, node: int) -> bool:
        """Whether a node is a parameter of a function that stands in another one."""
        world, record = self.world, self.world.nodes[node]
        return record.kind == Kind.PARAM and world.is_nested(world.node_unit[node], record.scope)

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
            self.attributes.add(base, node)
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
        if value[0] == "a" and depth <= _DEEPEST:  # the name of a type that is written down elsewhere
            written, world = int(value[1]), self.world
            self.annotate(node, world.nodes[written].name[1:], self.file_of(written), world.node_unit[written], depth)
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
            if name in _ELSEWHERE and not self.find_method(value[1], name):
                self.add_value(node, value)
        elif kind == "i":
            self._member(node, value[1], name, through_instance=True)
        elif kind == "s":
            for function in self.find_method(value[1], name, 1):
                self._method(node, function, through_instance=True)
            for base in self.external_bases(value[1]):
                self.add_value(node, ("x", f"{base}.{name}"))
        elif kind == "t":
            self._library_attribute(node, value[1], name)
        elif kind in ("f", "b") and name in _ELSEWHERE:
            self.add_value(node, value)  # `read.remote(path)`: the function, run by somebody else

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
        if through_instance and found and not nested and name in self._assigned and self.role(found[0]) == "method":
            self.read_field(node, cls, name, through_instance)  # `self.write = file.write` in place of a method
        if not found and not nested:
            self.read_field(node, cls, name, through_instance)
            if through_instance:
                self._delegate(node, cls)
            for base in self.external_bases(cls):
                self._library_attribute(node, base, name)

    @cached_property
    def _assigned(self) -> frozenset[str]:
        """The names of attributes that something is assigned to."""
        return frozenset(self.world.nodes[node].name for node in self.world.of_kind(Kind.PUT))

    def _delegate(self, node: int, cls: int) -> None:
        """``return getattr(self.inner, name)`` in ``__getattr__``: what the object has not, ``self.inner`` may have."""
        for function in self.find_method(cls, "__getattr__"):
            for inner in self._delegates(function):
                if node not in self.attributes.get(inner, ()):
                    self.attributes.add(inner, node)
                    for value in self.values(inner):
                        self.bind_attribute(node, value)

    def _delegates(self, function: Function) -> list[int]:
        """What ``__getattr__`` asks for the same name."""
        known = self._asked.get(function.scope)
        if known is None:
            world, base = self.world, self.world.node_base[function.unit]
            facts = world.units[function.unit][2]
            known = self._asked[function.scope] = [
                base + call.args[0].node
                for call in facts.calls
                if facts.nodes[call.callee].kind == Kind.NAME
                and facts.nodes[call.callee].name == "getattr"
                and len(call.args) > 1
                and base + call.args[1].node in function.params[1:]
            ]
        return known

    def _method(self, node: int, function: Function, through_instance: bool) -> None:
        role = self.role(function)
        if role == "property" and through_instance:
            self.read_property(node, function)
        elif role == "staticmethod" or (role == "method" and not through_instance):
            self.add_value(node, ("f", function.scope))
        elif self.is_decorated(function):
            binding = self._binding(function)
            self.bound_methods.add(binding, node)
            for value in self.values(binding):
                if value[0] == "f":
                    self.add_value(node, ("b", value[1]))
        else:
            self.add_value(node, ("b", function.scope))

    def bind_decorated(self, function: Function) -> None:
        """Binds a decorated function to its name, though nobody may read the name: what decorates it calls it."""
        if function.cls >= 0:
            self._binding(function)
        elif function.record.parent < 0:  # a nested one is bound where it stands
            self.global_node(self.world.units[function.unit][0], function.record.name)

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
        if kind in SET_TYPES:
            self.set_sources[node] = self.set_sources.get(node, 0) | at_depth(SET, 0)
        if name not in BUILT_IN.get(owner, (name,)):
            return  # what arrives here from elsewhere has it, or nobody knows who
        self.add_value(node, ("x", f"{owner}.{name}"))
        if self.library.is_path_attribute(owner, name):
            self.add_edge(self._base_of(node), node, Op.PATH)
        if self.library.is_whole_attribute(owner, name):
            self.add_edge(self._base_of(node), node, Op.COPY)

    def _base_of(self, node: int) -> int:
        record = self.world.nodes[node]
        unit = self.world.node_unit[node]
        return self.world.node_base[unit] + record.base if record.base >= 0 else -1
