"""What do the operations of an edge make of bits? As ``facts.ops`` says, remembered."""

from __future__ import annotations

from functools import cache

from sst_lint.facts.ops import BACKWARD, BITS, backward


@cache
def inputs_of(op: int, bits: int) -> int:
    """The input bits that can produce one of the output ``bits``."""
    return backward(op, bits)


@cache
def cause(op: int, bits: int, bit: int) -> int:
    """The lowest of the output ``bits`` that the input ``bit`` produces."""
    table = BACKWARD[op]
    return next(out for out in single(bits) if table.get(out, 0) & bit)


@cache
def single(bits: int) -> tuple[int, ...]:
    """Each of ``bits`` by itself, the lowest first."""
    return tuple(b for b in BITS if b & bits)
