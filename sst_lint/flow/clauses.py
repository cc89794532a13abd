"""What becomes of the error that an ``except`` clause caught? Logged, handed on, tested, decided by a policy, or lost.

The caught error is followed through the function: into texts, containers, names that outlive the clause, and the
arguments of calls. A function of the program that is handed the error is judged by its own body: one that only logs
has logged, one that may also raise has decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sst_lint.facts.records import Handler, Kind
from sst_lint.flow.error_walk import AskedError, CaughtError, ErrorWalk
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations

#: Methods of unknown loggers and terminals.
LOGGING_NAMES = frozenset(
    "debug info warning warn error exception critical log fatal trace success print_exc print_exception print echo "
    "secho log_exception print_traceback excepthook notice msg err".split()
)
#: They write the error that is being handled by themselves.
_WITH_ERROR = frozenset(
    "exception print_exc print_exception print_traceback log_exception excepthook fatal err".split()
)
#: They give the error that is being handled.
_CURRENT_ERROR = frozenset({"format_exc", "exc_info", "format_exception", "TracebackException", "sys_exc_info"})
#: Functions of whatever team that are made for errors: `capture_exception()`, `self.handleError(record)`.
_FOR_ERRORS = re.compile(
    r"(handle|report|record|capture|log|print|show|notify|send|on|emit|register|process|dump|track)\w*?"
    r"(error|exception|exc|traceback|failure)s?$",
    re.IGNORECASE,
)
#: Without arguments they hold the error that is being handled.
_HOLDING_CURRENT = frozenset({"Failure"})
_ENDS = frozenset({"reraise", "raise_from", "reraise_exc", "raise_with_traceback", "raise_exception"})
#: So many values a test is looked through for the error.
_NEAR = 50
#: What a function may do besides logging.
_BESIDES = 1
_WITH_TRACEBACK = frozenset({"exc_info", "stack_info"})


@dataclass(frozen=True)
class Fate:
    """What a clause does with the error."""

    calls: bool  #: it logs something
    logged: bool  #: it logs the error itself
    handed: bool  #: the error leaves the clause: returned, stored, passed to somebody
    whole: bool  #: ... as the object that it is, not as a text
    examined: bool  #: it is tested
    policy: bool  #: a policy decides
    exits: bool  #: the program (or function) always ends in the clause
    carried: bool = False  #: an error that is raised ``from None`` holds something of it

    @property
    def kept(self) -> bool:
        """Whether anybody can hear of the error."""
        return self.logged or self.handed or self.policy


class Clauses:
    """Answers for the handlers of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, policies: frozenset[str]) -> None:
        """``policies``: dotted names of the project's own error policies."""
        self.linked = linked
        self.graph = graph
        world = linked.world
        self._logs = {s.call for s in linked.sites if s.model.logs or s.model.policy}
        self._with_error = {s.call for s in linked.sites if s.model.logs == "exception" or s.model.policy}
        self._policy = {s.call for s in linked.sites if s.model.policy}
        self._exits = {s.call for s in linked.sites if s.model.raises}
        self._policies = frozenset(
            scope for scope in (world.functions if policies else ()) if not policies.isdisjoint(self._qualified(scope))
        )
        self._children: dict[int, dict[int, list[int]]] = {}  #: unit -> region -> the regions right inside it

    def _qualified(self, scope: int) -> set[str]:
        function = self.linked.world.functions[scope]
        modules = self.linked.modules.names[self.linked.world.units[function.unit][0]]
        return {f"{module}.{function.qualname}" for module in modules}

    # calls of a region

    def calls_in(self, unit: int, region: int) -> list[int]:
        """The calls of a region and the regions inside it."""
        world = self.linked.world
        inside = set(self.regions_in(unit, region))
        return [
            number for number, call in enumerate(world.units[unit][2].calls, world.call_base[unit])
            if call.region in inside
        ]  # fmt: skip

    def regions_in(self, unit: int, region: int) -> Iterator[int]:
        """A region and all inside it."""
        children = self._children.get(unit)
        if children is None:
            children = self._children[unit] = {}
            for index, record in enumerate(self.linked.world.units[unit][2].regions):
                children.setdefault(record.parent, []).append(index)
        stack = [region]
        while stack:
            current = stack.pop()
            yield current
            stack += children.get(current, ())

    def name_of(self, number: int) -> str:
        """The last name of what is called, as written."""
        world = self.linked.world
        call = world.calls[number]
        return call.method or world.nodes[world.node_base[world.call_unit[number]] + call.callee].name

    def is_log(self, number: int) -> bool:
        """Whether a call speaks to people: a logger, a terminal, or a function of the program that does."""
        return self.speaks(number) or any(scope in self._logging for scope in self.linked.callees.get(number, ()))

    def speaks(self, number: int) -> bool:
        """Whether a call is that of a logger or terminal itself."""
        name = self.name_of(number)
        return number in self._logs or name in LOGGING_NAMES or name.startswith(("log_", "warn_", "report_"))

    @cached_property
    def _logging(self) -> dict[int, bool]:
        """Functions that do little else than log something; whether they log the error that is being handled."""
        world = self.linked.world
        found: dict[int, bool] = {}
        others: dict[int, int] = {}
        for number, call in enumerate(world.calls):
            if not call.used and not self.speaks(number):
                scope = world.scope_of_call(number)
                others[scope] = others.get(scope, 0) + 1
        for number, call in enumerate(world.calls):
            if call.region != -1 or not (number in self._logs or self.name_of(number) in LOGGING_NAMES):
                continue
            if self.name_of(number) in ("print", "echo", "secho", "msg"):
                continue
            scope = world.scope_of_call(number)
            if others.get(scope, 0) <= _BESIDES:
                found[scope] = found.get(scope, False) or self._by_itself(number)
        return found

    def _by_itself(self, number: int) -> bool:
        """Whether a log call writes the error without being given it: ``exception``, ``exc_info=True``."""
        if number in self._with_error or self.name_of(number) in _WITH_ERROR:
            return True
        return any(a.slot in _WITH_TRACEBACK for a in self.linked.world.calls[number].args)

    def ends_program(self, number: int) -> bool:
        """Whether a call never comes back: ``sys.exit``, or a function of the program that always raises."""
        if number in self._exits or self.name_of(number) in _ENDS:
            return True
        world = self.linked.world
        scopes = self.linked.callees.get(number, {})
        if not scopes and self.name_of(number) == "exit" and self._fails_with(number):
            return True
        records = {s: world.functions[s].record for s in scopes if s in world.functions}
        return bool(records) and all(
            s in self._leaving or r.endless or r.annotation.rpartition(".")[2].strip("'\"") in ("NoReturn", "Never")
            for s, r in records.items()
        )

    def _fails_with(self, number: int) -> bool:
        """Whether a call is given a code of failure: ``app.exit(1)``."""
        nodes = self.linked.world.nodes
        given = [nodes[node] for _, node in self.linked.argument_nodes(number)][:1]
        return any(n.kind == Kind.CONST and n.name.isdigit() and n.name.strip("0") for n in given)

    @cached_property
    def _leaving(self) -> frozenset[int]:
        """Functions whose last call, in no condition, ends the program, and that return nothing before."""
        world = self.linked.world
        last: dict[int, int] = {}
        for number in range(len(world.calls)):
            last[world.scope_of_call(number)] = number
        return frozenset(
            scope
            for scope, number in last.items()
            if number in self._exits and world.calls[number].region == -1 and scope in world.functions
            and not self.graph.incoming.get(world.functions[scope].returns)
        )  # fmt: skip

    # the error

    def fate(self, unit: int, handler: Handler) -> Fate:
        """What the clause does with the error."""
        if handler.body < 0:
            return Fate(False, False, False, False, False, False, False)
        body = self.calls_in(unit, handler.body)
        reached = CaughtError(self, unit, handler, body)
        logs = [n for n in body if self.is_log(n) and not self._is_of_another(unit, handler, n)]
        logged = reached.logged or any(self._by_itself(n) for n in logs) or any(self._logs_current(n) for n in body)
        policy = reached.decided or any(n in self._policy or self._calls_policy(n) for n in body)
        return Fate(
            bool(logs), logged, reached.handed or self._for_errors(body), reached.whole or self._given_whole(body),
            reached.examined, policy,
            self._always_exits(unit, handler, body), reached.carried,
        )  # fmt: skip

    def _is_of_another(self, unit: int, handler: Handler, number: int) -> bool:
        """Whether a call in a clause stands in a clause inside of it, and speaks of what failed there."""
        world = self.linked.world
        inner = {other.body for other in world.units[unit][2].handlers if other.body not in (handler.body, -1)}
        region = world.calls[number].region
        while region not in (handler.body, -1):
            if region in inner:
                return True
            region = world.region(unit, region).parent
        return False

    def _logs_current(self, number: int) -> bool:
        return any(self._logging.get(scope) for scope in self.linked.callees.get(number, ()))

    def _calls_policy(self, number: int) -> bool:
        return any(scope in self._policies for scope in self.linked.callees.get(number, ()))

    def _for_errors(self, body: Iterable[int]) -> bool:
        """Calls of something unknown whose name says that it takes care of the current error, and of functions of
        the program that ask for it."""
        known = self.linked.callees
        if any(number not in known and _FOR_ERRORS.match(self.name_of(number)) for number in body):
            return True
        return any(scope in self._asking for number in body for scope in known.get(number, ()))

    @cached_property
    def _asking(self) -> frozenset[int]:
        """Functions that ask for the error that is being handled."""
        world = self.linked.world
        found = set()
        for number in range(len(world.calls)):
            if self.asks(number):
                found.add(world.scope_of_call(number))
        return frozenset(found)

    def _given_whole(self, body: Iterable[int]) -> bool:
        """Whether a function of the program gives back, or keeps, the error that is being handled; or a handler of
        ``logging`` shows it, which is what it has a method for."""
        if any(self.name_of(number) == "handleError" for number in body):
            return True
        return any(scope in self._giving for number in body for scope in self.linked.callees.get(number, ()))

    @cached_property
    def _giving(self) -> frozenset[int]:
        """Functions that ask for the error that is being handled, and give back, or keep, the object that it is."""
        world = self.linked.world
        return frozenset(
            scope for scope in self._asking
            if scope in world.functions and AskedError(self, world.functions[scope].unit, scope).whole
        )  # fmt: skip

    def asks(self, number: int) -> bool:
        """Whether a call gives the error that is being handled."""
        name = self.name_of(number)
        if name in _HOLDING_CURRENT:
            return all(arg.slot.isidentifier() for arg in self.linked.world.calls[number].args)
        return name in _CURRENT_ERROR

    def _always_exits(self, unit: int, handler: Handler, body: Iterable[int]) -> bool:
        """Whether a call that never comes back stands on every way through the clause."""
        world = self.linked.world
        for number in body:
            region = world.calls[number].region
            while region != handler.body and world.region(unit, region).kind in ("with", "finally"):
                region = world.region(unit, region).parent
            if region == handler.body and self.ends_program(number):
                return True
        return False

    def takes_error(self, number: int, argument: int) -> str:
        """What the functions that a call hands the error to do with it: logs, decides, or keeps."""
        scopes = self.linked.callees.get(number, {})
        params = {p for a, p, _ in self.linked.bindings.get(number, ()) if a == argument}
        if not scopes or not params:
            return "keeps"
        verdicts = {self._takes(scope, params) for scope in scopes if scope in self.linked.world.functions}
        for verdict in ("keeps", "decides"):
            if verdict in verdicts:
                return verdict
        return "logs"

    def _takes(self, scope: int, params: set[int]) -> str:
        world = self.linked.world
        function = world.functions[scope]
        unit = function.unit
        sources = [p for p in function.params if p in params]
        first = world.call_base[unit]
        own = [
            first + local
            for local, call in enumerate(world.units[unit][2].calls)
            if world.scope_base[unit] + call.scope == scope
        ]
        followed = ErrorWalk(self, unit, sources, own, shallow=True)
        logs = followed.logged or any(self._by_itself(n) for n in own if self.is_log(n))
        if (logs or followed.handed) and any(self._by_mode(unit, r, followed.seen) for r in function.record.raises):
            return "decides"
        return "logs" if logs and not followed.kept_whole else "keeps"

    def _by_mode(self, unit: int, region: int, error: set[int]) -> bool:
        """Whether a ``raise`` depends on something else than what the error is: on how strict the run is."""
        base = self.linked.world.node_base[unit]
        while region >= 0:
            record = self.linked.world.region(unit, region)
            if record.kind in ("if", "else") and self._asks(base + record.node, error):
                return False
            region = record.parent
        return True

    def _asks(self, test: int, error: set[int]) -> bool:
        """Whether a test looks at the error."""
        graph, seen, queue = self.graph, {test}, [test]
        for node in queue:
            if node in error:
                return True
            sources = [graph.source[n] for n in graph.incoming.get(node, ()) if graph.label[n] == 0]
            fresh = [s for s in sources if s not in seen and len(seen) < _NEAR]
            seen.update(fresh)
            queue += fresh
        return False
