"""What do other tools of the project do to ours: does ruff delete our codes, is the hook there and installed?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli

HOOKS = ".pre-commit-config.yaml"


def table(document: Mapping[str, Any], dotted: str) -> Any:
    """What stands under a dotted name, None when nothing does."""
    value: Any = document
    for name in dotted.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value


def toml(file: Path) -> Mapping[str, Any]:
    """What a TOML file holds; nothing when it is not there or broken."""
    try:
        return tomli.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # what is added to a file is tried on its text first
        return {}


def ruff_configuration(root: Path) -> tuple[str, Mapping[str, Any]] | None:
    """The file that configures ruff here, and its table; None without one."""
    for above in (root, *root.parents):
        for name in (".ruff.toml", "ruff.toml"):
            if (above / name).is_file():
                return name, toml(above / name)
        inside = table(toml(above / "pyproject.toml"), "tool.ruff")
        if isinstance(inside, Mapping):
            return "pyproject.toml", inside
        if (above / ".git").exists():
            return None
    return None


def ruff_deletes_codes(root: Path) -> str:
    """The file in which ruff is to be told of our codes, which it deletes from `noqa` comments otherwise; "" if it is,
    or does not look at them."""
    found = ruff_configuration(root)
    if found is None:
        return ""
    name, settings = found
    lint = settings.get("lint", {})
    chosen: list[str] = []
    external: list[str] = []
    for where in (settings, lint if isinstance(lint, Mapping) else {}):
        for key in ("select", "extend-select"):
            chosen += _words(where.get(key))
        external += _words(where.get("external"))
    looks = any("RUF100".startswith(code) or code == "ALL" for code in chosen)
    return name if looks and not any("SST".startswith(code) or code.startswith("SST") for code in external) else ""


def hook_state(repository: Path | None) -> str:
    """How commits are checked: what a person is to know of it in a few words."""
    if repository is None:
        return "no git repository"
    file = repository / HOOKS
    if not file.is_file():
        return f"no {HOOKS}"
    if "sst-lint" not in file.read_text(encoding="utf-8", errors="replace"):
        return f"{HOOKS} does not name sst-lint"
    installed = repository / ".git" / "hooks" / "pre-commit"
    if (repository / ".git").is_dir() and not installed.is_file():
        return f"named in {HOOKS}, but not installed in this clone: `pre-commit install`"
    return f"named in {HOOKS}, installed"


def _words(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
