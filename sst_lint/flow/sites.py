"""What stands where at a call? Its arguments, and the ports and constants of the model of a library's function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sst_lint.catalogue.model import Constant, Model
from sst_lint.facts.records import Kind
from sst_lint.flow.resolve import Resolver

_UNKNOWN = object()
_CONSTANTS: dict[str, Constant] = {"True": True, "False": False, "None": None}
_BUILTIN_TYPES = frozenset(
    f"builtins.{n}" for n in ("str", "bytes", "list", "dict", "set", "frozenset", "tuple", "int", "float", "bytearray")
)
#: What these methods put somewhere stands under a key.
_BY_KEY = "builtins.dict."


@dataclass
class Site:
    """A call of a library function whose model says something. ``ports`` are global nodes by name.

    ``handed``: the function was handed over to what is called, with these arguments (``pool.submit(os.remove, a)``).
    """

    call: int
    model: Model
    ports: dict[str, int]
    constants: dict[str, Constant] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    weak: bool = False
    handed: tuple[tuple[str, int], ...] | None = None

    @property
    def by_key(self) -> bool:
        """``d.pop(key)`` takes what stands under the key; only ``pop()`` and ``pop(0)`` go by position."""
        if not self.model.name.endswith(".pop") or not self.given:
            return False
        return not any(isinstance(constant, int) for constant in self.constants.values())


class Sites(Resolver):
    """Calls by number: their nodes, and what a model calls them."""

    def argument_nodes(self, number: int) -> list[tuple[str, int]]:
        """(slot, global node) of the arguments of a call."""
        base = self.world.node_base[self.world.call_unit[number]]
        return [(a.slot, base + a.node) for a in self.world.calls[number].args]

    def result_of(self, number: int) -> int:
        """The global node of a call's result."""
        return self.world.node_base[self.world.call_unit[number]] + self.world.calls[number].result

    def callee_of(self, number: int) -> int:
        """The global node of what a call calls."""
        return self.world.node_base[self.world.call_unit[number]] + self.world.calls[number].callee

    def receiver_of(self, number: int) -> int:
        """The global node of a method call's receiver, or -1."""
        call = self.world.calls[number]
        return self.world.node_base[self.world.call_unit[number]] + call.receiver if call.receiver >= 0 else -1

    def _object_of(self, number: int, model: Model) -> int:
        """The object whose method a call calls. One that was handed over (``found.append``) stands for its object."""
        callee = self.callee_of(number)
        if model.name.endswith(".__call__"):
            return callee
        handed = self.world.calls[number].receiver < 0 and self.world.nodes[callee].kind in (Kind.PARAM, Kind.CELL)
        return callee if handed and not model.name.startswith(_BY_KEY) else self.receiver_of(number)

    def ports(
        self, number: int, model: Model, stored: Sequence[tuple[str, int]] = ()
    ) -> tuple[dict[str, int], dict[str, Constant], frozenset[str]]:
        """Global nodes of the model's ports at a call, the constants given, and which parameters are given.

        ``stored``: arguments that a ``functools.partial`` adds.
        """
        receiver = self._object_of(number, model) if model.method else -1
        arguments = [a for a in stored if a[0] == ""] + self.argument_nodes(number) + [a for a in stored if a[0]]
        if model.method and receiver >= 0 and self._is_class_node(number) and arguments:
            receiver, arguments = arguments[0][1], arguments[1:]
        return self.placed(model, arguments, {"return": self.result_of(number), "self": receiver})

    def placed(
        self, model: Model, arguments: Sequence[tuple[str, int]], ports: dict[str, int]
    ) -> tuple[dict[str, int], dict[str, Constant], frozenset[str]]:
        """As ``ports``, of these arguments; ``ports`` are those that no argument tells, and are added to."""
        constants: dict[str, Constant] = {}
        at = 0
        names = model.params
        for slot, node in arguments:
            name = slot
            if slot == "":
                name = names[at] if at < len(names) else f"*{at}"
                at += 1
            elif slot == "*":
                name = names[at] if at < len(names) else "*"
            if name in ports and slot != "":
                continue
            ports[name] = node
            constant = self.constant(node)
            if constant is not _UNKNOWN:
                constants[name] = constant  # type: ignore[assignment]
        return ports, constants, frozenset(ports) - {"return", "self"}

    def _is_class_node(self, number: int) -> bool:
        """Whether a method is called through its class (``str.join(sep, xs)``)."""
        receiver = self.receiver_of(number)
        return any(v[0] in ("x", "c") and self._names_type(str(v[1])) for v in self.values(receiver) if v[0] == "x")

    def _names_type(self, name: str) -> bool:
        return self.library.is_type(name) or name in _BUILTIN_TYPES

    def constant(self, node: int) -> object:
        """The literal that ``node`` is, or ``_UNKNOWN``."""
        record = self.world.nodes[node]
        if record.kind == Kind.TEXT and "\x00" not in record.name:
            return record.name
        if record.kind == Kind.CONST:
            if record.name in _CONSTANTS:
                return _CONSTANTS[record.name]
            try:
                return int(record.name, 0)
            except ValueError:
                return _UNKNOWN
        return _UNKNOWN

    def holds(self, site: Site, when: Iterable[tuple[str, Constant]], unless: Iterable[tuple[str, Constant]]) -> bool:
        """Whether a conditional effect applies: all of ``when``, none of ``unless``; what is not given is None."""

        def matches(name: str, constant: Constant) -> bool:
            if name in site.constants:
                return site.constants[name] is constant or site.constants[name] == constant
            return name not in site.given and constant is None

        return all(matches(n, c) for n, c in when) and not any(matches(n, c) for n, c in unless)
