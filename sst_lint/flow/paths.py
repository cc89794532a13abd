"""What may this path be, and who decides it? The literals in it, with the calls through which they came.

``evidence`` asks what a path is and mixes all callers of a helper; here each way is kept apart: the path as it is
composed along the way (what is filled in stands in braces), and the calls from the function that names the file down
to the one that uses it.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sst_lint.facts.ops import Op
from sst_lint.facts.records import AFTER, Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.path_parts import gathered, set_aside, taken_out

_FOLLOWED = frozenset({Op.SAME, Op.PATH, Op.TEXT, Op.LOAD, Op.STORE, Op.NOT_LIST, Op.NOT_SET, Op.NOT_DICT})
_STATES = 4000
_DEPTH = 40
#: So many calls are remembered of those through whose results a way goes, and so much of what it is taken out of.
_CALLS = 6
_BRIEF = 8
_HOLE = re.compile(r"\{[^{}/]*\}")
_GLOB = re.compile(r"[*?\[]")
_SAME_PATH = frozenset({"Path", "PurePath", "str", "fspath", "abspath", "resolve", "expanduser", "realpath"})

#: A node, the calls through whose results the way came to it, and what it is taken out of.
_State = tuple[int, tuple[int, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Named:
    """One way in which a path gets its name.

    ``shape`` is the path as far as it is written down (``out/{run}/manifest.json``); ``calls`` lead from the function
    that names it to the one that uses it, outermost first; ``node`` is the literal.
    """

    shape: str
    calls: tuple[int, ...]
    node: int
    final: bool = True  #: the literal is part of the file's own name, not only of a directory's

    @property
    def first(self) -> int:
        """The outermost of the calls, or -1 when the literal stands where the path is used."""
        return self.calls[0] if self.calls else -1

    @property
    def file(self) -> str:
        """The last part of the path."""
        return self.shape.rstrip("/").rpartition("/")[2]


class Paths:
    """Finds the names of path nodes; keeps the answers."""

    def __init__(self, linked: Mutations, graph: Graph) -> None:
        self._linked = linked
        self._graph = graph
        self._known: dict[int, tuple[Named, ...]] = {}
        self.gathered = gathered(linked.world)  #: what wrappers hand on
        self._opened = {
            site.ports["return"]: site.ports[site.model.opens.path]
            for site in linked.sites
            if site.model.opens is not None and site.model.opens.path in site.ports
        }

    def of(self, node: int) -> tuple[Named, ...]:
        """The names that the path at ``node`` may have, nearest first; those of a handle are those of its file."""
        node = self._opened.get(node, node)
        if node not in self._known:
            self._known[node] = tuple(self._gather(node)) if node >= 0 else ()
        return self._known[node]

    def _gather(self, start: int) -> list[Named]:
        """Backward from the path; a way that entered a function by its result leaves it by that call only."""
        graph, world = self._graph, self._linked.world
        after: dict[_State, tuple[_State, int] | None] = {(start, (), ()): None}
        queue: deque[tuple[_State, int]] = deque([((start, (), ()), 0)])
        found: dict[tuple[str, tuple[int, ...]], Named] = {}
        while queue and len(after) < _STATES:
            state, depth = queue.popleft()
            node, inside, places = state
            if world.nodes[node].kind == Kind.TEXT and world.nodes[node].name.strip("\x00"):
                named = self._along(state, after)
                found.setdefault((named.shape, named.calls), named)
            incoming = graph.incoming.get(node, ()) if depth < _DEPTH else ()
            aside = set_aside(graph, self.gathered, incoming)
            for number in incoming:
                label = graph.label[number]
                if graph.op[number] not in _FOLLOWED or (label > 0 and inside and inside[-1] != label):
                    continue
                taken = taken_out(graph.op[number], graph.key[number], places)
                if number in aside or taken is None:
                    continue
                deeper = (*inside, -label)[-_CALLS:] if label < 0 else inside[:-1] if label > 0 else inside
                before = (graph.source[number], deeper, taken[-_CALLS:])
                if before not in after:
                    after[before] = (state, number)
                    queue.append((before, depth + 1))
        return [named for named in found.values() if named.final] or list(found.values())

    def _along(self, state: _State, after: dict[_State, tuple[_State, int] | None]) -> Named:
        """The shape of the path along the way, and the calls that go down to where the path is used."""
        shape, literal = self.brief(state[0]), state[0]
        calls: list[int] = []
        final = True
        while (step := after[state]) is not None:
            nearer, number = step
            label = self._graph.label[number]
            if label > 0 and not state[1] and not nearer[1]:
                calls.append(label - 1)
            if label == 0:
                before, shape = shape, self._made(nearer[0], {state[0]: shape}, 0) or shape
                final &= not shape.startswith(before.rstrip("/") + "/") and shape != before.rpartition("/")[0]
            state = nearer
        return Named(shape, tuple(calls), literal, final)

    # composing

    def _operands(self, node: int) -> list[int]:
        """What a literal, an operator or a call is made of, in the order in which it is written."""
        record, world = self._linked.world.nodes[node], self._linked.world
        if record.kind == Kind.CALL:
            number = world.call_of(node)
            receiver = self._linked.receiver_of(number)
            arguments = [n for slot, n in self._linked.argument_nodes(number) if slot == ""]
            return [receiver, *arguments] if receiver >= 0 and not self._is_module(receiver) else arguments
        graph = self._graph
        return [graph.source[number] for number in sorted(graph.incoming.get(node, ())) if not graph.label[number]]

    def _is_module(self, node: int) -> bool:
        return any(value[0] in ("m", "n", "x") for value in self._linked.values(node))

    def _made(self, node: int, known: dict[int, str], depth: int) -> str:
        """What a literal, an operator or a call makes of its operands; "" when that is not known."""
        record = self._linked.world.nodes[node]
        if record.kind not in (Kind.TEXT, Kind.BINOP, Kind.CALL, Kind.ATTR):
            return ""

        def part(operand: int) -> str:
            return known[operand] if operand in known else self.brief(operand, depth + 1)

        operands = self._operands(node)
        if record.kind == Kind.ATTR:
            return _attribute(record.name, max((known[o] for o in operands if o in known), default=""))
        if record.kind == Kind.TEXT:
            holes = record.name.count("\x00")
            parts = [part(o) for o in operands] if len(operands) == holes else ["{}"] * holes
            return "".join(a + b for a, b in zip(record.name.split("\x00"), [*parts, ""], strict=True))
        if record.kind == Kind.BINOP:
            return _operated(record.name, [part(o) for o in operands])
        return self._called(node, operands, part)

    def _called(self, node: int, operands: list[int], part: object) -> str:
        name, world = self.callee(node), self._linked.world
        assert callable(part)
        if name == "joinpath" or (name == "join" and operands and world.nodes[operands[0]].kind != Kind.TEXT) or (
            name == "join" and len(operands) > 1 and self._linked.receiver_of(world.call_of(node)) not in operands
        ):  # fmt: skip
            return _operated("/", [part(o) for o in operands])
        if name in _SAME_PATH and operands:
            return _operated("/", [part(o) for o in operands])
        if name in ("with_suffix", "with_name") and len(operands) == 2:
            before, new = part(operands[0]), part(operands[1])
            stem = re.sub(r"\.\w+$", "", before) if name == "with_suffix" else before.rpartition("/")[0] + "/"
            return str(stem + new).lstrip("/") if name == "with_name" else str(stem + new)
        return ""

    def callee(self, node: int) -> str:
        """The last name of what a call calls, as written."""
        world = self._linked.world
        call = world.calls[world.call_of(node)]
        return call.method or world.nodes[world.node_base[world.node_unit[node]] + call.callee].name

    def brief(self, node: int, depth: int = 0) -> str:
        """A value as it stands in a path: its text if that is written down near by, else its name in braces."""
        record, graph = self._linked.world.nodes[node], self._graph
        if record.kind == Kind.CONST:
            return record.name
        if record.kind in (Kind.TEXT, Kind.BINOP, Kind.CALL):
            made = self._made(node, {}, depth) if depth < _BRIEF else ""
            if made:
                return made
        name = f"{self.callee(node)}()" if record.kind == Kind.CALL else record.name.lstrip("'")  # a key has a quote
        if name.startswith("["):
            name = ""  # a part of something
        back = self._linked.edges.back  # what somebody has done to it is no other name of it
        incoming = [
            n for n in graph.incoming.get(node, ()) if graph.op[n] == Op.SAME and not graph.label[n] and not back[n]
        ]
        if record.kind == Kind.VALUE and record.name == AFTER:  # a variable that a call was given
            incoming = [n for n in incoming if self._linked.world.nodes[graph.source[n]].kind != Kind.OUT]
            name = ""
        if record.kind not in (Kind.PARAM, Kind.CALL) and len(incoming) == 1 and depth < _BRIEF:
            inner = self.brief(graph.source[incoming[0]], depth + 1)
            if inner != "{}":
                return inner if not inner.startswith("{") or not name else f"{{{name}}}"
        return f"{{{name}}}" if "\x00" not in name else "{}"


def _attribute(name: str, shape: str) -> str:
    if name == "parent":
        return shape.rpartition("/")[0]
    return shape.rpartition("/")[2] if name == "name" else shape


def _operated(operator: str, parts: list[str]) -> str:
    if operator == "/":
        return "/".join(p.rstrip("/") if n < len(parts) - 1 and len(p) > 1 else p for n, p in enumerate(parts) if p)
    if operator == "%":
        return re.sub(r"%[-\d.]*\w", "{}", parts[0]) if parts else ""
    return "".join(parts) if operator == "+" else ""


def closeness(shape: str, query: str) -> int:
    """How well a written path fits what is asked for: 3 it is the file or path, 2 it may be, 1 a part of it, 0 not.

    ``query`` is a name, a part of a path, or a glob; what is filled in (``{run}``) stands for anything but a ``/``.
    """
    parts = shape.split("/")
    wanted = query.strip("/")
    tail = "/".join(parts[-(wanted.count("/") + 1) :])
    if _GLOB.search(query):
        filled = _HOLE.sub("x", shape)
        return 3 if any(fnmatchcase(filled.split("/", n)[-1], wanted) for n in range(filled.count("/") + 1)) else 0
    if tail == wanted:
        return 3
    literal = _HOLE.sub("\x00", tail)
    if "\x00" in literal and len(re.sub(r"\.\w+$|\W", "", literal)) > 2:
        pattern = "[^/]*".join(re.escape(piece) for piece in literal.split("\x00"))
        if re.fullmatch(pattern, wanted):
            return 2
    return 1 if wanted and wanted in _HOLE.sub("\x00", shape) else 0
