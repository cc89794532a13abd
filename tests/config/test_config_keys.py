"""Every key: its default, its documentation, what it takes and what it refuses."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

from sst_lint.config import KEYS, Config, ConfigError, load_config
from sst_lint.config.keys import PathTables, keys_of

#: For each key: what may be written, what it becomes, what is refused, and words of the refusal.
SAMPLES: dict[str, tuple[str, Any, str, str]] = {
    "required-version": ('">=0.0.1,<99"', ">=0.0.1,<99", "1", "expected a string, found the number 1"),
    "include": ('["*.py", "bin/*"]', ("*.py", "bin/*"), '["a", 1]', "item 2 is the number 1"),
    "scripts": ("false", False, '"no"', "expected true or false, found the string 'no'"),
    "exclude": ("[]", (), '"gen/"', "expected a list of strings, found the string 'gen/'"),
    "extend-exclude": ('["gen/"]', ("gen/",), '["!"]', "'!' is no path pattern"),
    "respect-gitignore": ("false", False, '"no"', "expected true or false, found the string 'no'"),
    "src": ('["lib"]', ("lib",), "true", "expected a list of strings, found true"),
    "config-files": ('["conf/*.yaml"]', ("conf/*.yaml",), '[""]', "an empty string is no path pattern"),
    "select": ('["SST1", "dict-order"]', ("SST1", "dict-order"), '"SST1"', "expected a list of strings"),
    "ignore": ('["SST203"]', ("SST203",), "[[]]", "item 1 is a list"),
    "extend-select": ('["SST504"]', ("SST504",), "{}", "found a table"),
    "extend-ignore": ('["SST504"]', ("SST504",), "1.5", "found the number 1.5"),
    "severity": ('{ SST2 = "error" }', (("SST2", "error"),), '{ SST2 = "fatal" }', "SST2: expected one of error"),
    "min-confidence": ('"low"', "low", '"lowest"', "expected one of high, medium, low, found the string 'lowest'"),
    "fail-on": ('"never"', "never", "false", "expected one of error, warning, never, found false"),
    "artifact-patterns": ('["out/**"]', ("out/**",), "[1]", "item 1"),
    "state-patterns": ('["*.idx"]', ("*.idx",), "[1]", "item 1"),
    "log-patterns": ('["*.journal"]', ("*.journal",), "[1]", "item 1"),
    "stable-logs": ('["audit.log"]', ("audit.log",), "[1]", "item 1"),
    "report-patterns": ('["*.html"]', ("*.html",), "[1]", "item 1"),
    "scratch-patterns": ('["tmp/"]', ("tmp/",), "[1]", "item 1"),
    "test-patterns": ('["spec/"]', ("spec/",), "[1]", "item 1"),
    "entry-points": ('["acme.cli:main"]', ("acme.cli:main",), "1", "expected a list"),
    "helpers": ('"acme.io._sst"', "acme.io._sst", "1", "expected a string or a table of strings"),
    "models": ('[{ library = "acme" }]', ({"library": "acme"},), '["acme"]', "item 1 is the string 'acme'"),
    "target-version": ('"py38"', "3.8", '"three"', "'three' is no version of Python like '3.8'"),
    "dict-order": ('"off"', "off", '"sometimes"', "always, unsorted-input-only, off"),
    "volatile-fields": ('["run_*"]', ("run_*",), "1", "expected a list"),
    "schema-version-fields": ('["v"]', ("v",), "1", "expected a list"),
    "path-helpers": ('["acme.paths.*"]', ("acme.paths.*",), "1", "expected a list"),
    "scope-names": ('["acme.meta.resolve"]', ("acme.meta.resolve",), "1", "expected a list"),
    "scope-guards": ('["acme.meta.check"]', ("acme.meta.check",), "1", "expected a list"),
    "metadata-parameters": ('["meta*"]', ("meta*",), "1", "expected a list"),
    "layers": ('["cli", "a | b"]', ("cli", "a | b"), "1", "expected a list"),
    "waivers": ('["DETERMINISM_OK=SST2"]', ("DETERMINISM_OK=SST2",), '["two words"]', "is no waiver word"),
    "accept": ('["noqa:BLE001"]', ("noqa:BLE001",), '["noqa:E501"]', "say which rules it stands for"),
    "baseline": ('"sst-baseline.json"', "sst-baseline.json", "[]", "expected a string, found a list"),
    "matrices": ('{ writes = "W.md" }', (("writes", "W.md"),), '{ reads = "R.md" }', "unknown name 'reads'"),
    "matrix-exclude": ('["tests/"]', ("tests/",), '"tests/"', "expected a list"),
    "matrix-notes": ('"notes.toml"', "notes.toml", "1", "expected a string"),
    "per-path": ('{ "a/" = { ignore = ["SST1"] } }', (("a/", (("ignore", ("SST1",)),)),), "1", "table of path"),
}  # fmt: skip


def load(root: Path, text: str) -> Config:
    (root / "sst-lint.toml").write_text(text)
    return load_config(root)


def test_every_key_has_a_sample() -> None:
    assert list(SAMPLES) == sorted(SAMPLES, key=[key.name for key in KEYS].index)
    assert set(SAMPLES) == {key.name for key in KEYS}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_key_is_read(tmp_path: Path, name: str) -> None:
    written, value, _, _ = SAMPLES[name]
    (key,) = (key for key in KEYS if key.name == name)
    config = load(tmp_path, f"{name} = {written}\n")
    assert getattr(config, key.field) == value != key.default
    assert dataclasses.replace(config, **{key.field: key.default}, sources=()) == Config()
    assert config.key_digest() != Config().key_digest()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_wrong_value_names_file_and_key(tmp_path: Path, name: str) -> None:
    _, _, wrong, words = SAMPLES[name]
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"{name} = {wrong}\n")
    message = str(caught.value)
    assert message.startswith(f"sst-lint.toml: key '{name}': ")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize("name", SAMPLES)
def test_the_schema_agrees(name: str) -> None:
    written, _, wrong, words = SAMPLES[name]
    (key,) = (key for key in KEYS if key.name == name)
    if isinstance(key.kind, PathTables):
        return  # its schema refers to the whole document's
    jsonschema.validate(tomli.loads(f"x = {written}")["x"], key.kind.schema())
    if "pattern" in words or "waiver" in words or "rules" in words:
        return  # a schema says what type an item has, not what it may say
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomli.loads(f"x = {wrong}")["x"], key.kind.schema())


def test_keys_are_documented_and_their_defaults_valid() -> None:
    for key in keys_of(Config):
        assert key.doc.endswith((".", ")")), key.name
        if not isinstance(key.kind, PathTables):
            as_written = key.default
            if key.name in ("severity", "matrices"):
                as_written = dict(as_written)
            assert key.kind.parse(as_written) == key.default, key.name


def test_helpers_may_be_a_table(tmp_path: Path) -> None:
    config = load(tmp_path, '[helpers]\nwrite_atomic_json = "acme.io:write"\n')
    assert config.helpers == (("write_atomic_json", "acme.io:write"),)
    with pytest.raises(ConfigError, match="key 'helpers': digest: expected a string, found true"):
        load(tmp_path, "[helpers]\ndigest = true\n")


def test_models_are_handed_on_unchanged(tmp_path: Path) -> None:
    text = '[[models]]\nlibrary = "acme"\n[[models.call]]\nname = "acme.dump"\nwrites = { path = "p", data = "d" }\n'
    call = {"name": "acme.dump", "writes": {"path": "p", "data": "d"}}
    assert load(tmp_path, text).models == ({"library": "acme", "call": [call]},)
