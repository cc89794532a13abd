"""What does the name of a function mean? The function, what its decorators make of it, and how a method binds."""

from __future__ import annotations

from collections.abc import Iterable

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, UnitFacts
from sst_lint.flow.modules import Modules
from sst_lint.flow.values import Listeners, Value, Values
from sst_lint.flow.world import Function, World

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


class Decorated(Values):
    """Binds functions; decorators of the program stand between a function and its name."""

    def __init__(self, world: World, modules: Modules) -> None:
        super().__init__(world)
        self.modules = modules
        self.decorator_calls = Listeners[tuple[int, int]](self.heard)
        self._made: dict[int, list[int]] = {}  #: decorator -> what it gives back
        #: decorators of methods, each with its method
        self._methods_decorated = {d: f for f in world.functions.values() if f.cls >= 0 for d in f.decorators}

    def file_of(self, node: int) -> int:
        """The file that a node stands in."""
        return self.world.units[self.world.node_unit[node]][0]

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
            self.decorator_calls.add(decorator, (inner, outer))
            for value in self.values(decorator):
                self._decorate(inner, outer, value)
            inner = outer
        self.add_edge(inner, node)

    def find_method(self, cls: int, name: str, start: int = 0) -> list[Function]:
        """The definitions of a method in the first class of the MRO that has it."""
        raise NotImplementedError

    def is_decorated(self, function: Function) -> bool:
        """Whether a decorator of the program stands between a function and its name."""
        return any(self._is_project_decorator(d) for d in function.decorators)

    def _is_project_decorator(self, node: int) -> bool:
        """Whether a decorator is (made by) a function of the program, as far as names tell without following values."""
        record = self.world.nodes[node]
        if record.kind == Kind.CALL:
            unit = self.world.node_unit[node]
            call = self.world.calls[self.world.call_base[unit] + record.base]
            return self._is_project_decorator(self.world.node_base[unit] + call.callee)
        if record.kind == Kind.NAME:
            file = self.file_of(node)
            return self._names_function(file, record.name, 0) or self.method_before(node) >= 0
        return False

    def method_before(self, node: int) -> int:
        """The method that a name means in the body of a class, or above a method: the last that stands before it; -1
        if there is none, or a class of that name stands there."""
        scope = self._member_before(node)
        return scope if scope in self.world.functions else -1

    def class_before(self, node: int) -> int:
        """The same of a class inside of the class: ``class List(list): ...`` and ``kinds = {"all": List}``."""
        return self.world.class_of_scope.get(self._member_before(node), -1)

    def _member_before(self, node: int) -> int:
        """The scope of what stands under a name in a class body, before a node of that body or of a decorator."""
        world = self.world
        decorated = self._methods_decorated.get(node)
        cls = world.class_of_scope.get(world.scope_of_node(node), -1) if decorated is None else decorated.cls
        members = world.classes[cls].methods.get(world.nodes[node].name, ()) if cls >= 0 else ()
        unit = world.node_unit[node]
        line = world.units[unit][1].first_line + world.nodes[node].line - 1
        before = [
            (world.units[of][1].first_line, scope)
            for scope in members
            if (of := self._unit_of_scope(scope)) not in (unit, -1) and world.units[of][1].first_line < line
        ]
        return max(before, default=(0, -1))[1]

    def _unit_of_scope(self, scope: int) -> int:
        """The unit of a function or a class; -1 if it is neither."""
        world = self.world
        if scope in world.functions:
            return world.functions[scope].unit
        return world.classes[world.class_of_scope[scope]].unit if scope in world.class_of_scope else -1

    def _names_function(self, file: int, name: str, depth: int) -> bool:
        for kind, scope in self.world.definitions[file].get(name, ()):
            if kind == "function" or "__call__" in self.world.classes[self.world.class_of_scope[scope]].methods:
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
        if value[0] == "i":  # an object that is called, such as what `@Retry(3)` makes
            for method in self.find_method(value[1], "__call__"):
                self._decorate(inner, outer, ("b", method.scope))
        elif value[0] == "c":  # a class that keeps the function and is called in its stead
            for method in self.find_method(value[1], "__init__"):
                if method.params[1:]:
                    self.add_edge(inner, method.params[1])
            self.add_value(outer, ("i", value[1]))
            self.add_edge(inner, outer)  # under a method's name it is up to its ``__get__``: mostly as the function
        elif value[0] in ("f", "b"):
            function = self.world.functions[value[1]]
            params = function.params[1:] if value[0] == "b" else function.params
            if params:
                self.add_edge(inner, params[0])
                if self._passes_through(function, params[0]):
                    self.add_edge(inner, outer)  # what another function with this decorator gives is not its own
            for made in self._made_by(function):
                self.add_edge(inner if made in params[:1] else made, outer)  # of all that it is given, this one

    def _made_by(self, decorator: Function) -> list[int]:
        """What a decorator gives back, where it comes from: its parameter, functions in it, results of calls."""
        known = self._made.get(decorator.scope)
        if known is None:
            world = self.world
            facts, base = world.units[decorator.unit][2], world.node_base[decorator.unit]
            near = unchanged(facts, [decorator.returns - base])
            moved = {edge.target for edge in facts.edges if edge.op == Op.SAME}
            found = [base + node for node in near if node not in moved]
            known = self._made[decorator.scope] = found if found and len(near) < _NEAR else [decorator.returns]
        return known

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
