"""Does every room import only rooms that stand below it? The house of the design, read off the code."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sst_lint

PACKAGE = Path(sst_lint.__file__).parent

#: from the roof to the ground; rooms on one floor do not import each other
FLOORS = (
    ("__main__", "testing"),
    ("cli",),
    ("flake8_plugin", "adoption"),
    ("engine",),
    ("output", "matrices", "fixes"),
    ("findings",),
    ("checks",),
    ("flow",),
    ("facts",),
    ("source",),
    ("catalogue",),
    ("config",),
    ("runtime",),
)
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def room_of(file: Path) -> str:
    """The directory or module right below the package."""
    return file.parts[0].removesuffix(".py")


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Each absolute module that a file imports, wherever the import stands; names from the package itself too."""
    package = ["sst_lint", *file.parts[:-1]]
    for node in ast.walk(ast.parse((PACKAGE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "sst_lint":  # `from sst_lint import checks` imports a room
                yield from ((node.lineno, f"sst_lint.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def rooms_imported(file: Path) -> list[tuple[int, str]]:
    """Each room of the house that a file imports."""
    names = [(line, name.split(".")) for line, name in imported(file) if name.startswith("sst_lint.")]
    return [(line, parts[1]) for line, parts in names if parts[1] in FLOOR]


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_go_down(file: Path) -> None:
    room = room_of(file)
    if room == "__init__":
        return  # exports lazily; test_importing_the_package_imports_no_room
    assert room in FLOOR, f"{room} has no place in the house: add it to FLOORS where it belongs"
    wrong = [
        f"{file}:{line} imports {other}"
        for line, other in rooms_imported(file)
        if other != room and FLOOR[other] <= FLOOR[room]
    ]
    assert wrong == []


def test_neighbors_are_on_one_floor() -> None:
    assert FLOOR["output"] == FLOOR["matrices"] == FLOOR["fixes"]


@pytest.mark.parametrize("file", [file for file in FILES if room_of(file) == "runtime"], ids=str)
def test_the_runtime_needs_the_standard_library_alone(file: Path) -> None:
    names = {name.split(".")[0] for _, name in imported(file)}
    assert sorted(names - sys.stdlib_module_names - {"sst_lint"}) == []
    assert {room for _, room in rooms_imported(file)} <= {"runtime"}


@pytest.mark.parametrize("module", ["sst_lint", "sst_lint.runtime"])
def test_importing_the_package_imports_no_room(module: str) -> None:
    rooms = [f"sst_lint.{room}" for room in FLOOR if room != "runtime"]
    code = f"import sys, {module}; print([room for room in {rooms!r} if room in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_exported_name_is_there() -> None:
    assert all(hasattr(sst_lint, name) for name in sst_lint.__all__)
    assert set(sst_lint.__all__) <= set(dir(sst_lint))
    assert not hasattr(sst_lint, "nothing")


def test_the_direction_test_sees_what_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "x.py").write_text(
        "from ..flow import a\ndef f():\n    from sst_lint import checks\nimport sst_lint.cli.app\nfrom . import y\n"
    )
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    assert sorted(rooms_imported(Path("facts/x.py"))) == [(1, "flow"), (3, "checks"), (4, "cli"), (5, "facts")]
