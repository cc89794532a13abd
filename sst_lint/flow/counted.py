"""Which new directories get the next free number? It is counted from what is there, and two processes that count at
the same time get the same one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.effects import Effect, Effects
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site
from sst_lint.flow.tested import Tests

_COUNTING = frozenset({"builtins.len", "builtins.max"})
#: So many values back from a name it is asked what it was counted from.
_NEAR = 200


@dataclass(frozen=True)
class Counted:
    """A directory that is made under a number that was counted from a listing."""

    listing: Site
    act: Effect


class Counts:
    """Finds them in a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, effects: Effects, tests: Tests) -> None:
        self._linked = linked
        self._graph = graph
        self._effects = effects
        self._tests = tests
        self._listings = {
            site.ports["return"]: site
            for site in linked.sites
            if any(source.kind == "listing" for source in site.model.sources)
        }

    def all(self) -> Iterator[Counted]:
        """Directories that are made under the next free number, as if nobody else counted."""
        for scope in self._effects.scopes() if self._listings else ():
            for act in self._effects.of(scope):
                if act.kind == "mkdir" and not act.calls:
                    path = act.site.ports.get(act.site.model.makes_directory, -1)
                    listing = self._counted_from(path) if path >= 0 else None
                    if listing is not None and not self._tests.expects_another(listing.call, act):
                        yield Counted(listing, act)

    def _counted_from(self, path: int) -> Site | None:
        """The listing from which a number in a path was counted, in the function at hand."""
        graph, unit = self._graph, self._linked.world.node_unit
        queue, seen = [(path, False)], {(path, False)}
        for node, counted in queue:
            if counted and node in self._listings:
                return self._listings[node]
            further = counted or self._counts(node)
            for edge in graph.within.get(node, ()):
                state = (graph.source[edge], further)
                here = unit[state[0]] == unit[path] and graph.op[edge] != Op.NOTHING
                if here and state not in seen and len(seen) < _NEAR:
                    seen.add(state)
                    queue.append(state)
        return None

    def _counts(self, node: int) -> bool:
        """Whether a value is a number that was counted: of how many there are, or one more than the greatest."""
        world, graph = self._linked.world, self._graph
        record = world.nodes[node]
        if record.kind == Kind.CALL:
            return not _COUNTING.isdisjoint(self._linked.externals.get(world.call_of(node), ()))
        added = [world.nodes[graph.source[edge]] for edge in graph.within.get(node, ())]
        return record.kind == Kind.BINOP and any(each.kind == Kind.CONST and each.name.isdigit() for each in added)
