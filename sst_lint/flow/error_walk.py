"""Where does an error go in one function? To the calls that take it, into texts and containers, and out of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Handler, Kind

if TYPE_CHECKING:
    from sst_lint.flow.clauses import Clauses

#: What these make of an error still tells of it.
_PURE = frozenset(
    "str repr isinstance issubclass type getattr hasattr format len bool int id callable ascii unicode text_type join "
    "format_exception format_exception_only indent dedent shorten escape encode decode force_str exc_to_str".split()
)
_LITERALS = frozenset({Kind.DICT, Kind.LIST, Kind.TUPLE, Kind.SET, Kind.TEXT, Kind.BINOP, Kind.VALUE, Kind.CALL})
_STEPS = 200


class ErrorWalk:
    """Follows values through one unit: to the calls that take them, and to where they leave."""

    def __init__(
        self,
        clauses: Clauses,
        unit: int,
        sources: Iterable[int],
        calls: Iterable[int],
        shallow: bool = False,
        texts: Iterable[int] = (),
        triples: Iterable[int] = (),
    ) -> None:
        """``texts``: those of the ``sources`` that only tell of the error; ``triples``: those that hold its parts."""
        self._clauses = clauses
        self._linked = clauses.linked
        self._graph = clauses.graph
        self._unit = unit
        self._shallow = shallow
        self._texts = frozenset(texts)
        self._triples = set(triples)
        self.logged = self.handed = self.whole = self.examined = self.decided = self.kept_whole = False
        self._takers: dict[int, list[int]] = {}
        base = self._linked.world.node_base[unit]
        for number in calls:
            call = self._linked.world.calls[number]
            for arg in call.args:
                self._takers.setdefault(base + arg.node, []).append(number)
            if call.receiver >= 0:
                self._takers.setdefault(base + call.receiver, []).append(number)
        self._follow(sources)

    def _follow(self, sources: Iterable[int]) -> None:
        graph, world = self._graph, self._linked.world
        queue: list[tuple[int, bool]] = [(s, s not in self._texts) for s in sources]
        self.seen = seen = {s for s, _ in queue}
        for node, whole in queue:
            if len(seen) > _STEPS:
                return
            taking = self._takers.get(node, ())
            results = {world.node_base[self._unit] + world.calls[number].result for number in taking}
            for number in taking:
                result = self._taken(number, node, whole)
                if result >= 0 and result not in seen:
                    seen.add(result)
                    queue.append((result, self._clauses.name_of(number)[:1].isupper()))  # an error object again
            for number in graph.outgoing.get(node, ()):
                target, op = graph.target[number], graph.op[number]
                if graph.label[number] != 0 or op == Op.NOTHING or world.node_unit[target] != self._unit:
                    continue
                if target in results or self._leaves(target, op, whole) or target in seen:
                    continue
                seen.add(target)
                part = op == Op.LOAD and node in self._triples  # the traceback, or a frame of it, is the error itself
                if part:
                    self._triples.add(target)
                queue.append((target, whole and (part or op in (Op.SAME, Op.STORE))))

    def _leaves(self, target: int, op: int, whole: bool) -> bool:
        """Notes where the value ends: tested, returned, stored."""
        record = self._linked.world.nodes[target]
        if record.kind == Kind.VALUE and record.name == "compare":
            self.examined = True
            return True
        stored = op == Op.STORE and record.kind not in _LITERALS
        if record.kind in (Kind.RETURN, Kind.PUT, Kind.BOUND, Kind.CELL, Kind.OUT) or stored:
            self.handed = True
            self.whole |= whole
            self.kept_whole = True
            return True
        return False

    def _taken(self, number: int, node: int, whole: bool) -> int:
        """A call takes the value: what that means. The node of its result where the value goes on, else -1."""
        clauses, world = self._clauses, self._linked.world
        call = world.calls[number]
        name = clauses.name_of(number)
        base = world.node_base[self._unit]
        if call.receiver >= 0 and base + call.receiver == node and all(base + a.node != node for a in call.args):
            return base + call.result  # a method of the error
        if name in _PURE:
            self.examined |= name in ("isinstance", "issubclass", "getattr", "hasattr", "type", "bool")
            return base + call.result
        if clauses.is_log(number) and number not in self._linked.callees:
            self.logged = True
        elif self._shallow:
            self.handed = True
        else:
            verdict = clauses.takes_error(number, node)
            self.logged |= verdict in ("logs", "decides")
            self.decided |= verdict == "decides"
            if verdict == "keeps":
                if name[:1].isupper() and call.used:  # not `MessageBox(f"{error}")`, which tells it
                    return base + call.result  # another error, or a record, is made of it
                self.handed = True
                self.whole |= whole
        return -1


class AskedError(ErrorWalk):
    """Follows the error that one function asks for."""

    def __init__(self, clauses: Clauses, unit: int, scope: int) -> None:
        world = clauses.linked.world
        first = world.call_base[unit]
        own = [
            number for number, call in enumerate(world.units[unit][2].calls, first)
            if world.scope_base[unit] + call.scope == scope
        ]  # fmt: skip
        results = {n: world.node_base[unit] + world.calls[n].result for n in own if clauses.asks(n)}
        texts = [node for n, node in results.items() if clauses.name_of(n).startswith("format")]
        triples = [node for n, node in results.items() if clauses.name_of(n) == "exc_info"]
        super().__init__(clauses, unit, results.values(), own, shallow=True, texts=texts, triples=triples)


class CaughtError(ErrorWalk):
    """Follows the error of one clause."""

    def __init__(self, clauses: Clauses, unit: int, handler: Handler, body: list[int]) -> None:
        world = clauses.linked.world
        base, first = world.node_base[unit], world.call_base[unit]
        sources = [base + handler.error] if handler.error >= 0 else []
        asked = {n: clauses.name_of(n) for n in body if clauses.asks(n)}
        sources += [base + world.calls[n].result for n in asked]
        texts = [base + world.calls[n].result for n, name in asked.items() if name.startswith("format")]
        everything = range(first, first + len(world.units[unit][2].calls))
        triples = [base + world.calls[n].result for n, name in asked.items() if name == "exc_info"]
        super().__init__(clauses, unit, sources, everything, texts=texts, triples=triples)
        self.carried = any(base + node in self.seen for node in handler.hidden)
        if handler.error in handler.fallbacks:
            self.handed = self.whole = True  # it has a name that outlives the clause, or is returned
        if handler.fallbacks and all(base + node in self.seen for node in handler.fallbacks):
            self.handed = True  # all that takes the place of what failed tells of the error


__all__ = ["AskedError", "CaughtError", "ErrorWalk"]
