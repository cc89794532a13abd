"""How does order pass from one value to the next? The bits of the lattice, and what each operation does to them.

A value is described by seven bits. ``SET``: it is a set, whose order nobody sees yet. ``ORDER``: its elements (or its text)
stand in an arbitrary order. ``KEYS``: it is a mapping whose keys stand in an arbitrary order. ``VALUE``: it is itself
unreliable (a clock, a random number, a fallback). ``INNER_*``: the same of anything deeper inside it.

An operation maps the bits of its input to the bits of its output. The lattice is the known one of determinism type systems
(deterministic, order-nondeterministic, nondeterministic), with order split by where it stands.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

SET: Final = 1
ORDER: Final = 2
KEYS: Final = 4
VALUE: Final = 8
INNER_SET: Final = 16
INNER_ORDER: Final = 32
INNER_KEYS: Final = 64
BITS: Final = (SET, ORDER, KEYS, VALUE, INNER_SET, INNER_ORDER, INNER_KEYS)
OWN: Final = SET | ORDER | KEYS
INNER: Final = INNER_SET | INNER_ORDER | INNER_KEYS


class Op(IntEnum):
    """What happens to a value on an edge of the flow graph."""

    SAME = 0  # the same object
    COPY = 1  # a sequence of its elements in iteration order; `extend`, `+=`
    SORT = 2  # its elements, sorted
    SETTED = 3  # its elements as a set (the set itself is a source of its own)
    MAP = 4  # a mapping from its pairs or keys; `d.update(x)`, `{**x}`
    VIEW = 5  # keys, values or items of a mapping
    STORE = 6  # put inside
    LOAD = 7  # taken out
    ITER = 8  # the loop variable
    LOOP = 9  # the order in which a loop runs
    ORDERS = 10  # a loop's order becomes the order of what it appends to
    ORDERS_KEYS = 11  # a loop's order becomes the key order of the mapping it fills
    ORDERS_INNER = 12  # a loop's order becomes the order of something inside
    TEXT = 13  # rendered as text, every order inside shows
    TEXT_SORTED = 14  # rendered as text with keys sorted at every depth
    ONLY_VALUE = 15  # only the value passes
    AS_DICT = 16  # inside `isinstance(x, dict)`
    AS_LIST = 17  # inside `isinstance(x, (list, tuple))`
    AS_SET = 18  # inside `isinstance(x, set)`
    NOT_SET = 19  # outside `isinstance(x, set)`
    NOT_DICT = 20
    NOT_LIST = 21
    NOTHING = 22  # a link without flow, kept because names and types pass (`type(x)`)
    PATH = 23  # a path derived from it: the value passes, and constants are evidence
    CONTENT = 24  # written to the handle: text in iteration order, the handle keeps it


_SAME_INNER = {INNER_SET: INNER_SET, INNER_ORDER: INNER_ORDER, INNER_KEYS: INNER_KEYS, VALUE: VALUE}
_ALL_TEXT = ORDER | SET | KEYS | INNER_SET | INNER_ORDER | INNER_KEYS

#: For each operation: output bit -> input bits that produce it.
BACKWARD: Final[tuple[dict[int, int], ...]] = (
    {b: b for b in BITS},  # SAME
    {ORDER: ORDER | SET | KEYS, **_SAME_INNER},  # COPY
    dict(_SAME_INNER),  # SORT
    dict(_SAME_INNER),  # SETTED
    {KEYS: ORDER | SET | KEYS, **_SAME_INNER},  # MAP
    {ORDER: ORDER | KEYS, **_SAME_INNER},  # VIEW
    {
        INNER_SET: SET | INNER_SET,
        INNER_ORDER: ORDER | INNER_ORDER,
        INNER_KEYS: KEYS | INNER_KEYS,
        VALUE: VALUE,
    },  # STORE
    {SET: INNER_SET, ORDER: INNER_ORDER, KEYS: INNER_KEYS, **_SAME_INNER},  # LOAD
    {SET: INNER_SET, ORDER: INNER_ORDER, KEYS: INNER_KEYS, **_SAME_INNER},  # ITER
    {ORDER: ORDER | SET | KEYS},  # LOOP
    {ORDER: ORDER},  # ORDERS
    {KEYS: ORDER},  # ORDERS_KEYS
    {INNER_ORDER: ORDER},  # ORDERS_INNER
    {ORDER: _ALL_TEXT, VALUE: VALUE},  # TEXT
    {ORDER: ORDER | SET | INNER_SET | INNER_ORDER, VALUE: VALUE},  # TEXT_SORTED
    {VALUE: VALUE},  # ONLY_VALUE
    {KEYS: KEYS, **_SAME_INNER},  # AS_DICT
    {ORDER: ORDER, **_SAME_INNER},  # AS_LIST
    {SET: SET, **_SAME_INNER},  # AS_SET
    {ORDER: ORDER, KEYS: KEYS, **_SAME_INNER},  # NOT_SET
    {ORDER: ORDER, SET: SET, **_SAME_INNER},  # NOT_DICT
    {SET: SET, KEYS: KEYS, **_SAME_INNER},  # NOT_LIST
    {},  # NOTHING
    {VALUE: VALUE, ORDER: ORDER},  # PATH
    {ORDER: _ALL_TEXT, VALUE: VALUE},  # CONTENT
)

assert len(BACKWARD) == len(Op)

#: For each operation: input bit -> output bits.
FORWARD: Final[tuple[dict[int, int], ...]] = tuple(
    {b: sum(out for out, ins in table.items() if ins & b) for b in BITS if any(ins & b for ins in table.values())}
    for table in BACKWARD
)

#: Operations along which types and function values travel unchanged.
IDENTITY: Final = frozenset({Op.SAME, Op.AS_DICT, Op.AS_LIST, Op.AS_SET, Op.NOT_SET, Op.NOT_DICT, Op.NOT_LIST})


def backward(op: int, bits: int) -> int:
    """Input bits that can produce one of the output ``bits`` through ``op``."""
    result = 0
    for out, ins in BACKWARD[op].items():
        if out & bits:
            result |= ins
    return result


def forward(op: int, bits: int) -> int:
    """Output bits that the input ``bits`` produce through ``op``."""
    result = 0
    for b, outs in FORWARD[op].items():
        if b & bits:
            result |= outs
    return result
