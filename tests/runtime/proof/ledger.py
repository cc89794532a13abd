"""Which contents may a path hold at this point of a history, now and after a power failure?

The ledger is told what is about to be written and what was acknowledged. It never asks the runtime.
"""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass, field
from typing import Any

from .model import State
from .subject import is_temp

Version = tuple[bytes, int] | None


@dataclass
class Claim:
    """One path: all versions ever begun, and how far back a reader may be thrown."""

    versions: list[Version]
    floor: int = 0  # after a power failure nothing older than this
    floor_now: int = 0  # without one, nothing older than this
    loose: bool = False  # an unsynced write may be found in any condition


@dataclass
class IndexClaim:
    """An index: each acknowledged entry by key, and the highest number ever given out."""

    acknowledged: dict[str, tuple[int, Any]] = field(default_factory=dict)
    acknowledged_now: dict[str, tuple[int, Any]] = field(default_factory=dict)
    loose: bool = False


@dataclass
class Ledger:
    """What was promised so far."""

    files: dict[str, Claim] = field(default_factory=dict)
    indexes: dict[str, IndexClaim] = field(default_factory=dict)
    batches: list[list[tuple[str, int]]] = field(default_factory=list)
    snapshots: dict[str, bytes] = field(default_factory=dict)  # what a pointer may lead to
    pointers: dict[str, int] = field(default_factory=dict)  # the least number that each pointer must have
    root: str = "/w"
    fixed: dict[str, str] = field(default_factory=dict)  # links and the like, which nobody may change
    _parsed: dict[bytes, Any] = field(default_factory=dict)

    def begin(self, path: str, content: bytes, durability: str, *, fresh_mode: int = 0o644) -> int:
        """`content` may appear at `path` from now on. Returns the version's number."""
        claim = self.files.setdefault(path, Claim([None]))
        modes = [version[1] for version in claim.versions if version is not None]
        claim.versions.append((content, modes[0] if modes else fresh_mode))
        claim.loose = claim.loose or durability == "process"
        return len(claim.versions) - 1

    def acknowledge(self, path: str, version: int, durability: str) -> None:
        """The writer of this version said that it succeeded."""
        claim = self.files[path]
        claim.floor_now = version
        if durability == "full":
            claim.floor, claim.loose = version, False

    def refuse(self, path: str, version: int) -> None:
        """The writer said that nothing changed: nobody may ever see this version."""
        self.files[path].versions[version] = self.files[path].versions[version - 1]

    def problem(self, state: State, *, crashed: bool) -> str | None:
        """What is wrong with this state, if anything."""
        for path, claim in self.files.items():
            if not (crashed and claim.loose):
                text = self._file(path, claim, state.get(path), crashed)
                if text:
                    return text
        for path, index in self.indexes.items():
            text = self._index(path, index, state.get(path), crashed)
            if text:
                return text
        return self._batches(state, crashed) or self._rest(state, crashed)

    @staticmethod
    def _file(path: str, claim: Claim, found: Any, crashed: bool) -> str | None:
        allowed = claim.versions[claim.floor if crashed else claim.floor_now :]
        if found in allowed:
            return None
        if found is None:
            return f"{path} is gone"
        if found in claim.versions:
            return f"{path} fell back to {found[0][:20]!r}, older than what was acknowledged"
        contents = [version[0] for version in claim.versions if version is not None]
        if found[0] in contents:
            return f"{path} has the mode {found[1]:04o}"
        return f"{path} holds {found[0][:20]!r} ({len(found[0])} bytes), which nobody wrote"

    def _index(self, path: str, claim: IndexClaim, found: Any, crashed: bool) -> str | None:
        if crashed and claim.loose:
            return None
        expected = claim.acknowledged if crashed else claim.acknowledged_now
        if found is None:
            return f"{path} is gone with {len(expected)} acknowledged entries" if expected else None
        index = self.parse(found[0])
        if type(index) is not dict or type(index.get("entries")) is not dict:
            return f"{path} is torn: {found[0][:30]!r}"
        for key, (seq, payload) in expected.items():
            entry = index["entries"].get(key)
            if entry is None or entry["seq"] < seq or (entry["seq"] == seq and entry["payload"] != payload):
                return f"{path} lost the acknowledged entry {key} with number {seq}"
        return None

    def parse(self, content: bytes) -> Any:
        """The JSON in `content`, or None."""
        if content not in self._parsed:
            try:
                self._parsed[content] = json.loads(content)
            except ValueError:
                self._parsed[content] = None
        return self._parsed[content]

    def _batches(self, state: State, crashed: bool) -> str | None:
        for batch in self.batches:
            newer = False
            for path, number in reversed(batch):
                claim = self.files[path]
                if crashed and claim.loose:
                    newer = False
                    continue
                found = state.get(path)
                is_new = found in claim.versions[number:]
                if newer and not is_new:
                    return f"{path} is old although a later file of its batch is new"
                newer = newer or (found == claim.versions[number])
        return None

    def _rest(self, state: State, crashed: bool) -> str | None:
        for path, found in state.items():
            name = posixpath.basename(path)
            if name == "LATEST.json" and found != "dir":
                pointer = self.parse(found[0])
                if type(pointer) is not dict:
                    return f"{path} is torn: {found[0][:30]!r}"
                snapshot = posixpath.join(self.root, pointer["snapshot_path"])
                held = state.get(snapshot)
                if held is None or held[0] != self.snapshots[snapshot]:
                    return f"{path} points to {snapshot}, which is {'gone' if held is None else 'torn'}"
            elif path in self.fixed:
                if found != self.fixed[path]:
                    return f"{path} is no longer {self.fixed[path]}"
            elif found != "dir" and path not in self.files and path not in self.indexes and not is_temp(name):
                if path not in self.snapshots and not name.endswith(".lock"):
                    return f"{path} should not be there"
        for path, seq in self.pointers.items():
            if path not in state or self.parse(state[path][0])["seq"] < seq:
                return f"{path} does not point to the acknowledged number {seq}"
        for path, kind in self.fixed.items():
            if not crashed and path not in state:
                return f"{path} ({kind}) is gone"
        return None
