"""Are known, moved, new and fixed findings told apart, and is a damaged baseline one clear line?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sst_lint.catalogue import load_rules
from sst_lint.config import Config
from sst_lint.findings import Finding, Policy, Suppression
from sst_lint.findings.baseline import Baseline, BaselineError, Entry, Today, compare, entries_of, parse, render

HEAD = '{"sst-lint-baseline": 1}\n'
LINE = '{"path": "a.py", "function": "f", "rule": "SST101", "snippet": "open(p)", "occurrence": 0}\n'


def found(snippet: str, line: int = 1, function: str = "f", path: str = "a.py", **more: object) -> Finding:
    finding = Finding("SST201", "n", path, line, 1, line, 2, "m", "error", "high", function, "0" * 64, snippet=snippet)
    return replace(finding, **more)  # type: ignore[arg-type]


def now(
    *findings: Finding,
    hidden: tuple[Finding, ...] = (),
    places: dict[str, set[str]] | None = None,
    unread: frozenset[str] = frozenset(),
    config: Config | None = None,
) -> Today:
    seen = places if places is not None else {"a.py": {"<module>", "f", "g"}}
    return Today(findings, hidden, seen, unread, Policy(config or Config(), load_rules()))


def baseline(*findings: Finding) -> Baseline:
    return Baseline("b", entries_of(findings))


def states(*args: Finding, base: Baseline, **more: object) -> list[str | None]:
    return [each.baseline for each in compare(base, now(*args, **more)).findings]  # type: ignore[arg-type]


def test_what_is_written_is_read_back_sorted_without_lines() -> None:
    entries = entries_of([found("z(x)"), found("a(x)", 9), found("z(x)", 4), found("é\udcff\n", path="é/b c.py")])
    text = render(entries)
    assert parse(text, "b").entries == entries and text.isascii()
    assert [(each.snippet, each.occurrence) for each in entries[:3]] == [("a(x)", 0), ("z(x)", 0), ("z(x)", 1)]
    assert render(reversed(entries)) == text and len(text.splitlines()) == 5
    assert parse(text.replace("\n", "\r\n"), "b").entries == entries


def test_moved_lines_are_known_and_one_more_is_new() -> None:
    base = baseline(found("a(x)"), found("a(x)", 3))
    assert states(found("a(x)", 7), found("a(x)", 99), base=base) == ["known", "known"]
    assert states(found("a(x)"), found("a(x)", 2), found("a(x)", 3), base=base) == ["known", "known", "new"]


def test_a_swap_inside_a_function_is_seen() -> None:
    compared = compare(baseline(found("a(x)")), now(found("b(x)")))
    assert [each.baseline for each in compared.findings] == ["new"]
    assert [each.snippet for each in compared.fixed] == ["a(x)"]


def test_a_renamed_function_or_file_is_moved_and_nothing_else_is() -> None:
    base = baseline(found("a(x)", function="old"))
    renamed = compare(base, now(found("a(x)", function="g")))
    assert [each.baseline for each in renamed.findings] == ["moved"]
    assert [(old.function, new.function) for old, new in renamed.moved] == [("old", "g")]
    assert renamed.entries(new=False) == entries_of([found("a(x)", function="g")])
    assert states(found("a(x)", function="old", path="b.py"), base=base, places={"b.py": {"old"}}) == ["moved"]
    # the old function is still there; two renames at once; the new function had findings before
    assert states(found("a(x)", function="g"), base=base, places={"a.py": {"old", "g"}}) == ["new"]
    assert states(found("a(x)", function="g", path="b.py"), base=base, places={"b.py": {"g"}}) == ["new"]
    both = baseline(found("a(x)", function="old"), found("b(x)", function="g"))
    assert states(found("a(x)", function="g"), base=both) == ["new"]


def test_an_entry_is_claimed_once() -> None:
    base = baseline(found("a(x)", function="old"))
    assert states(found("a(x)", 1, "f"), found("a(x)", 5, "g"), base=base) == ["moved", "new"]


def test_what_a_run_cannot_judge_is_kept() -> None:
    base = baseline(found("a(x)"))
    for today in (
        now(config=Config(select=("SST101",))),
        now(unread=frozenset({"a.py"})),
        now(hidden=(found("a(x)"),)),
    ):
        compared = compare(base, today)
        assert (compared.fixed, compared.entries(new=False)) == ((), base.entries)
    assert len(compare(base, now()).fixed) == 1


def test_a_suppressed_finding_frees_its_entry() -> None:
    silenced = found("a(x)", suppressed=Suppression("ignore", 1, "fine"))
    compared = compare(baseline(found("a(x)")), now(silenced))
    assert len(compared.fixed) == 1 and compared.findings[0].baseline is None


def test_a_stronger_rule_of_the_same_defect_is_known() -> None:
    stronger = found("a(x)", rule="SST206", also=("SST201",))
    assert states(stronger, base=baseline(found("a(x)"))) == ["known"]


def test_unread_files_are_never_accepted() -> None:
    broken = found("", rule="SST900")
    assert entries_of([broken]) == () and states(broken, base=baseline()) == [None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "b: is no baseline: its first line"),
        ("[]\n", "b: is no baseline"),
        ('{"sst-lint-baseline": true}\n', "b: is no baseline"),
        ('{"sst-lint-baseline": 2}\n', "b: has format 2, and this sst-lint knows 1"),
        ('{"sst-lint-baseline": 0}\n', "b: has the unknown format 0"),
        (HEAD + "<<<<<<< HEAD\n" + LINE + "=======\n>>>>>>> x\n", "b:2: a merge conflict is not resolved"),
        (HEAD + LINE + "nonsense\n", "b:3: is no entry of a baseline"),
        (HEAD + "[" * 100_000 + "\n", "b:2: is no entry of a baseline"),
        (HEAD + '{"path": "a.py"}\n', "b:2: the entry has no `function`"),
        (HEAD + LINE.replace("0}", "true}"), "b:2: the entry has no `occurrence`, or one that is no number"),
        (HEAD + LINE.replace("0}", '0, "line": 3}'), "b:2: the entry has the unknown key `line`"),
    ],
)
def test_a_damaged_file_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(BaselineError) as caught:
        parse(text, "b")
    assert str(caught.value).startswith(message) and "\n" not in str(caught.value)


def test_an_entry_that_stands_twice_counts_once_and_is_named() -> None:
    read = parse(HEAD + LINE + "\n" + LINE, "b")
    assert read.entries == (Entry("a.py", "f", "SST101", "open(p)", 0),)
    assert read.notes == ("b:4: the entry of line 2 again, counted once; `sst-lint baseline prune` takes it out",)
