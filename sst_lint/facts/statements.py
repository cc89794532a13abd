"""What does a statement do to the names, and what flows where? The half of the descent that reads statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from sst_lint.facts.build import Val
from sst_lint.facts.definitions import Definitions
from sst_lint.facts.literals import attribute_path
from sst_lint.facts.names import dotted, imported_as
from sst_lint.facts.ops import Op
from sst_lint.facts.records import AFTER, Import, Kind, Option

#: As a statement: docstrings, and bodies to come.
_SAYS_NOTHING = (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)


class Statements(Definitions):
    """Reads statements. Branches copy the environment and join it; loops and handlers join what reaches back."""

    def block(self, node: Any) -> None:
        """The statements of a body, as long as control can reach them."""
        known = self.frame.conditions
        for statement, self.following in zip(node.body, (*node.body[1:], None), strict=False):
            if self.frame.env is None:
                break
            self.statement_of(statement)
        self.frame.conditions = known

    def statement_of(self, node: Any) -> None:
        """One statement, simple line or compound."""
        kind = type(node)
        if kind is cst.SimpleStatementLine:
            self.statement = self.positions.line(node) or self.statement
            self.type_comment = _type_comment(node.trailing_whitespace)
            for small in node.body:
                if self.frame.env is not None:
                    self._small(small)
            return
        method = _COMPOUND.get(kind)
        if method is None:
            self._small(node)
            return
        self.statement = self.positions.line(node) or self.statement
        method(self, node)

    def _small(self, node: Any) -> None:
        method = _SMALL.get(type(node))
        if method is not None:
            method(self, node)

    # simple statements

    def _expr(self, node: cst.Expr) -> None:
        value = node.value
        if type(value) in _SAYS_NOTHING:
            return
        calls = len(self.calls)
        if type(value) is cst.BooleanOperation and type(value.operator) is cst.And and type(value.right) is cst.Call:
            self._call_if(value.left, value.right)
            return
        self.value(value)
        inner = value.expression if type(value) is cst.Await else value
        if type(inner) is cst.Call and len(self.calls) > calls:
            self.calls[-1].used = False
            self._left_behind(inner, len(self.calls) - 1)

    def _call_if(self, test: cst.BaseExpression, call: cst.Call) -> None:
        """``verbose and print(x)`` as a statement: a branch."""
        asked, before = self.single(test), self.frame.env
        self.frame.env = self.narrowed(test, before, True)
        self._in_region("if", lambda: self._expr(cst.Expr(call)), asked)
        self.frame.env = self.join_env(self.frame.env, before)

    def _left_behind(self, node: cst.Call, number: int) -> None:
        """``tidy(x)`` as a statement may leave ``x`` sorted: from here on ``x`` is what the call left."""
        env = self.frame.env
        for arg in node.args:
            name = arg.value.value if type(arg.value) is cst.Name else ""
            if name and env is not None and name in env and name not in self.frame.globals and not arg.star:
                before = self.one(env[name], arg.value)
                if before >= 0 and name not in self.frame.cells:
                    loop = self.nodes[before].loop
                    after = self.node(Kind.VALUE, arg.value, AFTER, loop=loop)
                    self.edge(before, after)
                    self.after.append((before, after, number))
                    env[name] = (after,)

    def _return(self, node: cst.Return) -> None:
        frame = self.frame
        if node.value is not None:
            value = self.own(self._returned(node.value))
            for each in self.only_if(value, frame.conditions):
                self.edge(each, frame.returns, Op.SAME)
                self.options += [Option(each, *condition) for condition in self.depends.get(each, ())]
            self.note_made(value, "return")
            self._choice_by_return(node, value)
        frame.returned = True
        self._end("returns")

    def _returned(self, node: cst.BaseExpression) -> Val:
        """``return a if sort else b``: which one is told apart."""
        if type(node) is not cst.IfExp:
            return self.value(node)
        return self.conditional(node, self._conditions(node.test, True), self._conditions(node.test, False))

    def _assert(self, node: cst.Assert) -> None:
        self.value(node.test)
        for state in self.handler_states[-1:]:
            state.ends["raises"] = None  # it may
        if node.msg is not None:
            self.value(node.msg)
        self.frame.env = self.narrowed(node.test, self.frame.env, True)

    def _del(self, node: cst.Del) -> None:
        path = attribute_path(node.target)
        if path and self.frame.env is not None:
            self.frame.env.pop(path, None)
        elif isinstance(node.target, cst.Subscript):
            self.value(node.target.value)

    def _global(self, node: cst.Global) -> None:
        self.frame.globals.update(item.name.value for item in node.names)

    def _nonlocal(self, node: cst.Nonlocal) -> None:
        for item in node.names:
            name, outer = item.name.value, self.frame.outer
            while outer is not None and (outer.is_class or name not in outer.locals):
                outer = outer.outer
            if outer is not None:
                cell = self.shared(outer, name)
                self.mutated[cell] = None
                self.frame.cells[name] = cell
                if self.frame.env is not None:
                    self.frame.env[name] = (cell,)

    def _import(self, node: cst.Import) -> None:
        for alias in node.names:
            whole = dotted(alias.name)
            asname = imported_as(alias)
            self._imported(node, whole, "", asname if alias.asname is not None else "", 0, asname)

    def _import_from(self, node: cst.ImportFrom) -> None:
        module = "" if node.module is None else dotted(node.module)
        level = len(node.relative)
        if isinstance(node.names, cst.ImportStar):
            self.imports.append(Import(module, "*", "", level, self.frame.index, self.statement, self.typing_only))
            return
        for alias in node.names:
            self._imported(node, module, dotted(alias.name), imported_as(alias), level, imported_as(alias))

    def _imported(self, at: cst.CSTNode, module: str, name: str, asname: str, level: int, bound: str) -> None:
        made = self.node(Kind.IMPORT, at, bound, len(self.imports), loop=-1)
        self.imports.append(Import(module, name, asname, level, self.frame.index, self.statement, self.typing_only))
        env = self.frame.env
        before = env.get(bound, ()) if env is not None else ()
        joined = tuple(n for n in before if self.nodes[n].kind == Kind.IMPORT)
        self.bind(bound, (*joined, made) if name == "" and asname == "" else (made,))

    def _type_alias(self, node: Any) -> None:
        self.bind(node.name.value, (self.node(Kind.VALUE, node, ":type"), *self.alias(node.value)))


def _type_comment(whitespace: cst.TrailingWhitespace) -> str:
    """The annotation of a trailing ``# type:`` comment, or ""."""
    comment = whitespace.comment.value if whitespace.comment is not None else ""
    if not comment.startswith("# type:"):
        return ""
    text = comment.removeprefix("# type:").strip()
    return "" if text.startswith("ignore") else text.partition("#")[0].strip()


_SMALL: dict[type, Callable[[Any, Any], None]] = {
    cst.Expr: Statements._expr,
    cst.Assign: Statements._assign,
    cst.AnnAssign: Statements._ann_assign,
    cst.AugAssign: Statements._aug_assign,
    cst.Return: Statements._return,
    cst.Raise: Statements._raise,
    cst.Break: Statements._break,
    cst.Continue: Statements._continue,
    cst.Assert: Statements._assert,
    cst.Del: Statements._del,
    cst.Global: Statements._global,
    cst.Nonlocal: Statements._nonlocal,
    cst.Import: Statements._import,
    cst.ImportFrom: Statements._import_from,
}
if hasattr(cst, "TypeAlias"):
    _SMALL[cst.TypeAlias] = Statements._type_alias

_COMPOUND: dict[type, Callable[[Any, Any], None]] = {
    cst.If: Statements._if,
    cst.For: Statements._for,
    cst.While: Statements._while,
    cst.Try: Statements._try,
    cst.TryStar: Statements._try,
    cst.With: Statements._with,
    cst.Match: Statements._match,
    cst.FunctionDef: Statements._function_def,
    cst.ClassDef: Statements._class_def,
}
