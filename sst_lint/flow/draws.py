"""In which order do things leave a work list or a queue, and arrive from workers? Loops that no ``for`` announces.

``while todo: item = todo.pop()`` runs in the order of ``todo``; ``while True: item = queue.get()`` in the order in
which workers put; what several threads append to one list stands in the order in which they came to it. Each such
place gets a node of its own at the call, which orders the loop around it (or what the workers fill), so that the
finding stands there.
"""

from __future__ import annotations

from sst_lint.facts.ops import ORDER, Op
from sst_lint.facts.records import Kind
from sst_lint.flow.adjacency import Adjacency
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.sites import Site

#: A function that is started so many times runs beside itself.
_SEVERAL = 2
#: So many calls below a worker's function belong to the worker.
_DEEP = 6
#: So many places are looked at for where a queue was made.
_STEPS = 80
_OVER_ELEMENTS = frozenset({"map", "imap", "imap_unordered", "starmap"})
_ITERATORS = ("collections.abc.Iterator", "typing.Iterator", "collections.abc.Generator", "typing.Generator")
_HOLDS = frozenset({Op.SAME, Op.STORE, Op.LOAD, Op.ITER})


class Draws:
    """Adds the order of drawn elements and of workers to a linked program."""

    def __init__(self, linked: Mutations) -> None:
        self._linked = linked
        #: call that draws -> the node of its order, for those in a loop
        self.drawn: dict[int, int] = {}
        #: those that take a part each time, and pass it on in its order
        self.parts: dict[int, None] = {}
        self._workers = self._started_often()
        self._incoming = Adjacency.by(linked.edges.target, len(linked.world.nodes))
        self._filled_by_workers = self._puts_of_workers()
        for site in tuple(linked.sites):
            if site.model.draws:
                self._draw(site)
        self._contexts_of_workers()
        linked.run()

    # drawing

    def _draw(self, site: Site) -> None:
        linked = self._linked
        source = site.ports.get(site.model.draws, -1)
        if source < 0 or site.call in self.drawn or not self._takes_out(site, source):
            return
        loops = linked._loops(site.call, source)
        if not loops:
            return
        made = self._node(site.call)
        self.drawn[site.call] = made
        if self._copies(site):
            self.parts[site.call] = None
        linked.add_edge(source, made, Op.LOOP)
        linked.add_edge(made, loops[0], Op.LOOP)
        if site.model.arrivals and not self._queues_of(source).isdisjoint(self._filled_by_workers):
            linked.add_source(made, ORDER, "completion", site.call)

    def _takes_out(self, site: Site, source: int) -> bool:
        """What copies a part (``islice``) takes it out of an iterator only: it begins anew with anything else."""
        return not self._copies(site) or self._linked.has_type(source, *_ITERATORS)

    @staticmethod
    def _copies(site: Site) -> bool:
        return any(f.from_ == site.model.draws and f.how == "copy" for f in site.model.flows)

    def _node(self, call: int) -> int:
        world = self._linked.world
        like = world.nodes[self._linked.result_of(call)]
        return world.add_node(Kind.VALUE, world.call_unit[call], like, "drawn")

    # workers

    def _started_often(self) -> dict[int, int]:
        """Function scope -> a call that starts it beside others."""
        linked = self._linked
        started: dict[int, list[int]] = {}
        for site in linked.sites:
            if not site.model.spawns:
                continue
            for scope in self._run_by(site.call):
                started.setdefault(scope, []).append(site.call)
        return {s: calls[0] for s, calls in started.items() if sum(map(self._times, calls)) >= _SEVERAL}

    def _run_by(self, call: int) -> list[int]:
        """What a call starts: functions that it is handed, or coroutines that are made in its arguments."""
        linked, world = self._linked, self._linked.world
        scopes = list(linked.callees.get(call, ()))
        for _, node in linked.argument_nodes(call):
            record = world.nodes[node]
            if record.kind == Kind.CALL:
                made = world.call_of(node)
                scopes += [s for s in linked.callees.get(made, ()) if world.functions[s].record.is_async]
        return list(dict.fromkeys(scopes))

    def _times(self, call: int) -> int:
        """How often a call starts its function, as far as it can be seen: many times in a loop or over elements."""
        world, record = self._linked.world, self._linked.world.calls[call]
        if record.method in _OVER_ELEMENTS:
            return _SEVERAL
        if record.loop < 0 or self._waits(call):
            return 1
        unit = world.call_unit[call]
        facts = world.units[unit][2]
        left = any(c.kind == "return" and c.node == facts.loops[record.loop].node for c in facts.choices)
        return 1 if left else _SEVERAL  # a loop that returns what it started tries again, and does not go on

    def _waits(self, call: int) -> bool:
        """Whether the loop that starts a thread joins it before the next round."""
        world, linked = self._linked.world, self._linked
        result, unit = linked.result_of(call), world.call_unit[call]
        first = world.call_base[unit]
        return any(
            each.method in ("join", "result", "get")
            and each.loop == world.calls[call].loop
            and linked.receiver_of(first + number) == result
            for number, each in enumerate(world.units[unit][2].calls)
        )

    def _puts_of_workers(self) -> frozenset[int]:
        """The queues into which several workers put something."""
        linked, world = self._linked, self._linked.world
        calls_of: dict[int, list[int]] = {}
        for number in range(len(world.calls)):
            calls_of.setdefault(world.scope_of_call(number), []).append(number)
        puts = {s.call: s.ports["self"] for s in linked.sites if s.model.name.endswith((".put", ".put_nowait"))}
        seen = dict.fromkeys(self._workers)
        level = list(seen)
        found: set[int] = set()
        for _ in range(_DEEP):
            below: dict[int, None] = {}
            for scope in level:
                for number in calls_of.get(scope, ()):
                    if number in puts:
                        found |= self._queues_of(puts[number])
                    below.update(dict.fromkeys(linked.callees.get(number, ())))
            level = [s for s in below if s not in seen]
            seen.update(below)
        return frozenset(found)

    def _queues_of(self, node: int) -> frozenset[int]:
        """The calls that made the queue ``node``; where none is seen, the file, as a negative number."""
        linked, edges = self._linked, self._linked.edges
        seen = {node: None}
        waiting = [node]
        for current in waiting:
            if len(seen) > _STEPS:
                break
            for number in self._incoming.get(current, ()):
                if edges.op[number] in _HOLDS:
                    source = edges.source[number]
                    if source not in seen:
                        seen[source] = None
                        waiting.append(source)
        made = {n for n in seen if linked.world.nodes[n].kind == Kind.CALL and self._is_queue(n)}
        return frozenset(made or {-1 - linked.file_of(node)})

    def _is_queue(self, node: int) -> bool:
        return any(v[0] == "t" and "Queue" in str(v[1]) for v in self._linked.values(node))

    def _contexts_of_workers(self) -> None:
        """What a worker's function fills for others is filled in the order in which the workers come to it."""
        linked = self._linked
        for (scope, root, _), node in tuple(linked._contexts.items()):
            call = self._workers.get(scope)
            if call is not None and not self._is_handed_its_own(call, scope, root):
                made = self._node(call)
                linked.add_source(made, ORDER, "completion", call)
                linked.add_edge(made, node, Op.ORDERS)

    def _is_handed_its_own(self, call: int, scope: int, root: int) -> bool:
        """Whether each worker is handed another object for its parameter ``root``: what it fills there, no other
        worker fills."""
        linked, world = self._linked, self._linked.world
        function = world.functions.get(scope)
        if function is None or not 0 <= root < len(function.params):
            return False
        arguments = [node for slot, node in linked.argument_nodes(call) if slot == ""]
        started = next((n for n, node in enumerate(arguments) if ("f", scope) in linked.values(node)), -1)
        if started < 0 or len(arguments) <= started + 1 + root:
            return False
        if world.calls[call].method in _OVER_ELEMENTS:
            return True
        return world.calls[call].loop >= 0 and not linked._loops(call, arguments[started + 1 + root])


__all__ = ["Draws"]
