"""What did the project decide? One frozen ``Config`` for each project root, with a documented default for every key.

The fields made by ``key`` are the configuration's keys (``dict_order`` here is ``dict-order`` in TOML); everything else
about a key derives from its declaration here.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sst_lint.config.keys import (
    Choice,
    Flag,
    Helpers,
    Key,
    PathTables,
    PythonVersion,
    Strings,
    Tables,
    Text,
    TextTable,
    check_pattern,
    key,
    keys_of,
)
from sst_lint.config.patterns import matches
from sst_lint.config.python import KEEPS_KEY_ORDER, parse_version
from sst_lint.config.waivers import check_accepted, check_waiver

DEFAULT_EXCLUDE = (
    ".*/",
    ".#*",
    "__pycache__/",
    "node_modules/",
    "site-packages/",
    "venv/",
    "env/",
    "/build/",
    "/dist/",
    "*.egg-info/",
    "*.egg/",
)

#: Code that builds documentation: it tests nothing, and what it writes is read by people and compared by builds.
DOCUMENTATION = ("doc/", "docs/")
#: Copies of other projects: their defects are theirs, but what this program passes through them is its own.
COPIED = ("_vendor/", "_vendored/", "vendored/", "third_party/")

DEFAULT_TEST_PATTERNS = (
    "test/",
    "tests/",
    "_tests/",
    "test_*/",
    "*_test/",
    "testing/",
    "testsuite/",
    "testsuites/",
    "unittest/",
    "unittests/",
    "test.py",
    "tests.py",
    "test_*.py",
    "*_test.py",
    "testing.py",
    "testsuite.py",
    "unittests.py",
    "conftest.py",
    "**/features/steps/",
    "*benchmark/",
    "*benchmarks/",
    "*benchmark.py",
    "*benchmarks.py",
    "demo/",
    "demos/",
    "example/",
    "examples/",
    "example.py",
    "examples.py",
    "tutorial/",
    "tutorials/",
    *COPIED,
    *DOCUMENTATION,
)

DEFAULT_VOLATILE_FIELDS = (
    "*_at",
    "*_on",
    "*_time",
    "*_ts",
    "*_date",
    "date",
    "time",
    "timestamp",
    "*_timestamp",
    "timestamp_*",
    "datetime",
    "created",
    "updated",
    "modified",
    "generated",
    "started",
    "finished",
    "duration*",
    "*_duration*",
    "elapsed*",
    "*_elapsed*",
    "*_seconds",
    "*_ms",
    "uptime",
    "run_id",
    "job_id",
    "session_id",
    "request_id",
    "trace_id",
    "uuid",
    "pid",
    "host",
    "hostname",
    "user",
    "username",
)

_PATTERNS = Strings(check_pattern)
_NAMES = Strings()
_SEVERITIES = ("error", "warning")
_CONFIDENCES = ("high", "medium", "low")


@dataclass(frozen=True)
class Config:
    """The configuration of one project root."""

    required_version: str = key(
        Text(),
        "",
        "Versions of sst-lint that may read this configuration, like `>=0.3,<1`. Any other version stops with exit 2.",
    )

    # Which files
    include: tuple[str, ...] = key(
        _PATTERNS, ("*.py",), "Files that are checked. A file named on the command line is checked whatever its name."
    )
    scripts: bool = key(
        Flag(),
        True,
        "Programs without a suffix are checked too, wherever they stand, when their first line calls Python "
        "(`#!/usr/bin/env python3`).",
    )
    exclude: tuple[str, ...] = key(
        _PATTERNS,
        DEFAULT_EXCLUDE,
        "Files and directories that are left out, also when they are named on the command line (hooks pass names). "
        "Replaces the default list; use `extend-exclude` to add to it.",
    )
    extend_exclude: tuple[str, ...] = key(_PATTERNS, (), "More of what `exclude` holds, beside the default list.")
    respect_gitignore: bool = key(Flag(), True, "Leave out what `.gitignore` files in and above a directory ignore.")
    src: tuple[str, ...] = key(
        _NAMES,
        (),
        "Directories from which modules are imported, relative to the root. Empty: found (the root, `src`, and "
        "directories that hold top-level packages).",
    )
    config_files: tuple[str, ...] = key(
        _PATTERNS, (), "Configuration files of the program whose values the defaults in code must equal (SST503)."
    )

    # Which rules, how strict
    select: tuple[str, ...] = key(
        _NAMES,
        ("DEFAULT",),
        "Rules that are checked: codes, prefixes, names, `ALL`, or `DEFAULT` (those that are on by default).",
        per_path=True,
    )
    ignore: tuple[str, ...] = key(_NAMES, (), "Rules that are not checked.", per_path=True)
    extend_select: tuple[str, ...] = key(_NAMES, (), "Rules that are checked beside `select`.", per_path=True)
    extend_ignore: tuple[str, ...] = key(_NAMES, (), "Rules that are not checked, beside `ignore`.", per_path=True)
    severity: tuple[tuple[str, str], ...] = key(
        TextTable(words=_SEVERITIES),
        (),
        "Severity by rule code, prefix or name, in place of the one that the finding's reach gives.",
        per_path=True,
    )
    min_confidence: Literal["high", "medium", "low"] = key(
        Choice(_CONFIDENCES), "medium", "Findings that the tool is less sure of are not shown.", per_path=True
    )
    fail_on: Literal["error", "warning", "never"] = key(
        Choice(("error", "warning", "never")), "warning", "The lowest severity that makes the exit code 1."
    )

    # What the project's files, names and functions are
    artifact_patterns: tuple[str, ...] = key(
        _PATTERNS, (), "Paths of written files that are artifacts: compared, hashed, or read back.", per_path=True
    )
    state_patterns: tuple[str, ...] = key(
        _PATTERNS, (), "Paths of written files that are state: caches, indexes, settings.", per_path=True
    )
    log_patterns: tuple[str, ...] = key(
        _PATTERNS, ("*.log", "*.log.*"), "Paths of written files that are logs.", per_path=True
    )
    stable_logs: tuple[str, ...] = key(
        _PATTERNS, (), "Paths of logs that are compared between runs, so that their order counts.", per_path=True
    )
    report_patterns: tuple[str, ...] = key(
        _PATTERNS, (), "Paths of written files that only people read.", per_path=True
    )
    scratch_patterns: tuple[str, ...] = key(
        _PATTERNS, ("*.tmp", "*.temp", "*.partial", "*.bak"), "Paths of written files that may be lost.", per_path=True
    )
    test_patterns: tuple[str, ...] = key(
        _PATTERNS,
        DEFAULT_TEST_PATTERNS,
        "Source files that are tests, examples, benchmarks, documentation or copies of other projects: what they write "
        "is quiet. Replaces the default list.",
    )
    entry_points: tuple[str, ...] = key(
        _NAMES, (), "Functions that are called from outside: `pkg.cli:main`, or `pkg.jobs.*`."
    )
    helpers: str | tuple[tuple[str, str], ...] = key(
        Helpers(),
        "",
        "Where fixes find the runtime helpers: a module (`acme.io._sst`, a vendored copy, or `sst_lint.runtime` where "
        "it is a dependency), or a table from helper name to the project's own function "
        "(`write_atomic_json = 'acme.io.files:write_json(path, data)'`).",
    )
    models: tuple[dict[str, Any], ...] = key(
        Tables(), (), "What calls of further libraries mean: tables of the same schema as the files in `rules/models`."
    )
    target_version: str = key(
        PythonVersion(),
        "",
        "The oldest Python that the program runs on. Before 3.6 a mapping has no order at all, and counts like a set "
        "(SST203, SST103). Empty: what `requires-python` or the classifiers of `pyproject.toml`, `setup.cfg` or "
        "`setup.py` say; else a Python of today.",
    )
    dict_order: Literal["always", "unsorted-input-only", "off"] = key(
        Choice(("always", "unsorted-input-only", "off")),
        "always",
        "When the order of a dict counts as unreliable (SST203): always, only when it was filled in unreliable "
        "order, or never.",
        per_path=True,
    )
    volatile_fields: tuple[str, ...] = key(
        _NAMES,
        DEFAULT_VOLATILE_FIELDS,
        "Names (with `*`) of artifact fields that may hold clock, random, host and user values (SST301 to SST304).",
        per_path=True,
    )
    schema_version_fields: tuple[str, ...] = key(
        _NAMES,
        ("schema_version", "format_version", "schema", "version"),
        "Names (with `*`) of the field that carries an artifact's schema version (SST120).",
        per_path=True,
    )
    path_helpers: tuple[str, ...] = key(
        _NAMES, (), "The project's functions that build artifact paths (SST121): `acme.paths.artifact_path`."
    )
    scope_names: tuple[str, ...] = key(
        _NAMES, (), "Functions whose result is resolved metadata that must be checked before use (SST501)."
    )
    scope_guards: tuple[str, ...] = key(
        _NAMES, (), "The project's own functions that check resolved metadata, beside `require_scope` (SST501)."
    )
    metadata_parameters: tuple[str, ...] = key(
        _NAMES, (), "Names (with `*`) of parameters that hold shared metadata, never to be mutated (SST502)."
    )
    layers: tuple[str, ...] = key(
        _NAMES,
        (),
        "Modules from the highest layer to the lowest; a layer may hold several, `a | b`. A module imports only from "
        "layers below its own (SST505).",
    )

    # What a team already has
    waivers: tuple[str, ...] = key(
        Strings(check_waiver),
        (),
        "Words that waive findings in comments that the team already writes: `DETERMINISM_OK` waives every rule, "
        "`DETERMINISM_OK=SST2,SST3` those. A comment on a line of its own speaks for the next line of code.",
    )
    accept: tuple[str, ...] = key(
        Strings(check_accepted),
        (),
        "Justifications for other tools that count here too, if a reason follows them: `noqa:BLE001`, "
        "`pylint:broad-except`, `nosec:B110`; with other rules than the like ones: `noqa:E501=SST101`.",
    )
    baseline: str = key(Text(), "", "The committed baseline, relative to the root. Its findings are known, not new.")
    matrices: tuple[tuple[str, str], ...] = key(
        TextTable(names=("writes", "exceptions", "order")),
        (),
        "The committed matrices, relative to the root, which `sst-lint matrix` writes and `--check` compares.",
    )
    matrix_exclude: tuple[str, ...] = key(
        _PATTERNS, (), "Paths whose rows the matrices leave out, which they say: `tests/`. Findings are not affected."
    )
    matrix_notes: str = key(Text(), "", "The side file with the policies and notes of the matrices' rows.")

    per_path: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = key(
        PathTables(),
        (),
        "Other values for some paths: a table for each pattern. Later tables win; `extend-` lists are added up.",
    )

    # Not keys: how the configuration came to be
    sources: tuple[str, ...] = ()  #: the files that were read, relative to the root where they are below it
    notes: tuple[str, ...] = ()  #: warnings for the user
    found: tuple[str, ...] = ()  #: fields that nobody configured, and the packaging metadata tell
    pinned: tuple[str, ...] = ()  #: fields given on the command line, which per-path tables do not replace

    def for_path(self, path: str) -> Config:
        """The configuration for one file (relative to the root, POSIX)."""
        hits = tuple(index for index, (pattern, _) in enumerate(self.per_path) if matches(path, (pattern,)))
        return _merged(_Identity(self), hits) if hits else self

    @property
    def keeps_key_order(self) -> bool:
        """Whether a mapping keeps the order of its insertions on each Python that the program runs on."""
        return not self.target_version or parse_version(self.target_version) >= KEEPS_KEY_ORDER

    def severity_of(self, rule: str, name: str = "") -> str | None:
        """The severity that the configuration gives to a rule: by code before name before the longest prefix."""
        table = dict(self.severity)
        for candidate in (rule, name, *(rule[:length] for length in range(len(rule) - 1, 0, -1))):
            if candidate in table:
                return table[candidate]
        return None

    def key_digest(self) -> str:
        """A text that differs when any key differs: for caches."""
        import hashlib

        values = {each.name: getattr(self, each.field) for each in KEYS}
        text = json.dumps(values, sort_keys=True, default=str)  # sst: ignore[SST104] -- from TOML: texts are complete
        return hashlib.sha256(text.encode()).hexdigest()


class _Identity:
    """A configuration as a cache key: by identity, because models hold tables, which do not hash."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def __hash__(self) -> int:
        return id(self.config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.config is self.config


@lru_cache(maxsize=1024)
def _merged(identity: _Identity, hits: tuple[int, ...]) -> Config:
    """The configuration with the per-path tables ``hits`` laid over it, in order."""
    config = identity.config
    changes: dict[str, Any] = {}
    for index in hits:
        for field, value in config.per_path[index][1]:
            if field.startswith("extend_"):
                changes[field] = (*changes.get(field, getattr(config, field)), *value)
            elif field not in config.pinned:
                changes[field] = value
    return dataclasses.replace(config, **changes)


KEYS: tuple[Key, ...] = keys_of(Config)
