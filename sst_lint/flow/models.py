"""What does a library call do, as its model says? Edges, values, sources, and calls of what is handed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sst_lint.catalogue.model import How, Model
from sst_lint.facts.ops import KEYS, ORDER, SET, VALUE, Op, at_depth
from sst_lint.facts.records import Kind
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.names import MAPPING_TYPES
from sst_lint.flow.sites import Site, Sites
from sst_lint.flow.values import Listeners, Value
from sst_lint.flow.world import Function, World

HOW: dict[How, Op] = {
    "same": Op.SAME,
    "copy": Op.COPY,
    "sort": Op.SORT,
    "set": Op.SETTED,
    "copied-set": Op.AS_SET,
    "dict": Op.MAP,
    "element": Op.LOAD,
    "store": Op.STORE,
    "extend": Op.COPY,
    "merge": Op.MAP,
    "add": Op.STORE,
    "view": Op.VIEW,
    "keys": Op.KEYED,
    "order": Op.LOOP,
    "columns": Op.ORDERS,
    "inside": Op.LOOP,
    "text": Op.TEXT,
    "string": Op.TEXT,
    "serialize": Op.TEXT,
    "serialize-sorted": Op.TEXT_SORTED,
    "template": Op.TEXT_SORTED,
    "syntax": Op.TEXT_SORTED,
    "reduce": Op.ONLY_VALUE,
    "value": Op.ONLY_VALUE,
    "path": Op.PATH,
}
#: Sources of values that differ from run to run or from machine to machine.
VALUE_KINDS = frozenset({"clock", "random", "identity", "machine", "place", "platform", "hash"})
_KEEPS_KEYS: frozenset[How] = frozenset({"same", "copy", "dict", "merge", "reduce", "set", "extend"})
_WRITING: frozenset[How] = frozenset({"text", "serialize", "serialize-sorted"})
_SERIALIZING: frozenset[How] = frozenset({"serialize", "serialize-sorted"})
#: The parameter under which methods of mappings take a key.
_KEY = "key"
_AS_TEXT: frozenset[Value] = frozenset({("x", "builtins.str"), ("x", "builtins.repr")})
_TEXTS = ("builtins.str.", "builtins.bytes.")
#: What a command shows of these is a text of all of them.
_CHOICES = "choices"
#: In place of elements: what is handed over is a class, of whose objects this method is called.
_OF_CLASS, _HOOK = -2, "default"
#: What takes keys, or attributes, as keywords.
_BY_NAME = ("builtins.dict", "collections.", "types.SimpleNamespace")


class Modeled(Sites):
    """Applies models."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self.sites: list[Site] = []
        self.sites_of: dict[int, list[Site]] = {}  #: call -> its sites
        self.unknown_writers: dict[int, Site] = {}  #: calls that no model knows, which write to a path by their name
        self.callees: dict[int, dict[int, bool]] = {}  #: call -> function scopes (bound?)
        self.sources: dict[int, list[tuple[int, str, int]]] = {}  #: node -> (bits, kind, call)
        self.contents: dict[tuple[int, str], int] = {}
        self.rendered_whole: set[tuple[int, int]] = set()  #: edges of serializers that show attributes too
        self.rendered_plain: set[tuple[int, int]] = set()  #: edges of serializers that refuse what has attributes
        self.templated: set[tuple[int, int]] = set()  #: edges of templates: what they do with a set they say themselves
        self.of_texts: set[tuple[int, int]] = set()  #: edges of methods of texts: nothing is held by a text
        self._callbacks = Listeners[tuple[int, int, int]](self.heard)

    def apply(self, number: int, model: Model, stored: Sequence[tuple[str, int]] = ()) -> None:
        """The model's effects as edges, values and sources; the site is kept for the checks."""
        ports, constants, given = self.ports(number, model, stored)
        self.apply_at(Site(number, model, ports, constants, given, self.weak > 0))

    def apply_at(self, site: Site) -> None:
        """As ``apply``, where it is known what stands where."""
        number, model, ports, given = site.call, site.model, site.ports, site.given
        self.sites.append(site)
        self.sites_of.setdefault(number, []).append(site)
        result = ports["return"]
        if model.returns:
            self.add_value(result, ("t", self.library.canonical(model.returns)))
        if model.returns and self.library.canonical(model.returns) in MAPPING_TYPES:
            if not any(f.to == "return" and f.how in _KEEPS_KEYS for f in model.flows) and self.arguments_of(site):
                self.mapping_sources[result] = KEYS
        elif model.format and "load" in model.name.rpartition(".")[2]:
            self.mapping_sources[result] = KEYS
        if model.elements:
            self.add_element(result, ("t", self.library.canonical(model.elements)))
        if model.opens is not None:
            self.add_value(result, ("h", number))
        for function, elements in model.callback:
            for node in self._handed_functions(site, function):
                made = self._callback_result(number, function)
                self._callbacks.add(node, (number, ports.get(elements, -1), made))
                for value in self.values(node):
                    self._call_back(number, ports.get(elements, -1), made, value)
        spread = {n for s, n in self.arguments_of(site) if s == "*"}
        named = {n for s, n in self.arguments_of(site) if s == "**"}
        for flow in model.flows:
            if self.holds(site, flow.when, flow.unless):
                for position, source in enumerate(self._port_nodes(site, flow.from_)):
                    each = flow.from_ == "*" and flow.how == "store" and source in spread  # its elements are put inside
                    how: How = "extend" if each else flow.how
                    if how == "store" and flow.from_ == "**" and model.name.startswith(_BY_NAME):
                        self._store_named(site, source, flow.to)
                    elif flow.how == "extend" and flow.from_ == "*" and source in spread:  # `chain(*lists)`
                        self._flow(site, source, flow.to, "order", position)
                        self._flow(site, source, flow.to, "element", position)
                    elif how == "text" and flow.from_ == "**" and source in named:  # each is asked for by its name
                        self.add_edge(source, self._step_node(number, f"named {position}"), Op.LOAD)
                        self._flow(site, self._step_node(number, f"named {position}"), flow.to, how, 1)
                    else:
                        self._flow(site, source, flow.to, how, position if flow.from_ == "*" else 1)
        if model.default_param:
            self._hooks(site)
        for built in model.builds:
            if built in given and built != "**":  # who builds goes through all of it, sets as well
                self.add_edge(ports[built], self.built(number, built), Op.TEXT_SORTED)
        for shown in model.shows:
            if shown in given and shown == _CHOICES:
                self.add_edge(ports[shown], self.built(number, shown), Op.TEXT_SORTED)  # joined, sets as well
        if model.writes is not None and self.holds(site, model.writes.when, model.writes.unless):
            for data in self.written(site, model.writes.data):
                self.add_edge(data, self.content(number), HOW[model.writes.how])
                if model.writes.how == "string":
                    self.of_texts.add((data, self.content(number)))
                elif model.writes.how in _SERIALIZING:
                    self.rendered_whole.add((data, self.content(number)))
        if model.choice and not site.by_key and not self.world.calls[number].guarded:
            self.add_edge(self._port_node(site, model.choice), result, Op.LOOP, "pick")
        if model.digest and self._port_node(site, model.digest) >= 0:
            self.add_edge(self._port_node(site, model.digest), self.content(number), HOW[model.digest_how])
        for effect in model.sources:
            if not effect.header and self.holds(site, effect.when, effect.unless):
                port = self._port_node(site, effect.port)
                if effect.query:  # what it says is known when all is linked (see queries.py)
                    self.add_edge(self.rows_of(number, effect.port), port, Op.SAME)
                    continue
                for depth in effect.depth:
                    if depth == "inner" and effect.kind == "listing" and model.elements == "builtins.tuple":
                        self._walked(number, port)
                    else:
                        self.add_source(port, self._bits(effect.kind, depth), effect.kind, number)

    def _handed_functions(self, site: Site, port: str) -> Iterator[int]:
        """Where the functions are that a call is handed: the argument, or what it holds."""
        if port in site.ports:
            yield site.ports[port]
        for node in (*self._port_nodes(site, port), *self._port_nodes(site, "**")) if site.model.by_column else ():
            held = self._step_node(site.call, f"held of {node}")
            self.add_edge(node, held, Op.LOAD)
            yield held

    def _walked(self, number: int, port: int) -> None:
        """A walk gives (directory, directories, files): the last two are lists in arbitrary order, the first a text."""
        names, step = self._step_node(number, "names"), self._step_node(number, "step")
        self.add_source(names, ORDER, "listing", number)
        for position in ("#1", "#2"):
            self.add_edge(names, step, Op.STORE, position)
        self.add_edge(step, port, Op.STORE)

    def arguments_of(self, site: Site) -> Sequence[tuple[str, int]]:
        """(slot, global node) of the arguments that a library's function is called with."""
        return site.handed if site.handed is not None else self.argument_nodes(site.call)

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
            return [n for s, n in self.arguments_of(site) if s in ("", "*")]
        if port == "**":
            known = {*site.model.params, *site.model.keywords}
            return [n for s, n in self.arguments_of(site) if s not in ("", "*") and s not in known]
        holder, _, attribute = port.partition(".")
        node = self._port_node(site, holder)
        if node >= 0 and attribute:
            read = self._step_node(site.call, port)
            self.add_edge(node, read, Op.LOAD, "." + attribute)
            node = read
        return [node] if node >= 0 else []

    def _part_of(self, site: Site, port: str) -> int:
        """The node of what a call leaves in an attribute: ``return.stdout``."""
        holder, _, attribute = port.partition(".")
        kept = self._step_node(site.call, port)
        self.add_edge(kept, self._port_node(site, holder), Op.STORE, "." + attribute)
        return kept

    def written(self, site: Site, port: str) -> list[int]:
        """The nodes of what a call writes; ``*`` is all that no parameter names, also keywords (``savez(f, **d)``)."""
        if port != "*":
            node = self._port_node(site, port) if port else -1
            return [node] if node >= 0 else []
        given = [site.ports[name] for name in sorted(site.given) if name.startswith("*")]
        return list(dict.fromkeys((*given, *self._port_nodes(site, "**"))))

    def _callback_result(self, number: int, port: str) -> int:
        known = self.contents.get((number, port + "()"))
        if known is None:
            unit = self.world.call_unit[number]
            like = self.world.nodes[self.result_of(number)]
            known = self.contents[(number, port + "()")] = self.world.add_node(Kind.VALUE, unit, like, "called")
        return known

    def _call_back(self, call: int, elements: int, result: int, value: Value) -> None:
        """A function handed to a known caller: called with elements, its result goes where the model says."""
        if value[0] == "x":
            model = self.library.model(value[1])
            if model is not None and elements != _OF_CLASS:
                self.call_back_library(call, model, elements, result)
        elif value[0] == "c" and elements != _OF_CLASS:
            self.add_value(result, ("i", value[1]))
        label = call + 1
        for function, bound in self.functions_of(value) if elements != _OF_CLASS else self._hook_of(value):
            self.give_arguments(call, elements, function, bound)
            self.callees.setdefault(call, {})[function.scope] = bound
            self.add_edge(function.returns, result, Op.SAME, "", -label)

    def give_arguments(
        self, call: int, elements: int, function: Function, bound: bool, stored: Sequence[tuple[str, int]] = ()
    ) -> None:
        """What a function is called with that was handed to ``call``, behind what a ``functools.partial`` has stored:
        each of the elements, or what the model says. (``callbacks.py``, which knows the calling convention)"""
        raise NotImplementedError

    def _hooks(self, site: Site) -> None:
        """What a serializer makes of objects that it does not know: what the function says that it is given for them,
        or the encoder. Only lists and sets count there: the mapping of an object's fields has their order."""
        model, number = site.model, site.call
        wanted = [(site.ports[port], kind) for port, kind in ((model.default_param, -1), ("cls", _OF_CLASS))
                  if port in site.given]  # fmt: skip
        if not wanted:
            return
        made = self._callback_result(number, model.default_param)
        for node, kind in wanted:
            self._callbacks.add(node, (number, kind, made))
            for value in self.values(node):
                self._call_back(number, kind, made, value)
        ends = [f.to for f in model.flows if f.how in _SERIALIZING and self.holds(site, f.when, f.unless)]
        for to in ends:
            if to == "return":  # somewhere in the text: what is read from it again stands in the order that it had
                part = self._step_node(number, "hooked")
                self.add_edge(made, part, Op.TEXT_SORTED)
                self.add_edge(part, site.ports["return"], Op.ORDERS_INNER)
            else:
                self.add_edge(made, self.content(number), Op.TEXT_SORTED)
        if model.writes is not None and model.writes.how in _SERIALIZING:
            self.add_edge(made, self.content(number), Op.TEXT_SORTED)

    def _hook_of(self, value: Value) -> list[tuple[Function, bool]]:
        """The method of an encoder that is asked for objects that it does not know."""
        if value[0] not in ("c", "i"):
            return []
        return [(function, True) for function in self.find_method(value[1], _HOOK)]

    def functions_of(self, value: Value) -> list[tuple[Function, bool]]:
        """The functions that a call of ``value`` runs, and whether they get their receiver with it."""
        if value[0] in ("f", "b"):
            return [(self.world.functions[value[1]], value[0] == "b")]
        if value[0] == "i":
            return [(function, True) for function in self.find_method(value[1], "__call__")]
        return []

    def call_back_library(self, call: int, model: Model, elements: int, result: int) -> None:
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
        if how == "string" or (source == site.ports["self"] and site.model.name.startswith(_TEXTS)):
            self.of_texts.add((source, site.ports["return"]))
        if how in _SERIALIZING and not self._as_text(site):
            plain = site.model.refuses_objects and op in (Op.JSON, Op.JSON_SORTED)
            rendered = self.rendered_plain if plain else self.rendered_whole
            rendered.add((source, site.ports["return"] if to == "return" else self.content(site.call)))
        if op in (Op.COPY, Op.VIEW) and site.model.elements == "builtins.tuple":
            op, key = (Op.PAIRED if op == Op.COPY else Op.PAIRS), f"#{position}"
        if op == Op.LOAD and source == site.ports["self"] and isinstance(site.constants.get(_KEY), str):
            key = f"'{site.constants[_KEY]}"  # `d.get("a")` is `d["a"]`
        if how in ("columns", "inside"):
            column = self._step_node(site.call, "column")
            self.add_edge(source, column, Op.LOAD)
            source = column
        if to == "return":
            if how == "template":
                self.templated.add((source, site.ports["return"]))
            self.add_edge(source, site.ports["return"], op, key)
            return
        target = self._part_of(site, to) if "." in to else self._port_node(site, to)
        if how in _WRITING:
            self.add_edge(source, self.content(site.call), op)
        elif (op in (Op.COPY, Op.MAP) or how == "template") and target >= 0:
            # a node at the call, so that a set that shows its order here is found here
            step = self._step_node(site.call, to)
            self.add_edge(source, step, op)
            if how == "template":
                self.templated.add((source, step))
            source, op = step, Op.SAME
        self.add_edge(source, target, op)

    def _store_named(self, site: Site, source: int, to: str) -> None:
        """``d.update(a=1, **more)``: what is given under a name stands under it."""
        for slot, node in self.argument_nodes(site.call):
            if node == source and slot == "**":
                self._flow(site, source, to, "merge", 1)
            elif node == source and slot:
                sign = "." if site.model.name == _BY_NAME[-1] else "'"
                self.add_edge(source, self._port_node(site, to), Op.STORE, sign + slot)

    def _as_text(self, site: Site) -> bool:
        """Whether objects are written as their text, which shows what they say of themselves: ``default=str``."""
        node = site.ports[site.model.default_param] if site.model.default_param in site.given else -1
        return not _AS_TEXT.isdisjoint(self.values(node))

    def _rendering(self, site: Site, op: Op) -> Op:
        """JSON has no sets: without ``default`` (or with ``default=sorted``) their order cannot show. YAML has mappings
        for them, whose keys are sorted."""
        if site.model.sorts_sets and op == Op.TEXT_SORTED:
            return Op.JSON_SORTED
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

    def built(self, number: int, port: str) -> int:
        """The node for what a package gets of an argument of its build."""
        return self._step_node(number, f"built of {port}")

    def rows_of(self, number: int, port: str) -> int:
        """The node for the rows that a query puts at ``port``."""
        return self._step_node(number, f"rows of {port}")

    def content(self, number: int) -> int:
        """The node for what a call writes."""
        known = self.contents.get((number, ""))
        if known is None:
            unit = self.world.call_unit[number]
            like = self.world.nodes[self.result_of(number)]
            known = self.contents[(number, "")] = self.world.add_node(Kind.VALUE, unit, like, "content")
        return known
