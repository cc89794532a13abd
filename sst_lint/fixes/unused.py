"""Which imports has a fix left without a use, so that another linter would object to them?"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator

import libcst as cst

from sst_lint.fixes.draft import Change
from sst_lint.fixes.plan import applied
from sst_lint.fixes.shifting import has_remark, whole_lines
from sst_lint.fixes.tree import Tree, bound_name, dotted

#: names at the head of ``a.b.c`` in a text that may be code, as an annotation is; paths are none
_NAME = re.compile(r"(?<![\w./-])[A-Za-z_]\w*(?![/-])")


def without_unused(path: str, before: str, after: str) -> str:
    """Return ``after`` without the imports that ``before`` used and it does not; packages may export theirs."""
    if path.rpartition("/")[2] == "__init__.py":
        return after
    old, new = Tree(path, before), Tree(path, after)
    used, left = _uses(old), _uses(new)
    changes = [change for line in _imports(new) for change in _without(new, *line, used, left)]
    return applied(after, changes) if changes else after


def _uses(tree: Tree) -> Counter[str]:
    """How often each name is read, or stands in a text (an annotation, ``__all__``)."""
    found: Counter[str] = Counter()
    for node in tree.inside(tree.module):
        if isinstance(node, cst.Name):
            parent = tree.parent(node)
            named = isinstance(parent, (cst.ImportAlias, cst.ImportFrom, cst.AsName))
            attribute = isinstance(parent, cst.Attribute) and parent.attr is node
            keyword = isinstance(parent, cst.Arg) and parent.keyword is node
            found[node.value] += not (named or attribute or keyword or _in_import(tree, parent))
        elif isinstance(node, (cst.SimpleString, cst.FormattedStringText)):
            found.update(_NAME.findall(node.value))
    return found


def _in_import(tree: Tree, node: cst.CSTNode | None) -> bool:
    while isinstance(node, cst.Attribute):
        node = tree.parent(node)
    return isinstance(node, (cst.ImportAlias, cst.ImportFrom))


def _imports(tree: Tree) -> Iterator[tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]]:
    for statement in tree.module.body:
        if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
            node = statement.body[0]
            if isinstance(node, cst.Import) or (isinstance(node, cst.ImportFrom) and not node.relative):
                yield statement, node


def _idle(module: str) -> bool:
    """Whether importing a module does nothing that anybody waits for: known of the standard library only."""
    return module.partition(".")[0] in sys.stdlib_module_names and module != "__future__"


def _without(
    tree: Tree,
    statement: cst.SimpleStatementLine,
    node: cst.Import | cst.ImportFrom,
    used: Counter[str],
    left: Counter[str],
) -> list[Change]:
    aliases = [] if isinstance(node.names, cst.ImportStar) else list(node.names)
    module = dotted(node.module) if isinstance(node, cst.ImportFrom) else ""
    aliases = aliases if all(_idle(module or dotted(each.name)) for each in aliases) else []
    idle = [each for each in aliases if used[bound_name(each)] and not left[bound_name(each)]]
    idle = [each for each in idle if tree.bound.get(bound_name(each)) == 1]
    lines = whole_lines(tree, statement)
    if not idle or lines is None or has_remark(tree, statement):
        return []
    if len(idle) == len(aliases):
        return [Change(*lines, "")]
    if "\n" not in tree.text[lines[0] : lines[1]].strip():
        kept = [tree.source(each) for each in aliases if not any(each is one for one in idle)]
        return [Change(tree.span(aliases[0])[0], tree.span(aliases[-1])[1], ", ".join(kept))]
    places = [_line(tree, each) for each in idle]
    return [Change(*place, "") for place in places if place is not None]


def _line(tree: Tree, alias: cst.ImportAlias) -> tuple[int, int] | None:
    """The line of a name that has one to itself."""
    start, end = tree.span(alias)
    first, last = tree.line_start(start), tree.line_end(end)
    return (first, last) if tree.text[first:last].strip().rstrip(",").strip() == tree.source(alias) else None
