"""Where are values made that differ from run to run, or from machine to machine? Clocks, random numbers, the process,
the machine, dates without a zone; and what makes them harmless: seeds, ``SOURCE_DATE_EPOCH``, ``__hash__``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sst_lint.catalogue.model import SourceEffect
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.codes import places
from sst_lint.flow.graph import Graph
from sst_lint.flow.habits import EPOCH
from sst_lint.flow.models import VALUE_KINDS
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.reseeded import seeded_later
from sst_lint.flow.sites import Site
from sst_lint.flow.writes import Write, Writes

#: ``hash`` and ``id`` are made for these.
_IDENTITY_METHODS = frozenset({"__hash__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})
_NOT_A_NUMBER = frozenset({"nan", "inf", "infinity", "-nan", "-inf", "-infinity", "+inf", "+nan"})
_SCALAR = frozenset({"builtins.float", "builtins.int", "builtins.str", "builtins.bytes", "uuid.UUID"})
#: Values of these types have one text and one hash.
_PLAIN = frozenset({"builtins.int", "builtins.bool", "builtins.float"})


@dataclass(frozen=True)
class Source:
    """A place where an unreliable value is made. ``kind`` as in ``SourceEffect``, repr (default text), file-time."""

    node: int
    kind: str
    api: str  #: what is called or read, as people name it
    call: int = -1
    site: Site | None = None

    @property
    def place(self) -> int:
        """The node whose position people look at: the call, also when it changes its argument (``shuffle``)."""
        return self.site.ports["return"] if self.site is not None else self.node

    @property
    def secret(self) -> bool:
        """Whether nobody is meant to guess it: what is digested together with it is a token."""
        return self.site is not None and any(effect.secret for effect in self.site.model.sources)

    @property
    def drawn(self) -> bool:
        """Whether something was drawn at random (a sample, a shuffle, an array): that spoils more than one field."""
        if self.kind != "random" or self.site is None:
            return False
        model = self.site.model
        return bool(model.choice or model.shuffles) or model.returns not in _SCALAR


class Sources:
    """Finds the sources of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, writes: Writes) -> None:
        self._linked = linked
        self._graph = graph
        self._writes = writes
        world = linked.world
        self._reproducible = {
            (world.node_unit[n], world.nodes[n].scope) for n in world.of_kind(Kind.TEXT) if world.nodes[n].name == EPOCH
        }
        self._seeded = tuple(
            site.model.seeds
            for site in linked.sites
            if site.model.seeds
            and site.model.seed in site.given
            and site.constants.get(site.model.seed, 0) is not None
            and not writes.is_test(world.path_of_unit(world.call_unit[site.call]))
        )
        self._seeded_later = {node for _, node in seeded_later(linked, graph)}

    def values(self) -> list[Source]:
        """Sources of clock, random, process and machine values, by node."""
        found: dict[tuple[int, str], Source] = {}
        for source in (*self._calls(), *self._attributes(), *self._environment(), *self._default_texts()):
            found.setdefault((source.node, source.kind), source)
        return [found[key] for key in sorted(found)]

    def naive_dates(self) -> list[Source]:
        """Calls that make dates without a time zone."""
        found = []
        for site in self._linked.sites:
            zone = site.model.zone_param
            if site.model.naive and (zone not in site.given or site.constants.get(zone, 0) is None):
                if "**" not in site.given and self._is_named(site):
                    found.append(Source(site.ports["return"], "naive", _api(site.model.name), site.call, site))
        return found

    def not_numbers(self) -> list[Source]:
        """NaN and infinity, as they are written down."""
        linked, world = self._linked, self._linked.world
        found = list(self._attributes(("nan",)))
        for site in linked.sites:
            text = site.constants.get("x") if site.model.name == "builtins.float" else None
            if isinstance(text, str) and text.strip().lower() in _NOT_A_NUMBER:
                found.append(Source(site.ports["return"], "nan", f'float("{text}")', site.call, site))
        return [s for s in found if not self._writes.is_test(world.path_of_unit(world.node_unit[s.node]))]

    # where values are made

    def _calls(self) -> Iterator[Source]:
        for node, rows in self._linked.sources.items():
            for _, kind, call in rows:
                if kind not in VALUE_KINDS or call < 0:
                    continue
                if self._linked.result_of(call) != node and kind == "clock":
                    continue  # the date in the header of an archive: see `headers`
                site = next(
                    (s for s in self._linked.sites_of.get(call, ()) if any(e.kind == kind for e in s.model.sources)),
                    None,
                )
                if site is not None and self._is_named(site) and not self._harmless(node, kind, site):
                    of_file = any(e.file for e in site.model.sources)
                    yield Source(node, "file-time" if of_file else kind, _api(site.model.name), call, site)

    def _is_named(self, site: Site) -> bool:
        """Whether the call names what it calls. ``func(*args)`` may call anything that anybody ever handed over."""
        world = self._linked.world
        callee = world.node_base[world.call_unit[site.call]] + world.calls[site.call].callee
        record = world.nodes[callee]
        if record.kind == Kind.ATTR:
            base = world.node_base[world.node_unit[callee]] + record.base
            of_module = any(v[0] == "x" for v in self._linked.values(base))
            return of_module or record.name == site.model.name.rpartition(".")[2]
        if record.kind not in (Kind.NAME, Kind.IMPORT, Kind.BOUND, Kind.CELL):
            return False
        return record.name == site.model.name.rpartition(".")[2] or len(self._linked.values(callee)) == 1

    def _harmless(self, node: int, kind: str, site: Site) -> bool:
        world = self._linked.world
        unit = world.node_unit[node]
        if kind == "clock":
            return (unit, world.nodes[node].scope) in self._reproducible or site.model.opens is not None
        if kind == "random":
            name = site.model.name
            last = name.rpartition(".")[2]
            if node in self._seeded_later:
                return True
            return not site.model.seed and not last[:1].isupper() and name.startswith(self._seeded or ("\x00",))
        if kind in ("hash", "identity"):
            if world.units[unit][1].qualname.rpartition(".")[2] in _IDENTITY_METHODS:
                return True
            argument = site.ports.get("obj", -1)
            return kind == "hash" and argument >= 0 and self._plain(argument)
        return False

    def _plain(self, node: int) -> bool:
        held = self._linked.values(node)
        return bool(held) and all(v[0] == "t" and v[1] in _PLAIN for v in held)

    def _attributes(self, kinds: tuple[str, ...] = ("clock", "machine", "place", "platform")) -> Iterator[Source]:
        """``sys.executable``, ``os.stat(p).st_mtime``: attributes that a model speaks of."""
        library, world = self._linked.library, self._linked.world
        for node in world.of_kind(Kind.ATTR, Kind.NAME, Kind.IMPORT):
            for value in self._linked.values(node):
                if value[0] != "x":
                    continue
                model = library.values.get(library.canonical(str(value[1])))
                if model is not None and model.source in kinds:
                    if (world.node_unit[node], world.nodes[node].scope) not in self._reproducible:
                        yield Source(node, "file-time" if model.file else model.source, _api(model.name))

    def _environment(self) -> Iterator[Source]:
        """``os.environ["HOME"]``: read by subscript, modelled as a method."""
        library, world = self._linked.library, self._linked.world
        for node in world.of_kind(Kind.ITEM):
            record = world.nodes[node]
            if not record.name.startswith("'") or record.base < 0:
                continue
            base = world.node_base[world.node_unit[node]] + record.base
            for value in self._linked.values(base):
                model = library.model(f"{value[1]}.__getitem__") if value[0] == "x" else None
                if model is None or not model.params:
                    continue
                for effect in model.sources:
                    if (model.params[0], record.name[1:]) in effect.when:
                        yield Source(node, effect.kind, f'{_api(model.name.rpartition(".")[0])}["{record.name[1:]}"]')

    def _default_texts(self) -> Iterator[Source]:
        """``str(x)`` where the class of ``x`` does not say how it is printed: the text holds its address."""
        linked, graph = self._linked, self._graph
        for number in places(linked.edges.op, Op.TEXT):
            if graph.op[number] != Op.ONLY_VALUE or linked.edges.label[number] != 0:
                continue
            held = [v for v in linked.values(graph.source[number]) if v[0] == "i"]
            if held and not any(
                linked.find_method(v[1], m) for v in held for m in ("__str__", "__repr__", "__format__")
            ):
                yield Source(graph.target[number], "repr", "the default text of an object")

    # archives

    def headers(self) -> Iterator[tuple[Source, list[Write]]]:
        """(source, writes) of calls that put the clock, or a file's date, into the header of an archive or drawing."""
        linked = self._linked
        for site in linked.sites:
            for effect in site.model.sources if self._is_named(site) else ():
                if (
                    effect.kind != "clock"
                    or not (effect.header or "inner" in effect.depth)
                    or not linked.holds(site, effect.when, effect.unless)
                    or self._is_told_the_date(site)
                ):
                    continue
                first = site.ports.get(site.model.params[0], -1) if site.model.params else -1
                if first >= 0 and linked.has_type(first, "zipfile.ZipInfo", "tarfile.TarInfo"):
                    continue
                handle = site.ports.get(effect.port, -1)
                if handle >= 0:
                    source = Source(site.ports["return"], "clock", _api(site.model.name), site.call, site)
                    yield source, self._dated(site, handle, effect)

    def _is_told_the_date(self, site: Site) -> bool:
        """Whether the function or the statements of its module speak of the date for builds, or the receiver is no
        archive but an opened member of one."""
        world, linked = self._linked.world, self._linked
        result = site.ports["return"]
        if (world.node_unit[result], world.nodes[result].scope) in self._reproducible:
            return True
        file = linked.file_of(result)
        if any(world.units[u][0] == file and world.units[u][1].kind == "module" for u, _ in self._reproducible):
            return True
        return site.model.method and linked.has_type(site.ports.get("self", -1), "typing.IO")

    def _dated(self, site: Site, handle: int, effect: SourceEffect) -> list[Write]:
        """The writes that get the date: of the file that the call writes, else of the opened one that it adds to."""
        if not effect.header:
            return self._writes.handle_writes(handle)
        whole = self._writes.by_call.get(site.call)
        if whole is None:
            return []
        named = [text.lower() for text in whole.evidence.texts[:2]]
        return [whole] if not effect.suffixes or any(text.endswith(effect.suffixes) for text in named) else []


def _api(name: str) -> str:
    """A qualified name as it is mostly written."""
    name = name.removeprefix("builtins.")
    head, _, last = name.rpartition(".")
    return f"{head.rpartition('.')[2]}.{last}" if head else last


__all__ = ["Source", "Sources"]
