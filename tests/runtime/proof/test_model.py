"""Does the model file system behave like the kernel where both can be asked, and forget what was never synced?"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from .faults import Dead, Fault, Injector
from .matrix import Case
from .model import Model
from .scenarios import SCENARIOS, Scenario
from .subject import is_temp, runtime
from .worlds import Disk, Memory


def settled(world: Any) -> dict[str, Any]:
    """Names and contents below the root, temps left out: their names differ."""
    paths = sorted(world.everything())
    found = {path.removeprefix(world.root): world.get(path) for path in paths if path != world.root}
    return {
        path: str(content).replace(world.root, "ROOT") if isinstance(content, str) else content
        for path, content in found.items()
        if not is_temp(path.rpartition("/")[2])
    }


@pytest.mark.skipif(os.name != "posix", reason="the kernel that the model imitates is a POSIX one")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_the_model_answers_like_the_kernel(scenario: Scenario, tmp_path: Path) -> None:
    """The same call makes the same system calls on both, and leaves the same tree."""
    subject = runtime()
    before = os.umask(0o022)
    try:
        worlds = [Memory(), Disk(tmp_path / "w", subject.seam.System())]
        cases = [Case(subject, scenario, world, None) for world in worlds]
        assert [list(case.run()) for case in cases] == [[], []]
    finally:
        os.umask(before)
    assert cases[0].injector.calls == cases[1].injector.calls
    assert settled(worlds[0]) == settled(worlds[1])


def contents(model: Model, path: str) -> set[Any]:
    return {state.get(path, (None, 0))[0] for state in model.crashes()}


def test_what_was_not_synced_may_be_lost_torn_or_empty() -> None:
    model = Model()
    fd = model.open("/a", os.O_CREAT | os.O_RDWR)
    model.write(fd, memoryview(b"12345678"))
    assert contents(model, "/a") == {None, b"", b"1234", b"12345678", b"\0" * 8}
    model.fsync(fd)
    assert contents(model, "/a") == {None, b"12345678"}, "the name is not durable yet"
    model.fsync(model.open_directory("/"))  # type: ignore[arg-type]
    assert contents(model, "/a") == {b"12345678"}


def test_renames_are_atomic_but_not_ordered() -> None:
    model = Model()
    model.make("/a", b"old")
    for number in (1, 2):
        model.make(f"/t{number}", b"new%d" % number)
    for number in (1, 2):
        model.replace(f"/t{number}", "/a")
    assert contents(model, "/a") == {b"old", b"new1", b"new2"}
    assert any("/t1" in state and "/t2" not in state for state in model.crashes()), "the later rename came first"
    both = {(state["/a"][0], "/t1" in state) for state in model.crashes()}
    assert both == {(b"old", True), (b"new1", True), (b"new1", False), (b"new2", True), (b"new2", False)}


def test_a_failed_sync_proves_nothing_for_ever() -> None:
    model = Model()
    fd = model.open("/a", os.O_CREAT | os.O_RDWR)
    model.write(fd, memoryview(b"1234"))
    directory = model.open_directory("/")
    broken = Injector(model, Fault("errno", 0, errno.EIO))
    with pytest.raises(OSError):
        broken.fsync(fd)
    model.fsync(fd)
    model.fsync(directory)  # type: ignore[arg-type]
    assert contents(model, "/a") == {b"", b"12", b"1234", b"\0" * 4}


def test_the_dead_do_nothing() -> None:
    model = Model()
    injector = Injector(model, Fault("exit-before", 1))
    fd = injector.open("/a", os.O_CREAT | os.O_RDWR)
    with pytest.raises(Dead):
        injector.write(fd, memoryview(b"x"))
    with pytest.raises(Dead):
        injector.unlink("/a")
    assert model.now()["/a"] == (b"", 0o644)
    assert injector.fired == 1


def test_locks_belong_to_descriptions_and_die_with_them() -> None:
    model = Model()
    model.who.name = "one"
    one = model.open("/l", os.O_CREAT | os.O_RDWR)
    model.who.name = "two"
    two = model.open("/l", os.O_RDWR)
    assert model.flock(one)
    assert not model.flock(two)
    model.exit("one")
    assert model.flock(two)
    assert list(model.files) == [two]
