"""What is a file filled with from elsewhere, piece by piece? A download that breaks off leaves the first half of it.

Unlike a crash this is no rare thing: the connection goes away between two pieces, or before the first one, when the
file has been emptied already.
"""

from __future__ import annotations

import re

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.locks import Locks
from sst_lint.flow.mutation import Mutations
from sst_lint.flow.writes import Write

#: They give a piece at a time, and the next one may never come.
_PIECES = frozenset(
    "iter_content iter_bytes iter_raw iter_lines iter_chunks iter_chunked iter_any iter_text aiter_bytes aiter_raw "
    "aiter_text read read1 readexactly recv urlopen".split()
)
#: They ask a server.
_SERVERS = ("requests.", "httpx.", "urllib.request.", "urllib3.", "aiohttp.")
_FETCHING = re.compile(r"(^|[._])(urlretrieve|download\w*)$")
#: All of it is there.
_IN_MEMORY = (("t", "io.StringIO"), ("t", "io.BytesIO"))
_COPYING = "shutil.copyfileobj"
_FILLING = frozenset({"write", "writelines"})
#: What leaves a piece the piece that it is.
_UNCHANGED = frozenset({Op.SAME, Op.TEXT})
_STEPS = 40
_STREAMED = "what fills it may break off"


class Streams:
    """Answers for the writes of a linked program."""

    def __init__(self, linked: Mutations, graph: Graph, locks: Locks) -> None:
        self._linked = linked
        self._graph = graph
        self._locks = locks

    def into(self, write: Write) -> str:
        """How the file fills with what may never come to its end, in words; "" if it does not."""
        if _FETCHING.search(write.site.model.name):
            return _STREAMED
        opened, linked = write.site.call, self._linked
        for number in self._locks.calls_in(self._locks.scope_of(opened)):
            if number <= opened:
                continue
            given = [node for _, node in linked.argument_nodes(number)]
            receiver = linked.receiver_of(number)
            if _COPYING in linked.externals.get(number, {}) and len(given) > 1:
                held = linked.values(given[0])
                in_memory = bool(held) and all(value in _IN_MEMORY for value in held)
                whole = self._is_file(given[0], opened) or in_memory
                if self._is_handle(given[1], opened) and not whole:
                    return _STREAMED
            filled = receiver >= 0 and linked.world.calls[number].method in _FILLING
            if filled and self._is_handle(receiver, opened):
                if any(self._comes_in(n, opened) or (_is_binary(write) and self._is_piece(n)) for n in given):
                    return _STREAMED
        return ""

    def _is_piece(self, content: int) -> bool:
        """Whether content is, as it is, what a loop is given by a method that nobody describes: bytes that an object of
        an unknown library hands out one piece after the other."""
        graph, nodes, linked = self._graph, self._linked.world.nodes, self._linked
        queue = [content]
        for node in queue:
            for edge in graph.within.get(node, ()):
                source = graph.source[edge]
                if graph.op[edge] == Op.ITER and nodes[source].kind == Kind.CALL:
                    number = linked.world.call_of(source)
                    known = number in linked.callees or number in linked.sites_of or number in linked.classes_called
                    if not known and linked.receiver_of(number) >= 0:
                        return True
                elif graph.op[edge] in _UNCHANGED and source not in queue and len(queue) < _STEPS:
                    queue.append(source)
        return False

    def _is_handle(self, node: int, opened: int) -> bool:
        return ("h", opened) in self._linked.values(node)

    def _is_file(self, node: int, opened: int) -> bool:
        """Whether something is a file that the function itself has opened: it is there, and gives all of itself."""
        here = self._locks.scope_of(opened)
        return any(value[0] == "h" and self._locks.scope_of(value[1]) == here for value in self._linked.values(node))

    def _comes_in(self, content: int, opened: int) -> bool:
        """Whether content is asked of somebody after the file was opened, or comes piece by piece."""
        graph, world, linked = self._graph, self._linked.world, self._linked
        queue, seen = [content], {content}
        for node in queue:
            further = [graph.source[edge] for edge in graph.incoming.get(node, ())]
            if world.nodes[node].kind == Kind.CALL:
                number = world.call_of(node)
                receiver = linked.receiver_of(number)
                if self._asks(number, receiver, opened):
                    return True
                further += [receiver, *(given for _, given in linked.argument_nodes(number))]
            for source in further:
                here = source >= 0 and world.node_unit[source] == world.node_unit[content]
                if here and source not in seen and len(seen) < _STEPS:
                    seen.add(source)
                    queue.append(source)
        return False

    def _asks(self, number: int, receiver: int, opened: int) -> bool:
        name = self._linked.world.calls[number].method
        if name in _PIECES and "iter" in name:
            return True
        if number < opened:
            return False
        if any(known.startswith(_SERVERS) for known in self._linked.externals.get(number, {})):
            return True
        return name in _PIECES and receiver >= 0 and not self._is_file(receiver, opened)


def _is_binary(write: Write) -> bool:
    """Whether a file is opened for bytes."""
    opens = write.site.model.opens
    mode = write.site.constants.get(opens.mode, "") if opens is not None else ""
    return isinstance(mode, str) and "b" in mode
