"""What does an annotation promise? ``set[str] | None``, ``dict[str, "Table"]``, type comments left out.

An annotation is read into (dotted name, depth) pairs: depth 0 is the value itself, 1 what it holds.
"""

from __future__ import annotations

import ast
from functools import cache

_TRANSPARENT = frozenset({"Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"})
_CONTAINERS = frozenset(
    {
        "Iterable", "Iterator", "Sequence", "MutableSequence", "Collection", "Container", "Generator", "AsyncIterator",
        "AsyncIterable", "AsyncGenerator", "Awaitable", "Coroutine", "ContextManager", "AsyncContextManager", "Deque",
    }
)  # fmt: skip
MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"})
_SEQUENCES = frozenset(
    {"list", "List", "tuple", "Tuple", "set", "Set", "frozenset", "FrozenSet", "AbstractSet", "deque"}
)

_SCALARS = frozenset(
    {
        "str", "bytes", "int", "float", "bool", "complex", "Decimal", "Path", "PurePath", "PurePosixPath", "PathLike",
        "datetime", "date", "timedelta",
    }
)  # fmt: skip
#: So deep sets are looked for in tuples.
_DEEP = 2
#: So many kinds of ordered collections beside sets mean whatever can be iterated over.
_ANY_OF = 2
Promise = tuple[tuple[str, int], ...]
SETS = frozenset({"set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet"})


def only_accepts_sets(promise: Promise, depth: int, is_nested: bool = False) -> bool:
    """Whether any collection will do, sets among them (``list | tuple | set``): nobody need ever hand in one.

    What a nested function gets (``is_nested``) is seen: there one other kind is enough.
    """
    names = {name.rpartition(".")[2] for name, level in promise if level == depth}
    return not names.isdisjoint(SETS) and len(names & ((_SEQUENCES | _CONTAINERS) - SETS)) >= (
        1 if is_nested else _ANY_OF
    )


@cache
def promised(text: str) -> Promise:
    """(dotted name, depth) of everything that the annotation names, in order; empty when it cannot be read."""
    if len(text) > 500:
        return ()
    try:
        tree = ast.parse(text.strip().strip("()") if text.startswith("(") else text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: dict[tuple[str, int], None] = {}
    _read(tree, 0, found)
    return tuple(found)


@cache
def only_scalars(text: str) -> bool:
    """Whether an annotation promises a text, a number, a path or a time, and nothing that holds anything."""
    promise = promised(text.strip("\"'"))
    return bool(promise) and all(not depth and name.rpartition(".")[2] in _SCALARS for name, depth in promise)


@cache
def holds_whole_numbers(text: str) -> bool:
    """Whether an annotation promises a collection of whole numbers: ``set[int]``."""
    promise = promised(text.strip("\"'"))
    held = {name.rpartition(".")[2] for name, depth in promise if depth}
    return held == {"int"} and any(name.rpartition(".")[2] in _SEQUENCES for name, depth in promise if not depth)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def _read(node: ast.expr, depth: int, found: dict[tuple[str, int], None]) -> None:
    if depth > 3:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        for name, inner in promised(node.value):
            found[(name, depth + inner)] = None
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        _read(node.left, depth, found)
        _read(node.right, depth, found)
    elif isinstance(node, ast.Subscript):
        _read_generic(node, depth, found)
    else:
        name = _dotted(node)
        if name and name != "None":
            found[(name, depth)] = None


def _read_generic(node: ast.Subscript, depth: int, found: dict[tuple[str, int], None]) -> None:
    head = _dotted(node.value)
    last = head.rpartition(".")[2]
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if last in _TRANSPARENT:
        for part in parts[:1] if last == "Annotated" else parts:
            _read(part, depth, found)
    elif last in MAPPINGS:
        found[(head, depth)] = None
        for part in parts[1:]:
            _read(part, depth + 1, found)
    elif last in ("Awaitable", "Coroutine"):
        _read(parts[-1], depth, found)
    elif last in _SEQUENCES or last in _CONTAINERS:
        found[(head, depth)] = None
        for part in parts:
            if not (_is_set(part) and _is_mixed(last, parts)):  # which of them it is, `positioned` says
                _read(part, depth + 1, found)
    elif last not in ("Callable", "Literal", "type", "Type"):
        found[(head, depth)] = None


def _is_set(node: ast.expr) -> bool:
    head = node.value if isinstance(node, ast.Subscript) else node
    return _dotted(head).rpartition(".")[2] in SETS


def _is_mixed(last: str, parts: list[ast.expr]) -> bool:
    """Whether a tuple has a set at some of its positions, and something else at others."""
    others = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is ...)]
    return last in ("tuple", "Tuple") and not all(_is_set(part) for part in others)


@cache
def positioned(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(dotted name, keys under which it stands, outermost first) of sets at some positions of tuples:
    ``list[tuple[str, set[str]]]``."""
    if len(text) > 500 or "uple[" not in text:
        return ()
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: list[tuple[str, tuple[str, ...]]] = []
    _positions(tree, (), found)
    return tuple(found)


def _positions(node: ast.expr, keys: tuple[str, ...], found: list[tuple[str, tuple[str, ...]]]) -> None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        _positions(node.left, keys, found)
        _positions(node.right, keys, found)
    if not isinstance(node, ast.Subscript) or len(keys) > _DEEP:
        return
    last = _dotted(node.value).rpartition(".")[2]
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if _is_mixed(last, parts):
        for number, part in enumerate(parts):
            if _is_set(part):
                head = part.value if isinstance(part, ast.Subscript) else part
                found.append((_dotted(head), (*keys, f"#{number}")))
    elif last in _TRANSPARENT:
        for part in parts:
            _positions(part, keys, found)
    elif parts and (last in MAPPINGS or last in _SEQUENCES or last in _CONTAINERS):
        _positions(parts[-1], (*keys, ""), found)
