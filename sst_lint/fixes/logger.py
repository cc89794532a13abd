"""Which logger does a module have, and where does one go that has none?"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from sst_lint.fixes.draft import Change, Import
from sst_lint.fixes.imports import Imports
from sst_lint.fixes.tree import Tree, bound_name, dotted

_NAMES = ("logger", "log", "LOGGER", "LOG", "_logger", "_log")
_FRESH = ("logger", "_logger")


@dataclass(frozen=True)
class Logger:
    """A module's logger: its name, and whether it is one of the standard library's."""

    name: str
    standard: bool
    loguru: bool = False


def known_logger(tree: Tree) -> Logger | None:
    """Return the logger that the module makes or imports at its top level."""
    for statement in tree.module.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            if isinstance(small, (cst.Assign, cst.AnnAssign)) and isinstance(small.value, cst.Call):
                target = small.targets[0].target if isinstance(small, cst.Assign) else small.target
                made = dotted(small.value.func).rpartition(".")[2]
                if made in ("getLogger", "get_logger") and isinstance(target, cst.Name):
                    return Logger(target.value, made == "getLogger")
                if isinstance(target, cst.Name) and target.value in _NAMES and _adapts(tree, small.value):
                    return Logger(target.value, False)
            elif isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar):
                for alias in small.names:
                    if bound_name(alias) in _NAMES:
                        loguru = dotted(small.module) == "loguru"
                        return Logger(bound_name(alias), False, loguru)
    return None


def takes_errors(tree: Tree, receiver: str) -> bool:
    """Whether what is called looks like a logger of the standard library, which knows ``exc_info``.

    It comes from ``logging``, is made by ``getLogger``, annotated, or imported as other names are that new log lines
    use; a value that somebody hands in or keeps in a field may be anything.
    """
    last = receiver.rpartition(".")[2]
    if receiver.partition(".")[0] == "logging":
        return True
    for node in tree.inside(tree.module):
        if isinstance(node, (cst.Assign, cst.AnnAssign)) and isinstance(node.value, cst.Call):
            targets = [each.target for each in node.targets] if isinstance(node, cst.Assign) else [node.target]
            made = dotted(node.value.func).rpartition(".")[2] in ("getLogger", "get_logger", "getChild")
            if made and any(dotted(each).rpartition(".")[2] == last for each in targets):
                return True
        if isinstance(node, (cst.Param, cst.AnnAssign)) and node.annotation is not None:
            target = node.name if isinstance(node, cst.Param) else node.target
            if dotted(target).rpartition(".")[2] == last and "Logger" in tree.source(node.annotation.annotation):
                return True
        if isinstance(node, cst.ImportAlias) and bound_name(node) == receiver:
            return tree.bound.get(receiver) == 1
    return False


def _adapts(tree: Tree, made: cst.Call) -> bool:
    """Whether a call puts an adapter around a logger: ``Adapter(logging.getLogger(__name__), {})``."""
    return any(
        isinstance(each, cst.Call) and dotted(each.func).rpartition(".")[2] in ("getLogger", "get_logger")
        for each in tree.inside(made)
    )


def new_logger(tree: Tree, imports: Imports, use: int) -> tuple[str, tuple[Change, ...]] | None:
    """Return the name of a logger to make, and the changes that make it behind the imports."""
    name = next((each for each in _FRESH if each not in tree.bound), "")
    logging = imports.name(Import("logging", ""), use)
    if not name or logging is None:
        return None
    last = imports.last_leading(use, "logging")
    if last > use:
        return None
    line = f"{name} = {logging.text}.getLogger(__name__){tree.newline}"
    if last >= 0:
        tight = bool(tree.text[last : tree.line_end(last)].strip())
        made = Change(last, last, tree.newline + line + (tree.newline if tight else ""))
    elif logging.change is not None:
        made = Change(logging.change.start, logging.change.end, line)
    else:
        return None
    return name, (made, *((logging.change,) if logging.change else ()))
