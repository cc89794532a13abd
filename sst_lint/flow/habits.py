"""What does a program care for elsewhere? That files appear whole, that keys stand in one order, that dates are given.

Who puts one file in place by a rename would miss the half of another; who sorts the keys of most files wants to compare
them, and so does who gives the members of archives a date, or a generator of random numbers a seed. Of programs that do
nothing of this nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.protocol import Protocol
from sst_lint.flow.writes import Write

#: The date for builds that give the same bytes each time, as all tools know it.
EPOCH = "SOURCE_DATE_EPOCH"
#: Under these names the headers of archives and their members hold a date.
_DATES = ("mtime", "date_time")
_DATED = ("gzip.", "zipfile.", "tarfile.")
#: So many nodes are looked through for the file that a text goes into.
_NEAR = 60


def puts_in_place(protocols: Iterable[Protocol], writes: Iterable[Write], is_test: Callable[[int], bool]) -> bool:
    """Whether a program writes some file beside its place and renames it, or has a library do so. ``is_test``: whether
    a call stands in test code."""
    renamed = (each.move.call for each in protocols if each.way in ("replace", "rename") and each.seen)
    atomic = (each.site.call for each in writes if each.atomic)
    return any(not is_test(call) for call in (*renamed, *atomic))


def sorts_keys(linked: Mutations, graph: Graph, is_test: Callable[[int], bool]) -> bool:
    """Whether a program writes files with sorted keys at least as often as without; a digest of them says nothing of
    files."""
    files = {
        content for (call, port), content in linked.contents.items()
        if not port and not any(site.model.digest for site in linked.sites_of.get(call, ()))
    }  # fmt: skip
    chosen: list[bool] = []
    for site in linked.sites:
        asked = site.model.sort_param
        if not asked or is_test(site.call) or (site.ports.get(asked, -1) >= 0 and asked not in site.constants):
            continue
        if (site.call, "") in linked.contents or _arrives(graph, site.ports["return"], files):
            chosen.append(site.constants.get(asked) is True)
    return any(chosen) and 2 * sum(chosen) >= len(chosen)


def settles_dates(linked: Mutations, is_test: Callable[[int], bool]) -> bool:
    """Whether a program says anywhere which date stands in the headers of its archives. ``is_test``: whether a node
    stands in test code."""
    world = linked.world
    nodes = world.nodes
    if any(nodes[node].name == EPOCH and not is_test(node) for node in world.of_kind(Kind.TEXT)):
        return True
    puts = (node for node in world.of_kind(Kind.PUT) if nodes[node].name in _DATES and nodes[node].base >= 0)
    if any(
        not _is_own(linked, world.node_base[world.node_unit[node]] + nodes[node].base) and not is_test(node)
        for node in puts
    ):
        return True
    return any(
        _is_dated(linked, number) and not is_test(linked.result_of(number))
        for number, names in linked.externals.items()
        if any(name.startswith(_DATED) for name in names)
    )


def gives_seeds(linked: Mutations, is_test: Callable[[int], bool]) -> bool:
    """Whether a program gives some generator of random numbers a seed: it wants to make the same again. ``is_test``:
    whether a node stands in test code."""
    return any(
        site.model.seed in site.given and site.constants.get(site.model.seed, 0) is not None
        for site in linked.sites
        if site.model.seed and not is_test(linked.result_of(site.call))
    )


def _is_own(linked: Mutations, node: int) -> bool:
    """Whether a node is the object whose method is run: its fields are no headers."""
    function = linked.world.functions.get(linked.world.scope_of_node(node))
    return function is not None and function.cls >= 0 and function.params[:1] == (node,)


def _is_dated(linked: Mutations, number: int) -> bool:
    """``gzip.open(path, mtime=0)``, ``ZipInfo(name, (1980, 1, 1, 0, 0, 0))``"""
    given = linked.argument_nodes(number)
    if any(slot in _DATES for slot, _ in given):
        return True
    return "zipfile.ZipInfo" in linked.externals[number] and len(given) > 1


def _arrives(graph: Graph, text: int, files: set[int]) -> bool:
    """Whether a text goes into one of ``files``."""
    near, seen = [text], {text}
    for node in near:
        if node in files:
            return True
        if len(near) > _NEAR:
            return False
        for edge in graph.outgoing.get(node, ()):
            if graph.target[edge] not in seen:
                seen.add(graph.target[edge])
                near.append(graph.target[edge])
    return False
