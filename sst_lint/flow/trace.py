"""How does a reviewer see a path through the graph? A few steps, one line each, with function names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.decided import DECIDES
from sst_lint.flow.graph import Graph
from sst_lint.flow.location import Location, Step
from sst_lint.flow.mutation import Mutations

_SHOWN_OPS = {
    Op.LOOP: "a loop runs in this order",
    Op.COPY: "keeps the order",
    Op.TEXT: "rendered as text in this order",
    Op.TEXT_SORTED: "rendered as text",
    Op.MAP: "becomes the order of keys",
    Op.ORDERS: "filled in the order of the loop",
    Op.ORDERS_KEYS: "keys are added in the order of the loop",
    Op.ORDERS_INNER: "filled in the order of the loop",
    Op.VIEW: "read in the order of its keys",
    Op.KEYED: "read in the order of its keys",
}
#: The same steps, where it is not the order that goes along them but what stands in it.
_SHOWN_OF_VALUES = {
    Op.LOOP: "taken in a loop",
    Op.COPY: "handed on",
    Op.TEXT: "becomes part of a text",
    Op.TEXT_SORTED: "becomes part of a text",
    Op.MAP: "becomes a key",
    Op.ORDERS: "put in by a loop",
    Op.ORDERS_KEYS: "put in by a loop",
    Op.ORDERS_INNER: "put in by a loop",
    Op.VIEW: "read from a mapping",
    Op.KEYED: "read from a mapping",
}
#: A way of more steps, as they are shown, convinces nobody; that a set has no order is beyond doubt at least.
LONG = 9
LONG_OF_SETS = 12
_YIELDED, _YIELDED_VALUE = "yielded in the order of the loop", "yielded by a loop"
_FILLING = frozenset({_SHOWN_OPS[Op.ORDERS], _SHOWN_OPS[Op.ORDERS_KEYS], _YIELDED})
_BY_TEMPLATE = "a template reads it"
_PASSED = "given back by"  #: how a step begins that only names a function on the way


class Tracer:
    """Turns nodes and paths into locations and steps."""

    def __init__(self, linked: Mutations, graph: Graph) -> None:
        self._linked = linked
        self._graph = graph

    def location(self, node: int) -> Location:
        """Where a node stands."""
        world = self._linked.world
        record = world.nodes[node]
        return self.span(world.node_unit[node], record.line, record.column, record.end_line, record.end_column)

    def span(self, unit: int, line: int, column: int, end_line: int, end_column: int) -> Location:
        """A span of a unit (relative lines) as a location in its file."""
        world = self._linked.world
        _, source, _ = world.units[unit]
        offset = source.first_line - 1
        return Location(
            world.path_of_unit(unit),
            max(line, 1) + offset,
            max(column, 1),
            max(end_line or line, 1) + offset,
            max(end_column or column, 1),
            "" if source.kind == "module" else source.qualname,
        )

    def statement_line(self, node: int) -> int:
        """The first line of the statement that holds a node."""
        world = self._linked.world
        return max(world.nodes[node].statement, 1) + world.units[world.node_unit[node]][1].first_line - 1

    def steps(
        self, path: tuple[tuple[int, int], ...], first: str, last: str, of_value: bool = False
    ) -> tuple[Step, ...]:
        """The steps worth showing of a path of (node, edge that leads on), between a first and a last message.
        ``of_value``: a value goes along it, and not an order."""
        if not path:
            return ()
        result: list[Step] = [self._step(path[0][0], first)]
        through: list[Step] = []  #: calls that the way comes back from, and that no step has told of
        for node, edge in path[:-1]:
            if edge < 0:
                continue
            message = self._message(edge, _SHOWN_OF_VALUES if of_value else _SHOWN_OPS)
            if not message:
                continue
            step = self._step(self._graph.target[edge], message)
            if self._graph.label[edge] < 0 and self._linked.world.nodes[node].line <= 0:
                through.append(replace(step, message=message.replace("returned by", _PASSED)))
                continue
            before = len(result)
            self._append(result, step, node)
            if len(result) > before:
                result[before:before] = _untold(through, result[-1])
                through = []
        end = self._step(path[-1][0], last)
        return tuple(_without_repeats([*result, *_untold(through, end), end]))

    def among(self, steps: tuple[Step, ...], others: tuple[int, ...], message: str) -> tuple[Step, ...]:
        """``steps`` with other places where the same way begins, each named once, after the first."""
        seen = {(step.path, step.line) for step in steps}
        also = {(step.path, step.line): step for step in (self._step(node, message) for node in others)}
        return (*steps[:1], *(step for place, step in also.items() if place not in seen), *steps[1:])

    def _append(self, result: list[Step], step: Step, source: int) -> None:
        if step.line <= 0 or self._linked.world.nodes[source].line <= 0:
            return
        result.append(step)

    def _step(self, node: int, message: str) -> Step:
        where = self.location(node)
        return Step(where.path, where.line, where.function, message)

    def _message(self, edge: int, words: Mapping[Op, str]) -> str:
        graph, world = self._graph, self._linked.world
        label, target, op = graph.label[edge], graph.target[edge], graph.op[edge]
        record = world.nodes[target]
        if label > 0:
            function = world.functions.get(graph.param_scope.get(target, -1))
            return f"passed to {function.qualname}()" if function is not None else ""
        if label < 0:
            function = world.functions.get(graph.port_scope.get(graph.source[edge], -1))
            return f"returned by {function.qualname}()" if function is not None else ""
        if target in self._linked.field_nodes:
            return f"stored in {self._linked.world.classes[self._linked.field_nodes[target][0]].name}.{record.name}"
        if record.kind == Kind.PUT:
            return f"stored in .{record.name}"
        if record.kind == Kind.VALUE and record.name == DECIDES:
            return "decides what is kept"
        if (graph.source[edge], target) in self._linked.templated:
            return _BY_TEMPLATE
        if op not in words:
            return ""
        if op == Op.ORDERS and record.kind == Kind.RETURN:
            return _YIELDED_VALUE if words is _SHOWN_OF_VALUES else _YIELDED
        name = record.name if op == Op.COPY and record.kind == Kind.CALL else ""
        if name and words is _SHOWN_OF_VALUES:
            return f"handed on by {name}()"
        return f"{name}() {words[Op(op)]}" if name else words[Op(op)]


def _untold(through: list[Step], following: Step) -> list[Step]:
    """Of calls that a way comes back from, those in functions that the step after them does not tell of."""
    told = (following.path, following.function)
    return [step for step in through if step.line > 0 and (step.path, step.function) != told]


def length(steps: tuple[Step, ...]) -> int:
    """How many steps there are, without those that only name a function on the way."""
    return sum(1 for step in steps if not step.message.startswith(_PASSED))


def rounds(steps: tuple[Step, ...]) -> int:
    """As ``length``, but a loop and what it fills count once: who reads the one has understood the other."""
    told = [step for step in steps if not step.message.startswith(_PASSED)]
    filled = sum(
        1
        for before, after in pairwise(told)
        if before.message == _SHOWN_OPS[Op.LOOP] and after.message in _FILLING and before.function == after.function
    )
    return len(told) - filled


def _without_repeats(steps: list[Step]) -> list[Step]:
    result: list[Step] = []
    for index, step in enumerate(steps):
        if result and (result[-1].path, result[-1].line) == (step.path, step.line):
            if index == len(steps) - 1:
                result[-1] = step if len(result) > 1 else result[-1]
                if result[-1] is not step:
                    result.append(step)
            continue
        result.append(step)
    return result


def long_for(kind: str) -> int:
    """How many steps, as they are shown, are believed of the order of a set, a listing, a mapping."""
    return LONG_OF_SETS if kind == "set" else LONG
