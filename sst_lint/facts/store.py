"""What was found out before, and need not be found out again? One database in ``.sst_cache``, keyed by content.

Entries are bytes under keys that name what they are about completely, so an entry is right or absent, never stale. Each
carries a checksum; what is damaged, foreign or of a newer version is thrown away with a word. Nothing in it is ever
executed. Runs may share it, and may be killed: a transaction is in it or not. Without a place to write it is empty.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3

DIRECTORY = ".sst_cache"
NAME = "store.db"

#: In the header of the database file: it is ours ("SSTl"), and of this layout.
_APPLICATION = 0x5353546C
_LAYOUT = 1

#: Bytes of entries beyond which the longest unused ones go, and what is left of them then.
LIMIT = 256 * 1024 * 1024
_KEPT_OF_LIMIT = 0.75
_DAYS_KEPT = 60

_CHECKSUM = 16
_AT_ONCE = 500  # parameters of one statement
_WAIT_SECONDS = 5.0  # for another run that writes

_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This directory holds what sst-lint need not find out again. It can be removed at any time.
"""


class Memory:
    """A store that lasts as long as the process; also what is used where there can be no other."""

    def __init__(self) -> None:
        self.notes: list[str] = []  #: what a person should hear of it
        self._new: dict[bytes, bytes] = {}

    @property
    def directory(self) -> Path | None:
        """Where it is kept; None: nowhere."""
        return None

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """What is there under ``keys``."""
        return {key: self._new[key] for key in keys if key in self._new}

    def keep(self, entries: Mapping[bytes, bytes]) -> None:
        """Remember ``entries``; on disk from the next ``save`` on."""
        self._new.update(entries)

    def save(self) -> None:
        """Write down what is new."""

    def close(self) -> None:
        """Let go of the file; what was not saved is lost."""


class Store(Memory):
    """The database of one project. All that can be wrong with it ends in ``notes``, never in an exception."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._directory = root / DIRECTORY
        self._file = self._directory / NAME
        self._used: set[bytes] = set()  # entries that were read, which are to stay
        self._unsaved: dict[bytes, bytes] = {}
        self._writable = True
        self._database: sqlite3.Connection | None = None
        self._open()

    @property
    def directory(self) -> Path | None:
        """Where it is kept; None when nothing can be written there."""
        return self._directory if self._database is not None and self._writable else None

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """What is there under ``keys``, undamaged."""
        wanted = list(dict.fromkeys(keys))
        found = super().get(wanted)
        found.update({key: self._unsaved[key] for key in wanted if key in self._unsaved})
        missing = [key for key in wanted if key not in found]
        damaged = 0
        for at in range(0, len(missing), _AT_ONCE):
            for key, body in self._rows(missing[at : at + _AT_ONCE]):
                if isinstance(body, bytes) and body[:_CHECKSUM] == _checksum(key, body[_CHECKSUM:]):
                    found[key] = body[_CHECKSUM:]
                    self._used.add(key)
                else:
                    damaged += 1
        if damaged:
            self._say(f"{damaged} damaged entries are not used")
        return found

    def keep(self, entries: Mapping[bytes, bytes]) -> None:
        """Remember ``entries``; on disk from the next ``save`` on."""
        self._unsaved.update(entries)

    def save(self) -> None:
        """Write down what is new, and mark what was used; then see to the size."""
        import sqlite3

        database = self._database
        today = int(time.time() // 86400)  # sst: ignore[SST301] -- stands beside entries, not in their checksums
        if database is None or not self._writable:
            return
        rows = [(key, _checksum(key, body) + body, today) for key, body in sorted(self._unsaved.items())]
        try:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR REPLACE INTO entry (key, body, used) VALUES (?, ?, ?)", rows)
            marks = [(today, key, today) for key in sorted(self._used)]
            database.executemany("UPDATE entry SET used = ? WHERE key = ? AND used <> ?", marks)
            if rows:
                _trim(database, today, {*self._used, *self._unsaved})
            database.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            with contextlib.suppress(sqlite3.Error):
                database.execute("ROLLBACK")
            self._failed(error)
        self._unsaved.clear()
        self._used.clear()

    def close(self) -> None:
        """Let go of the file; what was not saved is lost."""
        import sqlite3

        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _rows(self, keys: list[bytes]) -> list[tuple[bytes, object]]:
        import sqlite3

        if self._database is None:
            return []
        marks = ",".join("?" * len(keys))
        try:
            return self._database.execute(f"SELECT key, body FROM entry WHERE key IN ({marks})", keys).fetchall()
        except sqlite3.DatabaseError as error:
            self._failed(error)
            return []

    def _open(self) -> None:
        try:
            import sqlite3
        except ImportError:
            self._say("this Python has no sqlite3, so nothing is remembered")
            return
        distrust = _distrust(self._directory)
        if distrust:
            self._say(distrust)
            return
        self._writable = _prepare(self._directory)
        if not self._writable and not self._file.is_file():
            self._say("cannot be written, so nothing is remembered")
            return
        for _ in range(2):  # what is thrown away is made anew at once
            try:
                self._database = self._connect()
            except sqlite3.DatabaseError as error:
                self._failed(error)
            if self._database is not None or not self._writable or self._file.exists():
                return

    def _connect(self) -> sqlite3.Connection | None:
        """The open database; None when it is of another layout, which is thrown away."""
        import sqlite3

        self._writable = self._writable and (not self._file.exists() or os.access(self._file, os.W_OK))
        mode = "rwc" if self._writable else "ro"
        uri = f"{self._file.absolute().as_uri()}?mode={mode}"
        # one thread at a time uses it, not always the same
        database = sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            found, empty = _layout(database)
            if found == (0, 0) and self._writable and empty:
                _create(database)
                found = (_APPLICATION, _LAYOUT)
            if found != (_APPLICATION, _LAYOUT):
                database.close()
                self._discard("of a newer version" if found[0] == _APPLICATION else "not of this tool")
                return None
            database.execute("PRAGMA synchronous = OFF")  # what a power failure leaves is told by checksums
        except BaseException:
            database.close()
            raise
        return database

    def _failed(self, error: Exception) -> None:
        """Throw a damaged file away; leave one alone that is only out of reach (locked, disk full)."""
        import sqlite3

        if isinstance(error, sqlite3.OperationalError):
            self._say(f"{error}, so this run is not remembered")
            self._writable = False
        else:
            self._discard(f"damaged ({error})")

    def _discard(self, why: str) -> None:
        """Remove the file; the next run makes a new one."""
        self.close()
        self._say(f"{why}, so it is thrown away")
        if self._writable:
            for name in (self._file, self._file.with_name(f"{NAME}-journal")):
                with contextlib.suppress(OSError):
                    name.unlink()

    def _say(self, what: str) -> None:
        self.notes.append(f"{DIRECTORY}/{NAME}: {what}")


def _checksum(key: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECKSUM, key=key).digest()


def _layout(database: sqlite3.Connection) -> tuple[tuple[int, int], bool]:
    """Whose file it is (application, layout), and whether nothing is in it, both as of one moment: another run may be
    laying it out just now, and what is half laid out would look like somebody else's."""
    import sqlite3

    database.execute("BEGIN")  # from the first look on nobody else can commit
    try:
        application, layout = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        empty = database.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    finally:
        with contextlib.suppress(sqlite3.Error):
            database.execute("ROLLBACK")
    return (application, layout), empty


def _create(database: sqlite3.Connection) -> None:
    """Lay out an empty database; another run may do so at the same time."""
    database.execute("BEGIN IMMEDIATE")
    database.execute(
        "CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, body BLOB NOT NULL, used INTEGER NOT NULL)"
    )
    database.execute(f"PRAGMA application_id = {_APPLICATION}")
    database.execute(f"PRAGMA user_version = {_LAYOUT}")
    database.execute("COMMIT")


def _trim(database: sqlite3.Connection, today: int, needed: set[bytes]) -> None:
    """Remove what was not used for long, and the longest unused beyond the limit, but nothing of this run."""
    database.execute("DELETE FROM entry WHERE used < ?", (today - _DAYS_KEPT,))
    sizes = database.execute("SELECT key, length(body) FROM entry ORDER BY used, rowid").fetchall()
    total = sum(size for _, size in sizes)
    if total <= LIMIT:
        return
    for key, size in sizes:
        if total <= LIMIT * _KEPT_OF_LIMIT:
            return
        if key not in needed:
            database.execute("DELETE FROM entry WHERE key = ?", (key,))
            total -= size


def _prepare(directory: Path) -> bool:
    """Make the directory, with what keeps it out of repositories and backups; whether it can be written."""
    try:
        directory.mkdir(exist_ok=True)
        for name, text in ((".gitignore", "# made by sst-lint\n*\n"), ("CACHEDIR.TAG", _TAG)):
            with contextlib.suppress(FileExistsError), (directory / name).open("x", encoding="utf-8") as stream:
                stream.write(text)
    except OSError:
        return False
    return os.access(directory, os.W_OK)


def _distrust(directory: Path) -> str:
    """Why what stands in ``directory`` may have been put there by somebody else, so that it is not believed; or ""."""
    try:
        found = directory.lstat()
    except OSError:
        return ""
    if directory.is_symlink() or not directory.is_dir():
        return "its directory is a link or a file, so it is not used"
    if hasattr(os, "geteuid") and os.geteuid() not in (0, found.st_uid) and found.st_uid != 0:
        return "belongs to another user, so it is not used"
    if _is_tracked(directory):
        return "is committed to the repository, so it is not used: anybody could have written it; remove it from git"
    return ""


def _is_tracked(directory: Path) -> bool:
    """Whether the index of the git repository names files of the directory."""
    for parent in directory.parents:
        index = parent / ".git" / "index"
        if index.is_file():
            with contextlib.suppress(OSError):
                inside = (directory.relative_to(parent) / NAME).as_posix()
                return inside.encode("utf-8", "surrogateescape") in index.read_bytes()
        if (parent / ".git").exists():
            break
    return False


class Measured(NamedTuple):
    """How much is remembered of a project."""

    file: Path
    entries: int
    size: int  #: bytes on disk


def measure(root: Path) -> Measured:
    """How much is remembered of the project at ``root``; nothing, if its file is damaged."""
    import sqlite3

    file = root / DIRECTORY / NAME
    if not file.is_file():
        return Measured(file, 0, 0)
    entries = 0
    uri = f"{file.absolute().as_uri()}?mode=ro"
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
        entries = database.execute("SELECT count(*) FROM entry").fetchone()[0]
    return Measured(file, entries, file.stat().st_size)


def remove(root: Path) -> None:
    """Forget all of the project at ``root``. Only what is ours is removed; raises ``OSError``."""
    directory = root / DIRECTORY
    if directory.is_symlink() or not directory.is_dir():
        return
    for name in (NAME, f"{NAME}-journal", ".gitignore", "CACHEDIR.TAG"):
        (directory / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # what somebody else put there stays
        directory.rmdir()
