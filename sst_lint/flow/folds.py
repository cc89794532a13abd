"""Which values carry the order of the rounds, or calls, that made them from the value before?

``self.text += line`` in a method that a loop calls, ``text = add(text, line)`` where ``add`` appends, ``reduce(add,
lines)``, ``frame = pandas.concat([frame, part])``, ``crc = zlib.crc32(data, crc)``, and ``self.ids[name] =
len(self.names)``, where the number says how many calls came before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Edge, Kind, Node, UnitFacts
from sst_lint.flow.contexts import GLOBAL
from sst_lint.flow.joined import joined

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations
    from sst_lint.flow.world import Function

#: Methods of these do not make something of what was there before, or are known.
_COUNTING = ("builtins.", "collections.", "typing.", "datetime.", "decimal.", "fractions.", "pathlib.", "logging.")
#: What comes to the same in any order.
_COMMUTES = frozenset({"union", "intersection", "symmetric_difference", "|", "&", "^"})
_TEXTS = ("builtins.str", "builtins.bytes", "builtins.list", "builtins.tuple")
_PARTS = frozenset({Kind.TEXT, Kind.LIST, Kind.TUPLE})
#: So many values back from what a function returns, and so many calls deep, its parameters are looked for.
_NEAR, _DEEP = 24, 3


def fold(linked: Mutations) -> None:
    """Adds the order of what is made from itself, round by round or call by call."""
    growing = _Growing(linked)
    for unit, (_, _, facts) in enumerate(linked.world.units):
        if facts.loops or facts.mutated or any(record.kind == Kind.BOUND for record in facts.nodes):
            _Unit(linked, unit, facts, growing).read()
    for number, names in tuple(linked.externals.items()):
        if "functools.reduce" in names:
            _reduce(linked, number, growing)


def is_fold(linked: Mutations, node: int) -> bool:
    """Whether the result of ``x.method(...)`` may depend on what ``x`` was before in more than what it holds: the type
    of ``x`` is known, and none of Python's own, and its method does not unite sets."""
    world = linked.world
    if world.nodes[node].kind != Kind.CALL:
        return False
    call = world.call_of(node)
    held = linked.values(linked.receiver_of(call))
    if not any(kind == "i" or (kind == "t" and not str(name).startswith(_COUNTING)) for kind, name in held):
        return False
    functions = [world.functions[scope] for scope in linked.callees.get(call, ()) if scope in world.functions]
    return not functions or not all(_commutes(linked, function) for function in functions)


def _commutes(linked: Mutations, function: Function) -> bool:
    """Whether a method unites sets, and adds nothing to a text or a sequence."""
    facts = linked.world.units[function.unit][2]
    operators = {record.name for record in facts.nodes if record.kind in (Kind.BINOP, Kind.CALL)}
    return bool(operators & _COMMUTES) and "+" not in operators


def _reduce(linked: Mutations, number: int, growing: _Growing) -> None:
    arguments = [node for _, node in linked.argument_nodes(number)]
    for kind, scope in linked.values(arguments[0]) if len(arguments) > 1 else ():
        function = linked.world.functions.get(scope) if kind == "f" else None
        if function is not None and function.params and growing.through(function, function.params[0]):
            linked.add_edge(arguments[1], linked.result_of(number), Op.LOOP)


class _Unit:
    """The folds of one unit."""

    def __init__(self, linked: Mutations, unit: int, facts: UnitFacts, growing: _Growing) -> None:
        self._linked, self._unit, self._facts, self._growing = linked, unit, facts, growing
        self._base = linked.world.node_base[unit]
        self._before: dict[int, list[Edge]] = {}
        for edge in facts.edges:
            self._before.setdefault(edge.target, []).append(edge)

    def read(self) -> None:
        """Adds all of them."""
        for local, record in enumerate(self._facts.nodes):
            if record.kind == Kind.PUT and record.base >= 0:
                self._attribute(local, record)
            elif record.kind == Kind.VALUE and record.name == "phi":
                self._variable(local)
            elif record.kind in (Kind.CELL, Kind.BOUND):
                self._shared(local, record)
        for edge in self._facts.edges:
            record = self._facts.nodes[edge.target]
            if edge.op == Op.COPY and record.kind == Kind.PARAM:
                self._filled(edge.target, edge.target, Op.ORDERS)  # `rows += [row]` grows what was handed in
            elif edge.op == Op.STORE and not edge.key and record.kind == Kind.ATTR and self._numbers(edge):
                self._filled(edge.target, edge.target, Op.ORDERS_INNER)

    def _attribute(self, put: int, record: Node) -> None:
        """``self.text += line``."""
        for edge in self._before.get(put, ()):
            made = self._facts.nodes[edge.source]
            parts = [each.source for each in self._before.get(edge.source, ())]
            grown = made.kind == Kind.TEXT or (made.kind == Kind.BINOP and made.name == "+")
            if made.kind == Kind.CALL:
                parts = joined(self._linked, self._unit, self._facts, edge.source)
                grown = bool(parts)
            if edge.op != Op.SAME or not grown or not any(self._is_same(part, record) for part in parts):
                continue
            if made.kind in (Kind.TEXT, Kind.CALL) or _holds_parts(self._linked, [self._base + part for part in parts]):
                for loop in self._around(made.loop, record.base):
                    self._linked._edge(self._base + loop, self._base + put, Op.ORDERS)
                self._filled(record.base, put, Op.ORDERS)

    def _shared(self, local: int, record: Node) -> None:
        """``text += line`` where ``text`` is of an outer function, or global."""
        world = self._linked.world
        for edge in self._before.get(local, ()):
            made = self._facts.nodes[edge.source]
            if edge.op != Op.SAME or made.kind not in (Kind.BINOP, Kind.TEXT):
                continue
            parts = [each.source for each in self._before.get(edge.source, ())]
            again = [p for p in parts if p == local or self._is_read(p, record.name)]
            scope = world.scope_base[self._unit] + made.scope
            grown = made.kind == Kind.TEXT or (made.name == "+" and self._is_longer(parts, local))
            if again and grown and scope in world.functions:
                self._linked._edge(self._linked.context(scope, GLOBAL), self._base + local, Op.ORDERS)

    def _is_longer(self, parts: list[int], held: int) -> bool:
        return _holds_parts(self._linked, [self._base + node for node in (*parts, held)])

    def _is_read(self, node: int, name: str) -> bool:
        record = self._facts.nodes[node]
        return record.kind == Kind.NAME and record.name == name

    def _is_same(self, node: int, other: Node) -> bool:
        """Whether a node reads the attribute that ``other`` reads or writes."""
        record = self._facts.nodes[node]
        return record.kind == Kind.ATTR and (record.name, record.base) == (other.name, other.base)

    def _around(self, loop: int, holder: int) -> list[int]:
        """The orders of the loops around something, but not around the binding of ``holder``."""
        found, stop = [], self._facts.nodes[holder].loop
        while loop not in (-1, stop):
            if self._facts.loops[loop].node >= 0:
                found.append(self._facts.loops[loop].node)
            loop = self._facts.loops[loop].parent
        return found

    def _filled(self, holder: int, target: int, op: Op) -> None:
        region = self._facts.nodes[target].region
        self._linked._by_context(self._base + holder, self._base + target, op, self._unit, region)

    def _variable(self, phi: int) -> None:
        """``text = add(text, line)`` in a loop."""
        linked = self._linked
        for edge in self._before.get(phi, ()):
            made = self._facts.nodes[edge.source]
            if edge.op == Op.SAME and made.kind == Kind.BINOP and made.name == "+":
                self._sum(edge.source, phi)
            if edge.op != Op.SAME or made.kind != Kind.CALL:
                continue
            self._digested_again(edge.source, phi)
            number = linked.world.call_base[self._unit] + made.base
            taken = [self._base + arg.node for arg in self._facts.calls[made.base].args if self._is_from(arg.node, phi)]
            pairs = [param for argument, param, _ in linked.bindings.get(number, ()) if argument in taken]
            functions = {linked.world.scope_of_node(param): param for param in pairs}
            wraps = bool(taken) and number in linked.classes_called  # `both = Both(both, one)`
            wraps |= any(self._is_from(part, phi) for part in joined(linked, self._unit, self._facts, edge.source))
            if wraps or any(self._growing.through(linked.world.functions[scope], p) for scope, p in functions.items()):
                for loop in linked._loops(number, self._base + phi):
                    linked._edge(loop, self._base + edge.source, Op.ORDERS)

    def _sum(self, made: int, phi: int) -> None:
        """``text += line`` where types tell that it is a text, or a sequence; what is written down is known before."""
        before = self._before.get(made, ())
        if any(edge.op == Op.ORDERS for edge in before) or not any(self._is_from(edge.source, phi) for edge in before):
            return
        held = [value for value in self._linked.values(self._base + phi) if value[0] == "t"]
        if held and all(value[1] in _TEXTS for value in held):
            for loop in self._around(self._facts.nodes[made].loop, phi):
                self._linked._edge(self._base + loop, self._base + made, Op.ORDERS)

    def _digested_again(self, made: int, phi: int) -> None:
        """``crc = zlib.crc32(data, crc)``, ``key = sha256(key + part).digest()``: the digest of a digest of rounds."""
        linked = self._linked
        for one in self._behind(made, phi):
            if self._facts.nodes[one].kind == Kind.CALL and phi in self._behind(one, phi):
                number = linked.world.call_base[self._unit] + self._facts.nodes[one].base
                for site in linked.sites_of.get(number, ()):
                    content = site.ports.get(site.model.digest, -1) if site.model.digest else -1
                    for loop in linked._loops(number, self._base + phi) if content >= 0 else ():
                        linked._edge(loop, content, Op.ORDERS)

    def _behind(self, node: int, phi: int) -> list[int]:
        """What a value is made of, also by calls, no further than ``phi``."""
        near = [node]
        for one in near:
            record = self._facts.nodes[one]
            if one == phi or len(near) > _NEAR:
                continue
            parts = [edge.source for edge in self._before.get(one, ())]
            if record.kind == Kind.CALL:
                call = self._facts.calls[record.base]
                parts += [call.receiver, *(argument.node for argument in call.args)]
            near += [part for part in dict.fromkeys(parts) if part >= 0 and part not in near]
        return near

    def _is_from(self, node: int, phi: int) -> bool:
        return node == phi or any(e.source == phi and e.op == Op.SAME for e in self._before.get(node, ()))

    def _numbers(self, edge: Edge) -> bool:
        """Whether what is put into an attribute says how much was put there, or into one beside it, before."""
        holder, record = self._facts.nodes[edge.target], self._facts.nodes[edge.source]
        if record.kind == Kind.CALL:
            call = self._facts.calls[record.base]
            counted = self._facts.nodes[call.args[0].node] if len(call.args) == 1 else None
            counts = self._facts.nodes[call.callee].kind == Kind.NAME
            counts = counts and self._facts.nodes[call.callee].name in ("len", "next")
            return counts and counted is not None and counted.kind == Kind.ATTR and counted.base == holder.base
        return record.kind == Kind.ATTR and record.base == holder.base and self._is_counted_up(record)

    def _is_counted_up(self, counter: Node) -> bool:
        """Whether the function adds a number to an attribute."""
        for local, record in enumerate(self._facts.nodes):
            if record.kind == Kind.PUT and (record.name, record.base) == (counter.name, counter.base):
                for edge in self._before.get(local, ()):
                    parts = [each.source for each in self._before.get(edge.source, ())]
                    if self._facts.nodes[edge.source].kind == Kind.BINOP and any(
                        self._facts.nodes[part].kind == Kind.CONST for part in parts
                    ):
                        return any(self._is_same(part, counter) for part in parts)
        return False


class _Growing:
    """Which functions give back what they are handed, with more of it?"""

    def __init__(self, linked: Mutations) -> None:
        self._linked = linked
        self._known: dict[int, bool] = {}

    def through(self, function: Function, param: int) -> bool:
        """Whether what ``function`` returns is a text or a sequence that begins, ends or is filled with ``param``."""
        if param not in self._known:
            self._known[param] = False  # also asked by a function that calls itself
            self._known[param] = self._grows(function, param, _DEEP) is True
        return self._known[param]

    def _grows(self, function: Function, param: int, deep: int) -> bool | None:
        """Whether something is added to a parameter on its way to what is returned; None when it does not get there."""
        linked = self._linked
        ports = dict.fromkeys((function.returns, linked.options.port(function.returns)))
        waiting = [(port, False) for port in ports]
        found: bool | None = None
        for node, grown in waiting:
            if node == param:
                found = found or grown
                continue
            for number in linked._incoming.get(node, ()):
                if linked.edges.label[number] or len(waiting) > _NEAR:
                    continue
                source, op = linked.edges.source[number], linked.edges.op[number]
                passes = op in (Op.SAME, Op.COPY, Op.TEXT)
                state = (source, grown or self._adds(node))
                if passes and state not in waiting:
                    waiting.append(state)
            waiting += [state for state in self._into(node, grown, deep) if state not in waiting]
        return found

    def _into(self, node: int, grown: bool, deep: int) -> list[tuple[int, bool]]:
        """The arguments of a call that come back in its result."""
        linked, world = self._linked, self._linked.world
        if world.nodes[node].kind != Kind.CALL or not deep:
            return []
        found = []
        for argument, param, _ in linked.bindings.get(world.call_of(node), ()):
            function = world.functions.get(world.scope_of_node(param))
            inner = self._grows(function, param, deep - 1) if function is not None else None
            if inner is not None:
                found.append((argument, grown or inner))
        return found

    def _adds(self, node: int) -> bool:
        """Whether a text or sequence is put together of others here."""
        linked, record = self._linked, self._linked.world.nodes[node]
        if record.kind in (Kind.TEXT, Kind.LIST, Kind.TUPLE):
            return True
        sources = [linked.edges.source[number] for number in linked._incoming.get(node, ())]
        return record.kind == Kind.BINOP and record.name == "+" and _holds_parts(linked, sources)


def _holds_parts(linked: Mutations, nodes: list[int]) -> bool:
    """Whether some of the operands of ``+`` are texts or sequences."""
    kinds = linked.world.nodes
    near = list(nodes)
    for node in near:
        if kinds[node].kind in _PARTS or linked.has_type(node, *_TEXTS):
            return True
        if kinds[node].kind == Kind.BINOP and kinds[node].name == "+" and len(near) < _NEAR:
            near += [linked.edges.source[number] for number in linked._incoming.get(node, ())]
    return False


__all__ = ["fold", "is_fold"]
