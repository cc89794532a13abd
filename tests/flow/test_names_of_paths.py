"""Which names may a path have? Those that were put where it is taken from, told by the callers of its function."""

from __future__ import annotations

import textwrap

import pytest

from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.facts import extract
from sst_lint.flow import FileFacts, link
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
    units = split_units(textwrap.dedent(text))
    project = link([FileFacts("plant.py", tuple((unit, extract(unit)) for unit in units))], load_models(), Config())
    (write,) = project.writes()
    assert [named.shape for named in project.paths.of(write.path_node)] == shapes
