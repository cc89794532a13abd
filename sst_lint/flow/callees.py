"""What can one call call, and with what? Functions by Python's calling convention, classes, partials, the outside."""

from __future__ import annotations

from sst_lint.catalogue.model import Model
from sst_lint.facts.ops import KEYS, SET, Op, at_depth
from sst_lint.facts.records import Kind, Param
from sst_lint.flow.annotations import MAPPINGS, promised
from sst_lint.flow.declared import replaces
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.models import Modeled
from sst_lint.flow.modules import Modules
from sst_lint.flow.named_tuples import MAKERS, record_fields
from sst_lint.flow.names import SET_TYPES
from sst_lint.flow.options import Options
from sst_lint.flow.values import ONE_OF_SEVERAL, Listeners, Value
from sst_lint.flow.world import Function, World

#: A call that may call more functions than this says little of any of them; further ones are left out.
MAX_CALLEES = 10
_RECORD_HELPERS = frozenset(
    {
        "dataclasses.replace", "dataclasses.asdict", "attr.asdict", "attrs.asdict", "copy.replace",
        "attr.evolve", "attrs.evolve", "msgspec.structs.replace",
    }
)  # fmt: skip
#: Methods of records that give their fields away, and whether as a text.
_DUMPS = {
    "pydantic.BaseModel.model_dump": False, "pydantic.BaseModel.dict": False,
    "pydantic.BaseModel.model_dump_json": True, "pydantic.BaseModel.json": True,
}  # fmt: skip
_CHAIN = "itertools.chain.from_iterable"
#: What stands in the body of a class for a field, and the keywords that say what the field holds.
_FIELDS = frozenset(
    {"attr.ib", "attr.attrib", "attr.field", "attrs.field", "attr.Factory", "attrs.Factory", "dataclasses.field"}
)
_FIELD_TYPES = ("factory", "default_factory", "converter", "type")
#: Where a function stands that somebody else chose.
_HANDED = frozenset({Kind.PARAM, Kind.CELL, Kind.ATTR})


class Callees(Modeled):
    """Binds one call to one callee at a time."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self.classes_called: dict[int, dict[int, None]] = {}
        self.bindings: dict[int, list[tuple[int, int, int]]] = {}  #: call -> (argument, PARAM, OUT)
        #: call -> what it calls outside of the program; calls of the same share one table
        self.externals: dict[int, dict[str, None]] = {}
        self._outside: dict[tuple[str, ...], dict[str, None]] = {}
        self.declared: dict[int, Model] = {}  #: scopes of functions of the program -> their models in the configuration
        self.accepts = Op.SAME  #: what passes to the first parameter of the functions that are bound now
        self.options = Options(world)
        self._done: set[tuple[object, ...]] = set()
        self._listed: set[int] = set()  #: mappings of fields in which sets are lists
        self._by_method_later: dict[int, None] = {}
        self._replaced = Listeners[tuple[str, int]](self.heard)
        self._records = Listeners[int](self.heard)

    def bind_call(self, number: int, value: Value) -> None:
        """Call ``number`` may call ``value``."""
        kind = value[0]
        if kind in ("f", "b"):
            if self._bind_declared(number, value[1]):
                return
            function = self.world.functions[value[1]]
            bound = kind == "b" or self._is_alias(number, function)
            self.bind_function(number, function, self.receiver_of(number) if bound else -2)
        elif kind == "c":
            self.bind_class(number, value[1])
        elif kind == "x":
            self.bind_external(number, value[1])
        elif kind == "i":
            for function in self.find_method(value[1], "__call__"):
                self.bind_function(number, function, self.callee_of(number))
        elif kind == "p":
            self._bind_partial(number, value[1])
        elif kind == "t" and self.library.model(f"{value[1]}.__call__") is not None:
            self.bind_external(number, f"{value[1]}.__call__")
        elif kind == "k":
            self._bind_record(number, value[1])

    def _bind_record(self, number: int, maker: int) -> None:
        """A record is made of a class that call ``maker`` has made: its fields by position and name."""
        result, names = self.result_of(number), record_fields(self.world, maker)
        for at, (slot, node) in enumerate(self.argument_nodes(number)):
            name = slot or (names[at] if at < len(names) else "")
            if name in names:
                self.add_edge(node, result, Op.STORE, "." + name)
                self.add_edge(node, result, Op.STORE, f"#{names.index(name)}")

    def _is_alias(self, number: int, function: Function) -> bool:
        """Whether an object is asked for a method by another name of it, ``put = putln`` in the body of its class."""
        if function.cls < 0 or self.role(function) != "method" or self.receiver_of(number) < 0:
            return False
        held = self.values(self.receiver_of(number))
        return any(kind == "i" and function.cls in self.mro(cls) for kind, cls in held)

    def _bind_declared(self, number: int, scope: int) -> bool:
        """A function that the configuration has a model of; whether the model says all that it does."""
        model = self.declared.get(scope)
        if model is None:
            return False
        self.call_outside(number, model.name)
        self.apply(number, model)
        return replaces(model)

    def call_outside(self, number: int, name: str) -> None:
        """Call ``number`` may call ``name``, which is not of the program."""
        known = self.externals.get(number, {})
        if name not in known:
            names = (*known, name)
            self.externals[number] = self._outside.setdefault(names, dict.fromkeys(names))

    def bind_function(self, number: int, function: Function, receiver: int) -> None:
        """Edges for one callee. ``receiver``: the node of ``self``, -1 unknown, -2 not bound."""
        known = self.callees.setdefault(number, {})
        if function.scope not in known and len(known) >= self._most(number):
            return
        known[function.scope] = receiver != -2
        label = number + 1
        pairs = self._match(self.argument_nodes(number), function, receiver, label)
        out_of = dict(zip(function.params, function.outs, strict=True))
        bound = self.bindings.setdefault(number, [])
        for argument, param in pairs:
            bound.append((argument, param, out_of[param]))
            self.add_edge(out_of[param], argument, Op.SAME, "", -label, back=True)
        before = self.weak
        if self._is_one_of_several(number, function, known):
            self.weak = ONE_OF_SEVERAL
        is_open = any(slot in ("*", "**") for slot, _ in self.argument_nodes(number))
        for given in (self.options.port(function.returns), *self.options.given(function, pairs, is_open)):
            self.add_edge(given, self.result_of(number), self._return_op(number, function), "", -label)
        self.weak = before

    def _most(self, number: int) -> int:
        """So many functions at most a call may call."""
        return MAX_CALLEES

    def _is_one_of_several(self, number: int, function: Function, known: dict[int, bool]) -> bool:
        """Whether a call is of what was handed over (a parameter, a captured name, an attribute), and several functions
        were: what one caller handed over may come out at the call of another. Edges of the others are weak, too."""
        kind = self.world.nodes[self.callee_of(number)].kind
        if kind not in _HANDED or (kind == Kind.ATTR and known[function.scope]):
            return False
        others = [self.world.functions[scope] for scope in known]
        if all(other.record.name == function.record.name for other in others):
            return False
        for other in others:
            port = self.options.port(other.returns)
            edge = self._known(port, self.result_of(number), self._return_op(number, other), "", -number - 1)
            if edge >= 0:
                self.edges.weak[edge] = ONE_OF_SEVERAL
        return True

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
                    self.add_edge(node, positional[at][1], Op.SAME if at else self.accepts, "", label)
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
        """A constructor: ``__new__`` and ``__init__`` on the result, or fields by position and keyword."""
        result = self.result_of(number)
        a_path = any(base.startswith("pathlib.") for base in self.external_bases(cls))  # of which no part is asked
        for function in () if a_path else self.find_method(cls, "__new__"):
            self.bind_function(number, function, self.callee_of(number))
            for call in self._made_in(function):
                self.add_value(self.result_of(call), ("i", cls))
            if not self._asks_its_class(function):
                return  # no object of the class is made, and `__init__` is not called
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
        if not init or all(self._stands_for_another(function) for function in init):
            self._fill_fields(number, cls, result)

    def _made_in(self, making: Function) -> list[int]:
        """The calls of a ``__new__`` that ask another one for an object: ``super().__new__(cls)``."""
        base, facts = self.world.call_base[making.unit], self.world.units[making.unit][2]
        callees = [facts.nodes[call.callee] for call in facts.calls]
        return [base + n for n, callee in enumerate(callees) if callee.kind == Kind.ATTR and callee.name == "__new__"]

    def _asks_its_class(self, making: Function) -> bool:
        """Whether a ``__new__`` uses the class that it is handed."""
        facts, taken = self.world.units[making.unit][2], [param.node for param in making.record.params[:1]]
        asked = {arg.node for call in facts.calls for arg in call.args}
        asked |= {edge.source for edge in facts.edges if facts.nodes[edge.target].kind != Kind.OUT}
        asked |= {node.base for node in facts.nodes if node.kind == Kind.ATTR}
        return not taken or taken[0] in asked

    def _stands_for_another(self, constructor: Function) -> bool:
        """Whether a constructor takes everything and does nothing with it: the true one is made at run time, from the
        fields that a class declares, and type checkers look at this one."""
        params = constructor.record.params[1:]
        if len(constructor.params) != len(params) + 1 or not any(param.kind == "**" for param in params):
            return False
        facts, taken = self.world.units[constructor.unit][2], {param.node for param in params}
        outs = {param.out for param in params}
        return all(param.kind in ("*", "**") for param in params) and not any(
            edge.source in taken and edge.target not in outs for edge in facts.edges
        )

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
                self.add_edge(node, result, Op.SORT if order else Op.SAME)  # fields stand as the class declares them
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
                self._match(merged, function, -1 if value[0] == "b" else -2, label)
                self.callees.setdefault(number, {})[function.scope] = value[0] == "b"
                self.add_edge(function.returns, self.result_of(number), Op.SAME, "", -label)
            elif value[0] == "x":
                model = self.library.model(value[1])
                if model is not None:
                    self.apply(number, model, stored[1:])

    def bind_external(self, number: int, name: str) -> None:
        """A call of something outside of the program, by its qualified name."""
        if ("x", number, name) in self._done:
            return
        self._done.add(("x", number, name))
        name = self.library.called(name)
        self.call_outside(number, name)
        result = self.result_of(number)
        if name == "functools.partial":
            self.add_value(result, ("p", number))
        elif name in MAKERS:
            self.add_value(result, ("k", number))
        elif name == "builtins.super":
            self._bind_super(number, result)
        elif name == "builtins.property":
            self.add_value(result, ("y", number))
        elif name in _RECORD_HELPERS:
            self._bind_record_helper(number, name)
        elif name in _DUMPS:
            self._dump_record(number, _DUMPS[name])
        elif name in _FIELDS:
            self._make_field(number, result)
        elif name == "functools.reduce":
            self._bind_set_maker(number, result)
        model = self.library.model(_CHAIN if name == "builtins.sum" and self._adds_up_lists(number) else name)
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

    def _make_field(self, number: int, result: int) -> None:
        """``tags = attr.ib(factory=set)`` in the body of a class: its objects hold a set there."""
        for slot, node in self.argument_nodes(number):
            if slot == "default":
                self.add_edge(node, result)
            if slot in _FIELD_TYPES or "Factory" in next(iter(self.externals[number])):
                made = [str(name) for kind, name in self.values(node) if kind == "x"]
                if any(self.library.canonical(name) in SET_TYPES for name in made):
                    self.add_source(result, SET, "set", number)
                    self.add_value(result, ("t", "builtins.set"))

    def _adds_up_lists(self, number: int) -> bool:
        """``sum(lists, [])`` is one list of all that they hold."""
        given = self.argument_nodes(number)[1:2]
        return any(self.world.nodes[node].kind in (Kind.LIST, Kind.TUPLE) for _, node in given)

    def _bind_record_helper(self, number: int, name: str) -> None:
        """``replace(x, field=...)`` and ``asdict(x)``: fields by name."""
        arguments = self.argument_nodes(number)
        result = self.result_of(number)
        if name.endswith("replace"):
            for slot, node in arguments[1:]:
                if slot == "**":
                    self.add_edge(node, result)
                elif slot not in ("", "*"):
                    self.add_edge(node, result, Op.STORE, "." + slot)
                    self._replaced.add(arguments[0][1], (slot, node))
                    for value in self.values(arguments[0][1]):
                        self._replace_field(slot, node, value)
            if arguments:
                self.add_edge(arguments[0][1], result)
        elif arguments:
            if name.endswith("asdict"):  # of a class that nobody knows: some field may be a mapping
                self.mapping_sources[result] = at_depth(KEYS, 1)
            self._records.add(arguments[0][1], result)
            for value in self.values(arguments[0][1]):
                self._fields_into(result, value)

    def _dump_record(self, number: int, as_text: bool) -> None:
        """``x.model_dump_json()``: what the fields of ``x`` hold, in the order of the class; sets show theirs."""
        into = result = self.result_of(number)
        modes = [self.constant(node) for slot, node in self.argument_nodes(number) if slot == "mode"]
        if "json" in modes:
            self._listed.add(result)
        if as_text:
            into = self._step_node(number, "fields")
            self.add_edge(into, result, Op.TEXT_SORTED)
        self._records.add(self.receiver_of(number), into)
        for value in self.values(self.receiver_of(number)):
            self._fields_into(into, value)

    def _replace_field(self, slot: str, node: int, value: Value) -> None:
        if value[0] == "i":
            self.add_edge(node, self.field_node(value[1], slot))

    def _fields_into(self, result: int, value: Value) -> None:
        """``asdict(x)`` and ``vars(x)``: every field of the class of ``x``, under its name."""
        if value[0] != "i":
            return
        self.add_value(result, ("t", "builtins.dict"))
        fields = [(one, *found) for one in self.mro(value[1]) for found in self.world.classes[one].fields]
        for one, name, _, _ in fields:
            self.add_edge(self.field_node(one, name), result, Op.STORE, "'" + name)
            if result in self._listed:
                self._list_set(self.field_node(one, name), result, name)
        if not any(
            kind.rpartition(".")[2] in MAPPINGS for _, _, annotation, _ in fields for kind, _ in promised(annotation)
        ):
            self.mapping_sources.pop(result, None)

    def _list_set(self, field: int, result: int, name: str) -> None:
        """A set in a field becomes a list in what a record gives away for JSON."""
        call = self.world.call_of(result)
        held, listed = self._step_node(call, f"set:{name}"), self._step_node(call, f"list:{name}")
        self.add_edge(field, held, Op.AS_SET)
        self.add_edge(held, listed, Op.COPY)
        self.add_edge(listed, result, Op.STORE, "'" + name)

    def _bind_set_maker(self, number: int, result: int) -> None:
        """``reduce(set.union, ...)`` is a set."""
        arguments = self.argument_nodes(number)
        made = [str(v[1]) for v in self.values(arguments[0][1]) if v[0] == "x"] if arguments else []
        if any(m.rpartition(".")[0] in SET_TYPES for m in made):
            self.add_source(result, SET, "set", number)
            self.add_value(result, ("t", "builtins.set"))

    def _bind_super(self, number: int, result: int) -> None:
        scope = self.world.scope_of_call(number)
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
