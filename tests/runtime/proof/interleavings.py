"""Do several processes, switched at every system call, lose, tear or repeat anything?

Each process is a thread on the model file system that runs only when the schedule gives it the turn, for one system
call at a time. The schedule comes from a seed, so that a failure can be repeated. A process may be killed anywhere.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .faults import Dead
from .model import Model
from .subject import Figures, Subject, is_temp

_MOST_TURNS = 20_000


@dataclass
class Process:
    """One simulated process."""

    name: str
    work: Callable[[], None]
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    done: bool = False
    killed: bool = False
    error: BaseException | None = None


class Turns:
    """The seam: each call waits for the turn of its process, then goes to the model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.windows = model.windows
        self.back = threading.Semaphore(0)
        self.local = threading.local()
        self._wrapped: dict[str, Callable[..., Any]] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in self._wrapped:
            real = getattr(self.model, name)

            def call(*args: Any) -> Any:
                self.pause()
                return real(*args)

            self._wrapped[name] = real if name in ("random_name", "monotonic") else call
        return self._wrapped[name]

    def pause(self) -> None:
        """Give the turn back and wait for the next one."""
        process: Process = self.local.process
        if not process.killed:
            self.back.release()
            process.turn.acquire()
        if process.killed:
            raise Dead


def run_schedule(
    subject: Subject,
    model: Model,
    works: dict[str, Callable[[], None]],
    rng: random.Random,
    *,
    kill: str = "",
    look: Callable[[], None] = lambda: None,
) -> list[Process]:
    """Run all works to their end in a random order of turns; `look` is called after each turn."""
    turns = Turns(model)
    processes = [Process(name, work) for name, work in works.items()]

    def body(process: Process) -> None:
        model.who.name = process.name
        turns.local.process = process
        try:
            turns.pause()
            process.work()
        except BaseException as error:  # noqa: BLE001 - judged by the caller
            process.error = error
        process.done = True
        turns.back.release()

    deadline = rng.randrange(1, 60) if kill else -1
    with subject.on(turns):
        threads = [threading.Thread(target=body, args=(process,), daemon=True) for process in processes]
        for thread in threads:
            thread.start()
            turns.back.acquire()
        for _ in range(_MOST_TURNS):
            alive = [process for process in processes if not process.done]
            if not alive:
                break
            process = rng.choice(alive)
            if process.name == kill:
                deadline -= 1
                process.killed = process.killed or deadline == 0
            process.turn.release()
            turns.back.acquire()
            if process.killed and process.done:
                model.exit(process.name)
            look()
        else:
            for process in alive:  # a schedule that never ends is a finding
                process.error, process.killed = TimeoutError(f"still waiting after {_MOST_TURNS} turns"), True
                process.turn.release()
    return processes


def _scene() -> Model:
    model = Model()
    model.make("/w", kind="dir", mode=0o755)
    return model


def _errors(processes: list[Process]) -> list[str]:
    return [
        f"{process.name} raised {process.error!r}"
        for process in processes
        if process.error is not None and not isinstance(process.error, Dead)
    ]


def upserts(subject: Subject, rng: random.Random, *, intruder: bool = False) -> list[str]:
    """Three processes record runs in one index, a fourth reads it, and one may be killed."""
    model, found = _scene(), []
    acknowledged: dict[str, tuple[int, int]] = {}
    numbers: list[int] = []

    model.make("/w/link.json", b"/w/i.json", kind="link")

    def writer(name: str) -> Callable[[], None]:
        # One of them comes by another name, which must lead to the same lock.
        path = "/w/link.json" if name == "c" and "write" in subject.kinds else "/w/i.json"

        def work() -> None:
            for count in range(3):
                key = f"{name}{count % 2}"
                seq = subject.api.upsert_index(path, key, "s", {"count": count}, timeout=None)
                numbers.append(seq)
                acknowledged[f"{key}:s"] = (seq, count)

        return work

    def reader() -> None:
        last = 0
        for _ in range(6):
            index = subject.api.read_index("/w/i.json")
            if index.get("entries") and index["next_seq"] < last:
                found.append("a reader saw the index go back")
            last = index.get("next_seq", 0)

    def intrude() -> None:
        """Somebody who removes the sidecar, properly: while holding the lock."""
        with subject.api.FileLock("/w/i.json", timeout=None):
            subject.seam.system.unlink("/w/i.json.lock")

    works = {name: writer(name) for name in ("a", "b", "c")}
    works["reader"] = reader
    if intruder:
        works["intruder"] = intrude
    processes = run_schedule(subject, model, works, rng, kill=rng.choice(("", "a")))
    found += _errors(processes)
    content = model.now().get("/w/i.json", (b"{}",))[0]
    try:
        index = json.loads(content)
    except ValueError:
        return [*found, f"the index is torn: {content[:30]!r}"]
    for key, (seq, count) in acknowledged.items():
        entry = index.get("entries", {}).get(key, {"seq": 0, "payload": {}})
        if entry["seq"] < seq or (entry["seq"] == seq and entry["payload"] != {"count": count}):
            found.append(f"lost: {key} with number {seq}")
    if len(set(numbers)) < len(numbers):
        found.append(f"a number was given out twice: {sorted(numbers)}")
    return found


def writers(subject: Subject, rng: random.Random) -> list[str]:
    """Two processes write `a.json`, one `a.yaml`, a fourth reads both; every instant is looked at."""
    model, found = _scene(), []
    model.make("/w/a.json", b"json old " * 5, 0o600)
    allowed = {"/w/a.json": [b"json old " * 5], "/w/a.yaml": []}

    def writer(name: str, path: str) -> Callable[[], None]:
        def work() -> None:
            for count in range(2):
                content = f"{path[5:]} {name}{count} ".encode() * 5
                allowed[path].append(content)
                subject.api.write_atomic_bytes(path, content)

        return work

    def look() -> None:
        state = model.now()
        for path, contents in allowed.items():
            if path in state and state[path][0] not in contents:
                found.append(f"{path} holds {state[path][0][:20]!r}")
            if path in state and state[path][1] != (0o600 if path == "/w/a.json" else 0o644):
                found.append(f"{path} has the mode {state[path][1]:04o}")

    works = {"a": writer("a", "/w/a.json"), "b": writer("b", "/w/a.json"), "c": writer("c", "/w/a.yaml")}
    processes = run_schedule(subject, model, works, rng, kill=rng.choice(("", "a")), look=look)
    found += _errors(processes)
    left = [path for path in model.now() if is_temp(path.rpartition("/")[2])]
    if len(left) > sum(process.killed for process in processes):
        found.append(f"left behind: {left}")
    return found[:3]


def claims(subject: Subject, rng: random.Random) -> list[str]:
    """Three processes claim one name in mode x: one gets it, and its content stays."""
    model = _scene()

    def claim(name: str) -> Callable[[], None]:
        def work() -> None:
            with subject.api.atomic_open("/w/claim", "xb") as handle:
                handle.write(name.encode() * 10)

        return work

    processes = run_schedule(subject, model, {name: claim(name) for name in "abc"}, rng)
    winners = [process.name for process in processes if process.error is None]
    wrong = [
        f"{each.name} raised {each.error!r}" for each in processes if not isinstance(each.error, FileExistsError | None)
    ]
    if len(winners) != 1 or model.now()["/w/claim"][0] != winners[0].encode() * 10:
        wrong.append(f"claimed by {winners}, holds {model.now().get('/w/claim')}")
    return wrong


def directories(subject: Subject, rng: random.Random) -> list[str]:
    """Three processes write into the same new directory, which each of them may be the one to make."""
    model = _scene()

    def write(name: str) -> Callable[[], None]:
        return lambda: subject.api.write_atomic_bytes(f"/w/n/m/{name}", name.encode() * 9, make_parents=True)

    processes = run_schedule(subject, model, {name: write(name) for name in "abc"}, rng)
    found = {path[-1]: held[0] for path, held in model.now().items() if held != "dir"}
    wrong = [] if found == {name: name.encode() * 9 for name in "abc"} else [f"found {found}"]
    return _errors(processes) + wrong


def run_interleavings(subject: Subject, *, start: int, schedules: int, stop_early: bool = False) -> Figures:
    """So many schedules of each scene that the subject can play."""
    figures = Figures("interleavings")
    scenes: list[Callable[[Subject, random.Random], list[str]]] = []
    if "write" in subject.kinds:
        scenes.append(writers)
    if "upsert" in subject.kinds:
        scenes.append(upserts)
    if "exclusive" in subject.kinds:
        scenes += [claims, directories, lambda each, rng: upserts(each, rng, intruder=True)]
    for number in range(schedules):
        for scene in scenes:
            figures.cases += 1
            problems = scene(subject, random.Random(start + number))
            figures.violations += [f"schedule {start + number}: {problem}" for problem in problems]
            if problems and stop_early:
                return figures
    return figures
