"""Which lock is held where? Locks of ``with`` blocks, of calls that lock from then on, of decorators, of callers."""

from __future__ import annotations

from dataclasses import dataclass

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import words
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site
from sst_lint.flow.world import Function
from sst_lint.flow.writes import Writes

_NAMES = frozenset({"lock", "locks", "locked", "flock", "rlock", "mutex", "semaphore", "filelock", "rwlock", "locking"})
_ENTRIES = frozenset({"exclusive", "synchronized", "transaction", "critical", "guard", "lockf"})
_TAKING = frozenset({"acquire", "lock", "flock", "lockf", "acquire_lock", "take", "lock_file", "lock_exclusive"})
_LETTING_GO = frozenset({"release", "unlock", "release_lock"})
_OF_THREADS = "threading.Lock"
_OF_LIBRARIES = ("filelock.FileLock", "fasteners.InterProcessLock", _OF_THREADS)
#: Names of functions that are to be called with the lock held.
_UNDER_A_LOCK = ("_locked", "_unlocked", "_with_lock", "_under_lock", "_holding_lock")
_CALLS_DEEP = 3
_CALLERS_DEEP = 4
#: More callers than this are not all asked.
_CALLERS = 40


@dataclass(frozen=True)
class Lock:
    """A lock that is held: the call or context that took it (``call`` is -1 for a decorator or a plain name)."""

    node: int
    call: int
    site: Site | None  #: the library call that locks, if it is in the same function
    threads: bool  #: only between the threads of one process


class Locks:
    """Answers which locks are held at a call; keeps the answers."""

    def __init__(self, linked: Mutations, writes: Writes) -> None:
        self._linked = linked
        world = linked.world
        self._locking: dict[int, Site] = {s.call: s for s in linked.sites if s.model.lock}
        self._exclusive = {write.site.call for write in writes.all if write.mode == "exclusive"}
        self._calls_of: dict[int, list[int]] = {}
        for number in range(len(world.calls)):
            self._calls_of.setdefault(world.scope_of_call(number), []).append(number)
        self._callers: dict[int, list[int]] = {}
        for number, scopes in linked.callees.items():
            for scope in scopes:
                self._callers.setdefault(scope, []).append(number)
        self._known: dict[tuple[int, int], tuple[Lock, ...]] = {}
        self._functions: dict[int, bool] = {}

    def scope_of(self, call: int) -> int:
        """The global scope that holds a call."""
        return self._linked.world.scope_of_call(call)

    def calls_in(self, scope: int) -> list[int]:
        """The calls of a scope, in the order in which they are evaluated."""
        return self._calls_of.get(scope, [])

    def callers(self, scope: int) -> list[int]:
        """The calls that may call a function."""
        return self._callers.get(scope, [])

    def regions(self, call: int) -> list[int]:
        """The regions around a call, innermost first."""
        world = self._linked.world
        unit, region = world.call_unit[call], world.calls[call].region
        found = []
        while region >= 0:
            found.append(region)
            region = world.region(unit, region).parent
        return found

    def comes_to(self, first: int, second: int) -> bool:
        """Whether a call can run after another one of its function: they do not stand in two branches of one
        condition, nor the first in a branch that leaves."""
        world = self._linked.world
        unit = world.call_unit[first]
        mine = [world.region(unit, r) for r in self.regions(first)]
        around = self.regions(second)
        other = {r.node: r.kind for r in (world.region(unit, n) for n in around) if r.kind in ("if", "else")}
        return not any(
            (r.kind in ("if", "else") and other.get(r.node, r.kind) != r.kind) or (r.leaves and r.node not in other)
            for r in mine
        )

    def held(self, call: int) -> tuple[Lock, ...]:
        """The locks that are held when ``call`` runs: in its own function, or in all of that function's callers."""
        return self._held(call, 0)

    def _held(self, call: int, depth: int) -> tuple[Lock, ...]:
        key = (call, depth)
        if key not in self._known:
            self._known[key] = ()
            self._known[key] = self.own(call) or self._inherited(self.scope_of(call), depth)
        return self._known[key]

    def own(self, call: int) -> tuple[Lock, ...]:
        """The locks that the function itself holds at one of its calls."""
        world = self._linked.world
        unit = world.call_unit[call]
        found: list[Lock] = []
        region = world.calls[call].region
        while region >= 0:
            record = world.region(unit, region)
            if record.kind == "with" and record.node >= 0:
                found.extend(self._of_context(unit, world.node_base[unit] + record.node))
            region = record.parent
        open_locks: list[Lock] = []
        for earlier in self.calls_in(self.scope_of(call)):
            if earlier >= call:
                break
            name = self._name(earlier)
            if name in _LETTING_GO or (earlier in self._locking and self._unlocks(earlier)):
                open_locks = open_locks[:-1] if self._on_the_way(earlier, call) else open_locks
            elif self._takes(earlier, name) and not world.calls[earlier].entered:
                site = self._locking.get(earlier)
                open_locks.append(Lock(self._linked.result_of(earlier), earlier, site, self._threads_of(earlier)))
        return (*found, *open_locks)

    def _on_the_way(self, earlier: int, call: int) -> bool:
        """Whether ``earlier`` runs before ``call`` on every way: not in a branch that ``call`` is not in."""
        world = self._linked.world
        unit = world.call_unit[call]
        region, outer = world.calls[earlier].region, set()
        at = world.calls[call].region
        while at >= 0:
            outer.add(at)
            at = world.region(unit, at).parent
        while region >= 0:
            if region not in outer and world.region(unit, region).kind in ("if", "else", "handler"):
                return False
            region = world.region(unit, region).parent
        return True

    def _unlocks(self, call: int) -> bool:
        """``flock(fd, LOCK_UN)``."""
        world = self._linked.world
        for _, node in self._linked.argument_nodes(call):
            if world.nodes[node].name in ("LOCK_UN", "F_UNLCK", "LK_UNLCK", "F_ULOCK"):
                return True
        return False

    def _takes(self, call: int, name: str) -> bool:
        """Whether the call takes a lock that stays taken when it returns."""
        if call in self._locking:
            method = self._locking[call].model.name.rpartition(".")[2]
            return not method[:1].isupper() and not self._unlocks(call)
        receiver = self._linked.receiver_of(call)
        scopes = self._linked.callees.get(call, {})
        if self._linked.classes_called.get(call):
            return False  # made, not taken yet
        if scopes and not self._linked.world.calls[call].entered:
            return (name in _TAKING or bool(words(name) & _NAMES)) and any(self._is_taker(s) for s in scopes)
        if name in _TAKING:
            return name != "lock" or receiver < 0 or self._is_lock(receiver)
        parts = words(name)
        return bool(parts & {"acquire", "take"}) and bool(parts & _NAMES)

    def _is_taker(self, scope: int) -> bool:
        """Whether a function of the program takes a lock: it locks, makes a file exclusively, or belongs to a lock."""
        function = self._linked.world.functions.get(scope)
        if function is not None and function.cls >= 0:
            if words(self._linked.world.classes[function.cls].name.rpartition(".")[2]) & _NAMES:
                return True
        return self._function_locks(scope, 1) or any(call in self._exclusive for call in self.calls_in(scope))

    def _name(self, call: int) -> str:
        world = self._linked.world
        record = world.calls[call]
        return record.method or world.nodes[world.node_base[world.call_unit[call]] + record.callee].name

    def _threads_of(self, call: int) -> bool:
        receiver = self._linked.receiver_of(call)
        return receiver >= 0 and self._linked.has_type(receiver, _OF_THREADS)

    # contexts

    def _of_context(self, unit: int, node: int) -> list[Lock]:
        world = self._linked.world
        record = world.nodes[node]
        call = -1
        if record.kind == Kind.CALL:
            call = world.call_base[unit] + record.base
        threads = self._linked.has_type(node, _OF_THREADS)
        if call in self._locking:
            return [Lock(node, call, self._locking[call], threads)]
        if self._linked.has_type(node, *_OF_LIBRARIES) or self._is_lock(node):
            return [Lock(node, call, self._site_of(node), threads)]
        if call >= 0 and self._call_locks(call, 0):
            return [Lock(node, call, None, False)]
        return []

    def _site_of(self, node: int) -> Site | None:
        """The call that made a lock object."""
        edges = self._linked.edges
        for source in [edges.source[n] for n in self._linked._incoming.get(node, ()) if edges.op[n] == Op.SAME]:
            for site in self._locking.values():
                if site.ports["return"] == source:
                    return site
        return None

    def _is_lock(self, node: int) -> bool:
        """Whether the name of a value says that it is a lock."""
        world = self._linked.world
        record = world.nodes[node]
        name = record.name
        if record.kind == Kind.CALL:
            call = world.call_of(node)
            name = self._name(call)
            if name in ("open", "acquire"):
                receiver = self._linked.receiver_of(call)
                return name == "acquire" and receiver >= 0 and self._is_lock(receiver)
        parts = words(name)
        return bool(parts & (_NAMES | _ENTRIES)) and not parts & {"unlocked", "unlock", "release"}

    def _call_locks(self, call: int, depth: int) -> bool:
        """Whether entering the result of a call of the program takes a lock."""
        scopes = dict.fromkeys(self._linked.callees.get(call, {}))
        for cls in self._linked.classes_called.get(call, {}):
            for name in ("__enter__", "__aenter__"):
                scopes.update(dict.fromkeys(f.scope for f in self._linked.find_method(cls, name)))
        return any(self._function_locks(scope, depth) for scope in scopes)

    def _function_locks(self, scope: int, depth: int) -> bool:
        """Whether a function takes a lock and keeps it while its caller's block runs."""
        known = self._functions.get(scope)
        if known is not None:
            return known
        self._functions[scope] = False
        found = False
        for call in self.calls_in(scope):
            name = self._name(call)
            entered = self._linked.world.calls[call].entered
            if (
                self._takes(call, name)
                or (call in self._locking and not self._unlocks(call))
                or (entered and self._is_lock(self._linked.result_of(call)))
                or (depth < _CALLS_DEEP and entered and self._call_locks(call, depth + 1))
            ):
                found = True
        if not found:
            world = self._linked.world
            unit = world.unit_of_scope(scope)
            for region in world.units[unit][2].regions:
                node = world.node_base[unit] + region.node
                if region.kind == "with" and region.node >= 0 and world.scope_base[unit] + region.scope == scope:
                    found |= self._linked.has_type(node, *_OF_LIBRARIES) or self._is_lock(node)
        self._functions[scope] = found
        return found

    def keeps(self, scope: int) -> bool:
        """Whether a function takes a lock that is held on when it comes back."""
        return self._function_locks(scope, 0)

    # callers

    def _inherited(self, scope: int, depth: int) -> tuple[Lock, ...]:
        """Locks that a function runs under: by its decorators, its name, or because all of its callers hold one."""
        function = self._linked.world.functions.get(scope)
        if function is None:
            return ()
        for decorator in function.decorators:
            if self._is_lock(decorator) or self._decorator_locks(decorator):
                return (Lock(decorator, -1, None, False),)
        if function.record.name.endswith(_UNDER_A_LOCK):
            return (Lock(function.returns, -1, None, False),)
        if depth >= _CALLERS_DEEP:
            return ()
        callers = self._callers_of(function)
        if not callers or len(callers) > _CALLERS:
            return ()
        held = [self._held(caller, depth + 1) for caller in callers]
        return held[0] if all(held) else ()

    def _callers_of(self, function: Function) -> list[int]:
        own = self.calls_in(function.scope)
        return [c for c in self._callers.get(function.scope, []) if c not in own]

    def _decorator_locks(self, decorator: int) -> bool:
        for kind, scope in self._linked.values(decorator):
            if kind == "f":
                world = self._linked.world
                unit = world.unit_of_scope(int(scope))
                inner = [world.scope_base[unit] + n for n, s in enumerate(world.units[unit][2].scopes) if n > 0]
                if any(self._function_locks(one, 1) for one in inner):
                    return True
        return False
