"""Where do the parts of an expression stand in the text? The half of ``spans`` that walks over expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

_BLANK = re.compile(r"(?:[ \t\f\n]|\\\n|#[^\n]*)*")
_BLANKS = frozenset(" \t\f\n\\#")


class ExpressionSpans:
    """A walk over expressions. Every method takes the offset at which its node begins, and returns that of its end."""

    __slots__ = ("_match", "_text", "spans")

    def __init__(self, text: str) -> None:
        self._text = text + "\0"
        self._match = _BLANK.match
        self.spans: dict[int, tuple[int, int]] = {}

    def skip(self, at: int) -> int:
        """The offset of the next token."""
        if self._text[at] in _BLANKS:
            return self._match(self._text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        return at

    # expressions

    def value(self, node: Any, at: int) -> int:
        """Any expression, with its own parentheses."""
        kind = type(node)
        for _ in node.lpar:
            at = self.skip(at + 1)
        end = at + len(node.value) if kind is cst.Name else _EXPRESSIONS[kind](self, node, at)
        self.spans[id(node)] = (at, end)
        for _ in node.rpar:
            end = self.skip(end) + 1
        return end

    def after(self, node: Any, end: int, token: int = 0) -> int:
        """The expression that stands after a token of ``token`` characters."""
        return self.value(node, self.skip(self.skip(end) + token if token else end))

    def comma(self, end: int) -> int:
        """The end of a comma, if there is one."""
        found = self.skip(end)
        return found + 1 if self._text[found] == "," else end

    def closed(self, end: int) -> int:
        """The end of a bracket of one character."""
        return self.skip(end) + 1

    def _leaf(self, node: Any, at: int) -> int:
        return at + len(node.value)

    def _dots(self, _: Any, at: int) -> int:
        return at + 3

    def _formatted(self, node: Any, at: int) -> int:
        return self._parts(node.parts, at + len(node.start)) + len(node.end)

    def _parts(self, parts: Sequence[Any], end: int) -> int:
        for part in parts:
            if type(part) is cst.FormattedStringText:
                end += len(part.value)
                continue
            end = self.skip(self.after(part.expression, end + 1))
            if part.equal is not None:
                end = self.skip(end + 1)
            if part.conversion is not None:
                end += 1 + len(part.conversion)
            if part.format_spec is not None:
                end = self._parts(part.format_spec, end + 1)
            end += 1
        return end

    def _concatenated(self, node: Any, at: int) -> int:
        return self.after(node.right, self.value(node.left, at))

    def _comparison(self, node: Any, at: int) -> int:
        end = self.value(node.left, at)
        for target in node.comparisons:
            end = self.after(target.comparator, self._operator(target.operator, self.skip(end)))
        return end

    def _operator(self, node: Any, at: int) -> int:
        words = _TWO_WORDS.get(type(node))
        if words is not None:
            return self.skip(at + words[0]) + words[1]
        return at + OPERATORS[type(node)]

    def _unary(self, node: Any, at: int) -> int:
        return self.after(node.expression, at + OPERATORS[type(node.operator)])

    def _binary(self, node: Any, at: int) -> int:
        return self.after(node.right, self.value(node.left, at), OPERATORS[type(node.operator)])

    def _attribute(self, node: Any, at: int) -> int:
        return self.after(node.attr, self.value(node.value, at), 1)

    def _subscript(self, node: Any, at: int) -> int:
        end = self.closed(self.value(node.value, at))
        for element in node.slice:
            at, piece = self.skip(end), element.slice
            end = self.comma(self._slice(piece, at) if type(piece) is cst.Slice else self._index(piece, at))
        return self.closed(end)

    def _index(self, node: Any, at: int) -> int:
        return self.after(node.value, at + len(node.star)) if node.star else self.value(node.value, at)

    def _slice(self, node: Any, at: int) -> int:
        end = self.closed(at if node.lower is None else self.value(node.lower, at))
        if node.upper is not None:
            end = self.after(node.upper, end)
        if isinstance(node.second_colon, cst.Colon):
            end = self.closed(end)
        return end if node.step is None else self.after(node.step, end)

    def _call(self, node: Any, at: int) -> int:
        end = self.closed(self.value(node.func, at))
        return self.closed(self._arguments(node.args, end) if node.args else end)

    def _arguments(self, args: Sequence[Any], end: int) -> int:
        for arg in args:
            begin = at = self.skip(end)
            if arg.star:
                at = self.skip(at + len(arg.star))
            if arg.keyword is not None:
                end = self.after(arg.value, self.value(arg.keyword, at), 1)
            else:
                end = self.value(arg.value, at)
            self.spans[id(arg)] = (begin, end)
            end = self.comma(end)
        return end

    def _lambda(self, node: Any, at: int) -> int:
        return self.after(node.body, self._parameters(node.params, at + 6), 1)

    def _parameters(self, node: Any, end: int) -> int:
        for param in node.posonly_params:
            end = self._param(param, end)
        if isinstance(node.posonly_ind, cst.ParamSlash):
            end = self.comma(self.closed(end))
        for param in node.params:
            end = self._param(param, end)
        if isinstance(node.star_arg, cst.Param):
            end = self._param(node.star_arg, end)
        elif isinstance(node.star_arg, cst.ParamStar):
            end = self.comma(self.closed(end))
        for param in node.kwonly_params:
            end = self._param(param, end)
        return end if node.star_kwarg is None else self._param(node.star_kwarg, end)

    def _param(self, node: Any, end: int) -> int:
        at = self.skip(end)
        end = self.after(node.name, at + len(node.star)) if node.star else self.value(node.name, at)
        self.spans[id(node)] = (at, end)
        if node.annotation is not None:
            end = self._annotation(node.annotation, end, 1)
        if node.default is not None:
            end = self.after(node.default, end, 1)
        return self.comma(end)

    def _annotation(self, node: Any, end: int, token: int) -> int:
        at = self.skip(self.skip(end) + token)
        end = self.value(node.annotation, at)
        self.spans[id(node)] = (at, end)
        return end

    def _await(self, node: Any, at: int) -> int:
        return self.after(node.expression, at + 5)

    def _yield(self, node: Any, at: int) -> int:
        return at + 5 if node.value is None else self._maybe_from(node.value, at + 5)

    def _maybe_from(self, node: Any, end: int) -> int:
        if type(node) is not cst.From:
            return self.after(node, end)
        at = self.skip(end)
        end = self.after(node.item, at + 4)
        self.spans[id(node)] = (at, end)
        return end

    def _conditional(self, node: Any, at: int) -> int:
        return self.after(node.orelse, self.after(node.test, self.value(node.body, at), 2), 4)

    def _elements(self, elements: Sequence[Any], end: int) -> int:
        for element in elements:
            at, kind = self.skip(end), type(element)
            if kind is cst.Element:
                end = self.value(element.value, at)
            elif kind is cst.DictElement:
                end = self.after(element.value, self.value(element.key, at), 1)
            elif kind is cst.StarredDictElement:
                end = self.after(element.value, at + 2)
            else:  # a starred one, which may have parentheses
                end = self.comma(self.value(element, at))
                continue
            self.spans[id(element)] = (at, end)
            end = self.comma(end)
        return end

    def _starred(self, node: Any, at: int) -> int:
        return self.after(node.value, at + 1)

    def _tuple(self, node: Any, at: int) -> int:
        return self._elements(node.elements, at)

    def _bracketed(self, node: Any, at: int) -> int:
        return self.closed(self._elements(node.elements, at + 1))

    def _generator(self, node: Any, at: int) -> int:
        return self._comp_for(node.for_in, self.value(node.elt, at))

    def _comprehension(self, node: Any, at: int) -> int:
        return self.closed(self._comp_for(node.for_in, self.after(node.elt, at + 1)))

    def _dict_comprehension(self, node: Any, at: int) -> int:
        end = self.after(node.value, self.after(node.key, at + 1), 1)
        return self.closed(self._comp_for(node.for_in, end))

    def _comp_for(self, node: Any, end: int) -> int:
        while node is not None:
            end = self._for_in(node, self.skip(end))
            for test in node.ifs:
                end = self.after(test.test, end, 2)
            node = node.inner_for_in
        return end

    def _for_in(self, node: Any, at: int) -> int:
        """``async for target in iter``."""
        return self.after(node.iter, self.after(node.target, self._asynchronous(node, at) + 3), 2)

    def _asynchronous(self, node: Any, at: int) -> int:
        if node.asynchronous is None:
            return at
        self.spans[id(node.asynchronous)] = (at, at + 5)
        return self.skip(at + 5)

    def _walrus(self, node: Any, at: int) -> int:
        return self.after(node.value, self.value(node.target, at), 2)


_Method = Callable[[ExpressionSpans, Any, int], int]

_EXPRESSIONS: dict[type, _Method] = {
    cst.Attribute: ExpressionSpans._attribute,
    cst.Call: ExpressionSpans._call,
    cst.SimpleString: ExpressionSpans._leaf,
    cst.Integer: ExpressionSpans._leaf,
    cst.Float: ExpressionSpans._leaf,
    cst.Imaginary: ExpressionSpans._leaf,
    cst.Ellipsis: ExpressionSpans._dots,
    cst.FormattedString: ExpressionSpans._formatted,
    cst.ConcatenatedString: ExpressionSpans._concatenated,
    cst.Comparison: ExpressionSpans._comparison,
    cst.UnaryOperation: ExpressionSpans._unary,
    cst.BinaryOperation: ExpressionSpans._binary,
    cst.BooleanOperation: ExpressionSpans._binary,
    cst.Subscript: ExpressionSpans._subscript,
    cst.Lambda: ExpressionSpans._lambda,
    cst.Await: ExpressionSpans._await,
    cst.Yield: ExpressionSpans._yield,
    cst.IfExp: ExpressionSpans._conditional,
    cst.Tuple: ExpressionSpans._tuple,
    cst.List: ExpressionSpans._bracketed,
    cst.Set: ExpressionSpans._bracketed,
    cst.Dict: ExpressionSpans._bracketed,
    cst.StarredElement: ExpressionSpans._starred,
    cst.GeneratorExp: ExpressionSpans._generator,
    cst.ListComp: ExpressionSpans._comprehension,
    cst.SetComp: ExpressionSpans._comprehension,
    cst.DictComp: ExpressionSpans._dict_comprehension,
    cst.NamedExpr: ExpressionSpans._walrus,
}

_TWO_WORDS: dict[type, tuple[int, int]] = {cst.NotIn: (len("not"), len("in")), cst.IsNot: (len("is"), len("not"))}

_WRITTEN: dict[int, str] = {
    1: "Add Subtract Multiply Divide Modulo BitOr BitAnd BitXor MatrixMultiply Plus Minus BitInvert LessThan "
    "GreaterThan",
    2: "FloorDivide Power LeftShift RightShift Or Equal NotEqual LessThanEqual GreaterThanEqual In Is AddAssign "
    "SubtractAssign MultiplyAssign MatrixMultiplyAssign DivideAssign ModuloAssign BitAndAssign BitOrAssign "
    "BitXorAssign",
    3: "And Not LeftShiftAssign RightShiftAssign PowerAssign FloorDivideAssign",
}
#: The length of each operator of one word.
OPERATORS: dict[type, int] = {
    getattr(cst, name): length for length, names in _WRITTEN.items() for name in names.split()
}

__all__ = ["OPERATORS", "ExpressionSpans"]
