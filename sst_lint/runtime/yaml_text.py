"""How is a value written as YAML that PyYAML (1.1) and ruamel (1.2) both read back unchanged?

A small block emitter: what the two versions could read differently is quoted; nothing is folded, anchored or tagged.
"""

from __future__ import annotations

import re

from .canonical import canonical_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
# Words that one of the two versions reads as something else than text.
_RESERVED = frozenset(("y", "yes", "n", "no", "on", "off", "true", "false", "null", "nan", "inf", "none"))
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
# Fixed ranges instead of `str.isprintable`, which changes with Python's Unicode tables.
_UNSAFE = re.compile(
    '["\\\\]|[^\x20-\x7e\xa1-\xac\xae-\u1fff\u2030-\ud7ff\ue000-\ufefe\uff00-\uffef\U00010000-\U000e0000]'
)
_LONGEST_KEY = 120  # parsers allow 1,024 characters before the colon


def canonical_yaml(obj: object) -> str:
    """The block form of `obj`, keys sorted by code point. Types and errors are those of `canonical_json`."""
    canonical_json(obj)  # raises for whatever has no canonical form, cycles included
    return "\n".join(_lines(obj)) + "\n"


def _lines(obj: Any) -> Iterator[str]:
    if isinstance(obj, dict) and obj:
        for key in sorted(obj):
            yield from _pair(key, obj[key])
    elif isinstance(obj, (list, tuple)) and obj:
        for value in obj:
            if isinstance(value, dict) and value:
                yield from _hang("- ", _lines(value))
            elif _is_block(value):
                yield "-"
                yield from _hang("  ", _lines(value))
            else:
                yield f"- {_scalar(value)}"
    else:
        yield _scalar(obj)


def _pair(key: str, value: Any) -> Iterator[str]:
    name = _scalar(key)
    if len(name) > _LONGEST_KEY:
        yield f"? {name}"
        yield from _hang(": ", _lines(value))
    elif _is_block(value):
        yield f"{name}:"
        yield from _hang("  ", _lines(value))
    else:
        yield f"{name}: {_scalar(value)}"


def _hang(first: str, lines: Iterator[str]) -> Iterator[str]:
    lead = first
    for line in lines:
        yield lead + line
        lead = "  "


def _is_block(value: Any) -> bool:
    return isinstance(value, (dict, list, tuple)) and bool(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
            return value
        return f'"{_UNSAFE.sub(_escape, value)}"'
    if isinstance(value, float):
        # YAML 1.1 takes `1e-05` for text: a float needs its dot.
        mantissa, mark, exponent = repr(value).partition("e")
        return f"{mantissa}.0e{exponent}" if mark and "." not in mantissa else repr(value)
    if isinstance(value, int):
        return repr(value)
    return "{}" if isinstance(value, dict) else "[]"


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
