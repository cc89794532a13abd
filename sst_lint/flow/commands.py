"""Which commands make one thing of many, in the order in which those are named? Archivers, linkers, ``cat``; and
``patch``, each run of which changes what those before it have left."""

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
#: Libraries that offer programs as functions.
_OFFERS = ("sh.", "plumbum.cmd.")
#: Programs whose runs build on each other, with the word among their first ones that says so.
_APPLIES = {
    "patch": frozenset({"patch"}),
    "git": frozenset({"apply", "am", "cherry-pick"}),
    "hg": frozenset({"import"}),
    "quilt": frozenset({"import"}),
}
_FIRST_WORDS = 5
_KEEPS = frozenset({Op.SAME, Op.COPY, Op.TEXT})
_NEAR = 40


def combining(linked: Mutations, graph: Graph) -> Iterator[tuple[int, int, str]]:
    """(call, node of its command, program) of the commands whose result keeps the order of what they are given."""
    for call, names in linked.externals.items():
        arguments = linked.argument_nodes(call)
        if arguments and any(name.startswith(STARTS) for name in names):
            slot, command = arguments[0]
            for given in _given(linked, graph, command) if slot in ("", "args") else ():
                program = _program(linked, graph, given)
                if program in _COMBINES:
                    yield call, given, program
    yield from _called_by_name(linked)


def _called_by_name(linked: Mutations) -> Iterator[tuple[int, int, str]]:
    """``sh.zip(target, *names)``, ``run(sh.zip, target, *names)``: libraries that offer programs as functions."""
    world = linked.world
    programs = {
        node: world.nodes[node].name
        for node in world.of_kind(Kind.ATTR, Kind.NAME)
        if world.nodes[node].name in _COMBINES
        and any(("x", start + world.nodes[node].name) in linked.values(node) for start in _OFFERS)
    }
    for call in range(len(world.calls)) if programs else ():
        arguments = linked.argument_nodes(call)
        program = programs.get(linked.callee_of(call), "")
        if not program and arguments:
            program, arguments = programs.get(arguments[0][1], ""), arguments[1:]
        if program:
            yield from ((call, node, program) for slot, node in arguments if slot in ("", "*"))


def _given(linked: Mutations, graph: Graph, command: int) -> list[int]:
    """The command that is started; what the callers of a function hand over, if it starts just what it is told to."""
    if linked.world.nodes[command].kind != Kind.PARAM:
        return [command]
    edges = [edge for edge in graph.incoming.get(command, ()) if graph.label[edge] and graph.op[edge] == Op.SAME]
    return [graph.source[edge] for edge in edges] or [command]


def applying(linked: Mutations, graph: Graph) -> Iterator[tuple[int, int, str]]:
    """(call, node of the loop that it runs in, program) of the commands whose runs build on each other."""
    for call, names in linked.externals.items():
        arguments = linked.argument_nodes(call)
        if arguments and any(name.startswith(STARTS) for name in names) and arguments[0][0] in ("", "args"):
            command = arguments[0][1]
            program = _program(linked, graph, command)
            if program in _APPLIES and not _APPLIES[program].isdisjoint(_first_words(linked, graph, command)):
                for loop in _loops(linked, call):
                    yield call, loop, program


def _loops(linked: Mutations, call: int) -> Iterator[int]:
    """The loop in which a call stands, else those in which its function is called."""
    world = linked.world
    calls = [call] if world.calls[call].loop >= 0 else linked._callers.get(world.scope_of_call(call), ())
    for number in calls:
        unit, loop = world.call_unit[number], world.calls[number].loop
        node = world.units[unit][2].loops[loop].node if loop >= 0 else -1
        if node >= 0:
            yield world.node_base[unit] + node


def _first_words(linked: Mutations, graph: Graph, command: int) -> list[str]:
    """The first words of ``command``, a text or a list, as far as they are written down."""
    nodes = linked.world.nodes
    near = [command]
    for node in near:
        if nodes[node].kind == Kind.TEXT:
            return nodes[node].name.split()[:_FIRST_WORDS]
        for edge in graph.incoming.get(node, ()):
            if graph.op[edge] in _KEEPS and graph.source[edge] not in near and len(near) < _NEAR:
                near.append(graph.source[edge])
        keys = {graph.key[e]: nodes[graph.source[e]] for e in graph.incoming.get(node, ()) if graph.op[e] == Op.STORE}
        if "#0" in keys:
            words = [keys.get(f"#{number}") for number in range(_FIRST_WORDS)]
            return [word.name for word in words if word is not None and word.kind == Kind.TEXT]
    return []


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
