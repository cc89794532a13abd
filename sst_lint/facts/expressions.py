"""What value does an expression have, and what flows into it? The half of the descent that reads expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from sst_lint.facts.asked import Condition
from sst_lint.facts.build import Val
from sst_lint.facts.calls import Calls
from sst_lint.facts.literals import HOLE, asks_truth, constant_key, cut, literal_text
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Option

#: Tests that may tell something of a name.
_TELLING = (cst.Call, cst.Comparison, cst.UnaryOperation, cst.BooleanOperation)


class Expressions(Calls):
    """Reads expressions into values. One method a node type, found by type."""

    def value(self, node: cst.BaseExpression) -> Val:
        """What ``node`` may be."""
        method = _DISPATCH.get(type(node))
        if method is None:
            return self.derived(Op.NOTHING, (), node)
        return method(self, node)

    # literals

    def _text(self, node: cst.SimpleString) -> Val:
        return (self.node(Kind.TEXT, node, literal_text(node) or ""),)

    def _concatenated(self, node: cst.ConcatenatedString) -> Val:
        made = self.node(Kind.TEXT, node, "")
        parts: list[str] = []
        stack: list[cst.BaseExpression] = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, cst.ConcatenatedString):
                stack += (part.right, part.left)
            else:
                parts.append(self._fill(part, made))
        self._rename(made, cut("".join(parts)))
        self.tells_number(made)
        return (made,)

    def _formatted(self, node: cst.BaseExpression) -> Val:
        made = self.node(Kind.TEXT, node, "")
        self._rename(made, cut(self._fill(node, made)))
        self.tells_number(made)
        return (made,)

    def _rename(self, made: int, name: str) -> None:
        self.nodes[made] = _with_name(self.nodes[made], name)

    def _fill(self, node: cst.BaseExpression, made: int) -> str:
        """The text of a (part of a) string, a hole for each expression, whose order and value flow into ``made``."""
        if isinstance(node, cst.SimpleString):
            return literal_text(node) or ""
        parts: list[str] = []
        for part in getattr(node, "parts", ()):
            inner = getattr(part, "expression", None)
            if inner is None:
                parts.append(part.value)
                continue
            self.edge(self.value(inner), made, Op.TEXT)
            parts.append(HOLE)
            for spec in getattr(part, "format_spec", None) or ():
                deeper = getattr(spec, "expression", None)
                if deeper is not None:
                    self.edge(self.value(deeper), made, Op.ONLY_VALUE)
        return "".join(parts)

    def _constant(self, node: cst.BaseExpression) -> Val:
        text = node.value if isinstance(node, (cst.Integer, cst.Float, cst.Imaginary)) else "..."
        return (self.node(Kind.CONST, node, cut(text)),)

    def _sequence(self, node: cst.List | cst.Tuple) -> Val:
        made = self.node(Kind.LIST if isinstance(node, cst.List) else Kind.TUPLE, node)
        position = 0
        for element in node.elements:
            if isinstance(element, cst.StarredElement):
                self.edge(self.value(element.value), made, Op.COPY)
                position = -1
                continue
            value = self.value(element.value)
            self.edge(value, made, Op.STORE, f"#{position}" if position >= 0 else "")
            self.numbered(value, made, len(node.elements))
            position += position >= 0
        return (made,)

    def _set(self, node: cst.Set) -> Val:
        single = len(node.elements) == 1 and isinstance(node.elements[0], cst.Element)
        made = self.node(Kind.SET, node, "one" if single else "")
        for element in node.elements:
            inner = self.value(element.value)
            self.edge(inner, made, Op.SETTED if isinstance(element, cst.StarredElement) else Op.STORE)
        return (made,)

    def _dict(self, node: cst.Dict) -> Val:
        made = self.node(Kind.DICT, node)
        for element in node.elements:
            if isinstance(element, cst.StarredDictElement):
                self.edge(self.value(element.value), made, Op.MERGE)
            elif isinstance(element, cst.DictElement):
                key = constant_key(element.key)
                if key is None:
                    self.edge(self.value(element.key), made, Op.STORE)
                value = self.value(element.value)
                self.edge(value, made, Op.STORE, key or "")
                self.numbered(value, made, len(node.elements))
        return (made,)

    # operators

    def _binary(self, node: cst.BinaryOperation) -> Val:
        chain: list[cst.BinaryOperation] = []
        left: cst.BaseExpression = node
        while isinstance(left, cst.BinaryOperation):
            chain.append(left)
            left = left.left
        value = self.value(left)
        for operation in reversed(chain):
            value = self._operate(operation, operation.operator, value, self.value(operation.right))
        return value

    def _operate(self, at: cst.CSTNode, operator: cst.CSTNode, left: Val, right: Val) -> Val:
        name, left_op, right_op = _OPERATORS.get(type(operator), ("?", Op.ONLY_VALUE, Op.ONLY_VALUE))
        if name == "%" and self._is_format(left, right):
            left_op = right_op = Op.TEXT
            if any("%(" in self.nodes[one].name for one in left if self.nodes[one].kind == Kind.TEXT):
                right = self.derived(Op.LOAD, right, at)  # it takes what it wants by name, in its own order
        made = self.node(Kind.BINOP, at, name)
        self.edge(left, made, left_op)
        self.edge(right, made, right_op)
        if any(self.nodes[one].kind == Kind.TEXT for one in (*left, *right)):
            self.tells_number(made)
        return (made,)

    def _is_format(self, left: Val, right: Val) -> bool:
        """Whether ``left % right`` fills a template: one is a text, or what only a template takes."""
        if any(self.nodes[n].kind == Kind.TEXT for n in left) or any(
            self.nodes[n].kind == Kind.CALL and self.nodes[n].name == "join" for n in right
        ):
            return True
        return bool(right) and all(self.nodes[n].kind in (Kind.DICT, Kind.TUPLE) for n in right)

    def _boolean(self, node: cst.BooleanOperation) -> Val:
        chain: list[cst.BooleanOperation] = []
        left: cst.BaseExpression = node
        while isinstance(left, cst.BooleanOperation):
            chain.append(left)
            left = left.left
        values = [self.value(left)]
        before = self.frame.env
        for operation in reversed(chain):  # the right side is asked only where the left one holds (or does not)
            if isinstance(operation.left, _TELLING):
                self.frame.env = self.narrowed(operation.left, before, isinstance(operation.operator, cst.And))
            values.append(self.value(operation.right))
        if self.frame.env is not before and before is not None:
            inside = self.frame.env or {}
            self.frame.env = {**before, **{n: inside[n] for n in self.walrus_names if n in inside}}
        return self.join(values)

    def _unary(self, node: cst.UnaryOperation) -> Val:
        value = self.value(node.expression)
        if isinstance(node.operator, cst.Minus) and isinstance(node.expression, (cst.Integer, cst.Float)):
            return (self.node(Kind.CONST, node, "-" + node.expression.value),)
        if not isinstance(node.operator, cst.Not):
            return self.derived(Op.COPY, value, node)
        return self.derived(Op.ONLY_VALUE, value, node, name="not")

    def _comparison(self, node: cst.Comparison) -> Val:
        if (holds := asks_truth(node)) is not None:
            return self.derived(Op.ONLY_VALUE, self.value(node.left), node, name="" if holds else "not")
        made = self.node(Kind.VALUE, node, "compare")
        self.edge(self.value(node.left), made, Op.ONLY_VALUE)
        for target in node.comparisons:
            value = self.value(target.comparator)
            self.edge(value, made, Op.ONLY_VALUE)
            if len(node.comparisons) == 1 and isinstance(target.operator, cst.In):
                self.members += [(made, one) for one in value]
        return (made,)

    def _conditional(self, node: cst.IfExp) -> Val:
        return self.conditional(node)

    def conditional(self, node: cst.IfExp, true: tuple[Condition, ...] = (), false: tuple[Condition, ...] = ()) -> Val:
        """One of two values; ``true`` and ``false``: what is known of parameters where it is the first, the second."""
        self.value(node.test)
        before = self.frame.env
        self.frame.env = self.narrowed(node.test, before, True)
        first = self.value(node.body)
        after = self.frame.env
        self.frame.env = self.narrowed(node.test, before, False)
        second = self.value(node.orelse)
        self.frame.env = self.join_env(after, self.frame.env)
        return self.join((self.only_if(first, true), self.only_if(second, false)))

    def only_if(self, value: Val, known: tuple[Condition, ...]) -> Val:
        """``value`` where conditions hold. Filled in by the half that knows of branches."""
        raise NotImplementedError

    def _walrus(self, node: cst.NamedExpr) -> Val:
        value = self.value(node.value)
        if isinstance(node.target, cst.Name):
            self.bind(node.target.value, value)
        return value

    def _await(self, node: cst.Await) -> Val:
        value = self.value(node.expression)
        self.note_wait()
        if self.calls and value == (self.calls[-1].result,):
            self.calls[-1].awaited = True
        return value

    def _yield(self, node: cst.Yield) -> Val:
        frame = self.frame
        frame.is_generator = True
        into = self._yielded() if frame.conditions and not frame.is_decorated else frame.returns
        if isinstance(node.value, cst.From):
            given = self.derived(Op.COPY, self.value(node.value.item), node)  # where its order shows
            self.edge(given, into)
        elif node.value is not None:
            value = self.value(node.value)
            self.edge(value, into, Op.STORE)
            self.note_made(value, "return")
        self.ordered_by_loops(into, Op.ORDERS)
        self.note(frame.returns, "return")
        self.left_to_others()
        return (self.node(Kind.VALUE, node, "sent"),)

    def _yielded(self) -> int:
        """What a generator yields where the conditions hold that are known here: callers that say otherwise get none
        of it."""
        frame = self.frame
        known = frame.parts.get(frame.conditions)
        if known is None:
            known = self.node(Kind.VALUE, None, "yielded", loop=self.nodes[frame.returns].loop)
            frame.parts[frame.conditions] = known
            self.edge(known, frame.returns)
            self.options += [Option(known, *condition) for condition in frame.conditions]
        return known

    def _lambda(self, node: cst.Lambda) -> Val:
        return (self.nested(node, "<lambda>"),)


def _with_name(node: Any, name: str) -> Any:
    return type(node)(
        node.kind,
        name,
        node.base,
        node.scope,
        node.loop,
        node.region,
        node.line,
        node.column,
        node.end_line,
        node.end_column,
        node.statement,
    )


#: operator -> (name, what passes from the left, what passes from the right)
_OPERATORS: dict[type, tuple[str, Op, Op]] = {
    cst.Add: ("+", Op.SAME, Op.SAME),
    cst.Subtract: ("-", Op.SAME, Op.ONLY_VALUE),
    cst.Multiply: ("*", Op.SAME, Op.SAME),
    cst.Divide: ("/", Op.PATH, Op.PATH),
    cst.Modulo: ("%", Op.ONLY_VALUE, Op.ONLY_VALUE),
    cst.BitOr: ("|", Op.SAME, Op.SAME),
    cst.BitAnd: ("&", Op.SAME, Op.SAME),
    cst.BitXor: ("^", Op.SAME, Op.SAME),
    cst.AddAssign: ("+", Op.SAME, Op.COPY),
    cst.SubtractAssign: ("-", Op.SAME, Op.ONLY_VALUE),
    cst.MultiplyAssign: ("*", Op.SAME, Op.ONLY_VALUE),
    cst.DivideAssign: ("/", Op.PATH, Op.PATH),
    cst.BitOrAssign: ("|", Op.SAME, Op.SAME),
    cst.BitAndAssign: ("&", Op.SAME, Op.SAME),
    cst.BitXorAssign: ("^", Op.SAME, Op.SAME),
    cst.ModuloAssign: ("%", Op.ONLY_VALUE, Op.ONLY_VALUE),
}

_DISPATCH: dict[type, Callable[[Any, Any], Val]] = {
    cst.Name: Expressions._name,
    cst.Attribute: Expressions._attribute,
    cst.SimpleString: Expressions._text,
    cst.ConcatenatedString: Expressions._concatenated,
    cst.FormattedString: Expressions._formatted,
    cst.Integer: Expressions._constant,
    cst.Float: Expressions._constant,
    cst.Imaginary: Expressions._constant,
    cst.Ellipsis: Expressions._constant,
    cst.List: Expressions._sequence,
    cst.Tuple: Expressions._sequence,
    cst.Set: Expressions._set,
    cst.Dict: Expressions._dict,
    cst.BinaryOperation: Expressions._binary,
    cst.BooleanOperation: Expressions._boolean,
    cst.UnaryOperation: Expressions._unary,
    cst.Comparison: Expressions._comparison,
    cst.IfExp: Expressions._conditional,
    cst.NamedExpr: Expressions._walrus,
    cst.Await: Expressions._await,
    cst.Yield: Expressions._yield,
    cst.Subscript: Expressions._subscript,
    cst.Call: Expressions._call,
    cst.Lambda: Expressions._lambda,
    cst.ListComp: Expressions._comprehension,
    cst.GeneratorExp: Expressions._comprehension,
    cst.SetComp: Expressions._comprehension,
    cst.DictComp: Expressions._comprehension,
}
if hasattr(cst, "TemplatedString"):
    _DISPATCH[cst.TemplatedString] = Expressions._formatted
