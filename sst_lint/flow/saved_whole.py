"""What is written of an object that is saved as a whole? ``pickle.dump(self, file)`` writes all that its fields hold.

Who made the object and filled it may stand elsewhere, or in no file of the program: a library is used by others. So the
fields of its class are read here, as ``self.name`` would read them, and those of the objects that lie in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Node
from sst_lint.flow.classes import OVERRIDES
from sst_lint.flow.templates import DEEP

if TYPE_CHECKING:
    from sst_lint.catalogue.model import Model
    from sst_lint.flow.mutation import Mutations
    from sst_lint.flow.sites import Site

#: The format that keeps objects of any class, whichever library writes it.
_OBJECTS = "pickle"
#: A class with one of these says itself what is written of it.
_STATES = ("__getstate__", "__reduce__", "__reduce_ex__", "__getnewargs__")
#: What an object holds, where its class begins.
_OF_A_CLASS = Node(int(Kind.VALUE), "", line=1, column=1)


def save_whole(linked: Mutations) -> None:
    """Add the reads of all that objects hold which a serializer writes; to be called once values have settled."""
    written = {node for site in linked.sites if _takes_objects(site.model) for node in _texts(linked, site)}
    given = [pair for pair in sorted(linked.rendered_whole) if pair[1] in written and _classes(linked, pair[0])]
    if given:
        saved = Saved(linked)
        for node, text in given:
            for cls in _may_be(linked, node):
                held = saved.held_by(cls, DEEP)
                linked._edge(held, text, Op.TEXT)
                linked.rendered_whole.add((held, text))
        linked.run()


class Saved:
    """What the objects of each class hold, all in one place, by name."""

    def __init__(self, linked: Mutations) -> None:
        self._linked = linked
        self._held: dict[tuple[int, int], int] = {}  #: (class, how many classes deep) -> the node of what it holds
        self._fields: dict[int, list[tuple[str, int]]] = {}
        for node, (cls, name) in linked.field_nodes.items():
            self._fields.setdefault(cls, []).append((name, node))

    def held_by(self, cls: int, depth: int) -> int:
        """The node of what objects of a class hold, as many classes deep."""
        linked, world = self._linked, self._linked.world
        known = self._held.get((cls, depth))
        if known is not None:
            return known
        held = self._held[(cls, depth)] = world.add_node(Kind.VALUE, world.classes[cls].unit, _OF_A_CLASS, "saved")
        for name, node in self._own(cls):
            linked._edge(node, held, Op.STORE, "'" + name)
            for other in _classes(linked, node) if depth > 1 else ():
                linked._edge(self.held_by(other, depth - 1), held, Op.STORE, "'" + name)
        return held

    def _own(self, cls: int) -> Iterator[tuple[str, int]]:
        """What each object of a class has for itself; nothing where the class says what is written. What is called
        ``__name__`` is the class's."""
        linked = self._linked
        if any(linked.find_method(cls, name) for name in _STATES):
            return
        for one in linked.mro(cls):
            for name, node in self._fields.get(one, ()):
                if not name.startswith("__") and not linked.is_shared(node):
                    yield name, node


def _takes_objects(model: Model) -> bool:
    """Whether a call writes objects of any class, with all that they hold."""
    return _OBJECTS in (model.format, model.writes.format if model.writes is not None else "")


def _texts(linked: Mutations, site: Site) -> tuple[int, int]:
    """What a serializer makes: what it writes into a file, and what it gives back."""
    return linked.contents.get((site.call, ""), -1), site.ports["return"]


def _may_be(linked: Mutations, node: int) -> list[int]:
    """The classes whose objects a node holds; what a function is given may be of one that inherits from them."""
    found = _classes(linked, node)
    if linked.world.nodes[node].kind == Kind.PARAM:
        below = [one for cls in found for one in linked.descendants(cls)]
        found += [one for one in below if one not in found] if len(below) <= OVERRIDES else []
    return found


def _classes(linked: Mutations, node: int) -> list[int]:
    """The classes of the program whose objects a node holds, itself or inside."""
    held = (value for level in linked.levels(node) for value in level)
    return list(dict.fromkeys(int(value[1]) for value in held if value[0] == "i"))


__all__ = ["save_whole"]
