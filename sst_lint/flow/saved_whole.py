"""What is written of an object that is saved as a whole? ``pickle.dump(self, file)`` writes all that its fields hold,
and so does ``json.dump(self, file, default=vars)``.

Who made the object and filled it may stand elsewhere, or in no file of the program: a library is used by others. So the
fields of its class are read here, as ``self.name`` would read them, and those of the objects that lie in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.by_name import OPENS
from sst_lint.flow.calls import ATTRIBUTES
from sst_lint.flow.classes import OVERRIDES
from sst_lint.flow.templates import DEEP, OF_A_CLASS, classes_held

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations
    from sst_lint.flow.sites import Site
    from sst_lint.flow.world import Function

#: Formats that keep objects of any class, whichever library writes them, unless a function refuses objects.
_OF_OBJECTS = frozenset({"pickle", "yaml"})
_RENDERS = frozenset({Op.TEXT, Op.TEXT_SORTED, Op.JSON, Op.JSON_SORTED})
#: A class with one of these says itself what is written of it.
_STATE, _STATES = "__getstate__", ("__reduce__", "__reduce_ex__", "__getnewargs__")
#: The method of an encoder that is asked for objects that it does not know.
_HOOK = "default"
#: Of an object that may be of more classes than this it is not asked what it holds.
_MOST = 3
#: How what objects hold is called among the nodes.
SAVED = "saved"


def save_whole(linked: Mutations) -> None:
    """Add the reads of all that objects hold which a serializer writes; to be called once values have settled."""
    saved = Saved(linked)
    for site in tuple(linked.sites):
        if _keeps_objects(site) or _opens_objects(linked, site):
            saved.add(site)
    linked.run()


class Saved:
    """What the objects of each class hold, all in one place, by name."""

    def __init__(self, linked: Mutations) -> None:
        self._linked = linked
        self._held: dict[tuple[int, int], int] = {}  #: (class, how many classes deep) -> the node of what it holds
        self._fields: dict[int, dict[str, int]] = {}
        for node, (cls, name) in linked.field_nodes.items():
            self._fields.setdefault(cls, {})[name] = node

    def add(self, site: Site) -> None:
        """What a call is given to write shows all that its objects hold."""
        linked = self._linked
        for text in dict.fromkeys((linked.contents.get((site.call, ""), -1), site.ports["return"])):
            for edge in tuple(linked._incoming.get(text, ())):
                op = linked.edges.op[edge]
                if op not in _RENDERS or linked.edges.label[edge]:
                    continue
                if len(classes_held(linked, linked.edges.source[edge])) > _MOST:
                    continue  # whatever somebody hands over: nobody knows which of them it is
                for cls in _may_be(linked, linked.edges.source[edge]):
                    held = self.held_by(cls, DEEP)
                    linked._edge(held, text, Op(op))
                    linked.rendered_whole.add((held, text))

    def held_by(self, cls: int, depth: int) -> int:
        """The node of what objects of a class hold, as many classes deep."""
        linked, world = self._linked, self._linked.world
        known = self._held.get((cls, depth))
        if known is not None:
            return known
        held = self._held[(cls, depth)] = world.add_node(Kind.VALUE, world.classes[cls].unit, OF_A_CLASS, SAVED)
        for function in linked.find_method(cls, _STATE):
            linked._edge(linked.read_alone(function, Op.SAME), held, Op.SAME)
        for name, node in self._own(cls):
            linked._edge(node, held, Op.STORE, "'" + name)
            for other in classes_held(linked, node) if depth > 1 else ():
                linked._edge(self.held_by(other, depth - 1), held, Op.STORE, "'" + name)
        return held

    def _own(self, cls: int) -> Iterator[tuple[str, int]]:
        """What each object of a class has for itself; nothing where the class says what is written. What is called
        ``__name__`` is the class's."""
        linked = self._linked
        if any(linked.find_method(cls, name) for name in (_STATE, *_STATES)):
            return
        for one in linked.mro(cls):
            known = self._fields.setdefault(one, {})
            declared = [name for name, kind, _ in linked.world.classes[one].fields if "ClassVar" not in kind]
            for name in declared:
                if name not in known:  # nobody asks for it, but it is written
                    known[name] = linked.field_node(one, name)
            linked.run()
            for name, node in known.items():
                if not name.startswith("__") and (name in declared or not linked.is_shared(node)):
                    yield name, node


def _keeps_objects(site: Site) -> bool:
    """Whether a call writes objects of any class, with all that they hold."""
    model = site.model
    formats = {model.format, model.writes.format if model.writes is not None else ""}
    return not model.refuses_objects and not _OF_OBJECTS.isdisjoint(formats)


def _opens_objects(linked: Mutations, site: Site) -> bool:
    """Whether a serializer is given a function that gives all that an object holds (``vars``, or one that reads its
    ``__dict__``), or an encoder that does."""
    if not site.model.default_param:
        return False
    for port in (site.ports.get(site.model.default_param, -1), site.ports.get("cls", -1)):
        for kind, value in linked.values(port) if port >= 0 else ():
            functions = [linked.world.functions.get(value)] if kind == "f" else []
            functions += linked.find_method(value, _HOOK) if kind == "c" else []
            if (kind == "x" and value == OPENS) or any(f is not None and _opens(linked, f) for f in functions):
                return True
    return False


def _opens(linked: Mutations, function: Function) -> bool:
    """Whether a function gives back all that an object holds."""
    world = linked.world
    for edge in linked._incoming.get(function.returns, ()):
        source = linked.edges.source[edge]
        record = world.nodes[source]
        if record.kind == Kind.ATTR and record.name == ATTRIBUTES:
            return True
        if record.kind == Kind.CALL and OPENS in linked.externals.get(world.call_of(source), ()):
            return True
    return False


def _may_be(linked: Mutations, node: int) -> list[int]:
    """The classes whose objects a node holds; what a function is given may be of one that inherits from them."""
    found = classes_held(linked, node)
    if linked.world.nodes[node].kind == Kind.PARAM:
        below = [one for cls in found for one in linked.descendants(cls)]
        found += [one for one in below if one not in found] if len(below) <= OVERRIDES else []
    return found


def is_saved_whole(linked: Mutations, path: Sequence[tuple[int, int]], deep: int = 1) -> bool:
    """Whether a way goes through all that an object holds, or one in it (``deep`` 2): one value among many, which
    nobody has picked."""
    nodes = linked.world.nodes
    return sum(nodes[node].kind == Kind.VALUE and nodes[node].name == SAVED for node, _ in path) >= deep


__all__ = ["SAVED", "is_saved_whole", "save_whole"]
