"""How does a person read a matrix? A sentence on what it is, a summary, then a table for each file.

Made for review: a change of the program changes exactly the lines of the rows that it changes. So there are no line
numbers (unless asked for), no dates, no columns padded to a width.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Literal
from urllib.parse import quote

from sst_lint.flow.steps import STEPS
from sst_lint.matrices.rows import NO_LEVEL, OTHER, SAME, Matrix, Row
from sst_lint.matrices.text import code, plain, prose
from sst_lint.matrices.verdicts import MEANINGS, WORDS

GroupBy = Literal["file", "function", "kind"]
GROUPS: tuple[GroupBy, ...] = ("file", "function", "kind")

#: Characters of a snippet that are shown; the whole of it is in JSON and CSV.
_CODE = 72
#: Values of a column that the summary counts by themselves.
_COUNTED = 12
NOT_READ = "Not read"
SUMMARY = "Summary"


def render(matrix: Matrix, group_by: GroupBy = "file", lines: bool = False, only: Sequence[str] = ()) -> str:
    """Return the matrix as Markdown; ``lines`` adds line numbers with links, ``only`` names what was left in."""
    layout = matrix.layout
    options = f"{f' --group-by {group_by}' if group_by != 'file' else ''}{' --lines' if lines else ''}"
    made = f"{options}{''.join(f' --only {word}' for word in only)}" if only else f"{options} --update"
    parts = [
        f"# {layout.title}",
        f"{layout.intro}, as `sst-lint` sees it; made by `sst-lint matrix {layout.name}{made}`, not by hand.",
    ]
    if matrix.left_out:
        parts.append(f"Left out (`matrix-exclude`): {', '.join(map(code, matrix.left_out))}.")
    if matrix.rows:
        parts += [f"## {SUMMARY}", _summary(matrix)]
    else:
        parts.append(_none(matrix, only))
    for heading, rows in _groups(matrix, group_by):
        parts += [f"## {heading}", _table(matrix, rows, group_by, lines)]
    if matrix.unread:
        unread = [f"| {code(path)} | {prose(why)} |" for path, why in matrix.unread]
        parts += [f"## {NOT_READ}", "\n".join(["| file | why nothing is known of it |", "|---|---|", *unread])]
    return "\n\n".join(parts) + "\n"


def _none(matrix: Matrix, only: Sequence[str]) -> str:
    """What stands in place of rows: nothing is there, or nothing was asked for that is there."""
    if matrix.hidden:
        return f"No rows: none is {' or '.join(only)}, of {matrix.hidden:,}."
    return f"No rows: {matrix.layout.empty} in {matrix.files:,} {'file' if matrix.files == 1 else 'files'}."


def _groups(matrix: Matrix, group_by: GroupBy) -> Iterator[tuple[str, list[Row]]]:
    """Yield each heading with its rows, in order."""
    headings: dict[GroupBy, Callable[[Row], tuple[str, ...]]] = {
        "file": lambda row: (row.where.path,),
        "function": lambda row: (row.where.path, row.where.function),
        "kind": lambda row: (row.cells[matrix.layout.kind] or "none",),
    }
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in matrix.rows:
        groups.setdefault(headings[group_by](row), []).append(row)
    for heading in sorted(groups) if group_by == "kind" else groups:
        yield " ".join(code(word) for word in heading if word) or code("module"), groups[heading]


def _table(matrix: Matrix, rows: Sequence[Row], group_by: GroupBy, lines: bool) -> str:
    place = {"file": ("function",), "function": (), "kind": ("file", "function")}[group_by]
    names = [*place, *(["line"] if lines else []), "code", *(name for name, _ in matrix.layout.shown), "verdict", "why"]
    head = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return "\n".join([*head, *(_line(matrix, row, place, lines) for row in rows)])


def _line(matrix: Matrix, row: Row, place: Sequence[str], lines: bool) -> str:
    where = row.where
    words = {"file": code(where.path), "function": code(where.function) if where.function else "module"}
    number = f" #{row.occurrence + 1}" if row.occurrence else ""
    cells = [words[name] for name in place]
    cells += [f"[{where.line}]({quote(where.path)}#L{where.line})"] if lines else []
    cells.append(code(_cut(row.snippet)) + number)
    for _, columns in matrix.layout.shown:
        told = [(column, row.cells[column]) for column in columns if row.cells[column] not in _UNTOLD]
        cells.append("; ".join(_BEFORE.get(column, "") + _cell(column, value) for column, value in told))
    cells += [_verdict(row), _why(row, row.cells[matrix.layout.kind] == OTHER)]
    return f"| {' | '.join(cells)} |"


#: What stands before the value of a column, and which values have a shorter name.
_BEFORE = {"missing": "without ", "lock": "under ", "level": "log level ", "deterministic": "in deterministic mode "}
_SHORT = {("protocol", ", ".join(STEPS)): "every step"}
_UNTOLD = ("", NO_LEVEL, SAME)
_CODED = frozenset({"api", "target", "through"})
#: What is wrong, before what to do about it.
_BRIEF = re.compile(r"; |: ")


def _cell(column: str, value: str) -> str:
    """A value of a column, as a part of a cell."""
    value = _SHORT.get((column, value), value)
    return code(value) if column in _CODED else prose(value)


def _cut(snippet: str) -> str:
    """The beginning of a long snippet; of a handler also its clause, which stands at the end."""
    snippet = plain(snippet)
    if len(snippet) <= _CODE:
        return snippet
    guarded, between, clause = snippet.rpartition(" ... ")
    if between and clause.startswith(("except", "suppress", "contextlib")):
        room = max(_CODE - len(clause), 20)
        return f"{guarded[:room]}{'…' if len(guarded) > room else ''} ... {clause[:_CODE]}"
    return f"{snippet[:_CODE]}…"


def _verdict(row: Row) -> str:
    verdict = row.verdict
    word = f"**{verdict.word}**" if verdict.word == "bad" else verdict.word
    rules = ", ".join(verdict.rules)
    return word if not rules else f"{word}: {rules} ({verdict.confidence})"


def _why(row: Row, other: bool) -> str:
    """What the rules are called, why it is hidden or ok, and what the team says; of an ``other`` call all that is
    known is what the finding says."""
    said = [", ".join(row.verdict.names)] if row.verdict.rules else []
    said += [prose(_BRIEF.split(row.verdict.message)[0])] if other else []
    said += [prose(row.verdict.why)] if row.verdict.why and row.verdict.why not in row.cells.values() else []
    said += [f"policy: {prose(row.policy)}"] if row.policy else []
    said += [f"note: {prose(row.note)}"] if row.note else []
    return "; ".join(said)


def _summary(matrix: Matrix) -> str:
    lines = ["| of | is | rows |", "|---|---|---:|"]
    verdicts = Counter(row.verdict.word for row in matrix.rows)
    lines += [
        f"| verdict | {word} ({prose(MEANINGS[word])}) | {verdicts[word]:,} |" for word in WORDS if verdicts[word]
    ]
    rules = Counter(rule for row in matrix.rows if row.verdict.word == "bad" for rule in row.verdict.rules)
    lines += [f"| rule | {rule} | {rules[rule]:,} |" for rule in sorted(rules)]
    for column in matrix.layout.counted:
        sites = [row for row in matrix.rows if row.cells[matrix.layout.kind] != OTHER or column == matrix.layout.kind]
        counts = Counter(row.cells[column] for row in sites if row.cells[column])
        ranked = sorted(counts, key=lambda value: (-counts[value], value))
        lines += [f"| {column} | {_cell(column, value)} | {counts[value]:,} |" for value in ranked[:_COUNTED]]
        rest = sum(counts[value] for value in ranked[_COUNTED:])
        lines += [f"| {column} | others | {rest:,} |"] if rest else []
    return "\n".join(lines)
