"""Which writes have nothing to lose? What they write over is not there yet, or half of it does no harm.

A crash in the middle of them leaves no less than a crash one line earlier: the file lies in a directory that the
function has just made, is named after the process, is removed again at the end, holds a constant, or is program text
that nothing reads half.
"""

from __future__ import annotations

import re

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.effects import Effect, Effects
from sst_lint.flow.graph import Graph
from sst_lint.flow.identity import Identity, Symbol, folder_of
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.tested import truth_of
from sst_lint.flow.writes import Write

#: Names of program text: it is made again, or lies in version control, and half of it does not compile.
_PROGRAM = re.compile(r"\.(pyi?|pyx|pxd|c|cc|cpp|cxx|h|hpp|js|mjs|ts|sh|bash|bat|cmd|ps1|rs|go|java)$", re.IGNORECASE)
_SUFFIX = re.compile(r"\.\w{1,6}$")
#: The nearest texts of a path: what is joined stands here from its beginning.
_NAMED = 6
_SCAFFOLD = "a scaffold that is not written over what is there"
#: What a text may pass through on its way.
_PASSING = (Kind.VALUE, Kind.NAME, Kind.BOUND, Kind.BINOP, Kind.IMPORT)
#: What leaves a text the text that it is.
_SHAPING = frozenset({"strip", "lstrip", "rstrip", "format", "encode", "expandtabs"})
#: A text of so many characters is one, whatever is filled in.
_TEMPLATE = 60
_STEPS = 30


class Slight:
    """Answers for the writes of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, identity: Identity, effects: Effects, locks: Locks) -> None:
        self._linked = linked
        self._graph = graph
        self._identity = identity
        self._effects = effects
        self._locks = locks
        self._telling = {s.call for s in linked.sites if s.model.logs or s.model.console}
        self._moved = [
            (site, site.ports[site.model.moves.src])
            for site in linked.sites
            if site.model.moves is not None and site.ports.get(site.model.moves.src, -1) >= 0
        ]

    def why(self, write: Write) -> str:
        """Why a write has nothing to lose, in words; "" if it has."""
        if "getpid" in write.evidence.names:
            return "named after the process"
        named = next((text for text in write.evidence.texts[:_NAMED] if _SUFFIX.search(text)), "")
        if _PROGRAM.search(named):
            return "program text"
        if write.kind.kind == "unknown" and self._is_constant(write) and not self._is_aside(write):
            return "holds a constant"
        effects = self._effects.of(self._locks.scope_of(write.site.call))
        path = self._identity.of(write.path_node)
        if any(e.kind == "test" and e.path == path and self._refuses(e, write) for e in effects):
            if self._is_constant(write, filled=True) and not self._is_aside(write):
                return _SCAFFOLD
        call = write.site.call
        if any(e.kind == "mkdir" and _holds(path, e.path) and self._is_sure(e, effects, call) for e in effects):
            return "in a directory that is made just before"
        if any(e.kind == "remove" and e.path == path and self._is_last(e, write) for e in effects):
            return "removed again"
        return ""

    def is_for_scaffold(self, made: Effect) -> bool:
        """Whether a directory is made for a scaffold that the same function writes, or beside it."""
        for effect in self._effects.of(self._locks.scope_of(made.call)):
            if effect.kind == "write" and effect.write is not None and self.why(effect.write) == _SCAFFOLD:
                folder = folder_of(effect.path)
                if folder is not None and (folder == made.path or _holds(made.path, folder)):
                    return True
        return False

    # the directory is new

    def is_new(self, folder: Symbol, call: int) -> bool:
        """Whether the function of a call has made a directory before, on every way to the call."""
        effects = self._effects.of(self._locks.scope_of(call))
        return any(e.kind == "mkdir" and e.path == folder and self._is_sure(e, effects, call) for e in effects)

    def _is_sure(self, made: Effect, effects: tuple[Effect, ...], call: int) -> bool:
        """Whether the directory is new whenever a call runs: it is made before, on every way to the call."""
        if made.call >= call or made.calls[:1] not in ((), (made.call,)):
            return False
        world = self._linked.world
        unit = world.call_unit[made.call]
        around = self._locks.regions(call)
        for region in self._locks.regions(made.call):
            if region in around or world.region(unit, region).kind == "with":
                continue
            if world.region(unit, region).kind != "try" or not self._made_again(unit, region, made, effects):
                return False
        return True

    def _made_again(self, unit: int, tried: int, made: Effect, effects: tuple[Effect, ...]) -> bool:
        """Whether every clause of a ``try`` raises, or makes the directory anew."""
        for handler in self._linked.world.units[unit][2].handlers:
            if handler.tried != tried or set(handler.ends) == {"raises"}:
                continue
            again = (e for e in effects if e.kind == "mkdir" and e.path == made.path and e.call != made.call)
            if not any(handler.body in self._locks.regions(e.call) for e in again):
                return False
        return True

    # the file goes away

    def _is_last(self, removed: Effect, write: Write) -> bool:
        """Whether the removal always follows the write, or follows what runs inside a context manager."""
        if removed.call <= write.site.call:
            return False
        world = self._linked.world
        unit = world.call_unit[removed.call]
        function = world.functions.get(self._locks.scope_of(removed.call))
        hosts = function is not None and function.record.is_generator
        around = self._locks.regions(write.site.call)
        allowed = ("with", "finally", *(("if", "else", "try") if hosts else ()))
        return all(r in around or world.region(unit, r).kind in allowed for r in self._locks.regions(removed.call))

    # the content is a constant

    def _is_aside(self, write: Write) -> bool:
        """Whether the function has moved a file of that name aside, which held more than the constant."""
        path = self._identity.of(write.path_node)
        scope = self._locks.scope_of(write.site.call)
        return any(
            site.call < write.site.call
            and self._locks.scope_of(site.call) == scope
            and self._identity.of(source) == path
            for site, source in self._moved
        )

    def _refuses(self, test: Effect, write: Write) -> bool:
        """Whether the function tells somebody that the path is there already, and then does not come to the write: a
        command that was given by hand. What is only made where it is missing is made by each run."""
        world = self._linked.world
        unit, scope = world.call_unit[test.call], self._locks.scope_of(write.site.call)
        if test.call > write.site.call or test.calls or world.call_unit[write.site.call] != unit:
            return False
        facts, around = world.units[unit][2], self._locks.regions(write.site.call)
        said = {world.calls[n].region for n in self._locks.calls_in(scope) if n in self._telling}
        said.update(facts.scopes[scope - world.scope_base[unit]].raises)
        return any(
            record.kind == "if"
            and record.node >= 0
            and number not in around
            and number in said
            and truth_of(
                self._linked, self._graph, world.node_base[unit] + record.node, self._linked.result_of(test.call)
            )
            for number, record in enumerate(facts.regions)
        )

    def _is_constant(self, write: Write, filled: bool = False) -> bool:
        """Whether all that is written stands in the program (``filled``: or is a long text with little filled in)."""
        world = self._linked.world
        if write.site.model.opens is None:
            return write.node >= 0 and self._is_literal(write.node, filled)
        written = 0
        for number in self._locks.calls_in(self._locks.scope_of(write.site.call)):
            arguments = [node for _, node in self._linked.argument_nodes(number)]
            if any(self._is_handle(node, write) for node in arguments):
                return False
            receiver = self._linked.receiver_of(number)
            if number == write.site.call or receiver < 0 or not self._is_handle(receiver, write):
                continue
            method = world.calls[number].method
            if method == "write":
                written += 1
                if not all(self._is_literal(node, filled) for node in arguments):
                    return False
            elif method not in ("close", "flush"):
                return False
        return written > 0

    def _is_handle(self, node: int, write: Write) -> bool:
        return ("h", write.site.call) in self._linked.values(node)

    def _is_literal(self, node: int, filled: bool) -> bool:
        graph, nodes = self._graph, self._linked.world.nodes
        queue, seen = [node], {node}
        for current in queue:
            record = nodes[current]
            if record.kind == Kind.TEXT and "\x00" in record.name:
                if not filled or len(record.name) < _TEMPLATE:
                    return False
                continue
            if record.kind in (Kind.TEXT, Kind.CONST):
                continue
            sources = [graph.source[n] for n in graph.incoming.get(current, ()) if graph.op[n] in (Op.SAME, Op.TEXT)]
            if filled and record.kind == Kind.CALL:
                sources = self._shaped(current)
            elif record.kind not in _PASSING or len(sources) < len(graph.incoming.get(current, ())):
                return False
            if not sources or len(seen) > _STEPS:
                return False
            fresh = [source for source in sources if source not in seen]
            seen.update(fresh)
            queue += fresh
        return True

    def _shaped(self, result: int) -> list[int]:
        """The text that a call only brings into shape, or fills in."""
        number = self._linked.world.call_of(result)
        call, receiver = self._linked.world.calls[number], self._linked.receiver_of(number)
        if call.method in _SHAPING and receiver >= 0:
            return [receiver]
        named = self._linked.externals.get(number, {})
        return [node for _, node in self._linked.argument_nodes(number)[:1]] if "textwrap.dedent" in named else []


def _holds(path: Symbol, directory: Symbol) -> bool:
    """Whether a path is put together of something and ``directory``."""
    if path == directory:
        return False
    queue: list[Symbol] = [path]
    for part in queue:
        if part == directory:
            return True
        if not part:
            continue
        if part[0] in ("text", "call", "attribute") or not isinstance(part[0], str):
            queue += [inner for inner in part if isinstance(inner, tuple)]
        elif len(part) == 2 and isinstance(part[1], tuple):
            queue.append(part[1])
    return False
