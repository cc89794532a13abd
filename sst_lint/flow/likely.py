"""Which attributes of things whose class nobody knows are sets? Those whose name only few classes use, all for a set.

``def emit(fragment): for special in fragment.specials`` says nothing of ``fragment``, but when a single class of the
program has ``specials``, and a set in it, that is what is meant. As for methods: only by a name that is not common.
"""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.common_names import COMMON
from sst_lint.flow.dispatched import Dispatched
from sst_lint.flow.names import SET_TYPES
from sst_lint.flow.values import BY_NAME, CAP

#: Attributes of a name that more classes use are not guessed.
_CLASSES = 3
_SET_VALUES = frozenset(("t", name) for name in SET_TYPES)


class Likely(Dispatched):
    """Adds what is known of attributes by their names alone."""

    def guess_fields(self) -> None:
        """To be called once values have settled."""
        fields = self._fields_of_sets()
        if not fields:
            return
        world = self.world
        self.weak = BY_NAME
        for node in world.of_kind(Kind.ATTR):
            record = world.nodes[node]
            if record.name in fields and record.base >= 0 and not self.values(node):
                if self._is_anything(world.node_base[world.node_unit[node]] + record.base):
                    for field in fields[record.name]:
                        self.add_edge(field, node, Op.AS_SET)
        self.weak = 0

    def _is_anything(self, node: int) -> bool:
        """Whether nothing is known of a value, or so much that it says nothing."""
        return len(self.values(node)) in (0, CAP)

    def _fields_of_sets(self) -> dict[str, list[int]]:
        """Names of attributes that hold sets wherever the program sets them, and the fields."""
        found: dict[str, list[int]] = {}
        for node, (_, name) in self.field_nodes.items():
            if name not in COMMON and not name.startswith("__"):
                found.setdefault(name, []).append(node)
        few = {n: nodes for n, nodes in found.items() if len(nodes) <= _CLASSES and all(map(self._is_set, nodes))}
        few = {n: nodes for n, nodes in few.items() if not any(n in cls.methods for cls in self.world.classes)}
        for node in self.world.of_kind(Kind.PUT):
            name = self.world.nodes[node].name
            if name in few and node not in self.field_nodes and self.values(node) and not self._is_set(node):
                del few[name]
        return few

    def _is_set(self, node: int) -> bool:
        held = self.values(node)
        return bool(held) and _SET_VALUES.issuperset(held)
