"""Which rows has a matrix? Those of its sites, and one for each finding of its family that stands at no site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sst_lint.matrices import exceptions, order, writes
from sst_lint.matrices.rows import OTHER, Draft, Layout, Matrix, numbered
from sst_lint.matrices.verdicts import Judged, Verdicts

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.source.records import Unreadable

#: matrix -> (layout, family of rules, what makes its rows)
_MATRICES: dict[str, tuple[Layout, str, Callable[[Project, Verdicts], Iterator[Draft]]]] = {
    "writes": (writes.LAYOUT, "SST1", writes.drafts),
    "exceptions": (exceptions.LAYOUT, "SST4", exceptions.drafts),
    "order": (order.LAYOUT, "SST2", order.drafts),
}
LAYOUTS: dict[str, Layout] = {name: layout for name, (layout, _, _) in _MATRICES.items()}


def build(
    name: str,
    project: Project,
    findings: Sequence[Judged],
    texts: Mapping[str, str],
    unread: Iterable[Unreadable] = (),
) -> Matrix:
    """Return the matrix ``name`` (writes, exceptions, order) of a linked project.

    ``findings``: all of the project, each with what keeps it from being shown. ``texts``: the source of each file.
    """
    layout, family, make = _MATRICES[name]
    verdicts = Verdicts(findings, family)
    drafts = list(make(project, verdicts))
    for where in verdicts.rest():  # what is removed, made or handed over stands at no site
        cells = dict.fromkeys(layout.columns, "") | {layout.kind: OTHER}
        drafts.append(Draft(where, cells, verdicts.take(where, "")))
    problems = sorted({(each.path, each.message) for each in unread})
    return Matrix(layout, numbered(drafts, texts), tuple(problems), len(texts))
