"""Do the command, the library, flake8 and the pre-commit hook report the same findings? For any directories:

python tests/faces/same_everywhere.py DIRECTORY...

Each directory is copied into a repository of its own, so nothing of it is changed.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from projects import flake8, git, git_names, run, sst

import sst_lint

Seen = Counter[tuple[str, int, int, str]]


class Faces(NamedTuple):
    """What each face reports: path, line, column, rule."""

    command: Seen
    library: Seen
    flake8: Seen
    hook: Seen
    refused: frozenset[str]  #: files that flake8 itself cannot read, and tells of by codes of its own


def faces(directory: Path, home: Path) -> Faces:
    """Run every face on a copy of the directory that becomes a repository below ``home``."""
    folder = home / directory.name
    skipped = shutil.ignore_patterns(".git", ".venv", ".tox", ".sst_cache", "__pycache__")
    shutil.copytree(directory, folder, symlinks=True, ignore=skipped)
    for name in (".pre-commit-config.yaml", ".gitattributes"):
        (folder / name).unlink(missing_ok=True)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all of it")
    told = flake8(folder, "--isolated", "--select", "SST,E9", "--disable-noqa", "-j", "2", "--exclude", ".git", ".")
    assert told.returncode in (0, 1) and not told.stderr, told.stderr
    rows = [row for row in map(_row, told.stdout.splitlines()) if row]
    return Faces(
        _by_command(folder),
        Counter((each.path, each.line, each.column, each.rule) for each in sst_lint.check([folder]).reported),
        Counter(row for row in rows if not row[3].startswith("E")),
        _by_hook(folder),
        frozenset(row[0] for row in rows if row[3].startswith("E")),
    )


def _by_command(folder: Path) -> Seen:
    done = sst(folder, "check", "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    record = json.loads(done.stdout)["findings"]
    counted = [each for each in record if not each["suppressed"] and each["baseline"] not in ("known", "moved")]
    return Counter((each["path"], each["line"], each["column"], each["rule"]) for each in counted)


def _by_hook(folder: Path) -> Seen:
    """By the hook over all files. A finding whose path leads through two lists of files is told of twice."""
    hook = {"id": "sst-lint", "name": "sst-lint", "entry": "sst-lint check --format concise", "language": "system"}
    hook |= {"types_or": ["python", "pyi"], "require_serial": True, "verbose": True}
    config = folder.parent / f"{folder.name}.hooks.yaml"
    config.write_text(json.dumps({"repos": [{"repo": "local", "hooks": [hook]}]}), encoding="utf-8")
    words = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--config", str(config)]
    done = run(words, folder, PRE_COMMIT_HOME=str(folder.parent / "hooks"), **git_names())
    assert "exit code: 2" not in done.stdout and not done.stderr, done.stdout + done.stderr
    return Counter({row: 1 for row in map(_row, done.stdout.splitlines()) if row})


def _row(line: str) -> tuple[str, int, int, str] | None:
    """``path:line:column: CODE ...``, None for any other line."""
    place, _, rest = line.partition(": ")
    path, *numbers = place.rsplit(":", 2)
    if len(numbers) != 2 or not all(each.isdigit() for each in numbers):
        return None
    return path.removeprefix("./"), int(numbers[0]), int(numbers[1]), rest.partition(" ")[0]


def differences(seen: Faces) -> list[str]:
    """Return what some face reports and another does not."""
    said = []
    for name in ("library", "flake8", "hook"):
        other: Seen = getattr(seen, name)
        left_out = seen.refused if name == "flake8" else frozenset[str]()
        wanted = Counter({row: n for row, n in seen.command.items() if row[0] not in left_out})
        said += [f"{name} lacks {row}" for row in sorted(wanted - other)]
        said += [f"{name} adds {row}" for row in sorted(other - wanted)]
    return said


def main(words: Sequence[str]) -> int:
    """Print for each directory how many findings agree, and what does not."""
    wrong = 0
    for word in words:
        with tempfile.TemporaryDirectory() as home:
            seen = faces(Path(word).resolve(), Path(home))
        found = differences(seen)
        wrong += len(found)
        refused = f", {len(seen.refused)} files that flake8 cannot read" if seen.refused else ""
        print(
            f"{Path(word).name}: {seen.command.total()} findings, {len(found)} differences between the faces{refused}"
        )
        for line in found[:20]:
            print(f"  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
