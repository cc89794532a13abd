"""What does a demand for a key become on the other side of an edge?

A demand is a path into what is held: constant keys (``'k``), attributes (``.a``), positions (``#0``), any element
(``e``), and last ``~``: anything but attributes. ``!'a`` is its opposite: all that is held, but not under ``a``.
"""

from __future__ import annotations

from functools import cache

#: At most so many overwritten keys are kept apart.
_OVERWRITTEN = 6
THEN = "\x1f"
ELEMENT = "e"
NO_ATTRIBUTES = "~"
_LONGEST_PATH = 5


def further(first: str, key: str) -> str:
    """The demand ``key`` of something that was taken out under ``first``."""
    if not key or key.startswith("!"):
        return first
    return THEN.join((first, *key.split(THEN)[: _LONGEST_PATH - 1]))


def put_under(stored: str, key: str) -> str | None:
    """What the demand ``key`` of a container demands of what is put into it under ``stored``."""
    if key.startswith("!"):
        return None if stored and stored[1:] in [k[1:] for k in key[1:].split("!")] else ""
    first, _, rest = key.partition(THEN)
    if first in (NO_ATTRIBUTES, ELEMENT):
        return None if stored.startswith(".") else key if first == NO_ATTRIBUTES else rest
    if not stored:
        return None if first.startswith(".") else rest  # what is put inside becomes no attribute
    return rest if first in ("", stored) else None


def paired(stored: str, key: str) -> str | None:
    """What the demand ``key`` of pairs demands of what stands at the position ``stored`` of each."""
    first, _, rest = key.partition(THEN)
    position, _, rest = rest.partition(THEN)
    if first == NO_ATTRIBUTES or position == NO_ATTRIBUTES:
        return key
    if first != ELEMENT or not position.startswith("#"):
        return ""
    return None if stored and stored != position else further(ELEMENT, rest)


@cache
def wider(key: str) -> tuple[str, ...]:
    """The demands for something that holds all that ``key`` asks for.

    Not those for any element, which of pairs mean another thing than those for a part of an element.
    """
    if key.startswith("!"):
        return ("",)
    parts = key.split(THEN)
    return tuple(
        THEN.join(parts[:length]) for length in range(len(parts)) if not length or parts[length - 1] != ELEMENT
    )


def without(key: str, stored: str) -> str:
    """The demand ``key``, and nothing of what stood under an overwritten key (``!'a``)."""
    if not key:
        return stored
    if key.startswith("!") and key.count("!") < _OVERWRITTEN:
        return "!" + "!".join(sorted({*key[1:].split("!"), stored[1:]}))
    return key
