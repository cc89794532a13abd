"""What does a generator of random numbers draw that was given a seed, and in which order?

Who gives it one wants the same numbers in each run. They come in the same order, so the loop in which they are drawn
must go through the same elements in the same order, and so must what is shuffled or chosen from.
"""

from __future__ import annotations

from collections.abc import Iterator

from sst_lint.facts.ops import VALUE
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.reseeded import before, seeded_later
from sst_lint.flow.writes import Writes

_GENERATORS = ("random.Random", "numpy.random.Generator")
#: Others that are as good as one of those.
_LIKE = {"numpy.random.RandomState": "numpy.random.Generator"}
_CONFIGURES = frozenset(
    "seed getstate setstate get_state set_state bit_generator spawn SystemRandom Random RandomState default_rng".split()
)
#: Modules in which most functions draw nothing, and those that do.
_SOME_DRAW = {
    "torch": frozenset(
        "rand rand_like randn randn_like randint randint_like randperm normal bernoulli multinomial poisson".split()
    )
}
#: These rearrange, or choose from, what they are given first.
_OF_ELEMENTS = frozenset("choice choices sample shuffle permutation permuted".split())


class Seeded:
    """The draws of seeded generators in a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, writes: Writes) -> None:
        self._linked = linked
        self._graph = graph
        self._writes = writes
        self._made: dict[int, tuple[str, bool]] = {}  #: result of a call -> what it makes or seeds, whether by a seed
        for site in linked.sites:
            model = site.model
            makes = model.returns in _GENERATORS
            if model.seed and (makes or model.seeds) and not self._in_test(site.call):
                known = model.seed in site.given and site.constants.get(model.seed, 0) is not None
                owner = model.returns if makes else model.seeds.rstrip(".")
                self._made[site.ports["return"]] = (owner, known and not self._varies(site.ports[model.seed]))
        for site, node in seeded_later(linked, graph):
            if self._made.get(site.ports["return"], ("", False))[1] and node in self._made:
                self._made[node] = (self._made[node][0], True)

    def draws(self) -> Iterator[tuple[int, int]]:
        """(call, what gives its result an order: a loop around it, or the elements that it is given)."""
        linked = self._linked
        owners = {owner for owner, known in self._made.values() if known}
        for call, names in linked.externals.items() if owners else ():
            owner = next((_owner(name) for name in names if _is_draw(name, owners)), "")
            if not owner or self._in_test(call) or not self._has_seed(call, owner):
                continue
            for loop in linked._loops_all(call):
                yield call, loop
            arguments = linked.argument_nodes(call)
            if linked.world.calls[call].method in _OF_ELEMENTS and arguments and arguments[0][0] == "":
                yield call, arguments[0][1]

    def _has_seed(self, call: int, owner: str) -> bool:
        """Whether every generator that the call may draw from has a seed; all of its kind, if it is not seen."""
        near = [
            *before(self._graph, self._linked.receiver_of(call)),
            *before(self._graph, self._linked.callee_of(call)),
        ]
        found = [self._made[node] for node in near if node in self._made]
        return all(known for kind, known in found or self._made.values() if kind == owner)

    def _varies(self, seed: int) -> bool:
        """Whether a seed is another one in each run: a clock, the process, a random number; unless a caller may give
        one, ``int(time()) if seed is None else seed``."""
        sources, nodes, near = self._linked.sources, self._linked.world.nodes, before(self._graph, seed)
        given = any(nodes[node].kind == Kind.PARAM and "seed" in nodes[node].name.lower() for node in near)
        return not given and any(bits == VALUE for node in near for bits, _, _ in sources.get(node, ()))

    def _in_test(self, call: int) -> bool:
        world = self._linked.world
        return self._writes.is_test(world.path_of_unit(world.call_unit[call]))


def _is_draw(name: str, owners: set[str]) -> bool:
    last = name.rpartition(".")[2]
    if _owner(name) in _SOME_DRAW:
        return _owner(name) in owners and last in _SOME_DRAW[_owner(name)]
    return _owner(name) in owners and last not in _CONFIGURES and not last.startswith("_")


def _owner(name: str) -> str:
    """The module or type that ``name`` belongs to."""
    owner = name.rpartition(".")[0]
    return _LIKE.get(owner, owner)
