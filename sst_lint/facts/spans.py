"""Where in the text does each syntax node stand, read off the text itself?

A tree of LibCST renders the text that it was parsed from, so one walk over the nodes that matter (not over the white
space, which is half of a tree) finds every token where it must stand: what lies between two tokens is white space,
comments and continued lines. Grammar that this walk does not know, and a walk that does not end where the text ends,
leave the unit to the rendering in ``positions``, which is several times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from sst_lint.facts.expression_spans import OPERATORS, ExpressionSpans


def spans_of(module: cst.Module, text: str) -> dict[int, tuple[int, int]] | None:
    """Character offsets (start, end) by ``id(node)``; None when the walk does not come to the end of ``text``."""
    walk = _Walk(text)
    try:
        end = walk.skip(walk.block(module.body, 0))
    except (KeyError, IndexError, AttributeError):  # an unknown type or form of node; a walk beyond the text
        return None
    return walk.spans if end == len(text) else None


class _Walk(ExpressionSpans):
    """One walk. Every method takes the offset at which its node begins, and returns the one at which it ends."""

    __slots__ = ()

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
        return self.after(node.value, self.value(node.target, at), OPERATORS[type(node.operator)])

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
