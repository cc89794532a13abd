"""Is an expression the path of a file, or something else that has the same methods?"""

from __future__ import annotations

import re

import libcst as cst

from sst_lint.fixes.tree import Tree, constant, dotted, target_names

_WORDS = re.compile(r"(?i)path|file|dir|folder|target|dest|dst|root|out|location|cache|index|manifest|report|config")
_MAKERS = frozenset(
    "Path PurePath PosixPath WindowsPath with_suffix with_name with_stem joinpath resolve absolute expanduser cwd home "
    "relative_to".split()
)
_DESCRIPTOR = re.compile(r"(?i)(^|_)\w?fd\d*$|fileno|descriptor")
_DESCRIPTORS = frozenset({"open_osfhandle", "dup", "fileno", "mkstemp", "pipe"})


def is_path(tree: Tree, node: cst.BaseExpression, depth: int = 0) -> bool:
    """Whether an object with methods such as ``write_text`` is visibly a path: by its making, annotation or name."""
    if isinstance(node, cst.BinaryOperation):
        return isinstance(node.operator, cst.Divide)
    if isinstance(node, cst.Call):
        return dotted(node.func).rpartition(".")[2] in _MAKERS or (
            isinstance(node.func, cst.Attribute) and node.func.attr.value in _MAKERS
        )
    if isinstance(node, cst.Subscript):
        return is_path(tree, node.value, depth)
    if isinstance(node, cst.Attribute):
        return node.attr.value == "parent" or bool(_WORDS.search(node.attr.value))
    if not isinstance(node, cst.Name):
        return False
    values, annotations = _definitions(tree, node)
    if any("Path" in text for text in annotations):
        return True
    if values and depth < 3:
        return any(is_path(tree, value, depth + 1) for value in values) or bool(_WORDS.search(node.value))
    return bool(_WORDS.search(node.value))


def is_descriptor(tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether ``open`` may be given a file descriptor here, which is no path."""
    if isinstance(node, cst.Integer):
        return True
    if isinstance(node, cst.Call):
        return dotted(node.func).rpartition(".")[2] in _DESCRIPTORS or dotted(node.func) == "os.open"
    name = dotted(node).rpartition(".")[2]
    if _DESCRIPTOR.search(name):
        return True
    values = _definitions(tree, node)[0] if isinstance(node, cst.Name) else []
    return any(isinstance(value, (cst.Call, cst.Integer)) and is_descriptor(tree, value) for value in values)


def _definitions(tree: Tree, name: cst.Name) -> tuple[list[cst.BaseExpression], list[str]]:
    """The values that a name is given in its function (or in the module), and what annotations say of it."""
    values: list[cst.BaseExpression] = []
    annotations: list[str] = []
    scope = tree.scope(name)
    for where in (scope, tree.module):
        for node in tree.inside(where):
            if isinstance(node, cst.Assign) and any(name.value in target_names(t.target) for t in node.targets):
                values.append(node.value)
            elif isinstance(node, (cst.Param, cst.AnnAssign)) and node.annotation is not None:
                target = node.name if isinstance(node, cst.Param) else node.target
                if dotted(target) == name.value:
                    annotations.append(tree.source(node.annotation.annotation))
            elif isinstance(node, cst.For) and name.value in target_names(node.target):
                values.append(node.iter)
        if values or annotations or where is tree.module:
            break
    return values, annotations


def ending(node: cst.BaseExpression) -> str:
    """Return the suffix that a path visibly ends in, or ""."""
    if isinstance(node, cst.BinaryOperation):
        return ending(node.right)
    if isinstance(node, cst.FormattedString) and node.parts:
        last = node.parts[-1]
        text = last.value if isinstance(last, cst.FormattedStringText) else ""
    elif isinstance(node, cst.Call) and node.args:
        return ending(node.args[-1].value) if dotted(node.func).endswith(("join", "joinpath", "Path")) else ""
    else:
        text = constant(node) or ""
    name = text.rpartition("/")[2]
    return f".{name.rpartition('.')[2]}".lower() if "." in name else ""
