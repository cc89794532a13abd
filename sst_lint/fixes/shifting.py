"""How do statements move into a block of their own, or out of one, with every line and comment as it is?"""

from __future__ import annotations

import libcst as cst

from sst_lint.fixes.draft import Change, Draft, Import, Safety
from sst_lint.fixes.tree import Tree


def in_block(
    tree: Tree,
    statement: cst.SimpleStatementLine,
    header: str,
    changes: tuple[Change, ...],
    safety: Safety,
    imports: tuple[Import, ...],
) -> Draft | None:
    """Put one statement into a block of its own: each of its lines moves one step to the right."""
    if len(statement.body) != 1 or "\n" in header:
        return None
    start, end = tree.span(statement)
    indent = tree.indent_of(statement)
    if tree.text[tree.line_start(start) : start] != indent or has_long_text(tree, statement):
        return None
    step = tree.module.default_indent
    moved = [Change(start, start, f"{header}{tree.newline}{indent}{step}")]
    line = tree.line_end(start)
    while line < end:
        moved.append(Change(line, line, step))
        line = tree.line_end(line)
    inner = {change.start for change in changes}
    if any(change.start in inner for change in moved):
        return None
    return Draft(safety, (*moved, *changes), imports)


def has_long_text(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a text in the node goes over several lines, so that moving them would change it."""
    return any(
        isinstance(each, (cst.SimpleString, cst.FormattedString)) and "\n" in tree.source(each)
        for each in tree.inside(node)
    )


def indented(tree: Tree, start: int, end: int) -> tuple[Change, ...]:
    """Move the lines from ``start`` (of the first line) to ``end`` one step to the right; empty lines stay empty."""
    moved: list[Change] = []
    line = tree.line_start(start)
    while line < end:
        after = tree.line_end(line)
        if tree.text[line:after].strip():
            moved.append(Change(line, line, tree.module.default_indent))
        if after == line:
            break
        line = after
    return tuple(moved)


def whole_lines(tree: Tree, statement: cst.CSTNode) -> tuple[int, int] | None:
    """Return start and end of the lines of a statement, or None where something else stands on them, as a comment."""
    start, end = tree.span(statement)
    first, last = tree.line_start(start), tree.line_end(end)
    alone = not tree.text[first:start].strip() and not tree.text[end:last].strip()
    return (first, last) if alone and "#" not in tree.text[start:end] else None


def leaves(tree: Tree, statements: list[cst.CSTNode]) -> bool:
    """Whether something in the statements jumps out of them: ``return``, ``yield``, ``break`` of a loop around them."""
    inside = {id(node) for each in statements for node in tree.inside(each)}
    for each in statements:
        for node in tree.inside(each):
            if isinstance(node, (cst.Return, cst.Yield)):
                return True
            if isinstance(node, (cst.Break, cst.Continue)) and id(tree.above(node, (cst.For, cst.While))) not in inside:
                return True
    return False


def outdented(tree: Tree, start: int, end: int) -> tuple[Change, ...] | None:
    """Move the lines from ``start`` to ``end`` one step to the left; None where a line has nothing to give."""
    moved: list[Change] = []
    step = tree.module.default_indent
    line = tree.line_start(start)
    while line < end:
        after = tree.line_end(line)
        text = tree.text[line:after]
        if text.startswith(step):
            moved.append(Change(line, line + len(step), ""))
        elif text.strip():
            return None
        if after == line:
            break
        line = after
    return tuple(moved)


def has_remark(tree: Tree, statement: cst.CSTNode) -> bool:
    """Whether a comment stands on the line above a statement, so that it would be left behind without it."""
    start = tree.line_start(tree.span(statement)[0])
    return start > 0 and tree.text[tree.line_start(start - 1) : start].lstrip().startswith("#")


def siblings(tree: Tree, statement: cst.CSTNode) -> tuple[list[cst.CSTNode], int]:
    """Return the statements of the block that a statement stands in, and its place among them; -1 if it has none."""
    block = tree.parent(statement)
    body: list[cst.CSTNode] = list(block.body) if isinstance(block, (cst.IndentedBlock, cst.Module)) else []
    return body, next((number for number, each in enumerate(body) if each is statement), -1)
