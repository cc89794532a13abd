"""Of what is a path made, and may two paths be the same one?"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site
from sst_lint.flow.world import World

#: What a path, or a part of it, goes through.
FOLLOWED = frozenset({Op.SAME, Op.PATH, Op.TEXT, Op.LOAD, Op.STORE, Op.AS_LIST, Op.ONLY_VALUE, Op.NOT_LIST, Op.NOT_SET})
#: So many nodes are looked at for one path.
STEPS = 120
#: Equal things are looked for so deep.
_DEEP = 4
#: Calls that only turn a path into another kind of path.
SAME_FILE = frozenset(
    {
        "builtins.str", "pathlib.Path", "os.fspath", "os.path.abspath", "os.path.realpath", "os.fsencode",
        "os.fsdecode", "os.path.expanduser", "os.path.normpath", "pathlib.PurePath", "os.path.expandvars",
    }
)  # fmt: skip
_DERIVING = frozenset({"with_suffix", "with_name", "joinpath", "join", "with_stem", "name", "format", "resolve"})

#: Where several ways to one path may meet.
_JOINS = frozenset({Kind.VALUE, Kind.CELL, Kind.RETURN})
#: So many assignments lie between where a path is put together and where it is used.
_ASSIGNED = 4
#: Where a literal has room for parts of a path; how one ends that is put behind a path.
_FILLED_IN = re.compile(r"%[sdir]|\{\w*\}")
_SUFFIX = re.compile(r"[\w}\x00]\.\w{1,10}$")
_ENDS = re.compile(r"(^|[\w}\x00])\.\w{1,10}$")


def has_suffix(text: str) -> bool:
    """Whether a literal ends as names of files do."""
    return _SUFFIX.search(text.rsplit("/", 1)[-1]) is not None


def _ending(text: str) -> str:
    """The suffix of a literal, if it has any."""
    name = text.rsplit("/", 1)[-1]
    return name[name.rfind(".") :] if has_suffix(text) or _ENDS.search(name) else ""


def gathered(world: World) -> frozenset[int]:
    """What the wrappers of decorators gather (``*args`` of a nested function): the arguments of all that they wrap."""
    return frozenset(
        node
        for function in world.functions.values()
        if world.is_nested(function.unit, function.scope - world.scope_base[function.unit])
        for param, node in zip(function.record.params, function.params, strict=True)
        if param.kind in ("*", "**")
    )


def set_aside(graph: Graph, wrappers: frozenset[int], edges: Sequence[int]) -> frozenset[int]:
    """Of the ``edges`` to one node those that do not tell what path it is: where a function has callers that are
    known, neither those that were found by the name of a method alone, nor ``wrappers`` that stand before many."""
    given = [edge for edge in edges if graph.label[edge] > 0]
    vague = frozenset(edge for edge in given if graph.weak[edge] or graph.source[edge] in wrappers)
    return vague if len(vague) < len(given) else frozenset()


def taken_out(op: int, key: str, places: tuple[str, ...]) -> tuple[str, ...] | None:
    """The positions, keys and attributes out of which a value is taken, one step further back; None if it was put
    elsewhere: the path in ``settings.out`` is not the one that ``settings.log`` got."""
    if op == Op.LOAD:
        return (*places, key)
    if op != Op.STORE or not places:
        return places
    taken = places[-1]
    return None if key and taken and key[0] == taken[0] and key != taken else places[:-1]


class PathParts:
    """Looks back from paths, without matching calls; keeps the answers."""

    def __init__(self, linked: Mutations, graph: Graph, tests: frozenset[int]) -> None:
        """``tests``: units of test code, which say nothing of the paths of other units."""
        self._linked = linked
        self._graph = graph
        self._tests = tests
        self._origins: dict[int, frozenset[object]] = {}
        self._passed: dict[int, tuple[int, ...]] = {}
        self._various: dict[int, bool] = {}
        self._sites_by_result: dict[int, list[Site]] = {}
        for site in linked.sites:
            self._sites_by_result.setdefault(site.ports["return"], []).append(site)

    def _skipped(self, node: int) -> frozenset[int]:
        """Units that are not asked what the path at ``node`` is."""
        return frozenset() if self._linked.world.node_unit[node] in self._tests else self._tests

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
        while queue and len(seen) < STEPS:
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
        while queue and len(seen) < STEPS:
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
        if len(passed) >= STEPS:
            return None
        graph = self._graph
        return frozenset(
            n for n in passed if not any(graph.op[number] in FOLLOWED for number in graph.incoming.get(n, ()))
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

    def last_literal(self, node: int) -> str:
        """The literal with which the path at ``node`` ends, if it is put together there, else ""."""
        graph, nodes = self._graph, self._linked.world.nodes
        for _ in range(_ASSIGNED):
            incoming = graph.incoming.get(node, ())
            if len(incoming) != 1 or graph.op[incoming[0]] != Op.SAME or graph.label[incoming[0]]:
                break
            node = graph.source[incoming[0]]
        record = nodes[node]
        if record.kind == Kind.TEXT:
            return record.name if "\x00" in record.name and has_suffix(record.name) else ""
        if record.kind == Kind.CALL and record.name != "format":
            return self._last_argument(node)
        if record.kind not in (Kind.CALL, Kind.BINOP):
            return ""
        sources = [nodes[graph.source[number]] for number in graph.incoming.get(node, ())]
        texts = [source.name for source in sources if source.kind == Kind.TEXT]
        if record.name in ("%", "format"):
            return next((text for text in texts if _FILLED_IN.search(text) and has_suffix(text)), "")
        last = texts[-1] if texts else ""
        return last if record.name == "/" or (record.name == "+" and _ENDS.search(last)) else ""

    def ends_variously(self, node: int) -> bool:
        """Whether a path is one of several that end in different literals, or of which some end in none."""
        known = self._various.get(node)
        if known is None:
            ways, seen = self._ways_here(node), {node}
            texts = [text for way in ways for text in self._endings(way, 0, seen)] if len(ways) > 1 else []
            known = self._various[node] = len({_ending(text) for text in texts}) > 1
        return known

    def _ways_here(self, node: int) -> list[int]:
        """What a path may be that is chosen inside of one function, one step back."""
        graph, nodes = self._graph, self._linked.world.nodes
        if nodes[node].kind not in _JOINS:
            return []
        found = [
            graph.source[number]
            for number in graph.incoming.get(node, ())
            if graph.op[number] == Op.SAME and not graph.label[number]
        ]
        return [one for one in found if not (nodes[one].kind == Kind.CONST and nodes[one].name == "None")]

    def _endings(self, node: int, depth: int, seen: set[int]) -> list[str]:
        """The literals with which the ways to a path end, "" where one ends in none that is known. ``seen``: what was
        asked before, on this way or another."""
        if node in seen:
            return []
        seen.add(node)
        graph, record = self._graph, self._linked.world.nodes[node]
        last = record.name if record.kind == Kind.TEXT else self.last_literal(node)
        ways = [] if last or depth > _ASSIGNED else self._ways_here(node)
        if not last and not ways and record.kind == Kind.CALL:
            incoming = graph.incoming.get(node, ())
            ways = [graph.source[n] for n in incoming if graph.op[n] == Op.SAME and graph.label[n] < 0]
            ways = ways or [part for part in (self._last_part(node),) if part >= 0]
        return [text for way in ways for text in self._endings(way, depth + 1, seen)] if ways else [last]

    def _last_argument(self, node: int) -> str:
        """The literal that a call puts last into the path that it gives back."""
        last = self._last_part(node)
        record = self._linked.world.nodes[last] if last >= 0 else None
        return record.name if record is not None and record.kind == Kind.TEXT else ""

    def _last_part(self, node: int) -> int:
        """What a call puts last into the path that it gives back, or -1."""
        graph = self._graph
        parts = {graph.source[number] for number in graph.incoming.get(node, ()) if graph.op[number] == Op.PATH}
        given = [value for slot, value in self._linked.argument_nodes(self._linked.world.call_of(node)) if slot == ""]
        return given[-1] if given and given[-1] in parts else -1

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
        while queue and len(seen) < STEPS:
            for number in graph.incoming.get(queue.popleft(), ()):
                source = graph.source[number]
                if graph.op[number] in FOLLOWED and source not in seen and units[source] not in skipped:
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
        if depth > _DEEP:
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
