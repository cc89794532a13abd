"""Which edits mend the findings of one file, and what do those need that cannot be mended?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sst_lint.findings import Edit, Finding, Fix
from sst_lint.fixes import handlers, ordering, protocols, races, updates, values, writing
from sst_lint.fixes.draft import LOGGER, Advice, Change, Draft, Import, Site, marker, overlap
from sst_lint.fixes.imports import Imports
from sst_lint.fixes.logger import known_logger, new_logger
from sst_lint.fixes.tree import Tree

Fixer = Callable[[Site], "Draft | Advice | None"]

FIXERS: dict[str, Fixer] = {
    "SST101": writing.in_place,
    "SST102": protocols.by_hand,
    "SST103": values.sorted_keys,
    "SST104": values.strict_default,
    "SST110": updates.locked,
    "SST111": updates.ineffective,
    "SST112": races.tested,
    "SST201": ordering.unsorted_iteration,
    "SST202": ordering.unsorted_iteration,
    "SST203": ordering.unsorted_iteration,
    "SST204": ordering.completion_order,
    "SST205": ordering.first_match,
    "SST305": values.aware_date,
    "SST307": values.sorted_keys,
    "SST401": handlers.bare,
    "SST402": handlers.silent,
    "SST403": handlers.fail_open,
    "SST404": handlers.fail_open,
    "SST405": handlers.swallowed,
    "SST406": handlers.lost_cause,
}


@dataclass(frozen=True)
class Planned:
    """One finding with what would mend it: ``changes`` in its own code, ``support`` at the imports."""

    finding: Finding
    draft: Draft | None
    changes: tuple[Change, ...] = ()
    support: tuple[Change, ...] = ()
    advice: Advice | None = None

    def fix(self, tree: Tree) -> Fix | None:
        """Return the fix as findings carry it."""
        if self.draft is None:
            return None
        edits = (
            Edit(tree.path, *tree.place(each.start), *tree.place(each.end), each.content)
            for each in joined([*self.support, *self.changes])
        )
        return Fix(self.draft.safety, tuple(edits))


def plan(
    tree: Tree,
    findings: Iterable[Finding],
    helpers: dict[str, Import],
    closed: Sequence[range],
    oldest: tuple[int, int] | None = None,
) -> list[Planned]:
    """Return what would mend each finding of the file; nothing that touches a ``closed`` line (1-based)."""
    imports = Imports(tree)
    planned: list[Planned] = []
    for finding in findings:
        fixer = FIXERS.get(finding.rule)
        made = fixer(Site(tree, finding, helpers, oldest)) if fixer is not None else None
        if not isinstance(made, Draft):
            planned.append(Planned(finding, None, advice=made))
            continue
        if any(_touches(tree, change, closed) for change in made.changes):
            planned.append(Planned(finding, None, advice=Advice("words", "its lines carry a suppression")))
            continue
        settled = _settled(tree, imports, made)
        if settled is None:
            planned.append(Planned(finding, None, advice=Advice("words", "a name that the fix needs is taken")))
            continue
        planned.append(Planned(finding, made, *settled))
    return planned


def _touches(tree: Tree, change: Change, closed: Sequence[range]) -> bool:
    first = tree.place(change.start)[0]
    last = tree.place(change.end)[0]
    if change.start == change.end and change.content.endswith(("\n", "\r")):
        return False  # whole lines before a line change nothing in it
    return any(first < lines.stop and lines.start <= last for lines in closed)


def _settled(tree: Tree, imports: Imports, draft: Draft) -> tuple[tuple[Change, ...], tuple[Change, ...]] | None:
    """Put names in the place of markers; None when one of them cannot be had."""
    use = min(change.start for change in draft.changes)
    support: list[Change] = []
    names: dict[str, str] = {}
    for wanted in draft.imports:
        name = imports.name(wanted, use)
        if name is None:
            return None
        names[marker(wanted)] = name.text
        support += [name.change] if name.change is not None else []
    if draft.logger and any(LOGGER in change.content for change in draft.changes):
        known = known_logger(tree)
        if known is not None:
            names[LOGGER] = known.name
        else:
            made = new_logger(tree, imports, use)
            if made is None:
                return None
            names[LOGGER] = made[0]
            support += made[1]
    changes = tuple(Change(each.start, each.end, _named(each.content, names)) for each in draft.changes)
    return changes, tuple(support)


def _named(content: str, names: dict[str, str]) -> str:
    for mark, name in names.items():
        content = content.replace(mark, name)
    return content


def fitting(planned: Iterable[Planned]) -> list[Planned]:
    """Return those, from the first on, whose changes do not overlap; the others are for the next round."""
    chosen: list[Planned] = []
    support: set[Change] = set()
    for each in planned:
        changes = list(each.changes)
        others = [change for one in chosen for change in one.changes]
        if overlap(changes, others) or overlap(changes, sorted(support)):
            continue
        if overlap(list(each.support), others):
            continue
        chosen.append(each)
        support.update(each.support)
    return chosen


_IMPORT = re.compile(r"(?P<lead>[\r\n]*)(?P<line>(?:from|import) [^\r\n]+)(?P<trail>[\r\n]*)\Z")
_FROM = re.compile(r"from (?P<module>\S+) import (?P<name>\w+)\Z")


def joined(changes: Iterable[Change]) -> list[Change]:
    """Return changes in order, each once; new import lines at one place become one insertion, sorted."""
    by_place: dict[tuple[int, int], list[str]] = {}
    for change in sorted(set(changes)):
        by_place.setdefault((change.start, change.end), []).append(change.content)
    return [Change(*place, _one(contents)) for place, contents in sorted(by_place.items())]


def _one(contents: list[str]) -> str:
    if len(contents) == 1:
        return contents[0]
    lines = [match for match in map(_IMPORT.match, contents) if match is not None]
    rest = "".join(content for content in contents if not _IMPORT.match(content))
    if not lines:
        return rest
    lead = max((match["lead"] for match in lines), key=len)
    trail = max((match["trail"] for match in lines), key=len)
    newline = "\r\n" if "\r\n" in lead + trail else "\n"
    by_module: dict[str, list[str]] = {}
    plain: list[str] = []
    for match in lines:
        part = _FROM.match(match["line"])
        if part is None:
            plain.append(match["line"])
        else:
            by_module.setdefault(part["module"], []).append(part["name"])
    joined_ones = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(by_module.items())]
    return lead + newline.join([*sorted(plain), *joined_ones]) + trail + rest


def applied(text: str, changes: Iterable[Change]) -> str:
    """Return the text with the changes made."""
    parts: list[str] = []
    at = 0
    for change in joined(changes):
        parts += [text[at : change.start], change.content]
        at = change.end
    return "".join([*parts, text[at:]])
