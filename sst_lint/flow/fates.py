"""What becomes of the order of something, if it reaches nothing permanent? The steps at which it ends, in words.

The searches of ``reach`` go backward from what is permanent and prove that order arrives. Here the way goes forward
from the source, so that a reviewer sees why nothing was reported: it is sorted there, counted here, only logged, or
handed to a call of which nothing is known.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sst_lint.facts.ops import KEYS_ANY, ORDER, ORDERS_ANY, OWN, SETS, VALUE, Op, forward
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations

_STATES = 1500
_SHOWN = 4
_OF_ORDER = SETS | ORDERS_ANY | KEYS_ANY
#: What asks about one thing, and puts nothing together.
_ASKS = re.compile(r"is[a-z_]*|has[a-z_]*|l?exists|callable|startswith|endswith|samefile|type|id")
#: Ends that explain most come first.
_RANK = {
    "sorted": 0, "canonical": 1, "set": 2, "reduced": 3, "quiet": 4, "loop": 5, "apart": 6, "value": 7, "unknown": 8,
    "leaves": 9,
}  # fmt: skip


@dataclass(frozen=True)
class End:
    """A step at which order ends: of what sort it is, where (a node), and what happens there."""

    sort: str
    node: int
    words: str


class Fates:
    """Follows order forward. ``quiet``: what is written at a content node that is no sink (``a log``), ``sinks``: what
    is at those that are."""

    def __init__(
        self,
        linked: Mutations,
        graph: Graph,
        quiet: dict[int, str],
        sinks: dict[int, str],
        is_test: Callable[[int], bool],
    ) -> None:
        """``is_test``: whether a node stands in test code, whose ends count only if there are no others."""
        self._linked = linked
        self._is_test = is_test
        self._graph = graph
        self._quiet = quiet
        self._sinks = sinks

    def of(self, start: int, bits: int) -> list[End]:
        """Where the order ``bits`` of the value at ``start`` ends; the nearest of the most telling sort."""
        graph = self._graph
        seen: dict[tuple[int, tuple[int, ...]], int] = {(start, ()): bits & _OF_ORDER}
        queue: deque[tuple[int, int, tuple[int, ...]]] = deque([(start, bits & _OF_ORDER, ())])
        found: dict[tuple[str, int, int], End] = {}
        while queue and len(seen) < _STATES:
            node, some, inside = queue.popleft()
            passed = False
            if node in self._sinks:
                # this way is looser than the search from the sinks, which tells keys and calls apart
                words = (
                    f"{self._sinks[node]} is not reached: by then it is in order, or another element or call goes in"
                )
                found.setdefault((words, 0, 0), End("apart", node, words))
            for number in graph.outgoing.get(node, ()):
                label, target = graph.label[number], graph.target[number]
                if label < 0 and inside and inside[-1] != -label:
                    continue
                end = self._stopped(number, some)
                if end is not None:
                    found.setdefault(self._place(end), end)
                    passed = True
                out = forward(graph.op[number], some) & ~VALUE
                if not out:
                    continue
                passed = True
                context = (*inside, label)[-4:] if label > 0 else inside[:-1] if label < 0 else inside
                if out & ~seen.get((target, context), 0):
                    seen[(target, context)] = seen.get((target, context), 0) | out
                    queue.append((target, out, context))
            if not passed:
                end = self._ended(node)
                if end is not None:
                    found.setdefault(self._place(end), end)
        ends = [end for end in found.values() if not self._is_test(end.node)] or list(found.values())
        best = min((_RANK[end.sort] for end in ends), default=0)
        ends = [end for end in ends if _RANK[end.sort] <= max(best, _RANK["reduced"])]
        return sorted(ends, key=lambda end: _RANK[end.sort])[:_SHOWN]

    def _place(self, end: End) -> tuple[str, int, int]:
        return (end.words, self._linked.world.node_unit[end.node], self._linked.world.nodes[end.node].line)

    def _stopped(self, number: int, bits: int) -> End | None:
        """The end that an edge is for ``bits``, if it is one."""
        op, target = self._graph.op[number], self._graph.target[number]
        record = self._linked.world.nodes[target]
        if op == Op.SORT and bits & (ORDER | SETS | KEYS_ANY):
            by = f"`{self.called(target)}`" if record.kind == Kind.CALL else "a sort in place"
            return End("sorted", target, f"{by} puts it in order")
        if op in (Op.TEXT_SORTED, Op.JSON_SORTED) and bits & KEYS_ANY:
            return End("canonical", target, "it is rendered with sorted keys")
        if op == Op.SETTED and bits & (ORDER | KEYS_ANY):
            return End("set", target, "it becomes a set, which has no order of its own")
        if op == Op.ONLY_VALUE and record.kind == Kind.CALL and bits & OWN:
            return self._swallowed(target)
        return None

    def _swallowed(self, target: int) -> End:
        """A call that passes no order on: because its result has none, or because nothing is known of it."""
        linked, world = self._linked, self._linked.world
        name = self.called(target)
        number = world.call_of(target)
        external = list(linked.externals.get(number, ()))
        models = [model for each in external if (model := linked.library.model(each)) is not None]
        if models and _ASKS.fullmatch(name.rpartition(".")[2]):
            return End("value", target, f"`{name}` only asks about it")
        if any(flow.how == "reduce" for model in models for flow in model.flows):
            return End("reduced", target, f"the result of `{name}` is the same in any order")
        if models:
            return End("value", target, f"`{name}` passes no order on")
        of = "has no model" if external else "is not resolved"
        return End("unknown", target, f"it goes into `{name}`, which {of}: order is taken not to pass")

    def _ended(self, node: int) -> End | None:
        """The end that a value is from which no order goes on."""
        world = self._linked.world
        kind = world.nodes[node].kind
        if node in self._quiet:
            return End("quiet", node, f"it is written to {self._quiet[node]}")
        if kind == Kind.LOOP:
            return End("loop", node, "a loop runs in this order, and nothing that it makes keeps it")
        if kind == Kind.RETURN:
            function = world.functions.get(self._graph.port_scope.get(node, -1))
            if function is not None:
                return End("leaves", node, f"it is returned by {function.qualname}(), and no caller makes it permanent")
        return None

    def called(self, node: int) -> str:
        """What a call calls, as the program knows it."""
        world = self._linked.world
        unit = world.node_unit[node]
        number = world.call_base[unit] + world.nodes[node].base
        known, call = sorted(self._linked.externals.get(number, ())), world.calls[number]
        if known and (self._linked.library.model(known[0]) is not None or not known[0].startswith("builtins.")):
            return known[0].removeprefix("builtins.")
        if known and not call.method:
            return known[0].removeprefix("builtins.")
        return call.method or world.nodes[world.node_base[unit] + call.callee].name or "a call"
