"""How does a first day go? From nothing to a gate that refuses a bad line and takes it when it is fixed.

    python -m tests.transcript DIRECTORY --module PATH --name NAME [--write]

The directory (a checkout of any repository) is copied, and nothing of it is changed. ``--write`` puts the transcript
into ``docs/transcript.md``; ``--name`` says there what was copied.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "transcript.md"
BAD = """

def fingerprint(folder):
    import hashlib
    import os

    return hashlib.sha256("".join(os.listdir(folder)).encode()).hexdigest()
"""
_DATE = "2026-01-01T00:00:00+00:00"
_LONG = 40  #: lines of one command's output that are shown

_HEAD = """\
# A first day

What the commands print on {name}:
set up, a bad line refused by a real commit, mended by the hook, accepted. Made by `python -m tests.transcript`;
`tests/faces/test_transcript.py` goes the same way on a small project, and looks at each step.
"""


class Step(NamedTuple):
    """A command as one types it, what it printed, and its exit code."""

    said: str  #: why it is run
    command: str
    output: str
    code: int


def walk(directory: Path, module: str) -> list[Step]:
    """Go the way on a copy of the directory; ``module`` is the file that gets the bad line."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / directory.name
        skipped = shutil.ignore_patterns(".git", ".venv", ".pre-commit-config.yaml", "__pycache__", ".sst_cache")
        shutil.copytree(directory, folder, symlinks=True, ignore=skipped)
        run = _Shell(folder, Path(home))
        run("", "git init -q -b main && git add -A && git commit -q -m 'as it was'")
        steps = [
            run("What the tool would do here:", "sst-lint init --dry-run"),
            run("Do it, and begin the gate:", "sst-lint init --yes > /dev/null && pre-commit install"),
            run("", "git add -A && git commit -q -m 'sst-lint: configuration, baseline, hook'"),
            run("The gate is green:", "sst-lint check"),
        ]
        with (folder / module).open("a", encoding="utf-8") as stream:
            stream.write(BAD)
        return [
            *steps,
            run(f"Somebody adds a function to `{module}`:", "git diff -U1"),
            run("The commit is refused:", f"git commit -q -m 'name a folder by its files' {module}"),
            run("The fix hook mends what is staged:", f"git add {module} && {_FIX}"),
            run("", "git diff -U1"),
            run("Now it goes through:", f"git commit -q -m 'name a folder by its files' {module}"),
            run("", "git log --oneline --no-decorate"),
        ]


_FIX = "pre-commit run sst-lint-fix --hook-stage manual"


class _Shell:
    """Runs commands in the folder, with this environment's tools and nobody's configuration."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
        stubs = home / "bin"
        stubs.mkdir()
        for name, module in (("sst-lint", "sst_lint"), ("pre-commit", "pre_commit")):
            (stubs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n', encoding="utf-8")
            (stubs / name).chmod(0o755)
        who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _WHO.items()}
        self._env = {
            **kept,
            **who,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PAGER": "cat",
            "HOME": str(home),
            "NO_COLOR": "1",
            "PATH": os.pathsep.join([str(stubs), kept.get("PATH", os.defpath)]),
            "PRE_COMMIT_HOME": str(home / "hooks"),
            "PRE_COMMIT_COLOR": "never",
            "PYTHONPATH": str(ROOT),
        }

    def __call__(self, said: str, command: str) -> Step:
        """Run one command line, as a shell would."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return Step(said, command, _shown(done.stdout), done.returncode)


_WHO = {"NAME": "Ada", "EMAIL": "ada@example.org", "DATE": _DATE}


def _shown(output: str) -> str:
    """The output, without what differs from run to run, and short."""
    output = re.sub(r"^index [0-9a-f]+\.\.[0-9a-f]+.*\n", "", output, flags=re.MULTILINE)
    lines = [line.rstrip() for line in output.splitlines()]
    if len(lines) > _LONG:
        half = _LONG // 2
        lines = [*lines[:half], f"... ({len(lines) - 2 * half} more lines)", *lines[-half:]]
    return "".join(f"{line}\n" for line in lines)


def page(steps: Sequence[Step], name: str) -> str:
    """The transcript as a page."""
    parts = [_HEAD.format(name=name)]
    for step in steps:
        parts.append(f"\n{step.said}\n" if step.said else "")
        end = "" if step.code == 0 else f"$ echo $?\n{step.code}\n"
        parts.append(f"\n```console\n$ {step.command}\n{step.output}{end}```\n")
    return "".join(parts)


def main(words: Sequence[str]) -> int:
    """Print the transcript of a directory, or write the page."""
    parser = argparse.ArgumentParser(description="The first day on a repository.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--module", required=True, help="the file that gets the bad line, below the directory")
    parser.add_argument("--name", required=True, help="what the directory is, for the page")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(words)
    text = page(walk(given.directory.resolve(), given.module), given.name)
    if given.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
