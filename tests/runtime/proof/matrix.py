"""Does every call keep its promise under every single fault?

First a call runs undisturbed, and its system calls are counted. Then it runs once for each of them and each effect.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from typing import Any

from .faults import ENDINGS, ERRNOS, WRITES, Dead, Fault, Injector
from .scenarios import OLD, SCENARIOS, Scenario, Target
from .subject import Figures, Subject, is_temp

#: what stands beside each target and must stay: somebody else's temp with the very name that comes first, a neighbor
BYSTANDERS = ("/.sst-0000000000000001.tmp", "/file.yaml", "/sub/.sst-0000000000000001.tmp")
STAGES = {
    "fsync": ("fsync", "fsync-directory", "parents", "target"),
    "replace": ("replace",),
    "link": ("replace",),
    "write": ("write",),
    "mkdir": ("parents",),
    "chmod": ("mode",),
}


class Case:
    """One scenario with one fault in one world."""

    def __init__(self, subject: Subject, scenario: Scenario, world: Any, fault: Fault | None) -> None:
        self.subject = subject
        self.scenario = scenario
        self.world = world
        self.fault = fault
        self.injector = Injector(world.system, fault)
        self.error: BaseException | None = None
        world.directory(world.root + "/sub")
        world.put(world.root + "/file.json", OLD, 0o640)
        world.put(world.root + "/sub/other.bin", OLD, 0o600)
        world.put(world.root + "/sub/real.bin", OLD, 0o600)
        for path in BYSTANDERS:
            world.put(world.root + path, b"somebody else's")
        scenario.prepare(world)
        self.before = {path: world.get(path) for path in world.everything()}
        self.widened: set[str] = set()
        if world.root == "/w" and world.modes and scenario.targets:
            self._watch_modes(world.system)

    def _watch_modes(self, model: Any) -> None:
        """No temp may ever give a right that its target does not give."""
        given = 0
        for target in self.scenario.targets:
            given |= target.mode
        known = len(model.inodes)

        def look() -> None:
            for number, inode in model.inodes.items():
                if number > known and inode.kind == "file" and inode.mode & ~given and self.scenario.kind == "write":
                    self.widened.add(f"a temp had the mode {inode.mode:04o} for a moment")

        model.observer = look

    def run(self) -> Iterator[str]:
        """Make the call; yield what is wrong afterwards."""
        try:
            with self.subject.on(self.injector):
                self.scenario.run(self.subject.api, self.world)
        except (OSError, ValueError, TypeError, RuntimeError, KeyboardInterrupt, Dead) as error:
            self.error = error
        self.world.exit(list(self.injector.descriptors) if self.injector.dead else [])
        yield from self.injector.wrongs
        yield from sorted(self.widened)
        states = [self._state(target) for target in self.scenario.targets]
        # A kernel that claims more than it wrote is found out by the size, which says nothing after going back.
        lied = self.fault is not None and self.fault.effect == "lie" and "seek" in self.scenario.name
        if "torn" in states and not lied:
            yield f"a target holds neither the old nor the new content: {states}"
        yield from self._modes(states)
        yield from self._batch_order() if self.scenario.kind == "batch" else ()
        yield from self._surroundings()
        yield from self._verdict(states)
        if not self.scenario.refuses:
            yield from self._recovery(states)

    def _state(self, target: Target) -> str:
        found = self.world.get(self.world.root + target.path)
        if found is None:
            return "old" if target.old is None else "torn"
        if not isinstance(found, tuple):
            return "torn"
        if found[0] == target.old == target.new:
            return "same"
        if found[0] == target.old:
            return "old"
        try:
            return "new" if target.is_new(found[0]) else "torn"
        except (ValueError, KeyError, TypeError):
            return "torn"

    def _modes(self, states: list[str]) -> Iterator[str]:
        for target, state in zip(self.scenario.targets, states):
            found = self.world.get(self.world.root + target.path)
            if state == "new" and self.world.modes and found[1] != target.mode:
                yield f"{target.path} has the mode {found[1]:04o} instead of {target.mode:04o}"

    def _surroundings(self) -> Iterator[str]:
        own = {self.world.root + target.path for target in self.scenario.targets}
        for path, content in self.before.items():
            if path not in own and self.world.get(path) != content and not self._is_unlucky(path):
                yield f"{path} was changed"
        may_stay = self.injector.dead or self.injector.struck == "unlink"
        for path in sorted(self.world.everything() - set(self.before) - own):
            name = path.rpartition("/")[2]
            if not (name.endswith(".lock") or (is_temp(name) and may_stay) or self.world.get(path) == "dir"):
                yield f"{path} was left behind"
        # Between the kernel's answer and the assignment, and before the kernel's part in closing, an interrupt wins.
        may_leak = self._interrupted() and self.injector.struck in ("open", "open_directory", "close")
        if len(self.injector.descriptors) > may_leak and not self.injector.dead:
            yield f"left open: {sorted(self.injector.descriptors.values())}"

    def _interrupted(self) -> bool:
        return self.fault is not None and self.fault.effect.startswith("interrupt")

    def _is_unlucky(self, path: str) -> bool:
        """Ctrl-C while a name is tried that is taken: only here does the call not know whether the temp is its own.

        With 64 random bits that takes a collision first; the other order of work would leave a temp at every Ctrl-C.
        """
        return self._interrupted() and self.injector.struck == "open" and is_temp(path.rpartition("/")[2])

    def _verdict(self, states: list[str]) -> Iterator[str]:
        error, fault = self.error, self.fault
        if self.scenario.refuses:
            if not isinstance(error, (self.scenario.refuses, Dead, KeyboardInterrupt)) and not self._is_injected():
                yield f"was to be refused, but {error!r}"
            return
        if error is None:
            if "old" in states:
                yield f"returned, but the files are {states}"
            if fault is not None and fault.effect == "lie" and "seek" not in self.scenario.name:
                yield "returned although bytes are missing"
            if fault is not None and fault.effect == "errno" and self._must_raise():
                yield f"returned although {self.injector.struck} failed"
            return
        if fault is None or fault.effect in ("short", "byte", "sharing"):
            yield f"raised {error!r} although nothing is wrong"
            return
        if isinstance(error, (Dead, KeyboardInterrupt)):
            return
        if not isinstance(error, OSError):
            yield f"raised {error!r}, which is no OSError"
            return
        yield from self._writer_error(error, states)

    def _is_injected(self) -> bool:
        """The fault may win over the refusal."""
        return self.fault is not None and isinstance(self.error, OSError)

    def _must_raise(self) -> bool:
        struck = self.injector.struck
        if struck == "close":
            return self.injector.struck_file and not self.scenario.reads and self._wrote()
        if struck == "write" and self.fault is not None and self.fault.code == errno.EINTR:
            return False  # nothing was written, and Python's buffers try again
        return struck in ("fsync", "write", "replace", "link", "rename", "mkdir", "truncate")

    def _wrote(self) -> bool:
        """Was the descriptor whose closing failed one that had been written to? Locks and readers were not."""
        calls = self.injector.calls[: self.fault.call if self.fault else 0]
        return "write" in calls[-3:] and "replace" not in calls

    def _writer_error(self, error: OSError, states: list[str]) -> Iterator[str]:
        committed = getattr(error, "committed", None)
        if committed is None:
            if self.scenario.kind in ("write", "exclusive", "batch", "side") and not self.scenario.reads:
                yield f"raised {error!r} instead of an AtomicWriteError"
            return
        if self.fault is not None and self.fault.code and error.errno != self.fault.code:
            yield f"reports errno {error.errno} instead of {self.fault.code}"
        if not error.filename or not error.stage:  # type: ignore[attr-defined]
            yield "the error names no file or no stage"
        allowed = STAGES.get(self.injector.struck) if self.fault is not None and self.fault.code else None
        if allowed and error.stage not in allowed:  # type: ignore[attr-defined]
            yield f"{self.injector.struck} failed, and the error speaks of {error.stage}"  # type: ignore[attr-defined]
        if self.scenario.kind != "batch":
            if committed and "old" in states:
                yield "says that the new content is in place, and it is not"
            if not committed and "new" in states:
                yield "says that the target is unchanged, and it is not"

    def _batch_order(self) -> Iterator[str]:
        """All contents are synced before the first name changes: until then an error leaves every file as it was."""
        labels = self.injector.labels
        if "replace" in labels and {"write", "fsync"} & set(labels[labels.index("replace") :]):
            yield "a file of the batch was still to be written or synced when another one was renamed"

    def _recovery(self, states: list[str]) -> Iterator[str]:
        """Whatever happened, the next undisturbed call succeeds: no lock is stuck, no leftover in the way."""
        if "new" in states and not self.scenario.again:
            return
        self.injector.fault, self.injector.dead = None, False
        self.injector.failed_syncs.clear()
        try:
            with self.subject.on(self.injector):
                self.scenario.run(self.subject.api, self.world)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            yield f"the next call fails: {error!r}"
            return
        for target in self.scenario.targets:
            if self._state(target) not in ("new", "same"):
                yield f"the next call leaves {target.path} {self._state(target)}"


def faults(calls: list[str], *, windows: bool, errnos: tuple[int, ...]) -> Iterator[Fault]:
    """Every fault for a call that makes these system calls."""
    for number, name in enumerate(calls):
        for code in errnos:
            yield Fault("errno", number, code)
        for effect in (*ENDINGS, *(WRITES if name == "write" else ())):
            yield Fault(effect, number)
        if windows and name in ("replace", "rename"):
            yield Fault("sharing", number)


def run_matrix(
    subject: Subject,
    world: Callable[[], Any],
    *,
    errnos: tuple[int, ...] = ERRNOS,
    every: int = 1,
    stop_early: bool = False,
    scenarios: tuple[Scenario, ...] = SCENARIOS,
) -> Figures:
    """All scenarios that the subject offers, with every fault (or each `every`th of them)."""
    figures = Figures("fault matrix")
    for scenario in scenarios:
        if scenario.kind not in subject.kinds:
            continue
        count = 0
        for label, case in _cases(subject, scenario, world, errnos, every):
            count += 1
            figures.cases += 1
            problems = list(case.run())
            if case.fault is not None and case.injector.fired != 1:
                problems.append(f"the fault struck {case.injector.fired} times")
            figures.violations += [f"{scenario.name}, {label}: {problem}" for problem in problems]
            case.world.remove()
            if figures.violations and stop_early:
                return figures
        assert count > 1 or scenario.refuses is ValueError, f"{scenario.name} makes no system call"
    return figures


def _cases(
    subject: Subject, scenario: Scenario, world: Callable[[], Any], errnos: tuple[int, ...], every: int
) -> Iterator[tuple[str, Case]]:
    first = Case(subject, scenario, world(), None)
    yield "undisturbed", first
    calls = first.calls if hasattr(first, "calls") else _first_calls(subject, scenario, world)
    for number, fault in enumerate(faults(calls, windows=first.injector.windows, errnos=errnos)):
        if number % every == 0:
            yield f"{fault} ({calls[fault.call]})", Case(subject, scenario, world(), fault)


def _first_calls(subject: Subject, scenario: Scenario, world: Callable[[], Any]) -> list[str]:
    """The system calls of one undisturbed run, without the second call that follows in `Case.run`."""
    case = Case(subject, scenario, world(), None)
    try:
        with subject.on(case.injector):
            scenario.run(subject.api, case.world)
    except (OSError, ValueError):
        pass
    case.world.remove()
    return list(case.injector.calls)


def summary(figures: Figures) -> str:
    """For a failing test: the first few violations."""
    return json.dumps(figures.violations[:10], indent=1)
