"""What happens between findings and mended files? Rounds of edits in memory until nothing changes, then one write each.

Every round judges the whole project anew, with the changed texts in place of the files, so that a fix never works on
what another one has moved.
"""

from __future__ import annotations

import ast
import difflib
import io
import tokenize
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import libcst as cst

from sst_lint.config.python import parse_version
from sst_lint.findings import Finding, Fix, Report
from sst_lint.fixes.draft import Advice, Import
from sst_lint.fixes.helpers import OLDEST_PYTHON, helpers_of, is_helper_module, may_import
from sst_lint.fixes.plan import FIXERS, Planned, applied, fitting, plan
from sst_lint.fixes.suggestions import SUGGESTIONS
from sst_lint.fixes.tree import Tree
from sst_lint.fixes.unused import without_unused
from sst_lint.source.directives import directives

ROUNDS = 10
Judge = Callable[[Mapping[str, str]], Report]


@dataclass(frozen=True)
class Wishes:
    """What may be done."""

    unsafe: bool = False
    helpers: str | tuple[tuple[str, str], ...] = ""
    waivers: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    only: frozenset[str] | None = None  #: the files that may be changed; None: all
    root: Path | None = None  #: of the project, to tell which of its packages a file belongs to
    target: str = ""  #: the oldest Python that the program runs on, like ``3.8``; "": not known

    @property
    def oldest(self) -> tuple[int, int] | None:
        """The oldest Python as numbers."""
        return parse_version(self.target) if self.target else None


@dataclass(frozen=True)
class Changed:
    """One file: its text as it was judged and as it is to be."""

    path: str
    before: str
    after: str
    fixed: int


@dataclass(frozen=True)
class Repaired:
    """The result: the changed files, the report on what remains (with its fixes), and the figures of the summary."""

    report: Report
    files: tuple[Changed, ...] = ()
    fixed: Mapping[str, int] = field(default_factory=dict)  #: rule -> findings that are gone
    unsafe: int = 0  #: remaining findings that an unsafe fix would mend
    helpers: int = 0  #: remaining findings that need helpers
    failed: tuple[str, ...] = ()  #: files that could not be changed, and why


def repair(judge: Judge, wishes: Wishes) -> Repaired:
    """Mend what ``judge`` finds, in memory; nothing is written."""
    helpers = helpers_of(wishes.helpers)
    texts: dict[str, str] = {}
    original: dict[str, str] = {}
    tried: set[tuple[str, str]] = set()
    wanted: Counter[tuple[str, str, str, str]] = Counter()
    refused: dict[str, str] = {}
    first = report = judge(texts)
    for _ in range(ROUNDS):
        progress = False
        for path, findings in report.by_file(wishes.only):
            text = texts.get(path, report.texts.get(path))
            if text is None or path in refused or is_helper_module(path, helpers):
                continue
            open_ones = [each for each in findings if (path, each.fingerprint) not in tried]
            drafts = _planned(path, text, open_ones, helpers, wishes, _tree(path, text))
            chosen = fitting(_allowed(drafts, wishes))
            if not chosen:
                continue
            after = applied(text, [change for one in chosen for change in (*one.support, *one.changes)])
            why = broken(text, after)
            if why and len(chosen) > 1:  # one of them is at fault: the first alone, the others later
                chosen = chosen[:1]
                after = applied(text, [*chosen[0].support, *chosen[0].changes])
                why = broken(text, after)
            tried.update((path, each.finding.fingerprint) for each in chosen)
            progress = True
            if why:
                continue
            original.setdefault(path, text)
            texts[path] = after
            wanted.update(each.finding.key for each in chosen)
        if not progress:
            break
        report = judge(texts)
    tidied = {path: without_unused(path, original[path], text) for path, text in sorted(texts.items())}
    if tidied != texts:
        texts.update(tidied)
        report = judge(texts)
    return _result(first, report, texts, original, wanted, wishes)


def offered(report: Report, wishes: Wishes) -> Report:
    """Return the report with what would mend each finding: edits, or words where there are none."""
    found: dict[Finding, Fix | None] = {}
    for path, findings in report.by_file(wishes.only):
        text = report.texts.get(path)
        if text is not None:
            found.update(zip(findings, fixes_in(path, text, findings, wishes), strict=True))
    return report.with_fixes(found)


def fixes_in(path: str, text: str, findings: Sequence[Finding], wishes: Wishes) -> list[Fix | None]:
    """Return what would mend each of the findings of one file. It depends on nothing of any other file, but for
    where packages lie (``may_import``)."""
    helpers = helpers_of(wishes.helpers)
    if is_helper_module(path, helpers):
        return [None] * len(findings)
    tree = _tree(path, text) if any(each.rule in FIXERS for each in findings) else None
    mended = {each.finding: each for each in _planned(path, text, findings, helpers, wishes, tree)}
    return [_fix(finding, mended.get(finding), tree) for finding in findings]


def _fix(finding: Finding, planned: Planned | None, tree: Tree | None) -> Fix | None:
    if planned is not None and tree is not None and planned.draft is not None:
        return planned.fix(tree)
    advice = planned.advice if planned is not None else None
    if advice is not None:
        return Fix("suggested", (), advice.text, "helpers" if advice.kind == "helpers" else "")
    words = SUGGESTIONS.get(finding.rule, "")
    return Fix("suggested", (), words) if words else None


def _result(
    first: Report,
    report: Report,
    texts: Mapping[str, str],
    original: Mapping[str, str],
    wanted: Counter[tuple[str, str, str, str]],
    wishes: Wishes,
) -> Repaired:
    before = Counter(finding.key for finding in first.reported)
    left = Counter(finding.key for finding in report.reported)
    fixed: Counter[str] = Counter()
    by_path: Counter[str] = Counter()
    for key, number in sorted(wanted.items()):
        gone = min(number, max(before[key] - left[key], 0)) if before[key] else number * (not left[key])
        fixed[key[2]] += gone
        by_path[key[0]] += gone
    shown = offered(replace(report, texts={**report.texts, **texts}), wishes)
    fixes = [each.fix for each in shown.reported if each.fix is not None]
    unsafe = sum(fix.safety == "unsafe" for fix in fixes)
    needs = sum(fix.needs == "helpers" for fix in fixes)
    files = tuple(
        Changed(path, original[path], texts[path], by_path[path])
        for path in sorted(texts)
        if texts[path] != original[path]
    )
    return Repaired(
        replace(shown, texts=report.texts), files, {rule: n for rule, n in sorted(fixed.items()) if n}, unsafe, needs
    )


def _allowed(planned: Sequence[Planned], wishes: Wishes) -> list[Planned]:
    safeties = ("safe", "unsafe") if wishes.unsafe else ("safe",)
    return [each for each in planned if each.draft is not None and each.draft.safety in safeties]


def _planned(
    path: str,
    text: str,
    findings: Sequence[Finding],
    helpers: dict[str, Import],
    wishes: Wishes,
    tree: Tree | None,
) -> list[Planned]:
    if wishes.root is not None and not may_import(wishes.root, path, helpers, text):
        helpers = {}
    oldest = wishes.oldest
    too_old = oldest is not None and oldest < OLDEST_PYTHON
    found = [] if tree is None else plan(tree, findings, {} if too_old else helpers, closed_lines(text, wishes), oldest)
    return [_without_helpers(each, wishes) for each in found] if too_old else found


def _without_helpers(planned: Planned, wishes: Wishes) -> Planned:
    """A program for a Python that cannot import the helpers is not told to get them."""
    if planned.advice is None or planned.advice.kind != "helpers":
        return planned
    oldest = ".".join(str(each) for each in OLDEST_PYTHON)
    words = f"to be mended by hand: the helpers need Python {oldest}, and the program runs on {wishes.target}"
    return replace(planned, advice=Advice("words", words))


def _tree(path: str, text: str) -> Tree | None:
    try:
        return Tree(path, text)
    except (cst.ParserSyntaxError, cst.CSTValidationError, ValueError, RecursionError):
        return None


def closed_lines(text: str, wishes: Wishes) -> list[range]:
    """Return the lines that carry a suppression, which no fix touches, whatever rule it names."""
    found: list[range] = []
    off = 0
    for each in directives(text, wishes.waivers, wishes.accept):
        if each.kind == "off":
            off = off or each.line
        elif each.kind == "on":
            found += [range(off, each.line + 1)] if off else []
            off = 0
        elif each.kind != "ignore-file" and (each.kind != "noqa" or each.codes):
            found.append(range(each.first or each.line, each.line + 1))
    if off:
        found.append(range(off, text.count("\n") + text.count("\r") + 2))
    return found


def broken(before: str, after: str) -> str:
    """Say what is wrong with a changed text, or "": it must parse, and every comment must still be there."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the code as it is: not ours to repeat
            compile(after, "<fixed>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
            compile(after, "<fixed>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"the result does not compile: {error}"
    if _comments(before) != _comments(after):
        return "a comment would be lost"
    return ""


def _comments(text: str) -> list[str]:
    try:
        return [
            token.string
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.COMMENT
        ]
    except (tokenize.TokenError, SyntaxError):
        return []


def write(base: Path, changed: Changed) -> str:
    """Write one file, whole or not at all, if it still is what was judged; return why not, or ""."""
    from sst_lint.runtime import write_atomic_bytes

    file = base / changed.path
    try:
        content = file.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if content.decode(encoding) != changed.before:
            return "the file was changed meanwhile"
        result = changed.after.encode(encoding)
        if file.read_bytes() != content:
            return "the file was changed meanwhile"
        write_atomic_bytes(file, result)
    except (OSError, SyntaxError, UnicodeError) as error:
        return f"cannot be rewritten: {error}"
    return ""


def unified(changed: Changed) -> str:
    """Return the change of one file as a unified diff; line ends as in the file."""
    lines = difflib.unified_diff(
        changed.before.splitlines(keepends=True),
        changed.after.splitlines(keepends=True),
        f"a/{changed.path}",
        f"b/{changed.path}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
