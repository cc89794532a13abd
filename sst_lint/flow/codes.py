"""Where do some of many small codes stand? Rows of bytes (the kinds of nodes, the operations of edges) are looked
through at once, not one by one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import compress


@cache
def _marks(wanted: frozenset[int]) -> bytes:
    return bytes(code in wanted for code in range(256))


def places(codes: bytes | bytearray, *wanted: int) -> Iterator[int]:
    """Where one of ``wanted`` stands in ``codes``, in order; what is changed meanwhile is not seen."""
    return compress(range(len(codes)), codes.translate(_marks(frozenset(wanted))))


__all__ = ["places"]
