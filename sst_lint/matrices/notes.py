"""What did the team decide by hand? Policies and notes on rows, in a side file of their own that no tool rewrites.

TOML: a list of tables for each matrix, each entry keyed like a row (and like a baseline entry without its rule):

    [[exceptions]]
    path = "acme/load.py"
    function = "read"
    snippet = "text = path.read_text() ... except OSError"
    occurrence = 0            # which of several equal ones; 0 if it is not said
    policy = "best effort"
    note = "the file is optional, see the runbook"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli

from sst_lint.catalogue import nearest
from sst_lint.matrices.rows import Key, Matrix

_TEXTS = ("path", "function", "snippet", "policy", "note")
_KEYS = (*_TEXTS, "occurrence")


class NotesError(Exception):
    """The side file cannot be used; the message is one line that names the file and says what is wrong."""


@dataclass(frozen=True)
class Note:
    """What the team says of one row."""

    key: Key
    policy: str
    note: str


@dataclass(frozen=True)
class Notes:
    """The side file, by matrix."""

    file: str  #: as it was named
    by_matrix: Mapping[str, tuple[Note, ...]]


def load(path: Path, name: str, matrices: Iterable[str]) -> Notes:
    """Read the side file at ``path``; ``name`` is what messages call it. Raises ``NotesError``."""
    try:
        table = tomli.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise NotesError(f"{name}: no such file, but `matrix-notes` names it") from None
    except OSError as error:
        raise NotesError(f"{name}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        raise NotesError(f"{name}: is no TOML: {error}") from error
    return Notes(name, dict(_parsed(table, name, tuple(matrices))))


def _parsed(table: Mapping[str, Any], file: str, matrices: tuple[str, ...]) -> Iterable[tuple[str, tuple[Note, ...]]]:
    for matrix in sorted(table):
        if matrix not in matrices:
            raise NotesError(f"{file}: unknown matrix `{matrix}`{nearest(matrix, matrices)}")
        entries = table[matrix]
        if not isinstance(entries, list):
            raise NotesError(f"{file}: `{matrix}` is no list of tables; write [[{matrix}]]")
        notes = tuple(_note(entry, f"{file}: {matrix}, entry {number}") for number, entry in enumerate(entries, 1))
        seen: set[Key] = set()
        for number, note in enumerate(notes, 1):
            if note.key in seen:
                raise NotesError(f"{file}: {matrix}, entry {number}: says something of a row that has an entry before")
            seen.add(note.key)
        yield matrix, notes


def _note(entry: object, where: str) -> Note:
    if not isinstance(entry, dict):
        raise NotesError(f"{where}: is no table")
    for name in entry:
        if name not in _KEYS:
            raise NotesError(f"{where}: unknown key `{name}`{nearest(name, _KEYS)}")
    for name in _TEXTS:
        if not isinstance(entry.get(name, ""), str):
            raise NotesError(f"{where}: `{name}` is no string")
    number = entry.get("occurrence", 0)
    if type(number) is not int or number < 0:
        raise NotesError(f"{where}: `occurrence` is no number from 0")
    for name in ("path", "snippet"):
        if not entry.get(name):
            raise NotesError(f"{where}: has no `{name}`")
    if not entry.get("policy") and not entry.get("note"):
        raise NotesError(f"{where}: says nothing: give it a `policy` or a `note`")
    key = (entry["path"], entry.get("function", ""), entry["snippet"], number)
    return Note(key, " ".join(entry.get("policy", "").split()), " ".join(entry.get("note", "").split()))


def annotated(matrix: Matrix, notes: Notes) -> Matrix:
    """Return the matrix with what the team says of its rows; what fits none is in ``stale``."""
    said = {note.key: note for note in notes.by_matrix.get(matrix.layout.name, ())}
    rows = []
    for row in matrix.rows:
        note = said.pop(row.key, None)
        rows.append(row if note is None else replace(row, policy=note.policy, note=note.note))
    unread = {path for path, _ in matrix.unread}
    stale = tuple(_stale(key, matrix, notes.file) for key in said if key[0] not in unread)
    return replace(matrix, rows=tuple(rows), stale=stale)


def _stale(key: Key, matrix: Matrix, file: str) -> str:
    path, function, snippet, _ = key
    near = [row.snippet for row in matrix.rows if (row.where.path, row.where.function) == (path, function)]
    place = f"{path} {function}".rstrip()
    return f"{file}: {matrix.layout.name}: no row any more for `{snippet}` in {place}{nearest(snippet, near)}"
