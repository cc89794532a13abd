"""What may stand in a configuration? The kinds of value, and the table of keys that is read off ``Config``.

A key is declared once, as a field of ``Config`` made by ``key(...)``; parsing, validation, documentation and the JSON
schema all derive from that declaration.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sst_lint.config.patterns import compile_patterns
from sst_lint.config.python import WRITTEN_VERSION, parse_version

Schema = dict[str, Any]


class ValueProblem(Exception):
    """A value does not fit its key. The message completes ``<file>: key 'x': ...``."""


class Kind:
    """One kind of value: how it is read from TOML, and how the JSON schema describes it."""

    def parse(self, value: object) -> Any:
        """The value as ``Config`` holds it. Raises ``ValueProblem``."""
        raise NotImplementedError

    def schema(self) -> Schema:
        """The JSON schema of the value."""
        raise NotImplementedError


@dataclass(frozen=True)
class Flag(Kind):
    """``true`` or ``false``."""

    def parse(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueProblem(f"expected true or false, found {describe(value)}")
        return value

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Text(Kind):
    """A string."""

    def parse(self, value: object) -> str:
        return _string(value)

    def schema(self) -> Schema:
        return {"type": "string"}


@dataclass(frozen=True)
class PythonVersion(Kind):
    """A version of Python: ``3.8``, or ``py38`` as other tools write it; kept as ``3.8``. "" is none."""

    def parse(self, value: object) -> str:
        if value == "":
            return ""
        try:
            major, minor = parse_version(_string(value))
        except ValueError as error:
            raise ValueProblem(str(error)) from None
        return f"{major}.{minor}"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^$|{WRITTEN_VERSION}"}


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words."""

    words: tuple[str, ...]

    def parse(self, value: object) -> str:
        return _word(value, self.words)

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class Strings(Kind):
    """A list of strings; ``check`` may refuse one by raising ``ValueProblem``."""

    check: Callable[[str], None] | None = None

    def parse(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)):
            raise ValueProblem(f"expected a list of strings, found {describe(value)}")
        items = []
        for number, item in enumerate(value, start=1):
            if not isinstance(item, str):
                raise ValueProblem(f"expected a list of strings, but item {number} is {describe(item)}")
            if self.check is not None:
                self.check(item)
            items.append(item)
        return tuple(items)

    def schema(self) -> Schema:
        return {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True)
class TextTable(Kind):
    """A table of strings; ``names`` and ``words`` limit its keys and values when they are not empty."""

    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def parse(self, value: object) -> tuple[tuple[str, str], ...]:
        pairs = []
        for name, item in _table(value).items():
            if self.names and name not in self.names:
                raise ValueProblem(f"unknown name {name!r}; expected one of {', '.join(self.names)}")
            try:
                pairs.append((name, _word(item, self.words) if self.words else _string(item)))
            except ValueProblem as problem:
                raise ValueProblem(f"{name}: {problem}") from None
        return tuple(pairs)

    def schema(self) -> Schema:
        item: Schema = {"enum": list(self.words)} if self.words else {"type": "string"}
        if self.names:
            return {"type": "object", "properties": dict.fromkeys(self.names, item), "additionalProperties": False}
        return {"type": "object", "additionalProperties": item}


_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_FUNCTION = re.compile(r"[^\W\d]\w*([.:][^\W\d]\w*)+\s*(\(.*\))?")


@dataclass(frozen=True)
class Helpers(Kind):
    """A module, or a table from the names of runtime helpers to functions."""

    def parse(self, value: object) -> str | tuple[tuple[str, str], ...]:
        if isinstance(value, str):
            if value and not _MODULE.fullmatch(value):
                raise ValueProblem(f"{value!r} is no module like 'acme.io._sst'")
            return value
        if not isinstance(value, Mapping):
            raise ValueProblem(f"expected a string or a table of strings, found {describe(value)}")
        from sst_lint import runtime

        known = sorted(name for name in runtime.__all__ if name.islower())
        for name, target in value.items():
            if name not in known:
                close = difflib.get_close_matches(str(name), known, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise ValueProblem(f"there is no helper {name!r}{hint}")
            if isinstance(target, str) and not _FUNCTION.fullmatch(target.strip()):
                raise ValueProblem(f"{name}: {target!r} is no function like 'acme.io.files:save(path, text)'")
        return TextTable().parse(value)

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "string"}, TextTable().schema()]}


@dataclass(frozen=True)
class Tables(Kind):
    """A list of tables that somebody else validates; kept as they are."""

    def parse(self, value: object) -> tuple[dict[str, Any], ...]:
        if not isinstance(value, (list, tuple)):
            raise ValueProblem(f"expected a list of tables, found {describe(value)}")
        for number, item in enumerate(value, start=1):
            if not isinstance(item, dict):
                raise ValueProblem(f"expected a list of tables, but item {number} is {describe(item)}")
        return tuple(value)

    def schema(self) -> Schema:
        return {"type": "array", "items": {"type": "object"}}


@dataclass(frozen=True)
class PathTables(Kind):
    """A table from path pattern to a partial configuration, in the order in which it is written."""

    def parse(self, value: object) -> Any:
        raise NotImplementedError("the loader parses it: it holds keys itself")

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": {"$ref": "#/$defs/partial"}}


@dataclass(frozen=True)
class Key:
    """One configuration key."""

    name: str  #: as written in TOML: ``dict-order``
    field: str  #: the attribute of ``Config``: ``dict_order``
    kind: Kind
    default: Any
    doc: str  #: one or more sentences: meaning, what it is for
    per_path: bool  #: may stand in a ``per-path`` table


def key(kind: Kind, default: Any, doc: str, *, per_path: bool = False) -> Any:
    """Declares a key as a dataclass field."""
    return dataclasses.field(default=default, metadata={"kind": kind, "doc": doc, "per_path": per_path})


def keys_of(config_class: type[Any]) -> tuple[Key, ...]:
    """The keys that a configuration class declares, in the order of their declaration."""
    return tuple(
        Key(
            name=field.name.replace("_", "-"),
            field=field.name,
            kind=field.metadata["kind"],
            default=field.default,
            doc=field.metadata["doc"],
            per_path=field.metadata["per_path"],
        )
        for field in dataclasses.fields(config_class)
        if "kind" in field.metadata
    )


def check_pattern(pattern: str) -> None:
    """Refuses what is no gitignore-style path pattern."""
    if not pattern.strip():
        raise ValueProblem("an empty string is no path pattern")
    try:
        compile_patterns((pattern,))
    except (ValueError, re.error) as error:
        raise ValueProblem(f"{pattern!r} is no path pattern: {error}") from None


def describe(value: object) -> str:
    """A value in the words of TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the string {value!r}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, Mapping):
        return "a table"
    return f"a {type(value).__name__}"


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueProblem(f"expected a string, found {describe(value)}")
    return value


def _word(value: object, words: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in words:
        raise ValueProblem(f"expected one of {', '.join(words)}, found {describe(value)}")
    return value


def _table(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueProblem(f"expected a table, found {describe(value)}")
    return value
