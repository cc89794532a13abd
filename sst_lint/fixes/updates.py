"""How does a load, a change and a dump of one file become an update under a lock (SST110, SST111)?

Only where all three stand in one block, the content is a JSON object, and nothing else happens in between: then the
change becomes a function that ``update_index_with_lock`` calls with what it read.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from sst_lint.fixes.draft import Advice, Change, Draft, Site, helper_of, marker
from sst_lint.fixes.opening import path_of, squeezed
from sst_lint.fixes.places import expression
from sst_lint.fixes.shifting import has_long_text, indented, leaves, siblings
from sst_lint.fixes.tree import Tree, constant, dotted, target_names

_WORDS = Advice(
    "words",
    "read, change and write inside one `update_index_with_lock(path, fn)`, or hold one `FileLock(path)` from before "
    "the read until after an atomic write",
)
_LOCKED_WORDS = Advice(
    "words",
    "lock a file beside it that is never removed or replaced (`FileLock(path)`), before anything is read, and write "
    "through the helpers while it is held",
)


@dataclass(frozen=True)
class _Step:
    """A statement that loads or dumps: the path as text, and the name of the content."""

    path: str
    name: str
    first: int  #: place of the first statement in the block
    last: int


def locked(site: Site) -> Draft | Advice | None:
    """SST110: load, change and dump in one block become one call."""
    tree = site.tree
    node = expression(site)
    if node is None:
        return _WORDS
    for body, place in _blocks(tree, node):
        saved = _dump(tree, body, place)
        loaded = _load(tree, body, saved) if saved is not None else None
        if saved is not None and loaded is not None:
            made = _updated(site, body, loaded, saved)
            return _WORDS if made is None else made
    return _WORDS


def ineffective(site: Site) -> Draft | Advice | None:
    """SST111: said in words; where the lock belongs is more than one place can show."""
    return _LOCKED_WORDS


def _blocks(tree: Tree, node: cst.CSTNode) -> list[tuple[list[cst.CSTNode], int]]:
    """The blocks around a node, the innermost first, each with the place of the statement that holds it."""
    found: list[tuple[list[cst.CSTNode], int]] = []
    current: cst.CSTNode | None = node
    while current is not None and not isinstance(current, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
        if isinstance(current, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            body, place = siblings(tree, current)
            if place >= 0:
                found.append((body, place))
        current = tree.parent(current)
    return found


# what is read


def _load(tree: Tree, body: list[cst.CSTNode], saved: _Step) -> _Step | None:
    """``x = json.loads(p.read_text())``, with or without a default; ``with open(p) as f: x = json.load(f)``."""
    for place in range(saved.first - 1, -1, -1):
        each = body[place]
        if isinstance(each, cst.With):
            path, name = _load_in_block(tree, each)
        else:
            path, name = _load_at_once(tree, each)
        if name == saved.name and path == saved.path:
            return _Step(path, name, place, place)
    return None


def _load_at_once(tree: Tree, statement: cst.CSTNode) -> tuple[str, str]:
    assign = _only(statement, cst.Assign)
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return "", ""
    value = assign.value
    if isinstance(value, cst.IfExp):  # `... if path.exists() else {}`
        if not _empty(value.orelse) or not _asks(tree, value.test, _read_path(tree, value.body)):
            return "", ""
        value = value.body
    return _read_path(tree, value), dotted(assign.targets[0].target)


def _read_path(tree: Tree, value: cst.BaseExpression) -> str:
    """The path of ``json.loads(path.read_text())`` and ``json.load(open(path))``, or ""."""
    if not isinstance(value, cst.Call) or dotted(value.func) not in ("json.loads", "json.load") or len(value.args) != 1:
        return ""
    inner = value.args[0].value
    if not isinstance(inner, cst.Call):
        return ""
    if dotted(value.func) == "json.load" and _opens(inner):
        path = path_of(tree, inner)
        return squeezed(tree.source(path)) if path is not None else ""
    if isinstance(inner.func, cst.Attribute) and inner.func.attr.value in ("read_text", "read_bytes"):
        return squeezed(tree.source(inner.func.value))
    return ""


def _opens(call: cst.Call) -> bool:
    name = call.func.attr.value if isinstance(call.func, cst.Attribute) else dotted(call.func)
    return name == "open"


def _load_in_block(tree: Tree, block: cst.With) -> tuple[str, str]:
    call = block.items[0].item
    if len(block.items) != 1 or not isinstance(call, cst.Call) or not _opens(call) or block.items[0].asname is None:
        return "", ""
    inner = list(block.body.body) if isinstance(block.body, cst.IndentedBlock) else []
    assign = _only(inner[0], cst.Assign) if len(inner) == 1 else None
    path = path_of(tree, call)
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1 or path is None:
        return "", ""
    value = assign.value
    handle = dotted(block.items[0].asname.name)
    if not isinstance(value, cst.Call) or dotted(value.func) != "json.load" or len(value.args) != 1:
        return "", ""
    if dotted(value.args[0].value) != handle:
        return "", ""
    return squeezed(tree.source(path)), dotted(assign.targets[0].target)


def _empty(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Dict) and not node.elements


def _asks(tree: Tree, test: cst.BaseExpression, path: str) -> bool:
    text = squeezed(tree.source(test))
    return bool(path) and text in (
        f"{path}.exists()",
        f"{path}.is_file()",
        f"os.path.exists({path})",
        f"os.path.isfile({path})",
    )


# what is written


def _dump(tree: Tree, body: list[cst.CSTNode], place: int) -> _Step | None:
    """``p.write_text(json.dumps(x))``, ``with open(p, "w") as f: json.dump(x, f)``, ``write_atomic_json(p, x)``."""
    each = body[place]
    if isinstance(each, cst.With):
        path, name = _dump_in_block(tree, each)
    else:
        path, name = _dump_at_once(tree, each)
    return _Step(path, name, place, place) if path and name else None


def _dump_at_once(tree: Tree, statement: cst.CSTNode) -> tuple[str, str]:
    expr = _only(statement, cst.Expr)
    call = expr.value if isinstance(expr, cst.Expr) else None
    if not isinstance(call, cst.Call) or not call.args:
        return "", ""
    last = call.func.attr.value if isinstance(call.func, cst.Attribute) else dotted(call.func)
    if last == "write_text" and isinstance(call.func, cst.Attribute):
        return squeezed(tree.source(call.func.value)), _dumped(call.args[0].value)
    if last in ("write_atomic_text", "write_atomic_json") and len(call.args) >= 2:
        value = call.args[1].value
        name = _dumped(value) if last.endswith("text") else dotted(value)
        return squeezed(tree.source(call.args[0].value)), name
    return "", ""


def _dumped(node: cst.BaseExpression) -> str:
    """The name in ``json.dumps(name, ...) + "\\n"``, where the options say nothing of other types."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add) and constant(node.right) == "\n":
        node = node.left
    if isinstance(node, cst.Call) and dotted(node.func) == "json.dumps" and node.args and not _special(node):
        return dotted(node.args[0].value)
    return ""


def _special(call: cst.Call) -> bool:
    return any(
        arg.star or (arg.keyword is not None and arg.keyword.value in ("default", "cls", "skipkeys"))
        for arg in call.args
    )


def _dump_in_block(tree: Tree, block: cst.With) -> tuple[str, str]:
    item = block.items[0]
    call = item.item
    if len(block.items) != 1 or not isinstance(call, cst.Call) or item.asname is None or not call.args:
        return "", ""
    last = call.func.attr.value if isinstance(call.func, cst.Attribute) else dotted(call.func)
    if last not in ("open", "atomic_open"):
        return "", ""
    inner = list(block.body.body) if isinstance(block.body, cst.IndentedBlock) else []
    handle, path = dotted(item.asname.name), path_of(tree, call)
    calls = [expr.value for each in inner if isinstance(expr := _only(each, cst.Expr), cst.Expr)]
    if len(calls) != len(inner) or not calls or path is None:
        return "", ""
    name = ""
    for each in calls:
        if not isinstance(each, cst.Call):
            return "", ""
        if dotted(each.func) == "json.dump" and len(each.args) >= 2 and dotted(each.args[1].value) == handle:
            if name or _special(each):
                return "", ""
            name = dotted(each.args[0].value)
        elif dotted(each.func) == f"{handle}.write" and len(each.args) == 1:
            if constant(each.args[0].value) == "\n":
                continue
            if name or not _dumped(each.args[0].value):
                return "", ""
            name = _dumped(each.args[0].value)
        else:
            return "", ""
    return squeezed(tree.source(path)), name


def _only(statement: cst.CSTNode, kind: type[cst.BaseSmallStatement]) -> cst.BaseSmallStatement | None:
    if (
        isinstance(statement, cst.SimpleStatementLine)
        and len(statement.body) == 1
        and isinstance(statement.body[0], kind)
    ):
        return statement.body[0]
    return None


# the new form


def _updated(site: Site, body: list[cst.CSTNode], loaded: _Step, saved: _Step) -> Draft | Advice | None:
    tree = site.tree
    inner = body[loaded.last + 1 : saved.first]
    helper = helper_of(site, "update_index_with_lock")
    if isinstance(helper, Advice):
        return helper
    first, last = body[loaded.first], body[saved.last]
    start, end = tree.line_start(tree.span(first)[0]), tree.line_end(tree.span(last)[1] - 1)
    head, tail = tree.line_end(tree.span(first)[1] - 1), tree.line_start(tree.span(last)[0])
    if not inner or "." in loaded.name or leaves(tree, inner):
        return None
    if "#" in tree.text[start:head] or "#" in tree.text[tail:end]:
        return None
    if any(has_long_text(tree, each) for each in inner) or not _self_contained(tree, loaded, body, inner):
        return None
    path = _path_text(tree, first, loaded.path)
    if not path or any(isinstance(n, cst.Await) for each in inner for n in tree.inside(each)):
        return None
    indent, step, nl = tree.indent_of(first), tree.module.default_indent, tree.newline
    short = _as_lambda(tree, loaded.name, inner)
    if short:
        text = f"{indent}{marker(helper)}({path}, lambda {loaded.name}: {short}){nl}"
        if "#" in tree.text[start:end] or len(text) > 140:
            return None
        return Draft("unsafe", (Change(start, end, text),), (helper,))
    name = next((each for each in ("change", "update", "changed") if tree.unused(each, first)), "")
    if not name:
        return None
    while not tree.text[head : tree.line_end(head)].strip():  # no empty line below the new head
        head = tree.line_end(head)
    above = tree.text[tree.line_start(start - 1) : start].strip() if start else ""
    gap = "" if not above or above.endswith(":") or above.startswith("#") else nl
    changes = (
        Change(start, head, f"{gap}{indent}def {name}({_parameter(tree, first, loaded.name)}{nl}"),
        *indented(tree, head, tail),
        Change(tail, end, f"{indent}{step}return {loaded.name}{nl}{nl}{indent}{marker(helper)}({path}, {name}){nl}"),
    )
    return Draft("unsafe", changes, (helper,))


def _parameter(tree: Tree, first: cst.CSTNode, name: str) -> str:
    """The parameter of the new function, annotated where the function around it is."""
    function = tree.above(first, cst.FunctionDef)
    typed = function is not None and function.returns is not None
    return f"{name}: dict) -> dict:" if typed else f"{name}):"


def _path_text(tree: Tree, first: cst.CSTNode, path: str) -> str:
    for node in tree.inside(first):
        if (
            isinstance(node, cst.BaseExpression)
            and squeezed(tree.source(node)) == path
            and "\n" not in tree.source(node)
        ):
            return tree.source(node)
    return ""


_OF_LISTS = frozenset({"append", "extend", "insert", "sort", "reverse", "add"})


def _is_list(node: cst.CSTNode, name: str) -> bool:
    """Whether a node shows that the content is no object: the helper takes only these."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return dotted(node.func.value) == name and node.func.attr.value in _OF_LISTS
    if isinstance(node, cst.AugAssign):
        return dotted(node.target) == name
    if isinstance(node, cst.Assign):
        made = isinstance(node.value, (cst.List, cst.ListComp, cst.Tuple))
        return made and any(dotted(target.target) == name for target in node.targets)
    return False


def _self_contained(tree: Tree, loaded: _Step, body: list[cst.CSTNode], inner: list[cst.CSTNode]) -> bool:
    """Whether what lies between binds nothing but the content, and nobody asks for the content afterwards."""
    names = {loaded.name}
    for each in inner:
        for node in tree.inside(each):
            if _is_list(node, loaded.name):
                return False
            if isinstance(node, (cst.Assign, cst.AnnAssign, cst.AugAssign)):
                targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else [node.target]
                if {name for target in targets for name in target_names(target)} - names:
                    return False
            elif isinstance(
                node,
                (
                    cst.NamedExpr,
                    cst.Global,
                    cst.Nonlocal,
                    cst.Import,
                    cst.ImportFrom,
                    cst.With,
                    cst.Try,
                    cst.FunctionDef,
                ),
            ):
                return False
    dump = body[loaded.last + 1 + len(inner)]
    inside = {id(node) for each in (body[loaded.first], *inner, dump) for node in tree.inside(each)}
    scope = tree.scope(body[loaded.first])
    return not any(
        isinstance(n, cst.Name) and n.value == loaded.name and id(n) not in inside for n in tree.inside(scope)
    )


def _as_lambda(tree: Tree, name: str, inner: list[cst.CSTNode]) -> str:
    """``x[key] = value`` and ``x.update(other)`` as one expression, or ""."""
    if len(inner) != 1:
        return ""
    assign = _only(inner[0], cst.Assign)
    if isinstance(assign, cst.Assign) and len(assign.targets) == 1:
        target = assign.targets[0].target
        if isinstance(target, cst.Subscript) and dotted(target.value) == name and len(target.slice) == 1:
            index = target.slice[0].slice
            if not isinstance(index, cst.Index):
                return ""
            text = f"{{**{name}, {tree.source(index.value)}: {tree.source(assign.value)}}}"
            return text if "\n" not in text and len(text) < 60 else ""
    expr = _only(inner[0], cst.Expr)
    call = expr.value if isinstance(expr, cst.Expr) else None
    if isinstance(call, cst.Call) and dotted(call.func) == f"{name}.update" and len(call.args) == 1:
        arg = call.args[0]
        text = f"{{**{name}, **{tree.source(arg.value)}}}"
        return text if not arg.star and arg.keyword is None and "\n" not in text and len(text) < 60 else ""
    return ""
