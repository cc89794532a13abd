"""Sorted iteration, the error policy, the scope guard, schemas, capping and redaction."""

from __future__ import annotations

import errno
import gzip
import json
import logging
import os
import subprocess
import sys
import threading
import types
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from sst_lint.runtime import (
    MixedTypesError,
    SchemaMismatchError,
    ScopeError,
    StrictJSONError,
    cap_changes,
    deterministic_mode,
    digest,
    glob_sorted,
    gzip_bytes,
    handle_error_with_policy,
    is_deterministic,
    iterdir_sorted,
    read_artifact,
    read_scoped,
    redact,
    register_required,
    require_scope,
    rglob_sorted,
    sorted_items,
    sorted_keys,
    sorted_unique,
    write_atomic_json,
)
from sst_lint.runtime._system import System, use_system

ROOT = Path(__file__).parents[2]
LOGGER = logging.getLogger("test")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.json", "B.json", "é.json", ".hidden.json", "a/1.json", "a/b/2.json", "a.json", "a-b/3.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    for name in ("x.json.tmp", "x.partial", "x.lock", ".sst-0123456789abcdef.tmp.json", "a/.sst-0123456789abcdef.tmp"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "old.tmp").mkdir()
    (tmp_path / "old.tmp" / "9.json").write_bytes(b"")
    (tmp_path / "loop").symlink_to(".")
    return tmp_path


def test_sorted_iteration(tree: Path) -> None:
    top = [".hidden.json", "B.json", "a", "a-b", "a.json", "b.json", "loop", "é.json"]
    assert [str(path) for path in iterdir_sorted(tree)] == top
    assert [str(path) for path in glob_sorted(tree, "*.json")] == [name for name in top if name.endswith("json")]
    deep = [".hidden.json", "B.json", "a/1.json", "a/b/2.json", "a-b/3.json", "a.json", "b.json", "é.json"]
    assert [str(path) for path in rglob_sorted(tree, "*.json")] == deep
    assert glob_sorted(tree, "a/**/*.json") == [PurePosixPath("a/1.json"), PurePosixPath("a/b/2.json")]
    assert glob_sorted(tree, "?/[0-9].json") == [PurePosixPath("a/1.json")]
    assert PurePosixPath("x.lock") in iterdir_sorted(tree, exclude=())
    assert all(not path.is_absolute() and (tree / path).exists() for path in rglob_sorted(tree))
    for bad in ("/x", "../x", "", "a/../b"):
        with pytest.raises(ValueError, match="downwards"):
            glob_sorted(tree, bad)


def test_the_order_is_that_of_the_bytes(tmp_path: Path) -> None:
    names = ["\uffee", "\U0001f600", os.fsdecode(b"\xff"), "z", "a"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert [str(path) for path in iterdir_sorted(tmp_path)] == sorted(names, key=os.fsencode)


def test_an_unreadable_directory_raises(tree: Path) -> None:
    class Closed(System):
        def scandir(self, path: str) -> list[tuple[str, bool, bool]]:
            if path.endswith("/b"):
                raise PermissionError(errno.EACCES, "injected", path)
            return super().scandir(path)

    with use_system(Closed()), pytest.raises(PermissionError):
        rglob_sorted(tree, "*.json")
    with pytest.raises(FileNotFoundError):
        rglob_sorted(tree / "missing")
    with pytest.raises(NotADirectoryError):
        iterdir_sorted(tree / "b.json")


def test_sorted_collections() -> None:
    assert sorted_items({"b": 1, "a": 2}) == [("a", 2), ("b", 1)]
    assert sorted_keys({2: "x", 1: "y"}) == [1, 2]
    assert sorted_unique(["b", "a", "b"]) == ["a", "b"]
    assert sorted_unique([]) == []
    bad: list[Any]
    for bad in ([1, "1"], [1, 2.0], [True, 2], [frozenset({1})], [float("nan")], [(1, "a"), (1, 2)]):
        with pytest.raises(MixedTypesError):
            sorted_unique(bad)
        if len(bad) > 1:
            with pytest.raises(MixedTypesError):
                sorted_keys(dict.fromkeys(bad))


# -- error policy ---------------------------------------------------------------------------------------------------


def handled(exc: BaseException, **options: Any) -> Any:
    arguments = {"operation": "load", "artifact_shaping": True, "logger": LOGGER, "fallback": "fallback", **options}
    return handle_error_with_policy(exc, **arguments)


def test_the_policy(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SST_MODE", raising=False)
    error = ValueError("broken")
    with pytest.raises(ValueError, match="broken") as caught:
        handled(error)
    assert caught.value is error
    assert handled(error, artifact_shaping=False) == "fallback"
    assert handled(error, deterministic=False) == "fallback"
    records: list[Any] = caplog.records
    assert [record.sst["decision"] for record in records] == ["raise", "fallback", "fallback"]
    assert [record.levelname for record in records] == ["ERROR", "WARNING", "WARNING"]
    assert records[0].sst == {
        "operation": "load",
        "artifact_shaping": True,
        "mode": "deterministic",
        "decision": "raise",
        "error_type": "ValueError",
    }
    assert records[0].exc_info[1] is error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), GeneratorExit()])
def test_interrupts_are_never_swallowed(error: BaseException) -> None:
    with pytest.raises(type(error)):
        handled(error, deterministic=False, artifact_shaping=False)
    with pytest.raises(TypeError):
        handled("text")  # type: ignore[arg-type]


def test_where_the_mode_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, expected in [
        ("best-effort", False),
        (" BEST_EFFORT ", False),
        ("deterministic", True),
        ("fast", True),
        ("", True),
    ]:
        monkeypatch.setenv("SST_MODE", value)
        assert is_deterministic() is expected
    monkeypatch.setenv("SST_MODE", "best-effort")
    with deterministic_mode():
        assert is_deterministic()
        with deterministic_mode(False):
            assert not is_deterministic()
            assert is_deterministic(True)
        assert is_deterministic()
    assert not is_deterministic()
    monkeypatch.delenv("SST_MODE")
    seen: list[bool] = []
    with deterministic_mode(False):
        thread = threading.Thread(target=lambda: seen.append(is_deterministic()))
        thread.start()
        thread.join()
    assert seen == [True]


# -- scope ----------------------------------------------------------------------------------------------------------

METADATA = {"stage": "TRAINING", "run_id": "r1", "cohort": None, "model": "m"}


def test_scope_accepts() -> None:
    assert require_scope(METADATA, stage="training", run_id="r1", required=["model"]) is METADATA
    require_scope(types.SimpleNamespace(**METADATA), stage="training", run_id="r1", required="model")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stage": "eval"}, "stage: expected 'eval', found 'TRAINING'"),
        ({"run_id": "r2"}, "run_id: expected 'r2', found 'r1'"),
        ({"required": ["cohort"]}, "cohort: expected a value, found null"),
        ({"required": ["model", "seed"]}, "seed: expected a value, found no such field"),
        ({"stage": None}, "stage: the expected value is itself null"),
        ({"run_id": None}, "run_id: the expected value is itself null"),
    ],
)
def test_scope_refuses(options: dict[str, Any], message: str) -> None:
    for metadata in (METADATA, types.SimpleNamespace(**METADATA)):
        with pytest.raises(ScopeError, match=message):
            require_scope(metadata, **options)


def test_scope_has_registered_fields_and_refuses_to_guard_nothing() -> None:
    register_required("Scoring", ["threshold"])
    with pytest.raises(ScopeError, match="threshold"):
        require_scope({"stage": "scoring"}, stage="SCORING")
    require_scope({"stage": "scoring", "threshold": 0}, stage="SCORING")
    with pytest.raises(TypeError):
        require_scope(METADATA)


def test_scope_holds_without_assertions() -> None:
    code = "from sst_lint.runtime import require_scope\nrequire_scope({'stage': 'a'}, stage='b')"
    done = subprocess.run(
        [sys.executable, "-O", "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "ScopeError: stage: expected 'b', found 'a'" in done.stderr


def test_read_scoped(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    write_atomic_json(path, METADATA, schema=("meta", 2))
    assert read_scoped(path, stage="training", run_id="r1", schema=("meta", 2))["model"] == "m"
    cases: list[tuple[str, dict[str, Any]]] = [
        ("stage", {"stage": "eval"}),
        ("run_id", {"run_id": "x"}),
        ("required", {"required": ["cohort"]}),
        ("schema", {"stage": "training", "schema": ("meta", 1)}),
    ]
    for guard, options in cases:
        with pytest.raises(ScopeError, match=f"guard {guard} failed: .*m.json") as caught:
            read_scoped(path, **options)
        assert caught.value.guard == guard
    for content, guard in (("{", "json"), ("[]", "type")):
        path.write_text(content)
        with pytest.raises(ScopeError, match=f"guard {guard} failed"):
            read_scoped(path, stage="training")
    with pytest.raises(FileNotFoundError):
        read_scoped(tmp_path / "missing", stage="training")


# -- artifacts ------------------------------------------------------------------------------------------------------


def test_schemas_and_migrations(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    value = {"x": 1}
    write_atomic_json(path, value, schema=("thing", 1))
    assert value == {"x": 1}
    assert json.loads(path.read_text())["schema"] == {"name": "thing", "version": 1}
    assert read_artifact(path, schema=("thing", 1))["x"] == 1
    steps = {1: lambda old: {"y": old["x"]}, 2: lambda old: {**old, "z": 0}}
    lifted = read_artifact(path, schema=("thing", 3), migrations=steps)
    assert lifted == {"y": 1, "z": 0, "schema": {"name": "thing", "version": 3}}
    for schema, found in ((("other", 1), ("thing", 1)), (("thing", 2), ("thing", 1))):
        with pytest.raises(SchemaMismatchError) as caught:
            read_artifact(path, schema=schema)
        assert (caught.value.expected, caught.value.found) == (schema, found)
        assert str(schema[1]) in str(caught.value)
    write_atomic_json(path, value)
    with pytest.raises(SchemaMismatchError, match="no schema stamp"):
        read_artifact(path, schema=("thing", 1))
    assert read_artifact(path) == value
    with pytest.raises(SchemaMismatchError):
        write_atomic_json(path, {"schema": 1}, schema=("thing", 1))
    with pytest.raises(TypeError):
        write_atomic_json(path, [], schema=("thing", 1))
    path.write_text("{")
    with pytest.raises(StrictJSONError, match=r"a\.json"):
        read_artifact(path)


def test_a_fifo_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_artifact(tmp_path / "pipe")


def test_compressed_artifacts_have_no_time(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    write_atomic_json(path, {"x": "y" * 1000})
    assert path.read_bytes()[4:10] == b"\0\0\0\0\x02\xff"
    assert json.loads(gzip.decompress(path.read_bytes())) == {"x": "y" * 1000}
    assert read_artifact(path) == {"x": "y" * 1000}
    assert gzip.decompress(gzip_bytes(b"")) == b""
    for damaged in (path.read_bytes()[:-3], path.read_bytes() + b"x", b"no gzip"):
        path.write_bytes(damaged)
        with pytest.raises(StrictJSONError):
            read_artifact(path)


def test_capping(tmp_path: Path) -> None:
    changes = {"c": -9, "a": 1, "b": 1, "d": 2}
    result = cap_changes(changes, 2, rank=lambda key, value: abs(value), side_file=tmp_path / "all.json")
    assert result == {
        "shown": {"c": -9, "d": 2},
        "total": 4,
        "omitted": 2,
        "omitted_digest": digest({"a": 1, "b": 1}),
        "whole": {"file": "all.json", "digest": digest(changes)},
    }
    assert read_artifact(tmp_path / "all.json") == changes
    assert cap_changes(changes, 1)["shown"] == {"a": 1}
    assert cap_changes(changes, 9)["omitted_digest"] is None
    with pytest.raises(ValueError, match="negative"):
        cap_changes(changes, -1)


def test_redaction() -> None:
    mapping = {
        "model": "m",
        "host": "secret-host",
        "git": {"commit": "c", "user": "secret-user"},
        "runs": [{"id": 1, "host": "secret-host"}, {"id": 2}],
        "list": ["secret"],
    }
    result = redact(mapping, allow=["model", "git.commit", "runs.id", "list.x"])
    assert result == {
        "model": "m",
        "git": {"commit": "c"},
        "runs": [{"id": 1}, {"id": 2}],
        "_redacted": ["git.user", "host", "list", "runs[].host"],
    }
    assert "secret" not in json.dumps(result)
    assert redact(mapping, allow=list(mapping)) == mapping
    assert redact({}, allow=[]) == {}
    with pytest.raises(TypeError):
        redact(mapping, allow="model")
    with pytest.raises(ValueError, match="_redacted"):
        redact({"_redacted": 1}, allow=[])
