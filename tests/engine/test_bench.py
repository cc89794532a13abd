"""Does the comparison of speed still run? Its corpora, its table and its plot, on a few lines."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

FILE = Path(__file__).resolve().parents[2] / "bench" / "speed" / "run.py"


@pytest.mark.skipif(sys.platform == "win32", reason="measures with wait4")
def test_a_small_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("bench_speed", FILE)
    assert spec is not None and spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_speed", bench)
    monkeypatch.syspath_prepend(FILE.parent)
    spec.loader.exec_module(bench)
    assert len(bench.contenders([tmp_path])) == 6  # nobody else is installed there
    (tmp_path / "ruff").touch()
    assert len(bench.contenders([tmp_path])) == 7
    (tmp_path / "flake8").touch()
    assert len(bench.contenders([tmp_path])) == 8
    (tmp_path / "sst-lint").touch()
    assert bench.PLUGIN in [each.name for each in bench.contenders([tmp_path])]
    place = tmp_path / "corpus"
    assert bench.generated(place, 100) >= 100
    compile("".join(path.read_text() for path in sorted(place.rglob("*.py"))), "corpus", "exec")
    found = bench.measure(bench.Command("pass", lambda corpus: [sys.executable, "-c", "pass"]), place, 60)
    results = {"generated": (100, {bench.COLD: [found], bench.FLOOR: [found], "pass": [found]})}
    assert "| pass |" in bench.table(results, 1)
    assert f"{bench.COLD}, times {bench.FLOOR} | 1.60 | 1.00 | reached" in bench.aims(results)
    drawn = ElementTree.fromstring(bench.plot(results))
    assert next(drawn.iter("{http://www.w3.org/2000/svg}text")).text == "generated, 100 lines"
