"""Where are the strings and comments of a text? Regular expressions for both, exact on code that parses.

One kind of string is seen as two: an f-string of Python 3.12 that reuses its own quotes inside braces. Single-quoted
strings end with their line, so nothing after it is misread.
"""

from __future__ import annotations

_PREFIX = r"(?:\b(?:[rR][bBfFtT]?|[bBfFtT][rR]?|[uU]))?"
_TRIPLE_DOUBLE = r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
_TRIPLE_SINGLE = r"'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
_DOUBLE = r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
_SINGLE = r"'[^'\\\n]*(?:\\.[^'\\\n]*)*'"

#: For use with ``re.DOTALL``, on text with LF line ends.
STRING = f"{_PREFIX}(?:{_TRIPLE_DOUBLE}|{_TRIPLE_SINGLE}|{_DOUBLE}|{_SINGLE})"
COMMENT = r"\#[^\n]*"
