"""Which serializations lose what they were given?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import BY_FIELDS, GUESSED, HIGH, LONG_WAY, MEDIUM, OF_A_TEST, low
from sst_lint.checks.certainty import FAR, is_far
from sst_lint.checks.defect import Defect
from sst_lint.flow.trace import length

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.permanence import Leak
    from sst_lint.flow.serializers import Lossy

#: A text is believed to be kept so many steps from where it was made.
_NEAR = 8


def lossy(project: Project) -> Iterator[Defect]:
    """SST104: `default=str` and its like, NaN in JSON, where the result is kept."""
    for found in project.serializers.lossy:
        api = found.site.model.name
        yield _defect(
            project,
            found,
            f"`{api}` turns whatever it does not know into text with `{found.fallback}`, {_consequence(found.leak)}: "
            "different data can look the same, and nothing fails; convert the types that you expect by name",
            found.leak.path,
            f"rendered with the fallback `{found.fallback}`",
            found.leak.sink.what,
        )
    for found in project.serializers.not_numbers:
        yield _defect(
            project,
            found,
            f"NaN or infinity gets into `{found.site.model.name}`, {_consequence(found.leak)}: that is no JSON, and "
            "other readers refuse it; pass `allow_nan=False` and decide what stands for it",
            found.source,
            "NaN or infinity is made here",
            f"`{found.site.model.name}`",
        )


def _consequence(leak: Leak) -> str:
    return f"and the text {'reaches' if leak.sink.rank == 0 else 'may reach'} {leak.sink.what}"


def _defect(
    project: Project, found: Lossy, message: str, path: tuple[tuple[int, int], ...], first: str, last: str
) -> Defect:
    where = project.trace.location(found.place)
    sink = found.leak.sink
    belief = HIGH if sink.where == "digest" else MEDIUM if sink.rank == 0 else low("nobody is known to keep the text")
    if found.source or found.leak.weak or project.stretch(found.leak.path) >= FAR:
        if belief == HIGH or not found.source:
            belief = belief.less(GUESSED if found.leak.weak else BY_FIELDS)
    steps = project.trace.steps(path, first, f"reaches {last}")
    if found.source and is_far(project, found.source, steps):
        belief = belief.low(BY_FIELDS)
    if length(steps) > _NEAR:
        belief = belief.low(LONG_WAY)  # by then it is something else that the text is a part of
    if project.is_test(where.path) or project.passes_test((*found.leak.path, *found.source)):
        belief = belief.low(OF_A_TEST)
    return Defect(
        "SST104",
        where,
        project.trace.statement_line(found.place),
        "",
        message,
        "error" if sink.where == "digest" else "warning",
        belief.confidence,
        steps,
        f"order:{where.line}:{where.column}",
        doubts=belief.doubts,
    )
