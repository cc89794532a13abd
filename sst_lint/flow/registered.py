"""Which functions are handed over by their decorators? ``@registry.add(key)`` keeps the function that it decorates, and
a generic function of ``functools.singledispatch`` calls what is registered with it.

The types that a function is registered for are what its first parameter gets.
"""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.callees import Callees
from sst_lint.flow.decorated import unchanged
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.values import Value
from sst_lint.flow.world import Function, World

_GENERIC = frozenset({"singledispatch", "singledispatchmethod"})
_REGISTER = "register"


class Registered(Callees):
    """Binds functions to what they are registered with."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self._implementations: dict[int, list[Function]] = {}  #: generic function -> what is registered with it
        self._registering: dict[int, list[tuple[Function, int]]] = {}  #: ``x.register`` -> (function, call or -1)

    def hand_over(self) -> None:
        """Seed the decorators that may keep what they decorate, which nobody need ask for by its name."""
        world = self.world
        for function in tuple(world.functions.values()):
            for decorator in function.decorators:
                if self._named(decorator, function) or self._is_project_decorator(decorator):
                    self._hand(decorator, function.unit, ("f", function.scope), function.record.name)
        for cls in world.classes:
            for decorator in cls.decorators:
                self._hand(decorator, cls.unit, ("c", cls.index), cls.name)

    def _decorate(self, inner: int, outer: int, value: Value) -> None:
        """As the resolver does; what is only handed over goes to what gives it back, and wraps nothing."""
        if outer >= 0 or (value[0] in ("f", "b") and self._gives_back(self.world.functions[value[1]], value[0] == "b")):
            super()._decorate(inner, outer, value)

    def _gives_back(self, function: Function, bound: bool) -> bool:
        params = function.params[1:] if bound else function.params
        base = self.world.node_base[function.unit]
        given = unchanged(self.world.units[function.unit][2], [function.returns - base])
        return bool(params) and params[0] - base in given

    def _named(self, decorator: int, function: Function) -> bool:
        """Whether a decorator is an attribute, or a call of one; those that register are noted."""
        nodes = self.world.nodes
        call = self.world.call_of(decorator) if nodes[decorator].kind == Kind.CALL else -1
        called = decorator if call < 0 else self.callee_of(call)
        if nodes[called].kind == Kind.ATTR and nodes[called].name == _REGISTER:
            self._registering.setdefault(called, []).append((function, call))
        return nodes[called].kind == Kind.ATTR

    def _hand(self, decorator: int, unit: int, value: Value, name: str) -> None:
        inner = self.world.add_node(Kind.VALUE, unit, self.world.nodes[decorator], name)
        self.add_value(inner, value)
        self.decorator_calls.add(decorator, (inner, -1))

    def bind_attribute(self, node: int, value: Value) -> None:
        """As the resolver does; ``x.register`` of a generic function, or of an object of the program, registers."""
        super().bind_attribute(node, value)
        for function, call in self._registering.get(node, ()):
            generic = self.world.functions.get(value[1]) if value[0] in ("f", "b") else None
            if generic is not None and any(self.world.nodes[d].name in _GENERIC for d in generic.decorators):
                self._implement(generic, function)
                self._promise(function, call)
            elif value[0] == "i":
                self._promise(function, call)

    def bind_function(self, number: int, function: Function, receiver: int) -> None:
        """As the base does; a call of a generic function may call each of its implementations."""
        super().bind_function(number, function, receiver)
        for other in self._implementations.get(function.scope, ()):
            super().bind_function(number, other, receiver)

    def functions_of(self, value: Value) -> list[tuple[Function, bool]]:
        """As the base does, with the implementations of a generic function."""
        found = super().functions_of(value)
        return found + [(other, bound) for one, bound in found for other in self._implementations.get(one.scope, ())]

    def _implement(self, generic: Function, function: Function) -> None:
        known = self._implementations.setdefault(generic.scope, [])
        if function in known:
            return
        known.append(function)
        for number in [n for n, scopes in self.callees.items() if generic.scope in scopes]:
            bound = self.callees[number][generic.scope]
            super().bind_function(number, function, self.receiver_of(number) if bound else -2)

    def _promise(self, function: Function, call: int) -> None:
        """The first parameter gets what the first argument of ``register`` names: one type, or a tuple of them."""
        arguments = self.argument_nodes(call)[:1] if call >= 0 else []
        params = function.params[1 if function.cls >= 0 and self.role(function) != "staticmethod" else 0 :]
        if not params:
            return
        for _, argument in arguments:
            for named in self._named_types(argument):
                self._instances_of.add(named, (params[0], 0))
                for value in self.values(named):
                    self._instance(params[0], 0, value)

    def _named_types(self, argument: int) -> list[int]:
        if self.world.nodes[argument].kind != Kind.TUPLE:
            return [argument]
        unit = self.world.node_unit[argument]
        base = self.world.node_base[unit]
        edges = self.world.units[unit][2].edges
        return [base + edge.source for edge in edges if base + edge.target == argument and edge.op == Op.STORE]
