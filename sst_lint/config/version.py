"""Does a version satisfy ``required-version``? A small part of PEP 440: numbers, pre-releases, seven operators."""

from __future__ import annotations

import re

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|rc|alpha|beta|c|dev|post)[-_.]?(\d*))?\Z", re.IGNORECASE)
_CLAUSE = re.compile(r"\s*(==|!=|>=|<=|~=|>|<|)\s*([^\s,<>=!~]+?)(\.\*)?\s*\Z")
_PHASES = {"dev": -4, "a": -3, "alpha": -3, "b": -2, "beta": -2, "c": -1, "rc": -1, "": 0, "post": 1}

Parsed = tuple[tuple[int, ...], int, int]


class VersionProblem(Exception):
    """The text is no version specifier."""


def allows(specifier: str, version: str) -> bool:
    """Whether ``version`` satisfies every clause of ``specifier`` (``>=0.3,<1``; a bare version means ``==``)."""
    actual = _parse(version)
    return all(_clause_allows(clause, actual) for clause in specifier.split(","))


def _clause_allows(clause: str, actual: Parsed) -> bool:
    match = _CLAUSE.match(clause)
    if match is None:
        raise VersionProblem(f"{clause.strip()!r} is no version clause like '>=0.3'")
    operator, text, wildcard = match.groups()
    wanted = _parse(text)
    if wildcard:
        if operator not in ("", "==", "!="):
            raise VersionProblem(f"{clause.strip()!r}: '.*' goes with == and != only")
        return _has_prefix(actual, wanted[0]) != (operator == "!=")
    if operator == "~=":
        if text.count(".") < 1:
            raise VersionProblem(f"{clause.strip()!r}: ~= needs at least two numbers")
        return actual >= wanted and _has_prefix(actual, _numbers(text)[:-1])
    outcomes = {
        "": actual == wanted,
        "==": actual == wanted,
        "!=": actual != wanted,
        ">=": actual >= wanted,
        "<=": actual <= wanted,
        ">": actual > wanted,
        "<": actual < wanted,
    }
    return outcomes[operator]


def _numbers(text: str) -> tuple[int, ...]:
    match = _VERSION.match(text)
    if match is None:
        raise VersionProblem(f"{text!r} is no version")
    return tuple(int(part) for part in match.group(1).split("."))


def _parse(text: str) -> Parsed:
    match = _VERSION.match(text)
    if match is None:
        raise VersionProblem(f"{text!r} is no version")
    release = list(_numbers(text))
    while len(release) > 1 and release[-1] == 0:  # 1.0 is 1
        release.pop()
    return tuple(release), _PHASES[(match.group(2) or "").lower()], int(match.group(3) or 0)


def _has_prefix(actual: Parsed, prefix: tuple[int, ...]) -> bool:
    padded = actual[0] + (0,) * (len(prefix) - len(actual[0]))
    return padded[: len(prefix)] == prefix
