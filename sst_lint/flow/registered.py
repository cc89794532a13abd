"""Which functions are handed over by their decorators? ``@registry.add(key)`` keeps the function that it decorates, and
a generic function of ``functools.singledispatch`` calls what is registered with it. So does an object of the program
whose class can be called and has a method ``register``.

The types that a function is registered for are what its first parameter gets.
"""

from __future__ import annotations

from collections.abc import Sequence

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.callbacks import Callbacks
from sst_lint.flow.decorated import unchanged
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.values import Value
from sst_lint.flow.world import Function, World

_GENERIC = frozenset({"singledispatch", "singledispatchmethod"})
_REGISTER = "register"
#: A call that picks one by the type of its argument may call so many functions. Unlike those that somebody hands over,
#: all of them are meant for it.
MAX_REGISTERED = 40
_ANY = Op.LOAD  #: stands for anything at all: the last resort
#: What passes to a function that is registered for these types only.
_ACCEPTS = {
    "object": _ANY, "set": Op.AS_SET, "frozenset": Op.AS_SET, "Set": Op.AS_SET, "list": Op.AS_LIST,
    "tuple": Op.AS_LIST, "dict": Op.AS_DICT, "OrderedDict": Op.AS_DICT, "defaultdict": Op.AS_DICT,
    "Mapping": Op.AS_DICT, "MappingProxyType": Op.AS_DICT, "str": Op.SAME, "bytes": Op.SAME, "int": Op.SAME,
    "float": Op.SAME, "Iterable": Op.SAME, "Iterator": Op.SAME, "Sequence": Op.SAME, "Collection": Op.SAME,
    "deque": Op.SAME,
}  # fmt: skip
_CONTAINERS = frozenset({Op.AS_SET, Op.AS_LIST, Op.AS_DICT})


class Registered(Callbacks):
    """Binds functions to what they are registered with."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self._implementations: dict[int, list[Function]] = {}  #: generic function -> what is registered with it
        self._registering: dict[int, list[tuple[Function, int]]] = {}  #: ``x.register`` -> (function, call or -1)
        self._registered_by: dict[int, list[int]] = {}  #: ``x.register`` -> calls that are given a function
        self._named_by: dict[int, list[int]] = {}  #: function -> what names the types that it is registered for
        self._dispatching: dict[int, None] = {}  #: calls that pick from what is registered
        # of a registry, by the call that made it: its functions, the calls of it, and those that it is handed to
        self._kept: dict[int, list[Function]] = {}
        self._calling: dict[int, list[int]] = {}
        self._called_back: dict[int, list[tuple[int, int, int]]] = {}

    def hand_over(self) -> None:
        """Seed the decorators that may keep what they decorate, which nobody need ask for by its name."""
        world = self.world
        for number, call in enumerate(world.calls):
            if call.method == _REGISTER and call.args:
                self._registered_by.setdefault(self.callee_of(number), []).append(number)
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
        if value[0] == "f" and node in self._registered_by:
            self._register_called(node, self.world.functions[value[1]])
        for function, call in self._registering.get(node, ()):
            generic = self.world.functions.get(value[1]) if value[0] in ("f", "b") else None
            if generic is not None and self._is_generic(generic):
                self._promise(function, call)
                self._implement(generic, function)
            elif value[0] == "i":
                self._promise(function, call)
            elif value[0] == "r":
                self._keep(value[1], function)

    def _is_one_of_several(self, number: int, function: Function, known: dict[int, bool]) -> bool:
        """As the base does; a generic function and what is registered with it are one."""
        for scope in known:
            others = {other.scope for other in self._implementations.get(scope, ())}
            if others and others.union((scope,)).issuperset((*known, function.scope)):
                return False
        return super()._is_one_of_several(number, function, known)

    def _is_generic(self, function: Function) -> bool:
        return any(self.world.nodes[decorator].name in _GENERIC for decorator in function.decorators)

    def _register_called(self, node: int, generic: Function) -> None:
        """``generic.register(function)``, or with the type before it."""
        for number in self._registered_by[node] if self._is_generic(generic) else ():
            for value in self.values(self.argument_nodes(number)[-1][1]):
                if value[0] == "f":
                    self._promise(self.world.functions[value[1]], number if self.world.calls[number].args[1:] else -1)
                    self._implement(generic, self.world.functions[value[1]])

    def bind_class(self, number: int, cls: int) -> None:
        """As the base does; an object that can be called and registers functions stands for those, too."""
        super().bind_class(number, cls)
        if self.find_method(cls, _REGISTER) and self.find_method(cls, "__call__"):
            self.add_value(self.result_of(number), ("r", number))

    def bind_call(self, number: int, value: Value) -> None:
        """As the base does; a call of a registry may call each function that is registered with it."""
        super().bind_call(number, value)
        if value[0] == "r":
            self._dispatching[number] = None
            self._calling.setdefault(value[1], []).append(number)
            for function in self._kept.get(value[1], ()):
                self._bind_kept(number, function, among=self._kept[value[1]])

    def _bind_kept(self, number: int, function: Function, receiver: int = -2, among: Sequence[Function] = ()) -> None:
        op = self._accepted(function)
        if op == _ANY and any(self._accepted(other) in _CONTAINERS for other in among):
            op = Op.NOTHING  # only what is no list, set or mapping comes to the last resort
        self.accepts = Op.SAME if op == _ANY else op
        super().bind_function(number, function, receiver)
        self.accepts = Op.SAME

    def _accepted(self, function: Function) -> Op:
        """What passes to a function that is called for values of the types that it is registered for."""
        held = [value for named in self._named_by.get(function.scope, ()) for value in self.values(named)]
        names = [str(value[1]) for value in held if value[0] == "x"]
        if not names or len(names) < len(held):
            return Op.SAME
        ops = {_ACCEPTS.get(name.rpartition(".")[2], Op.NOTHING) for name in names}  # what others are holds no order
        return ops.pop() if len(ops) == 1 else Op.SAME

    def _keep(self, registry: int, function: Function) -> None:
        kept = self._kept.setdefault(registry, [])
        if function in kept:
            return
        kept.append(function)
        for number in self._calling.get(registry, ()):
            self._bind_kept(number, function, among=kept)
        for call, elements, result in self._called_back.get(registry, ()):
            self._call_back(call, elements, result, ("f", function.scope))

    def _call_back(self, call: int, elements: int, result: int, value: Value) -> None:
        super()._call_back(call, elements, result, value)
        if value[0] == "r":
            self._called_back.setdefault(value[1], []).append((call, elements, result))

    def _most(self, number: int) -> int:
        return MAX_REGISTERED if number in self._dispatching else super()._most(number)

    def bind_function(self, number: int, function: Function, receiver: int) -> None:
        """As the base does; a call of a generic function may call each of its implementations."""
        super().bind_function(number, function, receiver)
        if function.scope in self._implementations:
            self._dispatching[number] = None
        for other in self._implementations.get(function.scope, ()):
            self._bind_kept(number, other, receiver)

    def functions_of(self, value: Value) -> list[tuple[Function, bool]]:
        """As the base does, with the implementations of a generic function, and what a registry has."""
        found = super().functions_of(value)
        if value[0] == "r":
            return [(function, False) for function in self._kept.get(value[1], ())]
        return found + [(other, bound) for one, bound in found for other in self._implementations.get(one.scope, ())]

    def _implement(self, generic: Function, function: Function) -> None:
        known = self._implementations.setdefault(generic.scope, [])
        if function in known:
            return
        known.append(function)
        for number in [n for n, scopes in self.callees.items() if generic.scope in scopes]:
            bound = self.callees[number][generic.scope]
            self._dispatching[number] = None
            self._bind_kept(number, function, self.receiver_of(number) if bound else -2)

    def _promise(self, function: Function, call: int) -> None:
        """The first parameter gets what the first argument of ``register`` names: one type, or a tuple of them."""
        arguments = self.argument_nodes(call)[:1] if call >= 0 else []
        params = function.params[1 if function.cls >= 0 and self.role(function) != "staticmethod" else 0 :]
        if not params:
            return
        for _, argument in arguments:
            for named in self._named_types(argument):
                self._named_by.setdefault(function.scope, []).append(named)
                if self.world.nodes[named].name == "OrderedDict":
                    continue  # whose order is part of what it is
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
