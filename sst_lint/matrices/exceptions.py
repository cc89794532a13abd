"""Which rows has the exception matrix? Each ``except`` clause and ``suppress``: what it does, and what it should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.facts.records import Kind
from sst_lint.flow.described import describe_handler
from sst_lint.flow.fallbacks import Fallbacks
from sst_lint.matrices.rows import NO_LEVEL, SAME, Draft, Layout, some
from sst_lint.matrices.verdicts import Verdicts

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.fallbacks import Poison
    from sst_lint.flow.handlers import HandlerInfo
    from sst_lint.flow.location import Location

LAYOUT = Layout(
    name="exceptions",
    title="Exceptions",
    intro="Every `except` clause and `suppress`, with what it does now and what its code asks for",
    columns=(
        "catches", "context", "context_why", "behavior", "fallback", "fallback_reaches", "desired", "level",
        "deterministic",
    ),
    shown=(
        ("context", ("context", "context_why")),
        ("does now", ("behavior",)),
        ("fallback", ("fallback", "fallback_reaches")),
        ("desired", ("desired", "level", "deterministic")),
    ),
    kind="context",
    counted=("context", "behavior", "desired", "level"),
    empty="nothing catches an exception",
)  # fmt: skip

_SORTS = {"nothing": "None", "truth": "a truth value", "number": "a number", "not a number": "NaN",
          "empty": "an empty value", "mark": "a mark", "placeholder": "a placeholder",
          "changing": "a value that differs from run to run",
          "computed": "another value", "given": "a value given before"}  # fmt: skip
#: A key in the name of what is written.
_KEY = re.compile(r"\['([^'\]]*)\]")


def drafts(project: Project, verdicts: Verdicts) -> Iterator[Draft]:
    """Yield a row for each clause."""
    fallbacks = Fallbacks(project.linked, project.leaks.permanence)
    poisons: dict[tuple[int, int, int], list[Poison]] = {}
    for poison in project.poisons:
        poisons.setdefault(_place(poison.info), []).append(poison)
    for info in project.handlers():
        clause = info.handler
        where = project.trace.span(info.unit, clause.line, clause.column, clause.end_line, clause.end_column)
        verdict = verdicts.take(where, _calm(project, info, where))
        desired, level, deterministic = _wanted(info, verdict.word == "ok")
        cells = {
            "catches": some((name.removeprefix("builtins.") for name in info.names), 4) or "everything",
            "context": info.context if info.completes else "re-raises",
            "context_why": _why(info),
            "behavior": _behavior(info),
            "fallback": some(_fallbacks(project, fallbacks, info)),
            "fallback_reaches": some(_reached(poison) for poison in poisons.get(_place(info), ())),
            "desired": desired,
            "level": level,
            "deterministic": deterministic,
        }
        yield Draft(where, cells, verdict)


def _place(info: HandlerInfo) -> tuple[int, int, int]:
    return (info.unit, info.handler.line, info.handler.column)


def _why(info: HandlerInfo) -> str:
    if info.context == "artifact-shaping":
        return f"what it guards reaches {info.what}" if info.path else f"the guarded code {info.what}"
    if info.only_imports:
        return "an optional import"
    if info.cleanup:
        return "clean-up"
    if not info.completes:
        return ""
    return "a question" if info.probe else ""


def _behavior(info: HandlerInfo) -> str:
    """What becomes of the error, then what becomes of the program."""
    handler, fate = info.handler, info.fate
    said = []
    if fate.policy:
        said.append("asks the policy")
    if fate.logged:
        said.append("logs the error")
    elif fate.calls:
        said.append("logs, but not the error")
    if fate.handed:
        said.append("hands the error on")
    elif fate.examined and not fate.kept:
        said.append("tests the error")
    if info.completes and not fate.kept and not fate.calls and not fate.examined:
        said.append("silent")
    if handler.reraises:
        said.append("re-raises")
    if handler.raises_from or (handler.raises_other and not handler.reraises):
        said.append("wraps")
    ends = {"returns": "returns", "continues": "next round", "breaks": "leaves the loop", "falls": "goes on"}
    said += [word for end, word in ends.items() if end in handler.ends and info.completes]
    if fate.exits:
        said.append("ends the program")
    return ", ".join(said) or "raises"


def _fallbacks(project: Project, fallbacks: Fallbacks, info: HandlerInfo) -> Iterator[str]:
    """What the clause puts in the place of what failed."""
    for node, name in fallbacks.of(info):
        record = project.world.nodes[node]
        sort = fallbacks.sort(node)
        written = fallbacks.expression(node) if sort in ("computed", "given") else ""
        if record.name == "overwritten" or (written and name.startswith((f"{written}[", f"{written}."))):
            continue  # the whole after the write, which has an entry of its own
        if record.kind == Kind.CONST:
            written = record.name
        elif record.kind == Kind.TEXT and "\x00" not in record.name and len(record.name) <= 30:
            written = repr(record.name)
        value = f"`{written}`" if written not in ("", name) and "`" not in written else _SORTS[sort]
        yield f"returns {value}" if name == "return" else f"`{_KEY.sub(_quoted, name)}` = {value}"


def _quoted(match: re.Match[str]) -> str:
    return f"['{match[1]}']"


def _reached(poison: Poison) -> str:
    verb = "may reach" if poison.leak.weak or poison.leak.sink.rank else "reaches"
    return f"{verb} {poison.leak.sink.what}"


def _wanted(info: HandlerInfo, fine: bool) -> tuple[str, str, str]:
    """Desired policy, required log level, meaning in deterministic mode, in the words of ``sst_lint.runtime``.

    ``fine``: there is no finding, so what the clause does now is what is wanted.
    """
    if not info.completes:
        return "as it is", NO_LEVEL, SAME
    strict = info.context == "artifact-shaping"
    if not fine and strict:
        return "fail closed", "error", "raises"
    if not fine:
        alone = ", for `Exception` alone" if info.interrupts else ""
        return f"best effort, logged{alone}", "warning", SAME
    if info.fate.policy:
        return "as it is", "error" if strict else "warning", "as the policy says"
    if info.only_imports or info.cleanup:
        return "best effort", NO_LEVEL, SAME
    return "as it is", "warning" if info.broad and info.fate.kept else NO_LEVEL, SAME


def _calm(project: Project, info: HandlerInfo, where: Location) -> str:
    """Why a clause without a finding is fine."""
    if info.fate.policy:
        return "a policy decides"
    told = describe_handler(project.answers, info, where).quiet
    return told or ("it says what happened" if info.fate.kept else "nothing was found against it")
