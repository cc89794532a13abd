"""Does a matrix miss anything? Sites enumerated by shape alone, beside the rows of the three matrices.

    python bench/coverage/coverage.py DIR...  [--list] [--fail-under PERCENT]

The enumeration shares nothing with the tool: it walks each file with ``ast``, and goes by the names of calls and by
``except`` clauses. The matrices come from the command line (``sst-lint matrix NAME DIR --format json --lines``). A site
is covered when a row begins on its line; else it is explained by what can be seen in the file itself (the name is
defined or imported from somewhere unusual, the target is memory, the file was not read), or it is missing.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

#: Shapes that mean one thing wherever they stand: module and function, as written.
WRITES = {
    **dict.fromkeys(("json.dump", "pickle.dump", "marshal.dump", "simplejson.dump", "joblib.dump"), "dump"),
    **dict.fromkeys(("torch.save", "numpy.save", "numpy.savez", "numpy.savez_compressed", "numpy.savetxt"), "save"),
    **dict.fromkeys(("np.save", "np.savez", "np.savez_compressed", "np.savetxt"), "save"),
    **dict.fromkeys(("os.replace", "os.rename", "os.renames", "shutil.move"), "move"),
    **dict.fromkeys(("shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree"), "copy"),
    **dict.fromkeys(("yaml.dump", "yaml.safe_dump", "yaml.dump_all", "toml.dump", "tomli_w.dump"), "dump to a file"),
    **dict.fromkeys(("zipfile.ZipFile", "ZipFile", "tarfile.open", "gzip.open", "bz2.open", "lzma.open"), "archive"),
    **dict.fromkeys(("io.open", "codecs.open", "open", "os.fdopen"), "open"),
}
#: Methods whose name says that they write, whatever the receiver is.
METHODS = {"write_text": "write_text", "write_bytes": "write_bytes"}
#: Methods that mostly write; the receiver decides, and it cannot be seen here.
LIKELY = frozenset(
    (
        *("to_csv", "to_json", "to_parquet", "to_pickle", "to_excel", "to_hdf", "to_feather", "to_netcdf", "to_zarr"),
        *("savefig", "write_csv", "write_parquet"),
    )
)
LISTINGS = frozenset({"os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"})
LISTING_METHODS = frozenset({"rglob", "iterdir", "imap_unordered", "as_completed"})
ARRIVALS = frozenset({"as_completed", "concurrent.futures.as_completed", "futures.as_completed"})
SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env"})
MEMORY = frozenset({"StringIO", "BytesIO"})


@dataclass(frozen=True)
class Shape:
    """One site: its matrix, what it looks like, whether that is certain, and why nobody need have a row for it."""

    path: str
    line: int
    matrix: str
    shape: str
    certain: bool = True
    explained: str = ""
    text: str = ""


class Enumerator(ast.NodeVisitor):
    """Collects the sites of one file."""

    def __init__(self, path: str, text: str, tree: ast.Module) -> None:
        self.path, self.lines, self.found = path, text.splitlines(), list[Shape]()
        self.own: dict[str, str] = {}
        self.buffers: set[str] = set()  #: names of memory
        self.descriptors: set[str] = set()  #: names of what `os.open` gives
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.own.setdefault(node.name, "the module defines it")
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    where = f"imported from {'.' * node.level}{node.module or ''}"
                    self.own.setdefault(alias.asname or alias.name, where)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                made = dotted(node.value.func)
                names = {target.id for target in node.targets if isinstance(target, ast.Name)}
                if made.rpartition(".")[2] in MEMORY:
                    self.buffers |= names
                elif made == "os.open":
                    self.descriptors |= names
        self.visit(tree)

    def add(self, node: ast.AST, matrix: str, shape: str, certain: bool = True, explained: str = "") -> None:
        """Note a site; a module's name that comes from somewhere else is another module."""
        head = shape.partition(".")[0]
        if head in ("os", "shutil", "json", "glob") and head in self.own:
            explained = f"`{head}`: {self.own[head]}"
        line = getattr(node, "lineno", 0)
        text = self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""
        self.found.append(Shape(self.path, line, matrix, shape, certain, explained, text))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.add(node, "exceptions", "except")
        self.generic_visit(node)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and dotted(call.func) in ("suppress", "contextlib.suppress"):
                origin = self.own.get("suppress", "imported from contextlib")
                why = "" if origin == "imported from contextlib" else f"`suppress` is {origin}"
                self.add(call, "exceptions", "suppress", True, why)
        self.generic_visit(node)

    visit_AsyncWith = visit_With

    def visit_Call(self, node: ast.Call) -> None:
        name = dotted(node.func)
        self._write(node, name)
        if name in LISTINGS or name in ARRIVALS:
            self.add(node, "order", name)
        elif isinstance(node.func, ast.Attribute) and node.func.attr in LISTING_METHODS:
            self.add(node, "order", f".{node.func.attr}", node.func.attr != "as_completed")
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "glob" and name != "glob.glob":
            self.add(node, "order", ".glob", False)
        self.generic_visit(node)

    def _write(self, node: ast.Call, name: str) -> None:
        shape = WRITES.get(name)
        if shape is not None:
            if "." not in name and name in self.own:
                module = self.own[name].removeprefix("imported from ")
                if module not in ("io", "codecs", "gzip", "bz2", "lzma", "zipfile", "tarfile", "os", "shutil"):
                    return self.add(node, "writes", name, True, f"`{name}`: {self.own[name]}")
            if shape in ("open", "archive"):
                return self._opened(node, name)
            if shape == "dump to a file" and len(node.args) < 2 and not {"stream", "f"} & keywords(node):
                return None
            target = node.args[1] if len(node.args) > 1 else None
            why = "into memory" if isinstance(target, ast.Name) and target.id in self.buffers else ""
            return self.add(node, "writes", name, True, why)
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            if method in METHODS:
                self.add(node, "writes", f".{method}", method not in self.own)
            elif method in LIKELY and (node.args or {"path", "path_or_buf", "fname"} & keywords(node)):
                self.add(node, "writes", f".{method}", False)
            elif method == "open" and writes(mode(node, 0)):
                self.add(node, "writes", ".open(mode)", False)
        return None

    def _opened(self, node: ast.Call, name: str) -> None:
        said = mode(node, 1)
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Name) and first.id in self.buffers:
            return self.add(node, "writes", name, True, "into memory")
        opened = isinstance(first, ast.Name) and first.id in self.descriptors
        opened |= isinstance(first, ast.Call) and dotted(first.func).endswith("open")
        if name == "os.fdopen" and opened:
            return self.add(node, "writes", name, True, "a second handle on what `os.open` opened")
        if isinstance(said, str) and writes(said):
            self.add(node, "writes", f"{name}(mode)")
        elif said is None:
            self.add(node, "writes", f"{name}(computed mode)", False)
        return None


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of names and attributes, else ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def keywords(node: ast.Call) -> set[str]:
    """The names of keyword arguments."""
    return {each.arg for each in node.keywords if each.arg}


def mode(node: ast.Call, position: int) -> str | None:
    """The mode that a call opens with: a literal, "" when none is given, None when it is computed."""
    given = next((each.value for each in node.keywords if each.arg == "mode"), None)
    if given is None and len(node.args) > position:
        given = node.args[position]
    if given is None:
        return ""
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return given.value
    return "" if isinstance(given, ast.Constant) else None


def writes(said: str | None) -> bool:
    """Whether a literal mode writes."""
    return bool(said) and len(said) <= 6 and set(said) <= set("rwaxbtU+:gz|2*") and bool(set(said) & set("wax+"))


def files(root: Path) -> Iterator[Path]:
    """The Python files below a directory, sorted."""
    for directory, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name not in SKIPPED)
        yield from (Path(directory, name) for name in sorted(names) if name.endswith(".py"))


def enumerate_sites(root: Path) -> tuple[list[Shape], int]:
    """All sites below a directory, and the number of lines."""
    found: list[Shape] = []
    methods: set[str] = set()  #: of classes of the program
    lines = 0
    warnings.simplefilter("ignore", SyntaxWarning)
    for file in files(root):
        path = file.relative_to(root).as_posix()
        raw = file.read_bytes()
        lines += raw.count(b"\n")
        try:
            tree = ast.parse(raw)
        except (SyntaxError, ValueError):
            continue  # the matrices list it as not read; what stands in it cannot be enumerated
        classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        methods |= {each.name for node in classes for each in node.body if isinstance(each, ast.FunctionDef)}
        found += Enumerator(path, raw.decode("utf-8", "replace"), tree).found
    # what such a method opens has a row in the method itself
    own = {f".{name}": f"a class of the program defines `{name}`" for name in sorted(methods)}
    return [
        replace(each, explained=each.explained or own.get(each.shape.partition("(")[0], "")) for each in found
    ], lines


def rows(name: str, root: Path) -> tuple[set[tuple[str, int]], set[str], int]:
    """(path, line) of each row of a matrix, the files that were not read, and the number of rows.

    The configuration of the project is not read, so that the files are those that are enumerated here.
    """
    command = [sys.executable, "-m", "sst_lint", "matrix", name, str(root), "--format", "json", "--lines"]
    command += ["--config", str(Path(__file__).with_name("everything.toml"))]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    matrix = json.loads(done.stdout)
    return (
        {(row["path"], row["line"]) for row in matrix["rows"]},
        {each["path"] for each in matrix["unread"]},
        len(matrix["rows"]),
    )


def report(root: Path, verbose: bool) -> float:
    """Print the coverage of one directory; return that of the certain shapes, in percent."""
    sites, lines = enumerate_sites(root)
    total = known = 0
    print(f"{root.name}: {lines:,} lines")
    for matrix in ("writes", "exceptions", "order"):
        covered, unread, number = rows(matrix, root)
        own = [site for site in sites if site.matrix == matrix]
        print(f"  {matrix}: {number:,} rows, {len(own):,} sites by shape")
        for certain in (True, False):
            group = [site for site in own if site.certain is certain]
            missing = [
                each for each in group
                if (each.path, each.line) not in covered and not each.explained and each.path not in unread
            ]  # fmt: skip
            direct = sum((each.path, each.line) in covered for each in group)
            rest = len(group) - direct - len(missing)
            if group:
                part = 100 * (len(group) - len(missing)) / len(group)
                what = "certain" if certain else "likely"
                print(f"    {what:<8} {len(group):>6,} sites  {direct:>6,} rows  {rest:>4,} explained"
                      f"  {len(missing):>5,} missing  {part:6.2f} %")  # fmt: skip
            shapes = Counter(each.shape for each in missing)
            for shape in sorted(shapes, key=lambda each: (-shapes[each], each)):
                print(f"      {shapes[shape]:>5}  {shape}")
            for each in missing if verbose else ():
                print(f"        {each.path}:{each.line}: {each.text[:100]}")
            if certain:
                total, known = total + len(group), known + len(group) - len(missing)
    return 100 * known / total if total else 100.0


def main() -> int:
    """Report each directory; 1 when one is covered less than asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--list", action="store_true", help="name each missing site")
    parser.add_argument("--fail-under", type=float, default=0.0, metavar="PERCENT")
    given = parser.parse_args()
    results = [report(directory.resolve(), given.list) for directory in given.directories]
    return 1 if min(results) < given.fail_under else 0


if __name__ == "__main__":
    sys.exit(main())
