"""Which functions, classes and types can a node hold? A small forward analysis over the edges of the graph.

An abstract value is a tuple: ``("m", file)`` a module of the program, ``("n", name)`` a package without a file,
``("x", name)`` something outside of the program by its qualified name, ``("f", scope)`` a function, ``("b", scope)``
a method bound to its receiver, ``("c", class)``, ``("i", class)`` an instance, ``("t", name)`` an instance of a
library's type, ``("h", call)`` the file that a call opened, ``("p", call)`` a ``functools.partial``, ``("s",
class)`` a ``super()``, ``("y", call)`` a ``property(...)``, ``("r", call)`` what is registered with the object that a
call made, ``("o", call)`` the arguments that a call has parsed, ``("a", node)`` the name of a type that is written
down at a node, ``("k", call)`` a class of named tuples that a call made.

Values travel along edges that keep the object; values of elements, and of what those hold or anything deeper, travel
beside them. What was put under a constant key (``#1`` the second of a tuple, ``'a`` that of a mapping) has the key as a
third part, and comes out under that key alone: of ``for name, part in (("a", set()), ...)`` the name is no set. Sets
are small and capped, events are worked off in order, so the result does not depend on anything but
the program.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator
from sys import intern
from typing import Any, TypeVar

from sst_lint.facts.ops import IDENTITY, Op
from sst_lint.flow.world import World

Value = tuple[Any, ...]
T = TypeVar("T")

#: A node that may hold more than this many values says nothing.
CAP = 8

_ELEMENTS_PASS = frozenset(map(int, (*IDENTITY, Op.COPY, Op.SORT, Op.SETTED, Op.MAP, Op.VIEW, Op.KEYED, Op.MERGE)))
_TAKES_OUT = frozenset((int(Op.LOAD), int(Op.ITER)))
_DEEPEST = 3
_CLASSES = frozenset("xc")
_PAIR: Value = ("t", "builtins.tuple")

#: plain numbers: members of an enumeration are slow to look up, and this is the innermost loop
_STORE, _MAP, _PATH, _ONLY_VALUE, _PAIRED = map(int, (Op.STORE, Op.MAP, Op.PATH, Op.ONLY_VALUE, Op.PAIRED))
_SAME = frozenset(map(int, IDENTITY))
_STORES = frozenset((_STORE, int(Op.PAIRS), int(Op.PAIRED)))
#: What keeps elements under their keys, and what keeps what those hold under theirs.
_KEEPS_KEYS = (frozenset((*_SAME, _STORE)), frozenset(range(len(Op))) - {_MAP})
#: Under so many keys the same value is told apart; under more it may stand under any.
_KEYS = 2
#: So many values are kept of what stands inside of something.
_CAP_INSIDE = 2 * CAP
#: Along such an edge values go on as they are; values go on, somehow; what is held inside does; it does so otherwise.
_WHOLE, _VALUES, _ELEMENTS, _OTHERWISE = 1, 2, 4, 8
#: What grows with the nodes grows by so many at once.
_MORE = 4096
#: How constant keys begin.
_CONSTANT = frozenset("#'")
#: So many edges of one node are looked through for a new one.
_FEW = 8


def _way(op: int) -> int:
    """What goes along an edge of this operation."""
    way = _WHOLE if op in _SAME else _VALUES if op in (_STORE, _PATH) else 0
    way |= _OTHERWISE if op in (_MAP, _PAIRED) else 0
    return way | (_ELEMENTS if op in _STORES | _ELEMENTS_PASS | _TAKES_OUT else 0)


def _ends(op: int, level: int) -> tuple[int, ...]:
    """How deep inside the target is what was ``level`` levels inside the source of an edge of this operation."""
    if op in _STORES:
        return (min(level + 1, _DEEPEST),)
    if not level:
        return (0,)
    inside = (level,) if op in _ELEMENTS_PASS else ()
    keyed = (1,) if op == _MAP else ()
    deep = (level,) if level == _DEEPEST and op in _TAKES_OUT else ()  # nobody knows how deep
    return (*inside, *keyed, *deep, *((level - 1,) if op in _TAKES_OUT else ()))


def _collapsed(known: tuple[Value, ...], value: Value) -> Value:
    """A new value under a key; without its key where it may stand under any already, or stands under too many."""
    kind, what, _ = value
    others = 0
    for one in known:
        if one[0] == kind and one[1] == what:
            if len(one) == 2:
                return one
            others += 1
    return value if others < _KEYS else (kind, what)


_WAYS = bytes(map(_way, range(len(Op))))
_ENDS = tuple(tuple(_ends(op, level) for op in range(len(Op))) for level in range(_DEEPEST + 1))

#: An edge to a method that was found by its name alone.
BY_NAME = 1
#: An edge from one of several functions that were handed over to be called.
ONE_OF_SEVERAL = 2


class Edges:
    """The edges of the whole program as parallel arrays.

    ``label`` is 0 inside a function, ``c + 1`` from an argument into the callee of call ``c``, ``-(c + 1)`` back out
    of it. ``weak`` marks an edge that rests on a guess: ``BY_NAME``, or ``ONE_OF_SEVERAL``.
    """

    def __init__(self) -> None:
        self.source = array("i")
        self.target = array("i")
        self.op = bytearray()
        self.key: list[str] = []
        self.label = array("i")
        self.weak = bytearray()
        self.back = bytearray()  #: what a callee left in an object: contents pass, the object's type does not
        self.way = bytearray()  #: what goes along it while values are looked for
        self.next = array("i")  #: the next edge from the same node, in order; -1 after the last one

    def __len__(self) -> int:
        return len(self.source)


class Held:
    """Node to the values that it may hold, in the order of discovery."""

    __slots__ = ("rows",)

    def __init__(self, nodes: int) -> None:
        self.rows: list[tuple[Value, ...]] = [()] * nodes

    def get(self, node: int) -> tuple[Value, ...]:
        """What ``node`` may hold."""
        return self.rows[node] if 0 <= node < len(self.rows) else ()

    def grow(self, nodes: int) -> None:
        """Make room for so many nodes."""
        self.rows.extend([()] * (nodes - len(self.rows)))

    def put(self, node: int, values: tuple[Value, ...]) -> None:
        """``node`` may hold ``values`` and nothing else."""
        if node >= len(self.rows):
            self.grow(node + _MORE)
        self.rows[node] = values

    def items(self) -> Iterator[tuple[int, tuple[Value, ...]]]:
        """All nodes that may hold something, with that."""
        return ((node, values) for node, values in enumerate(self.rows) if values)


class Listeners(dict[int, list[T]]):
    """Node to what asks for the values that arrive there; ``heard`` marks the nodes of all such tables."""

    def __init__(self, heard: bytearray) -> None:
        super().__init__()
        self._heard = heard

    def add(self, node: int, asking: T) -> None:
        """From now on ``asking`` asks for the values of ``node``."""
        heard = self._heard
        if node >= len(heard):
            heard.extend(bytes(node - len(heard) + _MORE))
        heard[node] = 1
        self.setdefault(node, []).append(asking)


class Values:
    """Nodes, edges, and what each node can hold."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.edges = Edges()
        self.held = Held(len(world.nodes))
        self.elements = Held(len(world.nodes))
        self._inner = Held(len(world.nodes))  #: what elements hold
        self._deeper = Held(len(world.nodes))  #: what that holds, and anything deeper
        self._joined: dict[tuple[tuple[Value, ...], Value], tuple[Value, ...]] = {}  #: equal ones share a tuple
        self._first = array("i", [-1]) * len(world.nodes)  #: of each node the first edge, or -1
        self._last = self._first[:]
        self._many: dict[int, dict[tuple[int, int, str, int], int]] = {}  #: the edges of nodes that have many
        self._levels = (self.held, self.elements, self._inner, self._deeper)
        self.scalars: set[int] = set()  #: nodes of which an annotation says that they hold a text, a number, a path
        #: First parameters of methods, and what they hold: "i" or "c", class.
        self.selves: dict[int, tuple[str, int]] = {}
        self._queue: deque[tuple[int, Value, int]] = deque()
        self._of_keys: set[int] = set()  #: edges that put the key of a mapping into it, and not what stands under it
        self.weak = 0  #: how far the edges that are added now are guessed
        self.heard = bytearray(len(world.nodes))  #: of each node, whether somebody asks for its values
        self.asked = True  #: every value is told; else those of nodes that are ``heard``, and properties

    def add_edge(
        self, source: int, target: int, op: int = Op.SAME, key: str = "", label: int = 0, back: bool = False
    ) -> None:
        """Add an edge once; what ``source`` already holds moves on."""
        if source < 0 or target < 0 or source == target:
            return
        op, edges = int(op), self.edges
        if source >= len(self._first) or target >= len(self._first):
            self._grow(max(source, target) + _MORE)
        before = self._last[source]
        if before >= 0:
            number = self._known(source, target, op, key, label)
            if number >= 0:
                if not self.weak and op != _ONLY_VALUE:
                    edges.weak[number] = 0  # what was guessed is known by now
                return
        number = len(edges.source)
        way = 0 if key[:1] == "." else _WAYS[op]  # fields have nodes of their own, by class
        if back:
            way &= _ELEMENTS | _OTHERWISE
        if target in self.scalars:
            way = _VALUES if way & (_WHOLE | _VALUES) else 0
        elif way & _WHOLE and target in self.selves:
            way ^= _WHOLE | _VALUES
        edges.source.append(source)
        edges.target.append(target)
        edges.op.append(op)
        edges.key.append(intern(key))
        edges.label.append(label)
        edges.weak.append(self.weak)
        edges.back.append(back)
        edges.way.append(way)
        edges.next.append(-1)
        if before < 0:
            self._first[source] = number
        else:
            edges.next[before] = number
        self._last[source] = number
        if source in self._many:
            self._many[source][(target, op, key, label)] = number
        if way & (_WHOLE | _VALUES):
            for value in self.held.rows[source]:
                self._pass(number, value, 0)
        if way & _ELEMENTS:
            for level in range(1, _DEEPEST + 1):
                for value in self._levels[level].rows[source]:
                    self._pass(number, value, level)

    def _grow(self, nodes: int) -> None:
        """Make room for so many nodes."""
        more = array("i", [-1]) * (nodes - len(self._first))
        self._first.extend(more)
        self._last.extend(more)
        for held in self._levels:
            held.grow(nodes)

    def _known(self, source: int, target: int, op: int, key: str, label: int) -> int:
        """The number of such an edge, or -1: few are looked through, many are remembered."""
        many = self._many.get(source)
        if many is not None:
            return many.get((target, op, key, label), -1)
        edges, number, count = self.edges, self.first_edge(source), 0
        while number >= 0:
            if edges.target[number] == target and edges.label[number] == label:
                if edges.op[number] == op and edges.key[number] == key:
                    return number
            number = edges.next[number]
            count += 1
        if count > _FEW:
            self._many[source] = {
                (edges.target[n], edges.op[n], edges.key[n], edges.label[n]): n for n in self.leaving(source)
            }
        return -1

    def first_edge(self, node: int) -> int:
        """The edge from ``node`` that was added first, or -1."""
        return self._first[node] if node < len(self._first) else -1

    def leaving(self, node: int) -> Iterator[int]:
        """The edges from ``node`` in the order in which they were added."""
        number, following = self.first_edge(node), self.edges.next
        while number >= 0:
            yield number
            number = following[number]

    def add_value(self, node: int, value: Value, level: int = 0) -> None:
        """``node`` may hold ``value``; or something ``level`` levels inside may be it."""
        rows = self._levels[level].rows
        if node >= len(rows):
            self._grow(node + _MORE)
        known = rows[node]
        if value in known:
            return
        if len(value) > 2:
            value = _collapsed(known, value)
        if len(known) < (_CAP_INSIDE if level else CAP) and value not in known:
            joined = self._joined.get((known, value))
            if joined is None:
                joined = self._joined[(known, value)] = (*known, value)
            rows[node] = joined
            self._queue.append((node, joined[-1], level))

    def add_element(self, node: int, value: Value, depth: int = 1) -> None:
        """Something ``depth`` levels inside ``node`` may be ``value``."""
        self.add_value(node, value, min(depth, _DEEPEST))

    def values(self, node: int) -> tuple[Value, ...]:
        """What ``node`` may hold, in the order of discovery."""
        return self.held.get(node)

    def levels(self, node: int) -> Iterator[tuple[Value, ...]]:
        """What ``node`` may hold, what its elements may be, and what those hold, level by level."""
        return (held.get(node) for held in self._levels)

    def close(self) -> None:
        """No edge and no value is added any more: forget what only helped with that."""
        self._many.clear()
        self._first = self._last = array("i")
        self._joined.clear()
        self.edges.next = array("i")
        self.edges.way.clear()
        self._queue.clear()

    def has_type(self, node: int, *names: str) -> bool:
        """Whether ``node`` may be an instance of one of the library types ``names``."""
        held = self.held.get(node)
        return bool(held) and any(("t", name) in held for name in names)

    def run(self) -> None:
        """Work off all events. What ``add_value`` does stands here once more: this is the innermost loop."""
        queue, edges, first, heard = self._queue, self.edges, self._first, self.heard
        following, ways, target, ops = edges.next, edges.way, edges.target, edges.op
        rows_of, joins = tuple(held.rows for held in self._levels), self._joined
        while queue:
            node, value, level = queue.popleft()
            asked, ends_of = _ELEMENTS | _OTHERWISE if level else _WHOLE | _VALUES, _ENDS[level]
            as_it_is = _ELEMENTS if level and len(value) == 2 else _WHOLE
            cap = _CAP_INSIDE if level else CAP
            number = first[node] if node < len(first) else -1
            while number >= 0:
                way = ways[number] & asked
                if way == as_it_is:
                    to = target[number]
                    for end in ends_of[ops[number]]:
                        rows = rows_of[end]
                        known = rows[to]
                        if value not in known and len(known) < (cap if end else CAP):
                            joined = joins.get((known, value))
                            if joined is None:
                                joined = joins[(known, value)] = (*known, value)
                            rows[to] = joined
                            queue.append((to, joined[-1], end))
                elif way:
                    if level and ways[number] & _WHOLE:
                        self.add_value(target[number], value, level)
                    else:
                        self._pass(number, value, level)
                number = following[number]
            if not level and (self.asked or (node < len(heard) and heard[node]) or value[0] == "y"):
                self.arrived(node, value)

    def _pass(self, number: int, value: Value, level: int) -> None:
        """A value, or one of something that is held ``level`` levels inside, goes along an edge."""
        moved = self._moved(number, value, level)
        if moved is not None:
            for end in _ENDS[level][self.edges.op[number]]:
                self.add_value(self.edges.target[number], moved, end)

    def _moved(self, number: int, value: Value, level: int) -> Value | None:
        """What a value becomes along an edge, if that is a way for such values: it is put under a key, or loses its."""
        op, target = self.edges.op[number], self.edges.target[number]
        if target in self.scalars and self.is_whole(value):
            return None
        if not level and target in self.selves and not self.may_be(self.selves[target], value):
            return None
        if level:
            if op == _MAP and value == _PAIR:
                return None  # pairs become keys and what stands under them
            key = self.edges.key[number] if op in _TAKES_OUT or op == _PAIRED else ""
            if op == _PAIRED and level == 1:
                return (*value[:2], key) if key[:1] in _CONSTANT else value[:2]
            if len(value) == 2 or op in _KEEPS_KEYS[level > 1]:
                return value
            return value[:2] if key[:1] not in _CONSTANT or key == value[2] else None
        if op in _STORES:
            if number in self._of_keys and value[0] in _CLASSES:
                return None  # what is taken out is never a key
            key = self.edges.key[number] if op == _STORE else ""
            return (*value, key) if key[:1] in _CONSTANT else value
        return value if op != _PATH or (value[0] == "t" and str(value[1]).startswith("pathlib.")) else None

    def is_whole(self, value: Value) -> bool:
        """Whether a value is no scalar for certain: a collection, an object of the program."""
        raise NotImplementedError

    def may_be(self, own: tuple[str, int], value: Value) -> bool:
        """Whether a method of a class may have a value as its ``self`` (or ``cls``)."""
        raise NotImplementedError

    def arrived(self, node: int, value: Value) -> None:
        """A new value at ``node``; the resolver binds attributes and calls here."""
        raise NotImplementedError
