"""How does a file get a name that a fix needs? By the import that it has, else by one line in its own style."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import libcst as cst

from sst_lint.fixes.draft import Change, Import
from sst_lint.fixes.tree import Tree, bound_name, dotted

_LIMIT = 88  # the shortest line that the usual formatters keep


@dataclass(frozen=True)
class Name:
    """What to write in the code, and what to insert so that it means the right thing."""

    text: str
    change: Change | None = None


@dataclass(frozen=True)
class _Line:
    """A top-level import statement alone on its line(s)."""

    node: cst.Import | cst.ImportFrom
    module: str
    start: int  #: of its first line
    end: int  #: behind the line break of its last line


class Imports:
    """The imports of one file."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._lines = tuple(_lines(tree))

    def name(self, wanted: Import, use: int) -> Name | None:
        """Return how to write ``wanted`` at offset ``use``; None when the name means something else in the file."""
        if not wanted.name:
            return self._module(wanted.module, use)
        known = self._known(wanted, use)
        if known:
            return Name(known)
        through = self._through_module(wanted, use)
        if through:
            return Name(through)
        alias = f"sst_{wanted.name}" if wanted.name in self._tree.bound else ""
        if alias and (alias in self._tree.bound or wanted.module in sys.stdlib_module_names):
            return None
        change = self._inserted(wanted, use, alias)
        return None if change is None else Name(alias or wanted.name, change)

    def _known(self, wanted: Import, use: int) -> str:
        for line in self._lines:
            node = line.node
            if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar) or line.start > use:
                continue
            if self._absolute(node) != wanted.module:
                continue
            for alias in node.names:
                if dotted(alias.name) == wanted.name and self._tree.bound.get(bound_name(alias)) == 1:
                    return bound_name(alias)
        return ""

    def _through_module(self, wanted: Import, use: int) -> str:
        """``datetime.timezone`` where the file has ``import datetime``; only for the standard library."""
        if wanted.module not in sys.stdlib_module_names:
            return ""
        module = self._module(wanted.module, use, insert=False)
        return f"{module.text}.{wanted.name}" if module else ""

    def _module(self, module: str, use: int, *, insert: bool = True) -> Name | None:
        for line in self._lines:
            if isinstance(line.node, cst.Import) and line.start <= use:
                for alias in line.node.names:
                    name = bound_name(alias)
                    if dotted(alias.name) == module and self._tree.bound.get(name) == 1:
                        return Name(name if alias.asname else module)
        if not insert or module.partition(".")[0] in self._tree.bound:
            return None
        change = self._inserted(Import(module, ""), use)
        return None if change is None else Name(module, change)

    def last_leading(self, use: int, module: str = "") -> int:
        """Return the offset behind the last import at the top of the file, or -1; not before that of ``module``."""
        ends = [line.end for line in self._leading(self._lines) if line.start <= use]
        needed = [
            line.end
            for line in self._lines
            if isinstance(line.node, cst.Import) and any(dotted(alias.name) == module for alias in line.node.names)
        ]
        return max([*ends, *needed[:1]], default=-1)

    # where a new line goes

    def _inserted(self, wanted: Import, use: int, alias: str = "") -> Change | None:
        module = self._style(wanted.module)
        if wanted.name and not alias:
            merged = self._merged(module, wanted.name, use)
            if merged is not None:
                return merged
        text = f"from {module} import {wanted.name}" if wanted.name else f"import {module}"
        if module in (".", "..") or module.endswith("."):
            text = f"from {module} import {wanted.name}"
        text += f" as {alias}" if alias else ""
        change = self._placed(module, bool(wanted.name), text + self._tree.newline)
        return change if change is not None and change.start <= use else None

    def _merged(self, module: str, name: str, use: int) -> Change | None:
        """Add the name to a ``from`` import of the same module."""
        for line in self._lines:
            node = line.node
            if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar) or line.start > use:
                continue
            if line.module != module or any(alias.asname for alias in node.names):
                continue
            tree, names = self._tree, list(node.names)
            text = tree.text[line.start : line.end]
            if "#" in text or "\\" in text:
                return None
            if "\n" not in text.strip() and len(text.rstrip()) + len(name) + 2 > _LIMIT:
                return None
            sorted_ones = [dotted(alias.name) for alias in names]
            in_order = sorted_ones == sorted(sorted_ones, key=_sort_key)
            after = [alias for alias in names if not in_order or _sort_key(dotted(alias.name)) < _sort_key(name)]
            if not after:
                start = tree.span(names[0].name)[0]
                return Change(start, start, f"{name},{self._gap(names)}")
            end = tree.span(after[-1].name)[1]
            return Change(end, end, f",{self._gap(names)}{name}")
        return None

    def _gap(self, names: Sequence[cst.ImportAlias]) -> str:
        """What stands between two names: a space, or a new line and its indentation."""
        tree = self._tree
        first = tree.span(names[0].name)[0]
        before = tree.text[tree.line_start(first) : first]
        own_line = not before.strip() and tree.line_start(first) > 0
        return f"{tree.newline}{before}" if own_line else " "

    def _placed(self, module: str, is_from: bool, text: str) -> Change | None:
        tree, kind = self._tree, _kind(module, self._package)
        usable = [line for line in self._lines if line.module != "__future__"]
        leading = (
            usable if kind and any(_kind(line.module, self._package) for line in usable) else self._leading(usable)
        )
        if not usable or not leading:
            return self._first(text)
        same = [line for line in leading if _kind(line.module, self._package) == kind]
        if kind == 0:
            same = self._leading(same)
        family = [line for line in same if kind < 3 and line.module.partition(".")[0] == module.partition(".")[0]]
        same = family or same  # a file may have its own order of others, but a package stands together
        if same:
            plain = [line for line in same if isinstance(line.node, cst.ImportFrom) == is_from]
            if not plain:  # `import x` stands above `from x import y`
                at = same[-1].end if is_from else same[0].start
                return Change(at, at, self._ended(same[-1], text) if is_from else text)
            before = [line for line in plain if _place(line.module) <= _place(module)]
            if before:
                return Change(before[-1].end, before[-1].end, self._ended(before[-1], text))
            return Change(plain[0].start, plain[0].start, text)
        lower = [line for line in leading if _kind(line.module, self._package) < kind]
        gap = tree.newline if self._separated(leading) else ""
        if lower:
            return Change(lower[-1].end, lower[-1].end, self._ended(lower[-1], gap + text))
        return Change(leading[0].start, leading[0].start, text + gap)

    def _ended(self, line: _Line, text: str) -> str:
        """The text, on a line of its own also where the file ends without a line break."""
        ended = self._tree.text[: line.end].endswith(("\n", "\r"))
        return text if ended else self._tree.newline + text.rstrip("\r\n")

    def _separated(self, lines: Sequence[_Line]) -> bool:
        """Whether sections stand apart: they do unless the file shows that they do not."""
        text = self._tree.text
        kinds = [(a, b) for a, b in pairwise(lines) if self._kind_of(a) != self._kind_of(b)]
        return not kinds or any(text[a.end : b.start].strip(" \t") != "" for a, b in kinds)

    def _kind_of(self, line: _Line) -> int:
        return _kind(line.module, self._package)

    def _leading(self, lines: Sequence[_Line]) -> list[_Line]:
        """The imports before the first statement that is neither import nor docstring."""
        tree, limit, code = self._tree, len(self._tree.text), len(self._tree.text)
        for statement in reversed(tree.module.body):
            if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                code = tree.span(statement)[0]
            if isinstance(statement, cst.SimpleStatementLine) and all(
                isinstance(small, (cst.Import, cst.ImportFrom)) or _is_text(small) or _is_dunder(small)
                for small in statement.body
            ):
                continue
            if isinstance(statement, (cst.Try, cst.If)):
                continue  # `try: import x`, `if TYPE_CHECKING:` stand among imports
            limit = tree.span(statement)[0]
        leading = [line for line in lines if line.start < limit]
        if any(line.module != "__future__" for line in leading):
            return leading
        return [line for line in lines if line.start < code]  # a constant or two stand above all imports

    def _first(self, text: str) -> Change | None:
        """The place for the first import of a file: behind docstring and ``__future__``, else before the code."""
        tree, nl = self._tree, self._tree.newline
        last = None
        for number, statement in enumerate(tree.module.body):
            future = isinstance(statement, cst.SimpleStatementLine) and any(
                isinstance(small, cst.ImportFrom) and dotted(small.module) == "__future__" for small in statement.body
            )
            text_of_module = (
                number == 0 and isinstance(statement, cst.SimpleStatementLine) and _is_text(statement.body[0])
            )
            if not (future or text_of_module):
                break
            last = statement
        if last is not None:
            end = tree.line_end(tree.span(last)[1])
            if not tree.text[:end].endswith(("\n", "\r")):
                return None
            return Change(end, end, nl + text)
        if not tree.module.body:
            return None
        start = tree.line_start(tree.span(tree.module.body[0])[0])
        while start > 0:
            above = tree.line_start(start - 1)
            line = tree.text[above:start].strip()
            if not line.startswith("#"):
                break
            start = above
        head = tree.text[start : tree.line_start(tree.span(tree.module.body[0])[0])]
        if start == 0 and head:  # the comments at the top belong to the file
            start = len(head)
        return Change(start, start, text + nl + nl)

    # names of modules

    @property
    def _package(self) -> str:
        return self._tree.path.removeprefix("src/").partition("/")[0] if "/" in self._tree.path else ""

    def _parts(self, module: str) -> list[str] | None:
        """The package that this file is in, as parts, as far as ``module`` begins with the same name."""
        top = module.partition(".")[0]
        parts = self._tree.path.removesuffix(".py").split("/")
        return parts[parts.index(top) : -1] if top in parts[:-1] else None

    def _absolute(self, node: cst.ImportFrom) -> str:
        module = dotted(node.module)
        if not node.relative:
            return module
        parts = self._tree.path.split("/")[: -len(node.relative)]
        for start in range(len(parts)):
            name = ".".join([*parts[start:], *([module] if module else [])])
            if start == 0 or parts[start - 1] in ("src", "lib", "python"):
                return name
        return module

    def _style(self, module: str) -> str:
        """The module as this file writes its own package: relative where it does that and never the other."""
        inside = self._parts(module)
        if not inside:
            return module
        own = [line for line in self._lines if isinstance(line.node, cst.ImportFrom)]
        relative = [line for line in own if line.module.startswith(".")]
        absolute = [line for line in self._lines if line.module.partition(".")[0] == inside[0]]
        if not relative or absolute:
            return module
        target = module.split(".")
        common = 0
        while common < min(len(inside), len(target)) and inside[common] == target[common]:
            common += 1
        return "." * (len(inside) - common + 1) + ".".join(target[common:])


def _lines(tree: Tree) -> Iterator[_Line]:
    for statement in tree.module.body:
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            continue
        node = statement.body[0]
        start, end = tree.span(statement)
        if isinstance(node, cst.ImportFrom):
            module = "." * len(node.relative) + dotted(node.module)
        elif isinstance(node, cst.Import):
            module = dotted(node.names[0].name)
        else:
            continue
        yield _Line(node, module, tree.line_start(start), tree.line_end(end))


def _kind(module: str, package: str) -> int:
    """Standard library, others, this package by its name, this package relatively: the order of sections."""
    if module.startswith("."):
        return 3
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return 0
    return 2 if top == package else 1


def _place(module: str) -> tuple[int, str]:
    """The place of a module in its section: relative ones from far to near, as import sorters have them."""
    name = module.lstrip(".")
    return len(name) - len(module), name.lower()


def _is_dunder(small: cst.BaseSmallStatement) -> bool:
    """``__all__ = [...]``, ``__version__ = "1"``: may stand above the imports of a module."""
    target = small.targets[0].target if isinstance(small, cst.Assign) and len(small.targets) == 1 else None
    return isinstance(target, cst.Name) and target.value.startswith("__") and target.value.endswith("__")


def _sort_key(name: str) -> tuple[int, str]:
    """Constants, classes, others: the order that import sorters keep within one statement."""
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return rank, name


def _is_text(small: cst.BaseSmallStatement) -> bool:
    return isinstance(small, cst.Expr) and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString))
