"""Which calls of the public interface go through the fault matrix, and what may each leave behind?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

OLD = b'{"who":"old","x":"' + b"o" * 200 + b'"}\n'
NEW = b'{"who":"new","x":"' + b"n" * 300 + b'"}\n'
VALUE = json.loads(NEW)
YAML = b"who: new\nx: " + b"n" * 300 + b"\n"


@dataclass(frozen=True)
class Target:
    """A file that the call may change: from `old` to `new`, or to what `new` accepts."""

    path: str
    old: bytes | None
    new: bytes | Callable[[bytes], bool]
    mode: int = 0o644

    def is_new(self, content: bytes) -> bool:
        """Is this what the call was to write?"""
        return content == self.new if isinstance(self.new, bytes) else self.new(content)


@dataclass(frozen=True)
class Scenario:
    """One call. `run(api, world)` makes it; `again` says that it may be repeated after it succeeded."""

    name: str
    run: Callable[[Any, Any], object]
    targets: tuple[Target, ...]
    prepare: Callable[[Any], None] = lambda world: None
    durability: str = "full"
    again: bool = True
    reads: bool = False  # no writer: any OSError will do
    refuses: type[BaseException] | None = None  # the call must fail, and leave everything as it is
    kind: str = "write"


def _open(api: Any, world: Any, path: str, mode: str, options: dict[str, Any]) -> None:
    with api.atomic_open(world.root + path, mode, 64, **options) as handle:
        for start in range(0, len(NEW), 100):
            piece = NEW[start : start + 100]
            handle.write(piece if "b" in mode else piece.decode())


def _seek(api: Any, world: Any, path: str, options: dict[str, Any]) -> None:
    with api.atomic_open(world.root + path, "wb", **options) as handle:
        handle.write(b"?" * 10 + NEW[10:] + b"too much")
        handle.seek(0)
        handle.write(NEW[:10])
        handle.truncate(len(NEW))


def _path(api: Any, world: Any, path: str, options: dict[str, Any]) -> None:
    with api.atomic_path(world.root + path, **options) as temp:
        world.scribble(str(temp), NEW)


def _batch(api: Any, world: Any, paths: tuple[str, ...], options: dict[str, Any]) -> None:
    with api.atomic_batch(**options) as batch:
        for path in paths:
            batch.write_bytes(world.root + path, NEW)


def _writers() -> list[Scenario]:
    found = []
    for durability in ("full", "atomic", "process"):
        options = {"durability": durability}
        run = partial(_open, path="/fresh.json", mode="xb", options=options)
        target = Target("/fresh.json", None, NEW)
        found.append(
            Scenario(f"open xb {durability}", run, (target,), durability=durability, again=False, kind="exclusive")
        )
        paths = ("/file.json", "/sub/other.bin", "/fresh.json")
        targets = (Target(paths[0], OLD, NEW, 0o640), Target(paths[1], OLD, NEW, 0o600), Target(paths[2], None, NEW))
        run = partial(_batch, paths=paths, options=options)
        found.append(Scenario(f"batch {durability}", run, targets, durability=durability, kind="batch"))
        for path, old, mode in (("/file.json", OLD, 0o640), ("/fresh.json", None, 0o644)):
            calls: dict[str, Callable[[Any, Any], object]] = {
                "bytes": lambda api, world, p=path, o=options: api.write_atomic_bytes(world.root + p, NEW, **o),
                "text": lambda api, world, p=path, o=options: api.write_atomic_text(world.root + p, NEW.decode(), **o),
                "json": lambda api, world, p=path, o=options: api.write_atomic_json(world.root + p, VALUE, **o),
                "yaml": lambda api, world, p=path, o=options: api.write_atomic_yaml(world.root + p, VALUE, **o),
                "open w": partial(_open, path=path, mode="w", options=options),
                "open wb": partial(_open, path=path, mode="wb", options=options),
                "open, seek": partial(_seek, path=path, options=options),
                "path": partial(_path, path=path, options=options),
            }
            for name, run in calls.items():
                new = YAML if name == "yaml" else NEW
                target = Target(path, old, new, mode)
                found.append(Scenario(f"{name} {durability} {path}", run, (target,), durability=durability))
    return found


def _others() -> list[Scenario]:
    file = Target("/file.json", OLD, NEW, 0o640)

    def changed(api: Any, world: Any) -> None:
        api.write_atomic_bytes(world.root + "/file.json", NEW, only_if_changed=True)

    def unchanged(api: Any, world: Any) -> None:
        api.write_atomic_bytes(world.root + "/file.json", OLD, only_if_changed=True)

    def linked(api: Any, world: Any) -> None:
        api.write_atomic_bytes(world.root + "/link", NEW)

    def replacing(api: Any, world: Any) -> None:
        api.write_atomic_bytes(world.root + "/link", NEW, symlinks="replace")

    def parents(api: Any, world: Any) -> None:
        api.write_atomic_bytes(world.root + "/new/deep/x.bin", NEW, make_parents=True)

    def side(api: Any, world: Any) -> None:
        api.cap_changes({"b": 2, "a": 1}, 1, side_file=world.root + "/side.json")

    link = Target("/sub/real.bin", OLD, NEW, 0o600)
    return [
        Scenario("only_if_changed, changed", changed, (file,)),
        Scenario("only_if_changed, the same", unchanged, (Target("/file.json", OLD, OLD, 0o640),)),
        Scenario("through a link", linked, (link,), lambda w: w.special(w.root + "/link", "link", w.root + link.path)),
        Scenario("in place of a link", replacing, (Target("/link", None, NEW),)),
        Scenario("make_parents", parents, (Target("/new/deep/x.bin", None, NEW),), kind="parents"),
        Scenario("side file", side, (Target("/side.json", None, b'{"a":1,"b":2}\n'),), kind="side"),
    ]


def _has(key: str, count: int) -> Callable[[bytes], bool]:
    def check(content: bytes) -> bool:
        index = json.loads(content)
        return key in index["entries"] and len(index["entries"]) == count

    return check


INDEX = (
    b'{"entries":{"a:s":{"payload":{"n":1},"run_id":"a","seq":1,"stage":"s"}},"next_seq":2,'
    b'"schema":{"name":"sst-index","version":1}}\n'
)


def _indexes() -> list[Scenario]:
    def ready(world: Any) -> None:
        world.put(world.root + "/index.json", INDEX, 0o640)

    def upsert(api: Any, world: Any) -> None:
        api.upsert_index(world.root + "/index.json", "b", "s", {"n": 2})

    def repeat(api: Any, world: Any) -> None:
        assert api.upsert_index(world.root + "/index.json", "a", "s", {"n": 1}) == 1

    def update(api: Any, world: Any) -> None:
        api.update_index_with_lock(world.root + "/plain.json", lambda index: {**index, "new": 1})

    def snapshot(world: Any) -> None:
        world.put(world.root + "/snapshot.json", OLD)

    def latest(api: Any, world: Any) -> None:
        options = {"snapshot_path": "snapshot.json", "seq": 3}
        api.write_latest(world.root, run_id="a", stage="s", **options)

    def reading(api: Any, world: Any) -> None:
        assert api.read_index(world.root + "/index.json")["next_seq"] == 2

    def artifact(api: Any, world: Any) -> None:
        assert api.read_artifact(world.root + "/file.json")["who"] == "old"

    def lock(api: Any, world: Any) -> None:
        with api.FileLock(world.root + "/thing", timeout=1):
            pass

    kept = (Target("/index.json", INDEX, INDEX, 0o640),)
    return [
        Scenario("upsert", upsert, (Target("/index.json", INDEX, _has("b:s", 2), 0o640),), ready, kind="upsert"),
        Scenario("first upsert", upsert, (Target("/index.json", None, _has("b:s", 1)),), kind="upsert"),
        Scenario("repeated upsert", repeat, kept, ready, kind="upsert"),
        Scenario("update", update, (Target("/plain.json", None, b'{"new":1}\n'),), kind="upsert"),
        Scenario("latest", latest, (Target("/s/LATEST.json", None, _is_pointer),), snapshot, kind="latest"),
        Scenario("read_index", reading, kept, ready, reads=True, kind="upsert"),
        Scenario("read_artifact", artifact, (Target("/file.json", OLD, OLD, 0o640),), reads=True, kind="side"),
        Scenario("lock", lock, (), reads=True, kind="upsert"),
    ]


def _is_pointer(content: bytes) -> bool:
    return bool(json.loads(content)["snapshot_path"] == "snapshot.json")


def _refusals() -> list[Scenario]:
    """What must not be written, whatever `os.replace` would do."""

    def write(api: Any, world: Any) -> None:
        api.write_atomic_bytes(world.root + "/odd", NEW)

    def refuse(api: Any, world: Any) -> None:
        api.write_atomic_bytes(world.root + "/odd", NEW, symlinks="refuse")

    def upsert(api: Any, world: Any) -> None:
        api.upsert_index(world.root + "/odd", "a", "s", {})

    def number(api: Any, world: Any) -> None:
        api.write_atomic_json(world.root + "/file.json", {"a": [1.0, float("nan")]})

    def odd(kind: str) -> Callable[[Any], None]:
        return lambda world: world.special(world.root + "/odd", kind, world.root + "/file.json")

    def put(data: bytes, mode: int = 0o644) -> Callable[[Any], None]:
        return lambda world: world.put(world.root + "/odd", data, mode)

    def swapped(api: Any, world: Any) -> None:
        with api.atomic_path(world.root + "/file.json") as temp:
            world.remove_file(str(temp))
            world.special(str(temp), "link", world.root + "/file.yaml")

    def twice(api: Any, world: Any) -> None:
        with api.atomic_batch() as batch:
            batch.write_bytes(world.root + "/file.json", NEW)
            batch.write_bytes(world.root + "/file.json", NEW)

    def lock(api: Any, world: Any) -> None:
        with api.FileLock(world.root + "/odd", timeout=0):
            pass

    def planted(world: Any) -> None:
        world.special(world.root + "/odd.lock", "link", world.root + "/file.json")

    torn = put(b'{"entries":{"a:s"')
    return [
        Scenario("a FIFO", write, (), odd("fifo"), refuses=OSError),
        Scenario("a directory", write, (), lambda world: world.directory(world.root + "/odd"), refuses=OSError),
        Scenario("read-only", write, (), put(OLD, 0o444), refuses=PermissionError),
        Scenario("a link, refused", refuse, (), odd("link"), refuses=OSError),
        Scenario("a torn index", upsert, (), torn, refuses=ValueError, kind="upsert"),
        Scenario("a temp that became a link", swapped, (), refuses=OSError),
        Scenario("a batch with one target twice", twice, (), refuses=ValueError, kind="batch"),
        Scenario("a lock file that is a link", lock, (), planted, refuses=OSError, kind="upsert"),
        Scenario("a value without form", number, (), refuses=ValueError),
    ]


SCENARIOS = tuple(_refusals() + _others() + _indexes() + _writers())
