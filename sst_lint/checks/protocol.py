"""Which hand-written temp-and-replace protocols lack a step?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import GUESSED, HIGH, MEDIUM, Belief, low
from sst_lint.checks.defect import Defect
from sst_lint.flow.location import Step

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.protocol import Protocol
    from sst_lint.flow.renames import Rename

#: What is put in place has to be worth it: the others may be torn.
_QUIET = frozenset({"log", "lock", "console", "test", "report", "scratch", "temp"})
_KNOWN = frozenset({"artifact", "state"})
_ORDER: dict[str, int] = {"low": 0, "medium": 1, "high": 2}
#: A lost cache is made again, so nobody waits for the disk.
_CACHES = frozenset({"cache", "cached", "caches"})


def incomplete(project: Project) -> Iterator[Defect]:
    """SST102: something is put in place by replace, rename, move or copy, but a step before or after is missing."""
    yield from _by_protocol(project)
    yield from _plain(project)


def _by_protocol(project: Project) -> Iterator[Defect]:
    for protocol in project.protocols():
        if protocol.final.kind in _QUIET and not (protocol.final.kind == "temp" and not protocol.final.literal):
            continue
        found = list(_lacking(project, protocol))
        if not found or project.is_test(project.trace.location(protocol.move.ports["return"]).path):
            continue
        belief = max((b for b, _, _ in found), key=lambda b: _ORDER[b.confidence])
        said = [(step, text) for b, step, text in found if b.confidence == belief.confidence or not b.is_low]
        wrong = [step for step, _ in said]
        node = _place(project, protocol, wrong)
        where = project.trace.location(node)
        if protocol.move.weak:
            belief = belief.low(GUESSED)
        yield Defect(
            "SST102",
            where,
            project.trace.statement_line(node),
            "",
            _message(protocol, [text for _, text in said], node == protocol.move.ports["return"]),
            "error" if protocol.final.kind in _KNOWN and belief == HIGH else "warning",
            belief.confidence,
            _trace(project, protocol, wrong),
            group=f"write:{where.line}:{where.column}",
            doubts=belief.doubts,
        )


def _plain(project: Project) -> Iterator[Defect]:
    """A finished file is renamed onto a name that may be taken, or out of the directory for temporary files."""
    for rename in project.renames():
        node = rename.site.ports["return"]
        where = project.trace.location(node)
        if rename.final.kind in _QUIET or project.is_test(where.path) or project.runs_once(where.path):
            continue
        belief = MEDIUM if rename.certain else low("nothing in the program says that the target may be there")
        yield Defect(
            "SST102",
            where,
            project.trace.statement_line(node),
            "",
            _of_rename(rename),
            "warning",
            belief.confidence,
            group=f"write:{where.line}:{where.column}",
            doubts=belief.doubts,
        )


def _of_rename(rename: Rename) -> str:
    name = rename.site.model.name
    if rename.across:
        return (
            f"`{name}` moves what lies in the directory for temporary files, which may be on another device: then this "
            "fails; make it beside the target (`dir=`)"
        )
    return (
        f"`{name}` fails on Windows when the target exists, and replaces it elsewhere; "
        "`os.replace` does the same everywhere"
    )


def _place(project: Project, protocol: Protocol, wrong: list[str]) -> int:
    """Where to tell it: at the last step; if other functions write the file and fail to, where they open it; if only
    the temporary name is wrong, where that is put together."""
    moving = project.locks.scope_of(protocol.move.call)
    if wrong == ["unique-name"]:
        named = _named(project, protocol)
        if named >= 0 and project.world.scope_of_node(named) != moving:
            return named
    here = [w.site.call for w in protocol.writes] + [m.call for m in protocol.makers]
    if here and _OF_WRITER & set(wrong) and all(project.locks.scope_of(call) != moving for call in here):
        return project.linked.result_of(here[0])
    return protocol.move.ports["return"]


def _named(project: Project, protocol: Protocol) -> int:
    """Where the temporary name is put together: for the move and for the write, else for the write; -1 unknown."""
    moved = project.evidence.composed(protocol.source)
    written = [n for w in protocol.writes if w.mode != "update" for n in project.evidence.composed(w.path_node)]
    return next(iter([n for n in moved if n in written] + written[:1] + moved[:1]), -1)


def _is_handed(project: Project, source: int) -> bool:
    """Whether a function copies what it is handed, and only some hand over a temporary file: of what others hand over
    it may make a backup."""
    return project.identity.of(source)[0] == "param" and not project.evidence.is_temporary(source)


def _lacking(project: Project, protocol: Protocol) -> Iterator[tuple[Belief, str, str]]:
    """What is missing: how much that matters, the step, and the words for it."""
    missing, known, way = protocol.missing, protocol.seen, protocol.way
    if way == "copy":
        if protocol.temporary:
            yield (
                low("only some callers hand over a temporary file") if _is_handed(project, protocol.source) else HIGH,
                "replace",
                "copies over the final path where `os.replace` would change it in one step",
            )
        return
    if "same-directory" in missing:
        outcome = "the move is a copy" if way == "move" else "this fails"
        text = f"the temporary file lies in another directory, so on another device {outcome}"
        yield HIGH, "same-directory", text
    if protocol.removes_first and way != "replace":
        yield HIGH if known else MEDIUM, "replace", "the target is removed before, so in between there is no file"
    elif "replace" in missing and way == "rename":
        yield (
            low("a function of its own moves the file, and its callers decide") if protocol.wrapped else MEDIUM,
            "replace",
            "`os.rename` fails on Windows when the target exists, `os.replace` does not",
        )
    elif "replace" in missing and way == "move" and "same-directory" not in missing:
        text = "`shutil.move` may fall back to a copy, `os.replace` never does"
        beside = "same-directory" in protocol.steps  # then it renames
        yield MEDIUM if known and not beside else low("nothing says that it is ever a copy"), "replace", text
    if not known:
        return
    if "unique-name" in missing:
        locked = all(project.locks.held(w.site.call) for w in protocol.writes)
        made = [w.mode for w in protocol.writes if w.mode != "update"]  # which only opens what is there
        alone = all(mode == "exclusive" for mode in made) and not _cleared(project, protocol)
        weak = protocol.versioned or locked or alone or _are_alike(project, protocol)
        text = "the temporary name is fixed, so two writers share it"
        yield low("there is one writer at a time") if weak else MEDIUM, "unique-name", text
    if "fsync" in missing:
        text = "nothing is synced, so after a power cut the new name may hold no content"
        yield _fsync(project, protocol), "fsync", text
    elif "flush" in missing:
        yield MEDIUM, "flush", "fsync without flush leaves the buffer of the program unwritten"
    for step, text in _LOW:
        if step in missing:
            yield low("only a step that few files need is missing"), step, text


def _are_alike(project: Project, protocol: Protocol) -> bool:
    """Whether both names are put together at one place: then one of many entries gets another name, and none of the two
    is temporary."""
    source, target = (project.evidence.composed(node)[:1] for node in (protocol.source, protocol.target))
    return bool(source) and source == target


def _cleared(project: Project, protocol: Protocol) -> bool:
    """Whether the temporary file of whoever was first is removed, so that creating it anew does not fail."""
    calls, path = {write.site.call for write in protocol.writes}, project.identity.of(protocol.source)
    for scope in project.effects.scopes():
        effects = project.effects.of(scope)
        for made in effects:
            if made.kind == "write" and made.site.call in calls and made.path == path:
                if any(e.kind == "remove" and e.path == made.path and e.call < made.call for e in effects):
                    return True
    return False


_LOW = (
    ("directory-fsync", "the directory is not synced, so the new name may be lost"),
    ("clean-up", "nothing removes the temporary file when writing fails"),
    ("mode", "the permission bits are those of `tempfile`, 0600"),
)


def _fsync(project: Project, protocol: Protocol) -> Belief:
    from sst_lint.flow.artifacts import words

    if protocol.final.kind not in _KNOWN:
        return low("nothing is known to need the file after a power cut")
    names = project.evidence.of(protocol.target).names
    function = project.trace.location(protocol.move.ports["return"])
    said = [*names, *project.evidence.of(protocol.target).texts, function.function, function.path]
    if any(words(name) & _CACHES for name in said):
        return low("a cache that is lost in a power cut is made again")
    return MEDIUM


def _message(protocol: Protocol, texts: list[str], ends: bool) -> str:
    name = protocol.move.model.name.removeprefix("builtins.")
    if not protocol.seen and protocol.removes_first:
        return (
            f"`{name}` puts a file in the place of one that was removed before: in between, and after a crash, there "
            "is none; `os.replace` does both in one step"
        )
    if not ends and len(texts) == 1 and texts[0].startswith("the temporary name"):
        return f"{texts[0]}; `tempfile` beside the target gives each its own"
    return f"`{name}` ends an incomplete atomic write: " + "; ".join(texts)


def _trace(project: Project, protocol: Protocol, wrong: list[str]) -> tuple[Step, ...]:
    """Where the temporary file is named, made and written, as far as that is wrong or not beside the last step."""
    move = project.trace.location(protocol.move.ports["return"])
    steps: list[Step] = []
    if wrong == ["unique-name"] and _place(project, protocol, wrong) != protocol.move.ports["return"]:
        return tuple(
            _step(project, w.site.ports["return"], "the temporary file is written") for w in protocol.writes[:2]
        )
    if "unique-name" in wrong:
        for node in project.evidence.composed(protocol.source)[:1]:
            steps.append(_step(project, node, "the temporary file is named"))
    for maker in protocol.makers[:2]:
        steps.append(_step(project, maker.ports["return"], "the temporary file is made"))
    for write in protocol.writes[:2]:
        steps.append(_step(project, write.site.ports["return"], "the temporary file is written"))
    elsewhere = any((s.path, s.function) != (move.path, move.function) for s in steps)
    if not _WRONG & set(wrong) and not (elsewhere and _OF_WRITER & set(wrong)):
        return ()
    return (*steps, Step(move.path, move.line, move.function, "it gets its final name"))


#: What is wrong with the name of the temporary file; with what its writer does.
_WRONG = frozenset({"unique-name", "same-directory"})
_OF_WRITER = frozenset({"fsync", "flush", "unique-name", "same-directory"})


def _step(project: Project, node: int, text: str) -> Step:
    at = project.trace.location(node)
    return Step(at.path, at.line, at.function, text)
