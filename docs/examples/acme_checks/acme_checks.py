"""Who may write an artifact? At Acme only `publishing.py`, where every artifact gets its manifest entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint import Defect, OwnCheck, Rule

if TYPE_CHECKING:
    from sst_lint.flow import Project

RULE = Rule(
    code="ACME001",
    name="artifact-outside-publishing",
    status="stable",
    default=True,
    family="writes",
    rows=(),
    summary="An artifact is written outside `publishing.py`.",
    what="A write of an artifact in any other module: it has no entry in the manifest, so nobody will find it.",
    when_to_suppress="Never in production code; tests are not looked at.",
)


def outside_publishing(project: Project) -> Iterator[Defect]:
    """Yield every write of an artifact in a module that is not called ``publishing``."""
    for write in project.writes():
        node = write.site.ports["return"]
        where = project.trace.location(node)
        if write.kind.kind != "artifact" or where.path.endswith("publishing.py") or project.is_test(where.path):
            continue
        yield Defect(
            rule=RULE.code,
            location=where,
            statement_line=project.trace.statement_line(node),
            snippet="",  # taken from the source
            message=f"an artifact is written here{write.shown}, and not by `publishing.py`; call `publish(...)`",
            severity="error",
            confidence="high" if write.kind.literal else "medium",
        )


CHECKS = [OwnCheck(RULE, outside_publishing)]
