"""Which calls write files, to what kind of path, and under which protocol? One ``Write`` for each, also for the
harmless."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

from sst_lint.config import Config
from sst_lint.facts.records import Kind as NodeKind
from sst_lint.flow.artifacts import Kind, by_handle_name, classify, is_test_path, names_directories
from sst_lint.flow.continued import continued
from sst_lint.flow.evidence import Evidence, PathEvidence
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.paths import Paths
from sst_lint.flow.sites import Site

_HANDLE_NAMES = frozenset(
    "f fp fh fd file handle stream out output buf buffer fileobj fout ofile outfile dest sink".split()
)
#: What is rendered so is read by others; who holds a lock writes a number into it, or nothing.
_DOCUMENTS = frozenset({"json", "yaml", "toml"})
#: The parameter that takes an open file in the place of a path.
_FILE_OBJECT = "fileobj"
PATHS = ("builtins.str", "builtins.bytes", "pathlib.Path", "os.PathLike")
PATHS_ONLY = frozenset({"builtins.open", "io.open", "codecs.open", "os.open", "pathlib.Path.open"})
_WRITING_FLAGS = frozenset({"O_WRONLY", "O_RDWR", "O_TRUNC"})
_WRITE_FLAGS = _WRITING_FLAGS | {"O_CREAT"}
_ASKS = "builtins.hasattr"
_NOBODY: frozenset[int] = frozenset()
_PASSING = frozenset({"temp", "scratch", "log", "lock", "test", "console"})


@dataclass(frozen=True)
class Write:
    """One place where a file is opened for writing, or written by one call.

    ``mode``: write, append, exclusive, copy, remote, update. ``node`` is where its content arrives (-1 unknown);
    ``moved``: how the path that is written becomes the final one ("" if it is final already).
    """

    site: Site
    node: int
    path_node: int
    kind: Kind
    evidence: Evidence
    mode: str
    formats: tuple[str, ...]
    moved: str
    atomic: bool
    shown: str  #: the file as far as its name is written down: `` ('metrics.json')``, or ""
    final: Kind  #: the kind of what it becomes in the end: that of the target of the move, else ``kind``
    name_node: int = -1  #: the path of what it becomes in the end: the target of the move, else ``path_node``
    touches: bool = False  #: nothing is written to the opened file, so no crash can leave half of it
    appended: Kind | None = None  #: of what is opened to append: what it is by its name


class Writes:
    """Finds and classifies all writes of a linked program."""

    def __init__(self, linked: Mutations, evidence: PathEvidence, config: Config, paths: Paths) -> None:
        self._linked = linked
        self._paths = paths
        self._evidence = evidence
        self.config = config
        self._formats: dict[int, dict[str, None]] = {}
        self._opened_by: dict[int, list[Site]] = {}
        self._temporary = {s.ports["return"] for s in linked.sites if s.model.temp}
        self._read = {s.ports.get("raw", -1) for s in linked.sites if s.model.name == "io.BufferedReader"}
        self._handles()
        self._documents = self._find_documents()
        self._moves = [
            (site, evidence.origins(site.ports[site.model.moves.src]), site.model.moves)
            for site in linked.sites
            if site.model.moves is not None
            and site.model.moves.kind in ("replace", "rename", "move")
            and site.ports.get(site.model.moves.src, -1) >= 0
        ]
        self.all = tuple(self._find())
        self.by_call = {write.site.call: write for write in self.all}

    @cached_property
    def continued(self) -> dict[int, frozenset[int]]:
        """Calls that append to a file which the program has begun before, with the calls through which it has: what
        follows is no log, but the rest of it."""
        return continued(self._linked, self._evidence, self.all)

    def _handles(self) -> None:
        """Formats that are written to each opened file, and the content calls of each."""
        linked = self._linked
        for site in linked.sites:
            if (site.call, "") not in linked.contents:
                continue
            for flow in site.model.flows:
                port = site.ports.get(flow.to, -1)
                for kind, call in linked.values(port) if port >= 0 else ():
                    if kind == "h":
                        form = site.model.format
                        if form:
                            self._formats.setdefault(call, {})[form] = None
                        self._opened_by.setdefault(call, []).append(site)
            for port_name in ("csvfile", "fp", "file", "f", "stream", "fileobj"):
                port = site.ports.get(port_name, -1)
                for kind, call in linked.values(port) if port >= 0 and site.model.format else ():
                    if kind == "h":
                        self._formats.setdefault(call, {})[site.model.format] = None
        for site in linked.sites:
            if site.model.format and (site.call, "") not in linked.contents:
                for port in site.ports.values():
                    for kind, call in linked.values(port):
                        if kind == "h" and call != site.call:
                            self._formats.setdefault(call, {})[site.model.format] = None

    def _find_documents(self) -> frozenset[int]:
        """Calls that open what a document for people is written to: laid out in lines, as TOML or YAML, or as JSON
        that is told to be."""
        linked = self._linked
        laid_out = [s for s in linked.sites if s.model.format in _DOCUMENTS and (
            s.model.format != "json" or s.constants.get("indent"))]  # fmt: skip
        calls = {site.call for site in laid_out}
        texts = {site.ports["return"] for site in laid_out}
        found: set[int] = set()
        for site in linked.sites if calls else ():
            parts = self._evidence.parts(linked.contents.get((site.call, ""), -1))
            parts += [part for whole in parts for part in self._evidence.parts(whole)]
            if site.call in calls or not texts.isdisjoint(parts):
                found.add(site.call)
                found.update(c for port in site.ports.values() for k, c in linked.values(port) if k == "h")
        return frozenset(found)

    def _find(self) -> Iterator[Write]:
        for site in self._linked.sites:
            model = site.model
            if model.opens is not None:
                write = self._opened(site)
            elif model.writes is not None:
                write = self._written(site)
            elif model.moves is not None and model.moves.kind in ("copy", "copytree"):
                path = site.ports.get(model.moves.dst, -1)
                write = self._write(site, -1, path, "copy", "") if path >= 0 else None
            else:
                write = None
            if write is not None:
                yield write

    def _opened(self, site: Site) -> Write | None:
        opens = site.model.opens
        assert opens is not None
        path = site.ports.get(opens.path, -1)
        if path < 0 or site.model.temp or self._linked.world.nodes[path].kind == NodeKind.CONST:
            return None
        apart = self._is_told_apart(site, path)
        if self._linked.has_type(path, "io.StringIO", "io.BytesIO") and not apart:
            return None
        if self._linked.has_type(path, "os.fd") and not self._linked.has_type(path, *PATHS, "builtins.str"):
            return None  # a pipe
        if opens.path != "fileobj" and "fileobj" in site.given and site.constants.get("fileobj", "") is not None:
            return None  # writes into what is open already; the name is for its header
        handles = any(kind == "h" and call != site.call for kind, call in self._linked.values(path))
        if handles and not apart and not self._linked.has_type(path, *PATHS):
            return None  # a second handle on what another call opened
        if self._wraps(site, path):
            return None
        mode = self._mode(site, opens.mode, opens.default)
        if mode == "" or site.ports["return"] in self._read:  # a reader reads, whatever modes come here
            return None
        atomic = site.model.atomic_writer or site.constants.get(site.model.atomic_param) is True
        write = self._write(site, -1, path, mode, "", atomic)
        if apart and write.kind.kind == "console" and not write.kind.literal:  # what it is if nobody names a file
            write = replace(write, kind=Kind("unknown", "", False), final=Kind("unknown", "", False))
        if write.kind.kind == "unknown" and opens.mode in site.given and opens.mode not in site.constants:
            names = self._evidence.of(site.ports[opens.mode]).names[:1]
            log = next((k for n in names if (k := by_handle_name(n)) is not None and k.kind == "log"), None)
            write = replace(write, kind=log or write.kind, final=log or write.final)
        if write.kind.kind in ("unknown", "argument") and self._logs(site.call):
            log = Kind("log", "opened by a handler of `logging`", False)
            write = replace(write, kind=log, final=log)
        return replace(write, touches=self._evidence.is_dropped(site.call, mode == "update"))

    def _is_told_apart(self, site: Site, path: int) -> bool:
        """Whether the function has asked what it was given before (`hasattr(target, "write")`): of what comes,
        only paths come to this call."""
        if site.model.name not in PATHS_ONLY:
            return False
        world = self._linked.world
        unit, scope, name = world.call_unit[site.call], world.scope_of_call(site.call), world.nodes[path].name
        return any(
            _ASKS in self._linked.externals.get(number, ())
            and world.scope_of_call(number) == scope
            and name in [world.nodes[node].name for _, node in self._linked.argument_nodes(number)[:1]]
            for number in takewhile(lambda n: world.call_unit[n] == unit, range(site.call - 1, -1, -1))
        )

    def _logs(self, call: int) -> bool:
        """Whether a method of what the program logs with opens a file."""
        function = self._linked.world.functions.get(self._linked.world.scope_of_call(call))
        if function is None or function.cls < 0:
            return False
        return any(base.startswith("logging.") for base in self._linked.external_bases(function.cls))

    def _wraps(self, site: Site, path: int) -> bool:
        """Whether an open file is given to what compresses or archives: somebody else has opened it."""
        if _FILE_OBJECT in site.given and site.constants.get(_FILE_OBJECT, "") is not None:
            return True
        takes_handles = site.model.name not in PATHS_ONLY
        return takes_handles and self._linked.has_type(path, "typing.IO") and not self._linked.has_type(path, *PATHS)

    def of_unknown(self, site: Site) -> Write:
        """What a call of which no model knows writes to its path."""
        return self._write(site, -1, site.ports["path"], "write", "", True)

    def _mode(self, site: Site, parameter: str, default: str) -> str:
        if parameter not in site.given:
            return _mode_of(default)
        constant = site.constants.get(parameter)
        if isinstance(constant, str):
            return _mode_of(constant)
        evidence = self._evidence.of(site.ports[parameter])
        if _WRITE_FLAGS & set(evidence.names):
            names = set(evidence.names)
            if "O_APPEND" in names:
                return "append"
            if "O_EXCL" in names and "O_TRUNC" not in names:
                return "exclusive"
            if not names & _WRITING_FLAGS:
                return ""  # it is made if need be, and only read
            return "write" if names & {"O_TRUNC", "O_CREAT"} else "update"  # what is there already is opened
        modes = [_mode_of(text) for text in evidence.texts if len(text) <= 3]
        return next((m for m in ("write", "update", "exclusive", "append") if m in modes), "")

    def _written(self, site: Site) -> Write | None:
        writes = site.model.writes
        assert writes is not None
        if not self._linked.holds(site, writes.when, writes.unless):
            return None
        path = site.ports.get(writes.path, -1)
        if path < 0 or any(kind == "h" for kind, _ in self._linked.values(path)):
            return None
        if self._linked.has_type(path, "io.StringIO", "io.BytesIO", "typing.IO"):
            return None
        may_be_open = writes.path != "self"  # whose methods write whole files is a path
        if may_be_open and not self._linked.values(path) and self._linked.world.nodes[path].name in _HANDLE_NAMES:
            return None
        mode = "remote" if writes.remote else "append" if writes.append else "write"
        atomic = writes.atomic or site.model.atomic_writer
        data = self._linked.written(site, writes.data)
        return self._write(site, data[0] if data else -1, path, mode, writes.format, atomic)

    def _write(self, site: Site, node: int, path: int, mode: str, form: str, atomic: bool = False) -> Write:
        evidence = self._evidence.of(path)
        formats = tuple(f for f in (form, *self._formats.get(site.call, ())) if f)
        source = self._linked.world.path_of_unit(self._linked.world.call_unit[site.call])
        kind = classify(evidence, formats, source, self.config, self._shapes(path, source))
        handle = self._evidence.given_name(site.ports["return"])
        if kind.kind == "lock" and site.call in self._documents:
            kind = Kind("artifact", "a document under the name of a lock", kind.literal)
        if kind.kind in ("unknown", "argument") and handle:
            kind = by_handle_name(handle) or kind
        appended: Kind | None = None
        if mode == "remote":
            kind = Kind("remote", "an object store", True)
        elif mode == "append" and kind.kind not in ("temp", "scratch", "test", "stable-log"):
            appended, kind = kind, Kind("log", "opened for appending", True)
        elif self._is_temporary_handle(path):
            kind = Kind("temp", "a new temporary file", True)
        moved, target = self._moved(path)
        final = kind
        if target >= 0:
            final = self._final(target, formats, source, frozenset())
        atomic |= self._is_declared_atomic(site.call)
        shown = _shown((evidence if target < 0 else self._evidence.of(target)).texts)
        named = target if target >= 0 else path
        return Write(
            site, node, path, kind, evidence, mode, formats, moved, atomic, shown, final, named, False, appended
        )

    def _final(self, target: int, formats: tuple[str, ...], source: str, via: frozenset[int]) -> Kind:
        """The kind of what a move puts in place."""
        evidence = self._evidence.of(target, via)
        final = classify(evidence, formats, source, self.config, self._shapes(target, source))
        if final.kind in ("temp", "scratch", "lock"):
            return Kind("artifact", "put in place by a rename", False)
        return final

    def stays(self, path: int, call: int) -> bool:
        """Whether what ``call`` puts at a path is kept, as far as its name tells: no temporary file, no log."""
        source = self._linked.world.path_of_unit(self._linked.world.call_unit[call])
        return classify(self._evidence.of(path), (), source, self.config).kind not in _PASSING

    def along(self, write: Write, via: frozenset[int]) -> Write:
        """``write`` as it is when it is come to through the calls ``via`` (their labels): a helper that writes what it
        is told to writes another file for each of its callers."""
        evidence = self._evidence.of(write.name_node, via)
        if evidence == write.evidence or not evidence.texts or write.mode in ("remote", "append"):
            return write
        source = self._linked.world.path_of_unit(self._linked.world.call_unit[write.site.call])
        if write.moved:
            final = self._final(write.name_node, write.formats, source, via)
        else:
            final = classify(evidence, write.formats, source, self.config, self._shapes(write.name_node, source))
        return replace(write, final=final, shown=_shown(evidence.texts))

    def _shapes(self, path: int, source: str) -> Sequence[str]:
        """Whole paths, where the configuration has patterns for them."""
        if not names_directories(self.config.for_path(source)):
            return ()
        return [named.shape for named in self._paths.of(path)]

    def _is_declared_atomic(self, call: int) -> bool:
        """Whether a call stands in a function that the configuration declares as an atomic writer."""
        world = self._linked.world
        unit = world.call_unit[call]
        scopes = (world.scope_base[unit], world.scope_of_call(call))
        models = [self._linked.declared[scope] for scope in scopes if scope in self._linked.declared]
        return any(model.atomic_writer or (model.writes is not None and model.writes.atomic) for model in models)

    def _is_temporary_handle(self, path: int) -> bool:
        record = self._linked.world.nodes[path]
        return record.kind == NodeKind.CALL and path in self._temporary

    def _moved(self, path: int) -> tuple[str, int]:
        """How the written path is moved to its final place (the strongest move of the same path), and the target."""
        origins = self._evidence.origins(path)
        found = [(site, moves) for site, sources, moves in self._moves if _common(origins, sources)]
        for kind in ("replace", "rename", "move"):
            for site, moves in found:
                if moves.kind == kind:
                    return kind, site.ports.get(moves.dst, -1)
        return "", -1

    def is_moved(self, path: int) -> bool:
        """Whether the file of that path gets another name afterwards."""
        return self._moved(path)[0] != ""

    def handle_writes(self, node: int) -> list[Write]:
        """The writes whose opened file ``node`` may be."""
        found = []
        for kind, call in self._linked.values(node):
            if kind == "h" and call in self.by_call:
                found.append(self.by_call[call])
        return found

    def becomes(self, handle: int, call: int) -> Kind | None:
        """What a file is in the end that `tempfile` has opened and ``call`` writes to: what its move puts in place, or
        temporary. None for any other handle."""
        if not self._evidence.is_temporary(handle):
            return None
        _, target = self._moved(handle)
        if target < 0:
            return Kind("temp", "a new temporary file", True)
        formats = tuple(s.model.format for s in self._linked.sites_of.get(call, ()) if s.model.format)
        return self._final(
            target, formats, self._linked.world.path_of_unit(self._linked.world.call_unit[call]), _NOBODY
        )

    def of_call(self, call: int) -> list[Write]:
        """The writes to whose files a call adds content: itself, or those that opened the handle that it is given."""
        if call in self.by_call:
            return [self.by_call[call]]
        sites = self._linked.sites_of.get(call, ())
        ports = [site.ports.get(flow.to, -1) for site in sites for flow in site.model.flows if flow.to != "return"]
        found = {write.site.call: write for port in ports if port >= 0 for write in self.handle_writes(port)}
        return list(found.values())

    def is_test(self, path: str) -> bool:
        """Whether a source file is test code."""
        return is_test_path(path, self.config)


def _shown(texts: tuple[str, ...]) -> str:
    """The nearest literal that looks like a file name."""
    for text in texts[:1]:
        name = text.rsplit("/", 1)[-1].replace("\x00", "{}")
        if "." in name.strip(".") and len(name) <= 40 and name.isprintable():
            return f" ('{name}')"
    return ""


def _common(first: frozenset[object], second: frozenset[object]) -> bool:
    return not first.isdisjoint(second)


def _mode_of(mode: str) -> str:
    """What an ``open`` mode does to the file; "" when it only reads."""
    if "w" in mode:
        return "write"
    if "x" in mode:
        return "exclusive"
    if "a" in mode:
        return "append"
    return "update" if "+" in mode else ""
