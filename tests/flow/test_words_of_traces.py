"""Does a trace speak of order where an order goes along it, of the value where it is one, of who hands over a path?"""

from __future__ import annotations

import textwrap

from sst_lint import checks
from sst_lint.catalogue import load_models
from sst_lint.checks.defect import Defect
from sst_lint.config import Config
from sst_lint.facts import extract
from sst_lint.flow import FileFacts, link
from sst_lint.source import split_units

TEXT = """
    import hashlib
    import time

    def key(names: set[str]) -> str:
        now = time.time()
        stamp = f"made {now}"
        text = ",".join(names)
        return hashlib.sha256(stamp.encode()).hexdigest() + hashlib.sha256(text.encode()).hexdigest()
    """

UPDATE = """
    import json

    def remember(place, key, value):
        with open(place) as handle:
            known = json.load(handle)
        known[key] = value
        with open(place, "w") as handle:
            json.dump(known, handle)

    def sold(item):
        remember("stock.json", item, 0)
    """

TEMPORARY = """
    import json
    import os

    def temporary(path):
        return f"{path}.{os.getpid()}.tmp"

    def save(data):
        beside = temporary("data.json")
        with open(beside, "w") as handle:
            json.dump(data, handle)
        os.rename(beside, "data.json")

    def write(beside, more):
        with open(beside, "w") as handle:
            json.dump(more, handle)

    def save_more(more):
        beside = temporary("more.json")
        write(beside, more)
        os.rename(beside, "more.json")
    """

CHOICES = """
    import glob
    import os

    def newest(folder):
        logs = glob.glob(folder)

        if logs:
            return max(logs, key=os.path.getctime)

    def first_other(words, known):
        others = set(words)

        others = others - known

        return (
            "x" + others.pop()
        )
    """


def _found(text: str) -> dict[str, list[str]]:
    """The words of each trace, by rule."""
    return {defect.rule: [step.message for step in defect.trace] for defect in _defects(text)}


def _defects(text: str) -> list[Defect]:
    units = split_units(textwrap.dedent(text))
    file = FileFacts("key.py", tuple((unit, extract(unit)) for unit in units))
    return list(checks.run(link([file], load_models(), Config()), Config()))


def test_values_become_part_of_a_text_and_sets_give_it_an_order() -> None:
    told = _found(TEXT)
    assert told["SST301"] == ["`time.time` reads the clock", "becomes part of a text", "reaches a digest"]
    assert told["SST202"] == ["a set is made here", "rendered as text in this order", "digested"]


def test_an_update_without_a_lock_says_who_hands_over_the_path() -> None:
    assert _found(UPDATE)["SST110"] == ["hands over the path", "read here", "written back here"]


def test_the_way_to_a_choice_ends_where_it_is_made() -> None:
    found = {defect.rule: defect for defect in _defects(CHOICES)}
    assert found.keys() == {"SST205", "SST206"}
    for defect in found.values():
        assert [defect.trace[-1].path, defect.trace[-1].line] == [defect.location.path, defect.location.line]
        assert defect.trace[0].line < defect.trace[-1].line


def test_a_protocol_tells_of_its_own_writes_though_all_names_come_from_one_function() -> None:
    traces = [[step.function for step in each.trace] for each in _defects(TEMPORARY) if each.rule == "SST102"]
    assert traces == [[], ["write", "save_more"]]
