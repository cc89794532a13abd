"""What does each ``except`` clause guard, and what does it do? Contexts: artifact-shaping, diagnostic, best-effort.

A handler shapes artifacts when it can complete normally and (a) something that its ``try`` body or the handler
itself assigns, stores or returns reaches an artifact, a digest or an artifact's path, or (b) its ``try`` body writes
or digests, itself or through a resolved callee. What the enclosing function does elsewhere is no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sst_lint.config import Config
from sst_lint.facts.ops import VALUE, Op
from sst_lint.facts.records import Handler, Kind
from sst_lint.flow.admitted import admits
from sst_lint.flow.circumstances import Circumstances
from sst_lint.flow.clauses import Clauses, Fate
from sst_lint.flow.coherence import holds_together
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.order import Order
from sst_lint.flow.reach import Search
from sst_lint.flow.sinks import A_SIGNATURE, HELP
from sst_lint.flow.started import Started
from sst_lint.flow.writes import Writes

Context = Literal["artifact-shaping", "diagnostic", "best-effort"]
BROAD = frozenset({"builtins.Exception", "builtins.BaseException", "builtins.StandardError"})
#: Requests to stop, by qualified name.
STOPS = frozenset(
    {
        "builtins.BaseException", "builtins.KeyboardInterrupt", "builtins.SystemExit", "builtins.GeneratorExit",
        "asyncio.CancelledError", "asyncio.exceptions.CancelledError", "trio.Cancelled",
    }
)  # fmt: skip
#: How many calls deep a write still says what a ``try`` body is for.
_CALLS_DEEP = 1


@dataclass(frozen=True)
class HandlerInfo:
    """One clause with its verdicts. ``path`` leads from what it guards to the artifact (empty in case (b))."""

    unit: int
    handler: Handler
    names: tuple[str, ...]  #: the caught types, qualified as far as known
    broad: bool
    interrupts: bool  #: also catches KeyboardInterrupt and SystemExit (bare, BaseException)
    silent: bool
    completes: bool
    context: Context
    certain: bool  #: (a) rather than (b), and the file is an artifact for certain
    path: tuple[tuple[int, int], ...]
    what: str
    logs: bool
    cleanup: bool
    fate: Fate  #: what becomes of the error
    decides: bool  #: raises on some ways, not on others
    probe: bool  #: the function asks whether something works, and the clause answers
    tested: bool  #: it returns a failure that every caller tests
    in_turn: bool  #: a loop asks the function that holds it
    stops: tuple[str, ...]  #: the requests to stop that it names; "" for a bare clause
    loops: bool  #: after the clause the loop around it goes on
    asynchronous: bool
    meant: bool  #: the code says that silence is meant, or nothing can have happened that somebody would look for
    beside: bool  #: nobody waits for what may fail
    ending: bool  #: the next thing that is done is to end the program
    in_memory: bool  #: the guarded code only looks at values
    accounts: bool  #: it undoes what was begun, or writes down which element of a loop has failed
    again: bool  #: it calls once more what it guards, or the next one that may do, or raises if nothing else does
    notes: bool  #: it notes in an object that something has happened
    started: bool  #: its function is started as a task, a thread or a process
    only_imports: bool  #: the guarded code imports what may not be installed, and calls nothing of the program


class Handlers:
    """Judges all handlers of a linked program."""

    def __init__(
        self, linked: Mutations, graph: Graph, values: Graph, writes: Writes, order: Order, config: Config
    ) -> None:
        """``values``: the graph of values only, stricter than ``graph``."""
        self._linked = linked
        self._graph = values
        self._started = Started(linked)
        self._writes = writes
        self.clauses = Clauses(linked, graph, _policies(config))
        self.circumstances = Circumstances(linked, graph, self.clauses)
        sinks = [s for s in order.sinks if s.what not in (HELP, A_SIGNATURE)]
        self._sinks = {s.node: s.what for s in sinks if s.rank == 0 or (s.rank == 1 and s.named)}
        self._sure = {s.node for s in order.sinks if s.rank == 0}
        for write in writes.all:
            if write.kind.kind in ("artifact", "state", "remote") and write.path_node >= 0:
                self._sinks.setdefault(write.path_node, "the path of " + _ARTICLE[write.kind.kind])
        self._names = {w.path_node for w in writes.all if w.path_node not in self._sure}
        self._writing_calls = self._direct(order)
        self._writing = self._writing_functions()
        judged = (self._judge(unit, handler) for unit, handler in linked.world.handlers())
        self.all = tuple(info for info in judged if info is not None)

    @cached_property
    def _search(self) -> Search:
        world = self._linked.world
        mask = self._graph.forward_mask(
            (world.node_base[unit] + local, VALUE)
            for unit, handler in world.handlers()
            for local in (*handler.fallbacks, *handler.writes)
        )
        search = Search(self._graph, mask)
        search.start((node, VALUE, "") for node in self._sinks)
        search.run()
        return search

    def _direct(self, order: Order) -> dict[int, str]:
        """Calls that write an artifact or digest."""
        found: dict[int, str] = {}
        for write in self._writes.all:
            if write.final.kind in _ARTICLE and (write.final.kind != "unknown" or write.final.literal):
                found[write.site.call] = f"writes {_ARTICLE[write.final.kind]}"
        for sink in order.sinks:
            if sink.rank == 0 and sink.call >= 0:
                found.setdefault(sink.call, "digests" if sink.what == "a digest" else f"writes {sink.what}")
        return found

    def _writing_functions(self) -> dict[int, str]:
        """Functions that write an artifact, themselves or through what they call (that they digest says little)."""
        world = self._linked.world
        direct: dict[int, str] = {}
        for number, verb in self._writing_calls.items():
            scope = world.scope_of_call(number)
            if verb != "digests":
                direct.setdefault(scope, verb)
        callers: dict[int, list[int]] = {}
        for number, scopes in self._linked.callees.items():
            caller = world.scope_of_call(number)
            for scope in scopes if len(scopes) == 1 or not self._is_handed(number) else ():
                callers.setdefault(scope, []).append(caller)
        level = sorted(direct)
        for _ in range(_CALLS_DEEP):
            reached = [(caller, scope) for scope in level for caller in callers.get(scope, ()) if caller not in direct]
            for caller, scope in reached:
                direct.setdefault(caller, direct[scope])
            level = [caller for caller, _ in reached]
        return direct

    def _is_handed(self, number: int) -> bool:
        """Whether a call runs what its own function was handed: who hands it over knows which function that is."""
        sites = self._linked.sites_of.get(number, ())
        given = [site.ports.get(function, -1) for site in sites for function, _ in site.model.callback]
        nodes = self._linked.world.nodes
        return any(nodes[node].kind == Kind.PARAM for node in (self._linked.callee_of(number), *given) if node >= 0)

    @cached_property
    def _running(self) -> frozenset[int]:
        """The functions that run what they are handed."""
        calls = (number for number in self._linked.callees if self._is_handed(number))
        return frozenset(map(self._linked.world.scope_of_call, calls))

    def _run_by(self, number: int) -> list[int]:
        """The functions that a call may run: those that it calls, and those that it hands to them to be run."""
        scopes = list(self._linked.callees.get(number, ()))
        if not self._running.isdisjoint(scopes):
            given = (value for _, node in self._linked.argument_nodes(number) for value in self._linked.values(node))
            scopes += [value[1] for value in given if value[0] in ("f", "b")]
        return scopes

    def calls_in(self, unit: int, region: int) -> list[int]:
        """The calls of a region and the regions inside it."""
        return self.clauses.calls_in(unit, region)

    def _judge(self, unit: int, handler: Handler) -> HandlerInfo | None:
        world = self._linked.world
        base = world.node_base[unit]
        if handler.suppress >= 0:
            call = world.call_base[unit] + handler.suppress
            if not any(n.endswith("suppress") for n in self._linked.externals.get(call, ())):
                return None
        names = tuple(n for t in handler.types for n in self._type_names(base + t))
        fate = self.clauses.fate(unit, handler)
        completes = any(e != "raises" for e in handler.ends) and not fate.exits
        context, certain, path, what = self._context(unit, handler, completes)
        if context != "artifact-shaping":
            context = "diagnostic" if fate.calls else "best-effort"
        around = self.circumstances
        broad = handler.bare or any(n in BROAD for n in names)
        silent = completes and not fate.kept and not fate.examined
        return HandlerInfo(
            unit,
            handler,
            names,
            broad,
            handler.bare or "builtins.BaseException" in names,
            silent,
            completes,
            context,
            certain,
            path,
            what,
            fate.calls,
            around.cleans_up(unit, handler),
            fate,
            completes and ("raises" in handler.ends or self._may_exit(unit, handler)),
            around.is_probe(unit, handler),
            completes and around.is_tested(unit, handler),
            around.is_asked_in_turn(unit, handler),
            ("",) if handler.bare else tuple(n for n in names if n in STOPS),
            around.goes_on(unit, handler),
            world.units[unit][2].scopes[handler.scope].is_async if world.units[unit][2].scopes else False,
            around.is_meant(unit, handler) or admits(self._linked, self.clauses, unit, handler),
            silent and broad and around.is_beside(unit, handler),
            around.ends_behind(unit, handler),
            around.is_in_memory(unit, handler),
            completes and around.accounts(unit, handler),
            completes
            and (
                around.alternatives.tries_again(unit, handler)
                or around.tries_others(unit, handler)
                or around.raises_after(unit, handler)
                or (around.goes_on(unit, handler) and around.alternatives.waits(unit, handler))
            ),
            around.alternatives.raises_flag(unit, handler),
            self._started.holds(world.scope_base[unit] + handler.scope),
            handler.only_imports and not any(n in self._linked.callees for n in self.calls_in(unit, handler.tried)),
        )

    def _may_exit(self, unit: int, handler: Handler) -> bool:
        """Whether the clause ends the program on some ways: ``if required: sys.exit(...)``."""
        return handler.body >= 0 and any(map(self.clauses.ends_program, self.calls_in(unit, handler.body)))

    def _type_names(self, node: int) -> list[str]:
        held = (*self._linked.values(node), *self._linked.elements.get(node))
        found = [str(v[1]) for v in held if v[0] == "x"]
        if found:
            return found
        return [self._linked.world.nodes[node].name]

    def _context(
        self, unit: int, handler: Handler, completes: bool
    ) -> tuple[Context, bool, tuple[tuple[int, int], ...], str]:
        if not completes:
            return "best-effort", False, (), ""
        base = self._linked.world.node_base[unit]
        ways = [way for way in map(self._reaches, [base + n for n in (*handler.fallbacks, *handler.writes)]) if way]
        path = next((way for way in ways if holds_together(self._linked, self._graph, way)), ways[0] if ways else ())
        if path:
            sink = path[-1][0]
            return "artifact-shaping", sink in self._sure, path, self._sinks[sink]
        for number in self.calls_in(unit, handler.tried):
            if number in self._writing_calls:
                return "artifact-shaping", False, (), self._writing_calls[number]
            for scope in self._run_by(number):
                if scope in self._writing:
                    return "artifact-shaping", False, (), self._writing[scope]
        return "best-effort", False, (), ""

    def _reaches(self, node: int) -> tuple[tuple[int, int], ...]:
        """The way of a value to an artifact, or nothing."""
        if self._linked.world.nodes[node].kind in (Kind.NAME, Kind.IMPORT, Kind.FUNC, Kind.ERROR):
            return ()
        found = self._search.found(node, VALUE)
        if found is None:
            return ()
        path = tuple((s[0], e) for s, e in self._search.path(*found))
        if path[-1][0] not in self._sinks:
            return ()  # too long a way to be shown is no evidence
        parts = any(e >= 0 and self._graph.op[e] in (Op.TEXT, Op.PATH) for _, e in path)
        return path if parts or path[-1][0] not in self._names else ()  # where a file lies is not what it is called


def _policies(config: Config) -> frozenset[str]:
    """The functions of the project that stand for the runtime's error policy."""
    if isinstance(config.helpers, str):
        return frozenset()
    targets = (target for name, target in config.helpers if name == "handle_error_with_policy")
    return frozenset(target.partition("(")[0].strip().replace(":", ".") for target in targets)


_ARTICLE = {"artifact": "an artifact", "state": "a state file", "remote": "an object store", "unknown": "a file"}
