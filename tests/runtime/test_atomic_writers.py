"""Do the writers keep their contract: old content or new, right mode, right error, nothing left behind?"""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sst_lint.runtime import (
    AtomicWriteError,
    DurabilityError,
    atomic_batch,
    atomic_open,
    atomic_path,
    write_atomic_bytes,
    write_atomic_json,
    write_atomic_text,
    write_atomic_yaml,
)
from sst_lint.runtime._system import CREATE_FLAGS, System, use_system


class Recorder(System):
    """The real system, noting the calls that change something; `fail` maps a method to what it raises."""

    def __init__(self, **fail: BaseException) -> None:
        self.calls: list[str] = []
        self.fail = fail

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if name not in System.__dict__ or not callable(value):
            return value

        def call(*args: Any) -> Any:
            label = "create" if name == "open" and args[1] == CREATE_FLAGS else name
            self.calls.append(label)
            if label in self.fail:
                raise self.fail[label]
            return value(*args)

        return call


def names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


WRITERS: dict[str, Callable[[Path], object]] = {
    "bytes": lambda path: write_atomic_bytes(path, b"new"),
    "text": lambda path: write_atomic_text(path, "new"),
    "json": lambda path: write_atomic_json(path, {"a": 1}),
    "yaml": lambda path: write_atomic_yaml(path, {"a": 1}),
    "open": lambda path: open_and_write(path),
    "path": lambda path: path_and_write(path),
    "batch": lambda path: batch_and_write(path),
}


def open_and_write(path: Path) -> None:
    with atomic_open(path, "wb") as handle:
        handle.write(b"new")


def path_and_write(path: Path) -> None:
    with atomic_path(path) as temp:
        temp.write_bytes(b"new")


def batch_and_write(path: Path) -> None:
    with atomic_batch() as batch:
        batch.write_bytes(path, b"new")


def test_order_of_work(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    seen = Recorder()
    with use_system(seen):
        write_atomic_bytes(tmp_path / "a", b"new")
    steps = [call for call in seen.calls if call not in ("random_name", "fstat", "chmod", "close")]
    assert steps == ["lstat", "access", "open_directory", "create", "write", "fsync", "replace", "fsync"]
    assert seen.calls.index("close") < seen.calls.index("replace")
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize(("durability", "syncs"), [("full", 2), ("atomic", 1), ("process", 0)])
def test_durability_levels(tmp_path: Path, durability: Any, syncs: int) -> None:
    seen = Recorder()
    with use_system(seen):
        result = write_atomic_bytes(tmp_path / "a", b"x", durability=durability)
    assert seen.calls.count("fsync") == syncs
    assert result.durable is (durability == "full")
    assert result.sha256 == hashlib.sha256(b"x").hexdigest()


def test_unknown_options_fail_before_anything_is_touched(tmp_path: Path) -> None:
    seen = Recorder()
    with use_system(seen):
        for options in ({"durability": "fast"}, {"symlinks": "never"}):
            with pytest.raises(ValueError, match="must be one of"):
                write_atomic_bytes(tmp_path / "a", b"", **options)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="expected bytes"):
            write_atomic_bytes(tmp_path / "a", "text")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"\$\.x: set"):
            write_atomic_json(tmp_path / "a", {"x": set()})
    assert seen.calls == []


FAULTS = ["lstat", "access", "open_directory", "create", "fstat", "chmod", "write", "fsync", "close", "replace"]


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("step", FAULTS)
@pytest.mark.parametrize("error", [OSError(errno.EIO, "injected"), KeyboardInterrupt()], ids=["EIO", "interrupt"])
def test_a_failing_step_leaves_the_old_content_and_no_temp(
    tmp_path: Path, writer: str, step: str, error: BaseException
) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    target.chmod(0o640)  # a mode that no file starts with, so that it has to be set
    if step == "write" and writer == "path":
        pytest.skip("other code writes there")
    seen = Recorder(**{step: error})
    with use_system(seen), pytest.raises((AtomicWriteError, KeyboardInterrupt)) as caught:
        WRITERS[writer](target)
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]
    if isinstance(caught.value, AtomicWriteError):
        assert not caught.value.committed
        assert caught.value.errno == errno.EIO
        assert caught.value.filename == str(target)
        assert caught.value.stage


@pytest.mark.parametrize("writer", WRITERS)
def test_a_failing_directory_sync_is_a_durability_error(tmp_path: Path, writer: str) -> None:
    class Broken(System):
        def fsync(self, fd: int) -> None:
            if stat.S_ISDIR(os.fstat(fd).st_mode):
                raise OSError(errno.EIO, "injected")
            super().fsync(fd)

    with use_system(Broken()), pytest.raises(DurabilityError) as caught:
        WRITERS[writer](tmp_path / "a")
    assert caught.value.committed
    assert caught.value.stage == "fsync-directory"
    assert names(tmp_path) == ["a"]
    assert "new content in place" in str(caught.value)


def test_short_writes_are_continued_and_a_lost_byte_is_noticed(tmp_path: Path) -> None:
    class Short(System):
        def write(self, fd: int, data: memoryview) -> int:
            return super().write(fd, data[:3])

    class Lossy(System):
        def write(self, fd: int, data: memoryview) -> int:
            super().write(fd, data[:-1])
            return len(data)

    class Stuck(System):
        def write(self, fd: int, data: memoryview) -> int:
            return 0

    with use_system(Short()):
        write_atomic_bytes(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"
    for fake, stage in ((Lossy(), "size"), (Stuck(), "write")):
        with use_system(fake), pytest.raises(AtomicWriteError) as caught:
            write_atomic_bytes(tmp_path / "a", b"new")
        assert caught.value.stage == stage
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EXDEV])
def test_a_file_mounted_on_its_own_is_never_written_in_place(tmp_path: Path, code: int) -> None:
    (tmp_path / "a").write_bytes(b"old")
    fake = Recorder(replace=OSError(code, "injected"))
    with use_system(fake), pytest.raises(AtomicWriteError, match="not written in place") as caught:
        write_atomic_bytes(tmp_path / "a", b"new")
    assert (caught.value.errno, caught.value.stage) == (code, "replace")
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_rename_that_reports_failure_after_it_happened(tmp_path: Path) -> None:
    class Network(System):
        def replace(self, source: str, target: str) -> None:
            super().replace(source, target)
            raise OSError(errno.ENOENT, "retransmitted")

    with use_system(Network()), pytest.raises(DurabilityError) as caught:
        write_atomic_bytes(tmp_path / "a", b"new")
    assert caught.value.committed
    assert (tmp_path / "a").read_bytes() == b"new"


def test_modes(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic_bytes(tmp_path / "new", b"")
        (tmp_path / "opened").open("w").close()
        assert mode(tmp_path / "new") == mode(tmp_path / "opened") == 0o640
        for bits in (0o600, 0o664, 0o755, 0o711):
            path = tmp_path / "old"
            path.write_bytes(b"")
            path.chmod(bits)
            for writer in WRITERS.values():
                writer(path)
                assert mode(path) == bits
    finally:
        os.umask(before)


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o604, 0o664, 0o644, 0o700])
def test_the_mode_is_never_widened_for_an_instant(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"")
    path.chmod(bits)
    created: list[int] = []

    class Watch(System):
        def open(self, path: str, flags: int, mode: int = 0o666) -> int:
            created.append(mode)
            return super().open(path, flags, mode)

        def write(self, fd: int, data: memoryview) -> int:
            assert stat.S_IMODE(os.fstat(fd).st_mode) == bits
            return super().write(fd, data)

    with use_system(Watch()):
        write_atomic_bytes(path, b"x")
    group, others = bits >> 3 & 7, bits & 7
    assert created[0] >> 3 & 7 == created[0] & 7 == group & others
    assert created[0] & ~bits == 0


def test_a_group_that_cannot_be_kept_gets_no_more_than_others(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    path.chmod(0o674)

    class Foreign(System):
        def lstat(self, path: str) -> os.stat_result:
            values = list(os.lstat(path))
            values[4:6] = 12345, 12345
            return os.stat_result(values)

        def chown(self, fd: int, uid: int, gid: int) -> None:
            raise PermissionError(errno.EPERM, "injected")

    with use_system(Foreign()):
        write_atomic_bytes(path, b"x")
    assert mode(path) == 0o644


def test_read_only_and_special_targets_are_refused(tmp_path: Path) -> None:
    sealed = tmp_path / "sealed"
    sealed.write_bytes(b"old")
    sealed.chmod(0o444)
    with pytest.raises(PermissionError, match="read-only"):
        write_atomic_bytes(sealed, b"new")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AtomicWriteError, match="not a regular file"):
        write_atomic_bytes(tmp_path / "pipe", b"new")
    with pytest.raises(IsADirectoryError):
        write_atomic_bytes(tmp_path, b"new")
    with pytest.raises(IsADirectoryError):
        write_atomic_bytes(f"{tmp_path}/a/", b"new")
    with pytest.raises(FileNotFoundError):
        write_atomic_bytes("", b"new")
    with pytest.raises(FileNotFoundError):
        write_atomic_bytes(tmp_path / "missing" / "a", b"new")
    with pytest.raises(NotADirectoryError):
        write_atomic_bytes(sealed / "a", b"new")
    with pytest.raises(AtomicWriteError) as caught:
        write_atomic_bytes(tmp_path / ("x" * 256), b"new")
    assert (caught.value.errno, caught.value.stage) == (errno.ENAMETOOLONG, "target")
    assert names(tmp_path) == ["pipe", "sealed"]


def test_long_and_undecodable_names(tmp_path: Path) -> None:
    for name in (b"x" * 255, b"caf\xe9.json"):
        path = tmp_path / os.fsdecode(name)
        write_atomic_bytes(path, b"x")
        assert path.read_bytes() == b"x"


def test_symlinks(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "a"
    link = tmp_path / "link"
    link.symlink_to("real/a")
    write_atomic_bytes(link, b"dangling is followed, as open does")
    assert link.is_symlink()
    assert names(tmp_path / "real") == ["a"]
    seen = Recorder()
    with use_system(seen):
        write_atomic_bytes(link, b"x")
    assert seen.calls.count("realpath") == 1
    with pytest.raises(AtomicWriteError) as caught:
        write_atomic_bytes(link, b"y", symlinks="refuse")
    assert caught.value.errno == errno.ELOOP
    write_atomic_bytes(link, b"z", symlinks="replace")
    assert not link.is_symlink()
    assert target.read_bytes() == b"x"
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    with pytest.raises(OSError, match=r"not a regular file|symbolic"):
        write_atomic_bytes(loop, b"")


def test_make_parents_syncs_every_new_name(tmp_path: Path) -> None:
    seen = Recorder()
    with use_system(seen):
        write_atomic_bytes(tmp_path / "x" / "y" / "a", b"1", make_parents=True)
    assert seen.calls.count("mkdir") == 2
    assert seen.calls.count("fsync") == 4


def test_only_if_changed_writes_nothing_but_makes_durable(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert write_atomic_bytes(path, b"same", only_if_changed=True).changed
    before = path.stat()
    seen = Recorder()
    with use_system(seen):
        result = write_atomic_bytes(path, b"same", only_if_changed=True)
    assert (result.changed, result.durable) == (False, True)
    assert path.stat().st_ino == before.st_ino
    assert seen.calls.count("fsync") == 2
    assert "create" not in seen.calls
    assert write_atomic_bytes(path, b"diff", only_if_changed=True).changed


def test_a_relative_path_is_bound_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    with atomic_open("a.txt") as handle:
        monkeypatch.chdir(tmp_path / "other")
        handle.write("x")
    assert names(tmp_path) == ["a.txt", "other"]


def test_open_is_a_drop_in(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with atomic_open(path, "w") as text:
        text.write("zwölf\n")
        assert not path.exists()
    assert path.read_bytes() == "zwölf\n".encode()
    with atomic_open(path, "w", encoding="latin-1", newline="\r\n") as text:
        text.write("ö\n")
    assert path.read_bytes() == b"\xf6\r\n"
    with atomic_open(path, "wb") as binary, zipfile.ZipFile(binary, "w") as archive:
        archive.writestr("member", b"content" * 1000)
    assert zipfile.ZipFile(path).read("member") == b"content" * 1000
    with atomic_open(path, "wb") as binary:
        binary.write(b"0123456789")
        binary.seek(2)
        binary.write(b"XX")
        binary.truncate(5)
    assert path.read_bytes() == b"01XX4"
    with atomic_open(path) as text:
        text.write("closed early")
        text.close()
    assert path.read_text() == "closed early"
    for bad in ("a", "r", "r+", "w+", "wbt", "", "ww"):
        with pytest.raises(ValueError, match="mode must be"), atomic_open(path, bad):
            pass


def test_exclusive_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with atomic_open(path, "x") as handle:
        handle.write("first")
    with pytest.raises(FileExistsError), atomic_open(path, "x"):
        pass
    other = tmp_path / "b"
    with pytest.raises(FileExistsError) as caught, atomic_open(other, "xb") as binary:
        binary.write(b"mine")
        other.write_bytes(b"theirs, meanwhile")
    assert isinstance(caught.value, AtomicWriteError)
    assert caught.value.stage == "replace"
    assert other.read_bytes() == b"theirs, meanwhile"
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_block_that_raises_changes_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(error), atomic_open(path, "w") as handle:
        handle.write("x" * 100_000)
        raise error
    with pytest.raises(error), atomic_path(path) as temp:
        temp.write_bytes(b"x")
        raise error
    with pytest.raises(error), atomic_batch() as batch:
        batch.write_bytes(path, b"x")
        raise error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_errors_of_the_block_are_not_ours(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, atomic_open(tmp_path / "a"):
        (tmp_path / "missing").read_bytes()
    assert not isinstance(caught.value, AtomicWriteError)


def test_path_keeps_the_suffix_and_survives_a_library_that_renames(tmp_path: Path) -> None:
    path = tmp_path / "model.csv.gz"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with atomic_path(path) as temp:
        assert temp.parent == tmp_path
        assert temp.suffixes[-2:] == [".csv", ".gz"]
        (tmp_path / "side").write_bytes(b"new")
        (tmp_path / "side").replace(temp)
    assert path.read_bytes() == b"new"
    assert mode(path) == 0o640
    with pytest.raises(AtomicWriteError), atomic_path(path) as temp:
        temp.unlink()
    assert names(tmp_path) == ["model.csv.gz"]


def test_batch_keeps_the_order_and_reports_how_far_it_came(tmp_path: Path) -> None:
    class Stops(System):
        def replace(self, source: str, target: str) -> None:
            if target.endswith("2"):
                raise OSError(errno.EIO, "injected")
            super().replace(source, target)

    with use_system(Stops()), pytest.raises(AtomicWriteError) as caught, atomic_batch() as batch:
        for name in "123":
            batch.write_text(tmp_path / name, name)
    assert not caught.value.committed
    assert caught.value.filename == str(tmp_path / "2")
    assert len(batch.results) == 1
    assert names(tmp_path) == ["1"]
    with pytest.raises(ValueError, match="already part"), atomic_batch() as batch:
        batch.write_json(tmp_path / "1", 1)
        batch.write_json(tmp_path / "1", 2)
    with atomic_batch(durability="process") as batch:
        for number in range(300):
            batch.write_json(tmp_path / f"n{number}", number)
    assert [result.changed for result in batch.results] == [True] * 300
    assert len(names(tmp_path)) == 301


def test_errors_can_be_pickled() -> None:
    with pytest.raises(AtomicWriteError) as caught:
        write_atomic_bytes("/nonexistent/a", b"")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), copy.stage, copy.errno) == (type(caught.value), caught.value.stage, errno.ENOENT)


class Windows(System):
    """Windows as far as the seam shows it: no directory descriptors, no modes, rename that never overwrites."""

    windows = True

    def __init__(self, violations: int = 0, winerror: int = 32) -> None:
        self.violations = violations
        self.winerror = winerror
        self.slept = 0.0

    def chmod(self, fd: int, mode: int) -> None:
        raise AssertionError("not on Windows")

    chown = link = chmod  # type: ignore[assignment]

    def _blocked(self) -> None:
        if self.violations:
            self.violations -= 1
            error = PermissionError(errno.EACCES, "injected")
            error.winerror = self.winerror  # type: ignore[attr-defined]
            raise error

    def replace(self, source: str, target: str) -> None:
        self._blocked()
        super().replace(source, target)

    def rename(self, source: str, target: str) -> None:
        if Path(target).exists():
            raise FileExistsError(errno.EEXIST, "injected")
        super().rename(source, target)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


def test_windows_retries_sharing_violations_only_and_not_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with use_system(Windows(violations=4)) as fake:
        result = write_atomic_bytes(path, b"1")
    assert fake.slept > 0  # type: ignore[attr-defined]
    assert not result.durable
    with use_system(Windows(violations=1000)) as fake, pytest.raises(PermissionError):
        write_atomic_bytes(path, b"2")
    assert 1 < fake.slept < 3  # type: ignore[attr-defined]
    with use_system(Windows(violations=1, winerror=1)) as fake, pytest.raises(PermissionError):
        write_atomic_bytes(path, b"2")
    assert fake.slept == 0  # type: ignore[attr-defined]
    assert path.read_bytes() == b"1"
    with use_system(Windows()):
        with atomic_open(tmp_path / "x", "x") as handle:
            handle.write("1")
        with atomic_path(tmp_path / "p") as temp:
            temp.write_bytes(b"1")
        assert not write_atomic_bytes(path, b"1", only_if_changed=True).changed
    assert names(tmp_path) == ["a", "p", "x"]
