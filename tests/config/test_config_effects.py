"""Does every key change something? For each one a small project whose findings it changes.

``EFFECTS`` has a row (or several) for each key: the sources, what else is configured, the key as it is written, and
what is reported without and with it. ``WAITING`` holds the keys of rules that are not there yet; when one arrives, its
row is due. What other verbs read is shown by their tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sst_lint.catalogue import load_rules
from sst_lint.config import KEYS
from sst_lint.engine import check

#: key -> the rule that will read it, or the module
WAITING = {
    "config-files": "SST503",
    "schema-version-fields": "SST120",
    "path-helpers": "SST121",
    "scope-names": "SST501",
    "scope-guards": "SST501",
    "metadata-parameters": "SST502",
    "layers": "SST505",
}
#: keys of verbs other than ``check``: the verb's module, whose tests write the key and show what it changes
OF_VERBS = {}

LISTING = """\
import hashlib, os

def save(d):
    state = hashlib.sha256()
    for name in os.listdir(d):
        state.update(name.encode())
    return state.hexdigest()
"""
LOGGED = "import os\n\ndef log(d):\n    with open('audit.log', 'a') as f:\n        f.write(str(os.listdir(d)))\n"
WAIVED = LISTING.replace("listdir(d):", "listdir(d):  # ORDER_OK: one name at most")
NOTES = """\
def note(text):
    with open('out/notes.txt', 'w') as f:
        f.write(text)

def noted():
    with open('out/notes.txt') as f:
        return f.read()
"""
SILENT = "def go(job):\n    try:\n        job()\n    except Exception:{comment}\n        {body}\n"
CLOCK = """\
import json, time

def save(payload: list[int]) -> None:
    with open("m.json", "x") as f:
        json.dump({"seen": time.time(), "payload": payload}, f, sort_keys=True)
"""
DICT = """\
import hashlib

def digest(mapping: dict[str, str]) -> str:
    state = hashlib.sha256()
    for key in mapping:
        state.update(key.encode())
    return state.hexdigest()
"""
DISPLAY = """\
import json

def save(low, high):
    with open("m.json", "x") as f:
        json.dump({"low": low, "high": high}, f)
"""
OWN = """\
import hashlib
from acme.io import {name}

def put(data, path):
    with open(path, "x") as f:
        f.write(str(data))

def run(d):
    {body}
"""
IO = """\
import os, sys

def _native(*args): ...

def keep(path, data):
    _native(path, data)

def parts(d):
    return _native(d)

def tidy(items):
    return list(items)

def tell(error): ...

def decide(error): ...
"""
KEEP = "def keep(path, data):\n    with open(path, 'w') as f:\n        f.write(data)\n"
GOES_ON = """\
try:
        put(d(), "m.json")
    except Exception as error:
        decide("no")
"""
PACKAGE = {"acme/__init__.py": "", "acme/io/__init__.py": "from acme.io.files import *\n", "acme/io/files.py": IO}
MODEL = 'models = [{{ library = "acme", call = [{{ name = "acme.io.{name}", {text} }}] }}]'


@dataclass(frozen=True)
class Effect:
    """One key and what it changes: findings as ``path:line rule severity``, without and with it."""

    key: str
    written: str
    files: dict[str, str]
    without: tuple[str, ...]
    with_it: tuple[str, ...]
    base: str = ""
    exit_code: int | None = None
    problem: str = ""
    extra: dict[str, str] = field(default_factory=dict)


def one(text: str) -> dict[str, str]:
    return {"a.py": text}


def own(name: str, body: str) -> dict[str, str]:
    return {**PACKAGE, "app.py": OWN.format(name=name, body=body)}


L = ("a.py:5 SST201 error",)
EFFECTS = [
    Effect("required-version", 'required-version = ">=99"', one(LISTING), L, (), problem="needs sst-lint >=99"),
    Effect("include", 'include = ["*.job"]', {"a.job": LISTING}, (), ("a.job:5 SST201 error",)),
    Effect(
        "scripts",
        "scripts = false",
        {"bin/tool": "#!/usr/bin/env python3\n" + LISTING},
        ("bin/tool:6 SST201 error",),
        (),
    ),
    Effect("exclude", 'exclude = ["a.py"]', one(LISTING), L, ()),
    Effect("exclude", "exclude = []", {"build/a.py": LISTING}, (), ("build/a.py:5 SST201 error",)),
    Effect("extend-exclude", 'extend-exclude = ["a.py"]', one(LISTING), L, ()),
    Effect("respect-gitignore", "respect-gitignore = false", {"a.py": LISTING, ".gitignore": "a.py\n"}, (), L),
    Effect(
        "src",
        'src = ["lib"]',
        {
            "lib/names.py": "import os\n\ndef names(d):\n    return os.listdir(d)\n",
            "bin/app.py": "import names, hashlib\n\ndef save(d):\n"
            "    return hashlib.sha256(str(names.names(d)).encode()).hexdigest()\n",
        },
        (),
        ("lib/names.py:4 SST201 error",),
    ),
    Effect("select", 'select = ["SST4"]', one(LISTING), L, ()),
    Effect("ignore", 'ignore = ["unsorted-listing"]', one(LISTING), L, ()),
    Effect("extend-select", 'extend-select = ["SST2"]', one(LISTING), (), L, base='select = ["SST4"]'),
    Effect("extend-ignore", 'extend-ignore = ["SST201"]', one(LISTING), L, (), base='ignore = ["SST4"]'),
    Effect("severity", 'severity = { SST2 = "warning" }', one(LISTING), L, ("a.py:5 SST201 warning",)),
    Effect("min-confidence", 'min-confidence = "high"', one(NOTES), ("a.py:2 SST101 warning",), ()),
    Effect("fail-on", 'fail-on = "error"', one(NOTES), *[("a.py:2 SST101 warning",)] * 2, exit_code=0),
    Effect(
        "artifact-patterns", 'artifact-patterns = ["out/**"]', one(NOTES),
        ("a.py:2 SST101 warning",), ("a.py:2 SST101 error",),
    ),
    Effect(
        "artifact-patterns", 'artifact-patterns = ["out/*/*.log"]',
        one("from pathlib import Path\n\ndef f(run, text):\n    (Path('out') / run / 'x.log').write_text(text)\n"),
        (), ("a.py:4 SST101 error",),
    ),
    Effect(
        "state-patterns", 'state-patterns = ["notes.txt"]', one(NOTES),
        ("a.py:2 SST101 warning",), ("a.py:2 SST101 error",),
    ),
    Effect("log-patterns", 'log-patterns = ["out/*.txt"]', one(NOTES), ("a.py:2 SST101 warning",), ()),
    Effect("report-patterns", 'report-patterns = ["notes.*"]', one(NOTES), ("a.py:2 SST101 warning",), ()),
    Effect("scratch-patterns", 'scratch-patterns = ["notes.*"]', one(NOTES), ("a.py:2 SST101 warning",), ()),
    Effect(
        "stable-logs", 'stable-logs = ["audit.log"]', one(LOGGED), (), L,
    ),
    Effect("test-patterns", 'test-patterns = ["a.py"]', one(NOTES), ("a.py:2 SST101 warning",), ()),
    Effect("test-patterns", "test-patterns = []", {"tests/a.py": NOTES}, (), ("tests/a.py:2 SST101 warning",)),
    Effect(
        "entry-points", 'entry-points = ["a:run_*"]',
        one("def run_it(path, t):\n    print(open(path).read())\n    with open(path, 'w') as f:\n        f.write(t)\n"),
        ("a.py:3 SST101 warning",), (),
    ),
    Effect(
        "helpers", "helpers = { handle_error_with_policy = 'acme.io.files:decide(error)' }",
        own("decide", GOES_ON),
        ("app.py:11 SST403 warning",), (),
    ),
    Effect(
        "models", MODEL.format(name="keep", text='params = ["p", "x"], writes = { path = "p", data = "x" }'),
        own("keep", "keep('m.json', d)"), (), ("app.py:9 SST101 error",),
    ),
    Effect(
        "models", MODEL.format(name="parts", text='params = ["d"], sources = [{ kind = "listing" }]'),
        own("parts", "put(parts(d), 'm.json')"), (), ("app.py:9 SST201 error",),
    ),
    Effect(
        "models", MODEL.format(name="tidy", text='params = ["x"], flows = [{ from="x", to="return", how="sort" }]'),
        own("tidy", "put(tidy({*d}), 'm.json')"), ("acme/io/files.py:12 SST202 error",), (),
    ),
    Effect(
        "models",
        MODEL.format(
            name="keep", text='params = ["p", "x"], writes = { path = "p", data = "x", how = "text", atomic = true }'
        ),
        {**own("keep", "keep('m.json', 'x')"), "acme/io/files.py": KEEP}, ("acme/io/files.py:2 SST101 error",), (),
    ),
    Effect(
        "models",
        MODEL.format(
            name="keep",
            text='params = ["p"], returns = "typing.IO", opens = { path = "p", default = "w" }, atomic_writer = true',
        ),
        own("keep", "with keep('m.json') as f:\n        f.write(str({*d}))"), ("app.py:10 SST202 warning",),
        ("app.py:10 SST202 error",),
    ),
    Effect(
        "models", MODEL.format(name="tell", text='params = ["error"], logs = "exception"'),
        own("tell", "try:\n        d()\n    except Exception as error:\n        tell('no')"),
        ("app.py:11 SST402 warning",), (),
    ),
    Effect(
        "models", MODEL.format(name="decide", text='params = ["error"], policy = true'),
        own("decide", GOES_ON),
        ("app.py:11 SST403 warning",), (),
    ),
    Effect("target-version", 'target-version = "3.5"', one(DISPLAY), (), ("a.py:5 SST103 warning",)),
    Effect("dict-order", 'dict-order = "off"', one(DICT), ("a.py:5 SST203 warning",), ()),
    Effect("dict-order", 'dict-order = "unsorted-input-only"', one(DICT), ("a.py:5 SST203 warning",), ()),
    Effect(
        "volatile-fields", 'volatile-fields = ["seen"]', one(CLOCK), ("a.py:5 SST301 warning",), (),
        base='min-confidence = "low"',
    ),
    Effect(
        "waivers", 'waivers = ["ORDER_OK"]', one(WAIVED), L, (),
    ),
    Effect(
        "accept", 'accept = ["noqa:BLE001"]', one(SILENT.format(comment="  # noqa: BLE001 - asked", body="pass")),
        ("a.py:4 SST402 warning",), (),
    ),
    Effect("per-path", 'per-path = { "a.py" = { ignore = ["SST2"] } }', one(LISTING), L, ()),
    Effect(
        "per-path", 'per-path = { "b/" = { artifact-patterns = ["out/"] } }', {"a.py": NOTES, "b/a.py": NOTES},
        ("a.py:2 SST101 warning", "b/a.py:2 SST101 warning"), ("a.py:2 SST101 warning", "b/a.py:2 SST101 error"),
    ),
]  # fmt: skip


def found(root: Path, text: str) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    (root / "sst-lint.toml").write_text(text + "\n")
    report = check(root)
    lines = (f"{each.path}:{each.line} {each.rule} {each.severity}" for each in report.reported)
    return tuple(lines), report.exit_code, report.problems


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda each: each.written[:60])
def test_a_key_changes_what_is_reported(effect: Effect, tmp_path: Path) -> None:
    for name, text in effect.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert found(tmp_path, effect.base)[0] == effect.without
    lines, code, problems = found(tmp_path, f"{effect.base}\n{effect.written}")
    assert lines == effect.with_it
    assert " ".join(problems).find(effect.problem) >= 0 and bool(problems) is bool(effect.problem)
    assert effect.exit_code is None or code == effect.exit_code


def test_a_baseline_is_read(tmp_path: Path) -> None:
    from sst_lint.cli import main

    (tmp_path / "a.py").write_text(LISTING)
    assert found(tmp_path, "")[0] == L
    with pytest.raises(SystemExit):
        main(("baseline", "create", str(tmp_path)))
    assert found(tmp_path, "")[0] == L
    assert found(tmp_path, 'baseline = "sst-baseline.jsonl"')[0] == ()


def test_matrices_and_their_notes_are_read(tmp_path: Path) -> None:
    from sst_lint.cli.app import run

    (tmp_path / "a.py").write_text(NOTES)
    note = 'path = "a.py"\nfunction = "note"\nsnippet = "open(\'out/notes.txt\', \'w\')"\npolicy = "as it is"\n'
    (tmp_path / "n.toml").write_text(f"[[writes]]\n{note}")
    (tmp_path / "sst-lint.toml").write_text('matrices = { writes = "W.md" }\nmatrix-notes = "n.toml"\n')
    assert run(["matrix", "writes", str(tmp_path), "--update"]) == 0
    assert "policy: as it is" in (tmp_path / "W.md").read_text()
    (tmp_path / "sst-lint.toml").write_text('matrices = { writes = "W.md" }\n')
    assert run(["matrix", "writes", str(tmp_path), "--check"]) == 1
    (tmp_path / "sst-lint.toml").write_text('matrices = { writes = "X.md" }\n')
    assert run(["matrix", "writes", str(tmp_path), "--update"]) == 0
    assert "policy" not in (tmp_path / "X.md").read_text()
    (tmp_path / "sst-lint.toml").write_text('matrices = { writes = "X.md" }\nmatrix-exclude = ["a.py"]\n')
    assert run(["matrix", "writes", str(tmp_path), "--check"]) == 1


def test_every_key_has_an_effect_or_waits_for_what_is_not_there() -> None:
    shown = {effect.key for effect in EFFECTS} | {"baseline", "matrices", "matrix-exclude", "matrix-notes"}
    assert sorted([*shown, *WAITING, *OF_VERBS]) == sorted(key.name for key in KEYS)
    rules = {rule.code for rule in load_rules()}
    due = [name for name, rule in WAITING.items() if rule in rules]
    assert due == [], "what reads these keys is there now: show in EFFECTS what they change"


@pytest.mark.parametrize("key", OF_VERBS)
def test_a_key_of_a_verb_is_shown_by_the_tests_of_the_verb(key: str) -> None:
    root = Path(__file__).parents[2]
    if not (root / OF_VERBS[key]).exists():
        pytest.skip("the verb is not there yet")
    others = [path for path in sorted((root / "tests").rglob("test_*.py")) if path.parent.name != "config"]
    written = re.compile(rf"(\[{key}\]|\b{key} = )")
    assert [path.name for path in others if written.search(path.read_text(encoding="utf-8"))]
