"""Is a finding named by the same words after its code moved or was laid out anew, and another by others?"""

from __future__ import annotations

import pytest

from sst_lint.findings.snippets import excerpt, fold
from sst_lint.flow.location import Location


def at(text: str, code: str) -> str:
    """The snippet of ``code`` in ``text``."""
    start = text.index(code)
    end = start + len(code)
    line, last = text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1
    column, end_column = start - text.rfind("\n", 0, start), end - text.rfind("\n", 0, end)
    return excerpt(text, Location("a.py", line, column, last, end_column, "f"))


@pytest.mark.parametrize(
    "code",
    ["f(a, 'b', [c])", 'f(a, "b", [c])', "f(\n    a,\n    'b',  # why\n    [c],\n)", "f(a, \\\n  'b', [ c ])"],
)
def test_layout_quotes_and_comments_do_not_count(code: str) -> None:
    assert at(f"x = 1\ny = {code}\n", code) == "f(a, 'b', [c])"


def test_a_handler_is_named_by_what_it_guards() -> None:
    text = "try:\n    # first\n    a()\n    more()\nexcept Exception:\n    pass\ntry: b()\nexcept  OSError:\n    pass\n"
    assert at(text, "except Exception") == "a() ... except Exception"
    assert at(text, "except  OSError") == "b() ... except OSError"
    nested = "try:\n    try:\n        a()\n    finally:\n        b()\nexcept:\n    pass\n"
    assert at(nested, "except") == "try: ... except"
    assert at("with suppress(Exception):\n    go()\n", "suppress(Exception)") == "go() ... suppress(Exception)"


def test_long_code_is_cut_and_still_told_apart() -> None:
    one, other = fold("f(" + "x, " * 200 + "1)"), fold("f(" + "x, " * 200 + "2)")
    assert one != other and len(one) < 200


def test_places_that_are_not_there() -> None:
    assert excerpt("x\n", Location("a.py", 9, 1, 9, 2, "")) == ""
    assert excerpt("x\n", Location("a.py", 1, 1, 9, 2, "")) == "x"
