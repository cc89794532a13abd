"""What does a handler put in the place of what failed, and where does that become permanent?

A fallback is what a clause assigns to a name that its ``try`` body assigns too, or what it returns. Whether it is made
up (a placeholder, a number, NaN, a random id, a clock) or given (a parameter, another computation) decides, together
with the classes that are caught, how bad it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Handler, Kind, UnitFacts
from sst_lint.flow.handlers import HandlerInfo
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.permanence import Leak, Permanence, Where

Sort = Literal[
    "nothing", "truth", "number", "not a number", "empty", "mark", "placeholder", "changing", "computed", "given"
]

#: These say that something is not there; a default is the ordinary answer.
ABSENCE = frozenset(
    f"builtins.{n}"
    for n in (
        "FileNotFoundError", "KeyError", "IndexError", "LookupError", "AttributeError", "ImportError", "StopIteration",
        "ModuleNotFoundError", "StopAsyncIteration", "NotImplementedError", "ZeroDivisionError", "NameError",
        "EOFError", "UnboundLocalError", "FileExistsError", "NotADirectoryError", "TimeoutError", "ProcessLookupError",
    )
) | {
    "queue.Empty", "queue.Full", "asyncio.TimeoutError", "asyncio.QueueEmpty", "configparser.NoOptionError",
    "configparser.NoSectionError", "importlib.metadata.PackageNotFoundError",
}  # fmt: skip
#: Sources of values that differ from run to run.
_CHANGING = frozenset({"clock", "random", "identity", "hash"})
_NAN = frozenset({"nan", "NaN", "NAN", "inf", "NA", "NaT"})
_EMPTY_MAKERS = frozenset({"dict", "list", "set", "tuple", "str", "bytes", "OrderedDict", "defaultdict", "Counter"})
#: Classes of others that say the same by their names.
_MISSING = re.compile(r"(NotFound|DoesNotExist|NotExist|Missing)(Error|Exception)?$")
#: They raise ``ValueError`` if something is not there.
_LOOKING_UP = frozenset({"index", "rindex", "remove"})
#: A text into which names are filled in later says how something is put together.
_FILLED_IN = re.compile(r"\{\w+\}|%\(\w+\)s")
_STEPS = 60
_PLACES: tuple[tuple[Where, int], ...] = (("digest", 0), ("name", 0), ("name", 1), ("seed", 0), ("content", 0))
_IDENTITY: frozenset[Where] = frozenset({"digest", "name", "seed"})
_PLACE_LIKE = ("/", ".", "~", "\\")


@dataclass(frozen=True)
class Poison:
    """A fallback that becomes permanent."""

    info: HandlerInfo
    node: int
    name: str  #: where the handler puts it: "return", or a name
    sort: Sort
    leak: Leak
    absence: bool  #: only the absence of something is caught
    located: bool  #: it is a place where files lie, not a part of a name
    unchanged: bool  #: it is what the ``try`` body was given: what cannot be converted stays as it is


class Fallbacks:
    """The fallbacks of a linked program."""

    def __init__(self, linked: Mutations, permanence: Permanence) -> None:
        self._linked = linked
        self._permanence = permanence
        self._calls = {s.ports["return"]: s for s in linked.sites}

    def poisons(self, infos: Sequence[HandlerInfo]) -> list[Poison]:
        """The fallbacks that reach something permanent, the worst place of each."""
        candidates = [(info, node, name) for info in infos if info.completes for node, name in self.of(info)]
        sources = {node: frozenset(_PLACES) for _, node, _ in candidates if self.sort(node) not in ("nothing", "truth")}
        leaks = self._permanence.find(sources, self._permanence.without_keys(self._permanence.graph))
        return [
            Poison(
                info,
                node,
                name,
                self.sort(node),
                leaks[node],
                self._absence(info),
                self._is_place(node, leaks),
                self._is_unchanged(info, node),
            )
            for info, node, name in candidates
            if node in leaks
            and not self._is_retry(info, node)
            and not self._is_made_anew(info, name)
            and not self._is_taken_apart(node, leaks[node])
        ]

    def of(self, info: HandlerInfo) -> Iterator[tuple[int, str]]:
        """(node, name) of what a clause puts in the place of what failed."""
        handler: Handler = info.handler
        base = self._linked.world.node_base[info.unit]
        written = {*handler.written_names, "return"}
        for node, name in zip(handler.fallbacks, handler.fallback_names, strict=True):
            record = self._linked.world.nodes[base + node]
            if name in written and node > handler.error and record.kind not in (Kind.PUT, Kind.RETURN, Kind.ERROR):
                yield base + node, name

    def _is_retry(self, info: HandlerInfo, node: int) -> bool:
        """Whether the clause does again what the ``try`` body does."""
        world = self._linked.world
        facts, base = world.units[info.unit][2], world.node_base[info.unit]
        record = facts.nodes[self._origin(facts, node - base)]
        if record.kind != Kind.CALL or self._changes(node):
            return False
        again = facts.calls[record.base]
        name = again.method or facts.nodes[again.callee].name
        return any(
            (c.method or facts.nodes[c.callee].name) == name and c.region == info.handler.tried for c in facts.calls
        )

    def _is_taken_apart(self, node: int, leak: Leak) -> bool:
        """Whether the way takes an element out of what has none: a number."""
        if self.sort(node) not in ("number", "not a number"):
            return False
        ops, depth = [self._permanence.graph.op[edge] for _, edge in leak.path if edge >= 0], 0
        for op in ops:
            depth += 1 if op == Op.STORE else -1 if op in (Op.LOAD, Op.ITER) else 0
            if depth < 0:
                return True
        return False

    def _is_unchanged(self, info: HandlerInfo, node: int) -> bool:
        """Whether the clause hands on what a call of the ``try`` body was given, under the name that it has."""
        facts, base = self._linked.world.units[info.unit][2], self._linked.world.node_base[info.unit]
        record, named = facts.nodes[self._origin(facts, node - base)], dict(facts.named)
        if record.kind not in (Kind.PARAM, Kind.NAME, Kind.CELL) or not record.name:
            return False
        tried = [call for call in facts.calls if call.region == info.handler.tried]
        return any(
            record.name == named.get(argument.node, facts.nodes[argument.node].name)
            for call in tried
            for argument in call.args
        )

    def _is_made_anew(self, info: HandlerInfo, name: str) -> bool:
        """Whether a loop of the clause fills what it puts there: the answer is computed in another way."""
        handler, nodes = info.handler, self._linked.world.units[info.unit][2].nodes
        around = nodes[handler.error].loop if handler.error >= 0 else -1
        return any(
            filled == f"{name}[]" and nodes[node].loop not in (-1, around)
            for node, filled in zip(handler.fallbacks, handler.fallback_names, strict=True)
        )

    def _absence(self, info: HandlerInfo) -> bool:
        """Whether only the absence of something is caught. A list says so with another class than a mapping:
        ``sys.argv.index("--name")``."""
        if not info.names or not all(
            name in ABSENCE or name == "builtins.ValueError" or _MISSING.search(name) for name in info.names
        ):
            return False
        return "builtins.ValueError" not in info.names or self._looks_up(info)

    def _looks_up(self, info: HandlerInfo) -> bool:
        """Whether the ``try`` body calls nothing but methods that find the place of an element."""
        called = [c for c in self._linked.world.units[info.unit][2].calls if c.region == info.handler.tried]
        return bool(called) and all(c.method in _LOOKING_UP for c in called)

    # what it is

    def sort(self, node: int) -> Sort:
        """What kind of value a fallback is."""
        world = self._linked.world
        unit = world.node_unit[node]
        facts, base = world.units[unit][2], world.node_base[unit]
        if self._changes(node):
            return "changing"
        local = self._origin(facts, node - base)
        record = facts.nodes[local]
        if record.kind == Kind.CONST:
            if record.name in ("True", "False"):
                return "truth"
            return "nothing" if record.name in ("None", "...") else "number"
        if record.kind == Kind.TEXT:
            if record.name == "":
                return "empty"
            if not any(sign.isalnum() for sign in record.name.replace("\x00", "x")):
                return "mark"
            said = "\x00" in record.name or " " in record.name.strip()  # a sentence is a message
            said = said or _FILLED_IN.search(record.name) is not None
            return "computed" if said else "placeholder"
        if record.kind in (Kind.DICT, Kind.LIST, Kind.TUPLE, Kind.SET):
            filled = any(e.target == local and facts.nodes[e.source].statement == record.statement for e in facts.edges)
            return "computed" if filled or record.name else "empty"
        if record.kind == Kind.ATTR and record.name in _NAN:
            return "not a number"
        if record.kind == Kind.CALL:
            return self._called(facts, base, local)
        return "given" if record.kind in (Kind.PARAM, Kind.NAME, Kind.CELL, Kind.VALUE) else "computed"

    def expression(self, node: int) -> str:
        """The name, attribute or call that a fallback is, as it is written; "" for anything else."""
        world = self._linked.world
        unit = world.node_unit[node]
        facts = world.units[unit][2]
        return _written(facts, self._origin(facts, node - world.node_base[unit]))

    def _called(self, facts: UnitFacts, base: int, local: int) -> Sort:
        call = facts.calls[facts.nodes[local].base]
        name = call.method or facts.nodes[call.callee].name
        if name == "float" and len(call.args) == 1 and facts.nodes[call.args[0].node].name.strip("+-") in _NAN:
            return "not a number"
        return "empty" if not call.args and name in _EMPTY_MAKERS else "computed"

    @staticmethod
    def _origin(facts: UnitFacts, node: int) -> int:
        """What a value is, before it got other names."""
        for _ in range(4):
            before = [e.source for e in facts.edges if e.target == node and e.op == Op.SAME]
            if len(before) != 1 or facts.nodes[node].kind != Kind.VALUE:
                return node
            node = before[0]
        return node

    def _changes(self, node: int) -> bool:
        """Whether a clock or random number is in what the handler made."""
        graph, world = self._permanence.graph, self._linked.world
        seen, queue = {node}, [node]
        for current in queue:
            if any(kind in _CHANGING for _, kind, _ in self._linked.sources.get(current, ())):
                return True
            if world.nodes[current].kind == Kind.BINOP and world.nodes[current].name == "-":
                continue  # a duration
            for number in graph.incoming.get(current, ()):
                source = graph.source[number]
                if source in seen or graph.label[number] != 0 or len(seen) > _STEPS:
                    continue
                if world.node_unit[source] == world.node_unit[node] and self._stands_with(source, node):
                    seen.add(source)
                    queue.append(source)
        return False

    def _stands_with(self, node: int, fallback: int) -> bool:
        """Whether a node of the same unit stands in the clause in which ``fallback`` was made: what the function puts
        into it afterwards is none of the clause's doing."""
        world = self._linked.world
        unit, home = world.node_unit[node], world.nodes[fallback].region
        region = world.nodes[node].region
        while region >= 0 and region != home:
            region = world.region(unit, region).parent
        return region == home and world.nodes[node].line >= world.nodes[fallback].line

    def _is_place(self, node: int, leaks: Mapping[int, Leak]) -> bool:
        """Whether a fallback for a path says where to look, not how something is called."""
        if node not in leaks or leaks[node].sink.where != "name":
            return False
        world = self._linked.world
        unit = world.node_unit[node]
        record = world.units[unit][2].nodes[self._origin(world.units[unit][2], node - world.node_base[unit])]
        if record.kind == Kind.TEXT and any(sign in record.name for sign in _PLACE_LIKE):
            return True
        graph = self._permanence.graph
        ops = [graph.op[e] for _, e in leaks[node].path if e >= 0]
        return not any(op in (Op.TEXT, Op.PATH) for op in ops)


def _written(facts: UnitFacts, local: int) -> str:
    record = facts.nodes[local]
    if record.kind == Kind.CALL:
        call = facts.calls[record.base]
        callee = _written(facts, call.callee) or call.method
        return f"{callee}()" if callee else ""
    if record.kind == Kind.ATTR and record.base >= 0 and record.name.isidentifier():
        base = _written(facts, record.base)
        return f"{base}.{record.name}" if base else ""
    return record.name if record.kind in (Kind.NAME, Kind.PARAM, Kind.CELL, Kind.IMPORT) else ""


def is_identity(poison: Poison) -> bool:
    """Whether a fallback decides what something is called or how it is compared."""
    return poison.leak.sink.where in _IDENTITY
