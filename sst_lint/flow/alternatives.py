"""Does an ``except`` clause take another way to what failed, or guard what may fail without harm?

Tried again, another import, a flag, what somebody else has registered: in all of them the failure is foreseen, and not
forgotten.
"""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Handler, Kind, Node
from sst_lint.flow.clauses import Clauses
from sst_lint.flow.mutation import Mutations

#: They ask what is installed, or bring it in.
_OF_MODULES = ("importlib.", "pkgutil.", "builtins.__import__")
#: They ask the file system about a file, and read nothing of it.
_OF_STATUS = (
    "os.path.getmtime", "os.path.getsize", "os.path.getctime", "os.path.getatime", "os.stat", "os.lstat",
    "pathlib.Path.stat", "pathlib.Path.lstat", "os.path.exists", "os.path.lexists", "os.path.isfile", "os.path.isdir",
    "os.path.islink", "pathlib.Path.exists", "pathlib.Path.is_file", "pathlib.Path.is_dir", "pathlib.Path.is_symlink",
)  # fmt: skip
_PREPARING = ("builtins.", "os.path.", "pathlib.", "time.", "datetime.", "logging.")
_ASIDE = frozenset("get append add pop update join format items keys values strip split setdefault sleep".split())
_OF_LINKS = ("os.symlink", "os.link", "pathlib.Path.symlink_to", "pathlib.Path.hardlink_to")
_LINKING = frozenset({"symlink", "symlink_to", "hardlink_to"})
#: They take out of a task how it went; nobody wants to know.
_DRAINS = frozenset({"result", "exception"})
_WAITING = frozenset({"sleep", "wait", "backoff"})
#: What is got from somewhere, and not made up.
_OBTAINED = frozenset({Kind.CALL, Kind.ATTR, Kind.ITEM})
_LOCAL = frozenset({Kind.VALUE, Kind.PARAM, Kind.CELL, Kind.CALL, Kind.ITEM})


class Alternatives:
    """Answers for the handlers of a linked program."""

    def __init__(self, linked: Mutations, clauses: Clauses) -> None:
        self._linked = linked
        self._clauses = clauses

    def is_foreseen(self, unit: int, handler: Handler) -> bool:
        """Whether the clause takes another way, or only asks what there is."""
        tried = self._clauses.calls_in(unit, handler.tried)
        if self.tries_again(unit, handler) or self._imports(unit, handler) or self.notes(unit, handler):
            return True
        if (tried and all(self._is_of(n, _OF_MODULES) for n in tried)) or self._only_links(tried):
            return True
        if handler.trivial and (self._only_makes_directories(tried) or self._answers_next(unit, handler)):
            return True
        if self._answers_each(unit, handler):
            return True
        asked = [n for n in tried if not self._clauses.speaks(n) and not self._only_computes(n)]
        return self._says_nothing(unit, handler) and bool(asked) and all(self._asks_status(n) for n in asked)

    def tries_again(self, unit: int, handler: Handler) -> bool:
        """Whether the clause asks once more for what it guards, so that a failure that stays is raised in the end. (Who
        stores something else in the same way does not try again.)"""
        if handler.body < 0 or "continues" in handler.ends:
            return False
        world = self._linked.world
        nested = {h.tried for h in world.units[unit][2].handlers}
        if self._moves_otherwise(unit, handler, nested) or self._asks_itself(unit, handler):
            return True
        answers = "return" in handler.written_names and "return" in handler.fallback_names
        again = {
            self._called(number)
            for number in self._clauses.calls_in(unit, handler.body)
            if (world.calls[number].used or answers) and world.calls[number].region not in nested
        }
        tried = {
            self._called(number)
            for number in self._clauses.calls_in(unit, handler.tried)
            if not self._clauses.speaks(number) and not self._is_aside(number)
        }
        return bool((again & tried) - {None})

    def waits(self, unit: int, handler: Handler) -> bool:
        """Whether the clause waits, and the loop around it tests or counts: the loop tries again, and ends with what is
        guarded."""
        facts = self._linked.world.units[unit][2]
        loop = facts.nodes[handler.error].loop if handler.error >= 0 else -1
        if loop < 0 or handler.body < 0:
            return False
        names = {self._clauses.name_of(n) for n in self._clauses.calls_in(unit, handler.body)}
        drawn = [e.source for e in facts.edges if e.op == Op.LOOP and e.target == facts.loops[loop].node]
        made = [facts.nodes[n].base for n in drawn if facts.nodes[n].kind == Kind.CALL]
        counts = any(facts.nodes[facts.calls[n].callee].name in ("range", "count") for n in made)
        return (counts or facts.loops[loop].kind == "while") and not names.isdisjoint(_WAITING)

    def _asks_itself(self, unit: int, handler: Handler) -> bool:
        """Whether the clause calls its own function with something else: the halves of what was too much."""
        world = self._linked.world
        own = world.scope_base[unit] + handler.scope
        return any(
            world.calls[n].used and own in self._linked.callees.get(n, {})
            for n in self._clauses.calls_in(unit, handler.body)
        )

    def _moves_otherwise(self, unit: int, handler: Handler, nested: set[int]) -> bool:
        """Whether the clause copies or moves in another way what could not be linked, copied or moved."""
        calls = self._linked.world.calls
        moved = [self._moved(number) for number in self._clauses.calls_in(unit, handler.tried)]
        again = [
            self._moved(number)
            for number in self._clauses.calls_in(unit, handler.body)
            if calls[number].region not in nested
        ]
        return any(both and both in moved for both in again)

    def _moved(self, number: int) -> tuple[str, ...]:
        """The names of what a call moves and where to; nothing if it moves nothing, or no name says what."""
        world = self._linked.world
        base = world.node_base[world.call_unit[number]]
        named = dict(world.units[world.call_unit[number]][2].named)
        for site in self._linked.sites_of.get(number, ()):
            moves = site.model.moves
            ports = [site.ports.get(moves.src, -1), site.ports.get(moves.dst, -1)] if moves is not None else []
            names = tuple(named.get(n - base, world.nodes[n].name) if n >= 0 else "" for n in ports)
            if names and all(names):
                return names
        return ()

    def _is_aside(self, number: int) -> bool:
        """Whether a call is none that a function is about: of a builtin, of a clock, of what puts paths together."""
        return self._clauses.name_of(number) in _ASIDE or self._is_of(number, _PREPARING)

    def _called(self, number: int) -> object:
        """What is called, and of what; None for what is called of every value."""
        world = self._linked.world
        call = world.calls[number]
        base = world.node_base[world.call_unit[number]]
        if not call.method or call.receiver < 0:
            record = world.nodes[base + call.callee]
            return (record.name,) if record.kind in (Kind.NAME, Kind.IMPORT, Kind.ATTR, Kind.FUNC) else None
        return call.method, *_dotted(world.nodes, base, world.nodes[base + call.receiver])

    def _imports(self, unit: int, handler: Handler) -> bool:
        """Whether the clause imports something else instead."""
        nodes = self._linked.world.units[unit][2].nodes
        return bool(handler.fallbacks) and all(nodes[node].kind == Kind.IMPORT for node in handler.fallbacks)

    def notes(self, unit: int, handler: Handler) -> bool:
        """Whether the clause notes in the object that it has failed, and nothing else was to be had:
        ``self.enabled = False``."""
        assigned = [name for name in handler.written_names if name != "return" and not name.endswith("[]")]
        return not assigned and self.raises_flag(unit, handler)

    def raises_flag(self, unit: int, handler: Handler) -> bool:
        """Whether the clause sets an attribute to a truth value, which somebody may ask for."""
        nodes = self._linked.world.units[unit][2].nodes
        return any(
            "." in name and _is_truth(nodes[node])
            for node, name in zip(handler.fallbacks, handler.fallback_names, strict=True)
        )

    def _answers_next(self, unit: int, handler: Handler) -> bool:
        """Whether the function gives its answer where the ``try`` succeeds, and otherwise goes on to where it gets one
        by other means: ``try: return stream.buffer``, then ``return open(...)``. What it makes up is none."""
        facts = self._linked.world.units[unit][2]
        if "return" not in handler.written_names or handler.ends != ("falls",) or handler.suppress >= 0:
            return False
        returns = facts.scopes[handler.scope].returns
        later = [facts.nodes[e.source] for e in facts.edges if e.target == returns and e.op == Op.SAME]
        later = [record for record in later if record.line > handler.line]
        return bool(later) and all(record.kind in _OBTAINED for record in later)

    def _answers_each(self, unit: int, handler: Handler) -> bool:
        """Whether the clause says of one of many that it has failed, where the ``try`` says that it has not:
        ``done.append(False)``."""
        told = [self._said(unit, number) for number in self._clauses.calls_in(unit, handler.body)]
        if not told or "" in told:
            return False
        return set(told) <= {self._said(unit, number) for number in self._clauses.calls_in(unit, handler.tried)}

    def _said(self, unit: int, number: int) -> str:
        """The name of what a call adds a truth value to; "" if it does anything else."""
        facts, call = self._linked.world.units[unit][2], self._linked.world.calls[number]
        if call.method not in ("append", "add") or call.receiver < 0 or len(call.args) != 1:
            return ""
        named = dict(facts.named).get(call.receiver, facts.nodes[call.receiver].name)
        return named if _is_truth(facts.nodes[call.args[0].node]) else ""

    def _only_links(self, tried: list[int]) -> bool:
        """Whether a link is made, which not every system allows, and nothing else."""
        done = [number for number in tried if not self._linked.world.calls[number].used]
        return bool(done) and all(self._is_of(n, _OF_LINKS) or self._clauses.name_of(n) in _LINKING for n in done)

    def _only_makes_directories(self, tried: list[int]) -> bool:
        """Whether a directory is made, which may be there already, and nothing else: what is put there fails without
        it."""
        done = [number for number in tried if not self._only_computes(number)]
        sites = self._linked.sites_of
        return bool(done) and all(any(s.model.makes_directory for s in sites.get(number, ())) for number in done)

    def _only_computes(self, number: int) -> bool:
        """Whether a call computes something, or puts a path together, and asks the system for nothing."""
        return self._is_of(
            number, ("builtins.", "os.path.join", "pathlib.Path.joinpath", "os.fsdecode", "os.fspath")
        ) and (self._clauses.name_of(number) != "open")

    def _says_nothing(self, unit: int, handler: Handler) -> bool:
        """Whether the clause leaves out what was asked for, or puts zero or nothing there: ``modified = 0``."""
        nodes = self._linked.world.units[unit][2].nodes
        return all(
            nodes[node].kind == Kind.CONST and nodes[node].name.strip("-.0") in ("", "1", "None", "False")
            for node, name in zip(handler.fallbacks, handler.fallback_names, strict=True)
            if name == "return" or name in handler.written_names
        )

    def _is_of(self, number: int, prefixes: tuple[str, ...]) -> bool:
        known = self._linked.externals.get(number, {})
        return bool(known) and all(name.startswith(prefixes) for name in known)

    def _asks_status(self, number: int, deep: bool = True) -> bool:
        """Whether a call only asks for the status of a file, itself or in the function of the program that it calls."""
        scopes = self._linked.callees.get(number, {})
        if not scopes:
            return self._is_of(number, _OF_STATUS) or self._clauses.name_of(number) in ("stat", "lstat")
        inside = [n for scope in scopes for n in self._calls_of(scope) if not self._is_of(n, ("builtins.",))]
        return deep and bool(inside) and all(self._asks_status(n, deep=False) for n in inside)

    def _calls_of(self, scope: int) -> list[int]:
        world = self._linked.world
        function = world.functions.get(scope)
        if function is None:
            return []
        first = world.call_base[function.unit]
        calls = range(first, first + len(world.units[function.unit][2].calls))
        return [number for number in calls if world.scope_of_call(number) == scope]

    def guards_strangers(self, unit: int, handler: Handler) -> bool:
        """Whether a ``suppress`` guards nothing but a call of what somebody else has handed over to be called, or asks
        a task how it went, and nothing comes of it."""
        if handler.suppress < 0 or handler.writes:
            return False
        world = self._linked.world
        calls = self._clauses.calls_in(unit, handler.tried)
        outer = [n for n in calls if not world.calls[n].used]
        return bool(outer) and all(self._is_handed(n) for n in outer)

    def _is_handed(self, number: int) -> bool:
        world = self._linked.world
        call = world.calls[number]
        callee = world.nodes[world.node_base[world.call_unit[number]] + call.callee]
        return callee.kind in _LOCAL if not call.method else call.method in _DRAINS


def _dotted(nodes: list[Node], base: int, record: Node) -> tuple[str, ...]:
    """The names of an attribute of an attribute."""
    found = [record.name]
    while record.kind == Kind.ATTR and record.base >= 0 and len(found) < 4:
        record = nodes[base + record.base]
        found.append(record.name)
    return tuple(found)


def _is_truth(node: Node) -> bool:
    return node.kind == Kind.CONST and node.name in ("True", "False")
