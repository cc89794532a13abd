"""How far is a run? A bar on a terminal, from the second second on; nothing anywhere else."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, Task, TaskID

#: Seconds before anything is shown: a bar that goes at once is noise.
_PATIENCE = 1.0

Step = Callable[[str, int, int], None]


class _Bar:
    """Shows what the engine says of its way: a stage, how much of it is done, and how much there is."""

    def __init__(self) -> None:
        self._start = time.monotonic()  # sst: ignore[SST301] -- decides when the bar is shown, and nothing else
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() - self._start < _PATIENCE:
            return
        if self._progress is None:
            self._progress = _progress()
            self._progress.start()
        if self._task is None or stage != self._stage:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task, self._stage = self._progress.add_task(stage, total=total or None), stage
        self._progress.update(self._task, completed=done)
        self._progress.refresh()

    def stop(self) -> None:
        """Leave no trace on the terminal."""
        if self._progress is not None:
            self._progress.stop()


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Counts(TextColumn):
        """How much of how much, and how much a second."""

        def render(self, task: Task) -> Text:
            if task.total is None:
                return Text()
            rate = f", {task.speed:,.0f}/s" if task.speed else ""
            return Text(f"{task.completed:,.0f} of {task.total:,.0f} files{rate}")

    columns = (TextColumn("{task.description}"), BarColumn(), Counts(""), TimeRemainingColumn())
    # refreshed by its steps alone: a thread of its own would stand in the way of starting processes
    return Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)


@contextlib.contextmanager
def progress(quiet: bool) -> Iterator[Step | None]:
    """What the engine is to tell of its way; None where nobody would see it."""
    if quiet or os.environ.get("TERM") == "dumb" or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.stop()
