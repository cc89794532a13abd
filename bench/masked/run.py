"""How much of what the tool says rests on names? The same sites, judged with and without the evidence of names.

Two masks. `evidence`: the lists of words that speak of paths, locks and steps of a protocol are switched off, so that
what a path is called counts for nothing; suffixes and what flows where stay. `renamed`: the programs themselves get
made-up names for variables, parameters, functions, classes, attributes, file stems and directories (what libraries
define keeps its name, and so do suffixes), and everything is switched on.

A site is a line of `fixtures/cases` with `# expect:`, or a defect on the legacy pipeline's list; a finding is wrong
where nobody expects it, or on one of the list's look-alikes. Kinds are those of all written paths: how many stay what
they are.

    python bench/masked/run.py [--write FILE]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "projects"), str(Path(__file__).parent)]

from rename import Renamed  # noqa: E402

from sst_lint import checks, engine, flow  # noqa: E402
from sst_lint.catalogue import load_models  # noqa: E402
from sst_lint.config import Config  # noqa: E402
from sst_lint.flow import Project, artifacts, evidence, link, locks  # noqa: E402
from sst_lint.source import Source, split_units  # noqa: E402
from sst_lint.testing import Case, compare, find_cases, load_case, run_case  # noqa: E402

#: Families of cases that speak of writes, locks and handlers: these ask what a path is.
FAMILIES = ("writes", "locks", "excepts", "serialization")
LIST_RULES = ("SST101", "SST102", "SST103", "SST110", "SST111", "SST112", "SST403", "SST404", "SST407")
_NEVER = re.compile(r"(?!)")


@contextmanager
def without_names() -> Iterator[None]:
    """Switch the evidence of names off."""
    with ExitStack() as stack:
        for module in _modules_with("words"):
            stack.enter_context(patch.object(module, "words", lambda name: frozenset()))
        changes: list[tuple[Any, str, Any]] = [
            (artifacts, "_by_name", lambda name: None),
            (evidence, "_TEMPORARY_DIRECTORY", _NEVER),
            (evidence, "_COMMAND_LINE", frozenset()),
            (locks, "_TAKING", frozenset()),
            (locks, "_LETTING_GO", frozenset()),
            (locks, "_UNDER_A_LOCK", ("\0",)),
        ]
        for owner, attribute, new in changes:
            stack.enter_context(patch.object(owner, attribute, new))
        yield


def _modules_with(name: str) -> list[ModuleType]:
    packages = (checks.__name__, flow.__name__)
    found = [m for key, m in sorted(sys.modules.items()) if key.startswith(packages) and hasattr(m, name)]
    assert artifacts in found
    return found


@dataclass
class Score:
    """What was judged in one set: sites, those found, wrong findings; kinds of written paths by place."""

    sites: int = 0
    found: int = 0
    wrong: int = 0
    kinds: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def of_case(self, case: Case) -> None:
        """Add one case."""
        wanted = case.marks.get("expect", Counter())
        report = run_case(case)
        missing = 0
        for mismatch in compare(case, report.reported):
            at = (mismatch.path, mismatch.line, mismatch.rule)
            here = sum((f.path, f.line, f.rule) == at for f in report.reported)
            missing += max(0, wanted[at] - here)
            self.wrong += max(0, here - wanted[at])
        self.sites += wanted.total()
        self.found += wanted.total() - missing
        self._add_kinds(case.name, case.path)

    def of_list(self) -> None:
        """Add the legacy pipeline's list."""
        from defects import LEGACY_PIPELINE, expected, lookalikes

        overrides = {"min_confidence": "low"}
        report = engine.check_project(LEGACY_PIPELINE, [LEGACY_PIPELINE], engine.Options(overrides=overrides))
        places = [
            (f.path, line, rule)
            for f in report.findings
            for line in range(f.line, f.end_line + 1)
            for rule in (f.rule, *f.also)
        ]
        sure = [(f.path, f.line, f.rule) for f in report.findings if f.confidence != "low"]
        due = [each for each in expected() if not each.todo and each.rule in LIST_RULES]
        self.sites += len(due)
        self.found += sum(any(each.tolerates(*place) for place in places) for each in due)
        self.wrong += sum(any(each.forbids(*p) for p in sure if p[2] in LIST_RULES) for each in lookalikes())
        self._add_kinds("legacy_pipeline", LEGACY_PIPELINE)

    def _add_kinds(self, name: str, path: Path) -> None:
        for number, write in enumerate((project := _project(path)).writes()):
            at = project.trace.location(write.site.ports["return"])
            self.kinds[f"{name}/{at.path if path.is_dir() else ''}", at.line, number] = write.kind.kind


def _project(path: Path) -> Project:
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    root = path if path.is_dir() else path.parent
    sources = [
        Source(file.relative_to(root).as_posix() if path.is_dir() else "case.py", text, "utf-8", split_units(text), ())
        for file, text in ((file, file.read_text("utf-8")) for file in files)
    ]
    return link(engine.extract_all(sources, engine.Failures()), load_models(), Config())


def cases() -> list[Case]:
    """The cases of the families that ask what a path is."""
    return [case for case in find_cases(ROOT / "fixtures" / "cases") if case.name.partition("/")[0] in FAMILIES]


def renamed(wanted: list[Case], place: Path) -> list[Case]:
    """The cases of one file each, under made-up names."""
    found = []
    for number, case in enumerate(wanted):
        if case.path.is_dir():
            continue
        file = place / case.name.partition("/")[0] / f"case{number}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(Renamed(case.path.read_text("utf-8")).text(), "utf-8")
        copy = load_case(file)
        moved = {verb: Counter({(file.name, line, rule): n for (_, line, rule), n in marks.items()})
                 for verb, marks in case.marks.items()}  # fmt: skip
        assert copy.marks == moved, case.name
        found.append(Case(case.name, file, moved, case.options))
    return found


def _scored(wanted: list[Case], listed: bool = False) -> Score:
    score = Score()
    for case in wanted:
        score.of_case(case)
    if listed:
        score.of_list()
    return score


def rows() -> list[tuple[str, str, Score, Score]]:
    """(sites, mask, score, the same sites in full)."""
    wanted = cases()
    found: list[tuple[str, str, Score, Score]] = []
    for name, chosen, listed in (
        *((f"cases of {family}", [c for c in wanted if c.name.startswith(f"{family}/")], False) for family in FAMILIES),
        ("the legacy pipeline's list", [], True),
    ):
        full = _scored(chosen, listed)
        with without_names():
            masked = _scored(chosen, listed)
        found += [(name, "nothing", full, full), (name, "evidence", masked, full)]
        if not listed:
            with tempfile.TemporaryDirectory() as directory:
                alone = [case for case in chosen if not case.path.is_dir()]
                base = full if len(alone) == len(chosen) else _scored(alone)
                found.append((name, "renamed", _scored(renamed(alone, Path(directory))), base))
    return found


def table() -> str:
    """The rows as Markdown."""
    out = [
        "| sites | masked | sites found | wrong findings | written paths whose kind stays |",
        "|---|---|---:|---:|---:|",
    ]
    for name, mask, score, base in rows():
        stay = sum(base.kinds.get(at) == kind for at, kind in score.kinds.items())
        out.append(
            f"| {name} | {mask} | {score.found} of {score.sites} | {score.wrong} | {stay} of {len(base.kinds)} |"
        )
        print(out[-1], file=sys.stderr)
    return "\n".join(out) + "\n"


def main() -> None:
    """Measure and print; ``--write`` keeps the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    text = table()
    if options.write:
        from sst_lint.runtime import write_atomic_text

        write_atomic_text(options.write, text)
    print(text)


if __name__ == "__main__":
    main()
