"""What does the project's configuration say? Reads ``sst-lint.toml`` or ``[tool.sst-lint]`` and validates every key."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli

from sst_lint import __version__
from sst_lint.config.config import KEYS, Config
from sst_lint.config.keys import Key, ValueProblem, check_pattern, describe
from sst_lint.config.python import oldest_python
from sst_lint.config.version import VersionProblem, allows

OWN_FILE = "sst-lint.toml"
PYPROJECT = "pyproject.toml"
TABLE = "sst-lint"

_BY_NAME = {key.name: key for key in KEYS}
_BY_FIELD = {key.field: key for key in KEYS}


class ConfigError(Exception):
    """The configuration cannot be used. The message is one line that names file and key."""


def load_config(
    root: Path,
    config_path: Path | None = None,
    isolated: bool = False,
    overrides: Mapping[str, Any] | None = None,
) -> Config:
    """The configuration of the project at ``root``. Raises ``ConfigError``.

    ``config_path`` is read in place of the project's own files; ``isolated`` reads none. ``overrides`` (fields of
    ``Config``, from the command line; ``None`` means not given) replace the file's values, ``extend_`` lists add to
    them.
    """
    if config_path is not None and isolated:
        raise ConfigError("--config and --isolated cannot be used together")
    table: dict[str, Any] = {}
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if config_path is not None:
        where = os.fspath(config_path)
        table, sources = _explicit_table(config_path), (where,)
    elif not isolated:
        where, table, notes = _project_table(root)
        sources = (where,) if where else ()
    values = _parse_table(table, sources[0]) if sources else {}
    _check_version(values.get("required_version", ""), sources)
    found: tuple[str, ...] = ()
    if not values.get("target_version") and not isolated:
        values["target_version"] = oldest_python(root)
        found = ("target_version",) if values["target_version"] else ()
    pinned = _apply_overrides(values, overrides or {})
    return Config(**values, sources=sources, notes=notes, found=found, pinned=pinned)


def has_configuration(directory: Path) -> bool:
    """Whether ``directory`` holds configuration of this tool. A broken file that names the tool counts."""
    own = directory / OWN_FILE
    if os.path.lexists(own):  # what is no file is said when it is read
        return True
    try:
        text = (directory / PYPROJECT).read_bytes().decode("utf-8", "replace")
    except OSError:
        return False
    if TABLE not in text:
        return False
    try:
        return _tool_table(tomli.loads(text), PYPROJECT) is not None
    except (ConfigError, tomli.TOMLDecodeError):
        return True


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the known word that is most like ``word``, or an empty string."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _project_table(root: Path) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """The file in ``root`` that configures (its name, or ""), its table, and warnings."""
    own, pyproject = root / OWN_FILE, root / PYPROJECT
    if os.path.lexists(own):
        notes: tuple[str, ...] = ()
        if _pyproject_table(pyproject)[0] is not None:
            notes = (f"{PYPROJECT}: [tool.{TABLE}] is not read, because {OWN_FILE} stands beside it",)
        return OWN_FILE, _read_toml(own, OWN_FILE), notes
    table, notes = _pyproject_table(pyproject)
    return (PYPROJECT, table, notes) if table is not None else ("", {}, notes)


def _pyproject_table(path: Path) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    if not path.is_file():
        return None, ()
    try:
        return _tool_table(_read_toml(path, PYPROJECT), PYPROJECT), ()
    except ConfigError as error:
        if has_configuration(path.parent):
            raise
        return None, (f"{error} (it does not name {TABLE}, so it is not read)",)


def _explicit_table(path: Path) -> dict[str, Any]:
    where = os.fspath(path)
    document = _read_toml(path, where)
    if path.name != PYPROJECT:
        return document
    table = _tool_table(document, where)
    if table is None:
        raise ConfigError(f"{where}: has no [tool.{TABLE}] table")
    return table


def _tool_table(document: Mapping[str, Any], where: str) -> dict[str, Any] | None:
    tool = document.get("tool", {})
    table = tool.get(TABLE) if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{where}: key 'tool.{TABLE}': expected a table, found {describe(table)}")
    return table


def _read_toml(path: Path, where: str) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        what = "is a symbolic link that leads nowhere" if path.is_symlink() else "no such file"
        raise ConfigError(f"{where}: {what}") from None
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{where}: is not UTF-8 (at line {line})") from None
    try:
        return tomli.loads(text.removeprefix("\ufeff"))
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{where}: is not valid TOML: {error}") from None


def _parse_table(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Field -> value for every key of ``table``."""
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name == "tool" and isinstance(value, Mapping) and TABLE in value:
            raise ConfigError(f"{where}: write the keys without the table [tool.{TABLE}], which is for {PYPROJECT}")
        key = _known_key(name, where, "")
        values[key.field] = _parse_per_path(value, where) if name == "per-path" else _parse_value(key, value, where, "")
    return values


def _known_key(name: str, where: str, context: str) -> Key:
    key = _BY_NAME.get(name)
    if key is None:
        raise ConfigError(f"{where}: {context}unknown key {name!r}{nearest(name.replace('_', '-'), _BY_NAME)}")
    return key


def _parse_value(key: Key, value: object, where: str, context: str) -> Any:
    try:
        return key.kind.parse(value)
    except ValueProblem as problem:
        raise ConfigError(f"{where}: {context}key {key.name!r}: {problem}") from None


def _parse_per_path(value: object, where: str) -> tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: key 'per-path': expected a table of path patterns, found {describe(value)}")
    tables = []
    for pattern, partial in value.items():  # sst: ignore[SST203] -- later tables win: the order of the file is meant
        context = f"per-path {pattern!r}: "
        try:
            check_pattern(pattern)
        except ValueProblem as problem:
            raise ConfigError(f"{where}: key 'per-path': {problem}") from None
        if not isinstance(partial, Mapping):
            raise ConfigError(f"{where}: {context}expected a table of keys, found {describe(partial)}")
        entries = []
        for name, item in partial.items():
            key = _known_key(name, where, context)
            if not key.per_path:
                raise ConfigError(f"{where}: {context}key {name!r} holds for the whole project, not for single paths")
            entries.append((key.field, _parse_value(key, item, where, context)))
        tables.append((pattern, tuple(entries)))
    return tuple(tables)


def _check_version(required: str, sources: tuple[str, ...]) -> None:
    if not required:
        return
    try:
        allowed = allows(required, __version__)
    except VersionProblem as problem:
        raise ConfigError(f"{sources[0]}: key 'required-version': {problem}") from None
    if not allowed:
        raise ConfigError(f"{sources[0]}: key 'required-version': needs sst-lint {required}, this is {__version__}")


def _apply_overrides(values: dict[str, Any], overrides: Mapping[str, Any]) -> tuple[str, ...]:
    """Lays ``overrides`` over ``values``; the names of the fields that they replace."""
    pinned = []
    for field, value in overrides.items():
        key = _BY_FIELD.get(field)
        if key is None or field == "per_path":
            raise ConfigError(f"command line: unknown key {field!r}{nearest(field, _BY_FIELD)}")
        if value is None:
            continue
        parsed = _parse_value(key, value, "command line", "")
        if field.startswith("extend_"):
            values[field] = (*values.get(field, ()), *parsed)
        else:
            values[field] = parsed
            pinned.append(field)
    return tuple(sorted(pinned))
