"""Where can two processes come between each other? Reads that are written back, locks that do not guard, tests that
do not hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind as NodeKind
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
#: What a value is stored in that outlives the call it was given to.
_KEEPING = frozenset({NodeKind.PUT, NodeKind.OUT, NodeKind.CELL})
#: So many places are looked at for where a method keeps what it is given.
_LOOKED_AT = 200
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
        self._graph = graph
        self._evidence = evidence
        self._effects = effects
        self._locks = locks

    # read, change, write

    @cached_property
    def updates(self) -> tuple[Update, ...]:
        """All reads that are written back to the same path, where both meet."""
        return tuple(u for scope in self._effects.scopes() for u in self._updates_in(scope))

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
                if self._carries(read, write):
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

    def _carries(self, read: Effect, write: Effect) -> bool:
        """Whether what was read arrives at the call that writes, within the function."""
        graph, linked = self._graph, self._linked
        start = linked.result_of(read.call)
        if not read.calls and read.site.model.method and read.site.ports["self"] != read.node:
            start = read.site.ports["self"]
        goals = self._goals(write)
        unit = linked.world.node_unit[start]
        calls_with = self._calls_with(unit)
        seen = {start}
        queue = [start]
        while queue:
            node = queue.pop()
            if node in goals:
                return True
            following = [
                graph.target[n] for n in graph.outgoing.get(node, ())
                if graph.label[n] == 0 and graph.op[n] != Op.NOTHING
            ]  # fmt: skip
            for number in calls_with.get(node, ()):
                following.append(linked.result_of(number))
                receiver = linked.receiver_of(number)
                if receiver >= 0 and linked.world.nodes[receiver].name not in ("json", "os", "yaml"):
                    if self._may_keep(number, node):
                        following.append(receiver)
            for target in following:
                if target not in seen and linked.world.node_unit[target] == unit:
                    seen.add(target)
                    queue.append(target)
        return False

    def _may_keep(self, number: int, given: int) -> bool:
        """Whether a method may keep what it is given, so that its object holds it from then on. One of the program
        that only looks at it does not."""
        linked, graph, world = self._linked, self._graph, self._linked.world
        scopes = linked.callees.get(number, {})
        params = [param for argument, param, _ in linked.bindings.get(number, ()) if argument == given]
        if not scopes or not params:
            return True
        seen = dict.fromkeys(params)
        for node in (queue := list(seen)):
            for edge in graph.outgoing.get(node, ()):
                target = graph.target[edge]
                if graph.op[edge] == Op.NOTHING or target in seen:
                    continue
                if graph.label[edge] > 0 or target in linked.field_nodes or len(seen) > _LOOKED_AT:
                    return True
                kind = world.nodes[target].kind
                if kind in _KEEPING or (kind == NodeKind.ATTR and graph.op[edge] == Op.STORE):
                    return True
                if graph.label[edge] == 0:
                    seen[target] = None
                    queue.append(target)
        return False

    def _goals(self, write: Effect) -> set[int]:
        """Nodes whose arrival means that content arrives: what is written, or the arguments of the call."""
        linked = self._linked
        path = linked.world.nodes
        goals: set[int] = set()
        if write.calls:
            goals.update(node for _, node in linked.argument_nodes(write.call))
            for call in self._locks.calls_in(self._locks.scope_of(write.call)):
                receiver = linked.receiver_of(call)  # with writer(path) as f: f.write(...), json.dump(x, f)
                if receiver == linked.result_of(write.call):
                    goals.update(node for _, node in linked.argument_nodes(call))
                arguments = [node for _, node in linked.argument_nodes(call)]
                if linked.result_of(write.call) in arguments:
                    goals.update(arguments)
            goals.discard(linked.result_of(write.call))
        else:
            for (call, _), node in linked.contents.items():
                if call == write.call or any(("h", write.call) in linked.values(p) for p in self._ports(call)):
                    goals.add(node)
            if write.write is not None and write.write.node >= 0:
                goals.add(write.write.node)
        if write.protocol is not None and not write.calls:
            calls = {w.site.call for w in write.protocol.writes}
            makers = {m.ports["return"] for m in write.protocol.makers}
            for (call, _), node in linked.contents.items():
                held = {c for p in self._ports(call) for k, c in linked.values(p) if k == "h"}
                origins = {o for p in self._ports(call) for o in self._evidence.origins(p)} if makers else set()
                if call in calls or held & calls or any(("temporary", m) in origins for m in makers):
                    goals.add(node)
        return {g for g in goals if path[g].kind != NodeKind.CONST}

    def _ports(self, call: int) -> list[int]:
        return [p for site in self._linked.sites_of.get(call, ()) for p in site.ports.values() if p >= 0]

    def _calls_with(self, unit: int) -> dict[int, list[int]]:
        """What is handed over in a unit, or has a method called, with the calls."""
        linked, world = self._linked, self._linked.world
        found: dict[int, list[int]] = {}
        first = world.call_base[unit]
        for number in range(first, first + len(world.units[unit][2].calls)):
            for _, node in linked.argument_nodes(number):
                found.setdefault(node, []).append(number)
            receiver = linked.receiver_of(number)
            if receiver >= 0:
                found.setdefault(receiver, []).append(number)
        return found

    def _covered(self, read: Effect, write: Effect) -> bool:
        """Whether one lock is held at both."""
        first = {lock.node for lock in self._locks.held(read.call)}
        return any(lock.node in first for lock in self._locks.held(write.call))

    @cached_property
    def read_by_objects(self) -> frozenset[Symbol]:
        """Paths in the fields of objects that the objects read themselves."""
        return frozenset(
            effect.path
            for scope in self._effects.scopes()
            for effect in self._effects.of(scope)
            if effect.kind == "read" and not effect.calls and _of_instance(effect.path)
        )

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
        for call, _ in self._linked.contents:
            if any(("h", opened) in self._linked.values(p) for p in self._ports(call)):
                return True
        return False

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
