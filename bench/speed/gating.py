"""Would it pay to parse only the functions that can matter, as other tools do by a search for names?

A unit may stay unparsed only when no flow that is tracked can enter it. What a sound gate could know before parsing are
names, so this counts, with ``ast`` alone, which lines stand in functions that it would leave out:

- seeds: functions that hold a handler, a set, or the name of a call to which a model gives an effect (a source, a
  write, a digest, a lock ...);
- closure, until nothing is added: what a parsed function calls, by last name (a value flows in), who calls a parsed
  function by its name (a value flows out), the methods of a class that a parsed function names, with its bases and what
  derives from it, who reads an attribute that a parsed function writes, and what a parsed function overrides;
- module and class bodies are always parsed.

Names that no file defines lead nowhere. Two counts beside it are unsound, and show what a gate could win at most:
``calls`` follows nothing but calls, in both directions (no classes, attributes, properties, callbacks); ``callees``
follows them from caller to callee alone, so what a function returns is missed.

    python bench/speed/gating.py PATH...
"""

from __future__ import annotations

import argparse
import ast
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from sst_lint.catalogue import load_models
from sst_lint.catalogue.model import Model

#: What a model may say of a call that makes no function a seed: it neither begins nor ends what is tracked.
_NO_EFFECT = {
    "name", "library", "example", "params", "keywords", "method", "unknown_receiver", "flows", "returns", "elements",
    "digest_how", "callback", "format", "default_param", "sort_param", "zone_param", "nan_param", "shows", "raises",
}  # fmt: skip
_SETS = (ast.Set, ast.SetComp)


@dataclass(frozen=True)
class Unit:
    """One function outside functions, or one method, as a gate would see it."""

    name: str
    owner: str  #: its class, "" outside of classes
    lines: int
    seed: bool
    mentions: frozenset[str]  #: names and attributes that it reads
    calls: frozenset[str]  #: last names of what it calls
    writes: frozenset[str]  #: attributes that it assigns


@dataclass(frozen=True)
class Share:
    """How many lines a gate would leave out."""

    lines: int
    functions: int  #: lines in functions
    seeds: int  #: lines in functions that hold a site
    parsed: int  #: lines in functions of the closure
    calls: int  #: the same, following calls alone
    callees: int  #: the same, following calls in one direction alone

    def left_out(self, parsed: int) -> float:
        """The share of all lines that are not parsed."""
        return (self.functions - parsed) / max(self.lines, 1)


@cache
def seed_names() -> frozenset[str]:
    """Last names of all calls to which a model gives an effect."""
    said = [field.name for field in fields(Model) if field.name not in _NO_EFFECT]
    names = {
        call.name.rpartition(".")[2]
        for library in load_models()
        for call in library.calls
        if any(getattr(call, name) for name in said)
    }
    return frozenset({*names, "suppress", "set", "frozenset"})


def measure(paths: Iterable[Path]) -> Share:
    """What a gate would leave out of a project."""
    units: list[Unit] = []
    bases: dict[str, set[str]] = {}
    total = 0
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        total += text.count("\n")
        units += _units(tree.body, "", bases)
    functions = sum(unit.lines for unit in units)
    seeds = sum(unit.lines for unit in units if unit.seed)
    gate = _Gate(units, bases)
    return Share(total, functions, seeds, gate.parsed(), gate.parsed(only_calls=True), gate.parsed(only_callees=True))


def _units(body: Sequence[ast.stmt], owner: str, bases: dict[str, set[str]]) -> Iterator[Unit]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield _unit(node, owner)
        elif isinstance(node, ast.ClassDef):
            found = bases.setdefault(node.name, set())
            found.update(name for base in node.bases for name in _last(base))
            yield from _units(node.body, node.name, bases)
        else:
            inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
            yield from _units(inner, owner, bases)


def _unit(node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str) -> Unit:
    mentions: set[str] = set()
    calls: set[str] = set()
    writes: set[str] = set()
    seed = False
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            calls.update(_last(part.func))
        elif isinstance(part, (ast.Name, ast.Attribute)):
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
                writes.add(part.attr)
            else:
                mentions.update(_last(part))
        elif isinstance(part, (ast.ExceptHandler, *_SETS)):
            seed = True
    seed = seed or not seed_names().isdisjoint(mentions | calls)
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    return Unit(node.name, owner, lines, seed, frozenset(mentions), frozenset(calls), frozenset(writes))


def _last(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    return (node.attr,) if isinstance(node, ast.Attribute) else ()


class _Gate:
    """Which units are parsed in the end, by names."""

    def __init__(self, units: Sequence[Unit], bases: dict[str, set[str]]) -> None:
        numbered = list(enumerate(units))
        self._units = units
        self._named = _index((unit.name, number) for number, unit in numbered)
        self._callers = _index((name, number) for number, unit in numbered for name in unit.calls)
        self._readers = _index((name, number) for number, unit in numbered for name in unit.mentions)
        self._methods = _index((unit.owner, number) for number, unit in numbered if unit.owner)
        self._families = _families(bases)

    def parsed(self, *, only_calls: bool = False, only_callees: bool = False) -> int:
        """The lines of the units that are parsed."""
        pending = [number for number, unit in enumerate(self._units) if unit.seed]
        found: set[int] = set()
        while pending:
            number = pending.pop()
            if number in found:
                continue
            found.add(number)
            unit = self._units[number]
            pending += self._all(self._named, unit.calls)
            if not only_callees:
                pending += self._all(self._callers, (unit.name,))
            if not (only_calls or only_callees):
                pending += self._around(unit)
        return sum(self._units[number].lines for number in found)

    def _around(self, unit: Unit) -> list[int]:
        """Whom a value may reach otherwise than by a call that looks like one."""
        relatives = {
            relative
            for owner in {unit.owner, *unit.mentions} & self._families.keys()
            for relative in self._families[owner]
        }
        return [
            *self._all(self._named, unit.mentions),  # a property, a callback
            *self._all(self._readers, unit.writes),
            *self._all(self._methods, relatives),
        ]

    def _all(self, index: dict[str, list[int]], names: Iterable[str]) -> list[int]:
        return [number for name in names for number in index.get(name, ())]


def _index(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for name, number in pairs:
        found.setdefault(name, []).append(number)
    return found


def _families(bases: dict[str, set[str]]) -> dict[str, set[str]]:
    """Each class with all that it inherits from or that inherits from it, by name."""
    near: dict[str, set[str]] = {name: {name} for name in bases}
    for name, above in bases.items():
        for base in above & bases.keys():
            near[name].add(base)
            near[base].add(name)
    return near


def main() -> None:
    """Print one row of a table for each path."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--top-level", action="store_true", help="only the files right below each path")
    options = parser.parse_args()
    print("| project | lines | in functions | hold a site | left out | calls alone | callees alone |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for path in options.paths:
        share = measure(sorted(path.glob("*.py") if options.top_level else path.rglob("*.py")))
        print(
            f"| {path.name} | {share.lines:,} | {share.functions / max(share.lines, 1):.0%} "
            f"| {share.seeds / max(share.lines, 1):.0%} | {share.left_out(share.parsed):.0%} "
            f"| {share.left_out(share.calls):.0%} | {share.left_out(share.callees):.0%} |"
        )


if __name__ == "__main__":
    main()
