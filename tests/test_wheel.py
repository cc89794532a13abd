"""Is the wheel whole, and the same wheel twice?"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def built(into: Path) -> Path:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-800:] + run.stderr[-800:]
    (wheel,) = sorted(into.glob("*.whl"))
    return wheel


def test_two_builds_give_the_same_bytes_with_the_rules_inside(tmp_path: Path) -> None:
    first, second = built(tmp_path / "a"), built(tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    assert "sst_lint/py.typed" in names
    for folder in ("checks", "models"):
        sources = sorted(path.name for path in (ROOT / "rules" / folder).glob("*.toml"))
        assert sources == sorted(n.rpartition("/")[2] for n in names if n.startswith(f"sst_lint/rules/{folder}/"))
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"sst_lint"}
