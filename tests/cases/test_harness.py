"""Is a case judged strictly: nothing missing, nothing extra, no forgotten gap, no expectation that nobody reads?"""

from __future__ import annotations

from pathlib import Path

import pytest

from sst_lint.testing import Case, MalformedCase, find_cases, judge, load_case, main

CODE = """\
import json
import os


def save(folder, target):
    with open("out.json", "w") as file:  # {write}
        json.dump(os.listdir(folder), file)  # {order}
    print("# expect: SST402")


def show(folder):
    print(len(os.listdir(folder)))  # {fine}
"""


def case(tmp_path: Path, write: str = "", order: str = "", fine: str = "", extra: str = "") -> Case:
    file = tmp_path / "sample.py"
    file.write_text(extra + CODE.format(write=write, order=order, fine=fine))
    return load_case(file)


def verdicts(sample: Case) -> list[str]:
    return [f"{each.line} {str(each).partition(': ')[2].splitlines()[0]}" for each in judge(sample)]


def test_what_holds_is_silent(tmp_path: Path) -> None:
    assert verdicts(case(tmp_path, "expect: SST101", "expect: SST201", "ok: SST201")) == []


def test_only_the_rules_that_are_named_run(tmp_path: Path) -> None:
    assert verdicts(case(tmp_path, "", "expect: SST201")) == []


def test_missing_and_unexpected(tmp_path: Path) -> None:
    assert verdicts(case(tmp_path, "expect: SST101, SST101", "ok: SST201", "expect: SST201")) == [
        "6 SST101 is missing: expected 2, found 1",
        "7 SST201 is not expected: expected 0, found 1",
        "12 SST201 is missing: expected 1, found 0",
    ]


def test_known_gaps_hold_until_they_close(tmp_path: Path) -> None:
    assert verdicts(case(tmp_path, "", "todo-ok: SST201", "todo-expect: SST201")) == []
    assert verdicts(case(tmp_path, "", "todo-expect: SST201", "todo-ok: SST201")) == [
        "7 SST201 is found: `todo-expect` is `expect` now",
        "12 SST201 is no longer found: `todo-ok` is `ok` now",
    ]


def test_a_rule_that_does_not_exist_yet(tmp_path: Path) -> None:
    assert verdicts(case(tmp_path, "todo-expect: SST999", "", "ok: SST999")) == []
    assert verdicts(case(tmp_path, "expect: SST999")) == ["6 SST999 is missing: expected 1, found 0"]


def test_what_cannot_be_read_is_a_finding_too(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text("x = 1  # ok: SST201\ny = (\n")
    assert [each.rule for each in judge(load_case(tmp_path / "sample.py"))] == ["SST900"]


def test_options_are_those_of_the_command(tmp_path: Path) -> None:
    sample = case(tmp_path, "expect: SST101", extra="# options: --ignore SST101\n")
    assert verdicts(sample) == ["7 SST101 is missing: expected 1, found 0"]
    with pytest.raises(MalformedCase, match="No such option"):
        judge(case(tmp_path, "expect: SST101", extra="# options: --wrong\n"))


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("", "says nothing about what must be found"),
        ("expects: SST201", "is no expectation"),
        ("expect SST201", "says nothing"),
        ("expect: unsorted-listing", "is no rule code"),
        ("ok: SST201 # expect: SST201", "is both `ok` and `expect`"),
    ],
)
def test_what_is_malformed(tmp_path: Path, comment: str, message: str) -> None:
    with pytest.raises(MalformedCase, match=message):
        case(tmp_path, order=comment)


def test_folders_are_projects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "linking" / "two"
    project.mkdir(parents=True)
    (project / "names.py").write_text(
        "import os\n\n\ndef names(folder):\n    return os.listdir(folder)  # expect: SST201\n"
    )
    (project / "save.py").write_text(
        'from names import names\n\n\ndef save(folder):\n    open("a.csv", "w").write("".join(names(folder)))\n'
    )
    (tmp_path / "listings").mkdir()
    (tmp_path / "listings" / "one.py").write_text("x = 1  # expect: SST201\n")
    assert [each.name for each in find_cases(tmp_path)] == ["linking/two", "listings/one.py"]
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out == (
        "listings/one.py:1: SST201 is missing: expected 1, found 0\n1 of 2 cases hold; 1 places differ\n"
    )
    assert main([str(tmp_path), "two"]) == 0
    assert main([]) == 2


def test_what_is_no_folder_of_cases_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    family = tmp_path / "listings"
    family.mkdir()
    (family / "one.py").write_text("x = 1  # expects: SST201\n")
    assert main([str(family / "one.py")]) == 2
    assert (
        capsys.readouterr().err
        == f"{family / 'one.py'}: no folder of cases; name one, and words of the cases after it\n"
    )
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
