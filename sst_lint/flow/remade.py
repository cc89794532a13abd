"""Which files does somebody make again as a matter of course? Then half of one is thrown away by the next run.

Pages that the program only shows, parts of an installation, what a developer's script leaves, and whatever a function
copies whose callers say both ends.
"""

from __future__ import annotations

import re
from functools import cached_property

from sst_lint.facts.records import Kind
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.imported import importers
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.writes import Write, Writes

#: Documents for people: what a browser shows, or a typesetter or translator takes.
_PAGE = re.compile(r"\.(x?html?|css|sty|tex|texi|pot)$", re.IGNORECASE)
_READERS = frozenset({"read_text", "read_bytes"})
#: Where packages are installed, and the files by which they are.
_INSTALLED = frozenset({"site_packages", "sitepackages", "purelib", "platlib", "dist_info", "egg_info"})
#: Environments, which are made again when what they hold is wanted.
_ENVIRONMENTS = frozenset({"env_dir", "envdir", "venv_dir", "venv_path", "venvdir", "virtualenv_dir"})
_OF_INSTALLATIONS = re.compile(
    r"(^|/)(direct_url\.json|RECORD|INSTALLER|easy-install\.pth|pyvenv\.cfg|site-packages(/.*)?|[^/]*\.dist-info(/.*)?)$"
)
#: Directories beside a program, for those who work on it.
_WORKSHOPS = frozenset(
    "scripts tools tasks utils util requirements release releases action hack maint maintenance dev devel devtools "
    "dev_tools _tools lab".split()
)
_COPIES = re.compile(r"(^|_)copy|copy(_|$)|copyfile")
#: Begins the paths of what lies beside the source code.
_BESIDE = "__file__"
_SUFFIX = re.compile(r"\.\w{1,8}$")
_NEAR = 4


class Remade:
    """Answers for the writes of a linked program."""

    def __init__(self, linked: Mutations, evidence: PathEvidence, writes: Writes) -> None:
        self._linked = linked
        self._evidence = evidence
        self._writes = writes

    def why(self, write: Write) -> str:
        """Why a file is made again in any case, in words; "" if it is not."""
        kind = write.kind.kind
        if self._is_of_workflow(write):
            return "the workflow removes it if its script fails"
        if kind in ("artifact", "state", "unknown") and self._is_installed(write):
            return "a part of an installation"
        if kind == "unknown" and self._is_page(write):
            return "a page that the program does not read"
        if kind in ("state", "unknown") and self._is_of_workshop(write):
            return "left by a script for developers"
        if self._is_among_sources(write):
            return "it lies among the source code, in version control"
        if write.mode == "copy" and self._is_of_copier(write):
            return "a copy for whoever says so"
        return ""

    def _is_of_workflow(self, write: Write) -> bool:
        """Whether the path is one that a workflow hands to its script as an output: ``snakemake.output.table``. What a
        failed script leaves there is removed before anybody reads it."""
        world = self._linked.world
        for node in self._evidence.passed(write.path_node):
            record = world.nodes[node]
            if record.kind == Kind.ATTR and record.name == "output" and record.base >= 0:
                owner = world.nodes[world.node_base[world.node_unit[node]] + record.base]
                if owner.kind in (Kind.NAME, Kind.IMPORT) and owner.name == "snakemake":
                    return True
        return False

    def _is_installed(self, write: Write) -> bool:
        texts, names = write.evidence.texts[:2], write.evidence.names[:_NEAR]
        places = _INSTALLED | _ENVIRONMENTS if write.kind.kind == "unknown" else _INSTALLED
        return any(_OF_INSTALLATIONS.search(text) for text in texts) or any(
            name.strip("_").lower() in places for name in names
        )

    def _is_page(self, write: Write) -> bool:
        named = write.evidence.texts[:1]
        if not any(_PAGE.search(text) for text in named) or not self._read.isdisjoint(named):
            return False
        return not self._is_handed_over(write)  # what somebody else writes there may be had only once

    def _is_handed_over(self, write: Write) -> bool:
        """Whether the opened file is handed to somebody: to a command, to a download."""
        opened, world = ("h", write.site.call), self._linked.world
        scope = world.scope_of_call(write.site.call)
        unit = world.call_unit[write.site.call]
        first = world.call_base[unit]
        return any(
            opened in self._linked.values(node)
            for number in range(write.site.call + 1, first + len(world.units[unit][2].calls))
            if world.scope_of_call(number) == scope
            for _, node in self._linked.argument_nodes(number)
        )

    @cached_property
    def _read(self) -> frozenset[str]:
        """The names of files that the program opens to read."""
        found: dict[str, None] = {}
        for site in self._linked.sites:
            if site.model.opens is not None and site.call not in self._writes.by_call:
                node = site.ports.get(site.model.opens.path, -1)
            elif site.model.name.rpartition(".")[2] in _READERS:
                node = site.ports.get("self", -1)
            else:
                continue
            if node >= 0:
                found.update(dict.fromkeys(self._evidence.of(node).texts[:1]))
        return frozenset(found)

    def _is_of_workshop(self, write: Write) -> bool:
        """Whether a script writes that stands beside the packages of the project, in a directory that nothing outside
        of it imports from."""
        world = self._linked.world
        return self.is_workshop(world.files[world.units[world.call_unit[write.site.call]][0]].path)

    def _is_among_sources(self, write: Write) -> bool:
        """``HERE / "src/fleet/charts.json"``: whether a script of the project writes into a directory of its packages,
        two levels deep at least: what it leaves there is read in review."""
        if _BESIDE not in write.evidence.names or self._is_in_package(write.site.call):
            return False
        for text in write.evidence.texts[:_NEAR]:
            folder = text.strip("/") if not _SUFFIX.search(text) else text.rpartition("/")[0].strip("/")
            if folder.count("/") > 0 and any(path.startswith(folder + "/") for path in self._sources):
                return True
        return False

    def _is_in_package(self, call: int) -> bool:
        world = self._linked.world
        folder = world.files[world.units[world.call_unit[call]][0]].path.rpartition("/")[0]
        return f"{folder}/__init__.py" in self._sources

    @cached_property
    def _sources(self) -> frozenset[str]:
        """The source files of the project, as it has them."""
        return frozenset(file.path for file in self._linked.world.files)

    def is_workshop(self, path: str) -> bool:
        """Whether a source file is a script beside the program."""
        folders = path.split("/")[:-1]
        return len(folders) == 1 and folders[0] in self._workshops

    def is_for_developers(self, path: str) -> bool:
        """Whether a source file is a script for those who work on the program: `scripts` may be what it is run by."""
        return self.is_workshop(path) and not path.startswith("scripts/")

    @cached_property
    def _workshops(self) -> frozenset[str]:
        paths = [file.path for file in self._linked.world.files]
        tops = [path.partition("/")[0] if "/" in path else "" for path in paths]
        inits = [path for path in paths if path.endswith("/__init__.py") and not self._writes.is_test(path)]
        packages = {path.partition("/")[0] for path in inits}
        used = {
            tops[file]
            for file, others in importers(self._linked).items()
            if any(tops[other] != tops[file] and not self._writes.is_test(paths[other]) for other in others)
        }
        return frozenset(top for top in {*tops} & _WORKSHOPS if top not in used and packages - {top})

    def _is_of_copier(self, write: Write) -> bool:
        """Whether both ends of a copy are parameters of a plain function that is called after it: an object that copies
        knows what for."""
        moves, world = write.site.model.moves, self._linked.world
        function = world.functions.get(world.scope_of_call(write.site.call))
        if (
            moves is None
            or function is None
            or function.cls >= 0
            or not _COPIES.search(function.qualname.rpartition(".")[2])
        ):
            return False
        ends = (write.site.ports.get(moves.src, -1), write.site.ports.get(moves.dst, -1))
        return all(node >= 0 and self._is_given(node) for node in ends)

    def _is_given(self, node: int) -> bool:
        nodes = self._linked.world.nodes
        for _ in range(_NEAR):
            if nodes[node].kind == Kind.PARAM:
                return True
            number = self._linked.world.call_of(node) if nodes[node].kind == Kind.CALL else -1
            given = [n for _, n in self._linked.argument_nodes(number)] if number >= 0 else []
            if len(given) != 1:
                return False
            node = given[0]
        return False
