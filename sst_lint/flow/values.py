"""Which functions, classes and types can a node hold? A small forward analysis over the edges of the graph.

An abstract value is a tuple: ``("m", file)`` a module of the program, ``("n", name)`` a package without a file,
``("x", name)`` something outside of the program by its qualified name, ``("f", scope)`` a function, ``("b", scope)``
a method bound to its receiver, ``("c", class)``, ``("i", class)`` an instance, ``("t", name)`` an instance of a
library's type, ``("h", call)`` the file that a call opened, ``("p", call)`` a ``functools.partial``, ``("s",
class)`` a ``super()``.

Values travel along edges that keep the object; values of elements, and of what those hold or anything deeper, travel
beside them. Sets are small and capped, events are worked off in order, so the result does not depend on anything but
the program.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from sst_lint.facts.ops import IDENTITY, Op
from sst_lint.flow.world import World

Value = tuple[str, Any]

#: A node that may hold more than this many values says nothing.
CAP = 8

_ELEMENTS_PASS = frozenset(map(int, (*IDENTITY, Op.COPY, Op.SORT, Op.SETTED, Op.MAP, Op.VIEW, Op.KEYED, Op.MERGE)))
_TAKES_OUT = frozenset((int(Op.LOAD), int(Op.ITER)))
_DEEPEST = 2
_CLASSES = frozenset("xc")
_PAIR: Value = ("t", "builtins.tuple")

#: plain numbers: members of an enumeration are slow to look up, and this is the innermost loop
_STORE, _MAP, _PATH = int(Op.STORE), int(Op.MAP), int(Op.PATH)
_SAME = frozenset(map(int, IDENTITY))
_STORES = frozenset((_STORE, int(Op.PAIRS), int(Op.PAIRED)))


class Edges:
    """The edges of the whole program as parallel arrays.

    ``label`` is 0 inside a function, ``c + 1`` from an argument into the callee of call ``c``, ``-(c + 1)`` back out
    of it. ``weak`` marks an edge that rests on a guess (a method found by its name alone).
    """

    def __init__(self) -> None:
        self.source: list[int] = []
        self.target: list[int] = []
        self.op: list[int] = []
        self.key: list[str] = []
        self.label: list[int] = []
        self.weak: list[bool] = []
        self.back: list[bool] = []  #: what a callee left in an object: contents pass, the object's type does not

    def __len__(self) -> int:
        return len(self.source)


class Values:
    """Nodes, edges, and what each node can hold."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.edges = Edges()
        self.held: dict[int, dict[Value, None]] = {}
        self.elements: dict[int, dict[Value, None]] = {}
        self._deeper: dict[int, dict[Value, None]] = {}  #: what elements hold, and anything deeper
        self.successors: dict[int, list[int]] = {}
        self._known_edges: set[tuple[int, int, int, str, int]] = set()
        self._guessed: dict[tuple[int, int, int, str, int], int] = {}  #: weak edges
        self._levels = (self.held, self.elements, self._deeper)
        self._queue: deque[tuple[int, Value, int]] = deque()
        self._of_keys: set[int] = set()  #: edges that put the key of a mapping into it, and not what stands under it
        self.weak = False

    def add_edge(
        self, source: int, target: int, op: int = Op.SAME, key: str = "", label: int = 0, back: bool = False
    ) -> None:
        """Add an edge once; what ``source`` already holds moves on."""
        if source < 0 or target < 0 or source == target:
            return
        identity = (source, target, int(op), key, label)
        edges = self.edges
        if identity in self._known_edges:
            if not self.weak and identity in self._guessed:
                edges.weak[self._guessed.pop(identity)] = False  # what was guessed is known by now
            return
        self._known_edges.add(identity)
        number = len(edges.source)
        if self.weak and op != Op.ONLY_VALUE:
            self._guessed[identity] = number
        edges.source.append(source)
        edges.target.append(target)
        edges.op.append(int(op))
        edges.key.append(key)
        edges.label.append(label)
        edges.weak.append(self.weak)
        edges.back.append(back)
        self.successors.setdefault(source, []).append(number)
        for level, held in enumerate(self._levels):
            for value in tuple(held.get(source, ())):
                self._pass(number, value, level)

    def add_value(self, node: int, value: Value, level: int = 0) -> None:
        """``node`` may hold ``value``; or something ``level`` levels inside may be it."""
        known = self._levels[level].setdefault(node, {})
        if value not in known and len(known) < CAP:
            known[value] = None
            self._queue.append((node, value, level))

    def add_element(self, node: int, value: Value, depth: int = 1) -> None:
        """Something ``depth`` levels inside ``node`` may be ``value``."""
        self.add_value(node, value, min(depth, _DEEPEST))

    def values(self, node: int) -> tuple[Value, ...]:
        """What ``node`` may hold, in the order of discovery."""
        return tuple(self.held.get(node, ()))

    def close(self) -> None:
        """No edge is added any more: forget what only told whether one is there, a tenth of all memory."""
        self._known_edges = set()
        self._guessed = {}
        self._queue.clear()

    def has_type(self, node: int, *names: str) -> bool:
        """Whether ``node`` may be an instance of one of the library types ``names``."""
        held = self.held.get(node)
        return held is not None and any(("t", name) in held for name in names)

    def run(self) -> None:
        """Work off all events."""
        queue = self._queue
        while queue:
            node, value, level = queue.popleft()
            for number in tuple(self.successors.get(node, ())):
                self._pass(number, value, level)
            if not level:
                self.arrived(node, value)

    def _pass(self, number: int, value: Value, level: int) -> None:
        edges = self.edges
        op, target = edges.op[number], edges.target[number]
        if edges.key[number].startswith("."):
            return  # fields have nodes of their own, by class
        if edges.back[number] and not level:
            return
        if op in _STORES:
            if not level and number in self._of_keys and value[0] in _CLASSES:
                return  # what is taken out is never a key
            if op == _STORE or level:
                self.add_value(target, value, min(level + 1, _DEEPEST))
        elif level:
            if op == _MAP and value == _PAIR:
                return  # pairs become keys and what stands under them
            if op in _ELEMENTS_PASS:
                self.add_value(target, value, level)
            if op == _MAP:
                self.add_value(target, value, 1)
            if level > 1 and op in _TAKES_OUT:
                self.add_value(target, value, level)  # nobody knows how deep
            if op in _TAKES_OUT:
                self.add_value(target, value, level - 1)
        elif op in _SAME or (op == _PATH and value[0] == "t" and str(value[1]).startswith("pathlib.")):
            self.add_value(target, value)

    def arrived(self, node: int, value: Value) -> None:
        """A new value at ``node``; the resolver binds attributes and calls here."""
        raise NotImplementedError
