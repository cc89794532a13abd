"""Which line of source is meant, and where in it? The line, with a marker under the span."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from sst_lint.findings import Finding
from sst_lint.output.style import Style, escape, width

_LINE_END = re.compile(r"\r\n|\r|\n")  # what ends a line of Python; str.splitlines knows more
_TAB = "    "
_LONGEST = 160  # characters of a source line that are shown


@lru_cache(maxsize=8)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(_LINE_END.split(text))


def snippet(finding: Finding, texts: Mapping[str, str], style: Style) -> list[str]:
    """Return the source line and the marker line; nothing when the line is not there or is blank."""
    text = texts.get(finding.path)
    lines = _lines(text) if text is not None else ()
    if not 1 <= finding.line <= len(lines) or not lines[finding.line - 1].strip():
        return []
    line = lines[finding.line - 1]
    start = min(finding.column - 1, len(line))
    end = finding.end_column - 1 if finding.end_line == finding.line else len(line)
    end = max(start + 1, min(end, len(line)))
    before, marked, after = _window(line, start, end)
    number = str(finding.line)
    gutter = " " * len(number)
    color = "red" if finding.severity == "error" else "yellow"
    marker = " " * width(before) + style.paint("^" * max(1, width(marked)), color, "bold")
    return [
        f"{style.paint(f'{number} |', 'blue')} {before}{marked}{after}".rstrip(),
        f"{style.paint(f'{gutter} |', 'blue')} {marker}",
    ]


def _window(line: str, start: int, end: int) -> tuple[str, str, str]:
    """Cut a long line to the part around the span; return it, harmless, as before, marked and after."""
    first = max(0, start - _LONGEST // 2) if len(line) > _LONGEST else 0
    last = min(len(line), first + _LONGEST)
    before = ("..." if first else "") + _shown(line[first:start])
    after = _shown(line[end:last]) + ("..." if last < len(line) else "")
    return before, _shown(line[start : min(end, last)]), after


def _shown(part: str) -> str:
    return escape(part.replace("\t", _TAB))
