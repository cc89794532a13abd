"""In what circumstances does an ``except`` clause stand? Clean-up, a question whether something works, a loop that goes
on, callers that test what it returns."""

from __future__ import annotations

import re

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Handler, Kind, Node
from sst_lint.flow.alternatives import Alternatives
from sst_lint.flow.clauses import Clauses
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations

_CLEANUP = frozenset(
    "wait_closed close_connection write_eof close aclose unlink remove rmtree rmdir kill terminate shutdown "
    "disconnect release join stop cleanup unregister quit cancel delete removedirs flush logout abort rollback "
    "__exit__ __aexit__ wait detach unlock dispose destroy killpg communicate unsubscribe deregister exit clear "
    "closerange stop_loop call_soon_threadsafe".split()
)
#: Functions that are called when things are being thrown away.
_DISPOSING = re.compile(r"_*(del|abort|kill|terminate|clean_?up|tear_?down|rollback|dispose|disconnect|finalize)(_|$)")
#: Functions that ask whether something holds or works.
_ASKING = re.compile(
    r"_*((is|has|have|can|could|should|supports?|exists|looks_like|check_if|may|need|needs|was|are|contains?|accepts?)_"
    r"|\w+_(has|can|supports?)_|isatty$|exists$|\w*(readable|writable|seekable|available|installed|reachable|alive|supported|enabled)$|is[a-z]+$)",
    re.IGNORECASE,
)
#: Functions whose contract is to be quiet, and those that only show something to people.
_QUIET = re.compile(
    r"(^|_)(safe_?(call|repr|str|eval|getattr|import)|safecall|\w+_quietly$|try_(to_)?\w+)|__(str|format|dir|repr)__$"
    r"|(^|_)repr$|^fallback_repr$"
)
#: They read and write nothing: what fails in them is the shape of a value.
_IN_MEMORY = frozenset(
    "getattr setattr hasattr isinstance issubclass callable type len int float str bool bytes repr list tuple dict set "
    "frozenset min max sum sorted zip range enumerate abs round iter next vars id hash get pop keys values items strip "
    "split rsplit lower upper startswith endswith format join encode decode replace partition rpartition splitlines "
    "setdefault append add index count lstrip rstrip title any all map filter copy update isalnum isalpha isdigit "
    "isnumeric isdecimal isspace isupper islower find rfind casefold zfill ljust rjust center".split()
)
#: They ask the interpreter, the terminal or the machine for what it is.
_OF_ITSELF = frozenset(
    "fileno isatty current_process current_thread current_task get_running_loop _getframe currentframe getframeinfo "
    "get_terminal_size getencoding getpreferredencoding getlocale getlogin getuser gethostname getfqdn getpid getppid "
    "getuid getgid getenv cpu_count sysconf confstr getrlimit getloadavg CDLL PyDLL WinDLL LoadLibrary find_library "
    "getkey getch get_wch format_exc".split()
)
#: Functions that close things.
_CLOSING = re.compile(
    r"_*(a?close|shut_?down|stop|tear_?down|clean_?up|a?exit|quit|dispose|release|unlink|disconnect)(_|$)"
)
#: Functions that take care of an error that somebody else has had.
_REPORTING = re.compile(
    r"_*(on|handle|report|send|write|show|log|notify|print|display)_(\w+_)?(error|exception|failure|crash|traceback)(_|$)"
)
#: Parameters by which a caller says whether it wants to hear of a failure.
_CHOSEN = frozenset(
    "raising raise_error raise_errors raise_exception raise_exceptions raise_on_error raise_on_failure silent "
    "fail_silently ignore_error ignore_errors ignore_failures suppress_errors strict safe tolerant".split()
)
#: What turns one value into another: whoever drops the result only asks whether it can be done.
_TURNS = re.compile(r"(^|_)(loads|dumps|encoder?|decoder?|compile|deepcopy)$")
#: They take a value apart, or turn it into another, and do nothing else.
_CONVERSIONS = (
    "ipaddress.", "uuid.UUID", "decimal.Decimal", "fractions.Fraction", "datetime.datetime.strptime", "math.",
    "datetime.datetime.fromisoformat", "datetime.date.fromisoformat", "datetime.time.fromisoformat", "time.strptime",
    "email.utils.parse", "urllib.parse.", "re.", "click.style", "click.unstyle", "termcolor.colored",
)  # fmt: skip
_CONTAINERS = ("builtins.", "collections.", "weakref.", "typing.Dict", "typing.Mapping", "typing.MutableMapping")
#: Of an unknown receiver these may be a request or a file operation as well.
_ALSO_IO = frozenset({"get", "copy", "replace", "update", "add", "pop"})
#: What takes back what was begun.
_UNDOING = re.compile(
    r"(^|_)(a?stop|roll_?back|abort|cancel|clean_?up|shut_?down|terminate|tear_?down|unlink|rmtree|undo|revert|restore"
    r"|discard)(_|$)"
)
_ANY = frozenset({"Exception", "BaseException"})
#: Where what has failed is written down.
_FAILED = re.compile(r"fail|error|skip|broken|invalid|reject|unread|problem|missed|\bbad_", re.IGNORECASE)
#: What an object, or the module, keeps.
_KEPT_BY_OTHERS = (Kind.PUT, Kind.BOUND, Kind.CELL)
_STEPS = 12


class Circumstances:
    """Answers for the handlers of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, clauses: Clauses) -> None:
        self._linked = linked
        self._graph = graph
        self._clauses = clauses
        self.alternatives = Alternatives(linked, clauses)
        self._callers: dict[int, list[int]] = {}
        for number, scopes in sorted(linked.callees.items()):
            for scope in scopes:
                self._callers.setdefault(scope, []).append(number)
        self._tests: dict[int, None] = {}
        for unit, (_, _, facts) in enumerate(linked.world.units):
            base = linked.world.node_base[unit]
            for region in facts.regions:
                if region.kind in ("if", "else") and region.node >= 0:
                    self._tests[base + region.node] = None

    def function_name(self, unit: int, handler: Handler) -> str:
        """The name of the function that the clause stands in."""
        _, source, facts = self._linked.world.units[unit]
        if handler.scope == 0 or not facts.scopes:
            return source.qualname.rpartition(".")[2]
        return facts.scopes[handler.scope].name

    def cleans_up(self, unit: int, handler: Handler) -> bool:
        """Whether the guarded code only releases things, or runs while things are being thrown away."""
        world = self._linked.world
        calls = self._clauses.calls_in(unit, handler.tried)
        names = [self._clauses.name_of(n) for n in calls if not world.calls[n].used]
        assigned = [n for n in handler.written_names if not n.endswith("[]")]
        if names and not assigned and all(n in _CLEANUP for n in names):
            return True
        if _DISPOSING.match(self.function_name(unit, handler)):
            return True
        return self._on_the_way_out(unit, handler, bool(assigned))

    def _on_the_way_out(self, unit: int, handler: Handler, assigned: bool) -> bool:
        """Whether the ``try`` stands in a clause that always raises, or (if it assigns nothing) in a ``finally``."""
        facts = self._linked.world.units[unit][2]
        raising = {h.body for h in facts.handlers if h.body >= 0 and set(h.ends) == {"raises"}}
        region = handler.tried
        while region >= 0:
            if region in raising or (facts.regions[region].kind == "finally" and not assigned):
                return True
            region = facts.regions[region].parent
        return False

    def is_meant(self, unit: int, handler: Handler) -> bool:
        """Whether the code says that silence is meant, or nothing can have happened that somebody would look for."""
        world = self._linked.world
        if _QUIET.search(self.function_name(unit, handler)):
            return True
        if _QUIET.search(world.units[unit][1].qualname.rpartition(".")[2]):
            return True
        calls = self._clauses.calls_in(unit, handler.tried)
        if self.is_in_memory(unit, handler) or all(self._clauses.speaks(n) or self._tells_time(n) for n in calls):
            return True
        if (handler.trivial and self.tries_others(unit, handler)) or self.alternatives.is_foreseen(unit, handler):
            return True
        return handler.suppress < 0 and (self._keeps(unit, handler, calls) or self._answers_otherwise(unit, handler))

    def is_beside(self, unit: int, handler: Handler) -> bool:
        """Whether nobody waits for what may fail: things are closed, an error that was logged is told to somebody else,
        it is asked whether something can be done, or the caller has said that it does not want to hear of it."""
        facts = self._linked.world.units[unit][2]
        name = self.function_name(unit, handler)
        if (handler.trivial and _CLOSING.match(name)) or _REPORTING.match(name):
            return True
        if facts.scopes and any(param.name in _CHOSEN for param in facts.scopes[handler.scope].params):
            return True
        if self.alternatives.guards_strangers(unit, handler):
            return True
        if handler.trivial and self._uses_what_may_lack(unit, handler):
            return True
        if self._is_told_before(unit, handler) or self._only_asks(unit, handler):
            return True
        return handler.trivial and not handler.writes and self._follows_any_failure(unit, handler)

    def _uses_what_may_lack(self, unit: int, handler: Handler) -> bool:
        """Whether the ``try`` begins with the import of a library, and calls nothing of the program: what it does with
        that is done where it is there."""
        if any(number in self._linked.callees for number in self._clauses.calls_in(unit, handler.tried)):
            return False
        facts, base = self._linked.world.units[unit][2], self._linked.world.node_base[unit]
        first = next((n for n, node in enumerate(facts.nodes) if node.region == handler.tried), -1)
        if first < 0 or facts.nodes[first].kind != Kind.IMPORT:
            return False
        return not any(kind in ("m", "c", "f") for kind, _ in self._linked.values(base + first))

    def _is_told_before(self, unit: int, handler: Handler) -> bool:
        """Whether the ``try`` stands in a clause that has logged its own error, or hands it on."""
        facts = self._linked.world.units[unit][2]
        bodies = {h.body: h for h in facts.handlers if h.body >= 0}
        region = handler.tried
        while region >= 0:
            outer = bodies.get(region)
            if outer is not None and self._clauses.fate(unit, outer).logged:
                return True
            region = facts.regions[region].parent
        return False

    def _follows_any_failure(self, unit: int, handler: Handler) -> bool:
        """Whether the ``try`` stands in a broad clause: what is tried there is thrown in after a failure that the outer
        clause has to tell."""
        facts = self._linked.world.units[unit][2]
        broad = {
            outer.body
            for outer in facts.handlers
            if outer.body >= 0 and (outer.bare or any(facts.nodes[t].name in _ANY for t in outer.types))
        }
        region = handler.tried
        while region >= 0 and region not in broad:
            region = facts.regions[region].parent
        return region >= 0

    def _only_asks(self, unit: int, handler: Handler) -> bool:
        """Whether the results of what is tried are dropped, which only turn one value into another."""
        world = self._linked.world
        tried = self._clauses.calls_in(unit, handler.tried)
        dropped = [n for n in tried if not world.calls[n].used and not self._looks(n)]
        return bool(dropped) and all(_TURNS.search(self._clauses.name_of(n)) for n in dropped)

    def accounts(self, unit: int, handler: Handler) -> bool:
        """Whether the clause does more than to tell the error: it undoes what was begun, or writes down which element
        of a loop has failed."""
        world = self._linked.world
        facts = world.units[unit][2]
        calls = [n for n in self._clauses.calls_in(unit, handler.body) if not self._clauses.speaks(n)]
        if any(_UNDOING.search(self._clauses.name_of(n)) for n in calls):
            return True
        loop = facts.nodes[handler.error].loop if handler.error >= 0 else -1
        if not self.goes_on(unit, handler) or loop < 0:
            return False
        return any(
            _FAILED.search(name)
            and any(
                facts.nodes[a.node].loop == loop and not _is_literal(facts.nodes[a.node]) for a in world.calls[n].args
            )
            for n in calls
            for name in self._names_of(n)
        )

    def _names_of(self, number: int) -> tuple[str, ...]:
        """What is called, and of what."""
        receiver, world = self._linked.receiver_of(number), self._linked.world
        if receiver < 0:
            return (self._clauses.name_of(number),)
        unit = world.node_unit[receiver]
        given = dict(world.units[unit][2].named).get(receiver - world.node_base[unit], "")
        return self._clauses.name_of(number), world.nodes[receiver].name, given

    def tries_others(self, unit: int, handler: Handler) -> bool:
        """Whether a loop tries one after the other until one works, and the function raises if none does. At most it is
        told which one has failed."""
        facts = self._linked.world.units[unit][2]
        if not (self.goes_on(unit, handler) and facts.scopes):
            return False
        if not all(self._clauses.speaks(number) for number in self._clauses.calls_in(unit, handler.body)):
            return False
        scope = facts.scopes[handler.scope]
        return -1 in scope.raises and handler.suppress < 0 and self._after_loops(unit, handler)

    def ends_behind(self, unit: int, handler: Handler) -> bool:
        """``with suppress(BaseException): work()``, then ``os._exit(0)``: who wanted the program to end has it."""
        if "falls" not in handler.ends or self.goes_on(unit, handler):
            return False
        world, facts = self._linked.world, self._linked.world.units[unit][2]
        first = world.call_base[unit]
        inside = {first + handler.suppress, *self._clauses.calls_in(unit, handler.tried)}
        if handler.body >= 0:
            inside.update(self._clauses.calls_in(unit, handler.body))
        last = max(inside)
        after = next((n for n in range(last + 1, first + len(facts.calls))
                      if facts.calls[n - first].scope == handler.scope), -1)  # fmt: skip
        if after < 0 or not self._clauses.ends_program(after):
            return False
        region, around = handler.tried, {-1}
        while region >= 0:
            region = facts.regions[region].parent
            around.add(region)
        return world.calls[after].region in around

    def raises_after(self, unit: int, handler: Handler) -> bool:
        """Whether the function raises after the clause unless something else gives the answer."""
        facts = self._linked.world.units[unit][2]
        if not facts.scopes or "falls" not in handler.ends or "returns" in handler.ends or handler.suppress >= 0:
            return False
        raised, region = facts.scopes[handler.scope].raises, facts.regions[handler.tried].parent
        while region >= 0 and region not in raised:
            if facts.regions[region].kind == "loop":
                return False
            region = facts.regions[region].parent
        return region in raised

    def _after_loops(self, unit: int, handler: Handler) -> bool:
        """Whether nothing in the function but the ``try`` of the clause ends the loop around it."""
        facts = self._linked.world.units[unit][2]
        region = facts.regions[handler.tried].parent
        while region >= 0 and facts.regions[region].kind in ("with", "loop"):
            region = facts.regions[region].parent
        return region < 0

    def is_in_memory(self, unit: int, handler: Handler) -> bool:
        """Whether the guarded code calls nothing but what looks at values."""
        calls = self._clauses.calls_in(unit, handler.tried)
        return all(self._looks(n) for n in calls) and not any(self._linked.world.calls[n].entered for n in calls)

    def _tells_time(self, number: int) -> bool:
        """Whether a call looks at a value, or at the clock: a message is put together."""
        known = self._linked.externals.get(number, {})
        if self._clauses.name_of(number) in _OF_ITSELF:
            return False  # the machine is asked, which may not know
        return self._looks(number) or (bool(known) and all(each.startswith("time.") for each in known))

    def _looks(self, number: int) -> bool:
        """Whether a call is a builtin that looks at a value, as far as its name and its receiver tell."""
        name = self._clauses.name_of(number)
        known = self._linked.externals.get(number, {})
        if number in self._linked.callees:
            return False
        if name in _OF_ITSELF or (known and all(each.startswith(_CONVERSIONS) for each in known)):
            return True
        if name not in _IN_MEMORY:
            return False
        return all(each.startswith(_CONTAINERS) for each in known) if known else name not in _ALSO_IO

    def _keeps(self, unit: int, handler: Handler, calls: list[int]) -> bool:
        """``x = convert(x)``: what cannot be converted stays as it is."""
        world = self._linked.world
        if not handler.trivial or len(set(handler.written_names)) != 1 or not all(world.calls[n].used for n in calls):
            return False
        facts = world.units[unit][2]
        named = dict(facts.named)
        given = [a.node for n in calls for a in world.calls[n].args]
        given += [world.calls[n].receiver for n in calls if len(calls) > 1 and world.calls[n].receiver >= 0]
        names = [named.get(node, facts.nodes[node].name) for node in given]
        return handler.written_names[0] in names

    def _answers_otherwise(self, unit: int, handler: Handler) -> bool:
        """Whether the clause computes the answer in another way, or turns the failure into a flag."""
        nodes = self._linked.world.units[unit][2].nodes
        for node, name in zip(handler.fallbacks, handler.fallback_names, strict=True):
            record = nodes[node]
            if name != "return" and _ASKING.match(name) and _is_truth(record):
                return True
            if name == "return" or name in handler.written_names:
                while record.kind in (Kind.ITEM, Kind.ATTR) and record.base >= 0:
                    record = nodes[record.base]  # a part of what was computed
                computed = record.kind == Kind.BINOP or (record.kind == Kind.TEXT and "\x00" in record.name)
                if computed or (record.kind == Kind.CALL and self._computes(unit, record)):
                    return True
                if name != "return" and _is_truth(record):
                    return True
        return False

    def _computes(self, unit: int, record: Node) -> bool:
        """Whether a call makes something out of something."""
        call = self._linked.world.units[unit][2].calls[record.base]
        number = self._linked.world.call_base[unit] + record.base
        return bool(call.args) or call.receiver >= 0 or number in self._linked.callees

    def is_probe(self, unit: int, handler: Handler) -> bool:
        """Whether the clause answers a question: a ``return True`` or ``False`` of a function that says yes or no."""
        world = self._linked.world
        facts = world.units[unit][2]
        if _ASKING.match(self.function_name(unit, handler)):
            return True
        if self._clauses.calls_in(unit, handler.body):
            return False
        if handler.fallback_names != ("return",):
            return self._asks_in_else(unit, handler) or (
                handler.trivial and handler.ends == ("falls",) and self._only_answers(unit, handler)
            )
        if any(not world.calls[n].used for n in self._clauses.calls_in(unit, handler.tried)):
            return False
        nodes = facts.nodes
        returns = facts.scopes[handler.scope].returns if facts.scopes else -1
        values = [e.source for e in facts.edges if e.target == returns and e.op == Op.SAME]
        if not values or not _is_truth(nodes[handler.fallbacks[0]]):
            return False
        return all(_is_answer(nodes[v]) for v in values) or self._only_answers(unit, handler)

    def _only_answers(self, unit: int, handler: Handler) -> bool:
        """Whether all that the function of a clause returns is yes, no, or nothing, and what it tries is used."""
        facts, world = self._linked.world.units[unit][2], self._linked.world
        tried = self._clauses.calls_in(unit, handler.tried)
        kept = any(facts.nodes[n].kind in _KEPT_BY_OTHERS for n in handler.writes)
        if kept or not facts.scopes or handler.suppress >= 0 or self.goes_on(unit, handler):
            return False
        if not tried or any(not world.calls[n].used for n in tried):
            return False
        returns = facts.scopes[handler.scope].returns
        values = [facts.nodes[e.source] for e in facts.edges if e.target == returns and e.op == Op.SAME]
        nothing = [v for v in values if v.kind == Kind.CONST and v.name == "None"]
        return sum(map(_is_truth, values)) > 1 and all(_is_answer(v) or v in nothing for v in values)

    def _asks_in_else(self, unit: int, handler: Handler) -> bool:
        """``try: json.load(file)``, ``except: kind = None``, ``else: kind = "json"``: it is asked whether it can be
        done, and what comes of it is dropped."""
        facts, world = self._linked.world.units[unit][2], self._linked.world
        if len(set(handler.fallback_names)) != 1 or not all(_is_literal(facts.nodes[n]) for n in handler.fallbacks):
            return False
        tried = facts.regions[handler.tried]
        beside = [n for n, each in enumerate(facts.regions) if each.kind == "orelse" and each.parent == tried.parent]
        after = next((n for n in beside if n > handler.tried), -1)
        given = [facts.nodes[node] for node, name in facts.named if name == handler.fallback_names[0]]
        calls = self._clauses.calls_in(unit, handler.tried)
        asked = any(record.region == after and _is_literal(record) for record in given)
        return after >= 0 and asked and any(not world.calls[n].used for n in calls)

    def goes_on(self, unit: int, handler: Handler) -> bool:
        """Whether the loop around the clause goes on after it."""
        facts = self._linked.world.units[unit][2]
        loop = facts.nodes[handler.error].loop if handler.error >= 0 else -1
        if handler.suppress >= 0:
            loop = facts.calls[handler.suppress].loop
        return (
            loop >= 0 and facts.loops[loop].scope == handler.scope and bool({"falls", "continues"} & set(handler.ends))
        )

    def is_tested(self, unit: int, handler: Handler) -> bool:
        """Whether the clause returns a failure (False, None, a code) that every caller tests, or ends the program
        with."""
        returned = [n for n, name in zip(handler.fallbacks, handler.fallback_names, strict=True) if name == "return"]
        if not returned or not all(self._is_failure(unit, n) for n in returned):
            return False
        callers = self._callers.get(self._linked.world.scope_base[unit] + handler.scope, ())
        return bool(callers) and all(self._is_tested(self._linked.result_of(n)) for n in callers)

    def is_asked_in_turn(self, unit: int, handler: Handler) -> bool:
        """Whether a loop asks the function that holds the clause: what fails is one of many, and left out."""
        world = self._linked.world
        callers = self._callers.get(world.scope_base[unit] + handler.scope, ())
        return any(world.calls[number].loop >= 0 for number in callers)

    def _is_failure(self, unit: int, node: int) -> bool:
        """Whether a value stands for a failure: nothing, a code, or several of them at once."""
        facts = self._linked.world.units[unit][2]
        record = facts.nodes[node]
        if record.kind != Kind.TUPLE:
            return _is_failure(record)
        parts = [edge.source for edge in facts.edges if edge.target == node]
        return bool(parts) and all(_is_failure(facts.nodes[part]) for part in parts)

    def _is_tested(self, node: int) -> bool:
        """Whether a value is what an ``if`` asks for, or what the program exits with."""
        graph, world = self._graph, self._linked.world
        queue, seen = [node], {node}
        for current in queue:
            if current in self._tests:
                return True
            for number in graph.outgoing.get(current, ()):
                target = graph.target[number]
                if graph.label[number] == 0 and target not in seen and len(seen) < _STEPS:
                    if world.node_unit[target] == world.node_unit[node]:
                        seen.add(target)
                        queue.append(target)
        unit = world.node_unit[node]
        return any(
            self._clauses.ends_program(n) and any(a in seen for _, a in self._linked.argument_nodes(n))
            for n in range(world.call_base[unit], world.call_base[unit] + len(world.units[unit][2].calls))
        )


def _is_literal(node: Node) -> bool:
    return node.kind == Kind.CONST or (node.kind == Kind.TEXT and "\x00" not in node.name)


def _is_truth(node: Node) -> bool:
    return node.kind == Kind.CONST and node.name in ("True", "False")


def _is_failure(node: Node) -> bool:
    return node.kind == Kind.CONST and (node.name in ("False", "None") or node.name.lstrip("-").isdigit())


def _is_answer(node: Node) -> bool:
    """A truth value, or a comparison, or what a call answers."""
    return _is_truth(node) or (node.kind == Kind.VALUE and node.name == "compare") or node.kind == Kind.CALL
