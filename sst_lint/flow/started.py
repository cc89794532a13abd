"""Which functions are started on their own, as a task, a thread or a process? Nobody stands above them."""

from __future__ import annotations

from sst_lint.facts.records import Kind
from sst_lint.flow.mutation import Mutations

#: They take a coroutine, or a function, and run it apart from who calls.
_STARTERS = frozenset(
    "create_task ensure_future run_until_complete run_coroutine_threadsafe spawn start_soon start_new_thread "
    "call_soon_threadsafe Thread Process".split()
)


class Started:
    """Answers for the functions of a linked program."""

    def __init__(self, linked: Mutations) -> None:
        self._scopes: dict[int, None] = {}
        world = linked.world
        for number, call in enumerate(world.calls):
            base = world.node_base[world.call_unit[number]]
            if (call.method or world.nodes[base + call.callee].name) not in _STARTERS:
                continue
            for _, node in linked.argument_nodes(number):
                for value in linked.values(node):
                    if value[0] in ("f", "b"):
                        self._scopes[value[1]] = None
                made = world.call_of(node) if world.nodes[node].kind == Kind.CALL else -1
                for scope in linked.callees.get(made, ()) if made >= 0 else ():
                    self._scopes[scope] = None

    def holds(self, scope: int) -> bool:
        """Whether a function (its global scope) is started on its own somewhere."""
        return scope in self._scopes
