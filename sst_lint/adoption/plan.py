"""What would set the tool up here? Files to write and things to do by hand; what is there already is left as it is."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import tomli

from sst_lint.adoption.look import Look

Part = Literal["config", "helpers", "baseline", "hook", "ci"]
BASELINE = "sst-baseline.jsonl"
_VENDORED = "_sst"
_CI_FILES = {"github": ".github/workflows/sst-lint.yml", "gitlab": ".gitlab/sst-lint.yml", "script": "ci/sst-lint.sh"}
_TEMPLATES = {"github": "github.yml", "gitlab": "gitlab.yml", "script": "script.sh"}


@dataclass(frozen=True)
class Proposal:
    """One file to write. ``old`` is what it holds now (None: it is not there), ``text`` what it is to hold.

    The text of a baseline is "", because it is made when the configuration is there; that of a copy of the helpers too.
    """

    part: Part
    path: str  #: relative to ``place``
    place: Path
    text: str
    old: str | None
    why: str


@dataclass(frozen=True)
class Plan:
    """What to write, and what is left to people."""

    proposals: tuple[Proposal, ...]
    advice: tuple[str, ...]


def plan(look: Look, skip: Collection[str] = (), ci: str = "auto", vendor: bool = False) -> Plan:
    """Return what ``init`` would do. ``ci``: auto, github, gitlab, script; ``vendor``: copy the runtime helpers."""
    proposals: list[Proposal] = []
    advice: list[str] = []
    if "config" not in skip and not look.configured:
        proposals.append(_configuration(look, "baseline" not in skip, vendor and "helpers" not in skip))
    elif look.configured:
        advice += _advice_on_configuration(look)
    if "helpers" not in skip:
        _add_helpers(look, vendor, proposals, advice)
    baseline = look.baseline if look.configured else BASELINE
    if "baseline" not in skip and look.findings and baseline and not (look.root / baseline).exists():
        proposals.append(Proposal("baseline", baseline, look.root, "", None, _of_findings(look)))
    if "hook" not in skip:
        _add_hook(look, proposals, advice)
    if "ci" not in skip:
        _add_ci(look, ci, proposals, advice)
    if look.ruff:
        advice.append(
            f'{look.ruff}: `lint.external = ["SST"]`, or ruff deletes our codes from `noqa` comments (RUF100)'
        )
    return Plan(tuple(proposals), tuple(advice))


def _configuration(look: Look, baseline: bool, vendor: bool) -> Proposal:
    """A table at the end of `pyproject.toml`, or a file of its own where that is not there or would not take it."""
    why = "marks the root of the project, and says what the tool is to know"
    try:
        old: str | None = (look.root / "pyproject.toml").read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        old = None
    if old is not None:
        end = "\r\n" if "\r\n" in old else "\n"
        keys = _keys(look, baseline, vendor, "tool.sst-lint.")
        text = f"{old.rstrip()}\n\n[tool.sst-lint]\n{keys}".replace("\r\n", "\n").replace("\n", end)
        if _only_adds(old, text):
            return Proposal("config", "pyproject.toml", look.root, text, old, why)
    return Proposal(
        "config", "sst-lint.toml", look.root, _keys(look, baseline, vendor) or "# all defaults\n", None, why
    )


def _only_adds(old: str, text: str) -> bool:
    """Whether a table was added to a TOML file and nothing else is read differently."""
    try:
        before, after = tomli.loads(old), tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    added = after.get("tool", {}).pop("sst-lint", None)
    if "tool" not in before:
        after.pop("tool", None)
    return isinstance(added, dict) and before == after


def _keys(look: Look, baseline: bool, vendor: bool, tables: str = "") -> str:
    """The lines of the configuration: what differs from the defaults, with a word on why."""
    lines: list[str] = []
    if baseline and look.findings:
        lines.append(f"baseline = {json.dumps(BASELINE)}  # known findings; new ones fail")
    if look.comments.waivers:
        words = [word for word, _ in look.comments.waivers]
        lines.append(f"waivers = {json.dumps(words)}  # comments that the code has already")
    if look.comments.accepted:
        entries = [entry for entry, _ in look.comments.accepted]
        lines.append(f"accept = {json.dumps(entries)}  # justifications for other tools, where they give a reason")
    module = _helpers_module(look, vendor)
    own = {} if module else _own_helpers(look)
    if module:
        lines.append(f"helpers = {json.dumps(module)}  # what fixes import")
    if own:
        lines += ["", f"[{tables}helpers]"]
        lines += [f"{name} = {json.dumps(target)}" for name, target in sorted(own.items())]
    return "".join(f"{line}\n" for line in lines)


def _helpers_module(look: Look, vendor: bool) -> str:
    """The module that fixes import helpers from: the runtime as a dependency, or a copy; "" for none."""
    if "sst-lint" in look.dependencies:
        return "sst_lint.runtime"
    package = look.packages[0].removeprefix("src/").replace("/", ".") + "." if look.packages else ""
    return f"{package}{_VENDORED}" if vendor else ""


def _own_helpers(look: Look) -> dict[str, str]:
    """Functions of the project that can stand for runtime helpers."""
    own: dict[str, str] = {}
    for writer in look.habits.writers:
        if writer.helper:
            own.setdefault(writer.helper, writer.dotted)
    return own


def _add_helpers(look: Look, vendor: bool, proposals: list[Proposal], advice: list[str]) -> None:
    home = f"{look.packages[0]}/{_VENDORED}" if look.packages else _VENDORED
    if vendor and not (look.root / home).exists():
        proposals.append(Proposal("helpers", home, look.root, "", None, "atomic writers and the rest, as plain files"))
    writes = sum(number for rule, number in look.rules if rule in ("SST101", "SST402", "SST403", "SST404"))
    if writes and not vendor and not look.configured and not (_helpers_module(look, False) or _own_helpers(look)):
        advice.append(
            f"fixes call helpers, and {writes} findings may need them: `sst-lint vendor {home}` copies them as plain"
            " files (`sst-lint init --vendor` does it with the rest)"
        )


def _add_hook(look: Look, proposals: list[Proposal], advice: list[str]) -> None:
    if look.repository is None:
        return
    name = ".pre-commit-config.yaml"
    file = look.repository / name
    text = _template("pre-commit.yaml")
    if not file.exists():
        proposals.append(
            Proposal("hook", name, look.repository, text, None, "each commit is checked; needs pre-commit")
        )
        advice.append("`pre-commit install`, once for each clone (`pip install pre-commit` brings it)")
    elif "sst-lint" not in file.read_text(encoding="utf-8", errors="replace"):
        entry = "\n".join(text.splitlines()[1:])
        advice.append(f"{name} is yours: add this to its `repos`:\n{entry}")


def _add_ci(look: Look, ci: str, proposals: list[Proposal], advice: list[str]) -> None:
    top = look.repository or look.root
    for host in look.hosts if ci == "auto" else (ci,):
        path = _CI_FILES[host]
        if (top / path).exists():
            continue
        proposals.append(Proposal("ci", path, top, _for_project(look, host), None, "the gate"))
        if host == "gitlab":
            advice.append(f"in .gitlab-ci.yml: `include: [{{local: {path}}}]`")
    if ci == "auto" and not look.hosts:
        advice.append("for CI: `sst-lint init --ci github`, `gitlab` or `script`")


def _for_project(look: Look, host: str) -> str:
    """The template, with the project named where it is not the top of the repository."""
    text = _template(_TEMPLATES[host])
    inside = look.root.relative_to(look.repository or look.root).as_posix()
    return text if inside == "." else text.replace("sst-lint check ", f"sst-lint check {inside} ")


def _advice_on_configuration(look: Look) -> list[str]:
    if look.findings and not look.baseline:
        return ["`sst-lint baseline create` accepts the findings of today, so that new ones fail alone"]
    return []


def _of_findings(look: Look) -> str:
    return f"the {look.findings:,} findings of today are known; new ones fail"


def _template(name: str) -> str:
    return (files("sst_lint.adoption") / "templates" / name).read_text(encoding="utf-8")
