"""Which files lie beside the source code, in version control, where a half or a lost change is seen?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.flow.artifacts import words

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.effects import Effect
    from sst_lint.flow.writes import Write

#: Begins the paths of what lies beside the source code.
_BESIDE = "__file__"
#: Where one run puts its results, by the nearest names.
RESULTS = frozenset("out output outdir outputdir results reports plots figures".split())


def is_of_the_sources(project: Project, read: Effect, write: Effect) -> bool:
    """Whether a file is data that lies beside the source code and has to be there already: a program that changes it
    is run by hand, and version control sees the change. What a program makes itself it does not expect to find."""
    evidence = project.evidence.of(write.node) if write.node >= 0 else None
    if evidence is None or _BESIDE not in evidence.names:
        return False
    if any(words(name) & RESULTS for name in (*evidence.names, *evidence.texts)):
        return False
    scope = project.locks.scope_of(write.call)
    asked = any(e.kind == "test" and e.path == write.path for e in project.effects.of(scope))
    return not asked and not any(_is_tried(project, call) for call in (read.call, *read.calls, read.site.call))


def changes_the_sources(project: Project, write: Write) -> bool:
    """Whether a write puts such data back where its own function has read them."""
    return any(
        update.write.write is not None
        and update.write.write.site.call == write.site.call
        and not update.write.calls
        and is_of_the_sources(project, update.read, update.write)
        for update in project.races.updates
    )


def _is_tried(project: Project, call: int) -> bool:
    unit = project.world.call_unit[call]
    return any(project.world.region(unit, region).kind == "try" for region in project.locks.regions(call))
