"""What does each call call? Functions of the program get argument and result edges, library calls get their models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sst_lint.catalogue.model import Constant, How, Model
from sst_lint.facts.ops import KEYS, ORDER, SET, VALUE, Op, at_depth
from sst_lint.facts.records import Call, Kind, Param
from sst_lint.flow.declared import replaces
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.resolve import MAPPING_TYPES, SET_TYPES, Resolver
from sst_lint.flow.values import Value
from sst_lint.flow.world import Function, World

HOW: dict[How, Op] = {
    "same": Op.SAME,
    "copy": Op.COPY,
    "sort": Op.SORT,
    "set": Op.SETTED,
    "dict": Op.MAP,
    "element": Op.LOAD,
    "store": Op.STORE,
    "extend": Op.COPY,
    "merge": Op.MAP,
    "add": Op.STORE,
    "view": Op.VIEW,
    "keys": Op.KEYED,
    "text": Op.TEXT,
    "serialize": Op.TEXT,
    "serialize-sorted": Op.TEXT_SORTED,
    "reduce": Op.ONLY_VALUE,
    "value": Op.ONLY_VALUE,
    "path": Op.PATH,
}
#: Sources of values that differ from run to run or from machine to machine.
VALUE_KINDS = frozenset({"clock", "random", "identity", "machine", "place", "platform", "hash"})
#: In what way a loop's order becomes the order of what such a flow fills.
#: A call that may call more functions than this says little of any of them; further ones are left out.
MAX_CALLEES = 10
LOOP_ORDER: dict[How, Op] = {
    "store": Op.ORDERS,
    "extend": Op.ORDERS,
    "merge": Op.ORDERS_KEYS,
    "text": Op.ORDERS,
    "serialize": Op.ORDERS,
    "serialize-sorted": Op.ORDERS,
}
_KEEPS_KEYS: frozenset[How] = frozenset({"same", "copy", "dict", "merge", "reduce", "set", "extend"})
_WRITING: frozenset[How] = frozenset({"text", "serialize", "serialize-sorted"})
_SERIALIZING: frozenset[How] = frozenset({"serialize", "serialize-sorted"})
_TEXTS = ("builtins.str.", "builtins.bytes.")

#: Method names that say nothing about their class: never resolved by name alone.
COMMON = frozenset(
    [
        "get",
        "set",
        "put",
        "add",
        "update",
        "pop",
        "remove",
        "clear",
        "copy",
        "items",
        "keys",
        "values",
        "append",
        "extend",
        "insert",
        "index",
        "count",
        "sort",
        "reverse",
        "join",
        "split",
        "strip",
        "replace",
        "format",
        "encode",
        "decode",
        "startswith",
        "endswith",
        "find",
        "write",
        "read",
        "readline",
        "readlines",
        "writelines",
        "open",
        "close",
        "flush",
        "seek",
        "save",
        "load",
        "dump",
        "dumps",
        "loads",
        "run",
        "start",
        "stop",
        "execute",
        "call",
        "apply",
        "map",
        "filter",
        "reduce",
        "send",
        "recv",
        "connect",
        "bind",
        "next",
        "iter",
        "process",
        "handle",
        "parse",
        "render",
        "build",
        "create",
        "make",
        "init",
        "setup",
        "reset",
        "check",
        "test",
        "validate",
        "name",
        "type",
        "info",
        "debug",
        "warning",
        "error",
        "exception",
        "log",
        "main",
        "exists",
        "mkdir",
        "delete",
        "fetch",
        "submit",
        "result",
        "wait",
        "cancel",
        "acquire",
        "release",
        "match",
        "search",
        "sub",
        "group",
        "commit",
        "rollback",
        "query",
        "all",
        "first",
        "last",
        "filter",
        "order_by",
        "to_dict",
        "from_dict",
        "to_json",
        "as_dict",
        "data",
        "path",
        "url",
        "text",
        "content",
    ]
)


@dataclass
class Site:
    """A call of a library function whose model says something. ``ports`` are global nodes by name."""

    call: int
    model: Model
    ports: dict[str, int]
    constants: dict[str, Constant] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    weak: bool = False


class Calls(Resolver):
    """Binds calls as their callees become known."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self.sites: list[Site] = []
        self.callees: dict[int, dict[int, bool]] = {}  #: call -> function scopes (bound?)
        self.classes_called: dict[int, dict[int, None]] = {}
        self.bindings: dict[int, list[tuple[int, int, int]]] = {}  #: call -> (argument, PARAM, OUT)
        self.sources: dict[int, list[tuple[int, str, int]]] = {}  #: node -> (bits, kind, call)
        self.externals: dict[int, dict[str, None]] = {}
        self.contents: dict[tuple[int, str], int] = {}
        self.rendered_whole: set[tuple[int, int]] = set()  #: edges of serializers that show attributes too
        self.of_texts: set[tuple[int, int]] = set()  #: edges of methods of texts: nothing is held by a text
        self._calls_of: dict[int, list[int]] = {}
        self._done: set[tuple[object, ...]] = set()
        self._callbacks: dict[int, list[tuple[int, int, int]]] = {}
        self._label = len(world.calls)
        self.entry_points: frozenset[int] = frozenset()  #: scopes of functions that are called from outside
        self.declared: dict[int, Model] = {}  #: scopes of functions of the program -> their models in the configuration
        self._by_method_later: dict[int, None] = {}
        self._replaced: dict[int, list[tuple[str, int]]] = {}
        self._records: dict[int, list[int]] = {}
        self._ready = False
        self._waiting: list[tuple[int, Value]] = []
        for number, call in enumerate(world.calls):
            base = world.node_base[world.call_unit[number]]
            self._calls_of.setdefault(base + call.callee, []).append(number)

    # events

    def arrived(self, node: int, value: Value) -> None:
        """A value arrived: attributes of it, calls of it, annotations and decorators with it.

        Until all base classes are known (``_ready``), nothing is looked up in classes and nothing is called.
        """
        cls = self._class_nodes.get(node)
        if cls is not None:
            self.add_base(self.world.classes[cls], value)
        if not self._ready:
            self._waiting.append((node, value))
            if value[0] in ("m", "n", "x"):
                for attribute in tuple(self.attributes.get(node, ())):
                    self.bind_attribute(attribute, value)
            return
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
        self._class_nodes = {b: c.index for c in world.classes for b in c.bases}
        for node, record in enumerate(tuple(world.nodes)):
            self._seed(node, record.kind, record.name)
        for index, (_, _, facts) in enumerate(world.units):
            base = world.node_base[index]
            for edge in facts.edges:
                self.add_edge(base + edge.source, base + edge.target, edge.op, edge.key)
        self.run()
        self._ready = True
        waiting, self._waiting = self._waiting, []
        for node, value in waiting:
            self.arrived(node, value)
        for function in tuple(world.functions.values()):
            self._seed_function(function)
        self.run()

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
        if function.record.annotation:
            self.annotate(function.returns, function.record.annotation, file, function.unit)
        if function.cls >= 0 and function.params:
            role = self.role(function)
            if role == "classmethod":
                self.add_value(function.params[0], ("c", function.cls))
            elif role != "staticmethod":
                self.add_value(function.params[0], ("i", function.cls))

    # calls

    def argument_nodes(self, number: int) -> list[tuple[str, int]]:
        """(slot, global node) of the arguments of a call."""
        base = self.world.node_base[self.world.call_unit[number]]
        return [(a.slot, base + a.node) for a in self.world.calls[number].args]

    def result_of(self, number: int) -> int:
        """The global node of a call's result."""
        return self.world.node_base[self.world.call_unit[number]] + self.world.calls[number].result

    def receiver_of(self, number: int) -> int:
        """The global node of a method call's receiver, or -1."""
        call = self.world.calls[number]
        return self.world.node_base[self.world.call_unit[number]] + call.receiver if call.receiver >= 0 else -1

    def bind_call(self, number: int, value: Value) -> None:
        """Call ``number`` may call ``value``."""
        identity = (number, value[0], value[1])
        if identity in self._done:
            return
        self._done.add(identity)
        kind = value[0]
        if kind in ("f", "b"):
            if self._bind_declared(number, value[1]):
                return
            receiver = self.receiver_of(number) if kind == "b" else -2
            self.bind_function(number, self.world.functions[value[1]], receiver)
        elif kind == "c":
            self.bind_class(number, value[1])
        elif kind == "x":
            self.bind_external(number, value[1])
        elif kind == "i":
            callee = self.world.node_base[self.world.call_unit[number]] + self.world.calls[number].callee
            for function in self.find_method(value[1], "__call__"):
                self.bind_function(number, function, callee)
        elif kind == "p":
            self._bind_partial(number, value[1])

    def _bind_declared(self, number: int, scope: int) -> bool:
        """A function that the configuration has a model of; whether the model says all that it does."""
        model = self.declared.get(scope)
        if model is None:
            return False
        self.externals.setdefault(number, {})[model.name] = None
        self.apply(number, model)
        return replaces(model)

    def bind_function(self, number: int, function: Function, receiver: int) -> None:
        """Edges for one callee. ``receiver``: the node of ``self``, -1 unknown, -2 not bound."""
        known = self.callees.setdefault(number, {})
        if function.scope not in known and len(known) >= MAX_CALLEES:
            return
        self.callees.setdefault(number, {})[function.scope] = receiver != -2
        label = number + 1
        pairs = self._match(self.argument_nodes(number), function, receiver, label)
        out_of = dict(zip(function.params, function.outs, strict=True))
        bound = self.bindings.setdefault(number, [])
        for argument, param in pairs:
            bound.append((argument, param, out_of[param]))
            self.add_edge(out_of[param], argument, Op.SAME, "", -label, back=True)
        self.add_edge(function.returns, self.result_of(number), self._return_op(number, function), "", -label)

    def _return_op(self, number: int, function: Function) -> Op:
        if function.is_context_manager and self.world.calls[number].entered:
            return Op.LOAD
        return Op.SAME

    def _match(
        self, arguments: list[tuple[str, int]], function: Function, receiver: int, label: int
    ) -> list[tuple[int, int]]:
        """Argument edges by Python's calling convention; the pairs that pass one object as it is."""
        params = list(zip(function.record.params, function.params, strict=True))
        pairs: list[tuple[int, int]] = []
        if receiver != -2 and params:
            if receiver >= 0:
                self.add_edge(receiver, params[0][1], Op.SAME, "", label)
                pairs.append((receiver, params[0][1]))
            params = params[1:]
        positional = [(p, n) for p, n in params if p.kind in ("/", "")]
        rest = next((n for p, n in params if p.kind == "*"), -1)
        keywords = next((n for p, n in params if p.kind == "**"), -1)
        named = {p.name: n for p, n in params if p.kind in ("", "k")}
        at = 0
        for slot, node in arguments:
            if slot == "":
                if at < len(positional):
                    self.add_edge(node, positional[at][1], Op.SAME, "", label)
                    pairs.append((node, positional[at][1]))
                elif rest >= 0:
                    self.add_edge(node, rest, Op.STORE, f"#{at - len(positional)}", label)
                at += 1
            elif slot == "*":
                self._spread(node, positional[at:], rest, label)
            elif slot == "**":
                for name, target in named.items():
                    self.add_edge(node, target, Op.LOAD, "'" + name, label)
                self.add_edge(node, keywords, Op.SAME, "", label)
            elif slot in named:
                self.add_edge(node, named[slot], Op.SAME, "", label)
                pairs.append((node, named[slot]))
            elif keywords >= 0:
                self.add_edge(node, keywords, Op.STORE, "'" + slot, label)
        return pairs

    def _spread(self, node: int, positional: list[tuple[Param, int]], rest: int, label: int) -> None:
        for index, (_, target) in enumerate(positional):
            self.add_edge(node, target, Op.LOAD, f"#{index}", label)
        if rest >= 0:  # a node at the call, so that a set that shows its order here is found here
            step = self._step_node(label - 1, "*")
            self.add_edge(node, step, Op.COPY)
            self.add_edge(step, rest, Op.SAME, "", label)

    def bind_class(self, number: int, cls: int) -> None:
        """A constructor: ``__init__`` on the result, or fields by position and keyword."""
        result = self.result_of(number)
        self.classes_called.setdefault(number, {})[cls] = None
        self.add_value(result, ("i", cls))
        init = self.find_method(cls, "__init__")
        for base in self.external_bases(cls):
            if base in SET_TYPES and not self.find_method(cls, "__iter__"):
                self.add_source(result, SET, "set", number)
            if self.library.model(base) is not None and not init:
                self.bind_external(number, base)
        if init:
            for function in init:
                self.bind_function(number, function, result)
        else:
            self._fill_fields(number, cls, result)

    def _fill_fields(self, number: int, cls: int, result: int) -> None:
        order: dict[str, int] = {}
        for one in reversed(self.mro(cls)):
            for name, annotation, _ in self.world.classes[one].fields:
                if "ClassVar" not in annotation:
                    order[name] = one
        names = list(order)
        at = 0
        for slot, node in self.argument_nodes(number):
            name = slot
            if slot == "":
                name = names[at] if at < len(names) else ""
                at += 1
            if slot == "**":
                for field_name, owner in order.items():
                    self.add_edge(node, self.field_node(owner, field_name), Op.LOAD, "'" + field_name)
                self.add_edge(node, result, Op.SAME)
            elif slot == "*":
                self.add_edge(node, result, Op.COPY)
            elif name:
                self.add_edge(node, self.field_node(order.get(name, cls), name))
                self.add_edge(node, result, Op.STORE, "." + name)

    def _bind_partial(self, number: int, partial: int) -> None:
        """A call of ``functools.partial(f, ...)``: the stored arguments come first."""
        stored = self.argument_nodes(partial)
        if not stored:
            return
        for value in self.values(stored[0][1]):
            if value[0] in ("f", "b"):
                function = self.world.functions[value[1]]
                label = number + 1
                merged = [a for a in stored[1:] if a[0] == ""] + self.argument_nodes(number)
                merged += [a for a in stored[1:] if a[0] != ""]
                receiver = -2
                if value[0] == "b":
                    receiver = -1
                self._match(merged, function, receiver, label)
                self.callees.setdefault(number, {})[function.scope] = value[0] == "b"
                self.add_edge(function.returns, self.result_of(number), Op.SAME, "", -label)
            elif value[0] == "x":
                model = self.library.model(value[1])
                if model is not None:
                    self.apply(number, model, stored[1:])

    # library calls

    def bind_external(self, number: int, name: str) -> None:
        """A call of something outside of the program, by its qualified name."""
        if ("x", number, name) in self._done:
            return
        self._done.add(("x", number, name))
        name = self.library.called(name)
        self.externals.setdefault(number, {})[name] = None
        result = self.result_of(number)
        if name == "functools.partial":
            self.add_value(result, ("p", number))
        elif name == "builtins.super":
            self._bind_super(number, result)
        elif name in _RECORD_HELPERS:
            self._bind_record_helper(number, name)
        elif name == "functools.reduce":
            self._bind_set_maker(number, result)
        model = self.library.model(name)
        if model is not None:
            self.apply(number, model)
            return
        owner = name.rpartition(".")[0]
        if name.count(".") > 1 and not owner.startswith("builtins.") and not self.library.is_type(owner):
            self._by_method_later[number] = None
        if self.library.is_type(name) or name.rpartition(".")[2][:1].isupper():
            self.add_value(result, ("t", name))
        for _, node in self.argument_nodes(number):
            self.add_edge(node, result, Op.ONLY_VALUE)
        self.add_edge(self.receiver_of(number), result, Op.ONLY_VALUE)

    def _bind_record_helper(self, number: int, name: str) -> None:
        """``replace(x, field=...)`` and ``asdict(x)``: fields by name."""
        arguments = self.argument_nodes(number)
        result = self.result_of(number)
        if name.endswith("replace"):
            for slot, node in arguments[1:]:
                if slot not in ("", "*", "**"):
                    self.add_edge(node, result, Op.STORE, "." + slot)
                    self._replaced.setdefault(arguments[0][1], []).append((slot, node))
                    for value in self.values(arguments[0][1]):
                        self._replace_field(slot, node, value)
            if arguments:
                self.add_edge(arguments[0][1], result)
        elif arguments:
            self._records.setdefault(arguments[0][1], []).append(result)
            for value in self.values(arguments[0][1]):
                self._fields_into(result, value)

    def _replace_field(self, slot: str, node: int, value: Value) -> None:
        if value[0] == "i":
            self.add_edge(node, self.field_node(value[1], slot))

    def _fields_into(self, result: int, value: Value) -> None:
        """``asdict(x)`` and ``vars(x)``: every field of the class of ``x``, under its name."""
        if value[0] != "i":
            return
        self.add_value(result, ("t", "builtins.dict"))
        for one in self.mro(value[1]):
            for name, _, _ in self.world.classes[one].fields:
                self.add_edge(self.field_node(one, name), result, Op.STORE, "'" + name)

    def _bind_set_maker(self, number: int, result: int) -> None:
        """``reduce(set.union, ...)`` is a set."""
        arguments = self.argument_nodes(number)
        made = [str(v[1]) for v in self.values(arguments[0][1]) if v[0] == "x"] if arguments else []
        if any(m.rpartition(".")[0] in SET_TYPES for m in made):
            self.add_source(result, SET, "set", number)
            self.add_value(result, ("t", "builtins.set"))

    def _bind_super(self, number: int, result: int) -> None:
        unit = self.world.call_unit[number]
        scope = self.world.scope_base[unit] + self.world.calls[number].scope
        while scope in self.world.functions:
            function = self.world.functions[scope]
            if function.cls >= 0:
                self.add_value(result, ("s", function.cls))
                if function.params:
                    self.add_edge(function.params[0], result, Op.LOAD, ".")
                return
            parent = function.record.parent
            if parent < 0:
                return
            scope = self.world.scope_base[function.unit] + parent

    def ports(
        self, number: int, model: Model, stored: Sequence[tuple[str, int]] = ()
    ) -> tuple[dict[str, int], dict[str, Constant], frozenset[str]]:
        """Global nodes of the model's ports at a call, the constants given, and which parameters are given.

        ``stored``: arguments that a ``functools.partial`` adds.
        """
        receiver = self.receiver_of(number) if model.method else -1
        ports: dict[str, int] = {"return": self.result_of(number), "self": receiver}
        constants: dict[str, Constant] = {}
        at = 0
        names = model.params
        arguments = [a for a in stored if a[0] == ""] + self.argument_nodes(number) + [a for a in stored if a[0]]
        if model.method and ports["self"] >= 0 and self._is_class_node(number) and arguments:
            ports["self"], arguments = arguments[0][1], arguments[1:]
        for slot, node in arguments:
            name = slot
            if slot == "":
                name = names[at] if at < len(names) else f"*{at}"
                at += 1
            elif slot == "*":
                name = names[at] if at < len(names) else "*"
            if name in ports and slot != "":
                continue
            ports[name] = node
            constant = self.constant(node)
            if constant is not _UNKNOWN:
                constants[name] = constant  # type: ignore[assignment]
        return ports, constants, frozenset(ports) - {"return", "self"}

    def _is_class_node(self, number: int) -> bool:
        """Whether a method is called through its class (``str.join(sep, xs)``)."""
        receiver = self.receiver_of(number)
        return any(v[0] in ("x", "c") and self._names_type(str(v[1])) for v in self.values(receiver) if v[0] == "x")

    def _names_type(self, name: str) -> bool:
        return self.library.is_type(name) or name in _BUILTIN_TYPES

    def constant(self, node: int) -> object:
        """The literal that ``node`` is, or ``_UNKNOWN``."""
        record = self.world.nodes[node]
        if record.kind == Kind.TEXT and "\x00" not in record.name:
            return record.name
        if record.kind == Kind.CONST:
            if record.name in _CONSTANTS:
                return _CONSTANTS[record.name]
            try:
                return int(record.name, 0)
            except ValueError:
                return _UNKNOWN
        return _UNKNOWN

    def holds(self, site: Site, when: Iterable[tuple[str, Constant]], unless: Iterable[tuple[str, Constant]]) -> bool:
        """Whether a conditional effect applies: all of ``when``, none of ``unless``; what is not given is None."""

        def matches(name: str, constant: Constant) -> bool:
            if name in site.constants:
                return site.constants[name] is constant or site.constants[name] == constant
            return name not in site.given and constant is None

        return all(matches(n, c) for n, c in when) and not any(matches(n, c) for n, c in unless)

    def apply(self, number: int, model: Model, stored: Sequence[tuple[str, int]] = ()) -> None:
        """The model's effects as edges, values and sources; the site is kept for the checks."""
        ports, constants, given = self.ports(number, model, stored)
        site = Site(number, model, ports, constants, given, self.weak)
        self.sites.append(site)
        result = ports["return"]
        if model.returns:
            self.add_value(result, ("t", self.library.canonical(model.returns)))
        if model.returns and self.library.canonical(model.returns) in MAPPING_TYPES:
            if not any(f.to == "return" and f.how in _KEEPS_KEYS for f in model.flows) and self.argument_nodes(number):
                self.mapping_sources[result] = KEYS
        elif model.format and "load" in model.name.rpartition(".")[2]:
            self.mapping_sources[result] = KEYS
        if model.elements:
            self.add_element(result, ("t", self.library.canonical(model.elements)))
        if model.opens is not None:
            self.add_value(result, ("h", number))
        for function, elements in model.callback:
            if function in ports:
                made = self._callback_result(number, function)
                self._callbacks.setdefault(ports[function], []).append((number, ports.get(elements, -1), made))
                for value in self.values(ports[function]):
                    self._call_back(number, ports.get(elements, -1), made, value)
        spread = {n for s, n in self.argument_nodes(number) if s == "*"}
        for flow in model.flows:
            if self.holds(site, flow.when, flow.unless):
                for position, source in enumerate(self._port_nodes(site, flow.from_)):
                    each = flow.from_ == "*" and flow.how == "store" and source in spread  # its elements are put inside
                    how: How = "extend" if each else flow.how
                    self._flow(site, source, flow.to, how, position if flow.from_ == "*" else 1)
        if model.writes is not None and self.holds(site, model.writes.when, model.writes.unless):
            data = self._port_node(site, model.writes.data) if model.writes.data else -1
            if data >= 0:
                self.add_edge(data, self.content(number), HOW[model.writes.how])
                if model.writes.how in _SERIALIZING:
                    self.rendered_whole.add((data, self.content(number)))
        if model.choice:
            self.add_edge(self._port_node(site, model.choice), result, Op.LOOP, "pick")
        if model.digest and self._port_node(site, model.digest) >= 0:
            self.add_edge(self._port_node(site, model.digest), self.content(number), HOW[model.digest_how])
        for effect in model.sources:
            if self.holds(site, effect.when, effect.unless):
                port = self._port_node(site, effect.port)
                for depth in effect.depth:
                    self.add_source(port, self._bits(effect.kind, depth), effect.kind, number)

    @staticmethod
    def _bits(kind: str, depth: str) -> int:
        if kind in VALUE_KINDS:
            return VALUE
        return at_depth(SET if kind == "set" else ORDER, 0 if depth == "own" else 2 if kind == "listing" else 1)

    def add_source(self, node: int, bits: int, kind: str, call: int) -> None:
        """``node`` is a source of ``bits``."""
        if node >= 0:
            rows = self.sources.setdefault(node, [])
            if (bits, kind, call) not in rows:
                rows.append((bits, kind, call))

    def _port_node(self, site: Site, port: str) -> int:
        if port.endswith("()"):
            return self._callback_result(site.call, port[:-2])
        return site.ports.get(port, -1)

    def _port_nodes(self, site: Site, port: str) -> list[int]:
        if port == "*":
            return [n for s, n in self.argument_nodes(site.call) if s in ("", "*")]
        if port == "**":
            known = {*site.model.params, *site.model.keywords}
            return [n for s, n in self.argument_nodes(site.call) if s not in ("", "*") and s not in known]
        node = self._port_node(site, port)
        return [node] if node >= 0 else []

    def _callback_result(self, number: int, port: str) -> int:
        known = self.contents.get((number, port + "()"))
        if known is None:
            unit = self.world.call_unit[number]
            like = self.world.nodes[self.result_of(number)]
            known = self.contents[(number, port + "()")] = self.world.add_node(Kind.VALUE, unit, like, "called")
        return known

    def _call_back(self, call: int, elements: int, result: int, value: Value) -> None:
        """A function handed to a known caller: called with elements, its result goes where the model says."""
        if value[0] not in ("f", "b"):
            if value[0] == "x":
                model = self.library.model(value[1])
                if model is not None:
                    self._call_back_library(call, model, elements, result)
            elif value[0] == "c":
                self.add_value(result, ("i", value[1]))
            return
        function = self.world.functions[value[1]]
        label = call + 1
        params = function.params[1:] if value[0] == "b" else function.params
        if params and elements >= 0:
            self.add_edge(elements, params[0], Op.LOAD, "", label)
        self.callees.setdefault(call, {})[function.scope] = value[0] == "b"
        self.add_edge(function.returns, result, Op.SAME, "", -label)

    def _call_back_library(self, call: int, model: Model, elements: int, result: int) -> None:
        """A library's function handed to a known caller (``pool.submit(os.listdir, d)``, ``map(str, xs)``)."""
        if model.returns:
            self.add_value(result, ("t", self.library.canonical(model.returns)))
        for effect in model.sources:
            if effect.port == "return" and not effect.when:
                for depth in effect.depth:
                    self.add_source(result, self._bits(effect.kind, depth), effect.kind, call)
        for flow in model.flows:
            if model.params and flow.from_ == model.params[0] and flow.to == "return" and not flow.when:
                element = self._step_node(call, "element")
                self.add_edge(elements, element, Op.ITER)
                self.add_edge(element, result, HOW[flow.how])

    def _flow(self, site: Site, source: int, to: str, how: How, position: int) -> None:
        op, key = self._rendering(site, HOW[how]), ""
        if source == site.ports["self"] and site.model.name.startswith(_TEXTS):
            self.of_texts.add((source, site.ports["return"]))
        if how in _SERIALIZING:
            self.rendered_whole.add((source, site.ports["return"] if to == "return" else self.content(site.call)))
        if op in (Op.COPY, Op.VIEW) and site.model.elements == "builtins.tuple":
            op, key = (Op.PAIRED if op == Op.COPY else Op.PAIRS), f"#{position}"
        if to == "return":
            self.add_edge(source, site.ports["return"], op, key)
            return
        target = self._port_node(site, to)
        if how in _WRITING:
            self.add_edge(source, self.content(site.call), op)
        elif op in (Op.COPY, Op.MAP) and target >= 0:
            # a node at the call, so that a set that shows its order here is found here
            step = self._step_node(site.call, to)
            self.add_edge(source, step, op)
            source, op = step, Op.SAME
        self.add_edge(source, target, op)

    def _rendering(self, site: Site, op: Op) -> Op:
        """JSON has no sets: without ``default`` (or with ``default=sorted``) their order cannot show."""
        parameter = site.model.default_param
        if not parameter or "cls" in site.given or "**" in site.given:
            return op
        if parameter in site.given:
            held = self.values(site.ports[parameter])
            if ("x", "builtins.sorted") not in held:
                return op
        return {Op.TEXT: Op.JSON, Op.TEXT_SORTED: Op.JSON_SORTED}.get(op, op)

    def _step_node(self, number: int, port: str) -> int:
        known = self.contents.get((number, port))
        if known is None:
            unit = self.world.call_unit[number]
            like = self.world.nodes[self.result_of(number)]
            known = self.contents[(number, port)] = self.world.add_node(Kind.VALUE, unit, like, "added")
        return known

    def content(self, number: int) -> int:
        """The node for what a call writes."""
        known = self.contents.get((number, ""))
        if known is None:
            unit = self.world.call_unit[number]
            like = self.world.nodes[self.result_of(number)]
            known = self.contents[(number, "")] = self.world.add_node(Kind.VALUE, unit, like, "content")
        return known

    # properties, and calls by name alone

    def read_property(self, node: int, function: Function) -> None:
        """A property read: ``self`` goes in, the result comes out."""
        if ("p", node, function.scope) in self._done:
            return
        self._done.add(("p", node, function.scope))
        self._label += 1
        if function.params:
            self.add_edge(self._base_of(node), function.params[0], Op.SAME, "", self._label)
        self.add_edge(function.returns, node, Op.SAME, "", -self._label)

    def guess(self) -> None:
        """Calls of methods of unknown receivers: by a name that only few define, with less confidence."""
        by_name: dict[str, list[Function]] = {}
        for function in self.world.functions.values():
            if function.cls >= 0:
                by_name.setdefault(function.record.name, []).append(function)
        for number in self._by_method_later:
            if number not in self.callees:
                held = self.values(self.receiver_of(number))
                typed = any(kind == "t" and not str(name).startswith("typing.") for kind, name in held)
                for model in self.library.by_method.get(self.world.calls[number].method, ()):
                    if not (typed and model.name.startswith(SET_TYPES)):  # other classes have a `union`, too
                        self.apply(number, model)
        self.weak = True
        for number, call in enumerate(self.world.calls):
            if number in self.callees or number in self.externals or number in self.classes_called:
                continue
            if call.method:
                self._guess(number, call, by_name)
            if number not in self.callees and number not in self.externals:
                self._only_values(number)
        self.run()
        self.weak = False

    def _guess(self, number: int, call: Call, by_name: dict[str, list[Function]]) -> None:
        receiver = self.receiver_of(number)
        base = self.world.node_base[self.world.call_unit[number]]
        if self.values(base + call.callee) or any(v[0] in ("m", "i", "x") for v in self.values(receiver)):
            return
        candidates = by_name.get(call.method, [])
        models = self.library.by_method.get(call.method, [])
        of_python = any(model.name.startswith(_OF_PYTHON) for model in models)
        if call.method not in COMMON and 0 < len(candidates) <= 3 and not call.method.startswith("__"):
            if not of_python:
                # nobody knows that the receiver is of this class, so `self` learns nothing from it
                for function in candidates:
                    if not self._bind_declared(number, function.scope):
                        self.bind_function(number, function, -1)
                return
        self.weak = False  # such a name is as good as a type
        for model in models:
            self.apply(number, model)
            self.externals.setdefault(number, {})[model.name] = None
        self.weak = True
        if number in self.externals:
            return
        special = _BY_NAME.get(call.method)
        if special is not None and len(call.args) == 1:
            known = self.library.model(special)
            if known is not None:
                self.apply(number, known)
                self.externals.setdefault(number, {})[known.name] = None
                return

    def _only_values(self, number: int) -> None:
        """What nobody knows: values pass, order does not."""
        for _, node in self.argument_nodes(number):
            self.add_edge(node, self.result_of(number), Op.ONLY_VALUE)
        self.add_edge(self.receiver_of(number), self.result_of(number), Op.ONLY_VALUE)


#: Methods of unknown receivers with one argument that can hardly be anything else.
_BY_NAME = {"write": "typing.IO.write", "writelines": "typing.IO.writelines", "join": "builtins.str.join"}

#: Methods of these are what an unknown receiver most likely has.
_OF_PYTHON = ("builtins.", "pathlib.", "typing.", "collections.")
_RECORD_HELPERS = frozenset(
    {
        "dataclasses.replace", "dataclasses.asdict", "attr.asdict", "attrs.asdict", "builtins.vars", "copy.replace",
        "attr.evolve", "attrs.evolve",
    }
)  # fmt: skip
_UNKNOWN = object()
_CONSTANTS: dict[str, Constant] = {"True": True, "False": False, "None": None}
_BUILTIN_TYPES = frozenset(
    f"builtins.{n}" for n in ("str", "bytes", "list", "dict", "set", "frozenset", "tuple", "int", "float", "bytearray")
)
_LITERAL_TYPES: dict[Kind, str] = {
    Kind.TEXT: "builtins.str",
    Kind.LIST: "builtins.list",
    Kind.TUPLE: "builtins.tuple",
    Kind.DICT: "builtins.dict",
    Kind.SET: "builtins.set",
}

__all__ = ["COMMON", "LOOP_ORDER", "Calls", "Site"]
