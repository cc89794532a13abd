"""Is the README true? What it names exists, its configuration is accepted, its example is what is printed."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
import readme_example
import tomli
from readme_example import README, ROOT

from sst_lint.catalogue import load_rules
from sst_lint.cli.app import VERBS
from sst_lint.config import load_config
from sst_lint.output import FORMATS

PAGES = (
    "README.md",
    "CHANGELOG.md",
    "docs/how-it-decides.md",
    "docs/gate.md",
    "docs/fixing.md",
    "docs/library.md",
    "docs/matrices.md",
    "docs/setup.md",
)
TEXT = README.read_text(encoding="utf-8")
#: What the prose names as not there yet, or as an example of a name.
NOT_THERE: set[str] = set()
INVENTED = {"rules/checks/SST999-its-name.toml"}


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_example_is_what_the_command_prints() -> None:
    assert readme_example.written(TEXT) == readme_example.block(), "python -m tests.readme_example --write"


@pytest.mark.parametrize("name", PAGES)
def test_named_paths_exist(name: str) -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", page(name))) - INVENTED
    roots = {path.name for path in ROOT.iterdir()}
    ours = sorted(path for path in named if path.split("/")[0] in roots)
    assert [path for path in ours if not (ROOT / path).exists()] == []
    assert ours or name in ("CHANGELOG.md", "docs/fixing.md", "docs/gate.md", "docs/matrices.md", "docs/setup.md")


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page(name))
    assert [target for target in targets if not ((ROOT / name).parent / target).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_named_verbs_exist(name: str) -> None:
    verbs = set(re.findall(r"sst-lint ([a-z]+)\b", "\n".join(re.findall(r"`[^`\n]+`", page(name)))))
    assert verbs - NOT_THERE <= set(VERBS)
    assert not NOT_THERE & set(VERBS), "it is there now: say so"


def test_named_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    assert set(re.findall(r"^    make (\w+) ", TEXT, re.MULTILINE)) == {"demo", "test"} <= targets


def test_named_formats_exist() -> None:
    assert set(re.findall(r"--output-format ([a-z-]+)", TEXT)) <= set(FORMATS)
    table = page("docs/gate.md").partition("## Outputs")[2].partition("\n- ")[0]
    named = [name for row in table.splitlines() if row.startswith("| `") for name in re.findall(r"`([a-z-]+)`", row)]
    assert named == list(FORMATS)


def test_the_library_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.findall(r"```python\n(import sst_lint\n.*?)```", page("docs/library.md"), re.DOTALL)[0]
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        exec(example, {})
    assert caught.value.code == 0


@pytest.mark.parametrize("name", PAGES)
def test_named_rules_exist(name: str) -> None:
    known = {rule.code: rule.name for rule in load_rules()}
    assert set(re.findall(r"\bSST\d{3}\b", page(name))) - {"SST999"} <= set(known)
    for code, called in re.findall(r"\b(SST\d{3}) `([a-z-]+)`", page(name)):
        assert known[code] == called


def test_the_changelog_names_every_rule() -> None:
    assert [rule.code for rule in load_rules() if f"{rule.code} `{rule.name}`" not in page("CHANGELOG.md")] == []


def test_the_configuration_is_accepted(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert len([line for line in block.splitlines() if line]) <= 10
    (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
    config = load_config(tmp_path)
    assert config.artifact_patterns == ("out/**",)
    assert "SST101" in config.for_path("scripts/a.py").extend_ignore
    assert set(tomli.loads(block)) == {"tool"}


def test_the_hook_is_declared_and_is_a_command() -> None:
    hooks = page(".pre-commit-hooks.yaml")
    assert re.findall(r"^- id: (.+)$", hooks, re.MULTILINE) == re.findall(r"^ +- id: (\S+)", TEXT, re.MULTILINE)
    assert set(re.findall(r"^  entry: sst-lint (\w+)", hooks, re.MULTILINE)) <= set(VERBS)


def test_everything_that_is_promised_as_missing_is_missing() -> None:
    missing = TEXT.partition("## What is not there yet")[2]
    assert missing
    for word, file in (("flake8 plugin", "sst_lint/flake8_plugin.py"), ("Baselines", "sst_lint/findings/baseline.py")):
        assert (word in missing) is not (ROOT / file).exists()
    assert ("SARIF" in missing) is ("sarif" not in FORMATS)


def test_the_bounds_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| ([\d,]+) .*\| `sst_lint/(\w+)/(\w+)\.py` `(\w+)` \|$", page(PAGES[2]), re.MULTILINE)
    assert len(rows) >= 8
    for number, room, module, name in rows:
        assert getattr(import_module(f"sst_lint.{room}.{module}"), name) == int(number.replace(",", "")), name


def test_the_figures_are_those_of_the_proof() -> None:
    """``make prove`` writes both; neither is edited by hand."""
    block = TEXT.partition("<!-- figures: begin -->")[2].partition("<!-- figures: end -->")[0]
    rows = [line for line in block.splitlines() if line.startswith("|")]
    proof = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8").splitlines()
    assert len(rows) > 5
    assert [row for row in rows if row not in proof] == []
