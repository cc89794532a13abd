"""Does every line of a program have an answer, the same each time, and are the composed paths those that are meant?"""

from __future__ import annotations

from pathlib import Path

import pytest

from sst_lint.engine import Examined, Options, examine
from sst_lint.flow.paths import closeness
from sst_lint.flow.provenance import Provenance

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = ROOT / "fixtures/projects/legacy_pipeline"


@pytest.fixture(scope="module")
def pipeline() -> Examined:
    return examine(PIPELINE, Options())


def test_every_line_is_answered(pipeline: Examined) -> None:
    answers = pipeline.project.answers
    texts = {source.path: source.text.splitlines() for source in pipeline.read.sources}
    asked = 0
    for path, text in texts.items():
        for line in answers.lines(path):
            assert 1 <= line <= len(text)
            found = answers.at(path, line)
            assert found and all(each.location.path == path and each.text for each in found), (path, line)
            asked += 1
    assert asked > 900


def test_findings_stand_on_lines_that_are_answered(pipeline: Examined) -> None:
    answers = pipeline.project.answers
    lines = {source.path: set(answers.lines(source.path)) for source in pipeline.read.sources}
    shown = [finding for finding, state in pipeline.findings if not state]
    assert len(shown) > 90
    without = [each for each in shown if each.line not in lines[each.path]]  # what is found there is told all the same
    assert len(without) <= len(shown) // 20


def test_every_file_that_is_named_is_written_somewhere(pipeline: Examined) -> None:
    provenance = Provenance(pipeline.project)
    assert {"manifest.json", "run_index.json", "events.jsonl", "model.ckpt"} <= set(provenance.names)
    for name in provenance.names:
        answer = provenance.of(name)
        assert any(each.name.endswith(name) for each in answer.written), name
        assert all(each.chain and each.protocol for each in answer.written)


@pytest.mark.parametrize(
    ("shape", "query", "expected"),
    [
        ("{root}/out/manifest.json", "manifest.json", 3),
        ("{root}/out/manifest.json", "out/manifest.json", 3),
        ("{root}/out/manifest.json", "manifest", 1),
        ("{root}/out/manifest.json", "root", 0),
        ("{root}/out/manifest.json", "*.json", 3),
        ("{root}/out/manifest.json", "out/*.json", 3),
        ("{root}/out/manifest.json", "other/*.json", 0),
        ("out/epoch_{n}.ckpt", "epoch_3.ckpt", 2),
        ("out/{name}.ckpt", "epoch_3.ckpt", 0),
        ("out/{name}", "epoch_3.ckpt", 0),
    ],
)
def test_what_a_question_means(shape: str, query: str, expected: int) -> None:
    assert closeness(shape, query) == expected
