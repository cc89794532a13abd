"""Does a trace name every set whose order shows at one place, and no set that does not come there?"""

from __future__ import annotations

import textwrap

from sst_lint import checks
from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.facts import extract
from sst_lint.flow import FileFacts, link
from sst_lint.source import split_units

TWO_CALLERS = """
    import sys
    from pathlib import Path

    def check(layers, names=None):
        if names is None:
            names = {name for layer in layers for name in layer}
        return [name for name in names if any(name not in layer for layer in layers)]

    def report(argv, layers):
        chosen = set(argv[1].split())
        seen = {len(layer) for layer in layers}
        print(max(seen))
        Path("missing.txt").write_text("\\n".join(check(layers, chosen)))

    def sorted_report(argv, layers):
        chosen = sorted(set(argv[1].split()))
        Path("missing.txt").write_text("\\n".join(check(layers, chosen)))
    """


def lines_of(text: str) -> list[list[int]]:
    units = split_units(textwrap.dedent(text))
    file = FileFacts("report.py", tuple((unit, extract(unit)) for unit in units))
    found = checks.run(link([file], load_models(), Config()), Config())
    return [[step.line for step in defect.trace] for defect in found if defect.rule == "SST202"]


def test_sets_of_callers_are_named_beside_the_default() -> None:
    assert lines_of(TWO_CALLERS) == [[7, 11, 8, 14]]


def test_one_set_has_one_place() -> None:
    assert lines_of(TWO_CALLERS.replace("check(layers, chosen)", "check(layers)")) == [[7, 8, 14]]
