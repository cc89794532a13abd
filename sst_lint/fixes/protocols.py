"""How does a hand-written temp-and-replace become one call of the helper (SST102)?

Only where the whole protocol stands in one block: the temporary name, the writing, the move. What the helper does by
itself goes: the name, flush and fsync, removing the target first, cleaning up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from sst_lint.fixes.draft import Advice, Change, Draft, Import, Site, helper_of, marker
from sst_lint.fixes.opening import MODES, squeezed
from sst_lint.fixes.places import expression
from sst_lint.fixes.shifting import has_long_text, has_remark, indented, leaves, outdented, siblings, whole_lines
from sst_lint.fixes.tree import Tree, argument, constant, dotted

_MOVES = frozenset(
    {"os.replace", "os.rename", "os.renames", "shutil.move", "shutil.copy", "shutil.copyfile", "shutil.copy2"}
)
_REMOVES = frozenset({"os.remove", "os.unlink"})
_WORDS = Advice(
    "words",
    "write through the helper `atomic_open(final)` (or `atomic_path(final)` for writers that open the file "
    "themselves) in place of the temporary file and the move",
)


@dataclass(frozen=True)
class _Move:
    """The last step of a protocol, and the block that it stands in."""

    call: cst.Call
    statement: cst.SimpleStatementLine
    temp: cst.BaseExpression
    target: cst.BaseExpression
    final: str  #: the source of ``target``
    body: list[cst.CSTNode]
    place: int


def by_hand(site: Site) -> Draft | Advice | None:
    """SST102: the protocol in one block becomes the helper."""
    tree = site.tree
    node = expression(site)
    move = _move(tree, node) if isinstance(node, cst.Call) else None
    if move is None:
        return _WORDS
    gone = [move.statement, *_removals(tree, move)]
    if any(has_remark(tree, each) for each in gone):
        return _WORDS
    writer = next((n for n in range(move.place - 1, -1, -1) if not any(move.body[n] is each for each in gone)), -1)
    if writer < 0:
        return _WORDS
    for made in (_rewritten(site, move, gone, writer), _through_path(site, move, gone)):
        if made is not None:
            return made
    return _WORDS


def _move(tree: Tree, call: cst.Call) -> _Move | None:
    statement = tree.statement(call)
    if statement is None or len(statement.body) != 1 or not isinstance(tree.parent(call), cst.Expr):
        return None
    given = [arg.value for arg in call.args if arg.keyword is None and not arg.star]
    if len(given) != len(call.args):
        return None
    if dotted(call.func) in _MOVES and len(given) == 2:
        temp, final = given
    elif isinstance(call.func, cst.Attribute) and call.func.attr.value in ("replace", "rename") and len(given) == 1:
        temp, final = call.func.value, given[0]
    else:
        return None
    text = tree.source(final)
    body, place = siblings(tree, statement)
    if place < 0 or "\n" in text or "#" in text or (isinstance(temp, cst.Attribute) and dotted(temp.value) == "self"):
        return None
    return _Move(call, statement, temp, final, text, body, place)


def _removals(tree: Tree, move: _Move) -> list[cst.CSTNode]:
    """The statements beside a move that only make room for it or clean up after it."""
    found: list[cst.CSTNode] = []
    before = move.body[move.place - 1] if move.place else None
    after = move.body[move.place + 1] if move.place + 1 < len(move.body) else None
    if before is not None and squeezed(_removed(tree, before)) == squeezed(move.final):
        found.append(before)
    if after is not None and squeezed(_removed(tree, after)) == squeezed(tree.source(move.temp)):
        found.append(after)
    return found


def _removed(tree: Tree, statement: cst.CSTNode) -> str:
    """What a statement removes, if it does nothing else: ``os.remove(x)``, ``x.unlink()``, ``if ...exists: remove``."""
    if isinstance(statement, cst.If) and statement.orelse is None and isinstance(statement.body, cst.IndentedBlock):
        asks = isinstance(statement.test, cst.Call) and dotted(statement.test.func).rpartition(".")[2] in (
            "exists",
            "isfile",
        )
        return _removed(tree, statement.body.body[0]) if asks and len(statement.body.body) == 1 else ""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return ""
    small = statement.body[0]
    call = small.value if isinstance(small, cst.Expr) else None
    if not isinstance(call, cst.Call):
        return ""
    if dotted(call.func) in _REMOVES and len(call.args) == 1:
        return tree.source(call.args[0].value)
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "unlink" and dotted(call.func) not in _REMOVES:
        return tree.source(call.func.value)
    return ""


# the writer opens the target itself


def _rewritten(site: Site, move: _Move, gone: list[cst.CSTNode], place: int) -> Draft | None:
    """``with open(temp, "w") as f``, ``temp.write_text(...)``, ``NamedTemporaryFile``, ``mkstemp`` and ``fdopen``."""
    tree, writer = site.tree, move.body[place]
    block = _guarded(tree, move, place)
    if isinstance(writer, cst.With) and len(writer.items) == 1 and isinstance(writer.body, cst.IndentedBlock):
        made = _block(site, move, writer, block)
    elif isinstance(writer, cst.SimpleStatementLine) and len(writer.body) == 1:
        made = _at_once(site, move, writer)
    else:
        made = None
    if made is None:
        return None
    helper, changes, names = made
    inside = [*gone, writer]
    for name in names:
        origin = _origin(tree, move, name, block)
        if origin is None:
            return None
        inside.append(origin)
        if all(origin is not each for each in gone):
            gone = [*gone, origin]
    if block is not None:
        inside.append(block)
    if any(_elsewhere(tree, move, name, inside) for name in names):
        return None
    cut = _cut(tree, gone)
    if cut is None:
        return None
    changes = (*changes, *cut)
    if block is not None:
        freed = _freed(tree, block, changes)
        if freed is None:
            return None
        changes = freed
    return Draft("unsafe", changes, (helper,))


def _block(
    site: Site, move: _Move, writer: cst.With, around: cst.Try | None
) -> tuple[Import, tuple[Change, ...], list[str]] | None:
    tree, item = site.tree, writer.items[0]
    call, handle = item.item, dotted(item.asname.name) if item.asname is not None else ""
    helper = helper_of(site, "atomic_open")
    if isinstance(helper, Advice) or writer.asynchronous is not None or not isinstance(call, cst.Call) or not handle:
        return None
    if leaves(tree, [writer.body]) or any(arg.star for arg in call.args) or _named_later(tree, move, [writer.body]):
        return None
    last = dotted(call.func).rpartition(".")[2] or (
        call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    )
    temp = dotted(move.temp)
    if last == "NamedTemporaryFile" and temp == f"{handle}.name":
        named: list[str] = []
    elif last in ("open", "fdopen"):
        given = _opened_path(tree, call)
        if given is None:
            return None
        pair = _descriptor_of(tree, move, given)
        if pair:
            named = [*pair]
        elif squeezed(tree.source(given)) == squeezed(tree.source(move.temp)):
            named = [temp] if isinstance(move.temp, cst.Name) else []
        else:
            return None
    else:
        return None
    opening = _opening(tree, call, marker(helper), move.final, last)
    if opening is None or _looks(tree, writer.body, handle, temp):
        return None
    start, end = tree.span(call)
    return helper, (Change(start, end, opening), *_synced(tree, writer.body, handle)), named


def _opened_path(tree: Tree, call: cst.Call) -> cst.BaseExpression | None:
    if isinstance(call.func, cst.Attribute) and dotted(call.func) not in ("os.fdopen", "io.open"):
        return call.func.value
    return call.args[0].value if call.args and call.args[0].keyword is None else None


def _descriptor_of(tree: Tree, move: _Move, given: cst.BaseExpression) -> tuple[str, str] | None:
    """``fd, name = tempfile.mkstemp()``: the two names, where the file that is opened and moved is that one."""
    for node in tree.inside(tree.scope(move.statement)):
        if not isinstance(node, cst.Assign) or len(node.targets) != 1 or not isinstance(node.value, cst.Call):
            continue
        target = node.targets[0].target
        if dotted(node.value.func).rpartition(".")[2] != "mkstemp" or not isinstance(target, cst.Tuple):
            continue
        names = [dotted(element.value) for element in target.elements]
        if len(names) == 2 and names[0] == dotted(given) and names[1] == dotted(move.temp):
            return names[0], names[1]
    return None


_KEPT = ("encoding", "errors", "newline")


def _opening(tree: Tree, call: cst.Call, name: str, final: str, kind: str) -> str | None:
    """The call of the helper: the final path, the same mode, what text needs."""
    path_first = kind != "NamedTemporaryFile" and not (
        isinstance(call.func, cst.Attribute) and dotted(call.func) not in ("os.fdopen", "io.open")
    )
    mode = argument(call, "mode", 1 if path_first else 0)
    text = (constant(mode.value) or "") if mode is not None else ("w+b" if kind == "NamedTemporaryFile" else "")
    text = text.replace("+", "")
    if text not in MODES:
        return None
    kept: list[str] = []
    for number, arg in enumerate(call.args):
        if arg.keyword is None:
            if number > (1 if path_first else 0):
                return None
            continue
        word = arg.keyword.value
        if word in _KEPT:
            kept.append(f"{word}={tree.source(arg.value)}")
        elif word not in (
            "mode",
            "file",
            "delete",
            "dir",
            "prefix",
            "suffix",
            "buffering",
            "closefd",
            "delete_on_close",
        ):
            return None
    quote = "'" if mode is not None and tree.source(mode.value).startswith("'") else '"'
    result = f"{name}({', '.join([final, f'{quote}{text}{quote}', *kept])})"
    return None if "\n" in result or "#" in result else result


def _looks(tree: Tree, body: cst.CSTNode, handle: str, temp: str) -> bool:
    """Whether a block asks for the name of its file, reads it back or closes it."""
    for node in tree.inside(body):
        if isinstance(node, cst.Attribute) and dotted(node.value) == handle:
            if node.attr.value in ("name", "close", "read", "readline", "readlines", "detach", "mode"):
                return True
        if isinstance(node, cst.Name) and node.value == temp:
            return True
    return False


def _synced(tree: Tree, body: cst.BaseSuite, handle: str) -> list[Change]:
    """The lines at the end of a block that flush and sync, which the helper does: they go, unless nothing else is."""
    changes: list[Change] = []
    statements = list(body.body) if isinstance(body, cst.IndentedBlock) else []
    for number in range(len(statements) - 1, 0, -1):
        lines = whole_lines(tree, statements[number])
        text = squeezed(tree.source(statements[number]))
        if (
            lines is None
            or has_remark(tree, statements[number])
            or text not in (f"{handle}.flush()", f"os.fsync({handle}.fileno())", f"os.fsync({handle})")
        ):
            break
        changes.append(Change(*lines, ""))
    return changes


def _at_once(
    site: Site, move: _Move, writer: cst.SimpleStatementLine
) -> tuple[Import, tuple[Change, ...], list[str]] | None:
    """``temp.write_text(text)``."""
    tree, small = site.tree, writer.body[0]
    call = small.value if isinstance(small, cst.Expr) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or not call.args:
        return None
    kind = {"write_text": "write_atomic_text", "write_bytes": "write_atomic_bytes"}.get(call.func.attr.value, "")
    if not kind or squeezed(tree.source(call.func.value)) != squeezed(tree.source(move.temp)):
        return None
    helper = helper_of(site, kind)
    if isinstance(helper, Advice) or call.args[0].keyword is not None:
        return None
    if any(arg.keyword is None or arg.keyword.value != "encoding" for arg in call.args[1:]):
        return None
    start, after = tree.span(call)[0], tree.span(call.args[0])[0]
    changes = (Change(start, after, f"{marker(helper)}({move.final}, "),)
    return helper, changes, [dotted(move.temp)] if isinstance(move.temp, cst.Name) else []


# the writer gets a temporary path


def _through_path(site: Site, move: _Move, gone: list[cst.CSTNode]) -> Draft | None:
    """``temp = ...`` to the move becomes ``with atomic_path(final) as temp:``."""
    tree, name = site.tree, dotted(move.temp)
    helper = helper_of(site, "atomic_path")
    if isinstance(helper, Advice) or not isinstance(move.temp, cst.Name):
        return None
    origin = _origin(tree, move, name, None)
    start = next((number for number, each in enumerate(move.body) if each is origin), -1)
    if origin is None or start < 0 or tree.binds(origin) != {name}:
        return None  # with `fd, temp = mkstemp()` something else holds the descriptor
    if _named_later(tree, move, [*move.body[start : move.place]]):
        return None
    inner = [each for each in move.body[start + 1 : move.place] if not any(each is one for one in gone)]
    known = [origin, *inner, *gone]
    if (
        not inner
        or leaves(tree, inner)
        or _elsewhere(tree, move, name, known)
        or any(has_long_text(tree, e) for e in inner)
    ):
        return None
    for each in inner:
        for node in tree.inside(each):
            if (
                isinstance(node, cst.Name)
                and node.value == name
                and not isinstance(tree.parent(node), (cst.Arg, cst.Attribute))
            ):
                return None  # text is made of it: it is a `Path` now
    lines, cut = whole_lines(tree, origin), _cut(tree, gone)
    if lines is None or cut is None:
        return None
    indent = tree.indent_of(origin)
    head = Change(*lines, f"{indent}with {marker(helper)}({move.final}) as {name}:{tree.newline}")
    moved = indented(tree, lines[1], tree.line_end(tree.span(inner[-1])[1] - 1))
    return Draft("unsafe", (head, *(m for m in moved if not _covered(m, cut)), *cut), (helper,))


def _covered(change: Change, cut: list[Change]) -> bool:
    return any(one.start <= change.start < one.end for one in cut)


# what goes


def _origin(tree: Tree, move: _Move, name: str, block: cst.Try | None) -> cst.SimpleStatementLine | None:
    """The one assignment that gives a name its value, in the same block as the move or just before its ``try``."""
    found: list[cst.SimpleStatementLine] = []
    for node in tree.inside(tree.scope(move.statement)):
        if isinstance(node, cst.Assign):
            names = [dotted(target.target) for target in node.targets]
            for target in node.targets:
                if isinstance(target.target, cst.Tuple):
                    names += [dotted(element.value) for element in target.target.elements]
            statement = tree.statement(node)
            if name in names and statement is not None:
                found.append(statement)
    around = siblings(tree, block)[0] if block is not None else []
    if len(found) != 1 or not any(found[0] is each for each in (*move.body, *around)):
        return None
    return found[0]


def _elsewhere(tree: Tree, move: _Move, name: str, known: list[cst.CSTNode]) -> bool:
    inside = {id(node) for each in known for node in tree.inside(each)}
    return any(
        isinstance(node, cst.Name) and node.value == name and id(node) not in inside
        for node in tree.inside(tree.scope(move.statement))
    )


def _named_later(tree: Tree, move: _Move, statements: Sequence[cst.CSTNode]) -> bool:
    """Whether the final path is known only when the file is written: the statements bind what it is made of."""
    bound = {name for each in statements for name in tree.binds(each)}
    return any(dotted(node) in bound for node in tree.inside(move.target))


def _cut(tree: Tree, gone: list[cst.CSTNode]) -> list[Change] | None:
    """Take out whole statements; None where a comment would go with one."""
    places = {lines for each in gone if (lines := whole_lines(tree, each)) is not None}
    return [Change(*lines, "") for lines in sorted(places)] if len(places) == len(gone) else None


def _guarded(tree: Tree, move: _Move, place: int) -> cst.Try | None:
    """The ``try`` around a protocol whose handlers only clean up and raise again, if that is all it holds."""
    suite = tree.parent(move.statement)
    block = tree.parent(suite) if suite is not None else None
    if not isinstance(block, cst.Try) or block.body is not suite or block.orelse or block.finalbody or place:
        return None
    for handler in block.handlers:
        body = handler.body.body if isinstance(handler.body, cst.IndentedBlock) else ()
        if not body or squeezed(tree.source(body[-1])) != "raise":
            return None
        calls = [node for node in tree.inside(handler.body) if isinstance(node, cst.Call)]
        allowed = ("unlink", "remove", "suppress", "exists", "close")
        if any(dotted(call.func).rpartition(".")[2] not in allowed for call in calls):
            return None
    return block


def _freed(tree: Tree, block: cst.Try, changes: tuple[Change, ...]) -> tuple[Change, ...] | None:
    """Take the ``try`` away from around its body, which moves to the left; a comment in what goes forbids it."""
    start, end = tree.span(block)
    head = tree.line_end(tree.text.index(":", start))
    tail = tree.line_start(tree.span(block.handlers[0])[0])
    stop = tree.line_end(end - 1)
    if has_long_text(tree, block.body) or any("#" in text for text in (tree.text[start:head], tree.text[tail:stop])):
        return None
    moved = outdented(tree, head, tail)
    if moved is None:
        return None
    cut = [change for change in changes if not change.content and change.start != change.end]
    free = tuple(each for each in moved if not _covered(each, cut))
    return (Change(tree.line_start(start), head, ""), *changes, *free, Change(tail, stop, ""))
