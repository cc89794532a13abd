"""In which forms can a report be printed? One table: a new format is one function and one line here."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from sst_lint.findings import Report
from sst_lint.output.github import render_github
from sst_lint.output.gitlab import render_gitlab
from sst_lint.output.junit import render_junit
from sst_lint.output.machine import render_json, render_json_lines
from sst_lint.output.markdown import render_markdown
from sst_lint.output.rdjson import render_rdjson
from sst_lint.output.sarif import cut_of_sarif, render_sarif
from sst_lint.output.style import Style
from sst_lint.output.text import render_concise, render_text

Render = Callable[[Report, Style], str]

#: name -> function; the names are the words of ``--output-format``
FORMATS: MappingProxyType[str, Render] = MappingProxyType(
    {
        "text": render_text,
        "concise": render_concise,
        "json": render_json,
        "json-lines": render_json_lines,
        "sarif": render_sarif,
        "github": render_github,
        "gitlab": render_gitlab,
        "junit": render_junit,
        "rdjson": render_rdjson,
        "markdown": render_markdown,
    }
)

#: name -> what the limits of a format's readers leave out of it, in words, or ""
CUTS: MappingProxyType[str, Render] = MappingProxyType({"sarif": cut_of_sarif})

__all__ = ["CUTS", "FORMATS", "Render", "Style"]
