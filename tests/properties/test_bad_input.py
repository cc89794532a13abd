"""Does what cannot be read cost one clear line and nothing else: the rest is checked, the exit code as documented?

Every directory here holds ``good.py`` with one finding beside what is bad.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import BARE, Done, check

GOOD = "good.py:3:SST401"
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX file systems")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sst-lint.toml").write_text("")
    (tmp_path / "good.py").write_text(BARE)
    return tmp_path


def run(folder: Path, *words: str | Path, **options: str) -> Done:
    """Run on the folder, if nothing else is named; never a traceback, and each line on stderr is one of ours."""
    done = check("--format", "json", *(words or (".",)), cwd=folder, **options)
    assert "Traceback" not in done.err and b"Traceback" not in done.out
    assert all(line.startswith("sst-lint: ") for line in done.err.splitlines()), done.err
    return done


def unreadable(done: Done, **files: tuple[str, ...]) -> None:
    """One finding for each of ``files`` (``_`` is a dot) with these words, the good one, exit 1, silence on stderr."""
    named = {name.replace("_", "."): words for name, words in files.items()}
    assert sorted(place.partition(":")[0] for place in done.places) == sorted([*named, "good.py"])
    assert GOOD in done.places
    for each in done.json["findings"]:
        words = named.get(each["path"])
        if words is not None:
            assert each["rule"] == "SST900" and each["confidence"] == "high"
            assert all(word in each["message"] for word in words) and "\n" not in each["message"], each
    assert done.code == 1 and done.err == ""


def refused(done: Done, *words: str) -> None:
    """One line on stderr that says it, exit 2."""
    (line,) = done.err.splitlines()
    assert line.startswith("sst-lint: error: ") and all(word in line for word in words), line
    assert done.code == 2


def test_missing_path(folder: Path) -> None:
    done = run(folder, "no/such.py", ".")
    refused(done, "no/such.py", "no such file or directory")
    assert done.places == [GOOD]


def test_missing_path_of_fix(folder: Path) -> None:
    command = [sys.executable, "-m", "sst_lint", "fix", "no/such.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "sst-lint: error: no/such.py: no such file or directory\n"


def test_no_python_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    done = run(tmp_path)
    assert (done.code, done.places) == (0, [])
    assert done.err.count("\n") == 1 and "no Python files to check" in done.err


@POSIX
@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that refuses to be read, even to root")
def test_unreadable_file(folder: Path) -> None:
    (folder / "bad.py").symlink_to("/proc/self/mem")
    unreadable(run(folder), bad_py=("cannot be read",))


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file_and_directory(folder: Path) -> None:
    (folder / "bad.py").write_text(BARE)
    (folder / "bad.py").chmod(0)
    unreadable(run(folder), bad_py=("cannot be read: Permission denied",))
    (folder / "bad.py").unlink()
    (folder / "closed").mkdir(mode=0)
    try:
        unreadable(run(folder), closed=("cannot be read: Permission denied",))
    finally:
        (folder / "closed").chmod(0o700)


@POSIX
def test_pipe(folder: Path) -> None:
    os.mkfifo(folder / "bad.py")
    unreadable(run(folder), bad_py=("not a regular file",))


def test_binary_file(folder: Path) -> None:
    (folder / "bad.py").write_bytes(b"\x7fELF\x02\x01\x01\0\0\xff" * 100)
    unreadable(run(folder), bad_py=("null bytes",))


def test_encodings(folder: Path) -> None:
    files = {
        "unknown": b"# -*- coding: no-such -*-\nx = 1\n",
        "wrong": b"# -*- coding: ascii -*-\nx = '\xc3\xa9'\n",
        "undeclared": b"x = '\xe9'\n",
        "later": b"#\n#\n#\nx = '\xe9'\n",
        "contradicting": b"\xef\xbb\xbf# coding: latin-1\nx = 1\n",
        "codec": b"# coding: rot13\nk = 1\n",
        "utf16": "x = 1\n".encode("utf-16"),
        "declared": b"# coding: latin-1\nx = '\xe9'\n",
    }
    for name, content in files.items():
        (folder / f"{name}.py").write_bytes(content)
    unreadable(
        run(folder),
        unknown_py=("cannot be decoded", "no-such"),
        wrong_py=("cannot be decoded as ascii",),
        undeclared_py=("cannot be decoded", "encoding"),
        later_py=("cannot be decoded as utf-8", "declare the encoding"),
        contradicting_py=("cannot be decoded",),
        codec_py=("cannot be decoded",),
        utf16_py=("null bytes",),
    )


SYNTAX_ERRORS = [
    ("x = 1\ny = (\n", 2),
    ("def f():\nreturn 1\n", 2),
    ("if x:\n\ty = 1\n        z = 2\n", 3),
    ("print 'x'\n", 1),
    ("x = 'abc\n", 1),
    ('"""never closed\n', 1),
    ("x = 1 +\n", 1),
    ("\x0c)\n", 1),
    ("def f(x):\n    return = 1\n", 2),
]


def test_syntax_errors(folder: Path) -> None:
    for number, (text, _) in enumerate(SYNTAX_ERRORS):
        (folder / f"bad{number}.py").write_text(text)
    done = run(folder)
    unreadable(done, **{f"bad{number}_py": ("cannot be parsed",) for number in range(len(SYNTAX_ERRORS))})
    lines = [f"bad{number}.py:{line}:SST900" for number, (_, line) in enumerate(SYNTAX_ERRORS)]
    assert done.places == [*lines, GOOD]


NEWER = {
    "parameters": "def first[T](xs: list[T]) -> T:\n    return xs[0]\n",
    "statement": "type Names = list[str]\n",
    "star": "try:\n    x = 1\nexcept* OSError:\n    raise\n",
    "quotes": "x = f'{'nested'}'\n",
    "with": "with (open('a') as a, open('b') as b):\n    pass\n",
}


def test_syntax_that_only_newer_interpreters_have(folder: Path) -> None:
    """The grammar is LibCST's, whatever interpreter runs it: such a file is checked like any other."""
    for name, text in NEWER.items():
        (folder / f"{name}.py").write_text(text + BARE)
    done = run(folder)
    wanted = [f"{name}.py:{text.count(chr(10)) + 3}:SST401" for name, text in NEWER.items()]
    assert done.places == sorted([GOOD, *wanted])


def test_syntax_that_perhaps_nobody_knows_yet(folder: Path) -> None:
    """Read, or refused in one line; which of both depends on the versions."""
    texts = ("try:\n    x = 1\nexcept A, B:\n    raise\n", "x = t'{1}'\n", "lazy import x\n", "until x:\n    pass\n")
    for number, text in enumerate(texts):
        (folder / f"newest{number}.py").write_text(text)
    done = run(folder)
    refusals = {place.partition(":")[0].replace(".", "_"): ("cannot be parsed",) for place in done.places}
    refusals.pop("good_py")
    assert "newest3_py" in refusals
    unreadable(done, **refusals)


def test_generated_file(folder: Path) -> None:
    """A tenth of the 60,000 lines of the long form (``make corpus``)."""
    (folder / "rows.py").write_text("".join(f"ROW_{n} = ({n}, 'name {n}', None)\n" for n in range(6_000)) + BARE)
    assert run(folder).places == [GOOD, "rows.py:6003:SST401"]


def test_nested_parentheses(folder: Path) -> None:
    (folder / "bad.py").write_text("x = " + "(" * 1000 + "1" + ")" * 1000 + "\n")
    unreadable(run(folder), bad_py=("cannot be parsed",))


LONG = {
    "sum": "x = " + " + ".join(["y"] * 2000),
    "conjunction": "x = " + " and ".join(["y"] * 2000),
    "calls": "x = y" + ".z()" * 1000,
    "elements": "x = [" + ", ".join(map(str, range(5_000))) + "]",
    "strings": "x = (" + "\n    ".join(["'b'"] * 2000) + ")",
    "branches": "if x:\n    pass\n" + "elif x:\n    pass\n" * 800,
}


def test_long_expressions(folder: Path) -> None:
    for name, text in LONG.items():
        (folder / f"{name}.py").write_text(f"{text}\n{BARE}")
    wanted = [f"{name}.py:{text.count(chr(10)) + 4}:SST401" for name, text in LONG.items()]
    assert run(folder).places == sorted([GOOD, *wanted])


def test_expressions_that_no_parser_survives(folder: Path) -> None:
    for name, depth in (("deep", 3_000), ("deeper", 100_000)):
        (folder / f"{name}.py").write_text("x = " + " + ".join(["y"] * depth) + "\n")
    words = ("cannot be parsed", "nests deeper")
    unreadable(run(folder), deep_py=words, deeper_py=words)


@POSIX
def test_symlink_loops(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "up").symlink_to(folder, target_is_directory=True)
    assert run(folder).places == [GOOD]
    (folder / "self.py").symlink_to("self.py")
    unreadable(run(folder), self_py=("leads nowhere",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("select = [\n", ("sst-lint.toml",)),
        ("select = 1\n", ("sst-lint.toml", "select", "expected")),
        ("selct = []\n", ("unknown key 'selct'", "did you mean 'select'")),
        ("select = ['SST2O1']\n", ("unknown rule `SST2O1`", "did you mean")),
        ("required-version = '>=99'\n", ("99",)),
        ("[per-path.'x']\nignroe = []\n", ("ignroe", "did you mean 'ignore'")),
    ],
)
def test_broken_configuration(folder: Path, text: str, words: tuple[str, ...]) -> None:
    (folder / "sst-lint.toml").write_text(text)
    refused(run(folder), *words)


def test_configuration_that_is_no_text(folder: Path) -> None:
    (folder / "sst-lint.toml").write_bytes(b"\xff\xfe\0")
    refused(run(folder), "sst-lint.toml")


def test_broken_pyproject(folder: Path) -> None:
    (folder / "sst-lint.toml").unlink()
    (folder / "pyproject.toml").write_text("[tool.sst-lint]\nselct = []\n")
    refused(run(folder), "pyproject.toml", "unknown key 'selct'")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--select", "SST2O1"), ("unknown rule `SST2O1`", "did you mean `SST201`")),
        (("--ignore", "bare-exept"), ("did you mean `bare-except`",)),
        (("--config", "nowhere.toml"), ("nowhere.toml",)),
        (("--config", "."), (".",)),
    ],
)
def test_options_that_name_nothing(folder: Path, words: tuple[str, ...], said: tuple[str, ...]) -> None:
    refused(run(folder, *words, "."), *said)


VANISHING = """
import os, pathlib, shutil
scandir = os.scandir
def vanish(path="."):
    if os.path.basename(os.fspath(path)) == "gone":
        os.scandir = scandir
        shutil.rmtree(path)
    return scandir(path)
os.scandir = vanish
"""


def test_directory_that_vanishes(folder: Path) -> None:
    (folder / "gone").mkdir()
    (folder / "gone" / "a.py").write_text(BARE)
    unreadable(run(folder, before=VANISHING), gone=("disappeared during the run",))


VANISHING_FILE = """
import os, sst_lint.source
found = sst_lint.source.discover
def discover(*arguments):
    result = found(*arguments)
    if os.path.exists("gone.py"):
        os.unlink("gone.py")
    return result
sst_lint.source.discover = discover
"""


def test_file_that_vanishes(folder: Path) -> None:
    (folder / "gone.py").write_text(BARE)
    done = run(folder, before=VANISHING_FILE)
    unreadable(done, gone_py=("disappeared during the run",))


@POSIX
@pytest.mark.parametrize("style", ["text", "concise", "json"])
def test_hostile_names(folder: Path, style: str) -> None:
    """Escape sequences, line ends and markup in names and in code stay harmless in every output."""
    hostile = "a\x1b[2J\r\n\u202e\x07<script>alert(1)<\\script>.py"
    (folder / hostile).write_text(BARE)
    (folder / "b<").mkdir()
    (folder / "b<" / "script>.py").write_text(
        'try:\n    x = "\x1b]0;\x07\u202e"\nexcept:  # \x1b[31m </script>\n    x = 2\n'
    )
    done = check("--format", style, ".", cwd=folder)
    assert done.code == 1 and done.err == ""
    assert not {0x1B, 0x07, 0x0D} & {*done.out} and "\u202e" not in done.out.decode("utf-8")
    if style == "json":
        assert len(done.places) == 3
        assert [each["path"] for each in done.json["findings"]] == sorted([hostile, "b</script>.py", "good.py"])
    elif style == "concise":
        assert done.out.count(b"\n") == 3
    else:
        assert done.out.count(b"SST401") >= 3
    missing = check("no\x1b[31msuch\n</script>.py", cwd=folder)
    assert missing.code == 2 and missing.err.count("\n") == 1 and "\x1b" not in missing.err


@POSIX
@pytest.mark.skipif(sys.platform == "darwin", reason="file names there are text")
def test_name_that_is_no_text(folder: Path) -> None:
    name = os.fsencode(folder) + b"/bad\xff.py"
    with open(name, "w") as file:  # noqa: PTH123 -- a name in bytes
        file.write(BARE)
    for style in ("text", "concise", "json"):
        done = check("--format", style, ".", cwd=folder)
        assert done.code == 1 and done.err == "" and done.out.count(b"SST401") >= 2
        done.out.decode("utf-8")


def test_everything_at_once(folder: Path) -> None:
    """Each bad file is told once, and nothing good is lost."""
    (folder / "binary.py").write_bytes(b"\0")
    (folder / "broken.py").write_text("(")
    (folder / "coding.py").write_bytes(b"# coding: no-such\n")
    done = run(folder, "missing", ".")
    assert [place.partition(":")[0] for place in done.places] == ["binary.py", "broken.py", "coding.py", "good.py"]
    assert done.code == 2 and done.err.count("\n") == 1
    assert run(folder, "--select", "SST1", ".").places[:3] == done.places[:3]
    assert run(folder, "--ignore", "SST900", ".").places == done.places
