"""Where does the project keep the runtime helpers? In one module, name by name, or nowhere yet."""

from __future__ import annotations

import re
from pathlib import Path

from sst_lint.fixes.draft import Import

#: the helpers that fixes call, with the parameters that they are given by position
NEEDED: dict[str, tuple[str, ...]] = {
    "atomic_open": ("path", "mode"),
    "atomic_path": ("path",),
    "handle_error_with_policy": ("exc",),
    "to_primitives": ("obj",),
    "update_index_with_lock": ("path", "fn"),
    "write_atomic_bytes": ("path", "data"),
    "write_atomic_text": ("path", "text"),
}


#: the oldest Python that can import a vendored copy, and the oldest one on which what it promises is tried
OLDEST_PYTHON = (3, 8)
PROMISED_PYTHON = (3, 10)


def helpers_of(configured: str | tuple[tuple[str, str], ...]) -> dict[str, Import]:
    """Return where each helper is imported from; a function of the project whose parameters differ is left out."""
    if isinstance(configured, str):
        return {name: Import(configured, name) for name in NEEDED} if configured else {}
    found: dict[str, Import] = {}
    for name, target in configured:
        if name not in NEEDED:
            continue
        place, _, parameters = target.partition("(")
        module, _, function = place.strip().replace(":", ".").rpartition(".")
        given = [each.strip() for each in parameters.rstrip(") ").split(",") if each.strip()]
        if module and (not given or (len(given) >= len(NEEDED[name]) and _same_order(name, given))):
            found[name] = Import(module, function)
    return found


def _same_order(name: str, given: list[str]) -> bool:
    """Whether the function takes its arguments in the order of the runtime's: the path comes first there."""
    if "path" not in NEEDED[name]:
        return True
    return "path" in given[0] or "file" in given[0] or "target" in given[0] or "dest" in given[0]


def is_helper_module(path: str, helpers: dict[str, Import]) -> bool:
    """Whether a file is one of the helpers, or lies in their package: it cannot import itself."""
    dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    modules = {each.module for each in helpers.values()}
    return any(f".{dotted}.".find(f".{module}.") >= 0 for module in modules)


def absent(root: Path, configured: str | tuple[tuple[str, str], ...]) -> str:
    """Say that a package of the project has no such module, so that importing it would fail; or ""."""
    modules = sorted({each.module for each in helpers_of(configured).values()})
    for module in modules:
        top, *rest = module.split(".")
        homes = [above / top for above in (root, root / "src") if (above / top).is_dir()]
        places = [home.joinpath(*rest) for home in homes]
        if places and not any(place.is_dir() or place.with_suffix(".py").is_file() for place in places):
            place = places[0].relative_to(root).as_posix()
            return f"helpers: there is no module {module!r} in this project; `sst-lint vendor {place}` makes one"
    return ""


#: programs that build or test the package, so that it need not be there when they run
_BUILDS = frozenset({"setup.py", "hatch_build.py", "noxfile.py", "conf.py", "conftest.py", "tasks.py", "fabfile.py"})


def may_import(root: Path, path: str, helpers: dict[str, Import], text: str = "") -> bool:
    """Whether a file of the project may import the helpers.

    Not from another package of the project, which is shipped on its own; a script only where it finds the package.
    """
    tops = {each.module.partition(".")[0] for each in helpers.values()}
    inside = [top for top in sorted(tops) if any((above / top).is_dir() for above in (root, root / "src"))]
    package = ""
    folder = (root / path).parent
    while folder != root and (folder / "__init__.py").is_file():
        package, folder = folder.name, folder.parent
    if not inside or package in inside:
        return True
    if package:
        return False
    known = any(re.search(rf"^\s*(?:from|import)\s+{re.escape(top)}\b", text, re.MULTILINE) for top in inside)
    beside = any(((root / path).parent / top).is_dir() for top in inside)
    return known or (beside and (root / path).name not in _BUILDS)
