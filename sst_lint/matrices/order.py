"""Which rows has the order matrix? Each listing, each unordered iteration, each choice, with where its order goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from sst_lint.facts.ops import KEYS_ANY, ORDER, ORDERS_ANY, SET, SETS
from sst_lint.facts.records import Loop
from sst_lint.flow.words import OF_WORDS
from sst_lint.matrices.rows import Draft, Layout, some
from sst_lint.matrices.verdicts import Verdicts

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.graph import Mask
    from sst_lint.flow.location import Location
    from sst_lint.flow.order import Reach
    from sst_lint.flow.picks import Picked
    from sst_lint.flow.sites import Site

LAYOUT = Layout(
    name="order",
    title="Order",
    intro="Every listing and every iteration over something without order of its own",
    columns=("what", "by", "origin", "fate", "reaches", "through", "ends"),
    shown=(
        ("what", ("what", "by", "origin")),
        ("reaches", ("reaches", "through")),
        ("what makes it harmless", ("ends",)),
    ),
    kind="what",
    counted=("what", "fate"),
    empty="nothing lists a directory or runs over a set or mapping",
)

_WHAT = {"listing": "listing", "rows": "rows of a query", "completion": "completion order", "set": "set",
         "dict": "mapping", "clocked": "order by a clock", "tied": "sort that can tie"}  # fmt: skip
_FROM = {kind: f"from {OF_WORDS[kind]}" for kind in _WHAT}
#: What a call does with something unordered so that its order shows, or stops mattering.
_SHOWING = frozenset({"copy", "sort", "text", "serialize", "serialize-sorted", "extend", "view", "keys"})
_PICKS = {"index": "by position", "slice": "by position", "unpack": "by position", "return": "first match",
          "assign": "kept from a loop", "call": "first element", "act": "first match"}  # fmt: skip
_LOOPS = {"for": "loop", "comprehension": "comprehension", "generator": "generator", "while": "loop"}
_APART = "nothing shows its order or keeps it: each element is used by itself"
#: What a matrix calls the ends of ``flow.fates``.
_FATES = {"sorted": "sorted", "canonical": "keys sorted", "set": "becomes a set", "reduced": "reduced",
          "quiet": "quiet file", "loop": "not kept", "apart": "apart", "value": "not kept", "unknown": "unknown call",
          "leaves": "returned"}  # fmt: skip
_ONE = "only one element can be there, as a test before says"
_ANOTHER = "a choice: another run may pick another"
_BY_CLOCK = "one is chosen by it"
#: The way is there, and no rule speaks of it.
_RENDERED = "told in the matrix of writes, where it is serialized"
_WEAK = "no rule asks for order on this way"
_DOUBTED = "no choice that counts: a test, a part of a text, every element in the end, or a way too long to believe"
_OF_TEXTS = ("builtins.str.", "builtins.bytes.")
#: Functions on the way that are named.
_NAMED = 4


def drafts(project: Project, verdicts: Verdicts) -> Iterator[Draft]:
    """Yield a row for each place; where several things stand at one place, for the first of them."""
    view = _View(project, verdicts)
    seen: set[tuple[str, int, int]] = set()
    for where, make in view.places():
        place = (where.path, where.line, where.column)
        if place not in seen:
            seen.add(place)
            cells, told = make()
            if verdicts.is_found(where) and not cells["reaches"]:
                cells |= {"fate": "chosen", "reaches": _BY_CLOCK, "ends": ""}
            yield Draft(where, cells, verdicts.take(where, told or cells["ends"]))


class _View:
    """The answers of a project on order, as cells."""

    def __init__(self, project: Project, verdicts: Verdicts) -> None:
        self._project = project
        self._verdicts = verdicts
        self._linked = project.linked
        self._world = project.world

    @cached_property
    def _mask(self) -> Mask:
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
    def _chosen(self) -> dict[int, Picked]:
        """What one element is picked of, as far as a rule speaks of it -> the choice."""
        found: dict[int, Picked] = {}
        for picked in self._project.picked:
            if self._verdicts.is_found(self._of_choice(picked)[0]):
                for node, _ in picked.path:
                    found.setdefault(node, picked)
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
        """Listings, rows of queries, and results in the order in which they are completed."""
        for node, rows in sorted(self._linked.sources.items()):
            for _, kind, call in rows:
                if kind in ("listing", "rows", "completion") and call >= 0:
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
                if flow.how in ("view", "keys"):
                    yield self._at_call(site), _Make(self, result, "mapping", _name(site), ORDERS_ANY | KEYS_ANY)
                elif port >= 0 and self._mask.get(port, 0) & SET:
                    origin = self._origin(port, result)
                    if origin is not None:
                        # what becomes of the set here: if its order shows, its way begins at the result
                        start = result if result in self._ways else port
                        yield self._at_call(site), _Make(self, start, "set", _name(site), SETS | ORDERS_ANY, origin[1])

    def _of_loop(self, unit: int, loop: Loop) -> Iterator[tuple[Location, _Make]]:
        base = self._world.node_base[unit]
        node, source = base + loop.node, base + loop.source
        bits = self._mask.get(source, 0)
        by = _LOOPS.get(loop.kind, loop.kind)
        where = self._project.trace.location(node)
        start = source if node not in self._ways and source in self._ways else node
        if self._linked.is_mapping(source):
            yield where, _Make(self, start, "mapping", by, ORDERS_ANY)
        elif bits & (ORDER | SET):
            origin = self._origin(source, node)
            if origin is not None:
                yield where, _Make(self, start, origin[0], by, ORDERS_ANY, origin[1])

    def _origin(self, node: int, *on_ways: int) -> tuple[str, str] | None:
        """What a value without order of its own is, and where that comes from; None if no way to it was found.

        ``on_ways``: what it becomes, which may be on a way that was found already.
        """
        known = [reach for each in (node, *on_ways) for reach in self._ways.get(each, ())]
        if known:
            kind, start = known[0].kind, known[0].source
        else:
            found = self._project.unordered_by(node)
            if found is None:
                return None
            kind, start = found[0], found[1][0][0]
        calls = [call for _, each, call in self._linked.sources.get(start, ()) if each == kind and call >= 0]
        name = self._called(calls[0]) if calls else ""
        if start == node and not name:
            return _WHAT[kind], ""
        there, here = self._project.trace.location(start), self._project.trace.location(node)
        place = there.function or there.path
        is_here = (there.path, there.function) == (here.path, here.function)
        made = f"`{name}`" if name else "made here" if is_here else "made"
        return _FROM[kind], made if is_here else f"{made} in {place}"

    def _of_choices(self) -> Iterator[tuple[Location, _Make]]:
        for picked in self._project.picked:
            where, by = self._of_choice(picked)
            guarded = picked.choice is not None and picked.choice.guarded
            if guarded or self._verdicts.is_found(where) or not self._through(picked.path):
                yield where, _Make(self, picked.node, "choice", by, ORDERS_ANY, picked=picked)

    def _of_choice(self, picked: Picked) -> tuple[Location, str]:
        """Where a choice stands, and by what it is made."""
        trace, choice = self._project.trace, picked.choice
        if choice is None:
            return trace.location(self._linked.result_of(picked.call)), self._called(picked.call)
        where = trace.span(picked.unit, choice.line, choice.column, choice.end_line, choice.end_column)
        return where, _PICKS[choice.kind]

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

    def cells(self, make: _Make) -> tuple[dict[str, str], str]:
        """What is known of the order of one place, and where it is judged if not here."""
        ways = sorted(self._ways.get(make.node, ()), key=lambda reach: reach.sink.rank)
        found = {"what": make.what, "by": make.by, "origin": make.origin, "fate": "", "reaches": "", "through": "",
                 "ends": ""}  # fmt: skip
        if make.picked is not None:
            return found | self._choice(make.picked), ""
        if ways:
            through = self._through(ways[0].path)
            fate = ("reaches", "may reach", "hardly reaches", "leaves the program")[ways[0].sink.rank]
            there = self._project.trace.location(ways[0].place)
            told = _RENDERED if ways[0].place in self._project.serialized else self._told(there, make.node)
            return found | {"fate": fate, "reaches": some(map(_reached, ways), 2), "through": through}, told
        if make.node in self._chosen:
            picked = self._chosen[make.node]
            through = self._through(picked.path)
            told = self._told(self._of_choice(picked)[0], make.node)
            return found | {"fate": "chosen", "reaches": "one of them is picked", "through": through}, told
        fate, ends = self._ends(make.node, make.bits)
        return found | {"fate": fate, "ends": ends}, ""

    def _choice(self, picked: Picked) -> dict[str, str]:
        if picked.choice is not None and picked.choice.guarded:
            return {"fate": "one at most", "ends": _ONE}
        if self._verdicts.is_found(self._of_choice(picked)[0]):
            return {"fate": "chosen", "reaches": _ANOTHER, "through": self._through(picked.path)}
        return {"fate": "not kept", "ends": _DOUBTED}

    def _told(self, where: Location, node: int) -> str:
        """Which row judges a way, if it is not the one of ``node``."""
        if not self._verdicts.is_found(where):
            return _WEAK
        here = self._project.trace.location(node)
        same = (where.path, where.function) == (here.path, here.function)
        return "told at another row of this function" if same else f"told in {where.function or where.path}"

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

    def __init__(
        self, view: _View, node: int, what: str, by: str, bits: int, origin: str = "", picked: Picked | None = None
    ) -> None:
        self._view = view
        self.node, self.what, self.by, self.bits, self.origin, self.picked = node, what, by, bits, origin, picked

    def __call__(self) -> tuple[dict[str, str], str]:
        return self._view.cells(self)


def _reached(reach: Reach) -> str:
    if not reach.sink.what:
        return "leaves the program"
    return f"{'may reach' if reach.sink.rank == 1 else 'reaches'} {reach.sink.what}"


def _name(site: Site) -> str:
    return site.model.name.removeprefix("builtins.")
