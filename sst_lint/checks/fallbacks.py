"""Which fallback values of handlers become permanent, and which files are lost by them?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import BY_FIELDS, EXPLAINED, GUESSED, HIGH, MEDIUM, Belief, low
from sst_lint.checks.defect import Defect
from sst_lint.checks.handlers import DECIDES, TESTED, defect_of, is_handled
from sst_lint.checks.left_behind import is_left_behind
from sst_lint.flow.fallbacks import is_identity
from sst_lint.flow.location import Step

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.fallbacks import Poison
    from sst_lint.flow.lost_files import LostFile

_WORDS = {
    "number": "a made-up number",
    "not a number": "NaN",
    "empty": "an empty value",
    "mark": "a mark",
    "placeholder": "a placeholder",
    "changing": "a value that differs from run to run",
    "computed": "another value",
    "given": "a default",
}
_MEANT = "the clause names the error, and the value may be meant for that case"
#: Further than so many fields and calls away nobody can say that it is this value.
_FAR = 2


def poisoned(project: Project) -> Iterator[Defect]:
    """SST404: a handler's fallback becomes part of an artifact, a digest or a name."""
    for poison in project.poisons:
        info = poison.info
        if is_handled(info) or info.probe or poison.located:
            continue
        if poison.leak.sink.where == "name" and is_left_behind(project, poison.leak.path):
            continue
        belief = _belief(project, poison)
        certain = poison.leak.sink.rank == 0 and belief == HIGH
        yield defect_of(
            project,
            info,
            "SST404",
            f"after an error {_WORDS[poison.sort]} takes the place of what failed, and reaches "
            f"{poison.leak.sink.what}; raise, or leave it out visibly",
            "error" if certain else "warning",
            belief,
            project.trace.steps(poison.leak.path, "the fallback", f"reaches {poison.leak.sink.what}", True),
            poison.leak.path,
        )


def _belief(project: Project, poison: Poison) -> Belief:
    """Broad clauses by the way alone; narrow ones only where the value is plainly made up."""
    info, distance = poison.info, project.stretch(poison.leak.path)
    obvious = poison.sort in ("changing", "not a number", "placeholder")
    if info.decides or info.tested:
        return low(DECIDES if info.decides else TESTED)
    if poison.leak.weak:
        return low(GUESSED)
    if distance > (_FAR if obvious else _FAR - 1):
        return low(BY_FIELDS)
    if poison.unchanged and poison.sort == "given":
        return low("what takes its place is what was there before")
    if info.handler.explained and poison.sort in ("computed", "given", "empty"):
        return low(EXPLAINED)
    if info.broad:
        sure = distance == 0 and poison.leak.sink.rank == 0 and poison.sort not in ("computed", "given")
        return HIGH if sure else MEDIUM
    if poison.sort in ("computed", "given"):
        return low("the clause names the error, and has another value for that case")
    if poison.absence and (poison.sort != "changing" or info.handler.explained):
        return low("the clause is for something that is not there, and says what stands for it")
    return MEDIUM if obvious or (is_identity(poison) and distance == 0) else low(_MEANT)


def overwritten(project: Project) -> Iterator[Defect]:
    """SST407: a file that could not be read becomes an empty value, which is written over it."""
    for lost in project.lost_files:
        if not lost.empty:
            continue
        belief = _sure(project, lost)
        yield defect_of(
            project,
            lost.info,
            "SST407",
            "if the file cannot be read, it is written over with what takes its place; go on only after "
            "`FileNotFoundError`",
            "error" if belief == HIGH else "warning",
            belief,
            (
                _step(project, lost.read.site.call, "read here"),
                _step(project, lost.write.site.call, "written over here"),
            ),
        )


def _sure(project: Project, lost: LostFile) -> Belief:
    """A cache can be made again; far-away pairs and decided failures are less sure."""
    write = lost.write.write
    names = {*write.evidence.names, *write.evidence.texts} if write is not None else set()
    kind = write.final.kind if write is not None else "artifact"
    if lost.info.handler.explained and not lost.info.broad:
        return low(EXPLAINED)
    if lost.info.decides:
        return low(DECIDES)
    if kind in ("log", "lock", "temp", "scratch", "test", "console"):
        return low("nobody misses what the file held")
    if any("cache" in name.lower() for name in names) or "cache" in lost.info.what:
        return low("a cache that is lost is made again")
    return HIGH if lost.together and not lost.info.logs and kind in ("artifact", "state") else MEDIUM


def _step(project: Project, call: int, message: str) -> Step:
    where = project.trace.location(project.linked.result_of(call))
    return Step(where.path, where.line, where.function, message)
