"""Is a set one of numbers alone? What ``hash`` says of a number is the number: such a set comes in the same order in
each run, other than one of texts, which are hashed anew in each process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from sst_lint.flow import Project

_SETS = ("builtins.set", "builtins.frozenset")
#: What gives a part of a set.
_PARTS = frozenset({"difference", "intersection", "copy"})
_RANGE = "builtins.range"
#: Tuples inside of tuples.
_DEEP = 3


def is_of_numbers(project: Project, source: int) -> bool:
    """Whether a set is written down with numbers alone (``{1, 2}``, ``{(0, 1), (0, 2)}``), or is ``set(range(n))``, or
    a part of such a set."""
    world = project.world
    if world.nodes[source].kind == Kind.SET:
        return _holds_numbers(project, source, 0)
    if world.nodes[source].kind != Kind.CALL:
        return False
    call = world.call_of(source)
    receiver = project.linked.receiver_of(call)
    if receiver >= 0 and world.calls[call].method in _PARTS:
        return is_of_numbers(project, receiver)
    if not any(name in _SETS for name in project.linked.externals.get(call, ())):
        return False
    given = [node for _, node in project.linked.argument_nodes(call)]
    calls = [world.call_of(node) for node in given if world.nodes[node].kind == Kind.CALL]
    return len(given) == len(calls) == 1 and _RANGE in project.linked.externals.get(calls[0], ())


def _holds_numbers(project: Project, node: int, deep: int) -> bool:
    graph, nodes = project.graph, project.world.nodes
    if deep > _DEEP or any(graph.op[edge] != Op.STORE for edge in graph.incoming.get(node, ())):
        return False
    held = [graph.source[edge] for edge in graph.incoming.get(node, ())]
    tuples = [each for each in held if nodes[each].kind == Kind.TUPLE]
    numbers = [each for each in held if nodes[each].kind == Kind.CONST and _is_number(nodes[each].name)]
    inside = all(_holds_numbers(project, each, deep + 1) for each in tuples)
    return bool(held) and len(tuples) + len(numbers) == len(held) and inside


def _is_number(written: str) -> bool:
    return written.lstrip("-").replace(".", "", 1).isdigit()


__all__ = ["is_of_numbers"]
