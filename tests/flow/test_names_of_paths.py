"""Which names may a path have? Those that were put where it is taken from, told by the callers of its function."""

from __future__ import annotations

import textwrap

import pytest

from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.facts import extract
from sst_lint.flow import FileFacts, Project, link
from sst_lint.source import split_units

FIELDS = """
    class Plant:
        def __init__(self, home):
            self.log = home + "/plant.log"
            self.table = home + "/water.csv"

    def save(plant, text):
        with open(plant.table, "w") as handle:
            handle.write(text)

    save(Plant("var"), "wet")
    """
KEYS = """
    def save(names, text):
        with open(names["table"], "w") as handle:
            handle.write(text)

    save({"log": "plant.log", "table": "water.csv"}, "wet")
    """
WRAPPED = """
    def told(function):
        def inner(*args, **kwargs):
            print(function.__name__)
            return function(*args, **kwargs)
        return inner

    @told
    def note(path, text):
        print(path, text)

    @told
    def save(path, text):
        with open(path, "w") as handle:
            handle.write(text)

    note("plant.log", "begun")
    save("water.csv", "wet")
    """
GIVEN_BEFORE = """
    import os

    def prepare(folder):
        os.makedirs(folder, exist_ok=True)

    def save(folder, text):
        prepare(folder)
        with open(os.path.join(folder, "water.csv"), "w") as handle:
            handle.write(text)
    """

ONE_OF_SEVERAL = """
    def save(place, text, packed, noted):
        path = place()
        if packed:
            path = path + ".gz"
        if noted:
            path = "water.log"
        with open(path, "w") as handle:
            handle.write(text)
    """
ALL_ALIKE = """
    def save(text, long):
        path = "water_of_the_year.log" if long else "water.log"
        with open(path, "w") as handle:
            handle.write(text)
    """


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        (FIELDS, ["{home}/water.csv"]),
        (KEYS, ["water.csv"]),
        (WRAPPED, ["water.csv"]),
        (GIVEN_BEFORE, ["{folder}/water.csv"]),
    ],
)
def test_a_path_has_the_names_of_its_own_place(text: str, shapes: list[str]) -> None:
    project = _project(text)
    (write,) = project.writes()
    assert [named.shape for named in project.paths.of(write.path_node)] == shapes


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        (ONE_OF_SEVERAL, "artifact", "path may end in '.gz'"),
        (ALL_ALIKE, "log", "'water_of_the_year.log' matches the configured patterns"),
    ],
)
def test_what_holds_on_some_ways_only_makes_no_log(text: str, kind: str, why: str) -> None:
    (write,) = _project(text).writes()
    assert (write.kind.kind, write.kind.why) == (kind, why)


def _project(text: str) -> Project:
    units = split_units(textwrap.dedent(text))
    return link([FileFacts("plant.py", tuple((unit, extract(unit)) for unit in units))], load_models(), Config())
