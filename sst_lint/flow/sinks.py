"""Where does order become permanent? Files, digests, names of files, what is built and shown, what is printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from sst_lint.facts.ops import ORDER, ORDERS_ANY, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import ArtifactKind
from sst_lint.flow.commands import STARTS, applying, combining
from sst_lint.flow.continued import ITSELF
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.packed import Packed
from sst_lint.flow.put_into_files import put_into_files
from sst_lint.flow.redirected import Redirected
from sst_lint.flow.seeded import Seeded
from sst_lint.flow.sites import Site
from sst_lint.flow.world import Function
from sst_lint.flow.writes import Write, Writes

#: What is digested, as it is told.
A_DIGEST = "a digest"
#: A digest with a key goes along with what it is taken over: who has both compares the bytes, and nobody else asks.
A_SIGNATURE = "a signature"
_KEYED = "hmac."
A_NAME = "the name of a file"
#: What another program is given, as it is told; and what is built.
HANDED_ON = "a file that is handed on"
BUILT = "what a package is built from"
#: What is printed, as it is told.
IS_PRINTED = "what the program prints"
#: What is shown of a command, as it is told.
HELP = "the help of a command"
_HELP = "help"
PRINTS = frozenset(
    {"builtins.print", "click.echo", "click.secho", "typer.echo", "typer.secho", "rich.print",
     "rich.console.Console.print", "sys.stdout.write"}
)  # fmt: skip
#: Where what is printed goes anyway.
_OUTPUT = ("x", "sys.stdout")
#: What carries a path, or a command that it is part of, on.
_CARRIES = frozenset({Op.SAME, Op.TEXT, Op.STORE, Op.PATH, Op.COPY})
#: What a path is made of.
_NAMES = frozenset({Op.SAME, Op.PATH})
#: Methods of anything that take a file elsewhere.
_SENDS = re.compile(r"_*(upload|publish|send_file|put_file|push_file|transfer)", re.IGNORECASE)
_NEAR = 60
#: Files that programs put together piece by piece for other programs to read.
_COMPOSED = re.compile(
    r"\.(c|cc|cpp|h|hpp|css|js|ts|html?|tex|bib|sql|py|rs|go|java|v|sv|vhdl?|cmake|mk|bat|sh|rules)$"
)
#: What is written to these stays in memory.
_BUFFERS = ("io.StringIO", "io.BytesIO")
#: Methods of connections.
_OF_STREAMS = frozenset({"drain", "wait_closed", "get_extra_info", "can_write_eof", "write_eof", "sendall", "recv"})


@dataclass(frozen=True)
class Sink:
    """A place where order becomes permanent. ``rank`` 0: for certain, 1: may be, 2: hardly, 3: leaves the program."""

    node: int
    bits: int
    rank: int
    what: str
    call: int = -1
    named: bool = False  #: the file has a fixed name, so somebody will look for it


class Sinks:
    """The sinks of a linked program: ``all``, and apart from them those that are only ``printed``."""

    def __init__(self, linked: Mutations, graph: Graph, writes: Writes) -> None:
        self._linked = linked
        self._graph = graph
        self._writes = writes
        self.printed: list[Sink] = []
        self._redirected = Redirected(linked)
        self._packed = Packed(linked, graph, writes)
        self.all = (*self._find_sinks(), *self._name_sinks(), *self._given_sinks())

    def _find_sinks(self) -> Iterable[Sink]:
        linked = self._linked
        for site in linked.sites:
            content = linked.contents.get((site.call, ""))
            if content is not None and not site.model.digest and site.model.writes is None:
                yield from self._content_sink(site.call, content)
            if site.model.digest and content is not None:
                keyed = site.model.name.startswith(_KEYED)
                yield Sink(content, ORDER, int(keyed), A_SIGNATURE if keyed else A_DIGEST, site.call, True)
            if content is not None and site.model.writes is not None and site.call not in self._writes.by_call:
                yield from self._handed_sink(site, content)
        for write in self._writes.all:
            content = linked.contents.get((write.site.call, ""))
            if write.node >= 0 and content is not None:
                rank, what = self.rank(write)
                if rank < 3:
                    named = rank == 0 or write.final.literal
                    yield Sink(content, ORDER, rank, what, write.site.call, named)

    def _given_sinks(self) -> Iterable[Sink]:
        """Order in what a command says of itself, which differs from run to run, and in what a package is built from:
        sources are linked, and requirements stand in its metadata, as they are given. So does a program that makes one
        file of many, and one each run of which changes what those before it have left."""
        for call, command, program in combining(self._linked, self._graph):
            if not self._writes.is_test(self._linked.world.path_of_unit(self._linked.world.call_unit[call])):
                yield Sink(command, ORDER, 1, f"what `{program}` makes of its arguments", call, True)
        for call, loop, program in applying(self._linked, self._graph):
            if not self._writes.is_test(self._linked.world.path_of_unit(self._linked.world.call_unit[call])):
                yield Sink(loop, ORDER, 1, f"what `{program}` makes, run upon run", call, True)
        for node, opened in put_into_files(self._linked, self._graph, self._writes):
            rank, what = min((self.rank(write) for write in opened), key=lambda found: found[0])
            if rank < 3:
                yield Sink(node, ORDERS_ANY, rank, what, opened[0].site.call, True)
        yield from self._documentation()
        for site in self._linked.unknown_writers.values():
            rank, what = self.rank(self._writes.of_unknown(site))
            if rank < 3:
                yield Sink(self._linked.content(site.call), ORDER, max(rank, 1), what, site.call, False)
        for call, node in self._helps():
            yield Sink(node, ORDER, 1, HELP, call, True)
        for call, node in Seeded(self._linked, self._graph, self._writes).draws():
            yield Sink(node, ORDER, 1, "what a seeded generator draws", call, True)
        for site in self._linked.sites:
            for port in site.model.shows:
                if port in site.given:
                    node = self._linked.contents.get((site.call, f"built of {port}"), site.ports[port])
                    yield Sink(node, ORDER, 1, HELP, site.call, True)
            for port in site.model.builds:
                if port in site.given:
                    named = port == "**"  # names of fields have no order
                    node = site.ports[port] if named else self._linked.built(site.call, port)
                    bits = ORDERS_ANY & ~ORDER if named else ORDER
                    yield Sink(node, bits, 1, BUILT, site.call, True)

    def _helps(self) -> Iterable[tuple[int, int]]:
        """What calls of libraries that nobody has described are given as the help of something."""
        linked = self._linked
        for call in linked.externals:
            if call not in linked.callees and not linked.sites_of.get(call):
                if not self._writes.is_test(linked.world.path_of_unit(linked.world.call_unit[call])):
                    yield from ((call, node) for slot, node in linked.argument_nodes(call) if slot == _HELP)

    def _documentation(self) -> Iterable[Sink]:
        """What is put together as ``f.__doc__``: it is printed, published, and read by makers of parsers."""
        world = self._linked.world
        for node in world.of_kind(Kind.PUT):
            if world.nodes[node].name == "__doc__" and not self._writes.is_test(
                world.path_of_unit(world.node_unit[node])
            ):
                yield Sink(node, ORDER, 1, "the documentation of what the program offers", -1, True)

    def _name_sinks(self) -> Iterable[Sink]:
        """Order that becomes the name of a file."""
        for write in self._writes.all:
            if write.path_node >= 0 and rank_of(write)[0] < 2 and not write.moved:
                yield Sink(write.path_node, ORDER, 1, A_NAME, write.site.call, True)
        for site in self._linked.sites:
            moves = site.model.moves
            name = site.ports.get(moves.dst, -1) if moves is not None and moves.kind in ("rename", "move") else -1
            if name >= 0 and self._is_numbered(name):
                if not self._writes.is_test(self._linked.world.path_of_unit(self._linked.world.call_unit[site.call])):
                    yield Sink(name, ORDER, 1, A_NAME, site.call, True)

    def _is_numbered(self, path: int) -> bool:
        """Whether a path is made of a text that tells in which round of a loop it was made."""
        graph, nodes = self._graph, self._linked.world.nodes
        near = [path]
        for node in near:
            for edge in graph.within.get(node, ()):
                source = graph.source[edge]
                if graph.op[edge] == Op.ORDERS and nodes[source].kind == Kind.LOOP:
                    return True
                if graph.op[edge] in _CARRIES and source not in near and len(near) < _NEAR:
                    near.append(source)
        return False

    def _content_sink(self, call: int, content: int) -> Iterable[Sink]:
        """What a call writes to a handle: as permanent as the file that the handle opened."""
        linked = self._linked
        found: list[Write] = []
        made: list[tuple[int, str]] = []
        known, anywhere = self._writes.is_test(linked.world.path_of_unit(linked.world.call_unit[call])), False
        if self._says_the_same(call):
            return
        for site in self._linked.sites_of[call]:
            for flow in site.model.flows:
                port = site.ports.get(flow.to, -1)
                if flow.to == "return" or port < 0:
                    continue
                anywhere = True
                for handle in self._handles(port) if port == linked.callee_of(call) else [port]:
                    known |= self._is_buffer(handle)
                    known |= any(v[0] == "x" and str(v[1]).startswith("sys.std") for v in linked.values(handle))
                    found += self._writes.handle_writes(handle)
                    made += self._made_by_tempfile(handle, call)
                    known |= self._is_stream(handle)
            known |= site.model.console and not self._names_file(site)
        if not found and self._prints(call):
            instead = self._redirected.of(call)
            if instead >= 0 and linked.has_type(instead, "io.StringIO"):
                return  # nobody sees it; what becomes of the buffer is not followed
            found = self._writes.handle_writes(instead) if instead >= 0 else []
        if found:
            rank, what = min((self.rank(w) for w in found), key=lambda r: r[0])
            if rank < 3:
                named = rank == 0 or any(w.final.literal for w in found)
                yield Sink(content, ORDER, rank, what, call, named)
        elif anywhere and not known:
            rank, what = min(made, default=(1, "a file"))
            if rank < 3:
                yield Sink(content, ORDER, rank, what, call)
        if not found and self._prints(call):
            self.printed.append(Sink(content, ORDER, 1, IS_PRINTED, call))

    def _made_by_tempfile(self, handle: int, call: int) -> Iterable[tuple[int, str]]:
        """How permanent an open file is that `tempfile` has made, and what to call it: nobody else knows its name."""
        kind = self._writes.becomes(handle, call)
        if kind is not None:
            handed = kind.kind == "temp" and self._goes_out([handle])
            yield (1, HANDED_ON) if handed else _RANKS[kind.kind]

    def _is_buffer(self, handle: int) -> bool:
        """Whether a handle may be a buffer in memory. What tests and examples give to a function of the program says
        nothing of what others give to it."""
        graph, world = self._graph, self._linked.world
        near = [handle] if self._linked.has_type(handle, *_BUFFERS) else []
        for node in near:
            if self._writes.is_test(world.path_of_unit(world.node_unit[node])):
                continue
            into = [edge for edge in graph.incoming.get(node, ()) if not self._linked.edges.back[edge]]
            before = [each for each in dict.fromkeys(map(graph.source.__getitem__, into)) if self._holds_buffer(each)]
            if not before or len(near) > _NEAR or self._is_declared_buffer(node):
                return True
            near += [each for each in before if each not in near]
        return False

    def _holds_buffer(self, node: int) -> bool:
        return any(value[0] == "t" and value[1] in _BUFFERS for held in self._linked.levels(node) for value in held)

    def _is_declared_buffer(self, node: int) -> bool:
        function = self._linked.world.functions.get(self._graph.param_scope.get(node, -1))
        params = zip(function.record.params, function.params, strict=True) if function is not None else ()
        return any(at == node and param.annotation.endswith(("StringIO", "BytesIO")) for param, at in params)

    def _handles(self, port: int) -> list[int]:
        """The objects that the call of a method which was handed over may write to; ``port`` where nobody knows."""
        graph, nodes = self._graph, self._linked.world.nodes
        near, found = [port], []
        for node in near:
            before = [graph.source[edge] for edge in graph.incoming.get(node, ()) if graph.op[edge] == Op.SAME]
            given = [each for each in before if nodes[each].kind == Kind.ATTR]
            loaded = [edge for each in given for edge in graph.incoming.get(each, ()) if graph.op[edge] == Op.LOAD]
            found += [graph.source[edge] for edge in loaded]
            near += [each for each in before if each not in near and each not in given and len(near) < _NEAR]
        return found or [port]

    def _handed_sink(self, site: Site, content: int) -> Iterable[Sink]:
        """What a call that writes a file puts into one that somebody has opened, or may have."""
        assert site.model.writes is not None
        path, linked = site.ports.get(site.model.writes.path, -1), self._linked
        unsaid = path < 0 or linked.has_type(path, "io.StringIO", "io.BytesIO")
        if unsaid or self._writes.is_test(linked.world.path_of_unit(linked.world.call_unit[site.call])):
            return
        if not linked.holds(site, site.model.writes.when, site.model.writes.unless):
            return
        opened = self._writes.handle_writes(path)
        rank, what = min((self.rank(w) for w in opened), key=lambda r: r[0]) if opened else (1, "a file")
        if rank < 3:
            yield Sink(content, ORDER, rank, what, site.call, False)

    def _says_the_same(self, call: int) -> bool:
        """Whether a call writes a text that is the same in each round: nobody sees in which order it was written."""
        given = [
            site.ports.get(flow.from_, -1)
            for site in self._linked.sites_of[call]
            for flow in site.model.flows
            if flow.to != "return" and site.ports.get(flow.to, -1) >= 0
        ]
        return bool(given) and all(self._is_literal(node) for node in given)

    def _is_literal(self, node: int) -> bool:
        """Whether a value is a text that is written down."""
        record = self._linked.world.nodes[node] if node >= 0 else None
        return record is not None and record.kind == Kind.TEXT and "\x00" not in record.name

    def _is_stream(self, node: int) -> bool:
        """Whether the unit does with what is written to what only a connection can do."""
        world = self._linked.world
        unit = world.node_unit[node]
        base, facts = world.node_base[unit], world.units[unit][2]
        name = world.nodes[node].name
        return any(
            call.method in _OF_STREAMS and call.receiver >= 0
            and (base + call.receiver == node or (name != "" and world.nodes[base + call.receiver].name == name))
            for call in facts.calls
        )  # fmt: skip

    def _prints(self, call: int) -> bool:
        """Whether a call writes to the standard output, in code that is no test."""
        if self._writes.is_test(self._linked.world.path_of_unit(self._linked.world.call_unit[call])):
            return False
        prints = [s for s in self._linked.sites_of[call] if s.model.console and s.model.name in PRINTS]
        return any(not self._names_file(s) and not s.constants.get("err") for s in prints)

    def _names_file(self, site: Site) -> bool:
        """Whether a call that prints is told where to; what a star may bring does not count."""
        stars = [node for slot, node in self._linked.argument_nodes(site.call) if slot in ("*", "**")]
        if "file" not in site.given or site.ports["file"] in stars:
            return False
        held = self._linked.values(site.ports["file"])
        return _OUTPUT not in held or any(value[0] in ("x", "h") and value != _OUTPUT for value in held)

    def rank(self, write: Write, via: frozenset[int] = frozenset()) -> tuple[int, str]:
        """As ``rank_of``; a temporary file that another program reads is as permanent as what that makes of it. What is
        appended to is a log, unless the program has begun the file itself (where the calls are known through which it
        comes there, ``via``: through one of these), or its name, as it is written down, is that of an artifact: its
        lines are compared."""
        named = write.appended
        ways = self._writes.continued.get(write.site.call, frozenset())
        if named is not None and (ITSELF in ways or (ways & via if via else ways)):
            return rank_of(replace(write, final=named))
        rank, what = rank_of(write)
        if named is not None and (
            (named.literal and named.kind in ("artifact", "state"))
            or (named.kind == "unknown" and any(map(_COMPOSED.search, write.evidence.texts)))
        ):
            return 1, "a file that is appended to" + write.shown
        if rank == 2 and self._handed_on(write.path_node, write.site.call):
            return 1, HANDED_ON
        return rank, what

    def _handed_on(self, path: int, call: int) -> bool:
        graph = self._graph
        waiting = [path]
        for edge in graph.incoming.get(path, ()):
            if graph.key[edge] == "#0":  # of a descriptor and a name
                pair = graph.outgoing.get(graph.source[edge], ())
                waiting += [graph.target[other] for other in pair if graph.key[other] == "#1"]
        return self._goes_out(waiting) or self._goes_out(self._named_by(path)) or self._packed.holds(path, call)

    def _goes_out(self, begun: list[int]) -> bool:
        """Whether any of these is given to another program, packed, copied or given back, within a few steps."""
        graph, ends, waiting = self._graph, self._ends, [*begun]
        seen = set(waiting)
        for node in waiting:
            if node in ends:
                return True
            for edge in graph.outgoing.get(node, ()):
                target = graph.target[edge]
                if graph.op[edge] in _CARRIES and target not in seen and len(seen) < _NEAR:
                    seen.add(target)
                    waiting.append(target)
        return False

    def _named_by(self, path: int) -> list[int]:
        """The open file whose name a path is: where it is handed on, it is asked for its name again."""
        graph, near = self._graph, [path]
        for node in near:
            before = [graph.source[edge] for edge in graph.within.get(node, ()) if graph.op[edge] in _NAMES]
            near += [each for each in before if each not in near and len(near) < _NEAR]
        return [node for node in near[1:] if self._linked.has_type(node, "typing.IO")]

    @cached_property
    def _ends(self) -> frozenset[int]:
        return self._commands | self._given_back | self._packed.paths

    @cached_property
    def _commands(self) -> frozenset[int]:
        """What is given to other programs as arguments, or to what takes it elsewhere."""
        linked = self._linked
        calls = [n for n, names in linked.externals.items() if any(name.startswith(STARTS) for name in names)]
        calls += [n for n, call in enumerate(linked.world.calls) if _SENDS.match(call.method)]
        return frozenset(node for call in calls for _, node in linked.argument_nodes(call))

    @cached_property
    def _given_back(self) -> frozenset[int]:
        """What public functions return."""
        functions = self._linked.world.functions.values()
        return frozenset(f.returns for f in functions if f.record.kind == "function" and not is_private(f))


def is_private(function: Function) -> bool:
    """Whether a function is meant for its module alone, by its name."""
    name = function.record.name
    return name.startswith("_") and not name.endswith("__")


def rank_of(write: Write) -> tuple[int, str]:
    """How permanent a write is, and what to call it."""
    rank, what = _RANKS[write.final.kind]
    return rank, what + write.shown


_RANKS: dict[ArtifactKind, tuple[int, str]] = {
    "artifact": (0, "an artifact"),
    "state": (0, "a state file"),
    "remote": (0, "an object store"),
    "unknown": (1, "a file"),
    "argument": (1, "a file that the user names"),
    "report": (1, "a report"),
    "temp": (2, "a temporary file"),
    "scratch": (2, "a scratch file"),
    "log": (3, "a log"),
    "lock": (3, "a lock file"),
    "test": (3, "a file of a test"),
    "console": (3, "the terminal"),
    "stable-log": (0, "a stable log"),
}
