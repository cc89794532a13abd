"""What do the options of a command hold? ``parser.add_argument("--out", type=FileType("w"))`` and
``set_defaults(run=f)`` say what ``args.out`` and ``args.run`` are, wherever the parsed arguments come.

An option is one place for each file that declares it. A read means the option of its own file; where that has none of
the name, the one that a single other file has.
"""

from __future__ import annotations

from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.flow.library import LibraryIndex
from sst_lint.flow.modules import Modules
from sst_lint.flow.registered import Registered
from sst_lint.flow.values import Value
from sst_lint.flow.world import World

#: Gives the parsed arguments; gives them beside what is left.
_PARSES, _PARSES_SOME = "argparse.ArgumentParser.parse_args", "argparse.ArgumentParser.parse_known_args"
_ANNOTATED: Value = ("t", "argparse.Namespace")
_DECLARES, _SETS = "add_argument", "set_defaults"
#: What these actions leave is a list of what was given each time, or counted.
_GATHERS = frozenset({"append", "extend"})
#: What stands for a file that argparse opens.
_OPENED: Value = ("t", "typing.IO")


class CommandLine(Registered):
    """Binds the attributes of parsed arguments."""

    def __init__(self, world: World, modules: Modules, library: LibraryIndex) -> None:
        super().__init__(world, modules, library)
        self._options: dict[str, dict[int, int]] = {}  #: name -> file -> the node of the option

    def hand_over(self) -> None:
        """As the base does; the options that calls declare are noted."""
        super().hand_over()
        for number, call in enumerate(self.world.calls):
            if call.method == _DECLARES:
                self._declare(number)
            elif call.method == _SETS:
                for slot, node in self.argument_nodes(number):
                    if slot not in ("", "*", "**"):
                        self.add_edge(node, self._option(number, slot))

    def _declare(self, number: int) -> None:
        given = self.argument_nodes(number)
        named = {slot: node for slot, node in given if slot}
        flags = [self._text(node) for slot, node in given if slot == ""]
        name = self._text(named["dest"]) if "dest" in named else _name_of(flags)
        if not name.isidentifier():
            return
        option = self._option(number, name)
        if "default" in named:
            self.add_edge(named["default"], option)
        if "type" in named:
            made = option
            if "nargs" in named or ("action" in named and self._text(named["action"]) in _GATHERS):
                made = self._step_node(number, "made")
                self.add_edge(made, option, Op.STORE)
            self._callbacks.add(named["type"], (number, -1, made))
            for value in self.values(named["type"]):
                self._call_back(number, -1, made, value)

    def _text(self, node: int) -> str:
        record = self.world.nodes[node]
        return record.name if record.kind == Kind.TEXT else ""

    def _option(self, number: int, name: str) -> int:
        """The place of an option that call ``number`` speaks of."""
        file = self.world.units[self.world.call_unit[number]][0]
        known = self._options.setdefault(name, {})
        if file not in known:
            known[file] = self.world.add_node(
                Kind.VALUE, self.world.call_unit[number], self.world.nodes[self.result_of(number)], "option"
            )
        return known[file]

    def _call_back(self, call: int, elements: int, result: int, value: Value) -> None:
        """As the base does; argparse opens what it is told to open."""
        super()._call_back(call, elements, result, value)
        if value[0] == "h" and self.world.calls[call].method == _DECLARES:
            self.add_value(result, value)
            self.add_value(result, _OPENED)

    def bind_external(self, number: int, name: str) -> None:
        """As the base does; what is parsed is known by the call that parses it."""
        super().bind_external(number, name)
        if name == _PARSES:
            self.add_value(self.result_of(number), ("o", number))
        elif name == _PARSES_SOME:
            self.add_element(self.result_of(number), ("o", number, "#0"))

    def bind_attribute(self, node: int, value: Value) -> None:
        """As the base does; an attribute of parsed arguments is what an option holds."""
        super().bind_attribute(node, value)
        if value[0] == "o" or value == _ANNOTATED:
            places = self._options.get(self.world.nodes[node].name, {})
            file = self.file_of(node)
            if file in places or len(places) == 1:
                self.add_edge(places[file] if file in places else next(iter(places.values())), node)


def _name_of(flags: list[str]) -> str:
    """What argparse calls an option with these flags."""
    long = [flag for flag in flags if flag.startswith("--")]
    return next(iter(long or flags), "").lstrip("-").replace("-", "_")


__all__ = ["CommandLine"]
