"""Into which units does a file fall, and what is each unit's own text?

Only the line span of every ``def`` and ``class`` outside functions is needed, and a compound statement always owns
whole lines. The spans come from ``ast`` (ten times as fast as a concrete syntax tree); where this interpreter cannot
parse the file (newer syntax, nesting beyond its limits) they come from LibCST.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from sst_lint.source.deep import run_deep
from sst_lint.source.nesting import find_too_deep
from sst_lint.source.records import Unit

if TYPE_CHECKING:
    import libcst

__all__ = [
    "MODULE_NAME",
    "Span",
    "SyntaxProblem",
    "cut_units",
    "find_spans",
    "normalize_newlines",
    "run_deep",
    "split_units",
]

MODULE_NAME = "<module>"

_BLOCK_FIELDS = ("body", "handlers", "cases", "orelse", "finalbody")  # in the order in which they are written
_BLOCK_TAIL = re.compile(r"[ \t\f]*;?[ \t\f]*\\\Z")
_ONLY_CONTINUATION = re.compile(r"[ \t\f]*\\\Z")
#: What ``ast`` refuses and no newer grammar allows, though LibCST may let it pass: message openings.
_FINAL = ("too many nested parentheses", "(unicode error)", "(value error)", "bytes can only contain ASCII")


class SyntaxProblem(Exception):
    """The text is no Python that any known grammar accepts. ``line`` and ``column`` are 1-based."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.line = line
        self.column = column
        self.message = message


class Span(NamedTuple):
    """The whole lines (1-based, inclusive) of one definition, and the definitions inside it if it is a class."""

    name: str
    kind: Literal["class", "function"]
    blank_from: int  #: ``first``, or the line above it that holds only a backslash and, with it, the indentation
    first: int
    last: int
    children: tuple[Span, ...]


def normalize_newlines(text: str) -> str:
    """``text`` with LF line ends. Only CR, LF and CRLF end a Python line; form feeds and U+2028 do not."""
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_units(text: str) -> tuple[Unit, ...]:
    """The units of a file, in order of first line, the module's own first.

    Raises ``SyntaxProblem`` when neither this interpreter's grammar nor LibCST's accepts ``text``.
    """
    return cut_units(text, find_spans(text))


def find_spans(text: str) -> tuple[Span, ...]:
    """The definitions of a file outside functions, those of a class inside its span.

    Raises ``SyntaxProblem`` when neither this interpreter's grammar nor LibCST's accepts ``text``.
    """
    text = normalize_newlines(text.removeprefix("\ufeff"))
    return _find_spans(text, text.split("\n"))


def cut_units(text: str, spans: Sequence[Span]) -> tuple[Unit, ...]:
    """The units of a file whose definitions are ``spans``."""
    text = normalize_newlines(text.removeprefix("\ufeff"))
    lines = text.split("\n")
    if text and not text.endswith("\n"):
        lines.append("")
    own, gaps = _own_text(lines, 1, len(lines), spans)
    units = [Unit(MODULE_NAME, 0, "module", 1, own, "", gaps)]
    counts: dict[tuple[str, str], int] = {}
    for qualname, span in _preorder(spans, ""):
        occurrence = counts.get((qualname, span.kind), 0)
        counts[qualname, span.kind] = occurrence + 1
        own, gaps = _own_text(lines, span.first, span.last, span.children)
        indent = _indent(lines[span.first - 1])
        units.append(Unit(qualname, occurrence, span.kind, span.first, f"{own}\n", indent, gaps))
    return tuple(units)


def _preorder(spans: Sequence[Span], prefix: str) -> Iterator[tuple[str, Span]]:
    for span in spans:
        qualname = prefix + span.name
        yield qualname, span
        yield from _preorder(span.children, qualname + ".")


def _own_text(
    lines: Sequence[str], first: int, last: int, children: Sequence[Span]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Lines ``first`` to ``last`` with every child blanked: ``pass`` on its first line, nothing on the others; and
    which ones those are."""
    own: list[str] = []
    gaps: list[tuple[int, int]] = []
    at = first
    for child in children:
        own.extend(lines[at - 1 : child.blank_from - 1])
        own.append(_leading(lines[child.blank_from - 1]) + "pass")
        gaps.append((len(own), child.last - child.blank_from))
        own.extend([""] * (child.last - child.blank_from))
        at = child.last + 1
    own.extend(lines[at - 1 : last])
    return "\n".join(own), tuple(gaps)


def _leading(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def _indent(line: str) -> str:
    """What Python counts as the line's indentation: a form feed starts the count anew."""
    return _leading(line).rpartition("\f")[2]


def _find_spans(text: str, lines: Sequence[str]) -> tuple[Span, ...]:
    deep = find_too_deep(text)
    if deep is not None:
        raise SyntaxProblem(deep.line, 1, deep.message)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on invalid escapes; they are the user's, and not on our stderr
            tree = ast.parse(text)
    except SyntaxError as error:
        problem = _problem(error)
        if isinstance(error, IndentationError) or problem.message.startswith(_FINAL):
            raise problem from None
        return _spans_by_libcst(text, lines, problem)
    except (RecursionError, MemoryError):  # how this interpreter's parser says that it is too deep
        return _spans_by_libcst(text, lines, SyntaxProblem(1, 1, "too complex for Python's parser"))
    except ValueError as error:  # null bytes
        raise SyntaxProblem(1, 1, str(error)) from None
    return _ast_spans(tree.body, lines)


def _problem(error: SyntaxError) -> SyntaxProblem:
    return SyntaxProblem(max(error.lineno or 1, 1), max(error.offset or 1, 1), error.msg or "invalid syntax")


def _ast_spans(body: Sequence[ast.stmt], lines: Sequence[str]) -> tuple[Span, ...]:
    return tuple(_span_of_ast(node, lines) for node in _ast_definitions(body))


def _ast_definitions(body: Sequence[ast.AST]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Definitions in ``body`` and in the blocks inside it, in order of line, not in other definitions."""
    # A stack, not recursion: an ``elif`` chain nests one level for each branch.
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node
            continue
        for name in reversed(_BLOCK_FIELDS):
            block = getattr(node, name, None)
            if isinstance(block, list):  # the body of a lambda or conditional expression is a single node
                stack.extend(reversed(block))


def _span_of_ast(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: Sequence[str]) -> Span:
    first = node.lineno
    if node.decorator_list:
        first = _decorator_line(node.decorator_list[0].lineno, lines)
    last = node.end_lineno or node.lineno
    if lines[last - 1].endswith("\\"):
        # Columns of ``ast`` count UTF-8 bytes.
        rest = lines[last - 1].encode("utf-8", "surrogatepass")[node.end_col_offset or 0 :]
        last = _after_continuation(last, rest.decode("utf-8", "surrogatepass"), lines)
    children: tuple[Span, ...] = ()
    kind: Literal["class", "function"] = "function"
    if isinstance(node, ast.ClassDef):
        kind = "class"
        children = _ast_spans(node.body, lines)
    return Span(node.name, kind, _before_continuation(first, lines), first, last, children)


def _decorator_line(line: int, lines: Sequence[str]) -> int:
    """The line of the ``@``: the expression may start below it, after a parenthesis or a backslash."""
    while line > 1 and not lines[line - 1].lstrip(" \t\f").startswith("@"):
        line -= 1
    return line


def _before_continuation(line: int, lines: Sequence[str]) -> int:
    """The first of the lines above ``line`` that hold only a backslash: it carries the indentation of ``line``."""
    while line > 1 and _ONLY_CONTINUATION.match(lines[line - 2]):
        line -= 1
    return line


def _after_continuation(line: int, rest: str, lines: Sequence[str]) -> int:
    """The last line of a statement whose last line goes on with nothing (``x = 1 \\`` before an empty line)."""
    while line < len(lines) and _BLOCK_TAIL.match(rest):
        line += 1
        rest = lines[line - 1]
    return line


def _spans_by_libcst(text: str, lines: Sequence[str], problem: SyntaxProblem) -> tuple[Span, ...]:
    """Spans where ``ast`` failed with ``problem``, which is raised when LibCST fails too."""

    def work() -> tuple[Span, ...]:
        import libcst

        try:
            module = libcst.parse_module(text)
        except (libcst.ParserSyntaxError, RecursionError, MemoryError):
            raise problem from None
        return _LibcstSpans(module, lines).find()

    try:
        return run_deep(work)
    except RecursionError:
        raise problem from None


class _LibcstSpans:
    """Spans from LibCST's own position provider: slow, and only for files that ``ast`` refuses."""

    def __init__(self, module: libcst.Module, lines: Sequence[str]) -> None:
        from libcst.metadata import MetadataWrapper, PositionProvider

        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self._module = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)
        self._lines = lines

    def find(self) -> tuple[Span, ...]:
        return tuple(self._walk(self._module.body))

    def _walk(self, body: Sequence[libcst.CSTNode]) -> Iterator[Span]:
        import libcst

        for node in body:
            if isinstance(node, (libcst.FunctionDef, libcst.ClassDef)):
                yield self._span(node)
            elif isinstance(node, libcst.BaseCompoundStatement):
                yield from self._walk(list(_libcst_blocks(node)))

    def _span(self, node: libcst.FunctionDef | libcst.ClassDef) -> Span:
        import libcst

        first = self._positions[node.decorators[0] if node.decorators else node].start.line
        end = self._positions[node].end
        rest = self._lines[end.line - 1][end.column :]
        last = _after_continuation(end.line, rest, self._lines)
        blank_from = _before_continuation(first, self._lines)
        if isinstance(node, libcst.FunctionDef):
            return Span(node.name.value, "function", blank_from, first, last, ())
        return Span(node.name.value, "class", blank_from, first, last, tuple(self._walk(node.body.body)))


def _libcst_blocks(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    """Statements in the blocks of a compound statement, in the order in which they are written."""
    import libcst

    pending: list[libcst.CSTNode | None] = [node]
    while pending:
        part = pending.pop(0)
        if part is None:
            continue
        if isinstance(part, libcst.Match):
            pending.extend(part.cases)
            continue
        body = getattr(part, "body", None)
        if isinstance(body, libcst.BaseSuite):
            yield from body.body
        pending.extend(getattr(part, "handlers", ()))
        pending.extend(getattr(part, name, None) for name in ("orelse", "finalbody"))
