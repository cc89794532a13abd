"""How sure is it that a set stands where its order shows? By the types of what comes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.escapes import renders
from sst_lint.flow.names import SET_TYPES
from sst_lint.flow.sinks import IS_PRINTED
from sst_lint.flow.values import BY_NAME

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

#: What has no elements that somebody would look at one by one.
_SINGLE = ("builtins.str", "builtins.bytes", "builtins.int", "builtins.float", "builtins.bool")
_SEVERAL = ("builtins.list", "builtins.tuple", "builtins.dict", "collections.defaultdict")
#: What makes the order of a set one of keys, which is weaker.
_OF_KEYS = frozenset({Op.ORDERS_KEYS, Op.MAP, Op.MERGE})
#: How a value is named behind a test of its type.
_TESTED = ":set"
#: What a value alone becomes part of: a text, a sum.
_WHOLE = frozenset({Op.TEXT, Op.TEXT_SORTED, Op.COPY})


def is_certain(project: Project, reach: Reach) -> bool:
    """Whether what shows its order is a set and nothing else: by a test just before, or by all types that are known."""
    before = before_place(reach)
    if before is None:
        return False
    if _is_tested(project, before[0]):
        return True
    known = [value for value in project.linked.values(before[0]) if value[0] != "x"]
    return bool(known) and all(value[0] == "t" and value[1] in SET_TYPES for value in known)


def may_be_text(project: Project, reach: Reach) -> bool:
    """Whether the value whose order shows may as well be a text or a number: ``f"{name}_{count}"``, where somewhere a
    set comes to the same name. Of what is looped over or joined only where nothing but the way says that it is a set.
    """
    before = before_place(reach)
    if before is None or not project.linked.has_type(before[0], *_SINGLE):
        return False
    if _is_tested(project, before[0]) or _is_straight(project, reach):
        return False
    node, edge = before
    graph, linked = project.graph, project.linked
    target = project.world.nodes[graph.target[edge]]
    joined = target.kind == Kind.CALL and target.name == "join"
    if not linked.has_type(node, *SET_TYPES):
        if graph.target[edge] in project.serialized:
            return not any(value[0] == "i" for value in linked.values(node))  # an object that holds a set
        return not (joined and linked.has_type(node, *_SEVERAL))
    if graph.op[edge] not in _WHOLE or joined or graph.target[edge] in project.serialized:
        return False
    return target.kind in (Kind.TEXT, Kind.BINOP) or (target.kind == Kind.CALL and graph.op[edge] != Op.COPY)


def is_told_here(project: Project, reach: Reach) -> bool:
    """Whether the order that shows is handed to no other function before it is permanent."""
    begun = next((number for number, (node, _) in enumerate(reach.path) if node == reach.place), 0)
    return not any(edge >= 0 and project.graph.label[edge] for _, edge in reach.path[begun:])


def is_told_as_text(project: Project, reach: Reach) -> bool:
    """Whether the order that shows is handed to no other function but those that called for it, and kept nowhere,
    before it is that of a text: who hands a text on does not sort it."""
    begun = next((number for number, (node, _) in enumerate(reach.path) if node == reach.place), 0)
    graph, linked = project.graph, project.linked
    for node, edge in reach.path[begun:]:
        if edge >= 0 and renders(linked, graph, edge):
            return True
        if edge >= 0 and graph.label[edge] and not _is_given_back(project, node, graph.label[edge]):
            return False
        if node in linked.field_nodes or node in linked.global_nodes:
            return False
    return True


def _is_given_back(project: Project, node: int, label: int) -> bool:
    """Whether a function returns a value to who has called it; what it changes stays an object of its caller's."""
    return label < 0 and project.world.nodes[node].kind == Kind.RETURN


def is_likely(project: Project, reach: Reach, distance: int) -> bool:
    """Whether a way that goes through one call found by its name is believed: what comes out of it is a set and nothing
    else, and its order becomes that of a sequence, near by, or in a file."""
    if reach.weak != BY_NAME or reach.sink.rank != 1 or (distance and reach.sink.what == IS_PRINTED):
        return False
    of_keys = any(edge >= 0 and project.graph.op[edge] in _OF_KEYS for _, edge in reach.path)
    return not of_keys and is_certain(project, reach)


def _is_tested(project: Project, node: int) -> bool:
    """Whether a value has just passed ``isinstance(x, set)``, a test that lets nothing else pass."""
    record, graph = project.world.nodes[node], project.graph
    narrowed = record.kind == Kind.VALUE and record.name == _TESTED
    return narrowed and any(graph.op[edge] == Op.AS_SET for edge in graph.incoming.get(node, ()))


def _is_straight(project: Project, reach: Reach) -> bool:
    """Whether the set comes to the place inside of one function, out of where it was put and nowhere else: then the way
    knows more than the types."""
    graph, linked = project.graph, project.linked
    for node, edge in reach.path:
        if node == reach.place:
            return True
        if graph.label[edge] or node in linked.field_nodes or node in linked.global_nodes:
            return False
        if graph.op[edge] == Op.STORE and not graph.key[edge]:
            return False
    return False


def before_place(reach: Reach) -> tuple[int, int] | None:
    """What comes to the place where the order shows, and the edge to it."""
    for step, following in zip(reach.path, reach.path[1:], strict=False):
        if following[0] == reach.place:
            return step
    return None
