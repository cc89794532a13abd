"""Does the road hold together: what one unit breaks stays one finding, and several projects stay apart?"""

from __future__ import annotations

import pytest

from sst_lint import facts
from sst_lint.engine import Failures, extract_all
from sst_lint.source.records import Source, Unit


def source(path: str, *texts: str) -> Source:
    units = tuple(Unit(f"u{n}", 0, "function", 10 * n + 1, text, "") for n, text in enumerate(texts))
    return Source(path, "", "utf-8", units, ())


def test_an_internal_error_in_one_unit_is_noted_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    real = facts.extract

    def broken(unit: Unit) -> facts.UnitFacts:
        if "boom" in unit.text:
            raise KeyError("boom")
        return real(unit)

    monkeypatch.setattr(facts, "extract", broken)
    failures = Failures()
    good = "def f(x):\n    return x\n"
    (file,) = extract_all([source("a.py", good, "def boom(): pass\n", good)], failures)
    assert [len(unit_facts.nodes) > 2 for _, unit_facts in file.units] == [True, False, True]
    (finding,) = failures.files
    assert (finding.path, finding.line) == ("a.py", 11)
    assert "internal error in u1: KeyError: 'boom'; please report" in finding.message
    assert failures.problems == [f"a.py:11: {finding.message}"]


def test_what_libcst_cannot_parse_is_a_finding_with_its_line() -> None:
    failures = Failures()
    extract_all([source("a.py", "x = 1\n", "def f():\n    return = x\n")], failures)
    (finding,) = failures.files
    assert (finding.line, failures.problems) == (12, [])
    assert finding.message == "u1 cannot be parsed, so it was not checked"


def test_deep_expressions_are_no_failure() -> None:
    failures = Failures()
    text = "def f(x):\n    return " + " + ".join(["x"] * 2000) + "\n"
    nested = "def f(x):\n    return " + "(" * 500 + "x" + ")" * 500 + "\n"
    extract_all([source("a.py", text, nested)], failures)
    assert failures.files == []
