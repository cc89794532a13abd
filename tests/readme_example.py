"""What does the tool print for the README's examples? ``python -m tests.readme_example --write`` puts it there."""

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
#: A line that looks like a finding and is none.
QUESTION = ("explain", "fixtures/projects/legacy_pipeline/legacy_pipeline/data/generate.py:55")
BEGIN, END = "<!-- example: begin (python -m tests.readme_example --write) -->\n", "<!-- example: end -->\n"


def printed(command: tuple[str, ...], code: int) -> str:
    """Return what a command prints now; raise ``RuntimeError`` when it does not end with ``code``."""
    done = subprocess.run(
        [sys.executable, "-m", "sst_lint", *command], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode != code:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr}")
    return done.stdout


def block() -> str:
    """Return what must stand between the two markers."""
    shown = (
        f"```console\n$ sst-lint {' '.join(command)}\n{printed(command, code)}```\n"
        for command, code in ((COMMAND, 1), (QUESTION, 0))
    )
    return "\nAnd a line that a tool without the graph would report:\n\n".join(shown)


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
