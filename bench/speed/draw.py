"""How do a few seconds look beside a few hundred? As dots on a logarithmic scale, in SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_LEFT, _WIDTH, _RIGHT = 250, 430, 76  # pixels: names, scale, room for the last figure
_ROW, _TOP, _BOTTOM, _MARGIN = 24, 34, 52, 10
_TEXT, _QUIET, _LINE = "#1f2933", "#52606d", "#d9dee3"
_LEAST = 1e-3


class Row(NamedTuple):
    """One figure, its name and its color."""

    name: str
    value: float
    color: str


def draw(panels: Sequence[tuple[str, Sequence[Row]]], unit: str) -> str:
    """Return one panel below the other, each with its title and rows, all on one scale."""
    values = [row.value for _, rows in panels for row in rows]
    scale = _Scale(min(values), max(values))
    parts: list[str] = []
    y = _MARGIN
    for title, rows in panels:
        parts += _panel(title, rows, scale, y, unit)
        y += _TOP + _ROW * len(rows) + _BOTTOM
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + _RIGHT} {y}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13">'
    )
    return "\n".join((head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>", ""))


class _Scale:
    """Values to pixels, from one power of ten to another."""

    def __init__(self, least: float, most: float) -> None:
        self.first = math.floor(math.log10(max(least, _LEAST)))
        self.last = max(math.ceil(math.log10(max(most, _LEAST))), self.first + 1)

    def at(self, value: float) -> float:
        share = (math.log10(max(value, _LEAST)) - self.first) / (self.last - self.first)
        return _LEFT + _WIDTH * max(share, 0.0)


def _panel(title: str, rows: Sequence[Row], scale: _Scale, y: int, unit: str) -> list[str]:
    """One title, a line of the scale for each power of ten, a row for each figure."""
    bottom = y + _TOP + _ROW * len(rows)
    parts = [_written(_LEFT, y + 18, title, "start", _TEXT, bold=True)]
    for power in range(scale.first, scale.last + 1):
        x = scale.at(10.0**power)
        parts.append(f'<line x1="{x:.1f}" y1="{y + _TOP - 6}" x2="{x:.1f}" y2="{bottom}" stroke="{_LINE}"/>')
        parts.append(_written(x, bottom + 16, f"{10.0**power:g}", "middle", _QUIET))
    parts.append(_written(_LEFT + _WIDTH / 2, bottom + 33, unit, "middle", _QUIET))
    for number, row in enumerate(rows):
        parts += _row(row, scale.at(row.value), y + _TOP + _ROW * number + _ROW // 2)
    return parts


def _row(row: Row, x: float, y: int) -> list[str]:
    figure = f"{row.value:.2f}"
    return [
        _written(_LEFT - 12, y + 5, row.name, "end", _TEXT, bold=row.name.startswith("sst-lint")),
        f'<line x1="{_LEFT}" y1="{y}" x2="{x:.1f}" y2="{y}" stroke="{row.color}" stroke-width="6"/>',
        f'<circle cx="{x:.1f}" cy="{y}" r="6" fill="{row.color}"/>',
        # no line of the scale runs through the figure
        f'<rect x="{x + 9:.1f}" y="{y - 8}" width="{7.4 * len(figure) + 4:.1f}" height="16" fill="#ffffff"/>',
        _written(x + 12, y + 5, figure, "start", _TEXT),
    ]


def _written(x: float, y: float, text: str, anchor: str, color: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{color}"{weight}>{escape(text)}</text>'
