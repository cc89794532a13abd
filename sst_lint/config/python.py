"""Which is the oldest Python that the project runs on? Read where packages say it, as installers and linters do.

What the packaging metadata requires counts first (``requires-python``, ``python_requires``), then the classifiers. Of a
project that says nothing, nothing is known.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import tomli

from sst_lint.config.version import VersionProblem, allows

Version = tuple[int, int]

#: Until then the order of a mapping's keys is any: from 3.6 on CPython keeps that of their insertion.
KEEPS_KEY_ORDER: Version = (3, 6)

_KNOWN: tuple[Version, ...] = (*((2, minor) for minor in range(8)), *((3, minor) for minor in range(40)))
#: How a version is written in a configuration.
WRITTEN_VERSION = r"^(?:py)?([23])\.?([0-9]{1,2})$"
_REQUIRED = re.compile(r"python_requires\s*=\s*[(\s]*([\"'])(?P<text>[^\"'\n]*)\1")
_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d)(?:\.(\d+))?(?= :: Only|[\"'\s,]|\Z)")
#: What poetry writes for "this one and later ones"; its upper end does not matter here.
_AND_LATER = re.compile(r"[\^~](?!=)\s*")


def parse_version(text: str) -> Version:
    """``3.8`` and ``py38`` as numbers. Raises ``ValueError`` for anything else."""
    match = re.match(WRITTEN_VERSION, text)
    if match is None:
        raise ValueError(f"{text!r} is no version of Python like '3.8'")
    return int(match.group(1)), int(match.group(2))


def oldest_python(root: Path) -> str:
    """The oldest Python that the project at ``root`` says it runs on, like ``3.8``; "" if it does not say."""
    pyproject, setup_cfg, setup = _toml(root / "pyproject.toml"), _text(root / "setup.cfg"), _text(root / "setup.py")
    in_setup = (match.group("text") for match in _REQUIRED.finditer(setup))
    required = (*_required(pyproject), *_from_ini(setup_cfg), *in_setup)
    for specifier in required:
        oldest = _oldest_allowed(specifier)
        if oldest is not None:
            return f"{oldest[0]}.{oldest[1]}"
    named = (*_classifiers(_table(pyproject, "project").get("classifiers")), *_classified(setup_cfg + setup))
    return f"{min(named)[0]}.{min(named)[1]}" if named else ""


def _required(pyproject: dict[str, Any]) -> tuple[str, ...]:
    depends = _table(pyproject, "tool", "poetry", "dependencies").get("python")
    flit = _table(pyproject, "tool", "flit", "metadata").get("requires-python")
    found = (_table(pyproject, "project").get("requires-python"), depends, flit)
    return tuple(each for each in found if isinstance(each, str))


def _oldest_allowed(specifier: str) -> Version | None:
    """The first Python that one of the alternatives of ``specifier`` lets in, where it has a lower end at all."""
    found = []
    for alternative in specifier.split("||"):
        clauses = [_AND_LATER.sub(">=", clause.strip()) for clause in alternative.split(",") if clause.strip()]
        if not any(clause[:1] in ">=~" or clause[:1].isdigit() for clause in clauses):
            return None
        found += [version for version in _KNOWN if _is_allowed(",".join(clauses), version)][:1]
    return min(found, default=None)


def _is_allowed(specifier: str, version: Version) -> bool:
    """Whether some release of ``version`` may be used: ``>=3.5.2`` lets 3.5 in."""
    try:
        return any(allows(specifier, f"{version[0]}.{version[1]}{release}") for release in ("", ".99"))
    except VersionProblem:
        return False


def _classifiers(value: object) -> tuple[Version, ...]:
    return _classified("\n".join(str(each) for each in value)) if isinstance(value, list) else ()


def _classified(text: str) -> tuple[Version, ...]:
    """The versions that classifiers name. ``:: 2`` alone is the last of its line; ``:: 3`` alone says nothing."""
    found = [(int(major), minor) for major, minor in _CLASSIFIER.findall(text)]
    return tuple((major, int(minor) if minor else 7) for major, minor in found if minor or major == 2)


def _from_ini(text: str) -> tuple[str, ...]:
    if "python_requires" not in text:
        return ()
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return ()
    return (parser.get("options", "python_requires", fallback="").replace("\n", ","),)


def _table(document: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        inner = document.get(name)
        document = inner if isinstance(inner, dict) else {}
    return document


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomli.loads(_text(path))
    except (tomli.TOMLDecodeError, RecursionError):
        return {}  # the loader of the configuration says so, if it stands in the way


def _text(path: Path) -> str:
    """A file as text; "" for one that is not there, or cannot be read."""
    try:
        return path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
    except OSError:
        return ""


__all__ = ["KEEPS_KEY_ORDER", "WRITTEN_VERSION", "Version", "oldest_python", "parse_version"]
