"""Do a team's own checks run like ours, and is one that cannot be used named instead of left out?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "acme_checks"


def installed(site: Path, target: str, name: str = "acme") -> Path:
    """A directory with the metadata of a package that offers ``target`` as own checks."""
    metadata = site / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[sst_lint.checks]\n{name} = {target}\n")
    return site


def run(site: Path, *words: str, also: Path | None = None) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (site, *([also] if also else []))))
    return subprocess.run(
        [sys.executable, *words], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


def test_the_example_package_runs_its_own_tests(tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(EXAMPLE)], check=True, capture_output=True)
    done = run(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "test_acme_checks.py"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(".")


def test_own_rules_are_selected_suppressed_and_printed_like_ours(tmp_path: Path) -> None:
    site = installed(tmp_path / "site", "acme_checks:CHECKS")
    case = tmp_path / "project"  # what stands in a directory of examples is quiet
    shutil.copytree(EXAMPLE / "fixtures" / "publishing" / "scattered", case)
    words = ["-m", "sst_lint", "check", str(case), "--isolated", "--select", "ACME001", "--format"]
    found = json.loads(run(site, *words, "json", also=EXAMPLE).stdout)["findings"]
    shown = [(Path(each["path"]).name, each["line"], each["suppressed"] is not None) for each in found]
    assert shown == [("report.py", 5, False), ("report.py", 10, True)]
    log = json.loads(run(site, *words, "sarif", also=EXAMPLE).stdout)
    rules = {rule["id"]: rule for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert rules["ACME001"]["shortDescription"]["text"] == "An artifact is written outside `publishing.py`."
    named = run(site, "-m", "sst_lint", "check", str(case), "--select", "artifact-outside-publishing", also=EXAMPLE)
    assert named.returncode == 1 and "ACME001" in named.stdout


RULE = "Rule({code!r}, {name!r}, 'stable', True, 'order', (), 'one line', 'what')"
HEAD = "from sst_lint import Defect, OwnCheck, Rule\n"


@pytest.mark.parametrize(
    ("module", "target", "message"),
    [
        ("import no_such_module\n", "own", "own checks `acme` (own): cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit(3)\n", "own", "cannot be imported: SystemExit: 3"),
        ("", "own:CHECKS", "cannot be imported: AttributeError"),
        ("CHECKS = 3\n", "own:CHECKS", "is no `OwnCheck` and no list of them"),
        (f"{HEAD}C = OwnCheck({RULE.format(code='SST777', name='x')}, list)\n", "own:C", "the code `SST777` is not"),
        (f"{HEAD}C = OwnCheck({RULE.format(code='ACME1', name='No Name')}, list)\n", "own:C", "the name `No Name` is"),
        (
            f"{HEAD}C = OwnCheck({RULE.format(code='ACME1', name='dict-order')}, list)\n",
            "own:C",
            "`dict-order` is taken",
        ),
        (f"{HEAD}C = [OwnCheck({RULE.format(code='ACME1', name='a')}, list)] * 2\n", "own:C", "`ACME1` is taken"),
        (
            f"{HEAD}C = OwnCheck({RULE.format(code='ACME1', name='a')}, lambda p: 1 / 0)\n",
            "own:C",
            "ACME1: failed: Zero",
        ),
        (f"{HEAD}C = OwnCheck({RULE.format(code='ACME1', name='a')}, lambda p: [3])\n", "own:C", "yielded 3, which is"),
    ],
)
def test_one_that_cannot_be_used_is_exit_2_with_its_name(
    tmp_path: Path, module: str, target: str, message: str
) -> None:
    site = installed(tmp_path / "site", target)
    (site / "own.py").write_text(module)
    (tmp_path / "a.py").write_text("x = 1\n")
    done = run(site, "-m", "sst_lint", "check", str(tmp_path / "a.py"))
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
