"""What do fixes make of a case, and does the result keep the promises that hold for every fix?"""

from __future__ import annotations

import io
import os
import shutil
import tokenize
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sst_lint.engine import Options, check, repair
from sst_lint.findings import Finding
from sst_lint.fixes.repair import write

HELPERS = "sst_lint.runtime"
CASES = Path(__file__).parents[2] / "fixtures" / "cases"


@dataclass(frozen=True)
class Result:
    """A project before and after its fixes were written."""

    before: dict[str, bytes]
    after: dict[str, bytes]
    found: tuple[Finding, ...]
    left: tuple[Finding, ...]
    fixed: dict[str, int]
    again: tuple[str, ...]  #: files that a second run would change

    def problems(self) -> list[str]:
        """Return what does not hold of this result although it holds for every fix."""
        told = [f"{path} would be changed again" for path in self.again]
        for path, content in sorted(self.after.items()):
            try:
                compile(content, path, "exec", dont_inherit=True)
            except SyntaxError as error:
                told.append(f"{path} does not compile: {error}")
            if comments(content) != comments(self.before[path]):
                told.append(f"{path} has other comments than before")
            if ends(content) != ends(self.before[path]):
                told.append(f"{path} has other line ends than before")
        known = Counter(rule for finding in self.found for rule in (finding.rule, *finding.also))
        new = Counter(finding.rule for finding in self.left) - known
        told += [f"{number} new finding(s) of {rule}" for rule, number in sorted(new.items())]
        gone = len(self.found) - len(self.left)
        if sum(self.fixed.values()) < gone - 1 and not self.fixed:
            told.append("findings are gone although none was fixed")
        return told


def comments(content: bytes) -> list[str]:
    """Return the comments of a file, in order."""
    tokens = tokenize.tokenize(io.BytesIO(content).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def ends(content: bytes) -> tuple[bool, bool, bool, bool]:
    """Return which line ends a file has, whether it ends with one, and whether it begins with a byte order mark."""
    lone = content.replace(b"\r\n", b"")
    return b"\r\n" in content, b"\n" in lone, content.endswith((b"\n", b"\r")), content.startswith(b"\xef\xbb\xbf")


def run(project: Path, *, unsafe: bool = True, helpers: str = HELPERS, select: tuple[str, ...] = ("ALL",)) -> Result:
    """Fix everything below ``project`` in place."""
    options = Options(overrides={"select": select, "min_confidence": "low"})
    before = _files(project)
    found = check([project], options).reported
    report, results = repair([project], options, unsafe=unsafe, helpers=helpers)
    assert not report.problems
    for root, done in results:
        for changed in done.files:
            assert write(root, changed) == ""
    _, again = repair([project], options, unsafe=unsafe, helpers=helpers)
    left = check([project], options).reported
    counted: Counter[str] = Counter()
    for _, done in results:
        counted.update(done.fixed)
    twice = tuple(changed.path for _, done in again for changed in done.files)
    return Result(before, _files(project), found, left, dict(counted), twice)


def run_copy(case: Path, root: Path, **options: bool) -> Result:
    """Fix a copy of a case, a file or a folder, below ``root``."""
    (root / "sst-lint.toml").write_text("")
    if case.is_dir():
        shutil.copytree(case, root, dirs_exist_ok=True)
    else:
        shutil.copy(case, root / "case.py" if case.suffix != ".py" else root / case.name)
    return run(root, **options)  # type: ignore[arg-type]


def cases() -> list[Path]:
    """Return every case of the fixtures."""
    entries = [entry for family in sorted(CASES.iterdir()) if family.is_dir() for entry in sorted(family.iterdir())]
    return [entry for entry in entries if entry.suffix == ".py" or (entry.is_dir() and any(entry.rglob("*.py")))]


def expected(case: Path, *, safe: bool = False) -> Path:
    """Return the file beside a case that holds the bytes after all fixes, or after the safe ones."""
    return case.with_name(f"{case.name}.{'safe' if safe else 'fixed'}")


def _files(project: Path) -> dict[str, bytes]:
    return {os.fspath(path.relative_to(project)): path.read_bytes() for path in sorted(project.rglob("*.py"))}
