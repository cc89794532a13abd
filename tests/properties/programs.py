"""What do random programs look like? Small statement trees over a few names, with every kind of node in every place.

They need not mean anything, only parse. Names are few, so that they are assigned, shadowed, captured and called often.
"""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

NAMES = ("xs", "ys", "x", "d", "self", "f", "g", "C", "out", "e")
ATTRIBUTES = ("items", "name", "x", "stem", "data")
CALLEES = (
    *("sorted", "list", "set", "dict", "len", "open", "str", "print", "next", "enumerate", "zip", "map", "isinstance"),
    *("os.listdir", "os.walk", "os.replace", "json.dump", "json.dumps", "hashlib.sha256", "Path", "partial", "super"),
    *("defaultdict", "suppress", "random.random", "time.time", "glob.glob", "f", "g", "C", "self.f", "xs.append"),
    *("d.items", "d.update", "d.setdefault", "out.write", "Path('a').glob", "xs.sort", "x.write_text", "log.warning"),
)
OPERATORS = ("+", "-", "*", "/", "%", "|", "&", "//", "**", "@", "<<")
COMPARISONS = ("==", "<", "in", "not in", "is", "is not", "!=")
CONSTANTS = (
    "1",
    "'a'",
    "'out.json'",
    "None",
    "True",
    "2.5",
    "b'x'",
    "...",
    "-1",
    "1j",
    "'a' 'b'",
    "''",
    "[]",
    "{}",
    "()",
)
ANNOTATIONS = ("set[str]", "list[Path]", "dict[str, set[int]]", "C", "'C'", "int | None", "Iterator[str]", "Unknown")

HEADER = """\
import glob, hashlib, json, os, random, time
from collections import defaultdict
from contextlib import suppress
from functools import partial
from pathlib import Path
from . import sibling as g
"""

names = st.sampled_from(NAMES)
annotations = st.sampled_from(ANNOTATIONS)


@cache
def expressions(depth: int) -> st.SearchStrategy[str]:
    """Expressions as text, bracketed wherever that might matter."""
    leaf = st.one_of(names, st.sampled_from(CONSTANTS))
    if depth <= 0:
        return leaf
    inner = st.deferred(lambda: expressions(depth - 1))
    target = st.deferred(lambda: targets(depth - 1))
    several = st.lists(st.one_of(inner, inner.map(lambda e: f"*({e})")), max_size=3)
    keywords = st.lists(st.tuples(names, inner).map(lambda p: f"{p[0]}=({p[1]})"), max_size=2, unique_by=lambda k: k[0])
    loops = st.tuples(target, inner, inner).map(lambda p: f"for {p[0]} in ({p[1]}) if ({p[2]})")
    return st.one_of(
        leaf,
        st.tuples(inner, st.sampled_from(ATTRIBUTES)).map(lambda p: f"({p[0]}).{p[1]}"),
        st.tuples(names, st.sampled_from(ATTRIBUTES)).map(".".join),
        st.tuples(inner, inner).map(lambda p: f"({p[0]})[{p[1]}]"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]})[{p[1]}:{p[2]}]"),
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(lambda p: f"(({p[0]}) {p[1]} ({p[2]}))"),
        st.tuples(inner, st.sampled_from(COMPARISONS), inner).map(lambda p: f"(({p[0]}) {p[1]} ({p[2]}))"),
        st.tuples(inner, st.sampled_from(("and", "or")), inner).map(lambda p: f"(({p[0]}) {p[1]} ({p[2]}))"),
        st.tuples(inner, inner, inner).map(lambda p: f"(({p[0]}) if ({p[1]}) else ({p[2]}))"),
        st.tuples(st.sampled_from(("not ", "-", "~", "await ")), inner).map(lambda p: f"({p[0]}({p[1]}))"),
        st.tuples(names, inner).map(lambda p: f"({p[0]} := ({p[1]}))"),
        inner.map(lambda e: f"(yield ({e}))"),
        inner.map(lambda e: f"(yield from ({e}))"),
        st.tuples(names, inner).map(lambda p: f"(lambda {p[0]}=1, *args, **more: ({p[1]}))"),
        several.map(lambda es: f"[{', '.join(es)}]"),
        several.map(lambda es: f"({', '.join([*es, ''])})" if es else "()"),
        several.map(lambda es: f"{{{', '.join([*es, '0'])}}}"),
        st.lists(st.tuples(inner, inner), max_size=2).map(
            lambda ps: "{" + ", ".join([*(f"({k}): ({v})" for k, v in ps), "**d"]) + "}"
        ),
        st.tuples(
            st.sampled_from(("[{} {}]", "{{{} {}}}", "({} {})", "{{1: {} {}}}", "sorted({} {})")), inner, loops
        ).map(lambda p: p[0].format(f"({p[1]})", p[2])),
        st.tuples(inner, inner).map(lambda p: f'f"a{{{_plain(p[0])}}} b{{{_plain(p[1])}!r:>{{x}}}}"'),
        st.tuples(st.sampled_from(CALLEES), several, keywords).map(lambda p: f"{p[0]}({', '.join([*p[1], *p[2]])})"),
        st.tuples(inner, several).map(lambda p: f"({p[0]})({', '.join([*p[1], '**d'])})"),
    )


def _plain(expression: str) -> str:
    """What may stand in an f-string of any version: no quotes, no backslash, no brace at the front."""
    return "x" if any(mark in expression for mark in "\"'\\{}:!=") else f"({expression})"


@cache
def targets(depth: int) -> st.SearchStrategy[str]:
    """What can be assigned."""
    one = st.one_of(
        names,
        st.tuples(names, st.sampled_from(ATTRIBUTES)).map(".".join),
        st.tuples(names, st.one_of(names, st.sampled_from(("0", "'a'", ":", "1:", "x, ys")))).map(
            lambda p: f"{p[0]}[{p[1]}]"
        ),
    )
    if depth <= 0:
        return one
    inner = st.deferred(lambda: targets(depth - 1))
    return st.one_of(
        one,
        st.lists(inner, min_size=1, max_size=3).map(lambda ts: f"({', '.join([*ts, ''])})"),
        st.tuples(inner, names).map(lambda p: f"[{p[0]}, *{p[1]}]"),
    )


@cache
def patterns(depth: int) -> st.SearchStrategy[str]:
    """What can stand after ``case``."""
    leaf = st.sampled_from(("_", "x", "1", "'a'", "None", "-1", "os.name", "str()", "dict() as d", "C(name=x)"))
    if depth <= 0:
        return leaf
    inner = st.deferred(lambda: patterns(depth - 1))
    return st.one_of(
        leaf,
        st.lists(inner, max_size=2).map(lambda ps: f"[{', '.join([*(f'({p})' for p in ps), '*ys'])}]"),
        inner.map(lambda p: f"{{'a': ({p}), **d}}"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) | ({p[1]})"),
        inner.map(lambda p: f"C(({p}), items=xs)"),
    )


@cache
def simple(depth: int) -> st.SearchStrategy[str]:
    """Statements of one line."""
    value, target = expressions(depth), targets(1)
    augmented = st.sampled_from(("+=", "|=", "-=", "*=", "&=", "//="))
    return st.one_of(
        value,
        st.tuples(target, value).map(" = ".join),
        st.tuples(target, target, value).map(" = ".join),
        st.tuples(names, annotations, value).map(lambda p: f"{p[0]}: {p[1]} = {p[2]}"),
        st.tuples(names, annotations).map(": ".join),
        st.tuples(names, augmented, value).map(" ".join),
        value.map(lambda e: f"return {e}"),
        value.map(lambda e: f"raise ({e}) from e"),
        value.map(lambda e: f"assert {e}"),
        st.tuples(names, names).map(lambda p: f"del {p[0]}, {p[1]}.name"),
        names.map(lambda n: f"global {n}"),
        names.map(lambda n: f"nonlocal {n}"),
        names.map(lambda n: f"import os.path as {n}"),
        names.map(lambda n: f"from .a import b as {n}, c"),
        st.sampled_from(
            ("pass", "...", "break", "continue", "raise", "return", "'text'", "from a import *", "xs.sort()")
        ),
    )


@st.composite
def blocks(draw: st.DrawFn, depth: int) -> list[str]:
    """The lines of a body, at least one."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(statements(depth))
    return lines


@st.composite
def statements(draw: st.DrawFn, depth: int) -> list[str]:
    """The lines of one statement."""
    if depth <= 0 or draw(st.booleans()):
        return [draw(simple(2))]
    return _compound(draw, draw(st.sampled_from(_KINDS)), depth - 1)


_KINDS = ("if", "for", "while", "try", "try*", "with", "match", "def", "class", "async for", "async with")


def _compound(draw: st.DrawFn, kind: str, depth: int) -> list[str]:
    def body() -> list[str]:
        return [f"    {line}" for line in draw(blocks(depth))]

    def maybe(head: str) -> list[str]:
        return [head, *body()] if draw(st.booleans()) else []

    value = draw(expressions(2))
    if kind == "if":
        return [f"if {value}:", *body(), *maybe(f"elif {draw(expressions(1))}:"), *maybe("else:")]
    if kind in ("for", "async for"):
        return [f"{kind} {draw(targets(1))} in {value}:", *body(), *maybe("else:")]
    if kind == "while":
        return [f"while {value}:", *body(), *maybe("else:")]
    if kind in ("with", "async with"):
        return [f"{kind} ({value}) as {draw(targets(1))}, f(x):", *body()]
    if kind == "match":
        cases = [
            [f"    case {p}:", *(f"    {line}" for line in body())]
            for p in draw(st.lists(patterns(2), min_size=1, max_size=3))
        ]
        return [f"match {value}:", *(line for case in cases for line in case)]
    if kind in ("try", "try*"):
        star = "*" if kind == "try*" else ""
        caught = draw(st.sampled_from(("OSError", "(OSError, KeyError) as e", "Exception as e", "BaseException")))
        return ["try:", *body(), f"except{star} {caught}:", *body(), *maybe("else:"), *maybe("finally:")]
    if kind == "class":
        return [
            f"class {draw(names)}({draw(st.sampled_from(('C', 'set', 'dict[str, int]', 'Unknown', '')))}):",
            *body(),
        ]
    return [
        *_decorators(draw),
        f"{draw(st.sampled_from(('def', 'async def')))} {draw(names)}({_parameters(draw)}):",
        *body(),
    ]


def _decorators(draw: st.DrawFn) -> list[str]:
    return draw(st.lists(st.sampled_from(("@f", "@property", "@staticmethod", "@C(x)", "@classmethod")), max_size=1))


def _parameters(draw: st.DrawFn) -> str:
    chosen = draw(st.lists(names, max_size=3, unique=True))
    typed = [f"{name}: {draw(annotations)}" if draw(st.booleans()) else name for name in chosen]
    rest = draw(st.sampled_from(("", "*args", "*, key=1", "*args, **more", "**more")))
    return ", ".join([*typed, rest] if rest else typed)


def programs() -> st.SearchStrategy[str]:
    """Whole modules."""
    return blocks(4).map(lambda lines: HEADER + "\n".join(lines) + "\n")
