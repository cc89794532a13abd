"""Which single elements are taken out of what has no order, and what is sorted by a key that does not settle it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sst_lint.facts.ops import ORDER, SET
from sst_lint.facts.records import Choice
from sst_lint.flow.before import is_read_before
from sst_lint.flow.coherence import asks_for_text
from sst_lint.flow.disorder import FOUND, Disorder, Sources
from sst_lint.flow.graph import Graph, Mask
from sst_lint.flow.guesses import guessed
from sst_lint.flow.instances import leaves_another
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.of_anything import of_anything
from sst_lint.flow.reach import Search
from sst_lint.flow.sorting import Sorted, Sorting

#: What a sort leaves without an order.
SORTED = ("clocked", "tied")
#: So many states one search looks at.
STATES = 400
#: All choices of a program together may take so many steps, the nearest to their sources first.
_PICKING = 2_000_000


@dataclass(frozen=True)
class SortedBy:
    """A sort of something by a clock or by what can tie. ``origin``: what gave it no order, "" when nobody knows."""

    row: Sorted
    origin: str
    path: tuple[tuple[int, int], ...]  #: from the origin to what is sorted
    weak: bool


@dataclass(frozen=True)
class Picked:
    """A choice among unordered elements."""

    unit: int
    choice: Choice | None
    node: int
    kind: str
    path: tuple[tuple[int, int], ...]
    weak: bool
    call: int = -1


class Picks:
    """The choices among unordered elements, and the sorts that settle no order."""

    def __init__(self, linked: Mutations, graph: Graph, disorder: Disorder) -> None:
        self._linked = linked
        self._graph = graph
        self._disorder = disorder
        self._left = _PICKING  #: steps
        self.sorted: dict[int, SortedBy] = {}  #: by the node of what is sorted
        self._add_sorted()

    def _add_sorted(self) -> None:
        """What was sorted by a clock, or by a key that can tie, has no order that can be relied on."""
        sorting = Sorting(self._linked, self._graph)
        rows = sorting.all
        if not rows:
            return
        sources = self._disorder.of(*FOUND, "set")
        mask = self._disorder.arriving(sources)
        for row in rows:
            bits = mask.get(row.elements, 0) & (ORDER | SET)
            found = self._pick(row.elements, bits, sources, mask) if bits else None
            read = found is None and row.key == "stamp" and sorting.is_read(row)
            if found is None and row.key != "clock" and not read:
                continue
            origin, path = found if found is not None else ("read" if read else "", ())
            weak = guessed(self._linked, self._graph, path) > 0
            self.sorted[row.result] = SortedBy(row, origin, path, weak)
            if not row.selects:
                kind = "tied" if row.key == "ties" else "clocked"
                self._linked.add_source(row.result, ORDER, kind, row.site.call)

    @cached_property
    def _without_order(self) -> tuple[Sources, Mask]:
        """Every source that is no mapping, and what may come of it."""
        sources = self._disorder.of(*FOUND, "set", *SORTED)
        return sources, self._disorder.arriving(sources)

    def origin_of(self, node: int) -> tuple[str, tuple[tuple[int, int], ...]] | None:
        """Why a value has no order of its own: the kind of the nearest source and the way from there, if it has none.

        What the search sees is bounded, so very far sources are not found.
        """
        sources, mask = self._without_order
        bits = mask.get(node, 0) & (ORDER | SET)
        return self._pick(node, bits, sources, mask) if bits else None

    def origins_of(self, node: int) -> list[tuple[str, tuple[tuple[int, int], ...]]]:
        """All that leaves a value without an order of its own, as ``origin_of`` the nearest, within the same bounds."""
        sources, mask = self._without_order
        bits = mask.get(node, 0) & (ORDER | SET)
        return list(self._ways(node, bits, sources, mask, 0)) if bits else []

    def picked(self) -> list[Picked]:
        """Choices of one element of something unordered, with the way from the source."""
        linked, world = self._linked, self._linked.world
        sources, mask = self._without_order
        rows_: list[tuple[int, Choice | None, int, int]] = []
        for unit, choice in world.choices():
            rows_.append((unit, choice, world.node_base[unit] + choice.node, -1))
        for site in linked.sites:
            node = site.ports.get(site.model.choice, -1) if site.model.choice else -1
            if node >= 0 and not site.by_key:
                rows_.append((world.call_unit[site.call], None, node, site.call))
        found: dict[int, Picked] = {}
        for number in sorted(range(len(rows_)), key=lambda n: (mask.distance(rows_[n][2]), n)):
            unit, picked, node, call = rows_[number]
            bits = mask.get(node, 0) & (ORDER | SET)
            taken = picked.statement if picked is not None else world.nodes[linked.result_of(call)].statement
            way = self._pick(node, bits, sources, mask, taken) if bits and self._left > 0 else None
            if way is not None:
                kind, path = way
                weak = guessed(self._linked, self._graph, path) > 0
                weak = weak or of_anything(self._linked, self._graph, path) > 0
                found[number] = Picked(unit, picked, node, kind, path, weak, call)
        return [found[number] for number in sorted(found)]

    def _pick(
        self, node: int, bits: int, sources: Sources, mask: Mask, taken: int = 0
    ) -> tuple[str, tuple[tuple[int, int], ...]] | None:
        return next(self._ways(node, bits, sources, mask, taken), None)

    def _ways(
        self, node: int, bits: int, sources: Sources, mask: Mask, taken: int
    ) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
        search = Search(self._graph, mask, STATES)
        search.start([(node, bits, "")])
        search.run()
        self._left -= search.work
        for reached in search.reached:
            for source_bits, kind in sources.get(reached, ()):
                found = search.found(reached, source_bits)
                path = tuple((s[0], e) for s, e in search.path(*found)) if found is not None else ()
                torn = asks_for_text(self._linked, self._graph, path)
                torn = torn or leaves_another(self._linked, self._graph, path)
                if path and not torn and not is_read_before(self._linked, self._graph, path, taken):
                    yield kind, path
