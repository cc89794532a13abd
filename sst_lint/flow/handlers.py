"""What does each ``except`` clause guard, and what becomes of the error? Contexts: artifact-shaping, diagnostic,
best-effort.

A handler shapes artifacts when it can complete normally and (a) something that its ``try`` body or the handler
itself assigns, stores or returns reaches an artifact, a digest or an artifact's path, or (b) its ``try`` body writes
or digests, itself or through a resolved callee. What the enclosing function does elsewhere is no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sst_lint.facts.ops import VALUE
from sst_lint.facts.records import Handler, Kind
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.order import Order
from sst_lint.flow.reach import Graph, Search
from sst_lint.flow.writes import Writes

Context = Literal["artifact-shaping", "diagnostic", "best-effort"]
BROAD = frozenset({"builtins.Exception", "builtins.BaseException", "builtins.StandardError"})
#: How many calls deep a write still says what a ``try`` body is for.
_CALLS_DEEP = 1
_LOGGING_NAMES = frozenset(
    [
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "exception",
        "critical",
        "log",
        "print_exc",
        "print_exception",
        "print",
        "fatal",
        "echo",
        "secho",
    ]
)
_WITH_ERROR = frozenset("exception print_exc print_exception format_exc exc_info fatal fail skip".split())
_CLEANUP = frozenset(
    [
        "close",
        "unlink",
        "remove",
        "rmtree",
        "rmdir",
        "kill",
        "terminate",
        "shutdown",
        "disconnect",
        "release",
        "join",
        "stop",
        "cleanup",
        "unregister",
        "quit",
        "cancel",
        "delete",
        "removedirs",
        "flush",
        "logout",
        "abort",
        "rollback",
        "__exit__",
        "wait",
        "detach",
    ]
)


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
    certain: bool  #: (a) rather than (b)
    path: tuple[tuple[int, int], ...]
    what: str
    logs: bool
    cleanup: bool


class Handlers:
    """Judges all handlers of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, writes: Writes, order: Order) -> None:
        self._linked = linked
        self._graph = graph
        self._writes = writes
        self._sites: dict[int, list[str]] = {}
        for site in linked.sites:
            self._sites.setdefault(site.call, []).append(site.model.name)
        self._logs = {s.call for s in linked.sites if s.model.logs or s.model.policy}
        self._policy = {s.call for s in linked.sites if s.model.policy}
        self._calls_by_region: dict[tuple[int, int], list[int]] = {}
        for number, call in enumerate(linked.world.calls):
            self._calls_by_region.setdefault((linked.world.call_unit[number], call.region), []).append(number)
        self._children: dict[tuple[int, int], list[int]] = {}
        for unit, (_, _, facts) in enumerate(linked.world.units):
            for index, region in enumerate(facts.regions):
                self._children.setdefault((unit, region.parent), []).append(index)
        self._sinks = {s.node: s.what for s in order.sinks if s.rank == 0 or (s.rank == 1 and s.named)}
        self._sure = {s.node for s in order.sinks if s.rank == 0}
        for write in writes.all:
            if write.kind.kind in ("artifact", "state", "remote") and write.path_node >= 0:
                self._sinks.setdefault(write.path_node, "the path of " + _ARTICLE[write.kind.kind])
        self._writing = self._writing_functions(order)
        mask = graph.forward_mask(
            (linked.world.node_base[unit] + local, VALUE)
            for unit, handler in linked.world.handlers()
            for local in (*handler.fallbacks, *handler.writes)
        )
        self._search = Search(graph, mask)
        self._search.start((node, VALUE, "") for node in self._sinks)
        self._search.run()
        judged = (self._judge(unit, handler) for unit, handler in linked.world.handlers())
        self.all = tuple(info for info in judged if info is not None)

    def _writing_functions(self, order: Order) -> dict[int, str]:
        """Functions that write an artifact or digest, themselves or through what they call."""
        world = self._linked.world
        direct: dict[int, str] = {}
        self._writing_calls: dict[int, str] = {}
        for write in self._writes.all:
            if write.final.kind in _ARTICLE and (write.final.kind != "unknown" or write.final.literal):
                self._writing_calls[write.site.call] = f"writes {_ARTICLE[write.final.kind]}"
        for sink in order.sinks:
            if sink.rank == 0 and sink.call >= 0:
                verb = "digests" if sink.what == "a digest" else f"writes {sink.what}"
                self._writing_calls.setdefault(sink.call, verb)
        for number, verb in self._writing_calls.items():
            scope = world.scope_base[world.call_unit[number]] + world.calls[number].scope
            direct.setdefault(scope, verb)
        callers: dict[int, list[int]] = {}
        for number, scopes in self._linked.callees.items():
            caller = world.scope_base[world.call_unit[number]] + world.calls[number].scope
            for scope in scopes:
                callers.setdefault(scope, []).append(caller)
        level = sorted(direct)
        for _ in range(_CALLS_DEEP):
            reached = [(caller, scope) for scope in level for caller in callers.get(scope, ()) if caller not in direct]
            for caller, scope in reached:
                direct.setdefault(caller, direct[scope])
            level = [caller for caller, _ in reached]
        return direct

    def calls_in(self, unit: int, region: int) -> list[int]:
        """The calls of a region and the regions inside it."""
        result: list[int] = []
        stack = [region]
        while stack:
            current = stack.pop()
            result += self._calls_by_region.get((unit, current), ())
            stack += self._children.get((unit, current), ())
        return sorted(result)

    def _judge(self, unit: int, handler: Handler) -> HandlerInfo | None:
        base = self._linked.world.node_base[unit]
        if handler.suppress >= 0:
            call = self._linked.world.call_base[unit] + handler.suppress
            if not any(n.endswith("suppress") for n in self._linked.externals.get(call, ())):
                return None
        names = tuple(n for t in handler.types for n in self._type_names(base + t))
        broad = handler.bare or any(n in BROAD for n in names)
        interrupts = handler.bare or "builtins.BaseException" in names
        body = self.calls_in(unit, handler.body) if handler.body >= 0 else []
        logs = any(self._logs_error(number) for number in body)
        completes = any(e != "raises" for e in handler.ends)
        mentions = handler.uses_error or any(self._with_traceback(number) for number in body)
        silent = completes and not handler.uses_error and not (logs and mentions)
        context, certain, path, what = self._context(unit, handler, completes)
        if context != "artifact-shaping":
            context = "diagnostic" if logs else "best-effort"
        return HandlerInfo(
            unit,
            handler,
            names,
            broad,
            interrupts,
            silent,
            completes,
            context,
            certain,
            path,
            what,
            logs,
            self._cleans_up(unit, handler),
        )

    def _type_names(self, node: int) -> list[str]:
        held = (*self._linked.values(node), *self._linked.elements.get(node, ()))
        found = [str(v[1]) for v in held if v[0] == "x"]
        if found:
            return found
        return [self._linked.world.nodes[node].name]

    def _logs_error(self, number: int) -> bool:
        if number in self._logs:
            return True
        call = self._linked.world.calls[number]
        base = self._linked.world.node_base[self._linked.world.call_unit[number]]
        name = call.method or self._linked.world.nodes[base + call.callee].name
        if (
            name in _LOGGING_NAMES
            or name.startswith(("log_", "warn_", "report_"))
            or name in ("warnings", "fail", "skip")
        ):
            return True
        return any(scope in self._logging_functions() for scope in self._linked.callees.get(number, ()))

    def _with_traceback(self, number: int) -> bool:
        """A log call that writes the error by itself: ``exception``, ``exc_info=True``, ``print_exc``, a policy."""
        call = self._linked.world.calls[number]
        base = self._linked.world.node_base[self._linked.world.call_unit[number]]
        name = call.method or self._linked.world.nodes[base + call.callee].name
        if name in _WITH_ERROR or number in self._policy or any(a.slot == "exc_info" for a in call.args):
            return True
        return number not in self._logs and name not in _LOGGING_NAMES

    def _logging_functions(self) -> frozenset[int]:
        known = getattr(self, "_logging", None)
        if known is None:
            world = self._linked.world
            scopes = set()
            for number in self._logs:
                if world.calls[number].region == -1:
                    scopes.add(world.scope_base[world.call_unit[number]] + world.calls[number].scope)
            known = self._logging = frozenset(scopes)
        return known

    def _cleans_up(self, unit: int, handler: Handler) -> bool:
        """Whether the guarded code only releases things."""
        calls = [self._linked.world.calls[n] for n in self.calls_in(unit, handler.tried)]
        base = self._linked.world.node_base[unit]
        names = [c.method or self._linked.world.nodes[base + c.callee].name for c in calls if not c.used]
        return bool(names) and all(n in _CLEANUP for n in names)

    def _context(
        self, unit: int, handler: Handler, completes: bool
    ) -> tuple[Context, bool, tuple[tuple[int, int], ...], str]:
        if not completes:
            return "best-effort", False, (), ""
        base = self._linked.world.node_base[unit]
        for local in (*handler.fallbacks, *handler.writes):
            node = base + local
            if self._linked.world.nodes[node].kind in (Kind.NAME, Kind.IMPORT, Kind.FUNC):
                continue
            found = self._search.found(node, VALUE)
            if found is not None:
                path = tuple((s[0], e) for s, e in self._search.path(*found))
                if path[-1][0] not in self._sinks:
                    continue  # too long a way to be shown is no evidence
                certain = path[-1][0] in self._sure and not any(n in self._graph.shared for n, _ in path[1:])
                return "artifact-shaping", certain, path, self._sinks.get(path[-1][0], "an artifact")
        for number in self.calls_in(unit, handler.tried):
            if number in self._writing_calls:
                return "artifact-shaping", False, (), self._writing_calls[number]
            for scope in self._linked.callees.get(number, ()):
                if scope in self._writing:
                    return "artifact-shaping", False, (), self._writing[scope]
        return "best-effort", False, (), ""


_ARTICLE = {"artifact": "an artifact", "state": "a state file", "remote": "an object store", "unknown": "a file"}
