"""How does an artifact say what it is, so that its reader can refuse what it does not understand?"""

from __future__ import annotations

import os

from . import _system
from .canonical import digest, loads_strict
from .errors import SchemaMismatchError, StrictJSONError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    StrPath = str | os.PathLike[str]
    Migration = Callable[[dict[str, Any]], dict[str, Any]]

SCHEMA_KEY = "schema"


def stamp(obj: object, schema: tuple[str, int]) -> dict[str, Any]:
    """A copy of `obj` that says under the key `schema` which schema it follows. A contrary stamp raises."""
    name, version = schema
    if type(name) is not str or type(version) is not int or version < 1:
        raise TypeError(f"schema must be (name, version) with a version from 1 on, not {schema!r}")
    if not isinstance(obj, dict):
        raise TypeError(f"only a dict can carry a schema, not {type(obj).__name__}")
    mark = {"name": name, "version": version}
    if obj.get(SCHEMA_KEY, mark) != mark:
        raise SchemaMismatchError(
            f"the value already says {obj[SCHEMA_KEY]!r}, not {mark!r}", schema, _found(obj[SCHEMA_KEY])
        )
    return {**obj, SCHEMA_KEY: mark}


def _found(mark: object) -> tuple[str, int] | None:
    if isinstance(mark, dict) and type(mark.get("name")) is str and type(mark.get("version")) is int:
        return mark["name"], mark["version"]
    return None


def read_artifact(
    path: StrPath,
    *,
    schema: tuple[str, int] | None = None,
    migrations: Mapping[int, Migration] | None = None,
) -> Any:
    """Read JSON strictly (`.gz` is unpacked), and check its stamp if `schema=(name, version)` is given.

    An older version is lifted step by step: `migrations[1]` turns version 1 into version 2. Another name, a newer
    version, a missing stamp or a missing step raise `SchemaMismatchError`; unclear JSON raises `StrictJSONError`.
    """
    name = os.fsdecode(path)
    data = _system.read_bytes(path)
    try:
        value = loads_strict(_gunzip(data) if name.endswith(".gz") else data)
    except StrictJSONError as error:
        raise StrictJSONError(f"{name}: {error}") from error
    return value if schema is None else _lift(name, value, schema, migrations or {})


def _lift(name: str, value: Any, schema: tuple[str, int], migrations: Mapping[int, Migration]) -> dict[str, Any]:
    found = _found(value.get(SCHEMA_KEY)) if isinstance(value, dict) else None
    wanted = f"{schema[0]} version {schema[1]}"
    if found is None:
        raise SchemaMismatchError(f"{name}: expected {wanted}, found no schema stamp", schema, None)
    if found[0] != schema[0] or found[1] > schema[1] or found[1] < 1:
        raise SchemaMismatchError(f"{name}: expected {wanted}, found {found[0]} version {found[1]}", schema, found)
    for version in range(found[1], schema[1]):
        if version not in migrations:
            text = f"{name}: expected {wanted}, found version {found[1]}, and no migration leads on from {version}"
            raise SchemaMismatchError(text, schema, found)
        value = dict(migrations[version](value))
        value[SCHEMA_KEY] = {"name": schema[0], "version": version + 1}
    return dict(value)


def gzip_bytes(data: bytes) -> bytes:
    """`data` as gzip without time stamp, name or platform mark. Digest the unpacked bytes: packers vary."""
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(data) + packer.flush()
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + body + _little(zlib.crc32(data)) + _little(len(data))


def _little(number: int) -> bytes:
    return (number & 0xFFFFFFFF).to_bytes(4, "little")


def _gunzip(data: bytes) -> bytes:
    import zlib

    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(data) + unpacker.flush()
    except zlib.error as error:
        raise StrictJSONError(f"is no gzip: {error}") from error
    if not unpacker.eof or unpacker.unused_data:
        raise StrictJSONError("is cut off or followed by other data")
    return content


def cap_changes(
    changes: Mapping[str, Any],
    limit: int,
    *,
    rank: Callable[[str, Any], Any] | None = None,
    side_file: StrPath | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Keep a large change set small: the top `limit`, the count of all, and the digest of the rest.

    Without `rank` the first by key are kept, with it those that it ranks highest; ties go by key. `side_file` gets the
    whole set, durable before this returns, and is referenced by name and digest; `options` go to its writer.
    """
    if limit < 0:
        raise ValueError(f"limit must not be negative, but is {limit}")
    keys = sorted(changes)
    if rank is not None:
        ranks = {key: rank(key, changes[key]) for key in keys}
        keys.sort(key=ranks.__getitem__, reverse=True)  # a stable sort, so ties stay in the order of their keys
    rest = {key: changes[key] for key in keys[limit:]}
    result: dict[str, Any] = {
        "shown": {key: changes[key] for key in keys[:limit]},
        "total": len(keys),
        "omitted": len(rest),
        "omitted_digest": digest(rest) if rest else None,
    }
    if side_file is not None:
        from .atomic import write_atomic_json

        whole = dict(changes)
        write_atomic_json(side_file, whole, **options)
        result["whole"] = {"file": os.path.basename(os.fsdecode(side_file)), "digest": digest(whole)}  # noqa: PTH119
    return result
