"""What becomes of a caught error, and which clauses does the configuration's own error policy handle?"""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.facts import extract
from sst_lint.flow import FileFacts, Project, link
from sst_lint.source import split_units


def linked(files: dict[str, str], config: Config | None = None) -> Project:
    facts = []
    for path, text in sorted(files.items()):
        units = split_units(textwrap.dedent(text))
        facts.append(FileFacts(path, tuple((unit, extract(unit)) for unit in units)))
    return link(facts, load_models(), config or Config())


FATES = [
    ("log.warning('x: %s', error)", {"calls", "logged"}),
    ("log.warning('x')", {"calls"}),
    ("log.exception('x')", {"calls", "logged"}),
    ("log.error('x', exc_info=True)", {"calls", "logged"}),
    ("return error", {"handed", "whole"}),
    ("return None, error", {"handed", "whole"}),
    ("return str(error)", {"handed"}),
    ("self.error = error", {"handed", "whole"}),
    ("future.set_exception(error)", {"handed", "whole"}),
    ("errors.append(f'{error}')", {"handed"}),
    ("errors.append(traceback.format_exc())", {"handed"}),
    ("errors.append(RuntimeError(str(error)))", {"handed", "whole"}),
    ("if error.errno == 2: return", {"examined"}),
    ("told(error)", {"calls", "logged"}),
    ("decided(error)", {"calls", "logged", "policy"}),
    ("shown()", {"handed"}),
    ("sys.exit(1)", {"exits"}),
    ("refused()", {"exits"}),
    ("sys.exit(str(error))", {"exits", "handed"}),
    ("pass", set()),
    ("count += 1", set()),
]


@pytest.mark.parametrize(("body", "expected"), FATES, ids=[body for body, _ in FATES])
def test_the_fate_of_an_error(body: str, expected: set[str]) -> None:
    text = f"""
import logging, sys, traceback
log = logging.getLogger(__name__)

def told(problem):
    log.warning("failed: %s", problem)

def decided(problem, strict=False):
    log.warning("failed: %s", problem)
    if strict:
        raise problem

def shown():
    sys.stdout.write(str(sys.exc_info()[1]))

def refused():
    raise SystemExit(1)

def work(self, step, future, errors, count):
    try:
        step()
    except Exception as error:
        {body}
"""
    (info,) = linked({"pkg/work.py": text}).handlers()
    fate = info.fate
    found = {
        name for name in ("calls", "logged", "handed", "whole", "examined", "policy", "exits") if getattr(fate, name)
    }
    assert found == expected


@pytest.mark.parametrize("path", ["acme/errors.py", "src/acme/errors.py"])
def test_the_helper_of_the_configuration_is_a_policy(path: str) -> None:
    files = {
        path: "def handled(error, fallback):\n    return fallback\n",
        path.replace("errors", "work"): """
            from acme.errors import handled

            def work(step):
                try:
                    return step()
                except Exception as error:
                    return handled(error, None)
            """,
    }
    helpers = (("handle_error_with_policy", "acme.errors:handled(error, fallback)"),)
    (info,) = linked(files, replace(Config(), helpers=helpers)).handlers()
    assert info.fate.policy
    (info,) = linked(files).handlers()
    assert not info.fate.policy
