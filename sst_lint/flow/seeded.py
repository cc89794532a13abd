"""What does a generator of random numbers draw that was given a seed, and in which order?

Who gives it one wants the same numbers in each run. They come in the same order, so the loop in which they are drawn
must go through the same elements in the same order, and so must what is shuffled or chosen from.
"""

from __future__ import annotations

from collections.abc import Iterator

from sst_lint.flow.mutation import Mutations
from sst_lint.flow.writes import Writes

_GENERATORS = ("random.Random", "numpy.random.RandomState", "numpy.random.Generator")
_CONFIGURES = frozenset(
    "seed getstate setstate get_state set_state bit_generator spawn SystemRandom Random RandomState default_rng".split()
)
#: These rearrange, or choose from, what they are given first.
_OF_ELEMENTS = frozenset("choice choices sample shuffle permutation permuted".split())


def draws(linked: Mutations, writes: Writes) -> Iterator[tuple[int, int]]:
    """(call, what gives its result an order: a loop around it, or the elements that it is given)."""
    owners = _seeded(linked, writes)
    if not owners:
        return
    for call, names in linked.externals.items():
        if not any(_is_draw(name, owners) for name in names) or _in_test(linked, writes, call):
            continue
        for loop in linked._loops_all(call):
            yield call, loop
        arguments = linked.argument_nodes(call)
        if linked.world.calls[call].method in _OF_ELEMENTS and arguments and arguments[0][0] == "":
            yield call, arguments[0][1]


def _is_draw(name: str, owners: frozenset[str]) -> bool:
    owner, _, last = name.rpartition(".")
    return owner in owners and last not in _CONFIGURES and not last.startswith("_")


def _seeded(linked: Mutations, writes: Writes) -> frozenset[str]:
    """Modules whose generator the program seeds, and types of generators each of which it makes with a seed."""
    given: set[str] = set()
    without: set[str] = set()
    for site in linked.sites:
        model = site.model
        makes = model.returns in _GENERATORS
        if not model.seed or not (makes or model.seeds) or _in_test(linked, writes, site.call):
            continue
        owner = model.returns if makes else model.seeds.rstrip(".")
        known = model.seed in site.given and site.constants.get(model.seed, 0) is not None
        (given if known else without).add(owner)
    return frozenset(given - without)


def _in_test(linked: Mutations, writes: Writes, call: int) -> bool:
    return writes.is_test(linked.world.path_of_unit(linked.world.call_unit[call]))
