"""How is order made reliable (SST201 to SST205)? ``sorted(...)`` around what is iterated, where that happens."""

from __future__ import annotations

import libcst as cst

from sst_lint.checks.order import A_QUERY
from sst_lint.fixes.comparing import UNSHOWN, shows_mapping, why_not_sorted
from sst_lint.fixes.draft import Advice, Change, Draft, Site
from sst_lint.fixes.places import expression, span_of
from sst_lint.fixes.sorting import (
    BY_NAME,
    EXPOSES,
    EXPOSING_METHODS,
    exposed,
    sorted_candidates,
    sorted_entries,
    sorted_walk,
    wrapped,
)
from sst_lint.fixes.tree import Tree, dotted

#: listings that give a list, which may stand wherever a list may
_LISTS = frozenset({"os.listdir", "glob.glob"})
#: calls that list, whose elements compare (or, for entries of `scandir`, have a name that does)
_LISTING_CALLS = frozenset({"glob", "iglob", "rglob", "iterdir", "listdir", "scandir"})
_ENTRIES = frozenset({"os.scandir"})


def unsorted_iteration(site: Site) -> Draft | Advice | None:
    """SST201, SST202, SST203: the finding stands at the iterable, or at the call that shows its order."""
    tree = site.tree
    node = expression(site)
    if site.finding.about == A_QUERY:
        return Advice("words", "add an ORDER BY over columns that tell any two rows apart")
    if node is None or not tree.is_builtin("sorted"):
        return None
    if site.finding.about == "os.walk" or site.finding.about.endswith(".walk"):
        return sorted_walk(tree, node)
    doubt = "" if site.finding.about in _ENTRIES else why_not_sorted(tree, node)
    if doubt:
        return Advice("words", doubt)
    key = BY_NAME if site.finding.about in _ENTRIES else ""
    if key and isinstance(tree.parent(node), cst.WithItem):
        return sorted_entries(tree, node, key)
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
        if site.finding.rule == "SST203" and not shows_mapping(tree, node):
            return Advice("words", UNSHOWN)
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
        return call.func.attr.value in EXPOSING_METHODS
    return dotted(call.func) in (*EXPOSES, "list", "sum", "next")


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
    start, end = (tree.offset(*place) for place in span_of(site))
    origin = site.finding.trace[0] if site.finding.trace else None
    for node in tree.at(start, end):
        candidates: cst.BaseExpression | None = None
        if _made_elsewhere(site, isinstance(node, cst.Subscript)) and origin is not None:
            return Advice("words", f"sort where the order comes from: {origin.path}:{origin.line}")
        if isinstance(node, cst.Call) and dotted(node.func) == "next" and node.args:
            if _only_asks(tree, node):
                return None
            smallest = None if site.runs_before(3, 4) else _smallest(tree, node)
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
            doubt = why_not_sorted(tree, candidates)
            if doubt:
                return Advice("words", doubt)
            changes = sorted_candidates(tree, candidates, 0)
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
    key = BY_NAME if name == "scandir" else ""
    default = tree.outer(node.args[1].value)[0]
    start, end = tree.outer(given)
    kept = tree.outer(inner)
    changes = [Change(*tree.span(node.func), "min"), Change(default, default, "default=")]
    if inner is not given:
        changes += [Change(start, kept[0], ""), Change(kept[1], end, key)]
    elif key:
        changes.append(Change(end, end, key))
    return tuple(changes)
