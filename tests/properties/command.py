"""How do these tests run the command? As its users do: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BARE = "try:\n    x = 1\nexcept:\n    x = 2\n"  #: one finding, on line 3


@dataclass(frozen=True)
class Done:
    """What a run left: its exit code and what it printed."""

    code: int
    out: bytes
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The report, when its format was JSON."""
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed

    @property
    def places(self) -> list[str]:
        """``path:line:rule`` of each finding."""
        return [f"{each['path']}:{each['line']}:{each['rule']}" for each in self.json["findings"]]

    def message(self, path: str) -> str:
        """The message of the one finding in a file."""
        (found,) = (each["message"] for each in self.json["findings"] if each["path"] == path)
        return str(found)


def check(
    *words: str | Path, cwd: Path, env: Mapping[str, str] | None = None, before: str = "", timeout: float = 120
) -> Done:
    """Run ``sst-lint check``; ``before`` is code that runs in the same process first."""
    start = [sys.executable, "-m", "sst_lint"]
    if before:
        start = [sys.executable, "-c", f"{before}\nimport sys; from sst_lint.cli import main; main(sys.argv[1:])"]
    done = subprocess.run(
        [*start, "check", *(os.fspath(word) for word in words)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr.decode("utf-8"))
