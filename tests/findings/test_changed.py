"""Which findings touch the lines changed since a revision, and what is said when git cannot tell?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sst_lint.findings import Finding
from sst_lint.findings.changed import Changes, ChangesError, changed_lines, changes_since
from sst_lint.flow.location import Step

AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")


def git(directory: Path, *words: str) -> None:
    subprocess.run(["git", *AUTHOR, *words], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "origin"
    root.mkdir()
    git(root, "init")
    (root / "a.py").write_text("".join(f"line{n}\n" for n in range(1, 10)))
    (root / "sub").mkdir()
    (root / "sub" / "b.py").write_text("1\n2\n3\n")
    git(root, "add", ".")
    git(root, "commit", "-m", "first")
    return root


def test_changed_added_deleted_renamed_and_untracked(repository: Path) -> None:
    git(repository, "mv", "sub/b.py", "sub/c d.py")
    (repository / "a.py").write_text("line1\nnew\nline3\nline4\nline6\nline7\nline8\nline9\nend")
    (repository / "new.py").write_text("x\n")
    changes = changes_since("HEAD", repository)
    assert dict(changes.lines) == {"a.py": [2, 4, 5, 9]}  # 4 and 5 are around a deleted line
    assert changes.whole == {"new.py"} and changes.notes == ()
    (repository / "sub" / "c d.py").write_text("1\n2\n3\n4\n")
    assert dict(changes_since("HEAD", repository / "sub").lines) == {"../a.py": [2, 4, 5, 9], "c d.py": [4]}


def test_a_branch_is_compared_with_where_it_began(repository: Path) -> None:
    git(repository, "checkout", "-b", "topic")
    (repository / "sub" / "b.py").write_text("1\n2\n3\n4\n")
    git(repository, "commit", "-am", "topic")
    git(repository, "checkout", "-")
    (repository / "a.py").write_text("other\n")
    git(repository, "commit", "-am", "main goes on")
    git(repository, "branch", "-f", "base")
    git(repository, "checkout", "topic")
    assert dict(changes_since("base", repository).lines) == {"sub/b.py": [4]}


@pytest.mark.parametrize("name", ['a"b\\c.py', "new\nline.py", "tab\t.py", "ünï.py", "x -> y.py", "b"])
def test_odd_names(repository: Path, name: str) -> None:
    (repository / name).write_text("1\n")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "odd")
    (repository / name).write_text("1\n2\n")
    assert dict(changes_since("HEAD", repository).lines) == {name: [2]}


def test_bytes_that_are_no_text(repository: Path) -> None:
    name = b"\xff.py"
    (repository / name.decode("utf-8", "surrogateescape")).write_text("1\n")
    git(repository, "add", ".")
    assert list(changes_since("HEAD", repository).lines) == ["\udcff.py"]


def test_content_that_looks_like_a_header() -> None:
    diff = b"--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n--- a/y\n-+++ b/z\n+++ b/evil\n@@ -9,0 +8,2 @@\n+a\n+b\n"
    assert changed_lines(diff) == {"x": [1, 8, 9]}


def test_configuration_of_git_does_not_matter(repository: Path) -> None:
    for key, value in (("diff.noprefix", "true"), ("color.ui", "always"), ("diff.external", "false")):
        git(repository, "config", key, value)
    (repository / "sub" / "b.py").write_text("1\n2\n3\n4\n")
    assert dict(changes_since("HEAD", repository).lines) == {"sub/b.py": [4]}


@pytest.mark.parametrize("revision", ["no-such", "--output=x", "", "HEAD:a.py"])
def test_an_unknown_revision(repository: Path, revision: str) -> None:
    with pytest.raises(ChangesError, match="--since: unknown revision"):
        changes_since(revision, repository)
    assert not (repository / "x").exists()


def test_no_repository_no_commit_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ChangesError, match="--since needs a git repository: not a git repository"):
        changes_since("HEAD", tmp_path)
    git(tmp_path, "init")
    with pytest.raises(ChangesError, match="unknown revision `HEAD`"):
        changes_since("HEAD", tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ChangesError, match="git is not installed"):
        changes_since("HEAD", tmp_path)


def test_a_shallow_clone_says_what_it_lacks(repository: Path, tmp_path: Path) -> None:
    (repository / "a.py").write_text("x\n")
    git(repository, "commit", "-am", "second")
    git(tmp_path, "clone", "--depth", "1", repository.as_uri(), "clone")
    clone = tmp_path / "clone"
    with pytest.raises(ChangesError, match="unknown revision `HEAD~1`; this is a shallow clone, so `git fetch` it"):
        changes_since("HEAD~1", clone)
    git(clone, "fetch", "--depth", "1", "origin", f"{_commit(repository, 'HEAD~1')}:refs/heads/before")
    changes = changes_since("before", clone)
    assert list(changes.lines) == ["a.py"]
    assert "this is a shallow clone" in changes.notes[0] and "--unshallow" in changes.notes[0]


def _commit(directory: Path, revision: str) -> str:
    done = subprocess.run(["git", "rev-parse", revision], cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_any_step_of_a_trace_counts() -> None:
    finding = Finding("SST201", "n", "a.py", 5, 1, 6, 2, "m", "error", "high", "f", "0" * 64, statement_line=4)
    finding = Finding(**{**vars(finding), "trace": (Step("b.py", 7, "g", "written"),)})
    for path, line, touched in (
        *(("a.py", line, 4 <= line <= 6) for line in range(3, 8)),
        ("b.py", 7, True),
        ("b.py", 8, False),
        ("c.py", 5, False),
    ):
        assert Changes({path: [line]}).touches(finding) is touched, (path, line)
    assert Changes({}, frozenset({"b.py"})).touches(finding) and not Changes({}).touches(finding)
