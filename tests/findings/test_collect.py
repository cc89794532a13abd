"""Which findings come out of which defects: selection, one for each defect, comments, fingerprints, order?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sst_lint.catalogue import Rule
from sst_lint.checks.defect import Confidence, Defect, Severity
from sst_lint.config import Config
from sst_lint.findings import Finding, Policy, collect, fails, relocate
from sst_lint.flow.location import Location, Step
from sst_lint.source.records import Directive, Source, Unreadable


def rule(code: str, name: str, precedence: int = 100, default: bool = True) -> Rule:
    return Rule(code, name, "stable", default, "order", (), "summary", "what", precedence)


RULES = (
    rule("SST201", "unsorted-listing", 30),
    rule("SST203", "dict-order", 40),
    rule("SST206", "clock-ordered-choice", 10),
    rule("SST207", "ambiguous-sort", 50, default=False),
    rule("SST900", "unreadable-source", 0),
    rule("SST901", "unused-suppression"),
    rule("SST902", "unexplained-suppression"),
    rule("SST903", "invalid-suppression"),
)


def defect(
    code: str,
    line: int = 3,
    *,
    path: str = "a.py",
    group: str = "",
    statement: int = 0,
    severity: Severity = "error",
    confidence: Confidence = "high",
    snippet: str = "p.glob('*')",
    trace: tuple[Step, ...] = (),
) -> Defect:
    place = Location(path, line, 5, line, 9, "f")
    return Defect(code, place, statement or line, snippet, f"{code} here", severity, confidence, trace, group)


def comment(kind: str, line: int, *codes: str, reason: str = "it is fine", error: str = "") -> Directive:
    return Directive(kind, line, 20, codes, reason, f"# {kind}", error)  # type: ignore[arg-type]


def run(
    defects: list[Defect], *comments: Directive, config: Config | None = None, unreadable: tuple[Unreadable, ...] = ()
) -> list[Finding]:
    source = Source("a.py", "x = 1\n" * 9, "utf-8", (), comments)
    policy = Policy(config or Config(), RULES)
    return collect(defects, unreadable, RULES, policy, {"a.py": source}).findings


def shape(findings: list[Finding]) -> list[str]:
    """Each finding as ``line:code``, in parentheses where it is suppressed."""
    return [f"{f.line}:{f.rule}" if f.reported else f"({f.line}:{f.rule})" for f in findings]


def test_selection_and_confidence() -> None:
    defects = [defect("SST201"), defect("SST207", 4), defect("SST203", 5, confidence="low")]
    assert shape(run(defects)) == ["3:SST201"]
    assert shape(run(defects, config=Config(min_confidence="low"))) == ["3:SST201", "5:SST203"]
    assert shape(run(defects, config=Config(select=("SST207",)))) == ["4:SST207"]
    per_path = (("b.py", (("ignore", ("SST201",)),)),)
    both = [defect("SST201"), defect("SST201", path="b.py")]
    assert [f.path for f in run(both, config=Config(per_path=per_path))] == ["a.py"]


def test_the_configuration_sets_the_severity() -> None:
    found = run([defect("SST201")], config=Config(severity=(("SST2", "warning"),)))
    assert found[0].severity == "warning"
    assert fails(found[0], "warning") and not fails(found[0], "error") and not fails(found[0], "never")


def test_one_defect_is_one_finding() -> None:
    defects = [
        defect("SST203", group="g"),
        defect("SST206", group="g"),
        defect("SST201", group="g"),
        defect("SST201", 7),
    ]
    findings = run(defects)
    assert shape(findings) == ["3:SST206", "7:SST201"]
    assert findings[0].also == ("SST201", "SST203")
    assert shape(run(defects, config=Config(ignore=("SST206",)))) == ["3:SST201", "7:SST201"]


def test_ignoring_the_strongest_does_not_let_the_next_one_out() -> None:
    defects = [defect("SST203", group="g"), defect("SST206", group="g")]
    assert shape(run(defects, comment("ignore", 3, "SST206"))) == ["(3:SST206)"]


def test_one_of_low_confidence_hides_none_that_is_surer() -> None:
    defects = [defect("SST203", group="g", confidence="medium"), defect("SST206", group="g", confidence="low")]
    (finding,) = run(defects, config=Config(min_confidence="low"))
    assert (finding.rule, finding.also) == ("SST203", ("SST206",))


def test_of_one_rule_the_surest_with_the_shortest_trace_stays() -> None:
    step = Step("a.py", 1, "f", "listed here")
    defects = [
        defect("SST201", group="g", trace=(step, step)),
        defect("SST201", group="g", trace=(step,)),
        defect("SST201", group="g", confidence="medium"),
    ]
    (finding,) = run(defects)
    assert (finding.trace, finding.confidence, finding.also) == ((step,), "high", ())
    assert run(defects[::-1]) == [finding]


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        ([comment("ignore", 3, "SST201")], ["(3:SST201)"]),
        ([comment("ignore", 2, "SST201")], ["(3:SST201)"]),  # the statement's first line
        ([comment("ignore", 3, "unsorted-listing", "SST2")], ["(3:SST201)"]),
        ([comment("ignore", 3)], ["(3:SST201)"]),
        ([comment("ignore", 1, "SST201")], ["1:SST901", "3:SST201"]),
        ([comment("ignore", 3, "SST203")], ["3:SST201", "3:SST901"]),
        ([comment("ignore", 3, "SST207")], ["3:SST201"]),  # its rule is off in this run
        ([comment("ignore", 3, "SST201", reason=" ")], ["(3:SST201)", "3:SST902"]),
        ([comment("ignore", 3, "SST999")], ["3:SST201", "3:SST903"]),
        ([comment("ignore", 3, error="no closing bracket")], ["3:SST201", "3:SST903"]),
        ([comment("ignore-file", 9, "SST201")], ["(3:SST201)"]),
        ([comment("ignore-file", 9, "SST203")], ["3:SST201", "9:SST901"]),
        ([comment("off", 2, "SST201"), comment("on", 5, "SST201")], ["(3:SST201)"]),
        ([comment("off", 2), comment("on", 3)], ["2:SST901", "3:SST201"]),
        ([comment("off", 2)], ["(3:SST201)"]),
        ([comment("on", 5, "SST201")], ["3:SST201", "5:SST903"]),
        ([comment("off", 1, "SST201"), comment("on", 2, "SST203")], ["2:SST903", "(3:SST201)"]),
        ([comment("noqa", 3, "SST201", "E501")], ["(3:SST201)"]),
        ([comment("noqa", 3, reason="")], ["(3:SST201)"]),
        ([comment("noqa", 4, reason="")], ["3:SST201"]),
        ([comment("noqa", 3, "E501", reason="")], ["3:SST201"]),
        ([comment("waiver", 3, reason="")], ["(3:SST201)"]),
        ([comment("waiver", 5)], ["3:SST201"]),
        ([comment("ignore-file", 1, "SST901"), comment("ignore", 5, "SST201")], ["3:SST201", "(5:SST901)"]),
    ],
)
def test_comments(comments: list[Directive], expected: list[str]) -> None:
    assert shape(run([defect("SST201", statement=2)], *comments)) == expected


def test_a_suppression_carries_its_reason() -> None:
    (finding,) = run([defect("SST201")], comment("ignore-file", 1), comment("ignore", 3, "SST201", reason="once only"))
    assert finding.suppressed is not None
    assert (finding.suppressed.kind, finding.suppressed.line, finding.suppressed.reason) == ("ignore", 3, "once only")


def test_a_comment_for_a_weaker_or_a_hidden_rule_is_not_unused() -> None:
    both = [defect("SST203", group="g"), defect("SST206", group="g")]
    assert shape(run(both, comment("ignore", 3, "SST203"))) == ["3:SST206"]
    assert shape(run([defect("SST201", confidence="low")], comment("ignore", 3, "SST201"))) == []


def test_a_blanket_comment_is_judged_only_when_everything_was_looked_for() -> None:
    some = Config(select=("SST203", "SST9"))
    assert shape(run([defect("SST201")], comment("ignore", 3), config=some)) == []
    assert shape(run([], comment("ignore", 3, "SST203", "SST201"), config=some)) == ["3:SST901"]


def test_nearest_rule_is_offered() -> None:
    found = run([], comment("ignore", 3, "unsorted-lising"))
    assert "did you mean `unsorted-listing`?" in found[0].message


def test_what_is_unread_is_reported_whatever_is_selected() -> None:
    bad = (Unreadable("b.py", 2, 7, "syntax error"),)
    assert shape(run([], unreadable=bad, config=Config(select=("SST203",), ignore=("ALL",)))) == ["2:SST900"]


def test_fingerprints_name_content() -> None:
    one, two = run([defect("SST201", 3), defect("SST201", 4)])
    moved = run([defect("SST201", 13), defect("SST201", 14, snippet="p.glob( '*')".replace("( ", "("))])
    assert [one.fingerprint, two.fingerprint] == [f.fingerprint for f in moved]
    assert one.fingerprint != two.fingerprint and len(one.fingerprint) == 64
    assert run([defect("SST201", 3, snippet="q.glob('*')")])[0].fingerprint not in (one.fingerprint, two.fingerprint)


def test_order_is_by_place_whatever_comes_first() -> None:
    defects = [defect("SST203", 9), defect("SST201", 9), defect("SST201", 2), defect("SST201", 5, path="A.py")]
    findings = run(defects)
    assert [(f.path, f.line, f.rule) for f in findings] == [
        ("A.py", 5, "SST201"),
        ("a.py", 2, "SST201"),
        ("a.py", 9, "SST201"),
        ("a.py", 9, "SST203"),
    ]
    assert run(defects[::-1]) == findings


def test_relocating_moves_every_path() -> None:
    (finding,) = run([defect("SST201", trace=(Step("b.py", 1, "g", "x"),))])
    moved = relocate(finding, "sub/dir")
    assert (moved.path, moved.trace[0].path) == ("sub/dir/a.py", "sub/dir/b.py")
    assert relocate(finding, "") is finding
    assert moved.touches(frozenset({"sub/dir/b.py"})) and not replace(moved, trace=()).touches(frozenset({"b.py"}))
