"""What is left of a program when its names say nothing? The same program, line by line, under made-up names.

Variables, parameters, functions, classes, attributes and the stems of file names get names without a meaning, each the
same one everywhere. What a library calls by name keeps it, and so do suffixes, which say how a file is to be read.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterator
from functools import cache

from sst_lint.catalogue import load_models

_IN_BRACES = re.compile(r"\{[^{}]*\}")
_NAME = re.compile(r"(?<![\w'\"])[A-Za-z_]\w*")
_STEM = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_FILE = re.compile(r"[^\s:]*[^\s:.]\.[A-Za-z]\w{0,9}")
#: Paths that a system gives: their names are no choice of the program.
_OF_SYSTEM = ("/dev/", "/proc/", "/tmp/", "/var/tmp/", "/etc/", "http://", "https://")
_JOINING = frozenset({"join", "Path", "PurePath", "with_name", "joinpath", "open"})

Edit = tuple[int, int, str]  #: begin and end in the text, and what comes there


@cache
def _of_libraries() -> frozenset[str]:
    """Names by which libraries are called: they stay."""
    found = {*dir(builtins), *keyword.kwlist, *keyword.softkwlist}
    for library in load_models():
        for model in library.calls:
            found.update(model.name.split("."))
        for each in library.types:
            found.update(name for name, _ in each.attributes)
            found.update(each.path_attributes)
        for value in library.values:
            found.update(value.name.split("."))
    return frozenset(found)


class Renamed:
    """One program and the names that it gets."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._tree = ast.parse(text)
        self._names: dict[str, str] = {}
        self._attributes: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._inner = {
            id(node) for each in ast.walk(self._tree) if isinstance(each, ast.JoinedStr) for node in ast.walk(each)
        } - {id(each) for each in ast.walk(self._tree) if isinstance(each, ast.JoinedStr)}
        self._paths = {id(node) for node in self._parts_of_paths()}
        self._define()

    def text(self) -> str:
        """The program under its new names; it has the same lines."""
        edits = sorted({edit for node in ast.walk(self._tree) for edit in self._edits(node)}, reverse=True)
        text = self._text
        for begin, end, new in edits:
            text = text[:begin] + new + text[end:]
        ast.parse(text)
        return text

    # what gets a new name

    def _define(self) -> None:
        imported = {
            (alias.asname or alias.name).partition(".")[0]
            for node in ast.walk(self._tree)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        kept = imported | _of_libraries()
        for node in ast.walk(self._tree):
            for name in _defined(node):
                if name not in {*imported, "self", "cls"} and not name.startswith("__") and not hasattr(builtins, name):
                    self._names.setdefault(name, f"n{len(self._names)}")
            for name in _defined_as_attribute(node):
                if name not in kept and not name.startswith("__"):
                    self._attributes[name] = self._names.setdefault(name, f"n{len(self._names)}")
        in_classes = {
            id(each) for node in ast.walk(self._tree) if isinstance(node, ast.ClassDef) for each in ast.walk(node)
            if each is not node
        }  # fmt: skip
        for node in ast.walk(self._tree):  # a method that is called as a library's is: in both places, or in none
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and id(node) in in_classes:
                if node.name not in self._attributes:
                    self._names.pop(node.name, None)

    # where it stands

    def _edits(self, node: ast.AST) -> Iterator[Edit]:
        if id(node) in self._inner:
            return
        if isinstance(node, ast.Name):
            yield from self._at(node.lineno, node.col_offset, node.id, self._names)
        elif isinstance(node, ast.arg):
            yield from self._at(node.lineno, node.col_offset, node.arg, self._names)
        elif isinstance(node, ast.Attribute) and node.end_col_offset is not None:
            end = self._offset(node.end_lineno or node.lineno, node.end_col_offset)
            if node.attr in self._attributes:
                yield end - len(node.attr), end, self._attributes[node.attr]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            start = self._offset(node.lineno, node.col_offset)
            if node.name in self._names:
                at = self._text.index(node.name, self._text.index(" ", start))
                yield at, at + len(node.name), self._names[node.name]
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            yield from self._in_code(self._offset(node.lineno, node.col_offset), node)
        elif isinstance(node, ast.ExceptHandler) and node.name in self._names:
            begin = self._offset(node.lineno, node.col_offset)
            found = re.search(rf"\bas\s+({node.name})\b", self._text[begin:])
            if found is not None:
                yield begin + found.start(1), begin + found.end(1), self._names[node.name]
        elif isinstance(node, ast.Call):
            ours = self._is_ours(node.func)
            for each in node.keywords if ours else ():
                if each.arg:
                    yield from self._at(each.lineno, each.col_offset, each.arg, self._names)
        elif isinstance(node, ast.JoinedStr):
            yield from self._in_template(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) in self._paths or _FILE.fullmatch(node.value) or ("/" in node.value and " " not in node.value):
                begin, end = self._span(node)
                yield begin, end, self._masked(self._text[begin:end])

    def _is_ours(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Name):
            return function.id in self._names or function.id == "cls"
        return isinstance(function, ast.Attribute) and function.attr in self._attributes

    def _in_code(self, begin: int, node: ast.Global | ast.Nonlocal) -> Iterator[Edit]:
        for name in node.names:
            if name in self._names:
                at = re.compile(rf"\b{name}\b").search(self._text, begin)
                if at is not None:
                    yield at.start(), at.end(), self._names[name]

    def _in_template(self, node: ast.JoinedStr) -> Iterator[Edit]:
        """The names in the braces of a template, and the stems between them if it is one of a file name."""
        begin, end = self._span(node)
        text, last, out = self._text[begin:end], 0, []
        between = (lambda part: self._masked(part)) if self._is_file(text) else (lambda part: part)
        for found in _IN_BRACES.finditer(text):
            out += [between(text[last : found.start()]), _NAME.sub(self._in_braces, found[0])]
            last = found.end()
        yield begin, end, "".join(out) + between(text[last:])

    @staticmethod
    def _is_file(text: str) -> bool:
        plain = _IN_BRACES.sub("x", text).lstrip("rfRF").strip("'\"")
        return bool(_FILE.fullmatch(plain)) or ("/" in plain and " " not in plain)

    def _in_braces(self, found: re.Match[str]) -> str:
        before = found.string[: found.start()].rstrip()[-1:]
        return (self._attributes if before == "." else self._names).get(found[0], found[0])

    def _at(self, line: int, column: int, name: str, names: dict[str, str]) -> Iterator[Edit]:
        begin = self._offset(line, column)
        if name in names and self._text.startswith(name, begin):
            yield begin, begin + len(name), names[name]

    def _span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        """Position in the text of a line and a column in bytes."""
        begin = self._lines[line - 1]
        end = self._lines[line] if line < len(self._lines) else len(self._text)
        return begin + len(self._text[begin:end].encode()[:column].decode())

    # file names

    def _parts_of_paths(self) -> Iterator[ast.AST]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                yield from (node.left, node.right)
            elif isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in _JOINING and not (
                    name == "join" and isinstance(getattr(node.func, "value", 0), ast.Constant)
                ):
                    yield from node.args[: 1 if name == "open" else None]

    def _masked(self, text: str) -> str:
        """``text`` with other stems: what stands before the last dot of each part of a path."""
        bare = text.lstrip("rbfuRBFU").lstrip("'\"")
        if bare.startswith(_OF_SYSTEM):
            return text
        head = text[: len(text) - len(bare)]
        parts = bare.split("/")
        for number, part in enumerate(parts):
            stem, dot, suffix = part.rpartition(".")
            if not dot or not stem.strip("'\""):
                stem, dot, suffix = (part, "", "") if not dot else ("", dot, suffix)
            parts[number] = _STEM.sub(self._stem, stem) + dot + suffix
        return head + "/".join(parts)

    def _stem(self, found: re.Match[str]) -> str:
        if found.string[: found.start()].endswith(("%", "\\", "{")):
            return found[0]
        return self._stems.setdefault(found[0], f"s{len(self._stems)}")


def _defined(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name


def _defined_as_attribute(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr
    elif isinstance(node, ast.ClassDef):
        for each in node.body:
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield each.name
            elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                yield each.target.id
            elif isinstance(each, ast.Assign):
                yield from (target.id for target in each.targets if isinstance(target, ast.Name))
