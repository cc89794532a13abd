"""Has a mapping an order of its own, the same one in each run on the same input?

A ``dict`` keeps the order of its insertions. Where a loop of the program fills it, that is the order of what the loop
runs over: if this has none, the finding is about that (a listing, a set, results as they complete), else nothing
differs between two runs. What was read from a document stands in the order of the document. Only of a mapping that
comes from outside nobody knows who filled it, and a digest of equal mappings should be equal however they were filled.
On a Python before 3.6 no mapping has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.sinks import A_DIGEST

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

#: So many places are asked for where a mapping was read.
_NEAR = 24
_READS = ("load", "parse", "read")
_SAME = frozenset({Op.SAME, Op.AS_DICT, Op.NOT_LIST})
#: Steps from a document to a part of it.
_PARTS = _SAME | {Op.LOAD, Op.ITER, Op.VIEW, Op.PAIRS}
#: How the program itself puts something into a mapping.
_PUTS = frozenset({Op.STORE, Op.ORDERS_KEYS, Op.SAME})
_VIEWS = frozenset({"items", "keys", "values"})
#: A document, however its object was filled.
_DOCUMENT = "configparser.RawConfigParser"


def has_own_order(project: Project, reach: Reach) -> bool:
    """Whether the program itself has filled the mapping, or has read it, and no digest is made of it."""
    if is_filled_here(project, reach):
        return True
    if reach.sink.what == A_DIGEST or not project.keeps_key_order:
        return False
    viewed = _viewed(project, reach.source)
    return _is_of_document(project, viewed) or _is_own(project, viewed, _PARTS, filled=True)


def is_filled_here(project: Project, reach: Reach) -> bool:
    """Whether the program itself has filled the mapping in a loop, and no digest is made of it."""
    if reach.sink.what == A_DIGEST or not project.keeps_key_order:
        return False
    kinds = {kind for _, kind, _ in project.linked.sources.get(reach.source, ())}
    return "filled" in kinds and "mapping" not in kinds


def was_read(project: Project, reach: Reach) -> bool:
    """Whether the program has read the mapping from a document: its order is that of the document, each time, and
    may be meant."""
    if not project.keeps_key_order:
        return False
    units = project.world.node_unit
    written = next((n for n, (node, _) in enumerate(reach.path) if node == reach.place), len(reach.path))
    if units[reach.source] != units[reach.place] and project.distance(reach.path[: written + 1]) > 0:
        return False  # it lay in a field meanwhile
    return _is_own(project, reach.source, _SAME, filled=False)


def key_order(project: Project, kept: str, hashed: str) -> str:
    """In which order the keys of a mapping stand: ``kept``, or ``hashed`` and on which Python."""
    if project.keeps_key_order:
        return kept
    return f"{hashed} before Python 3.6 (the program runs on {project.config.target_version})"


def _viewed(project: Project, source: int) -> int:
    """The mapping itself of ``d.items()``."""
    if project.world.nodes[source].kind != Kind.CALL:
        return source
    call = project.world.call_of(source)
    receiver = project.linked.receiver_of(call) if project.world.calls[call].method in _VIEWS else -1
    return receiver if receiver >= 0 else source


def _is_of_document(project: Project, node: int) -> bool:
    """``parser.sections()``, ``parser.items(section)``"""
    asked = [node]
    if project.world.nodes[node].kind == Kind.CALL:
        asked.append(project.linked.receiver_of(project.world.call_of(node)))
    return any(each >= 0 and project.linked.has_type(each, _DOCUMENT) for each in asked)


def _is_own(project: Project, node: int, ops: frozenset[Op], filled: bool) -> bool:
    """Whether all that a value may be was read, along steps of ``ops``, but for what the program puts in its place.
    ``filled``: or the program itself has put all of it together."""
    graph, near, found = project.graph, [node], False
    for each in near:
        if _is_read(project, each):
            found = True
            continue
        edges = graph.incoming.get(each, ())
        before = [graph.source[edge] for edge in edges if graph.op[edge] in ops]
        before += _asked(project, each) if filled else []
        near += [one for one in dict.fromkeys(before) if one not in near]
        made = project.world.nodes[each].kind == Kind.DICT
        if made and any(graph.op[edge] not in _PUTS for edge in edges):
            return False
        if (not before and not made) or len(near) > _NEAR:
            return False
        found |= made and filled
    return found


def _asked(project: Project, node: int) -> list[int]:
    """``data.get(key, {})``: the mapping that is asked, and what takes the place of what it has not."""
    if project.world.nodes[node].kind != Kind.CALL:
        return []
    number = project.world.call_of(node)
    receiver = project.linked.receiver_of(number) if project.world.calls[number].method == "get" else -1
    return [receiver, *(one for _, one in project.linked.argument_nodes(number)[1:])] if receiver >= 0 else []


def _is_read(project: Project, node: int) -> bool:
    world, record = project.world, project.world.nodes[node]
    if record.kind != Kind.CALL:
        return False
    names = project.linked.externals.get(world.call_of(node), ())
    return any(name.rpartition(".")[2].startswith(_READS) for name in names)
