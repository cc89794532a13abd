"""What happens if this very system call fails, is cut short, is interrupted, or is the last one of the process?"""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ERRNOS = (
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EMFILE,
    errno.ENFILE,
    errno.EINTR,
    errno.EBUSY,
    errno.EXDEV,
    errno.ESTALE,
    errno.ENOMEM,
)
#: effects other than an errno, on any call
ENDINGS = ("interrupt-before", "interrupt-after", "exit-before", "exit-after")
#: and on writes only: half, one byte, nothing, claimed but not done, half and then the end of the process
WRITES = ("short", "byte", "nothing", "lie", "tear")
_PASSIVE = frozenset(("sleep", "monotonic", "windows", "random_name", "observer", "who"))


class Dead(BaseException):
    """The process ended here: whatever its handlers try, no further call has an effect."""


@dataclass(frozen=True)
class Fault:
    """At the seam's call number `call`, `effect` happens; `code` is its errno."""

    effect: str
    call: int
    code: int = 0

    def __str__(self) -> str:
        return f"{errno.errorcode[self.code] if self.code else self.effect} at call {self.call}"


class Injector:
    """A system with one fault. `fired` says that it happened; `calls` lists what was called."""

    def __init__(self, base: Any, fault: Fault | None = None) -> None:
        self.base = base
        self.fault = fault
        self.windows = base.windows
        self.fired = 0
        self.struck = ""
        self.struck_file = False  # the call was about a temp or a file, not about a directory
        self.dead = False
        self.calls: list[str] = []
        self.labels: list[str] = []  # the same, with the syncs of directories told from those of files
        self.descriptors: dict[int, str] = {}
        self.failed_syncs: set[str] = set()
        self.wrongs: list[str] = []
        self._wrapped: dict[str, Callable[..., Any]] = {}
        self._clock = 0.0
        self._random = itertools.count(1)

    def __getattr__(self, name: str) -> Any:
        if name in _PASSIVE:
            return getattr(self.base, name)
        if name not in self._wrapped:
            self._wrapped[name] = self._wrap(name, getattr(self.base, name))
        return self._wrapped[name]

    def random_name(self) -> str:
        """Names that can be foreseen; on the model its own, so that they differ from step to step of a history."""
        return self.base.random_name() if hasattr(self.base, "poison") else f"{next(self._random):016x}"

    def sleep(self, seconds: float) -> None:
        if self.dead:
            raise Dead
        self._clock += seconds

    def monotonic(self) -> float:
        return self._clock

    def _wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if self.dead:
                raise Dead
            number = len(self.calls)
            self.calls.append(name)
            about_directory = name == "fsync" and "dir:" in self.descriptors.get(args[0], "")
            self.labels.append("fsync-directory" if about_directory else name)
            self._before(name, args)
            if self.fault is not None and number == self.fault.call:
                self.struck, self.fired = name, self.fired + 1
                self.struck_file = isinstance(args[0], int) and "dir:" not in self.descriptors.get(args[0], "")
                return self._strike(self.fault, name, real, args)
            return self._real(name, real, args)

        return call

    def _before(self, name: str, args: tuple[Any, ...]) -> None:
        if name == "fsync":
            path = self.descriptors.get(args[0], "?")
            if path in self.failed_syncs:
                self.wrongs.append(f"fsync of {path} is tried again after it failed")
        elif name == "close" and args[0] not in self.descriptors:
            self.wrongs.append("a descriptor is closed twice")

    def _real(self, name: str, real: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if name == "close":
            self.descriptors.pop(args[0], None)
        result = real(*args)
        if name == "open":
            self.descriptors[result] = args[0]
        elif name == "open_directory" and result is not None:
            self.descriptors[result] = f"dir:{args[0]}"
        return result

    def _strike(self, fault: Fault, name: str, real: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        effect = fault.effect
        if effect == "errno":
            if name == "close":  # a descriptor is gone even if closing it fails
                self._real(name, real, args)
            elif name == "fsync":
                self.failed_syncs.add(self.descriptors.get(args[0], "?"))
                if hasattr(self.base, "poison"):
                    self.base.poison(args[0])
            raise OSError(fault.code, os.strerror(fault.code))
        if effect == "sharing":
            error = PermissionError(errno.EACCES, "in use by another program")
            error.winerror = 32  # type: ignore[attr-defined]
            raise error
        if effect in WRITES:
            return self._strike_write(effect, real, args)
        if effect.endswith("-after"):
            self._real(name, real, args)
        if effect.startswith("exit"):
            self.dead = True
            raise Dead
        raise KeyboardInterrupt

    def _strike_write(self, effect: str, real: Callable[..., Any], args: tuple[Any, ...]) -> int:
        fd, data = args
        done = {"byte": 1, "nothing": 0}.get(effect, len(data) // 2)
        if done:
            real(fd, data[:done])
        if effect == "tear":
            self.dead = True
            raise Dead
        return len(data) if effect == "lie" else done
