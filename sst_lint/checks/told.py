"""Is what was picked only told to people? In a log, or in an error that says "for example ..."."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.checks.lone import items
from sst_lint.facts.loggers import METHODS_OF_LOGGERS
from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import words
from sst_lint.flow.evidence import OUTWARD
from sst_lint.flow.sinks import PRINTS

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.picks import Picked

#: So many places are looked at for what becomes of what was picked.
_NEAR = 60
_ERRORS = ("Error", "Exception", "Warning")
_LOGGERS = frozenset({"log", "logger", "logging"})


def is_only_told(project: Project, picked: Picked, printed: bool) -> bool:
    """``log.warning("%s ...", names[:5])``: what was picked is told to people and goes nowhere else. ``printed``: what
    the program prints on its standard output counts as told, too."""
    graph, world, linked = project.graph, project.world, project.linked
    first = world.call_base[picked.unit]
    calls = range(first, first + len(world.units[picked.unit][2].calls))
    telling = [number for number in calls if _tells(project, number, printed)]
    said = {node for number in telling for node in (linked.contents.get((number, "")), linked.receiver_of(number))}
    said |= {linked.result_of(number) for number in telling if _is_of_logger(project, number)}
    near = (items(project, picked) or _parts(project, picked)) if picked.call < 0 else [linked.result_of(picked.call)]
    told, seen = 0, set(near)
    for node in near:
        for edge in graph.outgoing.get(node, ()):
            target = graph.target[edge]
            if target in said or _is_in_error(project, target, graph.label[edge]):
                told += 1
            elif graph.label[edge] or world.nodes[target].kind in OUTWARD or len(near) > _NEAR:
                return False
            elif target not in seen:
                seen.add(target)
                near.append(target)
    given = {
        number
        for number in calls
        for _, node in linked.argument_nodes(number)
        if node in seen
        and (linked.result_of(number) not in seen or not world.calls[number].used)
        and linked.receiver_of(number) not in seen
    }
    return (bool(given) or told > 0) and all(_tells(project, number, printed) for number in given)


def _parts(project: Project, picked: Picked) -> list[int]:
    """The nodes of ``x[:5]`` where ``x`` is picked from."""
    choice, nodes, graph = picked.choice, project.world.nodes, project.graph
    if choice is None or choice.kind != "slice":
        return []
    targets = [graph.target[edge] for edge in graph.outgoing.get(picked.node, ())]
    return [
        target
        for target in dict.fromkeys(targets)
        if nodes[target].name.startswith("[")
        and (nodes[target].line, nodes[target].column) == (choice.line, choice.column)
    ]


def _tells(project: Project, number: int, printed: bool) -> bool:
    """Whether a call logs, or tells an error."""
    sites = project.linked.sites_of.get(number, ())
    if _is_of_logger(project, number):
        return True
    said = any(s.model.logs or (s.model.console and (printed or s.model.name not in PRINTS)) for s in sites)
    return said or _is_in_error(project, project.linked.result_of(number), 0)


def _is_of_logger(project: Project, number: int) -> bool:
    """``self.logger.error(...)``: what is called so logs, wherever it comes from."""
    receiver = project.linked.receiver_of(number)
    if receiver < 0 or project.world.calls[number].method not in METHODS_OF_LOGGERS:
        return False
    return bool(words(project.world.nodes[receiver].name) & _LOGGERS)


def _is_in_error(project: Project, node: int, label: int) -> bool:
    """Whether a value becomes part of an exception, as ``node`` or as an argument of the call of ``label``."""
    world, linked = project.world, project.linked
    if label <= 0 and (label or world.nodes[node].kind != Kind.CALL):
        return False
    number = label - 1 if label else world.call_of(node)
    if number >= len(world.calls):
        return False  # no call of the program: what a decorator does, or a library that calls back
    if number >= 0 and world.calls[number].method == "__init__" and _is_of_error(project, number):
        return True  # `super().__init__(f"no such name, {first} for one")`
    names = [name for name in linked.externals.get(number, ()) if name.endswith(_ERRORS)]
    made = [value[1] for value in linked.values(linked.callee_of(number)) if value[0] == "c"]
    return bool(names) or any(is_error(project, int(cls)) for cls in made)


def _is_of_error(project: Project, number: int) -> bool:
    """Whether a call stands in a method of a class of exceptions."""
    function = project.world.functions.get(project.world.scope_of_call(number))
    return function is not None and function.cls >= 0 and is_error(project, function.cls)


def is_error(project: Project, cls: int) -> bool:
    """Whether a class is one of exceptions: what they say is for people."""
    return any(base.endswith(_ERRORS) for base in project.linked.external_bases(cls))


__all__ = ["is_error", "is_only_told"]
