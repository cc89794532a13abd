"""Do the lines of the CI templates do what they say? Each is run by the shell that would run it, in a real project.

Not run: pip (its command is recorded), the actions that a workflow uses, the runners themselves.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from projects import FILES, LISTING, WRITE, repository, run, sst

import sst_lint

ROOT = Path(sst_lint.__file__).parent.parent
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")  # as GitHub's runner calls it
SH = ("sh", "-ec")


def template(name: str) -> str:
    return (files("sst_lint.adoption") / "templates" / name).read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with findings, and a `python` before the real one that only writes down what pip is asked for."""
    folder = repository(tmp_path / "project", FILES)
    stub = tmp_path / "bin" / "python"
    stub.parent.mkdir()
    asked = tmp_path / "pip.txt"
    stub.write_text(
        f'#!/bin/sh\n[ "$1 $2" = "-m pip" ] && {{ echo "$@" >> "{asked}"; exit 0; }}\nexec "{sys.executable}" "$@"\n',
        encoding="utf-8",
    )
    stub.chmod(0o755)
    command = stub.with_name("sst-lint")
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sst_lint "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return folder


def shell(folder: Path, words: tuple[str, ...], line: str, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder.parent / 'bin'}:/usr/bin:/bin"
    return run([*words, line], folder, PATH=path, **more)


def pip(folder: Path) -> list[str]:
    return (folder.parent / "pip.txt").read_text(encoding="utf-8").splitlines()


def sarif_places(file: Path) -> list[str]:
    (results,) = [each["results"] for each in json.loads(file.read_text(encoding="utf-8"))["runs"]]
    return [_place(each) for each in results]


def _place(result: dict[str, Any]) -> str:
    where = result["locations"][0]["physicalLocation"]
    region = where["region"]
    return f"{where['artifactLocation']['uri']}:{region['startLine']}:{region['startColumn']}: {result['ruleId']}"


def test_the_workflow_of_github(project: Path) -> None:
    workflow = yaml.safe_load(template("github.yml"))
    steps = workflow["jobs"]["sst-lint"]["steps"]
    install, check = [each["run"] for each in steps if "run" in each]
    assert shell(project, BASH, install).returncode == 0
    assert pip(project) == ["-m pip install --quiet --disable-pip-version-check sst-lint"]
    page = project.parent / "page.md"
    done = shell(project, BASH, check, GITHUB_STEP_SUMMARY=str(page))
    assert done.returncode == 1
    assert "::error file=app/listing.py,line=5" in done.stdout or "::warning file=app/listing.py,line=5" in done.stdout
    assert "SST201" in page.read_text(encoding="utf-8")
    (upload,) = [each for each in steps if "upload-sarif" in each.get("uses", "")]
    assert sarif_places(project / upload["with"]["sarif_file"]) == [LISTING, WRITE]
    assert "!cancelled()" in upload["if"] and upload["with"]["sarif_file"] in upload["if"]
    assert workflow["permissions"]["security-events"] == "write"


def test_the_composite_action(project: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    install, check, upload = action["runs"]["steps"]
    assert all(each["description"] for each in action["inputs"].values())
    assert shell(project, BASH, install["run"], GITHUB_ACTION_PATH="/actions/sst lint").returncode == 0
    assert pip(project) == ["-m pip install --quiet --disable-pip-version-check /actions/sst lint"]
    given = {name: each["default"] for name, each in action["inputs"].items()}
    done = shell(project, BASH, check["run"], **_environment(check["env"], given))
    assert done.returncode == 1 and sarif_places(project / given["sarif"]) == [LISTING, WRITE]
    more = {**given, "paths": "app/clean.py app/__init__.py", "arguments": "--select SST1 --exit-zero"}
    assert shell(project, BASH, check["run"], **_environment(check["env"], more)).returncode == 0
    assert sarif_places(project / given["sarif"]) == []
    assert "!cancelled()" in upload["if"] and "hashFiles(inputs.sarif)" in upload["if"]


def _environment(declared: dict[str, str], inputs: dict[str, str]) -> dict[str, str]:
    """What the runner would put into the environment of a step."""
    return {name: inputs[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in declared.items()}


def test_the_template_of_gitlab(project: Path) -> None:
    job = yaml.safe_load(template("gitlab.yml"))["sst-lint"]
    install, check = job["script"]
    assert shell(project, SH, install).returncode == 0 and len(pip(project)) == 1
    done = shell(project, SH, check)
    assert done.returncode == 1 and "app/listing.py:5:12: SST201" in done.stdout
    report = project / job["artifacts"]["reports"]["codequality"]
    assert [each["check_name"] for each in json.loads(report.read_text(encoding="utf-8"))] == ["SST201", "SST101"]
    assert job["artifacts"]["when"] == "always"


def test_the_script(project: Path) -> None:
    script = project / "ci" / "sst-lint.sh"
    assert sst(project, "init", "--ci", "script", "--yes", "--skip", "hook").returncode == 0
    assert script.read_text(encoding="utf-8") == template("script.sh")
    done = shell(project, ("sh", "-c"), "cd app && ../ci/sst-lint.sh")
    assert done.returncode == 1 and sarif_places(project / "sst-lint.sarif") == [LISTING, WRITE]
    assert len(pip(project)) == 1
    assert shell(project, ("sh", "-c"), "ci/sst-lint.sh --select SST4").returncode == 0
    (project / "sst-lint.toml").write_text("nothing = 1\n", encoding="utf-8")
    assert shell(project, ("sh", "-c"), "ci/sst-lint.sh").returncode == 2


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml", "script.sh"])
def test_what_was_not_tried_is_said(name: str) -> None:
    assert "Not tried there" in template(name) or "but for" in template(name)
