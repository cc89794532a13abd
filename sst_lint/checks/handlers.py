"""Which ``except`` clauses hide an error, and what would it have spoiled?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import EXPLAINED, HIGH, LONG_WAY, MEDIUM, OF_A_TEST, Belief, low
from sst_lint.checks.defect import Defect, Severity
from sst_lint.facts.records import Kind
from sst_lint.flow.trace import LONG

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.handlers import HandlerInfo
    from sst_lint.flow.location import Step

#: Doubts about clauses, which several rules share.
DECIDES = "the clause raises on some ways, so somebody has thought of the others"
TESTED = "all callers test the failure that is returned"
_PROGRAMS = frozenset({"main", "cli", "entry_point", "run_cli", "console_main", "main_cli"})
_FAR = "what it guards comes to an artifact by several fields, globals or orders of calls"
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
                MEDIUM,
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
                low("the clause hands all of the error on, whatever it is") if info.fate.whole else HIGH,
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
        belief = _told(info, certain)
        high = certain and belief == MEDIUM and not info.logs
        yield defect_of(
            project,
            info,
            "SST402",
            f"broad {clause} {'logs, but not the error' if info.logs else 'says nothing of the error'}"
            f"{where(project, info)}; log the error, raise it, or hand it on",
            "error" if high else "warning",
            HIGH if high else belief,
        )


def _told(info: HandlerInfo, certain: bool) -> Belief:
    """How sure it is that somebody would want to know of the error. ``certain``: an artifact is at stake."""
    belief = MEDIUM
    if info.handler.explained and not certain:
        belief = belief.low(EXPLAINED)
    if info.beside and info.context != "artifact-shaping":
        belief = belief.low("nobody waits for what may fail there")
    if info.decides:
        belief = belief.low(DECIDES)
    if info.tested and not info.in_turn:
        belief = belief.low(TESTED)
    if info.probe:
        belief = belief.low("the function asks whether something works, and the clause answers")
    if info.meant:
        belief = belief.low("the code says that silence is meant, or nothing fails there that anybody would look for")
    if info.ending:
        belief = belief.low("the program ends right behind it")
    if info.again:
        belief = belief.low("something else is tried after it")
    return belief


def fail_open(project: Project) -> Iterator[Defect]:
    """SST403: a broad clause that goes on although the error may have spoiled an artifact."""
    for info in project.handlers():
        if not info.broad or info.context != "artifact-shaping" or is_handled(info) or info.probe:
            continue
        if ends_program(project, info):
            continue
        belief = _belief(project, info)
        yield defect_of(
            project,
            info,
            "SST403",
            f"broad `except` goes on after an error{where(project, info)}; raise, or decide with "
            "`handle_error_with_policy`",
            "error" if info.certain and belief == HIGH else "warning",
            belief,
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


def _belief(project: Project, info: HandlerInfo) -> Belief:
    """The further the way, and the more somebody has thought of the failure, the less sure."""
    if info.decides or info.tested:
        return low(DECIDES if info.decides else TESTED)
    if info.in_memory:
        return low("what it guards only looks at values in memory")
    if info.fate.logged and info.accounts:
        return low("the error is logged, and what failed is undone or written down")
    if not info.path:
        closes = info.fate.logged and _CLOSING.search(function_name(project, info))
        return low("it closes one thing after the other, and logs what cannot be closed") if closes else MEDIUM
    distance = project.stretch(info.path)
    if info.handler.explained and not info.certain:
        return low(EXPLAINED)
    return low(_FAR) if distance > 1 else HIGH if info.certain and distance == 0 else MEDIUM


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
    belief: Belief,
    steps: tuple[Step, ...] = (),
    path: tuple[tuple[int, int], ...] = (),
) -> Defect:
    """A defect of a clause, at the clause; quiet where only tests are concerned. ``path``: the way that the verdict
    rests on. Without ``steps`` the way of what it guards is shown."""
    handler = info.handler
    place = project.trace.span(info.unit, handler.line, handler.column, handler.end_line, handler.end_column)
    if project.is_test(place.path) or project.passes_test(path):
        belief = belief.low(OF_A_TEST)
    if project.is_for_developers(place.path):
        belief = belief.low("it stands in a script for those who work on the program")
    if not steps and info.path and is_near(project, info):
        steps = project.trace.steps(info.path, "guarded here", f"reaches {info.what}", True)
    if path and len(steps) > LONG:
        belief = belief.low(LONG_WAY)  # nobody believes that it is this error that comes so far
    group = f"handler:{place.line}:{place.column}"
    return Defect(rule, place, place.line, "", message, severity, belief.confidence, steps, group, doubts=belief.doubts)
