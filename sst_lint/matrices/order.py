"""Which rows has the order matrix? Each listing, each unordered iteration, each choice, with where its order goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from sst_lint.facts.ops import KEYS_ANY, ORDER, ORDERS_ANY, SET, SETS
from sst_lint.facts.records import Loop
from sst_lint.matrices.rows import Draft, Layout, some
from sst_lint.matrices.verdicts import Verdicts

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.calls import Site
    from sst_lint.flow.location import Location
    from sst_lint.flow.order import Picked, Reach

LAYOUT = Layout(
    name="order",
    title="Order",
    intro="Every listing and every iteration over something without order of its own",
    columns=("what", "by", "fate", "reaches", "through", "ends"),
    shown=(
        ("what", ("what", "by")),
        ("reaches", ("reaches", "through")),
        ("what makes it harmless", ("ends",)),
    ),
    kind="what",
    told="reaches",
    counted=("what", "fate"),
    empty="nothing lists a directory or runs over a set or mapping",
)

_WHAT = {"listing": "listing", "completion": "completion order", "set": "set", "dict": "mapping",
         "clocked": "order by a clock", "tied": "sort that can tie"}  # fmt: skip
#: What a call does with something unordered so that its order shows, or stops mattering.
_SHOWING = frozenset({"copy", "sort", "text", "serialize", "serialize-sorted", "extend", "view"})
_PICKS = {"index": "by position", "slice": "by position", "unpack": "by position", "return": "first match",
          "assign": "kept from a loop", "call": "first element"}  # fmt: skip
_LOOPS = {"for": "loop", "comprehension": "comprehension", "generator": "generator", "while": "loop"}
_APART = "nothing shows its order or keeps it: each element is used by itself"
#: What a matrix calls the ends of ``flow.fates``.
_FATES = {"sorted": "sorted", "canonical": "keys sorted", "set": "becomes a set", "reduced": "reduced",
          "quiet": "quiet file", "loop": "not kept", "apart": "apart", "value": "not kept", "unknown": "unknown call",
          "leaves": "returned"}  # fmt: skip
_ONE = "only one element can be there, as a test before says"
_ANOTHER = "a choice: another run may pick another"
_PICKED = "judged where it is picked"
_TOLD = "told at another place of the way"
_DOUBTED = "no choice that counts: a test, a part of a text, every element in the end, or a way too long to believe"
_OF_TEXTS = ("builtins.str.", "builtins.bytes.")
#: Functions on the way that are named.
_NAMED = 4


def drafts(project: Project, verdicts: Verdicts) -> Iterator[Draft]:
    """Yield a row for each place; where several things stand at one place, for the first of them."""
    view = _View(project)
    seen: set[tuple[str, int, int]] = set()
    for where, make in view.places():
        place = (where.path, where.line, where.column)
        if place not in seen:
            seen.add(place)
            cells = make()
            if cells["fate"] == "chosen" and make.picked is not None and not verdicts.is_found(where):
                cells |= {"fate": "not kept", "reaches": "", "ends": _DOUBTED}
            told = _PICKED if cells["fate"] == "chosen" else _TOLD
            yield Draft(where, cells, verdicts.take(where, told if cells["reaches"] else cells["ends"]))


class _View:
    """The answers of a project on order, as cells."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._linked = project.linked
        self._world = project.world

    @cached_property
    def _mask(self) -> dict[int, int]:
        """The order that may arrive at each node, calls not matched."""
        rows = sorted(self._linked.sources.items())
        return self._project.graph.forward_mask((node, bits) for node, found in rows for bits, _, _ in found)

    @cached_property
    def _ways(self) -> dict[int, list[Reach]]:
        """Each place where order shows, its source, and the nodes between -> the ways, those that begin there first."""
        found: dict[int, list[Reach]] = {}
        reaches = list(self._project.reaches())
        for reach in reaches:
            for node in dict.fromkeys((reach.place, reach.source)):
                found.setdefault(node, []).append(reach)
        begun = set(found)
        for reach in reaches:
            for node in dict.fromkeys(node for node, _ in reach.path):
                if node not in begun:
                    found.setdefault(node, []).append(reach)
        return found

    @cached_property
    def _chosen(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """What one element is picked of -> the way to there."""
        found: dict[int, tuple[tuple[int, int], ...]] = {}
        for picked in self._project.picked:
            if picked.choice is None or not picked.choice.guarded:
                for node, _ in picked.path:
                    found.setdefault(node, picked.path)
        return found

    # places

    def places(self) -> Iterator[tuple[Location, _Make]]:
        """Every place with what makes its cells, those that say most first."""
        yield from self._of_sources()
        yield from self._of_sorts()
        yield from self._of_calls()
        for unit, (_, _, facts) in enumerate(self._world.units):
            for loop in facts.loops:
                if loop.source >= 0:
                    yield from self._of_loop(unit, loop)
        yield from self._of_choices()
        yield from self._of_ways()

    def _of_sources(self) -> Iterator[tuple[Location, _Make]]:
        """Listings, and results in the order in which they are completed."""
        for node, rows in sorted(self._linked.sources.items()):
            for _, kind, call in rows:
                if kind in ("listing", "completion") and call >= 0:
                    where = self._project.trace.location(self._linked.result_of(call))
                    yield where, _Make(self, node, _WHAT[kind], self._called(call), ORDERS_ANY)

    def _of_sorts(self) -> Iterator[tuple[Location, _Make]]:
        """Sorts and selections by a clock, or by what can tie."""
        for site in self._project.sites():
            node = site.ports.get("return", -1)
            row = self._project.sorted_by(node) if node >= 0 else None
            if row is not None:
                what = _WHAT["tied" if row.row.key == "ties" else "clocked"]
                yield self._at_call(site), _Make(self, node, what, _name(site), ORDERS_ANY)

    def _of_calls(self) -> Iterator[tuple[Location, _Make]]:
        """Calls that read a mapping, or make something in the order of a set: ``d.items()``, ``list(s)``."""
        for site in self._project.sites():
            result = site.ports.get("return", -1)
            for flow in site.model.flows:
                if flow.how not in _SHOWING or flow.to != "return" or result < 0:
                    continue
                if flow.from_ == "self" and site.model.name.startswith(_OF_TEXTS):
                    continue  # what is called on a text is called on no set
                port = site.ports.get(flow.from_, -1)
                if flow.how == "view":
                    yield self._at_call(site), _Make(self, result, "mapping", _name(site), ORDERS_ANY | KEYS_ANY)
                elif port >= 0 and self._mask.get(port, 0) & SET:
                    # what becomes of the set here: if its order shows, its way begins at the result
                    start = result if result in self._ways else port
                    yield self._at_call(site), _Make(self, start, "set", _name(site), SETS | ORDERS_ANY)

    def _of_loop(self, unit: int, loop: Loop) -> Iterator[tuple[Location, _Make]]:
        base = self._world.node_base[unit]
        node, source = base + loop.node, base + loop.source
        bits = self._mask.get(source, 0)
        mapping = self._linked.is_mapping(source)
        if not mapping and not bits & (ORDER | SET):
            return
        what = "mapping" if mapping else "set" if bits & SET else "unordered"
        where = self._project.trace.location(node)
        start = source if node not in self._ways and source in self._ways else node
        yield where, _Make(self, start, what, _LOOPS.get(loop.kind, loop.kind), ORDERS_ANY)

    def _of_choices(self) -> Iterator[tuple[Location, _Make]]:
        trace = self._project.trace
        for picked in self._project.picked:
            choice = picked.choice
            if choice is not None:
                where = trace.span(picked.unit, choice.line, choice.column, choice.end_line, choice.end_column)
                by = _PICKS[choice.kind]
            else:
                where, by = trace.location(self._linked.result_of(picked.call)), self._called(picked.call)
            yield where, _Make(self, picked.node, "choice", by, ORDERS_ANY, picked)

    def _of_ways(self) -> Iterator[tuple[Location, _Make]]:
        """Whatever else shows order on its way: ``f"{s}"``, ``*s``, a mapping that is handed to somebody."""
        for reach in self._project.reaches():
            if reach.place not in self._project.serialized:
                where = self._project.trace.location(reach.place)
                yield where, _Make(self, reach.place, _WHAT.get(reach.kind, reach.kind), "shown", ORDERS_ANY)

    def _at_call(self, site: Site) -> Location:
        return self._project.trace.location(self._linked.result_of(site.call))

    def _called(self, call: int) -> str:
        return self._project.answers.fates.called(self._linked.result_of(call))

    # cells

    def cells(self, make: _Make) -> dict[str, str]:
        """What is known of the order of one place."""
        ways = sorted(self._ways.get(make.node, ()), key=lambda reach: reach.sink.rank)
        found = {"what": make.what, "by": make.by, "fate": "", "reaches": "", "through": "", "ends": ""}
        if make.picked is not None:
            guarded = make.picked.choice is not None and make.picked.choice.guarded
            told = {"fate": "one at most", "ends": _ONE} if guarded else {"fate": "chosen", "reaches": _ANOTHER}
            return found | told | {"through": self._through(make.picked.path)}
        if ways:
            through = self._through(ways[0].path)
            fate = ("reaches", "may reach", "hardly reaches", "leaves the program")[ways[0].sink.rank]
            return found | {"fate": fate, "reaches": some(map(_reached, ways), 2), "through": through}
        if make.node in self._chosen:
            through = self._through(self._chosen[make.node])
            return found | {"fate": "chosen", "reaches": "one of them is picked", "through": through}
        fate, ends = self._ends(make.node, make.bits)
        return found | {"fate": fate, "ends": ends}

    def _ends(self, node: int, bits: int) -> tuple[str, str]:
        """Why the order of something reaches nothing: that it is sorted says most.

        It is told by what happens, not by a line: that would change with every edit.
        """
        ends = self._project.answers.fates.of(node, bits)
        if not ends:
            return "not kept", _APART
        best = [end for end in ends if end.sort == ends[0].sort]
        return _FATES.get(best[0].sort, best[0].sort), some((self._ended(end.node, end.words, node) for end in best), 2)

    def _ended(self, node: int, words: str, start: int) -> str:
        there, here = self._project.trace.location(node), self._project.trace.location(start)
        if (there.path, there.function) == (here.path, here.function) or (there.function and there.function in words):
            return words
        return f"{words} (in {there.function or there.path})"

    def _through(self, path: Iterable[tuple[int, int]]) -> str:
        """The functions on a way, as far as they tell something."""
        names: list[str] = []
        for node, _ in path:
            where = self._project.trace.location(node)
            name = where.function or where.path
            if self._world.nodes[node].line > 0 and (not names or names[-1] != name):
                names.append(name)
        if len(names) < 2:
            return ""
        if len(names) > _NAMED:
            names = [*names[: _NAMED - 1], "...", names[-1]]
        return " → ".join(names)


class _Make:
    """A place whose cells are made when it turns out to be the first at its position."""

    def __init__(self, view: _View, node: int, what: str, by: str, bits: int, picked: Picked | None = None) -> None:
        self._view = view
        self.node, self.what, self.by, self.bits, self.picked = node, what, by, bits, picked

    def __call__(self) -> dict[str, str]:
        return self._view.cells(self)


def _reached(reach: Reach) -> str:
    if not reach.sink.what:
        return "leaves the program"
    return f"{'may reach' if reach.sink.rank == 1 else 'reaches'} {reach.sink.what}"


def _name(site: Site) -> str:
    return site.model.name.removeprefix("builtins.")
