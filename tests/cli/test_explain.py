"""Does ``explain`` answer what is asked: a line, a file that is written, and one clear line when it cannot?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_command import run

PROGRAM = {
    "sst-lint.toml": "",
    "pkg/__init__.py": "",
    "pkg/files.py": """\
import json
import os
import tempfile
from pathlib import Path


def save(path, payload):
    with open(path, "w") as handle:
        json.dump(payload, handle)


def replace(path, text):
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, path)


def append(line):
    with open("run.log", "a") as handle:
        handle.write(line)


def read(root):
    try:
        return json.loads((Path(root) / "manifest.json").read_text())
    except FileNotFoundError:
        return {}
""",
    "pkg/run.py": """\
import os
from pathlib import Path

from pkg import files


def manifest(root: Path, names: list[str]) -> None:
    files.save(root / "manifest.json", {"parts": [n for n in os.listdir(root)], "names": names})


def sizes(root: Path) -> None:
    files.save(root / "sizes.json", {"count": len(os.listdir(root))})


def index(root: Path) -> None:
    files.replace(root / "index.txt", "\\n".join(sorted(os.listdir(root))))


def entry(root: Path) -> None:
    manifest(root, [])
    sizes(root)
    index(root)
""",
    "pkg/other/files.py": "x = open('other.json', 'w')\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in PROGRAM.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run("explain", *words) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_a_source_that_is_a_finding(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, "pkg/run.py:8")
    assert out.startswith("pkg/run.py:8 in manifest\n    files.save(")
    assert "source: `os.listdir` lists in file-system order" in out
    assert "Finding: SST201 unsorted-listing (error, high confidence)" in out
    assert "pkg/files.py:7 in save: passed to save()" in out
    assert "so `{root}/manifest.json` is written, by `open` (pkg/files.py:8)" in out


def test_why_a_source_is_no_finding(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No finding: the result of `len` is the same in any order (pkg/run.py:12)." in explained(
        capsys, "pkg/run.py:12"
    )
    assert "No finding: `sorted` puts it in order (pkg/run.py:16)." in explained(capsys, "pkg/run.py:16")


def test_a_file_belongs_to_what_is_asked_about(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing says which directory is the root, `explain` reads what `check .` reads."""
    configured = explained(capsys, "pkg/run.py:8")
    (project / "sst-lint.toml").unlink()
    assert explained(capsys, "pkg/run.py:8") == configured
    assert not (project / "pkg" / ".sst_cache").exists()


def test_writes_say_what_they_write_and_how(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shared = explained(capsys, "pkg/files.py:8")
    assert "the path: `{root}/manifest.json`, `{root}/sizes.json`" in shared
    assert "in place: no temporary file, no replace" in shared and "Finding: SST101" in shared
    whole = explained(capsys, "pkg/files.py:14")
    assert "put in place by a replace (pkg/files.py:18)" in whole and "the path: `{root}/index.txt`" in whole
    assert "No finding: nothing is truncated." in explained(capsys, "pkg/files.py:22")


def test_handlers_say_why_they_matter_or_not(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, "pkg/files.py:29")
    assert "handler: catches FileNotFoundError" in out
    assert "best-effort: nothing that it guards, assigns or returns was found to reach" in out
    assert "No finding: it names what it expects." in out


def test_findings_that_are_not_shown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_file = project / "pkg/run.py"
    text = run_file.read_text()
    run_file.write_text(text.replace('"names": names})', '"names": names})  # sst: ignore[SST201] -- one part'))
    assert "Not shown: SST201 unsorted-listing" in (out := explained(capsys, "pkg/run.py:8"))
    assert "suppressed in line 8 (one part)" in out
    run_file.write_text(text)
    (project / "sst-lint.toml").write_text('ignore = ["SST2"]\n')
    assert "its rule is not selected here" in explained(capsys, "pkg/run.py:8")
    (project / "sst-lint.toml").write_text('[per-path."pkg/files.py"]\nmin-confidence = "high"\n')
    assert "Finding: SST201" in explained(capsys, "pkg/run.py:8")


def test_what_is_less_sure_says_why(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_file = project / "pkg/run.py"
    run_file.write_text(run_file.read_text() + "\n\ndef names(root: Path) -> list[str]:\n    return os.listdir(root)\n")
    out = explained(capsys, f"pkg/run.py:{len(run_file.read_text().splitlines())}")
    assert "Not shown: SST201 unsorted-listing (warning, low confidence), less sure than" in out
    assert "    less sure because it leaves through a public function, and what is made of it there is not seen" in out


def test_steps_of_other_findings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, "pkg/files.py:7:5")
    assert "finding elsewhere has a step on this line" in out and "pkg/run.py:8: SST201" in out


def test_who_writes_a_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, "manifest.json")
    assert out.startswith("{root}/manifest.json\nwritten at pkg/files.py:8 in save: `open` truncates the file")
    assert "an artifact (path ends in 'manifest.json')" in out
    assert "pkg/run.py:20 in entry: calls it" in out and "pkg/run.py:8 in manifest: calls save()" in out
    assert "- the order of a listing, shown at pkg/run.py:8" in out
    assert "pkg/files.py:28 in read: `pathlib.Path.read_text` reads it" in out
    sizes = explained(capsys, "sizes.json")
    assert "what goes in: nothing unordered or unreliable was found" in sizes and "manifest" not in sizes
    assert "steps: temporary, " in explained(capsys, "index.txt")
    assert explained(capsys, "sizes") == sizes == explained(capsys, "size?.json")
    both = explained(capsys, "*.json")
    assert "manifest.json" in both and "sizes.json" in both and "other.json" in both


def test_answers_for_programs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = json.loads(explained(capsys, "pkg/run.py:8", "--format", "json"))
    assert {site["sort"] for site in line["sites"]} >= {"source", "call"}
    assert [(each["rule"], each["hidden"]) for each in line["findings"]] == [("SST201", None)]
    file = json.loads(explained(capsys, "manifest.json", "--format", "json"))
    assert file["written"][0]["name"] == "{root}/manifest.json" and file["read"][0]["location"]["line"] == 28
    (rule,) = json.loads(explained(capsys, "SST201", "--format", "json"))
    assert rule["code"] == "SST201"


def test_from_any_directory(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = explained(capsys, "pkg/run.py:8"), explained(capsys, "manifest.json")
    monkeypatch.chdir(project / "pkg/other")
    assert explained(capsys, "../run.py:8") == expected[0]
    assert explained(capsys, "pkg/run.py:8") == expected[0], "as check prints it"
    assert explained(capsys, "run.py:8") == expected[0], "the only one of this name"
    assert explained(capsys, "manifest.json") == expected[1]
    monkeypatch.chdir("/")
    assert explained(capsys, f"{project}/pkg/run.py:8") == expected[0]
    assert explained(capsys, "manifest.json", str(project)) == expected[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("pkg/runn.py:8",), "pkg/runn.py: no such file; did you mean `run.py`?"),
        (("pkg/run.py:2",), "pkg/run.py:2: nothing on this line"),
        (("pkg/run.py:2",), "the nearest lines that do: 8, 12, 16, 20"),
        (("pkg/run.py:99",), "pkg/run.py:99: the file has 22 lines"),
        (("pkg/run.py",), "pkg/run.py: say which line: pkg/run.py:LINE"),
        (("pkg:3",), "pkg: is a directory"),
        (("files.py:3",), "files.py: may be pkg/files.py, pkg/other/files.py; say more of the path"),
        (("manifst.json",), "`manifst.json` is written or read by this project; did you mean `manifest.json`?"),
        (("zzz",), "no file that fits `zzz` is written or read by this project; 5 files are written, like index.txt"),
        (("bare-exept",), "unknown rule `bare-exept`; did you mean `bare-except`?"),
        (("SST999",), "unknown rule `SST999`"),
        (("",), "say what to explain"),
        (("manifest.json", "nowhere"), "nowhere: no such file or directory"),
        (("manifest.json", "--config", "no.toml"), "no.toml: no such file"),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    project: Path, words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", *words) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.startswith("sst-lint: error: ")
    assert captured.err.count("\n") == 1 and captured.out == ""


def test_a_name_that_says_too_little(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pkg/many.py").write_text("".join(f"open('part{n}.json', 'w').write('')\n" for n in range(9)))
    assert run("explain", "json") == 2
    assert "`json` fits 12 files" in capsys.readouterr().err


def test_a_broken_file_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pkg/broken.py").write_text("def f(:\n")
    assert run("explain", "pkg/broken.py:1") == 2
    assert "pkg/broken.py:1: " in capsys.readouterr().err
