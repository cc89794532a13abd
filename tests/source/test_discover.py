"""Which files are found: the same on every file system, and as git and the configuration say."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sst_lint.config import Config
from sst_lint.config.config import DEFAULT_EXCLUDE
from sst_lint.source import discover
from sst_lint.source.discover import Discovery

PLAIN = Config()


def make(root: Path, *names: str, **contents: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents.get(name, "x = 1\n"))


def ignore(root: Path, text: str, name: str = ".gitignore") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(root: Path, *paths: str, config: Config = PLAIN) -> Discovery:
    return discover([root / path for path in paths or (".",)], root, config)


def test_python_files_sorted(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a/z.py", "a.py", "a/b/c.py", "a-b.py", "readme.md", "stub.pyi", "script")
    assert found(tmp_path).files == ("a-b.py", "a.py", "a/b/c.py", "a/z.py", "b.py")


def test_a_named_file_is_taken_whatever_its_name_and_only_once(tmp_path: Path) -> None:
    make(tmp_path, "script", "stub.pyi", "a.py")
    assert found(tmp_path, "script", "stub.pyi", "a.py", ".", "./a.py").files == ("a.py", "script", "stub.pyi")


@pytest.mark.parametrize(
    ("first", "called"),
    [
        ("#!/usr/bin/python", True),
        ("#!/usr/bin/env python3", True),
        ("#! /usr/bin/env python3.11 -u\r", True),
        ("#!/usr/bin/env -S python3 -I", True),
        ("#!/usr/bin/env -S uv run --script", True),
        ("#!/opt/acme/bin/pypy3", True),
        ("#!/usr/bin/env python2", False),
        ("#!/usr/bin/env python2.7", False),
        ("#!/bin/sh", False),
        ("#!/usr/bin/env ipython-notebooks", False),
        ("# python3", False),
        ("x = 1  #!python3", False),
        ("", False),
    ],
)
def test_a_script_is_known_by_its_first_line(tmp_path: Path, first: str, called: bool) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tool").write_text(f"{first}\nx = 1  # python3\n", newline="")
    assert found(tmp_path).files == (("bin/tool",) if called else ())
    assert found(tmp_path, "bin/tool").files == ("bin/tool",)
    assert found(tmp_path, config=Config(scripts=False)).files == ()


def test_scripts_have_no_suffix_and_are_left_out_as_files_are(tmp_path: Path) -> None:
    make(tmp_path, "tool", "tool.cgi", ".tool", "ignored", "gone/tool", **dict.fromkeys(
        ("tool", "tool.cgi", ".tool", "ignored", "gone/tool"), "#!/usr/bin/env python3\n"
    ))  # fmt: skip
    ignore(tmp_path, "ignored\n")
    assert found(tmp_path, config=Config(extend_exclude=("gone/",))).files == ("tool",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, which Windows does not have")
def test_a_pipe_is_no_script_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert found(tmp_path).files == ()


def test_missing_paths_are_told(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    assert found(tmp_path, "nowhere", "a.py") == Discovery(("a.py",), missing=("nowhere",))


def test_default_excludes(tmp_path: Path) -> None:
    hidden = [".venv/a.py", ".git/a.py", ".tox/x/a.py", "venv/a.py", "node_modules/a.py", "__pycache__/a.py"]
    hidden += ["build/a.py", "dist/a.py", "x.egg-info/a.py", "lib/site-packages/a.py", ".#lock.py"]
    make(tmp_path, *hidden, "src/build/kept.py", "env.py", ".hidden.py")
    assert found(tmp_path).files == (".hidden.py", "env.py", "src/build/kept.py")
    assert {pattern.strip("/*.#") for pattern in DEFAULT_EXCLUDE} >= {"build", "dist", "node_modules"}


def test_excludes_hold_for_named_files_and_directories_too(tmp_path: Path) -> None:
    make(tmp_path, "build/a.py", "gen/b.py", "c.py")
    config = Config(extend_exclude=("gen/",))
    result = found(tmp_path, "build/a.py", "gen/b.py", "gen", "c.py", config=config)
    assert (result.files, result.excluded) == (("c.py",), ("build/a.py", "gen", "gen/b.py"))
    assert found(tmp_path, config=Config(exclude=())).files == ("build/a.py", "c.py", "gen/b.py")


def test_include_is_by_name_or_by_place(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "x.py/data", "x.py/b.py", "tools/run", "tools/a.txt")
    assert found(tmp_path).files == ("a.py", "x.py/b.py")
    assert found(tmp_path, config=Config(include=("*.txt", "tools/run"))).files == ("tools/a.txt", "tools/run")


def test_gitignore_nested_and_reversed(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "out/b.py", "sub/out/c.py", "sub/d.py", "sub/keep.py", "sub/deep/e.py", "sub/deep/keep.py")
    ignore(tmp_path, "out/\nkeep.py\n\\#x\n")
    ignore(tmp_path, "!keep.py\n/d.py\r\n[\n", "sub/.gitignore")
    ignore(tmp_path, "*\n!keep.py\n", "sub/deep/.gitignore")
    assert found(tmp_path).files == ("a.py", "sub/deep/keep.py", "sub/keep.py")
    everything = found(tmp_path, config=Config(respect_gitignore=False)).files
    assert len(everything) == 7


def test_ignore_files_above_the_root_hold_up_to_the_repository(tmp_path: Path) -> None:
    ignore(tmp_path, "a.py\n")  # above the repository: says nothing
    repository = tmp_path / "repo"
    make(repository, "pkg/a.py", "pkg/b.py", "pkg/c.py", ".git/HEAD")
    ignore(repository, "b.py\n")
    ignore(repository, "c.py\n", ".git/info/exclude")
    assert discover([repository / "pkg"], repository / "pkg", PLAIN).files == ("a.py",)


def test_who_names_an_ignored_path_means_it(tmp_path: Path) -> None:
    make(tmp_path, "out/a.py", "out/b.py", "c.py")
    ignore(tmp_path, "out/\nc.py\n")
    ignore(tmp_path, "b.py\n", "out/.gitignore")
    assert found(tmp_path).files == ()
    assert found(tmp_path, "out", "c.py").files == ("c.py", "out/a.py")


NAMES = st.sampled_from(["a", "b", "ab", "a.py", "b.py", ".c"])
PATTERNS = st.sampled_from(
    [
        "a",
        "a/",
        "/a",
        "*.py",
        "!a.py",
        "a/*",
        "!a/",
        "**/b",
        "a/**",
        "b*",
        "/a/b",
        "!/b.py",
        "[ab].py",
        "*",
        "!*/",
        "?",
        "",
        "[!a]*",
        "[b-a]",
        "[",
        "a\\",
        "\\a",
        "a/**/fa",
        "**",
        "a**",
        "!**/fa",
        "a ",
        "/",
        "#a",
        "f[[:alpha:]]",
        "[[:x:]]",
        "[]a]",
        "!f*",
        "!a",
        "/*",
        "!/a/",
        "a/*/fa",
        "**/a/",
        "*/b",
        "[^f]*",
        "a.p[x-z]",
        "?/*",
        "[a-]",
        "[\\]a]",
        "!f?.py",
    ]
)
TREES = st.lists(st.lists(NAMES, min_size=1, max_size=3).map(lambda parts: [*parts[:-1], "f" + parts[-1]]), max_size=6)
IGNORES = st.lists(st.tuples(st.sampled_from(["", "a", "ab", "a/b"]), st.lists(PATTERNS, max_size=4)), max_size=3)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the oracle")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([["a", "fa"]], [("", ["a/*", "!**/fa"])])
@given(TREES, IGNORES)
def test_git_agrees(
    tmp_path_factory: pytest.TempPathFactory, tree: list[list[str]], ignores: list[tuple[str, list[str]]]
) -> None:
    root = tmp_path_factory.mktemp("repo")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q", str(root)], check=True, env=environment)
    for parts in tree:
        path = root.joinpath(*parts)
        if not any(parent.is_file() for parent in path.parents) and not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
    for directory, lines in ignores:
        if (root / directory).is_dir():
            ignore(root / directory, "\n".join(lines) + "\n")
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    expected = sorted(name for name in listed.stdout.split("\0") if name and not name.endswith(".gitignore"))
    config = Config(include=("*",), exclude=(".git/", ".gitignore"))
    assert list(found(root, config=config).files) == expected


def test_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    make(outside, "o.py", "pkg/p.py")
    make(root, "a.py", "pkg/b.py")
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "again.py").symlink_to(root / "a.py")
    (root / "other.py").symlink_to(outside / "o.py")
    (root / "linked").symlink_to(outside / "pkg", target_is_directory=True)
    (root / "x.py").symlink_to(root / "y.py")
    (root / "y.py").symlink_to(root / "x.py")
    (root / "z.py").symlink_to(root / "nothing.py")
    result = found(root)
    assert result.files == ("a.py", "other.py", "pkg/b.py")
    assert [each.path for each in result.unreadable] == ["x.py", "y.py", "z.py"]
    assert all("symbolic link that leads nowhere" in each.message for each in result.unreadable)
    assert found(root, "linked").files == ("linked/p.py",)
    assert found(root, "again.py").files == ("again.py",)


def test_unreadable_and_vanishing_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "denied/b.py", "gone/c.py", "z/d.py")
    real = os.scandir

    def scandir(path: os.PathLike[str] | str) -> object:
        if os.fspath(path).endswith("denied"):
            raise PermissionError(13, "Permission denied")
        if os.fspath(path).endswith("gone"):
            (tmp_path / "gone/c.py").unlink()
            (tmp_path / "gone").rmdir()
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = found(tmp_path)
    assert result.files == ("a.py", "z/d.py")
    told = [(each.path, each.message) for each in result.unreadable]
    assert told == [("denied", "cannot be read: Permission denied"), ("gone", "disappeared during the run")]


def test_order_of_the_file_system_does_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, *(f"{d}/{f}.py" for d in "bca" for f in "yxz"))
    real = os.scandir
    expected = found(tmp_path).files

    class Backwards:
        def __init__(self, path: str) -> None:
            with real(path) as entries:
                self.entries = list(entries)[::-1]

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(os, "scandir", Backwards)
    assert found(tmp_path).files == expected


def test_hostile_names(tmp_path: Path) -> None:
    names = ["</script>".replace("/", "_") + ".py", "a\nb.py", "\x1b[31m.py", "ü b.py", "'\".py"]
    make(tmp_path, *names)
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff.py", os.O_CREAT))
    assert found(tmp_path).files == tuple(sorted([*names, "\udcff.py"]))


def test_paths_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "pkg/a.py", "b.py")
    monkeypatch.chdir(tmp_path / "pkg")
    assert discover([Path("a.py"), Path("../b.py")], tmp_path, PLAIN).files == ("b.py", "pkg/a.py")
