"""What do edges mean, now that their values are known? Operations and limits that depend on what was resolved."""

from __future__ import annotations

from sst_lint.facts.ops import AGAIN, INNER, KEYS, NESTED, ORDER, OWN, VALUE, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.codes import places
from sst_lint.flow.folds import is_fold
from sst_lint.flow.mutation import Mutations

_OF_KEYS = {
    Op.ITER: Op.ONLY_VALUE,
    Op.COPY: Op.LOOP,
    Op.PAIRED: Op.LOOP,
    Op.SORT: Op.ONLY_VALUE,
    Op.SETTED: Op.ONLY_VALUE,
}


#: What ``x.copy()`` keeps, whatever it may be: the copy of a set is a set, and shows nothing.
_COPIES = {Op.COPY: ORDER, Op.MAP: KEYS}
#: What these do depends on what is known of one of their ends.
_JUDGED = (Op.ORDERS_KEYS, Op.TEXT, Op.MAP, Op.ORDERS, Op.LOAD, *_OF_KEYS)


def limited(linked: Mutations) -> dict[int, int]:
    """Edge -> the bits that can pass: texts hold nothing, also where an annotation says that it is one, what can be
    sliced is no set and no mapping, and the name of a file has nothing of its content."""
    nodes, edges = linked.world.nodes, linked.edges
    texts = {target for _, target in linked.of_texts}
    sliced = {node for node in linked.world.of_kind(Kind.VALUE) if nodes[node].name[:1] == "["}
    limited: dict[int, int] = {}
    for number, target in enumerate(edges.target):
        if target in texts and (edges.source[number], target) in linked.of_texts:
            limited[number] = ORDER | VALUE
        elif target in sliced and edges.op[number] == Op.SAME:
            limited[number] = ORDER | INNER | VALUE
        elif target in linked.scalars and edges.op[number] == Op.SAME:
            limited[number] = ORDER | VALUE
    for number in places(edges.op, *_COPIES):
        record = nodes[edges.target[number]]
        if record.kind == Kind.CALL and record.name == "copy":
            limited[number] = _COPIES[Op(edges.op[number])] | INNER | VALUE
    made_anew = _called_for_each(linked)
    for number in places(edges.op, Op.COPY) if made_anew else ():
        if (edges.source[number], edges.target[number]) in made_anew:
            limited[number] = OWN | VALUE
    for number in places(edges.op, Op.TEXT):
        source = edges.source[number]
        if (source, edges.target[number]) not in linked.rendered_whole and linked.shows_nothing(source):
            limited[number] = ORDER | VALUE  # of what it holds its own method shows some; a fold is in all of it
    for number in places(edges.op, Op.PATH):
        record = nodes[edges.target[number]]
        if record.kind == Kind.ATTR and any(kind == "h" for kind, _ in linked.values(edges.source[number])):
            limited[number] = VALUE  # the name of a file says nothing of what was written there
    for number, key in enumerate(edges.key):
        if key == "pick" and number not in limited and nodes[edges.target[number]].kind == Kind.ITEM:
            limited[number] = ORDER  # of a mapping, `x[0]` is what stands under the key 0
    return limited


def _called_for_each(linked: Mutations) -> set[tuple[int, int]]:
    """What is called element by element, and what it gives, where the program's own functions are called: of
    ``map(measure, rows)`` the rows give the order, and nothing else."""
    found: set[tuple[int, int]] = set()
    for site in linked.sites:
        for function, elements in site.model.callback:
            returned = any(f.from_ == f"{function}()" and f.to == "return" for f in site.model.flows)
            held = linked.values(site.ports[function]) if returned and function in site.given else ()
            if held and all(kind in ("f", "b") for kind, _ in held):
                given = [site.ports.get(elements, -1), *(n for s, n in linked.argument_nodes(site.call) if s == "")]
                found.update((node, site.ports["return"]) for node in given)
    return found


def adds_keys(linked: Mutations, node: int) -> bool:
    """Whether ``node`` is a mapping that makes what is asked for."""
    return linked.is_mapping(node) and not linked.refuses_keys(node)


def judged(linked: Mutations) -> bytearray:
    """Operations that depend on what was resolved: the key order of lists, and arguments that a callee sorts."""
    world, edges = linked.world, linked.edges
    sorted_after: set[tuple[int, int]] = set()
    for unit, (_, _, facts) in enumerate(world.units):
        base, first = world.node_base[unit], world.call_base[unit]
        for before, after, call in facts.after:
            if linked.sorts_argument(first + call, base + before):
                sorted_after.add((base + before, base + after))
    ops = bytearray(edges.op)
    filled = _templates(linked)
    classes = {f.params[0] for f in world.functions.values() if f.cls >= 0 and f.params and f.kind == "classmethod"}
    ends = classes | filled | {after for _, after in sorted_after}
    for number in (*places(ops, *_JUDGED), *(n for n, target in enumerate(edges.target) if target in ends)):
        source, target, op = edges.source[number], edges.target[number], edges.op[number]
        if op == Op.ONLY_VALUE and target in filled:
            op = ops[number] = Op.TEXT
        if op == Op.ORDERS_KEYS and linked.has_type(target, "builtins.list"):
            if not linked.has_type(target, "builtins.dict"):
                ops[number] = Op.NOTHING
        elif op == Op.ORDERS_KEYS and edges.key[number] == AGAIN and linked.refuses_keys(target):
            ops[number] = Op.NOTHING  # what is read is there: it keeps its place
        elif op == Op.ORDERS_KEYS and edges.key[number] == NESTED and not adds_keys(linked, target):
            ops[number] = Op.NOTHING
        elif target in classes and edges.label[number] > 0 and any(v[0] == "i" for v in linked.values(source)):
            ops[number] = Op.NOTHING  # a class method called on an object: the class knows nothing of its attributes
        elif op == Op.SAME and (source, target) in sorted_after:
            ops[number] = Op.SORT
        elif op == Op.TEXT and (source, target) not in linked.rendered_whole and linked.shows_nothing(source):
            if not linked.prints_itself(source):
                ops[number] = Op.ONLY_VALUE
        elif op == Op.MAP and linked.is_mapping(source):
            ops[number] = Op.MERGE
        elif op == Op.ORDERS and edges.key[number] == "fold" and not is_fold(linked, target):
            ops[number] = Op.NOTHING
        elif op == Op.ORDERS and linked.is_mapping(target):
            ops[number] = Op.ORDERS_KEYS
        elif op == Op.LOAD and edges.key[number].startswith(".") and linked.has_class(source):
            ops[number] = Op.NOTHING  # the field of the class has a node of its own
        elif op in _OF_KEYS and linked.is_mapping(source):
            ops[number] = _OF_KEYS[Op(op)]  # what a mapping gives to a loop are its keys, not what it holds
    return ops


def _templates(linked: Mutations) -> frozenset[int]:
    """Results of ``x % y`` where ``x`` is a text that is seen elsewhere."""
    nodes, edges = linked.world.nodes, linked.edges
    results = {node for node in linked.world.of_kind(Kind.BINOP) if nodes[node].name == "%"}
    left: dict[int, int] = {}
    for number, target in enumerate(edges.target):
        if target in results:
            left.setdefault(target, edges.source[number])
    return frozenset(n for n, operand in left.items() if linked.values(operand) == (("t", "builtins.str"),))
