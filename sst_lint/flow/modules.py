"""Which file does a dotted module name mean? A module is its path; one name may have several candidates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

#: The package that a vendored copy is a copy of.
RUNTIME = "sst_lint.runtime"


def dotted_names(path: str, roots: Sequence[str]) -> tuple[str, ...]:
    """The dotted names under which ``path`` can be imported, one for each import root that holds it, shortest root
    last.

    ``roots`` are POSIX directories relative to the project root, ``""`` or ``"."`` for the project root itself.
    """
    result: dict[str, None] = {}
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


class Modules:
    """Dotted names to files, and the package that each file stands in."""

    def __init__(self, paths: Sequence[str], roots: Sequence[str], copies: Collection[int] = ()) -> None:
        """``copies``: indexes of the files that were copied from the runtime; to others they are the original."""
        self._copies: dict[str, str] = {}
        self._copied = frozenset(copies)
        self._by_name: dict[str, list[int]] = {}
        self._prefixes: set[str] = set()
        self.names: list[tuple[str, ...]] = []
        self.is_package: list[bool] = []
        for index, path in enumerate(paths):
            names = dotted_names(path, roots)
            self.names.append(names)
            self.is_package.append(path.rsplit("/", 1)[-1] == "__init__.py")
            for name in names:
                self._by_name.setdefault(name, []).append(index)
                parts = name.split(".")
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
        return name in self._by_name or name in self._prefixes

    def absolute(self, file: int, module: str, level: int) -> Iterable[str]:
        """The absolute dotted names of a (relative) import in ``file``."""
        return tuple(name if file in self._copied else self.original(name) for name in self._named(file, module, level))

    def _named(self, file: int, module: str, level: int) -> Iterable[str]:
        if level == 0:
            return (module,)
        result = []
        for name in self.names[file]:
            parts = name.split(".")
            up = level - 1 if self.is_package[file] else level
            if up > len(parts):
                continue
            base = parts[: len(parts) - up]
            result.append(".".join([*base, module] if module else base))
        return tuple(r for r in result if r)
