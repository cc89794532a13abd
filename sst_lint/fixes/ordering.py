"""How is order made reliable (SST201 to SST205)? ``sorted(...)`` around what is iterated, where that happens."""

from __future__ import annotations

import libcst as cst

from sst_lint.checks.order import A_QUERY
from sst_lint.fixes.draft import Advice, Change, Draft, Site, insertions
from sst_lint.fixes.tree import Tree, dotted, target_names

#: calls that show the order of an argument: callee -> the position of that argument
_EXPOSES = {"enumerate": 0, "tuple": 0, "iter": 0, "reversed": 0, "map": 1, "filter": 1, "zip": 0, "deque": 0}
_EXPOSING_METHODS = {
    "join": 0,
    "extend": 0,
    "writelines": 0,
    "extendleft": 0,
    "fromkeys": 0,
    "from_iterable": 0,
    "writerows": 0,
}
#: listings that give a list, which may stand wherever a list may
_LISTS = frozenset({"os.listdir", "glob.glob"})
#: calls that list, whose elements compare (or, for entries of `scandir`, have a name that does)
_LISTING_CALLS = frozenset({"glob", "iglob", "rglob", "iterdir", "listdir", "scandir"})
_ENTRIES = frozenset({"os.scandir"})
_BY_NAME = ", key=lambda entry: entry.name"


_SET_ALGEBRA = (cst.BitOr, cst.BitAnd, cst.BitXor, cst.Subtract)


def unsorted_iteration(site: Site) -> Draft | Advice | None:
    """SST201, SST202, SST203: the finding stands at the iterable, or at the call that shows its order."""
    tree = site.tree
    node = expression(site)
    if site.finding.about == A_QUERY:
        return Advice("words", "add an ORDER BY over columns that tell any two rows apart")
    if node is None or not tree.is_builtin("sorted"):
        return None
    if site.finding.about == "os.walk" or site.finding.about.endswith(".walk"):
        return _walk(tree, node)
    key = _BY_NAME if site.finding.about in _ENTRIES else ""
    if key and isinstance(tree.parent(node), cst.WithItem):
        return _with_entries(tree, node, key)
    if site.finding.rule == "SST201":
        changes = (
            None
            if _hands_over(node, site.finding.about)
            else wrapped(tree, node, key, is_list=site.finding.about in _LISTS)
        )
    else:
        if site.finding.rule == "SST202" and may_be_sequence(tree, node):
            return Advice("words", "sort the set where it is handed over: other callers may hand in an ordered list")
        if site.finding.rule == "SST203" and _spread(tree, node):
            return None
        changes = exposed(tree, node) or (wrapped(tree, node) if _iterates(tree, node) else None)
    return None if changes is None else Draft("unsafe", changes)


def _spread(tree: Tree, node: cst.BaseExpression) -> bool:
    """``[*known, new]``: a name among other elements is a list more often than the keys of a mapping."""
    if isinstance(node, (cst.List, cst.Tuple)) and len(node.elements) > 1:
        return any(
            isinstance(each, cst.StarredElement) and not isinstance(each.value, cst.Call) for each in node.elements
        )
    parent = tree.parent(node)
    holder = tree.parent(parent) if isinstance(parent, cst.StarredElement) else None
    return isinstance(holder, (cst.List, cst.Tuple)) and len(holder.elements) > 1 and not isinstance(node, cst.Call)


_ORDERED = frozenset({"list", "tuple", "List", "Tuple", "Sequence", "MutableSequence"})


def may_be_sequence(tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether a parameter is said to hold lists as well, whose order is somebody's intent."""
    if isinstance(node, cst.Call) and node.args:
        node = node.args[0].value
    function = tree.above(node, cst.FunctionDef)
    if not isinstance(node, cst.Name) or function is None:
        return False
    given = [each for each in tree.inside(function.params) if isinstance(each, cst.Param)]
    own = [each for each in given if each.name.value == node.value]
    if not own:
        return False
    annotation = own[0].annotation
    if annotation is not None:
        named = {each.value for each in tree.inside(annotation) if isinstance(each, cst.Name)}
        return bool(named & _ORDERED)
    for each in tree.inside(function.body):
        if isinstance(each, cst.Call) and dotted(each.func) == "isinstance" and len(each.args) == 2:
            types = {one.value for one in tree.inside(each.args[1].value) if isinstance(one, cst.Name)}
            if dotted(each.args[0].value) == node.value and types & _ORDERED:
                return True
    return False


def _hands_over(node: cst.BaseExpression, about: str) -> bool:
    """``pool.submit(os.listdir, folder)``: the listing is made elsewhere, and this is no listing."""
    name = about.rpartition(".")[2]
    return isinstance(node, cst.Call) and any(dotted(arg.value).rpartition(".")[2] == name for arg in node.args)


def _iterates(tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether what holds the node goes through its elements, so that a sorted list may take its place."""
    if isinstance(node, (cst.FormattedString, cst.SimpleString, cst.ConcatenatedString)):
        return False
    parent = tree.parent(node)
    if isinstance(parent, (cst.For, cst.CompFor, cst.StarredElement, cst.From)):
        return True
    call = tree.parent(parent) if isinstance(parent, cst.Arg) and parent.star != "**" else None
    if not isinstance(call, cst.Call):
        return False
    if isinstance(call.func, cst.Attribute):
        return call.func.attr.value in _EXPOSING_METHODS
    return dotted(call.func) in (*_EXPOSES, "list", "sum", "next")


def completion_order(site: Site) -> Draft | Advice | None:
    """SST204: ``imap_unordered`` has a twin that keeps the order of its input."""
    node = expression(site)
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "imap_unordered":
        start, end = site.tree.span(node.func.attr)
        return Draft("unsafe", (Change(start, end, "imap"),))
    return None


def first_match(site: Site) -> Draft | Advice | None:
    """SST205: the candidates are sorted, so that the first is the same one everywhere."""
    tree = site.tree
    if not tree.is_builtin("sorted"):
        return None
    start, end = (tree.offset(*place) for place in _place(site))
    origin = site.finding.trace[0] if site.finding.trace else None
    for node in tree.at(start, end):
        candidates: cst.BaseExpression | None = None
        if _made_elsewhere(site, isinstance(node, cst.Subscript)) and origin is not None:
            return Advice("words", f"sort where the order comes from: {origin.path}:{origin.line}")
        if isinstance(node, cst.Call) and dotted(node.func) == "next" and node.args:
            if _only_asks(tree, node):
                return None
            smallest = _smallest(tree, node)
            if smallest is not None:
                return Draft("unsafe", smallest)
            candidates = node.args[0].value
            if isinstance(candidates, cst.Call) and dotted(candidates.func) == "iter" and len(candidates.args) == 1:
                candidates = candidates.args[0].value
        elif isinstance(node, cst.Subscript):
            candidates = node.value
        elif isinstance(node, (cst.Return, cst.Assign)):
            loop = tree.above(node, (cst.For, cst.FunctionDef))
            candidates = loop.iter if isinstance(loop, cst.For) else None
        if candidates is not None:
            changes = _candidates(tree, candidates, 0)
            return None if changes is None else Draft("unsafe", changes)
    return None


def _only_asks(tree: Tree, node: cst.Call) -> bool:
    """``bool(next(folder.iterdir()))``: whether there is any, not which."""
    holder = tree.parent(tree.parent(node) or node)
    return isinstance(holder, cst.Call) and dotted(holder.func) == "bool"


def _made_elsewhere(site: Site, by_position: bool) -> bool:
    """Whether the unordered thing lives in another function, and what is picked from here is a list made of it.

    Sorting that list here would sort what other callers put in order on purpose.
    """
    finding = site.finding
    others = [step for step in finding.trace if (step.path, step.function) != (finding.path, finding.function)]
    return bool(others) and (by_position or any("order" in step.message for step in others[1:]))


def _smallest(tree: Tree, node: cst.Call) -> tuple[Change, ...] | None:
    """``next(folder.glob("*"), None)`` and ``next(iter(names), None)`` become ``min(..., default=None)``."""
    if len(node.args) != 2 or not tree.is_builtin("min", "next", "iter") or any(arg.star for arg in node.args):
        return None
    given = node.args[0].value
    inner = given
    if isinstance(given, cst.Call) and dotted(given.func) == "iter" and len(given.args) == 1:
        inner = given.args[0].value
    name = ""
    if isinstance(inner, cst.Call):
        name = inner.func.attr.value if isinstance(inner.func, cst.Attribute) else dotted(inner.func)
    if name not in _LISTING_CALLS and not (inner is not given and isinstance(inner, (cst.Name, cst.Attribute))):
        return None
    key = _BY_NAME if name == "scandir" else ""
    default = tree.outer(node.args[1].value)[0]
    start, end = tree.outer(given)
    kept = tree.outer(inner)
    changes = [Change(*tree.span(node.func), "min"), Change(default, default, "default=")]
    if inner is not given:
        changes += [Change(start, kept[0], ""), Change(kept[1], end, key)]
    elif key:
        changes.append(Change(end, end, key))
    return tuple(changes)


def expression(site: Site) -> cst.BaseExpression | None:
    """Return the expression at the place of a finding."""
    start, end = (site.tree.offset(*place) for place in _place(site))
    found = [node for node in site.tree.at(start, end) if isinstance(node, cst.BaseExpression)]
    return found[0] if found else None


def _place(site: Site) -> tuple[tuple[int, int], tuple[int, int]]:
    finding = site.finding
    return (finding.line, finding.column), (finding.end_line, finding.end_column)


def exposed(tree: Tree, node: cst.BaseExpression) -> tuple[Change, ...] | None:
    """Return the changes where ``node`` is itself what shows an order: ``list(x)``, ``",".join(x)``, ``[*x]``."""
    if isinstance(node, cst.Call):
        name = dotted(node.func).rpartition(".")[2] or (
            node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        )
        if isinstance(node.func, cst.Name) and name == "list" and len(node.args) == 1 and tree.is_builtin("list"):
            return _renamed(tree, node)
        table = _EXPOSING_METHODS if isinstance(node.func, cst.Attribute) else _EXPOSES
        position = table.get(name)
        if position is None or (name == "zip" and len(node.args) != 1) or len(node.args) <= position:
            return None
        arg = node.args[position]
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
        if not is_list and _drawn_from(tree, parent):
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


def _candidates(tree: Tree, node: cst.BaseExpression, depth: int) -> tuple[Change, ...] | None:
    """Sort what an element is taken from, where it is made: through one name, into a comprehension."""
    if isinstance(node, cst.Name) and not isinstance(tree.parent(node), (cst.For, cst.CompFor)):
        value = _only_value(tree, node)
        return None if value is None or depth > 2 else _candidates(tree, value, depth + 1)
    if isinstance(node, (cst.GeneratorExp, cst.ListComp)):
        return None if node.for_in.inner_for_in is not None else _candidates(tree, node.for_in.iter, depth)
    if isinstance(node, cst.Call):
        last = node.func.attr.value if isinstance(node.func, cst.Attribute) else dotted(node.func)
        if last == "sorted":
            return None
        if last == "walk":
            draft = _walk(tree, node)
            return draft.changes if isinstance(draft, Draft) else None
        if last == "list" and len(node.args) == 1 and isinstance(node.func, cst.Name):
            return _renamed(tree, node)
        key = _BY_NAME if last == "scandir" else ""
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


def _with_entries(tree: Tree, node: cst.BaseExpression, key: str) -> Draft | None:
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


def _walk(tree: Tree, node: cst.BaseExpression) -> Draft | None:
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


def before_statement(tree: Tree, statement: cst.CSTNode, lines: list[str]) -> tuple[Change, ...]:
    """Insert lines before a statement, at its indentation; comments above it stay with it."""
    at = tree.span(statement)[0]
    indent = tree.indent_of(statement)
    start = tree.line_start(at)
    while start > 0:
        above = tree.line_start(start - 1)
        line = tree.text[above:start]
        if not line.strip().startswith("#") or not line.startswith(indent):
            break
        start = above
    text = "".join(f"{indent}{line}{tree.newline}" for line in lines)
    return (Change(start, start, text),)
