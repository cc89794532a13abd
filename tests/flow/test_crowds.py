"""A bounded search stays bounded at a node that everything flows into, and still finds what is nearest."""

from __future__ import annotations

from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.facts import extract
from sst_lint.facts.ops import SET
from sst_lint.flow import FileFacts, Project, link
from sst_lint.flow.graph import LONGEST, Mask
from sst_lint.flow.reach import Search
from sst_lint.source import split_units

_CALLERS = 2_000
_LIMIT = 400


def _program() -> str:
    filled = "\n".join(f"def fill_{n}(box: Box, given=OTHERS) -> None:\n    box.rows = given" for n in range(_CALLERS))
    return f"""
OTHERS = frozenset("abc")

class Box:
    def __init__(self) -> None:
        self.rows = set()

{filled}

def first(box: Box) -> object:
    return next(iter(box.rows))
"""


def _result_of(project: Project, name: str) -> int:
    """What the only call of a builtin gives."""
    return next(site.ports["return"] for site in project.linked.sites if site.model.name == name)


def test_a_limited_search_takes_the_nearest_of_a_crowd() -> None:
    units = split_units(_program())
    project = link([FileFacts("box.py", tuple((unit, extract(unit)) for unit in units))], load_models(), Config())
    graph = project.graph
    hub = max(range(graph.nodes), key=lambda node: len(graph.incoming.get(node)))
    assert len(graph.incoming.get(hub)) > _CALLERS
    far, made = (_result_of(project, name) for name in ("builtins.frozenset", "builtins.set"))
    mask = graph.forward_mask([(far, SET), (made, SET)])
    assert mask.distance(hub) < LONGEST
    search = Search(graph, mask, _LIMIT)
    search.start([(hub, SET, "")])
    search.run()
    assert search.count <= 2 * _LIMIT
    assert search.found(made, SET) is not None


def test_the_nearest_come_first_and_the_others_in_their_order() -> None:
    mask = Mask(5)
    mask.far[:] = bytes([9, 2, 7, 2, 255])
    assert list(mask.nearest([0, 1, 2, 3, 4], [0, 1, 2, 3, 4], 3)) == [1, 3, 2]
