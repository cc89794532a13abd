"""Does a search stay small where many keys of one mapping may be overwritten, or looked up again and again?"""

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


_NESTED = (
    "import json\n\n\ndef save(rows, out):\n    found = {'k0': {'k1': {'k2': {'k3': {'k4': list(set(rows))}}}}}\n"
    + "    while out.more():\n        if out.done():\n            found = found['k0']\n"
    + "".join(f"        elif out.at({n}):\n            found = found['k{n}']\n" for n in range(1, _KEYS))
    + "    json.dump(found, out)\n"
)


@pytest.mark.parametrize("text", [_TEXT, _NESTED], ids=["overwritten", "nested"])
def test_keys_do_not_multiply(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    made: list[int] = []
    run = reach.Search.run

    def counted(self: reach.Search) -> None:
        run(self)
        made.append(self.count)

    monkeypatch.setattr(reach.Search, "run", counted)
    units = tuple((unit, extract(unit)) for unit in split_units(text))
    project = link([FileFacts("a.py", units)], load_models(), Config())
    assert [found.kind for found in project.reaches()] == ["set"]
    assert max(made) < 50 * _KEYS
