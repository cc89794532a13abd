"""Which clauses speak of a failure and leave out why?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import LONG_WAY, MEDIUM
from sst_lint.checks.defect import Defect
from sst_lint.checks.handlers import defect_of, is_harmless, is_near, where
from sst_lint.facts.records import Kind
from sst_lint.flow.fallbacks import ABSENCE

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.handlers import HandlerInfo

#: Classes of which one instance says no more than the next.
_TELLING = ABSENCE | frozenset(
    f"builtins.{n}"
    for n in (
        "KeyboardInterrupt", "SystemExit", "PermissionError", "RecursionError", "MemoryError", "OverflowError",
        "GeneratorExit", "BrokenPipeError", "InterruptedError",
    )
)  # fmt: skip
#: Something has the wrong value, and nothing was asked of the machine.
_OF_VALUES = frozenset(
    f"builtins.{n}"
    for n in (
        "ValueError", "TypeError", "AttributeError", "IndexError", "UnicodeError", "UnicodeDecodeError",
        "UnicodeEncodeError", "AssertionError", "KeyError", "LookupError",
    )
)  # fmt: skip
_OPENING = frozenset({"read_text", "read_bytes", "open"})
#: So many steps away somebody would miss the reason.
_NEAR = 4
_READING = _OPENING | {"load", "loads", "safe_load", "check_output", "check_call", "run", "urlopen"}


def lost(project: Project) -> Iterator[Defect]:
    """SST406: logged or replaced without the original error, where the failure shapes an artifact or a file is read."""
    for info in project.handlers():
        if not _has_cause(info):
            continue
        if _logs_without(project, info):
            text = f"logs that it failed, but not why{where(project, info)}; log the error too"
        elif _hides(project, info):
            text = "raises another error `from None` that says nothing of this one; use `from`, or put it into the text"
        else:
            continue
        belief = MEDIUM
        if _names_the_value(project, info):
            belief = belief.low("the text says which value was wrong, and there is hardly more to say")
        if _is_far(project, info):
            belief = belief.low(LONG_WAY)
        yield defect_of(project, info, "SST406", text, "warning", belief, path=info.path)


def _has_cause(info: HandlerInfo) -> bool:
    """Whether the caught classes leave open what happened."""
    return info.handler.bare or any(_is_open(name) for name in info.names)


def _is_open(name: str) -> bool:
    known = name.startswith("builtins.") or name.rpartition(".")[2].endswith(("Error", "Exception"))
    return known and "." in name and name not in _TELLING


def _logs_without(project: Project, info: HandlerInfo) -> bool:
    """Whether a clause reports a failure to make an artifact, goes on, and keeps the reason to itself."""
    if is_harmless(info) or not info.fate.calls or info.fate.kept or info.fate.examined:
        return False
    if info.in_memory and not info.broad:
        return False  # of `int(answer)` the text says all there is to say
    if info.decides or info.probe or (not info.path and _is_slight(project, info)):
        return False
    return info.context == "artifact-shaping" and is_near(project, info)


def _names_the_value(project: Project, info: HandlerInfo) -> bool:
    """Whether a clause for a value of the wrong kind says which value that was: there is hardly more to say."""
    if not info.fate.calls or info.handler.bare or any(name not in _OF_VALUES for name in info.names):
        return False
    nodes, base = project.world.nodes, project.world.node_base[info.unit]
    if _called(project, info) & _READING:
        return False  # what was in the file is not said
    return any(
        nodes[base + argument.node].kind not in (Kind.CONST, Kind.TEXT) or "\x00" in nodes[base + argument.node].name
        for number in project.calls_in(info.unit, info.handler.body)
        for argument in project.world.calls[number].args
    )


def _is_far(project: Project, info: HandlerInfo) -> bool:
    """Whether a clause for some errors guards what comes to an artifact by many steps: it is about what is near."""
    if info.broad or not info.path:
        return False
    return len(project.trace.steps(info.path, "guarded here", f"reaches {info.what}", True)) > _NEAR


def _is_slight(project: Project, info: HandlerInfo) -> bool:
    """Whether all that the guarded code writes has nothing to lose: a mark, a constant."""
    writes = [w for n in project.calls_in(info.unit, info.handler.tried) for w in project.writes_of(n)]
    return bool(writes) and all(project.nothing_to_lose(write) for write in writes)


def _hides(project: Project, info: HandlerInfo) -> bool:
    """Whether all that is said of the failure is a fixed text."""
    handler = info.handler
    if not handler.hidden or info.fate.carried or info.fate.logged or info.fate.handed or info.fate.policy:
        return False
    facts = project.world.units[info.unit][2]
    for node in handler.hidden:
        record = facts.nodes[node]
        if record.kind != Kind.CALL:
            return False
        arguments = [facts.nodes[a.node] for a in facts.calls[record.base].args]
        if not arguments or any(a.kind != Kind.TEXT or "\x00" in a.name for a in arguments):
            return False
    names = _called(project, info)
    return bool(names & _READING) and (info.logs or bool(names & _OPENING))


def _called(project: Project, info: HandlerInfo) -> set[str]:
    """What the guarded code calls, by last name."""
    facts, first = project.world.units[info.unit][2], project.world.call_base[info.unit]
    calls = [facts.calls[n - first] for n in project.calls_in(info.unit, info.handler.tried)]
    return {c.method or facts.nodes[c.callee].name for c in calls}
