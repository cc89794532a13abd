"""Is the ``fixed`` example of a rule what the fix makes of the ``bad`` one?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sst_lint.catalogue import Rule, load_rules
from sst_lint.catalogue.rule import Example
from sst_lint.fixes.helpers import helpers_of, may_import
from sst_lint.fixes.plan import FIXERS
from tests.fixes.fixing import run

EXAMPLES = [(rule, each) for rule in load_rules() for each in rule.examples if each.fixed and rule.code in FIXERS]
_EXPECTATION = re.compile(r"  # (?:expect|ok): .*")


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda each: getattr(each, "code", ""))
def test_the_fixed_example_is_what_the_fix_makes(rule: Rule, example: Example, tmp_path: Path) -> None:
    (tmp_path / "sst-lint.toml").write_text("")
    (tmp_path / "module.py").write_text(_EXPECTATION.sub("", example.bad))
    assert run(tmp_path, select=(rule.code,)).after["module.py"].decode() == example.fixed


def test_a_package_of_its_own_does_not_import_the_helpers_of_another(tmp_path: Path) -> None:
    for package in ("acme/_sst", "acme", "core/acme_core"):
        (tmp_path / package).mkdir(parents=True, exist_ok=True)
        (tmp_path / package / "__init__.py").write_text("")
    helpers = helpers_of("acme._sst")
    assert may_import(tmp_path, "acme/a.py", helpers)
    assert may_import(tmp_path, "scripts/a.py", helpers, "import acme.tables\n")
    assert not may_import(tmp_path, "scripts/a.py", helpers, "import acmelike\n")
    assert may_import(tmp_path, "a.py", helpers)
    assert not may_import(tmp_path, "setup.py", helpers)
    assert not may_import(tmp_path, "core/acme_core/a.py", helpers)
    assert may_import(tmp_path, "core/acme_core/a.py", helpers_of("elsewhere.io"))


def test_functions_of_the_project_are_used_where_their_parameters_fit() -> None:
    table = (("atomic_open", "acme.io:open_whole(path, mode)"), ("write_atomic_text", "acme.io:save(text, path)"))
    assert {name: (each.module, each.name) for name, each in helpers_of(table).items()} == {
        "atomic_open": ("acme.io", "open_whole")
    }
