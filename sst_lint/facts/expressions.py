"""What value does an expression have, and what flows into it? The half of the descent that reads expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from sst_lint.facts.build import Builder, Frame, Val
from sst_lint.facts.names import dotted
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Arg, Call, Choice, Kind, Loop

#: A method call may change such a receiver; of others only what the callee changes counts, which the linker knows.
_MADE_HERE = frozenset({Kind.LIST, Kind.DICT, Kind.SET, Kind.VALUE})
_FILLING = frozenset({"append", "extend", "add", "update", "insert", "setdefault", "appendleft", "extendleft"})
#: Builtins that change nothing.
_PURE = frozenset(
    "len iter list tuple set frozenset sorted min max sum any all str repr int float bool isinstance enumerate zip "
    "range print hash id type abs round reversed next".split()
)
_LITERAL_NAMES = frozenset({"True", "False", "None", "__debug__"})
#: Tests that may tell something of a name.
_TELLING = (cst.Call, cst.Comparison, cst.UnaryOperation, cst.BooleanOperation)
#: Of a longer literal its two ends are kept, with a hole between them: a path shows its name there, a query its order.
_TEXT_LIMIT = 300
_HEAD, _TAIL = 99, 200
HOLE = "\x00"


def constant_key(node: cst.CSTNode) -> str | None:
    """The access path of a constant subscript: ``'name`` for text, ``#3`` for a position; None otherwise."""
    if type(node) is cst.SimpleString:
        text = literal_text(node)
        return None if text is None else "'" + text
    if type(node) is cst.Integer:
        return "#" + node.value
    return None


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_LIMIT else f"{text[:_HEAD]}{HOLE}{text[-_TAIL:]}"


def literal_text(node: cst.SimpleString) -> str | None:
    """The value of a string literal, cut at a limit; None for bytes that are no text.

    Lone surrogates, which no file can hold, stand as their escapes.
    """
    raw = node.value
    if len(raw) > _TEXT_LIMIT * 2:
        return _cut(raw)
    if raw[0] in "\"'" and "\\" not in raw:  # nearly all of them, and the compiler takes its time
        return _cut(raw[3:-3] if raw.startswith(('"""', "'''")) else raw[1:-1])
    try:
        value = ast.literal_eval(raw)
    except (ValueError, SyntaxError):
        return None
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return _cut(str(value)).encode("utf-8", "backslashreplace").decode("utf-8")


def attribute_path(node: cst.BaseExpression) -> str:
    """``name`` or ``name.attribute`` when that is all there is, else ""."""
    if type(node) is cst.Name:
        return node.value
    if type(node) is cst.Attribute and type(node.value) is cst.Name:
        return f"{node.value.value}.{node.attr.value}"
    return ""


class Expressions(Builder):
    """Reads expressions into values. One method a node type, found by type."""

    def value(self, node: cst.BaseExpression) -> Val:
        """What ``node`` may be."""
        method = _DISPATCH.get(type(node))
        if method is None:
            return self.derived(Op.NOTHING, (), node)
        return method(self, node)

    def single(self, node: cst.BaseExpression) -> int:
        """One node for what ``node`` may be; a fresh empty one when nothing is known."""
        made = self.one(self.value(node), node)
        return made if made >= 0 else self.node(Kind.VALUE, node)

    # names and attributes

    def _name(self, node: cst.Name) -> Val:
        name = node.value
        if name in _LITERAL_NAMES:
            return (self.node(Kind.CONST, node, name),)
        return self.read_name(name, node)

    def read_name(self, name: str, at: cst.CSTNode) -> Val:
        """What ``name`` holds here: local, shared with an enclosing function, or from outside of the unit."""
        frame = self.frame
        env = frame.env
        if env is not None and name in env and name not in frame.globals:
            value = env[name]
            cell = frame.cells.get(name)
            return (*value, cell) if cell is not None and cell not in value and self.cell_written(cell) else value
        if name in frame.locals and name not in frame.globals and not frame.is_class:
            cell = frame.cells.get(name)
            return () if cell is None else (cell,)
        outer = frame.outer
        while outer is not None:
            if not outer.is_class:
                if name in outer.locals and name not in outer.globals:
                    return (self.shared(outer, name),)
                if outer.env is not None and outer.index == 0 and name in outer.env and "." not in name:
                    return outer.env[name]
            outer = outer.outer
        known = frame.names.get(name)
        if known is None:
            known = frame.names[name] = self.node(Kind.NAME, at, name, loop=-1)
        return (known,)

    def shared(self, frame: Frame, name: str) -> int:
        """The node that stands for a local of ``frame`` in the functions nested in it."""
        cell = frame.cells.get(name)
        if cell is None:
            cell = frame.cells[name] = self.node(Kind.CELL, None, name, loop=-1)
            if frame.env is not None and name in frame.env:
                self.edge(frame.env[name], cell)
        return cell

    def cell_written(self, cell: int) -> bool:
        """Whether a nested function assigns the shared local (``nonlocal``)."""
        return cell in self.mutated

    def _attribute(self, node: cst.Attribute) -> Val:
        path = attribute_path(node)
        env = self.frame.env
        if path and env is not None and path in env:
            return env[path]
        base = self.single(node.value)
        made = self.node(Kind.ATTR, node, node.attr.value, base, loop=self.nodes[base].loop)
        self.edge(base, made, Op.LOAD, "." + node.attr.value)
        return (made,)

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
        self._rename(made, _cut("".join(parts)))
        return (made,)

    def _formatted(self, node: cst.BaseExpression) -> Val:
        made = self.node(Kind.TEXT, node, "")
        self._rename(made, _cut(self._fill(node, made)))
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
        return (self.node(Kind.CONST, node, _cut(text)),)

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

    def numbered(self, value: Val, made: int, together: int = 2) -> None:
        """A number of a round stands in ``made`` together with something else: which with which is up to the loop."""
        for one in value:
            if one in self.numbers and together > 1:
                self.edge(self.loops[self.numbers[one]].node, made, Op.ORDERS_INNER)

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
        made = self.node(Kind.BINOP, at, name)
        self.edge(left, made, left_op)
        self.edge(right, made, right_op)
        return (made,)

    def _is_format(self, left: Val, right: Val) -> bool:
        """Whether ``left % right`` fills a template: one is a text, or what only a template takes."""
        if any(self.nodes[n].kind == Kind.TEXT for n in left):
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
        negated = "not" if isinstance(node.operator, cst.Not) else ""
        return self.derived(Op.ONLY_VALUE, value, node, name=negated)

    def _comparison(self, node: cst.Comparison) -> Val:
        made = self.node(Kind.VALUE, node, "compare")
        self.edge(self.value(node.left), made, Op.ONLY_VALUE)
        for target in node.comparisons:
            self.edge(self.value(target.comparator), made, Op.ONLY_VALUE)
        return (made,)

    def _conditional(self, node: cst.IfExp) -> Val:
        self.value(node.test)
        before = self.frame.env
        self.frame.env = self.narrowed(node.test, before, True)
        first = self.value(node.body)
        after = self.frame.env
        self.frame.env = self.narrowed(node.test, before, False)
        second = self.value(node.orelse)
        self.frame.env = self.join_env(after, self.frame.env)
        return self.join((first, second))

    def _walrus(self, node: cst.NamedExpr) -> Val:
        value = self.value(node.value)
        if isinstance(node.target, cst.Name):
            self.bind(node.target.value, value)
        return value

    def _await(self, node: cst.Await) -> Val:
        return self.value(node.expression)

    def _yield(self, node: cst.Yield) -> Val:
        frame = self.frame
        frame.is_generator = True
        if isinstance(node.value, cst.From):
            self.edge(self.value(node.value.item), frame.returns, Op.COPY)
        elif node.value is not None:
            value = self.value(node.value)
            self.edge(value, frame.returns, Op.STORE)
            self.note_made(value, "return")
        self.ordered_by_loops(frame.returns, Op.ORDERS)
        self.note(frame.returns, "return")
        return (self.node(Kind.VALUE, node, "sent"),)

    # subscripts

    def _subscript(self, node: cst.Subscript) -> Val:
        base = self.single(node.value)
        key: str | None = ""
        for element in node.slice:
            inner = element.slice
            if isinstance(inner, cst.Slice):
                return self._slice(node, inner, base)
            if not isinstance(inner, cst.Index):
                continue
            index = self.value(inner.value)
            key = constant_key(inner.value) if len(node.slice) == 1 else None
            if key is None and len(node.slice) == 1 and _is_negative(inner.value):
                key = "#-"
        item = self.node(Kind.ITEM, node, key or "", base, loop=self.nodes[base].loop)
        self.edge(base, item, Op.LOAD, "" if key == "#-" else key or "")
        if key and key.startswith("#"):
            self.edge(base, item, Op.LOOP, "pick")
            self.choice("index", base, node, self.is_single(node.value))
        elif key is None:
            self.subscripts += [(item, one) for one in index]
        return (item,)

    def _slice(self, node: cst.Subscript, part: cst.Slice, base: int) -> Val:
        for bound in (part.lower, part.upper, part.step):
            if bound is not None:
                self.value(bound)
        if part.upper is not None or isinstance(part.lower, (cst.Integer, cst.UnaryOperation)):
            self.choice("slice", base, node, self.is_single(node.value))
        return self.derived(Op.SAME, (base,), node, name=f"[{_bound(part.lower)}:{_bound(part.upper)}]")

    def choice(self, kind: str, node: int, at: cst.CSTNode, guarded: bool = False, keyed: bool = False) -> None:
        """One element of ``node`` is picked by its place."""
        line, column, end_line, end_column = self.positions.of(at)
        self.choices.append(
            Choice(
                kind,
                node,
                self.frame.index,
                line or self.statement,
                column,
                end_line,
                end_column,
                self.statement,
                guarded,
                keyed,
            )
        )

    def is_single(self, node: cst.BaseExpression) -> bool:
        """Whether ``len(node) == 1`` is known here, for ``node`` or what ``iter`` or ``list`` is called with."""
        if type(node) is cst.Call and type(node.func) is cst.Name and len(node.args) == 1:
            if node.func.value in ("iter", "list", "tuple"):
                return self.is_single(node.args[0].value)
        path = attribute_path(node)
        env = self.frame.env
        return bool(path) and env is not None and "\x01" + path in env

    # calls

    def _read_by_name(self, node: cst.Call) -> Val:
        """``getattr(x, "a")`` and ``getattr(x, "a", default)`` are ``x.a``; nothing for any other call."""
        shadowed = self.frame.env is not None and "getattr" in self.frame.env
        if shadowed or not (type(node.func) is cst.Name and node.func.value == "getattr"):
            return ()
        if len(node.args) not in (2, 3) or any(arg.star or arg.keyword is not None for arg in node.args):
            return ()
        name = literal_text(node.args[1].value) if isinstance(node.args[1].value, cst.SimpleString) else None
        if not name or not name.isidentifier():
            return ()
        base = self.single(node.args[0].value)
        made = self.node(Kind.ATTR, node, name, base, loop=self.nodes[base].loop)
        self.edge(base, made, Op.LOAD, "." + name)
        return (made, self.single(node.args[2].value)) if len(node.args) == 3 else (made,)

    def _call(self, node: cst.Call) -> Val:
        by_name = self._read_by_name(node)
        if by_name:
            return by_name
        guarded = self.is_single(node.func) or (len(node.args) > 0 and self.is_single(node.args[0].value))
        if type(node.func) is cst.Attribute:
            guarded |= self.is_single(node.func.value)
        receiver, method, path = -1, "", ""
        if type(node.func) is cst.Attribute:
            receiver, method = self.single(node.func.value), node.func.attr.value
            path = attribute_path(node.func.value)
            known = attribute_path(node.func)
            env = self.frame.env
            if known and env is not None and known in env:
                callee = self.one(env[known], node.func)
            else:
                callee = self.node(Kind.ATTR, node.func, method, receiver, loop=self.nodes[receiver].loop)
        else:
            callee = self.single(node.func)
        args = tuple(self._argument(arg) for arg in node.args)
        result = self.node(Kind.CALL, node, method, len(self.calls))
        self.calls.append(
            Call(callee, receiver, method, args, result, self.frame.index, self.loop, self.region, guarded=guarded)
        )
        self._after_call(node, method, path, receiver)
        return (result,)

    def _argument(self, arg: cst.Arg) -> Arg:
        slot = arg.star or (arg.keyword.value if arg.keyword is not None else "")
        return Arg(slot, self.single(arg.value))

    def _after_call(self, node: cst.Call, method: str, path: str, receiver: int) -> None:
        """What a call may change is no longer known; ``x.sort()`` leaves ``x`` sorted."""
        if receiver >= 0 and (self.nodes[receiver].kind in _MADE_HERE or method in _FILLING):
            self.note(receiver, (path or "?") + "[]")
        if type(node.func) is cst.Name and node.func.value in _PURE:
            return
        self.touched(path)
        for arg in node.args:
            self.touched(attribute_path(arg.value))
        if method == "sort" and path:
            self.bind(path, self.derived(Op.SORT, (receiver,), node, name="sorted"))

    # functions inside expressions

    def _lambda(self, node: cst.Lambda) -> Val:
        return (self.nested(node, "<lambda>"),)

    def nested(self, node: Any, name: str) -> int:
        """A nested function or lambda, as a value. Filled in by the statement half."""
        raise NotImplementedError

    def narrowed(self, test: cst.BaseExpression, env: Any, holds: bool) -> Any:
        """The environment in the branch in which ``test`` holds (or not). Filled in by the statement half."""
        raise NotImplementedError

    def assign(self, target: cst.BaseExpression, value: Val, at: cst.CSTNode) -> None:
        """``target = value``. Filled in by the statement half."""
        raise NotImplementedError

    # comprehensions

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Val:
        kind, name = _COMPREHENSIONS[type(node)]
        made = self.node(kind, node, name)
        before, loop = self.frame.env, self.loop
        self.frame.env = dict(before) if before is not None else {}
        loops: list[int] = []
        part: cst.CompFor | None = node.for_in
        while part is not None:
            self._comp_for(part, name)
            loops.append(self.loop)
            part = part.inner_for_in
        if isinstance(node, cst.DictComp):
            key = constant_key(node.key)
            self.edge(self.value(node.key), made, Op.STORE, "")
            value = self.value(node.value)
            self.edge(value, made, Op.STORE, key or "")
            self.numbered(value, made)
        else:
            self.edge(self.value(node.elt), made, Op.STORE)
        if kind != Kind.SET:
            op = Op.ORDERS_KEYS if kind == Kind.DICT else Op.ORDERS
            for index in loops:
                self.edge(self.loops[index].node, made, op)
        self._leave_comprehension(before)
        self.loop = loop
        return (made,)

    def _leave_comprehension(self, before: Any) -> None:
        """Loop variables end with the comprehension; a walrus inside it binds outside."""
        inner = self.frame.env or {}
        if before is not None:
            for name in self.walrus_names:
                if name in inner:
                    before[name] = inner[name]
        self.frame.env = before

    walrus_names: Sequence[str] = ()
    numbers: dict[int, int]  #: what counts the rounds -> the loop

    def _comp_for(self, part: cst.CompFor, result: str) -> None:
        source = self.single(part.iter)
        kind = "generator" if result == "generator" else "comprehension"
        self.enter_loop(source, part.iter, kind, result, passes=self.passes(part))
        target = self.node(Kind.VALUE, part.target)
        self.edge(source, target, Op.ITER)
        self.assign(part.target, (target,), part.target)
        self.count_in_order(part)
        for test in part.ifs:
            self.value(test.test)
            self.frame.env = self.narrowed(test.test, self.frame.env, True)

    def passes(self, part: cst.CompFor) -> str:
        """What kind of test few elements of a comprehension pass; "" if there is none."""
        return ""

    def count_in_order(self, node: cst.For | cst.CompFor) -> None:
        """``for i, x in enumerate(...)``: which number goes with which element depends on the order."""
        counted = isinstance(node.iter, cst.Call) and dotted(node.iter.func) == "enumerate"
        if counted and isinstance(node.target, cst.Tuple) and isinstance(node.target.elements[0].value, cst.Name):
            number = self.value(node.target.elements[0].value)
            for one in number:
                self.numbers[one] = self.loop

    def enter_loop(
        self, source: int, at: cst.CSTNode, kind: str, result: str = "", order: bool = True, passes: str = ""
    ) -> int:
        """Start a loop over ``source``; the caller puts ``self.loop`` back. ``order``: whether its order counts."""
        index = len(self.loops)
        order_node = self.node(Kind.LOOP, at, kind, index)
        self.edge(source, order_node, Op.LOOP if order else Op.NOTHING)  # a `while` is ordered by what it draws from
        self.loops.append(Loop(order_node, source, self.loop, self.frame.index, kind, result, passes))
        self.loop = index
        return index


def _bound(node: cst.BaseExpression | None) -> str:
    """A bound of a slice as far as it is a literal number: "", the number, or "?"."""
    if node is None:
        return ""
    sign = "-" if _is_negative(node) else ""
    number = node.expression if isinstance(node, cst.UnaryOperation) and sign else node
    return sign + number.value if isinstance(number, cst.Integer) else "?"


def _is_negative(node: cst.BaseExpression) -> bool:
    return type(node) is cst.UnaryOperation and type(node.operator) is cst.Minus


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

_COMPREHENSIONS: dict[type, tuple[Kind, str]] = {
    cst.ListComp: (Kind.LIST, "list"),
    cst.GeneratorExp: (Kind.LIST, "generator"),
    cst.SetComp: (Kind.SET, "set"),
    cst.DictComp: (Kind.DICT, "dict"),
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
