"""Does the first day end well? The way of the transcript, step by step, on a small project."""

from __future__ import annotations

import re
from pathlib import Path

import transcript
from projects import FILES, write


def test_each_step(tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if name != "pyproject.toml"}
    steps = transcript.walk(write(tmp_path / "project", files), "app/clean.py")
    proposed, begun, first, green, added, refused, mended, diff, accepted, history = steps
    assert proposed.code == 0 and "sst-baseline.jsonl" in proposed.output
    assert begun.code == first.code == 0 and "pre-commit installed at" in begun.output
    assert green.code == 0 and "2 in the baseline" in green.output
    assert '+    return hashlib.sha256("".join(os.listdir(folder))' in added.output
    assert refused.code == 1 and "SST201" in refused.output and "hook id: sst-lint" in refused.output
    assert mended.code == 1 and "files were modified by this hook" in mended.output
    assert '+    return hashlib.sha256("".join(sorted(os.listdir(folder)))' in diff.output
    assert accepted.code == 0
    assert len(history.output.splitlines()) == 3
    assert str(tmp_path) not in transcript.page(steps, "a project")


def test_the_page_has_the_steps() -> None:
    text = transcript.PAGE.read_text(encoding="utf-8")
    codes = re.findall(r"^\$ echo \$\?\n(\d)$", text, re.MULTILINE)
    assert codes == ["1", "1"] and text.count("```console\n$ ") == 10
    assert "SST201" in text and "sorted(os.listdir(folder))" in text
