"""Where is an order kept that leaves the program? In a text, in a field of what is built, in lines that are joined."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sst_lint.checks.certainty import FAR
from sst_lint.checks.shown import before_place, is_certain
from sst_lint.checks.told import is_error
from sst_lint.facts.loggers import METHODS_OF_LOGGERS
from sst_lint.facts.ops import ORDER, ORDERS_ANY, Op, forward
from sst_lint.facts.records import NUMBERED, Kind
from sst_lint.flow.names import SET_TYPES
from sst_lint.flow.sinks import IS_PRINTED

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

_WORDS = re.compile("[A-Za-z]{2}[:,.!?]+ |[A-Za-z]{2}.* .*[A-Za-z]{2}|[A-Za-z]{2} .*[A-Za-z]{2}")
#: How a line of a program ends that goes on in the next one: `from shapes import (`.
_OPEN = ("(", "[", "{")
#: So many places are asked for where what an attribute holds is joined.
_NEAR = 24
#: So many calls a function makes that only prints.
_LITTLE = 4
#: What asks for no order.
_WITHOUT_ORDER = frozenset({Op.SORT, Op.SETTED, Op.ONLY_VALUE, Op.NOTHING})
#: So many such functions call each other.
_HELPERS = 2
#: What keeps an order, or takes that of a loop.
_LINES_UP = frozenset({Op.SAME, Op.COPY, Op.LOOP, Op.ORDERS})
#: How a set is made, and how it is called when something was put into it.
_MAKES_SETS = frozenset({Kind.SET, Kind.CALL, Kind.VALUE})
_INT = ("t", "builtins.int")
#: What fills a new object.
_BEGINS = ("__init__", "__new__", "__post_init__")


def leaves_as_text(project: Project, reach: Reach) -> bool:
    """Whether a public function gives away a text in the order of a set: nobody can put a text in order again."""
    if reach.sink.rank < 3 or not is_near(project, reach):
        return False
    function = project.world.functions.get(project.graph.port_scope.get(reach.path[-1][0], -1))
    if function is None or function.record.name.startswith("__"):
        return False
    rendered = [n for n, (_, edge) in enumerate(reach.path) if edge >= 0 and project.renders(edge)]
    if rendered and _is_slot(project, reach, reach.path[rendered[0]]):
        return False
    return bool(rendered) and not any(tells(project, node) for node, _ in reach.path[rendered[0] :])


def is_near(project: Project, reach: Reach) -> bool:
    """Whether a way passes no field, except one that holds a set for certain before its order shows."""
    distance = project.distance(reach.path)
    if distance != 1 or reach.kind != "set":
        return distance == 0
    begun = next((number for number, (node, _) in enumerate(reach.path) if node == reach.place), 0)
    return project.distance(reach.path[begun:]) == 0 and is_certain(project, reach)


def _is_slot(project: Project, reach: Reach, step: tuple[int, int]) -> bool:
    """Whether something that comes from elsewhere takes a place in a text, ``f"{schema}.{name}"``: that is mostly a
    text itself, and the set was for another caller."""
    world = project.world
    node, edge = step
    if project.graph.op[edge] == Op.ORDERS:
        return False  # a loop adds to the text: what it runs over is no text
    target = world.nodes[project.graph.target[edge]]
    return target.kind in (Kind.TEXT, Kind.BINOP) and world.node_unit[node] != world.node_unit[reach.path[0][0]]


def stays_inside(project: Project, reach: Reach) -> bool:
    """Whether a sequence in the order of a set becomes a public field of a new object that leaves: who gets the object
    takes that order for one that is meant."""
    begun = next((number for number, (node, _) in enumerate(reach.path) if node == reach.place), len(reach.path))
    if (reach.sink.rank < 3 and reach.sink.what != IS_PRINTED) or project.distance(reach.path) >= FAR:
        return False
    graph, nodes, units = project.graph, project.world.nodes, project.world.node_unit
    bits, fields = ORDER, project.linked.field_nodes
    for number, (node, edge) in enumerate(reach.path[begun:], begun):
        if node in fields:
            kept = (
                not fields[node][1].startswith("_")
                and bool(bits & ORDERS_ANY)
                and not is_error(project, fields[node][0])
            )
            return kept and project.distance(reach.path[begun : number + 1]) == 1
        begins = project.world.units[units[node]][1].qualname.endswith(_BEGINS)
        begins = begins and (reach.sink.rank == 3 or units[node] != units[reach.place])
        if nodes[node].kind == Kind.ATTR or (nodes[node].kind == Kind.PUT and not begins):
            return False  # an object that is there already, mostly the own one, keeps it
        if nodes[node].name == NUMBERED or _INT in project.linked.values(node):
            return False  # a number is no sequence
        if edge < 0:
            continue
        key, to = graph.key[edge], graph.target[edge]
        if graph.op[edge] == Op.STORE and key.startswith(".") and bits & ORDERS_ANY and reach.sink.rank == 3:
            given = nodes[to].kind == Kind.CALL and _is_argument(project, node, project.world.call_of(to))
            return (given or begins) and not key.startswith("._") and not _makes_error(project, to)
        bits = forward(graph.op[edge], bits)
    return False


def _makes_error(project: Project, made: int) -> bool:
    """Whether a new object is an exception."""
    classes = [value[1] for value in project.linked.values(made) if value[0] == "i"]
    return any(is_error(project, int(cls)) for cls in classes)


def joined_later(project: Project, reach: Reach) -> bool:
    """Whether the order of a set becomes that of an attribute whose elements are joined to a text later: lines that an
    object collects and writes."""
    if reach.sink.rank < 3 or project.distance(reach.path) >= FAR:
        return False
    graph, nodes, fields = project.graph, project.world.nodes, project.linked.field_nodes
    begun = next((number for number, (node, _) in enumerate(reach.path) if node == reach.place), len(reach.path))
    bits = ORDER
    for node, edge in reach.path[begun:]:
        held = [node] if node in fields else []
        if nodes[node].kind == Kind.ATTR:
            held = [graph.source[e] for e in graph.incoming.get(node, ()) if graph.source[e] in fields]
        if held and bits & ORDER:
            return any(_is_joined(project, one) for one in held)
        bits = forward(graph.op[edge], bits) if edge >= 0 else bits
    return False


def loses_its_order(project: Project, reach: Reach) -> bool:
    """Whether a public attribute, or what stands under a key of a mapping, is put back as a list of the set of what was
    there, or is filled anew in a loop over such a set: it was a sequence before, so its order was one that somebody
    saw, and all that was meant is that nothing stands in it twice, or that what belongs together stands together."""
    if reach.sink.rank < 3:
        return False
    graph, nodes = project.graph, project.world.nodes
    begun = next((number for number, (node, _) in enumerate(reach.path) if node == reach.place), len(reach.path))
    for node, edge in reach.path[begun:]:
        name = nodes[node].name if nodes[node].kind == Kind.PUT else ""
        if edge >= 0 and graph.key[edge][:1] in (".", "'"):
            name = _puts(project, edge) or name
        if name:
            return (
                not name.startswith("_") and _is_made_of(project, reach.source, name) and not _is_sorted(project, name)
            )
        if edge < 0 or graph.op[edge] not in _LINES_UP:
            return False
    return False


def is_given_once(project: Project, reach: Reach) -> bool:
    """Whether a public function gathers something and gives it back as a sequence in which nothing stands twice:
    ``return list(set(names))``, or a list of a set that it has filled one by one. It was in another order before, and
    who gets a sequence takes its order for one that is meant. What was given to it, or is sorted by all who get it, is
    its callers' business."""
    before = before_place(reach)
    if reach.sink.rank < 3 or before is None or project.distance(reach.path):
        return False
    graph, linked, end = project.graph, project.linked, reach.path[-1][0]
    function = project.world.functions.get(graph.port_scope.get(end, -1))
    if function is None or function.unit != project.world.node_unit[reach.place]:
        return False
    if function.returns != end and not _is_remembered(project, reach, function.returns):
        return False
    begun = reach.path[: reach.path.index(before)]
    if graph.op[before[1]] != Op.COPY or any(graph.op[edge] != Op.SAME or graph.label[edge] for _, edge in begun):
        return False
    own = [node for node, _ in (*begun, before)]
    if not all(_makes_sets(project, node) for node in own):
        return False
    made, filled = _put_into(project, own, Op.SETTED), _put_into(project, own, Op.STORE)
    gathered = _gathered(project, own, made)
    foreign = any(not linked.has_type(node, *SET_TYPES) and not _is_parameter(project, node) for node in made)
    if made and not (gathered or foreign):
        return False
    return bool(made or filled or gathered) and not _is_sorted_by_all(project, function.returns)


def _is_remembered(project: Project, reach: Reach, returned: int) -> bool:
    """Whether what a function gives back is an attribute that it has filled itself, to do so once:
    ``self._names = list(found)``, ``return self._names``."""
    graph, nodes = project.graph, project.world.nodes
    kept = [graph.key[edge] for _, edge in reach.path if edge >= 0 and graph.op[edge] == Op.STORE]
    given = [graph.source[edge] for edge in graph.incoming.get(returned, ()) if not graph.label[edge]]
    return len(kept) == 1 and any(nodes[node].kind == Kind.ATTR and f".{nodes[node].name}" == kept[0] for node in given)


def _makes_sets(project: Project, node: int) -> bool:
    """Whether a node stands for a set that is made, or to which another one is added (``names |= more``)."""
    record = project.world.nodes[node]
    return record.kind in _MAKES_SETS or (record.kind == Kind.BINOP and record.name == "|")


def _gathered(project: Project, own: list[int], made: list[int]) -> list[int]:
    """What is put into a set round by round, set by set: ``names |= names_of(part)``."""
    graph, nodes = project.graph, project.world.nodes
    before = [*own, *_put_into(project, own, Op.SAME)]
    joins = [node for node in before if nodes[node].kind == Kind.BINOP and nodes[node].name == "|"]
    added = [graph.source[edge] for node in joins for edge in graph.incoming.get(node, ())]
    each = [node for node in (*added, *made) if nodes[node].loop >= 0 and node not in own]
    return [node for node in each if not _is_parameter(project, node)]


def _put_into(project: Project, held: list[int], op: Op) -> list[int]:
    """What is put into a set in its own function, by ``set(x)`` and ``update``, or one by one."""
    graph = project.graph
    into = [edge for node in held for edge in graph.incoming.get(node, ()) if not graph.label[edge]]
    return [graph.source[edge] for edge in into if graph.op[edge] == op]


def _is_parameter(project: Project, node: int) -> bool:
    """Whether a value is what a function was given, as it is."""
    graph, near = project.graph, [node]
    for one in near:
        if graph.is_param[one] and one not in project.linked.given_out:
            return True
        record = project.world.nodes[one]
        if record.name[:1] == "[":
            continue  # `rows[:]` is a list of its own
        if record.kind == Kind.BINOP and not all(graph.is_param[graph.source[e]] for e in graph.incoming.get(one, ())):
            continue  # `names + more`, with something of its own
        before = [graph.source[e] for e in graph.incoming.get(one, ()) if graph.op[e] == Op.SAME and not graph.label[e]]
        near += [each for each in before if each not in near][: _NEAR - len(near)]
    return False


def _is_sorted_by_all(project: Project, returned: int) -> bool:
    """Whether all who call a function only sort what it gives back, or look into it."""
    graph = project.graph
    results = [graph.target[edge] for edge in graph.outgoing.get(returned, ()) if graph.label[edge]]
    uses = [graph.op[edge] for result in results for edge in graph.outgoing.get(result, ())]
    return bool(results) and all(op in _WITHOUT_ORDER for op in uses)


def _is_made_of(project: Project, made: int, name: str) -> bool:
    """Whether a set is made of what the attribute or key ``name`` holds, among other things."""
    graph, nodes = project.graph, project.world.nodes
    near = [graph.source[edge] for edge in graph.incoming.get(made, ()) if graph.op[edge] in (Op.SETTED, Op.STORE)]
    of_elements = nodes[made].kind == Kind.SET  # `{each.kind for each in rows}`
    leading = _LINES_UP | {Op.ITER, Op.LOAD} if of_elements else _LINES_UP
    for node in near:
        arriving = graph.incoming.get(node, ())
        if nodes[node].kind == Kind.ATTR and nodes[node].name == name:
            return True
        if any(graph.op[edge] == Op.LOAD and graph.key[edge] == name for edge in arriving):
            return True
        if any(_puts(project, edge) == name for edge in graph.outgoing.get(node, ())):
            return True  # the function itself has put it there before
        if nodes[node].kind == Kind.CALL and nodes[node].name == "get" and _is_given(project, node, name[1:]):
            return True
        before = [graph.source[edge] for edge in arriving if graph.op[edge] in leading]
        near += [each for each in before if each not in near][: _NEAR - len(near)]
    return False


def _puts(project: Project, edge: int) -> str:
    """Under which attribute or key an edge stores something; "" if it does not."""
    graph = project.graph
    return graph.key[edge].removeprefix(".") if graph.op[edge] == Op.STORE else ""


def _is_given(project: Project, result: int, text: str) -> bool:
    """Whether the call that gives ``result`` is given a literal text."""
    nodes = project.world.nodes
    given = project.linked.argument_nodes(project.world.call_of(result))
    return any(nodes[node].kind == Kind.TEXT and nodes[node].name == text for _, node in given)


def _is_sorted(project: Project, name: str) -> bool:
    """Whether somebody sorts what an attribute of this name holds."""
    graph, world = project.graph, project.world
    return any(
        graph.op[edge] == Op.SORT
        for node in world.of_kind(Kind.ATTR)
        if world.nodes[node].name == name
        for edge in graph.outgoing.get(node, ())
    )


def _is_joined(project: Project, field: int) -> bool:
    """Whether what a field holds is joined to a text, and to none for people."""
    graph, nodes = project.graph, project.world.nodes
    near = [field]
    for node in near:
        for edge in graph.outgoing.get(node, ()):
            target = graph.target[edge]
            if graph.op[edge] == Op.TEXT and nodes[target].kind == Kind.CALL and nodes[target].name == "join":
                if not any(tells(project, each) for each in (target, *_after(project, target))):
                    return True
            elif graph.op[edge] in (Op.SAME, Op.COPY) and len(near) < _NEAR and target not in near:
                near.append(target)
    return False


def _after(project: Project, node: int) -> list[int]:
    return [project.graph.target[edge] for edge in project.graph.outgoing.get(node, ())]


def _is_argument(project: Project, node: int, call: int) -> bool:
    return any(node == given for _, given in project.linked.argument_nodes(call))


def told_by_another(project: Project, reach: Reach) -> bool:
    """Whether a function that does little else prints what a loop hands it, round by round: ``say(name)``; or has
    another such function print it."""
    world, graph = project.world, project.graph
    turns = dict.fromkeys(node for node, _ in reach.path if world.nodes[node].name == "calls")
    if reach.sink.call < 0 or not 0 < len(turns) <= _HELPERS or project.distance(reach.path) != len(turns):
        return False
    if not all(_does_little(project, graph.param_scope.get(node, -1)) for node in turns):
        return False
    near = [reach.sink.node]
    for node in near:
        before = [graph.source[edge] for edge in graph.within.get(node, ()) if not graph.label[edge]]
        near += [each for each in before if each not in near and len(near) < _NEAR]
    function = world.functions.get(world.scope_of_call(reach.sink.call))
    return function is not None and any(param in near for param in function.params[function.cls >= 0 :])


def _does_little(project: Project, scope: int) -> bool:
    """Whether a function makes so few calls that to print must be what it is for."""
    world = project.world
    function = world.functions.get(scope)
    if function is None or function.record.name in METHODS_OF_LOGGERS:  # an object that stands for a logger
        return False
    first, calls = world.call_base[function.unit], world.units[function.unit][2].calls
    return sum(world.scope_of_call(first + number) == scope for number in range(len(calls))) <= _LITTLE


def tells(project: Project, node: int) -> bool:
    """Whether ``node`` is a message for people: words stand in it, or it is added to words; several, or one with a
    colon, and no lines of their own, which a document has."""
    nodes, graph = project.world.nodes, project.graph
    parts = [node]
    for part in parts:  # what it is added to, also what it began with before a loop
        formatted = nodes[part].kind == Kind.CALL and nodes[part].name == "format"
        if formatted or nodes[part].kind == Kind.BINOP or (part != node and nodes[part].kind == Kind.VALUE):
            before = [graph.source[edge] for edge in graph.incoming.get(part, ()) if not graph.label[edge]]
            parts += [each for each in before if each not in parts][: _NEAR - len(parts)]
    texts = [nodes[part].name for part in parts if nodes[part].kind == Kind.TEXT]
    return any(_WORDS.search(text) and "\n" not in text and not text.endswith(_OPEN) for text in texts)
