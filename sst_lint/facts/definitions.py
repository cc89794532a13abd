"""What is defined? Functions and lambdas with their parameters, classes with their members."""

from __future__ import annotations

from typing import Any

import libcst as cst

from sst_lint.facts.build import Frame
from sst_lint.facts.matches import Matches
from sst_lint.facts.names import dotted
from sst_lint.facts.options import returned_names
from sst_lint.facts.records import Kind, Param, Scope


class Definitions(Matches):
    """Each function is read in a scope of its own."""

    def nested(self, node: Any, name: str) -> int:
        """A nested function or lambda: read in a scope of its own, its value returned."""
        index = len(self.scopes)
        made = self.node(Kind.FUNC, node if isinstance(node, cst.Lambda) else node.name, name, index, loop=-1)
        self.scopes.append(None)
        outer, loop, region, statement = self.frame, self.loop, self.region, self.statement
        states, watchers = self.handler_states, self.watchers
        self.loop = self.region = -1
        start, self.handler_start = self.handler_start, -1
        self.handler_states, self.watchers = [], []
        self.function(node, name, index, outer)
        self.handler_start = start
        self.frame, self.loop, self.region, self.statement = outer, loop, region, statement
        self.handler_states, self.watchers = states, watchers
        return made

    def function(self, node: Any, name: str, index: int, outer: Frame | None) -> None:
        """Read a function or lambda as scope ``index``; leaves ``self.frame`` on it."""
        is_lambda = isinstance(node, cst.Lambda)
        decorators = () if is_lambda else tuple(self.single(d.decorator) for d in node.decorators)
        self.frame = frame = Frame(index, outer, -1)
        frame.returns = self.node(Kind.RETURN, None, name)
        params = self._params(node.params, outer)
        if is_lambda:
            frame.locals = frozenset(p.name for p in params)
            value = self.value(node.body)
            self.edge(value, frame.returns)
        else:
            names = self.bindings.of(node.body)
            frame.locals = frozenset(p.name for p in params) | {n for n in names if "." not in n}
            self.walrus_names = sorted(names) if self.has_walrus else ()
            saved = (self.breaks, self.continues, self.if_tests)
            self.breaks, self.continues, self.if_tests = [], [], []
            frame.optional = frozenset(p.node for p in params if p.default >= 0)
            frame.given_back = returned_names(node.body)
            frame.is_decorated = bool(decorators)
            self.block(node.body)
            self.breaks, self.continues, self.if_tests = saved
        returns = None if is_lambda else node.returns
        annotation = "" if returns is None else self.positions.snippet(returns.annotation)
        if not annotation and not is_lambda:
            annotation = _function_type_comment(node.body)
        params = self._sorted_params(params)
        is_async = not is_lambda and node.asynchronous is not None
        self.scopes[index] = Scope(
            name,
            "lambda" if is_lambda else "function",
            -1 if outer is None else outer.index,
            params,
            frame.returns,
            annotation,
            decorators,
            is_async,
            frame.is_generator,
            self.positions.line(node),
            abstract=not is_lambda and _is_abstract(node.body),
            raises=tuple(frame.raises),
            endless=bool(frame.raises) and not (frame.returned or frame.is_generator) and frame.env is None,
            waits_at=frame.waits_at,
        )

    def _sorted_params(self, params: tuple[Param, ...]) -> tuple[Param, ...]:
        """Notes the parameters that the function leaves sorted."""
        env = self.frame.env or {}
        sorted_names = {
            name for name, value in env.items() if value and all(self.nodes[n].name == "sorted" for n in value)
        }
        if not sorted_names:
            return params
        return tuple(
            Param(p.name, p.kind, p.node, p.out, p.annotation, p.default, p.name in sorted_names) for p in params
        )

    def _params(self, params: cst.Parameters, outer: Frame | None) -> tuple[Param, ...]:
        rows: list[tuple[cst.Param, str]] = [(p, "/") for p in params.posonly_params]
        rows += [(p, "") for p in params.params]
        if isinstance(params.star_arg, cst.Param):
            rows.append((params.star_arg, "*"))
        rows += [(p, "k") for p in params.kwonly_params]
        if params.star_kwarg is not None:
            rows.append((params.star_kwarg, "**"))
        result = []
        for index, (param, kind) in enumerate(rows):
            default = -1
            if param.default is not None:
                inner, self.frame = self.frame, outer or self.frame
                default = self.single(param.default)
                self.frame = inner
            node = self.node(Kind.PARAM, param.name, param.name.value, index)
            out = self.node(Kind.OUT, param.name, param.name.value, index)
            if default >= 0:
                self.edge(default, node)
            annotation = "" if param.annotation is None else self.positions.snippet(param.annotation.annotation)
            result.append(Param(param.name.value, kind, node, out, annotation, default))
            env = self.frame.env
            if env is not None:
                env[param.name.value] = (node,)
        return tuple(result)

    def _function_def(self, node: cst.FunctionDef) -> None:
        self.bind(node.name.value, (self.nested(node, node.name.value),))

    def _class_def(self, node: cst.ClassDef) -> None:
        index = len(self.scopes)
        made = self.node(Kind.FUNC, node.name, node.name.value, index, loop=-1)
        self.scopes.append(None)
        outer = self.frame
        self.class_body(node, index, outer)
        self.frame = outer
        self.bind(node.name.value, (made,))

    def class_body(self, node: cst.ClassDef, index: int, outer: Frame | None) -> None:
        """Read a class as scope ``index``; leaves ``self.frame`` on it."""
        decorators = tuple(self.single(d.decorator) for d in node.decorators)
        bases = tuple(self.single(_unsubscripted(a.value)) for a in node.bases)
        for keyword in node.keywords:
            self.value(keyword.value)
        before = getattr(self, "fields", [])
        self.fields = []
        self.frame = frame = Frame(index, outer, -1)
        frame.is_class = True
        self.block(node.body)
        members: list[tuple[str, int]] = []
        for name, value in (frame.env or {}).items():
            for one in value:
                if self.nodes[one].kind == Kind.FUNC and self.nodes[one].scope == index:
                    members.append((name, self.nodes[one].base))
        self.publish(frame)
        self.scopes[index] = Scope(
            node.name.value,
            "class",
            -1 if outer is None else outer.index,
            (),
            -1,
            "",
            decorators,
            line=self.positions.line(node),
            bases=bases,
            members=tuple(members),
            fields=tuple(self.fields),
        )
        self.fields = before

    def publish(self, frame: Frame) -> None:
        """What the names of a module or class hold at its end is what the rest of the program sees."""
        for name, value in (frame.env or {}).items():
            if "." not in name and not name.startswith("\x01"):
                bound = self.node(Kind.BOUND, None, name, loop=-1)
                self.edge(value, bound)


def _function_type_comment(body: Any) -> str:
    """What a ``# type: (...) -> X`` comment under a ``def`` says is returned, or ""."""
    header = getattr(body, "header", None)
    lines = [header] if header is not None else []
    for statement in body.body[:1]:
        lines += getattr(statement, "leading_lines", ())
    for line in lines:
        comment = line.comment.value if getattr(line, "comment", None) is not None else ""
        if comment.startswith("# type:") and "->" in comment:
            return comment.rpartition("->")[2].strip()
    return ""


def _is_abstract(body: Any) -> bool:
    for line in body.body:
        smalls = line.body if isinstance(line, cst.SimpleStatementLine) else [line]
        for small in smalls:
            if isinstance(small, cst.Pass):
                continue
            if isinstance(small, cst.Expr) and isinstance(small.value, (cst.SimpleString, cst.Ellipsis)):
                continue
            if isinstance(small, cst.Raise) and small.exc is not None:
                exc = small.exc.func if isinstance(small.exc, cst.Call) else small.exc
                if dotted(exc) == "NotImplementedError":
                    continue
            return False
    return True


def _unsubscripted(base: cst.BaseExpression) -> cst.BaseExpression:
    """``set`` of ``class Names(set[str])``."""
    return base.value if isinstance(base, cst.Subscript) else base
