"""What is this path? Constants, names and temporary files that flow into it.

Evidence is gathered backward from the path, without matching calls (a helper's parameter shows what all of its
callers pass), within a bounded number of steps.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.asked_for import asked_for
from sst_lint.flow.demonstrations import Demonstrations
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.names import MODE
from sst_lint.flow.path_parts import FOLLOWED, STEPS, PathParts, gathered, set_aside, taken_out

_COMMAND_LINE = frozenset(
    {"args", "opts", "options", "namespace", "parse_args", "parsed_args", "cli_args", "arguments"}
)
#: What parsed arguments are, whatever they are called.
_PARSED = ("argparse.Namespace", "optparse.Values")
#: Opens the file that an argument names.
_OPENS_ARGUMENT = "argparse.FileType"
#: What parses them.
_PARSES = frozenset({"parse_args", "parse_known_args", "parse_intermixed_args"})
#: What makes a function a command, or a parameter an argument of one.
_COMMANDS = tuple(
    f"{library}.{name}"
    for library in ("click", "rich_click", "asyncclick", "typer.Typer")
    for name in ("argument", "option", "command")
)
#: Keywords under which a call that nobody knows is given parts of the path that it returns.
_OF_PATHS = frozenset(
    "path file filename file_name name fname filepath dir directory folder dirname root base base_dir out output dest "
    "destination target prefix suffix ext extension location".split()
)
_TELLING = frozenset({Kind.NAME, Kind.ATTR, Kind.PARAM, Kind.CELL, Kind.IMPORT, Kind.PUT, Kind.BOUND})
_NAMED = frozenset({Kind.NAME, Kind.ATTR, Kind.PARAM, Kind.CELL})
_TEMPORARY_DIRECTORY = re.compile(
    r"(^|_)(tmp|temp|temporary|scratch)_?(dir|dirs|directory|folder)(name|path)?$", re.IGNORECASE
)
#: How a path is held, also among others: ``tuple(names)``.
_HELD = (FOLLOWED - {Op.ONLY_VALUE}) | {Op.COPY, Op.SORT}
#: What takes the descriptor of a file, and writes nothing to it.
_SYNCING = frozenset({"os.fsync", "os.fdatasync", "os.fstat", "os.close"})
#: What may be done to a file that nothing is written to.
_CLOSING = frozenset({"close", "flush"})
#: What may be done to one that is only read, although it was opened to be changed.
_READING = _CLOSING | {"read", "readline", "readlines", "readinto", "seek", "tell", "fileno"}
#: A value that comes here is at the disposal of others.
OUTWARD = frozenset({Kind.RETURN, Kind.PUT, Kind.BOUND, Kind.CELL, Kind.OUT})
_TEMPORARY_DEPTH = 24
#: So many steps back from a path, and so many before something is taken out of a container.
_DEPTH = 14
_TAKEN_DEPTH = 6


@dataclass(frozen=True)
class Evidence:
    """What flows into a path: literals, names on the way, and how it begins (nearest first)."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    temporary: bool
    argument: bool  #: parsed from the command line
    parameter: bool  #: a parameter that nobody in the program fills
    steps: int
    owners: tuple[str, ...] = ()  #: names of what holds it, or a part of it: ``settings`` of ``settings.path``
    #: The literal with which it ends, where the function that uses it puts it together: the others are directories.
    last: str = ""
    #: Texts and names on some of several ways only, of which others end otherwise: one function gives many paths.
    either: tuple[str, ...] = ()


@dataclass
class _Found:
    """What one look back from a path has seen so far; the keys are in the order in which they were met.

    Texts and names say whether they stand on a way that all others go, too."""

    texts: dict[str, bool] = field(default_factory=dict)
    names: dict[str, bool] = field(default_factory=dict)
    owners: dict[str, None] = field(default_factory=dict)
    argument: bool = False
    parameter: bool = False


def _tell(told: dict[str, bool], word: str, certain: bool) -> None:
    """Write down a text or a name; what is certain once remains so."""
    told[word] = told.get(word, False) or certain


class _Answer(NamedTuple):
    """What was found out for ``chosen`` among the ``callers`` that mattered: it holds for all that choose the same."""

    callers: frozenset[int]
    chosen: frozenset[int]
    evidence: Evidence


class _Look(NamedTuple):
    """A node that is looked at, so many steps back from the path."""

    node: int
    depth: int
    calls: tuple[int, ...]  #: through whose results it was reached: a parameter then means that call's argument
    places: tuple[str, ...]  #: positions out of which it is taken
    either: bool = False  #: on one of several ways that end in different literals


#: A node, and the positions out of which something is taken there.
_Place = tuple[int, tuple[str, ...]]


class PathEvidence(PathParts):
    """Answers questions about path nodes; keeps the answers."""

    def __init__(
        self,
        linked: Mutations,
        graph: Graph,
        tests: frozenset[int] = frozenset(),
        shown: Demonstrations | None = None,
    ) -> None:
        """``tests``: units of test code, which say nothing of the paths of other units; nor does what is ``shown``."""
        super().__init__(linked, graph, tests)
        self._shown = shown
        self._known: dict[int, list[_Answer]] = {}
        self._temporary = {s.ports["return"] for s in linked.sites if s.model.temp}
        world = linked.world
        self._given: dict[int, str] = {
            world.node_base[unit] + local: name
            for unit, (_, _, facts) in enumerate(world.units)
            for local, name in facts.named
        }
        self._gathered = gathered(world)

    def of(self, node: int, via: frozenset[int] = frozenset()) -> Evidence:
        """The evidence for the path at ``node``; of a parameter's callers only those in ``via`` (labels of calls), if
        it names any of them."""
        looks = self._known.setdefault(node, [])
        for known in looks:
            if known.chosen == via & known.callers:
                return known.evidence
        callers: set[int] = set()
        evidence = self._gather(node, via, callers)
        looks.append(_Answer(frozenset(callers), via & callers, evidence))
        return evidence

    def _gather(self, start: int, via: frozenset[int], callers: set[int]) -> Evidence:
        """Look back from ``start``; ``callers``: to be filled with all calls of which it is asked whether ``via`` names
        them."""
        graph = self._graph
        skipped = self._skipped(start)
        found = _Found()
        seen = {start}
        parts = {start}  #: what is in the path itself, not only known to a call that gives it
        queue: deque[_Look] = deque([_Look(start, 0, (), ())])
        while queue and len(seen) < STEPS:
            look = queue.popleft()
            self._note(look, look.node in parts, found)
            either = look.either or self.ends_variously(look.node)
            for path in self._opened(look.node):
                if path not in seen:
                    seen.add(path)
                    queue.append(_Look(path, look.depth + 1, look.calls, (), either))
            for number in self._leading(look.node, via, skipped, callers):
                further = self._further(look, number) if graph.source[number] not in seen else None
                if further is not None:
                    if look.node in parts and graph.op[number] != Op.ONLY_VALUE:
                        parts.add(further.node)
                    seen.add(further.node)
                    queue.append(further._replace(either=either))
        temporary = self._is_called_temporary(start, skipped)
        names = tuple(name for name in found.names if name)
        owners = tuple(found.owners)
        last = self.last_literal(start)
        some = tuple(one for told in (found.texts, found.names) for one, certain in told.items() if one and not certain)
        return Evidence(
            tuple(found.texts), names, temporary, found.argument, found.parameter, len(seen), owners, last, some
        )

    def _note(self, look: _Look, is_part: bool, found: _Found) -> None:
        """Write down what a node tells; ``is_part``: it is in the path itself."""
        node, world = look.node, self._linked.world
        record, given = world.nodes[node], self._given.get(node)
        if given is not None:
            _tell(found.names, given, not look.either)
        if record.kind == Kind.TEXT:
            if record.name:
                _tell(found.texts, record.name, not look.either)
        elif record.kind in _TELLING:
            _tell(found.names, record.name, not look.either)
            found.argument |= record.name == "argv" and is_part
            if record.kind == Kind.ATTR and record.base >= 0:
                base = world.node_base[world.node_unit[node]] + record.base
                owner = {world.nodes[base].name, self._given.get(base, "")}
                found.owners |= dict.fromkeys(sorted(owner))
                found.argument |= not owner.isdisjoint(_COMMAND_LINE) or self._linked.has_type(base, *_PARSED)
        elif record.kind == Kind.CALL:
            name = asked_for(self._linked, self._graph, world.call_of(node)) or record.name or self._callee_name(node)
            _tell(found.names, name, not look.either)
            found.argument |= is_part and name in _PARSES
            found.argument |= _OPENS_ARGUMENT in self._linked.externals.get(world.call_of(node), ())
        elif record.kind == Kind.ITEM and record.base >= 0:
            base_name = world.nodes[world.node_base[world.node_unit[node]] + record.base].name
            found.owners[base_name] = None
            found.argument |= base_name == "argv"
        if record.kind == Kind.ITEM and record.name.startswith("'"):
            _tell(found.names, record.name[1:], not look.either)
        if record.kind == Kind.PARAM and not any(self._graph.label[n] > 0 for n in self._graph.incoming.get(node, ())):
            found.parameter |= not self._graph.incoming.get(node, ())
            scope = self._graph.param_scope.get(node, -1)
            found.argument |= scope in self._linked.entry_points or self._is_command(scope)

    def _opened(self, node: int) -> list[int]:
        """The path of the file that ``node`` is a handle of."""
        opened = [(site, site.model.opens) for site in self._sites_by_result.get(node, ()) if site.model.opens]
        return [site.ports[opens.path] for site, opens in opened if site.ports.get(opens.path, -1) >= 0]

    def _leading(self, node: int, via: frozenset[int], skipped: frozenset[int], callers: set[int]) -> list[int]:
        """The edges to ``node`` that may tell what path it is."""
        graph, world = self._graph, self._linked.world
        incoming = graph.incoming.get(node, ())
        unsaid = self._unsaid(node) if world.nodes[node].kind == Kind.CALL else ()
        labels = [graph.label[number] for number in incoming]
        callers.update(labels)
        named = not via.isdisjoint(labels)
        found = []
        rows = [
            n for n in incoming if world.node_unit[graph.source[n]] not in skipped and graph.source[n] not in unsaid
        ]
        words = self._words(node)
        aside = set_aside(graph, self._gathered, rows)
        for number in rows:
            source, label = graph.source[number], graph.label[number]
            if world.nodes[source].kind == Kind.TEXT and world.nodes[source].name in words:
                continue
            if number in aside or (label > 0 and named and label not in via):
                continue
            if self._shown is None or not self._shown.holds(source):
                found.append(number)
        return found

    def _words(self, node: int) -> frozenset[str]:
        """The texts with which the function compares what it was given: `"AUTO"` is a word, and asks for some other
        path."""
        graph, nodes = self._graph, self._linked.world.nodes
        if nodes[node].kind != Kind.PARAM:
            return frozenset()
        compared = [graph.target[edge] for edge in graph.outgoing.get(node, ()) if not graph.label[edge]]
        beside = [
            nodes[graph.source[edge]]
            for made in compared
            if nodes[made].kind == Kind.VALUE and nodes[made].name == "compare"
            for edge in graph.incoming.get(made, ())
        ]
        return frozenset(r.name for r in beside if r.kind == Kind.TEXT and not MODE.fullmatch(r.name))

    def _further(self, look: _Look, number: int) -> _Look | None:
        """One step further back along an edge, None where it leads to something else."""
        graph = self._graph
        op, label = graph.op[number], graph.label[number]
        added = self._linked.world.nodes[look.node].kind == Kind.BINOP and op == Op.COPY  # `name += ".part"`
        if look.depth >= _DEPTH or not (added or op in FOLLOWED):
            return None
        if op in (Op.LOAD, Op.ONLY_VALUE, Op.STORE) and look.depth > _TAKEN_DEPTH:
            return None
        if label > 0 and look.calls and look.calls[-1] != label:
            return None
        places = taken_out(op, graph.key[number], look.places)
        if places is None:
            return None  # `first, second = pair()`: of another element
        calls = (*look.calls, -label) if label < 0 else look.calls[:-1] if label > 0 else look.calls
        return _Look(graph.source[number], look.depth + 1, calls, places)

    def _is_command(self, scope: int) -> bool:
        """Whether a decorator makes a function a command, whose parameters the user fills."""
        function = self._linked.world.functions.get(scope)
        if function is None or not function.decorators:
            return False
        world = self._linked.world
        calls = [world.call_of(d) for d in function.decorators if world.nodes[d].kind == Kind.CALL]
        return any(
            name.startswith(_COMMANDS) for call in calls if call >= 0 for name in self._linked.externals.get(call, ())
        )

    def is_temporary(self, node: int, fresh: bool = False) -> bool:
        """Whether a path is made by ``tempfile``, or lies below what is, on every way on which it gets its name.

        ``fresh``: and nobody else knows its name (below ``gettempdir()`` they may).
        """
        return self._temporary_ways(node, fresh, self._skipped(node), {}, 0) is True

    def may_be_temporary(self, node: int) -> bool:
        """Whether something that ``tempfile`` made is on a way on which a path gets its name."""
        return any(site.model.temp for part in self.passed(node) for site in self._sites_by_result.get(part, ()))

    def _is_called_temporary(self, node: int, skipped: frozenset[int]) -> bool:
        """As ``is_temporary``; or a directory on a way says so by its name."""
        said: set[int] = set()
        if self._temporary_ways(node, False, skipped, {}, 0, said) is True:
            return True
        return bool(said) and self.is_temporary(node)  # where no name says so it would come out the same

    def _unsaid(self, node: int) -> frozenset[int]:
        """Keyword arguments of a call that nobody knows, which by their names are no part of the path it returns."""
        world = self._linked.world
        number = world.call_of(node)
        if number in self._linked.callees or node in self._sites_by_result:
            return frozenset()
        arguments = self._linked.argument_nodes(number)
        return frozenset(n for slot, n in arguments if slot.isidentifier() and slot not in _OF_PATHS)

    def _temporary_ways(
        self,
        node: int,
        fresh: bool,
        skipped: frozenset[int],
        known: dict[_Place, bool | None],
        depth: int,
        said: set[int] | None = None,
        places: tuple[str, ...] = (),
    ) -> bool | None:
        """True if all ways are temporary, False if one is not, None if there is no way (or only around a circle).

        ``said``: a directory may also say so by its name; to be filled with those that do.
        """
        here = (node, places)
        if here in known:
            return known[here]
        if depth > _TEMPORARY_DEPTH or len(known) > STEPS:
            return False
        known[here] = None
        if self._linked.world.nodes[node].name == "nullcontext":
            return None  # `with TemporaryDirectory() if wanted else nullcontext()`: then there is no directory
        for site in self._sites_by_result.get(node, ()):
            if site.model.temp and not (fresh and site.model.name == "tempfile.gettempdir"):
                known[here] = True
                return True
        world, graph = self._linked.world, self._graph
        kind = world.nodes[node].kind
        if said is not None and kind in _NAMED and _TEMPORARY_DIRECTORY.search(world.nodes[node].name):
            known[here] = True
            said.add(node)
            return True
        found: list[bool | None] = []
        for number in graph.incoming.get(node, ()):
            source = graph.source[number]
            if graph.op[number] not in _HELD or world.node_unit[source] in skipped:
                continue
            taken = taken_out(graph.op[number], graph.key[number], places)
            if world.nodes[source].kind == Kind.OUT or taken is None:
                continue
            found.append(self._temporary_ways(source, fresh, skipped, known, depth + 1, said, taken))
        for site in self._sites_by_result.get(node, ()):
            opened = site.ports.get(site.model.opens.path, -1) if site.model.opens is not None else -1
            if opened >= 0:
                found.append(self._temporary_ways(opened, fresh, skipped, known, depth + 1, said))
        if kind == Kind.TEXT and not world.nodes[node].name:
            result: bool | None = None  # `directory=""`: nobody has said where
        elif kind in (Kind.TEXT, Kind.BINOP, Kind.CALL, Kind.LIST, Kind.TUPLE) or (
            kind == Kind.ATTR and len(found) > 1
        ):
            result = True in found  # below a temporary directory
        elif not found:
            result = None if kind == Kind.CONST and world.nodes[node].name == "None" else False
        else:
            result = None if all(f is None for f in found) else False not in found
        known[here] = result
        return result

    def is_dropped(self, call: int, reads: bool = False) -> bool:
        """Whether nothing in the function takes the result of a call, but to close it (``reads``: or to read it, or to
        have what others wrote put on the disk)."""
        world, graph = self._linked.world, self._graph
        left = _READING if reads else _CLOSING
        unit = world.call_unit[call]
        base, facts = world.node_base[unit], world.units[unit][2]
        asked = (c for n, c in enumerate(facts.calls, world.call_base[unit]) if not (reads and self._syncs(n)))
        taken = {base + arg.node for c in asked for arg in c.args}
        taken |= {base + c.receiver for c in facts.calls if c.receiver >= 0 and c.method not in left}
        taken |= {
            base + n.base
            for n in facts.nodes
            if n.kind in (Kind.ATTR, Kind.ITEM) and n.base >= 0 and n.name not in left
        }
        taken |= {base + loop.source for loop in facts.loops if loop.source >= 0}
        queue = [self._linked.result_of(call)]
        for node in queue:
            if node in taken or len(queue) > STEPS:
                return False
            for number in graph.outgoing.get(node, ()):
                target = graph.target[number]
                if reads and world.nodes[target].kind == Kind.CALL:
                    continue  # what it holds
                if graph.label[number] or world.node_unit[target] != unit or world.nodes[target].kind in OUTWARD:
                    return False
                if target not in queue:
                    queue.append(target)
        return True

    def _syncs(self, number: int) -> bool:
        named = self._linked.externals.get(number, {})
        return bool(named) and _SYNCING.issuperset(named)

    def given_name(self, node: int) -> str:
        """The local name that a value was first given, or ""."""
        return self._given.get(node, "")

    def _callee_name(self, node: int) -> str:
        world = self._linked.world
        unit = world.node_unit[node]
        call = world.calls[world.call_base[unit] + world.nodes[node].base]
        return world.nodes[world.node_base[unit] + call.callee].name
