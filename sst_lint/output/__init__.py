"""In which forms can a report be printed? One table: a new format is one function and one line here."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from sst_lint.findings import Report
from sst_lint.output.machine import render_json
from sst_lint.output.style import Style
from sst_lint.output.text import render_concise, render_text

Render = Callable[[Report, Style], str]

#: name -> function; the names are the words of ``--output-format``
FORMATS: MappingProxyType[str, Render] = MappingProxyType(
    {
        "text": render_text,
        "concise": render_concise,
        "json": render_json,
    }
)

__all__ = ["FORMATS", "Render", "Style"]
