"""Which files lie beside the source code, in version control, where a half or a lost change is seen?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sst_lint.flow.artifacts import words

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.effects import Effect
    from sst_lint.flow.writes import Write

#: Begins the paths of what lies beside the source code.
_BESIDE = "__file__"
#: Where one run puts its results, by the nearest names.
RESULTS = frozenset("out output outdir outputdir results reports plots figures".split())

#: What is read, changed and written as a whole; other text is mostly a file that somebody edits.
STRUCTURED = frozenset({"json", "yaml", "toml", "pickle", "csv", "ini", "xml", "msgpack", "parquet", "torch", "npy"})
#: What says no more than that there is text.
_OF_TEXTS = frozenset({"text", "binary"})
_SUFFIX = re.compile(r"\.\w{1,8}$")
#: They give a document back as it was written, but for what was changed.
_KEEPING = ("tomlkit.", "ruamel.yaml.")
_COUNTERS = frozenset({"counter", "sequence", "seq", "serial", "lease", "ledger"})
_PROJECT_FILES = frozenset(
    "pyproject.toml setup.cfg tox.ini pytest.ini mypy.ini package.json cargo.toml composer.json tsconfig.json "
    "pipfile environment.yml environment.yaml mkdocs.yml .pre-commit-config.yaml .editorconfig "
    "cargo.lock poetry.lock uv.lock pdm.lock pipfile.lock package-lock.json npm-shrinkwrap.json composer.lock".split()
)


def describes_a_project(project: Project, path: int) -> bool:
    """Whether a file is one that people keep by hand, in version control: the description of a project."""
    evidence = project.evidence.of(path) if path >= 0 else None
    return evidence is not None and any(t.rpartition("/")[2].lower() in _PROJECT_FILES for t in evidence.texts[:1])


def keeps_comments(project: Project, read: Effect, write: Effect) -> bool:
    """Whether a program takes care of the comments and the layout of a document that it changes: people write them."""
    calls = (call for effect in (read, write) for call in (effect.call, *effect.calls, effect.site.call))
    scopes = dict.fromkeys(map(project.locks.scope_of, calls))
    return any(
        name.startswith(_KEEPING)
        for scope in scopes
        for number in project.locks.calls_in(scope)
        for name in project.linked.externals.get(number, ())
    )


def is_counter(project: Project, path: int) -> bool:
    """Whether a file is called as one that each run counts on in."""
    evidence = project.evidence.of(path) if path >= 0 else None
    return evidence is not None and any(words(n) & _COUNTERS for n in (*evidence.names[:3], *evidence.texts[:1]))


def is_edited(project: Project, write: Write) -> bool:
    """Whether a program does to a document what its owner does with an editor: it reads it, changes a part, and puts
    it back. The description of a project is one, and a text that it is pointed to, of which it does not even know what
    it is called."""
    found = [u for u in project.races.updates if u.write.write and u.write.write.site.call == write.site.call]
    if not found or is_counter(project, write.path_node):
        return False
    if describes_a_project(project, write.path_node) or any(keeps_comments(project, u.read, u.write) for u in found):
        return True
    formats = {*write.formats, *(f for u in found for e in (u.read, u.write) for f in project.effects.formats(e))}
    named = any(_SUFFIX.search(text) for text in write.evidence.texts)
    return write.kind.kind == "unknown" and not formats & STRUCTURED and not named


def is_for_another(write: Write) -> bool:
    """Whether a file is a configuration that the program puts together as a text, and not what it keeps itself."""
    return write.kind.kind == "state" and write.kind.literal and _OF_TEXTS.issuperset(write.formats)


def is_of_the_sources(project: Project, read: Effect, write: Effect) -> bool:
    """Whether a file is data that lies beside the source code and has to be there already: a program that changes it
    is run by hand, and version control sees the change. What a program makes itself it does not expect to find."""
    evidence = project.evidence.of(write.node) if write.node >= 0 else None
    if evidence is None or _BESIDE not in evidence.names:
        return False
    if any(words(name) & RESULTS for name in (*evidence.names, *evidence.texts)):
        return False
    scope = project.locks.scope_of(write.call)
    asked = any(e.kind == "test" and e.path == write.path for e in project.effects.of(scope))
    return not asked and not any(_is_tried(project, call) for call in (read.call, *read.calls, read.site.call))


def changes_the_sources(project: Project, write: Write) -> bool:
    """Whether a write puts such data back where its own function has read them."""
    return any(
        update.write.write is not None
        and update.write.write.site.call == write.site.call
        and not update.write.calls
        and is_of_the_sources(project, update.read, update.write)
        for update in project.races.updates
    )


def _is_tried(project: Project, call: int) -> bool:
    unit = project.world.call_unit[call]
    return any(project.world.region(unit, region).kind == "try" for region in project.locks.regions(call))
