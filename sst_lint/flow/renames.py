"""Which renames of finished files fail on Windows, because their target may be there? (The others end protocols.)

Two things say that it may: the function lets an existing target through (`if exists(target) and not overwrite:
raise`), or the file is moved aside onto a fixed name beside it, where that of the last time may lie. Nothing is said of
names that are new for each version or run, of a module that runs on POSIX only, and of directories.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sst_lint.facts.ops import Op
from sst_lint.flow.artifacts import Kind, words
from sst_lint.flow.effects import Effects
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.graph import Graph
from sst_lint.flow.identity import Identity, leaves
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.protocol import Protocols
from sst_lint.flow.sites import Site
from sst_lint.flow.tested import truth_of

#: Modules of the standard library that no Windows has.
_POSIX = frozenset({"fcntl", "pwd", "grp", "termios", "resource", "syslog", "pty", "tty", "crypt", "spwd"})
_DIRECTORIES = frozenset({"dir", "dirs", "directory", "folder", "tree", "dirname", "venv", "repo", "clone", "worktree"})
_EXISTS = frozenset({"FileExistsError"})
#: What a rename to another device raises.
_FAILS = frozenset({"OSError", "IOError", "EnvironmentError", "Exception", "error"})
_DEPTH = 6


@dataclass(frozen=True)
class Rename:
    """A file gets another name. ``certain``: the program itself says that the target may be there."""

    site: Site
    final: Kind  #: of what the target is
    certain: bool
    across: bool = False  #: out of a temporary directory, which may be on another device: then it fails everywhere


class Renames:
    """Judges the renames of a linked program that no protocol ends with."""

    def __init__(
        self,
        linked: Mutations,
        graph: Graph,
        evidence: PathEvidence,
        identity: Identity,
        effects: Effects,
        locks: Locks,
        protocols: Protocols,
    ) -> None:
        self._linked = linked
        self._graph = graph
        self._evidence = evidence
        self._identity = identity
        self._effects = effects
        self._locks = locks
        self._protocols = protocols
        self._moves = [s for s in linked.sites if s.model.moves is not None]
        self._posix = frozenset(
            file for file, _, facts in linked.world.units if any(r.module in _POSIX for r in facts.imports)
        )

    def all(self) -> Iterator[Rename]:
        """Each of them, in order."""
        ends = {protocol.move.call for protocol in self._protocols.all}
        for site in self._linked.sites:
            moves = site.model.moves
            if moves is None or moves.kind not in ("rename", "replace") or site.call in ends:
                continue
            source, target = site.ports.get(moves.src, -1), site.ports.get(moves.dst, -1)
            if source < 0 or target < 0:
                continue
            if self._protocols.is_across(source, target) and not self._is_caught(site, _FAILS):
                kind = self._protocols.kind_of(target, site)
                yield Rename(site, kind, not site.weak, across=True)
            elif moves.kind == "rename" and not self._moves_directory(source, target):
                yield Rename(site, self._protocols.kind_of(target, site), self._may_be_there(site, source, target))

    def _moves_directory(self, source: int, target: int) -> bool:
        """Whether what is renamed is a directory, by what the program does with it or by its name."""
        for node in (source, target):  # what is handed in is a file for some callers and a directory for others
            handed = any(leaf[0] == "param" for leaf in leaves(self._identity.of(node)))
            if not handed and self._protocols.is_directory(node):
                return True
        names = self._evidence.of(source).names[:1] + self._evidence.of(target).names[:1]
        return any(words(name) & _DIRECTORIES for name in names)

    def _may_be_there(self, site: Site, source: int, target: int) -> bool:
        """Whether the program says that the target may be there, and nothing says that it is not."""
        if site.weak or self._linked.file_of(target) in self._posix:
            return False
        if self._is_caught(site, _EXISTS) or self._protocols.is_wrapper(site, source, target):
            return False
        tests = self._tests(site, target)
        if tests:
            return all(self._lets_through(test) and not self._is_free(site, test) for test in tests)
        return not self._protocols.is_new(target) and self._is_aside(site, source, target)

    def _is_aside(self, site: Site, source: int, target: int) -> bool:
        """Whether a file is moved onto a fixed name beside it, and not back again."""
        mine, other = self._identity.of(source), self._identity.of(target)
        if not self._protocols.is_derived(other, mine):
            return False
        scope = self._locks.scope_of(site.call)
        return not any(
            again.call > site.call
            and self._locks.scope_of(again.call) == scope
            and again.model.moves is not None
            and again.ports.get(again.model.moves.src, -1) >= 0
            and self._identity.of(again.ports[again.model.moves.src]) == other
            for again in self._moves
        )

    def _is_caught(self, site: Site, names: frozenset[str]) -> bool:
        """Whether a clause around the rename is for an error of one of these classes, and goes on."""
        world = self._linked.world
        unit, region = world.call_unit[site.call], world.calls[site.call].region
        facts, base = world.units[unit][2], world.node_base[unit]
        while region >= 0:
            for handler in facts.handlers:
                named = any(world.nodes[base + t].name in names for t in handler.types)
                if handler.tried == region and named and (names is _EXISTS or set(handler.ends) != {"raises"}):
                    return True
            region = world.region(unit, region).parent
        return False

    def _tests(self, site: Site, target: int) -> list[int]:
        """Where the function has tested before whether the target is there."""
        path = self._identity.of(target)
        effects = self._effects.of(self._locks.scope_of(site.call))
        return [
            self._linked.result_of(e.call)
            for e in effects
            if e.kind == "test" and e.path == path and e.call < site.call
        ]

    def _lets_through(self, test: int) -> bool:
        """Whether a test is a part of a condition only: ``if exists(target) and not overwrite: raise``."""
        world = self._linked.world
        unit = world.node_unit[test]
        conditions = [
            world.node_base[unit] + r.node for r in world.units[unit][2].regions if r.kind == "if" and r.node >= 0
        ]
        found = [c for c in conditions if truth_of(self._linked, self._graph, c, test) is not None]
        return bool(found) and not any(self._is_whole(c, test) for c in found)

    def _is_free(self, site: Site, test: int) -> bool:
        """Whether the rename stands in a branch for a target that is not there:
        ``if exists(source) and not exists(target)``."""
        world = self._linked.world
        unit, region = world.call_unit[site.call], world.calls[site.call].region
        while region >= 0:
            record = world.region(unit, region)
            if record.kind in ("if", "else") and record.node >= 0:
                truth = truth_of(self._linked, self._graph, world.node_base[unit] + record.node, test)
                if truth is not None:
                    return truth != (record.kind == "if")
            region = record.parent
        return False

    def _is_whole(self, node: int, test: int) -> bool:
        for _ in range(_DEPTH):
            if node == test:
                return True
            sources = [
                self._graph.source[n]
                for n in self._graph.incoming.get(node, ())
                if self._graph.op[n] in (Op.SAME, Op.ONLY_VALUE) and self._graph.label[n] == 0
            ]
            if len(sources) != 1:
                return False
            node = sources[0]
        return False
