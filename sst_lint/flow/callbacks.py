"""What is a function called with that was handed over? One element each time (``map``), all that one argument holds
(``Thread(target=f, args=(a, b))``), or the rest of the arguments (``pool.submit(f, a, b)``)."""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.flow.callees import Callees
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
