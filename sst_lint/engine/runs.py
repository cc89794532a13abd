"""Did a run see exactly this before? Then what it found is found again, without reading or linking anything.

Exactly this: our code, the rules, the configuration, and the name and content of every file. Judging reads nothing
else; a team's own checks may, so with them nothing is taken from the store.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from sst_lint.engine.records import Judged, Prepared
from sst_lint.facts.files import KEY_BYTES
from sst_lint.facts.version import code_version
from sst_lint.findings.collect import Collected
from sst_lint.findings.records import Finding, Fix, Report
from sst_lint.source.records import Unreadable

if TYPE_CHECKING:
    from sst_lint.engine.inventory import Inventory
    from sst_lint.facts.store import Memory


@dataclass
class Run:
    """What a run found, by the keys of what it read."""

    keys: dict[str, bytes]  #: of every file
    findings: list[Finding]
    hidden: list[Finding]
    unread: list[str]
    unknown_names: list[str]
    places: dict[str, list[str]]
    encodings: dict[str, str]  #: of the files with findings


def remembered(project: Prepared, inventory: Inventory, store: Memory) -> Judged | None:
    """Return what an equal run found; None when there was none."""
    if not _usable(project):
        return None
    key = _key(project, inventory)
    body = store.get([key]).get(key)
    run = _decoded(body) if body is not None else None
    if run is None or run.keys != inventory.keys:
        return None
    texts = _texts(run, inventory)
    if texts is None:
        return None
    return Judged(
        Collected(run.findings, run.hidden),
        inventory.listed,
        frozenset(run.unread),
        project.policy,
        (),
        tuple(run.unknown_names),
        (),
        texts,
        {path: frozenset(names) for path, names in run.places.items()},
        run.encodings,
        key,
    )


def remember(judged: Judged, project: Prepared, inventory: Inventory, store: Memory) -> Judged:
    """Let the store know what was found, if another run would find the same; return it with its key."""
    if not _usable(project) or judged.problems:
        return judged
    found = judged.found
    encodings = {each.path: judged.encodings[each.path] for each in found.findings if each.path in judged.encodings}
    run = Run(
        dict(inventory.keys),
        found.findings,
        found.hidden,
        sorted(judged.unread),
        list(judged.unknown_names),
        {path: sorted(names) for path, names in judged.places.items()},
        encodings,
    )
    key = _key(project, inventory)
    with contextlib.suppress(UnicodeEncodeError):  # half of a surrogate pair in a message
        store.keep({key: msgspec.msgpack.encode(run), last_key(project): key})
    return replace(judged, key=key)


def with_fixes(report: Report, project: Prepared, judged: Judged, store: Memory) -> Report:
    """Return the report with what would mend each finding, remembered or found out."""
    if not report.reported:
        return report
    key = _key_of_fixes(report, project, judged) if judged.key else b""
    body = store.get([key]).get(key) if key else None
    fixes = _decoded_fixes(body) if body is not None else None
    if fixes is not None and len(fixes) == len(report.findings):
        findings = (replace(each, fix=fix) for each, fix in zip(report.findings, fixes))
        return replace(report, findings=tuple(findings))
    whole = _mended(report, project, store)
    if key:
        with contextlib.suppress(UnicodeEncodeError):
            store.keep({key: msgspec.msgpack.encode([each.fix for each in whole.findings])})
    store.save()
    return whole


def _mended(report: Report, project: Prepared, store: Memory) -> Report:
    """Return the report with its fixes; those of a file depend on its text and findings alone, and are remembered."""
    files = [(path, found, report.texts[path]) for path, found in report.by_file() if path in report.texts]
    here = last_key(project)
    keys = [_key_of_file(here, project, path, text, found) for path, found, text in files]
    known = store.get(key for key in keys if key)
    new: dict[bytes, bytes] = {}
    fixes: dict[Finding, Fix | None] = {}
    for key, (path, found, text) in zip(keys, files, strict=True):
        body = known.get(key)
        mended = _decoded_fixes(body) if body is not None else None
        if mended is None or len(mended) != len(found):
            from sst_lint.fixes.repair import Wishes, fixes_in

            config = project.config
            wishes = Wishes(
                False, config.helpers, config.waivers, config.accept, None, project.root, config.target_version
            )
            mended = fixes_in(path, text, found, wishes)
            with contextlib.suppress(UnicodeEncodeError):
                new |= {key: msgspec.msgpack.encode(mended)} if key else {}
        fixes.update(zip(found, mended, strict=True))
    store.keep(new)
    return report.with_fixes(fixes)


def _key_of_file(here: bytes, project: Prepared, path: str, text: str, findings: list[Finding]) -> bytes:
    """What names the fixes of one file: all that they depend on; nothing, if that cannot be written down."""
    may = True
    if project.config.helpers:
        from sst_lint.fixes.helpers import helpers_of, may_import

        may = may_import(project.root, path, helpers_of(project.config.helpers), text)
    try:
        what = msgspec.msgpack.encode((path, text, findings, may))
    except UnicodeEncodeError:
        return b""
    return hashlib.blake2b(here + b"fixes" + what, digest_size=KEY_BYTES).digest()


def _usable(project: Prepared) -> bool:
    """Whether the result of a run depends on nothing but what its key names."""
    reads_more = bool(project.own or project.config.config_files)
    return project.options.cache and not reads_more and not project.options.texts


def _key(project: Prepared, inventory: Inventory) -> bytes:
    """What names a run: all that its result depends on."""
    unreadable = (*inventory.listed.unreadable, *inventory.unreadable.values())
    files = sorted(inventory.keys.items())
    told = sorted(_told(each) for each in unreadable)
    found = hashlib.blake2b(last_key(project), digest_size=KEY_BYTES)
    found.update(ascii((inventory.listed.files, files, told)).encode())
    return found.digest()


def _key_of_fixes(report: Report, project: Prepared, judged: Judged) -> bytes:
    """What names the fixes of a report: its findings in their run, and where helpers can be imported."""
    helpers = project.config.helpers
    modules = [helpers] if isinstance(helpers, str) else sorted(name for _, name in helpers)
    tops = [name.partition(".")[0] for name in modules if name]
    places = [(project.root / above / top).is_dir() for top in tops for above in (".", "src")]
    states = [(each.fingerprint, each.reported) for each in report.findings]
    found = hashlib.blake2b(judged.key, digest_size=KEY_BYTES)
    found.update(ascii((states, places)).encode())
    return found.digest()


def _texts(run: Run, inventory: Inventory) -> Mapping[str, str] | None:
    """The texts of the files with findings; None when one of them is not what it was a moment ago."""
    texts: dict[str, str] = {}
    for path, encoding in run.encodings.items():
        content = inventory.content(path)
        if isinstance(content, Unreadable) or inventory.keys[path] != run.keys[path]:
            return None
        texts[path] = content.decode(encoding)
    return texts


def last_key(project: Prepared) -> bytes:
    """Under which key the store has the key of the last run with this code and configuration."""
    config = project.config
    found = hashlib.blake2b(code_version(), digest_size=KEY_BYTES)
    found.update(config.key_digest().encode())
    found.update(" ".join(sorted(project.options.overrides)).encode())  # they win over per-path tables
    return found.digest()


def _told(problem: Unreadable) -> tuple[str, int, int, str]:
    return (problem.path, problem.line, problem.column, problem.message)


@cache
def _decoder() -> msgspec.msgpack.Decoder[Run]:
    return msgspec.msgpack.Decoder(Run)


def _decoded(body: bytes) -> Run | None:
    try:
        return _decoder().decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None


@cache
def _fixes_decoder() -> msgspec.msgpack.Decoder[list[Fix | None]]:
    return msgspec.msgpack.Decoder(list[Fix | None])


def _decoded_fixes(body: bytes) -> list[Fix | None] | None:
    try:
        return _fixes_decoder().decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
