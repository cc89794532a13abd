"""What is worked out of a linked program? Each analysis is made once, when the first question needs it."""

from __future__ import annotations

from functools import cached_property

from sst_lint.config import Config
from sst_lint.flow.anew import Anew
from sst_lint.flow.artifacts import is_test_path
from sst_lint.flow.demonstrations import Demonstrations
from sst_lint.flow.digests import Digests
from sst_lint.flow.draws import Draws
from sst_lint.flow.effects import Effects
from sst_lint.flow.evidence import PathEvidence
from sst_lint.flow.graph import Graph
from sst_lint.flow.handed import HandedOver
from sst_lint.flow.handlers import Handlers
from sst_lint.flow.identity import Identity
from sst_lint.flow.leaks import Leaks
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.order import Order
from sst_lint.flow.paths import Paths
from sst_lint.flow.protocol import Protocols
from sst_lint.flow.queries import add_rows
from sst_lint.flow.races import Races
from sst_lint.flow.remade import Remade
from sst_lint.flow.serializers import Serializers
from sst_lint.flow.slight import Slight
from sst_lint.flow.stakes import Stakes
from sst_lint.flow.streams import Streams
from sst_lint.flow.tested import Tests
from sst_lint.flow.trace import Tracer
from sst_lint.flow.whole_numbers import WholeNumbers
from sst_lint.flow.writes import Writes


class Parts:
    """The analyses of a linked program."""

    def __init__(self, linked: Mutations, config: Config, draws: Draws, unknown_names: tuple[str, ...] = ()) -> None:
        """``unknown_names``: what the configuration names and the project does not have, as messages."""
        self.unknown_names = unknown_names
        self.linked = linked
        self.draws = draws
        self.config = config
        self.world = linked.world

    @cached_property
    def graph(self) -> Graph:
        """The finished edges."""
        return Graph(self.linked, self._tests)

    @cached_property
    def trace(self) -> Tracer:
        """Positions and traces."""
        return Tracer(self.linked, self.graph)

    @cached_property
    def demonstrations(self) -> Demonstrations:
        """What modules only show of themselves."""
        return Demonstrations(self.linked)

    @cached_property
    def _tests(self) -> frozenset[int]:
        """Units of test code."""
        files = [is_test_path(file.path, self.config) for file in self.world.files]
        return frozenset(unit for unit, (file, _, _) in enumerate(self.world.units) if files[file])

    @cached_property
    def evidence(self) -> PathEvidence:
        """What flows into paths."""
        return PathEvidence(self.linked, self.graph, self._tests, self.demonstrations)

    @cached_property
    def _writes(self) -> Writes:
        return Writes(self.linked, self.evidence, self.config, self.paths)

    @cached_property
    def paths(self) -> Paths:
        """The names of paths, each with the calls through which it came."""
        return Paths(self.linked, self.graph)

    @cached_property
    def _order(self) -> Order:
        add_rows(self.linked, self.evidence)
        return Order(self.linked, self.graph, self._writes, self.keeps_key_order, self.demonstrations)

    @cached_property
    def _handlers(self) -> Handlers:
        permanence = self.leaks.permanence
        values = permanence.without_keys(permanence.graph)
        return Handlers(self.linked, self.graph, values, self._writes, self._order, self.config)

    @property
    def keeps_key_order(self) -> bool:
        """Whether a mapping keeps the order of its insertions on each Python that the program runs on."""
        return self.config.keeps_key_order

    @cached_property
    def whole_numbers(self) -> WholeNumbers:
        """Which sets hold whole numbers."""
        return WholeNumbers(self.linked, self.graph)

    @cached_property
    def identity(self) -> Identity:
        """Which paths are the same."""
        return Identity(self.linked, self.graph)

    @cached_property
    def locks(self) -> Locks:
        """Which locks are held where."""
        return Locks(self.linked, self._writes)

    @cached_property
    def _protocols(self) -> Protocols:
        return Protocols(self.linked, self.graph, self.evidence, self.identity, self._writes, self.locks)

    @cached_property
    def _handed(self) -> HandedOver:
        return HandedOver(self.linked, self.evidence, self.identity, self.locks, self._writes, self.config)

    @cached_property
    def effects(self) -> Effects:
        """What functions do to paths."""
        return Effects(self.linked, self.identity, self._writes, self._protocols.all, self.locks)

    @cached_property
    def races(self) -> Races:
        """Where two processes can come between each other."""
        return Races(self.linked, self.graph, self.evidence, self.effects, self.locks)

    @cached_property
    def _existence(self) -> Tests:
        return Tests(self.linked, self.graph, self.identity, self.effects, self.locks)

    @cached_property
    def stakes(self) -> Stakes:
        """What would be lost with half of a file."""
        streams = Streams(self.linked, self.graph, self.locks)
        return Stakes(
            self.linked, self.graph, self.identity, self.evidence, self.effects, self.locks, self._writes,
            self._existence, streams, self._tests,
        )  # fmt: skip

    @cached_property
    def _remade(self) -> Remade:
        return Remade(self.linked, self.evidence, self._writes)

    @cached_property
    def _slight(self) -> Slight:
        return Slight(self.linked, self.graph, self.identity, self.effects, self.locks)

    @cached_property
    def _anew(self) -> Anew:
        return Anew(self.linked, self.graph, self.identity, self.evidence, self.locks, self._tests)

    @cached_property
    def leaks(self) -> Leaks:
        """Values that differ from run to run or from machine to machine, with what they reach."""
        return Leaks(self.linked, self.graph, self._writes, self._order, self.evidence, self.config)

    @cached_property
    def digests(self) -> Digests:
        """Digests that are cut short, or taken over something that does not determine them."""
        return Digests(self.linked, self.graph, self.leaks.permanence)

    @cached_property
    def serializers(self) -> Serializers:
        """Serializations that accept what they cannot represent."""
        return Serializers(self.linked, self.leaks.permanence, self.leaks.sources)


__all__ = ["Parts"]
