"""Which ``except`` clauses hide an error, and what would it have spoiled?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.defect import Confidence, Defect, Severity
from sst_lint.facts.records import Kind

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.handlers import HandlerInfo


def bare(project: Project) -> Iterator[Defect]:
    """SST401: `except:`, unless it only cleans up and raises again."""
    for info in project.handlers():
        if info.handler.bare and info.completes:
            yield _defect(
                project,
                info,
                "SST401",
                "bare `except` also catches KeyboardInterrupt and SystemExit" + _where(info) + "; name the exceptions",
                "error" if info.context == "artifact-shaping" else "warning",
                "high",
            )


def silent(project: Project) -> Iterator[Defect]:
    """SST402: a broad clause that neither logs, nor raises, nor hands the error on."""
    for info in project.handlers():
        if not info.broad or not info.silent or not info.completes or _harmless(info):
            continue
        clause = "`suppress`" if info.handler.suppress >= 0 else "`except`"
        certain = info.context == "artifact-shaping"
        yield _defect(
            project,
            info,
            "SST402",
            f"broad {clause} {'logs, but not the error' if info.logs else 'says nothing of the error'}{_where(info)}; "
            "log the error, raise it, or hand it on",
            "error" if certain and info.certain else "warning",
            "high" if certain and info.certain and not info.logs else "medium",
        )


def fail_open(project: Project) -> Iterator[Defect]:
    """SST403: a broad clause that goes on although the error may have spoiled an artifact."""
    for info in project.handlers():
        if not info.broad or not info.completes or info.context != "artifact-shaping" or _harmless(info):
            continue
        if _hands_on(project, info):
            continue
        yield _defect(
            project,
            info,
            "SST403",
            "broad `except` goes on after an error"
            + _where(info)
            + "; raise, or decide with `handle_error_with_policy`",
            "error" if info.certain else "warning",
            "high" if info.certain else "medium",
        )


def _harmless(info: HandlerInfo) -> bool:
    return info.handler.only_imports or info.cleanup


def _hands_on(project: Project, info: HandlerInfo) -> bool:
    """Whether the error is passed on, or the function ends with a failure code."""
    if info.handler.uses_error and not info.logs:
        return True
    base = project.world.node_base[info.unit]
    nodes = [project.world.nodes[base + n] for n in info.handler.fallbacks]
    name = project.world.units[info.unit][1].qualname.rpartition(".")[2]
    return (
        name.strip("_") in ("main", "cli", "entry_point")
        and "returns" in info.handler.ends
        and any(n.kind == Kind.CONST and n.name.lstrip("-").isdigit() and n.name != "0" for n in nodes)
    )


def _where(info: HandlerInfo) -> str:
    if info.context != "artifact-shaping":
        return ""
    if info.path:
        return f", and what it guards reaches {info.what}"
    return f", and the guarded code {info.what}"


def _defect(
    project: Project, info: HandlerInfo, rule: str, message: str, severity: Severity, confidence: Confidence
) -> Defect:
    handler = info.handler
    where = project.trace.span(info.unit, handler.line, handler.column, handler.end_line, handler.end_column)
    if project.is_test(where.path) or project.passes_test(info.path):
        confidence = "low"
    steps = project.trace.steps(info.path, "guarded here", f"reaches {info.what}") if info.path else ()
    return Defect(
        rule,
        where,
        where.line,
        "",
        message,
        severity,
        confidence,
        steps,
        f"handler:{where.line}:{where.column}",
    )
