"""What is left of a digest, and does what is digested determine it? Digests cut short, texts and pickles as input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sst_lint.facts.ops import VALUE, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import words
from sst_lint.flow.codes import places
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.permanence import Leak, Permanence, Where, with_ops

_SLICE = re.compile(r"\[(-?\d*):(-?\d*)\]")
_CONTAINERS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict", "collections.Counter"})
_SEQUENCES = frozenset({"builtins.list", "builtins.tuple", "collections.deque"})
_TABLES = ("pandas.", "polars.", "numpy.", "torch.", "pyarrow.", "xarray.", "dask.")
#: A parameter of which nothing but its name is known.
_STRUCTURED = frozenset(
    "config configs params parameters options settings kwargs args payload obj object record records state metadata "
    "frame df dataframe table data dict mapping spec".split()
)
_NARROWING = frozenset({"%", "&", ">>", "//"})
_CONTENT: frozenset[tuple[Where, int]] = frozenset({("content", 0), ("content", 1)})
#: All operations but one become none.
_ONLY_SAME = bytes(op if op == Op.SAME else Op.NOTHING for op in range(256))
_TEXTS = frozenset({"builtins.str", "builtins.repr", "builtins.ascii"})


@dataclass(frozen=True)
class Short:
    """A digest of which only ``bits`` are kept, and what they name."""

    node: int
    bits: int
    leak: Leak
    checksum: bool  #: not cut: all of it is that short (`crc32`)


@dataclass(frozen=True)
class Unstable:
    """An input of a digest that does not determine it. ``what``: pickle, table, mapping, sequence, object."""

    node: int
    what: str
    api: str
    leak: Leak
    kept: bool = False  #: the same bytes are written to a file: the digest is over what the file holds


class Digests:
    """Judges the digests of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, permanence: Permanence) -> None:
        self._linked = linked
        self._graph = graph
        self._permanence = permanence
        self._digests = {
            site.ports["return"]: site
            for site in linked.sites
            if site.model.format == "digest" and not site.model.name.startswith("hmac.")
        }

    # cut short

    @cached_property
    def short(self) -> tuple[Short, ...]:
        """Short digests that name something, by node."""
        pieces = dict(self._pieces())
        sums = frozenset(node for node, site in self._digests.items() if site.model.returns == "builtins.int")
        wanted: tuple[tuple[Where, int], ...] = (("name", 0), ("name", 1), ("content", 0), ("leaves", 3))
        places = {node: frozenset(wanted[:2] if node in sums else wanted) for node in (*pieces, *sorted(sums))}
        found = self._permanence.find(places, self._unnarrowed())
        cut = frozenset(pieces)
        result = []
        for node in sorted(found):
            leak = found[node]
            if node in sums:
                result.append(Short(node, 32, leak, True))
                continue
            base, bits = pieces[node]
            if not self._permanence.arrives_whole(base, leak.sink.node, cut):
                result.append(Short(node, bits, leak, False))
        return tuple(result)

    def _pieces(self) -> Iterator[tuple[int, tuple[int, int]]]:
        """(slice, (what it is cut from, bits)) of the slices of digests."""
        graph, nodes = self._graph, self._linked.world.nodes
        if not self._digests:
            return
        same = with_ops(graph, graph.op.translate(_ONLY_SAME))
        mask = same.forward_mask((n, VALUE) for n in sorted(self._digests))
        for node in self._linked.world.of_kind(Kind.VALUE):
            if nodes[node].name[:1] != "[" or not mask.get(node, 0):
                continue
            kept = _kept(nodes[node].name)
            bases = [graph.source[n] for n in graph.incoming.get(node, ())]
            if kept and bases:
                is_bytes = self._linked.has_type(bases[0], "builtins.bytes")
                bits = kept * (8 if is_bytes and not self._linked.has_type(bases[0], "builtins.str") else 4)
                if bits <= _ENOUGH:
                    yield node, (bases[0], bits)

    def _unnarrowed(self) -> Graph:
        """The graph without what takes a number apart: a bucket is no identity."""
        graph, nodes = self._permanence.graph, self._linked.world.nodes
        op = bytearray(graph.op)
        narrowing = {node for node in self._linked.world.of_kind(Kind.BINOP) if nodes[node].name in _NARROWING}
        for number, target in enumerate(graph.target):
            if target in narrowing:
                if nodes[graph.source[number]].kind != Kind.TEXT and op[number] != Op.TEXT:
                    op[number] = Op.NOTHING
        return with_ops(graph, op)

    # what is digested

    @cached_property
    def unstable(self) -> tuple[Unstable, ...]:
        """Inputs that do not determine the digest over them, by node."""
        inputs = {**dict(self._texts()), **dict(self._calls())}
        found = self._permanence.find({n: frozenset({("digest", 0)}) for n in inputs})
        pickled = {n: _CONTENT for n in found if inputs[n][0] == "pickle"}
        kept = self._permanence.find(pickled, self._undigested()) if pickled else {}
        return tuple(Unstable(node, *inputs[node], found[node], node in kept) for node in sorted(found))

    def _undigested(self) -> Graph:
        """The graph without the results of digests: what goes on from there are not the bytes themselves."""
        graph = self._permanence.graph
        op = bytearray(graph.op)
        for node in self._digests:
            for number in graph.incoming.get(node, ()):
                op[number] = Op.NOTHING
        return with_ops(graph, op)

    def _calls(self) -> Iterator[tuple[int, tuple[str, str]]]:
        for site in self._linked.sites:
            name, last = site.model.name, site.model.name.rpartition(".")[2]
            if site.model.format == "pickle" and last == "dumps":
                yield site.ports["return"], ("pickle", name)
            elif name in _TEXTS and "encoding" not in site.given and site.model.params:
                argument = site.ports.get(site.model.params[0], -1)
                what = self._kind(argument, last != "str") if argument >= 0 else ""
                if what:
                    yield site.ports["return"], (what, name.removeprefix("builtins."))

    def _texts(self) -> Iterator[tuple[int, tuple[str, str]]]:
        """Containers that a format renders."""
        graph, nodes = self._graph, self._linked.world.nodes
        for number in places(graph.op, Op.TEXT):
            target = graph.target[number]
            if graph.label[number] == 0 and nodes[target].kind in (Kind.TEXT, Kind.BINOP):
                if self._takes_by_name(target):
                    continue
                what = self._kind(graph.source[number], False, False)
                if what in ("mapping", "table"):
                    yield target, (what, "a format")

    def _takes_by_name(self, node: int) -> bool:
        """``"%(name)s" % row``: so does every template that is filled from a mapping, unless it is seen not to."""
        graph, nodes = self._graph, self._linked.world.nodes
        parts = [nodes[graph.source[number]] for number in graph.incoming.get(node, ())]
        if nodes[node].kind != Kind.BINOP or nodes[node].name != "%":
            return False
        return not any(part.kind == Kind.TEXT and "%(" not in part.name for part in parts)

    def _kind(self, node: int, shown: bool, by_name: bool = True) -> str:
        """What kind of thing without a fixed text ``node`` is; "" if it has one. ``shown``: by ``repr``."""
        held = self._linked.values(node)
        types = {str(v[1]) for v in held if v[0] == "t"}
        if shown and types & _CONTAINERS:
            return "mapping"
        if types and len(types) == len(held):
            if types <= _CONTAINERS:
                return "" if self._linked.world.nodes[node].name[:1] == "[" else "mapping"  # no mapping is sliced
            if all(t.startswith(_TABLES) and _is_class(t) for t in types):
                return "table"
            if types <= _SEQUENCES:
                return "sequence"
        if held or not by_name:
            return ""
        record = self._linked.world.nodes[node]
        if record.kind not in (Kind.PARAM, Kind.ATTR, Kind.NAME):
            return ""
        return "object" if shown or words(record.name) & _STRUCTURED else ""


def _is_class(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last[:1].isupper() or last == "ndarray"


#: So many bits are enough for anybody.
_ENOUGH = 64


def _kept(name: str) -> int:
    """How many elements a slice ``[a:b]`` keeps; 0 when unknown or most of them."""
    found = _SLICE.fullmatch(name)
    if found is None:
        return 0
    lower, upper = (int(t) if t not in ("", "-") else None for t in found.groups())
    if upper is not None and upper > 0 and (lower is None or 0 <= lower < upper):
        return upper - (lower or 0)
    if upper is None and lower is not None and lower < 0:
        return -lower
    return 0


__all__ = ["Digests", "Short", "Unstable"]
