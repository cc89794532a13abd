"""Which clauses swallow a request to stop: Ctrl-C, exit, cancellation?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import EXPLAINED, HIGH, MEDIUM, OF_A_TEST, Belief, low
from sst_lint.checks.defect import Defect
from sst_lint.checks.handlers import DECIDES, defect_of, ends_program, function_name, where

if TYPE_CHECKING:
    from sst_lint.facts.records import Handler, UnitFacts
    from sst_lint.flow import Project
    from sst_lint.flow.handlers import HandlerInfo

_BASE = "builtins.BaseException"
#: Ctrl-C at a prompt means "not this line".
_PROMPTS = frozenset(
    "input raw_input prompt getpass readline getch getchar getkey confirm ask cmdloop interact read_line".split()
)
_CANCELS = frozenset({"cancel", "cancel_all", "uncancel", "cancelling", "aclose", "stop", "shutdown"})
#: Who waits for the end is told: `self.stopping.set()`.
_TOLD = frozenset({"set", "stop", "shutdown", "cancel", "terminate", "quit", "kill"})
_PROGRAMS = frozenset({"main", "cli", "run_cli", "entry_point", "console_main", "__main__", "<module>", ""})
#: They run all that a program does, until it is stopped.
_RUNNING = frozenset({"run_until_complete", "run_forever", "serve_forever", "mainloop"})
#: Whatever library names it, it is the same request.
_CANCELLED = ("CancelledError", "Cancelled")
_SHORT = {_BASE: "every request to stop", "builtins.SystemExit": "SystemExit"}


def swallowed(project: Project) -> Iterator[Defect]:
    """SST405: a clause for `BaseException`, `KeyboardInterrupt` or `CancelledError` goes on, or `finally` is left."""
    yield from _left(project)
    for info in project.handlers():
        if info.handler.bare or not info.stops or not info.completes or info.cleanup or info.fate.policy:
            continue
        belief = _whole(project, info) if _BASE in info.stops else _named(project, info)
        if belief is None:
            continue
        names = ", ".join(_SHORT.get(n, n.rpartition(".")[2]) for n in info.stops)
        what = "a loop goes on" if info.loops else "the code goes on"
        yield defect_of(
            project,
            info,
            "SST405",
            f"swallows {names}: {what}{where(project, info)}; raise it again, or catch `Exception`",
            "error" if belief == HIGH and info.certain and info.path else "warning",
            belief,
        )


def _left(project: Project) -> Iterator[Defect]:
    """A `finally` block that is left by `return`, `break` or `continue`, whatever was raised."""
    for unit, (_, _, facts) in enumerate(project.world.units):
        for each in facts.leavings:
            place = project.trace.span(unit, each.line, each.column, each.end_line, each.end_column)
            caught = any(_takes_all(handler, facts) for handler in facts.handlers if handler.tried == each.tried)
            belief = HIGH if each.always else MEDIUM
            belief = belief.low("a clause of the same `try` has taken everything already") if caught else belief
            belief = belief.low(OF_A_TEST) if project.is_test(place.path) else belief
            yield Defect(
                "SST405",
                place,
                place.line,
                "",
                f"`{each.how}` in `finally` swallows every error and every request to stop; leave the block by its end",
                "warning",
                belief.confidence,
                (),
                f"handler:{place.line}:{place.column}",
                doubts=belief.doubts,
            )


def _takes_all(handler: Handler, facts: UnitFacts) -> bool:
    """Whether a clause takes everything already."""
    named = {facts.nodes[node].name for node in handler.types}
    return (handler.bare or "BaseException" in named) and "raises" not in handler.ends


_ON_PURPOSE = "the clause names the request to stop, which is mostly done on purpose"


def _whole(project: Project, info: HandlerInfo) -> Belief | None:
    """`except BaseException` that does not raise: fine where the error object is kept for somebody else."""
    if info.fate.whole or ends_program(project, info) or _is_program(project, info):
        return None
    if info.decides:
        return low(DECIDES)
    if info.ending:
        return low("the program ends right behind it")
    if info.in_memory or info.only_imports:
        return low("what it guards takes no time, and nobody stops it there")
    if _stopped_before(project, info):
        return low("an earlier clause takes the request to stop")
    if info.fate.kept and info.started and not info.loops:
        return low("the task, thread or process ends with it, and its error has been told")
    return HIGH if (info.silent or info.loops) and not info.meant else MEDIUM


def _named(project: Project, info: HandlerInfo) -> Belief | None:
    """A clause that names the request: on purpose, unless it is treated like any other failure, or a loop goes on."""
    if info.fate.whole or ends_program(project, info) or _is_program(project, info):
        return None
    called = _called(project, info)
    cancelled = [n for n in info.stops if n.endswith(_CANCELLED)]
    mixed = any(name not in info.stops and not name.endswith(_CANCELLED) for name in info.names)
    if cancelled:
        if not info.asynchronous or called & _CANCELS:
            return None
        return MEDIUM if (mixed or info.loops) and not info.decides else low(_ON_PURPOSE)
    if called & _PROMPTS or "builtins.EOFError" in info.names:
        return None
    if not _TOLD.isdisjoint(_called_in(project, info)):
        return low("the clause tells others to stop")
    if info.handler.explained:
        return low(EXPLAINED)
    if info.decides or "breaks" in info.handler.ends or info.notes or called & _RUNNING:
        return low("the clause ends what was running, or notes that it was stopped")
    if info.loops or (mixed and info.silent and "returns" not in info.handler.ends):
        return MEDIUM
    return low(_ON_PURPOSE)


def _stopped_before(project: Project, info: HandlerInfo) -> bool:
    """Whether an earlier clause of the same ``try`` takes Ctrl-C, or raises it again."""
    return any(
        other.unit == info.unit and other.handler.tried == info.handler.tried and other is not info
        and "builtins.KeyboardInterrupt" in other.names
        for other in project.handlers()
    )  # fmt: skip


def _is_program(project: Project, info: HandlerInfo) -> bool:
    """Whether the program ends soon after the clause: its main function, or the statements of a module."""
    kind = project.world.units[info.unit][1].kind
    outermost = info.handler.scope == 0 and not info.loops
    return outermost and (kind == "module" or function_name(project, info).strip("_") in _PROGRAMS)


def _called_in(project: Project, info: HandlerInfo) -> set[str]:
    """The methods that the clause itself calls, by name."""
    facts, first = project.world.units[info.unit][2], project.world.call_base[info.unit]
    return {facts.calls[number - first].method for number in project.calls_in(info.unit, info.handler.body)}


def _called(project: Project, info: HandlerInfo) -> set[str]:
    """What the function around the clause calls, by last name."""
    facts = project.world.units[info.unit][2]
    return {c.method or facts.nodes[c.callee].name for c in facts.calls if c.scope == info.handler.scope}
