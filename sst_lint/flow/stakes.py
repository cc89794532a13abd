"""What would be lost with half of a file? What the program does with a file says it better than its name.

Somebody reads it again; it is made only where there is none, so that half of it is taken for the whole; it fills with
what comes in from elsewhere, which may break off; it takes the place of the only copy; another process waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import words
from sst_lint.flow.compared import Compared
from sst_lint.flow.effects import Effect, Effects
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.graph import Graph
from sst_lint.flow.identity import Identity, Symbol, leaves
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site
from sst_lint.flow.streams import Streams
from sst_lint.flow.tested import Tests
from sst_lint.flow.writes import Write, Writes

AGAIN = "the program reads it again"
_ONCE = "it is only written where there is none"
_ONLY = "its source is removed afterwards"
_ASIDE = "what was there is moved away first"
_AWAITED = "the environment names it, so another process waits for it"
#: A name of its own: a stem, not only what is filled in, and a suffix.
_NAMED = re.compile(r"(?=[^/]*[A-Za-z]{2}[^/]*\.)[^/]+\.\w{1,12}$")
#: Classes whose objects keep things for later.
_KEEPERS = frozenset(
    "settings setting config configuration cache store storage state registry database history preferences session "
    "checkpoint checkpoints bookmarks".split()
)
#: Names, also of what writes, by which a file is one that the program needs again, or that others compare.
_KEPT = _KEEPERS | frozenset(
    "cachedir ckpt cfg conf manifest metrics model models artifact artifacts snapshot metadata predictions weights "
    "index userfile credentials token tokens optimizer scheduler baseline "
    "inventory digest digests checksum checksums fingerprint lock lockfile".split()
)
#: Only programs read them, and they refuse half of one.
_LOADED = frozenset({"pickle", "torch", "joblib"})
_LOADED_SUFFIX = re.compile(
    r"\.(json|ya?ml|toml|pkl|pickle|pth?|ckpt|safetensors|joblib|onnx|sqlite3?|db"
    r"|sha\d+|md5)$",
    re.IGNORECASE,
)
_DIRECTORIES = frozenset({"dir", "directory", "folder", "dirname", "dirpath", "root"})
#: Names further away from a path than this say nothing of it.
_NEAR = 5
_LOADERS = re.compile(r"(^|_)(load|read|loadtxt|genfromtxt|parse)(_|$)")
#: Of so many texts that come to one writer or reader some may be names of files.
_TEXTS = 10
_OF_TEXTS = frozenset({"read_text", "read_bytes"})


class Stakes:
    """Answers for the writes of a linked program."""

    def __init__(
        self,
        linked: Mutations,
        graph: Graph,
        identity: Identity,
        evidence: PathEvidence,
        effects: Effects,
        locks: Locks,
        writes: Writes,
        tests: Tests,
        streams: Streams,
        units: frozenset[int],
    ) -> None:
        """``units``: those of test code, which reads for the sake of the test."""
        self._linked = linked
        self._identity = identity
        self._evidence = evidence
        self._effects = effects
        self._locks = locks
        self._writes = writes
        self._tests = tests
        self._streams = streams
        self._compared = Compared(linked, graph)
        self._units = units

    def why(self, write: Write) -> str:
        """What would be lost with half of the file, in words; "" if nobody knows of anything."""
        call = write.site.call
        return (
            (AGAIN if self._is_read(write) else "")
            or (_ONCE if call in self._made_once and call not in self._made_if_different else "")
            or self._streams.into(write)
            or (_ONLY if self._takes_only_copy(write) else "")
            or (_ASIDE if call in self._put_in_place else "")
            or (_AWAITED if self._is_awaited(write) else "")
            or self._keeper(write)
            or (AGAIN if self._shares_directory(write) else "")
        )

    def named(self, write: Write) -> str:
        """The name by which a file is one that is needed again (`facts.json`, `checkpoint_path`); "" if none is."""
        if not _LOADED.isdisjoint(write.formats):
            return "only programs read such files"
        near = write.evidence.texts[:2]
        for text in write.evidence.texts[:_TEXTS]:
            if text in write.evidence.either:
                continue  # one of several that the path may end in
            if _LOADED_SUFFIX.search(text) or (text in near and words(text.rpartition("/")[2]) & _KEPT):
                return text
        function = self._linked.world.functions.get(self._locks.scope_of(write.site.call))
        own = function.qualname.split(".")[-2:] if function is not None else []
        for name in (*write.evidence.names[:_NEAR], *own):
            parts = words(name)
            known = _KEEPERS if name in own else _KEPT
            if parts & known and (name in own or not parts & _DIRECTORIES or "cache" in parts):
                return name
        return ""

    def is_named(self, write: Write) -> bool:
        """Whether the name of the file itself, which says nothing of its format, is one of those (`inventory.txt`)."""
        last = next(iter(write.evidence.texts), "").rpartition("/")[2]
        return bool(_NAMED.search(last)) and bool(words(last.partition(".")[0]) & _KEPT)

    # the program reads it

    def _is_read(self, write: Write) -> bool:
        call = write.site.call
        if call in self._read_before or self._paths.get(call, frozenset()) & self._read_paths:
            return True
        names = {text.rpartition("/")[2] for text in write.evidence.texts[:_TEXTS]}
        known = [self._read_names[name] for name in names if _NAMED.search(name) and name in self._read_names]
        return any(known) or (bool(known) and self._is_beside(write.site.call, write.path_node))

    @cached_property
    def _all(self) -> list[tuple[Effect, ...]]:
        """What each function of the program does, as far as it is no test."""
        scopes = self._effects.scopes()
        return [self._effects.of(s) for s in scopes if self._linked.world.unit_of_scope(s) not in self._units]

    @cached_property
    def _read_before(self) -> frozenset[int]:
        """Calls that write what the same function has read before."""
        found: dict[int, None] = {}
        for effects in self._all:
            first: dict[Symbol, int] = {}
            for effect in effects:
                if effect.kind == "read" and not self._compared.only(effect):
                    first.setdefault(effect.path, effect.call)
            for effect in effects:
                if effect.write is not None and first.get(effect.path, effect.call) < effect.call:
                    found[effect.write.site.call] = None
        return frozenset(found)

    @cached_property
    def _made_if_different(self) -> frozenset[int]:
        """Calls that write over what the same function has compared with what it writes."""
        found: dict[int, None] = {}
        for effects in self._all:
            compared = {e.path: e.call for e in effects if e.kind == "read" and self._compared.only(e)}
            for effect in effects:
                if effect.write is not None and compared.get(effect.path, effect.call) < effect.call:
                    found[effect.write.site.call] = None
        return frozenset(found)

    @cached_property
    def _paths(self) -> dict[int, frozenset[Symbol]]:
        """The paths that each call writes, as far as they are the same wherever they are named."""
        found: dict[int, set[Symbol]] = {}
        for effects in self._all:
            for effect in effects:
                if effect.write is not None and _is_closed(effect.path):
                    found.setdefault(effect.write.site.call, set()).add(effect.path)
        return {call: frozenset(paths) for call, paths in found.items()}

    @cached_property
    def _read_paths(self) -> frozenset[Symbol]:
        """Such paths that are read, and not only by the function that has just written them."""
        found: set[Symbol] = set()
        for effects in self._all:
            written: dict[Symbol, int] = {}
            for effect in effects:
                if effect.write is not None:
                    written.setdefault(effect.path, effect.call)
            for effect in effects:
                if effect.kind == "read" and _is_closed(effect.path):
                    if written.get(effect.path, effect.call) >= effect.call:
                        found.add(effect.path)
        return frozenset(found)

    @cached_property
    def _readers(self) -> list[tuple[Site, int]]:
        """The calls that read files, with the paths."""
        found = []
        for site in self._linked.sites:
            model = site.model
            if self._linked.world.call_unit[site.call] in self._units:
                continue
            last, port = model.name.rpartition(".")[2], ""
            if model.opens is not None:
                write = self._writes.by_call.get(site.call)
                port = model.opens.path if write is None or write.mode == "update" else ""
            elif last in _OF_TEXTS:
                port = "self"
            elif model.writes is None and model.moves is None and _LOADERS.search(last):
                port = next(iter(model.params), "")
            if site.ports.get(port, -1) >= 0:
                found.append((site, site.ports[port]))
        return found

    @cached_property
    def _read_names(self) -> dict[str, bool]:
        """The names of files that the program reads, and whether one of that name lies elsewhere than beside the source
        code: what comes with the program is another file than what it writes."""
        found: dict[str, bool] = {}
        for site, node in self._readers:
            beside = self._is_beside(site.call, node)
            for text in self._evidence.of(node).texts[:_TEXTS]:
                name = text.rpartition("/")[2]
                found[name] = found.get(name, False) or not beside
        return found

    def _is_beside(self, call: int, path: int) -> bool:
        """Whether the file that a call opens lies beside the source code: its path is made of ``__file__`` there."""
        world = self._linked.world
        here = world.path_of_unit(world.call_unit[call])
        return any(
            world.nodes[node].name == "__file__" and world.path_of_unit(world.node_unit[node]) == here
            for node in self._evidence.passed(path)
        )

    # below a directory of the object

    def _shares_directory(self, write: Write) -> bool:
        """Whether an object that has no names for its files reads them from the directory that it writes them to."""
        return not self._is_named(write.path_node) and bool(
            self._own_fields(write.site.call, write.path_node) & self._read_fields
        )

    def _is_named(self, node: int) -> bool:
        return any(_NAMED.search(text) for text in self._evidence.of(node).texts[:1])

    def _own_fields(self, call: int, path: int) -> frozenset[tuple[str, int]]:
        """The fields of its own object out of which a method makes a path."""
        world, linked = self._linked.world, self._linked
        function = world.functions.get(self._locks.scope_of(call))
        if function is None or function.cls < 0:
            return frozenset()
        own = linked.mro(function.cls)
        found: dict[tuple[str, int], None] = {}
        for node in self._evidence.passed(path):
            record = world.nodes[node]
            if record.kind == Kind.ATTR and record.base >= 0:
                base = world.node_base[world.node_unit[node]] + record.base
                if any(value[0] == "i" and value[1] in own for value in linked.values(base)):
                    found[record.name, function.cls] = None
        return frozenset(found)

    @cached_property
    def _read_fields(self) -> frozenset[tuple[str, int]]:
        found: dict[tuple[str, int], None] = {}
        for site, node in self._readers:
            if not self._is_named(node) and self._evidence.composed(node):
                found.update(dict.fromkeys(self._own_fields(site.call, node)))
        return frozenset(found)

    # what is not there yet, or only once

    @cached_property
    def _made_once(self) -> frozenset[int]:
        """Calls that write where the function has looked that there is nothing."""
        found: dict[int, None] = {}
        for pair in self._tests.instead:
            if pair.act.write is not None:
                found[pair.act.write.site.call] = None
        return frozenset(found)

    @cached_property
    def _put_in_place(self) -> frozenset[int]:
        """Calls that write to where the function has moved something away."""
        found: dict[int, None] = {}
        for site in self._linked.sites:
            moves = site.model.moves
            source = site.ports.get(moves.src, -1) if moves is not None and "copy" not in moves.kind else -1
            if source < 0:
                continue
            path = self._identity.of(source)
            for effect in self._effects.of(self._locks.scope_of(site.call)):
                if effect.write is not None and effect.path == path and effect.call > site.call:
                    found[effect.write.site.call] = None
        return frozenset(found)

    def _takes_only_copy(self, write: Write) -> bool:
        """Whether what is copied is removed afterwards."""
        moves = write.site.model.moves
        source = write.site.ports.get(moves.src, -1) if moves is not None and write.mode == "copy" else -1
        return source >= 0 and any(
            site.call > write.site.call and self._identity.of(node) == self._identity.of(source)
            for site, node in self._removed_in(self._locks.scope_of(write.site.call))
        )

    def _removed_in(self, scope: int) -> Iterator[tuple[Site, int]]:
        for call in self._locks.calls_in(scope):
            for site in self._linked.sites_of.get(call, ()):
                node = site.ports.get(site.model.removes, -1) if site.model.removes else -1
                if node >= 0:
                    yield site, node

    # who else

    def _is_awaited(self, write: Write) -> bool:
        """Whether the path, as it is, comes out of the environment."""
        if self._evidence.composed(write.path_node):
            return False
        world, linked = self._linked.world, self._linked
        for node in self._evidence.passed(write.path_node):
            record = world.nodes[node]
            if record.kind == Kind.ITEM and record.base >= 0:
                if world.nodes[world.node_base[world.node_unit[node]] + record.base].name == "environ":
                    return True
            if record.kind == Kind.CALL and linked.externals.get(world.call_of(node), {}).keys() & _ASKED:
                return True
        return False

    def _keeper(self, write: Write) -> str:
        function = self._linked.world.functions.get(self._locks.scope_of(write.site.call))
        if function is None or function.cls < 0:
            return ""
        name = function.qualname.rpartition(".")[0].rpartition(".")[2]
        return f"`{name}` keeps it" if words(name) & _KEEPERS else ""


_ASKED = frozenset({"os.getenv", "os.environ.get"})


def _is_closed(path: Symbol) -> bool:
    """Whether a path is made of fields of an object and of globals alone, so that it is the same in all functions."""
    if path[0] in ("node", "temporary", "param", "either"):
        return False
    kinds = {leaf[0] for leaf in leaves(path)}
    return kinds <= {"attribute", "global", "instance", "text"} and kinds != {"text"} and bool(kinds)
