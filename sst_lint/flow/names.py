"""What does a global or imported name mean? Definitions, imports, re-exports, stars, builtins."""

from __future__ import annotations

import builtins
import re

from sst_lint.facts.ops import KEYS, SET, Op
from sst_lint.facts.records import Import, Kind
from sst_lint.flow.decorated import Decorated, unchanged
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.values import Listeners, Value
from sst_lint.flow.world import World

_BUILTINS = frozenset(dir(builtins)) | {"reveal_type", "unicode", "basestring", "xrange"}
#: How the mode of a file is written.
MODE = re.compile(r"[rwax][bt]?\+?[bt]?")
SET_TYPES = ("builtins.set", "builtins.frozenset")
MAPPING_TYPES = ("builtins.dict", "collections.defaultdict", "collections.OrderedDict", "collections.Counter")
#: What objects of these types have, and nobody can add to.
BUILT_IN = {
    f"builtins.{kind.__name__}": frozenset(dir(kind))
    for kind in (str, bytes, int, float, bool, list, tuple, dict, set, frozenset)
}
#: Mappings that have no element for a key that is not there.
_WITHOUT_DEFAULTS = frozenset({"builtins.dict", "collections.OrderedDict"})
_NO_MAPPINGS = frozenset(
    {
        "builtins.list", "builtins.tuple", "builtins.str", "builtins.bytes", "builtins.int", "builtins.float",
        "builtins.bool", "pathlib.Path", "pathlib.PurePath", "datetime.datetime", *SET_TYPES, "typing.Sequence",
        "collections.abc.Sequence", "typing.Iterable", "collections.abc.Iterable", "typing.Iterator",
        "collections.abc.Iterator", "collections.deque", "typing.Collection", "collections.abc.Collection",
    }
)  # fmt: skip


class Names(Decorated):
    """Binds names. ``BOUND`` nodes stand for globals."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules)
        self.library = library
        self._globals: dict[tuple[int, str], int] = {}
        self.global_nodes: dict[int, tuple[int, str]] = {}
        self.set_sources: dict[int, int] = {}  #: node -> bits, from annotations
        self.mapping_sources: dict[int, int] = {}  #: the same of mappings
        self._bound: dict[tuple[int, str], list[int]] = {}
        self._class_bound: dict[tuple[int, str], list[int]] = {}
        self._stars: dict[int, list[tuple[int, Import]]] = {}
        self._exports: dict[int, frozenset[str]] = {}
        self._imported: dict[int, frozenset[str]] = {}  #: unit -> the names that it imports
        self.attributes = Listeners[int](self.heard)
        self.puts = Listeners[int](self.heard)
        self._index()

    def _index(self) -> None:
        world = self.world
        for index, (file, unit, facts) in enumerate(world.units):
            base = world.node_base[index]
            for local, node in enumerate(facts.nodes):
                if node.kind == Kind.ATTR:
                    self.attributes.add(base + node.base, base + local)
                elif node.kind == Kind.PUT:
                    self.puts.add(base + node.base, base + local)
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

    def is_mapping(self, node: int) -> bool:
        """Whether ``node`` holds a mapping, and no list."""
        held = self.held.get(node)
        if not held or ("t", "builtins.list") in held:
            return False
        return any(("t", name) in held for name in MAPPING_TYPES)

    def refuses_keys(self, node: int) -> bool:
        """Whether ``node`` holds mappings out of which only what is there can be read: no ``defaultdict``."""
        held = self.held.get(node)
        return bool(held) and all(kind == "t" and name in _WITHOUT_DEFAULTS for kind, name in held)

    def is_sequence(self, node: int) -> bool:
        """Whether ``node`` is known as something that is no mapping."""
        held = self.held.get(node)
        return any(kind == "t" and name in _NO_MAPPINGS for kind, name in held)

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
            for wrapped in self._wrapped(other):
                self.add_edge(wrapped, node)
        return node

    def _wrapped(self, bound: int) -> list[int]:
        """``os = patched(os)``: what was imported under a name goes on under it, whatever is put around it."""
        world = self.world
        unit = world.node_unit[bound]
        facts, base = world.units[unit][2], world.node_base[unit]
        imported = self._imported.get(unit)
        if imported is None:
            imported = self._imported[unit] = frozenset(
                r.asname or r.name or r.module.partition(".")[0] for r in facts.imports
            )
        found: list[int] = []
        for edge in facts.edges if world.nodes[bound].name in imported else ():
            record = facts.nodes[edge.source]
            if edge.target == bound - base and edge.op == Op.SAME and record.kind == Kind.CALL:
                given = [arg.node for arg in facts.calls[record.base].args if not arg.slot][:1]
                found += [base + n for n in unchanged(facts, given) if facts.nodes[n].kind == Kind.IMPORT
                          and facts.nodes[n].name == world.nodes[bound].name]  # fmt: skip
        return found

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
        """A name that its unit does not bind: of a class body a method, or a class in it, else a global of the module,
        else a builtin."""
        name = self.world.nodes[node].name
        method = self.method_before(node)
        if method >= 0:  # `file = open`, where the class has an `open` by then
            self.add_function(node, self.world.functions[method])
            return
        nested = self.class_before(node)
        if nested >= 0:
            self.add_value(node, ("c", nested))
            return
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
            for value in self.module_values(self.modules.seen_from(file, name)):
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
