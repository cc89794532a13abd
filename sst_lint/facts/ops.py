"""How does order pass from one value to the next? The bits of the lattice, and what each operation does to them.

A value is described by bits. ``SET``: it is a set, whose order nobody sees yet. ``ORDER``: its elements (or its
text) stand in an arbitrary order. ``KEYS``: it is a mapping whose keys do. Each of them exists at six depths: the
value itself, what it holds, what that holds, and so on to anything deeper; a string has no order however deep its
container was unordered, so depth must not collapse early. ``VALUE``: the value itself is unreliable (a clock, a random
number, a fallback).

An operation maps the bits of its input to the bits of its output. The lattice is the known one of determinism type
systems (deterministic, order-nondeterministic, nondeterministic), with order split by where it stands.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

DEPTHS: Final = 6
SET: Final = 1 << 0
ORDER: Final = 1 << 1
KEYS: Final = 1 << 2
VALUE: Final = 1 << 18
#: The same at depth 1, 2 and 3 (and deeper): shifted by three bits a depth.
_SHIFT: Final = 3
BITS: Final = tuple(1 << n for n in range(19))


def at_depth(bits: int, depth: int) -> int:
    """``SET``, ``ORDER`` or ``KEYS`` of what stands ``depth`` levels inside."""
    return bits << (_SHIFT * min(depth, DEPTHS - 1))


#: The key of an edge that fills a mapping: what stands under the key there is read first, so most mappings have it.
AGAIN: Final = "again"
#: The same of an edge that fills what stands under a key: only a mapping with defaults gets a new key by that.
NESTED: Final = "nested"

SETS: Final = sum(at_depth(SET, d) for d in range(DEPTHS))
ORDERS_ANY: Final = sum(at_depth(ORDER, d) for d in range(DEPTHS))
KEYS_ANY: Final = sum(at_depth(KEYS, d) for d in range(DEPTHS))
OWN: Final = SET | ORDER | KEYS
INNER: Final = (SETS | ORDERS_ANY | KEYS_ANY) & ~OWN


class Op(IntEnum):
    """What happens to a value on an edge of the flow graph."""

    SAME = 0  # the same object
    COPY = 1  # a sequence of its elements in iteration order; `extend`, `+=`
    SORT = 2  # its elements, sorted
    SETTED = 3  # its elements as a set (the set itself is a source of its own)
    MAP = 4  # a mapping from its pairs or keys; `d.update(x)`, `{**x}`
    VIEW = 5  # the values of a mapping
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
    PAIRS = 24  # keys and values of a mapping in tuples (`.items()`)
    JSON = 25  # rendered as text by something that refuses sets
    JSON_SORTED = 26  # the same with keys sorted at every depth
    MERGE = 27  # the keys of another mapping are added
    PAIRED = 28  # its elements, each in a tuple with something else (`enumerate`, `zip`)
    KEYED = 29  # the keys of a mapping, without what stands under them
    HELD_SORTED = 30  # each of the sequences that it holds is sorted
    TYPE = 31  # the same object, of which its type passes: what it holds goes another way


Table = dict[int, int]


def _inner(shift: int = 0) -> Table:
    """What is inside stays inside, ``shift`` levels deeper (or nearer, when negative)."""
    table: Table = {VALUE: VALUE}
    for depth in range(1, DEPTHS):
        for bit in (SET, ORDER, KEYS):
            for to in _arrivals(depth, shift):
                if to >= 0:
                    out = at_depth(bit, to)
                    table[out] = table.get(out, 0) | at_depth(bit, depth)
    return table


def _arrivals(depth: int, shift: int) -> tuple[int, ...]:
    last = DEPTHS - 1
    if depth == last and shift < 0:
        return (last + shift, last)  # "anything deeper" may still be as deep
    return (min(depth + shift, last),)


def _join(*tables: Table) -> Table:
    result: Table = {}
    for table in tables:
        for out, ins in table.items():
            result[out] = result.get(out, 0) | ins
    return result


def _stored() -> Table:
    table = _inner(1)
    for bit in (SET, ORDER, KEYS):
        out = at_depth(bit, 1)
        table[out] = table.get(out, 0) | bit
    return table


_ALL: Final = SETS | ORDERS_ANY | KEYS_ANY
_SAME: Table = {b: b for b in BITS}
_KEEP = _inner()

#: For each operation: output bit -> input bits that produce it.
BACKWARD: Final[tuple[Table, ...]] = (
    _SAME,  # SAME
    _join(_KEEP, {ORDER: OWN}),  # COPY
    _KEEP,  # SORT
    _KEEP,  # SETTED
    _join(_KEEP, _inner(-1), {KEYS: OWN}),  # MAP
    _join(_KEEP, {ORDER: ORDER | KEYS}),  # VIEW
    _stored(),  # STORE
    _inner(-1),  # LOAD
    _inner(-1),  # ITER
    {ORDER: OWN},  # LOOP
    {ORDER: ORDER},  # ORDERS
    {KEYS: ORDER},  # ORDERS_KEYS
    {at_depth(ORDER, 1): ORDER},  # ORDERS_INNER
    {ORDER: _ALL, VALUE: VALUE},  # TEXT
    {ORDER: ORDERS_ANY | SETS, VALUE: VALUE},  # TEXT_SORTED
    {VALUE: VALUE},  # ONLY_VALUE
    _join(_KEEP, {KEYS: KEYS}),  # AS_DICT
    _join(_KEEP, {ORDER: ORDER}),  # AS_LIST
    _join(_KEEP, {SET: SET}),  # AS_SET
    _join(_KEEP, {ORDER: ORDER, KEYS: KEYS}),  # NOT_SET
    _join(_KEEP, {ORDER: ORDER, SET: SET}),  # NOT_DICT
    _join(_KEEP, {SET: SET, KEYS: KEYS}),  # NOT_LIST
    {},  # NOTHING
    {VALUE: VALUE, ORDER: ORDER},  # PATH
    _join(_inner(1), {ORDER: OWN}),  # PAIRS
    {ORDER: ORDERS_ANY | KEYS_ANY, VALUE: VALUE},  # JSON
    {ORDER: ORDERS_ANY, VALUE: VALUE},  # JSON_SORTED
    _join(_KEEP, {KEYS: ORDER | KEYS}),  # MERGE; what a set is added to is a set
    _join(_inner(1), {ORDER: OWN}),  # PAIRED
    {ORDER: ORDER | KEYS, VALUE: VALUE},  # KEYED
    {bit: bit for bit in BITS if bit != at_depth(ORDER, 1)},  # HELD_SORTED
    {},  # TYPE
)

assert len(BACKWARD) == len(Op)

#: Operations along which types and function values travel unchanged.
IDENTITY: Final = frozenset(
    {Op.SAME, Op.AS_DICT, Op.AS_LIST, Op.AS_SET, Op.NOT_SET, Op.NOT_DICT, Op.NOT_LIST, Op.HELD_SORTED, Op.TYPE}
)


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
    for out, ins in BACKWARD[op].items():
        if ins & bits:
            result |= out
    return result
