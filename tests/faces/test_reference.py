"""Are the generated pages as the code is, does the schema say what the parser says, does every help page teach?"""

from __future__ import annotations

import sys
from pathlib import Path

import jsonschema
import pytest
import reference_pages
import tomli
from projects import run, sst

from sst_lint.cli.app import VERBS
from sst_lint.config import KEYS, ConfigError, load_config
from sst_lint.config.schema import CHAPTERS, configuration_schema, plain

ROOT = reference_pages.ROOT
HELP = [(verb,) for verb in VERBS] + [(verb, inner) for verb in VERBS for inner in reference_pages.inner_verbs(verb)]


@pytest.mark.parametrize("name", list(reference_pages.PAGES))
def test_generated_pages_are_current(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    if name == "docs/commands.md" and f"click {reference_pages.click_version()} " not in text:
        pytest.skip("each version of click lays out help in its own way")
    assert text == reference_pages.PAGES[name](), "python -m tests.reference_pages --write"


def test_the_schema_is_one_and_takes_the_defaults() -> None:
    schema = configuration_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate({key.name: plain(key.default, key) for key in KEYS}, schema)
    jsonschema.validate({"per-path": {"a/**": {"select": ["SST1"]}}}, schema)
    assert all(key.doc.endswith((".", ")", "`")) for key in KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "nothing = 1",
        'select = "SST1"',
        'min-confidence = "sure"',
        "respect-gitignore = 1",
        "[per-path.'a']\nbaseline = 'b'",
        "[per-path.'a']\nnothing = 1",
        "[matrices]\nreads = 'r.md'",
        "[severity]\nSST101 = 'info'",
        "helpers = 1",
        "[[models]]\nlibrary = 'x'\n[models2]",
    ],
)
def test_the_schema_refuses_what_the_parser_refuses(text: str, tmp_path: Path) -> None:
    (tmp_path / "sst-lint.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        load_config(tmp_path)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomli.loads(text), configuration_schema())


def test_chapters_begin_with_keys_in_order() -> None:
    names = [key.name for key in KEYS]
    places = [names.index(first) for _, first in CHAPTERS]
    assert places == sorted(places) and places[0] == 0


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_every_help_page_has_examples_and_exit_codes(words: tuple[str, ...]) -> None:
    text = reference_pages.help_of(*words)
    assert "Exit codes: 0 " in text
    _, _, examples = text.partition("Examples:\n")
    lines = [line.strip() for line in examples.splitlines() if line.strip().startswith("sst-lint ")]
    assert lines and all(line.startswith(f"sst-lint {words[0]}") for line in lines)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, tmp_path: Path) -> None:
    done = sst(tmp_path, _SST_LINT_COMPLETE=f"{shell}_source")
    if "not supported" in done.stderr or "bash" in done.stderr:  # this machine's bash is missing or too old
        pytest.skip(done.stderr)
    assert done.returncode == 0 and "_SST_LINT_COMPLETE" in done.stdout and "sst-lint" in done.stdout


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("sst-lint che", {"check"}),
        ("sst-lint check --form", {"--format"}),
        ("sst-lint check --format sar", {"sarif"}),
        ("sst-lint check --select SST40", {f"SST40{n}" for n in range(1, 8)}),
        ("sst-lint check --select SST1,unsor", {"SST1,unsorted-listing"}),
        ("sst-lint explain silent", {"silent-except"}),
        ("sst-lint matrix wr", {"writes"}),
        ("sst-lint baseline sh", {"show"}),
    ],
)
def test_words_are_completed(words: str, wanted: set[str], tmp_path: Path) -> None:
    count = len(words.split()) - 1
    more = {"COMP_WORDS": words, "COMP_CWORD": str(count), "_SST_LINT_COMPLETE": "bash_complete"}
    done = run([sys.executable, "-m", "sst_lint"], tmp_path, **more)
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == wanted, done.stderr
