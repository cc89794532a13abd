"""Do the readers of each format see the same findings, whatever files, functions and messages are called?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from equality import differences
from readers import READERS, read_github, read_gitlab, read_junit, read_rdjson, read_sarif

import sst_lint
from sst_lint.findings import Edit, Finding, Fix, Report, Suppression
from sst_lint.flow.location import Step
from sst_lint.output import CUTS, FORMATS, Style

ROOT = Path(__file__).parents[2]
STYLE = Style(verbose=True)
FOUND = Finding(
    *("SST201", "unsorted-listing", "src/a.py", 4, 11, 4, 22, "the order reaches out.txt", "error", "high", "f"),
    fingerprint="0" * 64,
    trace=(Step("src/a.py", 4, "f", "listed"), Step("src/b.py", 9, "", "written")),
)
#: what wants to be a command, a tag, a link, a cell, a line or a color
HOSTILE = (
    "::error::gone",
    "##[error]gone",
    "a\n::warning::b",
    "%0A::error file=x::y",
    "a,line=1:b",
    "</failure><script>alert(1)</script>&amp;]]>",
    '" onload="x',
    "| a | b |\n|---|---|",
    "`code` ``x`` *b* _i_ <b> [x](http://e.org) www.e.org @me #1 ~~s~~",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202eturned\u2066",
    "\udcff\x00\x85\u2028 zero\u200bwidth",
    "{0} {1} [link](1)",
    "漢字 é 🎉",
    " lead and trail ",
    "\\",
)


def numbered(count: int, **changes: object) -> list[Finding]:
    return [
        replace(FOUND, line=n, end_line=n, fingerprint=f"{n:064x}", **changes)  # type: ignore[arg-type]
        for n in range(1, count + 1)
    ]


def report(*findings: Finding, **more: object) -> Report:
    found = tuple(sorted(findings, key=lambda each: each.order))
    return Report(found, files=3, failing=len(found), **more)  # type: ignore[arg-type]


def test_every_format_has_a_reader() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_text_changes_nothing(name: str, evil: str) -> None:
    found = replace(
        FOUND,
        path=f"{evil}/a.py",
        function=evil,
        message=evil,
        trace=(Step(evil, 1, evil, evil), Step("b.py", 2, "", evil)),
        also=("SST203",),
    )
    texts = {found.path: f"\n\n\n{evil}\n"}
    text = FORMATS[name](report(found, replace(FOUND, path="z.py"), texts=texts, problems=(evil,)), STYLE)
    text.encode("utf-8")
    assert not any((ord(char) < 32 and char != "\n") or char in "\x7f\x85\u2028\u202e\u2066\u200b" for char in text)
    seen = READERS[name](text)
    assert [(line, rule) for _, line, rule, _ in seen] == [(4, "SST201")] * 2
    if name not in ("markdown", "text", "concise"):
        from sst_lint.output.style import escape

        assert sorted(path for path, *_ in seen) == sorted([escape(f"{evil}/a.py"), "z.py"])


def test_markdown_is_plain_words() -> None:
    evil = "[x](http://e.org) <img src=x> | www.e.org `a` *b*"
    text = FORMATS["markdown"](report(replace(FOUND, message=evil, path="a`b|c.py")), STYLE)
    assert r"\[x\](http\://e.org) &lt;img src=x\> \| www\.e.org \`a\` \*b\*" in text
    assert r"| ``a`b\|c.py:4`` |" in text


def test_a_hostile_project_end_to_end(tmp_path: Path) -> None:
    names = ["a b.py", "new\nline.py", "::error::x.py", "é,ü;:.py", "'\"&<>.py", os.fsdecode(b"\xff\xfe.py"), "%41.py"]
    for name in names:
        code = "def f(p):  # \u202e ::error::\n    open('m.json', 'w').write(p)  # ]]> <b> | `x`\n"
        (tmp_path / name).write_text(code, encoding="utf-8")
    assert differences([tmp_path]) == []


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found(name: str) -> None:
    assert READERS[name](FORMATS[name](report(), STYLE)) == []
    if name == "gitlab":
        assert json.loads(FORMATS[name](report(), STYLE)) == []
    if name == "junit":
        assert 'tests="1" failures="0"' in FORMATS[name](report(), STYLE)


@pytest.mark.parametrize("name", FORMATS)
def test_suppressed_and_baselined_are_left_out_until_asked_for(name: str) -> None:
    silenced = replace(FOUND, suppressed=Suppression("ignore", 4, "a | reason <b>"))
    known = replace(FOUND, line=5, end_line=5, baseline="known", fingerprint="1" * 64)
    new = replace(FOUND, line=6, end_line=6, baseline="new", fingerprint="2" * 64)
    whole = report(silenced, known, new)
    assert [line for _, line, *_ in READERS[name](FORMATS[name](whole, STYLE))] == [6]
    asked = FORMATS[name](whole, Style(verbose=True, show_suppressed=True))
    if name == "sarif":
        results = json.loads(asked)["runs"][0]["results"]
        kinds = [each["suppressions"][0]["kind"] if "suppressions" in each else "" for each in results]
        assert read_sarif(asked) and kinds == ["inSource", "external", ""]
    elif name == "junit":
        assert asked.count("<skipped ") == 2 and len(read_junit(asked)) == 1
    elif name == "gitlab":
        assert [each["severity"] for each in json.loads(asked)] == ["info", "info", "critical"]
    elif name == "rdjson":
        assert [severity for *_, severity in read_rdjson(asked)] == ["info", "info", "error"]
    else:
        assert asked.count("src/a.py") >= 3


def test_github_takes_ten_of_a_level() -> None:
    errors, warnings = numbered(25), numbered(11, severity="warning", path="b.py")
    low = numbered(1, confidence="low", path="0.py")
    text = FORMATS["github"](report(*errors, *warnings, *low), STYLE)
    seen = read_github(text)
    assert [level for *_, level in seen] == ["error"] * 10 + ["warning"] * 10
    assert "0.py" not in text  # the least certain is the first to go
    assert text.splitlines()[-1] == (
        "sst-lint: 16 more errors and 1 more warning than GitHub annotates; see the job summary"
    )


def test_sarif_keeps_the_limits_and_says_so() -> None:
    many = numbered(5_001, confidence="medium")
    long = replace(FOUND, path="z.py", trace=tuple(Step("a.py", n, "", f"step {n}") for n in range(1, 1_202)))
    last = replace(FOUND, path="zz.py", confidence="low")
    whole = report(*many, long, last)
    log = json.loads(FORMATS["sarif"](whole, STYLE))
    assert read_sarif(json.dumps(log))
    (run,) = log["runs"]
    said = "3 results, the least severe and least certain, are left out: readers take 5,000; traces of more than 1,000"
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].startswith(said)
    assert CUTS["sarif"](whole, STYLE).startswith(said)
    assert len(run["results"]) == 5_000 and run["results"][-1]["locations"][0] != last.path
    steps = run["results"][-1]["codeFlows"][0]["threadFlows"][0]["locations"]
    texts = [each["location"]["message"]["text"] for each in steps]
    assert (len(texts), texts[0], texts[-1]) == (1_000, "step 1", "step 1201")
    assert CUTS["sarif"](report(FOUND), STYLE) == ""


def test_sarif_of_a_finding_over_several_lines_marks_the_first() -> None:
    fix = Fix("safe", (Edit("src/a.py", 4, 1, 4, 2, "x"),))
    text = FORMATS["sarif"](report(replace(FOUND, end_line=9, fix=fix)), STYLE)
    assert read_sarif(text)
    (result,) = json.loads(text)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 4, "startColumn": 11, "endLine": 4}
    assert result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"] == {"text": "x"}


def test_equal_fingerprints_are_told_apart() -> None:
    twice = report(FOUND, replace(FOUND, line=9, end_line=9))
    assert len(read_gitlab(FORMATS["gitlab"](twice, STYLE))) == len(read_sarif(FORMATS["sarif"](twice, STYLE))) == 2


def test_rdjson_counts_bytes() -> None:
    texts = {"src/a.py": "\n\n\nx = '漢é' + f()\n"}
    found = replace(FOUND, column=5, end_column=9)
    (diagnostic,) = json.loads(FORMATS["rdjson"](report(found, texts=texts), STYLE))["diagnostics"]
    range_ = diagnostic["location"]["range"]
    assert range_ == {"start": {"line": 4, "column": 5}, "end": {"line": 4, "column": 12}}
    assert diagnostic["related_locations"][1]["location"]["path"] == "src/b.py"


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "rdjson"])
def test_code_hosts_get_paths_from_the_top_of_the_repository(name: str) -> None:
    assert READERS[name](FORMATS[name](report(FOUND, below="packages/one"), STYLE))[0][0] == "packages/one/src/a.py"
    assert READERS["json"](FORMATS["json"](report(FOUND, below="packages/one"), STYLE))[0][0] == "src/a.py"


def test_a_job_page_holds_the_worst_of_many() -> None:
    text = FORMATS["markdown"](report(*numbered(300, message="x" * 9_000)), STYLE)
    assert (
        len(text.encode()) < 1_000_000 and text.endswith("200 findings more, less severe or less certain.\n") is False
    )
    assert text.splitlines()[-1].endswith("findings more, less severe or less certain.")
    assert len(READERS["markdown"](FORMATS["markdown"](report(*numbered(300)), STYLE))) == 200


@pytest.mark.parametrize("project", ["legacy_pipeline"])
def test_check_library_and_every_format_agree(project: str) -> None:
    assert differences([ROOT / "fixtures" / "projects" / project]) == []


def test_the_script_says_what_differs() -> None:
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).parent / "equality.py"),
            str(ROOT / "fixtures" / "projects" / "legacy_pipeline"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same in 12 ways" in done.stdout


def test_the_library_takes_what_the_command_takes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(p):\n    open('m.json', 'w').write(p)\n    try: f(p)\n    except: pass\n")
    (tmp_path / "other.toml").write_text('select = ["SST4"]\n')
    one = sst_lint.check(str(tmp_path), {"select": ["SST1"], "min-confidence": "low"})
    assert {each.rule[:4] for each in one.reported} == {"SST1"}
    assert {each.rule[:4] for each in sst_lint.check([tmp_path], tmp_path / "other.toml").reported} == {"SST4"}
    both = sst_lint.check([tmp_path / "a.py"], sst_lint.Options(overrides={"ignore": ["SST4"]}))
    assert both.exit_code == 1 and {each.rule[:4] for each in both.reported} == {"SST1"}
    wrong = sst_lint.check(tmp_path, {"min_confidance": "low"})
    assert wrong.exit_code == 2 and "unknown key 'min_confidance'" in wrong.problems[0]
    assert sst_lint.check(tmp_path / "none").problems[0].endswith("no such file or directory")
