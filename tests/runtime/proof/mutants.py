"""Is each step of the protocol needed? Copies of the runtime with one step removed, weakened or moved.

mutants.toml lists them. Every one must be killed by the short suite. An edit whose text is not found exactly once
raises: when the runtime changes, its mutants change with it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import tomli

from .subject import ROOT

SOURCE = ROOT / "sst_lint" / "runtime"


@dataclass(frozen=True)
class Mutant:
    """`edits` are (file, old text, new text); `layer` is the one tried first, because it should kill it."""

    name: str
    layer: str
    edits: tuple[tuple[str, str, str], ...]

    def write(self, directory: Path, package: str) -> None:
        """Put the mutant's source into `directory/package`."""
        shutil.copytree(SOURCE, directory / package, ignore=shutil.ignore_patterns("__pycache__"))
        for file, old, new in self.edits:
            path = directory / package / f"{file}.py"
            text = path.read_text(encoding="utf-8")
            if text.count(old) != 1:
                raise LookupError(
                    f"mutant {self.name!r}: its text stands {text.count(old)} times in {file}.py: {old!r}"
                )
            path.write_text(text.replace(old, new), encoding="utf-8")


def load_mutants() -> tuple[Mutant, ...]:
    """All mutants of mutants.toml."""
    text = Path(__file__).with_name("mutants.toml").read_text(encoding="utf-8")
    rows = tomli.loads(text)["mutant"]
    return tuple(Mutant(row["name"], row["layer"], tuple(map(tuple, row["edits"]))) for row in rows)
