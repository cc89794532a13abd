"""What does a literal say, and a name with at most one attribute?"""

from __future__ import annotations

import ast
import re

import libcst as cst

#: Of a longer literal its two ends are kept, with a hole between them: a path shows its name there, a query its order.
TEXT_LIMIT = 300
_HEAD, _TAIL = 99, 200
HOLE = "\x00"
#: Where an element is taken by its place: ``rows[0]``.
_NUMBERED = re.compile(r"\[\d")


def constant_key(node: cst.CSTNode) -> str | None:
    """The access path of a constant subscript: ``'name`` for text, ``#3`` for a position; None otherwise."""
    if type(node) is cst.SimpleString:
        text = literal_text(node)
        return None if text is None else "'" + text
    if type(node) is cst.Integer:
        return "#" + node.value
    return None


def cut(text: str) -> str:
    """``text``, or its two ends if it is long."""
    return text if len(text) <= TEXT_LIMIT else f"{text[:_HEAD]}{HOLE}{text[-_TAIL:]}"


def literal_text(node: cst.SimpleString) -> str | None:
    """The value of a string literal, cut at a limit; None for bytes that are no text.

    Lone surrogates, which no file can hold, stand as their escapes.
    """
    raw = node.value
    if len(raw) > TEXT_LIMIT * 2:
        return cut(raw)
    if raw[0] in "\"'" and "\\" not in raw:  # nearly all of them, and the compiler takes its time
        return cut(raw[3:-3] if raw.startswith(('"""', "'''")) else raw[1:-1])
    try:
        value = ast.literal_eval(raw)
    except (ValueError, SyntaxError):
        return None
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return cut(str(value)).encode("utf-8", "backslashreplace").decode("utf-8")


def attribute_path(node: cst.BaseExpression) -> str:
    """``name`` or ``name.attribute`` when that is all there is, else ""."""
    if type(node) is cst.Name:
        return node.value
    if type(node) is cst.Attribute and type(node.value) is cst.Name:
        return f"{node.value.value}.{node.attr.value}"
    return ""


def element_path(node: cst.BaseExpression) -> str:
    """As ``attribute_path``; or ``path[key]`` for what stands there under a name or a constant."""
    index = node.slice[0].slice if isinstance(node, cst.Subscript) and len(node.slice) == 1 else None
    if not isinstance(node, cst.Subscript) or not isinstance(index, cst.Index):
        return attribute_path(node)
    path, key = element_path(node.value), index.value
    written = key.value if isinstance(key, (cst.Name, cst.Integer, cst.SimpleString)) else ""
    return f"{path}[{written}]" if path and written else ""


def without_slice(node: cst.BaseExpression) -> cst.BaseExpression:
    """``rows`` in ``rows[1:]``."""
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice):
        return node.value
    return node


def known_element(node: cst.BaseExpression) -> str:
    """Under which name an environment holds what is known of ``name[key]``, where the key is a name or a text; "" for
    anything else. What stands at a place (``rows[0]``) is a choice each time that it is read."""
    path = element_path(node) if isinstance(node, cst.Subscript) else ""
    return "." + path if path and "." not in path and not _NUMBERED.search(path) else ""


#: Calls whose result has no other elements than what they are given.
HOLDS_THE_SAME = frozenset({"iter", "list", "tuple", "set", "frozenset", "sorted"})


def measured_path(node: cst.BaseExpression) -> str:
    """What ``len`` measures, as ``element_path``: of ``set(rows)`` it is ``rows``, all of which are alike if there is
    but one."""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and len(node.args) == 1:
        if node.func.value not in HOLDS_THE_SAME:
            return ""
        node = node.args[0].value
    return element_path(node)


def joined_parts(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The operands of a chain of ``+``, what stands in a text that is put together, the parts of a list after ``*``."""
    parts = [node]
    for part in parts:
        if isinstance(part, cst.BinaryOperation) and isinstance(part.operator, cst.Add):
            parts += [part.left, part.right]
        elif isinstance(part, cst.IfExp):
            parts += [part.body, part.orelse]
        elif isinstance(part, cst.FormattedString):
            parts += [each.expression for each in part.parts if isinstance(each, cst.FormattedStringExpression)]
        elif isinstance(part, (cst.List, cst.Tuple)):
            parts += [each.value for each in part.elements if isinstance(each, cst.StarredElement)]
        else:
            parts += _filled_in(part)
    return parts


def _filled_in(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """What ``template % (a, b)`` and ``template.format(a, b)`` fill in, if the template is written there."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo):
        template, right = node.left, node.right
        given = [each.value for each in right.elements] if isinstance(right, cst.Tuple) else [right]
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "format":
        template, given = node.func.value, [each.value for each in node.args]
    else:
        return []
    return [template, *given] if isinstance(template, (cst.SimpleString, cst.ConcatenatedString)) else []


def asks_truth(node: cst.Comparison) -> bool | None:
    """What a comparison with ``True`` or ``False`` asks its left side to be; None if it is another one."""
    against = node.comparisons[0]
    name = against.comparator.value if isinstance(against.comparator, cst.Name) else ""
    if len(node.comparisons) > 1 or name not in ("True", "False"):
        return None
    if isinstance(against.operator, (cst.Is, cst.Equal)):
        return name == "True"
    return name == "False" if isinstance(against.operator, (cst.IsNot, cst.NotEqual)) else None
