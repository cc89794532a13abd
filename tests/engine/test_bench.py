"""Do the scripts of ``bench/`` still run? The comparison of speed and the count of what a gate would win, in small."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

FILE = Path(__file__).resolve().parents[2] / "bench" / "speed" / "run.py"


def loaded(name: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.syspath_prepend(file.parent)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.platform == "win32", reason="measures with wait4")
def test_a_small_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = loaded("bench_speed", FILE, monkeypatch)
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


GATED = """
import os

def lists(root):
    return kept(os.listdir(root))

def kept(names):
    return names

def asks(root):
    return lists(root)

def alone(x):
    return x
"""


def test_what_a_gate_would_leave_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gating = loaded("bench_gating", FILE.with_name("gating.py"), monkeypatch)
    (tmp_path / "a.py").write_text(GATED)
    share = gating.measure([tmp_path / "a.py"])
    assert (share.lines, share.functions, share.seeds) == (14, 8, 2)
    assert (share.parsed, share.calls, share.callees) == (6, 6, 4)  # ``asks`` is found by what comes back to it
