"""What is a fix before it is applied? Replacements in one text, the imports that they need, and how safe they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sst_lint.findings import Finding
from sst_lint.fixes.tree import Tree

#: what stands in a change for the module's logger until it is settled
LOGGER = "\0logger\0"

Safety = Literal["safe", "unsafe", "suggested"]


@dataclass(frozen=True, order=True)
class Change:
    """Replace the text from ``start`` to ``end`` (offsets)."""

    start: int
    end: int
    content: str


@dataclass(frozen=True, order=True)
class Import:
    """A name that the changed code needs: ``from module import name``, or ``import module`` for an empty name."""

    module: str
    name: str


@dataclass(frozen=True)
class Draft:
    """What would mend one finding. Names of ``imports`` stand in ``changes`` as :func:`marker` writes them."""

    safety: Safety
    changes: tuple[Change, ...]
    imports: tuple[Import, ...] = ()
    logger: bool = False  #: the changes use the module's logger, which is made where there is none


@dataclass(frozen=True)
class Advice:
    """Why there is no fix, where a person can do something about it."""

    kind: Literal["helpers", "words"]
    text: str


@dataclass(frozen=True)
class Site:
    """A finding in the tree of its file, with what the project says about helpers."""

    tree: Tree
    finding: Finding
    helpers: dict[str, Import] = field(default_factory=dict)  #: runtime name -> where the project has it
    oldest: tuple[int, int] | None = None  #: the oldest Python that the program runs on, if it says so

    def runs_before(self, major: int, minor: int) -> bool:
        """Whether the program says that it runs on a Python older than this one."""
        return self.oldest is not None and self.oldest < (major, minor)


def helper_of(site: Site, name: str) -> Import | Advice:
    """Return where the project has a helper, or the advice to get it."""
    return site.helpers.get(name) or Advice("helpers", f"needs the helper `{name}`")


def marker(wanted: Import) -> str:
    """Return what stands in a change for an imported name until the file's imports are settled."""
    return f"\0{wanted.module}:{wanted.name}\0"


def insertions(*pieces: tuple[int, str]) -> tuple[Change, ...]:
    """Return changes that only insert."""
    return tuple(Change(at, at, content) for at, content in pieces)


def overlap(left: Sequence[Change], right: Sequence[Change]) -> bool:
    """Whether two lists of changes cannot both be made: they share text, or a place at which both insert."""
    return any((a.start < b.end and b.start < a.end) or a.start == b.start for a in left for b in right)
