"""How does a file come to its final name? Each temp-and-replace protocol, with what is moved and onto which path.

A protocol is found from its last step: something is replaced, renamed, moved or copied onto a final path, and its
source is what the program wrote before, wherever (another function, ``__enter__``, a callback, a caller). That the
two are one file is judged by where their paths come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sst_lint.facts.records import Kind as NodeKind
from sst_lint.flow.artifacts import Kind, classify, words
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.graph import Graph
from sst_lint.flow.identity import Identity, Symbol, leaves
from sst_lint.flow.locks import Locks
from sst_lint.flow.moved_things import MovedThings
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site
from sst_lint.flow.steps import STEPS, Draft, StepName, Steps, made_folders
from sst_lint.flow.writes import Write, Writes

#: A part of a file's own name that is filled in: each version of the file has a name of its own.
_VERSIONED = re.compile(r"[\w.-](\x00|%[-0-9.]*[sdifxr])[^/]*$|^(?!\x00)[^/]*(\x00|%[-0-9.]*[dixf])[^/]*$")
_OF_DIRECTORIES = frozenset({"shutil.copytree", "shutil.rmtree", "os.rmdir", "os.removedirs", "pathlib.Path.rmdir"})
_CALLERS_DEEP = 3
_CALLERS = 20
#: How good a way of putting a file in place is; the best of several for one file counts.
_WAYS = ("replace", "rename", "move", "copy")


@dataclass(frozen=True)
class Protocol:
    """One write protocol. ``move`` is its last step; ``writes`` and ``makers`` are where the temporary file comes from.

    ``steps`` are present, ``missing`` are not (both in the order of ``STEPS``); what cannot be told is in neither.
    """

    move: Site
    way: Literal["replace", "rename", "move", "copy"]
    writes: tuple[Write, ...]
    makers: tuple[Site, ...]
    final: Kind
    steps: tuple[StepName, ...]
    missing: tuple[StepName, ...]
    source: int  #: node of the path that is moved
    target: int  #: node of the final path
    removes_first: bool  #: the target is removed before the new file takes its name
    versioned: bool  #: the final name has a part of its own for each version
    seen: bool  #: the temporary file is known, not only guessed by its name
    wrapped: bool = False  #: the last step is a function of its own that does nothing else: its callers decide

    @property
    def temporary(self) -> bool:
        """Whether what is moved was written for it, and is no file of its own that is worth keeping."""
        return bool(self.makers) or any(write.kind.kind in ("temp", "scratch") for write in self.writes)


class Protocols:
    """All write protocols of a linked program."""

    def __init__(
        self,
        linked: Mutations,
        graph: Graph,
        evidence: PathEvidence,
        identity: Identity,
        writes: Writes,
        locks: Locks,
    ) -> None:
        self._linked = linked
        self._moved_things = MovedThings(linked, graph, identity, locks)
        self._evidence = evidence
        self._identity = identity
        self._writes = writes
        self._locks = locks
        self._makers = {s.ports["return"]: s for s in linked.sites if s.model.temp in ("path", "handle")}
        self._by_origin: dict[object, list[Write]] = {}
        for write in writes.all:
            for origin in evidence.origins(write.path_node):
                self._by_origin.setdefault(origin, []).append(write)
        self._rendered = [(s.model.format, evidence.origins(port)) for s in linked.sites if s.model.format
                          for name, port in s.ports.items() if name != "return" and port >= 0]  # fmt: skip
        self._directories = self._made_directories()
        #: The calls that give a file its final name, in order.
        self._moving = [
            (site, moves)
            for site in sorted(linked.sites, key=lambda s: s.call)
            if (moves := site.model.moves) is not None and moves.kind in _WAYS
        ]
        self._moved: dict[tuple[int, Symbol], list[int]] = {}  #: by function and source
        for site, moves in self._moving:
            if site.ports.get(moves.src, -1) >= 0:
                key = locks.scope_of(site.call), identity.of(site.ports[moves.src])
                self._moved.setdefault(key, []).append(site.call)
        self._of_steps = Steps(linked, evidence, identity, writes, locks)
        self.all = tuple(self._find())
        self._of_write: dict[int, Protocol] = {}
        for protocol in self.all:
            for write in protocol.writes:
                known = self._of_write.get(write.site.call)
                if known is None or _WAYS.index(protocol.way) < _WAYS.index(known.way):
                    self._of_write[write.site.call] = protocol

    def of(self, write: Write) -> Protocol | None:
        """The protocol that a write to a temporary file is part of."""
        return self._of_write.get(write.site.call)

    def writes_path(self, node: int) -> bool:
        """Whether some write of a lasting file is to the same path."""
        passing = ("temp", "scratch", "test", "log", "lock")
        return any(
            write.kind.kind not in passing
            for origin in self._evidence.origins(node)
            for write in self._by_origin.get(origin, ())
        )

    def is_directory(self, node: int) -> bool:
        """Whether the program makes, removes or copies a directory of that path."""
        return not self._evidence.origins(node).isdisjoint(self._directories)

    def is_wrapper(self, site: Site, source: int, target: int) -> bool:
        """Whether a move is all that its function does with what it is given."""
        return self._wrapped(site, source, target)

    def is_across(self, source: int, target: int) -> bool:
        """Whether a move leaves a temporary directory that may be on another device than the target."""
        if self._evidence.is_temporary(target) or self._evidence.of(target).temporary:
            return False
        return self._of_steps.from_elsewhere(source, target) is True

    def is_new(self, node: int) -> bool:
        """Whether a name has a part of its own for each version of the file, or for each run."""
        texts = self._evidence.of(node).texts[:2]
        return any(_VERSIONED.search(t.rsplit("/", 1)[-1]) for t in texts) or self._of_steps.changes(node)

    def kind_of(self, target: int, site: Site) -> Kind:
        """What a file is that a call moves to ``target``."""
        return classify(self._evidence.of(target), (), self._file_of(site), self._writes.config)

    def _made_directories(self) -> set[object]:
        """Origins of paths that are directories, so moving them moves no file."""
        found: set[object] = set()
        for site in self._linked.sites:
            if site.model.makes_directory and site.ports.get(site.model.makes_directory, -1) >= 0:
                found |= self._evidence.origins(site.ports[site.model.makes_directory])
            elif site.model.name in _OF_DIRECTORIES:
                for name in site.model.params[:2]:
                    if site.ports.get(name, -1) >= 0:
                        found |= self._evidence.origins(site.ports[name])
        for node in made_folders(self._linked):
            found.add(node)
            found |= self._evidence.origins(node)
        return found

    # from the last step back

    def _find(self) -> Iterator[Protocol]:
        targets: dict[tuple[int, Symbol], set[str]] = {}
        for site, moves in self._moving:
            if site.ports.get(moves.src, -1) >= 0 and site.ports.get(moves.dst, -1) >= 0:
                key = (self._locks.scope_of(site.call), self._identity.of(site.ports[moves.dst]))
                targets.setdefault(key, set()).add(moves.kind)
        before: list[Site] = []
        for site, _ in self._moving:
            protocol = self._protocol(site, targets, before)
            if protocol is not None:
                yield protocol
            before.append(site)

    def _protocol(
        self, site: Site, targets: dict[tuple[int, Symbol], set[str]], moves_before: list[Site]
    ) -> Protocol | None:
        moves = site.model.moves
        assert moves is not None
        source, target = site.ports.get(moves.src, -1), site.ports.get(moves.dst, -1)
        if source < 0 or target < 0:
            return None
        copied = self._writes.by_call.get(site.call) if moves.kind == "copy" else None
        if copied is not None and copied.moved:
            return None  # a copy beside the target, which is moved in its turn
        origins = self._evidence.origins(source)
        makers = self._made(origins)
        beside = [(w, self._moves_beside(w)) for w in self._written(origins)]
        writes = tuple(w for w, others in beside if site.call in others) or tuple(
            w for w, others in beside if not others and self._belongs(w, site, source, target)
        )
        guessed = not writes and not makers
        if guessed and not self._looks_temporary(source, target, moves.kind) and not self._makes_room(site, target):
            return None
        if not origins.isdisjoint(self._directories) or self._moved_things.is_directory(site.call, source):
            return None
        if not makers and self._moved_things.is_found(source):
            return None  # a file that was there, edited and given another name
        path = self._file_of(site)
        formats = tuple(dict.fromkeys([f for w in writes for f in w.formats] + self._formats_of(makers)))
        final = classify(self._evidence.of(target), formats, path, self._writes.config)
        best = targets.get((self._locks.scope_of(site.call), self._identity.of(target)), set())
        if self._moved_aside(site, source, target, moves_before):
            return None
        draft = Draft(site, moves.kind, source, target, origins, writes, makers, "replace" in best)
        steps = dict(self._of_steps.judged(draft))
        return Protocol(
            site,
            moves.kind,  # type: ignore[arg-type]
            writes,
            makers,
            final,
            tuple(s for s in STEPS if steps.get(s) is True),
            tuple(s for s in STEPS if steps.get(s) is False),
            source,
            target,
            self._of_steps.removes_first(draft),
            any(_VERSIONED.search(t.rsplit("/", 1)[-1]) for t in self._evidence.of(target).texts[:2]),
            not guessed,
            self._wrapped(site, source, target),
        )

    def _makes_room(self, site: Site, target: int) -> bool:
        """Whether the function removes the target on its way to a rename or move onto it."""
        assert site.model.moves is not None
        if site.model.moves.kind not in ("rename", "move"):
            return False
        final, around = self._identity.of(target), self._around(site.call)
        return any(
            removed.call < site.call
            and removed.model.name not in _OF_DIRECTORIES
            and self._locks.scope_of(removed.call) == self._locks.scope_of(site.call)
            and self._identity.of(removed.ports[removed.model.removes]) == final
            and all(kind == "if" or region in around for region, kind in self._around(removed.call).items())
            and "handler" not in self._around(removed.call).values()  # where a first attempt has failed
            for removed, _ in self._of_steps.removes
        )

    def _around(self, call: int) -> dict[int, str]:
        """The regions around a call, each with its kind."""
        world = self._linked.world
        unit, region = world.call_unit[call], world.calls[call].region
        found: dict[int, str] = {}
        while region >= 0:
            record = world.region(unit, region)
            found[region] = record.kind
            region = record.parent
        return found

    def _moved_aside(self, site: Site, source: int, target: int, before: list[Site]) -> bool:
        """Whether the function moved its target aside first and now puts it back, or a copy of it."""
        final, scope = self._identity.of(target), self._locks.scope_of(site.call)
        return any(
            self._locks.scope_of(other.call) == scope
            and other.model.moves is not None
            and self._identity.of(other.ports.get(other.model.moves.src, -1)) == final
            and (other.model.moves.kind != "copy" or self._is_put_back(other, source))
            and not any(
                other.call < write.site.call < site.call and self._identity.of(write.path_node) == final
                for origin in self._evidence.origins(target)
                for write in self._by_origin.get(origin, ())
            )
            for other in before
            if other.model.moves is not None and other.ports.get(other.model.moves.src, -1) >= 0
        )

    def _is_put_back(self, copied: Site, source: int) -> bool:
        """Whether what is moved is what a copy made, and not a file that was written beside it."""
        made = copied.ports.get(copied.model.moves.dst, -1) if copied.model.moves is not None else -1
        return made >= 0 and self._identity.of(made) == self._identity.of(source)

    def _wrapped(self, site: Site, source: int, target: int) -> bool:
        given = all(self._identity.of(node)[0] == "param" for node in (source, target))
        return given and len(self._locks.calls_in(self._locks.scope_of(site.call))) == 1

    def _file_of(self, site: Site) -> str:
        return self._linked.world.path_of_unit(self._linked.world.call_unit[site.call])

    def _made(self, origins: frozenset[object]) -> tuple[Site, ...]:
        """The calls of ``tempfile`` that made what is moved; those of tests only if there are no others."""
        found = [self._makers[o[1]] for o in _sorted(origins) if o[1] in self._makers]
        return tuple(m for m in found if not self._writes.is_test(self._file_of(m))) or tuple(found)

    def _belongs(self, write: Write, move: Site, source: int, target: int) -> bool:
        """Whether a file is written in order to be moved: it is temporary by its name, or written just before."""
        if write.kind.kind in ("temp", "scratch") and not self._names_itself(source):
            made = self._evidence.is_temporary(write.path_node)
            return not made or self._evidence.may_be_temporary(source)
        mine, other = self._locks.scope_of(write.site.call), self._locks.scope_of(move.call)
        if mine == other:
            return write.site.call < move.call
        if self.is_derived(self._identity.of(source), self._identity.of(target)):
            return True
        world = self._linked.world
        first, second = world.functions.get(mine), world.functions.get(other)
        if first is not None and second is not None and first.cls == second.cls >= 0:
            if all(self._of_its_own(node) for node in (write.path_node, source)):
                return True
        writing, moving = self._ways_to(write.site.call), self._ways_to(move.call)
        return any(
            (a < b or world.calls[b].entered)
            and self._one_file(self._handled(a, write), self._handled(b, move), self._evidence.origins(source))
            for scope in writing
            if scope in moving
            for a in writing[scope]
            for b in moving[scope]
            if a != b
        )

    def _moves_beside(self, write: Write) -> list[int]:
        """The moves, in the function that writes a file, of the name under which it writes: they are of that file, and
        not of another one that got its name from the same helper."""
        key = self._locks.scope_of(write.site.call), self._identity.of(write.path_node)
        return [call for call in self._moved.get(key, ()) if call > write.site.call]

    def _names_itself(self, source: int) -> bool:
        """Whether the function that moves a file has asked a function of the program for its name: whoever else asks is
        given another one."""
        linked, world = self._linked, self._linked.world
        return any(
            world.nodes[node].kind == NodeKind.CALL
            and bool(linked.callees.get(world.call_of(node)))
            and self._locks.scope_of(world.call_of(node)) == world.scope_of_node(source)
            for node in self._evidence.parts(source)
        )

    def _of_its_own(self, node: int) -> bool:
        """Whether the object knows the path by itself: two methods that are told a name may be told different ones."""
        return not any(leaf[0] == "param" for leaf in leaves(self._identity.of(node)))

    def _handled(self, call: int, last: Write | Site) -> list[int]:
        """What a call on the way to a write or move is given and gives."""
        if isinstance(last, Write) and last.site.call == call:
            return [last.path_node]
        if isinstance(last, Site) and last.call == call and last.model.moves is not None:
            return [last.ports[last.model.moves.src]]
        return [node for _, node in self._linked.argument_nodes(call)] + [self._linked.result_of(call)]

    def _one_file(self, first: list[int], second: list[int], origins: frozenset[object]) -> bool:
        """Whether both handle one of the paths that are moved."""
        first = [node for node in first if not origins.isdisjoint(self._evidence.origins(node))]
        second = [node for node in second if not origins.isdisjoint(self._evidence.origins(node))]
        symbols = {self._identity.of(node) for node in first}
        if any(self._identity.of(node) in symbols for node in second):
            return True
        made = {
            o for node in first for o in self._evidence.origins(node) if isinstance(o, tuple) and o[0] == "temporary"
        }
        return any(not made.isdisjoint(self._evidence.origins(node)) for node in second)

    def _ways_to(self, call: int) -> dict[int, list[int]]:
        """The functions that lead to a call within a few calls, each with its own calls on the way."""
        found = {self._locks.scope_of(call): [call]}
        front = list(found)
        for _ in range(_CALLERS_DEEP):
            upper: list[int] = []
            for scope in front:
                for caller in self._locks.callers(scope)[:_CALLERS]:
                    outer = self._locks.scope_of(caller)
                    if outer not in found:
                        upper.append(outer)
                    found.setdefault(outer, []).append(caller)
            front = upper
        return found

    def _written(self, origins: frozenset[object]) -> list[Write]:
        found = {w.site.call: w for o in origins for w in self._by_origin.get(o, ())}
        return [found[call] for call in sorted(found) if found[call].mode not in ("append", "remote")]

    def _formats_of(self, makers: tuple[Site, ...]) -> list[str]:
        """How what is written to new temporary files is rendered."""
        nodes = {("temporary", maker.ports["return"]) for maker in makers}
        return sorted({form for form, origins in self._rendered if not nodes.isdisjoint(origins)})

    def _looks_temporary(self, source: int, target: int, kind: str) -> bool:
        """Whether something unknown wrote the source: a temporary name that is moved to another one."""
        if kind == "copy":
            return False
        evidence = self._evidence.of(source)
        if self.is_derived(self._identity.of(source), self._identity.of(target)):
            return True
        near = evidence.names[:3]
        return any(
            words(name) & {"tmp", "temp", "staging", "partial", "tmpfile", "tempfile"} for name in near
        ) and not (evidence.temporary and not evidence.texts)

    @staticmethod
    def is_derived(source: Symbol, target: Symbol) -> bool:
        """Whether ``source`` is the name of ``target`` with something added."""
        if target[0] in ("node", "instance") or source == target or source[0] not in ("text", "call"):
            return False
        return any(part == target for part in _parts(source, 2))


def _sorted(origins: Iterable[object]) -> list[tuple[str, int]]:
    return sorted(o for o in origins if isinstance(o, tuple) and len(o) == 2 and o[0] == "temporary")


def _parts(symbol: Symbol, depth: int) -> Iterator[Symbol]:
    for part in symbol:
        if isinstance(part, tuple) and part:
            yield part
            if depth:
                yield from _parts(part, depth - 1)
