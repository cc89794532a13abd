"""How is a write or a handler told to a person? What it does, to what, how, and why it is no finding if it is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sst_lint.flow.artifacts import is_copied_path
from sst_lint.flow.location import Location, Step
from sst_lint.flow.words import END_WORDS, KIND_WORDS, MODE_WORDS, MOVE_WORDS, OF_WORDS
from sst_lint.flow.writes import Write

if TYPE_CHECKING:
    from sst_lint.flow.answers import Answers
    from sst_lint.flow.handlers import HandlerInfo

_SILENT = frozenset({"log", "lock", "temp", "report", "scratch", "test", "console", "remote"})
_SHOWN = 4


@dataclass(frozen=True)
class Note:
    """One sentence on a site, with the way that proves it if there is one."""

    text: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class SiteAnswer:
    """One site: where, what sort of thing it is, what is known, and why it is no finding (if it is none)."""

    location: Location
    sort: str  #: write, source, loop, choice, digest, serialization, handler, replace, lock, sync, call
    text: str
    notes: tuple[Note, ...] = ()
    quiet: str = ""


def some(notes: list[Note]) -> tuple[Note, ...]:
    """The first few, and how many more there are."""
    more = [Note(f"and {len(notes) - _SHOWN} more")] if len(notes) > _SHOWN else []
    return (*notes[:_SHOWN], *more)


def describe_write(answers: Answers, write: Write, where: Location) -> SiteAnswer:
    """What a write does, to which file, how, and what of unknown order goes in."""
    name = write.site.model.name.removeprefix("builtins.")
    kind = write.kind
    notes = [Note(f"the path: {_shapes(answers, write)}")]
    notes.append(Note(f"the file is {KIND_WORDS[kind.kind]}" + (f": {kind.why}" if kind.why else "")))
    notes.append(Note(describe_protocol(answers, write)))
    inflows: list[Note] = []
    for node in answers.contents.get(write.site.call, ()):
        for reach in answers.project.reaches():
            if reach.sink.node == node:
                steps = answers.project.trace.steps(reach.path, "its order comes from here", "written")
                inflows.append(
                    Note(f"the order of {OF_WORDS.get(reach.kind, 'something unordered')} goes into it", steps)
                )
    text = f"`{name}` {MODE_WORDS.get(write.mode, 'writes')}"
    return SiteAnswer(where, "write", text, (*notes, *some(inflows)), _calm(answers, write))


def _shapes(answers: Answers, write: Write) -> str:
    """What the path of a write may be, a few of them."""
    shapes = list(dict.fromkeys(named.shape for named in answers.paths.of(write.name_node)))
    if not shapes:
        return "nothing of it is written down"
    more = [f"and {len(shapes) - _SHOWN} more"] if len(shapes) > _SHOWN else []
    return ", ".join([*(f"`{shape}`" for shape in shapes[:_SHOWN]), *more])


def describe_protocol(answers: Answers, write: Write) -> str:
    """How the content gets to its final path, in a sentence."""
    name = write.site.model.name.removeprefix("builtins.")
    if write.mode == "remote":
        return "one request to a store: it is there whole or not at all"
    if write.atomic:
        return f"atomic: `{name}` writes a temporary file and replaces"
    if write.mode == "append":
        return "appended to what is there"
    protocol = answers.project.protocol_of(write)
    if protocol is None:
        return "in place: no temporary file, no replace" if not write.moved else _put(write.moved, "")
    where = answers.place(answers.project.linked.result_of(protocol.move.call))
    missing = f"; without {', '.join(protocol.missing)}" if protocol.missing else ""
    return f"{_put(protocol.way, where)}; steps: {', '.join(protocol.steps)}{missing}"


def _calm(answers: Answers, write: Write) -> str:
    """Why a write that is not reported is not."""
    if write.atomic or write.mode == "remote":
        return "nobody can see half of the file"
    if write.moved:
        return "the file appears whole, by a rename"
    if write.mode in ("append", "exclusive"):
        return "nothing is truncated"
    if write.kind.kind == "stable-log":
        return "a log grows while it is written"
    if write.kind.kind in _SILENT:
        return f"losing {KIND_WORDS[write.kind.kind]} costs nothing that is compared or read back"
    if write.touches:
        return "nothing is written to it, so it cannot be there by half"
    where = answers.project.trace.location(write.site.ports["return"])
    if answers.project.is_test(where.path):
        copied = is_copied_path(where.path, answers.project.config)
        return f"the file that writes it is {'a copy of another project' if copied else 'test code'}"
    if answers.project.demonstrations.holds(write.site.ports["return"]):
        return "the module only shows what it can do"
    if write.site.model.name == "shutil.copytree":
        return "a directory is copied, and no rule speaks of those"
    return "" if answers.project.protocol_of(write) is None else "judged where it is put in place"


def _put(way: str, where: str) -> str:
    """How a file that was written under another name gets its own."""
    return f"written under another name and put in place by {MOVE_WORDS[way]}" + (f" ({where})" if where else "")


def describe_handler(answers: Answers, info: HandlerInfo, where: Location) -> SiteAnswer:
    """What a clause catches, what it guards, and what it does then."""
    handler = info.handler
    caught = ", ".join(name.removeprefix("builtins.") for name in info.names) or "everything"
    text = f"{'suppresses' if handler.suppress >= 0 else 'catches'} {caught}"
    behavior = [END_WORDS[end] for end in handler.ends if end in END_WORDS]
    behavior += ["logs"] * info.logs + ["uses the error"] * handler.uses_error
    if info.context == "artifact-shaping":
        why = f"what it guards reaches {info.what}" if info.path else f"the guarded code {info.what}"
    else:
        why = "nothing that it guards, assigns or returns was found to reach an artifact or digest"
    steps = answers.project.trace.steps(info.path, "guarded here", f"reaches {info.what}", True) if info.path else ()
    notes = (Note(f"{info.context}: {why}", steps), Note("then it " + ", ".join(behavior or ["goes on"])))
    return SiteAnswer(where, "handler", text, notes, _calm_handler(info))


def _calm_handler(info: HandlerInfo) -> str:
    """Why a clause that is not reported is not."""
    handler = info.handler
    if not info.completes:
        return "it always raises"
    if info.only_imports:
        return "it guards an import and nothing else"
    if info.cleanup:
        return "the guarded code only cleans up"
    if not info.broad:
        return "it names what it expects"
    if not info.silent and info.context != "artifact-shaping":
        return "it says what happened, and nothing permanent depends on what it guards"
    if info.decides:
        return "it raises on some ways"
    if info.probe:
        return "the function asks whether something works, and this is its answer"
    if info.tested:
        return "it returns a failure that every caller tests"
    return "it hands the error on" if handler.uses_error else ""
