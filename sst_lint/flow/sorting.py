"""Which sorts go by a clock, and which leave ties in the order that they had?

A sort by modification time of what a directory lists is an order that a copy or a checkout changes; the same holds for
the largest or smallest by it. A sort by a key that two elements can share leaves those two as it found them. Only what
has no order of its own before the sort is of interest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site

Key = Literal["clock", "stamp", "ties", ""]

_TIMES = frozenset(
    f"st_{name}{unit}" for name in ("mtime", "ctime", "atime", "birthtime") for unit in ("", "_ns")
)  # fmt: skip
_TIME_CALLS = frozenset({"os.path.getmtime", "os.path.getctime", "os.path.getatime"})
#: Dates that were written down somewhere; who wrote them had a clock.
_PARSED = frozenset({"strptime", "fromisoformat", "fromtimestamp", "utcfromtimestamp", "parse_date", "isoparse"})
_STAMPS = ("timestamp", "mtime", "ctime", "modified", "created", "updated", "datetime", "last_used", "finished")
#: Library functions whose result two different elements can share.
_SHARED = frozenset({
    "builtins.len", "builtins.str.lower", "builtins.str.casefold", "builtins.str.upper", "builtins.abs",
    "builtins.round", "builtins.type", "builtins.bool", "builtins.hash", "os.path.getsize", "os.path.dirname",
})  # fmt: skip
_SHARED_METHODS = frozenset({"lower", "casefold", "upper", "count", "startswith", "endswith", "is_dir", "is_file"})
_SHARED_NAMES = frozenset(
    {"size", "st_size", "suffix", "priority", "weight", "score", "rank", "level", "depth", "length", "category", "kind",
     "type", "parent", "count", "age", "cost", "value", "position", "lineno"}
)  # fmt: skip
_NEAR = 60
_FAR = 600
_SELECTING = {"builtins.max": "iterable", "builtins.min": "iterable"}


@dataclass(frozen=True)
class Sorted:
    """A sort, maximum or minimum by a key. ``result``: what is sorted by it, or the one that wins."""

    site: Site
    elements: int
    result: int
    key: Key
    selects: bool


class Sorting:
    """The sorts of a program that go by a clock or can tie."""

    def __init__(self, linked: Mutations, graph: Graph) -> None:
        self._linked = linked
        self._graph = graph
        self._loads = frozenset(
            site.ports["return"]
            for site in linked.sites
            if site.model.format and site.model.name.rpartition(".")[2].startswith(("load", "read"))
        )
        self.all = [row for site in linked.sites for row in self._rows(site)]

    def _rows(self, site: Site) -> list[Sorted]:
        elements, result, selects = self._ports(site)
        if elements < 0 or result < 0:
            return []
        key = self.key_of(site, elements)
        return [Sorted(site, elements, result, key, selects)] if key else []

    def _ports(self, site: Site) -> tuple[int, int, bool]:
        model, ports = site.model, site.ports
        if model.name in _SELECTING:
            return ports.get("iterable", -1), ports["return"], True
        if model.sorts:
            before = ports.get(model.sorts, -1)
            graph = self._graph
            after = [graph.target[e] for e in graph.outgoing.get(before, ()) if graph.op[e] == Op.SORT]
            here = self._linked.world.nodes[ports["return"]]
            near = [n for n in after if self._linked.world.nodes[n].line == here.line]
            return before, near[0] if near else -1, False
        sorts = [flow.from_ for flow in model.flows if flow.how == "sort" and flow.to == "return"]
        return (ports.get(sorts[0], -1) if sorts else -1), ports["return"], False

    # keys

    def key_of(self, site: Site, elements: int) -> Key:
        """By what the elements are compared: a clock, a date that was written down, or something that can tie."""
        node = site.ports.get("key", -1)
        if node < 0:
            return self._first_of_tuples(elements)
        found: list[Key] = [self._of_value(site, value) for value in self._linked.values(node)]
        record = self._linked.world.nodes[node]
        if record.kind == Kind.CALL:
            found.append(self._of_getter(node))
        return next((key for key in ("clock", "stamp", "ties") if key in found), "")

    def _of_value(self, site: Site, value: tuple[str, object]) -> Key:
        kind, held = value
        if kind == "x":
            name = str(held)
            return "clock" if name in _TIME_CALLS else "ties" if name in _SHARED else ""
        if kind in ("f", "b") and isinstance(held, int):
            function = self._linked.world.functions[held]
            params = function.params[1:] if kind == "b" else function.params
            return self._of_result(function.returns, params[0]) if params else ""
        return ""

    def _of_getter(self, node: int) -> Key:
        """``attrgetter("st_mtime")``, ``itemgetter("created_at")``, ``itemgetter(1)``."""
        linked, world = self._linked, self._linked.world
        call = world.call_of(node)
        names = linked.externals.get(call, {})
        if not any(name.endswith(("attrgetter", "itemgetter")) for name in names):
            return ""
        texts = [str(linked.constant(argument)) for _, argument in linked.argument_nodes(call)]
        if any(text.rpartition(".")[2] in _TIMES for text in texts):
            return "clock"
        return "stamp" if any(map(is_stamp, texts)) else "ties" if len(texts) == 1 else ""

    def _of_result(self, result: int, element: int) -> Key:
        """What the result of a key function is made of."""
        nodes = self._behind(result, _parts)
        if any(self._is_clock(n) for n in nodes):
            return "clock"
        if any(self._is_stamp(n) for n in nodes):
            return "stamp"
        if element in self._behind(result, _whole):
            return ""  # the element itself decides in the end
        return "ties" if self._can_tie(result) else ""

    def _first_of_tuples(self, elements: int) -> Key:
        """``sorted((p.stat().st_mtime, p) for p in paths)``."""
        graph, nodes = self._graph, self._linked.world.nodes
        for edge in graph.incoming.get(elements, ()):
            source = graph.source[edge]
            if graph.op[edge] != Op.STORE or nodes[source].kind != Kind.TUPLE:
                continue
            for inner in graph.incoming.get(source, ()):
                if graph.op[inner] == Op.STORE and graph.key[inner] == "#0":
                    near = self._behind(graph.source[inner], _parts)
                    if any(self._is_clock(n) for n in near):
                        return "clock"
                    if any(self._is_stamp(n) for n in near):
                        return "stamp"
        return ""

    def is_read(self, row: Sorted) -> bool:
        """Whether the elements were read from a file."""
        loads = self._loads
        return any(node in loads for node in self._behind(row.elements, lambda op: True, _FAR))

    def _behind(self, node: int, through: Callable[[int], bool], limit: int = _NEAR) -> list[int]:
        """``node`` and what flows into it, from what it calls too."""
        graph, world = self._graph, self._linked.world
        seen, waiting = {node}, [node]
        for current in waiting:
            record = world.nodes[current]
            edges = [e for e in graph.incoming.get(current, ()) if graph.label[e] <= 0]
            before = [graph.source[e] for e in edges if through(graph.op[e])]
            if record.kind in (Kind.ATTR, Kind.CALL) and through(Op.ONLY_VALUE):
                unit = world.node_unit[current]
                base = record.base
                if record.kind == Kind.CALL:
                    base = world.units[unit][2].calls[record.base].receiver
                if base >= 0:
                    before.append(world.node_base[unit] + base)
            for source in before:
                if source not in seen and len(seen) < limit:
                    seen.add(source)
                    waiting.append(source)
        return waiting

    def _is_clock(self, node: int) -> bool:
        record = self._linked.world.nodes[node]
        if record.kind == Kind.ATTR:
            return record.name in _TIMES
        return record.kind == Kind.CALL and not _TIME_CALLS.isdisjoint(self._names(node))

    def _is_stamp(self, node: int) -> bool:
        record = self._linked.world.nodes[node]
        if record.kind in (Kind.ATTR, Kind.ITEM):
            return is_stamp(record.name.lstrip("'"))
        if record.kind == Kind.CALL:
            return record.name in _PARSED or any(n.rpartition(".")[2] in _PARSED for n in self._names(node))
        return False

    def _can_tie(self, result: int) -> bool:
        """Whether the whole key is something that two elements can share."""
        graph, nodes = self._graph, self._linked.world.nodes
        made = [graph.source[e] for e in graph.incoming.get(result, ()) if graph.op[e] == Op.SAME]
        return bool(made) and all(self._ties(n) for n in made if nodes[n].kind != Kind.CONST)

    def _ties(self, node: int) -> bool:
        record = self._linked.world.nodes[node]
        if record.kind == Kind.CALL:
            return record.name in _SHARED_METHODS or not _SHARED.isdisjoint(self._names(node))
        if record.kind == Kind.ATTR:
            return record.name in _SHARED_NAMES
        if record.kind == Kind.ITEM:
            return record.name[:1] == "#" or record.name.lstrip("'") in _SHARED_NAMES
        if record.kind == Kind.TUPLE:
            graph = self._graph
            return all(self._ties(graph.source[e]) for e in graph.incoming.get(node, ()) if graph.op[e] == Op.STORE)
        return record.kind == Kind.VALUE and record.name == "compare"

    def _names(self, node: int) -> dict[str, None]:
        world = self._linked.world
        number = world.call_of(node)
        return self._linked.externals.get(number, {})


def is_stamp(name: str) -> bool:
    """Whether something is called like a time."""
    lowered = name.lower()
    return lowered.endswith(("_at", "_time", "_date")) or lowered in ("date", "time") or lowered.startswith(_STAMPS)


def _parts(op: int) -> bool:
    return op not in (Op.ITER, Op.LOAD)


def _whole(op: int) -> bool:
    return op in (Op.SAME, Op.STORE, Op.PATH, Op.TEXT)


__all__ = ["Sorted", "Sorting", "is_stamp"]
