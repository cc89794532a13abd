"""Does the command speak clearly: results on stdout, one line for each problem on stderr, the documented exit codes?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sst_lint
from sst_lint import engine
from sst_lint.cli import main
from sst_lint.cli.app import VERBS
from sst_lint.findings import Finding, Report
from sst_lint.findings.records import Suppression

FOUND = Finding("SST201", "unsorted-listing", "a.py", 1, 1, 1, 2, "unsorted", "warning", "high", "f", "0" * 64)


class Fake:
    """Stands for the engine: remembers what it was asked, and answers with ``report``."""

    report = Report((FOUND,), files=2, failing=1)

    def __call__(self, paths: tuple[Path, ...], options: engine.Options) -> Report:
        self.paths, self.options = paths, options
        return self.report


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    fake = Fake()
    monkeypatch.setattr(engine, "check", fake)
    return fake  # type: ignore[return-value]


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_version_imports_nothing_heavy() -> None:
    code = (
        "import sys; from sst_lint.cli import main\n"
        "try: main(['--version'])\n"
        "finally: print(sorted(m for m in sys.modules if m.split('.')[0] in ('click', 'libcst', 'tomli', 'msgspec')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == f"sst-lint {sst_lint.__version__}\n[]\n" and done.returncode == 0


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    out = capsys.readouterr().out
    assert all(f"  {verb} " in out for verb in VERBS)
    assert run() == 2


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_loads_and_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb, "--help") == 0
    assert capsys.readouterr().out.startswith(f"Usage: sst-lint {verb}")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chek"], "no verb `chek`; did you mean `check`?"),
        (["check", "--selct", "x"], "No such option"),
        (
            ["check", "--format", "jsn"],
            "unknown format `jsn`; did you mean `json`?; the formats are text, concise, json",
        ),
        (["check", "--format", "json", "--format", "text"], "two formats go to stdout"),
        (["check", "--format", "json:x", "-o", "y"], "--output-file needs a format"),
        (["check", "--min-confidence", "sure"], "'sure' is not one of"),
        (["explain", "SST999"], "unknown rule `SST999`"),
        (["explain", "bare-exept"], "did you mean `bare-except`?"),
    ],
)
def test_a_usage_error_is_one_line(
    words: list[str], message: str, fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.startswith("sst-lint: error: ")
    assert captured.err.count("\n") == 1 and captured.out == ""


def test_check_prints_findings_and_exits_1(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--format", "concise") == 1
    assert capsys.readouterr().out == "a.py:1:1: SST201 unsorted\n"
    assert fake.paths == (Path(),) and fake.options == engine.Options(fixes=True, jobs=0, cache=True)
    assert run("check", "--exit-zero") == 0


def test_options_reach_the_engine(fake: Fake) -> None:
    run("check", "a", "b", "--select", "SST1,SST2", "--select", "ALL", "--exclude", "x", "--min-confidence", "low")
    assert fake.paths == (Path("a"), Path("b"))
    assert dict(fake.options.overrides) == {
        "select": ("SST1", "SST2", "ALL"),
        "extend_exclude": ("x",),
        "min_confidence": "low",
    }
    run("check", "--isolated", "--config", "c.toml", "--jobs", "2", "--no-cache", "--fail-on", "never")
    assert (fake.options.isolated, fake.options.config, fake.options.jobs) == (True, Path("c.toml"), 2)
    assert not fake.options.cache
    assert dict(fake.options.overrides) == {"fail_on": "never"}


def test_problems_and_notes_go_to_stderr(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.report = Report(notes=("no Python files",), problems=("x: no such file",))
    assert run("check", "--exit-zero") == 2
    captured = capsys.readouterr()
    assert captured.err == "sst-lint: error: x: no such file\nsst-lint: note: no Python files\n"
    assert captured.out == ""
    fake.report = Report(notes=("no Python files",))
    assert run("check", "-q") == 0
    assert capsys.readouterr() == ("", "")


def test_several_outputs_at_once(fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    assert run("check", "--format", f"json:{out}", "--format", "concise") == 1
    assert json.loads(out.read_text())["summary"]["findings"] == 1
    assert capsys.readouterr().out.count("\n") == 1
    assert run("check", "--format", "json", "--output-file", str(out), "--color", "always") == 1
    assert capsys.readouterr().out == "" and "\x1b" not in out.read_text()
    assert run("check", "-o", str(tmp_path / "no" / "x")) == 2
    assert "cannot write" in capsys.readouterr().err


def test_suppressed_findings_on_request(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace

    fake.report = Report((replace(FOUND, suppressed=Suppression("ignore", 1, "why not")),), files=1)
    assert run("check", "--format", "concise") == 0
    assert capsys.readouterr().out == ""
    assert run("check", "--format", "concise", "--show-suppressed") == 0
    assert "why not" in capsys.readouterr().out


def test_an_internal_error_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> Report:
        raise KeyError("oh\x1b[2J")

    monkeypatch.setattr(engine, "check", broken)
    assert run("check") == 2
    err = capsys.readouterr().err
    assert "internal error: KeyError" in err and "please report" in err
    assert err.count("\n") == 1 and "\x1b" not in err


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "check", interrupted)
    assert run("check") == 130
    assert capsys.readouterr().err.strip() == "sst-lint: interrupted"


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_a_closed_pipe_is_quiet() -> None:
    command = f"{sys.executable} -m sst_lint rules --format json | head -c 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sst_lint", "rules"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "sst-lint: error: cannot write to stdout: No space left on device\n"


def test_an_encoding_that_lacks_characters() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    code = "from sst_lint.cli.terminal import print_result; print_result('caf\\u00e9\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout == "caf\\xe9\n"


def test_color_is_for_terminals(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    run("check")
    assert "\x1b" not in capsys.readouterr().out
    run("check", "--color", "always")
    assert "\x1b" in capsys.readouterr().out


def test_rules_and_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rules") == 0
    assert "SST201" in capsys.readouterr().out
    assert run("rules", "--format", "json") == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["code"] for record in records] == sorted(record["code"] for record in records)
    assert run("explain", "sst201") == 0
    by_code = capsys.readouterr().out
    assert by_code.startswith("SST201 unsorted-listing (order, stable, on by default")
    assert run("explain", "unsorted-listing") == 0
    assert capsys.readouterr().out == by_code
