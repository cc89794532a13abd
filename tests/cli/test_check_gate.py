"""Does the gate hold in a repository: baseline, revisions, accepted findings, outputs? Is it clear when it cannot?"""

from __future__ import annotations

import io
import json
import os
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from sst_lint.cli import main

AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
BAD = "def {name}(p):\n    open('{name}.json', 'w').write(p)\n\n\n"


def sst(root: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in ``root``, in this process: the rules are read once."""
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.delenv("GITHUB_STEP_SUMMARY", raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        os.chdir(root)
        try:
            main(words)
        except SystemExit as done:
            return subprocess.CompletedProcess(words, int(str(done.code)), out.getvalue(), err.getvalue())
        finally:
            os.chdir(before)


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *AUTHOR, *words], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with four findings in two files, all in the baseline."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init")
    (root / "sst-lint.toml").write_text('select = ["SST101", "SST4", "SST9"]\nbaseline = "sst-baseline.jsonl"\n')
    (root / "a.py").write_text(BAD.format(name="one") + BAD.format(name="two"))
    (root / "m.py").write_text(
        "def guard():\n    try:\n        go()\n    except:\n        pass\n\n\n" + BAD.format(name="x")
    )
    assert sst(root, "baseline", "create").returncode == 0
    git(root, "add", ".")
    git(root, "commit", "-m", "gate")
    return root


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_what_was_there_passes_and_what_comes_does_not(project: Path) -> None:
    clean = sst(project, "check")
    assert (clean.returncode, clean.stderr) == (0, "")
    assert clean.stdout == "No findings in 2 files; 4 in the baseline.\n"
    edit(project / "a.py", "def two", BAD.format(name="new") + "def two")
    grown = sst(project, "check", "--format", "concise")
    assert grown.returncode == 1
    assert grown.stdout.startswith("a.py:6:5: SST101 ") and grown.stdout.count("\n") == 1
    assert sst(project, "baseline", "show").returncode == 1
    pruned = sst(project, "baseline", "prune")
    assert "1 new finding left as they are" in pruned.stderr and sst(project, "check").returncode == 1
    assert "1 added; 4 before, 5 now" in sst(project, "baseline", "update").stdout
    assert sst(project, "check").returncode == 0 and sst(project, "baseline", "show").returncode == 0


def test_moved_lines_and_renamed_functions_pass(project: Path) -> None:
    before = (project / "sst-baseline.jsonl").read_text()
    text = (project / "a.py").read_text()
    one, two = text[: text.index("def two")], text[text.index("def two") :]
    (project / "a.py").write_text("import os\n\n\n" + two + "X = 1\n\n\n" + one)
    assert sst(project, "check").returncode == 0
    sst(project, "baseline", "update")
    assert (project / "sst-baseline.jsonl").read_text() == before
    edit(project / "a.py", "def one", "def uno")
    renamed = sst(project, "check")
    assert renamed.returncode == 0 and "a.py one is a.py uno now" in renamed.stderr
    assert "moved  SST101 a.py one" in sst(project, "baseline", "show").stdout
    sst(project, "baseline", "prune")
    assert '"function": "uno"' in (project / "sst-baseline.jsonl").read_text()
    assert sst(project, "check").stderr == ""


def test_a_swap_in_one_function_is_refused(project: Path) -> None:
    edit(project / "a.py", "open('one.json', 'w')", "open('other.json', 'w')")
    edit(project / "m.py", "        go()\n", "        stop()\n")
    found = json.loads(sst(project, "check", "--format", "json").stdout)
    assert [(each["path"], each["rule"]) for each in found["findings"] if each["baseline"] == "new"] == [
        ("a.py", "SST101"),
        ("m.py", "SST401"),
    ]
    assert found["summary"]["fixed"] == 2


def test_fixed_findings_are_named_and_pruned(project: Path) -> None:
    (project / "a.py").write_text("X = 1\n")
    shrunk = sst(project, "check")
    assert shrunk.returncode == 0
    assert "2 entries have no finding any more; `sst-lint baseline prune` makes it smaller" in shrunk.stderr
    shown = json.loads(sst(project, "baseline", "show", "--format", "json").stdout)
    assert (shown["known"], [each["function"] for each in shown["fixed"]]) == (2, ["one", "two"])
    assert "2 entries taken out; 4 before, 2 now" in sst(project, "baseline", "prune").stdout
    assert sst(project, "check").stderr == ""


def test_two_branches_merge(project: Path) -> None:
    git(project, "checkout", "-b", "left")
    (project / "b.py").write_text(BAD.format(name="left"))
    edit(project / "a.py", BAD.format(name="one"), "")
    sst(project, "baseline", "update")
    git(project, "add", ".")
    git(project, "commit", "-m", "left")
    git(project, "checkout", "-b", "right", "HEAD~1")
    (project / "z.py").write_text(BAD.format(name="right"))
    sst(project, "baseline", "update")
    git(project, "add", ".")
    git(project, "commit", "-m", "right")
    git(project, "merge", "left", "-m", "both")
    merged = sst(project, "check")
    assert (merged.returncode, merged.stderr) == (0, "")
    text = (project / "sst-baseline.jsonl").read_text()
    assert len(text.splitlines()) == 6
    sst(project, "baseline", "update")
    assert (project / "sst-baseline.jsonl").read_text() == text


def test_two_branches_merge_at_the_same_place_by_union(project: Path) -> None:
    (project / ".gitattributes").write_text("sst-baseline.jsonl merge=union\n")
    git(project, "add", ".")
    git(project, "commit", "-m", "union")
    for branch, names in (("left", ["same", "left"]), ("right", ["same", "right"])):
        git(project, "checkout", "-q", "-b", branch, *(["HEAD~1"] if branch == "right" else []))
        for name in names:
            (project / f"b_{name}.py").write_text(BAD.format(name=name))
        sst(project, "baseline", "update")
        git(project, "add", ".")
        git(project, "commit", "-m", branch)
    git(project, "merge", "left", "-m", "both")
    assert sst(project, "check").returncode == 0
    sst(project, "baseline", "prune")
    assert sst(project, "check").stderr == ""
    assert len((project / "sst-baseline.jsonl").read_text().splitlines()) == 8


def test_what_a_run_does_not_look_at_stays(project: Path) -> None:
    before = (project / "sst-baseline.jsonl").read_text()
    narrow = sst(project, "check", "--select", "SST4")
    assert narrow.returncode == 0 and "prune" not in narrow.stderr
    part = sst(project, "check", "m.py")
    assert part.returncode == 0 and part.stderr == ""
    (project / "a.py").write_text("def broken(:\n")
    broken = sst(project, "check")
    assert broken.returncode == 1 and "SST900" in broken.stdout and "prune" not in broken.stderr
    sst(project, "baseline", "prune")
    assert (project / "sst-baseline.jsonl").read_text() == before


def test_a_damaged_baseline_stops_the_run_with_one_line(project: Path) -> None:
    file = project / "sst-baseline.jsonl"
    good = file.read_text()
    for text, words in (
        (good.replace("\n", "\n<<<<<<< HEAD\n", 1), "sst-baseline.jsonl:2: a merge conflict is not resolved"),
        ('{"sst-lint-baseline": 99}\n', "has format 99, and this sst-lint knows 1"),
        ("{}\n", "is no baseline"),
    ):
        file.write_text(text)
        for words_of in (["check"], ["baseline", "update"], ["baseline", "prune"], ["baseline", "show"]):
            done = sst(project, *words_of)
            assert (done.returncode, done.stderr.count("\n")) == (2, 1) and words in done.stderr
        assert file.read_text() == text
    file.write_text('{"sst-lint-baseline": 99}\n')
    assert sst(project, "baseline", "create", "--force").returncode == 2
    assert "99" in file.read_text()
    file.unlink()
    assert "no such baseline; `sst-lint baseline create` writes one" in sst(project, "check").stderr
    assert sst(project, "baseline", "create").returncode == 0 and file.read_text() == good
    refused = sst(project, "baseline", "create")
    assert refused.returncode == 2 and "is there already" in refused.stderr
    file.write_text("rubbish")
    assert sst(project, "baseline", "create", "--force").returncode == 0 and file.read_text() == good
    file.write_text(good + good.splitlines()[-1] + "\n")
    twice = sst(project, "check")
    assert twice.returncode == 0 and ":6: the entry of line 5 again, counted once" in twice.stderr
    sst(project, "baseline", "prune")
    assert file.read_text() == good


def test_the_option_wins_and_goes_with_one_project(project: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"sst-lint-baseline": 1}\n')
    assert sst(project, "check", "--baseline", str(empty)).returncode == 1
    other = tmp_path / "other"
    other.mkdir()
    (other / "sst-lint.toml").write_text("")
    both = sst(tmp_path, "check", "project", "other", "--baseline", str(empty))
    assert both.returncode == 2 and "--baseline goes with one project, and these are 2" in both.stderr
    assert "4 in the baseline" in sst(tmp_path, "check", "project", "other").stdout


def test_creating_says_how_to_use_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD.format(name="f"))
    done = sst(tmp_path, "baseline", "create")
    assert done.stdout == "sst-baseline.jsonl: 1 finding written (SST101 1)\n"
    assert 'baseline = "sst-baseline.jsonl"' in done.stderr
    assert sst(tmp_path, "check", "--baseline", "sst-baseline.jsonl").returncode == 0
    assert sst(tmp_path, "baseline", "create", "nowhere").returncode == 2
    assert "no directory" in sst(tmp_path, "baseline", "create", "--baseline", "no/where.jsonl").stderr
    assert sst(tmp_path, "baseline", "create", "--config", "none.toml").returncode == 2


def test_since_shows_new_sinks_for_old_sources(tmp_path: Path) -> None:
    git(tmp_path, "init")
    listing = "import os\n\n\ndef names():\n    return os.listdir('.')\n"
    (tmp_path / "names.py").write_text(listing)
    (tmp_path / "old.py").write_text(BAD.format(name="old"))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "before")
    assert sst(tmp_path, "check", "--since", "HEAD").returncode == 0
    sink = "def save():\n    with open('names.json', 'w') as f:\n        json.dump(names(), f)\n"
    (tmp_path / "save.py").write_text("import json\n\nfrom names import names\n\n\n" + sink)
    found = json.loads(sst(tmp_path, "check", "--since", "HEAD", "--select", "SST2", "--format", "json").stdout)
    assert [(each["path"], each["line"]) for each in found["findings"]] == [("names.py", 5)]
    assert sst(tmp_path, "check", "--since", "HEAD").stdout.count("old.py") == 0
    for words in (["--since", "nowhere"], ["--since", ""]):
        done = sst(tmp_path, "check", *words)
        assert done.returncode == 2 and "unknown revision" in done.stderr and done.stderr.count("\n") == 1
    assert "git is not installed" in sst(tmp_path, "check", "--since", "HEAD", PATH="").stderr


def test_ignores_are_added_and_hold(project: Path) -> None:
    edit(project / "a.py", "def two", BAD.format(name="new") + "def two")
    done = sst(project, "check", "--add-ignores", "a scratch file")
    assert (done.returncode, done.stdout) == (0, "a.py: 1 finding ignored\n1 finding ignored in 1 file\n")
    assert (project / "a.py").read_text().count("# sst: ignore[SST101] -- a scratch file") == 1
    assert sst(project, "check").returncode == 0
    assert "(suppressed in line 6: a scratch file)" in sst(project, "check", "--show-suppressed").stdout
    assert sst(project, "check", "--add-ignores", "# no").returncode == 2
    (project / "b.py").write_text("def broken(:\n")
    left = sst(project, "check", "--add-ignores", "fine")
    assert left.returncode == 1 and "b.py:1: SST900 is not ignored" in left.stderr


def test_several_outputs_and_places_that_cannot_be_written(project: Path) -> None:
    words = ["check", "--no-such"]
    assert sst(project, *words).returncode == 2
    for given, message in (
        (["--format", "json:out", "--format", "sarif:./out"], "two formats go to out"),
        (["--format", "json:no/out"], "cannot write no/out: there is no directory no"),
        (["--format", "json:."], "cannot write .: it is a directory"),
        (["--format", "json", "--format", "sarif:-"], "two formats go to stdout"),
    ):
        done = sst(project, "check", *given)
        assert done.returncode == 2 and message in done.stderr, done.stderr
    done = sst(project, "check", "--format", "json:out.json", "--format", "gitlab", "--format", "sarif:out.sarif")
    assert (done.returncode, done.stdout) == (0, "[]\n")
    assert json.loads((project / "out.sarif").read_text())["runs"][0]["results"] == []
    assert len(json.loads((project / "out.json").read_text())["findings"]) == 4
    assert sst(project, "check", "--format", "sarif:/dev/null").returncode == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_may_not_be_written(project: Path) -> None:
    (project / "locked").mkdir(mode=0o500)
    assert "permission denied" in sst(project, "check", "--format", "json:locked/out").stderr


def test_a_job_of_github_gets_its_page(project: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# before\n")
    edit(project / "a.py", "def two", BAD.format(name="new") + "def two")
    done = sst(project, "check", "--format", "github", GITHUB_STEP_SUMMARY=str(page))
    assert done.stdout.startswith("::error file=a.py,line=6,")
    assert page.read_text().startswith("# before\n## sst-lint: 1 finding") and "a.py:6" in page.read_text()
    text = page.read_text()
    sst(project, "check", GITHUB_STEP_SUMMARY=str(page))
    assert page.read_text() == text
