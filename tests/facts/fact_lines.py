"""What does a ``# fact:`` line say, and what does the linked graph say of the same two ports?

``# fact: f: xs -> return: COPY`` says: within ``f``, what is known of the parameter ``xs`` arrives at the result as a
COPY would let it through, no more and no less. The right side is a sum (``+``) of chains of operations
(``facts.ops.Op``), or lists single bits, of which it then says everything: ``ORDER->ORDER, SET->ORDER, KEYS->nothing``.
A digit is a depth: ``ORDER1`` is the order of the lists inside.

Ports: ``NAME`` a parameter, ``return``, ``out NAME`` what the caller's argument holds afterwards, ``self.NAME`` an
attribute of the class, ``global NAME``, ``NAME()`` the result of a call as written, ``NAME(0)`` and ``NAME(key)`` its
arguments, ``written NAME()`` the content that the call writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.facts import extract
from sst_lint.facts.ops import BITS, DEPTHS, KEYS, ORDER, SET, VALUE, Op, at_depth, forward
from sst_lint.facts.records import Kind
from sst_lint.flow import FileFacts, Project, link
from sst_lint.source import split_units
from sst_lint.testing import comments

#: Input bit -> output bits.
Table = dict[int, int]

_FACT = re.compile(
    r"#\s*(?P<todo>todo-)?fact:\s*(?P<unit>[\w.]+):\s*(?P<source>.+?)\s*->\s*(?P<target>[^:]+?):\s*(?P<says>.+)"
)
_PORT = re.compile(r"(?:(?P<what>out|global|written) )?(?P<name>[\w.]+)(?:\((?P<slot>\w*)\))?\Z")
_OWN = {"SET": SET, "ORDER": ORDER, "KEYS": KEYS}
_BY_NAME = {f"{name}{depth or ''}": at_depth(bit, depth) for name, bit in _OWN.items() for depth in range(DEPTHS)}
_BY_NAME["VALUE"] = VALUE
_NAMES = {bit: name for name, bit in _BY_NAME.items()}


@dataclass(frozen=True)
class Fact:
    """One ``# fact:`` line."""

    file: Path
    line: int
    unit: str
    source: str
    target: str
    says: str
    todo: bool

    def __str__(self) -> str:
        return f"{self.file.stem}:{self.line}:{self.unit}"


def facts_of(file: Path) -> Iterator[Fact]:
    """Yield the facts of one file; a comment that only looks like one is an error."""
    for line, comment in comments(file):
        match = _FACT.match(comment)
        if match is not None:
            said = (match[name].strip() for name in ("unit", "source", "target", "says"))
            yield Fact(file, line, *said, todo=bool(match["todo"]))
        elif "fact" in comment.partition(":")[0]:
            raise ValueError(f"{file.name}:{line}: `{comment}` is no fact")


def expected(says: str) -> Table:
    """What the right side of a fact says of each input bit; of those alone that it names, if it names bits."""
    if "->" in says:
        rows = [entry.split("->") for entry in says.split(",")]
        return {_BY_NAME[source.strip()]: _bits(target) for source, target in rows}
    table = dict.fromkeys(BITS, 0)
    for chain in says.split("+"):
        for bit in BITS:
            after = bit
            for name in chain.split():
                after = forward(Op[name], after)
            table[bit] |= after
    return table


def _bits(names: str) -> int:
    return 0 if names.strip() == "nothing" else sum(_BY_NAME[name.strip()] for name in names.split("|"))


def shown(table: Table) -> str:
    """The table in the words of a fact."""
    rows = {bit: [_NAMES[out] for out in BITS if out & outs] for bit, outs in table.items()}
    return ", ".join(f"{_NAMES[bit]}->{'|'.join(outs) or 'nothing'}" for bit, outs in sorted(rows.items()))


def actual(fact: Fact) -> Table:
    """What arrives at the target of each bit at the source, by the edges of the unit alone."""
    ports = Ports(linked(fact.file), fact.unit)
    table = dict.fromkeys(BITS, 0)
    source, target = ports.find(fact.source), ports.find(fact.target)
    for out in BITS:
        for bit in ports.arriving(target, out, source):
            table[bit] |= out
    return table


@cache
def linked(file: Path) -> Project:
    """The project that is this one file."""
    units = split_units(file.read_text(encoding="utf-8"))
    return link([FileFacts(file.name, tuple((unit, extract(unit)) for unit in units))], load_models(), Config())


class Ports:
    """The ports of one unit in the linked graph."""

    def __init__(self, project: Project, unit: str) -> None:
        self._graph = project.graph
        self._linked = project.linked
        self._world = project.world
        (self._unit,) = (n for n, (_, each, _) in enumerate(self._world.units) if each.qualname == unit)
        self._base = self._world.node_base[self._unit]
        self._facts = self._world.units[self._unit][2]
        self._names = dict(self._facts.named)

    def find(self, port: str) -> int:
        """The node of a port; raises ``ValueError`` when the unit has none like it."""
        match = _PORT.match(port)
        if match is None:
            raise ValueError(f"`{port}` is no port")
        scope, name = self._facts.scopes[0], match["name"]
        params = {param.name: param for param in scope.params}
        if match["slot"] is not None:
            return self._of_call(name, match["slot"], match["what"] == "written")
        if match["what"] == "global":
            return self._known(self._linked.global_node(self._world.units[self._unit][0], name), port)
        if port == "return":
            return self._base + scope.returns
        if name.startswith("self."):
            function = self._world.functions[self._world.scope_base[self._unit]]
            return self._known(self._linked.field_node(function.cls, name.removeprefix("self.")), port)
        if name not in params:
            raise ValueError(f"`{port}`: no such parameter")
        return self._base + (params[name].out if match["what"] == "out" else params[name].node)

    def _known(self, node: int, port: str) -> int:
        if node < 0:
            raise ValueError(f"`{port}`: no such name")
        return node

    def _of_call(self, name: str, slot: str, written: bool) -> int:
        for number, call in enumerate(self._facts.calls):
            if self._written(call.callee) == name:
                if written:
                    return self._linked.content(self._world.call_base[self._unit] + number)
                if not slot:
                    return self._base + call.result
                places = [*(str(n) for n, arg in enumerate(call.args) if arg.slot in ("", "*"))]
                slots = [arg.slot if arg.slot not in ("", "*") else places.pop(0) for arg in call.args]
                return self._base + call.args[slots.index(slot)].node
        raise ValueError(f"`{name}()`: no such call")

    def _written(self, node: int) -> str:
        """The dotted name of a callee, "" for other expressions."""
        record = self._facts.nodes[node]
        if node in self._names:
            return self._names[node]
        if record.kind == Kind.ATTR:
            return f"{self._written(record.base)}.{record.name}"
        return record.name

    def arriving(self, target: int, bit: int, source: int) -> set[int]:
        """The bits at ``source`` from which ``bit`` at ``target`` comes, against the edges that end in the unit."""
        seen = {(target, bit, "")}
        queue = [(target, bit, "")]
        found = set()
        while queue:
            node, current, key = queue.pop()
            if node == source:
                found.add(current)
            for number in self._graph.incoming.get(node, ()):
                before = self._graph.source[number]
                if before != source and not self._inside(before):
                    continue
                for bits, demand in self._graph.step(number, current, key):
                    for state in ((before, each, demand) for each in BITS if each & bits):
                        if state not in seen:
                            seen.add(state)
                            queue.append(state)
        return found

    def _inside(self, node: int) -> bool:
        """Whether a node is the unit's own, or an attribute or global that it may write and read."""
        return self._world.node_unit[node] == self._unit or self._world.nodes[node].kind in (Kind.PUT, Kind.BOUND)
