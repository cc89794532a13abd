"""What does the tool print for the README's example? ``python -m tests.readme_example --write`` puts it there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
COMMAND = (
    "check",
    "fixtures/projects/legacy_pipeline/legacy_pipeline/reports/export.py",
    "--select",
    "SST202",
)
BEGIN, END = "<!-- example: begin (python -m tests.readme_example --write) -->\n", "<!-- example: end -->\n"


def printed() -> str:
    """Return what the command prints now; raise ``RuntimeError`` when it does not end with findings."""
    done = subprocess.run(
        [sys.executable, "-m", "sst_lint", *COMMAND], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode != 1:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr}")
    return done.stdout


def block() -> str:
    """Return what must stand between the two markers."""
    return f"```console\n$ sst-lint {' '.join(COMMAND)}\n{printed()}```\n"


def written(text: str) -> str:
    """Return what stands between the two markers of the README."""
    _, found, rest = text.partition(BEGIN)
    inside, closed, _ = rest.partition(END)
    if not found or not closed:
        raise RuntimeError("README.md has lost the markers of its example")
    return inside


def main(words: list[str]) -> int:
    """Compare, or with ``--write`` replace; 1 when the README is (or was) out of date."""
    text, new = README.read_text(encoding="utf-8"), block()
    old = written(text)
    if old == new:
        return 0
    if "--write" in words:
        README.write_text(text.replace(BEGIN + old + END, BEGIN + new + END), encoding="utf-8")
    print(
        "the example in README.md was out of date" if "--write" in words else "the example in README.md is out of date"
    )
    return 0 if "--write" in words else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
