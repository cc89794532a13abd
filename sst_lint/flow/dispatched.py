"""Which methods does a method call that picks them by name? ``Names().visit(tree)`` gives what ``visit_Call``,
``visit_Name`` ... of ``Names`` give, when ``visit`` puts the name together (``getattr(self, "visit_" + kind)``), or
comes from a library.

It is followed for each class apart: what one visitor collects does not come out at another one.
"""

from __future__ import annotations

from sst_lint.facts.records import Kind
from sst_lint.flow.command_line import CommandLine
from sst_lint.flow.fitting import takes
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.registered import MAX_REGISTERED
from sst_lint.flow.values import BY_NAME, Value
from sst_lint.flow.world import Function, World

#: Fewer methods than this are no table of them.
_SEVERAL = 2
#: An object that may be of more classes than this is any of them.
_CLASSES = 3
#: What stands in a text for the part that is filled in.
_FILLED = ("\x00", "%s", "{")


class Dispatched(CommandLine):
    """Binds calls to what they pick by name."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self._picked: dict[tuple[int, str], list[Function]] = {}
        self._called_at: dict[int, list[int]] = {}  #: the name of a method, and the calls of it
        for number, call in enumerate(world.calls):
            if call.method:
                self._called_at.setdefault(self.callee_of(number), []).append(number)

    def bind_attribute(self, node: int, value: Value) -> None:
        """As the base does; a call of a method that picks others may call those of the object's class."""
        super().bind_attribute(node, value)
        if value[0] != "i" or node not in self._called_at:
            return
        name = self.world.nodes[node].name
        for function in self._picks(value[1], name):
            for number in self._called_at[node]:
                self._pick(number, function)
        for function in self.stand_ins(value[1], name):
            for number in self._called_at[node]:
                self._dispatching[number] = None
                self.bind_function(number, function, self.receiver_of(number))

    def _pick(self, number: int, function: Function) -> None:
        receiver = self.receiver_of(number)
        held = [value for value in self.values(receiver) if value[0] == "i"]
        if len(held) <= _CLASSES and takes(function, self.world.calls[number], self.role(function) != "staticmethod"):
            self._dispatching[number] = None
            before, self.weak = self.weak, BY_NAME
            self.bind_function(number, function, receiver)
            self.weak = before

    def _picks(self, cls: int, name: str) -> list[Function]:
        """The methods of a class among which its method ``name`` picks one; none if it picks none, or too many."""
        known = self._picked.get((cls, name))
        if known is None:
            known = self._picked[(cls, name)] = []
            beginning, found = f"{name}_", dict[str, Function]()
            for one in self.mro(cls):
                for method in self.world.classes[one].methods:
                    if method.startswith(beginning) and method not in found:
                        found.update({f.record.name: f for f in self.find_method(cls, method)[-1:]})
            if _SEVERAL <= len(found) <= MAX_REGISTERED and self._puts_together(cls, name):
                known += found.values()
        return known

    def _puts_together(self, cls: int, name: str) -> bool:
        """Whether a class, or one of its bases, writes down how the names of such methods begin; or has its method
        from a library that must know."""
        if not self.find_method(cls, name):
            return bool(self.external_bases(cls))
        world, beginning = self.world, f"{name}_"
        scopes = [s for one in self.mro(cls) for found in world.classes[one].methods.values() for s in found]
        units = dict.fromkeys(world.functions[s].unit for s in scopes if s in world.functions)
        return any(
            node.kind == Kind.TEXT
            and (node.name == beginning or node.name.startswith(tuple(beginning + each for each in _FILLED)))
            for unit in units
            for node in world.units[unit][2].nodes
        )


__all__ = ["Dispatched"]
