"""What does a call ask for that is answered out of a mapping? ``config.get("Folder")`` gives what stands there."""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.coherence import key_asked
from sst_lint.flow.graph import Graph
from sst_lint.flow.mutation import Mutations


def asked_for(linked: Mutations, graph: Graph, number: int) -> str:
    """The key that a call gives to a function which returns what stands under it, "" if it calls another one: of what
    that is, the key tells, and the name of the function does not."""
    functions = linked.world.functions
    scopes = [scope for scope in linked.callees.get(number, ()) if scope in functions]
    keys = {_key(linked, graph, number, functions[scope].returns) for scope in scopes}
    return keys.pop() if len(keys) == 1 else ""


def _key(linked: Mutations, graph: Graph, number: int, returns: int) -> str:
    nodes = linked.world.nodes
    into = [edge for edge in graph.incoming.get(returns, ()) if graph.op[edge] == Op.SAME and not graph.label[edge]]
    asked = {key_asked(linked, graph.source[edge]) for edge in into}
    asked = {param for param in asked if param >= 0}
    given = [a for a, p, _ in linked.bindings.get(number, ()) if p in asked]
    written = nodes[given[0]] if len(given) == 1 else None
    return written.name if written is not None and written.kind == Kind.TEXT else ""


__all__ = ["asked_for"]
