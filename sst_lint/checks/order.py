"""Which unordered things reach what is compared, hashed or read back?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sst_lint.checks.certainty import FAR, LESS, confidence_of, is_accepted
from sst_lint.checks.defect import Defect, Severity
from sst_lint.checks.kept import joined_later, leaves_as_text, loses_its_order, stays_inside, told_by_another
from sst_lint.checks.shown import is_certain, is_filled_by_name, is_likely, is_told_here, may_be_text
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.sinks import IS_PRINTED
from sst_lint.flow.trace import length, long_for

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

#: What a finding on rows is about: no `sorted` mends it.
A_QUERY = "a query"
#: Steps that make the order of keys one of a sequence.
_SHOWS_KEYS = frozenset({Op.LOOP, Op.COPY, Op.VIEW, Op.KEYED})


def listings(project: Project) -> Iterator[Defect]:
    """SST201: a directory listing in file-system order, rows in whatever order a database has them."""
    for reach in project.reaches():
        if reach.kind == "rows" and project.world.nodes[reach.path[-1][0]].kind != Kind.OUT:
            api = _api(project, reach)
            yield _defect(
                project,
                reach,
                "SST201",
                f"{api} gives rows in any order",
                "add an ORDER BY that no two rows share",
                f"{api} asks for rows without ORDER BY",
            )
        if reach.kind == "listing":
            api = _api(project, reach)
            yield _surest(
                project,
                reach,
                "SST201",
                f"{api} lists in file-system order",
                "wrap it in `sorted(...)`",
                f"{api} lists in file-system order",
            )


def sets(project: Project) -> Iterator[Defect]:
    """SST202: the order of a set shows."""
    for reach in project.reaches():
        if reach.kind == "set" and not _is_wait(project, reach):
            yield _surest(
                project,
                reach,
                "SST202",
                "the order of a set differs from run to run",
                "use `sorted(...)`",
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
                f"{api} {_ARRIVES.get(api, _GIVES)}",
                "collect under a key and sort, or use what keeps the order of the input",
                f"{api} {_ARRIVES.get(api, _GIVES)}",
            )


#: So many places are asked for where a mapping was read.
_NEAR = 24
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
            "the order of a dict is the order of its insertions",
            "iterate over `sorted(...)`",
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
        if reach.sink.rank in (1, 2) or (reach.sink.rank == 3 and project.distance(reach.path) > 0):
            continue
        name = site.model.name.removeprefix("builtins.")
        defect = _defect(
            project,
            reach,
            "SST103",
            f"`{name}` writes keys in the order of their insertion",
            f"pass `{site.model.sort_param}=True`",
            "a mapping",
        )
        if _was_read(project, reach) or reach.sink.rank == 3:
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


_LOST = "and what it takes the place of had an order before"


def _consequence(reach: Reach, stays: bool) -> str:
    if reach.sink.rank == 3 and stays:
        return "and stays in a field of what is built from it"
    if reach.sink.rank == 3:
        return "and leaves through a public function"
    verb = "reaches" if reach.sink.rank == 0 else "may reach"
    return f"which {verb} {reach.sink.what}"


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


def _is_plain(project: Project, reach: Reach, distance: int) -> bool:
    """Whether it is plain that what is printed shows an order, although it has passed a field, a global or calls."""
    if distance == 1 and _fills_keys(project, reach):
        return True
    certain = reach.kind == "set" and not reach.weak and is_certain(project, reach)
    return (certain and is_told_here(project, reach)) or told_by_another(project, reach)


def _comes_back(project: Project, reach: Reach) -> bool:
    """Whether a set is pickled into a file: what is loaded is a set again, so only the bytes of the file differ."""
    site = project.serialized.get(reach.place)
    return site is not None and site.model.format == "pickle" and reach.sink.what != "a digest"


def _surest(project: Project, reach: Reach, rule: str, head: str, advice: str, first: str) -> Defect:
    """As ``_defect``; of a way that convinces nobody and one out of the program that does, the latter."""
    defect = _defect(project, reach, rule, head, advice, first)
    leaving = project.leaving(reach) if defect.confidence == "low" else None
    if leaving is None:
        return defect
    other = _defect(project, leaving, rule, head, advice, first)
    return defect if other.confidence == "low" else other


def _defect(project: Project, reach: Reach, rule: str, head: str, advice: str, first: str) -> Defect:
    """A finding on what ``head`` says; ``first`` are the words at the first step of its trace."""
    where = project.trace.location(reach.place)
    is_dict = reach.kind == "dict"
    distance = project.distance(reach.path)
    likely = reach.kind == "set" and is_likely(project, reach, distance)
    confidence = confidence_of(reach.sink.rank, 0 if likely else reach.weak, is_dict)
    if is_dict and project.implied(reach.path):
        confidence = LESS[confidence]  # a dict that an object prints is mostly its own, filled in a fixed order
    if is_dict and reach.sink.call in project.pickling:
        confidence = "low"  # nobody compares the bytes of a pickle, and a dict comes back in its order
    sure = reach.kind in ("set", "listing") and not reach.weak and not is_accepted(project, reach.source)
    is_set = sure and reach.kind == "set"
    inside = is_set and stays_inside(project, reach)
    lost = is_set and loses_its_order(project, reach)
    if inside or lost or (sure and leaves_as_text(project, reach)) or (is_set and joined_later(project, reach)):
        confidence = "medium"
    if reach.kind != "dict" and _as_keys(project, reach) and confidence == "high":
        confidence = "medium"  # the order of keys is weaker than that of a list
    if reach.kind == "set" and _comes_back(project, reach):
        confidence = "low" if distance else LESS[confidence]
    if distance >= (FAR - 1 if rule == "SST203" else FAR):
        confidence = LESS[confidence]  # who fills a mapping that comes so far is mostly the code itself
    if distance and reach.sink.what == IS_PRINTED and not inside and not _is_plain(project, reach, distance):
        confidence = "low"  # an object is printed that holds it somewhere: hardly anybody reads that order
    severity: Severity = "error" if reach.sink.rank == 0 and not reach.weak and not is_dict else "warning"
    if is_dict and is_filled_by_name(project, reach):
        confidence = "low"
    if reach.kind == "set" and may_be_text(project, reach):
        confidence = "low"  # somewhere a set comes to the same name
    if project.is_test(where.path, is_dict) or project.passes_test(reach.path, is_dict):
        confidence = "low"  # what only a test does is no defect of the program
    last = f"written to {reach.sink.what}" if reach.sink.rank < 3 else "leaves the program here"
    if reach.sink.what == "a digest":
        last = "digested"
    steps = project.trace.steps(reach.path, first, last)
    if length(steps) > long_for(reach.kind):
        confidence = "low"
    steps = project.trace.among(steps, reach.others, "and another one here, which comes to the same place")
    return Defect(
        rule,
        where,
        project.trace.statement_line(reach.place),
        "",
        f"{head}, {_LOST if lost else _consequence(reach, inside)}; {advice}",
        severity,
        confidence,
        steps,
        f"order:{where.line}:{where.column}",
        A_QUERY if reach.kind == "rows" else _api(project, reach).strip("`") if reach.kind != "dict" else "",
    )
