"""What does the project graph know of one line? Each site on it: what it is, what it reaches, or why it matters not.

These are answers for people, made on demand; checks ask ``Project``. Whether something is a finding is not decided
here: ``quiet`` says why nothing would be, if nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING

from sst_lint.facts.ops import KEYS_ANY, ORDER, ORDERS_ANY, SETS, VALUE
from sst_lint.facts.records import Choice, Kind, Loop
from sst_lint.flow.described import Note, SiteAnswer, describe_handler, describe_write, some
from sst_lint.flow.fates import Fates
from sst_lint.flow.graph import Mask
from sst_lint.flow.location import Location
from sst_lint.flow.paths import Paths
from sst_lint.flow.reach import Search
from sst_lint.flow.sites import Site
from sst_lint.flow.words import EFFECT_WORDS, KIND_WORDS, OF_WORDS, SOURCE_WORDS
from sst_lint.flow.writes import Write

if TYPE_CHECKING:
    from sst_lint.flow.handlers import HandlerInfo
    from sst_lint.flow.order import Reach
    from sst_lint.flow.project import Project

_SHOWN = 4
Make = Callable[[], "Iterable[SiteAnswer]"]


class Answers:
    """Answers on the lines of a linked project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._linked = project.linked
        self._world = project.world

    @cached_property
    def paths(self) -> Paths:
        """The names of paths."""
        return self.project.paths

    @cached_property
    def _by_call(self) -> dict[int, Write]:
        return {write.site.call: write for write in self.project.writes()}

    @cached_property
    def contents(self) -> dict[int, list[int]]:
        """Call of a write -> the nodes at which its content arrives."""
        found: dict[int, list[int]] = {}
        writes = self.project.writes_of
        for (call, port), node in sorted(self._linked.contents.items()):
            if port == "":
                for write in writes(call):
                    found.setdefault(write.site.call, []).append(node)
        return found

    @cached_property
    def fates(self) -> Fates:
        """Where order ends."""
        sinks = {sink.node: sink.what for sink in self.project.sinks()}
        quiet = {
            node: KIND_WORDS[write.final.kind]
            for write in self.project.writes()
            for node in self.contents.get(write.site.call, ())
            if node not in sinks
        }
        for site in self._linked.sites:
            node = self._linked.contents.get((site.call, ""))
            if node is not None and site.model.console and node not in sinks:
                quiet.setdefault(node, "the terminal")
        world, is_test = self._world, self.project.is_test
        return Fates(
            self._linked,
            self.project.graph,
            quiet,
            sinks,
            lambda node: is_test(world.path_of_unit(world.node_unit[node])),
        )

    # lines

    def lines(self, path: str) -> list[int]:
        """The lines of a file on which something stands that can be asked about, in order."""
        return sorted({location.line for location, _ in self._places(path)})

    def at(self, path: str, line: int) -> list[SiteAnswer]:
        """The sites that begin on a line, else the innermost that span it."""
        places = [(location, make) for location, make in self._places(path) if location.line <= line]
        here = [entry for entry in places if entry[0].line == line]
        if not here:
            around = [entry for entry in places if entry[0].end_line >= line]
            start = max((location.line for location, _ in around), default=0)
            here = [entry for entry in around if entry[0].line == start]
        answers = list(dict.fromkeys(answer for _, make in here for answer in make()))
        if any(answer.sort != "call" or answer.notes for answer in answers):
            answers = [answer for answer in answers if answer.sort != "call" or answer.notes]
        return sorted(answers, key=lambda each: (each.location.line, each.location.column, each.sort))

    def _places(self, path: str) -> Iterator[tuple[Location, Make]]:
        """Each site of a file, with what makes its answers."""
        world, trace = self._world, self.project.trace
        for unit in range(len(world.units)):
            if world.path_of_unit(unit) == path:
                yield from self._places_of_unit(unit)
        for info in self.project.handlers():
            if world.path_of_unit(info.unit) == path:
                clause = info.handler
                where = trace.span(info.unit, clause.line, clause.column, clause.end_line, clause.end_column)
                yield where, partial(self._handler, info, where)
        for node in (*self._shown, *self._literal_sets):
            if world.path_of_unit(world.node_unit[node]) == path and world.nodes[node].line > 0:
                yield trace.location(node), partial(self._order, node)

    def _places_of_unit(self, unit: int) -> Iterator[tuple[Location, Make]]:
        world, trace = self._world, self.project.trace
        facts = world.units[unit][2]
        for number in range(world.call_base[unit], world.call_base[unit] + len(facts.calls)):
            yield trace.location(self._linked.result_of(number)), partial(self._call, number)
        for loop in facts.loops:
            if loop.source >= 0 and self._unordered(world.node_base[unit] + loop.source):
                node = world.node_base[unit] + loop.node
                yield trace.location(node), partial(self._loop, unit, loop)
        for choice in facts.choices:
            if self._mask.get(world.node_base[unit] + choice.node, 0) & (ORDERS_ANY | SETS):
                where = trace.span(unit, choice.line, choice.column, choice.end_line, choice.end_column)
                yield where, partial(self._choice, unit, choice, where)

    # order

    @cached_property
    def _mask(self) -> Mask:
        """The order that may arrive at each node, calls not matched."""
        rows = sorted(self._linked.sources.items())
        return self.project.graph.forward_mask((node, bits) for node, found in rows for bits, _, _ in found)

    @cached_property
    def _reaches(self) -> dict[int, list[Reach]]:
        """Source, and place where order shows -> the ways from there to what is permanent."""
        found: dict[int, list[Reach]] = {}
        for reach in self.project.reaches():
            for node in dict.fromkeys((reach.source, reach.place)):
                found.setdefault(node, []).append(reach)
        return found

    @cached_property
    def _passing(self) -> dict[int, list[Reach]]:
        """Each node between -> the ways that pass it."""
        found: dict[int, list[Reach]] = {}
        for reach in self.project.reaches():
            for node in dict.fromkeys(node for node, _ in reach.path):
                found.setdefault(node, []).append(reach)
        return found

    @cached_property
    def _shown(self) -> list[int]:
        """Places where order shows that are neither calls nor loops (`f"{x}"`, `*x`)."""
        nodes = self._world.nodes
        return [
            reach.place for reach in self.project.reaches() if nodes[reach.place].kind not in (Kind.CALL, Kind.LOOP)
        ]

    @cached_property
    def _literal_sets(self) -> list[int]:
        nodes = self._world.nodes
        return [
            node
            for node, rows in sorted(self._linked.sources.items())
            if nodes[node].kind in (Kind.SET, Kind.VALUE) and any(row[1] == "set" and row[2] < 0 for row in rows)
        ]

    def _unordered(self, node: int) -> bool:
        return bool(self._mask.get(node, 0) & (ORDER | SETS)) or self._linked.is_mapping(node)

    def _ways(self, node: int, bits: int) -> tuple[tuple[Note, ...], str]:
        """Where the order of a value goes, and if nowhere, why not."""
        notes = []
        for reach in self._reaches.get(node, self._passing.get(node, ())):
            verb = "may reach" if reach.sink.rank == 1 else "reaches"
            text = f"its order {verb} {reach.sink.what}" if reach.sink.what else "its order leaves the program"
            last = f"reaches {reach.sink.what}" if reach.sink.what else "leaves the program here"
            notes.append(Note(text, self.project.trace.steps(reach.path, "its order comes from here", last)))
        if notes:
            return some(notes), ""
        ends = [f"{end.words} ({self.place(end.node)})" for end in self.fates.of(node, bits)]
        if not ends:
            return (), "no step was found that shows its order or keeps it: only membership, truth, or nothing uses it"
        return (), "; ".join(ends)

    def _order(self, node: int) -> list[SiteAnswer]:
        """A set that is written down, or a place where order shows."""
        where, record = self.project.trace.location(node), self._world.nodes[node]
        is_set = any(kind == "set" for _, kind, _ in self._linked.sources.get(node, ()))
        notes, quiet = self._ways(node, SETS if is_set else ORDERS_ANY)
        text = "a set is made here" if is_set else "order shows here"
        if record.kind == Kind.TEXT:
            text = "rendered as text, in the order in which its elements stand"
        return [SiteAnswer(where, "source" if is_set else "order", text, notes, quiet)]

    def _loop(self, unit: int, loop: Loop) -> list[SiteAnswer]:
        """A loop over something without order."""
        base = self._world.node_base[unit]
        node, source = base + loop.node, base + loop.source
        what = "a mapping, in the order of its insertions" if self._linked.is_mapping(source) else "something unordered"
        if self._mask.get(source, 0) & SETS and not self._linked.is_mapping(source):
            what = "a set, in an order that differs from run to run"
        elif self._mask.get(source, 0) & ORDER and not self._linked.is_mapping(source):
            what = "what may come in no certain order"
        notes, quiet = self._ways(node, ORDER)
        return [SiteAnswer(self.project.trace.location(node), "loop", f"a loop over {what}", notes, quiet)]

    def _choice(self, unit: int, choice: Choice, where: Location) -> list[SiteAnswer]:
        """One element is picked of something that may be unordered."""
        text = f"an element is picked ({choice.kind})"
        for picked in self.project.picked:
            if picked.unit == unit and picked.choice == choice:
                steps = self.project.trace.steps(picked.path, "its order comes from here", "picked here")
                quiet = "only one element can be there, as a test before it says" if choice.guarded else ""
                return [SiteAnswer(where, "choice", text, (Note("what it is picked from has no order", steps),), quiet)]
        quiet = "what it is picked from is in order when it comes here"
        return [SiteAnswer(where, "choice", text, (), quiet)]

    # calls

    def _call(self, number: int) -> list[SiteAnswer]:
        where = self.project.trace.location(self._linked.result_of(number))
        answers = [answer for site in self._linked.sites_of.get(number, ()) for answer in self._site(site, where)]
        result = self._linked.result_of(number)
        if not answers and result in self._reaches:
            text = f"`{self.fates.called(result)}` shows the order of what it is given"
            answers.append(SiteAnswer(where, "order", text, *self._ways(result, ORDER)))
        callees = [self._world.functions[scope] for scope in self._linked.callees.get(number, ())]
        if callees:
            names = ", ".join(f"{f.qualname}() ({self.place(f.returns, f.unit)})" for f in callees[:_SHOWN])
            weak = number not in self._linked.callees or any(
                self.project.graph.weak[e] for f in callees for e in self._edges_into(f.params, number)
            )
            guess = ", found by its name alone" if weak else ""
            answers.append(SiteAnswer(where, "call", f"calls {names}{guess}", self._through(number)))
        elif not answers:
            name = self.fates.called(self._linked.result_of(number))
            known = self._linked.externals.get(number)
            if known is None and number not in self._linked.classes_called:
                text = f"calls `{name}`, of which nothing is known: values pass, order does not"
                answers.append(SiteAnswer(where, "call", text))
            elif known is not None and not any(self._linked.library.model(each) for each in known):
                text = f"calls `{name}`, for which there is no model: values pass, order does not"
                answers.append(SiteAnswer(where, "call", text))
            else:
                answers.append(SiteAnswer(where, "call", f"calls `{name}`, which writes, digests and orders nothing"))
        return answers

    def _edges_into(self, params: tuple[int, ...], number: int) -> list[int]:
        graph = self.project.graph
        return [edge for param in params for edge in graph.entering(param, number + 1)]

    def _through(self, number: int) -> tuple[Note, ...]:
        """What is written through a call of the program's own: files that its callers or the callee name."""
        callees = self._linked.callees.get(number, {})
        found: dict[str, None] = {}
        for write in self.project.writes():
            for named in self.paths.of(write.name_node):
                outermost = named.calls[0] if named.calls else write.site.call
                if number in named.calls or self._world.scope_of_call(outermost) in callees:
                    api = write.site.model.name.removeprefix("builtins.")
                    place = self.place(self._linked.result_of(write.site.call))
                    found[f"so `{named.shape}` is written, by `{api}` ({place})"] = None
        return some([Note(text) for text in found])

    def _site(self, site: Site, where: Location) -> Iterator[SiteAnswer]:
        """What a library call does that matters here."""
        model, name = site.model, f"`{site.model.name.removeprefix('builtins.')}`"
        write = self._by_call.get(site.call)
        if write is not None:
            yield describe_write(self, write, where)
        for effect in model.sources:
            node = site.ports.get(effect.port, -1)
            if node >= 0 and any(row[1] == effect.kind and row[2] == site.call for row in self._rows(node)):
                yield self._source(where, name, effect.kind, node)
        if any(flow.how in ("view", "keys") for flow in model.flows) and not model.sources:
            notes, quiet = self._ways(site.ports["return"], ORDER)
            yield SiteAnswer(where, "source", f"{name} reads a mapping in the order of its insertions", notes, quiet)
        if model.digest:
            yield SiteAnswer(where, "digest", f"{name} digests what it is given", *self._arriving(site.call))
        elif model.sort_param and model.opens is None and write is None:
            yield self._serialization(site, where, name)
        elif write is None and (site.call, "") in self._linked.contents and self.project.writes_of(site.call):
            target = self.project.writes_of(site.call)[0]
            text = f"{name} writes to the file that {self.place(self._linked.result_of(target.site.call))} opens"
            yield SiteAnswer(where, "write", text, *self._arriving(site.call))
        if model.moves is not None and write is None:
            yield SiteAnswer(where, "replace", f"{name} puts one file in place of another", self._put_in_place(site))
        for sort, flag in (("lock", model.lock), ("sync", model.sync), ("temporary", model.temp)):
            if flag:
                yield SiteAnswer(where, sort, f"{name}{EFFECT_WORDS[sort]}")

    def _rows(self, node: int) -> Iterable[tuple[int, str, int]]:
        return self._linked.sources.get(node, ())

    def _source(self, where: Location, name: str, kind: str, node: int) -> SiteAnswer:
        text = f"{name} {SOURCE_WORDS.get(kind, 'gives something unreliable')}"
        if kind not in ("listing", "rows", "set", "completion", "dict"):
            notes = self._values(node)
            return SiteAnswer(where, "source", text, notes, "" if notes else "nothing permanent depends on its value")
        notes, quiet = self._ways(node, SETS if kind == "set" else ORDERS_ANY)
        return SiteAnswer(where, "source", text, notes, quiet)

    def _values(self, node: int) -> tuple[Note, ...]:
        """Where the value goes, if it goes into something permanent."""
        graph = self.project.graph
        search = Search(graph, graph.forward_mask([(node, VALUE)]))
        sinks = {sink.node: sink.what for sink in self.project.sinks() if sink.rank < 2}
        search.start((sink, VALUE, "") for sink in sinks)
        search.run()
        found = search.found(node, VALUE)
        if found is None:
            return ()
        path = tuple((state[0], edge) for state, edge in search.path(*found))
        what = sinks.get(path[-1][0], "something permanent")
        return (
            Note(f"its value reaches {what}", self.project.trace.steps(path, "read here", f"reaches {what}", True)),
        )

    def _arriving(self, call: int) -> tuple[tuple[Note, ...], str]:
        """The order that arrives at what a call writes or digests; if none, that."""
        notes = [
            Note(
                f"the order of {OF_WORDS.get(reach.kind, 'something unordered')} arrives here",
                self.project.trace.steps(reach.path, "its order comes from here", "arrives here"),
            )
            for reach in self.project.reaches()
            if reach.sink.call == call
        ]
        return some(notes), "" if notes else "nothing without order was found to arrive here"

    def _serialization(self, site: Site, where: Location, name: str) -> SiteAnswer:
        model = site.model
        canonical = bool(model.sort_param) and site.constants.get(model.sort_param) is True
        text = f"{name} renders {model.format or 'text'}" + (", keys sorted" if canonical else "")
        payload = self._linked.contents.get((site.call, ""), site.ports["return"])
        notes, _ = self._ways(payload, KEYS_ANY | ORDERS_ANY)
        if payload != site.ports["return"]:
            notes += self._ways(site.ports["return"], KEYS_ANY | ORDERS_ANY)[0]
        quiet = "keys are sorted" if canonical else "the order of keys was not found to reach an artifact or digest"
        return SiteAnswer(where, "serialization", text, notes, "" if notes else quiet)

    def _put_in_place(self, site: Site) -> tuple[Note, ...]:
        moves = site.model.moves
        assert moves is not None
        shapes = dict.fromkeys(named.shape for named in self.paths.of(site.ports.get(moves.dst, -1)))
        return (
            (Note("the final name: " + ", ".join(f"`{shape}`" for shape in list(shapes)[:_SHOWN])),) if shapes else ()
        )

    def _handler(self, info: HandlerInfo, where: Location) -> list[SiteAnswer]:
        return [describe_handler(self, info, where)]

    def place(self, node: int, unit: int = -1) -> str:
        """``path:line`` of a node; for the end of a function that of its definition."""
        where = self.project.trace.location(node)
        if unit >= 0:
            return f"{where.path}:{self._world.units[unit][1].first_line}"
        return f"{where.path}:{where.line}"
