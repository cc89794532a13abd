"""What does a template read of the objects that it is handed? Its text is somewhere else, so all that they show.

``template.render(order=order)``: the template asks ``order`` for its fields and properties, calls those of its methods
that nobody else calls, and asks what it finds there for theirs. Names that begin with an underscore are nobody else's;
what a method is given only the template knows. For each class there is one node that stands for what its objects show,
by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from sst_lint.config import Config
from sst_lint.config.patterns import matches
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind, Node

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations

#: So many classes deep a template is taken to read: an order, its lines, the dish of each of them.
DEEP = 2
#: The name of what an object shows, and where it stands: where the class begins.
_SHOWN = "shown"
OF_A_CLASS = Node(int(Kind.VALUE), "", line=1, column=1)


def read_by_templates(linked: Mutations) -> None:
    """Add the reads of all objects that templates are handed; to be called once values have settled."""
    if linked.templated:
        Templates(linked).add()


def reads_deep(linked: Mutations, path: Sequence[tuple[int, int]]) -> bool:
    """Whether a way goes through what an object shows that lies in another one: few templates look so far."""
    nodes = linked.world.nodes
    return sum(nodes[node].kind == Kind.VALUE and nodes[node].name == _SHOWN for node, _ in path) > 1


def classes_held(linked: Mutations, node: int) -> list[int]:
    """The classes of the program whose objects a node holds, itself or inside."""
    held = (value for level in linked.levels(node) for value in level)
    return list(dict.fromkeys(int(value[1]) for value in held if value[0] == "i"))


class Templates:
    """The objects that the templates of a linked program read."""

    def __init__(self, linked: Mutations) -> None:
        self._linked = linked
        self._shown: dict[tuple[int, int], int] = {}  #: (class, how many classes deep) -> the node of what it shows
        self._fields: dict[int, list[tuple[str, int]]] = {}
        for node, (cls, name) in linked.field_nodes.items():
            self._fields.setdefault(cls, []).append((name, node))

    @cached_property
    def _asked(self) -> frozenset[str]:
        """The names under which the program itself asks for something."""
        nodes = self._linked.world.nodes
        return frozenset(nodes[node].name for node in self._linked.world.of_kind(Kind.ATTR))

    @cached_property
    def _searched(self) -> frozenset[str]:
        """The attributes in which the program itself looks whether something is there."""
        world = self._linked.world
        return frozenset(
            facts.nodes[one].name
            for _, _, facts in world.units
            for _, one in facts.members
            if facts.nodes[one].kind == Kind.ATTR
        )

    def add(self) -> None:
        """Add the edges, from what the objects show to the text that the template makes."""
        linked = self._linked
        for given, text in sorted(linked.templated):
            for cls in classes_held(self._linked, given):
                shown = self._shows(cls, DEEP)
                linked._edge(shown, text, Op.TEXT_SORTED)
                linked.templated.add((shown, text))
        linked.run()

    def _shows(self, cls: int, depth: int) -> int:
        """The node of what objects of a class show, as many classes deep."""
        linked, world = self._linked, self._linked.world
        known = self._shown.get((cls, depth))
        if known is not None:
            return known
        unit = world.classes[cls].unit
        shown = self._shown[(cls, depth)] = world.add_node(Kind.VALUE, unit, OF_A_CLASS, _SHOWN)
        called = self._methods(cls) if depth == DEEP else ()
        for name, node in (*self._public_fields(cls), *self._properties(cls), *called):
            linked._edge(node, shown, Op.STORE, "'" + name)
            for other in classes_held(self._linked, node):
                for each in linked.find_method(other, "__iter__"):  # as if it were a list
                    linked._edge(linked.read_alone(each, Op.SAME), shown, Op.STORE, "'" + name)
                if depth > 1:
                    linked._edge(self._shows(other, depth - 1), shown, Op.STORE, "'" + name)
        return shown

    def _public_fields(self, cls: int) -> Iterator[tuple[str, int]]:
        """What each object of a class has for itself: what all of them share is for the class to look things up, and so
        is a set in which the program looks itself."""
        linked = self._linked
        for one in linked.mro(cls):
            declared = {name for name, kind, _ in linked.world.classes[one].fields if "ClassVar" not in kind}
            for name, node in self._fields.get(one, ()):
                if name.startswith("_") or (name not in declared and linked.is_shared(node)):
                    continue
                if name in self._searched:
                    shown = linked.world.add_node(Kind.VALUE, linked.world.classes[one].unit, OF_A_CLASS, name)
                    linked._edge(node, shown, Op.NOT_SET)
                    yield name, shown
                else:
                    yield name, node

    def _properties(self, cls: int) -> Iterator[tuple[str, int]]:
        """What the properties of a class give back, each at a node of its own. A set for which the program asks itself
        is not made for a template, and hardly looked through there."""
        linked = self._linked
        names = dict.fromkeys(name for one in linked.mro(cls) for name in linked.world.classes[one].methods)
        for name in names:
            for function in linked.find_method(cls, name) if not name.startswith("_") else ():
                if linked.role(function) == "property":
                    yield name, linked.read_alone(function, Op.NOT_SET if name in self._asked else Op.SAME)

    def _methods(self, cls: int) -> Iterator[tuple[str, int]]:
        """What the methods of a class give back of whose names the program itself makes no use, but in its tests: they
        are there for the template."""
        linked = self._linked
        names = dict.fromkeys(name for one in linked.mro(cls) for name in linked.world.classes[one].methods)
        for name in names:
            for function in linked.find_method(cls, name) if not name.startswith("_") else ():
                if linked.role(function) == "method" and name not in self._used:
                    yield name, linked.read_alone(function, Op.SAME)

    @cached_property
    def _used(self) -> frozenset[str]:
        """The names of attributes that the program makes use of outside of its tests, and of methods that call those
        of the same name of their base."""
        world, tests = self._linked.world, Config().test_patterns
        return frozenset(
            world.nodes[node].name
            for node in world.of_kind(Kind.ATTR)
            if not matches(world.path_of_unit(world.node_unit[node]), tests)
        )


__all__ = ["DEEP", "OF_A_CLASS", "classes_held", "read_by_templates", "reads_deep"]
