"""What does a write produce? artifact, state, log, lock, temp, report, scratch, test, console, remote, or unknown.

Decided by configured patterns, by literals in the path, by names on the way to it, by the format of what is written,
by the role of the file and function that writes. The strongest evidence wins and is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from sst_lint.config import Config
from sst_lint.config.config import COPIED, DOCUMENTATION
from sst_lint.config.patterns import matches
from sst_lint.flow.evidence import Evidence
from sst_lint.flow.path_parts import has_suffix

ArtifactKind = Literal[
    "artifact",
    "state",
    "log",
    "lock",
    "temp",
    "report",
    "scratch",
    "test",
    "console",
    "remote",
    "argument",
    "unknown",
    "stable-log",
]

_SUFFIXES: tuple[tuple[str, ArtifactKind], ...] = (
    (r"\.(tmp|temp|part|partial|swp|download|incomplete|staging)\d*$", "temp"),
    (r"\.te?mp\.[^/]+$", "temp"),
    (r"\.(lock|pid|lck|sock)$", "lock"),
    (r"\.log$", "log"),
    (r"\.(md|markdown|rst)$", "report"),
    (
        r"\.(json|jsonl|ndjson|ya?ml|toml|csv|tsv|parquet|feather|arrow|orc|pkl|pickle|joblib|npy|npz|pth?|ckpt|safetensors"
        r"|h5|hdf5|onnx|pb|bin|model|sqlite3?|db|zip|tar|gz|tgz|bz2|xz|whl|xml|proto|avro|msgpack|geojson|nc|zarr|tif+"
        r"|mat|fits?|gpkg|shp|dcm|nii|mtx|rds|rdata|dta|gguf|tfrecords?|bam|vcf|fasta|fastq|gff3?|sha\d+|md5"
        r"|ecsv|asdf|h5ad|hdf|nc4|loom|las|laz|fna|faa|cram|bcf|nwk)$",
        "artifact",
    ),
    (r"\.(ini|cfg|conf|config|properties|env|rc)$", "state"),
)
_WORDS: tuple[tuple[frozenset[str], ArtifactKind], ...] = (
    (
        frozenset(
            [
                "tmp",
                "temp",
                "temporary",
                "tempfile",
                "tempdir",
                "tmpdir",
                "tmpfile",
                "scratch",
                "staging",
                "partial",
                "tmpname",
                "tmppath",
                "temppath",
                "tempname",
                "tmpfilename",
                "tempfilename",
                "mkstemp",
            ]
        ),
        "temp",
    ),
    (frozenset(["devnull", "stdout", "stderr", "stdin", "tty", "console", "terminal"]), "console"),
    (frozenset(["lock", "lockfile", "pidfile", "pid", "mutex"]), "lock"),
    (frozenset(["log", "logs", "logfile", "logging", "logdir", "trace", "debug"]), "log"),
    (frozenset(["report", "reports", "summary", "readme", "changelog"]), "report"),
    (
        frozenset(
            [
                "manifest",
                "checkpoint",
                "ckpt",
                "metrics",
                "model",
                "models",
                "artifact",
                "artifacts",
                "snapshot",
                "metadata",
                "results",
                "predictions",
                "dataset",
                "weights",
                "features",
                "schema",
                "state_dict",
                "embeddings",
            ]
        ),
        "artifact",
    ),
    (
        frozenset(
            [
                "config",
                "cfg",
                "settings",
                "cache",
                "cachedir",
                "state",
                "index",
                "history",
                "registry",
                "preferences",
                "userfile",
                "database",
            ]
        ),
        "state",
    ),
)
_STRUCTURED = frozenset({"json", "yaml", "pickle", "toml", "csv", "npy", "parquet", "xml", "msgpack", "hdf5", "torch"})
#: They hold the paths of whatever files: `settings.report_path` is no settings file.
_OPTIONS = frozenset({"config", "cfg", "settings", "preferences"})
#: A directory of models holds other files, too.
_DIRECTORIES = frozenset({"dir", "directory", "folder", "dirname"})
#: Names further away from the path than this say nothing of it.
_NEAR = 6
#: What is said of a path by its end, and where it is one of several.
_ENDS, _MAY_END = "path ends in", "path may end in"
#: Of them nothing is reported, so it must be certain that the path is one.
_PASSED_OVER = frozenset({"log", "lock", "report"})
#: Data of tests, where the path is written down right there.
_OF_TESTS = re.compile(r"(\./)?tests?/")
_WRITTEN_OUT = 3
_PACKAGE_LOCKS = frozenset(
    "poetry.lock pipfile.lock uv.lock pdm.lock cargo.lock yarn.lock composer.lock gemfile.lock flake.lock conda.lock "
    "pylock.toml requirements.lock dvc.lock conan.lock pixi.lock".split()
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Kind:
    """A verdict on a write's target, why, and how sure (``literal`` evidence is surer than names)."""

    kind: ArtifactKind
    why: str
    literal: bool
    declared: bool = False  #: by the configuration


def words(name: str) -> frozenset[str]:
    """The lower-case words of an identifier, and the identifier itself."""
    return frozenset({w.lower() for w in _WORD.findall(name)} | {name.lower()})


def is_test_path(path: str, config: Config) -> bool:
    """Whether a file is a test, an example, a benchmark, or a copy of another project's."""
    return _is_test(path, config.test_patterns)


@lru_cache(maxsize=4096)
def _is_test(path: str, patterns: tuple[str, ...]) -> bool:
    return matches(path, patterns)


def is_documentation_path(path: str, config: Config) -> bool:
    """Whether a file is quiet only because it builds the documentation: its tables and lists are compared."""
    others = tuple(p for p in config.test_patterns if p not in DOCUMENTATION)
    return is_test_path(path, config) and not _is_test(path, others)


def is_copied_path(path: str, config: Config) -> bool:
    """Whether a file is quiet only because it is a copy of another project's."""
    others = tuple(p for p in config.test_patterns if p not in COPIED)
    return is_test_path(path, config) and not _is_test(path, others)


def classify(
    evidence: Evidence,
    formats: tuple[str, ...],
    path: str,
    config: Config,
    shapes: Iterable[str] = (),
    directory: bool = False,
) -> Kind:
    """The kind of what is written. ``formats``: how its content is rendered; ``path``: the file that holds the
    write; ``shapes``: whole paths as far as they are written down, for patterns that name directories; ``directory``:
    it may be a directory itself."""
    configured = _by_patterns(evidence, shapes, config.for_path(path))
    if configured is not None:
        return configured
    if evidence.temporary:
        return Kind("temp", "a new temporary file", True)
    if evidence.steps <= _WRITTEN_OUT and evidence.texts[:1] and _OF_TESTS.match(evidence.texts[0]):
        return Kind("test", f"below {_shown(evidence.texts[0])}", True)
    for text in evidence.texts:
        found = _by_text(text)
        if found is not None and found.kind in _PASSED_OVER and text in evidence.either:
            continue
        if found is not None and (text == evidence.last or not evidence.last or found.kind in ("temp", "console")):
            if found.kind == "artifact" and _stronger_name(evidence):
                break
            if text in evidence.either:  # one of several: it may be any of them
                return replace(found, why=found.why.replace(_ENDS, _MAY_END), literal=False)
            return found
    for text in evidence.texts[:2]:
        for part in text.split("/"):
            found = _by_name(part) if part.isidentifier() and text not in evidence.either else None
            if found is not None and found.kind in ("temp", "log", "console"):
                return Kind(found.kind, f"{'named' if part == text else 'below'} {_shown(part)}", True)
    for name in evidence.names[:_NEAR]:
        found = _by_name(name)
        if found is not None and found.kind in ("temp", "lock", "log", "console"):
            if found.kind not in _PASSED_OVER or name not in evidence.either:
                return found
    if is_documentation_path(path, config):
        return Kind("report", "written by code of the documentation", True)
    if is_test_path(path, config):
        return Kind("test", "written by test code", True)
    if evidence.argument:
        named = next((t for t in evidence.texts[:1] if has_suffix(t)), "")
        if not named:
            return Kind("argument", "a path that the user names", False)
    structured = [f for f in formats if f in _STRUCTURED]
    if structured:
        return Kind("artifact", f"{min(structured)} content", True)
    for text in (evidence.last,) if evidence.last else evidence.texts[:_NEAR]:
        if has_suffix(text) and "://" not in text:
            return Kind("unknown", f"named {_shown(text)}", True)
        if text.startswith("/") and text.strip("/"):
            break  # what was before it is the directory
    for name in evidence.names[:_NEAR]:
        found = _by_name(name)
        if found is None or (name in evidence.owners and words(name) & _OPTIONS):
            continue
        if directory or not (found.kind in ("artifact", "state") and words(name) & _DIRECTORIES):
            return found
    return Kind("unknown", "", False)


def by_handle_name(name: str) -> Kind | None:
    """What the name of an open file says: a log, a lock, the terminal."""
    found = _by_name(name)
    return found if found is not None and found.kind in ("log", "lock", "console", "temp") else None


def _stronger_name(evidence: Evidence) -> bool:
    """Whether the nearest name says temporary or lock although a suffix looks like an artifact's."""
    for name in evidence.names[:2]:
        found = _by_name(name)
        if found is not None and found.kind in ("temp", "lock"):
            return True
    return False


def names_directories(config: Config) -> bool:
    """Whether any configured pattern speaks of more than the last part of a path."""
    tables = (config.artifact_patterns, config.state_patterns, config.stable_logs, config.log_patterns,
              config.report_patterns, config.scratch_patterns)  # fmt: skip
    return any("/" in pattern for patterns in tables for pattern in patterns)


def _by_patterns(evidence: Evidence, shapes: Iterable[str], config: Config) -> Kind | None:
    tables: tuple[tuple[tuple[str, ...], ArtifactKind], ...] = (
        (config.artifact_patterns, "artifact"),
        (config.state_patterns, "state"),
        (config.stable_logs, "stable-log"),
        (config.log_patterns, "log"),
        (config.report_patterns, "report"),
        (config.scratch_patterns, "scratch"),
    )
    whole = [_FILLED.sub("x", _BASE.sub("", shape)) for shape in shapes]
    for patterns, kind in tables:
        for text in (*evidence.texts, *whole):
            if kind in _PASSED_OVER and text in evidence.either:
                continue
            if patterns and matches(text.replace("\x00", "x").strip("/"), patterns):
                return Kind(kind, f"{_shown(text)} matches the configured patterns", True, True)
    return None


#: What is filled in: at the beginning of a path it is the directory below which the rest stands.
_FILLED = re.compile(r"\{[^{}/]*\}")
_BASE = re.compile(r"^(\{[^{}/]*\}/)+")


def _by_text(text: str) -> Kind | None:
    if text.startswith(("/dev/", "\\\\.\\", "//./")):
        return Kind("console", f"{_shown(text)}", True)
    if text.startswith(("/tmp/", "/var/tmp/")):
        return Kind("temp", f"below {_shown(text)}", True)
    last = text.rsplit("/", 1)[-1]
    for pattern, kind in _SUFFIXES:
        if re.search(pattern, last, re.IGNORECASE):
            if kind == "lock" and last.lower() in _PACKAGE_LOCKS:
                return Kind("artifact", f"a lock file of packages, {_shown(text)}", True)
            return Kind(kind, f"{_ENDS} {_shown(last)}", True)
    if len(last) > 1 and last.endswith(("~", ".bak", ".orig", ".backup", ".old")):
        return Kind("temp", f"{_ENDS} {_shown(last)}", True)
    return None


def _by_name(name: str) -> Kind | None:
    parts = words(name)
    for vocabulary, kind in _WORDS:
        hit = sorted(parts & vocabulary)
        if hit:
            return Kind(kind, f"named {name}", False)
    return None


def _shown(text: str) -> str:
    return repr(text.replace("\x00", "{}"))[:60]
