"""What does one entry of ``waivers`` or ``accept`` mean: which comments, for which rules?"""

from __future__ import annotations

import re
from typing import NamedTuple

from sst_lint.config.keys import ValueProblem

#: What other tools' codes say in our words, so that ``accept = ["noqa:BLE001"]`` needs no more.
_MEANING = {
    "BLE001": "SST4",
    "E722": "SST401",
    "B001": "SST401",
    "S110": "SST402",
    "S112": "SST402",
    "B110": "SST402",
    "B112": "SST402",
    "SIM105": "SST402",
    "W0702": "SST401",
    "W0703": "SST4",
    "W0718": "SST4",
    "BARE-EXCEPT": "SST401",
    "BROAD-EXCEPT": "SST4",
    "BROAD-EXCEPTION-CAUGHT": "SST4",
    "PTH207": "SST201",
    "PTH208": "SST201",
    "DTZ005": "SST305",
}

_WAIVER = re.compile(r"[A-Za-z_][\w.-]*\Z")
_ACCEPTED = re.compile(r"(noqa|pylint|nosec):([A-Za-z][\w-]*)\Z")


class Waiver(NamedTuple):
    """A word in a comment that waives the rules ``codes``; empty for all."""

    word: str
    codes: tuple[str, ...]


class Accepted(NamedTuple):
    """Another tool's comment (``noqa``, ``pylint`` or ``nosec``) for ``code``, which waives the rules ``codes``."""

    tool: str
    code: str
    codes: tuple[str, ...]


def parse_waiver(entry: str) -> Waiver:
    """``DETERMINISM_OK``, or ``DETERMINISM_OK=SST2,SST3``. Raises ``ValueProblem``."""
    word, codes = _split(entry)
    if not _WAIVER.match(word):
        raise ValueProblem(f"{entry!r} is no waiver word like 'DETERMINISM_OK' or 'DETERMINISM_OK=SST2'")
    return Waiver(word, codes)


def parse_accepted(entry: str) -> Accepted:
    """``noqa:BLE001``, ``pylint:broad-except``, or ``nosec:B608=SST101``. Raises ``ValueProblem``."""
    text, codes = _split(entry)
    match = _ACCEPTED.match(text)
    if match is None:
        raise ValueProblem(f"{entry!r} is no comment like 'noqa:BLE001', 'pylint:broad-except' or 'nosec:B110'")
    code = match.group(2).upper()
    if not codes and code not in _MEANING:
        raise ValueProblem(f"{entry!r}: say which rules it stands for, like '{text}=SST101'")
    return Accepted(match.group(1), code, codes or (_MEANING[code],))


def _split(entry: str) -> tuple[str, tuple[str, ...]]:
    text, equals, rules = entry.partition("=")
    codes = tuple(code.strip() for code in rules.split(",") if code.strip())
    if equals and not codes:
        raise ValueProblem(f"{entry!r}: no rule after '='")
    return text.strip(), codes


def check_waiver(entry: str) -> None:
    """Refuses what ``parse_waiver`` refuses."""
    parse_waiver(entry)


def check_accepted(entry: str) -> None:
    """Refuses what ``parse_accepted`` refuses."""
    parse_accepted(entry)
