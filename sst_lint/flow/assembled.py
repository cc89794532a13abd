"""What do objects of libraries hold that nobody has described? A workbook that is filled row by row and saved, a tree
of elements that becomes a text, records that an unknown ``write`` puts into a file.

Six things are taken from how people name what they write, each only of calls that no model knows: a method whose
result nobody takes changes its object (so does one called ``add``, whatever takes its result); a class, or what is
called ``make_...``, keeps the sequences that it is given, and a class the texts; what is called ``to_string`` tells all
of an object; what is called ``save`` and is given a path writes all that it is given; what opens a path, is filled and
closed writes it; and what is made with a file open for writing puts there what it is told.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from sst_lint.catalogue.model import Model, WriteEffect
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Call, Kind
from sst_lint.flow.codes import places
from sst_lint.flow.sites import Site

if TYPE_CHECKING:
    from sst_lint.flow.mutation import Mutations

#: Methods that make a part of their object and give it back.
_ADDS = re.compile(r"_*(add|append|insert|create|new|put|push|sub|make)(_|[A-Z]|$)")
#: What comes to the same in any order: taking away, setting something under its name, and what holds nothing.
_COMMUTES = re.compile(
    r"(?i)_*(drop|remove|delete|del|discard|pop|clear|exclude|unset|set|mark|rename|close|flush|stop|start|join|wait|lock"
    r"|unlock|release|acquire|cancel|kill|check|assert|validate|log|debug|info|warn|error|progress|tick|connect|subscribe"
    r"|register|listen)"
)
#: What puts a text into its object: others send it somewhere, or run it.
_KEEPS_TEXTS = re.compile(r"(?i)_*(add|append|insert|write|print|output|export|dump)")
#: What makes an object of what it is given: a class, or a function that says so.
_MAKES = re.compile(r"[A-Z]\w*[a-z]|_*(make|create|new|build|from)(_|[A-Z])")
#: What is called like a set holds one.
_SETS = ("Set", "FrozenSet")
#: What tells all that an object holds.
_TELLS = re.compile(
    r"(?i)_*(to|as|get)?_*(string|str|text|xml|html|json|yaml|toml|latex|markdown|csv|dot|source|code)$"
    r"|_*(to_?pretty\w+|prettif?y|dumps?|render|serialize\w*|getvalue|unparse)$"
)
#: What puts something into a file.
_SAVES = re.compile(r"(?i)_*(im|safe_|atomic_)?(save|write|dump|export|store|to_|output|serialize)")
#: What ends the writing of an object that knows its file.
_ENDS = re.compile(r"(close|save|finish|flush|end|write|finalize|commit)$")
#: Names of what says where.
_OF_PATHS = re.compile(
    r"(?i)(^|_)(path|file|filename|fname|filepath|fn|out|output|outfile|dest|destination|target|fp|fh|fout)(_?name)?$"
)
#: Modes in which a file is opened to be written.
_WRITES = re.compile(r"[wax+]")
_SUFFIX = re.compile(r"\w\.[A-Za-z]\w{0,5}$")
#: Of these it is known what their methods do; or nobody keeps what they hold.
_KNOWN = (
    "builtins.", "collections.", "typing.", "pathlib.", "io.", "os.", "sys.", "logging.", "threading.", "asyncio.",
    "multiprocessing.", "concurrent.", "queue.", "argparse.", "optparse.", "unittest.", "pytest.", "socket.", "ssl.",
    "subprocess.", "signal.", "contextlib.", "datetime.", "decimal.", "time.", "random.", "re.", "tempfile.", "types.",
    "numpy.",
)  # fmt: skip
_SEQUENCES = ("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.dict_keys")
_TEXTS = ("builtins.str", "builtins.bytes")
_PLAIN = ("builtins.str", "builtins.bytes", "builtins.int", "builtins.float", "builtins.bool")
#: So many values back from a receiver it is asked where it comes from.
_NEAR = 24


def assemble(linked: Mutations) -> None:
    """Add what calls of unknown methods put into their objects, and note what is written of them."""
    Assembled(linked).add()


class Assembled:
    """The objects of unknown libraries in a linked program."""

    def __init__(self, linked: Mutations) -> None:
        self._linked = linked
        self._foreign: dict[int, bool] = {}

    def add(self) -> None:
        """Add the edges, and the sites of what writes."""
        linked = self._linked
        for number, call in enumerate(linked.world.calls):
            if not self._is_unknown(number):
                continue
            if call.receiver >= 0 and (_ADDS.match(call.method) or not (call.used or _COMMUTES.match(call.method))):
                self._fill(number, call)
            name = self._name(number, call)
            if call.used and _MAKES.match(name) and name not in _SETS and linked.externals.get(number):
                self._take_in(number, linked.result_of(number), texts=name[:1].isupper())
            if call.used and _TELLS.match(name):
                for node in self._told(number, call):
                    self._render(node, linked.result_of(number))
            elif _SAVES.match(name):
                self._save(number, call, name)

    def _is_unknown(self, number: int) -> bool:
        """Whether a call calls nothing of the program, and nothing that a model knows but by the name of its method."""
        linked = self._linked
        if number in linked.callees or number in linked.classes_called:
            return False
        guessed = linked.library.by_method.get(linked.world.calls[number].method, ())
        if any(site.model not in guessed for site in linked.sites_of.get(number, ())):
            return False
        return not any(name.startswith(_KNOWN) for name in linked.externals.get(number, ()))

    def _name(self, number: int, call: Call) -> str:
        names = self._linked.externals.get(number, ())
        return call.method or next((name.rpartition(".")[2] for name in names), "")

    def _fill(self, number: int, call: Call) -> None:
        linked = self._linked
        holder = linked.receiver_of(number)
        if not self.is_foreign(holder):
            return
        self._take_in(number, holder, texts=_KEEPS_TEXTS.match(call.method) is not None)
        for whole in self._wholes(holder):
            linked.changed(whole)
            linked._ordered(number, whole, whole, Op.ORDERS)

    def _take_in(self, number: int, holder: int, texts: bool) -> None:
        """What a call is given goes into ``holder``, in the order in which it comes. Nothing else is said of it: what
        it holds, and what it is, may be told elsewhere or not at all. ``texts``: what is given as a text lies there as
        it is; elsewhere it is mostly the name of something, or sent."""
        linked = self._linked
        for at, (slot, node) in enumerate(linked.argument_nodes(number)):
            text = linked.has_type(node, *_TEXTS)  # what may be a text as well is mostly one
            sequence = linked.has_type(node, *_SEQUENCES) and not text
            if text and (not texts or self._says_where(slot, node)):
                continue
            if not (text or sequence or self.is_foreign(node)):
                continue
            linked._edge(node, holder, Op.STORE)
            if text:
                continue
            step = linked._step_node(number, f"taken in {at}")
            linked._edge(node, step, Op.LOOP)
            linked._edge(step, holder, Op.ORDERS)

    def _wholes(self, part: int) -> list[int]:
        """``part``, and what it belongs to: what gave it, or it was made of; with the edges from each to the next."""
        linked, world = self._linked, self._linked.world
        found = [part]
        for node in found:
            for origin in self._origins(node):
                if world.nodes[origin].kind != Kind.CALL or linked.has_type(origin, *_PLAIN):
                    continue  # a text belongs to nothing that it was made of
                for owner in self._owners(origin):
                    if owner not in found and self._is_open_to_write(owner):
                        for each in dict.fromkeys((origin, part)):
                            self._render(each, owner)  # what the object is told it writes there
                        found.append(owner)
                    elif owner not in found and len(found) < _NEAR:
                        linked._edge(node if owner in self._made_with(origin) else origin, owner, Op.STORE)
                        found.append(owner)
        return found

    def _owners(self, made: int) -> list[int]:
        """What the result of a call belongs to: the object whose method made it, what its maker was given, and what the
        same call has given beside it (``fig, ax = subplots()``)."""
        linked, world = self._linked, self._linked.world
        number = world.call_of(made)
        receiver = linked.receiver_of(number) if self._is_unknown(number) else -1
        owners = [receiver] if receiver >= 0 and self.is_foreign(receiver) else []
        if linked.externals.get(number) and number not in linked.callees:
            given = linked.argument_nodes(number)
            path = self._opened(number)
            if path >= 0:
                self._render(made, linked.content(number))
                self._note(number, "", path)
            owners += [node for _, node in given if node != path and self.is_foreign(node)]
            owners += [node for _, node in given if node != path and self._is_open_to_write(node)]
            owners += self._made_with(made)
        return owners

    def _opened(self, number: int) -> int:
        """The path that a call which makes an object is given to write it to, or -1. One that was opened to be read is
        not finished."""
        linked = self._linked
        sites = linked.sites_of.get(number, ())
        for site in sites:
            if site.model.opens is not None:
                return site.ports.get(site.model.opens.path, -1)
        if any(site.model.writes is not None for site in sites) or linked.result_of(number) not in self._finished:
            return -1
        return next((node for slot, node in linked.argument_nodes(number) if self._says_where(slot, node)), -1)

    def _is_open_to_write(self, node: int) -> bool:
        """Whether ``node`` is a file that was opened to be written."""
        linked, world = self._linked, self._linked.world
        if not linked.has_type(node, "typing.IO"):
            return False
        opened = [world.call_of(origin) for origin in self._origins(node) if world.nodes[origin].kind == Kind.CALL]
        return any(
            site.model.opens is not None and _WRITES.search(str(site.constants.get(site.model.opens.mode, "")))
            for number in opened
            for site in linked.sites_of.get(number, ())
        )

    @cached_property
    def _finished(self) -> frozenset[int]:
        """The results of calls that are finished by a method that takes nothing, or at the end of a ``with``."""
        linked, found = self._linked, []
        for number, call in enumerate(linked.world.calls):
            if call.receiver >= 0 and not call.args and _ENDS.match(call.method) and self._is_unknown(number):
                found += self._origins(linked.receiver_of(number))
            elif call.entered:
                found.append(linked.result_of(number))
        return frozenset(found)

    def _made_with(self, made: int) -> list[int]:
        """The values that are taken out of what a call gives, by their places."""
        edges = self._linked.edges
        return [edges.target[edge] for edge in self._outgoing.get(made, ()) if edges.key[edge][:1] == "#"]

    @cached_property
    def _outgoing(self) -> dict[int, list[int]]:
        """The edges by which values are taken out of results, by these results."""
        linked, edges = self._linked, self._linked.edges
        found: dict[int, list[int]] = {}
        for edge in places(edges.op, Op.LOAD):
            if linked.world.nodes[edges.source[edge]].kind == Kind.CALL and not edges.label[edge]:
                found.setdefault(edges.source[edge], []).append(edge)
        return found

    def _told(self, number: int, call: Call) -> list[int]:
        """The objects of unknown libraries of which a call tells: its receiver, else its arguments."""
        linked = self._linked
        holders = [linked.receiver_of(number)] if call.receiver >= 0 else []
        if not holders or not self.is_foreign(holders[0]):
            holders = [node for _, node in linked.argument_nodes(number)]
        return [node for node in holders if self.is_foreign(node)]

    def _save(self, number: int, call: Call, name: str) -> None:
        """Note that a call writes what it is given to a path that it is given."""
        linked = self._linked
        given = linked.argument_nodes(number)
        path = next((node for slot, node in given if self._says_where(slot, node)), -1)
        if linked.result_of(number) in self._looped:
            return  # it gives several, and writes none: ``hooks.write_wrapper(...)``
        if path < 0 or not (linked.externals.get(number) or self.is_foreign(linked.receiver_of(number))):
            return
        content = linked.content(number)
        receiver = linked.receiver_of(number)
        holders = [receiver] if receiver >= 0 and self.is_foreign(receiver) else []
        for node in (*holders, *(node for _, node in given if node != path)):
            self._render(node, content)
        self._note(number, name, path)

    @cached_property
    def _looped(self) -> frozenset[int]:
        """What loops run through."""
        edges = self._linked.edges
        return frozenset(edges.source[number] for number in places(edges.op, Op.LOOP, Op.ITER))

    def _note(self, number: int, name: str, path: int) -> None:
        """Note that call ``number`` writes its content to ``path``."""
        linked = self._linked
        known = next(iter(linked.externals.get(number, ())), name)
        model = Model(known, "", "", writes=WriteEffect("path", atomic=True))
        ports = {"return": linked.result_of(number), "self": linked.receiver_of(number), "path": path}
        linked.unknown_writers[number] = Site(number, model, ports, {}, frozenset({"path"}))

    def _render(self, node: int, text: int) -> None:
        """All that an object holds shows in ``text``, what stands in its attributes as well."""
        self._linked._edge(node, text, Op.TEXT)
        self._linked.rendered_whole.add((node, text))

    def _says_where(self, slot: str, node: int) -> bool:
        linked = self._linked
        record = linked.world.nodes[node]
        if record.kind == Kind.TEXT:
            return _SUFFIX.search(record.name) is not None
        named = record.name if record.kind in (Kind.NAME, Kind.ATTR, Kind.PARAM, Kind.CELL) else ""
        if _OF_PATHS.search(slot) or _OF_PATHS.search(named):
            return True
        if linked.has_type(node, "pathlib.Path", "typing.IO"):
            return True
        if any(kind == "t" for kind, _ in linked.values(node)) and not linked.has_type(node, "builtins.str"):
            return False
        return any(linked.edges.op[edge] == Op.PATH for edge in linked._incoming.get(node, ()))

    def is_foreign(self, node: int) -> bool:
        """Whether ``node`` may be an object of a library of which nothing is known."""
        linked, known = self._linked, self._foreign.get(node)
        if known is None:
            self._foreign[node] = False  # of what is made from itself
            origins = () if linked.has_type(node, "builtins.str") else self._origins(node)  # mostly a text
            known = self._foreign[node] = any(self._is_made_outside(origin) for origin in origins)
        return known

    def _is_made_outside(self, origin: int) -> bool:
        linked, world = self._linked, self._linked.world
        held = linked.values(origin)
        types = [str(name) for kind, name in held if kind == "t" and name != "builtins.tuple"]  # of which it is one
        if types:
            return any("." in name and not name.startswith(_KNOWN) for name in types)
        if any(kind in ("i", "c", "f", "b") for kind, _ in held):
            return False
        record = world.nodes[origin]
        if record.kind == Kind.CALL:
            number = world.call_of(origin)
            names = linked.externals.get(number, {})
            if names or number in linked.callees:
                return bool(names) and not any(name.startswith(_KNOWN) for name in names)
            receiver = linked.receiver_of(number)
            return receiver >= 0 and self.is_foreign(receiver)
        if record.kind == Kind.PARAM:  # that nobody fills
            return not held and not linked._incoming.has(origin)
        if record.kind == Kind.ATTR and record.base >= 0:
            return self.is_foreign(world.node_base[world.node_unit[origin]] + record.base)
        return False

    def _origins(self, node: int) -> list[int]:
        """Where an object comes from, back through names, fields, arguments and results."""
        linked = self._linked
        edges, near, found = linked.edges, [node], []
        for one in near:
            before = [
                edges.source[edge]
                for edge in linked._incoming.get(one, ())
                if (edges.op[edge] == Op.SAME or (edges.op[edge] == Op.LOAD and edges.key[edge][:1] == "#"))
                and linked.world.nodes[edges.source[edge]].kind != Kind.OUT
            ]
            if not before:
                found.append(one)
            near += [each for each in before if each not in near and len(near) < _NEAR]
        return found


__all__ = ["assemble"]
