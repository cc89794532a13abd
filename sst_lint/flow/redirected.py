"""Where does the program print to, where it has put a file in place of the standard output?

``sys.stdout = file`` up to the next such assignment of the same function, ``with redirect_stdout(file):``.
"""

from __future__ import annotations

from sst_lint.facts.records import Kind
from sst_lint.flow.mutation import Mutations

_STDOUT = "stdout"
_REDIRECTS = "contextlib.redirect_stdout"


class Redirected:
    """The values that stand for the standard output of a linked program."""

    def __init__(self, linked: Mutations) -> None:
        self._linked = linked
        self._put: dict[int, list[tuple[int, int]]] = {}  #: scope -> (line, what is put there)
        world = linked.world
        for node in world.of_kind(Kind.PUT):
            if world.nodes[node].name == _STDOUT and self._is_of_system(node):
                self._put.setdefault(world.scope_of_node(node), []).append((world.nodes[node].line, node))

    def of(self, call: int) -> int:
        """The node of what a call that prints writes to, if it is told where it stands; else -1."""
        world = self._linked.world
        unit, region = world.call_unit[call], world.calls[call].region
        while region >= 0:
            record = world.region(unit, region)
            if record.kind == "with" and record.node >= 0:
                given = self._given(world.node_base[unit] + record.node)
                if given >= 0:
                    return given
            region = record.parent
        line = world.nodes[world.node_base[unit] + world.calls[call].result].line
        before = [put for put in self._put.get(world.scope_of_call(call), ()) if put[0] <= line]
        return max(before)[1] if before else -1

    def _given(self, context: int) -> int:
        """What a context manager that redirects is given, or -1."""
        linked, world = self._linked, self._linked.world
        if world.nodes[context].kind != Kind.CALL:
            return -1
        number = world.call_of(context)
        if _REDIRECTS not in linked.externals.get(number, ()):
            return -1
        return next((node for _, node in linked.argument_nodes(number)), -1)

    def _is_of_system(self, put: int) -> bool:
        """Whether an attribute that is written is one of ``sys``."""
        world = self._linked.world
        base = world.nodes[put].base
        return base >= 0 and ("x", "sys") in self._linked.values(world.node_base[world.node_unit[put]] + base)
