"""Which metadata may leave this machine? Only what was allowed by name."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

REDACTED_KEY = "_redacted"


def redact(mapping: Mapping[str, Any], *, allow: Iterable[str]) -> dict[str, Any]:
    """A copy with the allowed fields only. What is dropped is named under `_redacted`, its value never.

    `allow` holds names, dotted for nested ones: `git.commit` keeps that one, `git` the whole of it. A list of mappings
    is entered like a mapping, its members named `runs[].host`. Nothing is allowed by default.
    """
    if isinstance(allow, str):
        raise TypeError("allow must be a collection of names, not one string")
    if REDACTED_KEY in mapping:
        raise ValueError(f"the mapping already has a field {REDACTED_KEY!r}")
    dropped: set[str] = set()
    kept = _keep(mapping, "", frozenset(allow), dropped)
    if dropped:
        kept[REDACTED_KEY] = sorted(dropped)
    return kept


def _keep(mapping: Mapping[str, Any], prefix: str, allow: frozenset[str], dropped: set[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in mapping.items():
        if not isinstance(key, str):
            raise TypeError(f"field names are str, not {type(key).__name__}")
        name = prefix + key
        plain = name.replace("[]", "")
        if plain in allow:
            kept[key] = value
        elif not any(each.startswith(f"{plain}.") for each in allow):
            dropped.add(name)
        elif isinstance(value, Mapping):
            kept[key] = _keep(value, f"{name}.", allow, dropped)
        elif isinstance(value, (list, tuple)) and all(isinstance(each, Mapping) for each in value):
            kept[key] = [_keep(each, f"{name}[].", allow, dropped) for each in value]
        else:
            dropped.add(name)
    return kept
