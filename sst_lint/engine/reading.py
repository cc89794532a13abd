"""What stands in the files of a project? Their sources and the facts of their units, remembered or read anew."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sst_lint.engine.records import Failures, Listed, Options, Prepared, Read
from sst_lint.engine.words import from_here
from sst_lint.source.records import Source, Unreadable

if TYPE_CHECKING:
    from sst_lint.config import Config
    from sst_lint.engine.inventory import Inventory
    from sst_lint.facts.files import Comments, ReadFile, Task
    from sst_lint.facts.store import Memory
    from sst_lint.flow import FileFacts
    from sst_lint.source import Discovery

_AT_ONCE = 200  # files whose encoded records are held at the same time


def list_project(root: Path, asked: Sequence[Path], config: Config, texts: Mapping[str, str]) -> Listed:
    """Name the files of the whole project, and those of them that the ``asked`` paths mean.

    ``texts`` stand in place of files, which need not be there yet.
    """
    from sst_lint.source import discover

    whole = discover([root], root, config)
    places = [Path(os.path.abspath(path)) for path in asked]  # noqa: PTH100 -- keep symbolic links
    named = whole if set(places) == {root} else discover(asked, root, config)
    everything = root in places
    unwritten = _unwritten(texts, root, config)
    new = [path for path in unwritten if root / path in places]
    unreadable = {each.path: each for each in (*whole.unreadable, *named.unreadable)}
    return Listed(
        tuple(sorted({*whole.files, *named.files, *unwritten})),
        tuple(unreadable.values()),
        None if everything else frozenset((*named.files, *new, *(each.path for each in named.unreadable))),
        () if new else _notes(root, named),
    )


def _unwritten(texts: Mapping[str, str], root: Path, config: Config) -> list[str]:
    """The paths of texts that no file holds yet, but for excluded ones."""
    from sst_lint.config.patterns import matches

    left_out = (*config.exclude, *config.extend_exclude)
    return sorted(path for path in texts if not os.path.lexists(root / path) and not matches(path, left_out))


def _notes(root: Path, named: Discovery) -> tuple[str, ...]:
    notes = [from_here(root, f"{path}: excluded by the configuration") for path in named.excluded]
    if not (named.files or named.unreadable or named.excluded):
        notes.append(f"{root.name or root}: no Python files to check")
    return tuple(notes)


def read_project(inventory: Inventory, store: Memory, project: Prepared) -> Read:
    """Read the files of the ``inventory``; what the ``store`` knows is not read again."""
    from sst_lint.facts.files import Comments, ReadFile

    comments, listed = Comments.of(project.config), inventory.listed
    files: dict[str, ReadFile] = {path: ReadFile(each) for path, each in inventory.unreadable.items()}
    tasks: list[Task] = []
    paths = [path for path in listed.files if path not in files]
    for at in range(0, len(paths), _AT_ONCE):
        known = store.get(inventory.keys[path] for path in paths[at : at + _AT_ONCE])
        for path in paths[at : at + _AT_ONCE]:
            found = _remembered(path, inventory, known, comments)
            if isinstance(found, ReadFile):
                files[path] = found
                inventory.drop(path)
            else:
                tasks.append(found)
    earlier = store.get(inventory.previous(task.path) for task in tasks)
    tasks = [task._replace(previous=earlier.get(inventory.previous(task.path), b"")) for task in tasks]
    files.update(_read_anew(tasks, inventory, store, comments, project.options))
    return _together(listed, files)


def _remembered(path: str, inventory: Inventory, known: Mapping[bytes, bytes], comments: Comments) -> ReadFile | Task:
    """The file as it is known, else what is to be read of it."""
    from sst_lint.facts.files import ReadFile, Task, decode_record, named

    content = inventory.content(path)
    if isinstance(content, Unreadable):
        return ReadFile(content)
    body = known.get(inventory.keys[path])
    record = decode_record(body) if body else None
    if record is not None:
        with contextlib.suppress(ValueError):  # damaged in a way that a checksum does not tell
            return named(path, content, record, comments, path in inventory.encodings)
    return Task(path, content, inventory.encodings.get(path, ""))


def _read_anew(
    tasks: Sequence[Task], inventory: Inventory, store: Memory, comments: Comments, options: Options
) -> dict[str, ReadFile]:
    """Read files through a parser, and let the store remember them."""
    if not tasks:
        return {}
    from sst_lint.engine.workers import Reading, read_all
    from sst_lint.facts.files import named

    files: dict[str, ReadFile] = {}

    def take(reading: Reading) -> None:
        if options.progress is not None:
            options.progress("reading", len(files), len(tasks))
        task = tasks[reading.number]
        files[task.path] = named(task.path, task.content, reading.record, comments, bool(task.encoding))
        if reading.encoded:
            store.keep({inventory.keys[task.path]: reading.encoded})

    read_all(tasks, comments, take, options.jobs, options.executor)
    return files


def _together(listed: Listed, files: Mapping[str, ReadFile]) -> Read:
    """All files, in the order of their paths."""
    from sst_lint.flow import FileFacts

    failures = Failures()
    sources: list[Source] = []
    facts: list[FileFacts] = []
    unreadable = list(listed.unreadable)
    for path in listed.files:
        found = files[path]
        if isinstance(found.source, Unreadable):
            unreadable.append(found.source)
            continue
        sources.append(found.source)
        facts.append(FileFacts(path, found.units))
        failures.add(path, found.failures)
    return Read(tuple(sources), tuple(facts), tuple(unreadable), tuple(failures.files), tuple(failures.problems))


def extract_all(sources: Iterable[Source], failures: Failures) -> list[FileFacts]:
    """Return the facts of every unit; what fails in one unit is noted, and the rest goes on."""
    from sst_lint.facts.files import Failure, unit_facts
    from sst_lint.flow import FileFacts
    from sst_lint.source.deep import run_deep

    def work() -> list[FileFacts]:
        found = []
        for source in sources:
            failed: list[Failure] = []
            found.append(FileFacts(source.path, tuple((unit, unit_facts(unit, failed)) for unit in source.units)))
            failures.add(source.path, failed)
        return found

    return run_deep(work)
