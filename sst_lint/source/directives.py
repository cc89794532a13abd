"""Which comments of a file suppress findings? All forms: ``# sst: ...``, ``# noqa``, declared waivers, accepted ones.

Only comments count, not strings that look like them. Whether a directive names rules that exist, or silences anything,
is not judged here.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Literal, cast

from sst_lint.config.waivers import Accepted, Waiver, parse_accepted, parse_waiver
from sst_lint.source.lexemes import COMMENT, STRING
from sst_lint.source.records import Directive
from sst_lint.source.units import normalize_newlines

Verb = Literal["ignore", "ignore-file", "off", "on"]
_VERBS = ("ignore", "ignore-file", "off", "on")

_COMMENTS = re.compile(rf"{STRING}|({COMMENT})", re.DOTALL)
_START = re.compile(r"#\s*(?=(?:sst:|noqa\b))", re.IGNORECASE)
_OWN = re.compile(r"#\s*sst:\s*(?P<verb>[\w-]*)\s*(?P<rest>.*)", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa\b(?:\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?(?P<rest>.*)", re.IGNORECASE)
_OTHER_TOOLS = {
    "noqa": re.compile(r"#\s*noqa\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)", re.IGNORECASE),
    "pylint": re.compile(r"#\s*pylint:\s*disable(?:-next)?\s*=\s*(?P<codes>[\w-]+(?:\s*,\s*[\w-]+)*)", re.IGNORECASE),
    "nosec": re.compile(r"#\s*nosec\b:?\s*(?P<codes>B[0-9]+(?:[,\s]+B[0-9]+)*)", re.IGNORECASE),
}
_CODE = re.compile(r"[A-Za-z][\w-]*\Z")
_BRACKET = re.compile(r"\s*[(\[]([^)\]]*)[)\]]")
_TIER = re.compile(r"\btier\s*[-=:#]?\s*(\w+)", re.IGNORECASE)
_TICKET = re.compile(r"\b[A-Z][A-Z0-9]+-\d+\b|(?<![\w&])#\d+\b")
_WAIVER_SEPARATORS = " \t-–—:;,"
_NO_STATEMENT = "no statement stands on this line; put it at the end of the statement's line, or use `off` and `on`"
_SEPARATORS = " \t-–—:;,#.()[]"


def directives(text: str, waivers: Sequence[str] = (), accept: Sequence[str] = ()) -> tuple[Directive, ...]:
    """The suppression comments of a file, in order; ``waivers`` and ``accept`` as in the configuration."""
    declared = tuple(parse_waiver(entry) for entry in waivers)
    accepted = tuple(parse_accepted(entry) for entry in accept)
    words = ["sst:", "noqa", *(each.word.lower() for each in declared), *(each.tool for each in accepted)]
    lowered = text.lower()
    if not any(word in lowered for word in words):
        return ()
    text = normalize_newlines(text.removeprefix("\ufeff"))
    found: list[Directive] = []
    for line, column, comment, alone in _comments(text, words):
        found.extend(_own_forms(comment, line, column, alone))
        target = _next_code_line(text, line) if alone else line
        found.extend(_waived(comment, target, column, declared))
        found.extend(_accepted(comment, target, column, accepted))
    if not found:
        return ()
    joined = joined_lines(text)
    spoken = (dataclasses.replace(each, first=joined.get(each.line, 0)) for each in found)
    return tuple(sorted(spoken, key=lambda each: (each.line, each.column)))


def joined_lines(text: str) -> dict[int, int]:
    """The lines at whose end a comment speaks for the lines above it too, with the first of those.

    A line that ends inside a string or with a backslash has no room for a comment; the line that ends the string or the
    chain of backslashes has. ``text`` has LF line ends.
    """
    starts: dict[int, int] = {}
    line, counted = 1, 0
    for match in _COMMENTS.finditer(text):
        if match.group(1) is None and "\n" in match.group():
            line += text.count("\n", counted, match.start())
            last = line + match.group().count("\n")
            starts[last] = min(line, starts.get(last, line))
            line, counted = last, match.end()
    for number, content in enumerate(text.split("\n"), start=1):
        if content.endswith("\\"):
            starts[number + 1] = min(number, starts.get(number + 1, number))
    joined: dict[int, int] = {}
    for last in sorted(starts):
        joined[last] = min(starts[last], joined.get(starts[last], starts[last]))
    return joined


def _comments(text: str, words: Sequence[str]) -> Iterator[tuple[int, int, str, bool]]:
    """Line, column (1-based) and text of each comment that holds a word, and whether it stands alone on its line."""
    line, counted = 1, 0
    for match in _COMMENTS.finditer(text):
        comment = match.group(1)
        if comment is None:
            continue
        lowered = comment.lower()
        if not any(word in lowered for word in words):
            continue
        start = match.start(1)
        line += text.count("\n", counted, start)
        counted = start
        line_start = text.rfind("\n", 0, start) + 1
        yield line, start - line_start + 1, comment.rstrip(), not text[line_start:start].strip()


def _next_code_line(text: str, line: int) -> int:
    """The first line after ``line`` that is neither empty nor a comment; ``line`` itself when there is none."""
    for number, content in enumerate(text.split("\n")[line:], start=line + 1):
        stripped = content.strip()
        if stripped and not stripped.startswith("#"):
            return number
    return line


def _own_forms(comment: str, line: int, column: int, alone: bool) -> Iterator[Directive]:
    """The ``# sst:`` and ``# noqa`` directives of one comment, which may hold several."""
    starts = [match.start() for match in _START.finditer(comment)]
    for start, end in zip(starts, [*starts[1:], len(comment)]):
        part = comment[start:end].rstrip()
        directive = _sst(part, line, column + start) or _noqa(part, line, column + start)
        if directive is None:
            continue
        if (
            alone
            and not directive.error
            and (directive.kind == "ignore" or (directive.kind == "noqa" and directive.codes))
        ):
            directive = dataclasses.replace(directive, error=_NO_STATEMENT)
        yield directive


def _sst(part: str, line: int, column: int) -> Directive | None:
    match = _OWN.match(part)
    if match is None:
        return None
    verb, rest = match.group("verb").lower(), match.group("rest").strip()
    if verb not in _VERBS:
        close = difflib.get_close_matches(verb, _VERBS, n=1)
        if not close and not rest.startswith("["):
            return None  # prose: "sst: sea surface temperature"
        hint = f"; did you mean `{close[0]}`?" if close else f"; expected {', '.join(_VERBS)}"
        return Directive("ignore", line, column, (), "", part, f"unknown word `{verb}`{hint}")
    codes, reason, error = _codes_and_reason(rest)
    return Directive(cast(Verb, verb), line, column, codes, reason, part, error)


def _codes_and_reason(rest: str) -> tuple[tuple[str, ...], str, str]:
    """What follows the verb: the rules, the reason, and what is wrong with them ("" if nothing is)."""
    codes: tuple[str, ...] = ()
    if rest.startswith("["):
        inside, bracket, rest = rest[1:].partition("]")
        if not bracket:
            return (), "", "`[` is not closed"
        codes = tuple(code.strip() for code in inside.split(",") if code.strip())
        if not codes:
            return (), "", "`[]` names no rule"
        for code in codes:
            if not _CODE.match(code):
                return codes, "", f"`{code}` is no rule"
    rest = rest.strip()
    if rest.startswith("#"):  # a comment for somebody else follows
        rest = ""
    if rest and not rest.startswith("--"):
        return codes, "", f"expected ` -- reason`, found `{rest[:40]}`"
    return codes, rest[2:].strip(), ""


def _noqa(part: str, line: int, column: int) -> Directive | None:
    """A ``# noqa`` that is for us: without codes, or with one of ours."""
    match = _NOQA.match(part)
    if match is None:
        return None
    codes = _split_codes(match.group("codes") or "")
    if codes and not any(code.upper().startswith("SST") for code in codes):
        return None
    return Directive("noqa", line, column, codes, match.group("rest").strip(_SEPARATORS), part)


def _waived(comment: str, line: int, column: int, declared: Sequence[Waiver]) -> Iterator[Directive]:
    for waiver in declared:
        match = re.search(rf"(?<![\w.-]){re.escape(waiver.word)}(?![\w-])", comment)
        if match is not None:
            tier, ticket, reason = _waiver_parts(comment[match.end() :])
            yield Directive("waiver", line, column, waiver.codes, reason, comment, tier=tier, ticket=ticket)


def _waiver_parts(rest: str) -> tuple[str, str, str]:
    """Tier, ticket and reason of what follows a waiver's word: ``(tier 2, ML-17): reason``, ``ML-17 -- reason``.

    A tier or a ticket in brackets or before the reason is no part of it; a ticket inside it is read and stays.
    """
    bracket = _BRACKET.match(rest)
    details = bracket.group(1) if bracket is not None else ""
    speaks = bool(_TIER.search(details) or _TICKET.search(details))
    reason = rest[bracket.end() :] if bracket is not None and speaks else rest
    while True:
        reason = reason.strip(_WAIVER_SEPARATORS)
        leading = _TIER.match(reason) or _TICKET.match(reason)
        if leading is None:
            break
        details, reason = f"{details} {leading.group()}", reason[leading.end() :]
    tier, ticket = _TIER.search(details), _TICKET.search(f"{details} {reason}")
    return tier.group(1) if tier else "", ticket.group() if ticket else "", reason


def _accepted(comment: str, line: int, column: int, accepted: Sequence[Accepted]) -> Iterator[Directive]:
    """Other tools' comments: they waive only with a reason, for that is what was accepted."""
    for tool, pattern in _OTHER_TOOLS.items():
        wanted = [each for each in accepted if each.tool == tool]
        match = pattern.search(comment) if wanted else None
        if match is None:
            continue
        named = [code.upper() for code in _split_codes(match.group("codes"))]
        codes = tuple(dict.fromkeys(code for each in wanted if each.code in named for code in each.codes))
        reason = comment[match.end() :].strip(_SEPARATORS)
        if codes and reason:
            yield Directive("waiver", line, column + match.start(), codes, reason, comment[match.start() :])


def _split_codes(text: str) -> tuple[str, ...]:
    return tuple(code for code in re.split(r"[,\s]+", text) if code)
