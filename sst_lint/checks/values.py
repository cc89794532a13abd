"""Which values that differ from run to run, or from machine to machine, become permanent?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sst_lint.checks.belief import BY_FIELDS, GUESSED, HIGH, LEAVES, LONG_WAY, MEDIUM, OF_A_TEST, Belief, low
from sst_lint.checks.certainty import FAR
from sst_lint.checks.defect import Defect, Severity
from sst_lint.checks.headers import headers
from sst_lint.checks.left_behind import is_left_behind
from sst_lint.checks.meant import is_meant, spells, unique
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import words
from sst_lint.flow.decided import DECIDES
from sst_lint.flow.permanence import LOOKED_UP
from sst_lint.flow.stakes import AGAIN
from sst_lint.flow.trace import LONG, length
from sst_lint.flow.values import ONE_OF_SEVERAL

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.permanence import Leak, Where
    from sst_lint.flow.volatile import Source
    from sst_lint.flow.writes import Write

_SAID = low("a date in a file is mostly meant, and is no part of what is compared")
_TIMES = low("the time of a file is mostly asked for to see whether it has changed")
_RANDOM = low("random values in a file are mostly meant")
_TOLD = low("what a file says of the machine or the run is mostly meant")
_MAYBE = low("the file is not known to be an artifact")
_NAMES = low("the file that gets the name is not known to be an artifact")
_SEEDS = low("a process number as a seed is mostly meant to differ")
_PLATFORM = low("what is digested may be meant for this kind of machine alone")
_LEAVES = low(LEAVES)
#: What leads to the directories of one user.
_HOME = frozenset({"home", "expanduser"})
_HANDED = "a function on its way is one of several that are kept to be called"
#: How sure, by kind, for (where, rank) that count at all. What is missing is no defect.
_BELIEF: dict[str, dict[tuple[Where, int], Belief]] = {
    "clock": {
        ("digest", 0): HIGH,
        ("name", 0): MEDIUM,
        ("seed", 0): MEDIUM,
        ("name", 1): _NAMES,
        ("content", 0): _SAID,
        ("content", 1): _SAID,
    },
    "file-time": {("digest", 0): _TIMES, ("name", 0): _TIMES, ("content", 0): _SAID, ("content", 1): _SAID},
    "random": {
        ("digest", 0): MEDIUM,
        ("name", 0): MEDIUM,
        ("name", 1): _NAMES,
        ("content", 0): _RANDOM,
        ("content", 1): _RANDOM,
        ("leaves", 3): _LEAVES,
    },
    "drawn": {
        ("digest", 0): HIGH,
        ("name", 0): MEDIUM,
        ("name", 1): _NAMES,
        ("content", 0): MEDIUM,
        ("content", 1): MEDIUM,
        ("leaves", 3): _LEAVES,
    },
    "hash": {
        ("digest", 0): HIGH,
        ("name", 0): HIGH,
        ("seed", 0): MEDIUM,
        ("shard", 0): MEDIUM,
        ("comparison", 0): MEDIUM,
        ("name", 1): MEDIUM,
        ("content", 0): MEDIUM,
        ("content", 1): _MAYBE,
        ("leaves", 3): _LEAVES,
    },
    "identity": {
        ("digest", 0): HIGH,
        ("name", 0): MEDIUM,
        ("seed", 0): _SEEDS,
        ("name", 1): _NAMES,
        ("content", 0): _TOLD,
        ("content", 1): _TOLD,
    },
    "repr": {
        ("digest", 0): HIGH,
        ("name", 0): MEDIUM,
        ("name", 1): _NAMES,
        ("content", 0): MEDIUM,
        ("content", 1): _MAYBE,
    },
    "machine": {
        ("digest", 0): HIGH,
        ("name", 0): MEDIUM,
        ("name", 1): _NAMES,
        ("content", 0): _TOLD,
        ("content", 1): _TOLD,
    },
    "place": {("digest", 0): MEDIUM, ("content", 0): _TOLD, ("content", 1): _TOLD},
    "platform": {("digest", 0): _PLATFORM, ("content", 0): _TOLD, ("content", 1): _TOLD},
}
_RULE = {
    "clock": "SST301",
    "file-time": "SST301",
    "random": "SST302",
    "drawn": "SST302",
    "hash": "SST303",
    "identity": "SST303",
    "repr": "SST303",
    "machine": "SST304",
    "place": "SST304",
    "platform": "SST304",
}
_WHY = {
    "clock": ("tells the time", "derive it from the input, or take it as an argument"),
    "file-time": ("is the time of a file", "compare the content, by a digest"),
    "random": ("differs with each run", "seed the generator, or derive the value from the input"),
    "drawn": ("draws without a seed", "draw from a generator with a seed of your own"),
    "hash": ("is salted anew in each process", "use a digest of `hashlib`, or `zlib.crc32` for shards"),
    "identity": ("belongs to this process", "name the thing by what it is"),
    "repr": ("holds its address in memory", "name the thing by what it is"),
    "machine": ("names a user or host", "leave it out, or keep it apart from what is compared"),
    "place": ("tells where this runs", "use a path relative to the root of the project"),
    "platform": ("tells what this machine is", "leave it out, or keep it apart from what is compared"),
}
#: What a generated file says of itself: no field for a value, but text that is the same in every run without it.
_BANNER = re.compile(
    r"(?i)\b(?:auto-?|automatically )generated\b|\bgenerated (?:by|on|at|from)\b|\bgeneration date\b|\bdo not edit\b"
)
_OF_TEXTS = frozenset({Op.SAME, Op.TEXT, Op.ONLY_VALUE, Op.PATH})
_COMPOSED = frozenset({Kind.TEXT, Kind.BINOP, Kind.CALL})
_PARTS = 40
_MOMENTS = frozenset({"clock", "machine", "place"})
#: Times and random values are mostly meant: so many steps they are believed, and so many if a field holds them.
_MEANT = frozenset({"SST301", "SST302"})
#: So are those that an object holds to know where it belongs.
_HELD = frozenset({"identity", "repr", "machine"})
_NEAR, _NEAR_OBJECT = 6, 4


def clocks(project: Project) -> Iterator[Defect]:
    """SST301: the time of day, also in the headers of archives."""
    yield from _of(project, "SST301")
    yield from headers(project)


def randoms(project: Project) -> Iterator[Defect]:
    """SST302: random numbers and uuids."""
    yield from _of(project, "SST302")


def processes(project: Project) -> Iterator[Defect]:
    """SST303: `hash`, `id`, a process number, the default text of an object."""
    yield from _of(project, "SST303")


def machines(project: Project) -> Iterator[Defect]:
    """SST304: who, on which machine, where."""
    yield from _of(project, "SST304")


def naive_dates(project: Project) -> Iterator[Defect]:
    """SST305: a date without a zone where it is read later."""
    for source, leak in project.leaks.naive:
        # who reads the name of a file knows the clock of the machine
        certain = leak.sink.where == "digest" or (leak.sink.rank == 0 and leak.sink.where != "name")
        belief = MEDIUM if certain else low("nobody is known to read the date again")
        if leak.sink.where == "content" and _reads_again(project, leak):
            belief = belief.low("only this program reads the file again, by the clock of the same machine")
        if source.api.endswith("datetime.datetime"):
            belief = belief.low("the zone of a date that is put together may be told elsewhere")
        yield _defect(
            project,
            source,
            leak,
            "SST305",
            f"`{source.api}` gives a date without a time zone, which {_verb(leak)} {leak.sink.what}: nobody can tell "
            "which moment it is; use `datetime.now(timezone.utc)`, or pass the zone",
            belief,
            "warning",
        )


def _reads_again(project: Project, leak: Leak) -> bool:
    """Whether a date goes into what the program keeps for itself on this machine, and reads again."""
    writes = project.writes_of(leak.sink.call)
    return bool(writes) and all(_is_own(write) and project.stakes.why(write) == AGAIN for write in writes)


def _is_own(write: Write) -> bool:
    """Whether a file is the program's own, or lies in the user's home: nobody else gets to see it."""
    return write.kind.kind == "state" or any(words(name) & _HOME for name in write.evidence.names)


def _of(project: Project, rule: str) -> Iterator[Defect]:
    apart = unique(project)
    for source, leak in project.leaks.values:
        kind = _kind(project, source, leak)
        if _RULE[kind] != rule:
            continue
        belief = _BELIEF[kind].get((leak.sink.where, leak.sink.rank))
        if belief is None or (leak.sink.where == "name" and is_left_behind(project, leak.path)):
            continue
        if leak.sink.where == "content":
            if kind in _MOMENTS and _in_banner(project, leak):
                belief = MEDIUM
            elif _is_volatile(project, source, leak):
                continue
        if kind == "place" and belief == MEDIUM and not _is_near(project, leak):
            belief = belief.low("a directory that comes from afar is mostly what a cache is for")
        if leak.sink.node in apart or is_meant(project, source, leak):
            belief = belief.low("it is meant to differ: nobody else may have the same name, token or signature")
        kept = leak.sink.where == "content" and _is_of_text(project, source)
        told = kind == "hash" and (kept or _gives_text(project, source, leak))
        what, cure = _WHY[kind]
        lasting = leak.sink.where not in ("content", "leaves") and leak.sink.rank == 0
        lasting = lasting and (leak.sink.where != "name" or belief == HIGH)  # people name files by the day
        defect = _defect(
            project,
            source,
            leak,
            rule,
            f"{_named(source)} {what}, and {_subject(project, leak)} {_verb(leak)} {leak.sink.what}; {cure}",
            belief,
            "error" if lasting else "warning",
        )
        if told and defect.confidence == "low" and not project.is_test(defect.location.path):
            defect = defect.believed(MEDIUM)
        yield defect


def _is_of_text(project: Project, source: Source) -> bool:
    """Whether what ``hash`` is asked of is a text, or some together with a text: the numbers of numbers stay."""
    world, linked = project.world, project.linked
    if world.nodes[source.node].kind != Kind.CALL:
        return False
    asked = [node for _, node in linked.argument_nodes(world.call_of(source.node))[:1]]
    for node in tuple(asked):
        if world.nodes[node].kind == Kind.TUPLE:
            asked += [project.graph.source[edge] for edge in project.graph.within.get(node, ())]
    return any(world.nodes[node].kind == Kind.TEXT or linked.has_type(node, "builtins.str") for node in asked)


def _gives_text(project: Project, source: Source, leak: Leak) -> bool:
    """Whether a function gives back a text that a value is part of: a name for something, which is another one in the
    next process. What an object says of itself is for people."""
    world, graph = project.world, project.graph
    unit, rendered = world.node_unit[source.node], False
    for node, edge in leak.path:
        if world.node_unit[node] != unit:
            return False
        if rendered and world.nodes[node].kind == Kind.RETURN:
            return not project.trace.location(source.node).function.rpartition(".")[2].startswith("__")
        if rendered and edge >= 0 and graph.op[edge] not in _OF_TEXTS and not _is_joined(project, edge):
            return False  # a line of a longer text, such as a program
        rendered |= edge >= 0 and graph.op[edge] == Op.TEXT
    return False


def _is_joined(project: Project, edge: int) -> bool:
    """Whether a value is put into a list as it stands there: ``"-".join([name, text])``."""
    target = project.world.nodes[project.graph.target[edge]]
    return project.graph.op[edge] == Op.STORE and target.kind in (Kind.LIST, Kind.TUPLE)


def _is_near(project: Project, leak: Leak) -> bool:
    """Whether a way stays in one function: a directory that comes from afar mostly is what a cache is for."""
    return not any(edge >= 0 and project.graph.label[edge] for _, edge in leak.path) and not project.stretch(leak.path)


def _kind(project: Project, source: Source, leak: Leak) -> str:
    """The kind by which a source is judged."""
    if _decides(project, leak):
        return "drawn"
    return "drawn" if source.drawn and not spells(project, source) else source.kind


def _decides(project: Project, leak: Leak) -> bool:
    """Whether the value only decides what else is kept."""
    return any(project.world.nodes[node].name == DECIDES for node, _ in leak.path[1:])


def _subject(project: Project, leak: Leak) -> str:
    return "what it decides of" if _decides(project, leak) else "it"


def _named(source: Source) -> str:
    return source.api if " " in source.api else f"`{source.api}`"


def _verb(leak: Leak) -> str:
    if leak.sink.where == "leaves":
        return "is"
    return "reaches" if leak.sink.rank == 0 else "may reach"


def _is_volatile(project: Project, source: Source, leak: Leak) -> bool:
    """Whether the value is put into a field that the configuration declares as volatile, by name."""
    graph, nodes = project.graph, project.world.nodes
    path = project.world.path_of_unit(project.world.node_unit[source.node])
    patterns = project.config.for_path(path).volatile_fields
    names = []
    for node, edge in leak.path:
        if edge >= 0 and graph.key[edge][:1] in ("'", "."):
            names.append(graph.key[edge][1:])
        elif edge >= 0 and nodes[graph.target[edge]].kind == Kind.CALL:
            names += _keywords(project, node, graph.target[edge])
        if nodes[node].kind in (Kind.PUT, Kind.PARAM) or node in project.linked.field_nodes:
            names.append(nodes[node].name)
    return any(fnmatchcase(name.lower(), pattern.lower()) for name in names for pattern in patterns)


def _keywords(project: Project, argument: int, result: int) -> list[str]:
    """The keywords under which an argument is given to the call that ``result`` is the result of."""
    number = project.world.call_of(result)
    return [slot for slot, node in project.linked.argument_nodes(number) if node == argument and slot.isidentifier()]


def _in_banner(project: Project, leak: Leak) -> bool:
    """Whether the value stands in the text with which a generated file begins: "generated by ... on ..."."""
    nodes = project.world.nodes
    return any(
        nodes[part].kind == Kind.TEXT and _BANNER.search(nodes[part].name)
        for node, _ in leak.path
        if nodes[node].kind in _COMPOSED
        for part in _parts(project, node)
    )


def _parts(project: Project, node: int) -> list[int]:
    """A text with what is put into it; a template that has a name counts as what the name stands for."""
    graph = project.graph
    found = [node, *(graph.source[edge] for edge in graph.incoming.get(node, ()))]
    for part in found:
        if len(found) < _PARTS:
            found += [graph.source[e] for e in graph.incoming.get(part, ()) if graph.op[e] == Op.SAME]
    return found


def _is_key(project: Project, leak: Leak) -> bool:
    """Whether the value goes into a mapping that is kept, as a key: such are mostly for looking up, in memory."""
    graph, nodes = project.graph, project.world.nodes
    if leak.sink.what == LOOKED_UP:
        return not any(nodes[node].kind == Kind.BINOP and nodes[node].name == "%" for node, _ in leak.path)
    return project.stretch(leak.path) > 0 and any(
        edge >= 0
        and graph.op[edge] == Op.STORE
        and not graph.key[edge]
        and project.linked.is_mapping(graph.target[edge])
        for _, edge in leak.path
    )


def _defect(
    project: Project,
    source: Source,
    leak: Leak,
    rule: str,
    message: str,
    belief: Belief,
    severity: Severity,
) -> Defect:
    where = project.trace.location(source.place)
    if leak.weak:
        belief = belief.low(_HANDED) if leak.weak == ONE_OF_SEVERAL else belief.less(GUESSED)
    if project.stretch(leak.path) >= FAR:
        belief = belief.low(BY_FIELDS)
    if rule == "SST303" and _is_key(project, leak):
        belief = belief.low("it is a key, by which things are mostly looked up in memory")
    steps = project.trace.steps(leak.path, f"{_named(source)} {_FIRST[rule]}", f"{_verb(leak)} {leak.sink.what}", True)
    if (rule in _MEANT or source.kind in _HELD) and (
        length(steps) > (_NEAR_OBJECT if project.stretch(leak.path) else _NEAR)
    ):
        belief = belief.low(LONG_WAY)
    if rule == "SST301" and leak.sink.where == "digest" and _is_signed(project, leak):
        belief = belief.low("the time belongs to what is signed")
    if project.is_test(where.path) or project.passes_test(leak.path):
        belief = belief.low(OF_A_TEST)
    if length(steps) > LONG:
        belief = belief.low(LONG_WAY)
    return Defect(
        rule,
        where,
        project.trace.statement_line(source.place),
        "",
        message,
        severity,
        belief.confidence,
        steps,
        f"value:{where.line}:{where.column}",
        doubts=belief.doubts,
    )


def _is_signed(project: Project, leak: Leak) -> bool:
    """Whether the file that makes the digest signs something with a key, such as a request to a service."""
    world = project.world
    path = world.path_of_unit(world.node_unit[leak.sink.node])
    return any(
        site.model.name.startswith("hmac.") and world.path_of_unit(world.call_unit[site.call]) == path
        for site in project.linked.sites
    )


_FIRST = {
    "SST301": "reads the clock",
    "SST302": "makes a random value",
    "SST303": "belongs to this process",
    "SST304": "belongs to this machine",
    "SST305": "makes a date without a zone",
}
