"""How does a team accept what stands today, in the source itself? A comment with a reason at each finding.

A file is written only if it is still what was judged, and only if nothing but comments changed: the program parses to
the same tree as before, and each comment is read back as the suppression that it was meant to be.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sst_lint.catalogue.select import ALWAYS
from sst_lint.findings.records import Finding, Report
from sst_lint.findings.suppress import ABOUT_SUPPRESSIONS
from sst_lint.source.directives import directives, joined_lines
from sst_lint.source.units import normalize_newlines

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_END = re.compile(r"(?:\r\n|\r|\n)?\Z")


class ReasonProblem(Exception):
    """The reason cannot stand in a comment; the message is one line."""


@dataclass(frozen=True)
class Ignored:
    """What was written, and what was not."""

    written: tuple[tuple[str, int], ...]  #: (path, number of findings that comments there accept now)
    left: tuple[tuple[Finding, str], ...]  #: findings that stand as before, and why

    @property
    def accepted(self) -> int:
        """How many findings have a comment now."""
        return sum(number for _, number in self.written)


def add_ignores(report: Report, reason: str) -> Ignored:
    """Write ``# sst: ignore[CODE] -- reason`` at every reported finding; raise ``ReasonProblem`` for a bad reason."""
    reason = _checked(reason)
    by_path: dict[str, list[Finding]] = {}
    left: list[tuple[Finding, str]] = []
    for finding in report.reported:
        why = _never(finding)
        if why:
            left.append((finding, why))
        else:
            by_path.setdefault(finding.path, []).append(finding)
    written: list[tuple[str, int]] = []
    for path, findings in sorted(by_path.items()):
        why = _rewrite(Path(report.base) / path, report.texts.get(path), findings, reason)
        if why:
            left += [(finding, why) for finding in findings]
        else:
            written.append((path, len(findings)))
    return Ignored(tuple(written), tuple(sorted(left, key=lambda entry: entry[0].order)))


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise ReasonProblem("--add-ignores needs a reason: say why these findings are right as they are")
    if "#" in reason or not reason.isprintable():
        raise ReasonProblem("--add-ignores: the reason becomes part of a comment: no `#`, and printable text only")
    return reason


def _never(finding: Finding) -> str:
    if finding.rule == ALWAYS:
        return "a file that cannot be read cannot be ignored"
    return "a comment about a comment helps nobody" if finding.rule in ABOUT_SUPPRESSIONS else ""


def _rewrite(file: Path, judged: str | None, findings: Sequence[Finding], reason: str) -> str:
    """Write the comments into one file, whole or not at all; return why not, or ""."""
    from sst_lint.runtime import write_atomic_bytes

    try:
        content = file.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if content.decode(encoding) != judged:
            return "the file was changed meanwhile"
        wanted = _wanted(normalize_newlines(judged), findings)
        text = _commented(judged, wanted, reason)
        why = _harm(judged, text, wanted)
        if why:
            return why
        changed = text.encode(encoding)
        if file.read_bytes() != content:
            return "the file was changed meanwhile"
        write_atomic_bytes(file, changed)
    except UnicodeEncodeError:
        return f"the reason cannot be written in the file's encoding ({encoding})"
    except (OSError, SyntaxError, UnicodeError) as error:
        return f"cannot be rewritten: {error}"
    return ""


def _wanted(text: str, findings: Iterable[Finding]) -> dict[int, list[str]]:
    """Return the codes to accept at the end of each line; a line without room passes them on to the next that has."""
    joined = joined_lines(text)
    holders = {line: last for last in sorted(joined, reverse=True) for line in range(joined[last], last)}
    wanted: dict[int, set[str]] = {}
    for finding in findings:
        line = holders.get(finding.line, finding.line)
        while line in holders:
            line = holders[line]
        wanted.setdefault(line, set()).add(finding.rule)
    return {line: sorted(codes) for line, codes in sorted(wanted.items())}


def _commented(text: str, wanted: Mapping[int, Sequence[str]], reason: str) -> str:
    parts: list[str] = []
    for number, line in enumerate(_LINES.findall(text), start=1):
        codes = wanted.get(number)
        if codes is None:
            parts.append(line)
            continue
        end = _END.search(line)
        ending = end.group() if end else ""
        parts.append(f"{line[: len(line) - len(ending)]}  # sst: ignore[{', '.join(codes)}] -- {reason}{ending}")
    return "".join(parts)


def _harm(before: str, after: str, wanted: Mapping[int, Sequence[str]]) -> str:
    """Say what is wrong with the text ``after``, or "": the same tree at the same places, every comment understood."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the code as it is: not ours to repeat
        same = _tree(before) == _tree(after)
    if not same:
        return "the comments would change the program"
    understood = {
        (each.line, code)
        for each in directives(after)
        if each.kind == "ignore" and not each.error and each.reason
        for code in each.codes
    }
    missing = [line for line, codes in wanted.items() for code in codes if (line, code) not in understood]
    return f"line {min(missing)} has no room for a comment" if missing else ""


def _tree(text: str) -> str:
    return ast.dump(ast.parse(text), include_attributes=True)
