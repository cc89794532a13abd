"""Is some expression nested so deeply that parsing it would exhaust a thread's stack?

LibCST's parser is native code: an expression of some ten thousand terms does not raise there, it ends the process. So
the depth is estimated before, from tokens alone, and never too low: within each bracket, whatever can nest (operators,
calls, attributes, adjacent strings, ``not``, ``lambda``, conditional expressions) is counted since the last comma.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sst_lint.source.lexemes import COMMENT, STRING

#: Every shape of this depth parses within 8 MB of stack; one of 10,000 terms does not.
MAX_DEPTH = 2_500

_TOKEN = re.compile(
    rf"(?P<skip>{COMMENT}|\\\n)"
    rf"|(?P<nests>{STRING}|\b(?:and|or|not|if|lambda|for|await)\b|\*\*|//|[-+*/%@&|^~.])"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>[,;])"
    r"|(?P<start>\n(?=def |class |async |import |from |@))|(?P<line>\n)",
    re.DOTALL,
)
#: Every token that nests holds one of these; counting them rules most files out.
_NESTING = ('"', "'", *"+-*/%@&|^~.([{", "and", "or", "not", "if", "lambda", "for", "await")
_BRANCH = re.compile(r"^([ \t]*)(if|elif)\b", re.MULTILINE)


class TooDeep(NamedTuple):
    """Where an expression or an ``elif`` chain passes the limit (1-based line), and what it is."""

    line: int
    message: str


def find_too_deep(text: str, limit: int = MAX_DEPTH) -> TooDeep | None:
    """The first place of ``text`` (LF line ends) that nests deeper than ``limit``, if there is one."""
    if sum(map(text.count, _NESTING)) <= limit:
        return None
    found = _deep_expression(text, limit) or _long_chain(text, limit)
    if found is None:
        return None
    offset, what = found
    return TooDeep(text.count("\n", 0, offset) + 1, f"{what} nests deeper than {limit} levels")


def _deep_expression(text: str, limit: int) -> tuple[int, str] | None:
    counts = [0]  # what may nest since the last comma, for each open bracket
    total = 0  # the sum of ``counts``
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "nests" or kind == "open":  # a bracket may be a call or a subscript of what stands before it
            counts[-1] += 1
            total += 1
            if total > limit:
                return match.start(), "an expression"
            if kind == "open":
                counts.append(0)
        elif kind == "line":
            if len(counts) == 1:
                counts[0] = total = 0
        elif kind == "comma":
            total -= counts[-1]
            counts[-1] = 0
        elif kind == "close":
            if len(counts) > 1:
                total -= counts.pop()
        elif kind == "start":
            counts, total = [0], 0
    return None


def _long_chain(text: str, limit: int) -> tuple[int, str] | None:
    if text.count("elif") <= limit:
        return None
    counts: dict[str, int] = {}
    for match in _BRANCH.finditer(text):
        indent, word = match.groups()
        counts[indent] = counts.get(indent, 0) + 1 if word == "elif" else 0
        if counts[indent] > limit:
            return match.start(), "a chain of elif"
    return None
