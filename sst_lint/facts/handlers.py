"""What does an ``except`` clause do with the error? What is noted while its body is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import libcst as cst

from sst_lint.facts.build import Frame, Val
from sst_lint.facts.names import dotted

#: What tells a library how to behave.
_SETTING = re.compile(
    r"(rc|use|init|initialize|install|register|enable|disable|filterwarnings|simplefilter)$|set_|config|patch"
)


class HandlerState:
    """How the body of one clause ends, and what becomes of the caught error."""

    __slots__ = ("ends", "error", "frame", "hidden", "name", "raises_from", "raises_other", "reraises", "uses_error")

    def __init__(self, frame: Frame, name: str, error: int) -> None:
        self.frame = frame
        self.name = name
        self.error = error
        self.ends: dict[str, None] = {}
        self.reraises = False
        self.raises_from = False
        self.raises_other = False
        self.uses_error = False
        self.hidden: list[int] = []  #: new errors raised ``from None``

    def raised(self, node: cst.Raise, value: Val) -> None:
        """A ``raise`` in the body."""
        self.ends["raises"] = None
        if node.exc is None or self.error in value:
            self.reraises = True
        elif node.cause is not None and dotted(node.cause.item) == "None":
            self.raises_other = True
            self.hidden += value
        elif node.cause is not None:
            self.raises_from = True
        else:
            self.raises_other = True


def _simple_statements(body: Any) -> list[Any]:
    result: list[Any] = []
    for line in body.body:
        result += line.body if isinstance(line, cst.SimpleStatementLine) else [line]
    return result


def body_is_trivial(body: Any) -> bool:
    """Nothing but ``pass``, ``...``, ``continue``, ``break`` or a docstring."""
    return all(
        isinstance(small, (cst.Pass, cst.Continue, cst.Break))
        or (isinstance(small, cst.Expr) and isinstance(small.value, (cst.Ellipsis, cst.SimpleString)))
        for small in _simple_statements(body)
    )


def only_imports(body: Any) -> bool:
    """Whether a ``try`` body does nothing but import (an optional dependency), constants and settings of it aside."""
    found = False
    for small in _simple_statements(body):
        if isinstance(small, (cst.Import, cst.ImportFrom)):
            found = True
        elif not (found and (isinstance(small, (cst.Pass, cst.Assign)) or _sets_up(small))):
            return False
    return found


def _sets_up(small: Any) -> bool:
    """``mpi4py.rc(initialize=False)``: what was imported is told how to behave."""
    call = small.value if isinstance(small, cst.Expr) else None
    return isinstance(call, cst.Call) and _SETTING.match(dotted(call.func).rpartition(".")[2]) is not None


def leaving(body: Any, always: bool = True, looped: bool = False) -> Iterator[tuple[cst.CSTNode, bool]]:
    """The statements that leave a ``finally`` block before its end other than by raising, each with whether it stands
    in no condition. ``looped``: inside a loop of the block, which takes ``break`` and ``continue`` for itself."""
    for small in _simple_statements(body):
        if isinstance(small, cst.Return) or (isinstance(small, (cst.Break, cst.Continue)) and not looped):
            yield small, always
        elif isinstance(small, cst.With):
            yield from leaving(small.body, always, looped)
        elif isinstance(small, (cst.If, cst.Else, cst.For, cst.While, cst.Try, cst.ExceptHandler, cst.Finally)):
            inside = looped or isinstance(small, (cst.For, cst.While))
            yield from leaving(small.body, False, inside)
            for other in _branches(small):
                yield from leaving(_Lines([other]), False, looped)


class _Lines:
    """Statements that stand nowhere as a block of their own."""

    def __init__(self, body: list[Any]) -> None:
        self.body = body


def _branches(node: Any) -> list[Any]:
    """The other branches of a compound statement: ``elif``, ``else`` and ``except``."""
    found = [getattr(node, "orelse", None), *getattr(node, "handlers", ()), getattr(node, "finalbody", None)]
    return [other for other in found if other is not None]
