"""Is something printed for whoever looks over the shoulder of the program, and is no result of it?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.sinks import IS_PRINTED

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

#: How the flag is called that asks a program to tell what it does.
_ASKS = re.compile(r"(?i)^_*(is|be)?_*(verbose|verbosity|debug|debugging|debug_?mode|trace)$")
#: How a message begins that says of itself that it is none of the results.
_SAYS = re.compile(r"(?i)^(\W|\[/?[a-z ]+\])*(error|warning|warn|debug)\b")
#: How functions are called that tell what went wrong, and no result.
_TELLS = re.compile(r"(?i)^_*(print_|log_|show_)?(error|err|warn|warning|usage|debug)(_.*)?$")
#: So many values are looked at for what a test asks for.
_NEAR = 12
_PARTS = frozenset({Kind.TEXT, Kind.BINOP, Kind.CALL})


def is_said_aside(project: Project, reach: Reach) -> bool:
    """Whether what is printed is only said where the program shall be talkative (``if verbose``) or fails, calls itself
    an error or a warning, or is told by what tells errors."""
    if reach.sink.what != IS_PRINTED:
        return False
    call = reach.sink.call
    if _is_asked_for(project, call) or _is_before_failure(project, call):
        return True
    return _is_warning(project, reach) or _is_told(project, reach)


def _is_before_failure(project: Project, call: int) -> bool:
    """Whether the branch in which something is printed then raises, or ends the program with a failure: what is said
    there is a part of the error."""
    if call < 0:
        return False
    world = project.world
    facts, printed = world.units[world.call_unit[call]][2], world.calls[call]
    region = printed.region
    while region >= 0 and facts.regions[region].kind in ("loop", "with"):
        region = facts.regions[region].parent
    if region < 0 or facts.regions[region].kind not in ("if", "else", "handler"):
        return False
    if region in facts.scopes[printed.scope].raises:
        return True
    first = world.call_base[world.call_unit[call]]
    later = range(call + 1, first + len(facts.calls))
    return any(world.calls[number].region == region and _fails(project, number) for number in later)


def _fails(project: Project, number: int) -> bool:
    """Whether a call ends the program, and does not say that all went well."""
    world, linked = project.world, project.linked
    if any(site.model.raises for site in linked.sites_of.get(number, ())):
        given = [world.nodes[node] for _, node in linked.argument_nodes(number)][:1]
        return bool(given) and not (given[0].kind == Kind.CONST and given[0].name in ("0", "None"))
    records = [world.functions[scope].record for scope in linked.callees.get(number, ()) if scope in world.functions]
    return bool(records) and all(record.endless for record in records)


def _is_told(project: Project, reach: Reach) -> bool:
    """Whether what shows the order is handed to a function that tells errors: ``self.error(message)``."""
    world, graph = project.world, project.graph
    entered = [graph.target[edge] for _, edge in reach.path if edge >= 0 and graph.label[edge] > 0]
    functions = [world.functions.get(world.scope_of_node(node)) for node in entered]
    return any(each is not None and _TELLS.match(each.record.name) for each in functions)


def _is_asked_for(project: Project, call: int) -> bool:
    """Whether a call stands in a branch that asks for a flag like ``verbose``."""
    if call < 0:
        return False
    world = project.world
    unit = world.call_unit[call]
    facts, named = world.units[unit][2], dict(world.units[unit][2].named)
    region = world.calls[call].region
    while region >= 0:
        tests = [facts.regions[region].node] if facts.regions[region].kind == "if" else []
        for test in tests:
            names = (facts.nodes[test].name, named.get(test, "")) if test >= 0 else ()
            if any(_ASKS.search(name) for name in names):
                return True
            if "not" in names:
                continue
            before = [
                edge.source for edge in facts.edges if edge.target == test and edge.op in (Op.SAME, Op.ONLY_VALUE)
            ]
            if "compare" in names and not any(facts.nodes[each].kind == Kind.CONST for each in before):
                continue  # `if self.verbosity >= verbosity`: what is told anyhow as well
            tests += [each for each in before if each not in tests][: _NEAR - len(tests)]
        region = facts.regions[region].parent
    return False


def _is_warning(project: Project, reach: Reach) -> bool:
    """Whether the order shows in a text that begins as an error or a warning."""
    graph, nodes = project.graph, project.world.nodes
    begun = next((number for number, (node, _) in enumerate(reach.path) if node == reach.place), 0)
    for node, _ in reach.path[begun:]:
        if nodes[node].kind not in _PARTS:
            continue
        parts = [node, *(graph.source[edge] for edge in graph.incoming.get(node, ()))]
        if any(nodes[part].kind == Kind.TEXT and _SAYS.search(nodes[part].name) for part in parts):
            return True
    return False


__all__ = ["is_said_aside"]
