"""What does a statement do to the names, and what flows where? The half of the descent that reads statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from sst_lint.facts.build import Env, Frame, Val
from sst_lint.facts.expressions import Expressions, attribute_path, constant_key, literal_text
from sst_lint.facts.handlers import HandlerState, body_is_trivial, only_imports
from sst_lint.facts.names import Bindings, dotted, imported_as
from sst_lint.facts.ops import Op
from sst_lint.facts.positions import Positions
from sst_lint.facts.records import Choice, Handler, Import, Kind, Param, Region, Scope

_NARROW: dict[str, tuple[Op, Op | None]] = {
    "dict": (Op.AS_DICT, Op.NOT_DICT),
    "Mapping": (Op.AS_DICT, Op.NOT_DICT),
    "MutableMapping": (Op.AS_DICT, Op.NOT_DICT),
    "OrderedDict": (Op.AS_DICT, None),
    "list": (Op.AS_LIST, Op.NOT_LIST),
    "tuple": (Op.AS_LIST, Op.NOT_LIST),
    "set": (Op.AS_SET, Op.NOT_SET),
    "frozenset": (Op.AS_SET, Op.NOT_SET),
    "Set": (Op.AS_SET, Op.NOT_SET),
    "str": (Op.ONLY_VALUE, None),
    "bytes": (Op.ONLY_VALUE, None),
    "int": (Op.ONLY_VALUE, None),
    "float": (Op.ONLY_VALUE, None),
    "bool": (Op.ONLY_VALUE, None),
    "complex": (Op.ONLY_VALUE, None),
    "Number": (Op.ONLY_VALUE, None),
    "Path": (Op.ONLY_VALUE, None),
    "PurePath": (Op.ONLY_VALUE, None),
    "datetime": (Op.ONLY_VALUE, None),
    "Enum": (Op.ONLY_VALUE, None),
}


class Statements(Expressions):
    """Reads statements. Branches copy the environment and join it; loops and handlers join what reaches back."""

    def __init__(self, positions: Positions, has_walrus: bool) -> None:
        super().__init__(positions)
        self.bindings = Bindings(has_walrus)
        self.has_walrus = has_walrus
        self.handler_states: list[HandlerState] = []
        self.last_of_loop: dict[tuple[str, int], tuple[int, int, tuple[int, int, int, int, int]]] = {}
        self.breaks: list[list[tuple[Env, tuple[int, int, int, int, int]]]] = []
        self.continues: list[list[Env]] = []
        self.if_tests: list[tuple[cst.BaseExpression, int]] = []
        self.typing_only = False
        self.type_comment = ""
        self.assigned_at: dict[str, tuple[int, int, int, int, int]] = {}
        self.loop_targets: dict[int, frozenset[int]] = {}

    def block(self, node: Any) -> None:
        """The statements of a body, as long as control can reach them."""
        for statement in node.body:
            if self.frame.env is None:
                return
            self.statement_of(statement)

    def statement_of(self, node: Any) -> None:
        """One statement, simple line or compound."""
        kind = type(node)
        if kind is cst.SimpleStatementLine:
            self.statement = self.positions.of(node)[0] or self.statement
            self.type_comment = _type_comment(node.trailing_whitespace)
            for small in node.body:
                if self.frame.env is not None:
                    self._small(small)
            return
        method = _COMPOUND.get(kind)
        if method is None:
            self._small(node)
            return
        self.statement = self.positions.of(node)[0] or self.statement
        method(self, node)

    def _small(self, node: Any) -> None:
        method = _SMALL.get(type(node))
        if method is not None:
            method(self, node)

    # simple statements

    def _expr(self, node: cst.Expr) -> None:
        value = node.value
        if isinstance(value, (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)):
            return
        calls = len(self.calls)
        self.value(value)
        inner = value.expression if isinstance(value, cst.Await) else value
        if isinstance(inner, cst.Call) and len(self.calls) > calls:
            self.calls[-1].used = False
            self._left_behind(inner, len(self.calls) - 1)

    def _left_behind(self, node: cst.Call, number: int) -> None:
        """``tidy(x)`` as a statement may leave ``x`` sorted: from here on ``x`` is what the call left."""
        env = self.frame.env
        for arg in node.args:
            name = arg.value.value if isinstance(arg.value, cst.Name) else ""
            if name and env is not None and name in env and name not in self.frame.globals and not arg.star:
                before = self.one(env[name], arg.value)
                if before >= 0 and name not in self.frame.cells:
                    loop = self.nodes[before].loop
                    after = self.node(Kind.VALUE, arg.value, "after", loop=loop)
                    self.edge(before, after)
                    self.after.append((before, after, number))
                    env[name] = (after,)

    def _assign(self, node: cst.Assign) -> None:
        value = self.value(node.value)
        if self.type_comment:
            typed = self.node(Kind.VALUE, node.targets[0].target, ":" + self.type_comment)
            self.edge(value, typed)
            value = (typed,)
        for target in node.targets:
            if isinstance(target.target, cst.Name):
                self.assigned_at[target.target.value] = (*self.positions.of(node), self.statement)
            self.assign(target.target, value, node)
            if self.frame.index == 0 and isinstance(target.target, cst.Name) and target.target.value == "__all__":
                self.exports = _string_items(node.value)

    def _ann_assign(self, node: cst.AnnAssign) -> None:
        annotation = self.positions.snippet(node.annotation.annotation)
        value = () if node.value is None else self.value(node.value)
        typed = self.node(Kind.VALUE, node.target, ":" + annotation)
        self.edge(value, typed)
        if self.frame.is_class and isinstance(node.target, cst.Name):
            self.fields.append((node.target.value, annotation, self.one(value) if value else -1))
        if node.value is not None or not isinstance(node.target, cst.Name) or self.frame.index == 0:
            self.assign(node.target, (typed,), node)

    def _aug_assign(self, node: cst.AugAssign) -> None:
        old = self.value(node.target)
        new = self.value(node.value)
        made = self._operate(node, node.operator, old, new)
        if isinstance(node.operator, (cst.AddAssign, cst.BitOrAssign)):
            base = old[0] if old else -1
            if base >= 0 and self.nodes[base].kind == Kind.PARAM:
                self.edge(new, base, Op.COPY)  # a list that was handed in grows for its owner, too
                self.change(base)
            if base >= 0 and self._grows(old, new, node.value):
                self._order_growth(made[0], base, node.operator)
        self.assign(node.target, made, node)

    def _grows(self, old: Val, new: Val, value: cst.BaseExpression) -> bool:
        """Whether ``+=`` extends text or a sequence (integer counting does not depend on order; a float sum does)."""
        kinds = {self.nodes[n].kind for n in new}
        if kinds & {Kind.TEXT, Kind.LIST, Kind.TUPLE, Kind.DICT}:
            return True
        return any(self._starts_ordered(n, 0) for n in old)

    def _starts_ordered(self, node: int, depth: int) -> bool:
        kind, name = self.nodes[node].kind, self.nodes[node].name
        if kind in (Kind.TEXT, Kind.LIST, Kind.TUPLE, Kind.DICT):
            return True
        if kind == Kind.CONST:
            return "." in name or "e" in name.lower().replace("true", "").replace("false", "").replace("none", "")
        if depth > 6:
            return False
        sources = [e.source for e in self.edges if e.target == node and e.op == Op.SAME]
        return any(self._starts_ordered(s, depth + 1) for s in sources)

    def _order_growth(self, made: int, base: int, operator: cst.CSTNode) -> None:
        op = Op.ORDERS_KEYS if isinstance(operator, cst.BitOrAssign) else Op.ORDERS
        for index in self.loops_between(base):
            if self.loops[index].node >= 0:
                self.edge(self.loops[index].node, made, op)

    def _return(self, node: cst.Return) -> None:
        frame = self.frame
        if node.value is not None:
            value = self.value(node.value)
            self.edge(value, frame.returns, Op.SAME)
            for one in value:
                self.note(one)
            self._choice_by_return(node, value)
        self._end("returns")

    def _choice_by_return(self, node: cst.Return, value: Val) -> None:
        """A value that depends on the iteration, returned out of a loop, is the first match."""
        current = self.loop
        while current != -1:
            loop = self.loops[current]
            if loop.kind == "for" and any(self._made_in(n, current) for n in value):
                self.choice("return", loop.node, node, keyed=self.is_keyed(current))
            current = loop.parent

    def _made_in(self, node: int, loop: int) -> bool:
        record = self.nodes[node]
        if record.kind == Kind.CONST or (record.kind == Kind.TEXT and "\x00" not in record.name):
            return False
        current = record.loop
        while current != -1:
            if current == loop:
                return True
            current = self.loops[current].parent
        return False

    def is_keyed(self, loop: int) -> bool:
        """Whether the tests around here, inside ``loop``, pick one element by equality."""
        return any(depth >= loop and _picks_by_identity(test) for test, depth in self.if_tests)

    def _raise(self, node: cst.Raise) -> None:
        raised = () if node.exc is None else self.value(node.exc)
        if node.cause is not None:
            self.value(node.cause.item)
        for state in reversed(self.handler_states):
            if state.frame is self.frame:
                state.raised(node, raised)
                break
        self._end("raises")

    def _end(self, how: str) -> None:
        for state in self.handler_states:
            if state.frame is self.frame and how != "raises":
                state.ends[how] = None
        self.frame.env = None

    def _break(self, node: cst.Break) -> None:
        if self.breaks and self.frame.env is not None:
            self.breaks[-1].append((self.frame.env, (*self.positions.of(node), self.statement)))
        self._end("breaks")

    def _continue(self, node: cst.Continue) -> None:
        if self.continues and self.frame.env is not None:
            self.continues[-1].append(self.frame.env)
        self._end("continues")

    def _assert(self, node: cst.Assert) -> None:
        self.value(node.test)
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
        self.bind(node.name.value, (self.node(Kind.VALUE, node, ":type"),))

    # targets

    def assign(self, target: cst.BaseExpression, value: Val, at: cst.CSTNode) -> None:
        """``target = value`` for a name, attribute, item, or a pattern of them."""
        if isinstance(target, cst.Name):
            self.bind(target.value, value)
        elif isinstance(target, cst.Attribute):
            self._assign_attribute(target, value)
        elif isinstance(target, cst.Subscript):
            self._assign_item(target, value)
        elif isinstance(target, (cst.Tuple, cst.List)):
            self._unpack(target, value, at)
        elif isinstance(target, cst.StarredElement):
            self.assign(target.value, value, at)

    def _assign_attribute(self, target: cst.Attribute, value: Val) -> None:
        path = attribute_path(target)
        base = self.single(target.value)
        put = self.node(Kind.PUT, target, target.attr.value, base, loop=self.nodes[base].loop)
        self.edge(value, put)
        self.note(put)
        for one in value:
            self.note(one)
        self.change(base)
        self.edge(value, base, Op.STORE, "." + target.attr.value)
        if path and self.frame.env is not None:
            self.frame.env[path] = value
            self.has_paths = True
        self._choice_by_attribute(target, base, value)

    def _choice_by_attribute(self, target: cst.Attribute, base: int, value: Val) -> None:
        """An attribute that every round of a loop overwrites keeps what the last round gave it."""
        if self.loop < 0 or self.loops[self.loop].kind != "for" or self.nodes[base].loop == self.loop:
            return
        if any(n in self.loop_targets.get(self.loop, ()) for n in value):
            self.choice("assign", self.loops[self.loop].node, target, keyed=self.is_keyed(self.loop))

    def _assign_item(self, target: cst.Subscript, value: Val) -> None:
        base = self.single(target.value)
        path = attribute_path(target.value)
        if path and len(target.slice) == 1 and isinstance(target.slice[0].slice, cst.Slice):
            part = target.slice[0].slice
            if part.lower is None and part.upper is None and self.frame.env is not None:
                self.edge(value, base, Op.COPY)
                self.change(base)
                self.bind(path, value)
                return
        key: str | None = None
        for element in target.slice:
            inner = element.slice
            if isinstance(inner, cst.Index):
                key = constant_key(inner.value) if len(target.slice) == 1 else None
                index = self.value(inner.value)
                if key is None:
                    self.edge(index, base, Op.STORE)
        if key and path and "." not in path and self.frame.env is not None and path in self.frame.env:
            base = self._overwritten(path, base, key, target)
        self.edge(value, base, Op.STORE, key or "")
        if key is None and self.nodes[base].kind not in (Kind.LIST, Kind.TUPLE):
            self.ordered_by_loops(base, Op.ORDERS_KEYS)
        self.change(base)
        self.touched(attribute_path(target.value))

    def _overwritten(self, name: str, base: int, key: str, at: cst.CSTNode) -> int:
        """``x["a"] = ...``: from here on ``x`` is what it was, without what stood under ``"a"``."""
        after = self.node(Kind.VALUE, at, "overwritten", loop=self.nodes[base].loop)
        self.edge(base, after, Op.SAME, "!" + key)
        if self.frame.env is not None and name not in self.frame.cells and name not in self.frame.globals:
            self.frame.env[name] = (after,)
            return after
        return base

    def _unpack(self, target: cst.Tuple | cst.List, value: Val, at: cst.CSTNode, plain: int = -1) -> None:
        """``a, b = value``. ``plain``: the position of an element that holds nothing (the directory of a walk)."""
        whole = self.one(value, target)
        elements = target.elements
        stars = [i for i, e in enumerate(elements) if isinstance(e, cst.StarredElement)]
        if stars and len(elements) > 1 and whole >= 0 and self.nodes[whole].kind != Kind.TUPLE:
            self.choice("unpack", whole, target)
        picked = -1
        if len(elements) > 1 and not stars and whole >= 0 and self.nodes[whole].kind != Kind.TUPLE:
            picked = self.node(Kind.VALUE, target, "picked")  # which element a name gets depends on the order
            self.edge(whole, picked, Op.LOOP)
        for position, element in enumerate(elements):
            part = self.node(Kind.VALUE, element.value)
            if isinstance(element, cst.StarredElement):
                self.edge(whole, part, Op.COPY)
            else:
                key = f"#{position}" if not stars or position < stars[0] else ""
                self.edge(whole, part, Op.LOAD if position != plain else Op.ONLY_VALUE, key)
                self.edge(picked, part, Op.ORDERS)
            self.assign(element.value, (part,), at)

    # branches

    def _region(self, kind: str, node: int = -1) -> int:
        self.regions.append(Region(kind, self.region, self.frame.index, node, self.statement))
        return len(self.regions) - 1

    def _in_region(self, kind: str, body: Callable[[], None], node: int = -1) -> int:
        outer = self.region
        self.region = region = self._region(kind, node)
        body()
        self.region = outer
        return region

    def _if(self, node: cst.If) -> None:
        test = self.single(node.test)
        before = self.frame.env
        typing_only = self.typing_only
        self.typing_only = typing_only or dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING"
        self.if_tests.append((node.test, self.loop))
        self.frame.env = self.narrowed(node.test, before, True)
        self._in_region("if", lambda: self.block(node.body), test)
        self.if_tests.pop()
        self.typing_only = typing_only
        after = self.frame.env
        self.frame.env = self.narrowed(node.test, before, False)
        orelse = node.orelse
        if isinstance(orelse, cst.If):
            self.statement = self.positions.of(orelse)[0] or self.statement
            self._in_region("else", lambda: self._if(orelse), test)
        elif orelse is not None:
            self._in_region("else", lambda: self.block(orelse.body), test)
        self.frame.env = self.join_env(after, self.frame.env)

    def narrowed(self, test: cst.BaseExpression, env: Env | None, holds: bool) -> Env | None:
        """The environment in the branch in which ``test`` holds (or not): ``isinstance`` and ``len(x) == 1`` count."""
        if env is None:
            return None
        env = dict(env)
        self._narrow(test, env, holds)
        return env

    def _narrow(self, test: cst.BaseExpression, env: Env, holds: bool) -> None:
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            self._narrow(test.expression, env, not holds)
        elif isinstance(test, cst.BooleanOperation):
            if isinstance(test.operator, cst.And) == holds:
                self._narrow(test.left, env, holds)
                self._narrow(test.right, env, holds)
        elif isinstance(test, cst.Call) and isinstance(test.func, cst.Name) and len(test.args) == 2:
            if test.func.value == "isinstance":
                self._narrow_type(test, env, holds)
        elif isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
            self._narrow_length(test, env, holds)

    def _narrow_type(self, test: cst.Call, env: Env, holds: bool) -> None:
        path = attribute_path(test.args[0].value)
        names = _type_names(test.args[1].value)
        ops = {_NARROW[name][0 if holds else 1] for name in names if name in _NARROW}
        if holds and path and len(ops) > 1 and Op.AS_SET in ops and all(name in _NARROW for name in names):
            value = env.get(path) or self.value(test.args[0].value)
            typed = self.node(Kind.VALUE, test.args[0].value, ":set")
            self.edge(value, typed)
            env[path] = (typed,)
        if not path or len(ops) != 1 or not all(name in _NARROW for name in names):
            return
        (op,) = ops
        value = env.get(path) or self.value(test.args[0].value)
        self.has_paths = True
        if holds and value and not ops.isdisjoint({Op.AS_SET}) and len(names) == 1:
            typed = self.node(Kind.VALUE, test.args[0].value, ":" + names[0])
            self.edge(value, typed, Op.AS_SET)
            env[path] = (typed,)
            return
        if op is not None and value:
            env[path] = self.derived(op, value, test.args[0].value)

    def _narrow_length(self, test: cst.Comparison, env: Env, holds: bool) -> None:
        left, target = test.left, test.comparisons[0]
        if not (isinstance(left, cst.Call) and isinstance(left.func, cst.Name) and left.func.value == "len"):
            return
        if not (left.args and isinstance(target.comparator, cst.Integer) and target.comparator.value == "1"):
            return
        path = attribute_path(left.args[0].value)
        if path and (
            (holds and isinstance(target.operator, cst.Equal))
            or (not holds and isinstance(target.operator, (cst.NotEqual, cst.GreaterThan)))
        ):
            env["\x01" + path] = ()
            self.has_paths = True

    # loops

    def _for(self, node: cst.For) -> None:
        source = self.single(node.iter)
        outer = self.loop
        phis = self._open_loop(self.bindings.of(node.body) if hasattr(node.body, "body") else frozenset())
        index = self.enter_loop(source, node.iter, "for", order=not _pins_walk(node))
        target = self.node(Kind.VALUE, node.target)
        self.edge(source, target, Op.ITER)
        first = len(self.nodes)
        if _is_walk(node.iter) and isinstance(node.target, cst.Tuple):
            self._unpack(node.target, (target,), node, plain=0)
        else:
            self.assign(node.target, (target,), node)
        self.loop_targets[index] = frozenset({target, *range(first, len(self.nodes))})
        self._count_in_order(node)
        self._loop_body(node, phis, index, outer, target)

    def _count_in_order(self, node: cst.For) -> None:
        """``for i, x in enumerate(...)``: which number goes with which element depends on the order."""
        counted = isinstance(node.iter, cst.Call) and dotted(node.iter.func) == "enumerate"
        if counted and isinstance(node.target, cst.Tuple) and isinstance(node.target.elements[0].value, cst.Name):
            number = self.value(node.target.elements[0].value)
            order = self.loops[self.loop].node
            for one in number:
                self.edge(order, one, Op.ORDERS)

    def _while(self, node: cst.While) -> None:
        names = self.bindings.of(node.body)
        outer = self.loop
        phis = self._open_loop(names)
        test = self.single(node.test)
        index = self.enter_loop(-1, node.test, "while")
        self.frame.env = self.narrowed(node.test, self.frame.env, True)
        self._loop_body(node, phis, index, outer, test)

    def _open_loop(self, names: frozenset[str]) -> dict[str, int]:
        """What the body assigns may come from the round before: such names get a node that joins both."""
        phis: dict[str, int] = {}
        env = self.frame.env
        if env is None:
            return phis
        for name in sorted(names):
            if name in env:
                phi = self.node(Kind.VALUE, None, "phi", loop=min((self.nodes[n].loop for n in env[name]), default=-1))
                self.edge(env[name], phi)
                env[name] = (phi,)
                phis[name] = phi
        return phis

    def _loop_body(self, node: Any, phis: dict[str, int], index: int, outer: int, target: int) -> None:
        before = dict(self.frame.env or {})
        for name in phis:
            self.assigned_at.pop(name, None)
        self.breaks.append([])
        self.continues.append([])
        self._in_region("loop", lambda: self.block(node.body))
        end = self.frame.env
        for env in self.continues.pop():
            end = self.join_env(end, env)
        broken: Env | None = None
        broken_at = None
        for env, at in self.breaks.pop():
            broken = self.join_env(broken, env)
            broken_at = broken_at or at
        self.loop = outer
        for env_after in (end, broken):
            for name, phi in phis.items():
                if env_after is not None and name in env_after:
                    self.edge(env_after[name], phi)
        after = self.join_env(before, end)
        self._mark_last(index, end, None)
        self._mark_last(index, broken, broken_at)
        self.frame.env = after
        if node.orelse is not None:
            self.block(node.orelse.body)
        self.frame.env = self.join_env(self.frame.env, broken)

    def _mark_last(self, index: int, env: Env | None, at: tuple[int, int, int, int, int] | None) -> None:
        """Names that keep what the last (or first matching) round gave them, if anyone reads them after the loop."""
        if self.loops[index].kind != "for" or env is None:
            return
        for name, value in sorted(env.items()):
            for one in value:
                if "." not in name and not name.startswith("\x01") and self._made_in(one, index):
                    where = self.assigned_at.get(name) or at
                    if where is not None:
                        self.last_of_loop.setdefault((name, one), (index, one, where))

    def read_name(self, name: str, at: cst.CSTNode) -> Val:
        """As for expressions; notes who reads what a loop left behind, and who reads a caught error."""
        value = super().read_name(name, at)
        for state in self.handler_states:
            if state.name == name and state.name:
                state.uses_error = True
        for one in value:
            found = self.last_of_loop.get((name, one))
            if found is not None and not self._inside(found[0]):
                del self.last_of_loop[(name, one)]
                self._choice_by_last(one, found[0], found[2])
        return value

    def _inside(self, loop: int) -> bool:
        current = self.loop
        while current != -1:
            if current == loop:
                return True
            current = self.loops[current].parent
        return False

    def _choice_by_last(self, node: int, loop: int, at: tuple[int, int, int, int, int]) -> None:
        """Only what depends on the element, and not on the rounds before (a sum, a maximum), is a choice."""
        sources = self._local_sources(node)
        targets = self.loop_targets.get(loop, frozenset())
        if sources.isdisjoint(targets) or any(self.nodes[s].name == "phi" for s in sources):
            return
        line, column, end_line, end_column, statement = at
        self.choices.append(
            Choice("assign", self.loops[loop].node, self.frame.index, line, column, end_line, end_column, statement)
        )

    def _local_sources(self, node: int) -> set[int]:
        """Everything that flows into ``node`` within a few local steps."""
        seen = {node}
        stack = [node]
        incoming: dict[int, list[int]] = {}
        for e in self.edges:
            incoming.setdefault(e.target, []).append(e.source)
        while stack and len(seen) < 64:
            for source in incoming.get(stack.pop(), ()):
                if source not in seen:
                    seen.add(source)
                    stack.append(source)
        return seen

    # with, try, match

    def _with(self, node: cst.With) -> None:
        outer = self.region
        suppressors: list[int] = []
        for item in node.items:
            calls = len(self.calls)
            value = self.value(item.item)
            context = self.one(value, item.item)
            if isinstance(item.item, cst.Call) and len(self.calls) > calls:
                call = self.calls[-1]
                call.entered = True
                name = call.method or self.nodes[call.callee].name
                if name == "suppress" or any(_looks_like_error(a.value) for a in item.item.args):
                    suppressors.append(len(self.calls) - 1)
            self.region = self._region("with", context)
            if item.asname is not None:
                self.assign(item.asname.name, value, node)
        if suppressors:
            self._suppressed(node, suppressors[0])
        else:
            self.block(node.body)
        self.region = outer

    def _suppressed(self, node: cst.With, call: int) -> None:
        watcher: dict[int, None] = {}
        self.watchers.append(watcher)
        before = dict(self.frame.env or {})
        self.block(node.body)
        self.watchers.pop()
        self.frame.env = self.join_env(self.frame.env, before)
        types = tuple(a.node for a in self.calls[call].args)
        item = node.items[0].item
        line, column, end_line, end_column = self.positions.of(item)
        self.handlers.append(
            Handler(
                self.region, -1, self.frame.index, types, False, "", ("falls",), False, False, False, False, True,
                tuple(watcher), (), only_imports(node.body), line, column, end_line, end_column, call,
            )
        )  # fmt: skip

    def _try(self, node: Any) -> None:
        before = dict(self.frame.env or {})
        assigned = self.bindings.of(node.body)
        watcher: dict[int, None] = {}
        self.watchers.append(watcher)
        first = len(self.nodes)
        tried = self._in_region("try", lambda: self.block(node.body))
        self.watchers.pop()
        caught = self._caught_env(before, assigned, watcher, first)
        if node.orelse is not None and self.frame.env is not None:
            self._in_region("orelse", lambda: self.block(node.orelse.body))
        after = self.frame.env
        for handler in node.handlers:
            self.frame.env = dict(caught)
            self._handler(handler, tried, tuple(watcher), only_imports(node.body), isinstance(node, cst.TryStar))
            after = self.join_env(after, self.frame.env)
        if node.finalbody is not None:
            self.frame.env = dict(after) if after is not None else dict(caught)
            self._in_region("finally", lambda: self.block(node.finalbody.body))
            if after is None:
                self.frame.env = None
        else:
            self.frame.env = after

    def _caught_env(self, before: Env, assigned: frozenset[str], watcher: dict[int, None], first: int) -> Env:
        """What names hold when the body was left anywhere: the value before it, or any that it assigned."""
        env = dict(before)
        end = self.frame.env or {}
        for name in sorted(assigned):
            values = [v for v in (before.get(name), end.get(name)) if v]
            if values and "." not in name:
                env[name] = self.join(values)
            elif "." in name:
                env.pop(name, None)
        return env

    def _handler(self, node: Any, tried: int, writes: tuple[int, ...], imports: bool, star: bool) -> None:
        types: tuple[int, ...] = ()
        if node.type is not None:
            inner = node.type.elements if isinstance(node.type, cst.Tuple) else None
            types = tuple(self.single(e.value) for e in inner) if inner is not None else (self.single(node.type),)
        name = node.name.name.value if node.name is not None and isinstance(node.name.name, cst.Name) else ""
        self.statement = self.positions.of(node)[0] or self.statement
        line, column, end_line, end_column = self._clause_span(node)
        error = self.node(Kind.ERROR, node, name)
        if name and self.frame.env is not None:
            self.frame.env[name] = (error,)
        state = HandlerState(self.frame, name, error)
        watcher: dict[int, None] = {}
        self.watchers.append(watcher)
        self.handler_states.append(state)
        body = self._in_region("handler", lambda: self.block(node.body))
        self.handler_states.pop()
        self.watchers.pop()
        ends = (*(("falls",) if self.frame.env is not None else ()), *sorted(state.ends))
        self.handlers.append(
            Handler(
                tried, body, self.frame.index, types, node.type is None, name, ends, state.reraises,
                state.raises_from, state.raises_other, state.uses_error, body_is_trivial(node.body), writes,
                tuple(watcher), imports, line, column, end_line, end_column, -1, star,
            )
        )  # fmt: skip

    def _clause_span(self, node: Any) -> tuple[int, int, int, int]:
        """From ``except`` to the end of its type."""
        line, column, _, _ = self.positions.of(node)
        last = node.name.name if node.name is not None else node.type
        if last is None:
            return line, column, line, column + len("except")
        _, _, end_line, end_column = self.positions.of(last)
        return line, column, end_line or line, end_column or column + len("except")

    def _match(self, node: cst.Match) -> None:
        subject = self.value(node.subject)
        before = self.frame.env
        complete = any(_matches_all(case) for case in node.cases)
        after: Env | None = dict(before) if before is not None and not complete else None
        for case in node.cases:
            self.frame.env = dict(before) if before is not None else None
            self._pattern(case.pattern, subject)
            path = attribute_path(node.subject)
            if path and self.frame.env is not None:
                narrowed = self._as_class(case.pattern, subject)
                if narrowed is not subject:
                    self.frame.env[path] = narrowed
            if case.guard is not None:
                self.value(case.guard)
            self._in_region("if", lambda case=case: self.block(case.body))  # type: ignore[misc]
            after = self.join_env(after, self.frame.env)
        self.frame.env = after

    def _pattern(self, pattern: Any, subject: Val) -> None:
        """Names that a pattern captures hold the subject or something inside it."""
        kind = type(pattern)
        if kind is cst.MatchAs:
            if pattern.pattern is not None:
                self._pattern(pattern.pattern, subject)
            if pattern.name is not None:
                self.bind(pattern.name.value, self._as_class(pattern.pattern, subject))
        elif kind is cst.MatchOr:
            for element in pattern.patterns:
                self._pattern(element.pattern, subject)
        elif kind in (cst.MatchList, cst.MatchTuple):
            if any(isinstance(e, cst.MatchStar) for e in pattern.patterns) and len(pattern.patterns) > 1:
                self.choice("unpack", self.one(subject), pattern)
            for position, element in enumerate(pattern.patterns):
                if isinstance(element, cst.MatchStar):
                    if element.name is not None:
                        self.bind(element.name.value, self.derived(Op.COPY, subject, element))
                else:
                    self._pattern(element.value, self.derived(Op.LOAD, subject, element, f"#{position}"))
        elif kind is cst.MatchMapping:
            for element in pattern.elements:
                key = "'" + element.key.value if isinstance(element.key, cst.Name) else ""
                if isinstance(element.key, cst.MatchValue) and isinstance(element.key.value, cst.SimpleString):
                    key = "'" + (literal_text(element.key.value) or "")
                self._pattern(element.pattern, self.derived(Op.LOAD, subject, element, key))
            if pattern.rest is not None:
                self.bind(pattern.rest.value, self.derived(Op.MERGE, subject, pattern))
        elif kind is cst.MatchClass:
            for element in pattern.patterns:
                self._pattern(element.value, self._as_class(pattern, subject))
            for keyword in pattern.kwds:
                value = self.derived(Op.LOAD, subject, keyword, "." + keyword.key.value)
                self._pattern(keyword.pattern, value)

    def _as_class(self, pattern: Any, subject: Val) -> Val:
        name = dotted(pattern.cls).rpartition(".")[2] if isinstance(pattern, cst.MatchClass) else ""
        narrow = _NARROW.get(name)
        if narrow is None:
            return subject
        return self.derived(narrow[0], subject, pattern, name=":" + name if narrow[0] == Op.AS_SET else "")

    # functions and classes

    fields: list[tuple[str, str, int]]

    def nested(self, node: Any, name: str) -> int:
        """A nested function or lambda: read in a scope of its own, its value returned."""
        index = len(self.scopes)
        made = self.node(Kind.FUNC, node if isinstance(node, cst.Lambda) else node.name, name, index, loop=-1)
        self.scopes.append(None)
        outer, loop, region, statement = self.frame, self.loop, self.region, self.statement
        states, watchers = self.handler_states, self.watchers
        self.loop = self.region = -1
        self.handler_states, self.watchers = [], []
        self.function(node, name, index, outer)
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
            self.positions.of(node)[0],
            abstract=not is_lambda and _is_abstract(node.body),
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
        bases = tuple(self.single(a.value) for a in node.bases)
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
            line=self.positions.of(node)[0],
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


def _matches_all(case: cst.MatchCase) -> bool:
    """``case _`` or ``case name`` without a guard."""
    return case.guard is None and isinstance(case.pattern, cst.MatchAs) and case.pattern.pattern is None


def _looks_like_error(node: cst.BaseExpression) -> bool:
    """Whether an argument is named like an exception class; the linker decides whether the call suppresses it."""
    return dotted(node).endswith(("Error", "Exception", "Interrupt"))


def _is_walk(node: cst.BaseExpression) -> bool:
    """A call of something like ``os.walk``, whose elements are (directory, directories, files)."""
    return isinstance(node, cst.Call) and dotted(node.func).rpartition(".")[2].endswith("walk")


def _pins_walk(node: cst.For) -> bool:
    """``for root, dirs, files in os.walk(...)`` whose body sorts ``dirs`` in place: the walk is in order."""
    if not _is_walk(node.iter) or not isinstance(node.target, cst.Tuple) or len(node.target.elements) < 2:
        return False
    directories = node.target.elements[1].value
    if not isinstance(directories, cst.Name) or not isinstance(node.body, cst.IndentedBlock):
        return False
    lines = [line for line in node.body.body if isinstance(line, cst.SimpleStatementLine)]
    return any(_sorts(small, directories.value) for line in lines for small in line.body)


def _sorts(node: Any, name: str) -> bool:
    """``name.sort(...)`` or ``name[:] = sorted(...)``."""
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
        return dotted(node.value.func) == f"{name}.sort"
    if isinstance(node, cst.Assign) and isinstance(node.value, cst.Call) and dotted(node.value.func) == "sorted":
        target = node.targets[0].target
        return isinstance(target, cst.Subscript) and dotted(target.value) == name
    return False


def _type_names(node: cst.BaseExpression) -> Sequence[str]:
    if isinstance(node, cst.Tuple):
        return [dotted(e.value).rpartition(".")[2] for e in node.elements]
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return [*_type_names(node.left), *_type_names(node.right)]
    return [dotted(node).rpartition(".")[2]]


_IDENTITIES = frozenset({"name", "id", "key", "path", "uuid", "slug", "stem", "title", "uid", "identifier", "hostname"})


def _picks_by_identity(test: cst.BaseExpression) -> bool:
    """Whether a test can hold for one element only: ``x == y``, ``x.name == y``, ``x["id"] == y``."""
    if isinstance(test, cst.BooleanOperation):
        return isinstance(test.operator, cst.And) and (_picks_by_identity(test.left) or _picks_by_identity(test.right))
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    target = test.comparisons[0]
    if not isinstance(target.operator, (cst.Equal, cst.Is)):
        return False
    return any(_is_identity(side) for side in (test.left, target.comparator))


def _is_identity(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Name):
        return node.value not in ("True", "False", "None")
    if isinstance(node, cst.Attribute):
        return node.attr.value.lower() in _IDENTITIES or node.attr.value.endswith(("_id", "_name", "_key"))
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        key = constant_key(node.slice[0].slice.value)
        return key is not None and (key[1:].lower() in _IDENTITIES or key.endswith(("_id", "_name", "_key")))
    return False


def _type_comment(whitespace: cst.TrailingWhitespace) -> str:
    """The annotation of a trailing ``# type:`` comment, or ""."""
    comment = whitespace.comment.value if whitespace.comment is not None else ""
    if not comment.startswith("# type:"):
        return ""
    text = comment.removeprefix("# type:").strip()
    return "" if text.startswith("ignore") else text.partition("#")[0].strip()


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


def _string_items(node: cst.BaseExpression) -> tuple[str, ...]:
    if not isinstance(node, (cst.List, cst.Tuple)):
        return ()
    return tuple(literal_text(e.value) or "" for e in node.elements if isinstance(e.value, cst.SimpleString))


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
