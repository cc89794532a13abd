"""What is this path? Constants, names and temporary files that flow into a path, and what is renamed to what.

Evidence is gathered backward from the path, without matching calls (a helper's parameter shows what all of its
callers pass), within a bounded number of steps.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.demonstrations import Demonstrations
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site

_FOLLOWED = frozenset(
    {Op.SAME, Op.PATH, Op.TEXT, Op.LOAD, Op.STORE, Op.AS_LIST, Op.ONLY_VALUE, Op.NOT_LIST, Op.NOT_SET}
)

_COMMAND_LINE = frozenset(
    {"args", "opts", "options", "namespace", "parse_args", "parsed_args", "cli_args", "arguments"}
)
#: What parsed arguments are, whatever they are called.
_PARSED = ("argparse.Namespace", "optparse.Values")
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
_NAMED = frozenset({Kind.NAME, Kind.ATTR, Kind.PARAM, Kind.CELL})
_TEMPORARY_DIRECTORY = re.compile(
    r"(^|_)(tmp|temp|temporary|scratch)_?(dir|dirs|directory|folder)(name|path)?$", re.IGNORECASE
)
#: What may be done to a file that nothing is written to.
_CLOSING = frozenset({"close", "flush"})
#: A value that comes here is at the disposal of others.
OUTWARD = frozenset({Kind.RETURN, Kind.PUT, Kind.BOUND, Kind.CELL, Kind.OUT})
_STEPS = 120
_TEMPORARY_DEPTH = 24


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


class PathEvidence:
    """Answers questions about path nodes; keeps the answers."""

    def __init__(
        self,
        linked: Mutations,
        graph: Graph,
        tests: frozenset[int] = frozenset(),
        shown: Demonstrations | None = None,
    ) -> None:
        """``tests``: units of test code, which say nothing of the paths of other units; nor does what is ``shown``."""
        self._shown = shown
        self._linked = linked
        self._graph = graph
        self._tests = tests
        self._known: dict[int, Evidence] = {}
        self._origins: dict[int, frozenset[object]] = {}
        self._passed: dict[int, tuple[int, ...]] = {}
        self._temporary = {s.ports["return"] for s in linked.sites if s.model.temp}
        self._sites_by_result: dict[int, list[Site]] = {}
        world = linked.world
        self._given: dict[int, str] = {
            world.node_base[unit] + local: name
            for unit, (_, _, facts) in enumerate(world.units)
            for local, name in facts.named
        }
        for site in linked.sites:
            self._sites_by_result.setdefault(site.ports["return"], []).append(site)

    def of(self, node: int, via: frozenset[int] = frozenset()) -> Evidence:
        """The evidence for the path at ``node``; of a parameter's callers only those in ``via`` (labels of calls), if
        it names any of them."""
        if via:
            return self._gather(node, via)
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = self._gather(node, via)
        return known

    def _gather(self, start: int, via: frozenset[int]) -> Evidence:
        graph, world = self._graph, self._linked.world
        skipped = self._skipped(start)
        texts: dict[str, None] = {}
        names: dict[str, None] = {}
        owners: dict[str, None] = {}
        argument = parameter = False
        seen = {start}
        parts = {start}  #: what is in the path itself, not only known to a call that gives it
        #: nodes with the calls through whose results they were reached (a parameter then means that call's argument),
        #: and the positions out of which they are taken
        queue: deque[tuple[int, int, tuple[int, ...], tuple[str, ...]]] = deque([(start, 0, (), ())])
        while queue and len(seen) < _STEPS:
            node, depth, calls, places = queue.popleft()
            record = world.nodes[node]
            given = self._given.get(node)
            if given is not None:
                names[given] = None
            if record.kind == Kind.TEXT:
                if record.name:
                    texts[record.name] = None
            elif record.kind in (Kind.NAME, Kind.ATTR, Kind.PARAM, Kind.CELL, Kind.IMPORT, Kind.PUT, Kind.BOUND):
                names[record.name] = None
                argument |= record.name == "argv" and node in parts
                if record.kind == Kind.ATTR and record.base >= 0:
                    base = world.node_base[world.node_unit[node]] + record.base
                    owner = {world.nodes[base].name, self._given.get(base, "")}
                    owners |= dict.fromkeys(sorted(owner))
                    argument |= not owner.isdisjoint(_COMMAND_LINE) or self._linked.has_type(base, *_PARSED)
            elif record.kind == Kind.CALL:
                names[record.name or self._callee_name(node)] = None
                for site in self._sites_by_result.get(node, ()):
                    if site.model.opens is not None and site.ports.get(site.model.opens.path, -1) not in seen:
                        path = site.ports.get(site.model.opens.path, -1)
                        if path >= 0:
                            seen.add(path)
                            queue.append((path, depth + 1, calls, ()))
            elif record.kind == Kind.ITEM and record.base >= 0:
                base_name = world.nodes[world.node_base[world.node_unit[node]] + record.base].name
                owners[base_name] = None
                argument |= base_name == "argv"
            if record.kind == Kind.ITEM and record.name.startswith("'"):
                names[record.name[1:]] = None
            incoming = graph.incoming.get(node, ())
            unsaid = self._unsaid(node) if record.kind == Kind.CALL else ()
            if record.kind == Kind.PARAM and not incoming:
                parameter = True
                scope = graph.param_scope.get(node, -1)
                argument |= scope in self._linked.entry_points or self._is_command(scope)
            named = via and any(graph.label[number] in via for number in incoming)
            for number in incoming:
                source, label = graph.source[number], graph.label[number]
                if named and label > 0 and label not in via:
                    continue
                if world.node_unit[source] in skipped or source in unsaid:
                    continue
                if self._shown is not None and self._shown.holds(source):
                    continue
                added = record.kind == Kind.BINOP and graph.op[number] == Op.COPY  # `name += ".part"`
                if (added or graph.op[number] in _FOLLOWED) and source not in seen and depth < 14:
                    if graph.op[number] in (Op.LOAD, Op.ONLY_VALUE, Op.STORE) and depth > 6:
                        continue
                    if label > 0 and calls and calls[-1] != label:
                        continue
                    inside = _places(graph.op[number], graph.key[number], places)
                    if inside is None:
                        continue  # `first, second = pair()`: of another element
                    if node in parts and graph.op[number] != Op.ONLY_VALUE:
                        parts.add(source)
                    inner = (*calls, -label) if label < 0 else calls[:-1] if label > 0 else calls
                    seen.add(source)
                    queue.append((source, depth + 1, inner, inside))
        temporary = self.is_temporary(start) or self._temporary_ways(start, False, skipped, {}, 0, True) is True
        shown = tuple(n for n in names if n)
        return Evidence(tuple(texts), shown, temporary, argument, parameter, len(seen), tuple(owners))

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
        known: dict[int, bool | None],
        depth: int,
        named: bool = False,
    ) -> bool | None:
        """True if all ways are temporary, False if one is not, None if there is no way (or only around a circle).

        ``named``: a directory may also say so by its name.
        """
        if node in known:
            return known[node]
        if depth > _TEMPORARY_DEPTH or len(known) > _STEPS:
            return False
        known[node] = None
        for site in self._sites_by_result.get(node, ()):
            if site.model.temp and not (fresh and site.model.name == "tempfile.gettempdir"):
                known[node] = True
                return True
        world, graph = self._linked.world, self._graph
        kind = world.nodes[node].kind
        if named and kind in _NAMED and _TEMPORARY_DIRECTORY.search(world.nodes[node].name):
            known[node] = True
            return True
        found: list[bool | None] = []
        for number in graph.incoming.get(node, ()):
            source = graph.source[number]
            if graph.op[number] not in _FOLLOWED or graph.op[number] == Op.ONLY_VALUE:
                continue
            if world.node_unit[source] in skipped or world.nodes[source].kind == Kind.OUT:
                continue
            found.append(self._temporary_ways(source, fresh, skipped, known, depth + 1, named))
        for site in self._sites_by_result.get(node, ()):
            opened = site.ports.get(site.model.opens.path, -1) if site.model.opens is not None else -1
            if opened >= 0:
                found.append(self._temporary_ways(opened, fresh, skipped, known, depth + 1, named))
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
        known[node] = result
        return result

    def _skipped(self, node: int) -> frozenset[int]:
        """Units that are not asked what the path at ``node`` is."""
        return frozenset() if self._linked.world.node_unit[node] in self._tests else self._tests

    def is_dropped(self, call: int) -> bool:
        """Whether nothing in the function takes the result of a call, but to close it."""
        world, graph = self._linked.world, self._graph
        unit = world.call_unit[call]
        base, facts = world.node_base[unit], world.units[unit][2]
        taken = {base + arg.node for c in facts.calls for arg in c.args}
        taken |= {base + c.receiver for c in facts.calls if c.receiver >= 0 and c.method not in _CLOSING}
        taken |= {
            base + n.base
            for n in facts.nodes
            if n.kind in (Kind.ATTR, Kind.ITEM) and n.base >= 0 and n.name not in _CLOSING
        }
        taken |= {base + loop.source for loop in facts.loops if loop.source >= 0}
        queue = [self._linked.result_of(call)]
        for node in queue:
            if node in taken or len(queue) > _STEPS:
                return False
            for number in graph.outgoing.get(node, ()):
                target = graph.target[number]
                if graph.label[number] or world.node_unit[target] != unit or world.nodes[target].kind in OUTWARD:
                    return False
                if target not in queue:
                    queue.append(target)
        return True

    def given_name(self, node: int) -> str:
        """The local name that a value was first given, or ""."""
        return self._given.get(node, "")

    def _callee_name(self, node: int) -> str:
        world = self._linked.world
        unit = world.node_unit[node]
        call = world.calls[world.call_base[unit] + world.nodes[node].base]
        return world.nodes[world.node_base[unit] + call.callee].name

    # the same path in two places

    def origins(self, node: int) -> frozenset[object]:
        """Signatures of the values that ``node`` may be; two paths with a common one may be the same path."""
        known = self._origins.get(node)
        if known is not None:
            return known
        graph, world = self._graph, self._linked.world
        found: set[object] = set()
        skipped = self._skipped(node)
        seen = {node}
        queue: deque[int] = deque([node])
        while queue and len(seen) < _STEPS:
            current = queue.popleft()
            if world.node_unit[current] in skipped:
                continue
            kind = world.nodes[current].kind
            if kind not in (Kind.VALUE, Kind.CONST, Kind.PUT, Kind.BOUND, Kind.OUT, Kind.RETURN):
                found.add(self.signature(current, 0))
            if kind in (Kind.TEXT, Kind.BINOP):
                continue
            for site in self._sites_by_result.get(current, ()):
                if site.model.temp in ("path", "handle"):
                    found.add(("temporary", current))
                port = self._passes_path(site)
                if port >= 0 and port not in seen:
                    seen.add(port)
                    queue.append(port)
            for number in graph.incoming.get(current, ()):
                source = graph.source[number]
                if graph.op[number] == Op.LOAD:
                    found.update(self._files_of(source))
                    queue.extend(self._yielded(source, seen))
                if graph.op[number] == Op.SAME and source not in seen:
                    seen.add(source)
                    queue.append(source)
        result = self._origins[node] = frozenset(found)
        return result

    def _files_of(self, node: int) -> set[object]:
        """The temporary files whose name or descriptor may be taken out of ``node``."""
        graph = self._graph
        found: set[object] = set()
        seen = {node}
        queue = deque([node])
        while queue and len(seen) < _STEPS:
            current = queue.popleft()
            if any(site.model.temp in ("path", "handle") for site in self._sites_by_result.get(current, ())):
                found.add(("temporary", current))
            for number in graph.incoming.get(current, ()):
                source = graph.source[number]
                if graph.op[number] == Op.SAME and source not in seen:
                    seen.add(source)
                    queue.append(source)
        return found

    def _yielded(self, node: int, seen: set[int]) -> list[int]:
        """What a generator yields, if ``node`` is its result: a context manager hands it on."""
        if self._linked.world.nodes[node].kind != Kind.RETURN:
            return []
        graph = self._graph
        found = [graph.source[n] for n in graph.incoming.get(node, ()) if graph.op[n] == Op.STORE]
        found = [source for source in found if source not in seen]
        seen.update(found)
        return found

    def leaves(self, node: int) -> frozenset[int] | None:
        """Where everything in a path comes from in the end; None if that is too much to say."""
        passed = self.passed(node)
        if len(passed) >= _STEPS:
            return None
        graph = self._graph
        return frozenset(
            n for n in passed if not any(graph.op[number] in _FOLLOWED for number in graph.incoming.get(n, ()))
        )

    def composed(self, node: int) -> list[int]:
        """Where a path is put together out of parts, nearest first."""
        nodes = self._linked.world.nodes
        found = []
        for current in self.passed(node):
            record = nodes[current]
            derived = record.kind == Kind.CALL and record.name in _DERIVING
            if record.kind == Kind.BINOP or derived or (record.kind == Kind.TEXT and "\x00" in record.name):
                found.append(current)
        return found

    def parts(self, node: int) -> list[int]:
        """What a path is or is put together of, one step back."""
        graph, nodes = self._graph, self._linked.world.nodes
        found = [graph.source[n] for n in graph.incoming.get(node, ()) if graph.op[n] in (Op.SAME, Op.TEXT, Op.PATH)]
        return [source for source in found if nodes[source].kind != Kind.OUT]

    def passed(self, node: int) -> tuple[int, ...]:
        """All nodes that go into a path, nearest first, as far as they are followed."""
        known = self._passed.get(node)
        if known is not None:
            return known
        graph, units = self._graph, self._linked.world.node_unit
        skipped = self._skipped(node)
        seen = {node: None}
        queue = deque([node])
        while queue and len(seen) < _STEPS:
            for number in graph.incoming.get(queue.popleft(), ()):
                source = graph.source[number]
                if graph.op[number] in _FOLLOWED and source not in seen and units[source] not in skipped:
                    seen[source] = None
                    queue.append(source)
        result = self._passed[node] = tuple(seen)
        return result

    def _passes_path(self, site: Site) -> int:
        """The port of a call that only turns a path into another kind of path (``str(p)``, ``Path(p)``, ``fspath``)."""
        if site.model.name in SAME_FILE:
            for name in site.model.params[:1]:
                return site.ports.get(name, -1)
        return -1

    def signature(self, node: int, depth: int) -> object:
        """Equal for nodes that are built alike from the same things."""
        world, graph = self._linked.world, self._graph
        record = world.nodes[node]
        if depth > 4:
            return node
        if record.kind == Kind.TEXT and "\x00" not in record.name:
            return ("text", record.name)
        if record.kind in (Kind.TEXT, Kind.BINOP):
            inputs = [graph.source[n] for n in graph.incoming.get(node, ()) if graph.label[n] == 0]
            return (record.kind, record.name, tuple(self.signature(source, depth + 1) for source in inputs))
        if record.kind in (Kind.NAME, Kind.IMPORT):
            return ("name", self._linked.file_of(node), record.name)
        if record.kind in (Kind.ATTR, Kind.ITEM) and record.base >= 0:
            base = world.node_base[world.node_unit[node]] + record.base
            owner: object = self.signature(base, depth + 1)
            for value in self._linked.values(base):
                if value[0] == "i":
                    owner = ("instance", value[1])
                    break
            return ("attribute", record.name, owner)
        if record.kind == Kind.PARAM:
            function = world.functions.get(world.scope_of_node(node))
            if function is not None and function.cls >= 0 and record.base == 0:
                return ("instance", function.cls)
        if record.kind == Kind.CALL:
            for site in self._sites_by_result.get(node, ()):
                port = self._passes_path(site)
                if port >= 0:
                    return self.signature(port, depth + 1)
        if record.kind == Kind.CALL and record.name in _DERIVING:
            unit = world.node_unit[node]
            number = world.call_base[unit] + record.base
            receiver = self._linked.receiver_of(number)
            parts = tuple(self.signature(n, depth + 1) for _, n in self._linked.argument_nodes(number))
            return ("call", record.name, self.signature(receiver, depth + 1) if receiver >= 0 else None, parts)
        sources = [
            graph.source[n] for n in graph.incoming.get(node, ()) if graph.op[n] == Op.SAME and graph.label[n] == 0
        ]
        if record.kind == Kind.VALUE and len(sources) == 1:
            return self.signature(sources[0], depth + 1)
        return node


def _places(op: int, key: str, places: tuple[str, ...]) -> tuple[str, ...] | None:
    """The positions out of which a value is taken, one step further back; None if it was put elsewhere."""
    if op == Op.LOAD and key.startswith("#"):
        return (*places, key)
    if op != Op.STORE or not places:
        return places
    return None if key.startswith("#") and key != places[-1] else places[:-1]


SAME_FILE = frozenset(
    {
        "builtins.str", "pathlib.Path", "os.fspath", "os.path.abspath", "os.path.realpath", "os.fsencode",
        "os.fsdecode", "os.path.expanduser", "os.path.normpath", "pathlib.PurePath", "os.path.expandvars",
    }
)  # fmt: skip
_DERIVING = frozenset({"with_suffix", "with_name", "joinpath", "join", "with_stem", "name", "format", "resolve"})
