"""What does a run import? Nothing heavy for what needs no graph: a version, the rules, a run that the store knows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sst_lint.engine import Options, check

HEAVY = (
    "libcst", "sst_lint.flow.project", "sst_lint.flow.world", "sst_lint.facts.build", "sst_lint.catalogue.model",
    "rich", "concurrent.futures",
)  # fmt: skip


def imported(*words: str, cwd: Path) -> list[str]:
    """The heavy modules that a command imports."""
    code = (
        "import sys\nfrom sst_lint.cli import main\n"
        f"try: main({list(words)!r})\n"
        f"finally: sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stderr.split()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("import os\n\n\ndef first(root):\n    return os.listdir(root)[0]\n")
    (tmp_path / "sst-lint.toml").write_text("")
    return tmp_path


@pytest.mark.parametrize("words", [["--version"], ["rules"], ["explain", "SST201"]])
def test_what_needs_no_graph(project: Path, words: list[str]) -> None:
    assert imported(*words, cwd=project) == []


def test_a_run_that_the_store_knows(project: Path) -> None:
    assert "libcst" in imported("check", cwd=project)
    assert imported("check", cwd=project) == []
    assert imported("check", "--format", "sarif", cwd=project) == []


def test_a_run_whose_facts_the_store_knows_needs_no_parser(project: Path) -> None:
    report = check([project], Options(cache=True))
    assert len(report.findings) == 1
    (project / "sst-lint.toml").write_text('min-confidence = "high"\n')
    found = imported("check", "--select", "SST401", cwd=project)
    assert "sst_lint.flow.world" in found and "libcst" not in found
