"""What is a function called with that was handed over? One element each time (``map``), all that one argument holds
(``Thread(target=f, args=(a, b))``), or the rest of the arguments (``pool.submit(f, a, b)``)."""

from __future__ import annotations

from collections.abc import Sequence

from sst_lint.catalogue.model import Model
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.callees import Callees
from sst_lint.flow.sites import Site
from sst_lint.flow.values import Value
from sst_lint.flow.world import Function

#: The arguments that no parameter of the model names.
_THE_REST = "*"


class Callbacks(Callees):
    """Binds the arguments of callbacks."""

    def _call_back(self, call: int, elements: int, result: int, value: Value) -> None:
        """As the base does; a ``functools.partial`` brings its arguments with it."""
        if value[0] != "p":
            super()._call_back(call, elements, result, value)
            return
        stored = self.argument_nodes(value[1])
        for held in self.values(stored[0][1]) if stored else ():
            model = self.library.model(held[1]) if held[0] == "x" else None
            if model is not None:
                self.call_back_library(call, model, elements, result, stored[1:])
            for function, bound in self.functions_of(held):
                self.give_arguments(call, elements, function, bound, stored[1:])
                self.callees.setdefault(call, {})[function.scope] = bound
                self.add_edge(function.returns, result, Op.SAME, "", -(call + 1))

    def give_arguments(
        self, call: int, elements: int, function: Function, bound: bool, stored: Sequence[tuple[str, int]] = ()
    ) -> None:
        """By the model: all that one argument holds, the rest of the arguments, or one element of each iterable."""
        sites, receiver = self._sites_called(call), -1 if bound else -2
        together = [s.ports[port] for s in sites for port in s.model.arguments if port in s.given]
        takes_rest = any(port == _THE_REST for site in sites for _, port in site.model.callback)
        first, named = [a for a in stored if not a[0]], [a for a in stored if a[0]]
        rest = self._rest_of(call) if takes_rest and not together else []
        if rest or stored:
            self._match([*first, *rest, *named], function, receiver, call + 1)
        params = list(zip(function.record.params, function.params, strict=True))[(1 if bound else 0) + len(first) :]
        free = [(param.name, node) for param, node in params if param.name not in dict(named)]
        if together:
            self._give_together(call, together, free)
        elif elements >= 0 and any(site.model.unpacks for site in sites):
            each = self._step_node(call, "each")
            self.add_edge(elements, each, Op.LOAD)
            self._give_together(call, [each], free)
        elif not takes_rest and elements >= 0:
            for (_, node), each in zip(free, (elements, *self._more_elements(call)), strict=False):
                self.add_edge(each, node, Op.LOAD, "", call + 1)

    def call_back_library(
        self, call: int, model: Model, elements: int, result: int, stored: Sequence[tuple[str, int]] = ()
    ) -> None:
        """As the base does. A function that is named here and runs with the rest of the arguments does all that its
        model says."""
        nodes = self.world.nodes
        for site in [site for site in self._sites_called(call) if site.model.spawns]:
            for port in [port for port, given in site.model.callback if given == _THE_REST]:
                node = site.ports.get(port, -1)
                named = node >= 0 and nodes[node].kind not in (Kind.PARAM, Kind.CELL)
                receiver = self._base_of(node) if named and nodes[node].kind == Kind.ATTR else -1
                if named and (not model.method or (receiver >= 0 and not self._is_type(receiver))):
                    first, after = [a for a in stored if not a[0]], [a for a in stored if a[0]]
                    rest = (*first, *self._rest_of(call), *after)
                    given = {"return": result, "self": receiver if model.method else -1}
                    self.apply_at(Site(call, model, *self.placed(model, rest, given), self.weak > 0, rest))
                    return
        if all(slot for slot, _ in stored):  # else an element is not what its first parameter gets
            super().call_back_library(call, model, elements, result)

    def _is_type(self, node: int) -> bool:
        """Whether a value is a class, of which a method is named: ``str.join`` has its object among the arguments."""
        return any(value[0] in ("x", "c") for value in self.values(node))

    def _give_together(self, call: int, together: Sequence[int], free: Sequence[tuple[str, int]]) -> None:
        for index, (name, node) in enumerate(free):
            for given in together:
                self.add_edge(given, node, Op.LOAD, f"#{index}", call + 1)
                self.add_edge(given, node, Op.LOAD, f"'{name}", call + 1)

    def _sites_called(self, call: int) -> list[Site]:
        """What is called itself, without what was handed to it."""
        return [site for site in self.sites_of.get(call, ()) if site.handed is None]

    def _more_elements(self, call: int) -> list[int]:
        """The iterables behind the first one: ``map(f, xs, ys)``."""
        more = {port: node for site in self._sites_called(call) for port, node in site.ports.items() if port[:1] == "*"}
        return [more[port] for port in sorted(more, key=len) if port != "*"]

    def _rest_of(self, call: int) -> list[tuple[str, int]]:
        given, models = self.argument_nodes(call), [site.model for site in self._sites_called(call)]
        first = max(len(model.params) for model in models)
        named = {name for model in models for name in (*model.params, *model.keywords)}
        return [a for a in given if not a[0]][first:] + [a for a in given if a[0] and a[0] not in named]


__all__ = ["Callbacks"]
