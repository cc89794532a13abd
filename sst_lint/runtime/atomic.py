"""How does user code write a file so that every reader, at every moment, sees the old content or the new, whole?

Each writer takes `durability` ("full", "atomic", "process"), `symlinks` ("follow", "refuse", "replace") and
`make_parents`; docs/runtime.md says what each promises. The protocol itself stands in `staging.py`.
"""

from __future__ import annotations

import contextlib
import io
import os

from .canonical import canonical_json
from .staging import Staged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO, Any, Literal

    StrPath = str | os.PathLike[str]
    Durability = Literal["full", "atomic", "process"]
    Symlinks = Literal["follow", "refuse", "replace"]
    Buffer = bytes | bytearray | memoryview


class WriteResult:
    """What a writer did: `changed`, `sha256` of the bytes of the file, and whether the name is `durable` already."""

    __slots__ = ("_data", "_sha256", "changed", "durable")

    def __init__(self, changed: bool, durable: bool, data: bytes) -> None:
        self.changed = changed
        self.durable = durable
        self._data = data
        self._sha256 = ""

    @property
    def sha256(self) -> str:
        """All 64 hex digits. Computed when asked for: hashing takes longer than writing to a fast disk."""
        if not self._sha256:
            import hashlib

            self._sha256 = hashlib.sha256(self._data).hexdigest()
            self._data = b""
        return self._sha256

    def __repr__(self) -> str:
        return f"WriteResult(changed={self.changed}, sha256={self.sha256!r}, durable={self.durable})"


def write_atomic_bytes(
    path: StrPath,
    data: Buffer,
    *,
    durability: Durability = "full",
    symlinks: Symlinks = "follow",
    only_if_changed: bool = False,
    make_parents: bool = False,
) -> WriteResult:
    """Make `data` the content of `path` in one step. Raises `AtomicWriteError` or `DurabilityError`."""
    content = bytes(data) if isinstance(data, (bytes, bytearray, memoryview)) else _reject(data)
    with Staged(path, durability=durability, symlinks=symlinks, make_parents=make_parents) as staged:
        staged.look()
        changed = not (only_if_changed and staged.holds(content))
        if changed:
            staged.prepare()
            staged.write(content)
            staged.seal()
            staged.commit()
    return WriteResult(changed, staged.durable, content)


def _reject(data: object) -> bytes:
    raise TypeError(f"expected bytes, not {type(data).__name__}")


def write_atomic_text(path: StrPath, text: str, *, encoding: str = "utf-8", **options: Any) -> WriteResult:
    """Like `write_atomic_bytes`. The text is written as it is: no newline translation, UTF-8 on every platform."""
    if not isinstance(text, str):
        raise TypeError(f"expected str, not {type(text).__name__}")
    return write_atomic_bytes(path, text.encode(encoding), **options)


def write_atomic_json(
    path: StrPath,
    obj: object,
    *,
    indent: int | None = None,
    schema: tuple[str, int] | None = None,
    **options: Any,
) -> WriteResult:
    """Write the canonical JSON of `obj`, stamped with `schema=(name, version)` if given.

    A name that ends in `.gz` gets gzip without time stamp. Raises `CanonicalError` before anything is touched.
    """
    if schema is not None:
        from .artifacts import stamp

        obj = stamp(obj, schema)
    data = canonical_json(obj, indent=indent).encode()
    if os.fsdecode(path).endswith(".gz"):
        from .artifacts import gzip_bytes

        data = gzip_bytes(data)
    return write_atomic_bytes(path, data, **options)


def write_atomic_yaml(path: StrPath, obj: object, **options: Any) -> WriteResult:
    """Write `obj` as block YAML with sorted keys that PyYAML and ruamel read back unchanged."""
    from .yaml_text import canonical_yaml

    return write_atomic_bytes(path, canonical_yaml(obj).encode(), **options)


class _Raw(io.RawIOBase):
    """The bottom of an `atomic_open` handle. Closing it closes nothing: the descriptor is still to be synced."""

    def __init__(self, staged: Staged) -> None:
        self.staged = staged
        self.name = staged.path
        self.discarding = False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.staged.fd

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        if not self.discarding:
            self.staged.write(view)
        return view.nbytes

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self.staged.seek(offset, whence)

    def truncate(self, size: int | None = None, /) -> int:
        return self.staged.truncate(self.staged.position if size is None else size)


@contextlib.contextmanager
def atomic_open(
    path: StrPath,
    mode: str = "w",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = "\n",
    *,
    durability: Durability = "full",
    symlinks: Symlinks = "follow",
    make_parents: bool = False,
) -> Iterator[IO[Any]]:
    """Drop-in for `with open(...)` in the modes w, wb, x and xb: the file appears, whole, when the block ends well.

    Unlike `open`, text is UTF-8 with "\\n" on every platform unless told otherwise. If the block raises, nothing
    happened. Appending and updating are other protocols and raise `ValueError`.
    """
    if mode.replace("t", "") not in ("w", "wb", "x", "xb") or mode.count("t") + mode.count("b") > 1:
        raise ValueError(f"mode must be one of w, wb, x, xb, not {mode!r}")
    if "b" in mode and (encoding or errors):
        raise ValueError("binary mode takes no encoding and no errors argument")
    options: dict[str, Any] = {"durability": durability, "symlinks": symlinks, "make_parents": make_parents}
    with Staged(path, exclusive="x" in mode, **options) as staged:
        staged.look()
        staged.prepare()
        raw = _Raw(staged)
        handle: IO[Any] = io.BufferedWriter(raw, buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE)
        try:
            if "b" not in mode:
                handle = io.TextIOWrapper(handle, encoding or "utf-8", errors, newline, buffering == 1)
            yield handle
            handle.close()
        except BaseException:
            raw.discarding = True  # closing the handle below must not try to write once more
            with contextlib.suppress(ValueError):
                handle.close()
            raise
        staged.seal(exact=False)
        staged.commit()


@contextlib.contextmanager
def atomic_path(
    path: StrPath,
    *,
    durability: Durability = "full",
    symlinks: Symlinks = "follow",
    make_parents: bool = False,
) -> Iterator[Path]:
    """Hand a temporary path in the same directory to code that insists on opening files itself.

    The temp keeps the suffix of `path`, by which libraries choose formats, and exists, empty, when the block starts::

        with atomic_path("model.parquet") as temp:
            frame.to_parquet(temp)
    """
    from pathlib import Path

    suffix = "".join(Path(os.fsdecode(path)).suffixes[-2:])
    options: dict[str, Any] = {"durability": durability, "symlinks": symlinks, "make_parents": make_parents}
    with Staged(path, suffix=suffix if len(suffix) <= 32 else "", **options) as staged:
        staged.look()
        staged.prepare()
        yield Path(staged.temp)
        staged.reopen()
        staged.seal()
        staged.commit()


class Batch:
    """Files staged by `atomic_batch`. `results` has one `WriteResult` for each, in order, after the block."""

    _OPEN_AT_MOST = 128

    def __init__(self, durability: Durability, symlinks: Symlinks, make_parents: bool) -> None:
        self._options: dict[str, Any] = {
            "durability": durability,
            "symlinks": symlinks,
            "make_parents": make_parents,
        }
        self._staged: list[tuple[Staged, bytes]] = []
        self._unsealed: list[Staged] = []
        self._targets: set[str] = set()
        self.results: list[WriteResult] = []

    def write_bytes(self, path: StrPath, data: Buffer) -> None:
        """Stage `data`; it reaches `path` when the block ends well. The same target twice raises `ValueError`."""
        content = bytes(data) if isinstance(data, (bytes, bytearray, memoryview)) else _reject(data)
        with Staged(path, **self._options) as staged:
            staged.look()
            if staged.target in self._targets:
                raise ValueError(f"{staged.path} is already part of this batch")
            staged.prepare()
            staged.release()  # it can be opened; held, it would cost a descriptor for each file
            staged.write(content)
            self._targets.add(staged.target)
            self._staged.append((staged, content))
            self._unsealed.append(staged)
        if len(self._unsealed) >= self._OPEN_AT_MOST:
            self._seal()

    def write_text(self, path: StrPath, text: str, *, encoding: str = "utf-8") -> None:
        """Stage `text` as it is, without newline translation."""
        self.write_bytes(path, text.encode(encoding))

    def write_json(self, path: StrPath, obj: object, *, indent: int | None = None) -> None:
        """Stage the canonical JSON of `obj`."""
        self.write_bytes(path, canonical_json(obj, indent=indent).encode())

    def write_yaml(self, path: StrPath, obj: object) -> None:
        """Stage the canonical YAML of `obj`."""
        from .yaml_text import canonical_yaml

        self.write_bytes(path, canonical_yaml(obj).encode())

    def _seal(self) -> None:
        for staged in self._unsealed:
            staged.seal()
        self._unsealed.clear()

    def _commit(self) -> None:
        self._seal()
        for staged, content in self._staged:
            staged.commit()  # its directory is synced before the next name changes: the order survives a power failure
            self.results.append(WriteResult(True, staged.durable, content))

    def _discard(self) -> None:
        with contextlib.ExitStack() as stack:  # all of them, whatever one raises
            for staged, _ in self._staged:
                stack.callback(staged.discard)


@contextlib.contextmanager
def atomic_batch(
    *, durability: Durability = "full", symlinks: Symlinks = "follow", make_parents: bool = False
) -> Iterator[Batch]:
    """Stage many files, sync them together, then rename them in the order given.

    It promises that order, not atomicity of the whole: after a crash the first k files are new, the others old. So
    write last what refers to the rest. If the block raises, nothing happened.
    """
    batch = Batch(durability, symlinks, make_parents)
    try:
        yield batch
        batch._commit()
    except BaseException:
        batch._discard()
        raise
