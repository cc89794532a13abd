"""How does a TOML table become a frozen dataclass, and what is said when it does not fit?

The dataclass is the schema: field names are the keys, annotations are the types. Everything that does not fit is a
``CatalogueError`` that names the file, the entry and the nearest right word; nothing is guessed or dropped.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Parser = Callable[[Any, str], Any]


class CatalogueError(Exception):
    """An entry of the catalogue is wrong; the text names the file, the entry and the reason."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean `x`?"`` for the known word nearest to ``word``, or ``""``."""
    matches = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean `{matches[0]}`?" if matches else ""


def build(cls: type[T], table: object, where: str) -> T:
    """Return ``table`` as an instance of the dataclass ``cls``; raise ``CatalogueError`` when it does not fit."""
    if not isinstance(table, Mapping):
        raise CatalogueError(f"{where}: expected a table, not {_kind(table)}")
    plan, required = _plan(cast(Any, cls))
    values: dict[str, Any] = {}
    for key, value in table.items():
        entry = plan.get(key)
        if entry is None:
            raise CatalogueError(f"{where}: unknown key `{key}`{nearest(str(key), plan)}")
        values[entry[0]] = entry[1](value, f"{where}: `{key}`")
    for key in required:
        if plan[key][0] not in values:
            raise CatalogueError(f"{where}: missing key `{key}`")
    return cls(**values)


@cache
def _plan(cls: type[Any]) -> tuple[dict[str, tuple[str, Parser]], tuple[str, ...]]:
    """Return (key -> (field name, parser)) and the required keys; computed once for each class."""
    hints = get_type_hints(cls)
    plan: dict[str, tuple[str, Parser]] = {}
    required: list[str] = []
    for field in dataclasses.fields(cls):
        key = field.name.rstrip("_")  # `from` is a Python keyword, so its field is `from_`
        plan[key] = (field.name, _parser(hints[field.name]))
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            required.append(key)
    return plan, tuple(required)


def _parser(hint: Any) -> Parser:
    """Return the function that checks and converts a value to the annotated type ``hint``."""
    origin, args = get_origin(hint), get_args(hint)
    if hint in (str, bool, int):
        return _scalar(hint)
    if origin is Literal:
        return _literal(args)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        target = hint
        return lambda value, where: build(target, value, where)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        item = args[0]
        if get_origin(item) is tuple:  # a tuple of pairs is written as a table
            return _pairs(_parser(get_args(item)[1]))
        return _array(_parser(item))
    if origin in (Union, UnionType):
        if len(args) == 2 and type(None) in args:
            return _parser(args[0] if args[1] is type(None) else args[1])
        return _constant
    raise TypeError(f"a catalogue dataclass has a field of type {hint!r}, which no TOML value becomes")


def _scalar(kind: type) -> Parser:
    words = {str: "a string", bool: "true or false", int: "an integer"}[kind]

    def parse(value: Any, where: str) -> Any:
        if type(value) is not kind:  # not isinstance: a boolean is no integer here
            raise CatalogueError(f"{where}: expected {words}, not {_kind(value)}")
        return value

    return parse


def _literal(allowed: tuple[Any, ...]) -> Parser:
    names = ", ".join(f"`{word}`" for word in allowed if word)

    def parse(value: Any, where: str) -> Any:
        if value not in allowed or type(value) is not str:
            raise CatalogueError(f"{where}: {_kind(value)} is none of {names}{nearest(str(value), allowed)}")
        return value

    return parse


def _array(item: Parser) -> Parser:
    def parse(value: Any, where: str) -> Any:
        if not isinstance(value, list):
            raise CatalogueError(f"{where}: expected an array, not {_kind(value)}")
        return tuple(item(entry, f"{where}[{index}]") for index, entry in enumerate(value))

    return parse


def _pairs(item: Parser) -> Parser:
    def parse(value: Any, where: str) -> Any:
        if not isinstance(value, Mapping):
            raise CatalogueError(f"{where}: expected a table, not {_kind(value)}")
        return tuple((str(key), item(entry, f"{where}.{key}")) for key, entry in value.items())

    return parse


def _constant(value: Any, where: str) -> Any:
    """A TOML scalar. TOML has no null: the string ``"None"`` stands for ``None``."""
    if isinstance(value, (bool, int, float, str)):
        return None if value == "None" else value
    raise CatalogueError(f"{where}: expected a constant, not {_kind(value)}")


def _kind(value: object) -> str:
    """Name a TOML value for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "an array"
    return "a table" if isinstance(value, Mapping) else f"a {type(value).__name__}"
