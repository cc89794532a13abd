"""Which ``except`` clauses hide an error, and what would it have spoiled?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.defect import Confidence, Defect, Severity
from sst_lint.facts.records import Kind
from sst_lint.flow.trace import LONG

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.handlers import HandlerInfo
    from sst_lint.flow.location import Step

_PROGRAMS = frozenset({"main", "cli", "entry_point", "run_cli", "console_main", "main_cli"})
#: Raised to end the program.
_EXITS = frozenset({"SystemExit", "Exit", "KeyboardInterrupt", "Abort", "GeneratorExit"})
#: Who closes things goes through all of them: what cannot be closed is logged, and the next one has its turn.
_CLOSING = re.compile(r"(^|_)(a?close|shut_?down|stop|tear_?down|clean_?up|exit|a?exit|quit|dispose|release)(_|$)")


def bare(project: Project) -> Iterator[Defect]:
    """SST401: `except:`, unless it only cleans up and raises again."""
    for info in project.handlers():
        if _makes_another(project, info):
            yield defect_of(
                project,
                info,
                "SST401",
                "bare `except` also catches KeyboardInterrupt and SystemExit, and makes another error of them; name "
                "the exceptions",
                "warning",
                "medium",
            )
        if info.handler.bare and info.completes:
            yield defect_of(
                project,
                info,
                "SST401",
                "bare `except` also catches KeyboardInterrupt and SystemExit"
                + where(project, info)
                + "; name the exceptions",
                "error" if info.context == "artifact-shaping" and is_near(project, info) else "warning",
                "low" if info.fate.whole else "high",  # which hands all of it on, whatever it is
            )


def _makes_another(project: Project, info: HandlerInfo) -> bool:
    """Whether a bare clause raises another error in any case: whoever wanted to stop looks like a failure."""
    handler = info.handler
    if not handler.bare or info.completes or handler.reraises or info.fate.exits:
        return False
    facts, first = project.world.units[info.unit][2], project.world.call_base[info.unit]
    calls = [facts.calls[n - first] for n in project.calls_in(info.unit, handler.body)]
    names = {call.method or facts.nodes[call.callee].name for call in calls}
    return (handler.raises_other or handler.raises_from) and names.isdisjoint(_EXITS)


def silent(project: Project) -> Iterator[Defect]:
    """SST402: a broad clause that neither logs, nor raises, nor hands the error on."""
    for info in project.handlers():
        if not info.broad or not info.silent or is_harmless(info):
            continue
        clause = "`suppress`" if info.handler.suppress >= 0 else "`except`"
        certain = info.context == "artifact-shaping" and info.certain and is_near(project, info) and not info.tested
        explained = info.handler.explained and not certain  # somebody has thought of it, and says so
        beside = info.beside and info.context != "artifact-shaping"
        foreseen = info.probe or info.decides or info.meant or info.again or (info.tested and not info.in_turn)
        sure: Confidence = "low" if foreseen or explained or beside else "medium"
        high = certain and sure == "medium" and not info.logs
        yield defect_of(
            project,
            info,
            "SST402",
            f"broad {clause} {'logs, but not the error' if info.logs else 'says nothing of the error'}"
            f"{where(project, info)}; log the error, raise it, or hand it on",
            "error" if high else "warning",
            "high" if high else sure,
        )


def fail_open(project: Project) -> Iterator[Defect]:
    """SST403: a broad clause that goes on although the error may have spoiled an artifact."""
    for info in project.handlers():
        if not info.broad or info.context != "artifact-shaping" or is_handled(info) or info.probe:
            continue
        if ends_program(project, info):
            continue
        confidence = _confidence(project, info)
        yield defect_of(
            project,
            info,
            "SST403",
            f"broad `except` goes on after an error{where(project, info)}; raise, or decide with "
            "`handle_error_with_policy`",
            "error" if info.certain and confidence == "high" else "warning",
            confidence,
            path=info.path,
        )


def is_harmless(info: HandlerInfo) -> bool:
    """Whether nobody would want to know: an optional import, clean-up, a clause that always raises."""
    return not info.completes or info.only_imports or info.cleanup


def is_handled(info: HandlerInfo) -> bool:
    """Whether somebody else gets the error and can decide, or nothing is lost."""
    return is_harmless(info) or info.fate.handed or info.fate.policy or info.again


def ends_program(project: Project, info: HandlerInfo) -> bool:
    """Whether the clause stands in the program's main function and gives its failure code."""
    base = project.world.node_base[info.unit]
    nodes = [project.world.nodes[base + n] for n in info.handler.fallbacks]
    return (
        function_name(project, info).strip("_") in _PROGRAMS
        and "returns" in info.handler.ends
        and any(n.kind == Kind.CONST and n.name.lstrip("-").isdigit() and n.name != "0" for n in nodes)
    )


def function_name(project: Project, info: HandlerInfo) -> str:
    """The last name of the unit that holds a clause."""
    return project.world.units[info.unit][1].qualname.rpartition(".")[2]


def _confidence(project: Project, info: HandlerInfo) -> Confidence:
    """The further the way, and the more somebody has thought of the failure, the less sure."""
    if info.decides or info.tested or info.in_memory or (info.fate.logged and info.accounts):
        return "low"
    if not info.path:
        return "low" if info.fate.logged and _CLOSING.search(function_name(project, info)) else "medium"
    distance = project.stretch(info.path)
    if info.handler.explained and not info.certain:
        return "low"  # somebody has thought of it, and says so; and it is no artifact for certain
    return "low" if distance > 1 else "high" if info.certain and distance == 0 else "medium"


def is_near(project: Project, info: HandlerInfo) -> bool:
    """Whether the way to the artifact is short enough to be believed, and the program's own."""
    return not info.path or (project.stretch(info.path) <= 1 and not project.passes_test(info.path))


def where(project: Project, info: HandlerInfo) -> str:
    """What the guarded code has to do with an artifact, in words."""
    if info.context != "artifact-shaping" or not is_near(project, info):
        return ""
    if info.path:
        return f", and what it guards reaches {info.what}"
    return f", and the guarded code {info.what}"


def defect_of(
    project: Project,
    info: HandlerInfo,
    rule: str,
    message: str,
    severity: Severity,
    confidence: Confidence,
    steps: tuple[Step, ...] = (),
    path: tuple[tuple[int, int], ...] = (),
) -> Defect:
    """A defect of a clause, at the clause; quiet where only tests are concerned. ``path``: the way that the verdict
    rests on. Without ``steps`` the way of what it guards is shown."""
    handler = info.handler
    place = project.trace.span(info.unit, handler.line, handler.column, handler.end_line, handler.end_column)
    if project.is_test(place.path) or project.passes_test(path) or project.is_for_developers(place.path):
        confidence = "low"
    if not steps and info.path and is_near(project, info):
        steps = project.trace.steps(info.path, "guarded here", f"reaches {info.what}", True)
    if path and len(steps) > LONG:
        confidence = "low"  # nobody believes that it is this error that comes so far
    group = f"handler:{place.line}:{place.column}"
    return Defect(rule, place, place.line, "", message, severity, confidence, steps, group)
