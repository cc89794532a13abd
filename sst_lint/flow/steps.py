"""Which steps of a temp-and-replace protocol are there, which are missing, and which cannot be told?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sst_lint.facts.records import Kind as NodeKind
from sst_lint.flow.artifacts import words
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.identity import Identity, leaves
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site
from sst_lint.flow.writes import Write, Writes

StepName = Literal[
    "temporary", "same-directory", "unique-name", "flush", "fsync", "replace", "directory-fsync", "clean-up", "mode"
]
#: The steps of the whole protocol, in the order in which they are taken.
STEPS: tuple[StepName, ...] = (
    "temporary", "same-directory", "unique-name", "flush", "fsync", "replace", "directory-fsync", "clean-up", "mode",
)  # fmt: skip
_UNIQUE = frozenset(
    "pid getpid uuid uuid1 uuid4 hex random randint randrange token token_hex token_urlsafe time time_ns now utcnow "
    "monotonic nonce unique uniq ident get_ident counter thread tid getrandbits urandom salt suffixes mktemp "
    "timestamp choices strftime".split()
)
_CHANGING = frozenset({"clock", "random", "identity"})
_DRAWN = frozenset({"random"})
_TEMPORARY_DIRECTORY = ("/tmp", "/var/tmp", "/dev/shm")
_REMOVING = frozenset({"remove", "unlink", "rmtree", "delete", "discard", "cleanup", "clean"})
_DIRECTORY = frozenset({"dir", "directory", "parent", "dirname", "folder"})
_RAW = frozenset({"os.open", "io.FileIO"})
_DEPTH = 6


@dataclass(frozen=True)
class Draft:
    """What is known of a protocol before its steps are told."""

    site: Site
    kind: str
    source: int
    target: int
    origins: frozenset[object]
    writes: tuple[Write, ...]
    makers: tuple[Site, ...]
    replaced: bool  #: another call of the function replaces the same target


def made_folders(linked: Mutations) -> dict[int, Site]:
    """Temporary directories: the node of the path, and the call that makes it."""
    return {site.ports["return"]: site for site in linked.sites if site.model.temp == "directory"}


class Steps:
    """Tells the steps of protocols that were found."""

    def __init__(
        self, linked: Mutations, evidence: PathEvidence, identity: Identity, writes: Writes, locks: Locks
    ) -> None:
        self._linked = linked
        self._evidence = evidence
        self._identity = identity
        self._writes = writes
        self._locks = locks
        self._folders = made_folders(linked)
        self._syncs = [s for s in linked.sites if s.model.sync]
        self._databases = [s.call for s in linked.sites if s.model.returns == "sqlite3.Connection"]
        #: Calls that remove a path, each with where the path comes from.
        self.removes = [(s, evidence.origins(s.ports[s.model.removes])) for s in linked.sites
                         if s.model.removes and s.ports.get(s.model.removes, -1) >= 0]  # fmt: skip
        self._modes = [(s, evidence.origins(s.ports[s.model.sets_mode])) for s in linked.sites
                       if s.model.sets_mode and s.ports.get(s.model.sets_mode, -1) >= 0]  # fmt: skip

    def judged(self, draft: Draft) -> Iterator[tuple[StepName, bool]]:
        """Each step of which something is known, and whether it is there."""
        yield "temporary", True
        elsewhere = self._elsewhere(draft)
        if elsewhere is not None:
            yield "same-directory", not elsewhere
        unique = self._unique(draft)
        if unique is not None:
            yield "unique-name", unique
        if draft.writes or draft.makers:
            involved = self._involved(draft)
            yield from self._synced(draft, involved)
            yield "clean-up", self._cleaned(draft, involved)
        taken = not self._is_drawn(draft.target)  # else nobody has a file of that name
        yield "replace", draft.replaced or draft.kind == "replace" or not taken
        if draft.makers:
            yield "mode", any(not draft.origins.isdisjoint(o) for _, o in self._modes) or self._sets_mode(draft)

    def _elsewhere(self, draft: Draft) -> bool | None:
        """Whether the temporary file lies in another directory than its target."""
        if draft.makers:
            found = [self._maker_elsewhere(maker, draft.target) for maker in draft.makers]
            return all(found)
        texts = self._evidence.of(draft.source).texts
        final = self._evidence.of(draft.target)
        below = any(t.startswith(_TEMPORARY_DIRECTORY) for t in texts[-2:])
        if below and not final.temporary and not any(t.startswith(_TEMPORARY_DIRECTORY) for t in final.texts):
            return True
        below_one = self.from_elsewhere(draft.source, draft.target)
        if below_one is not None:
            return below_one
        return False if draft.writes else None

    def from_elsewhere(self, source: int, target: int) -> bool | None:
        """Whether what is moved is, or lies below, a temporary directory that may be on another device than the target;
        None if it lies below none, or the target does as well."""
        folders = self._folders_of(source)
        if folders and not folders & self._folders_of(target) and self._evidence.is_temporary(source):
            return all(self._maker_elsewhere(self._folders[f], target) for f in sorted(folders))
        return None

    def _maker_elsewhere(self, maker: Site, target: int) -> bool:
        """Whether ``tempfile`` makes the file in the system's directory."""
        folder = maker.ports.get("dir", -1)
        if "dir" not in maker.given or folder < 0:
            return "*" not in maker.given and "**" not in maker.given
        if "dir" in maker.constants and maker.constants["dir"] is None:
            return True
        made = [leaf for leaf in leaves(self._identity.of(folder)) if leaf[0] == "temporary"]
        if made:
            return not set(made) & set(leaves(self._identity.of(target)))
        texts = self._evidence.of(folder).texts[:1]
        return self._identity.of(folder)[0] == "text" and any(t.startswith(_TEMPORARY_DIRECTORY) for t in texts)

    def _folders_of(self, node: int) -> set[int]:
        leaves = self._evidence.passed(node)
        return {n for n in leaves if n in self._folders}

    def _unique(self, draft: Draft) -> bool | None:
        """Whether two writers get two temporary files; None if that cannot be told."""
        if draft.makers or self._folders_of(draft.source) or self._is_drawn(draft.source):
            return True
        if self._fixed(draft.source, draft.target, frozenset(self._evidence.passed(draft.target)), 0):
            return False
        mine, final = self._evidence.leaves(draft.source), self._evidence.leaves(draft.target)
        if mine is None or final is None:
            return None
        if self.changes(draft.source):
            return True
        extra = [n for n in mine - final if self._linked.world.nodes[n].kind not in (NodeKind.TEXT, NodeKind.CONST)]
        if any(self._linked.world.nodes[n].kind not in (NodeKind.NAME, NodeKind.IMPORT, NodeKind.BOUND) for n in extra):
            return None
        return None if extra and not self._constant(extra) else False

    def _fixed(self, node: int, target: int, known: frozenset[int], depth: int) -> bool:
        """Whether a name is put together out of its target's name (``known`` goes into it) and constants only."""
        record = self._linked.world.nodes[node]
        if record.kind == NodeKind.CONST or (record.kind == NodeKind.TEXT and "\x00" not in record.name):
            return True
        if node in known and depth:
            return True
        if depth > _DEPTH:
            return False
        if depth and self._identity.of(node) == self._identity.of(target):
            return True
        if record.kind == NodeKind.CALL:
            call = self._linked.world.call_of(node)
            if not any(f.how in ("path", "same") for s in self._linked.sites_of.get(call, ()) for f in s.model.flows):
                return False
            parts = [n for _, n in self._linked.argument_nodes(call)]
            receiver = self._linked.receiver_of(call)
            if receiver >= 0 and self._linked.world.nodes[receiver].kind not in (NodeKind.IMPORT, NodeKind.NAME):
                parts.append(receiver)
        else:
            parts = self._evidence.parts(node)
        return bool(parts) and all(self._fixed(part, target, known, depth + 1) for part in parts)

    def _constant(self, nodes: Iterable[int]) -> bool:
        return all(self._linked.world.nodes[n].name.isupper() for n in nodes)

    def changes(self, node: int) -> bool:
        """Whether something that differs from writer to writer goes into a name."""
        for current in self._evidence.passed(node):
            for _, kind, _ in self._linked.sources.get(current, ()):
                if kind in _CHANGING:
                    return True
        names = self._evidence.of(node).names
        return any(words(name) & _UNIQUE for name in names)

    def _is_drawn(self, node: int) -> bool:
        """Whether a part of a name is drawn by lot for it, in the same function, be it in the final one, too."""
        scope_of = self._linked.world.scope_of_node
        return any(
            kind in _DRAWN and scope_of(current) == scope_of(node)
            for current in self._evidence.passed(node)
            for _, kind, _ in self._linked.sources.get(current, ())
        )

    def _synced(self, draft: Draft, involved: list[int]) -> Iterator[tuple[StepName, bool]]:
        handles = {w.site.call for w in draft.writes}
        flushed = synced = directory = reopened = False
        for site in self._syncs:
            if site.model.name == "os.sync":
                synced |= self._locks.scope_of(site.call) in involved
                continue
            port = site.ports.get("fd", site.ports.get("self", -1))
            mine = self._is_mine(port, draft, handles)
            if site.model.sync == "flush":
                flushed |= mine is not False and (mine is True or self._locks.scope_of(site.call) in involved)
            elif not mine and self._of_directory(port):
                directory |= self._locks.scope_of(site.call) in involved
            elif mine or (mine is None and self._locks.scope_of(site.call) in involved):
                synced = True
                reopened |= not any(call in handles for kind, call in self._linked.values(port) if kind == "h")
        if any(self._locks.scope_of(call) in involved for call in self._databases):
            synced = flushed = True  # the database syncs its own file when it commits
        for scope in involved:
            for call in self._locks.calls_in(scope):
                parts = words(self._name(call))
                if parts & {"sync", "fsync", "fdatasync", "durable", "syncfs"}:
                    if parts & {"dir", "directory", "parent", "folder"}:
                        directory = True
                    elif call not in {s.call for s in self._syncs}:
                        synced = flushed = True
                elif parts & {"flush"}:
                    flushed = True
        buffered = any(w.site.model.opens is not None and w.site.model.name not in _RAW for w in draft.writes)
        yield "flush", not synced or flushed or reopened or not (buffered or draft.makers)
        yield "fsync", synced
        yield "directory-fsync", directory

    def _is_mine(self, port: int, draft: Draft, handles: set[int]) -> bool | None:
        """Whether a handle is on the temporary file; None if nothing is known of it."""
        if port < 0:
            return None
        opened = [call for kind, call in self._linked.values(port) if kind == "h"]
        if any(call in handles for call in opened):
            return True
        origins = self._evidence.origins(port)
        if not draft.origins.isdisjoint(origins):
            return True
        for call in opened:
            for path in self._opened_path(call):
                if not draft.origins.isdisjoint(self._evidence.origins(path)):
                    return True
        return False if opened or any(o[0] == "temporary" for o in origins if isinstance(o, tuple)) else None

    def _opened_path(self, call: int) -> list[int]:
        return [
            s.ports[s.model.opens.path] for s in self._linked.sites_of.get(call, ())
            if s.model.opens is not None and s.ports.get(s.model.opens.path, -1) >= 0
        ]  # fmt: skip

    def _of_directory(self, port: int) -> bool:
        """Whether a descriptor is one of a directory: opened without writing."""
        for kind, call in self._linked.values(port) if port >= 0 else ():
            if kind == "h" and call not in self._writes.by_call:
                for path in self._opened_path(call):
                    symbol = self._identity.of(path)
                    if symbol[0] in ("attribute", "call") and symbol[1] in ("parent", "dirname"):
                        return True
                    if any(words(n) & _DIRECTORY for n in self._evidence.of(path).names[:3]):
                        return True
        return False

    def _cleaned(self, draft: Draft, involved: list[int]) -> bool:
        if any(not draft.origins.isdisjoint(origins) for _, origins in self.removes):
            return True
        for scope in involved:
            for call in self._locks.calls_in(scope):
                if words(self._name(call)) & _REMOVING:
                    for _, node in self._linked.argument_nodes(call):
                        if not draft.origins.isdisjoint(self._evidence.origins(node)):
                            return True
        return bool(self._folders_of(draft.source))

    def _sets_mode(self, draft: Draft) -> bool:
        for scope in self._involved(draft):
            for call in self._locks.calls_in(scope):
                if words(self._name(call)) & {"chmod", "fchmod", "copymode", "copystat", "umask", "permissions"}:
                    return True
        return False

    def removes_first(self, draft: Draft) -> bool:
        """Whether the target is removed in the same function, before the new file takes its name."""
        scope = self._locks.scope_of(draft.site.call)
        final = self._identity.of(draft.target)
        return any(
            site.call < draft.site.call
            and self._locks.scope_of(site.call) == scope
            and self._identity.of(site.ports[site.model.removes]) == final
            for site, _ in self.removes
        )

    def _involved(self, draft: Draft) -> list[int]:
        """The functions that take part: those that write, that which moves, and what they call for it."""
        found = dict.fromkeys(
            self._locks.scope_of(call)
            for call in (draft.site.call, *(w.site.call for w in draft.writes), *(m.call for m in draft.makers))
        )
        for scope in tuple(found):
            for call in self._locks.calls_in(scope):
                found.update(dict.fromkeys(tuple(self._linked.callees.get(call, {}))[:4]))
        for scope in tuple(found):
            for call in self._locks.callers(scope)[:6]:
                if self._joins(call, draft):
                    found[self._locks.scope_of(call)] = None
        return list(found)

    def _joins(self, call: int, draft: Draft) -> bool:
        """Whether a caller hands the temporary file on."""
        nodes = [node for _, node in self._linked.argument_nodes(call)] + [self._linked.result_of(call)]
        return any(not draft.origins.isdisjoint(self._evidence.origins(node)) for node in nodes)

    def _name(self, call: int) -> str:
        world = self._linked.world
        record = world.calls[call]
        return record.method or world.nodes[world.node_base[world.call_unit[call]] + record.callee].name
