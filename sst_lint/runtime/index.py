"""Which runs were there, in which order, and which one came before this one?

The index is one JSON file: `{"entries": {key: {...}}, "next_seq": n, "schema": {...}}`. It is changed only under its
lock, read strictly, and replaced atomically. Sequence numbers come from the stored `next_seq`, so pruning an entry
never brings its number back.
"""

from __future__ import annotations

import os

from . import _system
from .atomic import write_atomic_bytes, write_atomic_json
from .canonical import canonical_json, loads_strict
from .errors import IndexCorruptError, StrictJSONError
from .locks import FileLock
from .scope import normal_stage
from .staging import make_directories, sync_directory, sync_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable
    from typing import Any

    StrPath = str | os.PathLike[str]
    Index = dict[str, Any]

_UNCHANGED: Any = object()
_MARK = {"name": "sst-index", "version": 1}


def update_index_with_lock(
    path: StrPath,
    fn: Callable[[Index], Index | None],
    *,
    timeout: float | None = 30.0,
    lock: contextlib.AbstractContextManager[Any] | None = None,
    validate: Callable[[Index], None] | None = None,
    **options: Any,
) -> Index:
    """Lock, read, let `fn` change a private copy (or return another dict), validate, replace, unlock.

    A missing index is an empty dict; one that cannot be trusted raises `IndexCorruptError` and is left as it is.
    Returns the index as written. `lock` replaces the `FileLock`; `options` go to the writer.
    """
    name = _system.system.realpath(os.fsdecode(path))  # whatever link leads to it, there is one lock
    if options.get("make_parents"):
        make_directories(os.path.dirname(name), durable=True)  # noqa: PTH120
    with lock if lock is not None else FileLock(name, timeout):
        data, index = _load(name)
        changed = fn(index)
        if changed is _UNCHANGED:  # still to be made durable: whoever wrote it may have died before that
            write_atomic_bytes(name, data, only_if_changed=True, **options)
            return index
        result = index if changed is None else changed
        if type(result) is not dict:
            raise TypeError(f"the index must stay a dict, not become {type(result).__name__}")
        if validate is not None:
            validate(result)
        write_atomic_json(name, result, only_if_changed=True, **options)
    return result


def _load(path: str) -> tuple[bytes, Index]:
    try:
        data = _system.read_bytes(path)
    except FileNotFoundError:
        return b"", {}
    try:
        index = loads_strict(data)
    except StrictJSONError as error:
        raise IndexCorruptError(f"{path}: {error}") from error
    if type(index) is not dict:
        raise IndexCorruptError(f"{path}: expected an object, found {type(index).__name__}")
    return data, index


def read_index(path: StrPath) -> Index:
    """The index in its present layout, older layouts lifted. A missing file is an empty index."""
    name = os.fsdecode(path)
    return _lift(name, _load(name)[1])


def _lift(path: str, index: Index) -> Index:
    """Check `index`; turn the flat layouts `{run_id: entry}` and `{"run_id:stage": entry}` into the present one."""
    if index.get("schema") == _MARK:
        entries, next_seq = index.get("entries"), index.get("next_seq")
        if type(entries) is not dict or type(next_seq) is not int:
            raise IndexCorruptError(f"{path}: 'entries' or 'next_seq' is missing or of the wrong type")
        _check_entries(path, entries, next_seq)
        return index
    if "schema" in index or "next_seq" in index:
        raise IndexCorruptError(f"{path}: unknown layout {index.get('schema')!r}")
    entries = dict(_lift_entry(path, key, value) for key, value in index.items())
    if len(entries) != len(index):
        raise IndexCorruptError(f"{path}: two keys name the same run and stage")
    next_seq = 1 + max((entry["seq"] for entry in entries.values() if entry["seq"] is not None), default=0)
    _check_entries(path, entries, next_seq)
    return {"schema": dict(_MARK), "entries": entries, "next_seq": next_seq}


def _lift_entry(path: str, key: str, value: Any) -> tuple[str, Index]:
    if type(value) is not dict:
        raise IndexCorruptError(f"{path}: entry {key!r} is no object")
    run_id, colon, stage = key.rpartition(":")
    run_id = value.get("run_id", run_id if colon else key)
    named: Any = value.get("stage", stage if colon else None)
    seq = value.get("seq", value.get("snapshot_seq"))
    if type(run_id) is not str or type(named) not in (str, type(None)):
        raise IndexCorruptError(f"{path}: entry {key!r} has a run_id or stage that is no text")
    payload = {name: field for name, field in value.items() if name not in ("run_id", "stage", "seq", "snapshot_seq")}
    normal = normal_stage(named) if named and named.strip() else None
    lifted = index_key(run_id, normal) if normal else _escape(run_id)
    return lifted, {"run_id": run_id, "stage": normal, "seq": seq, "payload": payload}


def _check_entries(path: str, entries: Index, next_seq: int) -> None:
    seen: dict[int, str] = {}
    for key, entry in entries.items():
        if type(entry) is not dict or not {"run_id", "stage", "seq", "payload"} <= entry.keys():
            raise IndexCorruptError(f"{path}: entry {key!r} is incomplete")
        seq = entry["seq"]
        if seq is None:
            continue
        if type(seq) is not int or not 0 < seq < next_seq or seq in seen:
            raise IndexCorruptError(f"{path}: entry {key!r} has the impossible sequence number {seq!r}")
        seen[seq] = key


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace(":", "%3A")


def index_key(run_id: str, stage: str) -> str:
    """The key of a run's stage: `run_id:stage`, percent-escaped, the stage in its normal form."""
    if not isinstance(run_id, str):
        raise TypeError(f"a run_id is a str, not {type(run_id).__name__}")
    if not run_id:
        raise ValueError("a run_id must not be empty")
    return f"{_escape(run_id)}:{_escape(normal_stage(stage))}"


def upsert_index(
    path: StrPath,
    run_id: str,
    stage: str,
    payload: dict[str, Any],
    *,
    timeout: float | None = 30.0,
    lock: contextlib.AbstractContextManager[Any] | None = None,
    **options: Any,
) -> int:
    """Record `payload` for this run and stage, and return its sequence number.

    The same payload again changes nothing and returns the same number; another one gets a fresh number. The fields
    `snapshot_path`, `group`, `attempt_of` and (in old entries) `timestamp` of the payload mean something to
    `previous_run`; all others are yours.
    """
    key = index_key(run_id, stage)
    if type(payload) is not dict:
        raise TypeError(f"the payload must be a dict, not {type(payload).__name__}")
    text = canonical_json(payload)
    private = loads_strict(text)
    given = 0

    def change(raw: Index) -> Any:
        nonlocal given
        index = _lift(os.fsdecode(path), raw) if raw else _empty()
        entry = index["entries"].get(key)
        if entry is not None and entry["seq"] is not None and canonical_json(entry["payload"]) == text:
            given = entry["seq"]
            return _UNCHANGED
        given = index["next_seq"]
        index["next_seq"] = given + 1
        index["entries"].pop(_escape(run_id), None)  # the same run under its old key without a stage
        normal = normal_stage(stage)
        index["entries"][key] = {"run_id": str(run_id), "stage": normal, "seq": given, "payload": private}
        return index

    update_index_with_lock(path, change, timeout=timeout, lock=lock, **options)
    return given


def _empty() -> Index:
    return {"schema": dict(_MARK), "entries": {}, "next_seq": 1}


def previous_run(
    index: Index, run_id: str, stage: str, group: str | None = None, *, legacy: str | None = None
) -> Index | None:
    """The newest comparable run before this one, or None.

    Comparable: same stage, same group, and neither this run nor another attempt of it. Newest: by sequence number,
    below that of this run if it has one. Entries without a number are skipped unless `legacy="timestamp"` orders them,
    before all others, by the `timestamp` of their payload. `group=None` takes this run's own group, if recorded.
    The result has `prev_run_id`, `prev_snapshot_path`, `prev_seq` and the `payload`.
    """
    if legacy not in (None, "timestamp"):
        raise ValueError(f"legacy must be None or 'timestamp', not {legacy!r}")
    lifted = _lift("index", index) if index else _empty()
    entries: Index = lifted["entries"]
    own = entries.get(index_key(run_id, stage)) or {"run_id": run_id, "payload": {}}
    group = own["payload"].get("group") if group is None else group
    limit = _rank(own, index_key(run_id, stage)) if own.get("seq") is not None or (legacy and "seq" in own) else None
    best: tuple[Any, ...] = ()
    found: Index | None = None
    for key, entry in entries.items():
        if entry["stage"] != normal_stage(stage) or entry["payload"].get("group") != group:
            continue
        if _origin(entry) == _origin(own) or entry["run_id"] == run_id or (entry["seq"] is None and not legacy):
            continue
        rank = _rank(entry, key)
        if rank > best and (limit is None or rank < limit):
            best, found = rank, entry
    if found is None:
        return None
    return {
        "prev_run_id": found["run_id"],
        "prev_snapshot_path": found["payload"].get("snapshot_path"),
        "prev_seq": found["seq"],
        "payload": found["payload"],
    }


def _origin(entry: Index) -> str:
    return str(entry["payload"].get("attempt_of") or entry["run_id"])


def _rank(entry: Index, key: str) -> tuple[Any, ...]:
    """Numbers are newer than no number; without numbers the time stamps decide, and equal ones fall to the key."""
    import datetime

    if entry["seq"] is not None:
        return (1, entry["seq"])
    text = entry["payload"].get("timestamp")
    if not isinstance(text, str):
        raise ValueError(f"entry {key!r} has neither a sequence number nor a timestamp")
    moment = datetime.datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)  # what those old files meant is not knowable any more
    return (0, moment, key)


def write_latest(
    directory: StrPath,
    *,
    run_id: str,
    stage: str,
    snapshot_path: StrPath,
    seq: int,
    cohort: str | None = None,
    extra: dict[str, Any] | None = None,
    timeout: float | None = 30.0,
) -> str:
    """Point `directory/[COHORT/]STAGE/LATEST.json` at a finished snapshot under `directory`; return the pointer's path.

    The snapshot is synced first, so the pointer never outlives what it points to. A pointer to a higher `seq` stays:
    runs may finish in any order. Paths in it are relative to `directory`.
    """
    root = _system.system.realpath(os.fsdecode(directory))
    snapshot = _system.system.realpath(os.path.join(root, os.fsdecode(snapshot_path)))  # noqa: PTH118
    if os.path.commonpath([root, snapshot]) != root or snapshot == root:
        raise ValueError(f"{os.fsdecode(snapshot_path)} does not lie under {os.fsdecode(directory)}")
    if type(seq) is not int or seq < 1:
        raise ValueError(f"seq must be a sequence number, not {seq!r}")
    normal = normal_stage(stage)
    pointer = {
        **(extra or {}),
        "cohort": cohort,
        "run_id": run_id,
        "stage": normal,
        "seq": seq,
        "snapshot_path": os.path.relpath(snapshot, root).replace(os.sep, "/"),
    }
    _sync(snapshot, root)
    parts = [_name(part) for part in (cohort, normal) if part is not None]
    place = os.path.join(root, *parts)  # noqa: PTH118
    make_directories(place, durable=True)
    path = os.path.join(place, "LATEST.json")  # noqa: PTH118

    def change(current: Index) -> Index:
        return current if type(current.get("seq")) is int and current["seq"] > seq else pointer

    update_index_with_lock(path, change, timeout=timeout)
    return path


def _name(part: str) -> str:
    escaped = _escape(part).replace("/", "%2F").replace("\\", "%5C")
    if not escaped or escaped in (".", ".."):
        raise ValueError(f"{part!r} cannot name a directory")
    return escaped


def _sync(path: str, root: str) -> None:
    """Make the file and every name between it and `root` durable."""
    sync_file(path)
    while path != root:
        path = os.path.dirname(path)  # noqa: PTH120
        sync_directory(path)
