"""Does a way through the graph hold together? What was put into one attribute does not come out of another.

The search matches attributes as long as it knows what it holds; past a call that nobody knows, or deep inside
containers, it forgets them. A way that it found is short, so here all of its attributes can be kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations

#: What comes out of these is a text: it has no attributes any more.
_TEXTS = frozenset({Op.TEXT, Op.TEXT_SORTED, Op.JSON, Op.JSON_SORTED, Op.PATH})


def torn_at(graph: Graph, path: Sequence[tuple[int, int]]) -> int:
    """The edge of a way (node, edge that leads on) that reads another attribute than the one that was set last; -1 if
    there is none.

    Elements are not counted, so a way through a container of unknown shape holds together.
    """
    attributes: list[str] = []
    for _, edge in path:
        if edge < 0:
            continue
        op, key = graph.op[edge], graph.key[edge]
        if op in _TEXTS:
            attributes.clear()
        elif op == Op.STORE and key.startswith("."):
            attributes.append(key)
        elif op == Op.LOAD and key.startswith(".") and attributes and attributes.pop() != key:
            return edge
    return -1


def is_buried(graph: Graph, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a way ends in an attribute of an attribute: what goes through what it is given reads the attributes of
    that, and not those of an object that the program has hung onto it."""
    depth = 0
    for _, edge in path:
        key = graph.key[edge] if edge >= 0 else ""
        if edge >= 0 and graph.op[edge] in (Op.TEXT, Op.JSON, Op.JSON_SORTED):
            depth = 0
        elif key.startswith(".") and graph.op[edge] == Op.STORE:
            depth += 1
        elif key.startswith(".") and graph.op[edge] == Op.LOAD:
            depth = max(depth - 1, 0)
    return depth > 1


def is_hidden(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a way passes the text of a record by an object in a field of it that says nothing of its own fields:
    ``str(order)`` shows that there is a customer, and not what the customer has bought."""
    held: list[int] = []
    for _, edge in path:
        op, key = (graph.op[edge], graph.key[edge]) if edge >= 0 else (Op.SAME, "")
        if op in _TEXTS:
            if any(_is_silent(linked, node) for node in held[:-1]):
                return True
            held.clear()
        elif key.startswith("."):
            held = [*held, graph.target[edge]] if op == Op.STORE else held[:-1]
    return False


def _is_silent(linked: Mutations, node: int) -> bool:
    return linked.has_class(node) and not linked.prints_itself(node) and not linked.shows_fields(node)


def broken_at(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> int:
    """As ``torn_at``; or the edge on which a way comes back to who has asked for another key."""
    torn = torn_at(graph, path)
    return torn if torn >= 0 else other_key_at(linked, graph, path)


def other_key_at(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> int:
    """The edge on which a way that was put under one key comes back to a call that asks for another one: ``def
    get(self, key): return self.table[key]`` gives everybody what he asks for. -1 if there is none."""
    stored, asked = "", -1
    for node, edge in path:
        if edge < 0:
            break
        op, key, label = graph.op[edge], graph.key[edge], graph.label[edge]
        if op == Op.STORE and key.startswith("'"):
            stored, asked = key, -1
        elif op == Op.LOAD and not key and stored and asked < 0:
            asked = key_asked(linked, graph.target[edge])
            stored = stored if asked >= 0 else ""
        elif op != Op.SAME:
            stored = ""
        elif stored and asked >= 0 and label < 0 and linked.world.scope_of_node(node) == graph.param_scope.get(asked):
            given = [a for a, p, _ in linked.bindings.get(-label - 1, ()) if p == asked]
            written = linked.world.nodes[given[0]] if len(given) == 1 else None
            if written is not None and written.kind == Kind.TEXT and "\x00" not in written.name:
                if "'" + written.name != stored:
                    return edge
            stored = ""
    return -1


def key_asked(linked: Mutations, taken: int) -> int:
    """The parameter under whose value something is taken out of a mapping, or -1."""
    world = linked.world
    unit = world.node_unit[taken]
    base, facts = world.node_base[unit], world.units[unit][2]
    record = world.nodes[taken]
    keys: list[int] = []
    if record.kind == Kind.ITEM:
        keys = [base + index for item, index in facts.subscripts if base + item == taken]
    elif record.kind == Kind.CALL and world.calls[world.call_of(taken)].method == "get":
        keys = [node for _, node in linked.argument_nodes(world.call_of(taken))][:1]
    return keys[0] if len(keys) == 1 and world.nodes[keys[0]].kind == Kind.PARAM else -1


_OF_TEXTS = ("builtins.str.", "builtins.bytes.")
_TEXT_TYPES = ("builtins.str", "builtins.bytes")
#: What is written into these is one text.
_BUFFERS = ("io.StringIO", "io.BytesIO")


def asks_for_text(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a way goes through a method that only texts have (``x.split()``) and nothing before made a text: a list
    and a text that share a name, or a mapping that holds both, are taken for one another."""
    if not path or linked.has_type(path[0][0], "builtins.str", "builtins.bytes"):
        return False
    world = linked.world
    for node, edge in path:
        if edge < 0:
            continue
        target = graph.target[edge]
        if graph.op[edge] in _TEXTS or (graph.op[edge] == Op.ORDERS and _is_text(linked, target)):
            return False
        if linked.has_type(node, *_BUFFERS):
            return False  # csv.writer(buffer), buffer.getvalue().encode()
        if world.nodes[target].kind == Kind.CALL and not graph.label[edge]:
            number = world.call_of(target)
            sites = linked.sites_of.get(number, ())
            if node == linked.receiver_of(number) and sites:
                if all(site.model.name.startswith(_OF_TEXTS) for site in sites):
                    return True
    return False


def _is_text(linked: Mutations, node: int) -> bool:
    """Whether what the rounds of a loop put together is a text and nothing else: ``text += line``."""
    types = [value for value in linked.values(node) if value[0] == "t"]
    return bool(types) and all(value[1] in _TEXT_TYPES for value in types)


def holds_together(linked: Mutations, graph: Graph, path: Sequence[tuple[int, int]]) -> bool:
    """Whether each attribute and key that is read on a way is the one that was set last on it."""
    return broken_at(linked, graph, path) < 0


def holds_records(graph: Graph, node: int) -> bool:
    """Whether what a loop takes out of ``node`` has names for its parts, ``for row in rows: row["name"]``: no key of a
    mapping has, so ``node`` is a list."""
    drawn = [graph.target[e] for e in graph.outgoing.get(node, ()) if graph.op[e] == Op.ITER and not graph.label[e]]
    asked = [graph.key[e] for element in drawn for e in graph.outgoing.get(element, ()) if graph.op[e] == Op.LOAD]
    return any(key.startswith("'") for key in asked)


def takes_by_name(linked: Mutations, graph: Graph, edge: int) -> bool:
    """Whether a template takes what it wants out of a mapping, ``HEAD % values``: in its own order. Of a template that
    is written elsewhere it is taken for granted; ``"%s" % values`` shows them all."""
    nodes, target = linked.world.nodes, graph.target[edge]
    if graph.op[edge] != Op.TEXT or nodes[target].kind != Kind.BINOP or nodes[target].name != "%":
        return False
    templates = [
        nodes[graph.source[e]] for e in graph.incoming.get(target, ()) if graph.source[e] != graph.source[edge]
    ]
    return not any(template.kind == Kind.TEXT for template in templates) and linked.is_mapping(graph.source[edge])
