"""What may stand in a configuration, as a JSON schema and in words, generated from the declarations of the keys."""

from __future__ import annotations

from typing import Any

from sst_lint.config.config import KEYS
from sst_lint.config.keys import (
    Choice,
    Flag,
    Helpers,
    Key,
    PathTables,
    PythonVersion,
    Schema,
    Strings,
    Tables,
    Text,
    TextTable,
)

#: the chapters of the reference, each with its first key; the order of the declarations is that of the reference
CHAPTERS = (
    ("The version", "required-version"),
    ("Which files", "include"),
    ("Which rules, how strict", "select"),
    ("What the project's files, names and functions are", "artifact-patterns"),
    ("What a team already has", "waivers"),
    ("Other values for some paths", "per-path"),
)


def configuration_schema() -> Schema:
    """The JSON schema (draft 2020-12) of `sst-lint.toml`, and of `[tool.sst-lint]` in `pyproject.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sst-lint",
        "description": "The configuration of sst-lint: sst-lint.toml, or [tool.sst-lint] in pyproject.toml.",
        "type": "object",
        "properties": {key.name: _property(key) for key in KEYS},
        "additionalProperties": False,
        "$defs": {
            "partial": {
                "type": "object",
                "properties": {key.name: _property(key) for key in KEYS if key.per_path},
                "additionalProperties": False,
            }
        },
    }


def _property(key: Key) -> Schema:
    return {"description": key.doc, **key.kind.schema(), "default": plain(key.default, key)}


def plain(value: Any, key: Key) -> Any:
    """A default as JSON and TOML write it: lists, and tables from pairs."""
    if not isinstance(value, tuple):
        return value
    pairs = isinstance(key.kind, (TextTable, PathTables, Helpers))
    return dict(value) if pairs else list(value)


def kind_in_words(key: Key) -> str:
    """What kind of value a key takes."""
    kind = key.kind
    if isinstance(kind, Choice):
        return " or ".join(f'`"{word}"`' for word in kind.words)
    if isinstance(kind, TextTable):
        names = f" for {', '.join(f'`{name}`' for name in kind.names)}" if kind.names else ""
        return f"table of {' or '.join(f'`{word}`' for word in kind.words) or 'strings'}{names}"
    words = {
        Flag: "`true` or `false`",
        Text: "string",
        PythonVersion: "string: a version like `3.8`",
        Strings: "list of strings",
        Helpers: "string, or table of strings",
        Tables: "list of tables",
        PathTables: "table of tables",
    }
    return words[type(kind)]
