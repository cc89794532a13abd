"""Which lock files are taken away because they look old? Between the look and the removal another process may have done
the same and made the lock anew: then it is a lock in use that goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sst_lint.flow.artifacts import words
from sst_lint.flow.effects import Effect, Effects
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.identity import Identity, Symbol, substituted
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site

_LOOKS = frozenset(
    {
        "os.stat", "os.lstat", "os.path.getmtime", "os.path.getctime", "pathlib.Path.stat", "pathlib.Path.lstat",
    }
)  # fmt: skip
_CLOCKS = frozenset(
    {
        "time.time", "time.time_ns", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
    }
)  # fmt: skip
_LOCK_WORDS = frozenset({"lock", "lockfile", "locks", "flock"})
_LOCK_NAME = re.compile(r"\.lock$|(^|[/._-])lock(file)?$", re.IGNORECASE)
#: Whoever lets go of a lock has it.
_RELEASING = re.compile(r"(^|_)(a?release|unlock|exit|a?close|del)(_|$)")
_NAMES = 3


@dataclass(frozen=True)
class _Look:
    call: int
    path: Symbol
    node: int


class StaleLocks:
    """Answers for the functions of a linked program."""

    def __init__(
        self, linked: Mutations, identity: Identity, evidence: PathEvidence, effects: Effects, locks: Locks
    ) -> None:
        self._linked = linked
        self._identity = identity
        self._evidence = evidence
        self._effects = effects
        self._locks = locks

    def find(self) -> Iterator[tuple[Effect, Effect]]:
        """What takes a lock away, with the look at its age."""
        for scope in self._effects.scopes():
            calls = self._locks.calls_in(scope)
            looks = [look for number in calls for look in self._looked(number)]
            if not looks or not any(self._is_named(number, _CLOCKS) for number in calls) or self._releases(scope):
                continue
            for look in looks:
                taken = next(self._taken(calls, look), None)
                if taken is not None and not self._locks.held(taken.call):
                    yield taken, replace(taken, kind="test", call=look.call, calls=())

    def _releases(self, scope: int) -> bool:
        function = self._linked.world.functions.get(scope)
        return function is not None and bool(_RELEASING.search(function.qualname.rpartition(".")[2]))

    def _looked(self, number: int) -> Iterator[_Look]:
        """The look of a call at a lock file, by its path."""
        if not self._is_named(number, _LOOKS):
            return
        receiver = self._linked.receiver_of(number)
        given = [node for _, node in self._linked.argument_nodes(number)][:1]
        node = given[0] if given else receiver
        if node < 0 or not self._is_lock(node):
            return
        path = self._identity.of(node)
        if path[0] not in ("node", "temporary"):
            yield _Look(number, path, node)

    def _is_named(self, number: int, names: frozenset[str]) -> bool:
        return not names.isdisjoint(self._linked.externals.get(number, ()))

    def _is_lock(self, node: int) -> bool:
        evidence = self._evidence.of(node)
        return any(_LOCK_NAME.search(text) for text in evidence.texts[:1]) or any(
            words(name) & _LOCK_WORDS for name in evidence.names[:_NAMES]
        )

    def _taken(self, calls: list[int], look: _Look) -> Iterator[Effect]:
        """What removes the path, or gives it another name, after the look: a call, or the function that it calls."""
        for number in calls:
            if number <= look.call:
                continue
            for site, path in self._leaving(number):
                if path == look.path:
                    yield Effect("remove", path, number, site, node=look.node)
            for scope in self._linked.callees.get(number, ()):
                arguments = self._identity.arguments(number, scope)
                for inner in self._locks.calls_in(scope):
                    for site, path in self._leaving(inner):
                        if substituted(path, arguments) == look.path:
                            yield Effect("remove", look.path, number, site, (number,), node=look.node)

    def _leaving(self, number: int) -> Iterator[tuple[Site, Symbol]]:
        """The paths that are gone after a library call."""
        for site in self._linked.sites_of.get(number, ()):
            moves = site.model.moves
            for port in (site.model.removes, moves.src if moves is not None and moves.kind != "copy" else ""):
                node = site.ports.get(port, -1) if port else -1
                if node >= 0:
                    yield site, self._identity.of(node)
