"""Which line and column does each syntax node have?

LibCST's nodes carry no positions, and its position provider costs two more parses. ``spans`` reads them off the text;
where it does not know the grammar, one code-generation pass does: generated code is the text itself, so it is enough
to add up the length of what is generated and to note the sum where an expression or statement begins and ends.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from sst_lint.facts.spans import spans_of

#: What ends an expression in parentheses: the last one, after white space and comments.
_CLOSING = re.compile(r"(?:[\s\\]|#[^\n]*)*\)")


class _Span:
    """Notes start and end of one node; a context manager without the cost of a generator."""

    __slots__ = ("end_node", "node", "start", "start_node", "state")

    def __init__(self, state: Spans, node: Any, start_node: Any, end_node: Any) -> None:
        self.state = state
        self.node = node
        self.start_node = start_node
        self.end_node = end_node

    def __enter__(self) -> None:
        self.start = self.state.offset

    def __exit__(self, *exc: object) -> None:
        state, spans = self.state, self.state.spans
        start, end = self.start, state.offset
        if self.start_node is not None and id(self.start_node) in spans:
            start = spans[id(self.start_node)][0]
        if self.end_node is not None and id(self.end_node) in spans:
            end = spans[id(self.end_node)][1]
        spans[id(self.node)] = (start, end)


class Spans(CodegenState):
    """Character offsets (start, end) by ``id(node)``, for the nodes that have a syntactic position."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.offset = 0
        self.spans: dict[int, tuple[int, int]] = {}
        module._codegen(self)

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.offset += len(value)

    def add_indent_tokens(self) -> None:
        self.tokens.extend(self.indent_tokens)
        for token in self.indent_tokens:
            self.offset += len(token)

    def record_syntactic_position(  # type: ignore[override]  # a class instead of a generator, for speed
        self, node: Any, *, start_node: Any = None, end_node: Any = None
    ) -> _Span:
        return _Span(self, node, start_node, end_node)


class Positions:
    """Line and column of nodes of one parsed unit.

    ``text`` is what ``module`` was parsed from; without it, or where it is not enough, the module is rendered.
    ``lines`` tells which line of the unit each of its lines is (0 for what stands before the first).
    """

    def __init__(self, module: cst.Module, text: str | None = None, lines: Sequence[int] | None = None) -> None:
        spans = None if text is None else spans_of(module, text)
        if text is None or spans is None:
            state = Spans(module)
            text, spans = "".join(state.tokens), state.spans
        self._spans = spans
        self.text = text
        # where each line begins
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._lines = range(1, len(self._starts) + 1) if lines is None else lines

    def of(self, node: cst.CSTNode) -> tuple[int, int, int, int]:
        """(line, column, end line, end column), 1-based, end exclusive; zeros when the node has no position."""
        span = self._spans.get(id(node))
        if span is None:
            return (0, 0, 0, 0)
        starts, lines = self._starts, self._lines
        start, end = span
        first = bisect_right(starts, start)
        last = first if end < starts[first] else bisect_right(starts, end)
        return (lines[first - 1], start - starts[first - 1] + 1, lines[last - 1], end - starts[last - 1] + 1)

    def line(self, node: cst.CSTNode) -> int:
        """The line on which the node begins, 0 when it has no position."""
        span = self._spans.get(id(node))
        return 0 if span is None else self._lines[bisect_right(self._starts, span[0]) - 1]

    def end_outside(self, node: Any) -> tuple[int, int]:
        """(end line, end column) of an expression with its own parentheses, which ``of`` leaves out."""
        span = self._spans.get(id(node))
        if span is None:
            return (0, 0)
        end = span[1]
        for _ in node.rpar:
            closing = _CLOSING.match(self.text, end)
            end = closing.end() if closing is not None else end
        last = bisect_right(self._starts, end)
        return (self._lines[last - 1], end - self._starts[last - 1] + 1)

    def snippet(self, node: cst.CSTNode) -> str:
        """The node's text as written, white space folded."""
        span = self._spans.get(id(node))
        return "" if span is None else " ".join(self.text[span[0] : span[1]].split())
