"""Which file does a dotted module name mean? A module is its path; one name may have several candidates."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from sst_lint.config.config import COPIED

#: The package that a vendored copy is a copy of.
RUNTIME = "sst_lint.runtime"
#: Directories in which copies of libraries lie.
_OF_COPIES = frozenset(
    {*(name.rstrip("/") for name in COPIED), "vendor", "thirdparty", "3rdparty", "external", "externals", "extern"}
)
#: Begins the names by which the files of such a copy know each other.
_INSIDE = "a copy: "


def dotted_names(path: str, roots: Sequence[str]) -> tuple[str, ...]:
    """The dotted names under which ``path`` can be imported, one for each import root that holds it, shortest root
    last. A script without a suffix has none.

    ``roots`` are POSIX directories relative to the project root, ``""`` or ``"."`` for the project root itself.
    """
    result: dict[str, None] = {}
    if "." not in path.rpartition("/")[2]:
        return ()
    for root in sorted(roots, key=lambda r: (-len(r), r)):
        prefix = "" if root in ("", ".") else root.rstrip("/") + "/"
        if not path.startswith(prefix):
            continue
        inner = path[len(prefix) :]
        stem = inner[:-3] if inner.endswith(".py") else inner.rsplit(".", 1)[0]
        parts = stem.split("/")
        if parts[-1] == "__init__":
            parts.pop()
        if parts:
            result[".".join(parts)] = None
    return tuple(result)


def _copied_library(path: str, libraries: Collection[str]) -> str:
    """The library that a file is a part of a copy of (``acme/_vendor/jinja2/loaders.py``), or ""."""
    parts = path.removesuffix(".py").split("/")
    begin = next((number for number, part in enumerate(parts) if part in _OF_COPIES), len(parts))
    return next((part for part in parts[begin:] if part in libraries), "")


class Modules:
    """Dotted names to files, and the package that each file stands in."""

    def __init__(
        self,
        paths: Sequence[str],
        roots: Sequence[str],
        copies: Collection[int] = (),
        libraries: Collection[str] = (),
        further: Collection[int] = (),
    ) -> None:
        """``copies``: indexes of the files that were copied from the runtime; to others they are the original.
        ``libraries`` that models describe: the same holds for their copies, of which less is said by their bodies.
        ``further``: the files that look for modules in places that they name themselves."""
        self._further = frozenset(further)
        self._copies: dict[str, str] = {}
        self._copied = frozenset(copies)
        self._inside: set[int] = set()
        self._by_name: dict[str, list[int]] = {}
        self._prefixes: set[str] = set()
        self._packages: set[str] = set()
        self.names: list[tuple[str, ...]] = []
        self.is_package: list[bool] = []
        self._elsewhere = sys.stdlib_module_names | frozenset(libraries)
        for index, path in enumerate(paths):
            names = dotted_names(path, roots)
            self.names.append(names)
            self.is_package.append(path.rsplit("/", 1)[-1] == "__init__.py")
            self._packages.update(names if self.is_package[index] else ())
            library = _copied_library(path, libraries)
            for name in names:
                parts = name.split(".")
                if library in parts:
                    self._copies[name] = ".".join(parts[parts.index(library) :])
                    self._inside.add(index)
                    name = _INSIDE + name
                    parts[0] = _INSIDE + parts[0]
                self._by_name.setdefault(name, []).append(index)
                self._prefixes.update(".".join(parts[:n]) for n in range(1, len(parts)))
                if index in self._copied:
                    self._copies[name] = RUNTIME  # whose package exports whatever its modules offer

    def find(self, name: str) -> list[int]:
        """Files that ``import name`` may mean, in path order."""
        return self._by_name.get(name, [])

    def original(self, name: str) -> str:
        """The module of the runtime that ``name`` is a copy of, which the models describe; else ``name`` itself."""
        return self._copies.get(name, name)

    def is_namespace(self, name: str) -> bool:
        """Whether ``name`` is a package without a file of its own."""
        return name in self._prefixes and name not in self._by_name

    def knows(self, name: str) -> bool:
        """Whether anything of the program has this dotted name."""
        return name in self._by_name or name in self._prefixes or self._copies.get(name, name) != name

    def absolute(self, file: int, module: str, level: int) -> Iterable[str]:
        """The absolute dotted names of a (relative) import in ``file``."""
        if file in self._copied:
            return tuple(self._named(file, module, level))
        inside = file in self._inside
        return tuple(
            _INSIDE + name if inside and name in self._copies else self.original(name)
            for name in self._named(file, module, level)
        )

    def seen_from(self, file: int, module: str) -> str:
        """The dotted name of what ``import module`` in ``file`` means. Python looks for it beside the script that it
        runs first, and what that imports may import what lies there as well; nobody hides a library on purpose. Where
        files add to ``sys.path`` it may lie in a package around them, or anywhere, if there is one only."""
        first, around = module.partition(".")[0], "".join(self.names[file][-1:])
        if first in self._elsewhere:
            return module
        further = file in self._further and not self.knows(first)
        while "." in around:
            around, _, _ = around.rpartition(".")
            is_itself = around.rpartition(".")[2] == first
            is_seen = further or around not in self._packages
            if is_seen and not is_itself and self.knows(f"{around}.{first}"):
                return f"{around}.{module}"
            if self.knows(first):
                break
        return self._only.get(first, first) + module[len(first) :] if further else module

    @cached_property
    def _only(self) -> dict[str, str]:
        """By the last part of a dotted name: the only module or package that ends in it and stands in no package."""
        names: dict[str, set[str]] = {}
        for known in self.names:
            for name in known[-1:]:
                inside, _, last = name.rpartition(".")
                if inside not in self._packages:
                    names.setdefault(last, set()).add(name)
        return {last: min(found) for last, found in names.items() if len(found) == 1}

    def _named(self, file: int, module: str, level: int) -> Iterable[str]:
        if level == 0:
            return (self.seen_from(file, module),)
        result = []
        for name in self.names[file]:
            parts = name.split(".")
            up = level - 1 if self.is_package[file] else level
            if up > len(parts):
                continue
            base = parts[: len(parts) - up]
            result.append(".".join([*base, module] if module else base))
        return tuple(r for r in result if r)
