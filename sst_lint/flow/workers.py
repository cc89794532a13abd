"""Which functions run beside themselves, as threads, processes or tasks? What they fill together has their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.adjacency import Adjacency
from sst_lint.flow.mutation import Mutations

#: A function that is started so many times runs beside itself.
_SEVERAL = 2
_OVER_ELEMENTS = frozenset({"map", "imap", "imap_unordered", "starmap"})
_HOLDS = frozenset({Op.SAME, Op.STORE, Op.COPY})
#: So many values are looked at between a coroutine and what starts it, and so many calls between it and what is filled.
_NEAR = 24
_DEEP = 4


@dataclass(frozen=True)
class Worker:
    """A function is started by ``call``; ``made``: the call that makes its coroutine, else ``call`` itself."""

    call: int
    made: int


class Workers:
    """The functions of a linked program that are started beside themselves."""

    def __init__(self, linked: Mutations, incoming: Adjacency) -> None:
        """``incoming``: the edges of ``linked`` by their targets."""
        self._linked = linked
        self._incoming = incoming
        self._contexts = {node: scope for (scope, _, _), node in linked._contexts.items()}
        started: dict[int, list[Worker]] = {}
        for site in linked.sites:
            if site.model.spawns:
                for scope, worker in self._run_by(site.call):
                    started.setdefault(scope, []).append(worker)
        #: function -> one of those that start it beside others
        self.scopes = {scope: found[0] for scope, found in started.items() if self._is_several(found)}

    @cached_property
    def _outgoing(self) -> Adjacency:
        """Only asked for by programs of coroutines."""
        return Adjacency.by(self._linked.edges.source, len(self._linked.world.nodes))

    def shared(self, scope: int, root: int, context: int) -> Worker | None:
        """Who starts a function beside itself that fills ``root`` for all who run it; None if nobody does.
        ``context``: the order in which it is called, as far as that is concerned."""
        worker = self.scopes.get(scope)
        if worker is None or self._is_handed_its_own(worker, scope, root):
            return None
        return worker if self._fills_later(scope, context, _DEEP) else None

    def _run_by(self, call: int) -> list[tuple[int, Worker]]:
        """What a call starts: functions that it is handed, or coroutines that are made in its arguments, one by one or
        as a list."""
        linked, world = self._linked, self._linked.world
        found = [(scope, Worker(call, call)) for scope in linked.callees.get(call, ())]
        for _, node in linked.argument_nodes(call):
            for made in self._calls_in(node):
                found += [
                    (s, Worker(call, made)) for s in linked.callees.get(made, ()) if world.functions[s].record.is_async
                ]
        return list(dict.fromkeys(found))

    def _calls_in(self, node: int) -> list[int]:
        """The calls whose results are given: ``f(x)``, ``[f(x) for x in xs]``, ``fs`` after ``fs.append(f(x))``."""
        world, edges, near = self._linked.world, self._linked.edges, [node]
        for one in near:
            if world.nodes[one].kind == Kind.CALL and self._linked.callees.get(world.call_of(one)):
                continue
            for number in self._incoming.get(one, ()):
                inside = edges.op[number] in _HOLDS and edges.label[number] == 0
                if inside and edges.source[number] not in near and len(near) < _NEAR:
                    near.append(edges.source[number])
        return [world.call_of(one) for one in near if world.nodes[one].kind == Kind.CALL]

    def _is_several(self, found: Sequence[Worker]) -> bool:
        """Whether one function starts another one several times before it waits for the first. Of what two functions
        start nobody knows whether it runs at the same time: each may be the handler of a signal."""
        world, calls = self._linked.world, self._linked.world.calls
        together: dict[tuple[int, int], int] = {}
        for worker in found:
            apart = (worker.call, -1) if calls[worker.call].awaited else (-1, world.scope_of_call(worker.call))
            together[apart] = together.get(apart, 0) + self._times(worker)
        return max(together.values()) >= _SEVERAL

    def _times(self, worker: Worker) -> int:
        """How often a function is started, as far as it can be seen: many times in a loop or over elements."""
        world = self._linked.world
        record, made = world.calls[worker.call], world.calls[worker.made]
        if record.method in _OVER_ELEMENTS or (made.loop >= 0 and made.loop != record.loop):
            return _SEVERAL
        if record.loop < 0 or record.awaited or self._waits(worker.call):
            return 1
        unit = world.call_unit[worker.call]
        facts = world.units[unit][2]
        left = any(c.kind == "return" and c.node == facts.loops[record.loop].node for c in facts.choices)
        return 1 if left else _SEVERAL  # a loop that returns what it started tries again, and does not go on

    def _waits(self, call: int) -> bool:
        """Whether the loop that starts a thread joins it before the next round."""
        world, linked = self._linked.world, self._linked
        result, unit = linked.result_of(call), world.call_unit[call]
        first = world.call_base[unit]
        return any(
            each.method in ("join", "result", "get")
            and each.loop == world.calls[call].loop
            and linked.receiver_of(first + number) == result
            for number, each in enumerate(world.units[unit][2].calls)
        )

    def _is_handed_its_own(self, worker: Worker, scope: int, root: int) -> bool:
        """Whether each worker is handed another object for its parameter ``root``: what it fills there, no other
        worker fills."""
        linked, world = self._linked, self._linked.world
        function = world.functions.get(scope)
        if function is None or not 0 <= root < len(function.params):
            return False
        if worker.made != worker.call:
            given = [a for a, param, _ in linked.bindings.get(worker.made, ()) if param == function.params[root]]
            return bool(given) and world.calls[worker.made].loop >= 0 and not linked._loops(worker.made, given[0])
        call = worker.call
        arguments = [node for slot, node in linked.argument_nodes(call) if slot == ""]
        started = next((n for n, node in enumerate(arguments) if ("f", scope) in linked.values(node)), -1)
        if started < 0 or len(arguments) <= started + 1 + root:
            return False
        if world.calls[call].method in _OVER_ELEMENTS:
            return True
        return world.calls[call].loop >= 0 and not linked._loops(call, arguments[started + 1 + root])

    def _fills_later(self, scope: int, context: int, deep: int) -> bool:
        """Whether a task fills something once it has waited: before that, tasks run in the order of their start."""
        world, edges = self._linked.world, self._linked.edges
        record = world.functions[scope].record
        if not record.is_async:
            return True
        if record.waits_at < 0 or not deep:
            return False
        for number in self._outgoing.get(context, ()):
            target = edges.target[number]
            below = self._contexts.get(target)
            if below is None:
                later = world.nodes[target].statement >= record.waits_at
            else:
                call = edges.label[number] - 1
                made = world.nodes[self._linked.result_of(call)].statement if call >= 0 else -1
                later = made > record.waits_at or self._fills_later(below, target, deep - 1)
            if later:
                return True
        return False


__all__ = ["Worker", "Workers"]
