"""Is the legacy pipeline a real program, and is the list of its defects true to its text?"""

from __future__ import annotations

import ast
import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from defects import LEGACY_PIPELINE, expected, load, locate, lookalikes

ROWS = (
    *(f"W{number}" for number in range(1, 10)),
    *(f"O{number}" for number in range(1, 7)),
    *(f"E{number}" for number in range(1, 7)),
    *(f"V{number}" for number in range(1, 8)),
)
#: Rows that are no defects by themselves: classification, the runtime's helpers, the policy, the matrix.
ROWS_WITHOUT_FINDINGS = {"W3", "O6", "E5", "E6"}
RULES = {
    *("SST101", "SST102", "SST103", "SST104", "SST110", "SST111", "SST112", "SST120", "SST121"),
    *("SST201", "SST202", "SST203", "SST204", "SST205", "SST206", "SST207"),
    *("SST301", "SST302", "SST303", "SST304", "SST305", "SST306", "SST307"),
    *("SST401", "SST402", "SST403", "SST404", "SST405", "SST406", "SST407"),
    *("SST501", "SST502", "SST503", "SST504", "SST505"),
}
OPT_IN = {"SST120", "SST121", "SST501", "SST502", "SST503", "SST504", "SST505"}
LOCAL = {"SST101", "SST201", "SST202", "SST205", "SST401", "SST402"}
ACROSS = LOCAL | {"SST203", "SST403"}
ARTIFACTS = (
    *("metrics.json", "manifest.json", "context.json", "facts.json", "folds.json", "search.json", "lineage.json"),
    *("resolved_config.json", "feature_schema.json", "feature_groups.json", "changes.json", "report.md"),
    *("predictions.csv", "ranking.csv", "fold_scores.csv", "preview.csv", "holdout.txt", "SHA256SUMS"),
    *("model.ckpt", "checkpoints/best.ckpt", "checkpoints/final.ckpt", "encoders/plan.pkl", "tables.zip"),
)


def run(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "legacy_pipeline", "--out", str(out), *arguments]
    return subprocess.run(command, cwd=LEGACY_PIPELINE, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output of two runs."""
    directory = tmp_path_factory.mktemp("pipeline")
    for name in ("first", "second"):
        done = run(directory, "--run-id", name)
        assert done.returncode == 0, done.stderr
        assert "auc" in done.stdout
        assert done.stderr == ""
    return directory


def test_the_program_writes_its_artifacts(out: Path) -> None:
    for name in ("first", "second"):
        missing = [artifact for artifact in ARTIFACTS if not (out / "runs" / name / artifact).is_file()]
        assert not missing
        assert len(list(csv.DictReader((out / "runs" / name / "predictions.csv").open(encoding="utf-8")))) == 240
        assert json.loads((out / "runs" / name / "facts.json").read_text(encoding="utf-8"))["failures"] == []
    assert len(list((out / "snapshots").glob("*.json"))) >= 1
    assert "no inventory" not in (out / "logs" / "pipeline.log").read_text(encoding="utf-8")


def test_runs_share_an_index_and_are_compared(out: Path) -> None:
    index = json.loads((out / "run_index.json").read_text(encoding="utf-8"))
    assert {name: entry["seq"] for name, entry in index.items()} == {"first": 1, "second": 2}
    assert json.loads((out / "LATEST.json").read_text(encoding="utf-8"))["run_id"] == "second"
    facts = json.loads((out / "runs" / "second" / "facts.json").read_text(encoding="utf-8"))
    assert facts["compared_with"] == "first"


def test_the_other_commands_work(out: Path) -> None:
    last = run(out, "--last")
    assert json.loads(last.stdout)["run_id"] == "second"
    assert json.loads(run(out, "--restore", "second").stdout)["run_id"] == "second"
    assert "fields" in run(out, "--check-manifest", str(out / "runs" / "first" / "manifest.json")).stdout
    failed = run(out, "--restore", "nobody")
    assert failed.returncode == 2
    assert failed.stderr == "error: no snapshot of nobody\n"


def test_a_run_is_resumed_from_its_checkpoints(tmp_path: Path) -> None:
    arguments = ("--run-id", "same", "--set", "train.epochs=4", "--verbose")
    assert run(tmp_path, *arguments).returncode == 0
    again = run(tmp_path, *arguments)
    assert again.returncode == 0
    assert "epoch 4 is on disk" in again.stderr


def test_it_needs_only_the_standard_library() -> None:
    # tqdm is looked for and done without
    allowed = set(sys.stdlib_module_names) | {"legacy_pipeline", "tqdm"}
    for file in sorted(LEGACY_PIPELINE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert {name.split(".")[0] for name in names} <= allowed, file


def test_comments_do_not_give_the_defects_away() -> None:
    for file in sorted(LEGACY_PIPELINE.rglob("*.py")):
        text = file.read_text(encoding="utf-8").lower()
        assert not [word for word in ("sst", "noqa", "nondetermin", "unsorted", "defect", "fixme") if word in text], (
            file
        )


def test_every_entry_names_one_line() -> None:
    assert len(expected()) >= 60
    assert len(lookalikes()) >= 50


def test_ids_are_unique_and_rules_exist() -> None:
    defects, harmless = expected(), lookalikes()
    ids = [entry.id for entry in defects] + [entry.id for entry in harmless]
    assert len(ids) == len(set(ids))
    assert {entry.rule for entry in defects} <= RULES
    assert {rule for entry in defects for rule in entry.also} <= RULES
    assert {rule for entry in harmless for rule in entry.rules} <= RULES
    assert all(entry.rules for entry in harmless)
    assert all(entry.rule not in entry.also for entry in defects)


def test_no_place_is_both_a_defect_and_harmless() -> None:
    for entry in lookalikes():
        for rule in entry.rules:
            clashes = [d.id for d in expected() if d.tolerates(entry.place.path, entry.place.line, rule)]
            assert not clashes, (entry.id, rule, clashes)


def test_every_row_and_rule_is_covered() -> None:
    found = {entry.row for entry in expected()}
    assert found <= set(ROWS)
    assert not found & ROWS_WITHOUT_FINDINGS
    assert set(ROWS) - found == ROWS_WITHOUT_FINDINGS
    assert {entry.row for entry in lookalikes()} >= ROWS_WITHOUT_FINDINGS
    assert {entry.rule for entry in expected()} == RULES


def test_the_issue_follows_from_the_rule() -> None:
    for entry in expected():
        if entry.issue == 2:
            assert entry.rule in LOCAL, entry.id
        elif entry.issue == 3:
            assert entry.rule in ACROSS, entry.id
        else:
            assert (entry.issue, entry.rule in OPT_IN) in {(5, False), (0, True)}, entry.id


def test_sinks_stand_in_the_project() -> None:
    for entry in expected():
        if entry.sink.endswith(".py") or ".py:" in entry.sink:
            path, function = entry.sink.split(" ", 1)[0].split(":")
            if function != "<module>":
                locate(LEGACY_PIPELINE, path, function, f"def {function.rpartition('.')[2]}(")
        assert entry.why.endswith(".")


def test_entries_have_no_unknown_keys() -> None:
    listed = load()
    common = {"id", "row", "path", "function", "snippet", "why"}
    only_defects = {"rule", "also", "alt", "sink", "confidence", "issue", "todo"}
    assert {key for entry in listed["defect"] for key in entry} <= common | only_defects
    assert {key for entry in listed["lookalike"] for key in entry} <= common | {"rules"}
