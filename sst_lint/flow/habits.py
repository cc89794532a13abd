"""What does a program care for elsewhere? That files appear whole, that keys stand in one order.

Who puts one file in place by a rename would miss the half of another; who sorts the keys of most files wants to compare
them. Of programs that do neither nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.protocol import Protocol
from sst_lint.flow.writes import Write

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
