"""How do programs read a matrix? JSON and CSV with every column, and no line numbers unless asked for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from sst_lint.matrices.rows import Layout, Matrix, Row
from sst_lint.matrices.text import plain

VERSION = 1
_PLACE = ("path", "function", "snippet", "occurrence")
_VERDICT = ("verdict", "rules", "confidence", "why", "message", "policy", "note")
_LINES = ("line", "end_line")
#: What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def columns(layout: Layout, lines: bool) -> tuple[str, ...]:
    """The columns of JSON and CSV."""
    return (*_PLACE, *(_LINES if lines else ()), *layout.columns, *_VERDICT)


def record(row: Row, lines: bool) -> dict[str, Any]:
    """One row, for JSON."""
    where, verdict = row.where, row.verdict
    found: dict[str, Any] = {
        "path": where.path,
        "function": where.function,
        "snippet": row.snippet,
        "occurrence": row.occurrence,
    }
    if lines:
        found |= {"line": where.line, "end_line": where.end_line}
    return found | {
        **row.cells,
        "verdict": verdict.word,
        "rules": list(verdict.rules),
        "confidence": verdict.confidence,
        "why": verdict.why,
        "message": verdict.message,
        "policy": row.policy,
        "note": row.note,
    }


def render_json(matrix: Matrix, lines: bool = False) -> str:
    """Return the matrix as JSON, version 1; the order of keys is that of the columns."""
    found = {
        "version": VERSION,
        "matrix": matrix.layout.name,
        "left_out": list(matrix.left_out),
        "rows": [record(row, lines) for row in matrix.rows],
        "unread": [{"path": path, "why": why} for path, why in matrix.unread],
    }
    return json.dumps(found, indent=1) + "\n"  # sst: ignore[SST103] -- the order of keys is that of the columns


def render_csv(matrix: Matrix, lines: bool = False) -> str:
    """Return the matrix as CSV; a file that could not be read is a row without function, with the verdict unread."""
    text = io.StringIO()
    names = columns(matrix.layout, lines)
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    for row in matrix.rows:
        found = record(row, lines)
        writer.writerow({name: _harmless(_text(found[name])) for name in names})
    for path, why in matrix.unread:
        writer.writerow({"path": _harmless(plain(path)), "verdict": "unread", "why": _harmless(plain(why))})
    return text.getvalue()


def _text(value: object) -> str:
    return " ".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else plain(str(value))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
