"""Where can two processes come between each other? Reads that are written back, locks that do not guard, tests that
do not hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sst_lint.flow.carried import Carried
from sst_lint.flow.effects import Effect, Effects
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.graph import Graph
from sst_lint.flow.identity import Symbol, leaves
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations

_WRITES = ("write", "replace")
#: A library that opens the lock file for writing, so locking the data empties it.
_TRUNCATING_LOCKS = frozenset({"filelock.FileLock", "filelock.UnixFileLock"})
#: Locks that bind to the open file, not to its name. (Windows does not remove a file that others have open.)
_KERNEL_LOCKS = frozenset(
    {"fcntl.flock", "fcntl.lockf", "os.lockf", "portalocker.lock", "portalocker.Lock", "filelock.FileLock",
     "filelock.UnixFileLock"}
)  # fmt: skip
#: How many calls away from the function that reads or writes it a file may be that only the module names.
_CALLS_TO_A_GLOBAL = 2


@dataclass(frozen=True)
class Update:
    """A path that is read and then written with what was read.

    ``saver`` is the library call that writes, if the function's own class does it for all of its methods (else -1).
    """

    read: Effect
    write: Effect
    held: bool  #: a lock is held from the read to the write
    saver: int = -1


@dataclass(frozen=True)
class Ineffective:
    """A lock that does not guard: the place, the reason, and the other place that makes it so."""

    effect: Effect
    text: str
    other: Effect | None
    there: str
    certain: bool


class Races:
    """Judges the effects of all functions."""

    def __init__(self, linked: Mutations, graph: Graph, evidence: PathEvidence, effects: Effects, locks: Locks) -> None:
        self._linked = linked
        self._evidence = evidence
        self._effects = effects
        self._locks = locks
        self._carried = Carried(linked, graph, evidence, locks)

    # read, change, write

    @cached_property
    def updates(self) -> tuple[Update, ...]:
        """All reads that are written back to the same path, where both meet."""
        met = [u for scope in self._effects.scopes() for u in self._updates_in(scope)]
        return (*met, *self._of_managers())

    def _of_managers(self) -> Iterator[Update]:
        """What objects read when they are entered and write back when they are left."""
        found: dict[tuple[int, int], Update] = {}
        for first, last in self._managers():
            reads = [e for e in self._effects.of(first) if e.kind == "read" and _of_instance(e.path)]
            for write in self._effects.of(last) if reads else ():
                for read in reads:
                    if self._is_put_back(read, write):
                        held = self._locks.keeps(first) or bool(self._locks.held(read.call))
                        found.setdefault((read.call, write.call), Update(read, write, held))
        yield from found.values()

    def _managers(self) -> Iterator[tuple[int, int]]:
        """The functions that enter and leave the objects of a class."""
        linked = self._linked
        for cls in range(len(linked.world.classes)):
            for entering, leaving in (("__enter__", "__exit__"), ("__aenter__", "__aexit__")):
                for first in linked.find_method(cls, entering):
                    yield from ((first.scope, last.scope) for last in linked.find_method(cls, leaving))

    def _is_put_back(self, read: Effect, write: Effect) -> bool:
        """Whether what was read is written to the same file by another method of the object."""
        return (
            write.kind in _WRITES
            and write.path == read.path
            and (write.write is None or write.write.mode != "append")
            and not self._own_name(write)
            and self._carried.by_field(read, write)
        )

    def _updates_in(self, scope: int) -> Iterator[Update]:
        effects = self._effects.of(scope)
        reads = [e for e in effects if e.kind == "read"]
        writes = [e for e in effects if e.kind in _WRITES and (e.write is None or e.write.mode != "append")]
        both = {e.path for e in reads} & {e.path for e in writes}
        if not both:
            return
        reads = [e for e in reads if e.path in both and self._named_here(scope, e)]
        writes = [e for e in writes if e.path in both and self._named_here(scope, e)]
        seen: set[tuple[int, Symbol]] = set()
        for write in writes:
            for read in reads:
                if (write.call, write.path) in seen or not self._before(read, write) or read.path != write.path:
                    continue
                if self._own_name(write):
                    continue
                if self._carried.carries(read, write):
                    seen.add((write.call, write.path))
                    yield Update(read, write, self._covered(read, write), self._saver(scope, write))

    def _named_here(self, scope: int, effect: Effect) -> bool:
        """Whether the function at hand says which file it is: it hands the path on, or its own object or module
        holds it. What happens deep inside of other objects is told there."""
        world = self._linked.world
        if effect.path[0] in ("node", "temporary"):
            return False
        function = world.functions.get(scope)
        own = self._linked.mro(function.cls) if function is not None and function.cls >= 0 else ()
        unit = world.unit_of_scope(scope)
        handed = False
        for leaf in leaves(effect.path):
            if leaf[0] == "instance" and effect.calls and leaf[1] not in own:
                return False
            if leaf[0] == "node" and world.node_unit[leaf[1]] != unit:
                return False
            handed |= leaf[0] in ("param", "node", "instance")
        return handed or len(effect.calls) <= _CALLS_TO_A_GLOBAL

    def _saver(self, scope: int, write: Effect) -> int:
        """The call that writes in the end, if it stands in another method of the same class."""
        functions = self._linked.world.functions
        mine, last = functions.get(scope), functions.get(self._locks.scope_of(write.site.call))
        if mine is None or last is None or mine is last or mine.cls < 0 or last.cls < 0:
            return -1
        return write.site.call if last.cls in self._linked.mro(mine.cls) else -1

    @staticmethod
    def _before(read: Effect, write: Effect) -> bool:
        if read.call == write.call:  # one handle that reads and writes; a call that does both is seen inside
            return not read.calls and not write.calls and write.write is not None and write.write.mode == "update"
        return read.call < write.call

    def _own_name(self, write: Effect) -> bool:
        """Whether the file carries the name of the process or run, so that nobody else writes it."""
        node = write.write.name_node if write.write is not None else write.protocol.target if write.protocol else -1
        if node < 0:
            return False
        for current in self._evidence.passed(node):
            if any(kind in ("identity", "random") for _, kind, _ in self._linked.sources.get(current, ())):
                return True
        return self._evidence.is_temporary(node)

    def _covered(self, read: Effect, write: Effect) -> bool:
        """Whether one lock is held at both."""
        first = {lock.node for lock in self._locks.held(read.call)}
        return any(lock.node in first for lock in self._locks.held(write.call))

    @cached_property
    def read_by_objects(self) -> frozenset[Symbol]:
        """Paths in the fields of objects that the objects read themselves."""
        read = (
            self._effects.as_field(scope, effect.path)
            for scope in self._effects.scopes()
            for effect in self._effects.of(scope)
            if effect.kind == "read" and not effect.calls
        )
        return frozenset(path for path in read if _of_instance(path))

    # locks that do not guard

    @cached_property
    def ineffective(self) -> tuple[Ineffective, ...]:
        """Locks on what is replaced, removed or emptied, and locks that come too late."""
        found: dict[tuple[int, str], Ineffective] = {}
        for scope in self._effects.scopes():
            for one in self._ineffective_in(scope):
                found.setdefault((one.effect.site.call, one.text), one)
        for one in self._too_late():
            found.setdefault((one.effect.site.call, one.text), one)
        for one in self._unlinked_by_class():
            found.setdefault((one.effect.site.call, one.text), one)
        return tuple(found.values())

    def _ineffective_in(self, scope: int) -> Iterator[Ineffective]:
        effects = self._effects.of(scope)
        for lock in effects:
            if lock.kind != "lock":
                continue
            kernel = lock.site.model.name in _KERNEL_LOCKS
            for other in effects:
                if other.path != lock.path or other is lock or lock.path[0] in ("node", "temporary"):
                    continue
                if lock.calls and not self._kept(lock, other):
                    continue
                yield from self._against(lock, other, kernel)

    def _kept(self, lock: Effect, other: Effect) -> bool:
        """Whether a lock that a callee takes is still held at ``other``: it is a context manager around it."""
        if other.call == lock.call:
            return False  # both within one callee: told there
        return any(held.call == lock.call for held in self._locks.own(other.call))

    def _against(self, lock: Effect, other: Effect, kernel: bool) -> Iterator[Ineffective]:
        if other.kind == "replace" and other.call > lock.call:
            yield Ineffective(
                lock,
                "locks the file that is then replaced: who waits gets the lock of a file that is gone; lock a file "
                "of its own beside it",
                other,
                "replaced here",
                True,
            )
        elif other.kind == "remove" and other.call > lock.call and kernel and not lock.calls:
            yield Ineffective(
                other,
                "removes the lock file: who waits for it and who comes new then lock different files; leave it",
                lock,
                "locked here",
                False,
            )
        elif other.kind == "write" and self._emptied(lock, other):
            yield Ineffective(
                lock,
                'the file is emptied by opening it with "w" before it is locked: lock a file of its own beside it',
                other,
                "emptied here",
                True,
            )
        elif other.kind == "truncate" and other.opened == lock.opened and other.call > lock.call and other.write:
            yield Ineffective(
                other,
                "truncates the file under its own lock: a crash, or a reader without the lock, finds nothing; lock a "
                "file of its own beside it and replace this one",
                lock,
                "locked here",
                False,
            )

    def _emptied(self, lock: Effect, write: Effect) -> bool:
        """Whether a file that holds content is opened with "w" and then locked."""
        if write.write is None or write.write.mode != "write" or write.write.kind.kind in ("lock", "log", "temp"):
            return False
        if lock.opened == write.site.call and lock.call >= write.call:
            return self._filled(write.site.call)
        return lock.site.model.name in _TRUNCATING_LOCKS and write.call > lock.call and lock.opened < 0

    def _filled(self, opened: int) -> bool:
        """Whether something is written through a handle: else it only holds the lock."""
        return any(("h", opened) in held for call, _ in self._linked.contents for held in self._carried.held(call))

    def _unlinked_by_class(self) -> Iterator[Ineffective]:
        """A lock taken in one method and its file removed in another of the same class."""
        locks: dict[Symbol, Effect] = {}
        removes: list[Effect] = []
        for scope in self._effects.scopes():
            for effect in self._effects.of(scope):
                if effect.calls or not _of_instance(effect.path):
                    continue
                if effect.kind == "lock" and effect.site.model.name in _KERNEL_LOCKS:
                    locks.setdefault(effect.path, effect)
                elif effect.kind == "remove":
                    removes.append(effect)
        for remove in removes:
            lock = locks.get(remove.path)
            if lock is not None and self._locks.scope_of(lock.call) != self._locks.scope_of(remove.call):
                yield Ineffective(
                    remove,
                    "removes the lock file: who waits for it and who comes new then lock different files; leave it",
                    lock,
                    "locked here",
                    False,
                )

    def _too_late(self) -> Iterator[Ineffective]:
        """A lock that is held at the write but not at the read whose content is written."""
        for update in self.updates:
            if update.held or (update.write.calls and len(update.write.calls) > 2):
                continue
            inner = self._locks.own(update.write.call)
            if inner and not self._locks.held(update.read.call):
                lock = inner[-1]
                if lock.call > update.read.call:
                    yield Ineffective(
                        update.write,
                        "the lock is taken after the content was read, so it guards the write only: another writer's "
                        "change is lost; read under the lock",
                        update.read,
                        "read here, without the lock",
                        False,
                    )


def _of_instance(symbol: Symbol) -> bool:
    return symbol[0] == "attribute" and len(symbol) > 2 and symbol[2][0] == "instance"
