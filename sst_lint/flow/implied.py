"""Which methods run although nobody calls them? ``str(x)`` runs ``__str__``, a loop over ``x`` runs ``__iter__``,
``hash(x)`` runs ``__hash__``."""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.calls import Calls
from sst_lint.flow.codes import places
from sst_lint.flow.world import Function

_TEXTS = ("__str__", "__repr__")
_OF_TEXTS, _ARE_TEXTS = ("builtins.str.", "builtins.bytes."), ("builtins.str", "builtins.bytes")
_METHODS: dict[int, tuple[str, ...]] = {
    Op.TEXT: _TEXTS,
    Op.LOOP: ("__iter__",),
    Op.ITER: ("__iter__",),
    Op.COPY: ("__iter__",),
}
#: Of more methods nobody knows which one it is.
_MOST = 3


class Implied(Calls):
    """Adds the calls that operations make of the methods of objects of the program."""

    first_implied: int = 0  #: the labels of such calls begin with this one
    run_for: dict[int, int]  #: label of such a call -> the object whose method it is

    def imply(self) -> None:
        """To be called once values have settled."""
        self.first_implied = self._label + 1
        self.run_for = {}
        edges = self.edges
        by_repr = {self.result_of(number) for number in self._calls_to("builtins.repr")}
        for number in places(edges.op, *_METHODS):
            source, target = edges.source[number], edges.target[number]
            if edges.label[number] or (source, target) in self.rendered_whole or self._is_made_text(source):
                continue
            names = _METHODS[edges.op[number]]
            if names is _TEXTS and target in by_repr:
                names = ("__repr__",)
            for function in self._methods_behind(source, names):
                self._run_method(source, target, edges.op[number], function)
        for number in self._calls_to("builtins.hash"):
            for _, hashed in self.argument_nodes(number)[:1]:
                for function in self._methods_behind(hashed, ("__hash__",)):
                    self._run_method(hashed, self.result_of(number), Op.SAME, function)
        self.run()

    def _is_made_text(self, node: int) -> bool:
        """Whether a method of texts has made a value: then it is one, whatever else came to that method."""
        if self.world.nodes[node].kind != Kind.CALL:
            return False
        number = self.world.call_of(node)
        sites = () if number in self.callees else self.sites_of.get(number, ())
        return any(site.model.name.startswith(_OF_TEXTS) and site.model.returns in _ARE_TEXTS for site in sites)

    def _calls_to(self, name: str) -> list[int]:
        return [number for number, names in self.externals.items() if name in names]

    def _methods_behind(self, node: int, names: tuple[str, ...]) -> list[Function]:
        found: dict[int, Function] = {}
        for kind, cls in self.values(node):
            if kind == "i":
                methods = next((m for m in (self.find_method(cls, name) for name in names) if m), [])
                found.update({function.scope: function for function in methods})
        return list(found.values()) if len(found) <= _MOST else []

    def _run_method(self, source: int, target: int, op: int, function: Function) -> None:
        self._label += 1
        self.run_for[self._label] = source
        if function.params:
            self.add_edge(source, function.params[0], Op.SAME, "", self._label)
        self.add_edge(function.returns, target, op, "", -self._label)
