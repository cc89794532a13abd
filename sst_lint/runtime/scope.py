"""Is this metadata really that of the stage and run about to use it?"""

from __future__ import annotations

import os
from collections.abc import Mapping

from .errors import SchemaMismatchError, ScopeError, StrictJSONError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    _M = TypeVar("_M")
    StrPath = str | os.PathLike[str]

_UNSET: Any = object()
_required: dict[str, tuple[str, ...]] = {}


def normal_stage(stage: str) -> str:
    """The one form in which stage names are compared: without outer blanks, case folded."""
    if not isinstance(stage, str):
        raise TypeError(f"a stage is a str, not {type(stage).__name__}")
    normal = str.__str__(stage).strip().casefold()
    if not normal:
        raise ValueError("a stage name must not be empty")
    return normal


def register_required(stage: str, fields: Iterable[str]) -> None:
    """From now on `require_scope(stage=stage)` also demands these fields."""
    if isinstance(fields, str):
        raise TypeError("fields must be a collection of names, not one string")
    _required[normal_stage(stage)] = tuple(fields)


def require_scope(
    metadata: _M,
    *,
    stage: str = _UNSET,
    run_id: str = _UNSET,
    required: Iterable[str] = (),
) -> _M:
    """Return `metadata`, a mapping or an object with attributes, if it is that of `stage` and `run_id`.

    Raises `ScopeError`, also under `-O`, when one of them differs, or when a required field is missing or null; the
    message names the field, what was expected and what was found. An expectation of None is an error of its own.
    """
    fields = [required] if isinstance(required, str) else list(required)
    if stage is _UNSET and run_id is _UNSET and not fields:
        raise TypeError("require_scope needs a stage, a run_id or required fields to check")
    if stage is not _UNSET:
        _check(metadata, "stage", stage, _same_stage)
        fields.extend(name for name in _required.get(normal_stage(stage), ()) if name not in fields)
    if run_id is not _UNSET:
        _check(metadata, "run_id", run_id, lambda expected, found: bool(expected == found))
    for name in fields:
        if _field(metadata, name) is None:
            raise _scope_error(metadata, "required", name, "a value")
    return metadata


def _check(metadata: object, name: str, expected: object, same: Callable[[Any, Any], bool]) -> None:
    if expected is None:
        raise ScopeError(f"{name}: the expected value is itself null", name, name, None, _field(metadata, name))
    found = _field(metadata, name)
    if found is None or not same(expected, found):
        raise _scope_error(metadata, name, name, repr(expected), expected)


def _same_stage(expected: str, found: object) -> bool:
    return isinstance(found, str) and bool(found.strip()) and normal_stage(found) == normal_stage(expected)


def _field(metadata: object, name: str) -> Any:
    return metadata.get(name) if isinstance(metadata, Mapping) else getattr(metadata, name, None)


def _scope_error(metadata: object, guard: str, name: str, wanted: str, expected: object = None) -> ScopeError:
    found = _field(metadata, name)
    present = name in metadata if isinstance(metadata, Mapping) else hasattr(metadata, name)
    seen = repr(found) if found is not None else "null" if present else "no such field"
    return ScopeError(f"{name}: expected {wanted}, found {seen}", guard, name, expected, found)


def read_scoped(
    path: StrPath,
    *,
    stage: str = _UNSET,
    run_id: str = _UNSET,
    required: Iterable[str] = (),
    schema: tuple[str, int] | None = None,
) -> dict[str, Any]:
    """Read metadata back from a JSON file and guard it like `require_scope`.

    `ScopeError.guard` says which guard failed: json, schema, type, stage, run_id or required. A file that cannot be
    read raises its `OSError`.
    """
    from .artifacts import read_artifact

    name = os.fsdecode(path)
    try:
        metadata = read_artifact(path, schema=schema)
    except StrictJSONError as error:
        raise ScopeError(f"guard json failed: {error}", "json", "", "strict JSON", None) from error
    except SchemaMismatchError as error:
        raise ScopeError(f"guard schema failed: {error}", "schema", "", error.expected, error.found) from error
    if not isinstance(metadata, dict):
        found = type(metadata).__name__
        raise ScopeError(f"guard type failed: {name}: expected an object, found {found}", "type", "", "dict", found)
    try:
        return require_scope(metadata, stage=stage, run_id=run_id, required=required)
    except ScopeError as error:
        text = f"guard {error.guard} failed: {name}: {error}"
        raise ScopeError(text, error.guard, error.field, error.expected, error.found) from error
