"""Units: where they start and end, and what text is their own."""

from __future__ import annotations

import ast
import sys
import sysconfig
import textwrap
import warnings
from pathlib import Path

import libcst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sst_lint.source import units as units_module
from sst_lint.source.records import Unit
from sst_lint.source.units import SyntaxProblem, normalize_newlines, split_units


def named(text: str) -> dict[str, Unit]:
    """The units by qualified name, with ``#n`` for later ones of the same name."""
    return {f"{u.qualname}#{u.occurrence}" if u.occurrence else u.qualname: u for u in split_units(text)}


def parses_alone(unit: Unit) -> None:
    libcst.parse_module(("if 1:\n" if unit.indent else "") + unit.text)


def assert_whole(text: str) -> None:
    """What must hold for any text: every unit parses, has its place, and no line is lost or doubled."""
    lines = normalize_newlines(text.removeprefix("\ufeff")).split("\n")
    units = split_units(text)
    assert units[0].kind == "module"
    assert [u.first_line for u in units] == sorted(u.first_line for u in units)
    assert len({(u.qualname, u.kind, u.occurrence) for u in units}) == len(units)
    owned = [0] * len(lines)
    for unit in units:
        parses_alone(unit)
        assert "\r" not in unit.text
        for offset, line in enumerate(unit.text.removesuffix("\n").split("\n") if unit.text else []):
            original = lines[unit.first_line - 1 + offset]
            if line == original and line.strip():
                owned[unit.first_line - 1 + offset] += 1
            else:
                assert line.strip() in ("", "pass")
        owned[unit.first_line - 2] += lines[unit.first_line - 2].strip() == "\\"
    for line, count in zip(lines, owned):
        if line.strip() not in ("", "pass"):
            assert count == 1, line


def test_module_and_function() -> None:
    module, function = split_units("x = 1\n\n\ndef f(a):\n    return a\n\n\ny = 2\n")
    assert (module.qualname, module.first_line, module.text) == ("<module>", 1, "x = 1\n\n\npass\n\n\n\ny = 2\n")
    assert (function.qualname, function.first_line, function.text) == ("f", 4, "def f(a):\n    return a\n")


def test_classes_own_their_statements_and_methods_are_units() -> None:
    text = (
        "class A(B):\n    x = 1\n    @p\n    def m(self):\n        return 1\n    class C:\n        def n(self): pass\n"
    )
    units = named(text)
    assert list(units) == ["<module>", "A", "A.m", "A.C", "A.C.n"]
    assert units["<module>"].text == "pass\n\n\n\n\n\n\n"
    assert units["A"].text == "class A(B):\n    x = 1\n    pass\n\n\n    pass\n\n"
    assert units["A.m"].text == "    @p\n    def m(self):\n        return 1\n"
    assert (units["A.m"].first_line, units["A.m"].indent) == (3, "    ")
    assert units["A.C"].text == "    class C:\n        pass\n"
    assert units["A.C.n"].indent == "        "


def test_what_stands_in_a_function_belongs_to_it() -> None:
    units = named("def f():\n    class A:\n        def m(self): pass\n    def g(): pass\n    return g\n")
    assert list(units) == ["<module>", "f"]


def test_definitions_in_every_kind_of_block() -> None:
    text = textwrap.dedent("""\
        if a:
            def f(): pass
        elif b:
            def f(): return 1
        else:
            async def f():
                pass
        try:
            def g(): pass
        except A:
            def g(): pass
        else:
            def h(): pass
        finally:
            def i(): pass
        with x as y:
            class K: z = 1
        for q in r:
            def j(): pass
        else:
            def k(): pass
        while 1:
            def l(): pass
        match m:
            case 1:
                def n(): pass
            case _:
                def n(): pass
        """)
    units = named(text)
    assert list(units)[1:] == ["f", "f#1", "f#2", "g", "g#1", "h", "i", "K", "j", "k", "l", "n", "n#1"]
    assert_whole(text)
    assert units["<module>"].text.count("pass") == 13


def test_same_name_and_different_kind_are_counted_apart() -> None:
    keys = [(u.qualname, u.kind, u.occurrence) for u in split_units("class A: pass\ndef A(): pass\nclass A: pass\n")]
    assert keys[1:] == [("A", "class", 0), ("A", "function", 0), ("A", "class", 1)]


def test_decorators_belong_to_the_unit_wherever_their_expression_starts() -> None:
    text = "@a\n# why\n@(\n    b\n)\n@c(\n    1,\n)\ndef f(): pass\n"
    (_, function) = split_units(text)
    assert (function.first_line, function.text) == (1, text)
    (_, late) = split_units("x = 1\n@(\n\n  # @no\n  b)\ndef f(): pass\n")
    assert late.first_line == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "x = 1",
        "def f(): pass",
        "def f(): pass # last",
        "def f():\n    pass\n    # trailing\n# after\n",
        "def f():\n\tif 1:\n\t\treturn\n",
        "if 1:\n\tdef f():\n\t\tpass\n",
        "\x0cdef f(): pass\n\x0c\nclass A:\n\x0c\n    def m(self): pass\n",
        "class A:\n  \x0c  def m(self): pass\n",
        "\\\ndef f(): pass\n",
        "if 1:\n    \\\n  def f(): pass\n",
        "def f():\n    x = 1 \\\n\ny = 2\n",
        "def f():\n    return 1; \\\n\ny = 2\n",
        "def f(): pass;\n",
        "def f():\n    return 'ü' \\\n\ny = 2\n",
        "def f():\n    # a comment that ends with a backslash \\\n    pass # too \\\ny = 2\n",
        'def f():\n    """a\n# no comment\n\\\n    """\nx = """\ndef g(): pass\n"""\n',
        "def f():\n    x = '''\n\\'''\n'''\n",
        "def f():\r\n    pass\r\nx = 1\r\n",
        "def f():\r    pass\rx = 1\r",
        "def f():\n    '\u2028\x0b\x1c\x85'\nx = 1\n",
        "\ufeffdef f(): pass\n",
        "class A: x = 1; y = 2\n",
        "class A:\n    'doc'\n    def __init__(self): pass\n    x: int = 3\n",
        "def f(): return lambda: 1\n",
        "x = lambda: (yield)\n",
        "x = [a if b else c for d in e]\n",
        "async def f():\n    async with a as b:\n        await c\n",
        "if a: pass\nelif b:\n    class C:\n        if d:\n            def m(self): pass\n        else: pass\n",
        "try:\n    import a\nexcept ImportError:\n    def a(): ...\n",
        "class A:\n    @property\n    def x(self): ...\n    @x.setter\n    def x(self, v): ...\n",
    ],
)
def test_odd_texts_stay_whole(text: str) -> None:
    assert_whole(text)


def test_a_unit_ends_with_its_continuation_line() -> None:
    (module, function) = split_units("def f():\n    x = 1 \\\n\ny = 2\n")
    assert function.text == "def f():\n    x = 1 \\\n\n"
    assert module.text == "pass\n\n\ny = 2\n"


def test_a_form_feed_is_no_indentation() -> None:
    (_, function) = split_units("\x0cdef f(): pass\n")
    assert (function.indent, function.text) == ("", "\x0cdef f(): pass\n")


def test_line_ends_do_not_change_units() -> None:
    text = "class A:\n    def m(self):\n        return 1\n\nx = '''a\nb'''\n"
    assert split_units(text.replace("\n", "\r\n")) == split_units(text) == split_units(text.replace("\n", "\r"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\ny = = 2\n", 2),
        ("def f(:\n    pass\n", 1),
        ("if 1:\nx = 1\n", 2),
        ("if 1:\n\tx\n        y\n", 3),
        ("x = '\\xZ'\n", 1),
        ("x = b'é'\n", 1),
        ("\n\nprint 'a'\n", 3),
        ("x = (1,\n", 1),
    ],
)
def test_syntax_errors_have_their_line(text: str, line: int) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        split_units(text)
    assert caught.value.line == line
    assert caught.value.column >= 1
    assert "\n" not in caught.value.message


def test_null_bytes_are_a_syntax_problem() -> None:
    with pytest.raises(SyntaxProblem):
        split_units("x = 1\0\n")


NEWER = textwrap.dedent("""\
    type Pair[T] = tuple[T, T]

    @dec
    def f[T](x: T) -> T:
        # inside
        return x

    class A[T]:
        if x:
            @a
            @b
            def m(self): return f'{f'{1}'}' \\

        else:
            async def m(self):
                pass
    try:
        def g[T](): pass
    except* E:
        def g[T](): pass
    with a as b:
        def h[T](): pass
    for a in b:
        def i[T](): pass
    while 1:
        def j[T](): pass
    match a:
        case 1:
            def k[T](): pass
    """)


def test_syntax_newer_than_this_interpreter() -> None:
    assert list(named(NEWER))[1:] == ["f", "A", "A.m", "A.m#1", "g", "g#1", "h", "i", "j", "k"]
    assert_whole(NEWER)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="ast must know the syntax for the comparison")
def test_newer_syntax_is_split_alike_by_both_parsers() -> None:
    lines = NEWER.split("\n")
    unused = SyntaxProblem(1, 1, "")
    assert units_module._find_spans(NEWER, lines) == units_module._spans_by_libcst(NEWER, lines, unused)


def test_a_strict_warning_filter_changes_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(split_units("def f(): return '\\d' is 1\n")) == 2


# Generated programs: random blocks of random statements, in random dress.

SIMPLE = st.sampled_from(["x = 1", "pass", "x = '''a\n  b'''", "x = (1,\n2)", "x = 1 # c", "'''d'''", "x = 1; y = 2"])
HEADS = ["if a:", "while a:", "for a in b:", "with a as b:", "class C:", "def f():", "async def g(a=(1,\n2)):"]
DECORATED = ["@d\ndef f():", "@d(1,\n  2)\nclass C:", "@(\nd)\nasync def f():", "@d\n# c\n@e\ndef f(): # c"]


def indented(text: str, by: str) -> str:
    """Only lines that start a statement are indented: those inside brackets and strings may stand anywhere."""
    return "\n".join(by + line if line else line for line in text.split("\n"))


@st.composite
def blocks(draw: st.DrawFn, depth: int = 3) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        if depth == 0 or draw(st.booleans()):
            parts.append(draw(SIMPLE))
            continue
        head = draw(st.sampled_from(HEADS + DECORATED))
        one_line = "#" not in head and draw(st.booleans())
        if one_line:
            parts.append(head + " " + draw(st.sampled_from(["pass", "x = 1", "x = 1; y = (2,\n3)"])))
        else:
            body = draw(blocks(depth - 1))
            parts.append(head + "\n" + indented(body, draw(st.sampled_from([" ", "    ", "\t"]))))
        if draw(st.integers(0, 4)) == 0:
            parts.append(draw(st.sampled_from(["", "# comment", "   # deeper comment", "\x0c"])))
    return "\n".join(parts)


@settings(max_examples=150, deadline=None)
@given(blocks(), st.sampled_from(["", "\n"]), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\ufeff"]))
def test_generated_programs_stay_whole(block: str, end: str, newline: str, mark: str) -> None:
    ast.parse(block)  # the generator makes Python
    assert_whole(mark + (block + end).replace("\n", newline))


@settings(max_examples=60, deadline=None)
@given(blocks())
def test_both_parsers_split_generated_programs_alike(block: str) -> None:
    lines = block.split("\n")
    unused = SyntaxProblem(1, 1, "")
    assert units_module._find_spans(block, lines) == units_module._spans_by_libcst(block, lines, unused)


def standard_library() -> list[Path]:
    """Every seventh module of the standard library that is not a large test."""
    top = Path(sysconfig.get_path("stdlib"))
    files = sorted(
        path for part in (".", "*") for path in top.glob(f"{part}/*.py") if "site-packages" not in path.parts
    )
    return [path for path in files if path.stat().st_size < 30_000][::7]


def test_the_standard_library_stays_whole() -> None:
    files = standard_library()
    checked = 0
    for path in files:
        try:
            text = path.read_bytes().decode("utf-8")
            assert_whole(text)
        except (UnicodeDecodeError, SyntaxProblem):
            continue  # the library's own bad examples
        checked += 1
    assert checked > 40
