"""How sure is a finding that follows a path? By the rank of its sink, how calls were resolved, and how far it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.checks.belief import GUESSED, HIGH, LEAVES, MEDIUM, Belief, low
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.trace import length
from sst_lint.flow.values import ONE_OF_SEVERAL

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.location import Step

#: A way past so many fields, globals and orders of calls is one step less certain.
FAR = 3
#: What comes to a field is believed so many steps far.
_NEAR = 4
#: Between the classes of a test.
_EITHER = " | "
_BY_RANK = (
    HIGH,
    MEDIUM,
    low("nobody is known to compare or to read what it comes to"),
    low(LEAVES),
)
_OF_SEVERAL = "it is not known which of several functions is called on its way"
_KEYS = "the order of keys is mostly that of the code"


def confidence_of(rank: int, weak: int, dict_order: bool = False) -> Belief:
    """How sure an order finding is: by the rank of its sink, one step less when a call was resolved by name
    alone, and low when a function that was handed over is one of several."""
    if weak == ONE_OF_SEVERAL:
        return low(_OF_SEVERAL)
    belief = _BY_RANK[rank]
    if weak or (dict_order and rank > 0):
        belief = belief.less(GUESSED if weak else _KEYS)
    return belief.less(_KEYS) if dict_order and rank == 0 and belief == HIGH else belief


def is_far(project: Project, path: tuple[tuple[int, int], ...], steps: tuple[Step, ...]) -> bool:
    """Whether a value passes so many fields, or so many steps and a field, that it is one of many things that an object
    holds."""
    distance = project.stretch(path)
    return distance >= FAR or (distance > 0 and length(steps) > _NEAR)


def is_accepted(project: Project, source: int) -> bool:
    """Whether all that speaks for a set is a test that lets sets pass, too: ``isinstance(x, (list, set))``, or sets of
    any kind, ``isinstance(x, (set, frozenset))``."""
    record = project.world.nodes[source]
    if record.kind == Kind.VALUE and record.name.startswith(":") and _EITHER in record.name:
        return True
    return is_any_collection(project, source)


def is_any_collection(project: Project, source: int) -> bool:
    """Whether all that speaks for a set is ``isinstance(x, (list, tuple, set))``, which lets others pass as well."""
    record = project.world.nodes[source]
    if record.kind != Kind.VALUE or record.name != ":set":
        return False
    incoming = project.graph.incoming.get(source, ())
    return not any(project.graph.op[edge] == Op.AS_SET for edge in incoming)
