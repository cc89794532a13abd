"""What do the matrices of the legacy pipeline say? ``python -m tests.matrices.matrix_examples --write`` writes it down.

The whole matrices stand in ``docs/examples/matrices``; ``docs/matrices.md`` shows one file of each.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sst_lint.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "matrices.md"
FOLDER = ROOT / "docs" / "examples" / "matrices"
PROJECT = ROOT / "fixtures" / "projects" / "legacy_pipeline"
FILES = {
    "writes": FOLDER / "WRITE_LOCATIONS_MATRIX.md",
    "exceptions": FOLDER / "EXCEPTIONS_MATRIX.md",
    "order": FOLDER / "ORDER_MATRIX.md",
}
#: The file that the page shows.
SHOWN = {"writes": "tracking/manifest.py", "exceptions": "tracking/context.py", "order": "tracking/manifest.py"}
COMMAND = "python -m tests.matrices.matrix_examples --write"


def check(name: str) -> int:
    """Compare a committed matrix with the pipeline, as a gate does."""
    return run(["matrix", name, str(PROJECT), "--isolated", "--check", "--output", str(FILES[name])])


def section(name: str) -> str:
    """The part of a committed matrix that the page shows."""
    text = FILES[name].read_text(encoding="utf-8")
    heading = f"## `legacy_pipeline/{SHOWN[name]}`\n"
    return "#" + heading + text.partition(heading)[2].partition("\n## ")[0].rstrip() + "\n"


def marks(name: str) -> tuple[str, str]:
    """What the shown part stands between."""
    return f"<!-- {name}: begin ({COMMAND}) -->\n", f"<!-- {name}: end -->\n"


def page(text: str) -> str:
    """The page with all parts as they must be."""
    for name in FILES:
        begin, end = marks(name)
        before, _, rest = text.partition(begin)
        text = before + begin + section(name) + end + rest.partition(end)[2]
    return text


def main(words: list[str]) -> int:
    """Compare, or with ``--write`` replace; 1 when something is out of date."""
    if "--write" in words:
        for name, file in FILES.items():
            run(["matrix", name, str(PROJECT), "--isolated", "--update", "--output", str(file)])
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    stale = [name for name in FILES if check(name)]
    return 1 if stale or page(PAGE.read_text(encoding="utf-8")) != PAGE.read_text(encoding="utf-8") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
