"""Where in the text does each syntax node stand, read off the text itself?

A tree of LibCST renders the text that it was parsed from, so one walk over the nodes that matter (not over the white
space, which is half of a tree) finds every token where it must stand: what lies between two tokens is white space,
comments and continued lines. Grammar that this walk does not know, and a walk that does not end where the text ends,
leave the unit to the rendering in ``positions``, which is several times slower.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

_BLANK = re.compile(r"(?:[ \t\f\n]|\\\n|#[^\n]*)*")
_BLANKS = frozenset(" \t\f\n\\#")


def spans_of(module: cst.Module, text: str) -> dict[int, tuple[int, int]] | None:
    """Character offsets (start, end) by ``id(node)``; None when the walk does not come to the end of ``text``."""
    walk = _Walk(text)
    try:
        end = walk.skip(walk.block(module.body, 0))
    except (KeyError, IndexError, AttributeError):  # an unknown type or form of node; a walk beyond the text
        return None
    return walk.spans if end == len(text) else None


class _Walk:
    """One walk. Every method takes the offset at which its node begins, and returns the one at which it ends."""

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
        return at + _OPERATORS[type(node)]

    def _unary(self, node: Any, at: int) -> int:
        return self.after(node.expression, at + _OPERATORS[type(node.operator)])

    def _binary(self, node: Any, at: int) -> int:
        return self.after(node.right, self.value(node.left, at), _OPERATORS[type(node.operator)])

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

    # simple statements

    def smalls(self, node: Any, end: int) -> int:
        """The small statements of a line."""
        begin = last = self.skip(end)
        end = begin
        for small in node.body:
            at = self.skip(end)
            last = end = _SMALL[type(small)](self, small, at)
            self.spans[id(small)] = (at, end)
            following = self.skip(end)
            if self._text[following] == ";":
                end = following + 1
        self.spans[id(node)] = (begin, last)
        return end

    def _expr(self, node: Any, at: int) -> int:
        return self.value(node.value, at)

    def _assign(self, node: Any, at: int) -> int:
        for target in node.targets:
            at = self.skip(at)
            end = self.value(target.target, at)
            self.spans[id(target)] = (at, end)
            at = self.closed(end)
        return self.after(node.value, at)

    def _ann_assign(self, node: Any, at: int) -> int:
        end = self._annotation(node.annotation, self.value(node.target, at), 1)
        return end if node.value is None else self.after(node.value, end, 1)

    def _aug_assign(self, node: Any, at: int) -> int:
        return self.after(node.value, self.value(node.target, at), _OPERATORS[type(node.operator)])

    def _return(self, node: Any, at: int) -> int:
        return at + 6 if node.value is None else self.after(node.value, at + 6)

    def _raise(self, node: Any, at: int) -> int:
        end = at + 5 if node.exc is None else self.after(node.exc, at + 5)
        return end if node.cause is None else self._maybe_from(node.cause, end)

    def _assert(self, node: Any, at: int) -> int:
        end = self.after(node.test, at + 6)
        return end if node.msg is None else self.after(node.msg, end, 1)

    def _del(self, node: Any, at: int) -> int:
        return self.after(node.target, at + 3)

    def _keyword(self, node: Any, at: int) -> int:
        return at + _KEYWORDS[type(node)]

    def _names(self, node: Any, at: int) -> int:
        """``global`` and ``nonlocal``."""
        end = at + _KEYWORDS[type(node)]
        for item in node.names:
            at = self.skip(end)
            end = self.value(item.name, at)
            self.spans[id(item)] = (at, end)
            end = self.comma(end) if item is not node.names[-1] else end
        return end

    def _import(self, node: Any, at: int) -> int:
        return self._aliases(node.names, at + 6)

    def _aliases(self, names: Sequence[Any], end: int) -> int:
        for alias in names:
            at = self.skip(end)
            end = self.value(alias.name, at)
            if alias.asname is not None:
                end = self.after(alias.asname.name, end, 2)
            self.spans[id(alias)] = (at, end)
            end = self.comma(end) if alias is not names[-1] else end
        return end

    def _import_from(self, node: Any, at: int) -> int:
        end = at + 4
        for _ in node.relative:
            end = self.closed(end)
        if node.module is not None:
            end = self.after(node.module, end)
        end = self.skip(end) + 6
        if isinstance(node.names, cst.ImportStar):
            return self.closed(end)
        if node.lpar is None:
            return self._aliases(node.names, end)
        return self.closed(self.comma(self._aliases(node.names, self.closed(end))))

    # compound statements

    def block(self, statements: Sequence[Any], end: int) -> int:
        """Statements one below the other."""
        for statement in statements:
            if type(statement) is cst.SimpleStatementLine:
                end = self.smalls(statement, end)
            else:
                end = _COMPOUND[type(statement)](self, statement, self.skip(end))
        return end

    def _body(self, node: Any, end: int) -> int:
        """The colon and what stands below it or beside it."""
        end = self.closed(end)
        body = node.body
        if type(body) is not cst.IndentedBlock:
            return self.smalls(body, end)
        end = self.block(body.body, end)
        self.spans[id(body)] = (self.spans[id(body.body[0])][0], self.spans[id(body.body[-1])][1])
        return end

    def _note(self, node: Any, at: int, last: Any) -> None:
        """``node`` ends where ``last``, the last of its parts, does."""
        self.spans[id(node)] = (at, self.spans[id(last)][1])

    def _else(self, node: Any, end: int) -> int:
        at = self.skip(end)
        end = self._body(node, at + _KEYWORDS[type(node)])
        self._note(node, at, node.body)
        return end

    def _if(self, node: Any, at: int) -> int:
        return self._if_or_elif(node, at, 2)

    def _if_or_elif(self, node: Any, at: int, word: int) -> int:
        end = self._body(node, self.after(node.test, at + word))
        orelse = node.orelse
        if type(orelse) is cst.If:
            end = self._if_or_elif(orelse, self.skip(end), 4)
        elif orelse is not None:
            end = self._else(orelse, end)
        self._note(node, at, orelse or node.body)
        return end

    def _for(self, node: Any, at: int) -> int:
        return self._with_else(node, at, self._for_in(node, at))

    def _while(self, node: Any, at: int) -> int:
        return self._with_else(node, at, self.after(node.test, at + 5))

    def _with_else(self, node: Any, at: int, end: int) -> int:
        end = self._body(node, end)
        if node.orelse is not None:
            end = self._else(node.orelse, end)
        self._note(node, at, node.orelse or node.body)
        return end

    def _with(self, node: Any, at: int) -> int:
        end = self._asynchronous(node, at) + 4
        parens = isinstance(node.lpar, cst.LeftParen)
        end = self.closed(end) if parens else end
        for item in node.items:
            begin = self.skip(end)
            end = self.value(item.item, begin)
            if item.asname is not None:
                end = self.after(item.asname.name, end, 2)
            self.spans[id(item)] = (begin, end)
            end = self.comma(end)
        end = self._body(node, self.closed(end) if parens else end)
        self._note(node, at, node.body)
        return end

    def _try(self, node: Any, at: int) -> int:
        end = self._body(node, at + 3)
        for handler in node.handlers:
            end = self._handler(handler, self.skip(end))
        for last in (node.orelse, node.finalbody):
            end = end if last is None else self._else(last, end)
        handlers = node.handlers[-1] if node.handlers else node.body
        self._note(node, at, node.finalbody or node.orelse or handlers)
        return end

    def _handler(self, node: Any, at: int) -> int:
        end = at + 6
        if type(node) is cst.ExceptStarHandler:
            end = self.closed(end)
        if node.type is not None:
            end = self.after(node.type, end)
        if node.name is not None:
            end = self.after(node.name.name, end, 2)
        end = self._body(node, end)
        self._note(node, at, node.body)
        return end

    def _decorators(self, node: Any, at: int) -> int:
        for decorator in node.decorators:
            end = self.after(decorator.decorator, at + 1)
            self.spans[id(decorator)] = (at, end)
            at = self.skip(end)
        return at

    def _function(self, node: Any, at: int) -> int:
        _without_type_parameters(node)
        at = self._decorators(node, at)
        end = self.after(node.name, self._asynchronous(node, at) + 3)
        end = self.closed(self._parameters(node.params, self.closed(end)))
        if node.returns is not None:
            end = self._annotation(node.returns, end, 2)
        end = self._body(node, end)
        self._note(node, at, node.body)
        return end

    def _class(self, node: Any, at: int) -> int:
        _without_type_parameters(node)
        at = self._decorators(node, at)
        end = self.after(node.name, at + 5)
        if isinstance(node.lpar, cst.LeftParen):
            end = self.closed(self._arguments((*node.bases, *node.keywords), self.closed(end)))
        end = self._body(node, end)
        self._note(node, at, node.body)
        return end


def _without_type_parameters(node: Any) -> None:
    if getattr(node, "type_parameters", None) is not None:
        raise KeyError("type parameters")


_Method = Callable[[_Walk, Any, int], int]

_EXPRESSIONS: dict[type, _Method] = {
    cst.Attribute: _Walk._attribute,
    cst.Call: _Walk._call,
    cst.SimpleString: _Walk._leaf,
    cst.Integer: _Walk._leaf,
    cst.Float: _Walk._leaf,
    cst.Imaginary: _Walk._leaf,
    cst.Ellipsis: _Walk._dots,
    cst.FormattedString: _Walk._formatted,
    cst.ConcatenatedString: _Walk._concatenated,
    cst.Comparison: _Walk._comparison,
    cst.UnaryOperation: _Walk._unary,
    cst.BinaryOperation: _Walk._binary,
    cst.BooleanOperation: _Walk._binary,
    cst.Subscript: _Walk._subscript,
    cst.Lambda: _Walk._lambda,
    cst.Await: _Walk._await,
    cst.Yield: _Walk._yield,
    cst.IfExp: _Walk._conditional,
    cst.Tuple: _Walk._tuple,
    cst.List: _Walk._bracketed,
    cst.Set: _Walk._bracketed,
    cst.Dict: _Walk._bracketed,
    cst.StarredElement: _Walk._starred,
    cst.GeneratorExp: _Walk._generator,
    cst.ListComp: _Walk._comprehension,
    cst.SetComp: _Walk._comprehension,
    cst.DictComp: _Walk._dict_comprehension,
    cst.NamedExpr: _Walk._walrus,
}

_SMALL: dict[type, _Method] = {
    cst.Expr: _Walk._expr,
    cst.Assign: _Walk._assign,
    cst.AnnAssign: _Walk._ann_assign,
    cst.AugAssign: _Walk._aug_assign,
    cst.Return: _Walk._return,
    cst.Raise: _Walk._raise,
    cst.Assert: _Walk._assert,
    cst.Del: _Walk._del,
    cst.Pass: _Walk._keyword,
    cst.Break: _Walk._keyword,
    cst.Continue: _Walk._keyword,
    cst.Global: _Walk._names,
    cst.Nonlocal: _Walk._names,
    cst.Import: _Walk._import,
    cst.ImportFrom: _Walk._import_from,
}

_COMPOUND: dict[type, _Method] = {
    cst.If: _Walk._if,
    cst.For: _Walk._for,
    cst.While: _Walk._while,
    cst.With: _Walk._with,
    cst.Try: _Walk._try,
    cst.TryStar: _Walk._try,
    cst.FunctionDef: _Walk._function,
    cst.ClassDef: _Walk._class,
}

_KEYWORDS: dict[type, int] = {
    cst.Pass: len("pass"),
    cst.Break: len("break"),
    cst.Continue: len("continue"),
    cst.Global: len("global"),
    cst.Nonlocal: len("nonlocal"),
    cst.Else: len("else"),
    cst.Finally: len("finally"),
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
_OPERATORS: dict[type, int] = {
    getattr(cst, name): length for length, names in _WRITTEN.items() for name in names.split()
}
