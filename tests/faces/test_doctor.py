"""Does ``sst-lint doctor`` say what holds, where it comes from, and what is to be mended?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from projects import FILES, git, repository, sst, write

CONFIGURATION = """\
select = ["SST1", "SST2"]
ignore = ["SST205"]
extend-select = ["ambiguous-sort"]
extend-exclude = ["gen/"]

[per-path."app/**"]
extend-ignore = ["SST20"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {name: text for name, text in FILES.items() if name != "pyproject.toml"}
    return repository(tmp_path / "project", {**files, "sst-lint.toml": CONFIGURATION})


def told(folder: Path, *words: str, code: int = 0) -> dict[str, dict[str, str]]:
    done = sst(folder, "doctor", *words, "--format", "json")
    assert done.returncode == code, done.stdout + done.stderr
    record: dict[str, Any] = json.loads(done.stdout)
    assert bool(record["problems"]) is (code == 1)
    sections = {each["title"].partition(" at ")[0]: dict(each["rows"]) for each in record["sections"]}
    return {**sections, "To mend": dict.fromkeys(record["problems"], "")}


def test_configuration_and_where_it_comes_from(project: Path) -> None:
    rows = told(project)["Configuration"]
    assert rows["read from"] == "sst-lint.toml"
    assert rows["select"] == "[SST1, SST2] (from sst-lint.toml; default: [DEFAULT])"
    assert rows["per-path 'app/**'"] == "extend-ignore = [SST20] (from sst-lint.toml)"
    assert "min-confidence" not in rows


def test_what_the_packaging_metadata_tell(project: Path) -> None:
    (project / "setup.py").write_text("from setuptools import setup\nsetup(python_requires='>=3.5')\n")
    rows = told(project)["Configuration"]
    assert rows["target-version"] == "3.5 (from the packaging metadata; default: none)"


def test_each_rule_with_its_reason(project: Path) -> None:
    rows = told(project)["Rules"]
    assert rows["SST101 non-atomic-write"] == "on   select has `SST1`"
    assert rows["SST205 first-match-choice"] == "off  ignore has `SST205`"
    assert rows["SST207 ambiguous-sort"] == "on   extend-select has `ambiguous-sort`"
    assert rows["SST402 silent-except"] == "off  select has no `SST402`"
    assert rows["SST900 unreadable-source"] == "on   always on"
    inside = told(project, "app/listing.py")["Rules"]
    assert inside["SST201 unsorted-listing"] == "off  extend-ignore has `SST20` (per-path 'app/**')"
    assert inside["SST207 ambiguous-sort"] == "on   extend-select has `ambiguous-sort`"
    assert inside["SST101 non-atomic-write"] == "on   select has `SST1`"
    write(project, {"sst-lint.toml": ""})
    rows = told(project)["Rules"]
    assert rows["SST207 ambiguous-sort"] == "off  off by default: `extend-select` turns it on"
    assert rows["SST101 non-atomic-write"] == "on   on by default"


def test_scripts_are_checked_or_the_reason_is_told(project: Path) -> None:
    write(project, {"bin/tool": "#!/usr/bin/env python3\n", "bin/notes": "no code\n"})
    assert not {"bin/tool", "bin/notes"} & told(project)["Files"].keys()
    write(project, {"sst-lint.toml": "scripts = false\n"})
    rows = told(project)["Files"]
    assert rows["bin/tool"] == "left out: scripts are not checked"
    assert "bin/notes" not in rows


def test_files_that_are_left_out_or_not_read(project: Path) -> None:
    write(project, {"gen/a.py": "", "local/b.py": "", ".gitignore": "local/\n", "app/broken.py": "def f(:\n"})
    done = told(project, code=1)
    rows = done["Files"]
    assert rows["checked"].startswith("4 files, ")
    assert rows["gen/"] == "left out: extend-exclude has `gen/`"
    assert rows["local/"] == "left out: .gitignore"
    assert rows[".git/"] == "left out: exclude has `.*/`"
    assert rows["app/broken.py"].startswith("not read: line 1: cannot be parsed")
    assert any(each.startswith("app/broken.py is not checked") for each in done["To mend"])
    assert told(project, "gen/a.py", code=1)["Files"]["gen/a.py"] == "left out: gen/: extend-exclude has `gen/`"


def test_what_the_configuration_names_and_is_not_there(project: Path) -> None:
    named = 'helpers = "app._sst"\nbaseline = "known.jsonl"\n[matrices]\nwrites = "WRITES.md"\n'
    write(project, {"sst-lint.toml": named})
    problems = list(told(project, code=1)["To mend"])
    assert [each.partition(" ")[0] for each in problems] == ["helpers:", "known.jsonl:", "WRITES.md"]
    assert sst(project, "vendor", "app/_sst").returncode == 0
    (project / "app/_sst/order.py").write_text("", encoding="utf-8")
    rows = told(project, code=1)["Helpers"]
    assert rows["all"] == "app._sst, found" and rows["copy"] == "edited: order.py was edited"


def test_own_helpers(project: Path) -> None:
    write(
        project,
        {"sst-lint.toml": '[helpers]\natomic_open = "app.clean:twice(path, mode)"\natomic_path = "app.gone:f"\n'},
    )
    rows = told(project, code=1)["Helpers"]
    assert rows == {"atomic_open": "app.clean:twice(path, mode), found", "atomic_path": "app.gone:f, not there"}


def test_other_tools(project: Path) -> None:
    assert told(project)["Other tools"] == {"pre-commit": "no .pre-commit-config.yaml"}
    write(project, {".pre-commit-config.yaml": "repos: []  # sst-lint\n", "ruff.toml": 'lint.select = ["ALL"]\n'})
    rows = told(project, code=1)
    assert "not installed in this clone" in rows["Other tools"]["pre-commit"]
    assert any('ruff.toml: `lint.external = ["SST"]` is missing' in each for each in rows["To mend"])
    write(project, {"ruff.toml": 'lint.select = ["ALL"]\nlint.external = ["SST"]\n', ".git/hooks/pre-commit": ""})
    rows = told(project)
    assert rows["Other tools"]["ruff"] == "ruff.toml: leaves our codes alone"
    assert rows["Other tools"]["pre-commit"].endswith("installed")
    write(project, {"ruff.toml": 'lint.select = ["E", "F"]\n'})
    told(project)


def test_the_root_and_why(project: Path, tmp_path: Path) -> None:
    assert told(project / "app")["Project"]["root"] == f"{project} (sst-lint.toml configures it)"
    (project / "sst-lint.toml").unlink()
    assert told(project / "app")["Project"]["root"] == f"{project} (it holds `.git`)"
    plain = write(tmp_path / "plain", {"a.py": ""})
    assert "no repository" in told(plain)["Project"]["root"]
    told(write(tmp_path / "empty", {"a.txt": ""}), code=1)


def test_a_configuration_that_is_wrong(project: Path) -> None:
    write(project, {"sst-lint.toml": "nothing = 1\n"})
    done = sst(project, "doctor")
    assert done.returncode == 2 and done.stdout.startswith("Versions\n")
    assert done.stderr == "sst-lint: error: sst-lint.toml: unknown key 'nothing'\n"
    assert sst(project, "doctor", "gone").returncode == 2


def test_a_repository_without_commits(tmp_path: Path) -> None:
    folder = repository(tmp_path / "fresh", {"a.py": "x = 1\n"}, commit=False)
    assert told(folder)["Files"]["checked"] == "1 files, 1 lines"
    assert git(folder, "status", "--short") == "?? a.py"
