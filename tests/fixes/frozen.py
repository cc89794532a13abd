"""Run a module with clock, random numbers and uuids held still: ``python frozen.py MODULE ARGUMENTS``.

What still differs between two runs then differs by order, by hash seed or by the process.
"""

from __future__ import annotations

import datetime
import random
import runpy
import sys
import time
import uuid

NOW = 1_700_000_000


class Frozen(datetime.datetime):
    """A date that knows only one present."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Frozen:
        return cls.fromtimestamp(NOW, tz)

    @classmethod
    def utcnow(cls) -> Frozen:
        return cls(2023, 11, 14, 22, 13, 20)


def main() -> None:
    """Hold everything still and go."""
    time.time = lambda: float(NOW)
    uuid.uuid4 = lambda: uuid.UUID(int=7)
    datetime.datetime = Frozen  # type: ignore[misc]
    random.seed(0)
    sys.argv = sys.argv[1:]
    sys.path[0] = ""
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
