"""How does flake8 tell what ``sst-lint check`` tells?

The project is judged once a run, before flake8 forks its workers; each file then asks what was found in it. Nothing
heavy is imported until a run wants a code of ours.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn

from sst_lint import __version__

if TYPE_CHECKING:
    import argparse
    import ast

Violation = tuple[int, int, str]  #: line, column from 0, text that begins with the code

_PREFIX = "SST"
_STDIN = "-"
_HANDED_OVER = "SST_LINT_FLAKE8_FINDINGS"  #: the file in which the first process leaves what it found


class _Asked(NamedTuple):
    """What one run of flake8 wants to know."""

    paths: tuple[str, ...]
    stdin: str  #: the name of what is read from standard input, "" when nothing is
    jobs: int


class Plugin:
    """The flake8 plugin ``SST``: the findings of the whole project, file by file."""

    name = "sst-lint"
    version = __version__

    _asked: ClassVar[_Asked | None] = None
    _found: ClassVar[Mapping[str, Sequence[Violation]] | None] = None  #: workers that are forked inherit it

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self._filename = filename
        self._lines = lines

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Judge the project, unless no code of ours is wanted; a project that cannot be judged ends flake8 with 2."""
        cls._asked, cls._found = None, None
        if not _wanted(options):
            return
        _select_own(options)
        paths = tuple(options.filenames or (".",))
        stdin = (options.stdin_display_name or "stdin") if _STDIN in paths else ""
        cls._asked = _Asked(paths, stdin, _jobs(options))
        if not stdin and multiprocessing.parent_process() is None:
            cls._found = _judged(cls._asked)
            if multiprocessing.get_start_method() != "fork":
                _hand_over(cls._found)

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Yield what was found in the file."""
        asked = Plugin._asked
        if asked is None:
            return
        if Plugin._found is None:  # standard input, or a worker that inherits nothing
            found = None if asked.stdin else _handed_over()
            Plugin._found = _judged(asked, "".join(self._lines)) if found is None else found
        for line, column, text in Plugin._found.get(_absolute(self._filename), ()):
            yield line, column, text, Plugin


def _judged(asked: _Asked, text: str = "") -> dict[str, list[Violation]]:
    """Return what is found in the asked paths, by absolute path; ``text`` is what stands on standard input, if any."""
    from sst_lint.engine import Options, check
    from sst_lint.output.style import escape
    from sst_lint.source import find_root
    from sst_lint.source.discover import absolute_path, relative_path

    paths = [path for path in asked.paths if path != _STDIN and os.path.lexists(path)]  # flake8 names missing ones
    newer = {}
    if asked.stdin:
        place = absolute_path(Path(asked.stdin))
        root = find_root(place if place.exists() else place.parent)
        newer[relative_path(place, root)] = text
        paths.append(os.fspath(place if place.exists() else root))
    jobs = asked.jobs if multiprocessing.parent_process() is None else 1  # workers may have none of their own
    report = check(paths, Options(texts=newer, jobs=jobs, cache=True))
    if report.problems:
        _give_up(report.problems)
    found: dict[str, list[Violation]] = {}
    for each in report.reported:
        violation = (each.line, each.column - 1, f"{each.rule} {escape(each.message)}")
        found.setdefault(_absolute(Path(report.base, each.path)), []).append(violation)
    return found


def _hand_over(found: Mapping[str, Sequence[Violation]]) -> None:
    """Leave what was found where workers that are started anew can read it, until flake8 ends."""
    handle, name = tempfile.mkstemp(prefix="sst-lint-", suffix=".json")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(found, stream, sort_keys=True)
    os.environ[_HANDED_OVER] = name
    atexit.register(_forget, name)


def _forget(name: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name)  # noqa: PTH108 -- at exit, as little as possible is imported
    os.environ.pop(_HANDED_OVER, None)


def _handed_over() -> dict[str, list[Violation]] | None:
    """What the process that started this worker found; None where it left nothing to read."""
    name = os.environ.get(_HANDED_OVER)
    if multiprocessing.parent_process() is None or not name:
        return None
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # then this worker judges the project itself
        return None
    return {path: [(line, column, text) for line, column, text in rows] for path, rows in found.items()}


def _absolute(path: str | Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 -- a link is the file where it stands


def _give_up(problems: Sequence[str]) -> NoReturn:
    """End flake8 with 2, as ``check`` ends; in a worker, whose end flake8 would not notice, by an error."""
    if multiprocessing.parent_process() is not None:
        raise RuntimeError("; ".join(problems))
    from sst_lint.output.style import escape

    for problem in problems:
        sys.stderr.write(f"sst-lint: error: {escape(problem)}\n")
    sys.exit(2)


def _wanted(options: argparse.Namespace) -> bool:
    """Whether flake8 would show any code of ours, or of a team's own checks."""
    chosen = [*(options.select or ()), *(options.extend_select or ())]
    ours = [code for code in chosen if _overlaps(code)]
    if options.select:
        return bool(ours) or bool(_own_codes())
    left_out = [*(options.ignore or ()), *(options.extend_ignore or ())]
    return bool(ours) or not any(_PREFIX.startswith(code) for code in left_out) or bool(_own_codes())


def _overlaps(code: str) -> bool:
    return code.startswith(_PREFIX) or _PREFIX.startswith(code)


def _select_own(options: argparse.Namespace) -> None:
    """Let flake8 show the codes of a team's own checks, which do not begin with the plugin's name."""
    own = _own_codes()
    if own:
        options.extended_default_select = [*options.extended_default_select, *own]


def _own_codes() -> tuple[str, ...]:
    """The codes of a team's own checks. One that cannot be used is told of when the project is judged."""
    from importlib.metadata import entry_points

    if not entry_points(group="sst_lint.checks"):
        return ()
    from sst_lint.checks.own import OwnCheckError, own_checks

    try:
        return tuple(each.rule.code for each in own_checks())
    except OwnCheckError as error:
        _give_up([str(error)])


def _jobs(options: Any) -> int:
    """The number of processes that flake8 was allowed, 0 when it may choose."""
    number = getattr(options.jobs, "n_jobs", -1)
    return int(number) if isinstance(number, int) and number > 0 else 0
