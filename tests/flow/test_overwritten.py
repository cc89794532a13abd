"""Does a search stay small where many keys of one mapping may be overwritten, each by itself?"""

from __future__ import annotations

import pytest

from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.facts import extract
from sst_lint.flow import FileFacts, link, reach
from sst_lint.source.units import split_units

_KEYS = 16
_TEXT = (
    "import json\n\n\ndef save(rows, given, out):\n    found = {}\n    found['rows'] = list(set(rows))\n"
    + "".join(f"    if 'k{n}' in given:\n        found['k{n}'] = given['k{n}']\n" for n in range(_KEYS))
    + "    json.dump(found, out)\n"
)


def test_keys_that_may_be_overwritten_do_not_multiply(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    run = reach.Search.run

    def counted(self: reach.Search) -> None:
        run(self)
        made.append(self.count)

    monkeypatch.setattr(reach.Search, "run", counted)
    units = tuple((unit, extract(unit)) for unit in split_units(_TEXT))
    project = link([FileFacts("a.py", units)], load_models(), Config())
    assert [found.kind for found in project.reaches()] == ["set"]
    assert max(made) < 50 * _KEYS
