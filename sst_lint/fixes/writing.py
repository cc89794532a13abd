"""How does a write in place become atomic (SST101)? The runtime's writers, or a temporary path for other writers."""

from __future__ import annotations

import libcst as cst

from sst_lint.fixes.draft import Advice, Change, Draft, Safety, Site, helper_of, marker
from sst_lint.fixes.opening import MODES, OPENERS, as_function, ascii_only, opened, squeezed
from sst_lint.fixes.pathlike import ending, is_path
from sst_lint.fixes.places import expression
from sst_lint.fixes.shifting import in_block
from sst_lint.fixes.tree import Tree, argument, constant, dotted

#: library writers that take a path of any kind and write exactly there: name -> position and name of the path.
_BY_PATH: dict[str, tuple[int, str]] = {
    "pandas.DataFrame.to_csv": (0, "path_or_buf"),
    "pandas.Series.to_csv": (0, "path_or_buf"),
    "pandas.DataFrame.to_json": (0, "path_or_buf"),
    "pandas.DataFrame.to_parquet": (0, "path"),
    "pandas.DataFrame.to_pickle": (0, "path"),
    "pandas.DataFrame.to_feather": (0, "path"),
    "pandas.DataFrame.to_excel": (0, "excel_writer"),
    "pandas.DataFrame.to_html": (0, "buf"),
    "pandas.DataFrame.to_markdown": (0, "buf"),
    "pandas.DataFrame.to_orc": (0, "path"),
    "pandas.DataFrame.to_stata": (0, "path"),
    "pandas.DataFrame.to_xml": (0, "path_or_buffer"),
    "pandas.Series.to_json": (0, "path_or_buf"),
    "pandas.Series.to_pickle": (0, "path"),
    "numpy.save": (0, "file"),
    "numpy.savez": (0, "file"),
    "numpy.savez_compressed": (0, "file"),
    "numpy.savetxt": (0, "fname"),
    "numpy.ndarray.dump": (0, "file"),
    "numpy.ndarray.tofile": (0, "fid"),
    "torch.save": (1, "f"),
    "torch.jit.save": (1, "f"),
    "safetensors.numpy.save_file": (1, "filename"),
    "safetensors.torch.save_file": (1, "filename"),
    "openpyxl.Workbook.save": (0, "filename"),
    "PIL.Image.Image.save": (0, "fp"),
    "xml.etree.ElementTree.ElementTree.write": (0, "file_or_filename"),
    "joblib.dump": (1, "filename"),
    "pyarrow.parquet.write_table": (1, "where"),
    "pyarrow.csv.write_csv": (1, "output_file"),
    "pyarrow.feather.write_feather": (1, "dest"),
    "pyarrow.orc.write_table": (1, "where"),
    "matplotlib.pyplot.savefig": (0, "fname"),
    "matplotlib.figure.Figure.savefig": (0, "fname"),
    "polars.DataFrame.write_csv": (0, "file"),
    "polars.DataFrame.write_avro": (0, "file"),
    "polars.DataFrame.write_ipc": (0, "file"),
    "polars.DataFrame.write_json": (0, "file"),
    "polars.DataFrame.write_ndjson": (0, "file"),
    "polars.DataFrame.write_parquet": (0, "file"),
    "shutil.copyfile": (1, "dst"),
    "shutil.copy": (1, "dst"),
    "shutil.copy2": (1, "dst"),
}
#: these add an ending to a name without one, or copy into a directory: only where the path shows its ending
_NEEDS_SUFFIX = ("numpy.save", "matplotlib.", "PIL.", "shutil.copy", "shutil.copy2")
#: with these, more than the one file is at stake, or the file is another one
_REFUSED = ("compression", "follow_symlinks", "partition_cols", "mode")
_COMPRESSED = (".gz", ".tgz", ".zip", ".bz2", ".xz", ".zst")
#: archives that do not write their own file name into themselves
_ARCHIVES = {"zipfile.ZipFile": (0, "file"), "bz2.open": (0, "filename"), "lzma.open": (0, "filename")}


def in_place(site: Site) -> Draft | Advice | None:
    """SST101: by the kind of the call."""
    node, about = expression(site), site.finding.about
    if not isinstance(node, cst.Call) or any(arg.star for arg in node.args):
        return None
    if about in OPENERS:
        return opened(site, node)
    if about == "pathlib.Path.write_text":
        return _whole_text(site, node)
    if about == "pathlib.Path.write_bytes":
        return _whole_bytes(site, node)
    if about in _ARCHIVES:
        return _archive(site, node, *_ARCHIVES[about])
    if about in _BY_PATH:
        return _library(site, node, *_BY_PATH[about])
    return None


# write_text, write_bytes


def _whole_text(site: Site, call: cst.Call) -> Draft | Advice | None:
    tree = site.tree
    if not isinstance(tree.parent(call), cst.Expr) or not call.args or not _on_path(tree, call):
        return None
    given = {arg.keyword.value if arg.keyword else index for index, arg in enumerate(call.args)}
    if given - {0, "data", 1, "encoding"}:
        return None
    helper = helper_of(site, "write_atomic_text")
    if isinstance(helper, Advice):
        return helper
    changes = as_function(tree, call, marker(helper), "path", ())
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
    known = encoding is not None or (data is not None and ascii_only(data.value))
    return Draft("safe" if known else "unsafe", changes, (helper,))


def _whole_bytes(site: Site, call: cst.Call) -> Draft | Advice | None:
    if not isinstance(site.tree.parent(call), cst.Expr) or len(call.args) != 1 or not _on_path(site.tree, call):
        return None
    helper = helper_of(site, "write_atomic_bytes")
    if isinstance(helper, Advice):
        return helper
    changes = as_function(site.tree, call, marker(helper), "path", ())
    return None if changes is None else Draft("safe", changes, (helper,))


def _on_path(tree: Tree, call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and is_path(tree, call.func.value)


# writers that open the file themselves


def _library(site: Site, call: cst.Call, position: int, name: str) -> Draft | Advice | None:
    tree = site.tree
    path = argument(call, name, position)
    statement = tree.statement(call)
    if path is None or statement is None or not isinstance(tree.parent(call), cst.Expr):
        return None
    suffix = ending(path.value)
    about = site.finding.about
    if suffix.endswith(_COMPRESSED) or any(arg.keyword and arg.keyword.value in _REFUSED for arg in call.args):
        return None
    if about.startswith(_NEEDS_SUFFIX) and about != "shutil.copyfile" and not suffix:
        return None
    helper = helper_of(site, "atomic_path")
    if isinstance(helper, Advice):
        return helper
    temp = _free(tree, call)
    source = tree.source(path.value)
    if not temp or "\n" in source or "#" in source:
        return None
    header = f"with {marker(helper)}({source}) as {temp}:"
    changed = (Change(*tree.outer(path.value), temp),)
    safety: Safety = "unsafe" if about in ("shutil.copy", "shutil.copy2") else "safe"
    return in_block(tree, statement, header, changed, safety, (helper,))


def _archive(site: Site, call: cst.Call, position: int, name: str) -> Draft | Advice | None:
    """``with ZipFile(path, "w") as archive``: the temporary path is opened before it and moved after it."""
    tree = site.tree
    item = tree.parent(call)
    path, mode = argument(call, name, position), argument(call, "mode", 1)
    if path is None or mode is None or (constant(mode.value) or "") not in MODES or not isinstance(item, cst.WithItem):
        return None
    helper = helper_of(site, "atomic_path")
    if isinstance(helper, Advice):
        return helper
    temp, source = _free(tree, call), tree.source(path.value)
    block = tree.above(item, cst.With)
    if (
        not temp
        or source == temp
        or block is None
        or "\n" in source
        or any(isinstance(n, cst.Yield) for n in tree.inside(block.body))
    ):
        return None
    written = squeezed(source)
    if any(
        isinstance(n, (cst.Name, cst.Attribute)) and squeezed(tree.source(n)) == written
        for n in tree.inside(block.body)
    ):
        return None
    start = tree.span(call)[0]
    changes = (
        Change(start, start, f"{marker(helper)}({source}) as {temp}, "),
        Change(*tree.outer(path.value), temp),
    )
    return Draft("safe", changes, (helper,))


def _free(tree: Tree, node: cst.CSTNode) -> str:
    """A name for a temporary path in the function at hand: one that nothing uses, or that an earlier fix made."""
    names = ("temporary", "temporary_path")
    return next((name for name in names if tree.unused(name, node) or _only_temporary(tree, name, node)), "")


def _only_temporary(tree: Tree, name: str, node: cst.CSTNode) -> bool:
    """Whether a name is only what ``with atomic_path(...) as name`` binds and hands on in its block."""
    known: set[int] = set()
    for item in tree.inside(tree.scope(node)):
        if isinstance(item, cst.WithItem) and item.asname is not None and dotted(item.asname.name) == name:
            block = tree.parent(item)
            if block is None or not isinstance(item.item, cst.Call):
                return False
            if dotted(item.item.func).rpartition(".")[2] == "atomic_path":
                known.update(id(each) for each in tree.inside(block))
    uses = [each for each in tree.inside(tree.scope(node)) if isinstance(each, cst.Name) and each.value == name]
    return id(node) not in known and all(id(each) in known for each in uses)
