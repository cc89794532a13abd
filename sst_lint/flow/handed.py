"""Whose file is it? A helper that writes what it is told to writes another file for each of its callers.

Some hand over a temporary name and put it in place afterwards, so the helper's own write is part of their protocol.
Others hand over the final name of their file, and for those nothing stands between a crash and half of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sst_lint.config import Config
from sst_lint.facts.records import Kind as NodeKind
from sst_lint.flow.artifacts import Kind, by_handle_name, classify
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.identity import Identity
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.writes import Write, Writes

#: More callers than this are not all asked.
_CALLERS = 40
#: So many functions may pass a path on before it comes to the one that writes.
_DEEP = 2
_WRITING_MODES = ("w", "wb", "wt", "w+", "wb+", "w+b")


@dataclass(frozen=True)
class Handed:
    """A call that hands a final path to a function that writes it in place, and what the file is."""

    call: int
    write: Write
    kind: Kind


class HandedOver:
    """Answers for the writes of a linked program."""

    def __init__(
        self,
        linked: Mutations,
        evidence: PathEvidence,
        identity: Identity,
        locks: Locks,
        writes: Writes,
        config: Config,
    ) -> None:
        self._linked = linked
        self._evidence = evidence
        self._identity = identity
        self._locks = locks
        self._writes = writes
        self._config = config

    def final(self, write: Write) -> Iterator[Handed]:
        """The callers that hand a final path to a function whose ``write`` is part of the protocol of others."""
        scope = self._locks.scope_of(write.site.call)
        symbol = self._identity.of(write.path_node)
        function = self._linked.world.functions.get(scope)
        if symbol[0] != "param" or symbol[1] != scope or function is None or write.mode != "write":
            return
        param = function.params[symbol[2]]
        if by_handle_name(self._linked.world.nodes[param].name) is not None:
            return  # it says itself what it wants: `def fill(temporary)`
        paths = self._given(scope, symbol[2], _DEEP)
        if not any(self._is_for_a_while(node) for nodes in paths.values() for node in nodes):
            return  # the function that writes moves it as well, or somebody far away: then all is one
        for call, nodes in paths.items():
            kind = self._kind(call, nodes[0], write) if len(nodes) == 1 else None
            if kind is not None and self._opens_to_write(call, write):
                yield Handed(call, write, kind)

    def _given(self, scope: int, index: int, deep: int) -> dict[int, list[int]]:
        """What a function is given for one of its parameters, by the call; who passes it on is given it as well."""
        linked, found = self._linked, dict[int, list[int]]()
        param = linked.world.functions[scope].params[index]
        for call in [call for call in self._locks.callers(scope)[:_CALLERS] if not self._is_test(call)]:
            nodes = [given for given, bound, _ in linked.bindings.get(call, ()) if bound == param]
            symbol = self._identity.of(nodes[0]) if len(nodes) == 1 else ("",)
            caller = self._locks.scope_of(call)
            if deep and symbol[:2] == ("param", caller) and caller in linked.world.functions:
                found.update(self._given(caller, symbol[2], deep - 1))
            else:
                found[call] = nodes
        return found

    def _is_for_a_while(self, node: int) -> bool:
        """Whether a path is that of a temporary file, or gets another name afterwards."""
        kind = classify(self._evidence.of(node), (), "", self._config).kind
        return kind in ("temp", "scratch") or self._writes.is_moved(node)

    def _is_test(self, call: int) -> bool:
        return self._writes.is_test(self._linked.world.path_of_unit(self._linked.world.call_unit[call]))

    def _kind(self, call: int, node: int, write: Write) -> Kind | None:
        """What the file is that a caller names itself; None if it does not, or moves it."""
        symbol = self._identity.of(node)
        if symbol[0] in ("param", "node", "either", "temporary") or self._writes.is_moved(node):
            return None
        evidence = self._evidence.of(node)
        if evidence.temporary or self._evidence.is_temporary(node):
            return None
        path = self._linked.world.path_of_unit(self._linked.world.call_unit[call])
        return classify(evidence, write.formats, path, self._config)

    def _opens_to_write(self, call: int, write: Write) -> bool:
        """Whether the file is opened for writing on the way from that call: the mode may be what the caller says."""
        opens = write.site.model.opens
        if opens is None or opens.mode in write.site.constants or opens.mode not in write.site.given:
            return True
        nodes = self._linked.world.nodes
        said = [nodes[argument] for _, argument in self._linked.argument_nodes(call)]
        return any(
            (record.kind == NodeKind.CONST and record.name == "True")
            or (record.kind == NodeKind.TEXT and record.name in _WRITING_MODES)
            for record in said
        )


__all__ = ["Handed", "HandedOver"]
