"""Which value counts the rounds of a loop, and what is worked out from it?

Which number goes with which element is up to the order of the loop, so what holds both is no better ordered, however
its keys are sorted.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sst_lint.facts.accesses import Accesses
from sst_lint.facts.build import Val
from sst_lint.facts.names import dotted
from sst_lint.facts.ops import Op
from sst_lint.facts.records import NUMBERED, Arg, Kind

#: So many parts of a value are looked through for what it is worked out from.
_PARTS = 16
#: So many links are looked through for what made a value that a loop puts somewhere.
_LINKS = 64
#: A number and what is numbered.
_BOTH = 2
#: What gives a number, or the next of a few things again and again, whatever it stands beside.
_COUNTS = frozenset({"range", "count", "itertools.count", "cycle", "itertools.cycle"})
#: Things that are written down one by one.
_WRITTEN = (cst.SimpleString, cst.List, cst.Tuple)
#: What makes of a number another one, or its text.
_SPELLS = frozenset({"str", "int", "float", "chr", "hex", "oct", "bin", "repr", "abs"})
#: The next of a few things in turn: ``colors[n % len(colors)]``.
_REMAINDER = "%"


class Numbers(Accesses):
    """Reads what counts, and what is numbered."""

    numbers: dict[int, int]  #: what counts the rounds -> the loop
    unnamed: set[int]  #: loops that do nothing with what they run over: no name, or ``_``

    def count_in_order(self, node: cst.For | cst.CompFor) -> None:
        """``for i, x in enumerate(...)``: which number goes with which element depends on the order."""
        if _is_unused(node.target):
            self.unnamed.add(self.loop)
        if not isinstance(node.iter, cst.Call) or not isinstance(node.target, cst.Tuple):
            return
        counters = counting(node.iter, node.target)
        if all(_is_unused(element.value) for element in node.target.elements if element.value not in counters):
            self.unnamed.add(self.loop)
        for element in counters:
            if isinstance(element, cst.Name):
                for one in self.value(element):
                    self.numbers[one] = self.loop

    def paired_with_numbers(self, node: cst.Call) -> None:
        """``dict(zip(names, count()))``, ``dict(enumerate(names))``, the call read last: as a loop that numbers
        them."""
        pairs = node.args[0].value if len(node.args) == 1 and not node.args[0].star else None
        if dotted(node.func) != "dict" or not isinstance(pairs, cst.Call):
            return
        made = self.calls[-1]
        zipped, paired = self.nodes[made.args[0].node], dotted(pairs.func)
        counted = paired == "zip" and any(_is_count(argument) for argument in pairs.args)
        if zipped.kind != Kind.CALL or not (counted or paired == "enumerate"):
            return
        for argument, given in zip(pairs.args, self.calls[zipped.base].args, strict=True):
            if not _is_count(argument):
                order = self.node(Kind.VALUE, argument.value, "picked")
                self.edge(given.node, order, Op.LOOP)
                self.edge(order, made.result, Op.ORDERS_INNER)

    def numbered(self, value: Val, made: int, together: int = 2) -> None:
        """A number of a round stands in ``made`` together with something else: which with which is up to the loop."""
        if together > 1:
            self._goes_with(value, made, Op.ORDERS_INNER)

    def tells_number(self, text: int) -> None:
        """A text is filled with the number of a round: ``f"{number}.png"`` names what stood at that place."""
        if self.loop not in self.unnamed:
            self._goes_with((text,), text, Op.ORDERS)

    def handed_numbers(self, node: cst.Call, args: tuple[Arg, ...]) -> tuple[Arg, ...]:
        """``Part(number, name)``: which number an object is given along with something else is up to the loop."""
        if not self.numbers or len(args) < _BOTH or not dotted(node.func).rpartition(".")[2][:1].isupper():
            return args
        return tuple(Arg(arg.slot, self.in_turn((arg.node,), node)[0]) for arg in args)

    def in_turn(self, value: Val, at: cst.CSTNode) -> Val:
        """The number of a round that one element gets: another one gets it, if the loop runs in another order."""
        told = self.node(Kind.VALUE, at, NUMBERED) if self._loops_of(value) else -1
        if told < 0:
            return value
        self.edge(value, told)
        self._goes_with(value, told, Op.ORDERS)
        return (told,)

    def _goes_with(self, value: Val, made: int, op: Op) -> None:
        for loop in self._loops_of(value):
            self.edge(self.loops[loop].node, made, op)

    def _loops_of(self, value: Val) -> list[int]:
        """The loops that run here whose rounds a value counts."""
        if not self.numbers or self.loop < 0:
            return []
        counted = {self.numbers[one]: None for one in self._origins(value) if one in self.numbers}
        return [loop for loop in counted if self._runs(loop)]

    def _origins(self, value: Val) -> list[int]:
        """What a value is worked out from, itself first: operands, what a text is filled with or spells, and the
        remainder by which one of a few things is taken in turn."""
        found = list(value)
        for one in found:
            if len(found) < _PARTS:
                found += [part for part in self._parts(one) if part not in found]
        return found

    def _parts(self, one: int) -> Iterator[int]:
        record = self.nodes[one]
        if record.kind in (Kind.BINOP, Kind.TEXT):
            yield from (edge.source for edge in self.edges[-_LINKS:] if edge.target == one)
        elif record.kind == Kind.CALL:
            call = self.calls[record.base]
            callee = self.nodes[call.callee]
            if (callee.kind == Kind.NAME and callee.name in _SPELLS) or call.method == "format":
                yield from (argument.node for argument in call.args)
        elif record.kind == Kind.ITEM:
            for item, index in self.subscripts[-_PARTS:]:
                taken = self.nodes[index]
                if item == one and taken.kind == Kind.BINOP and taken.name == _REMAINDER:
                    yield index

    def numbered_by_size(self, value: Val, made: int) -> None:
        """``ids[x] = len(ids)``: how many came before is up to the loop, and so is what a counter gives next; and so is
        a name that none of those before has: ``names[x] = unique(x, names.values())``."""
        if self.loop >= 0 and any(self._counts(one, made) or self._avoids(one, made) for one in value):
            self.edge(self.loops[self.loop].node, made, Op.ORDERS_INNER)

    def _avoids(self, value: int, made: int) -> bool:
        """Whether a value is worked out from all that ``made`` holds so far."""
        asked = [value] if self.nodes[value].kind == Kind.CALL else []
        for one in asked:
            if self.nodes[one].kind == Kind.CALL:
                call = self.calls[self.nodes[one].base]
                if call.method == "values" and call.receiver == made:
                    return True
                asked += [argument.node for argument in call.args if argument.node not in asked]
            elif len(asked) < _PARTS:
                asked += [e.source for e in self.edges[-_PARTS:] if e.target == one and e.source not in asked]
        return False

    def _counts(self, value: int, made: int) -> bool:
        """Whether a value is the number of what ``made`` holds so far, or the next of what was begun outside."""
        if self.nodes[value].kind != Kind.CALL:
            return False
        call = self.calls[self.nodes[value].base]
        callee = self.nodes[call.callee]
        if callee.kind != Kind.NAME or len(call.args) != 1 or call.args[0].slot:
            return False
        counted = call.args[0].node
        if callee.name == "next":
            return self.nodes[counted].loop != self.loop
        one, other = self.nodes[counted], self.nodes[made]
        read_again = one.kind == other.kind == Kind.ATTR and (one.name, one.base) == (other.name, other.base)
        return callee.name == "len" and (counted == made or read_again)

    def _runs(self, index: int) -> bool:
        """Whether this stands in a loop: how many rounds there were is no number of a round."""
        loop = self.loop
        while loop >= 0 and loop != index:
            loop = self.loops[loop].parent
        return loop == index


def counting(source: cst.Call, target: cst.Tuple) -> list[cst.BaseExpression]:
    """The targets of a loop that are numbers of its rounds: the first of ``enumerate(...)``, and what stands for a
    counter in ``zip(...)``."""
    inner = source.args[0].value if source.args else None
    if isinstance(inner, cst.Call) and dotted(source.func) != "zip":
        source = inner if dotted(inner.func) == "enumerate" else source  # `tqdm(enumerate(x))` shows how far it is
    if dotted(source.func) == "enumerate":
        return [target.elements[0].value]
    if dotted(source.func) != "zip" or len(source.args) != len(target.elements):
        return []
    pairs = zip(source.args, target.elements, strict=True)
    return [element.value for argument, element in pairs if _is_count(argument)]


def _is_unused(target: cst.BaseExpression) -> bool:
    return isinstance(target, cst.Name) and target.value.startswith("_")


def _is_count(argument: cst.Arg) -> bool:
    """Whether an argument is the same whatever it is zipped with: it counts, or it is written down there."""
    value = argument.value
    return isinstance(value, _WRITTEN) or (isinstance(value, cst.Call) and dotted(value.func) in _COUNTS)
