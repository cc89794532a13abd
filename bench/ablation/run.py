"""What does each feature of the linker buy? Each is switched off in turn, and the sites that are then lost are counted.

The sites are those of ``fixtures/cases`` and of the legacy pipeline's list of defects: all were written down by hand.
A feature whose absence costs nothing is a candidate for deletion.

    python bench/ablation/run.py [--write FILE] [NAME ...]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "projects"))

from sst_lint.flow import calls, graph, mutation, resolve, values  # noqa: E402

Change = tuple[Any, str, Any]


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _always(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


#: Feature -> what to replace: (owner, attribute, replacement).
FEATURES: dict[str, tuple[Change, ...]] = {
    "imports by star": ((resolve.Resolver, "_from_stars", _always(-1)),),
    "annotations": ((resolve.Resolver, "annotate", _nothing),),
    "overrides in subclasses": ((resolve.Resolver, "overrides", _always([])),),
    "properties": ((calls.Calls, "read_property", _nothing),),
    "decorators of the program": ((resolve.Resolver, "_is_project_decorator", _always(False)),),
    "functools.partial": ((calls.Calls, "_bind_partial", _nothing),),
    "callbacks": ((calls.Calls, "_call_back", _nothing),),
    "fields": ((resolve.Resolver, "write_field", _nothing),),
    "records (replace, asdict)": (
        (calls.Calls, "_replace_field", _nothing),
        (calls.Calls, "_fields_into", _nothing),
    ),
    "what containers hold": ((values.Values, "add_element", _nothing),),
    "methods by a rare name": ((calls.Calls, "_guess", _nothing),),
    "values through unknown calls": ((calls.Calls, "_only_values", _nothing),),
    "changes in place": ((mutation.Mutations, "changed", _nothing),),
    "order of calls in loops": ((mutation.Mutations, "_by_context", _nothing),),
    "constant keys": ((graph.Graph, "_demand", staticmethod(_always(""))),),
    "judged by type": ((graph, "judged", lambda linked: bytearray(linked.edges.op)),),
}


@contextmanager
def without(name: str) -> Iterator[None]:
    """Switch one feature off; "" switches nothing off."""
    changes = [patch.object(owner, attribute, new) for owner, attribute, new in FEATURES.get(name, ())]
    for change in changes:
        change.start()
    try:
        yield
    finally:
        for change in changes:
            change.stop()


def cases() -> tuple[int, int]:
    """Return how many expected findings of the cases are missing, and how many others are reported."""
    from sst_lint.testing import find_cases, judge

    missing = extra = 0
    for case in find_cases(ROOT / "fixtures" / "cases"):
        for mismatch in judge(case):
            if "missing" in str(mismatch):
                missing += 1
            else:
                extra += 1
    return missing, extra


def legacy() -> tuple[int, int]:
    """Return how many defects of the legacy pipeline are missing, and how many look-alikes are reported."""
    from defects import LEGACY_PIPELINE, expected, lookalikes

    from sst_lint.catalogue import load_rules
    from sst_lint.engine import Options, check_project

    exist = {rule.code for rule in load_rules()}
    report = check_project(LEGACY_PIPELINE, [LEGACY_PIPELINE], Options(overrides={"min_confidence": "low"}))
    places = [(f.path, line, rule) for f in report.findings for line in _lines(f) for rule in (f.rule, *f.also)]
    due = [each for each in expected() if not each.todo and each.rule in exist]
    missing = sum(1 for each in due if not any(each.tolerates(*place) for place in places))
    sure = [(f.path, f.line, f.rule) for f in report.findings if f.confidence != "low"]
    extra = sum(1 for each in lookalikes() if any(each.forbids(*place) for place in sure))
    return missing, extra


def _lines(finding: Any) -> range:
    return range(finding.line, finding.end_line + 1)


def table(names: list[str]) -> str:
    """Return the table as Markdown, the features that buy most first; the first row has all features on."""
    rows = []
    for name in ("", *names):
        with without(name):
            rows.append((name, *cases(), *legacy()))
        print(rows[-1], file=sys.stderr)
    base, rest = rows[0], sorted(rows[1:], key=lambda row: (-(row[1] + row[2] + row[3] + row[4]), row[0]))
    out = [
        "| switched off | findings missing in the cases | wrong findings there "
        "| defects missing in the legacy pipeline | look-alikes reported there |",
        "|---|---:|---:|---:|---:|",
    ]
    out += [f"| {name or 'nothing'} | {a} | {b} | {c} | {d} |" for name, a, b, c, d in (base, *rest)]
    return "\n".join(out) + "\n"


def main() -> None:
    """Measure the features that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path)
    parser.add_argument("features", nargs="*", metavar="NAME", help=", ".join(FEATURES))
    options = parser.parse_args()
    unknown = [name for name in options.features if name not in FEATURES]
    if unknown:
        parser.error(f"no such feature: {', '.join(unknown)}")
    text = table(options.features or list(FEATURES))
    if options.write:
        from sst_lint.runtime import write_atomic_text

        write_atomic_text(options.write, text)
    print(text)


if __name__ == "__main__":
    main()
