"""Which attributes does ``getattr(x, name)`` read? Those whose names are written down, one by one; ``vars(x)`` reads
them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Node
from sst_lint.flow.calls import ATTRIBUTES
from sst_lint.flow.demands import OPENED

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations

_ASKS, OPENS = "builtins.getattr", "builtins.vars"
#: So many names may one call ask for, so many values back are they looked for.
_NAMES, _NEAR = 12, 24
_CARRIES = frozenset({Op.SAME, Op.ITER, Op.LOAD, Op.STORE, Op.COPY})


def ask_by_name(linked: Mutations) -> None:
    """Add the reads of all calls of ``getattr``; to be called once edges can be followed back."""
    for number, names in tuple(linked.externals.items()):
        if _ASKS in names:
            given = [node for slot, node in linked.argument_nodes(number) if slot == ""]
            for name in _names(linked, given[1]) if len(given) > 1 else ():
                _read(linked, number, given[0], name)
            if len(given) > 2:
                linked._edge(given[2], linked.result_of(number), Op.SAME)
    linked.run()


def open_objects(linked: Mutations) -> None:
    """Add the reads of all that an object holds: ``vars(x)``, ``x.__dict__``. Its code says in which order."""
    world = linked.world
    opened = [
        (node, linked._base_of(node)) for node in world.of_kind(Kind.ATTR) if world.nodes[node].name == ATTRIBUTES
    ]
    for number, names in linked.externals.items():
        given = linked.argument_nodes(number)
        if OPENS in names and given:
            opened.append((linked.result_of(number), given[0][1]))
    fields: dict[int, list[tuple[str, int]]] = {}
    for node, (cls, name) in linked.field_nodes.items() if opened else ():
        fields.setdefault(cls, []).append((name, node))
    for result, holder in opened:
        classes = [int(cls) for kind, cls in linked.values(holder) if kind == "i"] if holder >= 0 else []
        for one in dict.fromkeys(one for cls in classes for one in linked.mro(cls)):
            for name, node in fields.get(one, ()):
                linked._edge(node, result, Op.STORE, "'" + name)
        if holder >= 0 and not classes:  # the attributes of what libraries make, `argparse.Namespace`, have no nodes
            linked._edge(holder, result, Op.SAME, OPENED)
    linked.run()


def _read(linked: Mutations, number: int, holder: int, name: str) -> None:
    """``holder.name`` is what call ``number`` gives."""
    world = linked.world
    result = linked.result_of(number)
    unit, like = world.node_unit[result], world.nodes[result]
    read = world.add_node(Kind.ATTR, unit, like, name)
    if world.node_unit[holder] == unit:
        local = holder - world.node_base[unit]
        world.nodes[read] = Node(
            int(Kind.ATTR), name, local, like.scope, like.loop, like.region, like.line, like.column, like.end_line,
            like.end_column, like.statement,
        )  # fmt: skip
    linked.attributes.add(holder, read)
    linked._edge(holder, read, Op.LOAD, "." + name)
    linked._edge(read, result, Op.SAME)
    for value in linked.values(holder):
        linked.bind_attribute(read, value)


def _names(linked: Mutations, node: int) -> list[str]:
    """The names that a node may stand for; none if some of them are not written down, or they are too many."""
    nodes, edges = linked.world.nodes, linked.edges
    near, found = [node], dict[str, None]()
    for one in near:
        record = nodes[one]
        if record.kind == Kind.TEXT:
            if not record.name.isidentifier():
                return []
            found[record.name] = None
            continue
        before = [edges.source[edge] for edge in linked._incoming.get(one, ()) if edges.op[edge] in _CARRIES]
        if not before or len(near) > _NEAR:
            return []
        near += [each for each in before if each not in near]
    return list(found) if len(found) <= _NAMES else []


__all__ = ["OPENS", "ask_by_name", "open_objects"]
