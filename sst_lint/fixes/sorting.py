"""How is `sorted(...)` put around what is iterated, or around what shows an order?"""

from __future__ import annotations

import libcst as cst

from sst_lint.fixes.draft import Change, Draft, insertions
from sst_lint.fixes.places import before_statement
from sst_lint.fixes.tree import Tree, dotted, target_names

#: calls that show the order of an argument: callee -> the position of that argument
EXPOSES = {"enumerate": 0, "tuple": 0, "iter": 0, "reversed": 0, "map": 1, "filter": 1, "zip": 0, "deque": 0}
EXPOSING_METHODS = {
    "join": 0,
    "extend": 0,
    "writelines": 0,
    "extendleft": 0,
    "fromkeys": 0,
    "from_iterable": 0,
    "writerows": 0,
}
#: what entries of `scandir` are sorted by
BY_NAME = ", key=lambda entry: entry.name"
#: calls whose result has an order of its own
_ORDERING = frozenset({"sorted", "most_common", "nlargest", "nsmallest"})
_SET_ALGEBRA = (cst.BitOr, cst.BitAnd, cst.BitXor, cst.Subtract)


def exposed(tree: Tree, node: cst.BaseExpression) -> tuple[Change, ...] | None:
    """Return the changes where ``node`` is itself what shows an order: ``list(x)``, ``",".join(x)``, ``[*x]``."""
    if isinstance(node, cst.Call):
        name = dotted(node.func).rpartition(".")[2] or (
            node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        )
        if isinstance(node.func, cst.Name) and name == "list" and len(node.args) == 1 and tree.is_builtin("list"):
            return _renamed(tree, node)
        table = EXPOSING_METHODS if isinstance(node.func, cst.Attribute) else EXPOSES
        position = table.get(name)
        if position is None or (name == "zip" and len(node.args) != 1) or len(node.args) <= position:
            return None
        arg = node.args[position]
        if name == "filter" and dotted(node.args[0].value) == "None":
            return wrapped(tree, node)  # before it there may be `None` among them, which does not compare
        return None if arg.star or arg.keyword else wrapped(tree, arg.value)
    if isinstance(node, (cst.List, cst.Tuple)):
        starred = [each for each in node.elements if isinstance(each, cst.StarredElement)]
        if len(starred) != 1:
            return None
        if len(node.elements) == 1 and isinstance(node, cst.List):
            start, end = tree.span(node)
            inner = tree.span(starred[0].value)
            if "#" not in tree.text[start : inner[0]] + tree.text[inner[1] : end]:
                return (Change(start, inner[0], "sorted("), Change(inner[1], end, ")"))
        return wrapped(tree, starred[0].value)
    return None


def _renamed(tree: Tree, call: cst.Call) -> tuple[Change, ...] | None:
    """``list(x)`` becomes ``sorted(x)``: a list is made once, and no linter objects."""
    inner = call.args[0].value
    if isinstance(inner, cst.Call) and _view(inner) == "values":
        return None
    start, end = tree.span(call.func)
    return (Change(start, end, "sorted"),)


def wrapped(tree: Tree, node: cst.BaseExpression, key: str = "", *, is_list: bool = False) -> tuple[Change, ...] | None:
    """Return the changes that sort ``node`` where it stands; None where the code needs what ``sorted`` does not give.

    ``is_list``: the value is a list already, so that another list may take its place anywhere.
    """
    parent = tree.parent(node)
    is_list = is_list or isinstance(node, (cst.List, cst.ListComp))
    if isinstance(node, cst.Call) and dotted(node.func) in ("sorted", "min", "max", "str", "repr"):
        return None
    if isinstance(node, cst.Call) and _view(node) == "values":
        return _values(tree, node)
    if isinstance(node, cst.Call) and dotted(node.func) == "list" and len(node.args) == 1 and not key:
        return _renamed(tree, node)
    if isinstance(node, (cst.ListComp, cst.GeneratorExp)):
        return None if node.for_in.inner_for_in is not None else wrapped(tree, node.for_in.iter, key)
    prefix, suffix = "sorted(", f"{key})"
    if isinstance(parent, cst.Arg):
        call = tree.parent(parent)
        if not isinstance(call, cst.Call) or parent.star:
            return None
        name = dotted(call.func)
        if name == "list" and len(call.args) == 1 and tree.is_builtin("list"):
            if not key:
                return _renamed(tree, call)
            start, end = tree.span(call.func)
            return (Change(start, end, "sorted"), *insertions((tree.outer(node)[1], key)))
        if name in ("next", "anext"):
            prefix, suffix = "iter(sorted(", f"{key}))"
    elif isinstance(parent, (cst.Return, cst.From, cst.AnnAssign)):
        if isinstance(parent, cst.From) or _iterator_wanted(tree, parent):
            prefix, suffix = ("sorted(", f"{key})") if isinstance(parent, cst.From) else ("iter(sorted(", f"{key}))")
    elif isinstance(parent, cst.Assign):
        if not is_list and (_drawn_from(tree, parent) or _asked_otherwise(tree, parent)):
            return None
    elif isinstance(parent, (cst.For, cst.CompFor)):
        if (isinstance(parent, cst.For) and parent.asynchronous) or (
            isinstance(parent, cst.CompFor) and parent.asynchronous
        ):
            return None
    elif not isinstance(parent, cst.StarredElement) and not is_list:
        return None
    start, end = tree.outer(node)
    if isinstance(node, cst.Tuple) or node.lpar:
        start, end = tree.span(node) if not isinstance(node, cst.Tuple) else (start, end)
        if node.lpar and not isinstance(node, cst.Tuple):  # `(a | b)`: its parentheses become those of the call
            return insertions((tree.outer(node)[0], prefix.removesuffix("(")), (tree.outer(node)[1], suffix[:-1]))
    before = tree.text[start - 1 : start]
    prefix = f" {prefix}" if before.isalpha() else prefix  # `in[1]`
    return insertions((start, prefix), (end, suffix))


def _view(call: cst.Call) -> str:
    """``items``, ``keys``, ``values`` of a mapping, or ""."""
    if isinstance(call.func, cst.Attribute) and not call.args and call.func.attr.value in ("items", "keys", "values"):
        return call.func.attr.value
    return ""


def _values(tree: Tree, node: cst.Call) -> tuple[Change, ...] | None:
    """Values by the order of their keys, because values need not compare: only of a mapping that has a plain name."""
    if not isinstance(node.func, cst.Attribute):
        return None
    mapping = dotted(node.func.value)
    parent = tree.parent(node)
    if not mapping or "key" in tree.bound:
        return None
    start, end = tree.span(node)
    if isinstance(parent, cst.Arg) and not parent.star:
        call = tree.parent(parent)
        if isinstance(call, cst.Call) and len(call.args) == 1 and parent.keyword is None:
            return (Change(start, end, f"{mapping}[key] for key in sorted({mapping})"),)
    if not isinstance(parent, (cst.For, cst.CompFor)):
        return None
    return (Change(start, end, f"[{mapping}[key] for key in sorted({mapping})]"),)


def _iterator_wanted(tree: Tree, parent: cst.CSTNode) -> bool:
    """Whether an annotation says that an iterator is expected here, which a list is not."""
    annotation = parent.annotation if isinstance(parent, cst.AnnAssign) else None
    if isinstance(parent, cst.Return):
        function = tree.above(parent, cst.FunctionDef)
        annotation = function.returns if function is not None else None
    text = "" if annotation is None else tree.source(annotation.annotation)
    return any(word in text for word in ("Iterator", "Generator"))


def _drawn_from(tree: Tree, assign: cst.Assign) -> bool:
    """Whether the assigned name is used as an iterator later: ``next(name)``."""
    names = {name for target in assign.targets for name in target_names(target.target)}
    for node in tree.inside(tree.scope(assign)):
        if isinstance(node, cst.Call) and dotted(node.func) in ("next", "anext") and node.args:
            if dotted(node.args[0].value) in names:
                return True
    return False


def _asked_otherwise(tree: Tree, assign: cst.Assign) -> bool:
    """Whether the assigned name is asked for what a list does not have: ``found.names``."""
    names = {name for target in assign.targets for name in target_names(target.target)}
    return any(
        isinstance(node, cst.Attribute) and dotted(node.value) in names and node.attr.value not in dir(list)
        for node in tree.inside(tree.scope(assign))
    )


def sorted_candidates(tree: Tree, node: cst.BaseExpression, depth: int) -> tuple[Change, ...] | None:
    """Sort what an element is taken from, where it is made: through one name, into a comprehension."""
    if isinstance(node, cst.Name) and not isinstance(tree.parent(node), (cst.For, cst.CompFor)):
        value = _only_value(tree, node)
        return None if value is None or depth > 2 else sorted_candidates(tree, value, depth + 1)
    if isinstance(node, (cst.GeneratorExp, cst.ListComp)):
        return None if node.for_in.inner_for_in is not None else sorted_candidates(tree, node.for_in.iter, depth)
    if isinstance(node, cst.Call):
        last = node.func.attr.value if isinstance(node.func, cst.Attribute) else dotted(node.func)
        if last in _ORDERING:
            return None
        if last == "walk":
            draft = sorted_walk(tree, node)
            return draft.changes if isinstance(draft, Draft) else None
        if last == "list" and len(node.args) == 1 and isinstance(node.func, cst.Name):
            return _renamed(tree, node)
        key = BY_NAME if last == "scandir" else ""
        return wrapped(tree, node, key, is_list=isinstance(tree.parent(node), cst.Subscript))
    if isinstance(node, (cst.List, cst.Tuple)):
        return exposed(tree, node)
    if isinstance(node, cst.BinaryOperation) and not isinstance(node.operator, _SET_ALGEBRA):
        return None
    return wrapped(tree, node, is_list=isinstance(tree.parent(node), cst.Subscript))


def _only_value(tree: Tree, name: cst.Name) -> cst.BaseExpression | None:
    """Return the one value that a local name has, if it is assigned once and plainly."""
    found: list[cst.BaseExpression] = []
    for node in tree.inside(tree.scope(name)):
        if isinstance(node, cst.Assign):
            if any(name.value in target_names(target.target) for target in node.targets):
                plain = len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name)
                found.append(node.value if plain else cst.Name("_"))
    return found[0] if len(found) == 1 and tree.span(found[0])[0] >= 0 else None


def sorted_entries(tree: Tree, node: cst.BaseExpression, key: str) -> Draft | None:
    """``with os.scandir(p) as entries:``: the one loop over the entries sorts them."""
    item, block = tree.parent(node), tree.above(node, cst.With)
    if not isinstance(item, cst.WithItem) or item.asname is None or block is None:
        return None
    name = dotted(item.asname.name)
    uses = [each for each in tree.inside(block.body) if isinstance(each, cst.Name) and each.value == name]
    if len(uses) != 1:
        return None
    changes = wrapped(tree, uses[0], key)
    return None if changes is None else Draft("unsafe", changes)


def sorted_walk(tree: Tree, node: cst.BaseExpression) -> Draft | None:
    """``for root, dirs, files in os.walk(top)``: both lists are sorted in place, which also orders the descent."""
    loop = tree.parent(node)
    if not isinstance(node, cst.Call) or not isinstance(loop, cst.For) or loop.asynchronous:
        return None
    if any(arg.keyword is not None and arg.keyword.value == "topdown" for arg in node.args) or len(node.args) > 1:
        return None  # bottom-up: sorting the directories comes too late
    if not isinstance(loop.target, cst.Tuple) or len(loop.target.elements) != 3:
        return None
    names = [element.value for element in loop.target.elements]
    if not all(isinstance(name, cst.Name) for name in names) or not isinstance(loop.body, cst.IndentedBlock):
        return None
    body = tree.source(loop.body)
    changes: list[Change] = []
    lines: list[str] = []
    for position, name in ((1, names[1]), (2, names[2])):
        assert isinstance(name, cst.Name)
        text = name.value
        if text.startswith("_") and position == 2:
            continue
        if text.startswith("_"):
            free = [each for each in ("dirs", "directories", "dir_names") if each not in tree.bound]
            if not free or _reads(tree, loop.body, text):
                return None
            changes.append(Change(*tree.span(name), free[0]))
            text = free[0]
        if f"{text}.sort(" in body or f"{text}[:] = sorted(" in body or (position == 2 and f"sorted({text}" in body):
            continue
        lines.append(f"{text}.sort()")
    first = loop.body.body[0] if loop.body.body else None
    if first is None or not lines:
        return None
    return Draft("unsafe", (*changes, *before_statement(tree, first, lines)))


def _reads(tree: Tree, body: cst.CSTNode, name: str) -> bool:
    return any(isinstance(node, cst.Name) and node.value == name for node in tree.inside(body))
