"""Where is one element picked although nobody knows which comes first?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import BY_FIELDS, GUESSED, HIGH, LONG_WAY, MEDIUM, OF_A_TEST, Belief, low
from sst_lint.checks.certainty import is_accepted
from sst_lint.checks.defect import Defect, Severity
from sst_lint.checks.in_front import is_in_front
from sst_lint.checks.lone import is_lone, is_only_entry, is_top_of_walk, items, passes_one
from sst_lint.checks.one_there import has_no_wildcard, is_in_own_folder
from sst_lint.checks.paired import paired
from sst_lint.checks.taken import (
    drains,
    is_drawn_in_no_order,
    is_from_queue,
    is_next_of_own,
    is_put_back,
    without_rests,
)
from sst_lint.checks.told import is_only_told
from sst_lint.checks.worded import is_word_of_text
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.location import Step
from sst_lint.flow.names import SET_TYPES
from sst_lint.flow.trace import length, long_for

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach
    from sst_lint.flow.picks import Picked

#: What is said of a collection of one.
_ONE = "there is only one to pick from"
_WHAT = {
    "index": "an element is picked by its position",
    "slice": "elements are picked by their position",
    "unpack": "elements are told apart by their position",
    "return": "the first match is returned",
    "assign": "the value of the last (or first matching) round is kept",
    "call": "the first element is picked",
    "act": "only the first match is used",
}
#: A choice is believed behind no more than so many fields and globals: far from what it picks from, somebody has mostly
#: seen to it that it does not matter.
_AWAY = 1
#: And of no more than so many steps.
_FAR_AWAY = 5
#: So many steps from a set: who takes one of what was a set long ago mostly knows that any will do.
_FAR_OF_SET = 4
#: What is there in the order in which it was found.
_FOUND = frozenset({"listing", "rows"})
#: (node, edge that leads on) from the source
Path = tuple[tuple[int, int], ...]
_PLUGINS = "importlib.metadata.entry_points"
_OF = {
    "listing": "a listing in file-system order",
    "rows": "rows of a query without ORDER BY",
    "set": "a set",
    "completion": "results in completion order",
}


def first_match(project: Project) -> Iterator[Defect]:
    """SST205: `next(iter(x))`, `x[0]`, a return out of a loop, where ``x`` is unordered."""
    yield from first_of_mapping(project)
    yield from paired(project)
    told: set[tuple[int, int]] = set()
    for picked in _nearest(project):
        if (
            _hands_on(project, picked)
            or only_tested(project, picked)
            or is_top_of_walk(project, picked)
            or is_lone(project, picked)
            or _behind_prefix(project, picked)
            or _before_suffix(project, picked)
            or is_put_back(project, picked)
            or is_word_of_text(project, picked.path)
        ):
            continue
        choice = picked.choice
        kind = choice.kind if choice is not None else "call"
        if choice is not None:
            where = project.trace.span(picked.unit, choice.line, choice.column, choice.end_line, choice.end_column)
            first_line = project.world.units[picked.unit][1].first_line
            statement = max(choice.statement, 1) + first_line - 1
        else:
            result = project.linked.result_of(picked.call)
            where, statement = project.trace.location(result), project.trace.statement_line(result)
        belief = _belief(project, picked)
        if belief is None or is_drawn_in_no_order(project, picked) or _is_done(project, picked):
            continue
        if kind == "index" and (picked.unit, picked.node) in told:
            continue  # `x[0].a`, then `x[0].b`: the same choice
        if not belief.is_low:
            told.add((picked.unit, picked.node))
        steps = project.trace.steps(picked.path, f"{_OF[picked.kind]}", _WHAT[kind])
        if len(steps) > 1:  # told where it is picked, not where the collection was bound
            steps = (*steps[:-1], Step(where.path, where.line, where.function, _WHAT[kind]))
        severity: Severity = "error" if belief == HIGH else "warning"
        if _by_test(project, where.path, picked):
            belief = belief.low(OF_A_TEST)
        if _is_far(project, picked, steps):
            belief = belief.low(LONG_WAY)
        yield Defect(
            "SST205",
            where,
            statement,
            "",
            f"{_WHAT[kind]} out of {_OF[picked.kind]}: another run may pick another; sort first, or use `min`/`max`",
            severity,
            belief.confidence,
            steps,
            f"order:{where.line}:{where.column}",
            doubts=belief.doubts,
        )


def _nearest(project: Project) -> list[Picked]:
    """All choices near their source; of those beyond a field or global only the nearest of each source."""
    result: list[Picked] = []
    far: dict[int, Picked] = {}
    for picked in project.picked:
        if picked.kind in ("clocked", "tied"):
            continue  # SST206 and SST207 speak of these
        if not picked.path or project.distance(picked.path) == 0:
            result.append(picked)
            continue
        known = far.get(picked.path[0][0])
        if known is None or len(picked.path) < len(known.path):
            far[picked.path[0][0]] = picked
    return without_rests(project, [*result, *far.values()])


def first_of_mapping(project: Project) -> Iterator[Defect]:
    """SST205 on mappings: only where the picked element reaches something permanent."""
    for reach in project.reaches():
        if reach.kind != "dict" or reach.sink.rank > 1:
            continue
        picks = [edge for _, edge in reach.path if edge >= 0 and project.graph.key[edge] == "pick"]
        if not picks:
            continue
        node = project.graph.target[picks[0]]
        if drains(project, node):
            continue
        where = project.trace.location(node)
        steps = project.trace.steps(reach.path, "a mapping", f"reaches {reach.sink.what}")
        belief = _of_mapping(project, reach, picks[0])
        if project.is_test(where.path):
            belief = belief.low(OF_A_TEST)
        if length(steps) > long_for(reach.kind):
            belief = belief.low(LONG_WAY)
        yield Defect(
            "SST205",
            where,
            project.trace.statement_line(node),
            "",
            f"the first element of a mapping is picked and reaches {reach.sink.what}: whichever was inserted first; "
            "name the key, or use `min`/`max`",
            "warning",
            belief.confidence,
            steps,
            f"order:{where.line}:{where.column}",
            doubts=belief.doubts,
        )


def _of_mapping(project: Project, reach: Reach, pick: int) -> Belief:
    if reach.weak:
        return low(GUESSED)
    if passes_one(project, reach.path) or is_only_entry(project, reach.path, pick):
        return low(_ONE)
    return low("whoever fills the mapping is far away") if project.distance(reach.path) > 0 else MEDIUM


def _belief(project: Project, picked: Picked) -> Belief | None:
    choice = picked.choice
    if project.linked.has_type(picked.node, "builtins.str", "builtins.bytes"):
        return None  # a character of a text, a part of it
    if choice.guarded if choice is not None else project.world.calls[picked.call].guarded:
        return None
    if is_in_front(project, picked.path, [project.world.nodes[item].name for item in items(project, picked)]):
        return None
    distance = project.distance(picked.path)
    why = _doubt(project, picked, distance)
    if why:
        return low(why)
    if distance:
        return MEDIUM if distance <= _AWAY else low(BY_FIELDS)
    if choice is not None and choice.kind in ("assign", "slice", "return", "unpack", "act"):
        return MEDIUM
    return HIGH


def _doubt(project: Project, picked: Picked, distance: int) -> str:
    """Why nobody would mind which one is picked, or why that is not believed; "" if all speaks for it."""
    if picked.choice is not None and picked.choice.keyed:
        return "it is asked for by what it is, so at most one answers"
    if picked.kind == "set" and _is_of_numbers(project, picked):
        return "a set of whole numbers has the same order each time that it is filled alike"
    if passes_one(project, picked.path):
        return _ONE
    if picked.weak:
        return GUESSED
    if _is_random(project, picked):
        return "it is drawn at random"
    if picked.path and is_accepted(project, picked.path[0][0]):
        return "all that speaks for a set is a test that others pass, too"
    if is_next_of_own(project, picked.call) or _is_next_to_come(project, picked):
        return "whoever asks wants whatever comes next"
    if distance and is_from_queue(project, picked.call):
        return "it is taken out of a queue"
    if is_only_told(project, picked, bool(distance)):
        return "it is only told to people"
    if is_in_own_folder(project, picked):
        return "the function has made the directory itself, and knows what it has put there"
    if has_no_wildcard(project, picked):
        return "the pattern is a name, as far as it is written down"
    if _is_measured(project, picked):
        return "only its length is asked for, which all of them share"
    return "which plugins there are is up to who installs them" if _is_plugin(project, picked) else ""


def _is_of_numbers(project: Project, picked: Picked) -> bool:
    """Whether the last set on the way to a choice is one of numbers: the same in each run."""
    on_the_way = [node for node, _ in picked.path] or [picked.node]
    sets = [node for node in on_the_way if project.linked.has_type(node, *SET_TYPES)]
    return project.whole_numbers.holds(sets[-1] if sets else on_the_way[0])


def _is_far(project: Project, picked: Picked, steps: tuple[Step, ...]) -> bool:
    """Whether there are so many steps between a choice and what it picks from that nobody believes it."""
    away = bool(picked.path) and project.distance(picked.path) > 0
    most = _FAR_AWAY if away else long_for(picked.kind)
    return length(steps) > (most if picked.kind in _FOUND else _FAR_OF_SET)


def _is_next_to_come(project: Project, picked: Picked) -> bool:
    """``while True: item = queue.get(); ...; return item``: who asks a queue wants whatever comes next."""
    returned = picked.choice is not None and picked.choice.kind == "return"
    return picked.kind == "completion" and returned and project.world.nodes[picked.node].name == "while"


def _is_plugin(project: Project, picked: Picked) -> bool:
    """Whether one plugin after the other is asked until one answers: which ones there are is up to who installs them,
    and two that answer alike are the exception."""
    if not picked.path or picked.choice is None or picked.choice.kind not in ("return", "act", "assign"):
        return False
    calls = [call for _, _, call in project.linked.sources.get(picked.path[0][0], ()) if call >= 0]
    return any(_PLUGINS in project.linked.externals.get(call, ()) for call in calls)


def _is_measured(project: Project, picked: Picked) -> bool:
    """``len(rows[0])``: how long all of them are."""
    if picked.choice is None or picked.choice.kind != "index":
        return False
    nodes, graph = project.world.nodes, project.graph
    targets = [graph.target[edge] for item in items(project, picked) for edge in graph.outgoing.get(item, ())]
    calls = [project.world.call_of(target) for target in targets if nodes[target].kind == Kind.CALL]
    measured = [number for number in calls if "builtins.len" in project.linked.externals.get(number, {})]
    return bool(targets) and len(measured) == len(targets)


def _is_done(project: Project, picked: Picked) -> bool:
    """One of those that ``wait`` says are done: whichever it is, the others have their turn."""
    calls = [call for _, _, call in project.linked.sources.get(picked.path[0][0], ())] if picked.path else []
    return any(n.rpartition(".")[2] == "wait" for c in calls if c >= 0 for n in project.linked.externals.get(c, ()))


def _hands_on(project: Project, picked: Picked) -> bool:
    """``def __next__(self): return next(self.rest)``: an iterator that hands on another one, each element in turn."""
    scope = project.world.scope_of_call(picked.call) if picked.call >= 0 else -1
    function = project.world.functions.get(scope)
    return function is not None and function.record.name in ("__next__", "__anext__", "next")


def _is_random(project: Project, picked: Picked) -> bool:
    """``random.choice(x)``, ``random.sample(x, 1)[0]``: random first of all."""
    world = project.world
    drawn = [world.call_of(node) for node, _ in picked.path if world.nodes[node].kind == Kind.CALL]
    names = [name for number in (picked.call, *drawn) for name in project.linked.externals.get(number, ())]
    mixed = {site.ports.get(site.model.shuffles, -1) for site in project.linked.sites if site.model.shuffles}
    if any(node in mixed for node, _ in picked.path):
        return True
    return any(name.startswith(("random.", "numpy.random.")) for name in names)


def _by_test(project: Project, path: str, picked: Picked) -> bool:
    """Whether the choice, or what it picks from, is in a test."""
    return project.is_test(path) or project.passes_test(picked.path)


def _behind_prefix(project: Project, picked: Picked) -> bool:
    """``("git", "add", *names)[0]``: what stands before the star is known."""
    if picked.choice is None or picked.choice.kind not in ("index", "unpack", "slice"):
        return False
    graph, nodes = project.graph, project.world.nodes
    for _, edge in picked.path:
        if edge >= 0 and graph.op[edge] == Op.COPY:
            target = graph.target[edge]
            if nodes[target].kind in (Kind.LIST, Kind.TUPLE) and any(
                graph.op[n] == Op.STORE and graph.key[n] == "#0" for n in graph.incoming.get(target, ())
            ):
                return True
    return False


def _before_suffix(project: Project, picked: Picked) -> bool:
    """``(names + ["--all"])[-1]``: what stands behind the plus is known."""
    graph, nodes = project.graph, project.world.nodes
    if picked.choice is None or not any(nodes[item].name == "#-" for item in items(project, picked)):
        return False
    for _, edge in picked.path:
        if edge < 0 or nodes[graph.target[edge]].kind != Kind.BINOP or nodes[graph.target[edge]].name != "+":
            continue
        parts = [graph.source[number] for number in graph.within.get(graph.target[edge], ())]
        last = max(parts, key=lambda part: (nodes[part].line, nodes[part].column), default=-1)
        if last >= 0 and last != graph.source[edge] and nodes[last].kind in (Kind.LIST, Kind.TUPLE):
            return any(graph.op[number] == Op.STORE for number in graph.incoming.get(last, ()))
    return False


def only_tested(project: Project, picked: Picked) -> bool:
    """Whether the picked element is only compared, and with no text that is written down: a test for emptiness. What
    came through calls may have something in front that they have put there (`run("install", *names)`).
    """
    results = [project.linked.result_of(picked.call)] if picked.call >= 0 else items(project, picked)
    targets = [project.graph.target[n] for result in results for n in project.graph.outgoing.get(result, ())]
    if not targets and (picked.call < 0 or _is_given(project, picked)):
        return False
    if picked.path and any(edge >= 0 and project.graph.label[edge] for _, edge in picked.path):
        return all(_is_test(project, target) for target in targets)
    return all(_is_test(project, target) and not _is_of_text(project, target) for target in targets)


def _is_given(project: Project, picked: Picked) -> bool:
    """``os.remove(names.pop())``: a call is given what is picked, and gives nothing of it back."""
    world, result = project.world, project.linked.result_of(picked.call)
    first = world.call_base[picked.unit]
    calls = range(first, first + len(world.units[picked.unit][2].calls))
    return any(result == node for number in calls for _, node in project.linked.argument_nodes(number))


def _is_test(project: Project, node: int) -> bool:
    """A comparison, a test of the type, or of whether there is anything."""
    record = project.world.nodes[node]
    if record.kind == Kind.CALL:
        names = project.linked.externals.get(project.world.call_of(node), {})
        return "builtins.isinstance" in names or "builtins.bool" in names
    return record.kind == Kind.VALUE and record.name in ("compare", "not")


def _is_of_text(project: Project, node: int) -> bool:
    """`names[0] == "main"`: a comparison with a text that is written down asks which one it is."""
    nodes, graph = project.world.nodes, project.graph
    beside = [nodes[graph.source[edge]] for edge in graph.incoming.get(node, ())]
    return nodes[node].kind == Kind.VALUE and any(one.kind == Kind.TEXT and one.name for one in beside)
