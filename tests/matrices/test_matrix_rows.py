"""Can matrices and findings disagree? Every finding is a row; every bad row is a finding, or names its filter."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from sst_lint.engine import Examined, Options, survey
from sst_lint.matrices import LAYOUTS, WORDS, Matrix, build

LEGACY = Path(__file__).parents[2] / "fixtures" / "projects" / "legacy_pipeline"
FAMILIES = {"writes": "SST1", "exceptions": "SST4", "order": "SST2"}

FILTERS = {
    "sst-lint.toml": 'ignore = ["SST4"]\nbaseline = "base.jsonl"\n',
    "base.jsonl": '{"sst-lint-baseline": 1}\n{"path": "a.py", "function": "known", "rule": "SST101", '
    '"snippet": "open(\'out/k.json\', \'w\')", "occurrence": 0}\n',
    "a.py": """\
import hashlib, os

def bad(text):
    with open("out/a.json", "w") as f:
        f.write(text)

def suppressed(text):
    with open("out/s.json", "w") as f:  # sst: ignore[SST101] -- it is made anew | each time
        f.write(text)

def known(text):
    with open("out/k.json", "w") as f:
        f.write(text)

def unsure(d):
    return os.listdir(d)

def off(path):
    try:
        os.unlink(path)
        return path.read()
    except:
        return None

def fine(d):
    return hashlib.sha256("".join(sorted(os.listdir(d))).encode()).hexdigest()
""",
}


def project(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    if "sst-lint.toml" not in files:
        (root / "sst-lint.toml").write_text("")
    return root


def matrices(examined: Examined) -> dict[str, Matrix]:
    texts = {source.path: source.text for source in examined.read.sources}
    return {name: build(name, examined.project, examined.findings, texts, examined.unread) for name in LAYOUTS}


@cache
def legacy() -> Examined:
    return survey(LEGACY, Options(isolated=True))


def check_agreement(examined: Examined, found: dict[str, Matrix]) -> None:
    for name, family in FAMILIES.items():
        rows = found[name].rows
        by_place = {(row.where.path, row.where.line, row.where.column): row for row in rows}
        reported: set[tuple[str, int, int]] = set()
        for finding, state in examined.findings:
            if finding.rule.startswith(family):
                row = by_place[finding.order[:3]]
                assert finding.rule in (*row.verdict.rules, *re.findall(r"SST\d+", row.verdict.why))
                assert row.verdict.word != "ok"
                if not state and finding.reported:
                    assert row.verdict.word == "bad", finding
            if not state and finding.reported and any(r.startswith(family) for r in (finding.rule, *finding.also)):
                reported.add(finding.order[:3])
        for place, row in by_place.items():
            assert row.verdict.word in WORDS
            if row.verdict.word == "bad":
                assert place in reported and row.verdict.message
            elif row.verdict.word != "ok":
                assert row.verdict.rules and row.verdict.why, "a filter that hides a finding has a name"
                assert place not in reported
            else:
                assert row.verdict.why and not row.verdict.rules, (row.where, row.cells)


def test_findings_and_rows_agree_on_the_legacy_pipeline() -> None:
    found = matrices(legacy())
    check_agreement(legacy(), found)
    for matrix in found.values():
        assert {row.verdict.word for row in matrix.rows} >= {"bad", "ok"}


def test_findings_and_rows_agree_on_all_cases() -> None:
    examined = survey(LEGACY.parents[1] / "cases", Options(isolated=True))
    check_agreement(examined, matrices(examined))
    assert {finding.rule[:4] for finding, _ in examined.findings} >= set(FAMILIES.values())


def test_every_filter_is_named(tmp_path: Path) -> None:
    examined = survey(project(tmp_path, FILTERS), Options())
    found = matrices(examined)
    check_agreement(examined, found)
    verdicts = {row.where.function: row.verdict for matrix in found.values() for row in matrix.rows}
    words = {function: verdict.word for function, verdict in verdicts.items()}
    assert words == {
        "bad": "bad", "suppressed": "suppressed", "known": "known", "unsure": "unsure", "off": "off", "fine": "ok"
    }  # fmt: skip
    assert verdicts["suppressed"].why == "ignore comment: it is made anew | each time"
    assert verdicts["known"].why == "in the baseline"
    assert "min-confidence" in verdicts["unsure"].why
    assert "not selected" in verdicts["off"].why
    assert verdicts["fine"].why == "`sorted` puts it in order"


def test_keys_are_unique_and_no_cell_holds_a_line_number() -> None:
    for matrix in matrices(legacy()).values():
        assert not [key for key, count in Counter(row.key for row in matrix.rows).items() if count > 1]
        for row in matrix.rows:
            assert set(row.cells) == set(matrix.layout.columns)
            assert not re.search(r"\.py:\d", " ".join((*row.cells.values(), row.verdict.why)))


@pytest.mark.parametrize(
    ("name", "column", "wanted"),
    [
        ("writes", "operation", {"write", "append", "serialize", "replace", "rename", "move", "copy", "update"}),
        ("writes", "kind", {"artifact", "state", "log", "lock", "temp", "report", "scratch", "unknown", "argument"}),
        ("writes", "canonical", {"keys sorted", "keys as inserted"}),
        ("exceptions", "context", {"artifact-shaping", "diagnostic", "best-effort", "re-raises"}),
        ("exceptions", "desired", {"fail closed", "best effort", "best effort, logged", "as it is"}),
        ("exceptions", "level", {"error", "warning", "none"}),
        ("exceptions", "deterministic", {"raises", "as the policy says", "the same"}),
        ("order", "what", {"listing", "set", "mapping", "choice", "completion order", "order by a clock"}),
        ("order", "what", {"from a listing", "from a set", "from results as they are completed"}),
        (
            "order",
            "fate",
            {"reaches", "may reach", "sorted", "reduced", "becomes a set", "chosen"},
        ),
    ],
)
def test_columns_tell_sites_apart(name: str, column: str, wanted: set[str]) -> None:
    assert wanted <= {row.cells[column] for row in matrices(legacy())[name].rows}


def test_a_complete_protocol_lock_and_fallback_are_told(tmp_path: Path) -> None:
    text = """\
import json, os, fcntl, tempfile, logging

def save(path, data):
    with open("m.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fd, name = tempfile.mkstemp(dir=os.path.dirname(path))
        with os.fdopen(fd, "w") as f:
            json.dump(data, f, sort_keys=True)
            f.flush()
            os.fsync(f.fileno())
        os.replace(name, path)

def load(path):
    try:
        return json.loads(path.read_text())
    except Exception as error:
        logging.error("failed: %s", error)
        return {}

def again(path):
    save("manifest.json", load(path))
"""
    found = matrices(survey(project(tmp_path, {"a.py": text}), Options()))
    writes = {(row.where.function, row.cells["operation"]): row.cells for row in found["writes"].rows}
    replaced = writes["save", "replace"]
    assert {"temporary", "same-directory", "fsync", "replace"} <= set(replaced["protocol"].split(", "))
    assert "directory-fsync" in replaced["missing"]
    assert replaced["lock"] == "fcntl.flock"
    assert replaced["target"] == "manifest.json"
    assert writes["save", "serialize"]["canonical"] == "keys sorted"
    (handler,) = found["exceptions"].rows
    assert handler.cells["context"] == "artifact-shaping"
    assert handler.cells["behavior"] == "logs the error, returns"
    assert handler.cells["fallback"] == "returns an empty value"
    assert handler.cells["fallback_reaches"].endswith("an artifact ('manifest.json')")
    assert handler.cells["desired"] == "fail closed" and handler.cells["level"] == "error"


def test_what_cannot_be_read_is_listed(tmp_path: Path) -> None:
    files = {"a.py": FILTERS["a.py"], "broken.py": "def f(:\n    pass\n"}
    project(tmp_path, files)
    (tmp_path / "latin.py").write_bytes(b"x = '\xff'\n")
    for matrix in matrices(survey(tmp_path, Options())).values():
        assert [path for path, _ in matrix.unread] == ["broken.py", "latin.py"]


def test_a_loop_is_a_row_only_if_a_way_leads_there_and_says_whence(tmp_path: Path) -> None:
    text = """\
import hashlib, json, os

def same(values):
    return values

def show(values):
    for value in values:
        print(value)

def use(d, names):
    show(same(os.listdir(d)))
    for name in same(["a", "b"]):
        print(name)

def keys(d):
    for row in [k for k in json.load(d).items()]:
        hashlib.sha256(str(row).encode())
"""
    found = matrices(survey(project(tmp_path, {"a.py": text}), Options()))["order"]
    told = {(row.where.function, row.snippet): (row.cells["what"], row.cells["origin"]) for row in found.rows}
    assert told["show", "values"] == ("from a listing", "`os.listdir` in use")
    assert ("use", "same(['a', 'b'])") not in told  # what `same` hands back to another call is not its own


def test_a_clause_ends_behind_its_parentheses(tmp_path: Path) -> None:
    text = """\
def f(path):
    try:
        path.unlink()
    except (
        OSError,
        ValueError,  # )
    ):
        pass
    try:
        path.unlink()
    except (KeyError):
        pass
"""
    found = matrices(survey(project(tmp_path, {"a.py": text}), Options()))["exceptions"]
    assert [row.snippet for row in found.rows] == [
        "path.unlink() ... except (OSError, ValueError)",
        "path.unlink() ... except (KeyError)",
    ]


def test_a_key_and_an_expression_are_told_as_they_are_written(tmp_path: Path) -> None:
    text = """\
def f(table, key, spare):
    try:
        table["auc"] = float(key)
    except ValueError:
        table["auc"] = spare
    return table

def g(row):
    open(f"out/{row['epoch']}.json", "w").write("")
"""
    found = matrices(survey(project(tmp_path, {"a.py": text}), Options()))
    assert found["exceptions"].rows[0].cells["fallback"] == "`table['auc']` = `spare`"
    assert found["writes"].rows[0].cells["target"] == "out/{epoch}.json"


def test_many_paths_of_one_place_are_not_listed(tmp_path: Path) -> None:
    calls = "".join(f"save('{name}.json', 1)\n" for name in "abcde")
    text = f"def save(path, value):\n    with open(path, 'w') as out:\n        out.write(value)\n\n{calls}"
    found = matrices(survey(project(tmp_path, {"a.py": text}), Options()))["writes"]
    assert [row.cells["target"] for row in found.rows] == ["{path}"]


def test_an_open_of_which_little_is_known_is_a_row_too(tmp_path: Path) -> None:
    text = """\
import os

def by_receiver(target):
    return target.open("w")

def by_store(store):
    return store.open("a.txt", "w")

def by_mode(path, mode):
    return open(path, mode)

def reads(path, mode="rb"):
    return open(path, mode)

def flags(path):
    return os.open(path, os.O_RDONLY)

def called(path):
    return said(path, "r")

def said(path, mode):
    return open(path, mode)
"""
    found = matrices(survey(project(tmp_path, {"a.py": text}), Options()))["writes"]
    assert [(row.where.function, row.cells["kind"]) for row in found.rows] == [
        ("by_receiver", "unknown"),
        ("by_store", "unresolved"),
        ("by_mode", "unresolved"),
    ]
