"""Does the committed matrix still say what is true? Rows are compared, not lines: added, removed, changed cell by cell.

Both sides are read in the same way: the committed file, and what would be written in its place with its own options.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sst_lint.matrices import machine, markdown
from sst_lint.matrices.markdown import GROUPS, GroupBy
from sst_lint.matrices.rows import Matrix
from sst_lint.matrices.text import cells as cells_of

FORMATS = ("md", "json", "csv")
#: The ends of file names that stand for a format.
_ENDS = {".md": "md", ".markdown": "md", ".json": "json", ".csv": "csv"}
_CONFLICT = ("<<<<<<< ", "||||||| ", "=======", ">>>>>>> ")
_RULER = re.compile(r"\|?(\s*:?-+:?\s*\|)+\s*:?-*:?\s*$")
_MADE = re.compile(r"made by `sst-lint matrix (?P<name>\w+)(?P<options>[^`]*)`")
#: They name a row; of the others, line numbers say nothing.
_PLACE = ("file", "path", "function", "code", "snippet", "occurrence", "of", "is")
_LINES = ("line", "end_line")


class CommittedError(Exception):
    """The committed file is no matrix that can be compared; the message is one line that says where and why."""


@dataclass(frozen=True)
class Entry:
    """A row as it stands in a file: what names it, its other cells, and its line."""

    key: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]
    line: int

    @property
    def place(self) -> str:
        """What names the row, to be read; the first of several has no number."""
        return " ".join(part for part in self.key[:-1] if part not in ("", "0"))


@dataclass(frozen=True)
class Style:
    """How a committed file was made."""

    format: str
    group_by: GroupBy = "file"
    lines: bool = False


@dataclass(frozen=True)
class Difference:
    """What is not true any more, in words; each line names a row."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def told(self) -> str:
        """Return the figures, then a line for each row."""
        groups = (("added", self.added), ("removed", self.removed), ("changed", self.changed))
        figures = ", ".join(f"{len(rows):,} {word}" for word, rows in groups if rows)
        return "\n".join([figures, *(f"  {word:<8} {row}" for word, rows in groups for row in rows)])


def format_of(file: str) -> str:
    """The format that a file name stands for, or ""."""
    return next((form for end, form in _ENDS.items() if file.lower().endswith(end)), "")


def render(matrix: Matrix, style: Style, only: Sequence[str] = ()) -> str:
    """Return the text of the matrix in a format; ``only`` names the verdicts that were left in."""
    if style.format == "json":
        return machine.render_json(matrix, style.lines)
    if style.format == "csv":
        return machine.render_csv(matrix, style.lines)
    return markdown.render(matrix, style.group_by, style.lines, only)


def style_of(text: str, form: str) -> Style:
    """How a committed file was made, as far as it tells."""
    if form != "md":
        return Style(form, lines='"end_line":' in text if form == "json" else ",end_line," in text.partition("\n")[0])
    match = _MADE.search(text)
    words = match["options"].split() if match is not None else []
    group: GroupBy = next((group for group in GROUPS if ["--group-by", group] in _pairs(words)), "file")
    return Style("md", group, "--lines" in words)


def _pairs(words: list[str]) -> list[list[str]]:
    return [words[n : n + 2] for n in range(len(words) - 1)]


def compare(committed: str, name: str, matrix: Matrix, form: str) -> Difference:
    """Return what of the committed text is not true any more. Raises ``CommittedError``."""
    _check_conflicts(committed, name, matrix.layout.name)
    style = style_of(committed, form)
    old = {entry.key: entry for entry in _entries(committed, form, name)}
    new = {entry.key: entry for entry in _entries(render(matrix, style), form, name)}
    rows_differ = any(_differs(old.get(key), new.get(key)) for key in {**old, **new} if not _is_summary(key))
    if rows_differ:  # then the summary differs too, and says nothing more
        old = {key: entry for key, entry in old.items() if not _is_summary(key)}
        new = {key: entry for key, entry in new.items() if not _is_summary(key)}
    return Difference(
        tuple(f"{entry.place}{_verdict(entry)}" for key, entry in new.items() if key not in old),
        tuple(f"{entry.place} (line {entry.line})" for key, entry in old.items() if key not in new),
        tuple(_changes(old[key], entry) for key, entry in new.items() if key in old and _differs(old[key], entry)),
    )


def _is_summary(key: tuple[str, ...]) -> bool:
    return key[0] == markdown.SUMMARY


def _differs(old: Entry | None, new: Entry | None) -> bool:
    return (old.cells if old else None) != (new.cells if new else None)


def _verdict(entry: Entry) -> str:
    verdict = dict(entry.cells).get("verdict", "")
    return f": {verdict}" if verdict else ""


def _changes(old: Entry, new: Entry) -> str:
    before, after = dict(old.cells), dict(new.cells)
    if before.get("rules") != after.get("rules"):  # then the message is another, and says the same at length
        before.pop("message", None), after.pop("message", None)
    cells = [
        f"{name}: {before.get(name) or 'nothing'} -> {after.get(name) or 'nothing'}"
        for name in {**before, **after}
        if before.get(name, "") != after.get(name, "")
    ]
    return f"{new.place} (line {old.line}): {'; '.join(cells)}"


def _check_conflicts(text: str, name: str, matrix: str) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_CONFLICT):
            raise CommittedError(
                f"{name}:{number}: a merge conflict is not resolved; `sst-lint matrix {matrix} --update` writes it anew"
            )


def _entries(text: str, form: str, name: str) -> list[Entry]:
    found = {"md": _of_markdown, "json": _of_json, "csv": _of_csv}[form](text, name)
    seen: Counter[tuple[str, ...]] = Counter()
    entries = []
    for entry in found:
        entries.append(Entry((*entry.key, str(seen[entry.key])), entry.cells, entry.line))
        seen[entry.key] += 1
    return entries


def _of_markdown(text: str, name: str) -> Iterator[Entry]:
    """The rows of all tables; the heading above a table names its rows too, or (by kind) is a cell of them."""
    heading = ""
    columns: list[str] = []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("## "):
            heading = line[3:].strip()
        if not line.lstrip().startswith("|"):
            columns = []
        elif _RULER.fullmatch(line.strip()):
            columns = cells_of(lines[number - 2])
        elif columns:
            cells = cells_of(line)
            if len(cells) != len(columns):
                raise CommittedError(
                    f"{name}:{number}: is no row of this table: it has {len(cells)} cells, not {len(columns)}"
                )
            yield _entry(heading, dict(zip(columns, cells, strict=True)), number)


def _entry(heading: str, cells: dict[str, Any], line: int) -> Entry:
    by_kind = "file" in cells and heading != markdown.NOT_READ
    key = [] if by_kind else [heading]
    key += [str(cells[name]) for name in _PLACE if name in cells]
    others = {name: str(value) for name, value in cells.items() if name not in (*_PLACE, *_LINES)}
    return Entry(tuple(key), tuple({**({"kind": heading} if by_kind else {}), **others}.items()), line)


def _of_json(text: str, name: str) -> Iterator[Entry]:
    try:
        found = json.loads(text)
        version, rows, unread = found["version"], found["rows"], found["unread"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise CommittedError(f"{name}: is no matrix in JSON") from None
    if version != machine.VERSION:
        raise CommittedError(f"{name}: has version {version}, and this sst-lint knows {machine.VERSION}")
    for number, row in enumerate([*rows, *unread], 1):
        if not isinstance(row, dict) or "path" not in row:
            raise CommittedError(f"{name}: row {number} is no row of a matrix")
        flat = {key: " ".join(map(str, value)) if isinstance(value, list) else value for key, value in row.items()}
        yield _entry("", flat, number)


def _of_csv(text: str, name: str) -> Iterator[Entry]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not reader.fieldnames or "path" not in reader.fieldnames:
        raise CommittedError(f"{name}: is no matrix in CSV")
    for row in reader:
        if None in row or None in row.values():
            raise CommittedError(
                f"{name}:{reader.line_num}: is no row of this table: it has too many cells, or too few"
            )
        yield _entry("", row, reader.line_num)
