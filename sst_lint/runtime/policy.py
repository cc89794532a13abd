"""An exception was caught: does the run go on, or does it fail before a poisoned artifact is written?"""

from __future__ import annotations

import contextlib
import contextvars
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator
    from typing import TypeVar

    _T = TypeVar("_T")

_mode: contextvars.ContextVar[bool | None] = contextvars.ContextVar("sst_deterministic", default=None)
_BEST_EFFORT = ("best-effort", "best_effort")
VARIABLE = "SST_MODE"


@contextlib.contextmanager
def deterministic_mode(enabled: bool = True) -> Iterator[None]:
    """Within the block, in this thread or task, the run is deterministic; with `False` it is best-effort."""
    token = _mode.set(bool(enabled))
    try:
        yield
    finally:
        _mode.reset(token)


def is_deterministic(explicit: bool | None = None) -> bool:
    """The argument decides, else the innermost `deterministic_mode`, else `SST_MODE`; the unknown is deterministic."""
    for choice in (explicit, _mode.get()):
        if choice is not None:
            return bool(choice)
    return os.environ.get(VARIABLE, "").strip().lower() not in _BEST_EFFORT


def handle_error_with_policy(
    exc: BaseException,
    *,
    operation: str,
    artifact_shaping: bool,
    deterministic: bool | None = None,
    logger: logging.Logger,
    fallback: _T,
) -> _T:
    """Log one structured record, then re-raise `exc` or return `fallback`.

    Raised: errors in artifact-shaping code while the run is deterministic, and always whatever is no `Exception`
    (interrupts, exits, cancellation). The record carries `operation`, `artifact_shaping`, `mode`, `decision` and
    `error_type` as attribute `sst`, and the traceback.
    """
    if not isinstance(exc, BaseException):
        raise TypeError(f"expected an exception, not {type(exc).__name__}")
    strict = is_deterministic(deterministic)
    fails = not isinstance(exc, Exception) or (artifact_shaping and strict)
    record = {
        "operation": operation,
        "artifact_shaping": bool(artifact_shaping),
        "mode": "deterministic" if strict else "best-effort",
        "decision": "raise" if fails else "fallback",
        "error_type": type(exc).__qualname__,
    }
    text = "%s failed: %s: %s (mode: %s; decision: %s)"
    values = (operation, record["error_type"], exc, record["mode"], record["decision"])
    level = 40 if fails else 30  # logging.ERROR, logging.WARNING
    logger.log(level, text, *values, exc_info=exc, extra={"sst": record})
    if fails:
        raise exc
    return fallback
