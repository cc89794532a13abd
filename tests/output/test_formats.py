"""Do the formats show what was found, and nothing that the found text wants the terminal to do?"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sst_lint.findings import Finding, Report, Suppression
from sst_lint.flow.location import Step
from sst_lint.output import FORMATS, Style

TEXT = "import json\n\ndef f(p, out):\n\tfor x in p.glob('*'):\n\t\tout.write(x)\n"


def finding(**changes: object) -> Finding:
    found = Finding(
        rule="SST201",
        name="unsorted-listing",
        path="src/a.py",
        line=4,
        column=11,
        end_line=4,
        end_column=22,
        message="the order of glob reaches out.txt; sort it",
        severity="error",
        confidence="high",
        function="f",
        fingerprint="0" * 64,
        trace=(Step("src/a.py", 4, "f", "listed by glob"), Step("src/b.py", 9, "", "written")),
        also=("SST203",),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def report(*findings: Finding, **more: object) -> Report:
    texts = {"src/a.py": TEXT}
    return Report(tuple(findings), files=3, failing=len(findings), texts=texts, **more)  # type: ignore[arg-type]


def test_text_shows_place_source_and_trace() -> None:
    assert FORMATS["text"](report(finding()), Style()) == (
        "src/a.py:4:11: SST201 the order of glob reaches out.txt; sort it\n"
        "    4 |     for x in p.glob('*'):\n"
        "      |              ^^^^^^^^^^^\n"
        "    1. src/a.py:4 in f: listed by glob\n"
        "    2. src/b.py:9: written\n"
        "    unsorted-listing; error; high confidence; also SST203\n"
        "\n"
        "1 finding (1 error, 0 warnings) in 1 of 3 files.\n"
    )


def test_what_is_less_sure_says_why() -> None:
    unsure = finding(confidence="low", doubts=("its way is long", "only a test does it"))
    lines = FORMATS["text"](report(unsure), Style()).splitlines()
    assert lines[6] == "    less sure because its way is long; and because only a test does it"
    assert json.loads(FORMATS["json-lines"](report(unsure), Style()))["doubts"] == list(unsure.doubts)


def test_concise_is_one_line_each() -> None:
    assert FORMATS["concise"](report(finding(), finding(line=9)), Style()) == (
        "src/a.py:4:11: SST201 the order of glob reaches out.txt; sort it\n"
        "src/a.py:9:11: SST201 the order of glob reaches out.txt; sort it\n"
    )


def test_nothing_found() -> None:
    assert FORMATS["text"](report(), Style()) == "No findings in 3 files.\n"
    assert FORMATS["text"](report(), Style(quiet=True)) == ""
    assert FORMATS["concise"](report(), Style()) == ""
    assert json.loads(FORMATS["json"](report(), Style()))["findings"] == []


def test_suppressed_findings_are_counted_and_shown_on_request() -> None:
    silenced = finding(suppressed=Suppression("ignore", 4, "one file only"))
    waived = finding(suppressed=Suppression("waiver", 4, "", "2", "ML-17"))
    text = FORMATS["concise"](report(waived), Style(show_suppressed=True))
    assert text.endswith("(suppressed in line 4: no reason given [tier 2, ML-17])\n")
    assert FORMATS["text"](report(*[silenced] * 60), Style(show_suppressed=True)).count("one file only") == 60
    assert FORMATS["text"](report(silenced), Style()) == "No findings in 3 files; 1 suppressed.\n"
    shown = FORMATS["concise"](report(silenced), Style(show_suppressed=True))
    assert shown.endswith("(suppressed in line 4: one file only)\n")
    record = json.loads(FORMATS["json"](report(silenced), Style()))
    assert record["findings"][0]["suppressed"] == {
        "kind": "ignore",
        "line": 4,
        "reason": "one file only",
        "tier": "",
        "ticket": "",
    }
    assert (record["summary"]["findings"], record["summary"]["suppressed"]) == (0, 1)


def test_json_has_the_keys_of_version_1_in_order() -> None:
    text = FORMATS["json"](report(finding()), Style())
    record = json.loads(text)
    assert list(record) == ["version", "findings", "summary"] and record["version"] == 1
    keys = "rule name path line column end_line end_column message severity confidence function fingerprint trace also"
    assert list(record["findings"][0]) == [*keys.split(), "fix", "suppressed", "baseline", "doubts"]
    assert record["findings"][0]["trace"][1] == {
        "path": "src/b.py",
        "line": 9,
        "function": "",
        "message": "written",
    }
    assert record["summary"]["by_rule"] == {"SST201": 1}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_hostile_text_is_escaped(name: str) -> None:
    evil = "\x1b[2J\u202e\r\n\x85\udcff</script>\u2028"
    found = finding(path=f"{evil}.py", message=evil, function=evil, trace=(Step(evil, 1, evil, evil),))
    texts = {found.path: f"\n\n\n{evil}    x\n"}
    text = FORMATS[name](Report((found,), 1, 1, texts=texts), Style())
    assert text.isascii()
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    assert len(text.splitlines()) == len(text.split("\n")) - 1
    text.encode("utf-8")


def test_color_is_only_on_request() -> None:
    assert "\x1b" not in FORMATS["text"](report(finding()), Style())
    assert "\x1b[31;1mSST201\x1b[0m" in FORMATS["text"](report(finding()), Style(color=True))


@pytest.mark.parametrize(
    ("line", "column", "end", "shown"),
    [
        ("x = 1", 99, 120, ["4 | x = 1", "  |      ^"]),
        ("   ", 1, 2, []),
        ("漢字 = g()", 6, 9, ["4 | 漢字 = g()", "  |        ^^^"]),
        ("a" * 300 + "BBB" + "c" * 300, 301, 304, ["4 | ..." + "a" * 80 + "BBB" + "c" * 77 + "..."]),
        ("x = f(\x0cy)", 5, 9, ["4 | x = f(\\x0cy)", "  |     ^^^^^^^"]),
    ],
)
def test_source_lines(line: str, column: int, end: int, shown: list[str]) -> None:
    found = finding(column=column, end_column=end, trace=())
    text = FORMATS["text"](Report((found,), 1, texts={found.path: f"1\n2\n3\n{line}\n5"}), Style(quiet=True))
    lines = text.splitlines()[1:-1]
    assert lines[: len(shown)] == [f"    {each}" for each in shown]
    assert bool(lines) == bool(shown)


def many() -> Report:
    findings = [finding(line=n, path=f"p{n % 3}.py", confidence="medium") for n in range(1, 60)]
    findings += [finding(line=n, rule="SST401", name="bare-except", severity="warning") for n in range(1, 9)]
    return Report(tuple(sorted(findings, key=lambda each: each.order)), files=9, failing=67)


def test_many_findings_are_no_wall() -> None:
    text = FORMATS["text"](many(), Style())
    assert text.startswith(
        "67 findings (59 errors, 8 warnings) in 4 of 9 files.\n\nBy rule\n  59  SST201  unsorted-listing"
    )
    assert text.count("confidence") - text.count("--min-confidence") == 10
    assert text.count(": SST401 ") == 7  # three of a rule first, then by certainty
    assert "sst-lint check --select SST201" in text
    assert FORMATS["text"](many(), Style(verbose=True)).count(": SST") == 67
    assert FORMATS["concise"](many(), Style()).count("\n") == 67


def test_statistics() -> None:
    assert FORMATS["text"](many(), Style(statistics=True)) == "59  SST201  unsorted-listing\n 8  SST401  bare-except\n"
