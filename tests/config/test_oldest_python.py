"""Which Python is the oldest that a project runs on, by its packaging metadata?"""

from __future__ import annotations

from pathlib import Path

import pytest

from sst_lint.config import load_config
from sst_lint.config.python import oldest_python, parse_version

PROJECT = '[project]\nname = "tides"\nrequires-python = "{}"\n'
CLASSIFIED = '[project]\nname = "tides"\nclassifiers = ["Programming Language :: Python :: 3.{}"]\n'
POETRY = '[tool.poetry.dependencies]\npython = "{}"\n'
FLIT = '[tool.flit.metadata]\nrequires-python = "{}"\n'
CFG = "[options]\npython_requires = {}\n"
SETUP = 'from setuptools import setup\nsetup(name="tides", {})\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ""),
        ({"pyproject.toml": PROJECT.format(">=3.9")}, "3.9"),
        ({"pyproject.toml": PROJECT.format(">=3.5.2,<4")}, "3.5"),
        ({"pyproject.toml": PROJECT.format(">=2.7,!=3.0.*,!=3.1.*,<3.9")}, "2.7"),
        ({"pyproject.toml": PROJECT.format("~=3.8")}, "3.8"),
        ({"pyproject.toml": PROJECT.format("==3.11.*")}, "3.11"),
        ({"pyproject.toml": PROJECT.format(">3.5")}, "3.5"),
        ({"pyproject.toml": PROJECT.format("<4")}, ""),
        ({"pyproject.toml": PROJECT.format("three")}, ""),
        ({"pyproject.toml": "[project\n"}, ""),
        ({"pyproject.toml": "project = 3\n"}, ""),
        ({"pyproject.toml": POETRY.format("^3.6")}, "3.6"),
        ({"pyproject.toml": POETRY.format("~2.7 || ^3.5")}, "2.7"),
        ({"pyproject.toml": POETRY.format("*")}, ""),
        ({"pyproject.toml": FLIT.format(">=3.4")}, "3.4"),
        ({"pyproject.toml": CLASSIFIED.format(5)}, "3.5"),
        ({"pyproject.toml": "[build-system]\n", "setup.cfg": CFG.format(">=3.7")}, "3.7"),
        ({"setup.cfg": CFG.format("\n    >=2.7\n    !=3.0.*")}, "2.7"),
        ({"setup.cfg": "python_requires\n=>= broken ["}, ""),
        ({"setup.cfg": "[metadata]\nclassifiers =\n    Programming Language :: Python :: 3.4\n"}, "3.4"),
        ({"setup.py": SETUP.format("python_requires='>=3.6, <4'")}, "3.6"),
        ({"setup.py": SETUP.format('python_requires=(\n    ">=3.5"\n)')}, "3.5"),
        ({"setup.py": SETUP.format('classifiers=["Programming Language :: Python :: 2"]')}, "2.7"),
        ({"setup.py": SETUP.format('classifiers=["Programming Language :: Python :: 3"]')}, ""),
        ({"setup.py": SETUP.format('classifiers=["Programming Language :: Python :: 3 :: Only"]')}, ""),
        ({"setup.py": SETUP.format('classifiers="Programming Language :: Python :: 3.10"')}, "3.10"),
        (
            {
                "pyproject.toml": PROJECT.format(">=3.8"),
                "setup.py": SETUP.format('classifiers=["Programming Language :: Python :: 2.7"]'),
            },
            "3.8",
        ),
        ({"setup.py": "print 'hello'\nsetup(python_requires='>=2.6')\n"}, "2.6"),
    ],
)
def test_it_is_read_where_packages_say_it(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert oldest_python(tmp_path) == expected


def test_what_is_configured_counts_before_the_metadata(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(SETUP.format("python_requires='>=3.5'"))
    assert (load_config(tmp_path).target_version, load_config(tmp_path).keeps_key_order) == ("3.5", False)
    assert load_config(tmp_path).found == ("target_version",)
    (tmp_path / "sst-lint.toml").write_text('target-version = "3.6"\n')
    assert load_config(tmp_path).found == ()
    assert (load_config(tmp_path).target_version, load_config(tmp_path).keeps_key_order) == ("3.6", True)


def test_no_file_is_read_where_none_is_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(SETUP.format("python_requires='>=3.5'"))
    assert load_config(tmp_path, isolated=True).target_version == ""


def test_versions_are_numbers() -> None:
    assert parse_version("3.10") > parse_version("py39") > parse_version("2.7")
