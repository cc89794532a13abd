"""Which values that differ from run to run are meant to? Names that nobody else may have, tokens, signatures, what a
lock holds, and the time in the name of a backup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import words

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.permanence import Leak
    from sst_lint.flow.volatile import Source

#: What is made for one machine, user or moment is meant to differ on the next one.
_SECRETS = frozenset("pin cookie secret token password salt nonce session sign signed auth captcha".split())
_LOCKS = frozenset({"lock", "locks", "locking", "lockfile", "mutex", "lease", "pidfile"})
#: Of these kinds two together name something that there is only once.
_APART = frozenset({"clock", "random", "identity"})
#: So many nodes are looked at for where something is drawn from.
_NEAR = 12
#: What adds nothing of its own to a value: constants, and what is called.
_NOTHING = frozenset({Kind.CONST, Kind.TEXT, Kind.NAME, Kind.IMPORT, Kind.BOUND})
#: Where such a value tells one thing from all others.
_IDENTIFYING = frozenset({"name", "digest", "seed"})


def unique(project: Project) -> frozenset[int]:
    """Names of files, texts that are digested, and seeds in which two of a time, a random value and a process number
    meet: nobody else is meant to have the same. Under keys of a mapping they are fields, each for itself."""
    kinds: dict[int, dict[str, None]] = {}
    for source, leak in project.leaks.values:
        if source.kind in _APART and leak.sink.where in _IDENTIFYING and not _has_fields(project, leak):
            kinds.setdefault(leak.sink.node, {})[source.kind] = None
    return frozenset(node for node, found in kinds.items() if len(found) > 1)


def _has_fields(project: Project, leak: Leak) -> bool:
    graph = project.graph
    return leak.sink.where == "digest" and any(edge >= 0 and graph.key[edge].startswith("'") for _, edge in leak.path)


def is_meant(project: Project, source: Source, leak: Leak) -> bool:
    """Whether the value is a part of what nobody else may have, by the names of the functions that make and use it."""
    if source.kind == "machine" and not _SECRETS.isdisjoint(_words(project, source.node)):
        return True
    if leak.sink.where == "digest" and source.kind in ("clock", "random"):
        if any(not _SECRETS.isdisjoint(_words(project, node)) for node in (source.node, leak.sink.node)):
            return True
    if leak.sink.where == "digest" and source.kind in ("clock", "identity", "machine"):
        path = project.trace.location(leak.sink.node).path
        held = {*_words(project, leak.sink.node), *words(path.rpartition("/")[2].removesuffix(".py"))}
        if not _LOCKS.isdisjoint(held):
            return True
    if leak.sink.where == "name" and source.kind in ("clock", "random") and _is_kept(project, leak):
        return True
    if leak.sink.where == "digest" and source.kind == "random" and _is_all(project, leak):
        return True
    if leak.sink.where == "digest" and source.kind == "clock" and _is_moment(project, source, leak):
        return True
    return source.kind == "clock" and leak.sink.where == "name" and _is_put_aside(project, leak)


def _is_kept(project: Project, leak: Leak) -> bool:
    """Whether an object, or the whole program, keeps the value: it is known by it, and its file is named after it."""
    kept = (project.linked.field_nodes, project.linked.global_nodes)
    return any(node in held for node, _ in leak.path for held in kept)


def _is_all(project: Project, leak: Leak) -> bool:
    """Whether nothing but the random value, or the time, is digested: the digest of no content is a token."""
    graph, nodes = project.graph, project.world.nodes
    for node, _ in leak.path[1:]:
        sources = {graph.source[edge] for edge in graph.incoming.get(node, ())}
        if sum(nodes[each].kind not in _NOTHING for each in sources) > 1:
            return False
    return True


def _is_moment(project: Project, source: Source, leak: Leak) -> bool:
    """Whether the digest is one of a moment and of nothing else: not of what a call has put a date into, and not one
    that is fed piece by piece."""
    made_of = project.linked.argument_nodes(source.call) if source.call >= 0 else ()
    fed = leak.sink.call >= 0 and project.world.calls[leak.sink.call].method == "update"
    return not made_of and not fed and _is_all(project, leak)


def spells(project: Project, source: Source) -> bool:
    """Whether letters and digits are drawn, out of the alphabets of ``string``: a name is made up, and no sample."""
    if source.site is None:
        return False
    drawn_from = [node for name, node in source.site.ports.items() if name not in ("return", "self") and node >= 0]
    for node in drawn_from:
        if any(value[0] == "x" and str(value[1]).startswith("string.") for value in project.linked.values(node)):
            return True
        if len(drawn_from) < _NEAR:
            drawn_from += [project.graph.source[edge] for edge in project.graph.incoming.get(node, ())]
    return False


def _words(project: Project, node: int) -> Iterator[str]:
    """The words of the function that a node stands in, and of its class."""
    for name in project.trace.location(node).function.split("."):
        yield from words(name)


def _is_put_aside(project: Project, leak: Leak) -> bool:
    """Whether a file that is there already is copied or moved to the name: a backup."""
    finishing = {protocol.move.call for protocol in project.protocols()}
    if leak.sink.call in finishing:
        return False
    return any(site.model.moves is not None for site in project.linked.sites_of.get(leak.sink.call, ()))
