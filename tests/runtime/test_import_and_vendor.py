"""Does the runtime stand alone: imported from the product, or copied out of it?"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sst_lint import __version__, runtime
from sst_lint.cli.terminal import UsageProblem
from sst_lint.cli.vendor import command
from sst_lint.fixes.vendoring import LICENSE_TEXT, MANIFEST, VendorError, status, vendor

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sst_lint" / "runtime"
FILES = sorted(PACKAGE.glob("*.py"))

BLOCK = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError("blocked: " + name)
BLOCKED = {"libcst", "click", "msgspec", "flake8", "rich", "tomli", "pathspec"}
sys.meta_path.insert(0, Block())
"""

USE = """
import os
import re
os.chdir(sys.argv[1])
R.write_atomic_json("a.json", {"b": 1, "a": [1.5]}, schema=("thing", 1))
R.write_atomic_yaml("a.yaml", {"a": [{"b": "yes"}]})
with R.atomic_open("t.txt", "x") as handle:
    handle.write("x")
with R.atomic_path("p.csv.gz") as temp:
    temp.write_bytes(b"x")
with R.atomic_batch() as batch:
    batch.write_json("1.json", 1)
assert R.read_artifact("a.json", schema=("thing", 1))["a"] == [1.5]
assert [R.upsert_index("i.json", run, "t", {}) for run in ("r1", "r2", "r1")] == [1, 2, 1]
assert R.previous_run(R.read_index("i.json"), "r2", "T")["prev_run_id"] == "r1"
R.write_latest(".", run_id="r1", stage="t", snapshot_path="a.json", seq=1)
assert [str(path) for path in R.glob_sorted(".", "*.json")] == ["1.json", "a.json", "i.json"]
import datetime, logging
assert R.to_primitives(datetime.date(2024, 1, 1)) == "2024-01-01"
assert R.handle_error_with_policy(
    ValueError(), operation="o", artifact_shaping=False, logger=logging.getLogger("quiet"), fallback=3
) == 3
R.require_scope({"stage": "T", "run_id": "r"}, stage="t", run_id="r")
assert R.redact({"a": 1, "b": 2}, allow=["a"]) == {"a": 1, "_redacted": ["b"]}
print(sorted(name for name in sys.modules if name.partition(".")[0] == "sst_lint"))
"""


def run(code: str, *arguments: str, python: str = sys.executable, path: Path = ROOT) -> str:
    environment = {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run([python, "-c", code, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_imports_nothing_of_the_product(tmp_path: Path) -> None:
    loaded = run(BLOCK + "import sst_lint.runtime as R\n" + USE, str(tmp_path))
    names = ast.literal_eval(loaded)
    assert [name for name in names if not name.startswith("sst_lint.runtime")] == ["sst_lint"]


def test_slow_modules_are_loaded_when_they_are_needed() -> None:
    code = """
import sys
before = set(sys.modules)
import sst_lint.runtime
slow = {"json", "hashlib", "logging", "pathlib", "fnmatch", "datetime", "dataclasses", "zlib"}
print(sorted((set(sys.modules) - before) & slow))
"""
    assert run(code) == "[]\n"


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_the_source_is_relative_standard_and_asks_a_question(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(alias.name.partition(".")[0] in sys.stdlib_module_names for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1 or (node.module or "").partition(".")[0] in sys.stdlib_module_names
    assert "?" in (ast.get_docstring(tree) or "")
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 420


def test_system_calls_go_through_the_seam() -> None:
    harmless = {"fsdecode", "fsencode", "strerror", "path", "sep", "environ", "getcwd", "PathLike", "stat_result"}
    harmless |= {"O_RDWR", "O_RDONLY", "SEEK_SET", "register_at_fork", "close"}  # close: only in a forked child
    for file in FILES:
        if file.name == "_system.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                assert node.attr in harmless, f"{file.name}: os.{node.attr}"
            assert not (isinstance(node, ast.Name) and node.id == "open"), file.name


def test_all_names_are_exported_and_documented() -> None:
    assert sorted(runtime.__all__) == sorted(set(runtime.__all__))
    text = (ROOT / "docs" / "runtime.md").read_text(encoding="utf-8")
    for name in runtime.__all__:
        assert hasattr(runtime, name)
        assert re.search(rf"\b{name}\b", text), name
        value = getattr(runtime, name)
        assert not callable(value) or value.__doc__, name


def test_a_copy_works_without_the_product(tmp_path: Path) -> None:
    target = tmp_path / "acme" / "io" / "_sst"
    assert vendor(target).state == "current"
    (tmp_path / "work").mkdir()
    code = BLOCK + "BLOCKED.add('sst_lint')\nimport acme.io._sst as R\n" + USE
    assert run(code, str(tmp_path / "work"), path=tmp_path) == "[]\n"
    first = (target / "atomic.py").read_text().splitlines()
    assert "# SPDX-License-Identifier: MIT" in first[:3]
    assert __version__ in first[2]
    assert (target / "LICENSE").read_text() == LICENSE_TEXT == (ROOT / "LICENSE").read_text()


def test_a_copy_is_current_outdated_or_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "_sst"
    assert status(target).state == "absent"
    vendor(target)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    vendor(target)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert (status(target).state, status(target).version) == ("current", __version__)

    with monkeypatch.context() as patch:
        patch.setattr("sst_lint.fixes.vendoring._HEADER", "# another version\n")
        assert status(target).state == "outdated"
        vendor(target)
        assert status(target).state == "current"
    assert status(target).state == "outdated"

    vendor(target)
    (target / "atomic.py").write_text("edited")
    (target / "locks.py").unlink()
    (target / "own.py").write_text("")
    assert status(target).problems == ("atomic.py was edited", "locks.py is missing", "own.py was added")
    with pytest.raises(VendorError, match="--force"):
        vendor(target)
    vendor(target, force=True)
    assert (target / "own.py").exists()
    (target / "own.py").unlink()
    assert status(target).state == "current"
    (target / MANIFEST).write_text("{")
    with pytest.raises(VendorError, match="cannot be read"):
        status(target)


def test_a_directory_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "mine.py").write_text("")
    with pytest.raises(VendorError, match="is no copy"):
        vendor(tmp_path / "src")
    with pytest.raises(VendorError, match="cannot be imported"):
        vendor(tmp_path / "not-a-name")


def test_the_verb(tmp_path: Path) -> None:
    runner = CliRunner()
    target = str(tmp_path / "_sst")

    def call(*arguments: str) -> tuple[object, str]:
        result = runner.invoke(command, arguments, standalone_mode=False)
        return result.return_value if result.exception is None else result.exception, result.output

    assert call(target, "--check")[0] == 1
    assert call(target) == (0, f"{target}: current (sst-lint {__version__})\n")
    assert call(target, "--check")[0] == 0
    (tmp_path / "_sst" / "atomic.py").write_text("")
    assert call(target, "--check") == (1, f"{target}: edited (sst-lint {__version__})\n  atomic.py was edited\n")
    assert isinstance(call(target)[0], UsageProblem)
    assert call(target, "--force")[0] == 0
