"""What can go wrong, and what does each error tell its reader?

Errors of the file system stay `OSError`s with errno and filename, so code that caught what `open` raised still works.
"""

from __future__ import annotations

import errno as _errno

_HINTS = {
    _errno.EBUSY: "the target is mounted on its own or in use; it was not written in place instead",
    _errno.EXDEV: "the target lies on another device than its directory; it was not written in place instead",
}


class AtomicWriteError(OSError):
    """A writer failed at `stage`. `committed` says whether the new content is already in place.

    Stages, in order: target, parents, directory, create, mode, write, size, fsync, close, replace, unlink,
    fsync-directory. With `committed = False` the old content is untouched and the temp is gone.
    """

    stage: str = ""
    committed: bool = False

    def __str__(self) -> str:
        place = "new content in place" if self.committed else "target unchanged"
        hint = _HINTS.get(self.errno or 0)
        return f"{super().__str__()} (stage: {self.stage}; {place}{'; ' + hint if hint else ''})"


class DurabilityError(AtomicWriteError):
    """The new content is in place, but it may not survive a power failure: the directory could not be synced."""

    committed = True


# `except FileExistsError` around `open(path, "x")` must keep working when the call becomes `atomic_open`.
class TargetExistsError(AtomicWriteError, FileExistsError): ...


class TargetNotFoundError(AtomicWriteError, FileNotFoundError): ...


class TargetPermissionError(AtomicWriteError, PermissionError): ...


class TargetIsDirectoryError(AtomicWriteError, IsADirectoryError): ...


class TargetNotDirectoryError(AtomicWriteError, NotADirectoryError): ...


_KINDS: dict[type[OSError], type[AtomicWriteError]] = {
    FileExistsError: TargetExistsError,
    FileNotFoundError: TargetNotFoundError,
    PermissionError: TargetPermissionError,
    IsADirectoryError: TargetIsDirectoryError,
    NotADirectoryError: TargetNotDirectoryError,
}


def write_error(cause: OSError, *, path: str, stage: str, committed: bool) -> AtomicWriteError:
    """`cause` as an `AtomicWriteError` that is also the built-in class for its errno."""
    kind = DurabilityError if committed else _KINDS.get(type(cause), AtomicWriteError)
    error = kind(cause.errno, cause.strerror or str(cause), path)
    error.stage = stage
    error.committed = committed
    return error


class CanonicalError(TypeError, ValueError):
    """A value has no canonical form. `path` leads to it: `$.metrics.auc`."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class StrictJSONError(ValueError):
    """Text that a lenient parser would accept but that has no single meaning, or is no JSON at all."""


class MixedTypesError(TypeError):
    """Values of several types, or of a type without a total order, cannot be sorted into one stable order."""


class LockTimeoutError(TimeoutError):
    """Somebody else held the lock for longer than the timeout."""


class LockReentryError(RuntimeError):
    """This thread already holds the lock; waiting for itself would never end."""


class LockUnsupportedError(OSError):
    """The file system has no working locks. Nothing was locked, and nothing may proceed as if it were."""


class IndexCorruptError(ValueError):
    """The index exists but cannot be trusted; it was left exactly as it is."""


class SchemaMismatchError(ValueError):
    """An artifact carries another schema than its reader knows. Both are `(name, version)`; `found` may be None."""

    def __init__(self, message: str, expected: tuple[str, int], found: tuple[str, int] | None) -> None:
        super().__init__(message, expected, found)
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return str(self.args[0])


class ScopeError(ValueError):
    """Metadata is not that of the stage and run asked for. `guard` names the check that failed, `field` the field."""

    def __init__(self, message: str, guard: str, field: str, expected: object, found: object) -> None:
        super().__init__(message, guard, field, expected, found)
        self.guard = guard
        self.field = field
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return str(self.args[0])
