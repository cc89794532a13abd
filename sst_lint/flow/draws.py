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
from sst_lint.flow.workers import Workers

#: So many calls below a worker's function belong to the worker.
_DEEP = 6
#: So many places are looked at for where a queue was made.
_STEPS = 80
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
        self._incoming = Adjacency.by(linked.edges.target, len(linked.world.nodes))
        self._workers = Workers(linked, self._incoming)
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

    def _puts_of_workers(self) -> frozenset[int]:
        """The queues into which several workers put something."""
        linked, world = self._linked, self._linked.world
        calls_of: dict[int, list[int]] = {}
        for number in range(len(world.calls)):
            calls_of.setdefault(world.scope_of_call(number), []).append(number)
        puts = {s.call: s.ports["self"] for s in linked.sites if s.model.name.endswith((".put", ".put_nowait"))}
        seen = dict.fromkeys(self._workers.scopes)
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
            worker = self._workers.shared(scope, root, node)
            if worker is not None:
                made = self._node(worker.call)
                linked.add_source(made, ORDER, "completion", worker.call)
                linked.add_edge(made, node, Op.ORDERS)


__all__ = ["Draws"]
