"""How does ``open(path, "w")`` become atomic: in a block, closed by hand, or handed over to what writes?"""

from __future__ import annotations

import libcst as cst

from sst_lint.fixes.draft import Advice, Change, Draft, Import, Safety, Site, helper_of, marker
from sst_lint.fixes.pathlike import is_descriptor, is_path
from sst_lint.fixes.shifting import has_long_text, in_block, indented, leaves, siblings, whole_lines
from sst_lint.fixes.tree import Tree, argument, constant, dotted, target_names

OPENERS = frozenset({"builtins.open", "io.open", "pathlib.Path.open", "codecs.open"})
MODES = frozenset({"w", "wt", "tw", "wb", "bw", "x", "xt", "xb", "bx"})
_HANDLE_METHODS = frozenset({"close", "seek", "read", "readline", "readlines", "detach", "reconfigure"})
_HANDLE_VALUES = frozenset({"name", "mode", "buffer", "raw"})
_ENDS = frozenset({"sys.exit", "os._exit", "exit", "quit"})


def opened(site: Site, call: cst.Call) -> Draft | Advice | None:
    """``with open(path, "w") as f``, ``f = open(path, "w")`` to ``f.close()``, ``dump(x, open(path, "w"))``."""
    tree = site.tree
    path = path_of(tree, call)
    modes = _modes(tree, call)
    if (
        path is None
        or not modes
        or any(arg.keyword and arg.keyword.value in ("closefd", "opener") for arg in call.args)
    ):
        return None
    if len([arg for arg in call.args if arg.keyword is None]) > 5 + (not _is_method(call)) or is_descriptor(tree, path):
        return None
    if _is_method(call) and not is_path(tree, path):
        return None
    helper = helper_of(site, "atomic_open")
    if isinstance(helper, Advice):
        return helper
    changes = as_function(tree, call, marker(helper), "path", ("file", "filename"))
    if changes is None:
        return None
    if dotted(call.func) == "codecs.open":
        changes = (*changes, *_by_keyword(tree, call))
    binary = all("b" in mode for mode in modes)
    item = tree.parent(call)
    if isinstance(item, cst.WithItem):
        block = tree.above(item, cst.With)
        if block is None or block.asynchronous is not None or (item.asname is not None and not _handle_of(item)):
            return None
        safety = _safety(tree, call, path, _handle_of(item), [block.body], binary)
        return None if safety is None else Draft(safety, changes, (helper,))
    if isinstance(item, cst.Assign):
        return _closed_by_hand(tree, call, item, path, changes, helper, binary)
    return _handed_over(tree, call, changes, helper)


def _handle_of(item: cst.WithItem) -> str:
    return dotted(item.asname.name) if item.asname is not None else ""


def _is_method(call: cst.Call) -> bool:
    """Whether the path is what the method is called on, not an argument: not so in ``Path.open(path, "w")``."""
    if not isinstance(call.func, cst.Attribute):
        return False
    return dotted(call.func) not in ("io.open", "codecs.open", "Path.open", "pathlib.Path.open")


def path_of(tree: Tree, call: cst.Call) -> cst.BaseExpression | None:
    """Return the path that a call of ``open`` is about."""
    if _is_method(call):
        return call.func.value if isinstance(call.func, cst.Attribute) else None
    given = argument(call, "file", 0) or argument(call, "filename", 0)
    return given.value if given is not None else None


def _modes(tree: Tree, call: cst.Call) -> set[str]:
    """The modes that a call may open in, if each of them is known and writes a whole file; else none."""
    mode = argument(call, "mode", 0 if _is_method(call) else 1)
    found = _texts(tree, mode.value) if mode is not None else None
    return found if found is not None and found <= MODES else set()


def _texts(tree: Tree, node: cst.BaseExpression) -> set[str] | None:
    """The texts that an expression may be: a literal, a choice of two, or a local name for such."""
    if isinstance(node, cst.IfExp):
        parts = [_texts(tree, node.body), _texts(tree, node.orelse)]
        return None if None in parts else {text for part in parts if part is not None for text in part}
    if isinstance(node, cst.Name):
        scope = tree.scope(node)
        values = [
            each.value
            for each in tree.inside(scope)
            if isinstance(each, cst.Assign) and any(node.value in target_names(t.target) for t in each.targets)
        ]
        if scope is tree.module or not values or tree.bound.get(node.value) != len(values):
            return None
        texts = [_texts(tree, value) if not isinstance(value, cst.Name) else None for value in values]
        return None if None in texts else {text for part in texts if part is not None for text in part}
    text = constant(node)
    return None if text is None else {text}


def _by_keyword(tree: Tree, call: cst.Call) -> tuple[Change, ...]:
    """``codecs.open`` takes the encoding third, ``open`` fourth."""
    names = {2: "encoding", 3: "errors"}
    starts = [
        (tree.outer(arg.value)[0], names[number])
        for number, arg in enumerate(call.args)
        if arg.keyword is None and number in names
    ]
    return tuple(Change(start, start, f"{name}=") for start, name in starts)


def as_function(tree: Tree, call: cst.Call, name: str, path: str, old: tuple[str, ...]) -> tuple[Change, ...] | None:
    """``open(p, ...)`` and ``p.open(...)`` become ``name(p, ...)``; what stands between stays as it is."""
    start, end = tree.span(call)
    if not _is_method(call):
        first = tree.span(call.func)
        renamed = tuple(
            Change(*tree.span(arg.keyword), path)
            for arg in call.args
            if arg.keyword is not None and arg.keyword.value in old
        )
        return (Change(*first, name), *renamed)
    assert isinstance(call.func, cst.Attribute)
    value = call.func.value
    inner = tree.span(value) if not isinstance(value, cst.GeneratorExp) else (-1, -1)
    after = tree.span(call.args[0])[0] if call.args else end - 1
    gap = tree.text[inner[1] : after]
    if inner[0] < start or "#" in gap or "#" in tree.text[start : inner[0]] or "\n" in gap.strip("\n \t"):
        return None
    if "\n" in gap:  # the arguments stand on lines of their own: the path gets one too
        indent = gap[gap.rindex("\n") + 1 :]
        return (
            Change(start, inner[0], f"{name}({tree.newline}{indent}"),
            Change(inner[1], after, f",{tree.newline}{indent}"),
        )
    return (Change(start, inner[0], f"{name}("), Change(inner[1], after, ", " if call.args else ""))


def _safety(
    tree: Tree, call: cst.Call, path: cst.BaseExpression, handle: str, body: list[cst.CSTNode], binary: bool
) -> Safety | None:
    """What the block does with the handle and the path decides whether bytes and behavior stay the same."""
    written = squeezed(tree.source(path))
    nodes = [node for part in body for node in tree.inside(part)]
    for node in nodes:
        if isinstance(node, (cst.Yield, cst.Await)):
            return None  # an abandoned generator would throw the file away
        if isinstance(node, cst.Attribute) and dotted(node.value) == handle and handle:
            if node.attr.value in _HANDLE_METHODS | _HANDLE_VALUES:
                return None
        if isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.BinaryOperation)) and len(written) > 0:
            if squeezed(tree.source(node)) == written and not constant(path):
                return None  # the block looks at the file that is not there yet
        if isinstance(node, cst.Call) and dotted(node.func) in _ENDS:
            return None
    if binary or argument(call, "encoding", _encoding_at(call)) is not None:
        return "safe"
    writes = [node for node in nodes if isinstance(node, cst.Name) and node.value == handle]
    return "safe" if writes and all(_writes_ascii(tree, node) for node in writes) else "unsafe"


def _encoding_at(call: cst.Call) -> int:
    return 2 if _is_method(call) or dotted(call.func) == "codecs.open" else 3


def _writes_ascii(tree: Tree, handle: cst.Name) -> bool:
    """Whether this use of a handle writes nothing but ASCII, which every encoding of a locale shares with UTF-8."""
    parent = tree.parent(handle)
    if isinstance(parent, cst.Arg):
        call = tree.parent(parent)
        return isinstance(call, cst.Call) and dotted(call.func) == "json.dump" and _escapes(call)
    if isinstance(parent, cst.Attribute) and parent.attr.value in ("write", "flush", "fileno"):
        call = tree.parent(parent)
        return isinstance(call, cst.Call) and all(ascii_only(arg.value) for arg in call.args)
    return False


def _escapes(call: cst.Call) -> bool:
    return not any(arg.star or (arg.keyword and arg.keyword.value in ("ensure_ascii", "cls")) for arg in call.args)


def ascii_only(node: cst.BaseExpression) -> bool:
    """Whether a text is ASCII for certain: literals, what ``json.dumps`` gives, and sums of these."""
    text = constant(node)
    if text is not None:
        return text.isascii()
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        return ascii_only(node.left) and ascii_only(node.right)
    return isinstance(node, cst.Call) and dotted(node.func) == "json.dumps" and _escapes(node)


def squeezed(text: str) -> str:
    """Return a text without white space, to compare expressions."""
    return "".join(text.split())


# f = open(...), f.close()


def _closed_by_hand(
    tree: Tree,
    call: cst.Call,
    assign: cst.Assign,
    path: cst.BaseExpression,
    changes: tuple[Change, ...],
    helper: Import,
    binary: bool,
) -> Draft | None:
    """From the assignment to ``close()`` becomes a block; with ``try`` and ``finally`` the block is there already."""
    statement = tree.statement(assign)
    if statement is None or len(statement.body) != 1 or len(assign.targets) != 1:
        return None
    handle = dotted(assign.targets[0].target)
    body, place = siblings(tree, statement)
    if not handle or "." in handle or place < 0 or has_long_text(tree, statement):
        return None
    start, end = tree.span(call)
    header = f"with {_applied(tree, start, end, changes)} as {handle}:"
    if "\n" in header:
        return None
    opening = Change(*tree.span(assign), header)
    first = tree.line_end(tree.span(statement)[1])
    following = body[place + 1] if place + 1 < len(body) else None
    if isinstance(following, cst.Try):
        closed = _closing_finally(tree, following, handle)
        if closed is None or _used(tree, statement, handle, [following]):
            return None
        safety = _safety(tree, call, path, handle, [following.body], binary)
        head = tree.line_end(tree.text.index(":", tree.span(following)[0]))
        if safety is None or "#" in tree.text[first:head]:
            return None
        return Draft(safety, (opening, Change(first, head, ""), Change(*closed, "")), (helper,))
    last = next((number for number in range(place + 1, len(body)) if _closes(body[number], handle)), -1)
    if last <= place + 1 or _used(tree, statement, handle, body[place + 1 : last + 1]):
        return None
    inner = body[place + 1 : last]
    gone = whole_lines(tree, body[last])
    if gone is None or any(has_long_text(tree, each) for each in inner) or leaves(tree, inner):
        return None
    safety = _safety(tree, call, path, handle, inner, binary)
    if safety is None:
        return None
    return Draft(safety, (opening, *indented(tree, first, gone[0]), Change(*gone, "")), (helper,))


def _closes(statement: cst.CSTNode, handle: str) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    small = statement.body[0]
    value = small.value if isinstance(small, cst.Expr) else None
    return isinstance(value, cst.Call) and dotted(value.func) == f"{handle}.close" and not value.args


def _closing_finally(tree: Tree, block: cst.Try, handle: str) -> tuple[int, int] | None:
    """The lines of ``finally: f.close()``, if a ``try`` has nothing else and no comment there."""
    final = block.finalbody
    if block.handlers or block.orelse is not None or final is None or not isinstance(block.body, cst.IndentedBlock):
        return None
    if not isinstance(final.body, cst.IndentedBlock) or len(final.body.body) != 1:
        return None
    if not _closes(final.body.body[0], handle):
        return None
    start, end = tree.line_start(tree.span(final)[0]), tree.line_end(tree.span(final.body.body[0])[1])
    return None if "#" in tree.text[start:end] else (start, end)


def _used(tree: Tree, assigned: cst.CSTNode, handle: str, known: list[cst.CSTNode]) -> bool:
    """Whether a handle is used, or bound, anywhere but in the statements at hand."""
    inside = {id(node) for part in (assigned, *known) for node in tree.inside(part)}
    scope = tree.scope(assigned)
    return any(
        isinstance(node, cst.Name) and node.value == handle and id(node) not in inside for node in tree.inside(scope)
    )


# open(...) as an argument


def _handed_over(tree: Tree, call: cst.Call, changes: tuple[Change, ...], helper: Import) -> Draft | None:
    """``json.dump(data, open(path, "w"))``, ``open(path, "w").write(text)``: the handle gets a name and a block."""
    holder = tree.parent(call)
    statement = tree.statement(call)
    name = next((each for each in ("handle", "file", "stream") if tree.unused(each, call)), "")
    if statement is None or not name:
        return None
    outer = tree.parent(holder) if holder is not None else None
    if isinstance(holder, cst.Attribute) and holder.attr.value not in ("write", "writelines"):
        return None
    if not isinstance(holder, (cst.Arg, cst.Attribute)) or not isinstance(outer, cst.Call):
        return None
    if tree.parent(outer) is not statement.body[0] or not isinstance(statement.body[0], cst.Expr):
        return None
    if isinstance(holder, cst.Arg) and dotted(outer.func).rpartition(".")[2] not in ("dump", "write"):
        return None
    start, end = tree.span(call)
    text = _applied(tree, start, end, changes)
    return in_block(tree, statement, f"with {text} as {name}:", (Change(start, end, name),), "unsafe", (helper,))


def _applied(tree: Tree, start: int, end: int, changes: tuple[Change, ...]) -> str:
    text, at = "", start
    for change in sorted(changes):
        text += tree.text[at : change.start] + change.content
        at = change.end
    return text + tree.text[at:end]
