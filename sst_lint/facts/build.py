"""How are facts put together? The growing graph of one unit, and the environment that says what each name holds now.

A value is a tuple of node numbers (what it may be). The environment maps names, and paths like ``self.x``, to values;
it is copied at branches and joined after them, so assignment is flow-sensitive, while what happens inside an object
is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import libcst as cst

from sst_lint.facts.asked import Condition
from sst_lint.facts.ops import Op
from sst_lint.facts.positions import Positions
from sst_lint.facts.records import (
    Arg,
    Call,
    Choice,
    Edge,
    Handler,
    Import,
    Kind,
    Leaving,
    Loop,
    Node,
    Option,
    Param,
    Region,
    Scope,
    UnitFacts,
)

Val = tuple[int, ...]
Env = dict[str, Val]

#: Joins of more values than this become one node.
_WIDE = 4
#: What a handler may hand on although it did not make it.
_SHARED_KINDS = frozenset({Kind.VALUE, Kind.NAME, Kind.ATTR, Kind.PARAM, Kind.CALL, Kind.CELL, Kind.ITEM, Kind.BINOP})


class Watcher:
    """What a stretch of code assigns, changes or returns: node -> name ("return", ``x``, ``x.a``, ``x[]``)."""

    __slots__ = ("first", "found")

    def __init__(self, first: int) -> None:
        self.first = first
        self.found: dict[int, str] = {}


class Frame:
    """What belongs to the scope that is being read: its environment, return node, shared names."""

    __slots__ = (
        "cells", "conditions", "env", "given_back", "globals", "index", "is_class", "is_decorated", "is_generator",
        "locals", "names", "optional", "outer", "parts", "raises", "returned", "returns", "waits_at",
    )  # fmt: skip

    def __init__(self, index: int, outer: Frame | None, returns: int) -> None:
        self.index = index
        self.outer = outer
        self.returns = returns
        self.env: Env | None = {}
        self.locals: frozenset[str] = frozenset()
        self.globals: set[str] = set()
        self.cells: dict[str, int] = {}
        self.names: dict[str, int] = {}
        self.is_generator = False
        self.is_class = False
        self.raises: dict[int, None] = {}  #: regions in which there is a ``raise``
        self.returned = False  #: there is a ``return`` in it
        self.given_back: frozenset[str] = frozenset()  #: names that a ``return`` stands before
        self.optional: frozenset[int] = frozenset()  #: nodes of parameters with a default
        self.conditions: tuple[Condition, ...] = ()  #: what is known of parameters at the cursor
        self.is_decorated = False
        self.waits_at = -1  #: the first statement in which it waits
        self.parts: dict[tuple[Condition, ...], int] = {}  #: what a generator yields under conditions


class Builder:
    """Nodes, edges and records of one unit, with the cursor: scope, loop, region, statement."""

    def __init__(self, positions: Positions) -> None:
        self.positions = positions
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.scopes: list[Scope | None] = []
        self.calls: list[Call] = []
        self.loops: list[Loop] = []
        self.regions: list[Region] = []
        self.handlers: list[Handler] = []
        self.choices: list[Choice] = []
        self.leavings: list[Leaving] = []
        self.imports: list[Import] = []
        self.mutated: dict[int, None] = {}
        self.named: dict[int, str] = {}
        self.after: list[tuple[int, int, int]] = []
        self.exports: tuple[str, ...] = ()
        self.subscripts: list[tuple[int, int]] = []
        self.members: list[tuple[int, int]] = []
        self.filters: list[tuple[int, int]] = []
        #: container and key under which a round of a loop has put something new -> loop, region
        self.anew: dict[tuple[str, int, Val], tuple[int, int]] = {}
        self.options: list[Option] = []
        self.depends: dict[int, tuple[Condition, ...]] = {}  #: what holds where a node is what a name holds
        self.frame = Frame(0, None, -1)
        self.loop = -1
        self.following: Any = None  #: the next statement of the block
        self.region = -1
        self.statement = 0
        self.only_counted: cst.BaseExpression | None = None  #: what a loop runs over without a name for what it draws
        self.lengths: dict[int, tuple[str, int]] = {}  #: result of `len(x)` -> how `x` is written, and what it held
        self.has_paths = False  #: whether any environment holds more than names (``self.x``, lengths)
        self.watchers: list[Watcher] = []
        self.handler_start = -1  #: first node of the handler that is being read, -1 outside of handlers

    # nodes and edges

    def node(
        self, kind: Kind, at: cst.CSTNode | None = None, name: str = "", base: int = -1, loop: int | None = None
    ) -> int:
        """A new node of the current scope, bound in the current loop unless ``loop`` says otherwise."""
        line, column, end_line, end_column = (0, 0, 0, 0) if at is None else self.positions.of(at)
        self.nodes.append(
            Node(
                int(kind),
                name,
                base,
                self.frame.index,
                self.loop if loop is None else loop,
                self.region,
                line or self.statement,
                column,
                end_line or self.statement,
                end_column,
                self.statement,
            )
        )
        return len(self.nodes) - 1

    def edge(self, source: Val | int, target: int, op: Op = Op.SAME, key: str = "") -> None:
        """Everything of ``source`` flows into ``target``."""
        for one in (source,) if isinstance(source, int) else source:
            if one >= 0 and one != target:
                self.edges.append(Edge(one, target, int(op), key))

    def derived(
        self, op: Op, source: Val, at: cst.CSTNode, key: str = "", kind: Kind = Kind.VALUE, name: str = ""
    ) -> Val:
        """A new value that ``op`` makes of ``source``."""
        made = self.node(kind, at, name)
        self.edge(source, made, op, key)
        return (made,)

    def one(self, value: Val, at: cst.CSTNode | None = None) -> int:
        """One node that stands for ``value``; -1 when there is nothing."""
        if len(value) == 1:
            return value[0]
        if not value:
            return -1
        joined = self.node(Kind.VALUE, at, loop=min(self.nodes[n].loop for n in value))
        self.edge(value, joined)
        return joined

    def join(self, values: Iterable[Val]) -> Val:
        """What a name holds after branches that leave it as one of ``values``."""
        merged = tuple(sorted({n for value in values for n in value}))
        return (self.one(merged),) if len(merged) > _WIDE else merged

    # the environment

    def join_env(self, first: Env | None, second: Env | None) -> Env | None:
        """The environment after two branches; None stands for a branch that does not complete."""
        if first is None or second is None:
            return second if first is None else first
        if first is second:
            return dict(first)
        result: Env = {}
        for name, value in first.items():
            other = second.get(name)
            if other is None:
                if "." not in name and not name.startswith("\x01"):
                    result[name] = value
            else:
                result[name] = value if value == other else self.join((value, other))
        for name, value in second.items():
            if name not in first and "." not in name and not name.startswith("\x01"):
                result[name] = value
        return result

    def bind(self, name: str, value: Val) -> None:
        """``name`` holds ``value`` from here on."""
        env = self.frame.env
        if env is None:
            return
        value = self.own(value)
        if "." in name:
            self.has_paths = True
        else:
            self._forget_paths(name)
            if name in self.frame.globals:
                bound = self.node(Kind.BOUND, name=name, loop=-1)
                self.edge(value, bound)
                self.note(bound, name)
                return
            cell = self.frame.cells.get(name)
            if cell is not None:
                self.edge(value, cell)
        env[name] = value
        if len(value) == 1 and "." not in name:
            self.named.setdefault(value[0], name)
        self.note_made(value, name)

    def _forget_paths(self, name: str) -> None:
        env = self.frame.env
        if env is None or not self.has_paths:
            return
        prefix, single = name + ".", "\x01" + name
        for path in [p for p in env if p.startswith(prefix) or p == single or _is_element(p, name)]:
            del env[path]

    def touched(self, path: str) -> None:
        """``path`` was handed to code that may change it: what is known of its attributes is forgotten."""
        if path:
            self._forget_paths(path.split(".", 1)[0])

    def left_to_others(self) -> None:
        """Whoever is given what was yielded runs now, and may change any attribute."""
        env = self.frame.env
        if env is None or not self.has_paths:
            return
        for path in [p for p in env if "." in p]:
            del env[path]

    def note(self, node: int, name: str) -> None:
        """``node`` was filled or changed under ``name``: whoever watches this stretch of code wants to know."""
        for watcher in self.watchers:
            if not watcher.found.get(node):
                watcher.found[node] = name

    def note_made(self, value: Val, name: str) -> None:
        """``value`` was assigned to ``name`` or returned; of interest is what was made in the watched stretch."""
        for watcher in self.watchers:
            for one in value:
                made = one >= watcher.first or self.nodes[one].kind == Kind.ERROR
                if made and not watcher.found.get(one):
                    watcher.found[one] = name

    def own(self, value: Val) -> Val:
        """``value`` as a handler hands it on: what was there before gets a node of its own, as one of two ways to
        hold it."""
        if self.handler_start < 0 or all(self._is_own(n) for n in value):
            return value
        return tuple(n if self._is_own(n) else self._owned(n) for n in value)

    def _is_own(self, node: int) -> bool:
        return node >= self.handler_start or self.nodes[node].kind not in _SHARED_KINDS

    def _owned(self, node: int) -> int:
        made = self.node(Kind.VALUE, None, "fallback", loop=self.nodes[node].loop)
        self.edge(node, made)
        return made

    def change(self, node: int, name: str = "") -> None:
        """A statement changes the object of ``node`` in place; ``name``: what it is called there, if it is noted."""
        self.mutated[node] = None
        if name:
            self.note(node, name)

    def note_wait(self) -> None:
        """Something else may run here: ``await``, ``async with``, ``async for``."""
        if self.frame.waits_at < 0:
            self.frame.waits_at = self.statement

    # loops

    def loops_between(self, target: int) -> list[int]:
        """The loops that run around here but not around the binding of ``target``, innermost first."""
        stop = self.nodes[target].loop
        result, current = [], self.loop
        while current != -1 and current != stop:
            result.append(current)
            current = self.loops[current].parent
        return result

    def ordered_by_loops(self, target: int, op: Op, key: str = "") -> None:
        """``target`` is filled here: the order of the loops around becomes its order."""
        for index in self.loops_between(target):
            if self.loops[index].node >= 0:
                self.edge(self.loops[index].node, target, op, key)

    def finish(self) -> UnitFacts:
        """The facts as immutable records."""
        return UnitFacts(
            tuple(self.nodes),
            tuple(dict.fromkeys(self.edges)),
            tuple(s for s in self.scopes if s is not None),
            tuple(self.calls),
            tuple(self.loops),
            tuple(self.regions),
            tuple(self.handlers),
            tuple(self.choices),
            tuple(self.imports),
            tuple(self.mutated),
            tuple(self.named.items()),
            tuple(self.after),
            self.exports,
            tuple(self.subscripts),
            tuple(self.leavings),
            tuple(self.options),
            tuple(self.members),
            tuple(self.filters),
        )


def _is_element(path: str, name: str) -> bool:
    """Whether something is known of ``path`` that is an element of ``name``, or of what stands under that key."""
    return path.endswith("]") and (path[1:].startswith((name + "[", name + ".")) or f"[{name}]" in path)


__all__ = ["Arg", "Builder", "Env", "Frame", "Param", "Val"]
