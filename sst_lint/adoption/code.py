"""What does the code do already: which functions write whole files or none, which list in order, who logs?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.world import Function

#: steps without which a file is torn all the same
_NEEDED = frozenset({"temporary", "same-directory", "replace"})
_LOGGERS = ("structlog", "loguru", "logging")
_FIRST = ("path", "file", "filename", "target", "dest", "destination", "filepath", "file_path")
_SECOND = {"text": "write_atomic_text", "data": "write_atomic_bytes", "blob": "write_atomic_bytes"}


@dataclass(frozen=True)
class Writer:
    """A function that writes a file whole or not at all. ``helper``: the runtime helper that it can be, or ""."""

    path: str
    line: int
    name: str
    parameters: tuple[str, ...]
    missing: tuple[str, ...]  #: steps of the protocol
    helper: str

    @property
    def dotted(self) -> str:
        """The function as configuration names it: ``acme.io.files:save(path, text)``."""
        module = self.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return f"{module}:{self.name}({', '.join(self.parameters)})"


@dataclass(frozen=True)
class Habits:
    """What the code does already."""

    writers: tuple[Writer, ...]
    listers: tuple[str, ...]  #: functions that list a directory in order: ``path:line name``
    loggers: tuple[tuple[str, int], ...]  #: modules that log, by library


def habits(project: Project) -> Habits:
    """Return what the linked project shows."""
    return Habits(_writers(project), _listers(project), _loggers(project))


def _writers(project: Project) -> tuple[Writer, ...]:
    """The functions in which a temporary file takes its final name, whose final path is given to them."""
    found: dict[tuple[str, int], Writer] = {}
    world = project.world
    for protocol in project.protocols():
        if not protocol.seen or not set(protocol.steps) >= _NEEDED or protocol.way != "replace":
            continue
        unit = world.call_unit[protocol.move.call]
        path = world.path_of_unit(unit)
        function = world.functions.get(world.scope_base[unit])
        if function is None or project.is_test(path):
            continue
        line = world.units[unit][1].first_line
        parameters = tuple(world.nodes[node].name for node in function.params)
        helper = _helper(function, parameters) if not set(protocol.missing) & {"fsync", "flush"} else ""
        found.setdefault(
            (path, line), Writer(path, line, function.qualname, parameters, tuple(protocol.missing), helper)
        )
    return tuple(found[key] for key in sorted(found))


def _helper(function: Function, parameters: tuple[str, ...]) -> str:
    """The runtime helper whose place a public function may take: by the parameters that it needs."""
    public = not any(part.startswith("_") for part in function.qualname.split(".")) and "." not in function.qualname
    if not public or len(parameters) < 2 or parameters[0].lstrip("*") not in _FIRST:
        return ""
    return _SECOND.get(parameters[1], "")


def _listers(project: Project) -> tuple[str, ...]:
    """Functions named for it that both list and sort."""
    world = project.world
    lists: dict[int, bool] = {}
    for site in project.sites():
        unit = world.call_unit[site.call]
        if any(source.kind == "listing" for source in site.model.sources):
            lists[unit] = True
    found = []
    for unit in sorted(lists):
        record, path = world.units[unit][1], world.path_of_unit(unit)
        if record.kind == "function" and "sort" in record.qualname.lower() and not project.is_test(path):
            found.append((path, record.first_line, record.qualname))
    return tuple(f"{path}:{line} {name}" for path, line, name in sorted(found))


def _loggers(project: Project) -> tuple[tuple[str, int], ...]:
    """How many modules import which library for logging."""
    counts: Counter[str] = Counter()
    for _, unit, facts in project.world.units:
        if unit.kind == "module":
            modules = {each.module.partition(".")[0] for each in facts.imports if not each.level}
            counts.update(name for name in _LOGGERS if name in modules)
    return tuple((name, counts[name]) for name in _LOGGERS if counts[name])
