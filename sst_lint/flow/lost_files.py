"""Which files are written over although they could not be read? A read whose failure becomes an empty value, and a
later write of what was built on it to the same path.

Read and write meet in one function (``races`` knows), or in two methods of one class that share a field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sst_lint.facts.ops import VALUE, Op
from sst_lint.facts.records import Kind, UnitFacts
from sst_lint.flow.effects import Effect, Effects
from sst_lint.flow.fallbacks import ABSENCE, Fallbacks
from sst_lint.flow.handlers import HandlerInfo
from sst_lint.flow.identity import Symbol
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.order import Order
from sst_lint.flow.permanence import Permanence
from sst_lint.flow.races import Update
from sst_lint.flow.reach import Search
from sst_lint.flow.writes import Writes

#: What a clause does to keep the broken file.
_KEEPS = frozenset({"rename", "replace", "copy", "copy2", "copyfile", "move", "copyfileobj", "backup", "copytree"})
_WRITING = ("write", "replace")
#: States of one search from a write to the values that it holds.
_STATES = 3000


@dataclass(frozen=True)
class LostFile:
    """A clause after which a file that could not be read is written over."""

    info: HandlerInfo
    read: Effect
    write: Effect
    together: bool  #: both meet in one function
    empty: bool  #: what takes the place of the content is plainly empty


class LostFiles:
    """Finds the clauses of a linked program."""

    def __init__(
        self,
        linked: Mutations,
        permanence: Permanence,
        effects: Effects,
        writes: Writes,
        order: Order,
        infos: Sequence[HandlerInfo],
    ) -> None:
        self._linked = linked
        self._permanence = permanence
        self._effects = effects
        self._writes = writes
        self._fallbacks = Fallbacks(linked, permanence)
        self._by_tried: dict[tuple[int, int], list[HandlerInfo]] = {}
        for info in infos:
            self._by_tried.setdefault((info.unit, info.handler.tried), []).append(info)
        self._contents: dict[int, list[int]] = {}
        for sink in order.sinks:
            if sink.call >= 0 and sink.node >= 0:
                for write in writes.of_call(sink.call):
                    self._contents.setdefault(write.site.call, []).append(sink.node)

    def find(self, updates: Sequence[Update]) -> list[LostFile]:
        """All of them, one for each clause and written call."""
        found: dict[tuple[int, int, int], LostFile] = {}
        for lost in (*self._together(updates), *self._by_field()):
            key = (lost.info.unit, lost.info.handler.line, lost.info.handler.column)
            found.setdefault(key, lost)
        return list(found.values())

    # one function

    def _together(self, updates: Sequence[Update]) -> Iterator[LostFile]:
        for update in updates:
            chain = dict.fromkeys((update.read.call, *update.read.calls, update.read.site.call))
            for number in chain:
                for info in self._around(number):
                    here = number == update.read.call
                    if not _loses(info) or self._leaves(info, here) or self._guards_both(info, update.write):
                        continue
                    if not self._wants_content(info, update.write) and not self._is_read_again(update):
                        yield LostFile(info, update.read, update.write, True, self._is_empty(info))

    def _is_read_again(self, update: Update) -> bool:
        """Whether the file is read once more, by no clause that lets a failure pass, before it is written: what could
        not be read the first time stops it there."""
        chain = (update.write.call, *update.write.calls)
        effects = self._effects.of(self._linked.world.scope_of_call(update.write.call))
        for effect in effects:
            if effect is update.write:
                return False
            if effect.kind != "read" or effect.path != update.write.path or effect.call <= update.read.call:
                continue
            if effect.call == update.write.call and effect.calls[:1] != chain[:1]:
                continue
            calls = (effect.call, *effect.calls, effect.site.call)
            if not any(_loses(info) for number in calls for info in self._around(number)):
                return True
        return False

    def _wants_content(self, info: HandlerInfo, write: Effect) -> bool:
        """Whether the write stands where something was found in what was read: ``if MARK in text``. Nothing is found in
        the empty value that takes its place."""
        world = self._linked.world
        unit, region = world.call_unit[write.call], world.calls[write.call].region
        instead = {n - world.node_base[unit] for n, _ in self._fallbacks.of(info) if self._fallbacks.sort(n) == "empty"}
        if unit != info.unit or not instead:
            return False
        facts = world.units[unit][2]
        held = dict(facts.members)
        while region >= 0:
            record = world.region(unit, region)
            if (
                record.kind == "if"
                and record.node in held
                and not instead.isdisjoint(_before(facts, held[record.node]))
            ):
                return True
            region = record.parent
        return False

    def _around(self, number: int) -> Iterator[HandlerInfo]:
        """The clauses that guard a call."""
        world = self._linked.world
        unit, region = world.call_unit[number], world.calls[number].region
        while region >= 0:
            yield from self._by_tried.get((unit, region), ())
            region = world.region(unit, region).parent

    def _guards_both(self, info: HandlerInfo, write: Effect) -> bool:
        """Whether the clause guards the write, too: then nothing is written after a read that has failed."""
        chain = (write.call, *write.calls, write.site.call)
        return any(other is info for number in chain for other in self._around(number))

    def _leaves(self, info: HandlerInfo, here: bool) -> bool:
        """Whether the clause leaves the function in which the write stands, or returns nothing that could be
        written."""
        handler = info.handler
        if self._keeps_copy(info) or set(handler.ends) <= {"raises"}:
            return True
        goes_on = bool({"falls", "continues", "breaks"} & set(handler.ends))
        if here:
            return not goes_on
        returned = [n for n, name in self._fallbacks.of(info) if name == "return"]
        nothing = all(self._fallbacks.sort(n) in ("nothing", "truth") for n in returned)
        return not goes_on and nothing and info.tested

    def _keeps_copy(self, info: HandlerInfo) -> bool:
        facts = self._linked.world.units[info.unit][2]
        if info.handler.body < 0:
            return False
        regions, wanted = facts.regions, info.handler.body
        for call in facts.calls:
            region = call.region
            while region >= 0 and region != wanted:
                region = regions[region].parent
            if region == wanted and (call.method or facts.nodes[call.callee].name) in _KEEPS:
                return True
        return False

    def _is_empty(self, info: HandlerInfo) -> bool:
        sorts = [self._fallbacks.sort(n) for n, _ in self._fallbacks.of(info)]
        return not sorts or all(s in ("empty", "nothing", "given", "number") for s in sorts)

    # two methods

    def _by_field(self) -> Iterator[LostFile]:
        """`load` leaves a field empty, `save` writes it: the same path, as an attribute of the same object."""
        reads: dict[Symbol, list[tuple[HandlerInfo, Effect]]] = {}
        writes: dict[Symbol, list[Effect]] = {}
        for scope in self._effects.scopes():
            for effect in self._effects.of(scope):
                path = self._effects.as_field(scope, effect.path)
                if path[0] != "attribute" or path[2][:1] != ("instance",):
                    continue
                if effect.kind in _WRITING:
                    writes.setdefault(path, []).append(effect)
                elif effect.kind == "read" and self._is_of(scope, path[2][1]):
                    for info in self._around(effect.call):
                        if _loses(info):
                            reads.setdefault(path, []).append((info, effect))
        tried: set[tuple[int, int, int]] = set()
        for path, rows in reads.items():
            for write in writes.get(path, ()):
                for info, read in rows:
                    pair = (info.unit, info.handler.body, write.site.call)
                    if pair not in tried and not self._keeps_copy(info):
                        tried.add(pair)
                        if self._carried(info, write):
                            yield LostFile(info, read, write, False, self._is_empty(info))

    def _is_of(self, scope: int, cls: int) -> bool:
        """Whether a function is a method of the object whose field names the file. What others make of an object that
        they cannot load is their own affair: they need not save it."""
        function = self._linked.world.functions.get(scope)
        if function is None or function.cls < 0:
            return False
        return cls in self._linked.mro(function.cls) or function.cls in self._linked.mro(cls)

    def _carried(self, info: HandlerInfo, write: Effect) -> bool:
        """Whether what was read, or what takes its place, is written."""
        base = self._linked.world.node_base[info.unit]
        nodes = [base + n for n in (*info.handler.fallbacks, *info.handler.writes)]
        nodes = [n for n in nodes if self._linked.world.nodes[n].kind != Kind.ERROR]
        starts = self._contents.get(write.write.site.call, []) if write.write is not None else []
        if write.protocol is not None:
            starts = [n for w in write.protocol.writes for n in self._contents.get(w.site.call, ())]
        if not nodes or not starts:
            return False
        graph = self._permanence.graph
        search = Search(graph, graph.forward_mask((n, VALUE) for n in nodes), _STATES)
        search.start((n, VALUE, "") for n in starts)
        search.run()
        return any(search.found(n, VALUE) is not None for n in nodes)


def _before(facts: UnitFacts, node: int) -> list[int]:
    """What a value may be, before branches were joined and names were given."""
    near = [node]
    for one in near:
        near += [e.source for e in facts.edges if e.target == one and e.op == Op.SAME and e.source not in near]
    return near


def _loses(info: HandlerInfo) -> bool:
    """Whether a clause answers a failed read with something else, and not only the absence of the file."""
    if not info.completes or info.fate.policy or info.fate.handed or info.only_imports:
        return False
    return info.handler.bare or any(name not in ABSENCE for name in info.names)
