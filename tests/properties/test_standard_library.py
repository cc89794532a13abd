"""Does the tool live through real code: a sample of the standard library, linked as one project?

``make corpus`` does the same with all of it and with everything that is installed.
"""

from __future__ import annotations

import hashlib
import sysconfig
from pathlib import Path

import pytest

from sst_lint import checks
from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.engine import Failures, extract_all
from sst_lint.flow import FileFacts, Project, link
from sst_lint.source import Source, Unreadable, read

LIBRARY = Path(sysconfig.get_path("stdlib"))
SHARE = 8  #: of 256
LARGE = 200_000  #: bytes


def sampled(file: Path) -> bool:
    """Whether a file is of the sample: its name decides, so that the sample is the same on every machine."""
    name = file.relative_to(LIBRARY).as_posix()
    return hashlib.sha256(name.encode()).digest()[0] < SHARE and file.stat().st_size < LARGE


FILES = sorted(
    file for file in LIBRARY.rglob("*.py") if not {"site-packages", "dist-packages"} & {*file.parts} and sampled(file)
)


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    """The files that can be read."""
    results = [read(file.relative_to(LIBRARY).as_posix(), LIBRARY, Config()) for file in FILES]
    wrong = [each for each in results if isinstance(each, Unreadable) and compiles(LIBRARY / each.path)]
    assert not wrong, "the interpreter reads them"
    return [each for each in results if isinstance(each, Source)]


def compiles(file: Path) -> bool:
    """Whether the interpreter itself takes the file."""
    try:
        compile(file.read_bytes(), file.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


@pytest.fixture(scope="module")
def facts(sources: list[Source]) -> list[FileFacts]:
    failures = Failures()
    files = extract_all(sources, failures)
    assert failures.problems == [] and failures.files == []
    return files


@pytest.fixture(scope="module")
def project(facts: list[FileFacts]) -> Project:
    return link(facts, load_models(), Config())


def test_units_are_read(facts: list[FileFacts]) -> None:
    assert len(FILES) > 20
    assert sum(len(file.units) for file in facts) > 500


def test_checks_run(project: Project) -> None:
    lines = {file.path: (LIBRARY / file.path).read_bytes().count(b"\n") + 1 for file in project.world.files}
    found = checks.run(project, Config())
    assert len({defect.rule for defect in found}) > 4
    for defect in found:
        for path, line in ((defect.location.path, defect.location.line), *((s.path, s.line) for s in defect.trace)):
            assert 0 < line <= lines[path], defect
        assert defect.location.column > 0 and defect.message


def test_the_order_of_files_does_not_matter(facts: list[FileFacts]) -> None:
    first = checks.run(link(facts, load_models(), Config()), Config())
    second = checks.run(link(reversed(facts), load_models(), Config()), Config())
    assert first == second
