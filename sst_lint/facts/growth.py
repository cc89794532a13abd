"""Does a statement make what stands under a key longer? ``parts[key] = parts.get(key, []) + [part]``."""

from __future__ import annotations

import libcst as cst

from sst_lint.facts.literals import joined_parts
from sst_lint.facts.names import dotted

_ASKING = frozenset({"get", "setdefault", "pop"})
_SEQUENCES = (
    cst.List, cst.Tuple, cst.ListComp, cst.SimpleString, cst.ConcatenatedString, cst.FormattedString,
)  # fmt: skip
_MAKING = frozenset({"list", "tuple", "sorted", "str", "repr"})


def is_longer(value: cst.BaseExpression, target: cst.Subscript) -> bool:
    """Whether ``value`` is what stands at ``target`` and more, and a text or a sequence: a sum of numbers is the same
    in any order."""
    parts = joined_parts(value)
    if len(parts) == 1:
        return False
    before = [part for part in parts if _was(part, target)]
    default = [arg.value for part in before if isinstance(part, cst.Call) for arg in part.args[1:]]
    return bool(before) and any(_is_sequence(each) for each in (*parts, *default))


def keyed_by(target: cst.BaseExpression) -> list[str]:
    """The names by which ``target`` is taken out of what holds it: ``parts[name, kind]``."""
    if not isinstance(target, cst.Subscript):
        return []
    keys = [element.slice.value for element in target.slice if isinstance(element.slice, cst.Index)]
    for key in keys:
        if isinstance(key, cst.Tuple):
            keys += [element.value for element in key.elements]
    return [key.value for key in keys if isinstance(key, cst.Name)]


def _was(part: cst.BaseExpression, target: cst.Subscript) -> bool:
    """Whether ``part`` is what stood at ``target`` before, or what stands for it where nothing did."""
    if isinstance(part, cst.Subscript):
        return part.deep_equals(target)
    if not isinstance(part, cst.Call) or not isinstance(part.func, cst.Attribute) or not part.args:
        return False
    key = target.slice[0].slice if len(target.slice) == 1 else None
    asks = part.func.attr.value in _ASKING and part.func.value.deep_equals(target.value)
    return asks and isinstance(key, cst.Index) and part.args[0].value.deep_equals(key.value)


def _is_sequence(node: cst.BaseExpression) -> bool:
    return isinstance(node, _SEQUENCES) or (isinstance(node, cst.Call) and dotted(node.func) in _MAKING)


__all__ = ["is_longer", "keyed_by"]
