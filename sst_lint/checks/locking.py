"""Which files are changed by several writers at once without a lock that guards them?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import BY_HAND, GIVEN_BY_USER, GUESSED, HIGH, MEDIUM, RUN_AGAIN, Belief, Confidence, low
from sst_lint.checks.defect import Defect
from sst_lint.checks.given_by import given_by
from sst_lint.checks.versioned import (
    RESULTS,
    STRUCTURED,
    describes_a_project,
    is_counter,
    is_for_another,
    is_of_the_sources,
    keeps_comments,
)
from sst_lint.flow.artifacts import words
from sst_lint.flow.location import Step

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.artifacts import Kind
    from sst_lint.flow.effects import Effect
    from sst_lint.flow.races import Update
    from sst_lint.flow.tested import Tested

_WRITES = frozenset({"write", "replace"})
_SHARED = frozenset({"artifact", "state"})
_QUIET = frozenset({"log", "lock", "console", "test", "report", "scratch", "temp", "remote"})
_CACHES = frozenset({"cache", "caches", "cached", "memo"})
_OF_TREES = "shutil.rmtree"
_NEAREST = 2
#: Others make temporary directories of their own.
_PASSING = frozenset({"tmp", "temp", "temporary", "scratch", "tmpdir", "tempdir"})
#: So many other methods of a class that make the same mistake are shown.
_OTHERS = 8


def unlocked(project: Project) -> Iterator[Defect]:
    """SST110: content that is read from a path, changed, and written back to it, while no lock is held.

    The methods of a class that all save through one of its own are one defect: it wants one lock.
    """
    causes: dict[tuple[object, ...], list[tuple[Update, Belief]]] = {}
    for update in project.races.updates:
        belief = None if update.held else _shared(project, update.read, update.write)
        if belief is not None:
            key = (update.saver, belief.confidence) if update.saver >= 0 else (update.write.call, update.write.path)
            causes.setdefault(key, []).append((update, belief))
    for found in causes.values():
        first, belief = found[0]
        others = {u.write.call: u.write for u, _ in found[1:] if u.write.call != first.write.call}
        steps = [*given_by(project, first.write.call, first.write.node)]
        steps += [_step(project, first.read, "read here"), _step(project, first.write, "written back here")]
        steps += [_step(project, write, "and here the same") for write in list(others.values())[:_OTHERS]]
        yield _defect(
            project,
            "SST110",
            first.write,
            "the file is read, changed and written back without a lock: of two writers one loses its change; hold a "
            "lock from before the read until after the write",
            belief,
            tuple(steps),
        )


def ineffective(project: Project) -> Iterator[Defect]:
    """SST111: a lock that does not guard what it seems to guard."""
    for found in project.races.ineffective:
        other = (_step(project, found.other, found.there),) if found.other is not None else ()
        yield _defect(project, "SST111", found.effect, found.text, HIGH if found.certain else MEDIUM, other)
    for taken, look in project.stale_locks:
        where = project.trace.location(project.linked.result_of(taken.call))
        if not project.is_test(where.path):
            steps = (_step(project, look, "its age is asked here"), _step(project, taken, "taken away here"))
            yield _defect(project, "SST111", taken, _STALE, MEDIUM, steps)


_STALE = (
    "takes the lock away because it looks old: in between another process can have done so and made it anew, and then "
    "two hold it; use a lock that the system lets go of when its process ends (`flock`)"
)


def check_then_write(project: Project) -> Iterator[Defect]:
    """SST112: a path is tested for existence, then made, written or removed as if nobody came between.

    What is done in several branches after one test is one defect.
    """
    causes: dict[tuple[int, str, Confidence], list[tuple[Tested, Belief]]] = {}
    for pair in project.tested:
        belief = _raced(project, pair.act)
        if belief == MEDIUM and pair.anew:
            belief = low("whoever came in between has made it anew, too")
        if belief is not None:
            causes.setdefault((pair.test.call, pair.act.kind, belief.confidence), []).append((pair, belief))
    for (_, kind, _), found in causes.items():
        first, belief = found[0]
        others = [_step(project, pair.act, "and here") for pair, _ in found[1:] if pair.act.call != first.act.call]
        steps = (_step(project, first.test, "tested here"), _step(project, first.act, "acted upon here"), *others)
        yield _defect(project, "SST112", first.act, _RACES[kind], belief, steps)
    for counted in project.counted:
        belief = _raced(project, counted.act)
        if belief is not None:
            at = project.trace.location(counted.listing.ports["return"])
            steps = (Step(at.path, at.line, at.function, COUNTED), _step(project, counted.act, "made here"))
            yield _defect(project, "SST112", counted.act, _ANOTHER, belief, steps)


#: What a trace says of the listing from which a number was counted.
COUNTED = "counted from here"
_ANOTHER = (
    "another process can count to the same number and make the directory first, and then this call fails: let "
    "`FileExistsError` pass and count again, or hold a lock across both"
)


_RACES = {
    "mkdir": "another process can make the directory between the test and this call, which then fails: make it with "
    "`exist_ok=True` and without the test",
    "remove": "another process can remove the file between the test and this call, which then fails: remove it and "
    "let `FileNotFoundError` pass",
    "write": "another process can make the file between the test and this write, which then replaces it: open it "
    'with mode "x", or hold a lock across both',
    "replace": "another process can make the file between the test and this write, which then replaces it: hold a "
    "lock across both, or link the new file into place",
}


def _kind(project: Project, effect: Effect) -> Kind | None:
    """What the file is, by what the function at hand says of it, else by all that is written there."""
    where = project.trace.location(project.linked.result_of(effect.call))
    if effect.node >= 0 and effect.calls:
        found = project.kind_of_path(effect.node, where.path)
        if found.kind != "unknown":
            return found
    if effect.protocol is not None:
        return effect.protocol.final
    return effect.write.final if effect.write is not None else None


def _shared(project: Project, read: Effect, write: Effect) -> Belief | None:
    """How sure it is that several writers share the file; None if they do not."""
    where = project.trace.location(project.linked.result_of(write.call))
    kind = _kind(project, write)
    if project.is_test(where.path) or kind is None or kind.kind in _QUIET:
        return None
    if write.site.weak or kind.kind == "argument":
        return low(GUESSED if write.site.weak else GIVEN_BY_USER)
    formats = {*project.effects.formats(read), *project.effects.formats(write)}
    formats.update(write.write.formats if write.write is not None else ())
    if _named(project, write, _CACHES):
        return low("an entry of a cache that is lost is made again")
    edited = describes_a_project(project, write.node) or keeps_comments(project, read, write)
    if edited or is_of_the_sources(project, read, write):
        return low("people edit the file, and their editors take no lock")
    if project.is_by_hand(where.path):
        return low(BY_HAND)
    if STRUCTURED & formats or is_counter(project, write.node):
        return MEDIUM
    return low("it is a text, and not known to be a table that several writers share")


def _named(project: Project, write: Effect, vocabulary: frozenset[str]) -> bool:
    """Whether the file is called one of ``vocabulary``."""
    evidence = project.evidence.of(write.node) if write.node >= 0 else None
    return evidence is not None and any(words(n) & vocabulary for n in (*evidence.names[:3], *evidence.texts[:1]))


def _raced(project: Project, effect: Effect) -> Belief | None:
    where = project.trace.location(project.linked.result_of(effect.call))
    if project.is_test(where.path):
        return None
    if project.runs_once(where.path):
        return low(RUN_AGAIN)
    return _raced_file(project, effect) if effect.kind in _WRITES else _raced_place(project, effect)


def _raced_file(project: Project, effect: Effect) -> Belief | None:
    """How sure it is that somebody else writes a file, too, that was not there."""
    kind = _kind(project, effect)
    if kind is None or kind.kind in _QUIET:
        return None
    if effect.site.weak or kind.kind == "argument":
        return low(GUESSED if effect.site.weak else GIVEN_BY_USER)
    harmless = effect.write and (project.nothing_to_lose(effect.write) or project.made_again(effect.write))
    if harmless:
        return low(f"whoever comes second does no harm ({harmless})")
    function = project.trace.location(project.linked.result_of(effect.call)).function
    if effect.kind == "replace" and (_named(project, effect, _CACHES) or words(function) & _CACHES):
        return low("both put the same entry into a cache, each in one step")
    if effect.write is not None and is_for_another(effect.write):
        return low("it is a configuration that another program is given, and that is made again")
    if kind.kind in _SHARED or effect.kind == "write":
        return MEDIUM
    return low("nothing says that others share the file, and it is put in place in one step")


def _raced_place(project: Project, effect: Effect) -> Belief | None:
    """How sure it is that somebody else makes a directory, or removes what was there."""
    where = project.trace.location(project.linked.result_of(effect.call))
    path = effect.site.ports.get(effect.site.model.makes_directory or effect.site.model.removes, -1)
    judged = project.kind_of_path(path, where.path)
    if project.evidence.is_temporary(path, fresh=True) or (
        judged.kind in ("temp", "scratch", "test", "console") and effect.kind != "mkdir"
    ):
        return None
    if effect.site.weak or judged.kind == "argument":
        return low(GUESSED if effect.site.weak else "the user names the directory or file")
    if effect.site.model.name == _OF_TREES:
        return low("it fails at any file that somebody else removes in the meantime, however it was tested")
    if effect.kind == "mkdir":
        alone = _made_alone(project, effect, path, where.path)
        return low(f"nobody makes it at the same time: {alone}") if alone else MEDIUM
    if _is_put_right(project, effect.call):
        return low("it takes away what the same program has made, after a failure or at its end")
    if judged.kind in _SHARED or project.writes_path(path):
        return MEDIUM
    return low("the program is not known to share the file with others")


def _made_alone(project: Project, effect: Effect, path: int, file: str) -> str:
    """Why no other process makes the directory ``path``, which the source ``file`` makes; "" if one may."""
    if _is_of_one_run(project, path):
        return "it is called after the results of one run, and who starts two wants two of them"
    if _is_where_it_runs(project, path):
        return "it lies where the program is run"
    if project.is_by_hand(file):
        return "it is made by a script that people run by hand"
    if project.is_for_scaffold(effect):
        return "it is for a scaffold, which is made once"
    return "it is called a temporary one" if _is_passing(project, path) else ""


def _is_put_right(project: Project, call: int) -> bool:
    """Whether a call stands where something has failed or is at its end: it takes away what its own program made."""
    unit = project.world.call_unit[call]
    return any(
        project.world.region(unit, region).kind in ("handler", "finally") for region in project.locks.regions(call)
    )


def _is_of_one_run(project: Project, path: int) -> bool:
    """Whether a directory is where one run puts its results: who starts two wants two of them."""
    return any(words(name) & RESULTS for name in project.evidence.of(path).names[:_NEAREST])


def _is_passing(project: Project, path: int) -> bool:
    """Whether a directory is called a temporary one, and is none that all programs share: ``/tmp/tool``."""
    evidence = project.evidence.of(path)
    called = any(words(name) & _PASSING for name in evidence.names[:_NEAREST])
    return called and not any(text.startswith("/") for text in evidence.texts)


def _is_where_it_runs(project: Project, path: int) -> bool:
    """Whether a directory is named in full, below where the program is started: ``os.mkdir("data")``."""
    symbol = project.identity.of(path)
    return symbol[0] == "text" and not symbol[2] and not symbol[1].startswith(("/", "~", "\\"))


def _step(project: Project, effect: Effect, text: str) -> Step:
    at = project.trace.location(project.linked.result_of(effect.call))
    return Step(at.path, at.line, at.function, text)


def _defect(project: Project, rule: str, effect: Effect, text: str, belief: Belief, trace: tuple[Step, ...]) -> Defect:
    node = project.linked.result_of(effect.call)
    where = project.trace.location(node)
    group = f"write:{where.line}:{where.column}" if not belief.is_low else ""
    return Defect(
        rule,
        where,
        project.trace.statement_line(node),
        "",
        text,
        "error" if belief == HIGH else "warning",
        belief.confidence,
        trace,
        group=group,
        doubts=belief.doubts,
    )
