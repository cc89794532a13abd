"""May elements be sorted as they are? Not where the code shows that they do not compare, or that an order is meant."""

from __future__ import annotations

import datetime
import decimal
import pathlib

import libcst as cst

from sst_lint.fixes.opening import squeezed
from sst_lint.fixes.tree import Tree, constant, dotted, target_names

#: what is asked of values that compare with each other; whatever else is asked for tells of an object
_OF_VALUES = frozenset(
    name
    for kind in (str, bytes, int, float, tuple, pathlib.Path, datetime.datetime, datetime.timedelta, decimal.Decimal)
    for name in dir(kind)
) | {"walk", "is_junction", "full_match", "copy", "copy_into", "move", "move_into", "info"}  #: of paths, since 3.12
_LISTS = frozenset({"list", "tuple", "List", "Tuple", "Sequence", "MutableSequence"})

NONE = "sort by a key that takes `None` too, as `sorted(..., key=str)`: `None` does not compare with anything"
OBJECTS = (
    "sort by a key that tells any two apart, as `sorted(..., key=lambda each: each.name)`: objects need not compare"
)
UNSHOWN = "sort the keys where the mapping is made or read: nothing here shows that this is one, and no list of others"
MEANT = "sort where the set is made: here the elements are in an order of their own on another way"


def why_not_sorted(tree: Tree, node: cst.BaseExpression) -> str:
    """Return what to do instead of putting ``sorted`` around what a node goes through, or ""."""
    iterated = _iterated(tree, node)
    if iterated is None:
        return ""
    if _may_hold_none(tree, iterated, 0):
        return NONE
    if _in_an_order(tree, iterated):
        return MEANT
    name, where = _loop(tree, iterated)
    nodes = list(tree.inside(where)) if where is not None else []
    if any(_asks_for_none(each, name) for each in nodes):
        return NONE
    return OBJECTS if any(_is_object(each, name) for each in nodes) else ""


_OF_MAPPINGS = frozenset({"items", "keys", "values", "setdefault", "iteritems", "itervalues", "fromkeys"})
_MAPPINGS = frozenset({"dict", "defaultdict", "OrderedDict", "Counter", "ChainMap", "fromkeys", "vars", "globals"})


def shows_mapping(tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether the function shows that a name, a field or an entry that is gone through plainly is a mapping.

    A list of mappings that is mistaken for one cannot be sorted. It is shown by ``x[key]`` in the loop, by what only
    mappings are asked for, by its making or an annotation; what a call gives is believed.
    """
    iterated = _iterated(tree, node)
    if not isinstance(iterated, (cst.Name, cst.Attribute, cst.Subscript)):
        return True
    text, (name, _) = squeezed(tree.source(iterated)), _loop(tree, iterated)
    return any(_tells_mapping(tree, each, text, name) for each in tree.inside(tree.module))


def _tells_mapping(tree: Tree, node: cst.CSTNode, text: str, name: str) -> bool:
    if isinstance(node, cst.Attribute):
        return node.attr.value in _OF_MAPPINGS and squeezed(tree.source(node.value)) == text
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        key = node.slice[0].slice.value
        known = (bool(name) and dotted(key) == name) or constant(key) is not None
        return known and squeezed(tree.source(node.value)) == text
    if isinstance(node, cst.Assign) and any(squeezed(tree.source(each.target)) == text for each in node.targets):
        return _makes_mapping(node.value)
    if isinstance(node, (cst.Param, cst.AnnAssign)) and node.annotation is not None:
        target = node.name if isinstance(node, cst.Param) else node.target
        said = tree.source(node.annotation.annotation).lower()
        return squeezed(tree.source(target)) == text and ("dict" in said or "mapping" in said or "counter" in said)
    return False


def _makes_mapping(value: cst.BaseExpression) -> bool:
    if isinstance(value, cst.Call):
        return dotted(value.func).rpartition(".")[2] in _MAPPINGS
    return isinstance(value, (cst.Dict, cst.DictComp))


def _iterated(tree: Tree, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The unordered thing: the node itself, or what a comprehension or ``list(x)`` at the node goes through."""
    if isinstance(node, (cst.ListComp, cst.GeneratorExp, cst.SetComp)):
        return node.for_in.iter
    if isinstance(node, cst.Call) and dotted(node.func) in ("list", "tuple", "enumerate") and len(node.args) >= 1:
        return node.args[0].value
    return node


def _may_hold_none(tree: Tree, node: cst.BaseExpression, depth: int) -> bool:
    """Whether ``None`` is visibly among the elements: written there, or what ``x.get(key)`` gives."""
    if isinstance(node, cst.BooleanOperation):
        return _may_hold_none(tree, node.left, depth) or _may_hold_none(tree, node.right, depth)
    if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        return any(_may_be_none(each.value) for each in node.elements)
    if isinstance(node, (cst.ListComp, cst.GeneratorExp, cst.SetComp)):
        tested = any(dotted(each.test) or isinstance(each.test, cst.Comparison) for each in node.for_in.ifs)
        return not tested and _may_be_none(node.elt)
    if isinstance(node, cst.Call) and dotted(node.func) in ("set", "frozenset", "list", "tuple") and node.args:
        return _may_hold_none(tree, node.args[0].value, depth)
    if isinstance(node, cst.Name) and depth < 2:
        return any(_may_hold_none(tree, value, depth + 1) for value in _values(tree, node))
    return False


def _may_be_none(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Name):
        return node.value == "None"
    if isinstance(node, cst.IfExp):
        return _may_be_none(node.body) or _may_be_none(node.orelse)
    asked = isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "get"
    return asked and isinstance(node, cst.Call) and len(node.args) == 1 and constant(node.args[0].value) is not None


def _values(tree: Tree, name: cst.Name) -> list[cst.BaseExpression]:
    """The values that a local name is given in its function."""
    return [
        node.value
        for node in tree.inside(tree.scope(name))
        if isinstance(node, cst.Assign) and any(name.value in target_names(each.target) for each in node.targets)
    ]


def _in_an_order(tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether the same thing is sorted by a key elsewhere in the function, or a branch of it is one for lists."""
    if isinstance(node, cst.Name):
        for value in _values(tree, node):
            keyed = isinstance(value, cst.Call) and any(
                arg.keyword and arg.keyword.value == "key" for arg in value.args
            )
            if keyed and isinstance(value, cst.Call) and dotted(value.func) == "sorted":
                return True
    text = tree.source(node)
    around = tree.parent(node)
    while around is not None and not isinstance(around, (cst.FunctionDef, cst.Lambda)):
        if isinstance(around, cst.If) and _is_list(tree, around.test, text):
            return True
        around = tree.parent(around)
    return False


def _is_list(tree: Tree, test: cst.BaseExpression, text: str) -> bool:
    """``isinstance(x, list)``, ``type(x) is list``, alone or with ``and``; ``x.get(k)`` stands for ``x[k]``."""
    if isinstance(test, cst.BooleanOperation):
        joined = isinstance(test.operator, cst.And)
        return joined and (_is_list(tree, test.left, text) or _is_list(tree, test.right, text))
    asked, kinds = None, None
    if isinstance(test, cst.Call) and dotted(test.func) == "isinstance" and len(test.args) == 2:
        asked, kinds = test.args[0].value, test.args[1].value
    elif isinstance(test, cst.Comparison) and len(test.comparisons) == 1 and isinstance(test.left, cst.Call):
        if dotted(test.left.func) == "type" and len(test.left.args) == 1:
            asked, kinds = test.left.args[0].value, test.comparisons[0].comparator
    if asked is None or kinds is None:
        return False
    named = {each.value for each in tree.inside(kinds) if isinstance(each, cst.Name)}
    return bool(named) and named <= _LISTS and _plain(tree, asked) == text


def _plain(tree: Tree, node: cst.BaseExpression) -> str:
    """The source of an expression, ``x.get(k, ...)`` as ``x[k]``."""
    if (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value == "get"
        and node.args
    ):
        return f"{tree.source(node.func.value)}[{tree.source(node.args[0].value)}]"
    return tree.source(node)


def _loop(tree: Tree, node: cst.BaseExpression) -> tuple[str, cst.CSTNode | None]:
    """The name that a loop over a node gives its elements, and where it is used; of ``items()`` that of the keys."""
    loop, position = tree.parent(node), 0
    if isinstance(loop, cst.Arg):  # `enumerate(x)`, `list(x)`
        call = tree.parent(loop)
        position = int(isinstance(call, cst.Call) and dotted(call.func) == "enumerate")
        loop = tree.parent(call) if isinstance(call, cst.Call) else None
    if not isinstance(loop, (cst.For, cst.CompFor)):
        return "", None
    target: cst.BaseExpression = loop.target
    if isinstance(target, cst.Tuple) and len(target.elements) == 2:
        target = target.elements[position].value
    if isinstance(loop, cst.For):
        return dotted(target), loop.body
    return dotted(target), tree.above(loop, (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp))


def _asks_for_none(node: cst.CSTNode, name: str) -> bool:
    """``name is None``, ``name is not None``."""
    if not isinstance(node, cst.Comparison) or dotted(node.left) != name or not name:
        return False
    return any(dotted(each.comparator) == "None" for each in node.comparisons)


def _is_object(node: cst.CSTNode, name: str) -> bool:
    """``name.render``, ``name["x"]``: what no value that compares is asked for."""
    if isinstance(node, cst.Attribute):
        return dotted(node.value) == name and node.attr.value not in _OF_VALUES
    if not isinstance(node, cst.Subscript) or dotted(node.value) != name or len(node.slice) != 1:
        return False
    index = node.slice[0].slice
    return isinstance(index, cst.Index) and constant(index.value) is not None
