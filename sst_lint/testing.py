"""Does the tool find in example files what stands written in them, and nothing else?

A case is a file, or a folder that is one small project, with its expectations in comments where they must come true::

    names = os.listdir(folder)  # expect: SST201
    names.sort()                # ok: SST201

``expect`` and ``ok`` must hold. ``todo-expect`` and ``todo-ok`` are known gaps: the case fails when one of them is
closed, so that none is forgotten. ``low`` marks a finding of low confidence, which is not shown by default.
``# options: --min-confidence low`` gives the run options of ``sst-lint check``.
The rules that a case names are the rules that are selected; a team's own are among them.
``python -m sst_lint.testing FOLDER [WORD...]`` prints what does not hold in cases whose name holds one of the words.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import sys
import tempfile
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from sst_lint.source.scripts import calls_python, may_be_script

if TYPE_CHECKING:
    from sst_lint.findings import Finding, Report

Verb = Literal["expect", "ok", "low", "todo-expect", "todo-ok"]

_MARK = re.compile(r"#\s*(?P<verb>(?:todo-)?(?:expect|ok)|low):\s*(?P<codes>[^#]*)")
_OPTIONS = re.compile(r"#\s*options:\s*(?P<words>.*)")
_ALMOST = re.compile(r"#\s*(?:todo[- ]?)?(?:expects?|expected|ok)\s*:", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]{2,8}\d{1,4}\Z")
#: What no selection hides; selected alone when a case names only rules that do not exist yet.
_ALWAYS = "SST900"

#: (path in the project, line, rule)
Place = tuple[str, int, str]


class MalformedCase(Exception):
    """A case that cannot be judged; the message names its file and line."""


@dataclass(frozen=True)
class Case:
    """One file or one folder of example code, and what must be found in it."""

    name: str  #: below the folder of all cases: ``listings/walked.py``, ``linking/two_hops``
    path: Path
    marks: dict[Verb, Counter[Place]]
    options: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The rules that the case speaks of."""
        return tuple(sorted({code for places in self.marks.values() for _, _, code in places}))


@dataclass(frozen=True, order=True)
class Mismatch:
    """One expectation that does not hold, or one finding that nobody expects."""

    path: str
    line: int
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule} {self.what}"


@dataclass
class _Reading:
    """The comments of a case, as they are gathered."""

    marks: dict[Verb, Counter[Place]] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)

    def add(self, path: str, line: int, comment: str) -> None:
        found = False
        for match in _MARK.finditer(comment):
            verb, codes = cast(Verb, match["verb"]), [code.strip() for code in match["codes"].split(",")]
            for code in codes:
                if not _CODE.match(code):
                    raise MalformedCase(f"{path}:{line}: `{code}` is no rule code")
                self.marks.setdefault(verb, Counter())[path, line, code] += 1
            found = True
        options = _OPTIONS.match(comment)
        if options is not None:
            self.options.extend(shlex.split(options["words"]))
        elif not found and _ALMOST.match(comment):
            raise MalformedCase(f"{path}:{line}: `{comment}` is no expectation")


def find_cases(folder: Path) -> list[Case]:
    """Return the cases of ``folder``, by name: the files of its folders, and their folders, each a project."""
    entries = [entry for family in sorted(folder.iterdir()) if family.is_dir() for entry in sorted(family.iterdir())]
    return [load_case(entry, folder) for entry in entries if entry.suffix == ".py" or (entry.is_dir() and _code(entry))]


def load_case(path: Path, folder: Path | None = None) -> Case:
    """Read the expectations of one case. Raises ``MalformedCase`` when there are none, or when they clash."""
    name = path.name if folder is None else path.relative_to(folder).as_posix()
    reading = _Reading()
    for file in _code(path):
        inside = file.relative_to(path).as_posix() if path.is_dir() else file.name
        for line, comment in comments(file):
            reading.add(inside, line, comment)
    if not reading.marks:
        raise MalformedCase(f"{name}: says nothing about what must be found")
    fine = reading.marks.get("ok", Counter())
    for verb in ("expect", "low", "todo-expect", "todo-ok"):
        for place in fine.keys() & reading.marks.get(verb, Counter()).keys():
            raise MalformedCase(f"{name}:{place[1]}: {place[2]} is both `ok` and `{verb}`")
    return Case(name, path, reading.marks, tuple(reading.options))


def _code(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if _is_code(each)) if path.is_dir() else [path]


def _is_code(path: Path) -> bool:
    return path.suffix == ".py" or (may_be_script(path.name) and path.is_file() and calls_python(path))


def comments(file: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each comment; of a file that is broken on purpose, those before the break."""
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.tokenize(io.BytesIO(file.read_bytes()).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def run_case(case: Case) -> Report:
    """Run the tool on a case as on a project of its own, with the rules that it names."""
    from sst_lint.catalogue import load_rules
    from sst_lint.checks.own import own_checks
    from sst_lint.engine import Options, check_project

    exist = {rule.code for rule in (*load_rules(), *(each.rule for each in own_checks()))}
    select = tuple(code for code in case.codes if code in exist) or (_ALWAYS,)
    options = Options(overrides={"select": select, **_overrides(case)})
    if case.path.is_dir():
        return check_project(case.path, [case.path], options)
    with tempfile.TemporaryDirectory() as directory:  # no directory above the file may count as evidence
        root = Path(directory)
        shutil.copy(case.path, root)
        return check_project(root, [root], options)


def _overrides(case: Case) -> dict[str, Any]:
    """What the options of the case mean for the configuration, by the command line's own rules."""
    if not case.options:
        return {"min_confidence": "low"} if "low" in case.marks else {}
    import click

    from sst_lint.cli.check import command
    from sst_lint.cli.options import Asked

    try:
        given = dict(command.make_context("check", list(case.options)).params)
    except click.ClickException as error:
        raise MalformedCase(f"{case.name}: options: {error.format_message()}") from error
    for name in ("paths", "stdin_filename", "fix", "diff", "unsafe_fixes", "helpers"):
        given.pop(name)
    return Asked(**given).overrides()


def judge(case: Case) -> list[Mismatch]:
    """Return what does not hold in a case, by place: what is missing, what nobody expects, which gaps are closed."""
    report = run_case(case)
    if report.problems:
        raise MalformedCase(f"{case.name}: {'; '.join(report.problems)}")
    return sorted(compare(case, report.reported))


def compare(case: Case, findings: Iterable[Finding]) -> Iterator[Mismatch]:
    """Yield a mismatch for each place where ``findings`` and the expectations of ``case`` differ in number."""
    by_place: dict[Place, list[Finding]] = {}
    faint: Counter[Place] = Counter()
    for finding in findings:
        place = (finding.path, finding.line, finding.rule)
        if "low" in case.marks and finding.confidence == "low":
            faint[place] += 1
        else:
            by_place.setdefault(place, []).append(finding)
    for place, wanted in sorted(case.marks.get("low", Counter()).items()):
        if faint[place] != wanted:
            yield Mismatch(*place, f"with low confidence: expected {wanted}, found {faint[place]}")
    shown = [marks for verb, marks in case.marks.items() if verb not in ("ok", "low")]
    places = {*by_place, *(place for marks in shown for place in marks)}
    empty: Counter[Place] = Counter()
    for place in sorted(places):
        found = by_place.get(place, [])
        wanted, todo, wrong = (case.marks.get(v, empty)[place] for v in ("expect", "todo-expect", "todo-ok"))
        what = _difference(len(found), wanted, todo, wrong)
        if what:
            messages = "".join(f"\n    column {each.column}, {each.confidence}: {each.message}" for each in found)
            yield Mismatch(*place, what + messages)


def _difference(found: int, wanted: int, todo: int, wrong: int) -> str:
    """Say what differs between the number of findings at one place and what is written there, or ""."""
    if found < wanted:
        return f"is missing: expected {wanted}, found {found}"
    if found < wanted + wrong:
        return "is no longer found: `todo-ok` is `ok` now"
    if found == wanted + wrong:
        return ""
    if todo and found <= wanted + wrong + todo:
        return "is found: `todo-expect` is `expect` now"
    return f"is not expected: expected {wanted + wrong}, found {found}"


def main(arguments: Sequence[str]) -> int:
    """Print what does not hold in the cases below a folder; further words choose those whose name holds one of them."""
    if not arguments:
        print("usage: python -m sst_lint.testing FOLDER [WORD...]", file=sys.stderr)
        return 2
    folder, *words = arguments
    if not Path(folder).is_dir():
        print(f"{folder}: no folder of cases; name one, and words of the cases after it", file=sys.stderr)
        return 2
    try:
        cases = [case for case in find_cases(Path(folder)) if not words or any(word in case.name for word in words)]
    except MalformedCase as error:
        print(error, file=sys.stderr)
        return 2
    differ = held = 0
    for case in cases:
        mismatches = judge(case)
        prefix = f"{case.name}/" if case.path.is_dir() else case.name.removesuffix(case.path.name)
        for mismatch in mismatches:
            print(f"{prefix}{mismatch}")
        differ += len(mismatches)
        held += not mismatches
    print(f"{held} of {len(cases)} cases hold; {differ} places differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
