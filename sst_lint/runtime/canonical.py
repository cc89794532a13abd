"""Which bytes stand for a value, the same on every machine and every Python?

Scheme `sst-canonical-json/1`: UTF-8, keys sorted by code point, no spaces (or `indent=2`), floats as Python's
shortest round-trip form, only the escapes that JSON demands, one newline at the end.
"""

from __future__ import annotations

from itertools import chain

from .errors import CanonicalError, StrictJSONError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SCHEME = "sst-canonical-json/1"
_SCALARS = frozenset((str, int, float, bool, type(None)))
_STRINGS = frozenset((str,))
_encoders: dict[int | None, Any] = {}


def canonical_json(obj: object, *, indent: int | None = None) -> str:
    """The canonical text of `obj`, with its final newline. `indent` is None or 2.

    Exactly dict with str keys, list, tuple (written as a list), str, int, float, bool and None are allowed. All else
    raises `CanonicalError` with its path: subclasses, sets, numpy scalars, NaN, infinities, lone surrogates, cycles.
    """
    try:
        text: str = _encoder(indent)(obj)
        if _is_exact(obj):
            if not text.isascii():
                text.encode()
            return text + "\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise _explain(obj, error) from None
    raise _explain(obj, None)


def digest(obj: object) -> str:
    """SHA-256 of the compact canonical bytes, all 64 hex digits: what `sha256sum` says about the compact file."""
    import hashlib

    return hashlib.sha256(canonical_json(obj).encode()).hexdigest()


def _encoder(indent: int | None) -> Any:
    if indent not in _encoders:
        if indent not in (None, 2):
            raise ValueError(f"indent must be None or 2, not {indent!r}")
        import json

        _encoders[indent] = json.JSONEncoder(
            ensure_ascii=False,
            allow_nan=False,
            sort_keys=True,
            indent=indent,
            separators=(",", ":") if indent is None else (",", ": "),
        ).encode
    return _encoders[indent]


def _is_exact(obj: object) -> bool:
    """Are all types exact? Asked only of what the encoder accepted, which therefore has no cycles.

    Level by level, so that the loops over keys and members run in C.
    """
    level: list[Any] = [obj]
    while level := [each for each in level if type(each) not in _SCALARS]:
        dicts = [each for each in level if type(each) is dict]
        lists = [each for each in level if type(each) is list or type(each) is tuple]
        if len(dicts) + len(lists) != len(level) or not _STRINGS.issuperset(map(type, chain.from_iterable(dicts))):
            return False
        level = list(chain.from_iterable(map(dict.values, dicts)))
        level.extend(chain.from_iterable(lists))
    return True


def _explain(obj: object, cause: BaseException | None) -> CanonicalError | ValueError:
    """The slow walk: find the first value, in reading order, that has no canonical form."""
    if isinstance(cause, RecursionError):
        return CanonicalError("$", "nested too deeply")
    for path, problem in _problems(obj, "$", ()):
        return CanonicalError(path, problem)
    if isinstance(cause, ValueError) and not isinstance(cause, UnicodeError):
        return cause
    return CanonicalError("$", str(cause))


def _problems(obj: Any, path: str, above: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    kind = type(obj)
    if kind in (dict, list, tuple):
        if id(obj) in above:
            yield path, "refers to itself"
            return
        above = (*above, id(obj))
        if kind is dict:
            for key, value in obj.items():
                if type(key) is not str:
                    yield path, f"key {key!r} is {type_name(key)}, not str"
                elif not _encodable(key):
                    yield path, f"key {key!r} holds a lone surrogate"
                else:
                    yield from _problems(value, step(path, key), above)
        else:
            for index, value in enumerate(obj):
                yield from _problems(value, f"{path}[{index}]", above)
    elif kind not in _SCALARS:
        yield path, type_name(obj)
    elif kind is float and not is_finite(obj):
        yield path, f"{obj!r} has no JSON form"
    elif kind is str and not _encodable(obj):
        yield path, "holds a lone surrogate"
    elif kind is int and not _writable(obj):
        yield path, "has more digits than Python converts"


def is_finite(number: float) -> bool:
    """Neither infinite nor NaN: only those are not zero when subtracted from themselves."""
    return number - number == 0


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _writable(number: int) -> bool:
    try:
        int.__repr__(number)
    except ValueError:
        return False
    return True


def step(path: str, key: str) -> str:
    """`path` extended by one key, quoted where it is no plain name."""
    import json

    return f"{path}.{key}" if key.isidentifier() else f"{path}[{json.dumps(key)}]"


def type_name(obj: object) -> str:
    """The type as people write it: `set`, `numpy.float64`."""
    kind = type(obj)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def loads_strict(text: str | bytes) -> Any:
    """Parse JSON that means one thing: no duplicate keys, NaN, overflow, lone surrogates, BOM, trailing data.

    Raises `StrictJSONError`, a `ValueError`.
    """
    import json

    try:
        if not isinstance(text, str):
            text = bytes(text).decode("utf-8")
        if text.startswith("\ufeff"):
            raise StrictJSONError("starts with a byte order mark")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except StrictJSONError:
        raise
    except UnicodeDecodeError as error:
        raise StrictJSONError(f"is not UTF-8: {error}") from error
    except UnicodeEncodeError as error:
        raise StrictJSONError("holds a lone surrogate") from error
    except RecursionError as error:
        raise StrictJSONError("nested too deeply") from error
    except ValueError as error:
        raise StrictJSONError(str(error)) from error
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise StrictJSONError(f"key {key!r} stands twice in one object")
            seen.add(key)
    return result


def _no_constant(name: str) -> float:
    raise StrictJSONError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not is_finite(number):
        raise StrictJSONError(f"{text} is too large for a float")
    return number
