"""What kind of project is this? What its files, its history and its code say, as far as ``init`` needs to know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sst_lint.adoption.code import Habits, habits
from sst_lint.adoption.comments import Comments, comments
from sst_lint.adoption.neighbors import ruff_deletes_codes, table, toml
from sst_lint.config.patterns import matches

if TYPE_CHECKING:
    from sst_lint.engine import Examined

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
#: a file or a table of pyproject.toml that shows that a tool is in use
_TOOLS = {
    "ruff": ("ruff.toml", ".ruff.toml", "tool.ruff"),
    "black": ("tool.black",),
    "flake8": (".flake8", "tool.flake8"),
    "pylint": (".pylintrc", "pylintrc", "tool.pylint"),
    "mypy": ("mypy.ini", ".mypy.ini", "tool.mypy"),
    "pre-commit": (".pre-commit-config.yaml",),
}


@dataclass(frozen=True)
class Look:
    """One project as it stands. Paths are relative to its root."""

    root: Path
    configured: str  #: the file that configures the tool already, or ""
    baseline: str  #: the baseline that it names, or ""
    files: int
    lines: int
    packages: tuple[str, ...]  #: top-level packages, with the directory that they are imported from (`src/acme`)
    tools: tuple[str, ...]  #: formatters, linters and the like
    dependencies: tuple[str, ...]  #: of the program when it runs
    repository: Path | None  #: the top of its git repository
    hosts: tuple[str, ...]  #: `github`, `gitlab`: where its CI runs
    habits: Habits
    comments: Comments
    rules: tuple[tuple[str, int], ...]  #: findings that count, by rule
    unread: int  #: files that cannot be read
    ruff: str  #: the file in which ruff is to be told of our codes, or ""

    @property
    def findings(self) -> int:
        """How many findings count."""
        return sum(number for _, number in self.rules)


def look(root: Path, examined: Examined) -> Look:
    """Return what is known of the project; ``examined`` is its code."""
    from collections import Counter

    from sst_lint.source.roots import import_roots

    settings, sources = examined.policy.config, examined.read.sources
    paths = [source.path for source in sources]
    document = toml(root / "pyproject.toml")
    reported = Counter(each.rule for each, state in examined.findings if not state and each.reported)
    repository = next((above for above in (root, *root.parents) if (above / ".git").exists()), None)
    return Look(
        root,
        next(iter(settings.sources), ""),
        settings.baseline,
        len(sources),
        sum(source.text.count("\n") for source in sources),
        _packages([path for path in paths if not matches(path, settings.test_patterns)], import_roots(paths, settings)),
        tuple(tool for tool, marks in _TOOLS.items() if any(_is_there(root, document, mark) for mark in marks)),
        _dependencies(root, document),
        repository,
        _hosts(repository or root),
        habits(examined.project),
        comments(sources),
        tuple(sorted(reported.items())),
        len(examined.unread),
        ruff_deletes_codes(root),
    )


def root_of(path: Path) -> Path:
    """The directory that `init` sets up for a path: that of the nearest configuration or `pyproject.toml` up to the top
    of the git repository, else that top, else the path itself."""
    from sst_lint.config import has_configuration
    from sst_lint.source.discover import absolute_path

    start = absolute_path(path)
    above = [start, *start.parents]
    top = next((place for place in above if (place / ".git").exists()), start)
    inside = above[: above.index(top) + 1]
    marks = ("pyproject.toml", "setup.py", "setup.cfg")
    configured = next((place for place in inside if has_configuration(place)), None)
    return configured or next((place for place in inside if any((place / mark).is_file() for mark in marks)), top)


def _is_there(root: Path, document: Mapping[str, Any], mark: str) -> bool:
    if mark.startswith("tool."):
        return table(document, mark) is not None
    return (root / mark).is_file()


def _packages(paths: list[str], roots: tuple[str, ...]) -> tuple[str, ...]:
    """The packages right below an import root."""
    found: dict[str, None] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        above = folder.rpartition("/")[0] or "."
        if name == "__init__.py" and above in roots:
            found[folder] = None
    return tuple(sorted(found))


def _dependencies(root: Path, document: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of what the program needs when it runs, from `pyproject.toml` or `requirements.txt`."""
    listed = table(document, "project.dependencies")
    poetry = table(document, "tool.poetry.dependencies")
    if isinstance(listed, list):
        lines = [each for each in listed if isinstance(each, str)]
    elif isinstance(poetry, Mapping):
        lines = [name for name in poetry if name != "python"]
    else:
        lines = _requirements(root / "requirements.txt")
    names = [match.group(1).lower() for match in map(_REQUIREMENT.match, lines) if match]
    return tuple(sorted(dict.fromkeys(names)))


def _requirements(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):  # nothing is said of its dependencies
        return []


def _hosts(top: Path) -> tuple[str, ...]:
    """Where the repository is hosted, from the files that hosts read, else from the address that it came from."""
    try:
        address = (top / ".git" / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:  # no repository, or a work tree of another one
        address = ""
    marks = {
        "github": (top / ".github").is_dir() or "github.com" in address,
        "gitlab": (top / ".gitlab-ci.yml").is_file() or "gitlab" in address,
    }
    return tuple(host for host, there in marks.items() if there)
