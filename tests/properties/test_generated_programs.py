"""Does every program that parses go all the way, units, facts, link, checks, without a crash, to the same result?"""

from __future__ import annotations

from functools import cache

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from programs import programs

from sst_lint import checks
from sst_lint.catalogue import load_models
from sst_lint.catalogue.model import Library
from sst_lint.config import Config
from sst_lint.engine import Failures, extract_all
from sst_lint.flow import Project, link
from sst_lint.source import Source, SyntaxProblem, split_units

CONFIG = Config()
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


@cache
def models() -> tuple[Library, ...]:
    return load_models()


def linked(texts: dict[str, str]) -> Project:
    """The project of these files; nothing may fail on the way, but what is no Python is not meant."""
    try:
        sources = [Source(path, text, "utf-8", split_units(text), ()) for path, text in texts.items()]
    except SyntaxProblem:
        reject()
    failures = Failures()
    files = extract_all(sources, failures)
    assert failures.problems == []
    return link(files, models(), CONFIG)


@given(st.lists(programs(), min_size=1, max_size=2))
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=SLOW, database=None)
def test_a_program_goes_all_the_way(texts: list[str]) -> None:
    files = {f"pkg/{name}.py": text for name, text in zip("ab", texts)}
    found = checks.run(linked(files), CONFIG)
    assert found == checks.run(linked(dict(reversed(files.items()))), CONFIG)
    for defect in found:
        assert 0 < defect.location.line <= files[defect.location.path].count("\n") + 1
