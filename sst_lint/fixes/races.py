"""How does a directory get made without a race (SST112)? By asking for it whether or not it is there."""

from __future__ import annotations

import libcst as cst

from sst_lint.checks.locking import COUNTED
from sst_lint.fixes.draft import Advice, Change, Draft, Site
from sst_lint.fixes.opening import squeezed
from sst_lint.fixes.places import expression
from sst_lint.fixes.shifting import outdented
from sst_lint.fixes.tree import Tree, argument, dotted
from sst_lint.fixes.values import appended


def tested(site: Site) -> Draft | Advice | None:
    """SST112: ``exist_ok=True``, and a test that guards nothing else goes; files are a matter for a person."""
    tree, node = site.tree, expression(site)
    if any(step.message == COUNTED for step in site.finding.trace):
        return None  # two that count to the same number need two directories
    if not isinstance(node, cst.Call) or argument(node, "exist_ok") is not None or any(arg.star for arg in node.args):
        return None
    path = _made(tree, node)
    if not path:
        return None
    if site.runs_before(3, 2):
        return Advice("words", "make the directory without asking, and let the error pass whose `errno` is `EEXIST`")
    added = appended(tree, node, "exist_ok=True")
    block = _only_this(tree, node)
    if block is None or not _asks(tree, block.test, path):
        return Draft("unsafe", added)
    body = tree.span(block.body)[0]
    start = tree.line_start(tree.span(block)[0])
    statement = tree.statement(node)
    assert statement is not None
    head, end = tree.line_start(tree.span(statement)[0]), tree.line_end(tree.span(statement)[1])
    moved = outdented(tree, head, end)
    if (
        body < 0
        or moved is None
        or "#" in tree.text[start:head]
        or not tree.text[start:].startswith(tree.indent_of(block))
    ):
        return Draft("unsafe", added)
    return Draft("unsafe", (Change(start, head, ""), *moved, *added))


def _made(tree: Tree, call: cst.Call) -> str:
    """The path of the directory that a call makes, if the call can be told that it may be there."""
    if dotted(call.func) == "os.makedirs" and call.args:
        return squeezed(tree.source(call.args[0].value))
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "mkdir" and dotted(call.func.value) != "os":
        return squeezed(tree.source(call.func.value))
    return ""


def _only_this(tree: Tree, node: cst.Call) -> cst.If | None:
    """The ``if`` whose only statement a call is, and which has no other branch."""
    statement = tree.statement(node)
    body = tree.parent(statement) if statement is not None else None
    block = tree.parent(body) if body is not None else None
    if not isinstance(block, cst.If) or not isinstance(body, cst.IndentedBlock) or block.body is not body:
        return None
    alone = len(body.body) == 1 and block.orelse is None and not isinstance(tree.parent(block), cst.If)
    return block if alone and tree.source(block).startswith("if") else None


def _asks(tree: Tree, test: cst.BaseExpression, path: str) -> bool:
    text = squeezed(tree.source(test))
    asked = (f"os.path.exists({path})", f"os.path.isdir({path})", f"{path}.exists()", f"{path}.is_dir()")
    return text in [f"not{each}" for each in asked]
