"""Where does a finding stand in the tree, and where do new lines go?"""

from __future__ import annotations

import libcst as cst

from sst_lint.fixes.draft import Change, Site
from sst_lint.fixes.tree import Tree


def expression(site: Site) -> cst.BaseExpression | None:
    """Return the expression at the place of a finding."""
    start, end = (site.tree.offset(*place) for place in span_of(site))
    found = [node for node in site.tree.at(start, end) if isinstance(node, cst.BaseExpression)]
    return found[0] if found else None


def span_of(site: Site) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where a finding begins and ends, as lines and columns."""
    finding = site.finding
    return (finding.line, finding.column), (finding.end_line, finding.end_column)


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
