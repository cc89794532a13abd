"""How sure is a finding on order: how far is its way believed, and does anybody see what it shows?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sst_lint.checks.aside import is_said_aside
from sst_lint.checks.belief import BY_FIELDS, MEDIUM, OF_A_TEST, Belief
from sst_lint.checks.certainty import FAR, confidence_of, is_accepted, is_any_collection
from sst_lint.checks.held import is_taken_for_elements
from sst_lint.checks.kept import (
    is_given_once,
    joined_later,
    leaves_as_text,
    loses_its_order,
    stays_inside,
    told_by_another,
)
from sst_lint.checks.lines import leaves_as_lines
from sst_lint.checks.put_in_order import is_put_in_order
from sst_lint.checks.shown import before_place, is_certain, is_likely, is_told_as_text, is_told_here, may_be_text
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import words
from sst_lint.flow.saved_whole import is_saved_whole
from sst_lint.flow.sinks import A_DIGEST, A_NAME, HANDED_ON, HELP, IS_PRINTED
from sst_lint.flow.trace import LONG_OF_SETS, long_for

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach

#: So many steps of a trace are believed of what is a set for certain.
LONG_OF_SURE = 14
#: Files of one machine, or one person, that nobody else gets to see.
_UNCOMPARED = frozenset("cache caches cached token tokens credentials cookies".split())
#: So many of the nearest names and texts of a path say what it is.
_NAMES = 8
#: And so many of what is pickled: far away from what a program saves, it is part of all that an object holds.
LONG_OF_PICKLED = 8
_UNREAD = "only this program reads the file again, and it asks for the keys"
#: Steps that make the order of keys one of a sequence.
_SHOWS_KEYS = frozenset({Op.LOOP, Op.COPY, Op.VIEW, Op.KEYED})


@dataclass(frozen=True)
class Judgment:
    """How sure a finding is, and what its message says of the end of its way."""

    belief: Belief
    stays: bool = False  #: in a field of what is built
    lost: bool = False  #: what it takes the place of had an order


def judge(project: Project, reach: Reach, rule: str) -> Judgment:
    """How far what ``reach`` says is believed; the length of its trace comes on top."""
    distance = project.distance(reach.path)
    found = _of_mapping(project, reach) if reach.kind == "dict" else _of_unordered(project, reach, distance)
    belief = found.belief
    certain = belief.confidence == "medium" and is_sure(project, reach)
    if distance >= (FAR - 1 if rule == "SST203" else FAR) and not certain:
        belief = belief.less(BY_FIELDS)  # who fills a mapping that comes so far is mostly the code itself
    if distance and reach.sink.what == IS_PRINTED and not found.stays and not _is_plain(project, reach, distance):
        belief = belief.low("an object is printed that holds it somewhere, and hardly anybody reads that order")
    if reach.sink.what == A_DIGEST and is_saved_whole(project.linked, reach.path, deep=2):
        belief = belief.low("it lies deep in an object that is digested, and that may ask it for some fields alone")
    if not found.stays and is_said_aside(project, reach):
        belief = belief.low("it is only told to whoever watches the program, as a warning or on request")
    if is_taken_for_elements(project, reach.path):
        belief = belief.low("it is an attribute of an object, and what comes to its place are elements of one")
    if _tells_of_object(project, reach):
        belief = belief.low("a library that nobody knows is given an object, and what it tells of one is not known")
    if _is_of_a_test(project, reach):
        belief = belief.low(OF_A_TEST)  # which is no defect of the program
    return Judgment(belief, found.stays, found.lost)


def _tells_of_object(project: Project, reach: Reach) -> bool:
    """Whether what has the order is an attribute of an object of the program, and that goes into a file by a call that
    no model describes: what such a call writes of it may be what it was made of, or what it says itself."""
    if reach.sink.call not in project.linked.unknown_writers:
        return False
    graph = project.graph
    edges = [edge for _, edge in reach.path if edge >= 0]
    stored = [n for n, edge in enumerate(edges) if graph.op[edge] == Op.STORE and graph.key[edge].startswith(".")]
    owner = graph.target[edges[stored[-1]]] if stored else -1
    if owner < 0 or not any(value[0] == "i" for value in project.linked.values(owner)):
        return False
    key = graph.key[edges[stored[-1]]]
    return not any(graph.op[edge] == Op.LOAD and graph.key[edge] == key for edge in edges[stored[-1] + 1 :])


def is_sure(project: Project, reach: Reach) -> bool:
    """Whether what comes to a file is a set or a listing for certain, and no call on the way is guessed: then it is
    believed from afar, too. What is only printed or digested is not, nor keys that calls have left in a mapping: what
    is kept under keys is mostly found by them again."""
    if reach.weak or reach.sink.rank > 1 or reach.sink.what in (IS_PRINTED, A_DIGEST) or _fills_keys(project, reach):
        return False
    return reach.kind == "listing" or (reach.kind == "set" and is_certain(project, reach))


def believed_steps(project: Project, reach: Reach) -> int:
    """How many steps of a trace, as they are shown, are believed."""
    if reach.sink.call in project.pickling or is_saved_whole(project.linked, reach.path):
        return LONG_OF_PICKLED
    if not is_sure(project, reach):
        return long_for(reach.kind)
    if reach.kind == "set":
        return LONG_OF_SURE
    return long_for(reach.kind) if reach.sink.what == A_NAME else LONG_OF_SETS


def _of_mapping(project: Project, reach: Reach) -> Judgment:
    keeps = project.keeps_key_order
    belief = confidence_of(reach.sink.rank, reach.weak, dict_order=keeps)
    if belief.confidence == "high" or (
        not keeps and _is_made(project, reach.source) and leaves_as_text(project, reach)
    ):
        belief = MEDIUM
    if keeps and project.implied(reach.path):
        belief = belief.less("an object tells of a dict of its own, which is mostly filled in a fixed order")
    if reach.sink.call in project.pickling:
        belief = belief.low("nobody compares the bytes of a pickle, and a dict comes back in its order")
    if _is_uncompared(project, reach):
        belief = belief.low(_UNREAD)
    if keeps and reach.sink.what != A_DIGEST and not project.sorts_keys:
        if _goes_back(project, reach):
            belief = belief.low("it goes back to the file that it was read from, and its keys stay where they were")
        elif _is_handed_over(project, reach):
            belief = belief.low("another function of the program fills the mapping, and mostly does so in one order")
    if reach.sink.what in (HANDED_ON, A_NAME, HELP):
        belief = belief.low("who gets a mapping handed on, in a name or in a help asks it for its keys")
    return Judgment(belief)


def _goes_back(project: Project, reach: Reach) -> bool:
    """Whether what is written was read from the same file before."""
    updates = [update.write for update in project.races.updates]
    return any(reach.sink.call in (write.call, write.write.site.call) for write in updates if write.write is not None)


def _is_handed_over(project: Project, reach: Reach) -> bool:
    """Whether a mapping has passed from one function of the program to another before its order shows, or is given to a
    function that only the program itself calls, by its name."""
    record, scope = project.world.nodes[reach.source], project.world.scope_of_node(reach.source)
    function = project.world.functions.get(scope) if record.kind == Kind.PARAM else None
    name = function.record.name if function is not None else ""
    if name.startswith("_") and not name.endswith("__"):
        return True
    nodes = [node for node, _ in reach.path]
    before = reach.path[: nodes.index(reach.place)] if reach.place in nodes else ()
    return any(edge >= 0 and project.graph.label[edge] for _, edge in before)


def _is_made(project: Project, source: int) -> bool:
    """Whether a mapping is made there, and not given by somebody."""
    return project.world.nodes[source].kind in (Kind.DICT, Kind.CALL)


def _is_uncompared(project: Project, reach: Reach) -> bool:
    """Whether the file is one that only this program on this machine reads again: what is cached, and by which it is
    known to others. It is asked for its keys, and nobody compares it."""
    writes = project.writes_of(reach.sink.call)
    return bool(writes) and all(
        any(words(name) & _UNCOMPARED for name in (*write.evidence.names[:_NAMES], *write.evidence.texts[:_NAMES]))
        for write in writes
    )


def _of_unordered(project: Project, reach: Reach, distance: int) -> Judgment:
    is_set = reach.kind == "set"
    weak = 0 if is_set and is_likely(project, reach, distance) else reach.weak
    belief = confidence_of(reach.sink.rank, weak)
    sure = reach.kind in ("set", "listing") and not reach.weak and not is_accepted(project, reach.source)
    stays = sure and is_set and stays_inside(project, reach)
    lost = sure and is_set and (loses_its_order(project, reach) or is_given_once(project, reach))
    seen = sure and (leaves_as_text(project, reach) or (is_set and joined_later(project, reach)))
    seen = seen or (sure and is_set and leaves_as_lines(project, reach))
    if stays or lost or seen:
        belief = MEDIUM
    if reach.sink.call in project.pickling and reach.sink.what != A_DIGEST and _only_keys(project, reach):
        belief = belief.low("it is the order of keys in a pickle, and what is loaded is asked for its keys")
    if reach.sink.what != A_DIGEST and _only_keys(project, reach) and _is_uncompared(project, reach):
        belief = belief.low(_UNREAD)
    if is_put_in_order(project, reach.path):
        belief = belief.low("something on its way is put in order elsewhere in the program")
    if is_set and _may_be_list(project, reach):
        belief = belief.low("all that speaks for a set is a test that lists pass, too")
    if belief.confidence == "high" and _as_keys(project, reach):
        belief = belief.less("it is the order of the keys of a mapping")
    if belief.confidence == "high" and is_set and _is_templated(project, reach):
        belief = belief.less("a template gets it, which may sort")
    if is_set and _comes_back(project, reach):
        back = "a set is pickled and comes back as a set: only the bytes differ"
        belief = belief.low(back) if distance or _is_of_state(project, reach) else belief.less(back)
    if is_set and _is_of_numbers(project, reach):
        belief = belief.low("a set of whole numbers has the same order each time that it is filled alike")
    if is_set and may_be_text(project, reach):
        belief = belief.low("what comes by that name is a set in some places only")
    return Judgment(belief, stays, lost)


def _is_of_numbers(project: Project, reach: Reach) -> bool:
    """Whether what shows its order is a set of whole numbers."""
    before = before_place(reach)
    return project.whole_numbers.holds(before[0] if before is not None else reach.source)


def _may_be_list(project: Project, reach: Reach) -> bool:
    """Whether all that speaks for a set is a test that lists pass, too, and nothing of it is seen where that stands."""
    told = is_told_here(project, reach) or bool(reach.others)
    return not told and is_any_collection(project, reach.source)


def _is_of_a_test(project: Project, reach: Reach) -> bool:
    is_dict = reach.kind == "dict"
    path = project.trace.location(reach.place).path
    return project.is_test(path, is_dict) or project.passes_test(reach.path, is_dict)


def _as_keys(project: Project, reach: Reach) -> bool:
    """Whether the order is only that of the keys of a mapping when it becomes permanent."""
    ops = [project.graph.op[edge] for _, edge in reach.path if edge >= 0]
    keys = [number for number, op in enumerate(ops) if op == Op.ORDERS_KEYS]
    return bool(keys) and not any(op in _SHOWS_KEYS for op in ops[keys[-1] + 1 :])


def _only_keys(project: Project, reach: Reach) -> bool:
    """Whether the order is that of keys, and no number that stands under them tells it, too."""
    graph = project.graph
    loops = [node for node, edge in reach.path if edge >= 0 and graph.op[edge] == Op.ORDERS_KEYS]
    numbered = any(graph.op[edge] == Op.ORDERS_INNER for loop in loops for edge in graph.outgoing.get(loop, ()))
    return _as_keys(project, reach) and not numbered


def _is_templated(project: Project, reach: Reach) -> bool:
    """Whether a template gets what has no order."""
    graph = project.graph
    ends = [(node, graph.target[edge]) for node, edge in reach.path if edge >= 0]
    return any(end in project.linked.templated for end in ends)


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
    told = is_told_here(project, reach) or is_told_as_text(project, reach)
    return (certain and told) or told_by_another(project, reach)


def _comes_back(project: Project, reach: Reach) -> bool:
    """Whether a set is pickled into a file: what is loaded is a set again, so only the bytes of the file differ."""
    site = project.serialized.get(reach.place)
    loaded = site is not None and site.model.format == "pickle"
    loaded |= reach.sink.call in project.pickling and reach.place == reach.sink.node
    return loaded and reach.sink.what != A_DIGEST


def _is_of_state(project: Project, reach: Reach) -> bool:
    """Whether a library saves all that a program holds, a set among it as an attribute of something."""
    sites = project.linked.sites_of.get(reach.sink.call, ())
    saved = any(site.model.writes is not None for site in sites)
    return saved and any(edge >= 0 and project.graph.key[edge].startswith(".") for _, edge in reach.path)
