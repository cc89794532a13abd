"""What do the rooms of the engine hand to each other? Options, and a project before, while and after it is judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sst_lint.source.records import Source, Unreadable

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sst_lint.catalogue import Rule
    from sst_lint.checks.own import OwnCheck
    from sst_lint.config import Config
    from sst_lint.facts.files import Failure
    from sst_lint.facts.store import Memory
    from sst_lint.findings import Collected, Finding, Policy
    from sst_lint.flow import FileFacts, Project


#: A stage of the run, how many files of it are done, and of how many (0: unknown).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Options:
    """What a face may say beside the paths. ``overrides``: configuration fields that win over files."""

    config: Path | None = None
    isolated: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)
    baseline: Path | None = None  #: in place of the configured one
    no_baseline: bool = False  #: every finding counts
    since: str | None = None  #: a revision: only findings that touch lines changed since
    texts: Mapping[str, str] = field(default_factory=dict)  #: in place of files (relative to the root): not written yet
    fixes: bool = False  #: tell with each finding what would mend it
    jobs: int = 1  #: processes that read files; 0: as many as there are cores
    executor: Executor | None = None  #: reads files in place of processes of our own
    cache: bool = False  #: remember in ``.sst_cache`` what need not be found out again
    store: Memory | None = None  #: remembers in place of that
    progress: Progress | None = None  #: is told of the way of a run


#: What ``check`` takes as configuration: all options, a file, or keys by name (``{"min-confidence": "high"}``).
Configuration = Options | os.PathLike[str] | str | Mapping[str, Any] | None


@dataclass(frozen=True)
class Listed:
    """The files of one project by name, and which of them were asked for."""

    files: tuple[str, ...]  #: sorted
    unreadable: tuple[Unreadable, ...]  #: directories and links that could not be followed
    asked: frozenset[str] | None  #: None: all
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """The files of one project: what could be read, what could not, and the facts of what could."""

    sources: tuple[Source, ...]
    facts: tuple[FileFacts, ...]
    unreadable: tuple[Unreadable, ...]
    failed: tuple[Unreadable, ...]  #: units that were not understood
    problems: tuple[str, ...]  #: failures of the tool itself

    @property
    def unread(self) -> tuple[Unreadable, ...]:
        """Files that were not, or not fully, understood."""
        return (*self.unreadable, *self.failed)


@dataclass(frozen=True)
class Prepared:
    """One project before anything of it is read."""

    root: Path
    config: Config
    rules: tuple[Rule, ...]  #: built-in ones, then a team's own
    own: tuple[OwnCheck, ...]
    policy: Policy
    options: Options


@dataclass(frozen=True)
class Judged:
    """What was found in one project, before any filter by path, baseline or revision."""

    found: Collected
    listed: Listed
    unread: frozenset[str]  #: files that were not, or not fully, understood
    policy: Policy
    problems: tuple[str, ...]
    unknown_names: tuple[str, ...]  #: in the configuration, which mean nothing in the project; as messages
    notes: tuple[str, ...]  #: about the store
    texts: Mapping[str, str]  #: of the files with findings, at least
    places: Mapping[str, frozenset[str]]  #: each file that was read, with the functions in it
    encodings: Mapping[str, str]  #: of those files
    key: bytes = b""  #: under which the store knows the run, if it does


@dataclass(frozen=True)
class Examined:
    """One project for questions: its graph, and every finding with what keeps it from being shown ("" for nothing)."""

    project: Project
    read: Read
    findings: tuple[tuple[Finding, str], ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    unread: tuple[Unreadable, ...]  #: files that were not, or not fully, understood
    policy: Policy


@dataclass(frozen=True)
class Surveyed:
    """One project that was read, and neither linked nor judged."""

    root: Path
    read: Read
    policy: Policy


@dataclass
class Failures:
    """Places where the tool itself failed: reported like an unreadable file, and the run ends with exit code 2."""

    files: list[Unreadable] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, path: str, failures: Iterable[Failure]) -> None:
        """Note what failed in the file at ``path``."""
        for line, message, internal in failures:
            self.files.append(Unreadable(path, line, 1, message))
            if internal:
                self.problems.append(f"{path}:{line}: {message}")
