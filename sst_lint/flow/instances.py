"""Does a way enter one object and leave another one? A field is one place for each class, so the search cannot tell.

``Bar(set(names))`` in one function and ``for name in Bar(sorted(names))`` in another share the fields of ``Bar``. Where
it is plain that what was made here is not what is asked there, the way is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.beside import comes_back_beside
from sst_lint.flow.coherence import other_key_at
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.names import SET_TYPES

#: So many names an object may be given in the function that made it.
_NAMES = 6


def leaves_another(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a way (node, edge that leads on) is put into an object where it is made, lies in a field, and is taken
    out of another object of the class; or put there under one key and asked for under another one; or comes back from
    a change as what was not changed."""
    made, held = -1, False
    for node, edge in path:
        if edge < 0:
            break
        label = graph.label[edge]
        if label > 0 and label <= len(linked.world.calls) and _makes(linked, label - 1):
            made, held = linked.result_of(label - 1), False
        held = held or (made >= 0 and node in linked.field_nodes)
        if held:
            asked = _asked(linked, graph, node, edge)
            origin = _origin(linked, graph, asked) if asked >= 0 else -1
            if origin >= 0 and origin != made and _classes(linked, origin) & _classes(linked, made):
                return True
    if _leaves_sibling(linked, graph, path) or other_key_at(linked, graph, path) >= 0:
        return True
    if _is_made_for_another(linked, graph, path):
        return True
    return comes_back_beside(linked, graph, path)


def _leaves_sibling(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a way is put into a field of one class, read by a method of its base, and given back by that method to
    another class with the same base: no object is of both."""
    world = linked.world
    owner, reader = -1, -1
    for node, edge in path:
        if edge < 0:
            break
        target, label = graph.target[edge], graph.label[edge]
        if node in linked.field_nodes:
            owner, reader = -1, -1
            if not label and _is_of_self(linked, target):
                owner, reader = linked.field_nodes[node][0], world.scope_of_node(target)
        elif label > 0:
            owner = -1
        elif label < 0 and owner >= 0 and world.scope_of_node(node) == reader:
            number = -label - 1
            asked = linked.receiver_of(number) if number < len(world.calls) else -1
            classes = _may_be(linked, asked) if asked >= 0 else set()
            kinds = map(linked.mro, range(len(world.classes))) if classes else ()
            if classes and not any(owner in each and classes.intersection(each) for each in kinds):
                return True
            owner = -1
    return False


def _is_made_for_another(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a set is made by a class that was handed over, and goes back to a caller who has handed over another:
    ``gathered(names, list)``."""
    world, nodes = linked.world, linked.world.nodes
    source = path[0][0] if path else -1
    if source < 0 or nodes[source].kind != Kind.CALL:
        return False
    call = world.call_of(source)
    handed, scope = linked.callee_of(call), world.scope_of_call(call)
    if nodes[handed].kind != Kind.PARAM or not any(name in SET_TYPES for name in linked.externals.get(call, ())):
        return False
    for _, edge in path:
        outer = -graph.label[edge] - 1 if edge >= 0 else -1
        if outer < 0 or scope not in linked.callees.get(outer, {}):
            continue
        given = next((a for a, param, _ in linked.bindings.get(outer, ()) if param == handed), -1)
        if given < 0:
            return False  # the default
        if nodes[given].kind != Kind.PARAM:
            held = linked.values(given)
            return bool(held) and all(kind == "x" and name not in SET_TYPES for kind, name in held)
        handed, scope = given, world.scope_of_call(outer)
    return False


def _may_be(linked: Mutations, node: int) -> set[object]:
    """The classes of an object; of ``self`` that of the method; none if it may be something else."""
    function = linked.world.functions.get(linked.world.scope_of_node(node))
    if function is not None and function.cls >= 0 and function.params[:1] == (node,):
        return {function.cls}
    held = linked.values(node)
    return {cls for _, cls in held} if all(kind == "i" for kind, _ in held) else set()


def _is_of_self(linked: Mutations, node: int) -> bool:
    """Whether a node is an attribute of the object whose method reads it."""
    world = linked.world
    record = world.nodes[node]
    base = world.node_base[world.node_unit[node]] + record.base if record.base >= 0 else -1
    function = world.functions.get(world.scope_of_node(node))
    if record.kind != Kind.ATTR or function is None or function.cls < 0:
        return False
    return bool(function.params) and function.params[0] == base


def _asked(linked: Mutations, graph: Graph, node: int, edge: int) -> int:
    """The object of which a method gives something back, over which a loop runs, or whose field is read; or -1."""
    label, target = graph.label[edge], graph.target[edge]
    if label < 0:
        number = -label - 1
        return linked.receiver_of(number) if number < len(linked.world.calls) else linked.run_for.get(-label, -1)
    record = linked.world.nodes[target]
    if not label and node in linked.field_nodes and record.kind == Kind.ATTR and record.base >= 0:
        return linked.world.node_base[linked.world.node_unit[target]] + record.base
    return -1


def _origin(linked: Mutations, graph: Graph, node: int) -> int:
    """The call that has made an object, in the same function and without any other possibility; or -1."""
    nodes, units = linked.world.nodes, linked.world.node_unit
    for _ in range(_NAMES):
        if nodes[node].kind == Kind.CALL:
            return node if _makes(linked, linked.world.call_of(node)) else -1
        before = [graph.source[e] for e in graph.incoming.get(node, ()) if graph.op[e] == Op.SAME]
        if nodes[node].kind != Kind.VALUE or len(before) != 1 or units[before[0]] != units[node]:
            return -1
        node = before[0]
    return -1


def _makes(linked: Mutations, number: int) -> bool:
    """Whether a call makes an object of a class of the program, and calls nothing else."""
    called = list(linked.values(linked.callee_of(number)))
    return len(called) == 1 and called[0][0] == "c"


def _classes(linked: Mutations, node: int) -> set[object]:
    return {value[1] for value in linked.values(node) if value[0] == "i"}
