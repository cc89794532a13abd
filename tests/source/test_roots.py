"""Project roots and import roots."""

from __future__ import annotations

from pathlib import Path

from sst_lint.config import Config
from sst_lint.source import find_root, import_roots


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_configuration_wins_over_git_and_the_nearest_wins(tmp_path: Path) -> None:
    make(tmp_path, "sst-lint.toml", "a/pyproject.toml", "a/b/.git/HEAD", "a/b/c/x.py")
    assert find_root(tmp_path / "a/b/c/x.py") == tmp_path
    (tmp_path / "a/pyproject.toml").write_text("[tool.sst-lint]\n")
    assert find_root(tmp_path / "a/b/c/x.py") == tmp_path / "a"


def test_git_is_next_also_as_a_file(tmp_path: Path) -> None:
    make(tmp_path, "repo/.git", "repo/pkg/x.py")
    assert find_root(tmp_path / "repo/pkg") == tmp_path / "repo"
    assert find_root(tmp_path / "repo/pkg/missing.py") == tmp_path / "repo"


def test_else_the_path_itself(tmp_path: Path) -> None:
    make(tmp_path, "pkg/x.py")
    assert find_root(tmp_path / "pkg") == tmp_path / "pkg"
    assert find_root(tmp_path / "pkg/x.py") == tmp_path / "pkg"


def test_a_broken_file_that_names_the_tool_is_a_root(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "a/x.py")
    (tmp_path / "a/pyproject.toml").write_text("[tool.sst-lint\n")
    assert find_root(tmp_path / "a/x.py") == tmp_path / "a"
    (tmp_path / "a/pyproject.toml").write_text("[tool.other\n")
    assert find_root(tmp_path / "a/x.py") == tmp_path


def test_directories_are_asked_once(tmp_path: Path) -> None:
    make(tmp_path, "sst-lint.toml", "a/x.py")
    seen: dict[Path, bool] = {}
    assert find_root(tmp_path / "a/x.py", seen) == tmp_path
    assert seen == {tmp_path / "a": False, tmp_path: True}


def test_import_roots() -> None:
    files = ("setup.py", "src/pkg/__init__.py", "src/pkg/sub/__init__.py", "tools/lib/p/__init__.py", "tests/x.py")
    assert import_roots(files, Config()) == (".", "src", "tools/lib")
    assert import_roots(("src/ns/mod.py",), Config()) == (".", "src")
    assert import_roots(("pkg/__init__.py", "__init__.py"), Config()) == (".",)
    assert import_roots(files, Config(src=("lib/", "./python", "."))) == ("lib", "python", ".")
