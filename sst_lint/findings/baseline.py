"""Which findings did the team accept when it switched the gate on, and which are new since?

A baseline is a text file for git: a line that names the format, then one entry a line, sorted, without line numbers or
dates. An entry names a finding by content (path, function, rule, snippet, number among equal ones), so that moved lines
change nothing, two branches merge, and one finding cannot be swapped for another.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sst_lint.catalogue.select import ALWAYS
from sst_lint.findings.policy import Policy
from sst_lint.findings.records import BaselineState, Finding, Stock
from sst_lint.source.records import Source

FORMAT = 1
MARK = "sst-lint-baseline"  #: the key of the first line
DEFAULT_FILE = "sst-baseline.jsonl"

_CONFLICT = ("<<<<<<< ", "||||||| ", "=======", ">>>>>>> ")

#: path, function, rule, snippet
Key = tuple[str, str, str, str]


class BaselineError(Exception):
    """The baseline cannot be used; the message is one line that names the file and says what to do."""


@dataclass(frozen=True, order=True)
class Entry:
    """One accepted finding; the order of fields is the order of the file."""

    path: str
    function: str
    rule: str
    snippet: str
    occurrence: int  #: 0-based, among entries that are equal otherwise

    @property
    def key(self) -> Key:
        """What names the finding, but for equal ones."""
        return (self.path, self.function, self.rule, self.snippet)


@dataclass(frozen=True)
class Baseline:
    """What stands in a baseline file."""

    file: str  #: as it was named
    entries: tuple[Entry, ...] = ()  #: sorted
    notes: tuple[str, ...] = ()  #: what is odd in the file, and harmless


@dataclass(frozen=True)
class Compared:
    """The findings of a run, each with its state, and what became of the entries."""

    findings: tuple[Finding, ...]
    moved: tuple[tuple[Entry, Entry], ...]  #: (as in the file, as it is named now)
    fixed: tuple[Entry, ...]
    kept: tuple[Entry, ...]  #: cannot be judged in this run

    def entries(self, new: bool) -> tuple[Entry, ...]:
        """What the baseline would hold if it were written now: with the ``new`` findings, or without."""
        accepted = [each for each in self.findings if each.baselined or (new and each.baseline == "new")]
        return entries_of(accepted, self.kept)

    def notes(self, file: str) -> tuple[str, ...]:
        """What a person should know about the baseline ``file`` after this comparison."""
        said = []
        if self.fixed:
            entries = (
                "1 entry has no finding any more"
                if len(self.fixed) == 1
                else (f"{len(self.fixed):,} entries have no finding any more")
            )
            said.append(f"{file}: {entries}; `sst-lint baseline prune` makes it smaller")
        if self.moved:
            old, new = self.moved[0]
            more = f" and {len(self.moved) - 1:,} more" if len(self.moved) > 1 else ""
            said.append(
                f"{file}: {_place(old)} is {_place(new)} now{more}; `sst-lint baseline prune` writes the new names"
            )
        return tuple(said)


def _place(entry: Entry) -> str:
    return f"{entry.path} {entry.function}".rstrip()


def stock_of(baseline: Baseline, compared: Compared) -> Stock:
    """Return the figures of a comparison."""
    states = Counter(each.baseline for each in compared.findings)
    return Stock(baseline.file, states["known"], states["moved"], len(compared.fixed), len(compared.kept))


def entries_of(findings: Iterable[Finding], kept: Iterable[Entry] = ()) -> tuple[Entry, ...]:
    """Return the entries of the findings that can be accepted, and the ``kept`` ones, numbered and sorted."""
    keys = [each.key for each in kept]
    keys += [each.key for each in findings if each.suppressed is None and each.rule != ALWAYS]
    counts = Counter(keys)
    return tuple(sorted(Entry(*key, number) for key, total in counts.items() for number in range(total)))


def render(entries: Iterable[Entry]) -> str:
    """Return the text of a baseline file, the same for the same entries in any order."""
    lines = [json.dumps({MARK: FORMAT})]
    lines += [json.dumps(dataclasses.asdict(entry)) for entry in sorted(set(entries))]
    return "\n".join(lines) + "\n"


def load(path: Path, name: str) -> Baseline:
    """Read the baseline at ``path``; ``name`` is what messages call it. Raises ``BaselineError``."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise BaselineError(f"{name}: no such baseline; `sst-lint baseline create` writes one") from None
    except OSError as error:
        raise BaselineError(f"{name}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BaselineError(f"{name}: is no baseline: it is not UTF-8") from None
    return parse(text, name)


def refuse_newer(path: Path, name: str) -> None:
    """Raise ``BaselineError`` when the file at ``path`` has a format that only a newer version knows."""
    with path.open("rb") as stream:
        found = _object(stream.readline(1000).decode("utf-8", "replace").removeprefix("\ufeff"))
    version = found.get(MARK) if found is not None else None
    if isinstance(version, int) and version > FORMAT:
        raise BaselineError(_newer(name, version))


def _newer(name: str, version: int) -> str:
    return f"{name}: has format {version}, and this sst-lint knows {FORMAT}: use the version that wrote it"


def parse(text: str, name: str) -> Baseline:
    """Return what the text of a baseline file says. Raises ``BaselineError``."""
    lines = [line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")]
    for number, line in enumerate(lines, start=1):
        if line.startswith(_CONFLICT):
            raise BaselineError(
                f"{name}:{number}: a merge conflict is not resolved; keep the lines of both sides without the markers, "
                "then `sst-lint baseline update`"
            )
    _check_format(lines[0], name)
    seen: dict[Entry, int] = {}
    notes: list[str] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        entry = _entry(line, f"{name}:{number}")
        if entry in seen:
            notes.append(
                f"{name}:{number}: the entry of line {seen[entry]} again, counted once; `sst-lint baseline prune` "
                "takes it out"
            )
        seen.setdefault(entry, number)
    return Baseline(name, tuple(sorted(seen)), tuple(notes))


def _check_format(line: str, name: str) -> None:
    found = _object(line)
    version = found.get(MARK) if found is not None else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise BaselineError(f'{name}: is no baseline: its first line is not {{"{MARK}": {FORMAT}}}')
    if version > FORMAT:
        raise BaselineError(_newer(name, version))
    if version != FORMAT:
        raise BaselineError(f"{name}: has the unknown format {version}")


def _entry(line: str, where: str) -> Entry:
    found = _object(line)
    if found is None:
        raise BaselineError(f"{where}: is no entry of a baseline (a JSON object on one line)")
    for field in dataclasses.fields(Entry):
        value, kind = found.pop(field.name, None), int if field.name == "occurrence" else str
        if type(value) is not kind:
            raise BaselineError(f"{where}: the entry has no `{field.name}`, or one that is no {_KINDS[kind]}")
    if found:
        raise BaselineError(f"{where}: the entry has the unknown key `{min(found)}`")
    return Entry(**json.loads(line))


_KINDS: dict[type, str] = {int: "number", str: "string"}


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@dataclass(frozen=True)
class Today:
    """What a run over the whole project saw, as far as a baseline needs it."""

    findings: Sequence[Finding]
    hidden: Sequence[Finding]  #: too unsure to be shown
    places: Mapping[str, Set[str]]  #: each file with the functions in it
    unread: Set[str]  #: files that were not, or not fully, understood
    policy: Policy


def today(
    findings: Sequence[Finding],
    hidden: Sequence[Finding],
    sources: Iterable[Source],
    unread: Iterable[str],
    policy: Policy,
) -> Today:
    """Return what a baseline is compared with."""
    places = {source.path: frozenset(unit.qualname for unit in source.units) for source in sources}
    return Today(findings, hidden, places, frozenset(unread), policy)


def compare(baseline: Baseline, now: Today) -> Compared:
    """Tell known, moved and new findings apart, and fixed entries from those that this run cannot judge."""
    left = Counter(entry.key for entry in baseline.entries)
    states: dict[int, BaselineState] = {}
    open_ = [n for n, each in enumerate(now.findings) if each.suppressed is None and each.rule != ALWAYS]
    for number in open_:
        if _take(left, now.findings[number].key):
            states[number] = "known"
    for number in open_:  # a rule that came later names the same defect
        finding = now.findings[number]
        weaker = [(finding.path, finding.function, rule, finding.snippet) for rule in finding.also]
        if number not in states and any(_take(left, key) for key in weaker):
            states[number] = "known"
    hidden = [each.key for each in now.hidden if each.suppressed is None and _take(left, each.key)]
    unjudged = [key for key in left.elements() if not _judged(key, now)]
    gone = _Gone(sorted((left - Counter(unjudged)).elements()), baseline, now)
    moved: list[tuple[Entry, Entry]] = []
    for number in open_:
        if number in states:
            continue
        finding = now.findings[number]
        old = gone.claim(finding)
        states[number] = "new" if old is None else "moved"
        if old is not None:
            moved.append((Entry(*old, 0), Entry(*finding.key, 0)))
    findings = [
        dataclasses.replace(each, baseline=states[n]) if n in states else each for n, each in enumerate(now.findings)
    ]
    return Compared(tuple(findings), tuple(moved), _numbered(gone.rest()), _numbered([*hidden, *unjudged]))


def _take(left: Counter[Key], key: Key) -> bool:
    """Use up one entry for ``key``, if there is one."""
    if left[key] <= 0:
        return False
    left[key] -= 1
    return True


def _judged(key: Key, now: Today) -> bool:
    """Whether this run looked for what the entry names: its file was understood, or is gone, and its rule is on."""
    path, _, rule, _ = key
    return path not in now.unread and rule in now.policy.enabled(path)


class _Gone:
    """Entries whose finding is not where it was: fixed, unless a finding claims one under a new name."""

    def __init__(self, keys: Iterable[Key], baseline: Baseline, now: Today) -> None:
        self._places = now.places
        self._inhabited = {(entry.path, entry.function) for entry in baseline.entries}
        self._by_content: dict[tuple[str, str], list[Key]] = {}
        for key in keys:
            self._by_content.setdefault(key[2:], []).append(key)

    def claim(self, finding: Finding) -> Key | None:
        """Take out the entry that names the finding by a name that its function, or its file, had before.

        The old place must be no more, and the new one must have been without findings: else it is another finding.
        """
        if (finding.path, finding.function) in self._inhabited:
            return None
        candidates = self._by_content.get((finding.rule, finding.snippet), [])
        for key in candidates:
            if self._renamed(key, finding):
                candidates.remove(key)
                return key
        return None

    def _renamed(self, key: Key, finding: Finding) -> bool:
        path, function, _, _ = key
        if path not in self._places:
            return function == finding.function
        both = bool(function) and bool(finding.function)
        return path == finding.path and both and function not in self._places[path]

    def rest(self) -> list[Key]:
        """Return what nobody claimed."""
        return [key for keys in self._by_content.values() for key in keys]


def _numbered(keys: Iterable[Key]) -> tuple[Entry, ...]:
    return tuple(sorted(Entry(*key, n) for key, total in Counter(keys).items() for n in range(total)))
