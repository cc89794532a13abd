"""What does user code need to write artifacts that are whole, canonical, ordered and honest about errors?

Standard library only. This package may be copied into another tree under any name (`sst-lint vendor DIR`).
"""

from __future__ import annotations

from .artifacts import cap_changes, gzip_bytes, read_artifact
from .atomic import (
    WriteResult,
    atomic_batch,
    atomic_open,
    atomic_path,
    write_atomic_bytes,
    write_atomic_json,
    write_atomic_text,
    write_atomic_yaml,
)
from .canonical import SCHEME, canonical_json, digest, loads_strict
from .errors import (
    AtomicWriteError,
    CanonicalError,
    DurabilityError,
    IndexCorruptError,
    LockReentryError,
    LockTimeoutError,
    LockUnsupportedError,
    MixedTypesError,
    SchemaMismatchError,
    ScopeError,
    StrictJSONError,
)
from .index import index_key, previous_run, read_index, update_index_with_lock, upsert_index, write_latest
from .locks import FileLock
from .order import glob_sorted, iterdir_sorted, rglob_sorted, sorted_items, sorted_keys, sorted_unique
from .policy import deterministic_mode, handle_error_with_policy, is_deterministic
from .primitives import to_primitives
from .redact import redact
from .scope import normal_stage, read_scoped, register_required, require_scope

__all__ = [
    "SCHEME",
    "AtomicWriteError",
    "CanonicalError",
    "DurabilityError",
    "FileLock",
    "IndexCorruptError",
    "LockReentryError",
    "LockTimeoutError",
    "LockUnsupportedError",
    "MixedTypesError",
    "SchemaMismatchError",
    "ScopeError",
    "StrictJSONError",
    "WriteResult",
    "atomic_batch",
    "atomic_open",
    "atomic_path",
    "canonical_json",
    "cap_changes",
    "deterministic_mode",
    "digest",
    "glob_sorted",
    "gzip_bytes",
    "handle_error_with_policy",
    "index_key",
    "is_deterministic",
    "iterdir_sorted",
    "loads_strict",
    "normal_stage",
    "previous_run",
    "read_artifact",
    "read_index",
    "read_scoped",
    "redact",
    "register_required",
    "require_scope",
    "rglob_sorted",
    "sorted_items",
    "sorted_keys",
    "sorted_unique",
    "to_primitives",
    "update_index_with_lock",
    "upsert_index",
    "write_atomic_bytes",
    "write_atomic_json",
    "write_atomic_text",
    "write_atomic_yaml",
    "write_latest",
]
