"""Is every way that a finding tells a way that exists: edge after edge of the graph, from its source to its sink?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.facts import extract
from sst_lint.flow import FileFacts, Project, link
from sst_lint.source import split_units

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PROJECTS = [
    FIXTURES / "projects" / "legacy_pipeline",
    *sorted(path for path in (FIXTURES / "cases" / "linking").iterdir() if path.is_dir()),
]


@cache
def linked(root: Path) -> Project:
    files = []
    for file in sorted(root.rglob("*.py")):
        units = split_units(file.read_text(encoding="utf-8"))
        files.append(FileFacts(file.relative_to(root).as_posix(), tuple((unit, extract(unit)) for unit in units)))
    return link(files, load_models(), Config())


@pytest.mark.parametrize("root", PROJECTS, ids=lambda root: root.name)
def test_ways_are_made_of_edges(root: Path) -> None:
    project = linked(root)
    graph = project.graph
    for reach in project.reaches():
        nodes = [node for node, _ in reach.path]
        assert nodes[0] == reach.source
        assert nodes[-1] == reach.sink.node or reach.sink.rank == 3
        for (node, edge), after in zip(reach.path, nodes[1:]):
            if edge >= 0:
                assert (graph.source[edge], graph.target[edge]) == (node, after)


@pytest.mark.parametrize("root", PROJECTS, ids=lambda root: root.name)
def test_what_is_reached_is_reached_without_matching_calls(root: Path) -> None:
    """Matching calls and keys only ever rules out: the plain closure of the edges has every sink that is reported."""
    project = linked(root)
    for reach in project.reaches():
        sources = [(reach.source, bits) for bits, _, _ in project.linked.sources[reach.source]]
        arrived = project.graph.forward_mask(sources).get(reach.sink.node, 0)
        assert arrived & reach.sink.bits if reach.sink.rank < 3 else arrived  # rank 3: it leaves the program


@pytest.mark.parametrize("root", PROJECTS, ids=lambda root: root.name)
def test_the_order_of_files_gives_the_same_numbers(root: Path) -> None:
    project = linked(root)
    again = link(reversed(project.world.files), load_models(), Config())
    assert [file.path for file in again.world.files] == [file.path for file in project.world.files]
    assert again.world.nodes == project.world.nodes
    edges, other = project.linked.edges, again.linked.edges
    assert list(edges.source) == list(other.source) and list(edges.target) == list(other.target)
    assert [write.kind for write in project.writes()] == [write.kind for write in again.writes()]
    assert [handler.context for handler in project.handlers()] == [handler.context for handler in again.handlers()]
