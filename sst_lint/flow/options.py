"""What does a call not get of what its function may return? What is returned only to callers who ask otherwise.

A function that asks for its parameters (``if sort:``) has, beside its return, a port of its own for calls: what it
returns in any case. What it returns under conditions goes to each call by itself, unless the call's constants (or the
defaults that it leaves) say that they do not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sst_lint.facts.asked import IS_NONE, IS_TRUE, Condition, equal_to
from sst_lint.facts.records import Kind, UnitFacts
from sst_lint.flow.world import Function, World

_FALSE = frozenset({"False", "None", "0", "0.0"})
_NEVER_NONE = frozenset({Kind.LIST, Kind.TUPLE, Kind.DICT, Kind.SET, Kind.FUNC})


class Options:
    """The ports of the functions of a linked program."""

    def __init__(self, world: World) -> None:
        self._world = world
        #: return of a function -> what is returned under conditions -> the conditions
        self._under: dict[int, dict[int, tuple[Condition, ...]]] = {}
        self._ports: dict[int, int] = {}
        for index, (_, _, facts) in enumerate(world.units):
            base = world.node_base[index]
            for option in facts.options:
                returns = base + facts.scopes[facts.nodes[option.node].scope].returns
                asked = self._under.setdefault(returns, {})
                condition = (base + option.param, option.test, option.holds)
                asked[base + option.node] = (*asked.get(base + option.node, ()), condition)
        for function in world.functions.values():
            if function.returns in self._under:
                like = world.nodes[function.returns]
                port = world.add_node(Kind.RETURN, function.unit, like, function.record.name)
                self._ports[function.returns] = port

    def port(self, returns: int) -> int:
        """What a function with that return gives to each of its calls."""
        return self._ports.get(returns, returns)

    def through(self, returns: int) -> list[int]:
        """The nodes through which calls get what a function with that return gives, where they are others."""
        return [self._ports[returns], *self._under[returns]] if returns in self._ports else []

    def in_any_case(self, base: int, facts: UnitFacts) -> Iterator[tuple[int, int, int, str]]:
        """The edges of a unit (their sources, operations and keys) that lead into such ports in any case."""
        if not facts.options:
            return
        for edge in facts.edges:
            port = self._ports.get(base + edge.target)
            if port is not None and base + edge.source not in self._under[base + edge.target]:
                yield base + edge.source, port, edge.op, edge.key

    def given(self, function: Function, pairs: Iterable[tuple[int, int]], is_open: bool) -> Iterator[int]:
        """What is returned under conditions that a call may meet. ``pairs``: its arguments with the parameters;
        ``is_open``: it hands over more than is seen (``*args``)."""
        under = self._under.get(function.returns)
        if not under:
            return
        arguments = {param: argument for argument, param in pairs}
        for node, asked in under.items():
            if all(self._may_hold(function, condition, arguments, is_open) for condition in asked):
                yield node

    def _may_hold(self, function: Function, condition: Condition, arguments: dict[int, int], is_open: bool) -> bool:
        param, test, holds = condition
        argument = arguments.get(param, -1)
        if argument < 0 and not is_open and param in function.params:
            default = function.record.params[function.params.index(param)].default
            argument = self._world.node_base[function.unit] + default if default >= 0 else -1
        answer = self._answer(argument, test) if argument >= 0 else None
        return answer is None or answer == holds

    def _answer(self, argument: int, test: str) -> bool | None:
        """Whether a constant is what is asked for; None: it is no constant."""
        record = self._world.nodes[argument]
        is_text = record.kind == Kind.TEXT and "\x00" not in record.name
        if test == IS_NONE and (record.kind in _NEVER_NONE or record.kind == Kind.TEXT):
            return False
        if test == IS_TRUE and record.kind == Kind.FUNC:
            return True
        if record.kind != Kind.CONST and not is_text:
            return None
        if test == IS_NONE:
            return record.name == "None"
        if test == IS_TRUE:
            return bool(record.name) if is_text else record.name not in _FALSE
        return test == equal_to(record.name, is_text)
