"""How does a write in place become atomic (SST101)? The runtime's writers, or a temporary path for other writers."""

from __future__ import annotations

import libcst as cst

from sst_lint.fixes.draft import Advice, Change, Draft, Import, Safety, Site, marker
from sst_lint.fixes.ordering import expression
from sst_lint.fixes.tree import Tree, argument, constant, dotted

_OPENERS = frozenset({"builtins.open", "io.open", "pathlib.Path.open"})
_MODES = frozenset({"w", "wt", "tw", "wb", "bw", "x", "xt", "xb", "bx"})
_HANDLE_METHODS = frozenset({"close", "seek", "read", "readline", "readlines", "detach", "reconfigure"})
_HANDLE_VALUES = frozenset({"name", "mode", "buffer", "raw"})
#: library writers that take a path of any kind and write exactly there: name -> position and name of the path.
_BY_PATH: dict[str, tuple[int, str]] = {
    "pandas.DataFrame.to_csv": (0, "path_or_buf"),
    "pandas.Series.to_csv": (0, "path_or_buf"),
    "pandas.DataFrame.to_json": (0, "path_or_buf"),
    "pandas.DataFrame.to_parquet": (0, "path"),
    "pandas.DataFrame.to_pickle": (0, "path"),
    "pandas.DataFrame.to_feather": (0, "path"),
    "pandas.DataFrame.to_excel": (0, "excel_writer"),
    "numpy.save": (0, "file"),
    "numpy.savez": (0, "file"),
    "numpy.savez_compressed": (0, "file"),
    "numpy.savetxt": (0, "fname"),
    "torch.save": (1, "f"),
    "joblib.dump": (1, "filename"),
    "pyarrow.parquet.write_table": (1, "where"),
    "matplotlib.pyplot.savefig": (0, "fname"),
    "matplotlib.figure.Figure.savefig": (0, "fname"),
    "polars.DataFrame.write_csv": (0, "file"),
    "polars.DataFrame.write_parquet": (0, "file"),
    "shutil.copyfile": (1, "dst"),
    "shutil.copy": (1, "dst"),
    "shutil.copy2": (1, "dst"),
}
#: these add an ending to a name without one, or copy into a directory: only where the path shows its ending
_NEEDS_SUFFIX = ("numpy.save", "matplotlib.", "shutil.copy", "shutil.copy2")
_COMPRESSED = (".gz", ".tgz", ".zip", ".bz2", ".xz", ".zst")
#: archives that do not write their own file name into themselves
_ARCHIVES = {"zipfile.ZipFile": (0, "file"), "bz2.open": (0, "filename"), "lzma.open": (0, "filename")}


def in_place(site: Site) -> Draft | Advice | None:
    """SST101: by the kind of the call."""
    node, about = expression(site), site.finding.about
    if not isinstance(node, cst.Call) or any(arg.star for arg in node.args):
        return None
    if about in _OPENERS:
        return _opened(site, node)
    if about == "pathlib.Path.write_text":
        return _whole_text(site, node)
    if about == "pathlib.Path.write_bytes":
        return _whole_bytes(site, node)
    if about in _ARCHIVES:
        return _archive(site, node, *_ARCHIVES[about])
    if about in _BY_PATH:
        return _library(site, node, *_BY_PATH[about])
    return None


def _helper(site: Site, name: str) -> Import | Advice:
    found = site.helpers.get(name)
    if found is not None:
        return found
    return Advice("helpers", f"needs the helper `{name}`")


# open(...)


def _opened(site: Site, call: cst.Call) -> Draft | Advice | None:
    """``with open(path, "w") as f`` and ``dump(x, open(path, "w"))``."""
    tree = site.tree
    method = isinstance(call.func, cst.Attribute) and dotted(call.func) != "io.open"
    offset = 0 if method else 1
    mode = argument(call, "mode", offset)
    text = constant(mode.value) if mode is not None else None
    if text not in _MODES or any(arg.keyword and arg.keyword.value in ("closefd", "opener") for arg in call.args):
        return None
    if len([arg for arg in call.args if arg.keyword is None]) > 5 + offset:
        return None
    helper = _helper(site, "atomic_open")
    if isinstance(helper, Advice):
        return helper
    changes = _as_function(tree, call, marker(helper), "path", ("file",))
    if changes is None:
        return None
    item = tree.parent(call)
    if isinstance(item, cst.WithItem):
        block = tree.above(item, cst.With)
        if block is None or block.asynchronous is not None:
            return None
        safety = _safety(tree, call, item, block, text)
        return None if safety is None else Draft(safety, changes, (helper,))
    return _handed_over(tree, call, changes, helper)


def _as_function(tree: Tree, call: cst.Call, name: str, path: str, old: tuple[str, ...]) -> tuple[Change, ...] | None:
    """``open(p, ...)`` and ``p.open(...)`` become ``name(p, ...)``; what stands between stays as it is."""
    start, end = tree.span(call)
    if not isinstance(call.func, cst.Attribute) or dotted(call.func) == "io.open":
        first = tree.span(call.func)
        renamed = tuple(
            Change(*tree.span(arg.keyword), path)
            for arg in call.args
            if arg.keyword is not None and arg.keyword.value in old
        )
        return (Change(*first, name), *renamed)
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


def _safety(tree: Tree, call: cst.Call, item: cst.WithItem, block: cst.With, mode: str) -> Safety | None:
    """What the block does with the handle and the path decides whether bytes and behavior stay the same."""
    name = dotted(item.asname.name) if item.asname is not None else ""
    if item.asname is not None and not name:
        return None
    method = isinstance(call.func, cst.Attribute) and dotted(call.func) != "io.open"
    path = call.func.value if method and isinstance(call.func, cst.Attribute) else call.args[0].value
    written = _squeezed(tree.source(path))
    body = list(tree.inside(block.body))
    for node in body:
        if isinstance(node, (cst.Yield, cst.Await)):
            return None  # an abandoned generator would throw the file away
        if isinstance(node, cst.Attribute) and dotted(node.value) == name and name:
            if node.attr.value in _HANDLE_METHODS | _HANDLE_VALUES:
                return None
        if isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.BinaryOperation)) and len(written) > 0:
            if _squeezed(tree.source(node)) == written and not constant(path):
                return None  # the block looks at the file that is not there yet
        if isinstance(node, cst.Call) and dotted(node.func) in ("sys.exit", "os._exit", "exit", "quit"):
            return None
    if "b" in mode or argument(call, "encoding", (2 if method else 3)) is not None:
        return "safe"
    writes = [node for node in body if isinstance(node, cst.Name) and node.value == name]
    return "safe" if writes and all(_writes_ascii(tree, node) for node in writes) else "unsafe"


def _writes_ascii(tree: Tree, handle: cst.Name) -> bool:
    """Whether this use of a handle writes nothing but ASCII, which every encoding of a locale shares with UTF-8."""
    parent = tree.parent(handle)
    if isinstance(parent, cst.Arg):
        call = tree.parent(parent)
        return isinstance(call, cst.Call) and dotted(call.func) == "json.dump" and _escapes(call)
    if isinstance(parent, cst.Attribute) and parent.attr.value in ("write", "flush", "fileno"):
        call = tree.parent(parent)
        return isinstance(call, cst.Call) and all(_ascii(arg.value) for arg in call.args)
    return False


def _escapes(call: cst.Call) -> bool:
    return not any(arg.star or (arg.keyword and arg.keyword.value in ("ensure_ascii", "cls")) for arg in call.args)


def _ascii(node: cst.BaseExpression) -> bool:
    """Whether a text is ASCII for certain: literals, what ``json.dumps`` gives, and sums of these."""
    text = constant(node)
    if text is not None:
        return text.isascii()
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        return _ascii(node.left) and _ascii(node.right)
    return isinstance(node, cst.Call) and dotted(node.func) == "json.dumps" and _escapes(node)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _handed_over(tree: Tree, call: cst.Call, changes: tuple[Change, ...], helper: Import) -> Draft | None:
    """``json.dump(data, open(path, "w"))``: the handle gets a name and a block."""
    arg = tree.parent(call)
    statement = tree.statement(call)
    if not isinstance(arg, cst.Arg) or statement is None or "handle" in tree.bound:
        return None
    outer = tree.parent(arg)
    if not isinstance(outer, cst.Call) or tree.parent(outer) is not statement.body[0]:
        return None
    if not isinstance(statement.body[0], cst.Expr) or dotted(outer.func).rpartition(".")[2] not in ("dump", "write"):
        return None
    start, end = tree.span(call)
    opened = _applied(tree, start, end, changes)
    return _in_block(tree, statement, f"with {opened} as handle:", (Change(start, end, "handle"),), "unsafe", (helper,))


def _applied(tree: Tree, start: int, end: int, changes: tuple[Change, ...]) -> str:
    text, at = "", start
    for change in sorted(changes):
        text += tree.text[at : change.start] + change.content
        at = change.end
    return text + tree.text[at:end]


def _in_block(
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
    if tree.text[tree.line_start(start) : start] != indent:
        return None
    step = tree.module.default_indent
    for node in tree.inside(statement):
        if isinstance(node, (cst.SimpleString, cst.FormattedString)) and "\n" in tree.source(node):
            return None
    moved = [Change(start, start, f"{header}{tree.newline}{indent}{step}")]
    line = tree.line_end(start)
    while line < end:
        moved.append(Change(line, line, step))
        line = tree.line_end(line)
    inner = {change.start for change in changes}
    if any(change.start in inner for change in moved):
        return None
    return Draft(safety, (*moved, *changes), imports)


# write_text, write_bytes


def _whole_text(site: Site, call: cst.Call) -> Draft | Advice | None:
    tree = site.tree
    if not isinstance(tree.parent(call), cst.Expr) or not call.args:
        return None
    given = {arg.keyword.value if arg.keyword else index for index, arg in enumerate(call.args)}
    if given - {0, "data", 1, "encoding"}:
        return None
    helper = _helper(site, "write_atomic_text")
    if isinstance(helper, Advice):
        return helper
    changes = _as_function(tree, call, marker(helper), "path", ())
    if changes is None:
        return None
    encoding, data = argument(call, "encoding", 1), argument(call, "data", 0)
    if encoding is not None and encoding.keyword is None:
        at = tree.outer(encoding.value)[0]
        changes = (*changes, Change(at, at, "encoding="))
    if data is not None and data.keyword is not None:
        changes = (*changes, Change(*tree.span(data.keyword), "text"))
    if encoding is not None and constant(encoding.value) is None:
        return None
    known = encoding is not None or (data is not None and _ascii(data.value))
    return Draft("safe" if known else "unsafe", changes, (helper,))


def _whole_bytes(site: Site, call: cst.Call) -> Draft | Advice | None:
    if not isinstance(site.tree.parent(call), cst.Expr) or len(call.args) != 1:
        return None
    helper = _helper(site, "write_atomic_bytes")
    if isinstance(helper, Advice):
        return helper
    changes = _as_function(site.tree, call, marker(helper), "path", ())
    return None if changes is None else Draft("safe", changes, (helper,))


# writers that open the file themselves


def _library(site: Site, call: cst.Call, position: int, name: str) -> Draft | Advice | None:
    tree = site.tree
    path = argument(call, name, position)
    statement = tree.statement(call)
    if path is None or statement is None or not isinstance(tree.parent(call), cst.Expr):
        return None
    ending = _ending(path.value)
    about = site.finding.about
    if ending.endswith(_COMPRESSED) or any(arg.keyword and arg.keyword.value == "compression" for arg in call.args):
        return None
    if about.startswith(_NEEDS_SUFFIX) and about != "shutil.copyfile" and not ending:
        return None
    helper = _helper(site, "atomic_path")
    if isinstance(helper, Advice):
        return helper
    temp = _free(tree, "temporary", "temporary_path")
    if dotted(path.value) in ("temporary", "temporary_path"):
        return None
    source = tree.source(path.value)
    if not temp or "\n" in source or "#" in source:
        return None
    header = f"with {marker(helper)}({source}) as {temp}:"
    changed = (Change(*tree.outer(path.value), temp),)
    safety: Safety = "unsafe" if about in ("shutil.copy", "shutil.copy2") else "safe"
    return _in_block(tree, statement, header, changed, safety, (helper,))


def _archive(site: Site, call: cst.Call, position: int, name: str) -> Draft | Advice | None:
    """``with ZipFile(path, "w") as archive``: the temporary path is opened before it and moved after it."""
    tree = site.tree
    item = tree.parent(call)
    path, mode = argument(call, name, position), argument(call, "mode", 1)
    if path is None or mode is None or (constant(mode.value) or "") not in _MODES or not isinstance(item, cst.WithItem):
        return None
    helper = _helper(site, "atomic_path")
    if isinstance(helper, Advice):
        return helper
    temp, source = _free(tree, "temporary", "temporary_path"), tree.source(path.value)
    block = tree.above(item, cst.With)
    if (
        not temp
        or source == temp
        or block is None
        or "\n" in source
        or any(isinstance(n, cst.Yield) for n in tree.inside(block.body))
    ):
        return None
    written = _squeezed(source)
    if any(
        isinstance(n, (cst.Name, cst.Attribute)) and _squeezed(tree.source(n)) == written
        for n in tree.inside(block.body)
    ):
        return None
    start = tree.span(call)[0]
    changes = (
        Change(start, start, f"{marker(helper)}({source}) as {temp}, "),
        Change(*tree.outer(path.value), temp),
    )
    return Draft("safe", changes, (helper,))


def _free(tree: Tree, *names: str) -> str:
    return next((name for name in names if name not in tree.bound or _only_temporary(tree, name)), "")


def _only_temporary(tree: Tree, name: str) -> bool:
    """Whether every binding of the name is one that an earlier fix made: ``with atomic_path(...) as name``."""
    made = sum(
        1
        for item in tree.inside(tree.module)
        if isinstance(item, cst.WithItem)
        and item.asname is not None
        and dotted(item.asname.name) == name
        and isinstance(item.item, cst.Call)
        and dotted(item.item.func).rpartition(".")[2] == "atomic_path"
    )
    return made == tree.bound.get(name)


def _ending(node: cst.BaseExpression) -> str:
    """The suffix that a path visibly ends in, or ""."""
    if isinstance(node, cst.BinaryOperation):
        return _ending(node.right)
    if isinstance(node, cst.FormattedString) and node.parts:
        last = node.parts[-1]
        text = last.value if isinstance(last, cst.FormattedStringText) else ""
    elif isinstance(node, cst.Call) and node.args:
        return _ending(node.args[-1].value) if dotted(node.func).endswith(("join", "joinpath", "Path")) else ""
    else:
        text = constant(node) or ""
    name = text.rpartition("/")[2]
    return f".{name.rpartition('.')[2]}".lower() if "." in name else ""
