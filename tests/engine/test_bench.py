"""Does the comparison of speed still run? Its corpora, its table and its plot, on a few lines."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / "bench" / "speed" / "run.py"


@pytest.mark.skipif(sys.platform == "win32", reason="measures with wait4")
def test_a_small_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("bench_speed", FILE)
    assert spec is not None and spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_speed", bench)
    spec.loader.exec_module(bench)
    assert len(bench.contenders([tmp_path])) == 6  # nobody else is installed there
    (tmp_path / "ruff").touch()
    assert len(bench.contenders([tmp_path])) == 7
    place = tmp_path / "corpus"
    assert bench.generated(place, 100) >= 100
    compile("".join(path.read_text() for path in sorted(place.rglob("*.py"))), "corpus", "exec")
    found = bench.measure(bench.Command("pass", lambda corpus: [sys.executable, "-c", "pass"]), place, 60)
    results = {"generated": (100, {"sst-lint, cold": [found], "pass": [found]})}
    assert "| pass |" in bench.table(results, 1) and bench.plot(results).startswith("<svg")
