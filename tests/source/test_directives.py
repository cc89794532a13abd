"""Suppression comments: every form, and what only looks like one."""

from __future__ import annotations

import io
import sysconfig
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sst_lint.source import directives as module
from sst_lint.source.directives import directives
from sst_lint.source.records import Directive


def only(text: str, waivers: tuple[str, ...] = (), accept: tuple[str, ...] = ()) -> Directive:
    (directive,) = directives(text, waivers, accept)
    return directive


@pytest.mark.parametrize(
    ("comment", "kind", "codes", "reason"),
    [
        ("# sst: ignore[SST203, SST101] -- why not", "ignore", ("SST203", "SST101"), "why not"),
        ("#sst:ignore[SST203]--why", "ignore", ("SST203",), "why"),
        ("# SST: Ignore[sst203] -- why", "ignore", ("sst203",), "why"),
        ("# sst: ignore[dict-order]", "ignore", ("dict-order",), ""),
        ("# sst: ignore -- all", "ignore", (), "all"),
        ("# sst: ignore", "ignore", (), ""),
        ("# sst: ignore-file[SST2] -- generated", "ignore-file", ("SST2",), "generated"),
        ("# sst: off[SST401] -- legacy", "off", ("SST401",), "legacy"),
        ("# sst: on[SST401]", "on", ("SST401",), ""),
        ("# noqa", "noqa", (), ""),
        ("#noqa: SST203 -- because", "noqa", ("SST203",), "because"),
        ("# NOQA:E501,SST203 SST1", "noqa", ("E501", "SST203", "SST1"), ""),
        ("# noqa: SST203 (because)", "noqa", ("SST203",), "because"),
    ],
)
def test_forms(comment: str, kind: str, codes: tuple[str, ...], reason: str) -> None:
    found = only(f"x = 1\ny = f(2)  {comment}   \nz = 3\n")
    assert (found.kind, found.codes, found.reason, found.error) == (kind, codes, reason, "")
    assert (found.line, found.column, found.text) == (2, 11, comment)


@pytest.mark.parametrize(
    "line",
    [
        "x = '# sst: ignore[SST203] -- no'",
        'x = """\n# sst: ignore[SST203] -- no\n"""',
        "x = 'it''s' '# noqa'",
        "x = r'\\\\' '# noqa'",
        'x = f"{a}# noqa"',
        "# prose about sst: ignore",
        "# sst: sea surface temperature",
        "# see noqa",
        "# noqa: E501",
        "# flake8: noqa",
        "x = 1 # type: ignore",
    ],
)
def test_what_is_no_directive(line: str) -> None:
    assert directives(line + "\n") == ()


@pytest.mark.parametrize(
    ("comment", "error"),
    [
        ("# sst: ignroe[SST203] -- x", "unknown word `ignroe`; did you mean `ignore`?"),
        ("# sst: ingore", "unknown word `ingore`; did you mean `ignore`?"),
        ("# sst: frobnicate[SST203]", "unknown word `frobnicate`; expected ignore, ignore-file, off, on"),
        ("# sst: ignore[SST203 -- x", "`[` is not closed"),
        ("# sst: ignore[] -- x", "`[]` names no rule"),
        ("# sst: ignore[SST 203] -- x", "`SST 203` is no rule"),
        ("# sst: ignore[SST203] because", "expected ` -- reason`, found `because`"),
        ("# sst: ignore SST203", "expected ` -- reason`, found `SST203`"),
    ],
)
def test_malformed(comment: str, error: str) -> None:
    assert only(f"x = 1  {comment}\n").error == error


def test_several_in_one_comment() -> None:
    found = directives("x  # type: ignore # sst: ignore[SST1] -- a #1 # noqa: SST2 -- b\n")
    assert [(d.kind, d.codes, d.reason, d.column) for d in found] == [
        ("ignore", ("SST1",), "a #1", 19),
        ("noqa", ("SST2",), "b", 47),
    ]


def test_columns_are_code_points_and_lines_are_pythons() -> None:
    found = directives("\ufeffx = '\u2028ü\x0c'  # noqa\r\ny  # noqa\rz  # noqa\n")
    assert [(d.line, d.column) for d in found] == [(1, 12), (2, 4), (3, 4)]


def test_waivers_are_declared_words() -> None:
    text = "for p in d:  # DETERMINISM_OK(tier B, PIPE-12): order is sorted by the caller\n    pass\n"
    assert directives(text) == ()
    found = only(text, waivers=("DETERMINISM_OK",))
    assert (found.kind, found.codes, found.line) == ("waiver", (), 1)
    assert (found.tier, found.ticket, found.reason) == ("B", "PIPE-12", "order is sorted by the caller")
    assert only(text, waivers=("DETERMINISM_OK=SST2,SST3",)).codes == ("SST2", "SST3")
    assert directives("x  # NOT_DETERMINISM_OKAY\n", waivers=("DETERMINISM_OK",)) == ()


def test_a_waiver_on_its_own_line_speaks_for_the_next_code() -> None:
    text = "x = 1\n# OK: a\n# more\n\nfor p in d:\n    pass\n    # OK: last\n"
    assert [d.line for d in directives(text, waivers=("OK",))] == [5, 7]


@pytest.mark.parametrize(
    ("comment", "accept", "codes", "reason"),
    [
        ("# noqa: BLE001 -- top level", "noqa:BLE001", ("SST4",), "top level"),
        ("# noqa: S110, BLE001 - top level", "noqa:ble001", ("SST4",), "top level"),
        ("# pylint: disable=broad-except  # top level", "pylint:broad-except", ("SST4",), "top level"),
        ("# nosec B110 - fine", "nosec:B110", ("SST402",), "fine"),
        ("# noqa: E501 fine", "noqa:E501=SST101", ("SST101",), "fine"),
    ],
)
def test_accepted_justifications(comment: str, accept: str, codes: tuple[str, ...], reason: str) -> None:
    text = f"x  {comment}\n"
    assert directives(text) == ()
    found = only(text, accept=(accept,))
    assert (found.kind, found.codes, found.reason, found.text) == ("waiver", codes, reason, comment)


def test_a_justification_without_a_reason_is_none() -> None:
    assert directives("x  # noqa: BLE001\n", accept=("noqa:BLE001",)) == ()


def comments_by_tokenize(text: str) -> list[tuple[int, int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(t.start[0], t.start[1] + 1, t.string.rstrip()) for t in tokens if t.type == tokenize.COMMENT]


def comments_here(text: str) -> list[tuple[int, int, str]]:
    return [(line, column, comment) for line, column, comment, _ in module._comments(text, ["#"])]


def test_comments_of_the_standard_library_are_those_that_tokenize_finds() -> None:
    top = Path(sysconfig.get_path("stdlib"))
    checked = 0
    for path in sorted([*top.glob("*.py"), *top.glob("email/*.py"), *top.glob("test/test_[fst]*.py")])[::5]:
        text = path.read_text(encoding="utf-8", errors="ignore").replace("\x0c", " ")
        if len(text) > 200_000:
            continue
        try:
            expected = comments_by_tokenize(text)
        except (tokenize.TokenError, SyntaxError):
            continue
        assert comments_here(text) == expected, path
        checked += 1
    assert checked > 30


@given(st.text(alphabet="#'\"\\\nrbfu sst:noqa[]-", max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    for directive in directives(text, ("OK",), ("noqa:BLE001",)):
        assert directive.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "line", "first"),
    [
        ('x = f("""\n\n""")  # sst: ignore[SST101] -- why\n', 3, 1),
        ("x = 1 + \\\n  2 + \\\n  3  # sst: ignore[SST101] -- why\n", 3, 1),
        ('x = """\n""" + y + """\n"""  # sst: ignore[SST101] -- why\n', 3, 1),
        ('x = \\\n  """\n"""  # noqa: SST101 -- why\n', 3, 1),
        ("x = (\n  3)  # sst: ignore[SST101] -- why\n", 2, 0),
        ('"""doc"""\nx = 1  # sst: ignore[SST101] -- why\n', 2, 0),
    ],
)
def test_a_comment_speaks_for_lines_without_room(text: str, line: int, first: int) -> None:
    (directive,) = directives(text)
    assert (directive.line, directive.first, directive.error) == (line, first, "")


@pytest.mark.parametrize("comment", ["# sst: ignore[SST101] -- why", "# noqa: SST101 -- why"])
def test_a_comment_on_a_line_without_statement(comment: str) -> None:
    (directive,) = directives(f"def f():\n    {comment}\n    return 1\n")
    assert directive.error.startswith("no statement stands on this line; put it at the end")
    assert directives("# noqa\n")[0].error == ""
    assert directives("# sst: off[SST101] -- why\n")[0].error == ""


@pytest.mark.parametrize(
    ("rest", "parts"),
    [
        (": sorted upstream", ("", "", "sorted upstream")),
        ("(tier-2, ML-17): sorted upstream", ("2", "ML-17", "sorted upstream")),
        (" [Tier B] #231 -- sorted upstream", ("B", "#231", "sorted upstream")),
        (" ML-17, tier=1: sorted (upstream)", ("1", "ML-17", "sorted (upstream)")),
        (": sorted upstream, see ML-17", ("", "ML-17", "sorted upstream, see ML-17")),
        ("(owner: me)", ("", "", "(owner: me)")),
        ("", ("", "", "")),
    ],
)
def test_tier_ticket_and_reason_of_a_waiver(rest: str, parts: tuple[str, str, str]) -> None:
    (directive,) = directives(f"x = 1  # DETERMINISM_OK{rest}\n", ["DETERMINISM_OK"])
    assert (directive.tier, directive.ticket, directive.reason) == parts
