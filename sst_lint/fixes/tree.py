"""Where exactly does a finding stand in its file, what is around it, and which names does the file bind?"""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, cached_property
from typing import TypeVar

import libcst as cst

from sst_lint.facts.positions import Spans

Node = TypeVar("Node", bound=cst.CSTNode)
_LINE_END = re.compile(r"\r\n|\r|\n")
_FUNCTIONS = (cst.FunctionDef, cst.Lambda)


class Tree:
    """One parsed file: its text, and for each node its span in the text and its parent.

    Raises ``ParserSyntaxError``, and ``ValueError`` where the tree is not the text.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.module = cst.parse_module(text)
        spans = Spans(self.module)
        if "".join(spans.tokens) != text:
            raise ValueError("the text is not what its tree renders")
        self._spans = spans.spans
        self._parents: dict[int, cst.CSTNode] = {}
        self._below: dict[int, list[cst.CSTNode]] = {}
        self._nodes: list[cst.CSTNode] = []
        self._walk(self.module)
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self.newline: str = self.module.default_newline

    def _walk(self, root: cst.CSTNode) -> None:
        pending = [root]
        while pending:
            node = pending.pop()
            self._nodes.append(node)
            below = _children(node)
            if len(below) > 1:
                below.sort(key=self._start)
            if below:
                self._below[id(node)] = below
                for child in below:
                    self._parents[id(child)] = node
                pending += below

    def _start(self, node: cst.CSTNode) -> int:
        return self.span(node)[0]

    # places

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place (both 1-based)."""
        return self.starts[line - 1] + column - 1 if 0 < line <= len(self.starts) else -1

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column (1-based) of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return start and end of a node, without the parentheses around it; (-1, -1) when it has none."""
        return self._spans.get(id(node), (-1, -1))

    def outer(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return start and end of an expression with the parentheses around it."""
        start, end = self.span(node)
        for _ in getattr(node, "lpar", ()):
            start, end = self.text.rindex("(", 0, start), self.text.index(")", end) + 1
        return start, end

    def source(self, node: cst.CSTNode) -> str:
        """Return the text of a node as it stands in the file."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_start(self, offset: int) -> int:
        """Return the offset at which the line of ``offset`` begins."""
        return self.starts[bisect_right(self.starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Return the offset behind the end of the line of ``offset``, its line break included."""
        index = bisect_right(self.starts, offset)
        return self.starts[index] if index < len(self.starts) else len(self.text)

    def indent_of(self, node: cst.CSTNode) -> str:
        """Return the white space that the line of a node begins with."""
        start = self.line_start(self.span(node)[0])
        line = self.text[start : self.line_end(start)]
        return line[: len(line) - len(line.lstrip(" \t\f"))]

    # neighborhood

    def at(self, start: int, end: int) -> list[cst.CSTNode]:
        """Return the nodes of exactly this span, the outermost first."""
        return [node for node in self._starting.get(start, ()) if self._spans.get(id(node)) == (start, end)]

    def starting(self, start: int, kind: type[Node]) -> Node | None:
        """Return the outermost node of a kind that begins here."""
        return next((node for node in self._starting.get(start, ()) if isinstance(node, kind)), None)

    @cached_property
    def _starting(self) -> dict[int, list[cst.CSTNode]]:
        """The nodes that begin at each offset, the outermost first."""
        found: dict[int, list[cst.CSTNode]] = {}
        for node in self._nodes:
            found.setdefault(self.span(node)[0], []).append(node)
        return found

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node that holds this one."""
        return self._parents.get(id(node))

    def above(self, node: cst.CSTNode, kind: type[Node] | tuple[type[Node], ...]) -> Node | None:
        """Return the nearest node of a kind that holds this one."""
        current = self.parent(node)
        while current is not None and not isinstance(current, kind):
            current = self.parent(current)
        return current

    def statement(self, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
        """Return the line of simple statements that holds an expression, unless a compound one comes first."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, (cst.BaseCompoundStatement, cst.Lambda)):
            if isinstance(current, cst.SimpleStatementLine):
                return current
            current = self.parent(current)
        return None

    def scope(self, node: cst.CSTNode) -> cst.CSTNode:
        """Return the function around a node, or the module."""
        return self.above(node, _FUNCTIONS) or self.module

    def unused(self, name: str, node: cst.CSTNode) -> bool:
        """Whether the function around a node (or the module) has no use for a name, so that it may be given one."""
        return not any(isinstance(each, cst.Name) and each.value == name for each in self.inside(self.scope(node)))

    def inside(self, root: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield every node below ``root``, itself included, in the order of the text."""
        pending = [root]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(self._below.get(id(node), ())))

    # names

    @cached_property
    def bound(self) -> dict[str, int]:
        """How often the file binds each name, in whatever scope and way."""
        count: dict[str, int] = {}
        for node in self._nodes:
            for name in _binds(node, self.parent(node)):
                count[name] = count.get(name, 0) + 1
        return count

    def binds(self, root: cst.CSTNode) -> set[str]:
        """Return the names, and the attributes as written, that the statements below a node give a value."""
        found = {name for node in self.inside(root) for name in _binds(node, self.parent(node))}
        targets = (
            n.target for n in self.inside(root) if isinstance(n, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign))
        )
        return found | {name for target in targets if (name := dotted(target))}

    def is_builtin(self, *names: str) -> bool:
        """Whether the names still mean what they mean in Python: the file binds none of them."""
        return not any(name in self.bound for name in names) and not self._star

    @cached_property
    def _star(self) -> bool:
        return False  # a star import that brings `sorted` or `open` is too odd to give up every fix below it


#: fields that hold white space and marks, which no fix asks for
_MARKS = re.compile(
    r"whitespace|lines|header|footer|^(lpar|rpar|lbracket|rbracket|lbrace|rbrace|comma|semicolon|equal|dot)$"
)


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(each.name for each in dataclasses.fields(kind) if not _MARKS.search(each.name))


def _children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes right below one. ``node.children`` gives the same, and white space, for five times the price."""
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += [each for each in value if isinstance(each, cst.CSTNode)]
    return found


def _binds(node: cst.CSTNode, parent: cst.CSTNode | None) -> Iterator[str]:
    """Yield the names that one node binds."""
    if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Param)) and isinstance(node.name, cst.Name):
        yield node.name.value
    elif isinstance(node, cst.ImportAlias):
        yield bound_name(node)
    elif isinstance(node, (cst.AssignTarget, cst.CompFor, cst.For, cst.AnnAssign, cst.AugAssign, cst.NamedExpr)):
        yield from target_names(node.target)
    elif isinstance(node, cst.AsName):
        if not isinstance(parent, cst.ImportAlias):
            yield from target_names(node.name)
    elif isinstance(node, (cst.MatchAs, cst.MatchStar)) and node.name is not None:
        yield node.name.value
    elif isinstance(node, (cst.Global, cst.Nonlocal)):
        yield from (item.name.value for item in node.names)


def bound_name(alias: cst.ImportAlias) -> str:
    """Return the name that an import binds."""
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return dotted(alias.name).partition(".")[0]


def target_names(target: cst.BaseExpression) -> Iterator[str]:
    """Yield the names that an assignment to ``target`` binds."""
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from target_names(element.value)


def dotted(node: cst.CSTNode | None) -> str:
    """Return ``a.b.c`` for a name or a chain of attributes, or ""."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        value = dotted(node.value)
        return f"{value}.{node.attr.value}" if value else ""
    return ""


def constant(node: cst.CSTNode | None) -> str | None:
    """Return the value of a plain text literal, or None."""
    if isinstance(node, cst.SimpleString):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def argument(call: cst.Call, name: str, position: int | None = None) -> cst.Arg | None:
    """Return the argument of a call with this name, or at this position where no ``*`` stands before it."""
    for index, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == name:
            return arg
        if arg.star or arg.keyword is not None:
            continue
        if index == position and not any(before.star for before in call.args[:index]):
            return arg
    return None
