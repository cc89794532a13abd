"""Do the command, the library and every format report the same findings? For any directories:

python tests/output/equality.py DIRECTORY...
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from readers import READERS, Seen, escaped

import sst_lint
from sst_lint.source.roots import below_repository, find_root

#: formats whose paths begin at the top of the repository
_HOSTED = ("sarif", "github", "gitlab", "rdjson")
#: formats that show the worst findings only, where there are many
_SHORT = {"github": 10, "markdown": 200}


def by_library(directory: Path) -> Seen:
    """What the library reports."""
    report = sst_lint.check([directory])
    assert not report.problems, report.problems
    return [(escaped(each.path), each.line, each.rule, each.severity) for each in report.reported]


def by_command(directory: Path, folder: Path) -> dict[str, str]:
    """What one run of the command writes, in every format at once."""
    files = {name: folder / f"out.{name}" for name in READERS}
    words = [word for name, file in files.items() for word in ("--format", f"{name}:{file}")]
    command = [sys.executable, "-m", "sst_lint", "check", str(directory), "--verbose", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return {name: file.read_text(encoding="utf-8") for name, file in files.items()}


def differences(directories: Sequence[Path]) -> list[str]:
    """Return a line for each way in which some format, the command and the library do not agree."""
    said: list[str] = []
    for directory in directories:
        expected = by_library(directory)
        with tempfile.TemporaryDirectory() as folder:
            texts = by_command(directory, Path(folder))
        below = below_repository(find_root(directory))
        for name, text in texts.items():
            seen = READERS[name](text)
            wanted = _wanted(name, expected, f"{escaped(below)}/" if below and name in _HOSTED else "")
            if not _agree(name, seen, wanted):
                said.append(f"{directory}: {name}: {len(seen)} findings, expected {len(wanted)}")
        print(f"{directory.name}: {len(expected)} findings, the same in {len(texts) + 2} ways: {not said}")
    return said


def _wanted(name: str, expected: Seen, prefix: str) -> Seen:
    bare = name in ("text", "concise")
    return [(f"{prefix}{path}", line, rule, "" if bare else severity) for path, line, rule, severity in expected]


def _agree(name: str, seen: Seen, wanted: Seen) -> bool:
    if name not in _SHORT:
        return seen == wanted
    limit = _SHORT[name]
    if name == "github":
        levels = [severity for *_, severity in wanted]
        count = sum(min(levels.count(level), limit) for level in ("error", "warning"))
    else:
        count = min(len(wanted), limit)
    left = list(wanted)
    for each in seen:
        if each not in left:
            return False
        left.remove(each)
    return len(seen) == count


def main(words: Sequence[str]) -> int:
    """Print what differs, and how many findings were compared."""
    found = differences([Path(word).resolve() for word in words])
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
