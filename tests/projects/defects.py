"""What does a project's hand-written list say: which defects must be found where, and what must be left alone?

``expected()`` and ``lookalikes()`` give the entries of ``DEFECTS.toml`` with their lines looked up in the source: a
comparison with findings is then one of path, line and rule.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import tomli

PROJECTS = Path(__file__).resolve().parents[2] / "fixtures" / "projects"
LEGACY_PIPELINE = PROJECTS / "legacy_pipeline"

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_Scope = (*_Function, ast.ClassDef)


class MalformedList(Exception):
    """An entry that names no file, no unit or not exactly one line."""


@dataclass(frozen=True, order=True)
class Place:
    """One line of a project's file."""

    path: str  #: relative to the project, POSIX
    line: int  #: 1-based
    function: str  #: qualified name of the unit


@dataclass(frozen=True)
class ExpectedDefect:
    """One ``[[defect]]``."""

    id: str
    row: str  #: key in REQUIREMENTS
    rule: str  #: the strongest rule that sees it
    also: tuple[str, ...]  #: weaker rules that see the same site
    place: Place  #: where the finding stands
    alternatives: tuple[Place, ...]  #: where it may stand as well
    snippet: str
    sink: str
    why: str
    confidence: Literal["low", "default"]  #: "low": not shown at the default ``--min-confidence``
    issue: int  #: 2, 3 or 5; 0 for opt-in rules
    todo: str = ""  #: why it is not found yet; "" when it must be

    def matches(self, path: str, line: int, rule: str) -> bool:
        """Whether a finding of ``rule`` at this line is this defect."""
        return rule == self.rule and self._stands_at(path, line)

    def tolerates(self, path: str, line: int, rule: str) -> bool:
        """Whether a finding of ``rule`` at this line is this defect, as this or another rule sees it."""
        return rule in (self.rule, *self.also) and self._stands_at(path, line)

    def _stands_at(self, path: str, line: int) -> bool:
        return any((place.path, place.line) == (path, line) for place in (self.place, *self.alternatives))


@dataclass(frozen=True)
class Lookalike:
    """One ``[[lookalike]]``: none of ``rules`` may be reported on its line."""

    id: str
    row: str  #: "" where another entry covers the row
    rules: tuple[str, ...]
    place: Place
    snippet: str
    why: str

    def forbids(self, path: str, line: int, rule: str) -> bool:
        """Whether a finding of ``rule`` at this line is wrong."""
        return rule in self.rules and (self.place.path, self.place.line) == (path, line)


def expected(project: Path = LEGACY_PIPELINE) -> tuple[ExpectedDefect, ...]:
    """The defects of a project, in the order of the list."""
    return tuple(_defect(project, entry) for entry in load(project)["defect"])


def lookalikes(project: Path = LEGACY_PIPELINE) -> tuple[Lookalike, ...]:
    """The harmless places of a project, in the order of the list."""
    return tuple(
        Lookalike(
            id=entry["id"],
            row=entry.get("row", ""),
            rules=tuple(entry["rules"]),
            place=locate(project, entry["path"], entry["function"], entry["snippet"]),
            snippet=entry["snippet"],
            why=entry["why"],
        )
        for entry in load(project)["lookalike"]
    )


def load(project: Path = LEGACY_PIPELINE) -> dict[str, Any]:
    """The list as it stands in the file."""
    return tomli.loads((project / "DEFECTS.toml").read_text(encoding="utf-8"))


def locate(project: Path, path: str, function: str, snippet: str) -> Place:
    """The one line of the unit that holds ``snippet``."""
    units = unit_lines(project / path)
    if function not in units:
        raise MalformedList(f"{path}: no unit {function!r}")
    lines = [number for number, text in units[function] if snippet in text]
    count = sum(text.count(snippet) for _, text in units[function])
    if count != 1:
        raise MalformedList(f"{path}:{function}: {count} times {snippet!r}")
    return Place(path, lines[0], function)


@cache
def unit_lines(file: Path) -> dict[str, list[tuple[int, str]]]:
    """Numbered lines of each unit of a file; those of a unit inside belong to that unit alone."""
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    units: dict[str, list[tuple[int, str]]] = {}
    inner: set[int] = set()
    for name, numbers in _units(ast.parse(text)):
        units.setdefault(name, []).extend((number, lines[number - 1]) for number in numbers)
        inner.update(numbers)
    units["<module>"] = [(number, line) for number, line in enumerate(lines, start=1) if number not in inner]
    return units


def _units(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, list[int]]]:
    """Name and line numbers of the functions and class bodies below ``node``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Scope):
            numbers = _span(child)
            if isinstance(child, ast.ClassDef):
                below = {number for _, inside in _units(child) for number in inside}
                yield from _units(child, f"{prefix}{child.name}.")
                numbers = [number for number in numbers if number not in below]
            yield f"{prefix}{child.name}", numbers
        elif not isinstance(child, ast.expr):
            yield from _units(child, prefix)


def _span(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[int]:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return list(range(first, (node.end_lineno or node.lineno) + 1))


def _defect(project: Path, entry: dict[str, Any]) -> ExpectedDefect:
    path, function = entry["path"], entry["function"]
    return ExpectedDefect(
        id=entry["id"],
        row=entry["row"],
        rule=entry["rule"],
        also=tuple(entry.get("also", ())),
        place=locate(project, path, function, entry["snippet"]),
        alternatives=tuple(_alternative(project, path, function, text) for text in entry.get("alt", ())),
        snippet=entry["snippet"],
        sink=entry["sink"],
        why=entry["why"],
        confidence="low" if entry.get("confidence") == "low" else "default",
        issue=entry["issue"],
        todo=entry.get("todo", ""),
    )


def _alternative(project: Path, path: str, function: str, text: str) -> Place:
    """``text`` is a snippet of the same unit, or ``path::function::snippet``."""
    parts = text.split("::", 2)
    if len(parts) == 3:
        path, function, text = parts
    return locate(project, path, function, text)
