"""Is there but one element to pick, whatever the order? Then a choice is none."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.picks import Picked
    from sst_lint.flow.sites import Site

Path = tuple[tuple[int, int], ...]
_WILD = re.compile(r"[*?\[\x00]")
_GLOBS = ("glob.glob", "glob.iglob")
_JOINS = ("os.path.join", "posixpath.join", "ntpath.join")
#: What is installed under one name.
_BY_NAME = ("importlib.metadata.distributions", "importlib.metadata.entry_points")
_FILTER = "builtins.filter"
#: A query for what a key stands for.
_BY_KEY = re.compile(r"(?is)\bwhere\b[^=<>!]*=")
#: Views of a mapping; of so many calls in front of a choice one may be such a view.
_OF_ENTRIES = frozenset({"keys", "values", "items"})
_VIEWS = 3
#: What only shows a mapping, and fills nothing else with it.
_SHOWS = frozenset({Op.SAME, Op.COPY, Op.VIEW, Op.PAIRS, Op.KEYED})
_NARROWS = re.compile(r"(?i)\b(?:like|in)\b")


def is_lone(project: Project, picked: Picked) -> bool:
    """Whether what is picked from has no other element, by what is known of where it comes from."""
    if _meets_one(project, picked.path):
        return True
    if not picked.path:
        return False
    calls = [call for _, _, call in project.linked.sources.get(picked.path[0][0], ()) if call >= 0]
    sites = [site for call in calls for site in project.linked.sites_of.get(call, ())]
    return bool(sites) and all(_gives_one(project, site) for site in sites)


def is_top_of_walk(project: Project, picked: Picked) -> bool:
    """``next(os.walk(d))``, ``list(os.walk(d))[0]`` is the directory itself, whatever the order below it."""
    if not picked.path:
        return False
    calls = [call for _, _, call in project.linked.sources.get(picked.path[0][0], ()) if call >= 0]
    if not any(name.endswith("walk") for call in calls for name in project.linked.externals.get(call, {})):
        return False
    nodes, graph = project.world.nodes, project.graph
    if picked.call >= 0:
        return True
    looped = any(edge >= 0 and graph.op[edge] == Op.LOOP for _, edge in picked.path[:-1])
    return not looped and any(nodes[node].name == "#0" for node in items(project, picked))


def is_only_entry(project: Project, path: Path, pick: int) -> bool:
    """``name, row = next(iter(entry.items()))``, ``entry.keys()[0]`` beside ``entry.values()[0]``: who wants both
    of a mapping, and no other, knows that it has one entry."""
    world, linked, graph = project.world, project.linked, project.graph
    before = path[: 1 + [edge for _, edge in path].index(pick)]
    last = max((n for n, (_, edge) in enumerate(before[:-1]) if graph.op[edge] not in _SHOWS), default=-1)
    calls = [world.call_of(node) for node, _ in before[last + 1 :] if world.nodes[node].kind == Kind.CALL]
    views = [number for number in calls[-_VIEWS:] if world.calls[number].method in _OF_ENTRIES]
    if not views:
        return False
    seen, receiver = world.calls[views[-1]], linked.receiver_of(views[-1])
    if seen.method == "items":
        return True
    unit, statement = world.call_unit[views[-1]], world.nodes[graph.target[pick]].statement
    other = "values" if seen.method == "keys" else "keys"
    return any(
        call.method == other
        and world.nodes[world.node_base[unit] + call.result].statement == statement
        and world.nodes[world.node_base[unit] + call.receiver].name == world.nodes[receiver].name
        for call in world.units[unit][2].calls
        if call.receiver >= 0
    )


def items(project: Project, picked: Picked) -> list[int]:
    """The nodes of ``x[0]`` where ``x`` is picked from."""
    choice, nodes = picked.choice, project.world.nodes
    targets = [project.graph.target[n] for n in project.graph.outgoing.get(picked.node, ())]
    return [
        t
        for t in targets
        if choice is not None
        and nodes[t].kind == Kind.ITEM
        and (nodes[t].line, nodes[t].column) == (choice.line, choice.column)
    ]


def _meets_one(project: Project, path: Path) -> bool:
    """``{name} & allowed`` has one element at most."""
    nodes, graph = project.world.nodes, project.graph
    for node, _ in path:
        if nodes[node].kind == Kind.BINOP and nodes[node].name == "&":
            operands = [nodes[graph.source[edge]] for edge in graph.incoming.get(node, ())]
            if any(record.kind == Kind.SET and record.name == "one" for record in operands):
                return True
    return False


def _gives_one(project: Project, site: Site) -> bool:
    """Whether a call lists what has one name."""
    linked = project.linked
    if site.model.name in _BY_NAME:
        return any(slot == "name" for slot, _ in linked.argument_nodes(site.call))
    if site.model.name in _GLOBS:
        return _is_plain(project, site.ports.get("pathname", -1))
    for effect in site.model.sources:
        if effect.query:
            texts = project.evidence.of(site.ports.get(effect.query, -1)).texts
            return any(_BY_KEY.search(text) and not _NARROWS.search(text) for text in texts)
    return False


def _is_plain(project: Project, node: int) -> bool:
    """Whether a pattern ends in a name without wildcards, and has none elsewhere as far as it is written down."""
    nodes, linked = project.world.nodes, project.linked
    if node < 0:
        return False
    record = nodes[node]
    if record.kind == Kind.TEXT:
        return bool(record.name) and not _WILD.search(record.name)
    if record.kind != Kind.CALL:
        return False
    call = project.world.call_of(node)
    if not any(name in _JOINS for name in linked.externals.get(call, ())):
        return False
    parts = [part for _, part in linked.argument_nodes(call)]
    written = [nodes[part].name for part in parts if nodes[part].kind == Kind.TEXT]
    return bool(parts) and nodes[parts[-1]].kind == Kind.TEXT and not any(map(_WILD.search, written))


def passes_one(project: Project, path: Path) -> bool:
    """``next(x for x in xs if x == key)``, ``filter(lambda x: x.id == key, xs)``: a test that only one element can
    pass; of constants that something starts (or ends) with, none of which starts with another, it is one as well."""
    nodes = project.world.nodes
    for node, _ in path:
        if nodes[node].kind == Kind.CALL:
            call = project.world.call_of(node)
            if project.world.calls[call].guarded and _FILTER in project.linked.externals.get(call, ()):
                return True
        if nodes[node].kind != Kind.LOOP:
            continue
        unit = project.world.node_unit[node]
        local = node - project.world.node_base[unit]
        for loop in project.world.units[unit][2].loops:
            if loop.node == local and loop.passes:
                if loop.passes == "equal":
                    return True
                return _none_contains(_constants(project, path[0][0]), loop.passes == "start")
    return False


def _constants(project: Project, node: int) -> list[str]:
    """The texts that a set is made of; none if it holds anything else."""
    graph, nodes = project.graph, project.world.nodes
    held = [nodes[graph.source[n]] for n in graph.incoming.get(node, ()) if graph.op[n] == Op.STORE]
    if not all(record.kind == Kind.TEXT and "\x00" not in record.name for record in held):
        return []
    return [record.name for record in held]


def _none_contains(texts: list[str], at_start: bool) -> bool:
    """Whether no text starts (or ends) with another, so that nothing starts (or ends) with two of them."""
    ends = sorted(text if at_start else text[::-1] for text in texts)
    return bool(ends) and not any(after.startswith(before) for before, after in pairwise(ends))
