"""How does a value of a richer type get a canonical form? Only by this explicit call, never silently."""

from __future__ import annotations

import os
from collections.abc import Mapping

from .canonical import is_finite, step, type_name
from .errors import CanonicalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from typing import Any


def to_primitives(obj: object) -> Any:
    """A copy of `obj` made of dict, list, str, int, float, bool and None.

    Enums become their value, aware datetimes UTC in ISO form, dates ISO form, paths POSIX text, dataclasses and
    mappings dicts, numpy and pandas scalars the Python number. Sets, naive datetimes, bytes, arrays, numpy datetimes
    (nanoseconds), NaN and everything else raise `CanonicalError` with the path.
    """
    return _convert(obj, "$", ())


def _convert(obj: Any, path: str, above: tuple[int, ...]) -> Any:
    import datetime
    import enum

    if obj is None or type(obj) in (str, int, bool):
        return obj
    if isinstance(obj, enum.Enum):
        return _convert(obj.value, path, above)
    if isinstance(obj, float):
        if not is_finite(obj):
            raise CanonicalError(path, f"{float(obj)!r} has no JSON form")
        return float(obj)
    if isinstance(obj, (str, int)):
        return str.__str__(obj) if isinstance(obj, str) else int(obj)
    if isinstance(obj, (datetime.date, os.PathLike)):
        return _text(obj, path)
    if id(obj) in above:
        raise CanonicalError(path, "refers to itself")
    above = (*above, id(obj))
    if isinstance(obj, Mapping):
        return _convert_mapping(obj, path, above)
    if isinstance(obj, (list, tuple)):
        return [_convert(value, f"{path}[{index}]", above) for index, value in enumerate(obj)]
    fields = getattr(type(obj), "__dataclass_fields__", None)
    if fields is not None:
        names = [name for name in fields if hasattr(obj, name)]
        return {name: _convert(getattr(obj, name), step(path, name), above) for name in names}
    return _convert(_number(obj, path), path, above)


def _convert_mapping(obj: Mapping[Any, Any], path: str, above: tuple[int, ...]) -> dict[str, Any]:
    import enum

    result: dict[str, Any] = {}
    for key, value in obj.items():
        name = key.value if isinstance(key, enum.Enum) else key
        if not isinstance(name, str):
            raise CanonicalError(path, f"key {key!r} is {type_name(key)}, not str")
        name = str.__str__(name)
        if name in result:
            raise CanonicalError(path, f"two keys become {name!r}")
        result[name] = _convert(value, step(path, name), above)
    return result


def _text(obj: datetime.date | os.PathLike[Any], path: str) -> str:
    import datetime

    if isinstance(obj, datetime.datetime):
        if obj.tzinfo is None or obj.utcoffset() is None:
            raise CanonicalError(path, f"{obj!s} has no time zone")
        return obj.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(obj, datetime.date):
        return obj.isoformat()
    as_posix = getattr(obj, "as_posix", None)
    return str(as_posix()) if as_posix else os.fsdecode(obj).replace(os.sep, "/")


def _number(obj: Any, path: str) -> Any:
    """The Python number in a numpy or pandas scalar, recognized by its type's home: neither library is imported."""
    home = type(obj).__module__.partition(".")[0]
    name = type(obj).__name__
    if home in ("numpy", "pandas") and hasattr(obj, "item") and getattr(obj, "shape", None) == ():
        value = obj.item() if not name.startswith(("datetime64", "timedelta64", "ndarray")) else None
        if type(value) in (bool, int, float, str):
            return value
    raise CanonicalError(path, type_name(obj))
