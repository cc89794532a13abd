"""What is too deep is said in one line, before any parser sees it; what real code holds is not."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest

from sst_lint.source.deep import run_deep
from sst_lint.source.nesting import MAX_DEPTH, find_too_deep
from sst_lint.source.units import SyntaxProblem, split_units

SHAPES: dict[str, Callable[[int], str]] = {
    "sum": lambda n: "x = " + " + ".join(["a"] * n),
    "bool": lambda n: "x = " + " and ".join(["a"] * n),
    "strings": lambda n: "x = (" + "\n".join(["'a'"] * n) + ")",
    "attributes": lambda n: "x = a" + ".b" * n,
    "calls": lambda n: "x = a" + "()" * n,
    "not": lambda n: "x = " + "not " * n + "a",
    "minus": lambda n: "x = " + "-" * n + "a",
    "power": lambda n: "x = " + " ** ".join(["a"] * n),
    "conditional": lambda n: "x = " + "a if b else " * n + "c",
    "lambda": lambda n: "x = " + "lambda: " * n + "c",
    "elif": lambda n: "if a: pass\n" + "elif b: pass\n" * n,
    "for": lambda n: "x = [a " + "for a in b " * n + "]",
    "union": lambda n: "def f(a: " + " | ".join(["X"] * n) + "): pass\n",
    "continued": lambda n: "x = " + " + \\\n".join(["a"] * n),
    "in brackets": lambda n: "x = (1, [" + " +\n".join(["f(1, 2)"] * n) + "])",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_deep_shapes_are_refused(shape: str) -> None:
    with pytest.raises(SyntaxProblem, match=f"nests deeper than {MAX_DEPTH} levels"):
        split_units(SHAPES[shape](20_000))


@pytest.mark.parametrize("shape", SHAPES)
def test_long_but_bearable_shapes_are_split(shape: str) -> None:
    count = 1_200 if shape == "in brackets" else 2_000  # a call is one level more
    text = SHAPES[shape](count) + "\ndef last(): pass\n"
    assert split_units(text)[-1].qualname == "last"


def test_brackets_beyond_what_python_allows_are_a_syntax_error() -> None:
    with pytest.raises(SyntaxProblem, match="too many nested parentheses"):
        split_units("x = " + "(" * 1_000 + "1" + ")" * 1_000)


def test_blocks_beyond_what_python_allows_are_a_syntax_error() -> None:
    text = "".join(" " * level + "if 1:\n" for level in range(1_000)) + " " * 1_000 + "pass\n"
    with pytest.raises(SyntaxProblem, match="indentation"):
        split_units(text)


def test_large_flat_files_are_not_deep() -> None:
    row = "    ('a.b', -1, x.y(2) + 3, 'c' 'd'),\n"
    data = "TABLE = [\n" + row * 20_000 + "]\n"
    statements = "x = a.b + c.d * f(1)\n" * 20_000
    functions = "".join(f"def f{n}(a, b):\n    return a.b + b.c(1) if a else -b\n\n\n" for n in range(15_000))
    for text in (data, statements, functions):
        assert find_too_deep(text) is None


def test_the_line_is_where_the_limit_is_passed() -> None:
    found = find_too_deep("y = 1\n" * 10 + "x = (\n" + " +\n".join(["a"] * 60) + "\n)\n", limit=50)
    assert found is not None
    assert found.line == 10 + 1 + 50


def test_many_separate_chains_are_not_one() -> None:
    assert find_too_deep("if a: pass\nelif b: pass\nelse: pass\n" * 5_000) is None


def test_strings_and_comments_do_not_count() -> None:
    text = "x = '" + "+" * 3_000 + "' # " + "-" * 3_000 + '\ny = """' + "(" * 3_000 + '"""\n'
    assert find_too_deep(text) is None


def recurse(depth: int) -> int:
    return 0 if depth == 0 else 1 + recurse(depth - 1)


def test_deep_work_recurses_and_leaves_the_limit_as_it_was() -> None:
    before = (sys.getrecursionlimit(), threading.stack_size())
    assert run_deep(lambda: recurse(10_000)) == 10_000
    assert (sys.getrecursionlimit(), threading.stack_size()) == before


def test_deep_work_may_nest_and_fail() -> None:
    before = sys.getrecursionlimit()
    assert run_deep(lambda: run_deep(lambda: recurse(5_000))) == 5_000
    with pytest.raises(KeyError):
        run_deep(lambda: {}[1])
    assert sys.getrecursionlimit() == before


def test_deep_work_in_several_threads() -> None:
    before = sys.getrecursionlimit()
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(run_deep(lambda: recurse(5_000)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (results, sys.getrecursionlimit()) == ([5_000] * 4, before)


def test_less_stack_is_tried_where_the_system_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    class Refusing(threading.Thread):
        def start(self) -> None:
            sizes.append(threading.stack_size())
            if len(sizes) < 3:
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(threading, "Thread", Refusing)
    before = sys.getrecursionlimit()
    assert run_deep(lambda: recurse(2_000)) == 2_000
    assert sizes == sorted(sizes, reverse=True)
    assert sys.getrecursionlimit() == before
