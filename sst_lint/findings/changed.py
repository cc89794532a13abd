"""Which lines changed since a revision, and which findings touch them? Git is asked; what it cannot say is said.

A finding counts when any step of its trace stands in a changed line, so that a new sink for an old source is seen.
"""

from __future__ import annotations

import re
import subprocess
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sst_lint.findings.records import Finding

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_PLAIN = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_DIFF = ("diff", "--unified=0", "--find-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative")
_PREFIXES = ("--src-prefix=a/", "--dst-prefix=b/")


class ChangesError(Exception):
    """The changed lines are not known; the message is one line that says why."""


@dataclass(frozen=True)
class Changes:
    """The changed lines of each file (relative to the project root), and what a person should know about them."""

    lines: Mapping[str, Sequence[int]]  #: sorted
    whole: frozenset[str] = frozenset()  #: files that git does not know yet: every line is new
    notes: tuple[str, ...] = ()

    def touches(self, finding: Finding) -> bool:
        """Whether the finding, or any step of its trace, stands in a changed line."""
        first = min(finding.line, finding.statement_line or finding.line)
        if self._holds(finding.path, first, max(finding.line, finding.end_line)):
            return True
        return any(self._holds(step.path, step.line, step.line) for step in finding.trace)

    def _holds(self, path: str, first: int, last: int) -> bool:
        if path in self.whole:
            return True
        lines = self.lines.get(path, ())
        at = bisect_left(lines, first)
        return at < len(lines) and lines[at] <= last


def changes_since(revision: str, root: Path) -> Changes:
    """Return what changed between ``revision`` (where the branch left it) and the files on disk.

    Raises ``ChangesError``: git is not there, no repository, an unknown revision.
    """
    top = _git(root, "rev-parse", "--show-toplevel", or_else="--since needs a git repository")
    prefix = _git(root, "rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")
    shallow = _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
    advice = "; this is a shallow clone, so `git fetch` it first" if shallow else ""
    commit = _git(
        root,
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"),
        or_else=f"--since: unknown revision `{revision}`{advice}",
    ).strip()
    notes: tuple[str, ...] = ()
    start = _merge_base(root, commit.decode())
    if not start:
        start = commit.decode()
        why = "this is a shallow clone" if shallow else "they have no history in common"
        notes = (
            f"--since {revision}: where this branch left it is not known ({why}), so the files are compared with it "
            "as it is now" + ("; `git fetch --unshallow` tells" if shallow else ""),
        )
    above = Path(top.decode("utf-8", "surrogateescape").rstrip("\n"))
    diff = _git(above, *_DIFF, *_PREFIXES, start, "--", or_else="--since")
    lines = {_inside(path, prefix): numbers for path, numbers in changed_lines(diff).items()}
    others = _git(root, "ls-files", "--others", "--exclude-standard", "-z").decode("utf-8", "surrogateescape")
    return Changes(lines, frozenset(others.split("\0")) - {""}, notes)


def _merge_base(root: Path, commit: str) -> str:
    """Return the commit at which HEAD left ``commit``, "" when it is not known."""
    try:
        return _git(root, "merge-base", commit, "HEAD").decode().strip()
    except ChangesError:
        return ""


def _inside(path: str, prefix: str) -> str:
    """A path from the repository's top as a path from the project root, which is ``prefix`` there."""
    if path.startswith(prefix):
        return path[len(prefix) :]
    return "../" * prefix.count("/") + path


def _git(directory: Path, *words: str, or_else: str = "--since: git failed") -> bytes:
    """Run git, and return its output; raise ``ChangesError`` with ``or_else`` and git's own first word."""
    try:
        done = subprocess.run(["git", *words], cwd=directory, capture_output=True, check=False)
    except FileNotFoundError:
        raise ChangesError("--since needs git, and git is not installed") from None
    except OSError as error:
        raise ChangesError(f"--since: git cannot be run: {error.strerror or error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "backslashreplace").strip().partition("\n")[0]
        raise ChangesError(f"{or_else}: {said.removeprefix('fatal: ')}" if said else or_else)
    return done.stdout


def changed_lines(diff: bytes) -> dict[str, list[int]]:
    """Return the changed lines of each file of a unified diff without context; the neighbors of a deletion count."""
    found: dict[str, list[int]] = {}
    path: str | None = None
    for line in _headers(diff):
        if line.startswith(b"+++ "):
            name = _unquoted(line[4:])
            path = name[2:].decode("utf-8", "surrogateescape") if name.startswith(b"b/") else None
            continue
        hunk = _HUNK.match(line)
        if hunk is not None and path is not None:
            start, count = int(hunk[2]), int(hunk[3] or b"1")
            numbers = range(start, start + count) if count else (max(start, 1), start + 1)
            found.setdefault(path, []).extend(numbers)
    return {path: sorted(set(numbers)) for path, numbers in found.items()}


def _headers(diff: bytes) -> Iterator[bytes]:
    """Yield the lines of a diff that are not the content of a hunk, which may look like anything."""
    content = 0
    for line in diff.split(b"\n"):
        if content and line[:1] in (b"+", b"-"):
            content -= 1
            continue
        hunk = _HUNK.match(line)
        if hunk is not None:
            content = int(hunk[1] or b"1") + int(hunk[3] or b"1")
        yield line


def _unquoted(name: bytes) -> bytes:
    """A file name of a diff as it is: git puts odd ones in quotes, and ends those with spaces by a tab."""
    if not name.startswith(b'"'):
        return name.removesuffix(b"\t")
    return _ESCAPE.sub(_unescaped, name[1 : name.rindex(b'"')])


def _unescaped(match: re.Match[bytes]) -> bytes:
    what = match[1]
    return bytes([int(what, 8)]) if len(what) == 3 else _PLAIN.get(what, what)
