"""What is in the program? All facts of all files under one numbering, and tables of modules, functions and classes.

Every node, scope, call, loop and region of every unit gets a global number: the unit's offset plus its local number.
The numbering follows the sorted file paths, so it is the same on every run.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sst_lint.facts.records import Call, Choice, Handler, Kind, Node, Region, Scope, UnitFacts
from sst_lint.flow.codes import places
from sst_lint.source.records import Unit


@dataclass(frozen=True)
class FileFacts:
    """One file as the linker takes it: its path and the facts of its units, in order."""

    path: str
    units: tuple[tuple[Unit, UnitFacts], ...]

    @property
    def is_copy(self) -> bool:
        """Whether `sst-lint vendor` made the file: what it does is what the model of the runtime says."""
        head = self.units[0][0].text[:400].splitlines()[:4] if self.units else ()
        return any(line.startswith("# Copied from sst-lint ") for line in head)


@dataclass
class Function:
    """A callable of the program. ``cls`` is the class that it is a method of, or -1."""

    scope: int
    unit: int
    record: Scope
    cls: int = -1
    kind: str = "function"  #: function, method, staticmethod, classmethod, property
    params: tuple[int, ...] = ()  #: global PARAM nodes
    outs: tuple[int, ...] = ()  #: global OUT nodes
    returns: int = -1
    decorators: tuple[int, ...] = ()
    qualname: str = ""
    is_context_manager: bool = False


@dataclass
class Class:
    """A class of the program."""

    index: int
    name: str
    unit: int
    scope: int
    bases: tuple[int, ...] = ()  #: global nodes of the base expressions
    decorators: tuple[int, ...] = ()
    methods: dict[str, list[int]] = field(default_factory=dict)  #: name -> scopes, in order of definition
    fields: tuple[tuple[str, str, int], ...] = ()  #: (name, annotation, global default node or -1)
    mro: tuple[int, ...] = ()
    external_bases: tuple[str, ...] = ()
    subclasses: list[int] = field(default_factory=list)
    dataclass: bool = False


class World:
    """Flat arrays over all units. Built once, then only read (synthetic nodes are appended by the linker)."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        self.files = sorted(files, key=lambda f: f.path)
        self.units: list[tuple[int, Unit, UnitFacts]] = []
        self.node_base: list[int] = []
        self.scope_base: list[int] = []
        self.call_base: list[int] = []
        self.loop_base: list[int] = []
        self.region_base: list[int] = []
        self.nodes: list[Node] = []
        self.kinds = bytearray()  #: the kind of each node
        self.node_unit: list[int] = []
        self.calls: list[Call] = []
        self.call_unit: list[int] = []
        self.functions: dict[int, Function] = {}
        self.classes: list[Class] = []
        self.class_of_scope: dict[int, int] = {}
        self.module_unit: list[int] = []
        self.definitions: list[dict[str, list[tuple[str, int]]]] = []
        scopes = loops = regions = 0
        for number, file in enumerate(self.files):
            self.module_unit.append(len(self.units))
            self.definitions.append({})
            for unit, facts in file.units:
                index = len(self.units)
                self.units.append((number, unit, facts))
                self.node_base.append(len(self.nodes))
                self.scope_base.append(scopes)
                self.call_base.append(len(self.calls))
                self.loop_base.append(loops)
                self.region_base.append(regions)
                self.nodes.extend(facts.nodes)
                self.kinds.extend([node.kind for node in facts.nodes])
                self.node_unit.extend([index] * len(facts.nodes))
                self.calls.extend(facts.calls)
                self.call_unit.extend([index] * len(facts.calls))
                scopes += max(len(facts.scopes), 1)
                loops += len(facts.loops)
                regions += len(facts.regions)
        self._define()

    # numbering

    def unit_of_scope(self, scope: int) -> int:
        """The unit that a global scope belongs to."""
        return bisect_right(self.scope_base, scope) - 1

    def scope_of_node(self, node: int) -> int:
        """The global scope of a global node."""
        unit = self.node_unit[node]
        return self.scope_base[unit] + self.nodes[node].scope

    def scope_of_call(self, number: int) -> int:
        """The global scope in which a call stands."""
        return self.scope_base[self.call_unit[number]] + self.calls[number].scope

    def of_kind(self, *kinds: int) -> Iterator[int]:
        """The nodes of some kinds, in order."""
        return places(self.kinds, *kinds)

    def region(self, unit: int, local: int) -> Region:
        """A region by its local number."""
        return self.units[unit][2].regions[local]

    def is_nested(self, unit: int, scope: int) -> bool:
        """Whether a scope (its number within the unit) stands in a function."""
        scopes = self.units[unit][2].scopes
        parent = scopes[scope].parent
        return parent >= 0 and scopes[parent].kind == "function"

    def call_of(self, node: int) -> int:
        """The call that ``node``, which is of kind CALL, is the result of."""
        return self.call_base[self.node_unit[node]] + self.nodes[node].base

    def path_of_unit(self, unit: int) -> str:
        """The file of a unit."""
        return self.files[self.units[unit][0]].path

    def handlers(self) -> Iterable[tuple[int, Handler]]:
        """All handlers with their units, in order."""
        for index, (_, _, facts) in enumerate(self.units):
            for handler in facts.handlers:
                yield index, handler

    def choices(self) -> Iterable[tuple[int, Choice]]:
        """All choices with their units, in order."""
        for index, (_, _, facts) in enumerate(self.units):
            for choice in facts.choices:
                yield index, choice

    # definitions

    def _define(self) -> None:
        for index, (file, unit, facts) in enumerate(self.units):
            base, scope_base = self.node_base[index], self.scope_base[index]
            for local, scope in enumerate(facts.scopes):
                if scope.kind in ("function", "lambda"):
                    qualname = unit.qualname if local == 0 else f"{unit.qualname}.{scope.name}"
                    self.functions[scope_base + local] = Function(
                        scope_base + local,
                        index,
                        scope,
                        params=tuple(base + p.node for p in scope.params),
                        outs=tuple(base + p.out for p in scope.params),
                        returns=base + scope.returns,
                        decorators=tuple(base + d for d in scope.decorators),
                        qualname=qualname,
                    )
                elif scope.kind == "class":
                    name = unit.qualname if local == 0 else f"{unit.qualname}.{scope.name}"
                    cls = Class(
                        len(self.classes),
                        name,
                        index,
                        scope_base + local,
                        bases=tuple(base + b for b in scope.bases),
                        decorators=tuple(base + d for d in scope.decorators),
                        fields=tuple((n, a, base + d if d >= 0 else -1) for n, a, d in scope.fields),
                    )
                    self.classes.append(cls)
                    self.class_of_scope[scope_base + local] = cls.index
            known = scope_base in self.functions or scope_base in self.class_of_scope
            if unit.kind in ("function", "class") and "." not in unit.qualname and known:
                kind = "function" if unit.kind == "function" else "class"
                self.definitions[file].setdefault(unit.qualname, []).append((kind, scope_base))
        self._members()

    def _members(self) -> None:
        """Methods belong to their classes: by qualified name for units, by scope for nested classes."""
        by_name: dict[tuple[int, str], list[int]] = {}
        for cls in self.classes:
            file = self.units[cls.unit][0]
            by_name.setdefault((file, cls.name), []).append(cls.index)
        for index, (file, unit, facts) in enumerate(self.units):
            if unit.kind == "function" and "." in unit.qualname:
                owner, _, name = unit.qualname.rpartition(".")
                for cls_index in self._owners(by_name.get((file, owner), ()), unit.first_line):
                    if self.scope_base[index] in self.functions:
                        self._own(self.classes[cls_index], name, self.scope_base[index])
            elif unit.kind == "class" and "." in unit.qualname:
                owner, _, name = unit.qualname.rpartition(".")
                for cls_index in self._owners(by_name.get((file, owner), ()), unit.first_line):
                    self.classes[cls_index].methods.setdefault(name, []).append(self.scope_base[index])
            for local, scope in enumerate(facts.scopes):
                if scope.kind == "class":
                    owner_class = self.classes[self.class_of_scope[self.scope_base[index] + local]]
                    for name, member in scope.members:
                        self._own(owner_class, name, self.scope_base[index] + member)

    def _owners(self, candidates: Iterable[int], line: int) -> list[int]:
        """Of several classes of one name the one that starts last before ``line``."""
        before = [c for c in candidates if self.units[self.classes[c].unit][1].first_line <= line]
        return before[-1:] or list(candidates)[:1]

    def _own(self, cls: Class, name: str, scope: int) -> None:
        cls.methods.setdefault(name, []).append(scope)
        function = self.functions.get(scope)
        if function is not None and function.cls < 0:
            function.cls = cls.index
            function.kind = "method"

    def add_node(self, kind: Kind, unit: int, like: Node | None = None, name: str = "") -> int:
        """A synthetic node (a field, a global, the content of a write)."""
        if like is None:
            record = Node(int(kind), name)
        else:
            record = Node(
                int(kind), name, -1, like.scope, -1, like.region, like.line, like.column, like.end_line,
                like.end_column, like.statement,
            )  # fmt: skip
        self.nodes.append(record)
        self.kinds.append(kind)
        self.node_unit.append(unit)
        return len(self.nodes) - 1
