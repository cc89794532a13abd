"""What do the rooms of the engine hand to each other? Options, and a project before, while and after it is judged."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sst_lint.source.records import Source, Unit, Unreadable

if TYPE_CHECKING:
    from sst_lint.catalogue import Rule
    from sst_lint.checks.own import OwnCheck
    from sst_lint.config import Config
    from sst_lint.findings import Collected, Finding, Policy
    from sst_lint.flow import Project


@dataclass(frozen=True)
class Options:
    """What a face may say beside the paths. ``overrides``: configuration fields that win over files."""

    config: Path | None = None
    isolated: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)
    jobs: int = 0
    baseline: Path | None = None  #: in place of the configured one
    no_baseline: bool = False  #: every finding counts
    since: str | None = None  #: a revision: only findings that touch lines changed since
    texts: Mapping[str, str] = field(default_factory=dict)  #: in place of files (relative to the root): not written yet
    facts: dict[Unit, Any] | None = None  #: remembers the facts of units between runs
    fixes: bool = False  #: tell with each finding what would mend it


#: What ``check`` takes as configuration: all options, a file, or keys by name (``{"min-confidence": "high"}``).
Configuration = Options | os.PathLike[str] | str | Mapping[str, Any] | None


@dataclass(frozen=True)
class Read:
    """The files of one project: what could be read, what could not, and which of them were asked for."""

    sources: tuple[Source, ...]
    unreadable: tuple[Unreadable, ...]
    asked: frozenset[str] | None  #: None: all
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """One project before anything of it is read."""

    root: Path
    config: Config
    rules: tuple[Rule, ...]  #: built-in ones, then a team's own
    own: tuple[OwnCheck, ...]
    policy: Policy
    texts: Mapping[str, str] = field(default_factory=dict)  #: as in the options
    facts: dict[Unit, Any] | None = None


@dataclass(frozen=True)
class Judged:
    """What was found in one project, before any filter by path, baseline or revision."""

    found: Collected
    read: Read
    unread: frozenset[str]  #: files that were not, or not fully, understood
    policy: Policy
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()  #: names in the configuration that mean nothing in the project


@dataclass(frozen=True)
class Examined:
    """One project for questions: its graph, and every finding with what keeps it from being shown ("" for nothing)."""

    project: Project
    read: Read
    findings: tuple[tuple[Finding, str], ...]
    problems: tuple[str, ...]
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
