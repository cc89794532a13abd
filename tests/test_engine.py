"""Does the road hold together: what one unit breaks stays one finding, and several projects stay apart?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sst_lint import facts
from sst_lint.catalogue import load_rules
from sst_lint.checks import checks
from sst_lint.engine import Failures, Options, check, extract_all
from sst_lint.findings import Report
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


def test_what_only_the_compiler_refuses_is_no_internal_error() -> None:
    failures = Failures()
    extract_all([source("a.py", "try: pass\nexcept: pass\nexcept A: pass\n")], failures)
    (finding,) = failures.files
    assert (finding.line, failures.problems) == (1, [])
    assert "bare except: handler must be the last one" in finding.message


def test_deep_expressions_are_no_failure() -> None:
    failures = Failures()
    text = "def f(x):\n    return " + " + ".join(["x"] * 2000) + "\n"
    nested = "def f(x):\n    return " + "(" * 500 + "x" + ")" * 500 + "\n"
    extract_all([source("a.py", text, nested)], failures)
    assert failures.files == []


LISTING = """\
import json
from pathlib import Path


def names(root):
    return [p.name for p in Path(root).glob("*.json")]
"""
SAVING = """\
import json
from pkg.names import names


def save(root):
    with open("manifest.json", "w") as handle:
        json.dump(names(root), handle)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose listing stands in one module and whose write stands in another."""
    for name, text in (
        ("__init__", ""),
        ("names", LISTING),
        ("saving", SAVING),
        ("other", "try:\n    x = 1\nexcept:\n    x = 2\n"),
    ):
        (tmp_path / "pkg").mkdir(exist_ok=True)
        (tmp_path / "pkg" / f"{name}.py").write_text(text)
    (tmp_path / "sst-lint.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def places(report: Report) -> list[str]:
    return [f"{finding.path}:{finding.line}:{finding.rule}" for finding in report.findings]


def test_the_whole_road(project: Path) -> None:
    report = check([project])
    assert places(report) == ["pkg/names.py:6:SST201", "pkg/other.py:3:SST401", "pkg/saving.py:6:SST101"]
    assert (report.files, report.failing, report.exit_code, report.problems) == (4, 3, 1, ())
    assert report == check([Path()]) == check([project / "pkg", project])


def test_a_subset_gives_what_has_a_step_in_it(project: Path) -> None:
    whole = check([project])
    report = check([project / "pkg" / "saving.py"])
    assert places(report) == ["pkg/names.py:6:SST201", "pkg/saving.py:6:SST101"]
    assert report.files == 1
    assert [each for each in whole.findings if each.rule != "SST401"] == list(report.findings)
    assert places(check([project / "pkg" / "other.py"])) == ["pkg/other.py:3:SST401"]


def test_overrides_and_configuration(project: Path) -> None:
    assert places(check([project], Options(overrides={"select": ("SST4",)}))) == ["pkg/other.py:3:SST401"]
    (project / "sst-lint.toml").write_text('ignore = ["SST4"]\n[per-path."pkg/saving.py"]\nignore = ["SST1"]\n')
    assert places(check([project])) == ["pkg/names.py:6:SST201"]
    assert len(check([project], Options(isolated=True)).findings) == 3
    assert check([project], Options(overrides={"fail_on": "never"})).exit_code == 0


def test_what_cannot_be_done_does_not_stop_the_rest(project: Path) -> None:
    (project / "pkg" / "broken.py").write_text("x = (\n")
    report = check([project / "nothing.py", project])
    assert "pkg/broken.py:1:SST900" in places(report) and len(report.findings) == 4
    assert report.problems == (f"{project}/nothing.py: no such file or directory",)
    assert report.exit_code == 2


def test_several_projects_stay_apart(tmp_path: Path, project: Path) -> None:
    inner = project / "sub"
    inner.mkdir()
    (inner / "sst-lint.toml").write_text("selct = []")
    second = project / "two"
    second.mkdir()
    (second / "sst-lint.toml").write_text("")
    (second / "a.py").write_text("try:\n    x = 1\nexcept:\n    x = 2\n")
    report = check([second, project / "pkg" / "other.py", inner])
    assert places(report) == ["pkg/other.py:3:SST401", "two/a.py:3:SST401"]
    assert report.problems == ("sub: sst-lint.toml: unknown key 'selct'; did you mean 'select'?",)
    assert sorted(report.texts) == ["pkg/other.py", "two/a.py"]
    both = places(check([project, second]))
    assert len(both) == 4 and both.count("two/a.py:3:SST401") == 1


def test_nothing_to_check_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    report = check([tmp_path / "empty"])
    assert (report.exit_code, report.notes) == (0, ("empty: no Python files to check",))


def test_an_unknown_rule_is_one_problem(project: Path) -> None:
    report = check([project], Options(overrides={"select": ("SST99",)}))
    assert len(report.problems) == 1 and report.problems[0].startswith("select: unknown rule `SST99`; did you mean")
    (project / "sst-lint.toml").write_text('[per-path."x"]\nignore = ["bare-exept"]\n')
    assert "did you mean `bare-except`?" in check([project]).problems[0]


def test_own_models_of_a_project(project: Path) -> None:
    (project / "sst-lint.toml").write_text('[[models]]\nlibrary = "x"\nmodules = ["x"]\nsumary = ""\n')
    assert "unknown key `sumary`; did you mean `summary`?" in check([project]).problems[0]


def test_every_rule_has_its_check_and_every_check_its_rule() -> None:
    """What is about reading and about comments is found on the road itself."""
    on_the_road = {"SST900", "SST901", "SST902", "SST903"}
    assert {rule.code for rule in load_rules()} == {*checks(), *on_the_road}


def test_the_same_bytes_whatever_the_hash_seed(project: Path) -> None:
    runs = [
        subprocess.run(
            [
                sys.executable,
                "-m",
                "sst_lint",
                "check",
                "--format",
                "json",
                "--exit-zero",
                "--min-confidence",
                "low",
                *paths,
            ],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed, paths in (("1", ["."]), ("2", ["pkg/saving.py", ".", "pkg"]))
    ]
    assert runs[0] == runs[1] and runs[0].count(b"SST") > 3
