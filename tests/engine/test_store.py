"""Is an entry right or absent, whatever happened to the file; and does nothing of it end a run?"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sst_lint.facts import store as store_module
from sst_lint.facts.store import DIRECTORY, NAME, Memory, Store

KEY, OTHER = b"k" * 16, b"o" * 16


def kept(root: Path, entries: dict[bytes, bytes]) -> None:
    store = Store(root)
    store.keep(entries)
    store.save()
    store.close()
    assert store.notes == []


def found(root: Path, *keys: bytes) -> tuple[dict[bytes, bytes], list[str]]:
    store = Store(root)
    result = store.get(keys)
    store.close()
    return result, store.notes


def test_what_is_kept_is_found(tmp_path: Path) -> None:
    kept(tmp_path, {KEY: b"body", OTHER: b""})
    assert found(tmp_path, KEY, OTHER, b"n" * 16) == ({KEY: b"body", OTHER: b""}, [])
    kept(tmp_path, {KEY: b"other"})
    assert found(tmp_path, KEY) == ({KEY: b"other"}, [])


def test_many_keys_at_once(tmp_path: Path) -> None:
    entries = {number.to_bytes(16, "big"): str(number).encode() for number in range(3000)}
    kept(tmp_path, entries)
    assert found(tmp_path, *entries) == (entries, [])


def test_what_is_not_saved_is_found_in_this_run_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.keep({KEY: b"body"})
    assert store.get([KEY]) == {KEY: b"body"}
    store.close()
    assert found(tmp_path, KEY) == ({}, [])


def test_the_directory_keeps_itself_out_of_repositories_and_backups(tmp_path: Path) -> None:
    kept(tmp_path, {KEY: b"body"})
    assert (tmp_path / DIRECTORY / ".gitignore").read_text().splitlines()[-1] == "*"
    assert (
        (tmp_path / DIRECTORY / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    )


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / DIRECTORY).mkdir()
    (tmp_path / DIRECTORY / NAME).write_bytes(b"no database, but long enough to look like one" * 100)
    store = Store(tmp_path)
    assert store.notes == [".sst_cache/store.db: damaged (file is not a database), so it is thrown away"]
    store.keep({KEY: b"body"})
    store.save()
    store.close()
    assert found(tmp_path, KEY) == ({KEY: b"body"}, [])


@pytest.mark.parametrize(
    "change, word", [("user_version = 99", "of a newer version"), ("application_id = 7", "not of this tool")]
)
def test_a_database_of_another_kind(tmp_path: Path, change: str, word: str) -> None:
    kept(tmp_path, {KEY: b"body"})
    with sqlite3.connect(tmp_path / DIRECTORY / NAME) as database:
        database.execute(f"PRAGMA {change}")
    database.close()
    assert found(tmp_path, KEY) == ({}, [f".sst_cache/store.db: {word}, so it is thrown away"])
    kept(tmp_path, {KEY: b"again"})


def test_bytes_that_changed_are_not_believed(tmp_path: Path) -> None:
    kept(tmp_path, {KEY: b"body" * 2000, OTHER: b"fine"})
    file = tmp_path / DIRECTORY / NAME
    data = file.read_bytes()
    at = data.index(b"body" * 10)
    file.write_bytes(data[:at] + b"evil" + data[at + 4 :])
    assert found(tmp_path, KEY, OTHER) == ({OTHER: b"fine"}, [".sst_cache/store.db: 1 damaged entries are not used"])


def test_an_entry_does_not_answer_for_another(tmp_path: Path) -> None:
    kept(tmp_path, {KEY: b"body"})
    with sqlite3.connect(tmp_path / DIRECTORY / NAME) as database:
        database.execute("UPDATE entry SET key = ?", (OTHER,))
    database.close()
    assert found(tmp_path, OTHER)[0] == {}


def test_damage_anywhere_gives_what_was_kept_or_nothing(tmp_path: Path) -> None:
    entries = {bytes([number]) * 16: bytes([number]) * 500 for number in range(60)}
    kept(tmp_path, entries)
    file = tmp_path / DIRECTORY / NAME
    whole = file.read_bytes()
    for at in range(0, len(whole), 997):
        file.write_bytes(whole[:at] + bytes(byte ^ 0x5A for byte in whole[at : at + 64]) + whole[at + 64 :])
        result, _ = found(tmp_path, *entries)
        assert result.items() <= entries.items()
        if not file.exists():
            file.write_bytes(whole)
    for length in range(0, len(whole), 4001):
        file.write_bytes(whole[:length])
        result, _ = found(tmp_path, *entries)
        assert result.items() <= entries.items()


def test_nowhere_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_prepare", lambda directory: False)
    store = Store(tmp_path)
    assert store.notes == [".sst_cache/store.db: cannot be written, so nothing is remembered"]
    store.keep({KEY: b"body"})
    store.save()
    assert store.directory is None
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_can_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path, {KEY: b"body"})
    before = (tmp_path / DIRECTORY / NAME).read_bytes()
    monkeypatch.setattr(store_module, "_prepare", lambda directory: False)
    store = Store(tmp_path)
    assert store.get([KEY]) == {KEY: b"body"}
    store.keep({OTHER: b"new"})
    store.save()
    store.close()
    assert store.notes == [] and (tmp_path / DIRECTORY / NAME).read_bytes() == before


def test_a_link_in_place_of_the_directory_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / DIRECTORY).symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path, KEY)[1] == [".sst_cache/store.db: its directory is a link or a file, so it is not used"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_store_that_came_with_the_repository_is_not_believed(tmp_path: Path) -> None:
    project = tmp_path / "sub"
    project.mkdir()
    kept(project, {KEY: b"body"})
    git = ["git", "-C", os.fspath(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    assert found(project, KEY) == ({KEY: b"body"}, [])
    subprocess.run([*git, "add", "-f", f"sub/{DIRECTORY}/{NAME}"], check=True)
    result, (note,) = found(project, KEY)
    assert result == {} and "is committed to the repository, so it is not used" in note


def test_the_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "LIMIT", 10_000)
    entries = {bytes([number]) * 16: b"x" * 984 for number in range(9)}
    kept(tmp_path, entries)
    with sqlite3.connect(tmp_path / DIRECTORY / NAME) as database:
        database.execute("UPDATE entry SET used = used - 1 - length(hex(substr(key, 1, 1))) * (key < x'04')")
    database.close()
    store = Store(tmp_path)
    used = bytes([0]) * 16
    assert store.get([used])  # the oldest, but needed
    store.keep({KEY: b"y" * 984, OTHER: b"y" * 984})
    store.save()
    store.close()
    left = found(tmp_path, *entries, KEY, OTHER)[0]
    assert used in left and KEY in left and OTHER in left
    assert sum(len(body) + 16 for body in left.values()) <= 7_500
    assert bytes([1]) * 16 not in left and bytes([8]) * 16 in left


def test_what_nobody_used_for_long_goes(tmp_path: Path) -> None:
    kept(tmp_path, {KEY: b"body"})
    with sqlite3.connect(tmp_path / DIRECTORY / NAME) as database:
        database.execute("UPDATE entry SET used = used - 100")
    database.close()
    kept(tmp_path, {OTHER: b"body"})
    assert found(tmp_path, KEY, OTHER)[0] == {OTHER: b"body"}


def test_another_run_that_writes_is_not_disturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path, {KEY: b"body"})
    monkeypatch.setattr(store_module, "_WAIT_SECONDS", 0.05)
    other = sqlite3.connect(tmp_path / DIRECTORY / NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = Store(tmp_path)
    assert store.get([KEY]) == {KEY: b"body"}
    store.keep({OTHER: b"new"})
    store.save()
    store.close()
    assert store.notes == [".sst_cache/store.db: database is locked, so this run is not remembered"]
    other.execute("COMMIT")
    other.close()
    assert found(tmp_path, KEY, OTHER) == ({KEY: b"body"}, [])


WRITER = """
    import sys
    from pathlib import Path
    from sst_lint.facts.store import Store
    seed, root = int(sys.argv[1]), Path(sys.argv[2])
    print("ready", flush=True)
    for round in range(10_000 if sys.argv[3] == "forever" else 20):
        store = Store(root)
        store.keep({bytes([seed, number]) * 8: bytes([seed, number]) * 3000 for number in range(50)})
        store.save()
        store.close()
        assert not store.notes, store.notes
        print("saved", flush=True)
"""


def writer(root: Path, seed: int, how_long: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", textwrap.dedent(WRITER), str(seed), os.fspath(root), how_long]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_two_at_once(tmp_path: Path) -> None:
    both = [writer(tmp_path, seed, "") for seed in (1, 2)]
    assert [each.wait(timeout=120) for each in both] == [0, 0]
    for each in both:
        each.stdout.close()  # type: ignore[union-attr]
    wanted = {bytes([seed, number]) * 8: bytes([seed, number]) * 3000 for seed in (1, 2) for number in range(50)}
    assert found(tmp_path, *wanted) == (wanted, [])


def test_several_begin_at_once(tmp_path: Path) -> None:
    """Whoever finds a store that another run is just laying out does not take it for somebody else's."""
    for round_ in range(40):
        root = tmp_path / str(round_)
        root.mkdir()
        ready = threading.Barrier(6)

        def begin(number: int, root: Path = root, ready: threading.Barrier = ready) -> list[str]:
            ready.wait(60)
            store = Store(root)
            store.keep({f"key {number}".encode(): b"body"})
            store.save()
            store.close()
            return store.notes

        with ThreadPoolExecutor(6) as executor:
            notes = [note for said in executor.map(begin, range(6)) for note in said]
        assert notes == []
        assert len(found(root, *(f"key {number}".encode() for number in range(6)))[0]) == 6


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that cannot be caught")
def test_killed_while_writing(tmp_path: Path) -> None:
    wanted = {bytes([1, number]) * 8: bytes([1, number]) * 3000 for number in range(50)}
    for saved in (1, 2, 4):
        process = writer(tmp_path, 1, "forever")
        assert process.stdout is not None
        for _ in range(saved + 1):
            process.stdout.readline()
        process.kill()
        process.wait(timeout=60)
        process.stdout.close()
        assert found(tmp_path, *wanted) == (wanted, [])


def test_memory_remembers_for_the_process() -> None:
    store = Memory()
    store.keep({KEY: b"body"})
    store.save()
    assert store.get([KEY, OTHER]) == {KEY: b"body"} and store.directory is None
