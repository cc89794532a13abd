"""What stands in the files of a project? Their sources, and the facts of their units."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sst_lint.engine.records import Failures, Read
from sst_lint.engine.words import from_here
from sst_lint.source.records import Source, Unit, Unreadable

if TYPE_CHECKING:
    from sst_lint.config import Config
    from sst_lint.flow import FileFacts
    from sst_lint.source import Discovery


def read_project(root: Path, asked: Sequence[Path], config: Config, texts: Mapping[str, str] | None = None) -> Read:
    """Read the whole project, and find which of its files the ``asked`` paths mean; ``texts`` are newer than files."""
    from sst_lint.source import discover, read
    from sst_lint.source.read import unwritten, with_text

    whole = discover([root], root, config)
    named = discover(asked, root, config)
    everything = any(Path(os.path.abspath(path)) == root for path in asked)  # noqa: PTH100 -- keep symbolic links
    results = [read(path, root, config) for path in sorted({*whole.files, *named.files})]
    if texts:
        results = [with_text(each, texts[each.path], config) if each.path in texts else each for each in results]
        results += [with_text(unwritten(path), texts[path], config) for path in _unwritten(texts, root, config)]
    unreadable = {each.path: each for each in (*whole.unreadable, *named.unreadable)}
    return Read(
        tuple(each for each in results if isinstance(each, Source)),
        (*unreadable.values(), *(each for each in results if isinstance(each, Unreadable))),
        None if everything else frozenset((*named.files, *(each.path for each in named.unreadable))),
        _reading_notes(root, named),
    )


def _unwritten(texts: Mapping[str, str], root: Path, config: Config) -> list[str]:
    """The paths of texts that no file holds yet, but for excluded ones."""
    from sst_lint.config.patterns import matches

    left_out = (*config.exclude, *config.extend_exclude)
    return sorted(path for path in texts if not os.path.lexists(root / path) and not matches(path, left_out))


def _reading_notes(root: Path, named: Discovery) -> tuple[str, ...]:
    notes = [from_here(root, f"{path}: excluded by the configuration") for path in named.excluded]
    if not (named.files or named.unreadable or named.excluded):
        notes.append(f"{root.name or root}: no Python files to check")
    return tuple(notes)


def extract_all(sources: Iterable[Source], failures: Failures, known: dict[Unit, Any] | None = None) -> list[FileFacts]:
    """Return the facts of every unit; what fails in one unit is noted, and the rest goes on.

    ``known`` facts are not extracted again, and holds the new ones afterwards.
    """
    from sst_lint.flow import FileFacts
    from sst_lint.source.deep import run_deep

    def work() -> list[FileFacts]:
        return [
            FileFacts(
                source.path, tuple((unit, _known_facts(source.path, unit, failures, known)) for unit in source.units)
            )
            for source in sources
        ]

    return run_deep(work)


def _known_facts(path: str, unit: Unit, failures: Failures, known: dict[Unit, Any] | None) -> Any:
    if known is None:
        return _facts(path, unit, failures)
    if unit in known:
        return known[unit]
    failed = len(failures.files)
    facts = _facts(path, unit, failures)
    if len(failures.files) == failed:
        known[unit] = facts
    return facts


def _facts(path: str, unit: Unit, failures: Failures) -> Any:
    """Return the facts of one unit; those of an empty one when it cannot be read."""
    from libcst import CSTValidationError, ParserSyntaxError

    from sst_lint.facts import extract

    try:
        return extract(unit)
    except ParserSyntaxError as error:
        line = unit.first_line + max(error.raw_line - (2 if unit.indent else 1), 0)
        failures.files.append(Unreadable(path, line, 1, f"{unit.qualname} cannot be parsed, so it was not checked"))
    except CSTValidationError as error:  # what Python's compiler refuses, but not its parser
        what = f"{unit.qualname} cannot be parsed, so it was not checked: {error}"
        failures.files.append(Unreadable(path, unit.first_line, 1, what))
    except Exception as error:  # noqa: BLE001 -- becomes a finding and exit code 2; one unit must not end the run
        what = f"internal error in {unit.qualname}: {type(error).__name__}: {error}; please report it"
        failures.files.append(Unreadable(path, unit.first_line, 1, what))
        failures.problems.append(f"{path}:{unit.first_line}: {what}")
    return extract(replace(unit, text="", kind="module", indent=""))
