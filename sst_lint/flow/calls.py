"""What does each call call? Functions of the program get argument and result edges, library calls get their models."""

from __future__ import annotations

from collections.abc import Iterator

from sst_lint.catalogue.model import How
from sst_lint.facts.ops import KEYS, SET, Op
from sst_lint.facts.records import Call, Kind, UnitFacts
from sst_lint.flow.annotations import only_scalars
from sst_lint.flow.common_names import COMMON
from sst_lint.flow.fitting import few, takes
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.likely import Likely
from sst_lint.flow.modules import Modules
from sst_lint.flow.named_tuples import name_fields_of_bases
from sst_lint.flow.names import BUILT_IN, MODE, SET_TYPES
from sst_lint.flow.values import BY_NAME, Listeners, Value
from sst_lint.flow.world import Function, World

#: In what way a loop's order becomes the order of what such a flow fills.
LOOP_ORDER: dict[How, Op] = {
    "store": Op.ORDERS,
    "extend": Op.ORDERS,
    "merge": Op.ORDERS_KEYS,
    "text": Op.ORDERS,
    "serialize": Op.ORDERS,
    "serialize-sorted": Op.ORDERS,
}
_PATH = "pathlib.Path"
#: Methods of unknown receivers with one argument that can hardly be anything else.
_BY_NAME = {"write": "typing.IO.write", "writelines": "typing.IO.writelines", "join": "builtins.str.join"}
#: What opens itself.
_OPENS = "pathlib.Path.open"
#: Methods of these are what an unknown receiver most likely has.
_OF_PYTHON = ("builtins.", "pathlib.", "typing.", "collections.")
#: A method of named tuples, and of nothing else; and what records of other kinds call theirs, by keywords alone.
_REPLACE = "_replace"
_REPLACES = frozenset({"replace", "Replace", "evolve", "with_changes"})
#: They wait for what is computed elsewhere, which is known already (``delayed(f)(x)`` is taken as ``f(x)``).
_WAITS = frozenset({"compute", "result"})
_NO_KEYS = (Kind.LIST, Kind.TUPLE, Kind.SET, Kind.RETURN)
#: What takes something out of an object, and so many times in a row.
_TAKES, _NESTED = "__getitem__", 2
_LITERAL_TYPES: dict[Kind, str] = {
    Kind.TEXT: "builtins.str",
    Kind.LIST: "builtins.list",
    Kind.TUPLE: "builtins.tuple",
    Kind.DICT: "builtins.dict",
    Kind.SET: "builtins.set",
}
#: Of these something is known without following values.
#: The mapping of all that an object holds.
ATTRIBUTES = "__dict__"
_SEEDED = (Kind.NAME, Kind.IMPORT, Kind.FUNC, Kind.VALUE, *_LITERAL_TYPES)


def _lacks(value: Value, method: str) -> bool:
    """Whether a value is of a built-in type that has no such method."""
    return value[0] == "t" and method not in BUILT_IN.get(value[1], (method,))


class Calls(Likely):
    """Binds calls as their callees become known."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self._calls_of = Listeners[int](self.heard)
        self._label = len(world.calls)
        self.entry_points: frozenset[int] = frozenset()  #: scopes of functions that are called from outside
        self._field_puts: dict[int, list[int]] = {}  #: a field, and what writes it
        self._waiting: list[tuple[int, Value]] = []
        self._entered = Listeners[int](self.heard)
        for number, call in enumerate(world.calls):
            base = world.node_base[world.call_unit[number]]
            self._calls_of.add(base + call.callee, number)
            if call.entered:
                self._entered.add(base + call.result, base + call.result)

    # events

    def arrived(self, node: int, value: Value) -> None:
        """A value arrived: attributes of it, calls of it, annotations and decorators with it.

        Until all base classes are known (``asked``), nothing is looked up in classes and nothing is called.
        """
        cls = self._class_nodes.get(node)
        if cls is not None:
            self.add_base(self.world.classes[cls], value)
        if self.asked:
            self._waiting.append((node, value))
            if value[0] in ("m", "n", "x"):
                for attribute in tuple(self.attributes.get(node, ())):
                    self.bind_attribute(attribute, value)
            return
        if not (node < len(self.heard) and self.heard[node]) and value[0] != "y":
            return  # nobody asks, and it is no property, which acts by itself
        for attribute in tuple(self.attributes.get(node, ())):
            self.bind_attribute(attribute, value)
        for put in tuple(self.puts.get(node, ())):
            self.bind_put(put, value)
        for slot, argument in self._replaced.get(node, ()):
            self._replace_field(slot, argument, value)
        for result in self._records.get(node, ()):
            self._fields_into(result, value)
        for number in self._calls_of.get(node, ()):
            self.bind_call(number, value)
        for target, depth in tuple(self._instances_of.get(node, ())):
            self._instance(target, depth, value)
        for inner, outer in tuple(self.decorator_calls.get(node, ())):
            self._decorate(inner, outer, value)
        for attribute in tuple(self.bound_methods.get(node, ())):
            if value[0] == "f":
                self.add_value(attribute, ("b", value[1]))
        for call, source, result in tuple(self._callbacks.get(node, ())):
            self._call_back(call, source, result, value)
        if value[0] == "y":
            self._use_property(node, value[1])
        if value[0] == "i" and node in self._entered:
            self._enter(node, value[1])

    def _enter(self, node: int, cls: int) -> None:
        """``with C(...) as f``: an object goes into ``__enter__``, and what that gives back is ``f``."""
        for function in (*self.find_method(cls, "__enter__"), *self.find_method(cls, "__aenter__")):
            self._run_by(node, function)

    def bind_put(self, put: int, value: Value) -> None:
        """``put`` writes an attribute of something that may be ``value``."""
        name = self.world.nodes[put].name
        if value[0] in ("i", "c"):
            self.write_field(put, value[1], name)
        elif value[0] == "m":
            found = self.global_node(value[1], name)
            if found >= 0:
                self.add_edge(put, found)

    _class_nodes: dict[int, int]

    def start(self) -> None:
        """Seed everything that is known without following values, then work off the consequences."""
        world = self.world
        name_fields_of_bases(world)
        self._class_nodes = {b: c.index for c in world.classes for b in c.bases}
        for node in self._class_nodes:
            self.heard[node] = 1
        self.scalars.update(self._annotated_scalars())
        self.selves.update(self.first_parameters())
        for node in world.of_kind(*_SEEDED):
            record = world.nodes[node]
            self._seed(node, record.kind, record.name)
        for node in world.of_kind(Kind.ATTR):
            if world.nodes[node].name == ATTRIBUTES:
                self.add_value(node, ("t", "builtins.dict"))
        for index, (_, _, facts) in enumerate(world.units):
            self._add_edges(world.node_base[index], facts)
        self.hand_over()
        self.run()
        self.asked = False
        waiting, self._waiting = self._waiting, []
        for node, value in waiting:
            self.arrived(node, value)
        for function in tuple(world.functions.values()):
            self._seed_function(function)
        self.run()

    def _annotated_scalars(self) -> Iterator[int]:
        """Parameters, results and variables that are annotated as texts, numbers or paths."""
        world = self.world
        for function in world.functions.values():
            for param, node in zip(function.record.params, function.params, strict=True):
                if param.kind not in ("*", "**") and only_scalars(param.annotation):
                    yield node
            if only_scalars(function.record.annotation):
                yield function.returns
        for node in world.of_kind(Kind.VALUE):
            if world.nodes[node].name[:1] == ":" and only_scalars(world.nodes[node].name[1:]):
                yield node

    def _add_edges(self, base: int, facts: UnitFacts) -> None:
        """The edges of one unit. Of two that put something under a computed key, the first puts the key."""
        for source, port, op, key in self.options.in_any_case(base, facts):
            self.add_edge(source, port, op, key)
        for at, edge in enumerate(facts.edges, 1):
            before = len(self.edges)
            self.add_edge(base + edge.source, base + edge.target, edge.op, edge.key)
            if edge.op == Op.SORT:
                self.add_value(base + edge.target, ("t", "builtins.list"))
            if edge.op == Op.PATH and facts.nodes[edge.source].kind == Kind.TEXT:
                self.add_value(base + edge.target, ("t", _PATH))  # `folder / "name"`: nothing else takes a text there
            if edge.op == Op.STORE and not edge.key and at < len(facts.edges) and len(self.edges) > before:
                after = facts.edges[at]
                paired = (after.target, after.op, after.key) == (edge.target, Op.STORE, "")
                if paired and facts.nodes[edge.target].kind not in _NO_KEYS:
                    self._of_keys.add(before)

    def _seed(self, node: int, kind: int, name: str) -> None:
        if kind == Kind.NAME:
            self.bind_name(node)
        elif kind == Kind.IMPORT:
            unit = self.world.node_unit[node]
            self.bind_import(node, self.world.units[unit][2].imports[self.world.nodes[node].base])
        elif kind in _LITERAL_TYPES:
            self.add_value(node, ("t", _LITERAL_TYPES[Kind(kind)]))
            if kind == Kind.SET:
                self.add_source(node, SET, "set", -1)
        elif kind == Kind.FUNC:
            unit = self.world.node_unit[node]
            scope = self.world.scope_base[unit] + self.world.nodes[node].base
            if scope in self.world.class_of_scope:
                self.add_value(node, ("c", self.world.class_of_scope[scope]))
            elif scope in self.world.functions:
                self.add_function(node, self.world.functions[scope])
        elif kind == Kind.VALUE and name.startswith("="):
            self.add_value(node, ("a", node))
        elif kind == Kind.VALUE and name.startswith(":"):
            self.annotate(node, name[1:], self.file_of(node), self.world.node_unit[node])

    def _seed_function(self, function: Function) -> None:
        world = self.world
        file = world.units[function.unit][0]
        for param, node in zip(function.record.params, function.params, strict=True):
            if param.annotation:
                self.annotate(node, param.annotation, file, function.unit, 1 if param.kind in ("*", "**") else 0)
            if param.kind == "**":
                self.add_value(node, ("t", "builtins.dict"))
                self.mapping_sources[node] = KEYS
            elif param.kind == "*":
                self.add_value(node, ("t", "builtins.tuple"))
        if function.decorators and self.is_decorated(function):
            self.bind_decorated(function)  # what decorates it calls it, also when nobody else names it
        if function.record.annotation and not self._gives_keys(function):
            for returns in dict.fromkeys((function.returns, self.options.port(function.returns))):
                self.annotate(returns, function.record.annotation, file, function.unit)
        if function.cls >= 0 and function.params:
            role = self.role(function)
            if role == "classmethod":
                self.add_value(function.params[0], ("c", function.cls))
            elif role != "staticmethod":
                self.add_value(function.params[0], ("i", function.cls))
                if not self.find_method(function.cls, "__iter__"):
                    if any(base in SET_TYPES for base in self.external_bases(function.cls)):
                        self.set_sources[function.params[0]] = SET

    def _gives_keys(self, function: Function) -> bool:
        """Whether a function that promises a set gives nothing but the keys of a mapping, which have its order: they
        are a ``Set`` as well."""
        if "Set" not in function.record.annotation:
            return False
        facts, base = self.world.units[function.unit][2], self.world.node_base[function.unit]
        given = [facts.nodes[edge.source] for edge in facts.edges if base + edge.target == function.returns]
        return bool(given) and all(each.kind == Kind.CALL and facts.calls[each.base].method == "keys" for each in given)

    def close(self) -> None:
        """As the base does; nobody asks for values any more."""
        super().close()
        for table in (self.attributes, self.puts, self._replaced, self._records, self._calls_of, self._callbacks):
            table.clear()
        for pairs in (self._instances_of, self.decorator_calls, self.bound_methods, self._readers):
            pairs.clear()
        self._done.clear()
        self.heard.clear()

    # properties, and calls by name alone

    def _use_property(self, node: int, call: int) -> None:
        """``node`` holds a ``property(getter, setter)``: who reads it from an instance calls the getter."""
        given = dict(zip(("fget", "fset"), (n for slot, n in self.argument_nodes(call) if not slot), strict=False))
        given |= {slot: n for slot, n in self.argument_nodes(call) if slot}
        if self.world.nodes[node].kind == Kind.ATTR:
            for getter in self._functions_at(given.get("fget", -1)):
                self.read_property(node, getter)
        elif node in self.field_nodes:
            for setter in self._functions_at(given.get("fset", -1)):
                for put in self._field_puts.get(node, ()) if len(setter.params) > 1 else ():
                    self.add_edge(put, setter.params[1])

    def _functions_at(self, node: int) -> list[Function]:
        """The functions that an argument in a class body means: a method of the class, or what it holds."""
        world = self.world
        if node < 0:
            return []
        cls = world.class_of_scope.get(world.scope_of_node(node), -1)
        named = world.classes[cls].methods.get(world.nodes[node].name, ()) if cls >= 0 else ()
        scopes = [*named[-1:], *(value[1] for value in self.values(node) if value[0] == "f")]
        return [world.functions[scope] for scope in scopes if scope in world.functions]

    def write_field(self, put: int, cls: int, name: str) -> None:
        """As for every field; of a ``property(getter, setter)`` the setter is called."""
        super().write_field(put, cls, name)
        field = self.field_node(cls, name)
        self._field_puts.setdefault(field, []).append(put)
        for value in self.values(field):
            if value[0] == "y":
                self._use_property(field, value[1])

    def is_shared(self, field: int) -> bool:
        """Whether a field has its value from the body of the class alone: it is changed elsewhere, if at all."""
        written = any(self.world.nodes[put].kind == Kind.PUT for put in self._field_puts.get(field, ()))
        return not written and self.field_nodes[field] in self._class_bound

    def read_property(self, node: int, function: Function) -> None:
        """A property read: ``self`` goes in, the result comes out."""
        self._run_by(node, function, self._base_of(node))

    def read_alone(self, function: Function, op: Op) -> int:
        """What a property gives to somebody of whom nothing is known but that he reads it."""
        self._label += 1
        node = self.world.add_node(Kind.VALUE, function.unit, self.world.nodes[function.returns], "read")
        self.add_edge(function.returns, node, op, "", -self._label)
        return node

    def _run_by(self, node: int, function: Function, receiver: int = -1) -> None:
        """Python runs a method of ``receiver`` (else of what ``node`` holds), and ``node`` is what it gives back."""
        if ("p", node, function.scope) in self._done:
            return
        self._done.add(("p", node, function.scope))
        self._label += 1
        if function.params:
            self.add_edge(receiver if receiver >= 0 else node, function.params[0], Op.SAME, "", self._label)
        self.add_edge(function.returns, node, Op.SAME, "", -self._label)

    def _take_out(self) -> None:
        """``x[key]`` of an object of the program: what ``__getitem__`` of its class gives back; also of what that gives
        back, if it has one itself."""
        world = self.world
        items = [node for node in world.of_kind(Kind.ITEM) if world.nodes[node].base >= 0]
        for _ in range(_NESTED):
            for node in items:
                for kind, cls in self.values(self._base_of(node)):
                    for function in self.find_method(int(cls), _TAKES) if kind == "i" else ():
                        self._run_by(node, function, self._base_of(node))
            self.run()

    def guess(self) -> None:
        """Calls of methods of unknown receivers: by a name that only few define, with less confidence."""
        by_name: dict[str, list[Function]] = {}
        for function in self.world.functions.values():
            if function.cls >= 0:
                by_name.setdefault(function.record.name, []).append(function)
        if _TAKES in by_name:
            self._take_out()
        for number in self._by_method_later:
            if number not in self.callees:
                held = self.values(self.receiver_of(number))
                typed = any(kind == "t" and not str(name).startswith("typing.") for kind, name in held)
                for model in self.library.guessed(self.world.calls[number]):
                    if not (typed and model.name.startswith(SET_TYPES)):  # other classes have a `union`, too
                        self.apply(number, model)
        self.weak = BY_NAME
        for number, call in enumerate(self.world.calls):
            if number in self.callees or number in self.externals or number in self.classes_called:
                continue
            if call.method:
                self._guess(number, call, by_name)
            if number not in self.callees and number not in self.externals:
                self._only_values(number)
        self.run()
        self.weak = 0
        self.guess_fields()
        self.run()

    def _guess(self, number: int, call: Call, by_name: dict[str, list[Function]]) -> None:
        receiver = self.receiver_of(number)
        base = self.world.node_base[self.world.call_unit[number]]
        held = self.values(receiver)
        if self.values(base + call.callee) or any(v[0] in ("m", "i", "x") or _lacks(v, call.method) for v in held):
            return
        candidates = [each for each in by_name.get(call.method, ()) if self._may_mean(each, call)]
        models = self.library.guessed(call)
        of_python = any(model.name.startswith(_OF_PYTHON) for model in models)
        if call.method not in COMMON and few(candidates, self.world.classes) and not call.method.startswith("__"):
            if not of_python:
                # nobody knows that the receiver is of this class, so `self` learns nothing from it
                for function in candidates:
                    if not self._bind_declared(number, function.scope):
                        self.bind_function(number, function, -2 if self.role(function) == "staticmethod" else -1)
                return
        self.weak = 0  # such a name is as good as a type
        for model in models:
            self.apply(number, model)
            self.call_outside(number, model.name)
        self.weak = BY_NAME
        if number in self.externals:
            return
        special = _BY_NAME.get(call.method)
        if special is not None and len(call.args) == 1:
            known = self.library.model(special)
            if known is not None:
                self.apply(number, known)
                self.call_outside(number, known.name)
                return
        path = self.library.model(_OPENS) if call.method == "open" and self._is_given_mode(number) else None
        if path is not None:
            self.weak = 0  # so is a path in whatever library: what else is opened in a mode, and named nowhere?
            self.apply(number, path)
            self.call_outside(number, path.name)
            self.weak = BY_NAME

    def _is_given_mode(self, number: int) -> bool:
        """Whether the first thing that a call is given is the mode of a file, as it is written down."""
        given = [node for slot, node in self.argument_nodes(number) if slot in ("", "0", "mode")][:1]
        records = [self.world.nodes[node] for node in given]
        return any(record.kind == Kind.TEXT and MODE.fullmatch(record.name) for record in records)

    def _may_mean(self, function: Function, call: Call) -> bool:
        return self.is_decorated(function) or takes(function, call, self.role(function) != "staticmethod")

    def _only_values(self, number: int) -> None:
        """What nobody knows: values pass, order does not. ``x._replace(a=y)`` is ``x`` with ``y`` in it."""
        call = self.world.calls[number]
        by_name = call.method in _REPLACES and call.args and all(arg.slot not in ("", "*") for arg in call.args)
        if call.method == _REPLACE or by_name:
            self._replaced_in(number)
            return
        if call.method == "replace" and self._replaces_text(number):
            known = self.library.model("builtins.str.replace")
            if known is not None:
                before, self.weak = self.weak, 0
                self.apply(number, known)
                self.weak = before
                return
        if call.method in _WAITS and not any(slot in ("", "*") for slot, _ in self.argument_nodes(number)):
            if all(_lacks(value, call.method) for value in self.values(self.receiver_of(number))):
                self.add_edge(self.receiver_of(number), self.result_of(number))
                return
        for _, node in self.argument_nodes(number):
            self.add_edge(node, self.result_of(number), Op.ONLY_VALUE)
        self.add_edge(self.receiver_of(number), self.result_of(number), Op.ONLY_VALUE)

    def _replaces_text(self, number: int) -> bool:
        """``x.replace("@names@", text)`` is of a text, whatever else is known of ``x``."""
        given = self.argument_nodes(number)
        return len(given) == 2 and not any(slot for slot, _ in given) and self._is_text(given[0][1])

    def _is_text(self, node: int) -> bool:
        return self.world.nodes[node].kind == Kind.TEXT or self.values(node) == (("t", "builtins.str"),)

    def _replaced_in(self, number: int) -> None:
        """A record with other fields; the name of the method is as good as a type."""
        before, self.weak = self.weak, 0
        self.add_edge(self.receiver_of(number), self.result_of(number))
        for slot, node in self.argument_nodes(number):
            if slot == "**":
                self.add_edge(node, self.result_of(number))
            elif slot not in ("", "*"):
                self.add_edge(node, self.result_of(number), Op.STORE, "." + slot)
        self.weak = before
