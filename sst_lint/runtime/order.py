"""In which order does one look at a directory, a dict or a set, so that everybody sees the same?"""

from __future__ import annotations

import os

from . import _system
from .errors import MixedTypesError
from .staging import is_temp_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import PurePosixPath
    from typing import Any, TypeVar

    _K = TypeVar("_K")
    _V = TypeVar("_V")
    StrPath = str | os.PathLike[str]
    Parts = tuple[str, ...]

EXCLUDED_SUFFIXES = (".tmp", ".partial", ".lock")


def iterdir_sorted(root: StrPath, *, exclude: tuple[str, ...] = EXCLUDED_SUFFIXES) -> list[PurePosixPath]:
    """What stands directly in `root`, as paths relative to it, sorted. An unreadable or missing directory raises."""
    return _finish([(name,) for name, _, _ in _entries(os.fsdecode(root), exclude)])


def glob_sorted(root: StrPath, pattern: str, *, exclude: tuple[str, ...] = EXCLUDED_SUFFIXES) -> list[PurePosixPath]:
    """What under `root` matches `pattern`, as POSIX paths relative to `root`, sorted by their encoded parts.

    `*`, `?` and `[...]` match within one name, case-sensitive everywhere, dot files included; `**` any number of
    directories, without following links. Names with an excluded suffix are neither returned nor entered; nor are
    temps of the writers. Unlike `pathlib.glob`, an unreadable or missing directory raises its `OSError`.
    """
    parts = [part for part in pattern.replace(os.sep, "/").split("/") if part not in ("", ".")]
    if not parts or pattern.startswith("/") or ".." in parts:
        raise ValueError(f"the pattern must lead downwards from the root, but is {pattern!r}")
    return _finish(set(_match(os.fsdecode(root), (), parts, exclude)))


def rglob_sorted(
    root: StrPath, pattern: str = "*", *, exclude: tuple[str, ...] = EXCLUDED_SUFFIXES
) -> list[PurePosixPath]:
    """Like `glob_sorted`, at any depth."""
    return glob_sorted(root, f"**/{pattern.lstrip('/')}", exclude=exclude)


def _entries(directory: str, exclude: tuple[str, ...]) -> list[tuple[str, bool, bool]]:
    found = _system.system.scandir(directory)
    return [entry for entry in found if not entry[0].endswith(exclude) and not is_temp_name(entry[0])]


def _match(directory: str, above: Parts, parts: list[str], exclude: tuple[str, ...]) -> Iterator[Parts]:
    import fnmatch

    first, rest = parts[0], parts[1:]
    if first == "**":
        yield from _match(directory, above, rest or ["*"], exclude)
    for name, is_directory, is_link in _entries(directory, exclude):
        path = f"{directory}{os.sep}{name}"
        if first == "**":
            if is_directory and not is_link:
                yield from _match(path, (*above, name), parts, exclude)
        elif fnmatch.fnmatchcase(name, first):
            if not rest:
                yield (*above, name)
            elif is_directory:
                yield from _match(path, (*above, name), rest, exclude)


def _finish(found: Iterable[Parts]) -> list[PurePosixPath]:
    from pathlib import PurePosixPath

    return [PurePosixPath(*parts) for parts in sorted(found, key=lambda parts: [os.fsencode(part) for part in parts])]


def sorted_items(mapping: Mapping[_K, _V]) -> list[tuple[_K, _V]]:
    """The items by key. Keys of several types raise `MixedTypesError` instead of being compared as text."""
    return [(key, mapping[key]) for key in sorted_keys(mapping)]


def sorted_keys(mapping: Mapping[_K, Any]) -> list[_K]:
    """The keys, sorted. Keys of several types raise `MixedTypesError`."""
    return _sorted(list(mapping))


def sorted_unique(values: Iterable[_V]) -> list[_V]:
    """Each value once, sorted. Values of several types raise `MixedTypesError`."""
    return _sorted(list(set(values)))


def _sorted(values: list[Any]) -> list[Any]:
    names = sorted({type(value).__qualname__ for value in values})
    if len(set(map(type, values))) > 1:
        raise MixedTypesError(f"values of several types have no common order: {', '.join(names)}")
    if values and isinstance(values[0], (set, frozenset)):
        raise MixedTypesError("sets have no total order: `<` means subset")
    if any(value != value for value in values):
        raise MixedTypesError("NaN has no place in any order")
    try:
        return sorted(values)
    except TypeError as error:
        raise MixedTypesError(f"{', '.join(names)} cannot be sorted: {error}") from error
