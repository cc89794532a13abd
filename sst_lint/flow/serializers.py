"""Which serializations accept what they cannot represent? Fallbacks that turn anything into text, NaN let through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sst_lint.facts.ops import VALUE, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.permanence import Leak, Permanence, Where
from sst_lint.flow.reach import Search
from sst_lint.flow.sites import Site
from sst_lint.flow.volatile import Sources
from sst_lint.flow.world import Function

_TEXTS = frozenset({"builtins.str", "builtins.repr", "builtins.ascii"})
_PERMANENT: frozenset[tuple[Where, int]] = frozenset({("digest", 0), ("content", 0), ("content", 1)})
_STEPS = 200


@dataclass(frozen=True)
class Lossy:
    """A serialization that hides what it cannot represent. ``place``: where the fallback is chosen."""

    site: Site
    place: int
    fallback: str  #: as written: str, repr, a function; "" for NaN
    leak: Leak
    source: tuple[tuple[int, int], ...] = ()  #: NaN: the way from where it is made to the serialization


class Serializers:
    """Judges the serializations of a linked program."""

    def __init__(self, linked: Mutations, permanence: Permanence, sources: Sources) -> None:
        self._linked = linked
        self._permanence = permanence
        self._sources = sources

    @cached_property
    def _kept(self) -> dict[int, Leak]:
        """Serializations (by call) whose text becomes permanent."""
        rendered = {self._rendered(site): site.call for site in self._linked.sites if site.model.default_param}
        rendered.pop(-1, None)
        found = self._permanence.find(dict.fromkeys(rendered, _PERMANENT))
        return {rendered[node]: leak for node, leak in found.items()}

    def _rendered(self, site: Site) -> int:
        content = self._linked.contents.get((site.call, ""))
        if content is not None:
            return content
        return site.ports["return"] if site.model.returns else -1

    @cached_property
    def lossy(self) -> tuple[Lossy, ...]:
        """Fallbacks that never fail, where the result is kept."""
        found: dict[int, Lossy] = {}
        for site in self._linked.sites:
            leak = self._kept.get(site.call) if site.model.default_param else None
            if leak is None:
                continue
            for place, fallback in self._fallbacks(site):
                found.setdefault(place, Lossy(site, place, fallback, leak))
        return tuple(found[place] for place in sorted(found))

    def _fallbacks(self, site: Site) -> Iterator[tuple[int, str]]:
        """(place, fallback) that a serialization is given, also through ``**options``."""
        place = site.ports["return"]
        port = site.ports.get(site.model.default_param, -1)
        if port >= 0:
            fallback = self._as_text(port)
            if fallback:
                yield place, fallback
        encoder = site.ports.get("cls", -1)
        for value in self._linked.values(encoder) if encoder >= 0 else ():
            if value[0] == "c":
                for method in self._linked.find_method(value[1], "default"):
                    if self._always_text(method):
                        yield place, f"{self._linked.world.classes[value[1]].name}.default"
        for slot, node in self._linked.argument_nodes(site.call):
            if slot == "**":
                yield from self._passed_on(node, site.model.default_param)

    def _passed_on(self, node: int, parameter: str) -> Iterator[tuple[int, str]]:
        """What is stored under the parameter's name in the keywords that are passed on, and by which call."""
        graph, world = self._permanence.graph, self._linked.world
        seen, queue = {node}, [node]
        while queue and len(seen) < _STEPS:
            for number in graph.incoming.get(queue.pop(0), ()):
                source, label = graph.source[number], graph.label[number]
                if graph.op[number] == Op.STORE and graph.key[number] == "'" + parameter:
                    fallback = self._as_text(source)
                    if fallback and 0 < label <= len(world.calls):
                        yield self._linked.result_of(label - 1), fallback
                    elif fallback:
                        yield source, fallback
                elif graph.op[number] in (Op.SAME, Op.MERGE, Op.MAP) and source not in seen:
                    seen.add(source)
                    queue.append(source)

    def _as_text(self, node: int) -> str:
        """The name of the function that turns anything into text, or ""."""
        for value in self._linked.values(node):
            if value[0] == "x" and value[1] in _TEXTS:
                return str(value[1]).removeprefix("builtins.")
            if value[0] in ("f", "b") and self._always_text(self._linked.world.functions[value[1]]):
                return self._linked.world.functions[value[1]].record.name
        return ""

    def _always_text(self, function: Function) -> bool:
        """Whether a function returns the text of whatever it is given, unless something before knew better."""
        graph, world = self._permanence.graph, self._linked.world
        params = set(function.params)
        returned = [graph.source[n] for n in graph.incoming.get(function.returns, ())]
        for node in returned:
            record = world.nodes[node]
            if record.kind == Kind.TEXT and len(returned) == 1 and record.name == "\x00":
                if any(graph.source[n] in params for n in graph.incoming.get(node, ())):
                    return True
            if record.kind != Kind.CALL or self._guarded(node):
                continue
            call = world.call_of(node)
            if not _TEXTS & set(self._linked.externals.get(call, ())):
                continue
            alone = len(returned) == 1 or function.record.kind != "lambda"
            if alone and any(argument in params for _, argument in self._linked.argument_nodes(call)):
                return True
        return False

    def _guarded(self, node: int) -> bool:
        """Whether a value is made under a condition."""
        world = self._linked.world
        unit = world.node_unit[node]
        regions = world.units[unit][2].regions
        region = world.nodes[node].region
        while region >= 0:
            if regions[region].kind == "if":
                return True
            region = regions[region].parent
        return False

    @cached_property
    def not_numbers(self) -> tuple[Lossy, ...]:
        """Serializations that are kept, let NaN through, and are given one."""
        sites: dict[int, Site] = {}
        for site in self._linked.sites:
            model = site.model
            if not model.nan_param or site.call not in self._kept or "**" in site.given or "cls" in site.given:
                continue
            payload = site.ports.get(model.params[0], -1) if model.params else -1
            if payload >= 0 and site.constants.get(model.nan_param) is not False:
                sites.setdefault(payload, site)
        made = [source.node for source in self._sources.not_numbers()]
        if not sites or not made:
            return ()
        graph = self._permanence.graph
        search = Search(graph, graph.forward_mask((node, VALUE) for node in made))
        search.start((node, VALUE, "") for node in sites)
        search.run()
        found: dict[int, Lossy] = {}
        for node in made:
            hit = search.found(node, VALUE)
            path = tuple((s[0], e) for s, e in search.path(*hit)) if hit is not None else ()
            target = sites.get(path[-1][0]) if path else None
            if target is not None:
                place = target.ports["return"]
                found.setdefault(place, Lossy(target, place, "", self._kept[target.call], path))
        return tuple(found[place] for place in sorted(found))


__all__ = ["Lossy", "Serializers"]
