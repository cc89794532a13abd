"""Is docs/matrices.md true? Its examples are the matrices of the pipeline; its words are those of the code."""

from __future__ import annotations

import re

import pytest
from matrix_examples import COMMAND, FILES, PAGE, check, page

from sst_lint.matrices import LAYOUTS, WORDS

TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_the_committed_matrix_is_current(name: str) -> None:
    assert check(name) == 0, COMMAND


def test_the_page_shows_parts_of_them() -> None:
    assert page(TEXT) == TEXT, COMMAND


def test_every_verdict_and_column_is_explained() -> None:
    assert re.findall(r"^\| \*?\*?`?(\w+)`?\*?\*? \| (?:reported|silenced|in the|less|its|nothing)", TEXT, re.M) == [
        *WORDS
    ]
    for layout in LAYOUTS.values():
        said = TEXT.partition(f"## {layout.title}\n")[2].partition("\n## ")[0]
        assert [column for column in layout.columns if f"`{column}`" not in said] == []
