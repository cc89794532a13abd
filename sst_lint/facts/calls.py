"""What is called with what, and what is no longer known after it?"""

from __future__ import annotations

import libcst as cst

from sst_lint.facts.build import Val
from sst_lint.facts.comprehensions import Comprehensions
from sst_lint.facts.literals import attribute_path, element_path, literal_text, without_slice
from sst_lint.facts.loggers import METHODS_OF_LOGGERS
from sst_lint.facts.names import dotted
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Arg, Call, Kind
from sst_lint.facts.settled import takes_another

#: A method call may change such a receiver; of others only what the callee changes counts, which the linker knows.
_MADE_HERE = frozenset({Kind.LIST, Kind.DICT, Kind.SET, Kind.VALUE})
_FILLING = frozenset({"append", "extend", "add", "update", "insert", "setdefault", "appendleft", "extendleft"})
#: Methods of a stack of contexts that enter what they are given.
_ENTERS = frozenset({"enter_context", "enter_async_context"})
#: Methods of tables that give a sorted one, or sort in place where they are told so.
_SORTS_TABLES = frozenset({"sort_values", "sort_index"})
#: Builtins that change nothing.
_PURE = frozenset(
    "len iter list tuple set frozenset sorted min max sum any all str repr int float bool isinstance enumerate zip "
    "range print hash id type abs round reversed next".split()
)

#: Arguments of a function that compares two.
_BOTH = 2


class Calls(Comprehensions):
    """Reads calls."""

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
        if type(node.func) is cst.Name and node.func.value == "next" and len(node.args) == 1:
            name = dotted(node.args[0].value)
            guarded |= bool(name) and takes_another(self.following, name)
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
            if self.nodes[callee].kind == Kind.ATTR and type(node.func) is cst.Name:
                receiver, method = self.nodes[callee].base, self.nodes[callee].name  # `add = rows.append` before
        alike = _compared_with_first(node)
        if alike and self.frame.env is not None:
            self.frame.env["\x01" + alike] = ()
            self.has_paths = True
        args = self.handed_numbers(node, tuple(self._argument(arg) for arg in node.args))
        guarded |= self.finds_one(node)
        result = self.node(Kind.CALL, node, method, len(self.calls))
        self.calls.append(
            Call(callee, receiver, method, args, result, self.frame.index, self.loop, self.region, guarded=guarded)
        )
        self._after_call(node, method, path, receiver)
        if type(node.func) is cst.Name and node.func.value == "len" and len(node.args) == 1:
            self.lengths[result] = element_path(node.args[0].value), args[0].node
        return (result,)

    def finds_one(self, node: cst.Call) -> bool:
        """Whether a call takes the first of those that only one can be among. Filled in by the half on choices."""
        raise NotImplementedError

    def _argument(self, arg: cst.Arg) -> Arg:
        slot = arg.star or (arg.keyword.value if arg.keyword is not None else "")
        return Arg(slot, self.single(arg.value))

    def _after_call(self, node: cst.Call, method: str, path: str, receiver: int) -> None:
        """What a call may change is no longer known; ``x.sort()`` leaves ``x`` sorted."""
        if receiver >= 0 and (self.nodes[receiver].kind in _MADE_HERE or method in _FILLING):
            self.note(receiver, (path or "?") + "[]")
        if method == "format" or (type(node.func) is cst.Name and node.func.value == "str"):
            self.tells_number(self.calls[-1].result)
        if type(node.func) is cst.Name and node.func.value in _PURE:
            return
        if type(node.func) is cst.Name and node.func.value == "dict" and len(node.args) == 1:
            self.paired_with_numbers(node)
        if method in _ENTERS:
            for argument in self.calls[-1].args:
                if self.nodes[argument.node].kind == Kind.CALL:
                    self.calls[self.nodes[argument.node].base].entered = True
        if method == "setdefault" and receiver >= 0 and len(self.calls[-1].args) == 2:
            self.numbered_by_size((self.calls[-1].args[1].node,), receiver)
        self.touched(path)
        for arg in node.args if method not in METHODS_OF_LOGGERS else ():
            self.touched(attribute_path(arg.value))
        if path and (method == "sort" or (method in _SORTS_TABLES and _in_place(node))):
            self.bind(path, self.derived(Op.SORT, (receiver,), node, name="sorted"))
            self.edge(receiver, len(self.nodes) - 1, Op.TYPE)  # whatever else has such a method remains what it is
        elif method == "sort" and receiver >= 0 and self.nodes[receiver].kind == Kind.ITEM:
            self.derived(Op.SORT, (receiver,), node, name="sorted")


def _compared_with_first(node: cst.Call) -> str:
    """``rows`` in ``all(rows[0].kind == row.kind for row in rows)``, or in ``all(same(rows[0], row) ...)``: whoever
    asks whether all are alike takes the first for all of them."""
    given = node.args[0].value if len(node.args) == 1 and dotted(node.func) in ("all", "any") else None
    if not isinstance(given, (cst.GeneratorExp, cst.ListComp)):
        return ""
    path = element_path(without_slice(given.for_in.iter))
    return path if path and any(_is_of_first(part, path) for part in _compared(given.elt)) else ""


def _compared(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """What a comparison compares, or a function that is given two."""
    if isinstance(node, cst.Comparison):
        return [node.left, *(each.comparator for each in node.comparisons)]
    if isinstance(node, cst.Call) and len(node.args) == _BOTH:
        return [arg.value for arg in node.args]
    return []


def _is_of_first(node: cst.BaseExpression, path: str) -> bool:
    """Whether an expression is ``path[0]``, or something of it."""
    while isinstance(node, (cst.Attribute, cst.Call)):
        node = node.value if isinstance(node, cst.Attribute) else node.func
    return isinstance(node, cst.Subscript) and element_path(node) == f"{path}[0]"


def _in_place(node: cst.Call) -> bool:
    """``table.sort_values("day", inplace=True)``."""
    given = [arg.value for arg in node.args if arg.keyword is not None and arg.keyword.value == "inplace"]
    return any(isinstance(value, cst.Name) and value.value == "True" for value in given)
