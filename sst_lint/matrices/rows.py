"""What is a matrix? Rows, each a site of the program with what is known of it, keyed so that moved lines say nothing.

A row is named by its file, its function, the folded source of its site and a number among equal ones: the key of the
baseline without the rule. Its cells are texts without line numbers, so an edit elsewhere leaves them alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sst_lint.config.patterns import matches
from sst_lint.findings.snippets import excerpt
from sst_lint.flow.location import Location
from sst_lint.matrices.verdicts import Verdict

#: The kind of a row for a finding that stands at no site of its matrix: what is removed, made, or handed over.
OTHER = "other call"
#: Nothing need be logged, and deterministic mode changes nothing: Markdown does not say so.
NO_LEVEL, SAME = "none", "the same"
#: path, function, snippet, occurrence
Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class Draft:
    """A row before it is numbered: a place and what is known of it, by column."""

    where: Location
    cells: Mapping[str, str]
    verdict: Verdict


@dataclass(frozen=True)
class Row:
    """One site. ``cells`` are those of the matrix's own columns."""

    where: Location
    snippet: str
    occurrence: int  #: 0-based, among rows that are equal otherwise
    cells: Mapping[str, str]
    verdict: Verdict
    policy: str = ""  #: what the team decided
    note: str = ""

    @property
    def key(self) -> Key:
        """What names the row across edits."""
        return (self.where.path, self.where.function, self.snippet, self.occurrence)


@dataclass(frozen=True)
class Layout:
    """What a matrix is called, which columns it has, and how it is shown."""

    name: str  #: writes, exceptions, order
    title: str
    intro: str  #: what a row is, in a sentence
    columns: tuple[str, ...]
    shown: tuple[tuple[str, tuple[str, ...]], ...]  #: a column of Markdown, and the columns that it puts together
    kind: str  #: the column that ``--group-by kind`` goes by
    counted: tuple[str, ...]  #: the columns that the summary counts
    empty: str  #: what an empty matrix says


@dataclass(frozen=True)
class Matrix:
    """All rows of one matrix, in order, and the files of which nothing is known."""

    layout: Layout
    rows: tuple[Row, ...]
    unread: tuple[tuple[str, str], ...] = ()  #: path and why
    files: int = 0  #: files that were read
    left_out: tuple[str, ...] = ()  #: patterns of paths whose rows are not here
    hidden: int = 0  #: rows that have other verdicts than those asked for
    stale: tuple[str, ...] = field(default=(), compare=False)  #: notes of the team that fit no row, in words


def numbered(drafts: Iterable[Draft], texts: Mapping[str, str]) -> tuple[Row, ...]:
    """Return the rows in the order of the files, equal ones numbered."""
    seen: Counter[tuple[str, str, str]] = Counter()
    rows = []
    for draft in sorted(drafts, key=lambda each: (each.where, sorted(each.cells.items()))):
        where = draft.where
        snippet = excerpt(texts.get(where.path, ""), where)
        key = (where.path, where.function, snippet)
        rows.append(Row(where, snippet, seen[key], draft.cells, draft.verdict))
        seen[key] += 1
    return tuple(rows)


def only(matrix: Matrix, words: Sequence[str]) -> Matrix:
    """Return the matrix with the rows of these verdicts alone."""
    if not words:
        return matrix
    rows = tuple(row for row in matrix.rows if row.verdict.word in words)
    return replace(matrix, rows=rows, hidden=len(matrix.rows) - len(rows))


def without(matrix: Matrix, patterns: tuple[str, ...]) -> Matrix:
    """Return the matrix without what stands in files that match, which it says."""
    if not patterns:
        return matrix
    rows = tuple(row for row in matrix.rows if not matches(row.where.path, patterns))
    unread = tuple(each for each in matrix.unread if not matches(each[0], patterns))
    return replace(matrix, rows=rows, unread=unread, left_out=patterns)


def some(texts: Iterable[str], shown: int = 3) -> str:
    """Return a list of texts, each once, and how many more there are."""
    known = list(dict.fromkeys(text for text in texts if text))
    more = [f"and {len(known) - shown} more"] if len(known) > shown else []
    return ", ".join([*known[:shown], *more])
