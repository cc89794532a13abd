"""Which code is on trial: the runtime, a copy of it, a mutant, or a protocol that is known to be broken?"""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
#: what the short and the long form run where a subject says nothing else
EVERYTHING = frozenset(("write", "exclusive", "batch", "parents", "upsert", "prune", "latest", "side"))

_TEMP = re.compile(r"\.sst-[0-9a-f]{16}\.tmp.*|.*\.tmp", re.DOTALL)


def is_temp(name: str) -> bool:
    """The harness's own idea of a temp name: what a crash may leave behind. Looser, for the broken protocols."""
    return _TEMP.fullmatch(name) is not None


@dataclass
class Subject:
    """Something with the runtime's interface. `directory`, `module`, `member` lead another process to the same code."""

    name: str
    api: Any
    seam: Any
    directory: Path = ROOT
    module: str = "sst_lint.runtime"
    member: str = ""
    kinds: frozenset[str] = field(default=EVERYTHING)

    @contextlib.contextmanager
    def on(self, system: Any) -> Iterator[Any]:
        """Let `system` answer every system call until the block ends."""
        with self.seam.use_system(system):
            yield system

    def spec(self) -> dict[str, str]:
        """How `worker.py` finds this subject."""
        return {"directory": str(self.directory), "module": self.module, "member": self.member}


def runtime() -> Subject:
    """The runtime of this checkout."""
    return _subject("runtime", ROOT, "sst_lint.runtime")


def copied(directory: Path, package: str) -> Subject:
    """The package `directory/package`, which must have a name that nothing else has."""
    sys.path.insert(0, str(directory))
    try:
        return _subject(package, directory, package)
    finally:
        sys.path.remove(str(directory))


def _subject(name: str, directory: Path, package: str) -> Subject:
    importlib.invalidate_caches()
    module = importlib.import_module(package)
    return Subject(name, module, importlib.import_module(f"{package}._system"), directory, package)


@dataclass
class Figures:
    """What a layer tried and found. `counts` go into the report; a harness that cannot fail has nothing in `fired`."""

    layer: str
    cases: int = 0
    violations: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def bump(self, name: str, by: int = 1) -> None:
        """Count something by name."""
        self.counts[name] = self.counts.get(name, 0) + by

    def add(self, other: Figures) -> None:
        """Take over what another run of the same layer saw."""
        self.cases += other.cases
        self.violations += other.violations
        self.skipped += other.skipped
        for name, count in other.counts.items():
            self.bump(name, count)
