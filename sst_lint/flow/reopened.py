"""Which loops fill one file although each of their rounds opens it anew? Those that append to a file whose name does
not hang on the round: what one round writes stands behind what the one before it wrote, as if it had stayed open."""

from __future__ import annotations

from functools import cached_property

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Node, UnitFacts
from sst_lint.flow.contexts import GLOBAL, LOCAL, Contexts

#: What gives the same path for the same arguments.
_STEADY = ("os.path.", "os.fspath", "os.fsdecode", "pathlib.", "builtins.str", "builtins.format")
#: So many values are asked for what a path is made of.
_NEAR = 40
#: How a value is named that differs from round to round.
_CHANGED = frozenset({"phi", "overwritten"})
_OF_EVERYBODY = (Kind.NAME, Kind.IMPORT, Kind.CELL, Kind.BOUND)


class Reopened(Contexts):
    """Counts the handle of a file that is opened to append as the file itself."""

    def root(self, node: int) -> int:
        """As for containers: what is appended to a file belongs to whoever knows its path."""
        found = self._appended(node)
        if found is None:
            return super().root(node)
        _, parts = found
        params = {index for kind, index in parts if kind == Kind.PARAM}
        if len(params) > 1 or any(kind == Kind.CALL for kind, _ in parts):
            return LOCAL
        return min(params, default=GLOBAL)

    def _loops(self, number: int, holder: int, apart: frozenset[int] = frozenset()) -> list[int]:
        """As for containers: the loops around the call through which the path stays the same."""
        found = self._appended(holder)
        if found is None:
            return super()._loops(number, holder, apart)
        varying, _ = found
        facts, base = (
            self.world.units[self.world.call_unit[number]][2],
            self.world.node_base[self.world.call_unit[number]],
        )
        result, current = [], self.world.calls[number].loop
        while current != -1 and current not in varying:
            if facts.loops[current].node >= 0 and current not in apart:
                result.append(base + facts.loops[current].node)
            current = facts.loops[current].parent
        return result

    def _appended(self, holder: int) -> tuple[frozenset[int], list[tuple[int, int]]] | None:
        """Of a handle that its function has opened to append: the loops whose rounds open different files, and of what
        else the path is made (kind, index of the parameter). None of anything else, or of a path that nobody knows.
        """
        if holder not in self._known_files:
            self._known_files[holder] = self._find_appended(holder)
        return self._known_files[holder]

    @cached_property
    def _known_files(self) -> dict[int, tuple[frozenset[int], list[tuple[int, int]]] | None]:
        return {}

    def _find_appended(self, holder: int) -> tuple[frozenset[int], list[tuple[int, int]]] | None:
        opened = [call for kind, call in self.values(holder) if kind == "h" and isinstance(call, int)]
        unit = self.world.node_unit[holder]
        if len(opened) != 1 or self.world.call_unit[opened[0]] != unit:
            return None
        if self.world.scope_of_call(opened[0]) != self.world.scope_of_node(holder):
            return None
        for site in self.sites_of.get(opened[0], ()):
            opens = site.model.opens
            mode = site.constants.get(opens.mode, opens.default) if opens is not None else ""
            path = site.ports.get(opens.path, -1) if opens is not None else -1
            if isinstance(mode, str) and "a" in mode and path >= 0 and self.world.node_unit[path] == unit:
                return self._made_of(unit, path - self.world.node_base[unit])
        return None

    def _made_of(self, unit: int, path: int) -> tuple[frozenset[int], list[tuple[int, int]]] | None:
        """Loops on whose rounds the local node ``path`` hangs, and what else it is made of."""
        facts = self.world.units[unit][2]
        incoming: dict[int, list[int]] = {}
        drawn: dict[int, int] = {}
        for edge in facts.edges:
            incoming.setdefault(edge.target, []).append(edge.source)
        for number, loop in enumerate(facts.loops):
            if loop.source >= 0:
                drawn.update((e.target, number) for e in facts.edges if e.op == Op.ITER and e.source == loop.source)
        varying: dict[int, None] = {}
        parts: list[tuple[int, int]] = []
        near = [path]
        for one in near:
            record = facts.nodes[one]
            if one in drawn:
                varying[drawn[one]] = None
                continue
            before = [*incoming.get(one, ()), *self._taken_from(unit, facts, one, record)]
            if record.name in _CHANGED or len(near) > _NEAR:
                return None
            if -1 in before:  # known for the rounds only: the next call of the function may get another file
                varying[record.loop] = None
                parts.append((Kind.CALL, -1))
                continue
            if record.kind == Kind.PARAM:
                parts.append((Kind.PARAM, record.base))
            elif record.kind in _OF_EVERYBODY:
                parts.append((Kind.NAME, -1))
            near += [each for each in before if each not in near]
        return frozenset(varying), parts

    def _taken_from(self, unit: int, facts: UnitFacts, node: int, record: Node) -> list[int]:
        """What ``node`` is taken from, or made of by a call; -1 stands for what may give something else each time."""
        if record.kind in (Kind.ATTR, Kind.ITEM):
            keys = [] if record.name else [-1]
            return [record.base, *keys] if record.base >= 0 else []
        if record.kind != Kind.CALL:
            return []
        call = facts.calls[record.base]
        names = self.externals.get(self.world.call_base[unit] + record.base, {})
        if not names or not all(name.startswith(_STEADY) for name in names):
            return [-1]
        return [*(argument.node for argument in call.args), *([call.receiver] if call.receiver >= 0 else [])]


__all__ = ["Reopened"]
