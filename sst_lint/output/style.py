"""How does text look, and how is hostile text made harmless?

Source lines, messages and paths come from files that nobody vouches for: a control character could move the cursor, a
direction mark could show other code than stands there. Whatever is not printable is written as its escape.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_CODES = {"bold": "1", "dim": "2", "red": "31", "yellow": "33", "blue": "34", "cyan": "36", "green": "32"}


@dataclass(frozen=True)
class Style:
    """What a person asked to see."""

    color: bool = False
    show_suppressed: bool = False
    statistics: bool = False
    quiet: bool = False
    verbose: bool = False

    def paint(self, text: str, *names: str) -> str:
        """Return escaped ``text`` in the named styles, plain where color is off."""
        if not self.color or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"


def escape(text: str) -> str:
    """Return ``text`` on one line, with everything unprintable as ``\\x1b`` or ``\\u202e``."""
    if text.isprintable():
        return text
    # isprintable refuses control, format (direction marks), surrogate, private and unassigned, and odd separators
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    if char in "\t\n\r":
        return {"\t": "\\t", "\n": "\\n", "\r": "\\r"}[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Return how many terminal cells ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def count(number: int, noun: str) -> str:
    """Return ``1 finding`` or ``1,310 findings``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
