"""Which checks does a team bring itself? Those that installed packages declare in the group ``sst_lint.checks``.

    [project.entry-points."sst_lint.checks"]
    acme = "acme_checks:CHECKS"

The name leads to one ``OwnCheck`` or to several. One that cannot be used stops the run: never fewer rules in silence.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sst_lint.catalogue import Rule, load_rules

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from sst_lint.checks.defect import Defect
    from sst_lint.flow import Project

GROUP = "sst_lint.checks"

_CODE = re.compile(r"(?!SST)[A-Z]{2,8}\d{1,4}\Z")
_NAME = re.compile(r"[a-z]+(-[a-z]+)*\Z")


class OwnCheckError(Exception):
    """A team's own check cannot be used; the message is one line that names it."""


@dataclass(frozen=True)
class OwnCheck:
    """A rule of a team's own, and the function that finds its defects in the linked project."""

    rule: Rule
    check: Callable[[Project], Iterable[Defect]]


def own_checks() -> tuple[OwnCheck, ...]:
    """Return the checks that installed packages declare, by code. Raises ``OwnCheckError``."""
    if not _may_be_declared():
        return ()
    from importlib.metadata import entry_points

    found: list[tuple[OwnCheck, str]] = []
    for entry in sorted(set(entry_points(group=GROUP)), key=lambda each: (each.name, each.value)):
        where = f"own checks `{entry.name}` ({entry.value})"
        found += [(each, where) for each in _loaded(entry, where)]
    owners = {rule.name: "a built-in rule" for rule in load_rules()} if found else {}
    for each, where in found:
        for word in (each.rule.code, each.rule.name):
            if word in owners:
                raise OwnCheckError(f"{where}: `{word}` is taken by {owners[word]}")
            owners[word] = where
    return tuple(sorted((each for each, _ in found), key=lambda each: each.rule.code))


def _may_be_declared() -> bool:
    """Whether any installed package names our group: a look that takes a tenth of what asking for entry points does."""
    wanted = GROUP.encode()
    for entry in sys.path:
        place = entry or "."
        try:
            names = os.listdir(place)  # noqa: PTH208 -- a path object for each would take longer than the rest
        except NotADirectoryError:  # an archive: only the import system knows what is in it
            return True
        except OSError:
            continue
        for name in sorted(names):
            if name.endswith((".egg", ".zip")):
                return True
            if name.endswith((".dist-info", ".egg-info")):
                try:
                    with open(os.path.join(place, name, "entry_points.txt"), "rb") as stream:  # noqa: PTH118, PTH123
                        if wanted in stream.read():
                            return True
                except OSError:
                    continue
    return False


def _loaded(entry: EntryPoint, where: str) -> Sequence[OwnCheck]:
    try:
        value = entry.load()
    except (Exception, SystemExit) as error:
        raise OwnCheckError(f"{where}: cannot be imported: {type(error).__name__}: {error}") from error
    checks = (value,) if isinstance(value, OwnCheck) else value
    if not isinstance(checks, (list, tuple)) or not all(isinstance(each, OwnCheck) for each in checks):
        raise OwnCheckError(f"{where}: is no `OwnCheck` and no list of them")
    for each in checks:
        if not _CODE.match(each.rule.code):
            raise OwnCheckError(
                f"{where}: the code `{each.rule.code}` is not capital letters other than SST, then digits, like ACME01"
            )
        if not _NAME.match(each.rule.name):
            raise OwnCheckError(f"{where}: the name `{each.rule.name}` is not lower-case words joined by hyphens")
    return checks


def run_own(own: Iterable[OwnCheck], project: Project) -> list[Defect]:
    """Return what the team's checks find. Raises ``OwnCheckError`` when one fails, or reports another's rule."""
    from sst_lint.checks.defect import Defect

    defects: list[Defect] = []
    for each in own:
        try:
            found = list(each.check(project))
        except (Exception, SystemExit) as error:
            raise OwnCheckError(f"own check {each.rule.code}: failed: {type(error).__name__}: {error}") from error
        for defect in found:
            if not isinstance(defect, Defect) or defect.rule != each.rule.code:
                raise OwnCheckError(f"own check {each.rule.code}: yielded {defect!r:.80}, which is no defect of it")
        defects += found
    return sorted(dict.fromkeys(defects), key=lambda each: (each.location, each.rule, each.message))
