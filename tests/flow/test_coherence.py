"""A way holds together when each attribute that is read is the one that was set last."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sst_lint.facts.ops import Op
from sst_lint.flow.coherence import torn_at


def _way(*steps: tuple[Op, str]) -> tuple[Any, tuple[tuple[int, int], ...]]:
    graph = SimpleNamespace(op=[op for op, _ in steps], key=[key for _, key in steps])
    return graph, (*((n, n) for n in range(len(steps))), (len(steps), -1))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(Op.STORE, ".name"), (Op.SAME, ""), (Op.LOAD, ".name")], True),
        ([(Op.STORE, ".name"), (Op.STORE, ""), (Op.ONLY_VALUE, ""), (Op.LOAD, ".time")], False),
        ([(Op.STORE, ".name"), (Op.STORE, ".task"), (Op.LOAD, ".task"), (Op.LOAD, ".name")], True),
        ([(Op.STORE, ".name"), (Op.STORE, ".task"), (Op.LOAD, ".name")], False),
        ([(Op.STORE, ".name"), (Op.TEXT, ""), (Op.LOAD, ".time")], True),
        ([(Op.LOAD, ".name"), (Op.STORE, "'time"), (Op.LOAD, "")], True),
    ],
)
def test_attributes_on_a_way(steps: list[tuple[Op, str]], expected: bool) -> None:
    graph, path = _way(*steps)
    assert (torn_at(graph, path) < 0) is expected
