"""What does the argument of ``explain`` ask about: a rule, a line of a file, or a file that is written?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sst_lint.cli.terminal import UsageProblem

if TYPE_CHECKING:
    from sst_lint.catalogue import Rule
    from sst_lint.flow.provenance import FileAnswer

_LINE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(:\d+)?:?\Z", re.DOTALL)
_CODE = re.compile(r"SST\d*\Z", re.IGNORECASE)
_NAME = re.compile(r"[a-z]+(-[a-z]+)+\Z")
_FEW = 4
#: A part of a name that fits more files than this says too little.
_MANY = 8


@dataclass(frozen=True)
class LineQuestion:
    """A line of a file, which belongs to the project at ``root``."""

    root: Path
    file: Path
    line: int


@dataclass(frozen=True)
class FileQuestion:
    """A name, a part of a path, or a glob."""

    text: str


def understand(words: str, project: Path, rules: Sequence[Rule]) -> Rule | LineQuestion | FileQuestion:
    """Return what is asked about; raise ``UsageProblem`` when that is nothing, or not clear."""
    from sst_lint.catalogue import nearest

    for rule in rules:
        if words.upper() == rule.code or words.lower() == rule.name:
            return rule
    match = _LINE.match(words)
    if match is not None:
        return _line(match["file"], int(match["line"]), project)
    if not words.strip():
        raise UsageProblem("say what to explain: a rule, FILE:LINE, or the name of a file that is written")
    hint = nearest(words, [word for rule in rules for word in (rule.code, rule.name)])
    if _CODE.match(words) or (_NAME.match(words) and hint):
        raise UsageProblem(f"unknown rule `{words}`{hint}; `sst-lint rules` lists them")
    if words.endswith((".py", ".pyi")) and Path(words).is_file():
        raise UsageProblem(f"{words}: say which line: {words}:LINE")
    return FileQuestion(words)


def _line(name: str, line: int, project: Path) -> LineQuestion:
    """Find the file: as named from here, else from the root of the project, else by the end of its path."""
    from sst_lint.source import find_root

    root = find_root(project)
    for candidate in (Path(name), root / name):
        if candidate.is_file():
            return LineQuestion(_root_of(candidate, root), candidate, line)
        if candidate.is_dir():
            raise UsageProblem(f"{name}: is a directory; name a file and a line")
    return LineQuestion(root, _by_end(name, root), line)


def _root_of(file: Path, asked: Path) -> Path:
    """The root of a file; where nothing above it says so, that of the project asked about, if it lies there."""
    from sst_lint.source import find_root, is_marked
    from sst_lint.source.discover import absolute_path

    root = find_root(file)
    return asked if not is_marked(root) and asked in absolute_path(file).parents else root


def _by_end(name: str, root: Path) -> Path:
    from sst_lint.catalogue import nearest
    from sst_lint.config import ConfigError, load_config
    from sst_lint.source import discover

    try:
        files = discover([root], root, load_config(root)).files
    except ConfigError as error:
        raise UsageProblem(str(error)) from error
    found = [path for path in files if f"/{path}".endswith(f"/{name}")]
    if not found:
        known = {path.rpartition("/")[2]: path for path in files}
        near = nearest(name.rpartition("/")[2], known) or nearest(name, files)
        raise UsageProblem(f"{name}: no such file{near}")
    if len(found) > 1:
        more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
        raise UsageProblem(f"{name}: may be {', '.join(found[:_FEW])}{more}; say more of the path")
    return root / found[0]


def check_line(path: str, line: int, text: str, lines: Sequence[int]) -> None:
    """Raise ``UsageProblem`` for a line on which nothing stands; ``lines`` are those on which something does."""
    last = text.count("\n") + (not text.endswith("\n"))
    if not 1 <= line <= last:
        raise UsageProblem(f"{path}:{line}: the file has {last} lines")
    near = sorted(sorted(lines, key=lambda each: (abs(each - line), each))[:_FEW])
    offer = f"; the nearest lines that do: {', '.join(map(str, near))}" if near else ", and no other line of it does"
    raise UsageProblem(f"{path}:{line}: nothing on this line reads, writes, orders, digests, calls or catches{offer}")


def check_file(words: str, answer: FileAnswer) -> None:
    """Raise ``UsageProblem`` when nobody writes or reads what is asked for, or too many different files fit it."""
    from sst_lint.catalogue import nearest
    from sst_lint.output.style import count

    paths = [*(each.name for each in answer.written), *(each.name for each in answer.read)]
    names = list(dict.fromkeys(path.rpartition("/")[2] for path in paths))
    if not names:
        known = {name.lower(): name for name in answer.names}
        hint = nearest(words.lower().rpartition("/")[2], known)
        few = ", ".join(answer.names[:_FEW])
        verb = "is" if len(answer.names) == 1 else "are"
        offer = hint or (f"; {count(len(answer.names), 'file')} {verb} written, like {few}" if few else "; no file is")
        raise UsageProblem(f"no file that fits `{words}` is written or read by this project{offer}")
    if len(names) > _MANY and not set(words) & set("*?["):
        few = ", ".join(names[:_FEW])
        raise UsageProblem(f"`{words}` fits {len(names)} files ({few} ...); say more of the name, or use a glob")
