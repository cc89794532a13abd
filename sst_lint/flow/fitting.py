"""Which of the methods of one name can a call mean? Those that take its arguments, and not those of many families."""

from __future__ import annotations

from collections.abc import Sequence

from sst_lint.facts.records import Call, Param
from sst_lint.flow.world import Class, Function

#: A name that more methods have says nothing, unless all of them stand for one.
_FEW = 3
#: So many methods that override one another are what one name means.
_OF_FAMILY = 10


def few(functions: Sequence[Function], classes: Sequence[Class]) -> bool:
    """Whether so few methods have a name that it says which is meant, or all of them override that of one class."""
    if len(functions) <= _FEW:
        return bool(functions)
    name = functions[0].record.name
    roots = {_root(classes, function.cls, name) for function in functions}
    return len(functions) <= _OF_FAMILY and len(roots) == 1


def _root(classes: Sequence[Class], cls: int, name: str) -> int:
    """The base class, however far, that has the method, too."""
    having = [one for one in classes[cls].mro or (cls,) if name in classes[one].methods]
    return having[-1] if having else cls


def takes(function: Function, call: Call, bound: bool) -> bool:
    """Whether ``function`` can be called with the arguments of ``call``; ``bound``: its first parameter is ``self``."""
    params = function.record.params[1:] if bound else function.record.params
    slots = [argument.slot for argument in call.args]
    if any(slot in ("*", "**") for slot in slots):
        return True  # nobody knows how many there are
    given = slots.count("")
    positional = [param for param in params if param.kind in ("/", "")]
    if given > len(positional) and not _has(params, "*"):
        return False
    named = {param.name for param in params if param.kind in ("", "k")}
    if not named.issuperset(slot for slot in slots if slot) and not _has(params, "**"):
        return False
    needed = [p for p in (*positional[given:], *(q for q in params if q.kind == "k")) if p.default < 0]
    return all(param.name in slots for param in needed)


def _has(params: Sequence[Param], kind: str) -> bool:
    return any(param.kind == kind for param in params)
