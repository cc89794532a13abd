"""Which commands make one thing of many, in the order in which those are named? Archivers, linkers, ``cat``."""

from __future__ import annotations

from collections.abc import Iterator

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations

#: What starts other programs.
STARTS = ("subprocess.", "os.system", "os.popen", "os.exec", "os.spawn", "asyncio.create_subprocess")
_COMBINES = frozenset(
    "7z 7za ar bsdtar c++ cat cc clang clang++ convert cpio g++ gcc genisoimage gfortran gtar jar ld mkisofs "
    "mksquashfs montage nvcc pdftk pdfunite qpdf rar sox tar xorriso zip".split()
)
_KEEPS = frozenset({Op.SAME, Op.COPY, Op.TEXT})
_NEAR = 40


def combining(linked: Mutations, graph: Graph) -> Iterator[tuple[int, int, str]]:
    """(call, node of its command, program) of the commands whose result keeps the order of what they are given."""
    for call, names in linked.externals.items():
        arguments = linked.argument_nodes(call)
        if arguments and any(name.startswith(STARTS) for name in names):
            slot, command = arguments[0]
            program = _program(linked, graph, command) if slot in ("", "args") else ""
            if program in _COMBINES:
                yield call, command, program


def _program(linked: Mutations, graph: Graph, command: int) -> str:
    """The name of the program that ``command``, a text or a list, begins with, as far as it is written down."""
    nodes = linked.world.nodes
    near = [command]
    for node in near:
        record = nodes[node]
        if record.kind == Kind.TEXT:
            words = record.name.split()
            return words[0].rpartition("/")[2] if words and "\x00" not in words[0] else ""
        edges = graph.incoming.get(node, ())
        for edge in sorted(edges)[:1] if record.kind == Kind.BINOP else edges:  # of a sum the left side
            first = graph.op[edge] == Op.STORE and graph.key[edge] == "#0"
            if (first or graph.op[edge] in _KEEPS) and graph.source[edge] not in near and len(near) < _NEAR:
                near.append(graph.source[edge])
    return ""
