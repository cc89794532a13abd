"""What may a program do with the runtime, and what must then be true at every instant and after every crash?

A history is a list of steps on the model file system. After each change that a step makes, the ledger judges what a
process sees now, and each state that a power failure could leave behind.
"""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from .faults import Dead, Fault, Injector
from .ledger import Claim, IndexClaim, Ledger
from .model import Model
from .subject import Subject

#: where the history writes -> where the bytes end up, what stands there before, with which mode
PLACES: dict[str, tuple[str, bytes | None, int]] = {
    "/w/a.json": ("/w/a.json", b"the old a", 0o640),
    "/w/a.yaml": ("/w/a.yaml", None, 0o644),
    "/w/d/c.bin": ("/w/d/c.bin", b"the old c", 0o600),
    "/w/link.json": ("/w/d/real.json", b"the old real", 0o664),
}
INDEX = "/w/index.json"
SNAPSHOTS = ("/w/s/one.json", "/w/s/two.json")
SIDE = "/w/side.json"
DEEP = ("/w/n/m/x.json", "/w/n/y.json", "/w/d/e/z.json")
APIS = ("bytes", "text", "json", "yaml", "open", "path")


@dataclass(frozen=True)
class Step:
    """One call of the program under test."""

    kind: str
    path: str = ""
    api: str = "bytes"
    durability: str = "full"
    same: bool = False  # the content of the step before, with only_if_changed
    paths: tuple[str, ...] = ()
    number: int = 0  # which run, snapshot or deep path
    fault: tuple[int, int] | None = None  # at this call, this errno; or the process ends, before (0) or after it (-1)


@dataclass
class Outcome:
    """What a history led through."""

    crashes: int = 0
    bad: int = 0
    instants: int = 0
    faults: int = 0
    cut_short: bool = False
    violations: list[str] = field(default_factory=list)


def steps(kinds: frozenset[str]) -> st.SearchStrategy[Step]:
    """Steps of these kinds."""
    durability = st.sampled_from(("full", "full", "full", "atomic", "process"))
    number = st.integers(0, 2)
    known = {
        "write": st.builds(
            Step,
            st.just("write"),
            st.sampled_from(sorted(PLACES)),
            st.sampled_from(APIS),
            durability,
            st.booleans(),
        ),
        "exclusive": st.builds(Step, st.just("exclusive"), st.just("/w/a.yaml"), st.just("open"), durability),
        "batch": st.builds(
            Step,
            st.just("batch"),
            durability=durability,
            paths=st.lists(st.sampled_from(sorted(PLACES)), min_size=2, max_size=3, unique=True).map(tuple),
        ),
        "parents": st.builds(Step, st.just("parents"), durability=st.just("full"), number=number),
        "upsert": st.builds(Step, st.just("upsert"), durability=durability, same=st.booleans(), number=number),
        "prune": st.builds(Step, st.just("prune")),
        "latest": st.builds(Step, st.just("latest"), number=number),
        "side": st.builds(Step, st.just("side"), durability=durability),
    }
    fault = st.none() | st.none() | st.tuples(st.integers(0, 14), st.sampled_from((errno.EIO, errno.ENOSPC, 0, -1)))
    plain = st.one_of([known[kind] for kind in sorted(kinds)])
    return st.builds(lambda step, each: replace(step, fault=each), plain, fault)


def histories(kinds: frozenset[str]) -> st.SearchStrategy[list[Step]]:
    """Lists of steps: short enough that every crash state of each can be visited."""
    return st.lists(steps(kinds), min_size=1, max_size=4)


#: tried before any generated one; each stands for a way in which a protocol of this kind is known to go wrong
CLASSICS: tuple[tuple[Step, ...], ...] = (
    (Step("write", "/w/a.json"), Step("write", "/w/a.json")),
    (Step("write", "/w/link.json", "json"),),
    (Step("write", "/w/d/c.bin", "open"), Step("write", "/w/a.yaml", "path")),
    (Step("write", "/w/a.json", durability="atomic"), Step("write", "/w/a.json", same=True)),
    (Step("write", "/w/a.json", durability="process"), Step("write", "/w/a.json", same=True)),
    (Step("exclusive", "/w/a.yaml", "open"),),
    (Step("batch", paths=("/w/a.json", "/w/d/c.bin", "/w/a.yaml")),),
    (Step("batch", paths=("/w/a.json", "/w/a.yaml"), durability="atomic"),),
    (Step("parents", number=0),),
    (Step("parents", number=2), Step("parents", number=1)),
    (Step("upsert", number=0), Step("upsert", number=1), Step("prune"), Step("upsert", number=2)),
    (Step("upsert", durability="atomic"), Step("upsert", same=True)),
    (Step("upsert"), Step("upsert", same=True), Step("upsert", number=1)),
    (Step("latest", number=1), Step("latest", number=0)),
    (Step("side"),),
    *((Step("write", "/w/a.json", fault=(call, errno.EIO)), Step("write", "/w/a.json")) for call in range(16)),
)


#: an instant with more orders of unsynced names than this ends its history: unsynced writes in a row multiply
WIDEST = 400


def _fault(step: Step) -> Fault | None:
    if step.fault is None:
        return None
    call, code = step.fault
    return Fault("errno", call, code) if code > 0 else Fault("exit-after" if code else "exit-before", call)


class Play:
    """One history on one subject."""

    def __init__(self, subject: Subject, *, count_all: bool = False) -> None:
        self.subject = subject
        self.count_all = count_all  # go on after a violation, to see how many states are bad
        self.model = Model()
        self.ledger = Ledger()
        self.outcome = Outcome()
        self.counter = 0
        self.content: dict[str, bytes] = {}
        self.payloads: dict[str, dict[str, Any]] = {}
        self.numbers: list[int] = []
        self.parents_are_safe = True
        for directory in ("/w", "/w/d", "/w/s"):
            self.model.make(directory, kind="dir", mode=0o755, device=2 if directory == "/w/d" else 1)
        for place, (path, old, mode) in PLACES.items():
            if place != path:
                self.model.make(place, path.encode(), kind="link")
                self.ledger.fixed[place] = f"link {path}"
            if old is not None:
                self.model.make(path, old, mode)
            self.ledger.files[path] = Claim([None if old is None else (old, mode)])
        self.ledger.indexes[INDEX] = IndexClaim()
        self.ledger.snapshots = dict.fromkeys(SNAPSHOTS, b"")
        self.model.observer = self.judge

    def judge(self) -> None:
        """Look at the present, and at each possible future after a power failure."""
        if (self.outcome.violations and not self.count_all) or self.outcome.cut_short:
            return
        self.outcome.instants += 1
        problem = self.ledger.problem(self.model.now(), crashed=False)
        if problem:
            self.outcome.violations.append(f"seen by a process: {problem}")
        if self.model.width() > WIDEST:
            self.outcome.cut_short = True
            return
        for state in self.model.crashes():
            self.outcome.crashes += 1
            problem = self.ledger.problem(state, crashed=True)
            if problem:
                self.outcome.bad += 1
                self.outcome.violations.append(f"after a power failure: {problem}")
                if not self.count_all:
                    return

    def run(self, history: tuple[Step, ...] | list[Step]) -> Outcome:
        """All steps; the first violation ends it."""
        for step in history:
            injector = Injector(self.model, _fault(step))
            try:
                with self.subject.on(injector):
                    getattr(self, step.kind)(step)
            except Dead:
                self.model.exit(None)
            except OSError as error:
                if not injector.fired and not (step.kind == "exclusive" and isinstance(error, FileExistsError)):
                    self.outcome.violations.append(f"{step.kind} raised {error!r} although nothing is wrong")
            self.outcome.faults += injector.fired
            if self.model.files and not self.outcome.violations:
                self.outcome.violations.append("a descriptor stays open")
            self.judge()
            if (self.outcome.violations and not self.count_all) or self.outcome.cut_short:
                break
        return self.outcome

    def fresh(self) -> bytes:
        """A value that was never written before, as canonical JSON text, long enough to be torn."""
        self.counter += 1
        return json.dumps({"v": self.counter, "x": "x" * 40}, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    def doubtful(self, path: str) -> bool:
        """Did a sync of this very file or of its name fail? Then no program may rest on it; it has to write anew."""
        return self.model.is_poisoned(path)

    # -- the steps ----------------------------------------------------------------------------------------------

    def write(self, step: Step) -> None:
        path = PLACES[step.path][0]
        same = step.same and path in self.content and step.api in ("bytes", "text", "json")
        same = same and not self.doubtful(path) and (step.api != "json" or self.content[path].startswith(b"{"))
        content = self.content[path] if same else self.fresh()
        options: dict[str, Any] = {"durability": step.durability, **({"only_if_changed": True} if same else {})}
        if step.api == "yaml":
            content = f"v: {self.counter}\nx: {'x' * 40}\n".encode()
        version = self.ledger.begin(path, content, step.durability)
        self._attempt(path, version, step.durability, lambda: self._call(step, content, options))
        self.content[path] = content

    def _call(self, step: Step, content: bytes, options: dict[str, Any]) -> None:
        api, path = self.subject.api, step.path
        if step.api == "bytes":
            api.write_atomic_bytes(path, content, **options)
        elif step.api == "text":
            api.write_atomic_text(path, content.decode(), **options)
        elif step.api == "json":
            api.write_atomic_json(path, json.loads(content), **options)
        elif step.api == "yaml":
            api.write_atomic_yaml(path, {"v": self.counter, "x": "x" * 40}, **options)
        elif step.api == "open":
            with api.atomic_open(path, "wb", buffering=16, **options) as handle:
                handle.write(content[:20])
                handle.write(content[20:])
        else:
            with api.atomic_path(path, **options) as temp:
                self.model.scribble(str(temp), content)

    def _attempt(self, path: str, version: int, durability: str, call: Any) -> None:
        try:
            call()
        except OSError as error:
            if getattr(error, "committed", None) is False:
                self.ledger.refuse(path, version)
            raise
        self.ledger.acknowledge(path, version, durability)

    def exclusive(self, step: Step) -> None:
        path = step.path
        exists = path in self.model.now()
        content = self.fresh()
        version = self.ledger.begin(path, content, step.durability)

        def call() -> None:
            with self.subject.api.atomic_open(path, "xb", durability=step.durability) as handle:
                handle.write(content)

        self._attempt(path, version, step.durability, call)
        if exists:
            self.outcome.violations.append(f"{path} existed, but was written in exclusive mode")

    def batch(self, step: Step) -> None:
        targets = [(PLACES[path][0], self.fresh()) for path in step.paths]
        versions = [(path, self.ledger.begin(path, content, step.durability)) for path, content in targets]
        if step.durability == "full":
            self.ledger.batches.append(versions)
        with self.subject.api.atomic_batch(durability=step.durability) as batch:
            for path, (_, content) in zip(step.paths, targets):
                batch.write_bytes(path, content)
        for path, version in versions:
            self.ledger.acknowledge(path, version, step.durability)
        self.content.update(dict(targets))

    def parents(self, step: Step) -> None:
        path = DEEP[step.number]
        version = self.ledger.begin(path, content := self.fresh(), step.durability)
        # Directories that stand there count as durable; those of a call that did not end well may not be.
        durability, self.parents_are_safe = (step.durability if self.parents_are_safe else "atomic"), False

        def call() -> None:
            self.subject.api.write_atomic_bytes(path, content, make_parents=True, durability=step.durability)

        self._attempt(path, version, durability, call)
        self.parents_are_safe = durability == "full"

    def upsert(self, step: Step) -> None:
        run, key = f"r{step.number}", f"r{step.number}:training"
        claim = self.ledger.indexes[INDEX]
        same = step.same and key in self.payloads and not self.doubtful(INDEX)
        payload = self.payloads[key] if same else json.loads(self.fresh())
        claim.loose = claim.loose or step.durability == "process"
        before = claim.acknowledged_now.get(key)
        seq = self.subject.api.upsert_index(INDEX, run, "Training", payload, durability=step.durability)
        if before is not None and before[1] == payload:
            if seq != before[0]:
                self.outcome.violations.append(f"the same payload got number {seq} instead of {before[0]}")
        elif seq in self.numbers:
            self.outcome.violations.append(f"the number {seq} was given out twice")
        self.numbers.append(seq)
        self.payloads[key] = payload
        claim.acknowledged_now[key] = (seq, payload)
        if step.durability == "full":
            claim.loose = False
            claim.acknowledged = dict(claim.acknowledged_now)

    def prune(self, step: Step) -> None:
        claim = self.ledger.indexes[INDEX]
        if not claim.acknowledged_now:
            return
        key = max(claim.acknowledged_now, key=lambda each: claim.acknowledged_now[each][0])

        def drop(index: dict[str, Any]) -> None:
            index["entries"].pop(key, None)

        for expected in (claim.acknowledged, claim.acknowledged_now, self.payloads):
            expected.pop(key, None)
        self.subject.api.update_index_with_lock(INDEX, drop)
        claim.loose = False
        claim.acknowledged = dict(claim.acknowledged_now)

    def latest(self, step: Step) -> None:
        number = step.number % len(SNAPSHOTS)
        snapshot = SNAPSHOTS[number]
        if not self.ledger.snapshots[snapshot]:
            self.ledger.snapshots[snapshot] = content = self.fresh()
            self.model.scribble(snapshot, content)
        if self.doubtful(snapshot):
            return
        options: dict[str, Any] = {"snapshot_path": snapshot, "seq": number + 1, "cohort": "c"}
        if self.doubtful("/w/c/training/LATEST.json"):
            options["extra"] = {"attempt": self.counter}
        path = self.subject.api.write_latest("/w", run_id="r", stage="Training", **options)
        self.ledger.pointers[path] = max(number + 1, self.ledger.pointers.get(path, 0))

    def side(self, step: Step) -> None:
        changes = {f"k{each}": self.counter + each for each in range(4)}
        self.counter += 4
        content = json.dumps(changes, separators=(",", ":")).encode() + b"\n"
        version = self.ledger.begin(SIDE, content, step.durability)

        def call() -> None:
            self.subject.api.cap_changes(changes, 1, side_file=Path(SIDE), durability=step.durability)

        self._attempt(SIDE, version, step.durability, call)
