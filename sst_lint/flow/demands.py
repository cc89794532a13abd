"""What does a demand for a key become on the other side of an edge?

A demand is a path into what is held: constant keys (``'k``), attributes (``.a``), positions (``#0``), any element
(``e``), and last ``~``: anything but attributes. ``!'a`` is its opposite: all that is held, but not under ``a``;
``!'a!~``: no attributes either; ``!'a!e``: an element that does not stand there.
"""

from __future__ import annotations

from functools import cache

#: At most so many overwritten keys are kept apart.
_OVERWRITTEN = 6
THEN = "\x1f"
ELEMENT = "e"
NO_ATTRIBUTES = "~"
#: The key of an edge from an object to the mapping of its attributes.
OPENED = "vars"
_LONGEST_PATH = 5


def further(first: str, key: str) -> str:
    """The demand ``key`` of something that was taken out under ``first``."""
    if not key or key.startswith("!"):
        return first
    return THEN.join((first, *key.split(THEN)[: _LONGEST_PATH - 1]))


def put_under(stored: str, key: str) -> str | None:
    """What the demand ``key`` of a container demands of what is put into it under ``stored``."""
    if key.startswith("!"):
        first, _, rest = key.partition(THEN)
        parts = first[1:].split("!")
        plain = NO_ATTRIBUTES in parts or ELEMENT in parts
        if (stored and stored in parts) or (plain and stored.startswith(".")):
            return None
        return NO_ATTRIBUTES if NO_ATTRIBUTES in parts else rest
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


def opened(key: str) -> str:
    """What the demand ``key`` of ``vars(x)`` demands of ``x``, whose attributes stand there under their names. Who goes
    through them one by one mostly chooses among them."""
    if key.startswith(ELEMENT):
        return key
    return "." + key[1:] if key.startswith("'") else ""


@cache
def wider(key: str) -> tuple[str, ...]:
    """The demands for something that holds all that ``key`` asks for.

    Not those for any element, which of pairs mean another thing than those for a part of an element.
    """
    if key.startswith("!"):
        first, then, rest = key.partition(THEN)
        asked = [part for part in first[1:].split("!") if part in (NO_ATTRIBUTES, ELEMENT)]
        return ("", *(part + then + rest for part in asked))
    parts = key.split(THEN)
    return tuple(
        THEN.join(parts[:length]) for length in range(len(parts)) if not length or parts[length - 1] != ELEMENT
    )


def without(key: str, stored: str) -> str:
    """The demand ``key``, and nothing of what stood under an overwritten key (``!'a``)."""
    first, then, rest = key.partition(THEN)
    if not first:
        return stored
    if first in (NO_ATTRIBUTES, ELEMENT):
        return f"{stored}!{first}{then}{rest}"
    if first.startswith("!") and first.count("!") < _OVERWRITTEN:
        return "!" + "!".join(sorted({*first[1:].split("!"), stored[1:]})) + then + rest
    return key
