"""Who writes this file, from what, under which protocol, and who reads it?

A file is asked for by its name, a part of its path or a glob. One answer stands for one way in which the file is named:
the write, the calls that lead to it, and what flows in on that way (what other callers of a shared helper hand in does
not count).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sst_lint.facts.ops import VALUE
from sst_lint.flow.artifacts import classify
from sst_lint.flow.described import Note, describe_protocol
from sst_lint.flow.graph import Mask
from sst_lint.flow.location import Location, Step
from sst_lint.flow.paths import Named, closeness
from sst_lint.flow.reach import Search
from sst_lint.flow.words import KIND_WORDS, MODE_WORDS, OF_WORDS, VALUE_WORDS
from sst_lint.flow.writes import Write

if TYPE_CHECKING:
    from sst_lint.flow.project import Project
    from sst_lint.flow.sites import Site

_READING = ("read", "load", "open", "scan", "fromfile", "genfromtxt")
_SHOWN = 4
_FILES = "what is read from files"
_CALLERS = 3


@dataclass(frozen=True)
class WrittenFile:
    """One way in which a file is written."""

    name: str  #: its path as far as it is written down
    location: Location  #: of the write
    text: str
    chain: tuple[Step, ...]  #: from the function that names it to the write
    protocol: str
    inflows: tuple[Note, ...]
    also: tuple[str, ...] = ()  #: functions from which other ways lead to the same write


@dataclass(frozen=True)
class ReadFile:
    """A place where a file is read."""

    name: str
    location: Location
    text: str
    callers: tuple[str, ...]  #: the functions that name it, where another one reads it


@dataclass(frozen=True)
class FileAnswer:
    """What is known of the files that fit a question; without ``written``, ``names`` are those that are written."""

    written: tuple[WrittenFile, ...]
    read: tuple[ReadFile, ...]
    names: tuple[str, ...]


class Provenance:
    """Answers on the files of a linked project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._linked = project.linked
        self._world = project.world
        self._paths = project.answers.paths

    def of(self, query: str) -> FileAnswer:
        """Everything on the files that ``query`` means: those that fit it best."""
        writes = [(w, n, closeness(n.shape, query)) for w, n in self._named()]
        reads = [(s, n, closeness(n.shape, query)) for s, n in self._read()]
        best = max((fit for _, _, fit in writes), default=0) or max((fit for _, _, fit in reads), default=0)
        return FileAnswer(
            tuple(self._ways([(write, named) for write, named, fit in writes if fit and fit == best])),
            tuple(self._places([(site, named) for site, named, fit in reads if fit and fit == best])),
            self.names,
        )

    def _ways(self, found: list[tuple[Write, Named]]) -> list[WrittenFile]:
        """One answer for each file and write; of several ways to it the shortest, the others by their beginning."""
        groups: dict[tuple[str, int], list[tuple[Write, Named]]] = {}
        for write, named in found:
            groups.setdefault((named.shape, write.site.call), []).append((write, named))
        answers = []
        for group in groups.values():
            group.sort(key=lambda each: (len(each[1].calls), each[1].calls))
            others = [self._step(named.calls[0], "") for _, named in group[1:] if named.calls]
            places = tuple(
                dict.fromkeys(f"{step.function or 'the module'} ({step.path}:{step.line})" for step in others)
            )
            answers.append(replace(self._written(*group[0]), also=places))
        return sorted(answers, key=lambda each: (each.name, each.location))

    def _places(self, found: list[tuple[Site, Named]]) -> list[ReadFile]:
        """One answer for each file and reading call, with the functions that it is read for."""
        groups: dict[tuple[str, int], list[tuple[Site, Named]]] = {}
        for site, named in found:
            groups.setdefault((named.shape, site.call), []).append((site, named))
        answers = []
        for (shape, call), group in groups.items():
            calls = dict.fromkeys(named.first for _, named in group if named.calls)
            callers = tuple(self._step(number, "") for number in calls)
            names = tuple(
                dict.fromkeys(f"{step.function or 'the module'} ({step.path}:{step.line})" for step in callers)
            )
            api = min(site.model.name for site, _ in group).removeprefix("builtins.")
            where = self.project.trace.location(self._linked.result_of(call))
            answers.append(ReadFile(shape, where, f"`{api}` reads it", names))
        return sorted(answers, key=lambda each: (each.name, each.location))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all files that are written, as far as they are written down, sorted."""
        return tuple(sorted({named.file for _, named in self._named() if named.file.strip("{}")}))

    def _named(self) -> Iterator[tuple[Write, Named]]:
        for write in self.project.writes():
            for named in self._paths.of(write.name_node):
                yield write, named

    # one way

    def _written(self, write: Write, named: Named) -> WrittenFile:
        api = write.site.model.name.removeprefix("builtins.")
        kind = self._kind(write, named)
        where = self.project.trace.location(self._linked.result_of(write.site.call))
        return WrittenFile(
            named.shape,
            where,
            f"`{api}` {MODE_WORDS.get(write.mode, 'writes')}; {kind}",
            self._chain(named, write),
            describe_protocol(self.project.answers, write),
            tuple(self._inflows(write, named)),
        )

    def _kind(self, write: Write, named: Named) -> str:
        """What the file is, judged by this one name."""
        if write.mode in ("append", "remote"):
            kind = write.kind
        else:
            names = write.evidence.names if write.name_node == write.path_node else ()
            evidence = replace(
                write.evidence, texts=(named.file, named.shape), names=names, temporary=False, argument=False
            )
            path = self._world.path_of_unit(self._world.call_unit[write.site.call])
            kind = classify(evidence, write.formats, path, self.project.config, (named.shape,))
        return KIND_WORDS[kind.kind] + (f" ({kind.why})" if kind.why else "")

    def _chain(self, named: Named, write: Write) -> tuple[Step, ...]:
        """Who calls the function that names the file, and the calls from there to the write."""
        trace, linked = self.project.trace, self._linked
        first = named.calls[0] if named.calls else write.site.call
        scope = self._world.scope_of_call(first)
        steps = [self._step(number, "calls it") for number in self._callers.get(scope, ())[:_CALLERS]]
        more = len(self._callers.get(scope, ())) - _CALLERS
        if more > 0:
            steps.append(replace(steps[-1], message=f"calls it, and {more} more"))
            del steps[-2]
        literal = trace.location(named.node)
        steps.append(Step(literal.path, literal.line, literal.function, f"names it `{named.file}`"))
        for number in named.calls:
            callees = [self._world.functions[s].qualname for s in linked.callees.get(number, ())]
            steps.append(self._step(number, f"calls {callees[0]}()" if callees else "hands it on"))
        api = write.site.model.name.removeprefix("builtins.")
        steps.append(self._step(write.site.call, f"`{api}` writes it"))
        return tuple(dict.fromkeys(steps))

    def _step(self, number: int, message: str) -> Step:
        where = self.project.trace.location(self._linked.result_of(number))
        return Step(where.path, where.line, where.function, message)

    @cached_property
    def _callers(self) -> dict[int, list[int]]:
        """Scope of a function -> the calls that may call it."""
        found: dict[int, list[int]] = {}
        for number, scopes in sorted(self._linked.callees.items()):
            for scope in scopes:
                found.setdefault(scope, []).append(number)
        return found

    # what flows in

    def _inflows(self, write: Write, named: Named) -> Iterator[Note]:
        """Order, values and fallbacks that arrive in the content on this way."""
        steps, contents = self.project.trace.steps, self.project.answers.contents.get(write.site.call, [])
        for reach in self.project.reaches():
            if reach.sink.node in contents and self._is_same_way(reach.path, named):
                place = self._place(reach.place)
                yield Note(
                    f"the order of {OF_WORDS.get(reach.kind, 'something unordered')}, shown at {place}",
                    steps(reach.path, "comes from here", "written"),
                )
        for info in self.project.handlers():
            if info.path and info.path[-1][0] in contents and self._is_same_way(info.path, named):
                line = self.project.trace.span(info.unit, info.handler.line, 1, info.handler.line, 1)
                what = f"what an `except` clause goes on with after an error, at {line.path}:{line.line}"
                yield Note(what, steps(info.path, "guarded here", "written", True))
        yield from self._values(write, named, contents)

    def _values(self, write: Write, named: Named, contents: list[int]) -> Iterator[Note]:
        """Clocks, random numbers, names of machines, and files that are read."""
        graph = self.project.graph
        starts = contents
        if named.calls:
            arguments = [node for _, node in self._linked.argument_nodes(named.calls[0])]
            starts = [n for n in arguments if all(other.node != named.node for other in self._paths.of(n))]
        search = Search(graph, self._value_mask)
        search.start((node, VALUE, "") for node in starts)
        search.run()
        read: list[str] = []
        for node, what in self._origins.items():
            found = search.found(node, VALUE)
            if found is not None and what == _FILES:
                read.append(self._place(node))
            elif found is not None:
                path = tuple((state[0], edge) for state, edge in search.path(*found))
                yield Note(
                    f"{what}, at {self._place(node)}",
                    self.project.trace.steps(path, "comes from here", "goes in", True),
                )
        if read:
            places = list(dict.fromkeys(read))
            more = f" and at {len(places) - _SHOWN} more places" if len(places) > _SHOWN else ""
            yield Note(f"{_FILES}, at {', '.join(places[:_SHOWN])}{more}")

    @cached_property
    def _origins(self) -> dict[int, str]:
        """Where values come from that are worth telling."""
        found: dict[int, str] = {
            node: VALUE_WORDS.get(kind, "an unreliable value")
            for node, rows in sorted(self._linked.sources.items())
            for bits, kind, _ in rows
            if bits == VALUE
        }
        for site in self._readers:
            found.setdefault(site.ports["return"], _FILES)
        return found

    @cached_property
    def _value_mask(self) -> Mask:
        return self.project.graph.forward_mask((node, VALUE) for node in self._origins)

    def _is_same_way(self, path: Iterable[tuple[int, int]], named: Named) -> bool:
        """Whether content that takes ``path`` goes through the calls that hand in this name, where they call the
        same functions."""
        stack: list[int] = []
        for _, edge in path:
            label = self.project.graph.label[edge] if edge >= 0 else 0
            if label > 0:
                stack.append(label - 1)
            elif label < 0 and stack:
                stack.pop()
        callees = self._linked.callees
        return not any(
            number != other and not set(callees.get(number, ())).isdisjoint(callees.get(other, ()))
            and number not in named.calls
            for number in stack for other in named.calls
        )  # fmt: skip

    # readers

    @cached_property
    def _readers(self) -> list[Site]:
        """Calls that read files."""
        writing = {write.site.call for write in self.project.writes()}
        return [
            site
            for site in self._linked.sites
            if site.call not in writing
            and (site.model.opens is not None or site.model.name.rpartition(".")[2].startswith(_READING))
            and not site.model.temp
        ]

    def _read(self) -> Iterator[tuple[Site, Named]]:
        for site in self._readers:
            model = site.model
            port = model.opens.path if model.opens is not None else "self" if model.method else (*model.params, "")[0]
            node = site.ports.get(port, -1)
            if node < 0 or any(kind == "h" for kind, _ in self._linked.values(node)):
                continue  # what another call opened
            for named in self._paths.of(node):
                yield site, named

    def _place(self, node: int) -> str:
        where = self.project.trace.location(node)
        return f"{where.path}:{where.line}"
