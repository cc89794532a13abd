"""The project graph and the questions that checks, matrices and fixes ask of it. Each answer is made once, when
asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from sst_lint.catalogue.model import Library
from sst_lint.config import Config
from sst_lint.flow.answers import Answers
from sst_lint.flow.artifacts import Kind as ArtifactKind
from sst_lint.flow.artifacts import classify, is_copied_path, is_documentation_path
from sst_lint.flow.coherence import holds_together
from sst_lint.flow.counted import Counted, Counts
from sst_lint.flow.declared import Declared
from sst_lint.flow.draws import Draws
from sst_lint.flow.effects import Effect
from sst_lint.flow.escapes import renders
from sst_lint.flow.fallbacks import Fallbacks, Poison
from sst_lint.flow.habits import gives_seeds, puts_in_place, settles_dates, sorts_keys
from sst_lint.flow.handed import Handed
from sst_lint.flow.handlers import HandlerInfo
from sst_lint.flow.identity import Symbol
from sst_lint.flow.indexed import add_indexed
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.lost_files import LostFile, LostFiles
from sst_lint.flow.modules import Modules
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.order import Reach, doubt
from sst_lint.flow.parts import Parts
from sst_lint.flow.picks import Picked, SortedBy
from sst_lint.flow.protocol import Protocol
from sst_lint.flow.renames import Rename, Renames
from sst_lint.flow.searched import searched_further
from sst_lint.flow.sinks import Sink
from sst_lint.flow.sites import Site
from sst_lint.flow.stale import StaleLocks
from sst_lint.flow.tested import Tested
from sst_lint.flow.world import FileFacts, World
from sst_lint.flow.writes import Write
from sst_lint.source.roots import import_roots

#: How far a way is that does not hold together.
_INCOHERENT = 9


class Project(Parts):
    """All facts of a project, linked."""

    @cached_property
    def puts_in_place(self) -> bool:
        """Whether the program takes care elsewhere that a file appears whole."""
        return puts_in_place(self.protocols(), self.writes(), self._in_test)

    @cached_property
    def sorts_keys(self) -> bool:
        """Whether the program takes care elsewhere that the keys in a file stand in one order."""
        return sorts_keys(self.linked, self.graph, self._in_test)

    @cached_property
    def compares_archives(self) -> bool:
        """Whether the program wants the same bytes of an archive again: it settles the date in some of them, or gives
        seeds."""
        world = self.world

        def in_test(node: int) -> bool:
            return self.is_test(world.path_of_unit(world.node_unit[node]))

        return settles_dates(self.linked, in_test) or gives_seeds(self.linked, in_test)

    def _in_test(self, call: int) -> bool:
        return self.is_test(self.world.path_of_unit(self.world.call_unit[call]))

    @property
    def tested(self) -> tuple[Tested, ...]:
        """Paths that are tested for existence, and what is done because of it."""
        return self._existence.all

    @property
    def counted(self) -> tuple[Counted, ...]:
        """Directories that are made under the next free number."""
        return tuple(Counts(self.linked, self.graph, self.effects, self._existence).all())

    def nothing_to_lose(self, write: Write) -> str:
        """Why a write that is cut short does no harm (new directory, constant content ...); "" if it does."""
        known = self._slight.why(write)
        if known:
            return known
        if self._anew.of_copied_tree(write):
            return "a file of a tree that is copied"
        return "in a directory that was emptied before" if self._anew.in_emptied(write) else ""

    def is_new(self, folder: Symbol, call: int) -> bool:
        """Whether the function of a call has made a directory itself, on every way to the call."""
        return self._slight.is_new(folder, call)

    def made_again(self, write: Write) -> str:
        """Why somebody makes a file again in any case (a page, a part of an installation ...); "" if nobody does."""
        return self._remade.why(write)

    def is_for_developers(self, path: str) -> bool:
        """Whether a source file is a script for those who work on the program, in a directory beside it."""
        return self._remade.is_for_developers(path)

    def is_for_scaffold(self, made: Effect) -> bool:
        """Whether a directory is made for a scaffold: text of the program that is not written over what is there."""
        return self._slight.is_for_scaffold(made)

    def runs_once(self, path: str) -> bool:
        """Whether a source file is a build script, a script of a CI server, or a hook of a project template: when it
        fails, all is done again."""
        return self._anew.runs_once(path)

    def is_by_hand(self, path: str) -> bool:
        """Whether a source file is a script beside the program, which somebody runs by hand."""
        return self._anew.is_by_hand(path)

    def kind_of_path(self, node: int, path: str) -> ArtifactKind:
        """What a path is that is not written (tested, made, removed) by code in the file ``path``."""
        return classify(self.evidence.of(node), (), path, self.config, directory=True)

    def writes_path(self, node: int) -> bool:
        """Whether the program itself writes a lasting file to the path, so that another run of it does so too."""
        return self._protocols.writes_path(node)

    def protocols(self) -> Sequence[Protocol]:
        """All temp-and-replace protocols, the complete ones too."""
        return self._protocols.all

    @cached_property
    def stale_locks(self) -> Sequence[tuple[Effect, Effect]]:
        """What takes a lock away because it looks old, with the look."""
        return tuple(StaleLocks(self.linked, self.identity, self.evidence, self.effects, self.locks).find())

    def renames(self) -> Sequence[Rename]:
        """Renames that end no protocol."""
        return tuple(
            Renames(
                self.linked, self.graph, self.evidence, self.identity, self.effects, self.locks, self._protocols
            ).all()
        )

    def protocol_of(self, write: Write) -> Protocol | None:
        """The protocol that a write to a temporary file is part of, with the steps that are there and that are not."""
        return self._protocols.of(write)

    def handed_over(self, write: Write) -> Sequence[Handed]:
        """Callers that hand a final path to a function whose write is part of the protocol of its other callers."""
        return tuple(self._handed.final(write))

    def sites(self) -> Sequence[Site]:
        """Library calls that a model speaks of."""
        return self.linked.sites

    def writes(self) -> Sequence[Write]:
        """All places that write files, the harmless ones too."""
        return self._writes.all

    def writes_of(self, call: int) -> Sequence[Write]:
        """The writes to whose files a call adds content: itself, or those that opened its handle."""
        return self._writes.of_call(call)

    def sinks(self) -> Sequence[Sink]:
        """Where something becomes permanent, the less certain places too."""
        return self._order.sinks

    @cached_property
    def answers(self) -> Answers:
        """What can be said of a line or a file, for people."""
        return Answers(self)

    def sorted_by(self, result: int) -> SortedBy | None:
        """What is known of a sort by a clock, or by a key that can tie, from the node of its result."""
        return self._order.picks.sorted.get(result)

    def selections(self) -> Iterable[SortedBy]:
        """Each maximum and minimum by a clock, or by a key that can tie."""
        return [row for row in self._order.picks.sorted.values() if row.row.selects]

    def reaches(self) -> Iterable[Reach]:
        """Unordered sources that reach something permanent, or leave the program (rank 3)."""
        return self._order.reaches.values()

    def renders(self, edge: int) -> bool:
        """Whether an order becomes that of a text along an edge."""
        return renders(self.linked, self.graph, edge)

    def as_text(self, reach: Reach) -> Reach | None:
        """How the order of ``reach`` leaves the program inside a text."""
        return self._order.as_text.get((reach.kind, reach.place))

    def leaving(self, reach: Reach) -> Reach | None:
        """How the same order leaves through a public function, where hardly anybody believes the way of ``reach``."""
        return self._order.leaving.get((reach.kind, reach.place))

    @cached_property
    def pickling(self) -> frozenset[int]:
        """Calls that pickle."""
        found = [(site.call, site.model) for site in self.linked.sites]
        return frozenset(
            call for call, m in found if "pickle" in (m.format, m.writes.format if m.writes is not None else "")
        )

    @cached_property
    def serialized(self) -> dict[int, Site]:
        """Nodes that hold what a serializer renders, with the serializing call."""
        found: dict[int, Site] = {}
        for site in self.linked.sites:
            if site.model.format or site.model.sort_param:
                for port in ("", "return"):
                    node = self.linked.contents.get((site.call, port)) if port == "" else site.ports["return"]
                    if node is not None:
                        found.setdefault(node, site)
        return found

    @cached_property
    def removed(self) -> frozenset[int]:
        """Paths that are removed."""
        ports = (site.ports.get(site.model.removes, -1) for site in self.linked.sites if site.model.removes)
        return frozenset(node for node in ports if node >= 0)

    @cached_property
    def on_the_way(self) -> frozenset[int]:
        """Nodes that the ways of unordered sources to something permanent, or out of the program, pass."""
        return frozenset(node for reach in self.reaches() for node, _ in reach.path)

    @cached_property
    def picked(self) -> Sequence[Picked]:
        """Choices among unordered elements."""
        return self._order.picks.picked()

    def unordered_by(self, node: int) -> tuple[str, tuple[tuple[int, int], ...]] | None:
        """Why a value has no order of its own: the kind of the nearest source and the way from there."""
        return self._order.picks.origin_of(node)

    def all_unordered_by(self, node: int) -> list[tuple[str, tuple[tuple[int, int], ...]]]:
        """The same of all sources, the nearest first."""
        return self._order.picks.origins_of(node)

    @cached_property
    def poisons(self) -> Sequence[Poison]:
        """Fallback values of handlers that become permanent."""
        return Fallbacks(self.linked, self.leaks.permanence).poisons(self.handlers())

    @cached_property
    def lost_files(self) -> Sequence[LostFile]:
        """Files that are written over although they could not be read."""
        permanence = self.leaks.permanence
        files = LostFiles(self.linked, permanence, self.effects, self._writes, self._order, self.handlers())
        return files.find(self.races.updates)

    def calls_in(self, unit: int, region: int) -> Sequence[int]:
        """The calls of a region of a unit (local number), and of the regions inside it."""
        return self._handlers.calls_in(unit, region)

    def handlers(self) -> Sequence[HandlerInfo]:
        """All except clauses with their contexts."""
        return self._handlers.all

    def passes_test(self, path: Iterable[tuple[int, int]], documentation: bool = True) -> bool:
        """Whether a way through the graph passes test code, or what a module shows of itself: then it is not the
        program's way. What only passes through a copy of another project comes from the program and goes back to it.
        """
        path = tuple(path)
        units = [self.world.node_unit[node] for node, _ in path]
        for unit in dict.fromkeys(units):
            file = self.world.path_of_unit(unit)
            if self.is_test(file, documentation):
                if unit in (units[0], units[-1]) or not is_copied_path(file, self.config):
                    return True
        return any(self.demonstrations.holds(node) for node, _ in path)

    def implied(self, path: Iterable[tuple[int, int]]) -> bool:
        """Whether a way passes a method that nobody calls by name (``__str__``, ``__iter__``)."""
        first, label = self.linked.first_implied, self.graph.label
        return any(edge >= 0 and abs(label[edge]) >= first for _, edge in path)

    def distance(self, path: Sequence[tuple[int, int]]) -> int:
        """How often a way passes a field, a global, the order of somebody's calls, or many calls: all make it less
        certain."""
        return doubt(self.linked, self.graph, path)

    def stretch(self, path: Sequence[tuple[int, int]]) -> int:
        """The ``distance`` of the way of a value; one that does not hold together is far."""
        return self.distance(path) if holds_together(self.linked, self.graph, path) else _INCOHERENT

    def is_test(self, path: str, documentation: bool = True) -> bool:
        """Whether a source file is test code, whose writes and handlers are quiet; ``documentation`` counts as such
        unless order is asked for, which the builds of documentation are compared by."""
        return self._writes.is_test(path) and (documentation or not is_documentation_path(path, self.config))


def link(files: Iterable[FileFacts], libraries: Iterable[Library], config: Config) -> Project:
    """Link the facts of ``files`` (paths relative to the project root) into one graph.

    ``libraries`` are the models of what is outside.
    """
    world = World(files)
    paths = [f.path for f in world.files]
    copies = [index for index, file in enumerate(world.files) if file.is_copy]
    library = LibraryIndex(libraries)
    roots = import_roots(paths, config)
    modules = Modules(paths, roots, copies, library.installed, searched_further(world))
    linked = Mutations(world, modules, library)
    names = (str(call.get("name")) for table in config.models for call in table.get("call", ()))
    declared = Declared(world, modules)
    linked.entry_points = declared.entry_points(config.entry_points)
    linked.declared = declared.own(library.builders())
    linked.declared |= declared.models(model for model in map(library.model, names) if model is not None)
    linked.start()
    linked.guess()
    linked.finish()
    draws = Draws(linked)
    add_indexed(linked)
    linked.close()
    return Project(linked, config, draws, tuple(declared.unknown))
