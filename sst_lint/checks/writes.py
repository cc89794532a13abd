"""Which writes can leave half a file?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sst_lint.checks.belief import BY_HAND, GIVEN_BY_USER, GUESSED, HIGH, MEDIUM, RUN_AGAIN, Belief, low
from sst_lint.checks.defect import Defect
from sst_lint.checks.given_by import given_by
from sst_lint.checks.versioned import changes_the_sources, is_edited, is_for_another
from sst_lint.facts.records import Kind as NodeKind
from sst_lint.flow.artifacts import Kind, classify, words
from sst_lint.flow.location import Step
from sst_lint.flow.writes import PATHS, PATHS_ONLY

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.writes import Write

_REPORTED = frozenset({"artifact", "state", "unknown", "argument"})
_FILE_NAME = re.compile(r"\w\.\w{1,10}$")
#: Words in the names of paths.
_OF_PATHS = frozenset(
    "path paths file files filename dir dirs directory folder dest destination target out output root base location "
    "joinpath parent resolve absolute cache tmp temp".split()
)
#: What changes the directory that a program works in.
_GOES = frozenset({"os.chdir", "contextlib.chdir"})
_WHAT = {
    "artifact": "an artifact",
    "state": "a state file",
    "unknown": "a file",
    "argument": "a file that the user names",
}


def non_atomic(project: Project) -> Iterator[Defect]:
    """SST101: a truncating write, or a copy, that lands on its final path."""
    unfinished = {p.move.call for p in project.protocols() if p.way == "copy" and p.temporary}
    for found in project.writes():
        write = _made_anew(project, _as_memory(project, _as_table(project, found)))
        if write.site.call in unfinished:
            continue  # SST102: the copy of a temporary file
        protocol = project.protocol_of(write)
        moved = protocol is not None and (protocol.way != "copy" or protocol.temporary)
        if moved or write.kind.kind in ("temp", "scratch"):
            yield from _handed_over(project, write)
            continue  # SST102: written to be moved
        if write.mode not in ("write", "copy", "update") or write.atomic or write.touches:
            continue
        if write.kind.kind not in _REPORTED or write.site.model.name == "shutil.copytree":
            continue
        where = project.trace.location(write.site.ports["return"])
        if project.is_test(where.path) or project.demonstrations.holds(write.site.ports["return"]):
            continue
        stake = project.stakes.why(write)
        belief = _belief(project, write, stake)
        yield Defect(
            "SST101",
            where,
            project.trace.statement_line(write.site.ports["return"]),
            "",
            _message(write, stake),
            "error" if write.kind.kind in ("artifact", "state") else "warning",
            belief.confidence,
            _trace(project, write),
            group=f"write:{where.line}:{where.column}",
            about=write.site.model.name if write.site.handed is None else "",  # no call of it stands here to be fixed
            doubts=belief.doubts,
        )


def _handed_over(project: Project, write: Write) -> Iterator[Defect]:
    """Callers of a function that writes in place, who do not move the file as its other callers do."""
    for handed in project.handed_over(write):
        if handed.kind.kind not in _REPORTED:
            continue
        node = project.linked.result_of(handed.call)
        where, there = project.trace.location(node), project.trace.location(write.site.ports["return"])
        belief = low(GIVEN_BY_USER) if handed.kind.kind == "argument" else MEDIUM
        yield Defect(
            "SST101",
            where,
            project.trace.statement_line(node),
            "",
            f"hands over the final path of {_WHAT[handed.kind.kind]}, which is truncated and rewritten in place: a "
            "crash leaves half of it; hand over a temporary name as other callers do, then `os.replace`",
            "error" if handed.kind.kind in ("artifact", "state") else "warning",
            belief.confidence,
            (
                Step(where.path, where.line, where.function, "hands over the path"),
                Step(there.path, there.line, there.function, "written here"),
            ),
            group=f"write:{where.line}:{where.column}",
            doubts=belief.doubts,
        )


def _is_where_nobody_looks(project: Project, write: Write) -> bool:
    """Whether a file has a plain name, and the function has gone into a temporary directory before."""
    path = project.identity.of(write.path_node)
    if path[0] != "text" or path[2] or path[1].startswith(("/", "~", "\\")):
        return False
    here = project.locks.calls_in(project.locks.scope_of(write.site.call))
    gone = [n for n in here if n < write.site.call and _GOES & set(project.linked.externals.get(n, ()))]
    into = [node for number in gone[-1:] for _, node in project.linked.argument_nodes(number)[:1]]
    return any(project.evidence.is_temporary(node) for node in into)


def _made_anew(project: Project, write: Write) -> Write:
    """``write`` as one that truncates, if the function removes the file before it makes it: whoever reads the file in
    between finds none, or half of one."""
    if write.mode != "exclusive":
        return write
    path = project.identity.of(write.path_node)
    here = set(project.locks.calls_in(project.locks.scope_of(write.site.call)))
    removed = any(
        site.model.removes
        and site.call in here
        and site.call < write.site.call
        and site.ports.get(site.model.removes, -1) >= 0
        and project.identity.of(site.ports[site.model.removes]) == path
        for site in project.sites()
    )
    return replace(write, mode="write") if removed and path[0] not in ("node", "temporary") else write


def _as_table(project: Project, write: Write) -> Write:
    """``write`` as one of a state file, if its "lock", what lies in a directory named like a temporary one, or what the
    user names is a table that is read, changed and written back: it is what it holds that others need whole, and nobody
    has asked to overwrite it."""
    kinds = ("lock", "temp", "argument")
    if write.kind.kind not in kinds or not write.formats or write.mode not in ("write", "update"):
        return write
    if write.kind.kind == "temp" and not _temporary_by_directory(project, write):
        return write
    updates = [u for u in project.races.updates if u.write.write and u.write.write.site.call == write.site.call]
    if write.kind.kind == "argument":  # else a text that somebody has the program edit
        updates = [u for u in updates if not _DATA.isdisjoint(project.effects.formats(u.write))]
    if not updates:
        return write
    return replace(write, kind=Kind("state", "a table that is read, changed and written back", False))


def _as_memory(project: Project, write: Write) -> Write:
    """``write`` as one of a state file, if the "report" is what the object itself reads again: it remembers by it."""
    if write.kind.kind != "report" or write.mode != "write":
        return write
    if project.identity.of(write.path_node) not in project.races.read_by_objects:
        return write
    return replace(write, kind=Kind("state", "a document that the program reads again", False))


def _temporary_by_directory(project: Project, write: Write) -> bool:
    """Whether only the name of its directory says that a file is temporary."""
    own = replace(write.evidence, texts=write.evidence.texts[:1], names=(), temporary=False)
    path = project.trace.location(write.site.ports["return"]).path
    kind = classify(own, write.formats, path, project.config)
    return kind.kind not in ("temp", "scratch", "lock", "log") and not project.evidence.is_temporary(write.path_node)


def _trace(project: Project, write: Write) -> tuple[Step, ...]:
    """Who hands over the path, if the function that writes does not name it itself."""
    callers = given_by(project, write.site.call, write.path_node)
    if not callers:
        return ()
    here = project.trace.location(write.site.ports["return"])
    return (*callers, Step(here.path, here.line, here.function, "written here"))


def _belief(project: Project, write: Write, stake: str) -> Belief:
    if write.site.weak:
        return low(GUESSED)
    if write.kind.kind == "argument":
        return low(GIVEN_BY_USER)
    for reason in (project.nothing_to_lose(write), project.made_again(write)):
        if reason:
            return low(f"half of the file does no harm ({reason})")
    if project.runs_once(project.trace.location(write.site.ports["return"]).path):
        return low(RUN_AGAIN)
    for slight, why in _SLIGHT if write.kind.kind == "unknown" else ():
        if slight(project, write):
            return low(why)
    if not _is_at_stake(project, write, stake):
        return low("nothing is known to read the file again or to keep anything in it")
    if changes_the_sources(project, write) or is_edited(project, write):
        return low("what is changed in place is under version control, or is edited by people")
    if _is_where_nobody_looks(project, write):
        return low("the program has gone into a temporary directory before")
    if not stake and not write.evidence.texts and _is_opened_for_others(project, write):
        return low("the function opens what it is told to, in the mode that it is told")
    if write.mode == "update":
        return low("it is a map of memory, there to be changed in place") if _is_mapped(write) else MEDIUM
    return HIGH if write.kind.kind == "artifact" and write.kind.literal else MEDIUM


def _is_mapped(write: Write) -> bool:
    return write.site.model.name.endswith("memmap")


def _is_opened_for_others(project: Project, write: Write) -> bool:
    """Whether a function opens what it is told to, in the mode that it is told: what becomes of the file is said
    elsewhere, and what it is called as well."""
    opens = write.site.model.opens
    mode = write.site.ports.get(opens.mode, -1) if opens is not None and opens.mode else -1
    return mode >= 0 and project.world.nodes[mode].kind == NodeKind.PARAM


def _is_at_stake(project: Project, write: Write, stake: str) -> bool:
    """Whether anybody would miss the other half: by what the program does with the file, because it holds data that
    were serialized for somebody to read, or, where only its suffix says so, by its name. What was declared counts as it
    was declared."""
    if write.kind.declared or stake:
        return True
    if write.kind.kind == "unknown":
        return project.stakes.is_named(write)
    if write.kind.kind not in ("artifact", "state"):
        return False
    if is_for_another(write):
        return False
    if project.puts_in_place and (write.formats or write.site.model.name.startswith(_PACKS)):
        return True  # the program itself takes care of others of its files
    return not _OF_RESULTS.issuperset(write.formats) or bool(project.stakes.named(write))


def _brings_itself(project: Project, write: Write) -> bool:
    """Whether a copy is one of a file that the program names: its own data, which can be copied again."""
    moves = write.site.model.moves
    source = write.site.ports.get(moves.src, -1) if moves is not None and write.mode == "copy" else -1
    return source >= 0 and any(_FILE_NAME.search(text) for text in project.evidence.of(source).texts[:1])


def _is_no_path(project: Project, write: Write) -> bool:
    """Whether nothing but the method's name says that there is a path: ``formatter.write_text(...)``."""
    if not write.site.model.name.startswith("pathlib.") or write.evidence.texts:
        return False
    if project.linked.has_type(write.path_node, "pathlib.Path", "pathlib.PurePath"):
        return False
    made = project.world.nodes[write.path_node].kind == NodeKind.CALL
    return made and not any(words(name) & _OF_PATHS for name in write.evidence.names)


def _is_perhaps_open(project: Project, write: Write) -> bool:
    """``ZipFile(inner, "w")``: whether it may be a file that somebody else has opened, as nothing says it is a path."""
    if write.site.model.opens is None or write.site.model.name in PATHS_ONLY:
        return False
    nodes, graph = project.world.nodes, project.graph
    given = [graph.source[n] for n in graph.incoming.get(write.path_node, ()) if graph.label[n] > 0]
    if any(nodes[one].kind == NodeKind.CALL and nodes[one].name.strip("_") == "open" for one in given):
        return True
    if project.linked.has_type(write.path_node, *PATHS):
        return False
    return not write.evidence.texts and not any(words(name) & _OF_PATHS for name in write.evidence.names)


def _is_of_developers(project: Project, write: Write) -> bool:
    """Whether a script beside the program writes: it is run by hand, on what is made again or under version control."""
    return project.is_by_hand(project.trace.location(write.site.ports["return"]).path)


#: Formats of what a program keeps for itself, and loads as a whole.
_DATA = frozenset({"json", "yaml", "toml", "pickle", "msgpack"})
#: Formats of results: rows that somebody looks at or another tool is given, and what is packed for shipping, of which
#: a reader refuses half. They are made again, and nobody keeps anything in them.
_OF_RESULTS = frozenset({"csv", "excel", "xlsx", "xml", "text", "archive", "gzip", "bz2", "xz"})
_PACKS = ("zipfile.", "tarfile.")
_SLIGHT = (
    (_brings_itself, "the program copies data that it brings itself, and can copy it again"),
    (_is_no_path, "nothing but the name of a method says that there is a path"),
    (_is_perhaps_open, "it may be a file that somebody else has opened"),
    (_is_of_developers, BY_HAND),
)


def _message(write: Write, stake: str) -> str:
    """``stake``: what would be lost, which says more of a file than a name that nobody knows."""
    name = write.site.model.name.removeprefix("builtins.")
    said = (write.kind.why, stake if write.kind.kind == "unknown" else "")
    reason = f" ({'; '.join(words for words in said if words)})" if any(said) else ""
    if write.mode == "copy":
        return (
            f"`{name}` copies onto the final path of {_WHAT[write.kind.kind]}{reason}: readers can see half of it; "
            "copy to a temporary name beside it, then `os.replace`"
        )
    how = "changes" if write.mode == "update" else "truncates and rewrites"
    return (
        f"`{name}` {how} {_WHAT[write.kind.kind]}{reason} in place: a crash leaves half of it; write to a temporary "
        "file beside it, then `os.replace`"
    )
