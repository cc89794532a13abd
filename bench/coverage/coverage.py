"""Does a matrix miss anything? Sites enumerated by shape alone, beside the rows of the three matrices.

    python bench/coverage/coverage.py DIR...  [--list] [--fail-under PERCENT]

The enumeration shares nothing with the tool: it walks each file with ``ast``, and goes by the names of calls and by
``except`` clauses. The matrices come from the command line (``sst-lint matrix NAME DIR --format json --lines``). A site
is covered when a row begins on its line; else it is explained by what can be seen in the file itself (the name is
defined or imported from somewhere unusual, the target is memory, the file was not read), or it is missing. *certain*:
the shape means one thing wherever it stands; *likely*: it depends on what cannot be seen here.

The findings of ``sst-lint check DIR --format json`` are compared with the rows too: each is a bad row, and each bad
row is one of them.
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
from typing import Any

#: Each matrix with the rules whose findings stand in it.
FAMILIES = {"writes": "SST1", "exceptions": "SST4", "order": "SST2"}
#: Shapes that mean one thing wherever they stand: module and function, as written.
WRITES = {
    **dict.fromkeys(("json.dump", "pickle.dump", "marshal.dump", "simplejson.dump", "joblib.dump"), "dump"),
    **dict.fromkeys(("torch.save", "numpy.save", "numpy.savez", "numpy.savez_compressed", "numpy.savetxt"), "save"),
    **dict.fromkeys(("np.save", "np.savez", "np.savez_compressed", "np.savetxt"), "save"),
    **dict.fromkeys(("os.replace", "os.rename", "os.renames", "shutil.move"), "move"),
    **dict.fromkeys(("shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree"), "copy"),
    **dict.fromkeys(("yaml.dump", "yaml.safe_dump", "yaml.dump_all", "toml.dump", "tomli_w.dump"), "dump to a file"),
    **dict.fromkeys(("zipfile.ZipFile", "ZipFile", "tarfile.open", "gzip.open", "bz2.open", "lzma.open"), "archive"),
    **dict.fromkeys(("gzip.GzipFile", "bz2.BZ2File", "lzma.LZMAFile", "tarfile.TarFile"), "archive"),
    **dict.fromkeys(("io.open", "io.FileIO", "codecs.open", "open", "os.fdopen"), "open"),
    **dict.fromkeys(("tempfile.NamedTemporaryFile", "NamedTemporaryFile", "tempfile.mkstemp", "mkstemp"), "temporary"),
    **dict.fromkeys(("json.dumps", "ujson.dumps", "simplejson.dumps"), "text"),
    **dict.fromkeys(("shutil.make_archive", "os.link", "urllib.request.urlretrieve", "urlretrieve"), "put"),
    **dict.fromkeys(("logging.FileHandler", "logging.handlers.RotatingFileHandler", "shelve.open"), "put"),
    **dict.fromkeys(("logging.handlers.TimedRotatingFileHandler", "tempfile.TemporaryFile"), "put"),
}
#: Methods whose name says that they write, whatever the receiver is.
METHODS = {"write_text": "write_text", "write_bytes": "write_bytes"}
#: Flags of `os.open` that write.
FLAGS = frozenset({"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"})
#: Methods that mostly write; the receiver decides, and it cannot be seen here.
LIKELY = frozenset(
    (
        *("to_csv", "to_json", "to_parquet", "to_pickle", "to_excel", "to_hdf", "to_feather", "to_netcdf", "to_zarr"),
        *("savefig", "write_csv", "write_parquet", "hardlink_to"),
    )
)
LISTINGS = frozenset({"os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"})
LISTING_METHODS = frozenset({"rglob", "iterdir", "imap_unordered", "as_completed"})
ARRIVALS = frozenset({"as_completed", "concurrent.futures.as_completed", "futures.as_completed"})
SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env"})
#: Where the names come from that are written without their module.
MODULES = frozenset(
    ("io", "codecs", "gzip", "bz2", "lzma", "zipfile", "tarfile", "os", "shutil", "tempfile", "urllib.request")
)
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
        self.reading: list[set[str]] = []  #: of each function around: parameters that are a mode that reads by default
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

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        given = node.args
        pairs = [*zip(reversed((*given.posonlyargs, *given.args)), reversed(given.defaults), strict=False)]
        pairs += [(name, value) for name, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value]
        said = {name.arg: value.value for name, value in pairs if isinstance(value, ast.Constant)}
        self.reading.append({name for name, value in said.items() if value in ("r", "rb", "rt")})
        self.generic_visit(node)
        self.reading.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

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
        if name == "os.open":
            flags = {each.attr for arg in node.args[1:2] for each in ast.walk(arg) if isinstance(each, ast.Attribute)}
            return self.add(node, "writes", "os.open(flags)") if flags & FLAGS else None
        if shape is not None:
            if "." not in name and name in self.own:
                module = self.own[name].removeprefix("imported from ")
                if module not in MODULES:
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
            elif method == "extractall":
                self.add(node, "writes", ".extractall", False, "unpacks files that somebody else made")
            elif method in LIKELY and (node.args or {"path", "path_or_buf", "fname"} & keywords(node)):
                self.add(node, "writes", f".{method}", False)
            elif method == "open" and writes(mode(node, 0)):
                self.add(node, "writes", ".open(mode)", False)
            elif method in ("replace", "rename") and len(node.args) == 1 and not node.keywords:
                self.add(node, "writes", f".{method}(one)", False)
        return None

    def _opened(self, node: ast.Call, name: str) -> None:
        said = mode(node, 1)
        first = node.args[0] if node.args else None
        if "fileobj" in keywords(node):
            return self.add(node, "writes", f"{name}(fileobj)", True, "into what is open already")
        if isinstance(first, ast.Name) and first.id in self.buffers:
            return self.add(node, "writes", name, True, "into memory")
        opened = isinstance(first, ast.Name) and first.id in self.descriptors
        opened |= isinstance(first, ast.Call) and dotted(first.func).endswith("open")
        if name == "os.fdopen" and opened:
            return self.add(node, "writes", name, True, "a second handle on what `os.open` opened")
        if isinstance(said, str) and writes(said):
            self.add(node, "writes", f"{name}(mode)")
        elif said is None:
            given = next((each.value for each in node.keywords if each.arg == "mode"), (*node.args, None)[1])
            reads = isinstance(given, ast.Name) and any(given.id in names for names in self.reading)
            why = "the parameter for the mode reads by default" if reads else ""
            self.add(node, "writes", f"{name}(computed mode)", False, why)
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


def tool(root: Path, *words: str) -> Any:
    """What the command line says of a directory, as JSON.

    The configuration of the project is not read, so that the files are those that are enumerated here.
    """
    command = [sys.executable, "-m", "sst_lint", *words, str(root), "--format", "json"]
    command += ["--config", str(Path(__file__).with_name("everything.toml"))]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)


def report(root: Path, verbose: bool) -> float:
    """Print the coverage of one directory; return that of the certain shapes, in percent."""
    sites, lines = enumerate_sites(root)
    total = known = 0
    print(f"{root.name}: {lines:,} lines")
    matrices = {name: tool(root, "matrix", name, "--lines") for name in FAMILIES}
    for name, matrix in matrices.items():
        covered = {(row["path"], row["line"]) for row in matrix["rows"]}
        unread = {each["path"] for each in matrix["unread"]}
        own = [site for site in sites if site.matrix == name]
        print(f"  {name}: {len(matrix['rows']):,} rows, {len(own):,} sites by shape")
        for certain in (True, False):
            group = [site for site in own if site.certain is certain]
            open_ = [each for each in group if (each.path, each.line) not in covered]
            missing = [each for each in open_ if not each.explained and each.path not in unread]
            if group:
                part = 100 * (len(group) - len(missing)) / len(group)
                what, some = "certain" if certain else "likely", len(open_) - len(missing)
                print(f"    {what:<8} {len(group):>6,} sites  {len(group) - len(open_):>6,} rows"
                      f"  {some:>5,} explained  {len(missing):>5,} missing  {part:6.2f} %")  # fmt: skip
            told(missing, [each for each in open_ if each.explained], verbose)
            if certain:
                total, known = total + len(group), known + len(group) - len(missing)
    found = tool(root, "check")["findings"]
    problems = [problem for name, family in FAMILIES.items() for problem in differ(family, matrices[name], found)]
    number = sum(each["rule"].startswith(tuple(FAMILIES.values())) for each in found)
    print(f"  findings: {number:,} of the families of the matrices, {len(problems):,} disagree with their rows")
    for problem in problems:
        print(f"    {problem}")
    return 0.0 if problems else 100 * known / total if total else 100.0


def told(missing: list[Shape], explained: list[Shape], verbose: bool) -> None:
    """Print which shapes are missing, and why others need no row."""
    shapes = Counter(each.shape for each in missing)
    for shape in sorted(shapes, key=lambda each: (-shapes[each], each)):
        print(f"      {shapes[shape]:>5}  {shape}")
    reasons = Counter(f"{each.shape}: {each.explained}" for each in explained)
    for reason in sorted(reasons, key=lambda each: (-reasons[each], each)) if verbose else ():
        print(f"      {reasons[reason]:>5}  explained: {reason}")
    for each in missing if verbose else ():
        print(f"        {each.path}:{each.line}: {each.text[:100]}")


def differ(family: str, matrix: Any, findings: Any) -> Iterator[str]:
    """What of the findings of a family stands in no bad row, and which bad row is no finding."""
    bad = {
        (row["path"], row["line"], rule) for row in matrix["rows"] if row["verdict"] == "bad" for rule in row["rules"]
    }
    told = {(each["path"], each["line"], rule) for each in findings for rule in (each["rule"], *each["also"])}
    for each in findings:
        if each["rule"].startswith(family) and (each["path"], each["line"], each["rule"]) not in bad:
            yield f"{each['path']}:{each['line']}: {each['rule']} is in no bad row"
    for path, line, rule in sorted(bad - told):
        yield f"{path}:{line}: {rule} is a bad row, and no finding"


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
