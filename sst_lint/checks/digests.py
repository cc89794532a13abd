"""Which digests are cut short, and which are taken over something that does not determine them?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.checks.belief import BY_FIELDS, GUESSED, HIGH, MEDIUM, OF_A_TEST, Belief, low
from sst_lint.checks.certainty import FAR, is_far
from sst_lint.checks.defect import Defect, Severity
from sst_lint.checks.own_order import key_order
from sst_lint.flow.sinks import A_DIGEST

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.digests import Short
    from sst_lint.flow.permanence import Leak

#: Among so few bits two of some ten thousand things share them; among so many, of some ten million.
_FEW, _SOME = 32, 48
_NAMES_LITTLE = "the file that it names is not known to be kept"
#: So few name no thing, but a directory for some of them.
_SHARD = 8
_WHY = {
    "pickle": "pickles of equal objects differ by what is shared and by version; digest a canonical serialization",
    "table": "its text is cut when it is long, so different tables have the same; digest its bytes or a full export",
    "mapping": "its text follows the order of insertion; digest `json.dumps(..., sort_keys=True)`",
    "sequence": "its text is made for people; digest a serialization that is specified",
    "object": "its text is made for people: it may be cut, or hold an address; digest a canonical serialization",
}
_WHAT = {
    "table": "a table",
    "mapping": "a mapping",
    "sequence": "a list",
    "object": "an object",
    "pickle": "an object",
}
_BELIEF = {
    "pickle": MEDIUM,
    "table": HIGH,
    "mapping": MEDIUM,
    "sequence": low("the text of a list of plain values is the same each time"),
    "object": MEDIUM,
}


def truncated(project: Project) -> Iterator[Defect]:
    """SST306: a digest is cut short, and the rest is an identity."""
    for short in project.digests.short:
        if short.checksum:
            message = f"a checksum of 32 bits {_becomes(short)}: among 77,000 things two share them by chance; "
        else:
            message = f"a digest is cut to {short.bits} bits and {_becomes(short)}: another thing may have the same; "
        yield _defect(
            project,
            short.node,
            short.leak,
            "SST306",
            message + "use the whole digest",
            low("an object says it of itself, to people") if _says_itself(project, short.node) else _belief(short),
            "warning",
            f"value:{short.node}",
            "a digest is cut short" if not short.checksum else "a checksum",
        )


def _says_itself(project: Project, node: int) -> bool:
    """Whether an object says of itself, to people, how its digest begins."""
    return project.trace.location(node).function.rpartition(".")[2] in ("__repr__", "__str__")


def _becomes(short: Short) -> str:
    where = short.leak.sink.where
    if where == "leaves":
        return "leaves through a public function"
    return (
        ("names a file" if short.leak.sink.rank == 0 else "may name a file") if where == "name" else "goes into a file"
    )


def _belief(short: Short) -> Belief:
    sink = short.leak.sink
    if sink.where != "name":
        return low("it names no file, and what is told by it is not known")
    if short.bits <= _SHARD:
        return low("so few bits choose a directory, and name nothing")
    if sink.rank == 0 and (short.checksum or short.bits <= _SOME):
        return MEDIUM
    if short.bits <= _FEW and not short.checksum:
        return MEDIUM
    return low(_NAMES_LITTLE if sink.rank else "two of so many bits are hardly ever the same")


def unstable_input(project: Project) -> Iterator[Defect]:
    """SST307: texts of objects, pickles, and JSON in insertion order, digested."""
    for found in project.digests.unstable:
        api = "the text of" if found.api == "a format" else f"`{found.api}` of"
        yield _defect(
            project,
            found.node,
            found.leak,
            "SST307",
            f"{api} {_WHAT[found.what]} reaches a digest: {_WHY[found.what]}",
            low("the same bytes go into a file: the digest is one of what the file holds")
            if found.kept
            else _BELIEF[found.what],
            "error" if found.what in ("table", "pickle") else "warning",
            "",
            f"{api} {_WHAT[found.what]}",
        )
    yield from _unsorted_json(project)


def _unsorted_json(project: Project) -> Iterator[Defect]:
    for reach in project.reaches():
        site = project.serialized.get(reach.place)
        if reach.kind != "dict" or reach.sink.what != A_DIGEST or site is None or not site.model.sort_param:
            continue
        where = project.trace.location(reach.place)
        belief = MEDIUM
        if reach.weak or project.stretch(reach.path) >= FAR:
            belief = belief.low(GUESSED if reach.weak else BY_FIELDS)
        if project.is_test(where.path) or project.passes_test(reach.path):
            belief = belief.low(OF_A_TEST)
        name = site.model.name.removeprefix("builtins.")
        yield Defect(
            "SST307",
            where,
            project.trace.statement_line(reach.place),
            "",
            f"`{name}` writes keys in {key_order(project, 'the order of their insertion', 'arbitrary order')}, and the "
            f"text reaches a digest: equal mappings get different digests; pass `{site.model.sort_param}=True`",
            "warning",
            belief.confidence,
            project.trace.steps(reach.path, "a mapping", "digested"),
            f"order:{where.line}:{where.column}",
            doubts=belief.doubts,
        )


def _defect(
    project: Project,
    node: int,
    leak: Leak,
    rule: str,
    message: str,
    belief: Belief,
    severity: Severity,
    group: str,
    first: str,
) -> Defect:
    where = project.trace.location(node)
    if leak.weak:
        belief = belief.less(GUESSED)
    steps = project.trace.steps(leak.path, first, f"reaches {leak.sink.what}", True)
    far = is_far(project, leak.path, steps) if rule == "SST307" else project.stretch(leak.path) >= FAR
    if far:
        belief = belief.low(BY_FIELDS)
    if project.is_test(where.path) or project.passes_test(leak.path):
        belief = belief.low(OF_A_TEST)
    return Defect(
        rule,
        where,
        project.trace.statement_line(node),
        "",
        message,
        severity,
        belief.confidence,
        steps,
        f"value:{where.line}:{where.column}" if group else f"order:{where.line}:{where.column}",
        doubts=belief.doubts,
    )
