"""What stands under ``rules/``? Every rule and every library model, validated, read once in a process.

In a wheel the data lies inside the package (``sst_lint/rules``), in a checkout beside it (``rules``); both are found.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sst_lint.catalogue.rule import Rule, order_rules, parse_rule
from sst_lint.catalogue.schema import CatalogueError, build, nearest

if TYPE_CHECKING:  # a run that the store answers needs rules, and no model
    from sst_lint.catalogue.model import Library, Model


def rules_directory() -> Path:
    """Return the directory of ``checks`` and ``models``; raise ``CatalogueError`` if the installation lacks it."""
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "rules", package.parent / "rules"):
        if (candidate / "models").is_dir():
            return candidate
    raise CatalogueError("the rules directory is missing from this installation; install sst-lint again")


@cache
def load_models() -> tuple[Library, ...]:
    """Return the built-in library models, by file name; raise ``CatalogueError`` when one is wrong."""
    return read_models(rules_directory() / "models")


def read_models(directory: Path) -> tuple[Library, ...]:
    """Return the libraries described by the TOML files of ``directory``, by file name; no name is modelled twice."""
    libraries = tuple(
        parse_library(read_toml(path), f"{directory.name}/{path.name}") for path in sorted(directory.glob("*.toml"))
    )
    owners: dict[str, str] = {}
    for library in libraries:
        for entry in _named_entries(library):
            other = owners.setdefault(entry, library.name)
            if other != library.name:
                raise CatalogueError(f"library `{library.name}`: {entry} is modelled by `{other}` too")
    return libraries


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return the built-in rules, by code; raise ``CatalogueError`` when one is wrong."""
    return read_rules(rules_directory() / "checks")


def read_rules(directory: Path) -> tuple[Rule, ...]:
    """Return the rules described by the TOML files of ``directory``, by code."""
    located = [(path, f"{directory.name}/{path.name}") for path in sorted(directory.glob("*.toml"))]
    return order_rules((parse_rule(read_toml(path), where), where) for path, where in located)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file; raise ``CatalogueError`` with its name when it cannot be read or parsed."""
    import tomli  # late: only runs that load the catalogue pay for it

    where = f"{path.parent.name}/{path.name}"
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{where}: cannot be read: {error}") from error
    except tomli.TOMLDecodeError as error:
        raise CatalogueError(f"{where}: not TOML: {error}") from error


_HEAD_KEYS = ("library", "modules", "summary", "aliases")
_LIBRARY_KEYS = (*_HEAD_KEYS, "call", "type", "value")


def parse_library(table: Mapping[str, Any], where: str) -> Library:
    """Return one library from a TOML table of the form of ``rules/models/*.toml``.

    Also for models that a user writes in the configuration. ``where`` is the file that messages name.
    Raises ``CatalogueError`` for an unknown key, a wrong type or word, a duplicate name, or an unknown port.
    """
    from sst_lint.catalogue.model import Library, TypeModel, ValueModel

    for key in table:
        if key not in _LIBRARY_KEYS:
            raise CatalogueError(f"{where}: unknown key `{key}`{nearest(str(key), _LIBRARY_KEYS)}")
    calls = tuple(_call(entry, here) for entry, here in _entries(table, "call", where))
    types = tuple(build(TypeModel, entry, here) for entry, here in _entries(table, "type", where))
    values = tuple(build(ValueModel, entry, here) for entry, here in _entries(table, "value", where))
    if "library" not in table:
        raise CatalogueError(f"{where}: missing key `library`")
    head = {"name" if key == "library" else key: table[key] for key in _HEAD_KEYS if key in table}
    library = dataclasses.replace(build(Library, head, where), calls=calls, types=types, values=values)
    seen: set[str] = set()
    for named in _named_entries(library):
        if named in seen:
            raise CatalogueError(f"{where}: {named} stands there twice")
        seen.add(named)
    return library


def _named_entries(library: Library) -> list[str]:
    return [
        *(f"call `{call.name}`" for call in library.calls),
        *(f"type `{each.name}`" for each in library.types),
        *(f"value `{value.name}`" for value in library.values),
    ]


def _entries(table: Mapping[str, Any], kind: str, where: str) -> list[tuple[dict[str, Any], str]]:
    """List (entry with the library's name in it, words that locate it) for the array of tables ``[[kind]]``."""
    entries = table.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise CatalogueError(f"{where}: `{kind}` must be an array of tables: write [[{kind}]]")
    located: list[tuple[dict[str, Any], str]] = []
    for number, entry in enumerate(entries, start=1):
        name = entry.get("name")
        here = f"{where}: {kind} `{name}`" if isinstance(name, str) else f"{where}: {kind} {number}"
        if "library" in entry:
            raise CatalogueError(f"{here}: unknown key `library`: it stands once, at the top of the file")
        located.append(({**entry, "library": table.get("library", "")}, here))
    return located


def _call(entry: dict[str, Any], where: str) -> Model:
    from sst_lint.catalogue.model import Model

    model = build(Model, entry, where)
    _check_ports(model, where)
    for key in ("unknown_receiver", "unknown_with"):
        if getattr(model, key) and not model.method:
            raise CatalogueError(f"{where}: `{key}` is for methods: add `method = true`")
    return model


def _check_ports(model: Model, where: str) -> None:
    """Raise when an effect names a port that the call does not have."""
    arguments = (*model.params, *model.keywords)

    ports = (*arguments, "return", "*", "**", *(("self",) if model.method else ()))
    for what, port in _named_ports(model):
        called = port.endswith("()") and port[:-2] in arguments
        if port and port not in ports and not called and port.partition(".")[0] not in ports:
            hint = nearest(port, ports)
            if port == "self":
                hint = "; add `method = true` for a method"
            raise CatalogueError(f"{where}: {what} names `{port}`, which is none of {_listed(ports)}{hint}")


def _named_ports(model: Model) -> list[tuple[str, str]]:
    """List (what names it, port) for every port that an entry mentions."""
    named: list[tuple[str, str]] = []
    for flow in model.flows:
        named += [("`flows`", flow.from_), ("`flows`", flow.to)]
    named += [("`sources`", port) for source in model.sources for port in (source.port, source.query)]
    if model.opens:
        named += [("`opens`", model.opens.path), ("`opens`", model.opens.mode)]
    if model.writes:
        named += [("`writes`", model.writes.path), ("`writes`", model.writes.data)]
    if model.moves:
        named += [("`moves`", model.moves.src), ("`moves`", model.moves.dst)]
    named += [(f"`{name}`", getattr(model, name)) for name in _PORT_FIELDS]
    named += [("`unknown_with`", port) for port in model.unknown_with]
    named += [("`shows`", port) for port in model.shows]
    named += [("`builds`", port) for port in model.builds]
    named += [("`arguments`", port) for port in model.arguments]
    for function, elements in model.callback:
        named += [("`callback`", function), ("`callback`", elements)]
    return named


_PORT_FIELDS = (
    "digest",
    "choice",
    "draws",
    "sorts",
    "shuffles",
    "removes",
    "reads",
    "packs",
    "makes_directory",
    "sets_mode",
    "tests_existence",
    "lock",
    "groups",
    "seed",
)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)
