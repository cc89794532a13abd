"""Which rows has the write matrix? Each call that writes, moves, copies or serializes, harmless or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.described import describe_write
from sst_lint.flow.steps import STEPS
from sst_lint.flow.words import MOVE_WORDS, OF_WORDS
from sst_lint.matrices.rows import Draft, Layout, some
from sst_lint.matrices.verdicts import Verdicts

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.order import Reach
    from sst_lint.flow.protocol import Protocol
    from sst_lint.flow.sites import Site
    from sst_lint.flow.writes import Write

LAYOUT = Layout(
    name="writes",
    title="Write locations",
    intro="Every call that writes a file, puts one in place of another, or renders data for one",
    columns=(
        "operation", "api", "target", "format", "kind", "kind_why", "protocol", "missing", "lock", "canonical",
        "order_clean",
    ),
    shown=(
        ("does", ("operation", "api")),
        ("target", ("target",)),
        ("kind", ("kind", "kind_why")),
        ("protocol", ("protocol", "missing", "lock")),
        ("content", ("format", "canonical", "order_clean")),
    ),
    kind="kind",
    counted=("operation", "kind", "protocol", "lock"),
    empty="nothing writes a file",
)  # fmt: skip

_BACK = frozenset({Op.SAME, Op.TEXT, Op.JSON, Op.JSON_SORTED, Op.TEXT_SORTED, Op.COPY, Op.ONLY_VALUE})
#: So far back the serialization of a content is looked for.
_STEPS = 60
_OPERATIONS = {"append": "append", "exclusive": "create", "copy": "copy", "remote": "upload", "update": "update"}
#: A mode that writes.
_WRITING = re.compile(r"[rbtU+]*[wax+][rbtU+]*")
#: So many paths of one place are named; of more, the expression.
_PATHS = 3
_BY_MODE, _NO_MODE = "opened for writing by its mode", "opened with a mode that nobody knows here"
_GUESSED = {
    _BY_MODE: "nothing is known of what is opened: annotate it",
    _NO_MODE: "it may only be read: say the mode, or give it a default",
}
_NOT_MOVED = "nothing of it gets a final name"
_TOLD = "what arrives in no certain order is told where that order shows"
_NOTHING_ARRIVES = "no artifact or digest was found behind it"


def drafts(project: Project, verdicts: Verdicts) -> Iterator[Draft]:
    """Yield a row for each site, those of one call together."""
    view = _View(project)
    seen: set[int] = set()
    for write in sorted(project.writes(), key=lambda each: each.site.call):
        if write.site.call not in seen:
            seen.add(write.site.call)
            yield view.write(write, verdicts)
    for site in sorted(project.sites(), key=lambda each: each.call):
        if site.call in seen:
            continue
        if site.model.moves is not None:
            seen.add(site.call)
            yield view.move(site, verdicts)
        elif site.model.temp in ("path", "handle"):
            seen.add(site.call)
            yield view.temporary(site, verdicts)
        elif view.serializes(site):
            seen.add(site.call)
            yield view.serialization(site, verdicts)
        elif view.opens_somehow(site):
            seen.add(site.call)
            opened = site.ports[site.model.opens.path] if site.model.opens is not None else -1
            yield view.guess(site.call, opened, _name(site), _NO_MODE, verdicts)
    for number in view.unresolved(seen):
        yield view.guess(number, project.linked.receiver_of(number), ".open", _BY_MODE, verdicts)


class _View:
    """The answers of a project on writes, as cells."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._protocols = {protocol.move.call: protocol for protocol in project.protocols()}

    @cached_property
    def _arriving(self) -> dict[int, list[Reach]]:
        """Node of a content, and call of a serialization -> the disorder that arrives there."""
        found: dict[int, list[Reach]] = {}
        for reach in self._project.reaches():
            found.setdefault(reach.sink.node, []).append(reach)
        return found

    @cached_property
    def _shown_at(self) -> dict[int, list[Reach]]:
        found: dict[int, list[Reach]] = {}
        for reach in self._project.reaches():
            found.setdefault(reach.place, []).append(reach)
        return found

    def write(self, write: Write, verdicts: Verdicts) -> Draft:
        """The row of a call that opens or writes a file."""
        project, site = self._project, write.site
        where = project.trace.location(site.ports["return"])
        calm = describe_write(project.answers, write, where).quiet
        protocol = project.protocol_of(write)
        told, missing = self._protocol(write, protocol)
        contents = project.answers.contents.get(site.call, ())
        cells = {
            "operation": _OPERATIONS.get(write.mode, "write"),
            "api": _name(site),
            "target": self.target(write.name_node, write.path_node),
            "format": some(write.formats),
            "kind": write.final.kind,
            "kind_why": write.final.why,
            "protocol": told,
            "missing": missing,
            "lock": self.lock(site.call),
            "canonical": self._canonical([site], contents),
            "order_clean": self._clean(contents),
        }
        return Draft(where, cells, verdicts.take(where, calm))

    def move(self, site: Site, verdicts: Verdicts) -> Draft:
        """The row of a call that gives a file its final name."""
        project, moves = self._project, site.model.moves
        assert moves is not None
        where = project.trace.location(site.ports["return"])
        target = site.ports.get(moves.dst, -1)
        protocol = self._protocols.get(site.call)
        kind = protocol.final if protocol is not None else None
        if kind is None and target >= 0:
            kind = project.kind_of_path(target, where.path)
        told = "puts a file in place that was written elsewhere" if protocol is None else _steps(protocol.steps)
        calm = self._calm(protocol, verdicts)
        cells = {
            "operation": moves.kind,
            "api": _name(site),
            "target": self.target(target),
            "format": "",
            "kind": kind.kind if kind is not None else "unknown",
            "kind_why": kind.why if kind is not None else "",
            "protocol": told,
            "missing": _steps(protocol.missing) if protocol is not None else "",
            "lock": self.lock(site.call),
            "canonical": "",
            "order_clean": "",
        }
        return Draft(where, cells, verdicts.take(where, calm))

    def _calm(self, protocol: Protocol | None, verdicts: Verdicts) -> str:
        """Why there is nothing against a move."""
        if protocol is None:
            return "no temporary file of the program is moved here"
        if not protocol.missing:
            return "every step is there" if len(protocol.steps) == len(STEPS) else "no step is known to be missing"
        sites = [*(write.site for write in protocol.writes), *protocol.makers]
        if any(verdicts.is_found(self._project.trace.location(site.ports["return"])) for site in sites):
            return "told where the temporary file is written"
        return "what is missing is not asked of this kind of file"

    def serializes(self, site: Site) -> bool:
        """Whether a call renders data in a format: into a file that is open, or as a text."""
        if site.model.opens is not None or site.model.digest:
            return False
        # a writer that was made for the file (`writer.writerow`) adds to it; a row is what renders a whole payload
        whole = any(flow.to not in ("self", "return") for flow in site.model.flows)
        into_file = bool(site.model.format) and whole and (site.call, "") in self._project.linked.contents
        return bool(site.model.sort_param) or into_file

    def serialization(self, site: Site, verdicts: Verdicts) -> Draft:
        """The row of a call that renders data."""
        project = self._project
        where = project.trace.location(site.ports["return"])
        writes = project.writes_of(site.call) if (site.call, "") in project.linked.contents else ()
        kinds = [write.final for write in writes]
        content = project.linked.contents.get((site.call, ""), site.ports["return"])
        ways = [*self._shown_at.get(content, ()), *self._shown_at.get(site.ports["return"], ())]
        canonical = self._canonical([site], ())
        reached = some(_reached(reach) for reach in sorted(ways, key=lambda each: each.sink.rank))
        order = f"its order {reached}" if reached else self._clean([content])
        calm = "keys are sorted" if canonical == "keys sorted" else _TOLD if order else _NOTHING_ARRIVES
        if not site.model.sort_param:
            calm = "the file that it goes into has a row of its own"
        cells = {
            "operation": "serialize",
            "api": _name(site),
            "target": some(self.target(write.name_node) for write in writes),
            "format": site.model.format,
            "kind": kinds[0].kind if kinds else "text",
            "kind_why": kinds[0].why if kinds else "",
            "protocol": "",
            "missing": "",
            "lock": "",
            "canonical": canonical,
            "order_clean": order,
        }
        return Draft(where, cells, verdicts.take(where, calm))

    def temporary(self, site: Site, verdicts: Verdicts) -> Draft:
        """The row of a call that makes a new temporary file."""
        where = self._project.trace.location(site.ports["return"])
        made = [each for each in self._project.protocols() if any(m.call == site.call for m in each.makers)]
        cells = dict.fromkeys(LAYOUT.columns, "") | {
            "operation": "temporary",
            "api": _name(site),
            "target": some(self.target(protocol.target) for protocol in made),
            "kind": "temp",
            "kind_why": "a new temporary file",
        }
        return Draft(where, cells, verdicts.take(where, "it gets its final name by a move" if made else _NOT_MOVED))

    def unresolved(self, known: AbstractSet[int]) -> Iterator[int]:
        """Calls of `open` on who knows what, with a mode that writes: a sink that nobody can judge is a row too."""
        linked, world = self._project.linked, self._project.world
        for number, call in enumerate(world.calls):
            if call.method != "open" or number in known or number in linked.callees or number in linked.externals:
                continue
            for slot, node in linked.argument_nodes(number)[:2]:
                record = world.nodes[node]
                if slot in ("", "mode") and record.kind == Kind.TEXT and _WRITING.fullmatch(record.name):
                    yield number
                    break

    def opens_somehow(self, site: Site) -> bool:
        """Whether a call opens a file with a mode of which nothing is known."""
        opens = site.model.opens
        if opens is None or opens.mode not in site.given or isinstance(site.constants.get(opens.mode), str):
            return False
        if any(kind == "h" for kind, _ in self._project.linked.values(site.ports[opens.path])):
            return False
        mode = self._project.evidence.of(site.ports[opens.mode])
        return not mode.texts and not any(name.startswith("O_") for name in mode.names)

    def guess(self, number: int, path: int, api: str, why: str, verdicts: Verdicts) -> Draft:
        """The row of a call that may write, of which the receiver or the mode is not known."""
        where = self._project.trace.location(self._project.linked.result_of(number))
        cells = dict.fromkeys(LAYOUT.columns, "") | {
            "operation": "write",
            "api": api,
            "target": self.target(path),
            "kind": "test" if self._project.is_test(where.path) else "unresolved",
            "kind_why": why,
            "lock": self.lock(number),
        }
        return Draft(where, cells, verdicts.take(where, _GUESSED[why]))

    def target(self, node: int, here: int = -1) -> str:
        """The path as far as it is written down; ``here``: the node of what is opened, if that gets another name."""
        if node < 0:
            return ""
        shapes = dict.fromkeys(named.shape for named in self._project.paths.of(node))
        if 0 < len(shapes) <= _PATHS:
            return some(shapes)
        # of many, who comes next changes with every new caller
        briefs = [self._project.paths.brief(each) for each in (here, node) if each >= 0]
        return next((brief for brief in briefs if brief != "{}"), "{}")

    def lock(self, call: int) -> str:
        """The locks that are held when a call runs."""
        held = self._project.locks.held(call)
        names = [_name(lock.site) if lock.site is not None else "a lock" for lock in held]
        threads = " (threads only)" if held and all(lock.threads for lock in held) else ""
        return some(names) + threads

    def _protocol(self, write: Write, protocol: Protocol | None) -> tuple[str, str]:
        """How the content gets to its final name, and the steps that are not there."""
        if write.mode == "remote":
            return "one request", ""
        if write.atomic:
            return "atomic by itself", ""
        if protocol is not None:
            return _steps(protocol.steps), _steps(protocol.missing)
        if write.moved:
            return f"then {MOVE_WORDS[write.moved]}", ""
        return {"append": "append", "exclusive": "new file only", "copy": "copy in place"}.get(
            write.mode, "in place"
        ), ""

    def _canonical(self, sites: Iterable[Site], contents: Iterable[int]) -> str:
        """Whether what renders the content sorts the keys of mappings; "" when nothing does that could."""
        found = [site for site in (*sites, *self._renderers(contents)) if site.model.sort_param]
        sorted_ = [site.constants.get(site.model.sort_param) is True for site in found]
        if not found:
            return ""
        if all(sorted_):
            return "keys sorted"
        return "keys sorted by some" if any(sorted_) else "keys as inserted"

    def _renderers(self, contents: Iterable[int]) -> list[Site]:
        """The serializations whose text arrives as content, through helpers too."""
        graph, serialized = self._project.graph, self._project.serialized
        waiting = list(dict.fromkeys(contents))
        seen = set(waiting)
        found: dict[int, Site] = {}
        for node in waiting:
            if node in serialized:
                found[serialized[node].call] = serialized[node]
                continue
            for edge in graph.incoming.get(node, ()):
                source = graph.source[edge]
                if graph.op[edge] in _BACK and source not in seen and len(seen) < _STEPS:
                    seen.add(source)
                    waiting.append(source)
        return [found[call] for call in sorted(found)]

    def _clean(self, contents: Iterable[int]) -> str:
        """Whether something of no certain order arrives as content."""
        ways = [reach for node in contents for reach in self._arriving.get(node, ()) if reach.sink.rank < 3]
        kinds = dict.fromkeys(OF_WORDS.get(reach.kind, "a sort that can tie") for reach in ways)
        return f"in the order of {some(sorted(kinds))}" if kinds else ""


def _reached(reach: Reach) -> str:
    if not reach.sink.what:
        return "leaves the program"
    return f"{'may reach' if reach.sink.rank == 1 else 'reaches'} {reach.sink.what}"


def _steps(steps: Iterable[str]) -> str:
    return ", ".join(steps)


def _name(site: Site) -> str:
    return site.model.name.removeprefix("builtins.")
