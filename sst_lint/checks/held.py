"""Is what an object holds in an attribute taken for what it gives to a loop? Then the way forgot what it carried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op

if TYPE_CHECKING:
    from sst_lint.flow import Project

#: What goes through the elements of something.
_RUNS = frozenset({Op.COPY, Op.LOOP, Op.SORT, Op.PAIRED, Op.KEYED, Op.SETTED})
#: What leaves what something holds where it is.
_KEEPS = frozenset({Op.SAME, Op.ONLY_VALUE, Op.AS_DICT, Op.AS_LIST, Op.AS_SET, Op.NOT_SET, Op.NOT_DICT, Op.NOT_LIST})
_MERGES = frozenset({Op.MAP, Op.MERGE})


def is_taken_for_elements(project: Project, path: tuple[tuple[int, int], ...]) -> bool:
    """Whether a way goes into an attribute of an object of the program, and on through a loop over the object: what a
    loop gets are its elements, of which ``__iter__`` would tell."""
    graph = project.graph
    held: list[str] = []  #: the keys and attributes under which it lies, the outermost last
    for _, edge in path:
        if edge < 0 or graph.op[edge] in _KEEPS:
            continue
        op, top = graph.op[edge], held[-1] if held else ""
        own = top.startswith(".")
        if op == Op.STORE:
            key = graph.key[edge]
            held.append(key if not key.startswith(".") or _is_object(project, graph.target[edge]) else "'" + key)
        elif own and (op in _RUNS or op in (Op.ITER, Op.VIEW, Op.PAIRS)):
            return True
        elif op in (Op.LOAD, Op.ITER) and held:
            held.pop()
        elif op == Op.PAIRS and held:
            held[-1:] = ["#1", ""]
        elif op not in _RUNS and op != Op.VIEW and not (op in _MERGES and not own):
            return False
    return False


def _is_object(project: Project, node: int) -> bool:
    return any(value[0] == "i" for value in project.linked.values(node))
