"""Which unordered things reach what is compared, hashed or read back?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sst_lint.checks.defect import Confidence, Defect, Severity
from sst_lint.facts.ops import ORDER, ORDERS_ANY, Op, forward
from sst_lint.facts.records import Kind
from sst_lint.flow.sinks import IS_PRINTED
from sst_lint.flow.trace import long_for
from sst_lint.flow.values import ONE_OF_SEVERAL

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

_BY_RANK: tuple[Confidence, ...] = ("high", "medium", "low", "low")
#: What a finding on rows is about: no `sorted` mends it.
A_QUERY = "a query"
#: A way past so many fields, globals and orders of calls is one step less certain.
FAR = 3
#: Steps that make the order of keys one of a sequence.
_SHOWS_KEYS = frozenset({Op.LOOP, Op.COPY, Op.VIEW, Op.KEYED})
_WORDS = re.compile("[A-Za-z]{2}[:,.!?]* ")
_RENDERS = frozenset({Op.TEXT, Op.TEXT_SORTED})
_LESS: dict[Confidence, Confidence] = {"high": "medium", "medium": "low", "low": "low"}


def listings(project: Project) -> Iterator[Defect]:
    """SST201: a directory listing in file-system order, rows in whatever order a database has them."""
    for reach in project.reaches():
        if reach.kind == "rows" and project.world.nodes[reach.path[-1][0]].kind != Kind.OUT:
            api = _api(project, reach)
            yield _defect(
                project,
                reach,
                "SST201",
                f"{api} gives rows in any order, {_consequence(reach)}; add an ORDER BY that no two rows share",
                f"{api} asks for rows without ORDER BY",
            )
        if reach.kind == "listing":
            api = _api(project, reach)
            yield _defect(
                project,
                reach,
                "SST201",
                f"{api} lists in file-system order, {_consequence(reach)}; wrap it in `sorted(...)`",
                f"{api} lists in file-system order",
            )


def sets(project: Project) -> Iterator[Defect]:
    """SST202: the order of a set shows."""
    for reach in project.reaches():
        if reach.kind == "set" and not _is_wait(project, reach):
            yield _defect(
                project,
                reach,
                "SST202",
                f"the order of a set differs from run to run, {_consequence(reach)}; use `sorted(...)`",
                "a set is made here",
            )


def completions(project: Project) -> Iterator[Defect]:
    """SST204: results in the order in which workers finish."""
    arrived = {reach.place for reach in project.reaches() if reach.kind == "completion"}
    drawn = arrived & set(project.draws.drawn.values())
    for reach in project.reaches():
        if any(node in drawn and node != reach.place for node, _ in reach.path):
            continue  # a queue that the workers fill: told where it is emptied
        if reach.kind == "completion" or (reach.kind == "set" and _is_wait(project, reach)):
            api = _api(project, reach)
            yield _defect(
                project,
                reach,
                "SST204",
                f"{api} {_ARRIVES.get(api, _GIVES)}, {_consequence(reach)}; collect under a key and sort, or use "
                "what keeps the order of the input",
                f"{api} {_ARRIVES.get(api, _GIVES)}",
            )


#: So many places are asked for where a mapping was read, or where what an attribute holds is joined.
_NEAR = 24
_LEAVES = "and leaves through a public function"
#: What fills a new object.
_BEGINS = ("__init__", "__new__", "__post_init__")
_STAYS = "and stays in a field of what is built from it"
_READS = ("load", "parse", "read")
_GIVES = "gives results in the order in which workers finish"
_STARTED = "runs beside others: what it fills stands in the order in which workers finish"
_ARRIVES = {
    f"`{name}`": _STARTED
    for name in (
        "threading.Thread", "threading.Timer", "multiprocessing.Process", "concurrent.futures.Executor.submit",
        "concurrent.futures.Executor.map", "multiprocessing.pool.Pool.apply_async", "asyncio.create_task",
        "asyncio.ensure_future", "asyncio.gather", "asyncio.to_thread",
    )
}  # fmt: skip


def _is_wait(project: Project, reach: Reach) -> bool:
    """Whether a set holds what ``wait`` says is done."""
    calls = [call for _, kind, call in project.linked.sources.get(reach.source, ()) if kind == reach.kind]
    names = [name for call in calls if call >= 0 for name in project.linked.externals.get(call, ())]
    return any(name.rpartition(".")[2] == "wait" for name in names)


def dicts(project: Project) -> Iterator[Defect]:
    """SST203: the insertion order of a dict becomes permanent."""
    for reach in project.reaches():
        if reach.kind != "dict" or any(e >= 0 and project.graph.key[e] == "pick" for _, e in reach.path):
            continue
        if reach.place in project.serialized:
            continue  # SST103 speaks of these
        where = project.trace.location(reach.place)
        wanted = project.config.for_path(where.path).dict_order
        if wanted == "off" or (wanted == "unsorted-input-only" and not _filled_unsorted(project, reach)):
            continue
        yield _defect(
            project,
            reach,
            "SST203",
            f"the order of a dict is the order of its insertions, {_consequence(reach)}; iterate over `sorted(...)`",
            "a mapping that others fill",
        )


def _filled_unsorted(project: Project, reach: Reach) -> bool:
    """Whether a loop of the program over something unsorted fills the mapping."""
    return any(kind == "filled" for _, kind, _ in project.linked.sources.get(reach.source, ()))


def serializations(project: Project) -> Iterator[Defect]:
    """SST103: a mapping is serialized without sorted keys, and the result reaches an artifact or digest."""
    for reach in project.reaches():
        site = project.serialized.get(reach.place)
        if reach.kind != "dict" or site is None or not site.model.sort_param:
            continue
        chosen = site.constants.get(site.model.sort_param) is False
        if reach.sink.rank == 1 and not chosen and _fills_a_file(project, reach):
            reach = replace(reach, sink=replace(reach.sink, rank=0))  # a file of structured content is an artifact
        if reach.sink.rank > 0:
            continue
        name = site.model.name.removeprefix("builtins.")
        defect = _defect(
            project,
            reach,
            "SST103",
            f"`{name}` writes keys in the order of their insertion, {_consequence(reach)}; pass "
            f"`{site.model.sort_param}=True`",
            "a mapping",
        )
        if _was_read(project, reach):
            defect = replace(defect, confidence="low")
        yield replace(defect, about=site.model.name)


def _was_read(project: Project, reach: Reach) -> bool:
    """Whether the function has read the mapping from a document: its order is that of the document, each time, and
    may be meant."""
    units = project.world.node_unit
    if units[reach.source] != units[reach.place]:
        return False
    graph, near, read = project.graph, [reach.source], False
    for node in near:
        if _is_read(project, node):
            read = True
            continue
        before = [graph.source[edge] for edge in graph.incoming.get(node, ()) if graph.op[edge] == Op.SAME]
        near += [each for each in before if each not in near]
        if not before or len(near) > _NEAR:
            return False
    return read


def _is_read(project: Project, node: int) -> bool:
    world, record = project.world, project.world.nodes[node]
    if record.kind != Kind.CALL:
        return False
    names = project.linked.externals.get(world.call_of(node), ())
    return any(name.rpartition(".")[2].startswith(_READS) for name in names)


def _fills_a_file(project: Project, reach: Reach) -> bool:
    """Whether what is serialized goes into a file of its own, and is no part of some other text."""
    nodes, graph = project.world.nodes, project.graph
    made = [nodes[graph.target[edge]] for _, edge in reach.path if edge >= 0 and graph.op[edge] == Op.TEXT]
    embedded = any(
        record.kind == Kind.BINOP or (record.kind == Kind.TEXT and record.name.replace("\\n", "").strip(" \x00"))
        for record in made
    )
    return reach.sink.what.partition(" (")[0] in ("a file", "a file that is handed on") and not embedded


def _api(project: Project, reach: Reach) -> str:
    for _, kind, call in project.linked.sources.get(reach.source, ()):
        if kind == reach.kind and call >= 0:
            names = sorted(project.linked.externals.get(call, {"a listing": None}))
            return f"`{names[0].removeprefix('builtins.')}`"
    return "this"


def _consequence(reach: Reach) -> str:
    if reach.sink.rank == 3:
        return _LEAVES
    verb = "reaches" if reach.sink.rank == 0 else "may reach"
    return f"which {verb} {reach.sink.what}"


def confidence_of(rank: int, weak: int, dict_order: bool = False) -> Confidence:
    """How sure an order finding is: by the rank of its sink, one step less when a call was resolved by name
    alone, and low when a function that was handed over is one of several."""
    if weak == ONE_OF_SEVERAL:
        return "low"
    confidence = _BY_RANK[rank]
    if weak or (dict_order and rank > 0):
        confidence = _LESS[confidence]
    return _LESS[confidence] if dict_order and rank == 0 and confidence == "high" else confidence


def _as_keys(project: Project, reach: Reach) -> bool:
    """Whether the order is only that of the keys of a mapping when it becomes permanent."""
    ops = [project.graph.op[edge] for _, edge in reach.path if edge >= 0]
    keys = [number for number, op in enumerate(ops) if op == Op.ORDERS_KEYS]
    return bool(keys) and not any(op in _SHOWS_KEYS for op in ops[keys[-1] + 1 :])


def _fills_keys(project: Project, reach: Reach) -> bool:
    """Whether a loop calls what fills the keys of a mapping."""
    nodes, graph = project.world.nodes, project.graph
    return any(
        edge >= 0 and nodes[node].name == "calls" and graph.op[edge] == Op.ORDERS_KEYS for node, edge in reach.path
    )


def _leaves_as_text(project: Project, reach: Reach) -> bool:
    """Whether a public function gives away a text in the order of a set: nobody can put a text in order again."""
    if reach.sink.rank < 3 or project.distance(reach.path) > 0:
        return False
    function = project.world.functions.get(project.graph.port_scope.get(reach.path[-1][0], -1))
    if function is None or function.record.name.startswith("__"):
        return False
    rendered = [n for n, (_, edge) in enumerate(reach.path) if edge >= 0 and project.graph.op[edge] in _RENDERS]
    return bool(rendered) and not any(_tells(project, node) for node, _ in reach.path[rendered[0] :])


def _stays_inside(project: Project, reach: Reach) -> bool:
    """Whether a sequence in the order of a set becomes a public field of a new object that leaves: who gets the object
    takes that order for one that is meant."""
    begun = next((number for number, (node, _) in enumerate(reach.path) if node == reach.place), len(reach.path))
    if (reach.sink.rank < 3 and reach.sink.what != IS_PRINTED) or project.distance(reach.path) >= FAR:
        return False
    graph, nodes, units = project.graph, project.world.nodes, project.world.node_unit
    bits, fields = ORDER, project.linked.field_nodes
    for number, (node, edge) in enumerate(reach.path[begun:], begun):
        if node in fields:
            kept = not fields[node][1].startswith("_") and bool(bits & ORDERS_ANY)
            return kept and project.distance(reach.path[begun : number + 1]) == 1
        begins = units[node] != units[reach.place] and project.world.units[units[node]][1].qualname.endswith(_BEGINS)
        if nodes[node].kind == Kind.ATTR or (nodes[node].kind == Kind.PUT and not begins):
            return False  # an object that is there already, mostly the own one, keeps it
        if edge < 0:
            continue
        key, to = graph.key[edge], graph.target[edge]
        if graph.op[edge] == Op.STORE and key.startswith(".") and bits & ORDERS_ANY and reach.sink.rank == 3:
            given = nodes[to].kind == Kind.CALL and _is_argument(project, node, project.world.call_of(to))
            return (given or begins) and not key.startswith("._")
        bits = forward(graph.op[edge], bits)
    return False


def _joined_later(project: Project, reach: Reach) -> bool:
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


def _is_joined(project: Project, field: int) -> bool:
    """Whether what a field holds is joined to a text, and to none for people."""
    graph, nodes = project.graph, project.world.nodes
    near = [field]
    for node in near:
        for edge in graph.outgoing.get(node, ()):
            target = graph.target[edge]
            if graph.op[edge] == Op.TEXT and nodes[target].kind == Kind.CALL and nodes[target].name == "join":
                if not any(_tells(project, each) for each in (target, *_after(project, target))):
                    return True
            elif graph.op[edge] in (Op.SAME, Op.COPY) and len(near) < _NEAR and target not in near:
                near.append(target)
    return False


def _after(project: Project, node: int) -> list[int]:
    return [project.graph.target[edge] for edge in project.graph.outgoing.get(node, ())]


def _is_argument(project: Project, node: int, call: int) -> bool:
    return any(node == given for _, given in project.linked.argument_nodes(call))


def is_accepted(project: Project, source: int) -> bool:
    """Whether all that speaks for a set is a test that lets sets pass, too: ``isinstance(x, (list, set))``."""
    record = project.world.nodes[source]
    if record.kind != Kind.VALUE or record.name != ":set":
        return False
    incoming = project.graph.incoming.get(source, ())
    return not any(project.graph.op[edge] == Op.AS_SET for edge in incoming)


def _tells(project: Project, node: int) -> bool:
    """Whether ``node`` is a text for people: words stand in it, or it is added to words."""
    nodes, graph = project.world.nodes, project.graph
    parts = [node, *(graph.source[edge] for edge in graph.incoming.get(node, ()) if nodes[node].kind == Kind.BINOP)]
    return any(nodes[part].kind == Kind.TEXT and _WORDS.search(nodes[part].name) for part in parts)


def _comes_back(project: Project, reach: Reach) -> bool:
    """Whether a set is pickled into a file: what is loaded is a set again, so only the bytes of the file differ."""
    site = project.serialized.get(reach.place)
    return site is not None and site.model.format == "pickle" and reach.sink.what != "a digest"


def _defect(project: Project, reach: Reach, rule: str, message: str, first: str) -> Defect:
    where = project.trace.location(reach.place)
    is_dict = reach.kind == "dict"
    confidence = confidence_of(reach.sink.rank, reach.weak, is_dict)
    distance = project.distance(reach.path)
    if is_dict and project.implied(reach.path):
        confidence = _LESS[confidence]  # a dict that an object prints is mostly its own, filled in a fixed order
    if is_dict and reach.sink.call in project.pickling:
        confidence = "low"  # nobody compares the bytes of a pickle, and a dict comes back in its order
    sure = reach.kind in ("set", "listing") and not reach.weak and not is_accepted(project, reach.source)
    inside = sure and reach.kind == "set" and _stays_inside(project, reach)
    if inside:
        message = message.replace(_LEAVES, _STAYS)
        confidence = "medium"
    elif sure and (_leaves_as_text(project, reach) or (reach.kind == "set" and _joined_later(project, reach))):
        confidence = "medium"
    if reach.kind != "dict" and _as_keys(project, reach) and confidence == "high":
        confidence = "medium"  # the order of keys is weaker than that of a list
    if reach.kind == "set" and _comes_back(project, reach):
        confidence = "low" if distance else _LESS[confidence]
    if distance >= FAR:
        confidence = _LESS[confidence]
    if (
        distance
        and reach.sink.what == IS_PRINTED
        and not inside
        and not (distance == 1 and _fills_keys(project, reach))
    ):
        confidence = "low"  # an object is printed that holds it somewhere: hardly anybody reads that order
    severity: Severity = "error" if reach.sink.rank == 0 and not reach.weak and not is_dict else "warning"
    if project.is_test(where.path, is_dict) or project.passes_test(reach.path, is_dict):
        confidence = "low"  # what only a test does is no defect of the program
    last = f"written to {reach.sink.what}" if reach.sink.rank < 3 else "leaves the program here"
    if reach.sink.what == "a digest":
        last = "digested"
    steps = project.trace.steps(reach.path, first, last)
    if len(steps) > long_for(reach.kind):
        confidence = "low"
    return Defect(
        rule,
        where,
        project.trace.statement_line(reach.place),
        "",
        message,
        severity,
        confidence,
        steps,
        f"order:{where.line}:{where.column}",
        A_QUERY if reach.kind == "rows" else _api(project, reach).strip("`") if reach.kind != "dict" else "",
    )
