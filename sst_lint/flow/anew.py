"""Which files are made anew in any case? Those below a directory that the same run has emptied before, those of a tree
that is copied file by file, and those of programs that run once, for the person at hand.

A crash in the middle of such a write leaves no less than a crash a moment earlier, which left no file at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.artifacts import words
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.graph import Graph
from sst_lint.flow.identity import Identity
from sst_lint.flow.imported import imported_files
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site
from sst_lint.flow.writes import Write

#: How many functions may stand between the one that empties a directory and the one that says which.
_CALLS_DEEP = 3
#: What a run calls after it has emptied a directory, as far as that is followed.
_REACHED = 4000
_STEPS = 200
_JOINING = frozenset({"join", "joinpath", "with_name"})
#: Joining by a function, not by a method of the directory.
_OF_FUNCTIONS = frozenset({"os.path.join", "posixpath.join", "ntpath.join"})
_DERIVING = frozenset(
    "joinpath with_name with_suffix with_stem resolve absolute expanduser strip rstrip encode decode as_posix".split()
)
_KEEPING = frozenset({Op.SAME, Op.PATH, Op.LOAD, Op.STORE, Op.ONLY_VALUE, Op.NOT_LIST, Op.NOT_SET})
#: A name of so many words, the name itself counted, may be anybody's.
_TELLING = 2
#: Run by hand or by a build front end that starts over when they fail.
_BUILDS = frozenset({"setup.py", "hatch_build.py", "pdm_build.py", "noxfile.py", "fabfile.py", "versioneer.py"})
#: Directories of scripts for a server that begins each run with a fresh checkout; some only at the top.
_SERVERS = frozenset({".github", ".circleci", ".gitlab", ".buildkite", ".azure-pipelines", "github_actions"})
_SERVERS_ON_TOP = frozenset({"ci", ".ci"})
#: The directory of scripts beside a program, and such directories inside of one that are no part of what is installed.
_SCRIPTS = "scripts"
_OF_DEVELOPERS = frozenset({"_tools", "devtools", "dev_tools", "maintenance"})
#: Files that tell that their directory holds hooks of a project template: a project that fails in one is removed.
_HOOKS = ("pre_gen_project.py", "post_gen_project.py")


@dataclass(frozen=True)
class _Emptied:
    """A directory is emptied by ``call``; ``node`` is its path."""

    call: int
    node: int


class Anew:
    """Answers for the writes of a linked program."""

    def __init__(
        self,
        linked: Mutations,
        graph: Graph,
        identity: Identity,
        evidence: PathEvidence,
        locks: Locks,
        tests: frozenset[int],
    ) -> None:
        """``tests``: units of test code, whose runs are none of the program."""
        self._linked = linked
        self._graph = graph
        self._identity = identity
        self._evidence = evidence
        self._locks = locks
        self._tests = tests
        self._after: dict[int, frozenset[int]] = {}
        self._origins: dict[int, frozenset[int]] = {}
        paths = [file.path for file in linked.world.files]
        self._imported = frozenset(paths[n] for n in imported_files(linked))
        self._hooks = frozenset(p.rpartition("/")[0] for p in paths if p.rpartition("/")[2] in _HOOKS)
        own = {paths[file] for unit, (file, _, _) in enumerate(linked.world.units) if unit not in tests}
        self._stands_elsewhere = any(
            path.partition("/")[0] != _SCRIPTS and path.rpartition("/")[2] not in _BUILDS for path in own
        )

    def runs_once(self, path: str) -> bool:
        """Whether a source file is a build script, a script of a CI server, or a hook of a project template."""
        folder, _, name = path.rpartition("/")
        if (name in _BUILDS and path not in self._imported) or (
            folder in self._hooks and folder.rpartition("/")[2] == "hooks"
        ):
            return True
        folders = folder.split("/")
        return folders[0] in _SERVERS_ON_TOP or not _SERVERS.isdisjoint(folders)

    def is_by_hand(self, path: str) -> bool:
        """Whether a source file is a script beside the program: where all of it lies below ``scripts``, none is."""
        folders = path.split("/")[:-1]
        if folders[:1] == [_SCRIPTS]:
            return self._stands_elsewhere
        return not _OF_DEVELOPERS.isdisjoint(folders)

    # a directory that was emptied

    def in_emptied(self, write: Write) -> bool:
        """Whether the file lies below a directory that has been emptied when it is written."""
        if not self._emptied:
            return False
        below = {self._sign(n) for n in self._heads(write.path_node)}
        scope = self._locks.scope_of(write.site.call)
        return any(
            any(_alike(sign, other) for other in below)
            and (self._is_only_after(emptied, scope) or self._follows(emptied, write, scope))
            for emptied, sign in self._emptied
        )

    def _heads(self, path: int) -> list[int]:
        """What a path begins with, nearest first: of what is put together the first part, from wherever it comes."""
        queue: list[tuple[int, tuple[str, ...]]] = [(path, ())]
        seen = {path}
        for node, keys in queue:
            for source, op, key in self._first_parts(node):
                inside = keys
                if op == Op.LOAD and key:
                    inside = (*keys, key)
                elif op == Op.STORE and keys:
                    if key and key != keys[-1]:
                        continue
                    inside = keys[:-1]
                if source not in seen and len(seen) < _STEPS:
                    seen.add(source)
                    queue.append((source, inside))
        return [node for node, _ in queue]

    def _first_parts(self, node: int) -> list[tuple[int, int, str]]:
        """What a node is taken from, or the first part of what it is put together of; with the edge's kind and key."""
        graph, linked = self._graph, self._linked
        record = linked.world.nodes[node]
        rows = [(graph.source[n], graph.op[n], graph.key[n]) for n in graph.incoming.get(node, ())]
        if record.kind == Kind.CALL:
            number = linked.world.call_of(node)
            if number in linked.callees:
                return [row for row in rows if row[1] in _KEEPING]
            receiver, arguments = linked.receiver_of(number), linked.argument_nodes(number)
            if record.name in _JOINING and linked.externals.get(number, {}).keys() & _OF_FUNCTIONS and arguments:
                return [(arguments[0][1], Op.SAME, "")]
            if record.name in _DERIVING and receiver >= 0:
                return [(receiver, Op.SAME, "")]
            return [(node, Op.SAME, "") for _, node in arguments[:1]]
        if record.kind in (Kind.BINOP, Kind.TEXT):
            starts = record.kind == Kind.BINOP or record.name.startswith("\x00")
            return rows[:1] if starts else []
        return [row for row in rows if row[1] in _KEEPING]

    def _sign(self, node: int) -> object:
        """What is equal for paths of one name; for a field its name, and the class whose field it is (or None)."""
        sign = self._evidence.signature(node, 0)
        if isinstance(sign, tuple) and sign[0] == "attribute":
            owner = sign[2]
            known = isinstance(owner, tuple) and owner[0] == "instance"
            return ("attribute", sign[1].lstrip("'"), owner[1] if known else None)
        return sign

    def _follows(self, emptied: _Emptied, write: Write, scope: int) -> bool:
        return self._locks.scope_of(emptied.call) == scope and emptied.call < write.site.call

    def _is_only_after(self, emptied: _Emptied, scope: int) -> bool:
        """Whether whoever calls a function is called after the directory was emptied: a program may call it without."""
        reached, emptier = self._reached(emptied), self._locks.scope_of(emptied.call)
        queue = [scope]
        for current in queue:
            if current not in reached:
                return False
            for call in self._locks.callers(current):
                caller = self._locks.scope_of(call)
                if self._linked.world.call_unit[call] not in self._tests and caller not in (emptier, *queue):
                    queue.append(caller)
        return True

    def _reached(self, emptied: _Emptied) -> frozenset[int]:
        """The functions that run after the directory was emptied, called by the one that has it emptied."""
        known = self._after.get(emptied.call)
        if known is not None:
            return known
        linked, scope = self._linked, self._locks.scope_of(emptied.call)
        found: dict[int, None] = {}
        queue = [s for n in self._locks.calls_in(scope) if n > emptied.call for s in linked.callees.get(n, ())]
        for current in queue:
            if current in found or len(found) > _REACHED:
                continue
            found[current] = None
            queue += [s for n in self._locks.calls_in(current) for s in linked.callees.get(n, ())]
        result = self._after[emptied.call] = frozenset(found)
        return result

    @cached_property
    def _emptied(self) -> list[tuple[_Emptied, object]]:
        """Calls that empty a directory which they name by a field or put together, with the sign of that name."""
        found: dict[tuple[int, int], _Emptied] = {}
        level = list(self._emptying())
        for _ in range(_CALLS_DEEP):
            further: list[_Emptied] = []
            for emptied in level:
                if (emptied.call, emptied.node) in found or self._is_put_right(emptied.call):
                    continue
                if self._is_replaced(emptied):
                    continue
                found[emptied.call, emptied.node] = emptied
                further += self._handed_in(emptied)
            level = further
        world = self._linked.world
        signed: list[tuple[_Emptied, object]] = []
        for emptied in found.values():
            node = self._named(emptied.node)
            if world.nodes[node].kind in (Kind.ATTR, Kind.ITEM, Kind.BINOP, Kind.TEXT, Kind.CALL, Kind.NAME):
                sign = self._sign(node)
                if isinstance(sign, tuple):
                    signed.append((emptied, sign))
        return signed

    def _named(self, node: int) -> int:
        """Where a path that only passes through names is made."""
        for _ in range(_CALLS_DEEP):
            sources = [
                self._graph.source[n]
                for n in self._graph.incoming.get(node, ())
                if self._graph.op[n] == Op.SAME and self._graph.label[n] == 0
            ]
            if self._linked.world.nodes[node].kind != Kind.VALUE or len(sources) != 1:
                break
            node = sources[0]
        return node

    def _emptying(self) -> Iterator[_Emptied]:
        """Library calls that remove a tree, and loops that remove whatever a directory holds."""
        listed: dict[int, list[Site]] = {}
        for site in self._linked.sites:
            if any(source.kind == "listing" for source in site.model.sources):
                listed.setdefault(self._locks.scope_of(site.call), []).append(site)
        for site in self._linked.sites:
            node = site.ports.get(site.model.removes, -1) if site.model.removes else -1
            if node < 0 or self._linked.world.call_unit[site.call] in self._tests:
                continue
            if site.model.name == "shutil.rmtree":
                yield _Emptied(site.call, node)
            for listing in listed.get(self._locks.scope_of(site.call), ()):
                folder = next((listing.ports[p] for p in ("self", *listing.model.params[:1])
                               if listing.ports.get(p, -1) >= 0), -1)  # fmt: skip
                if folder >= 0 and listing.call < site.call and listing.ports["return"] in self._origin(node):
                    yield _Emptied(site.call, folder)

    def _handed_in(self, emptied: _Emptied) -> list[_Emptied]:
        """The calls that hand in the path, if the function that empties it does not name it itself."""
        symbol = self._identity.of(emptied.node)
        scope = self._locks.scope_of(emptied.call)
        function = self._linked.world.functions.get(scope)
        if symbol[0] != "param" or symbol[1] != scope or function is None:
            return []
        param = function.params[symbol[2]]
        return [
            _Emptied(call, argument)
            for call in self._locks.callers(scope)
            if self._linked.world.call_unit[call] not in self._tests
            for argument, bound, _ in self._linked.bindings.get(call, ())
            if bound == param
        ]

    def _is_replaced(self, emptied: _Emptied) -> bool:
        """Whether the function puts another directory in the place of the one that it removes."""
        path = self._identity.of(emptied.node)
        return any(
            site.call > emptied.call
            and site.model.moves is not None
            and site.ports.get(site.model.moves.dst, -1) >= 0
            and self._identity.of(site.ports[site.model.moves.dst]) == path
            for site in self._moves.get(self._locks.scope_of(emptied.call), ())
        )

    @cached_property
    def _moves(self) -> dict[int, list[Site]]:
        found: dict[int, list[Site]] = {}
        for site in self._linked.sites:
            if site.model.moves is not None:
                found.setdefault(self._locks.scope_of(site.call), []).append(site)
        return found

    def _is_put_right(self, call: int) -> bool:
        """Whether a call stands where something has failed or is at its end."""
        world = self._linked.world
        unit, region = world.call_unit[call], world.calls[call].region
        while region >= 0:
            record = world.region(unit, region)
            if record.kind in ("handler", "finally"):
                return True
            region = record.parent
        return False

    # a tree that is copied

    def of_copied_tree(self, write: Write) -> bool:
        """Whether a file is copied because a listing has it, under the name that it has there."""
        moves = write.site.model.moves
        source = write.site.ports.get(moves.src, -1) if moves is not None and write.mode == "copy" else -1
        if source < 0:
            return False
        pairs = self._handed_pairs(source, write)
        return bool(pairs) and all(self._from_one_listing(*pair) for pair in pairs)

    def _handed_pairs(self, source: int, write: Write) -> list[tuple[int, int]]:
        """The two paths of a copy; of a function that copies what it is told to, those of all of its callers."""
        scope = self._locks.scope_of(write.site.call)
        symbols = [self._identity.of(source), self._identity.of(write.path_node)]
        function = self._linked.world.functions.get(scope)
        if function is None or any(symbol[:2] != ("param", scope) for symbol in symbols):
            return [(source, write.path_node)]
        found = []
        for call in self._locks.callers(scope):
            given = {param: argument for argument, param, _ in self._linked.bindings.get(call, ())}
            nodes = [given.get(function.params[symbol[2]], -1) for symbol in symbols]
            if -1 not in nodes and self._linked.world.call_unit[call] not in self._tests:
                found.append((nodes[0], nodes[1]))
        return found

    def _from_one_listing(self, source: int, target: int) -> bool:
        listed = self._origin(source) & self._listings
        return bool(listed) and any(listed & self._origin(last) for last in self._last_parts(target))

    def _last_parts(self, path: int) -> list[int]:
        """What a path ends in: the names of the file, as far as they are put to a directory."""
        nodes, linked = self._linked.world.nodes, self._linked
        queue, found = [path], []
        for node in queue:
            record = nodes[node]
            arguments = linked.argument_nodes(linked.world.call_of(node)) if record.kind == Kind.CALL else []
            if record.kind == Kind.BINOP or (record.kind == Kind.CALL and record.name in _JOINING and arguments):
                inside = [self._graph.source[n] for n in self._graph.incoming.get(node, ()) if not self._graph.label[n]]
                found += [arguments[-1][1]] if arguments else inside[-1:]
                continue
            for number in self._graph.incoming.get(node, ()):
                source = self._graph.source[number]
                passing = self._graph.op[number] in (Op.SAME, Op.PATH, Op.TEXT, Op.ONLY_VALUE)
                if passing and not self._graph.label[number] and source not in queue and len(queue) < _STEPS:
                    queue.append(source)
        return found

    @cached_property
    def _listings(self) -> frozenset[int]:
        return frozenset(
            site.ports["return"]
            for site in self._linked.sites
            if any(source.kind == "listing" for source in site.model.sources)
        )

    def _origin(self, node: int) -> frozenset[int]:
        """Everything that a value is taken out of or made of, nearest first, as far as it is followed."""
        known = self._origins.get(node)
        if known is None:
            seen, queue = {node: None}, [node]
            for current in queue:
                if len(seen) > _STEPS:
                    break
                for number in self._graph.incoming.get(current, ()):
                    source = self._graph.source[number]
                    if source not in seen and self._graph.op[number] != Op.NOTHING:
                        seen[source] = None
                        queue.append(source)
            known = self._origins[node] = frozenset(seen)
        return known


def _alike(first: object, second: object) -> bool:
    """Whether two signs are those of one path. Where nobody knows whose field it is, the name has to be a telling one:
    `site_dir`, not `path`."""
    if first == second:
        return True
    if not (isinstance(first, tuple) and isinstance(second, tuple) and first[:1] == second[:1] == ("attribute",)):
        return False
    same: bool = first[1] == second[1] and None in (first[2], second[2])
    return same and len(words(first[1])) > _TELLING
