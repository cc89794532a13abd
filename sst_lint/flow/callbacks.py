"""What is a function called with that was handed over? One element each time (``map``), all that one argument holds
(``Thread(target=f, args=(a, b))``), or the rest of the arguments (``pool.submit(f, a, b)``)."""

from __future__ import annotations

from sst_lint.catalogue.model import Model
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.callees import Callees
from sst_lint.flow.sites import Site
from sst_lint.flow.world import Function

#: The arguments that no parameter of the model names.
_THE_REST = "*"


class Callbacks(Callees):
    """Binds the arguments of callbacks."""

    def give_arguments(self, call: int, elements: int, function: Function, bound: bool) -> None:
        """As the base does, where the model says of no argument that it holds all of those of the callback."""
        sites = self.sites_of.get(call, ())
        together = [s.ports[port] for s in sites for port in s.model.arguments if port in s.given]
        if together:
            self._give_together(call, together, function, bound)
        elif any(port == _THE_REST for site in sites for _, port in site.model.callback):
            self._match(self._rest_of(call), function, -1 if bound else -2, call + 1)
        else:
            super().give_arguments(call, elements, function, bound)

    def call_back_library(self, call: int, model: Model, elements: int, result: int) -> None:
        """As the base does. A function that is named here and runs with the rest of the arguments does all that its
        model says."""
        sites = [site for site in self.sites_of.get(call, ()) if site.model.spawns]
        ports = [
            site.ports.get(port, -1) for site in sites for port, given in site.model.callback if given == _THE_REST
        ]
        nodes = self.world.nodes
        for node in ports:
            named = node >= 0 and nodes[node].kind not in (Kind.PARAM, Kind.CELL)
            receiver = self._base_of(node) if named and nodes[node].kind == Kind.ATTR else -1
            if named and (not model.method or (receiver >= 0 and not self._is_type(receiver))):
                rest = tuple(self._rest_of(call))
                given = {"return": result, "self": receiver if model.method else -1}
                self.apply_at(Site(call, model, *self.placed(model, rest, given), self.weak > 0, rest))
                return
        super().call_back_library(call, model, elements, result)

    def _is_type(self, node: int) -> bool:
        """Whether a value is a class, of which a method is named: ``str.join`` has its object among the arguments."""
        return any(value[0] in ("x", "c") for value in self.values(node))

    def _give_together(self, call: int, together: list[int], function: Function, bound: bool) -> None:
        params = list(zip(function.record.params, function.params, strict=True))[1 if bound else 0 :]
        for index, (param, node) in enumerate(params):
            for given in together:
                self.add_edge(given, node, Op.LOAD, f"#{index}", call + 1)
                self.add_edge(given, node, Op.LOAD, f"'{param.name}", call + 1)

    def _rest_of(self, call: int) -> list[tuple[str, int]]:
        given, models = self.argument_nodes(call), [site.model for site in self.sites_of[call]]
        first = max(len(model.params) for model in models)
        named = {name for model in models for name in (*model.params, *model.keywords)}
        return [a for a in given if not a[0]][first:] + [a for a in given if a[0] and a[0] not in named]


__all__ = ["Callbacks"]
