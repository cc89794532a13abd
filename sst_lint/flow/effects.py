"""What does a function do to which path, in which order? Its own calls, and those of the functions that it calls.

A callee's effects are told in the terms of its caller: ``write_json(self.path, data)`` replaces ``self.path``. So two
effects on one path can be compared in the function in which they meet, and all other callers stay out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sst_lint.facts.records import Kind as NodeKind
from sst_lint.flow.identity import Identity, Symbol, substituted
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.path_parts import SAME_FILE
from sst_lint.flow.protocol import Protocol
from sst_lint.flow.sites import Site
from sst_lint.flow.writes import Write, Writes

EffectKind = Literal["read", "write", "replace", "test", "mkdir", "remove", "lock", "truncate"]

#: Parameters under which what is gone already is removed without an error.
_FORGIVING = ("missing_ok", "ignore_errors")
_READERS = frozenset({"read_text", "read_bytes"})
#: Methods that fill their object from the file that they are given.
_FILLED = frozenset({"configparser.RawConfigParser.read"})
_DEPTH = 5
#: So many functions may be under way at once.
_ACTIVE = 150
_EFFECTS = 60
_CALLEES = 4
_INTO = frozenset({"write", "copy", "update", "exclusive"})


@dataclass(frozen=True, eq=False)
class Effect:
    """One thing that happens to a path.

    ``call`` is the call of the function at hand through which it happens, ``site`` the library call that does it, and
    ``calls`` the calls in between, outermost first (``call`` is the first of them, or that of the site).
    """

    kind: EffectKind
    path: Symbol
    call: int
    site: Site
    calls: tuple[int, ...] = ()
    write: Write | None = None
    protocol: Protocol | None = None
    opened: int = -1  #: reads and locks on a handle: the call that opened it
    node: int = -1  #: the node of the path in the function at hand


class Effects:
    """Effects of all functions; keeps the answers."""

    def __init__(
        self, linked: Mutations, identity: Identity, writes: Writes, protocols: tuple[Protocol, ...], locks: Locks
    ) -> None:
        self._linked = linked
        self._identity = identity
        self._writes = writes
        self._locks = locks
        self._formats: dict[int, list[str]] = {}
        for site in linked.sites:
            if site.model.format and not _parses(site):
                self._formats.setdefault(locks.scope_of(site.call), []).append(site.model.format)
        self._moves = {p.move.call: p for p in protocols}
        self._known: dict[int, tuple[Effect, ...]] = {}
        self._active: set[int] = set()
        self._kept: dict[int, dict[Symbol, Symbol]] = {}

    def scopes(self) -> list[int]:
        """All scopes that call something, in order."""
        return sorted({self._locks.scope_of(number) for number in range(len(self._linked.world.calls))})

    def of(self, scope: int) -> tuple[Effect, ...]:
        """The effects of a function in the order of its calls."""
        known = self._known.get(scope)
        if known is not None:
            return known
        if scope in self._active or len(self._active) > _ACTIVE:
            return ()
        self._active.add(scope)
        found: list[Effect] = []
        for call in self._locks.calls_in(scope):
            found.extend(self._own(call))
            found.extend(self._of_callees(call))
            if len(found) > _EFFECTS:
                break
        self._active.discard(scope)
        result = tuple({(e.kind, e.path, e.calls, e.site.call): e for e in found[:_EFFECTS]}.values())
        self._known[scope] = result
        return result

    def formats(self, effect: Effect) -> tuple[str, ...]:
        """How data is rendered in the functions through which an effect happens."""
        scopes = dict.fromkeys(self._locks.scope_of(call) for call in (effect.call, *effect.calls, effect.site.call))
        return tuple(dict.fromkeys(f for scope in scopes for f in self._formats.get(scope, ())))

    def as_field(self, scope: int, path: Symbol) -> Symbol:
        """The field in which a method's own object keeps a path, where the method itself puts it there: what other
        methods call it. Else the path as it is."""
        world = self._linked.world
        function = world.functions.get(scope)
        if function is None or function.cls < 0 or path[0] in ("node", "temporary", "attribute"):
            return path
        kept = self._kept.get(scope)
        if kept is None:
            kept = self._kept[scope] = {}
            base = world.node_base[function.unit]
            for local, record in enumerate(world.units[function.unit][2].nodes):
                if record.kind == NodeKind.PUT and world.scope_base[function.unit] + record.scope == scope:
                    kept.setdefault(
                        self._identity.of(base + local), ("attribute", record.name, ("instance", function.cls))
                    )
        return kept.get(path, path)

    # library calls

    def _own(self, call: int) -> Iterator[Effect]:
        for site in self._linked.sites_of.get(call, ()):
            model = site.model
            if model.tests_existence:
                yield from self._on("test", site, model.tests_existence)
            if model.makes_directory and site.constants.get("exist_ok") is not True:
                yield from self._on("mkdir", site, model.makes_directory)
            if model.removes and not any(site.constants.get(name) is True for name in _FORGIVING):
                yield from self._on("remove", site, model.removes)
            if model.lock:
                yield from self._locked(site)
            if model.name in ("typing.IO.truncate", "os.ftruncate"):
                yield from self._truncated(site)
            if model.name.rpartition(".")[2] in _READERS:
                yield from self._on("read", site, "self")
            if model.name in _FILLED:
                yield from self._on("read", site, model.params[0])
            if model.reads:
                yield from self._on("read", site, model.reads)
            yield from self._opened(site)
            protocol = self._moves.get(call)
            if protocol is not None and protocol.move is site:
                path = self._identity.of(protocol.target)
                kind: EffectKind = "write" if protocol.way == "copy" else "replace"
                yield Effect(kind, path, call, site, protocol=protocol, node=protocol.target)

    def _on(self, kind: EffectKind, site: Site, port: str) -> Iterator[Effect]:
        node = site.ports.get(port, -1)
        if node >= 0:
            yield Effect(kind, self._identity.of(node), site.call, site, node=node)

    def _opened(self, site: Site) -> Iterator[Effect]:
        write = self._writes.by_call.get(site.call)
        if write is not None and write.site is site:
            if write.mode in _INTO or write.mode == "append":
                kind: EffectKind = "replace" if write.atomic else "write"
                path = self._identity.of(write.path_node)
                yield Effect(kind, path, site.call, site, write=write, node=write.path_node)
            if write.mode == "update":
                yield Effect("read", self._identity.of(write.path_node), site.call, site, opened=site.call)
        elif site.model.atomic_writer and site.model.opens is not None:
            node = site.ports.get(site.model.opens.path, -1)
            if node >= 0:
                yield Effect("replace", self._identity.of(node), site.call, site, node=node)
        elif site.model.opens is not None and not site.model.temp:
            node = site.ports.get(site.model.opens.path, -1)
            if node >= 0 and not any(kind == "h" for kind, _ in self._linked.values(node)):
                yield Effect("read", self._identity.of(node), site.call, site, opened=site.call)
        elif _reads_path(site):
            node = site.ports.get(site.model.params[0], -1)
            if node >= 0 and not any(kind == "h" for kind, _ in self._linked.values(node)):
                if not self._linked.has_type(node, "typing.IO", "io.StringIO", "io.BytesIO"):
                    yield Effect("read", self._identity.of(node), site.call, site)

    def _locked(self, site: Site) -> Iterator[Effect]:
        port = site.ports.get(site.model.lock, -1)
        if port < 0 or self._unlocks(site):
            return
        opened = [call for kind, call in self._linked.values(port) if kind == "h"]
        if len(opened) == 1:
            for path in self._opened_path(opened[0]):
                yield Effect("lock", self._identity.of(path), site.call, site, opened=opened[0])
        elif not opened and (self._linked.world.nodes[port].kind != NodeKind.CALL or self._is_path(port)):
            yield Effect("lock", self._identity.of(port), site.call, site)

    def _is_path(self, node: int) -> bool:
        """Whether a call only gives a path another form: `str(path)`."""
        return not SAME_FILE.isdisjoint(self._linked.externals.get(self._linked.world.call_of(node), ()))

    def _truncated(self, site: Site) -> Iterator[Effect]:
        port = site.ports.get("self", -1)
        port = port if port >= 0 else site.ports.get("fd", -1)
        for kind, call in self._linked.values(port) if port >= 0 else ():
            if kind == "h":
                write = self._writes.by_call.get(call)
                write = write if write is not None and write.mode == "update" else None
                for path in self._opened_path(call):
                    yield Effect("truncate", self._identity.of(path), site.call, site, write=write, opened=call)

    def _unlocks(self, site: Site) -> bool:
        world = self._linked.world
        return any(world.nodes[n].name in ("LOCK_UN", "F_UNLCK", "LK_UNLCK", "F_ULOCK") for n in site.ports.values())

    def _opened_path(self, call: int) -> list[int]:
        return [
            s.ports[s.model.opens.path] for s in self._linked.sites_of.get(call, ())
            if s.model.opens is not None and s.ports.get(s.model.opens.path, -1) >= 0
        ]  # fmt: skip

    # functions of the program

    def _of_callees(self, call: int) -> Iterator[Effect]:
        scopes = tuple(self._linked.callees.get(call, {}))
        if not scopes or len(scopes) > _CALLEES:
            return
        for scope in scopes:
            effects = self.of(scope)
            if not effects:
                continue
            arguments = self._identity.arguments(call, scope)
            given = {self._identity.of(param): argument for argument, param, _ in self._linked.bindings.get(call, ())}
            for effect in effects:
                if len(effect.calls) >= _DEPTH:
                    continue
                path, calls = substituted(effect.path, arguments), (call, *effect.calls)
                yield replace(effect, path=path, call=call, calls=calls, node=given.get(effect.path, effect.node))
        for cls in self._linked.classes_called.get(call, {}):
            yield from self._of_context(call, cls)

    def _of_context(self, call: int, cls: int) -> Iterator[Effect]:
        """``with Replacing(path) as f``: what entering and leaving do, with the fields that the constructor fills."""
        if not self._linked.world.calls[call].entered:
            return
        fields = self._filled(cls, call)
        for name in ("__enter__", "__exit__"):
            for function in self._linked.find_method(cls, name):
                for effect in self.of(function.scope):
                    path = substituted(effect.path, fields)
                    yield replace(effect, path=path, call=call, calls=(call, *effect.calls))

    def _filled(self, cls: int, call: int) -> dict[Symbol, Symbol]:
        """Fields that ``__init__`` takes over from its arguments, in the terms of the call that constructs."""
        world = self._linked.world
        found: dict[Symbol, Symbol] = {}
        for function in self._linked.find_method(cls, "__init__"):
            arguments = self._identity.arguments(call, function.scope)
            base = world.node_base[function.unit]
            for local, record in enumerate(world.units[function.unit][2].nodes):
                if record.kind == NodeKind.PUT and world.scope_base[function.unit] + record.scope == function.scope:
                    symbol = self._identity.of(base + local)
                    if symbol[0] != "node":
                        found["attribute", record.name, ("instance", cls)] = substituted(symbol, arguments)
        return found


def _parses(site: Site) -> bool:
    last = site.model.name.rpartition(".")[2]
    return last.startswith(("load", "read", "parse", "safe_load", "unpack", "decode", "from"))


def _reads_path(site: Site) -> bool:
    """``np.load(path)``, ``pd.read_csv(path)``: a function that reads the file that it is given."""
    model = site.model
    last = model.name.rpartition(".")[2]
    if not model.params or model.method or model.writes is not None or model.moves is not None:
        return False
    return last.startswith("read_") or last in ("load", "loadtxt", "genfromtxt")
