"""Does a real pipeline still do its work after fixes: equal bytes after safe ones, stable bytes after unsafe ones?"""

from __future__ import annotations

import fnmatch
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sst_lint.fixes.vendoring import vendor
from tests.fixes.fixing import Result, run
from tests.fixes.pipeline import MEASURED, PROJECT, SALTED, artifacts, differing


class Ran:
    """The pipeline in one place, as it is, after safe and after all fixes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.code = root / "code"  # one place for all, because the working directory is part of an artifact
        shutil.copytree(PROJECT, self.code)
        self.original = [self.artifacts(1), self.artifacts(1)]
        vendor(self.code / "legacy_pipeline" / "_sst")
        self.safe = self.fixed(unsafe=False)
        self.after_safe = self.artifacts(1)
        self.unsafe = self.fixed(unsafe=True)
        self.after_unsafe = [self.artifacts(seed) for seed in (1, 2, 3)]

    def fixed(self, *, unsafe: bool) -> Result:
        return run(self.code, unsafe=unsafe, helpers="legacy_pipeline._sst", select=("DEFAULT",))

    def artifacts(self, seed: int) -> Mapping[str, bytes]:
        """Run the pipeline; return the files that it leaves."""
        return artifacts(self.code, self.root / "out", seed)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    yield Ran(tmp_path_factory.mktemp("pipeline"))


def test_fixes_keep_their_promises_on_it(ran: Ran) -> None:
    assert ran.safe.problems() == []
    assert ran.unsafe.problems() == []
    assert sum(ran.safe.fixed.values()) > 10
    assert sum(ran.unsafe.fixed.values()) > 30


def test_safe_fixes_leave_the_same_bytes(ran: Ran) -> None:
    assert differing(*ran.original, but=MEASURED) == []
    own_code = ("*/context.json",)  # holds a digest of the program's own source files, which were fixed
    assert differing(ran.original[0], ran.after_safe, but=(*MEASURED, *own_code)) == []


def test_after_unsafe_fixes_bytes_do_not_depend_on_the_hash_seed(ran: Ran) -> None:
    first, *others = ran.after_unsafe
    assert len(first) > 100
    for other in others:
        assert differing(first, other, but=(*MEASURED, *SALTED)) == []


def test_after_unsafe_fixes_artifacts_hold_the_same_data(ran: Ran) -> None:
    """Files that only list things hold the same things; every JSON file has the same keys."""
    before, after = ran.original[0], ran.after_unsafe[0]
    assert before.keys() == after.keys()
    for name in before:
        if name.endswith((".json", ".txt")) and not any(fnmatch.fnmatch(name, each) for each in (*MEASURED, *SALTED)):
            assert shape(name, before[name]) == shape(name, after[name]), name


def shape(name: str, content: bytes) -> object:
    if name.endswith(".json"):
        return keys(json.loads(content))
    return len(content.splitlines())


def keys(value: object) -> object:
    if isinstance(value, dict):
        return {key: keys(each) for key, each in sorted(value.items())}
    return len(value) if isinstance(value, list) else type(value).__name__
