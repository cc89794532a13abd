"""Which unordered things reach what is compared, hashed or read back?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sst_lint.checks.belief import LEAVES, LONG_WAY
from sst_lint.checks.believed import believed_steps, judge
from sst_lint.checks.defect import Defect, Severity
from sst_lint.checks.lone import passes_one
from sst_lint.checks.own_order import has_own_order, is_filled_here, key_order, was_read
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.sinks import A_DIGEST, HANDED_ON
from sst_lint.flow.trace import rounds

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

#: What a finding on rows is about: no `sorted` mends it.
A_QUERY = "a query"


def listings(project: Project) -> Iterator[Defect]:
    """SST201: a directory listing in file-system order, rows in whatever order a database has them."""
    for reach in project.reaches():
        if reach.kind == "rows" and _is_handed_on(project, reach):
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


def _is_handed_on(project: Project, reach: Reach) -> bool:
    """Whether rows go anywhere else than back to who has asked, or into the database itself."""
    if project.world.nodes[reach.path[-1][0]].kind == Kind.OUT:
        return False
    opened = project.linked.result_of(reach.sink.call) if reach.sink.call >= 0 else -1
    return all(node != opened for node, _ in reach.path)


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
            said = f"{_api(project, reach)} {_arrives(project, reach)}"
            mended = "collect under a key and sort, or use what keeps the order of the input"
            yield _defect(project, reach, "SST204", said, mended, said)


_GIVES = "gives results in the order in which workers finish"
_STARTED = "runs beside others: what it fills stands in the order in which workers finish"


def _arrives(project: Project, reach: Reach) -> str:
    """What has no order: what a call gives, or what is filled by those that it starts."""
    calls = [call for _, kind, call in project.linked.sources.get(reach.source, ()) if kind == reach.kind]
    models = [site.model for call in calls for site in project.linked.sites_of.get(call, ())]
    gives = any(effect.kind == reach.kind for model in models for effect in model.sources)
    return _STARTED if not gives and any(model.spawns for model in models) else _GIVES


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
        if reach.place in project.serialized or passes_one(project, reach.path):
            continue  # SST103 speaks of these; of one key there is no order
        where = project.trace.location(reach.place)
        wanted = project.config.for_path(where.path).dict_order
        if wanted == "off" or (wanted == "unsorted-input-only" and not _filled_unsorted(project, reach)):
            continue
        defect = _defect(
            project,
            reach,
            "SST203",
            f"the order of a dict is {key_order(project, 'the order of its insertions', 'arbitrary')}",
            "iterate over `sorted(...)`",
            "a mapping that others fill" if project.keeps_key_order else "a mapping",
        )
        if wanted == "always" and not project.sorts_keys and has_own_order(project, reach):
            defect = defect.low("the program fills the mapping itself, or has read it, in one order")
        yield defect


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
        if reach.sink.rank in (1, 2) and project.keeps_key_order:
            continue
        if reach.sink.rank == 3 and project.distance(reach.path) > 0:
            continue
        name = site.model.name.removeprefix("builtins.")
        defect = _defect(
            project,
            reach,
            "SST103",
            f"`{name}` writes keys in {key_order(project, 'the order of their insertion', 'arbitrary order')}",
            f"pass `{site.model.sort_param}=True`",
            "a mapping",
        )
        filled = is_filled_here(project, reach) and (chosen or not project.sorts_keys)
        if was_read(project, reach):
            defect = defect.low("the program has read the mapping, whose order may be meant")
        if filled:
            defect = defect.low("the program fills the mapping itself, in one order")
        if reach.sink.rank == 3 and project.keeps_key_order:
            defect = defect.low(LEAVES)
        if site.model.sort_param in site.given and site.constants.get(site.model.sort_param) is None:
            defect = defect.low("somebody decides elsewhere whether the keys are sorted")
        yield replace(defect, about=site.model.name)


def _fills_a_file(project: Project, reach: Reach) -> bool:
    """Whether what is serialized goes into a file of its own, and is no part of some other text."""
    nodes, graph = project.world.nodes, project.graph
    made = [nodes[graph.target[edge]] for _, edge in reach.path if edge >= 0 and graph.op[edge] == Op.TEXT]
    embedded = any(
        record.kind == Kind.BINOP or (record.kind == Kind.TEXT and record.name.replace("\\n", "").strip(" \x00"))
        for record in made
    )
    return reach.sink.what.partition(" (")[0] in ("a file", HANDED_ON) and not embedded


def _api(project: Project, reach: Reach) -> str:
    for _, kind, call in project.linked.sources.get(reach.source, ()):
        if kind == reach.kind and call >= 0:
            names = sorted(project.linked.externals.get(call, {"a listing": None}))
            guessed = [site.model.name for site in project.linked.sites_of.get(call, ()) if site.model.sources]
            known = project.linked.library.model(names[0])
            if known is None or not known.sources:  # known by the name of its method alone, or handed to what is called
                names = [*sorted(guessed), *names]
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


def _surest(project: Project, reach: Reach, rule: str, head: str, advice: str, first: str) -> Defect:
    """As ``_defect``; of a way that convinces nobody and one out of the program that does, the latter."""
    defect = _defect(project, reach, rule, head, advice, first)
    for leaving in (project.leaving(reach), project.as_text(reach)):
        if defect.confidence == "low" and leaving is not None:
            other = _defect(project, leaving, rule, head, advice, first)
            defect = defect if other.confidence == "low" else other
    return defect


def _defect(project: Project, reach: Reach, rule: str, head: str, advice: str, first: str) -> Defect:
    """A finding on what ``head`` says; ``first`` are the words at the first step of its trace."""
    where = project.trace.location(reach.place)
    is_dict = reach.kind == "dict"
    found = judge(project, reach, rule)
    belief = found.belief
    severity: Severity = "error" if reach.sink.rank == 0 and not reach.weak and not is_dict else "warning"
    last = f"written to {reach.sink.what}" if reach.sink.rank < 3 else "leaves the program here"
    if reach.sink.what == A_DIGEST:
        last = "digested"
    steps = project.trace.steps(reach.path, first, last)
    if rounds(steps) > believed_steps(project, reach):
        belief = belief.low(LONG_WAY)
    steps = project.trace.among(steps, reach.others, "and another one here, which comes to the same place")
    return Defect(
        rule,
        where,
        project.trace.statement_line(reach.place),
        "",
        f"{head}, {_LOST if found.lost else _consequence(reach, found.stays)}; {advice}",
        severity,
        belief.confidence,
        steps,
        f"order:{where.line}:{where.column}",
        A_QUERY if reach.kind == "rows" else _api(project, reach).strip("`") if reach.kind != "dict" else "",
        belief.doubts,
    )
