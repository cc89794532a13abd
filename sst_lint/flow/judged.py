"""What do edges mean, now that their values are known? Operations and limits that depend on what was resolved."""

from __future__ import annotations

from sst_lint.facts.ops import INNER, ORDER, VALUE, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.mutation import Mutations

_OF_KEYS = {
    Op.ITER: Op.ONLY_VALUE,
    Op.COPY: Op.LOOP,
    Op.PAIRED: Op.LOOP,
    Op.SORT: Op.ONLY_VALUE,
    Op.SETTED: Op.ONLY_VALUE,
}


def limited(linked: Mutations) -> dict[int, int]:
    """Edge -> the bits that can pass: texts hold nothing, and what can be sliced is no set and no mapping."""
    nodes, edges = linked.world.nodes, linked.edges
    limited: dict[int, int] = {}
    for number, (source, target) in enumerate(zip(edges.source, edges.target, strict=True)):
        if (source, target) in linked.of_texts:
            limited[number] = ORDER | VALUE
        elif edges.op[number] == Op.SAME and nodes[target].kind == Kind.VALUE and nodes[target].name[:1] == "[":
            limited[number] = ORDER | INNER | VALUE
        elif edges.key[number] == "pick" and nodes[target].kind == Kind.ITEM:
            limited[number] = ORDER  # of a mapping, `x[0]` is what stands under the key 0
    return limited


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
    for number, op in enumerate(ops):
        source, target = edges.source[number], edges.target[number]
        if op == Op.ONLY_VALUE and target in filled:
            op = ops[number] = Op.TEXT
        if op == Op.ORDERS_KEYS and linked.has_type(target, "builtins.list"):
            if not linked.has_type(target, "builtins.dict"):
                ops[number] = Op.NOTHING
        elif target in classes and edges.label[number] > 0 and any(v[0] == "i" for v in linked.values(source)):
            ops[number] = Op.NOTHING  # a class method called on an object: the class knows nothing of its attributes
        elif op == Op.SAME and (source, target) in sorted_after:
            ops[number] = Op.SORT
        elif op == Op.TEXT and linked.shows_nothing(source):
            ops[number] = Op.ONLY_VALUE
        elif op == Op.MAP and linked.is_mapping(source):
            ops[number] = Op.MERGE
        elif op == Op.ORDERS and edges.key[number] == "fold" and not linked.folds(target):
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
    left: dict[int, int] = {}
    for number, target in enumerate(edges.target):
        if nodes[target].kind == Kind.BINOP and nodes[target].name == "%":
            left.setdefault(target, edges.source[number])
    return frozenset(n for n, operand in left.items() if linked.values(operand) == (("t", "builtins.str"),))
