"""Where does one element win? The first match of a loop, the last round, and tests that only one can pass."""

from __future__ import annotations

import re

import libcst as cst

from sst_lint.facts.branches import Branches
from sst_lint.facts.build import Val
from sst_lint.facts.literals import constant_key
from sst_lint.facts.names import dotted
from sst_lint.facts.records import Call, Choice, Kind
from sst_lint.facts.settled import compares, only_puts_into

#: How a value is named that a loop changes: joined from several rounds, or filled.
_CHANGED = frozenset({"phi", "overwritten"})
#: What a loop may fill later on.
_FILLED = frozenset({Kind.LIST, Kind.DICT, Kind.SET})
#: What is made of its parts and nothing else.
_PLAIN = _FILLED | {
    Kind.VALUE, Kind.TEXT, Kind.CONST, Kind.NAME, Kind.ATTR, Kind.PARAM, Kind.CALL, Kind.TUPLE, Kind.ITEM, Kind.BINOP,
}  # fmt: skip
#: What only tells somebody, or stops the program.
_TELLS = frozenset(
    "print debug info warning warn error exception critical log echo secho fail exit abort cancel close".split()
)
_TAKES = frozenset({"remove", "discard", "pop", "popleft", "popitem", "clear", "difference_update"})
#: How what went wrong is called.
_FAILURE = re.compile(r"(?i)(^|_)(err|error|exc|exception|problem|failure)(_?(msg|message|text))?$")
#: What gives an element another form, or tells where it is: its text, that without its ends, its path.
_FORMS = frozenset({
    "str", "fspath", "Path", "PurePath", "join", "joinpath", "abspath", "realpath", "normpath", "expanduser",
    "absolute", "resolve", "as_posix", "with_suffix", "with_name", "relpath", "relative_to", "basename",
    "splitext", "lower", "upper", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace",
})  # fmt: skip
_NEAR = 40


class Picks(Branches):
    """Notes choices that loops make."""

    def _choice_by_return(self, node: cst.Return, value: Val) -> None:
        """A value that depends on the iteration, returned out of a loop, is the first match."""
        for current in self._around():
            loop = self.loops[current]
            if loop.kind in ("for", "while") and any(self._made_in(n, current) and self._varies(n) for n in value):
                self.choice("return", loop.node, node, keyed=self.is_keyed(current) or self._is_failure(node))

    def _is_failure(self, node: cst.Return) -> bool:
        """``if error: return None, error``: the first failure ends it, and one is as good as another."""
        test = self.if_tests[-1][0] if self.if_tests else None
        name = test.value if isinstance(test, cst.Name) else ""
        parts = [node.value] if not isinstance(node.value, cst.Tuple) else [part.value for part in node.value.elements]
        return bool(_FAILURE.search(name)) and any(isinstance(p, cst.Name) and p.value == name for p in parts)

    def _made_in(self, node: int, loop: int) -> bool:
        record = self.nodes[node]
        if record.kind == Kind.CONST or (record.kind == Kind.TEXT and "\x00" not in record.name):
            return False
        current = record.loop
        while current != -1:
            if current == loop:
                return True
            current = self.loops[current].parent
        return False

    def _varies(self, node: int) -> bool:
        """Whether a value may depend on an element, or on what rounds before have done: ``return str(folder)`` and
        ``return []`` are the same whichever element comes first. Of what ``while`` draws, methods give and objects
        hold nothing is known."""
        around = self._around()
        targets = {target for loop in around for target in self.loop_targets.get(loop, ())}
        if any(self.loops[loop].kind == "while" for loop in around):
            return True
        incoming: dict[int, list[int]] = {}
        for edge in self.edges:
            incoming.setdefault(edge.target, []).append(edge.source)
        near = [node]
        for one in near:
            record = self.nodes[one]
            outside = record.kind in _FILLED and record.loop not in around
            if one in targets or outside or record.name in _CHANGED or record.kind not in _PLAIN or len(near) > _NEAR:
                return True
            parts = incoming.get(one, [])
            if record.kind == Kind.CALL:
                call = self.calls[record.base]
                if call.method or call.receiver >= 0:
                    return True
                parts = [*parts, *(argument.node for argument in call.args)]
            elif record.kind in (Kind.ATTR, Kind.ITEM) and record.base >= 0:
                if self.nodes[record.base].kind == Kind.PARAM and self.nodes[record.base].name in ("self", "cls"):
                    return True
                parts = [*parts, record.base]
            near += [part for part in parts if part not in near]
        return False

    def _around(self) -> list[int]:
        """The loops around here, the innermost first."""
        found, current = [], self.loop
        while current != -1:
            found.append(current)
            current = self.loops[current].parent
        return found

    def is_keyed(self, loop: int) -> bool:
        """Whether the tests around here, inside ``loop``, pick one element by equality."""
        return any(depth >= loop and _picks_by_identity(test) for test, depth in self.if_tests)

    def is_named(self) -> bool:
        """Whether a test around here asks for one element of the loop by its name, or by its path."""
        name = self.loop_names.get(self.loop, "")
        return bool(name) and any(depth >= self.loop and self._names_one(test, name) for test, depth in self.if_tests)

    def _names_one(self, test: cst.BaseExpression, name: str) -> bool:
        if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
            return self._names_one(test.left, name) or self._names_one(test.right, name)
        if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
            return False
        asked = test.comparisons[0]
        sides = (test.left, asked.comparator)
        return isinstance(asked.operator, cst.Equal) and any(self._is_named(side, name) for side in sides)

    def _is_named(self, node: cst.BaseExpression, name: str) -> bool:
        """Whether an expression is what a loop draws, its name, or its path."""
        while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and not node.args:
            if node.func.attr.value not in _SPELLINGS:
                return False
            node = node.func.value
        if isinstance(node, cst.Attribute):
            return dotted(node.value) == name and node.attr.value.lower() in _IDENTITIES
        if not isinstance(node, cst.Name):
            return False
        env = self.frame.env or {}
        drawn = env.get(name, ())
        return node.value == name or any(
            not set(drawn).isdisjoint(self._formed_of(one)) for one in env.get(node.value, ())
        )

    def finds_one(self, node: cst.Call) -> bool:
        """``next(filter(lambda row: row.name == name, rows))``; the call of ``filter`` itself finds one, too."""
        given = node.args[0].value if node.args and dotted(node.func) == "next" else node
        if not isinstance(given, cst.Call) or dotted(given.func) != "filter" or not given.args:
            return False
        test = given.args[0].value
        return isinstance(test, cst.Lambda) and _picks_by_identity(test.body)

    def passes(self, part: cst.CompFor) -> str:
        """As for expressions."""
        if any(_picks_by_identity(test.test) for test in part.ifs):
            return "equal"
        name = part.target.value if isinstance(part.target, cst.Name) else ""
        found = [_end_tested(test.test, name) for test in part.ifs] if name else []
        return next((each for each in found if each), "")

    def _choice_by_attribute(self, target: cst.Attribute, base: int, value: Val) -> None:
        """An attribute that every round of a loop overwrites keeps what the last round gave it."""
        if self.loop < 0 or self.loops[self.loop].kind != "for" or self.nodes[base].loop == self.loop:
            return
        if self.is_of_round(base) or self._is_greatest():
            return
        drawn = self.loop_targets.get(self.loop, frozenset())
        if any(not drawn.isdisjoint((n, *self._formed_of(n))) for n in self._left_by_last(value)):
            self.choice("assign", self.loops[self.loop].node, target, keyed=self.is_keyed(self.loop))
            name = target.value.value if isinstance(target.value, cst.Name) else ""
            if name in self.frame.locals and self._is_of_its_own(base):  # a choice for whoever reads it after the loop
                left = self.left_in.setdefault((self.frame.index, name), [])
                left.append((self.loop, self.region, self.choices.pop()))

    def _is_of_its_own(self, base: int) -> bool:
        """Whether a function has made an object itself, before a loop that stands in no other."""
        own = self.nodes[base].kind == Kind.CALL and self.nodes[base].loop < 0
        return own and self.loops[self.loop].parent < 0

    def _read_of_own(self, name: str) -> None:
        """An object is read in which the last round of a loop has left something."""
        left = self.left_in.get((self.frame.index, name), [])
        here = self._regions_from(self.region)
        for one in [one for one in left if not self._inside(one[0])]:
            ended = (n for n in self._regions_from(one[1]) if self.regions[n].leaves)
            if all(region in here for region in ended):  # else the function was left before it came here
                left.remove(one)
                self.choices.append(one[2])

    def _regions_from(self, region: int) -> list[int]:
        """A region and those around it."""
        found = []
        while region >= 0:
            found.append(region)
            region = self.regions[region].parent
        return found

    def _is_counted_as_one(self, name: str) -> bool:
        """``found.append(x); chosen = x`` in a loop, then ``if len(found) > 1: raise``: there was but one."""
        return any("\x01" + path in (self.frame.env or {}) for path in self.gathered.get(name, ()))

    def _choice_by_key(self, target: cst.Subscript, base: int, value: Val) -> None:
        """``found["table"] = path``: the last element stays, if the loop does nothing else with ``found``."""
        body, name = self.loop_bodies.get(self.loop), target.value
        if body is None or not isinstance(name, cst.Name) or self.nodes[base].loop == self.loop:
            return
        if self._is_greatest():
            return
        drawn = self.loop_targets.get(self.loop, frozenset())
        if any(self._is_made_of(one, drawn) for one in self._left_by_last(value)) and only_puts_into(body, name.value):
            self.choice("assign", self.loops[self.loop].node, target, keyed=self.is_keyed(self.loop))

    def _is_greatest(self) -> bool:
        """Whether a round only does this for what is greater than something, mostly than those before."""
        return any(depth >= self.loop and compares(test) for test, depth in self.if_tests)

    def is_of_round(self, base: int) -> bool:
        """Whether an object is another one in each round: it is looked up by what the loop has drawn."""
        targets = self.loop_targets.get(self.loop, frozenset())
        while base >= 0 and self.nodes[base].kind in (Kind.ITEM, Kind.ATTR):
            if any(item == base and key in targets for item, key in self.subscripts):
                return True
            base = self.nodes[base].base
        return False

    def read_name(self, name: str, at: cst.CSTNode) -> Val:
        """As for expressions; notes who reads what a loop left behind, and who reads a caught error."""
        value = super().read_name(name, at)
        for state in self.handler_states:
            if state.name == name and state.name:
                state.uses_error = True
        for one in value:
            found = self.last_of_loop.get((name, one))
            if found is not None and not self._inside(found[0]):
                del self.last_of_loop[(name, one)]
                if not self._is_counted_as_one(name):
                    self._choice_by_last(one, found[0], found[2])
        self._read_of_own(name)
        return value

    def choice_by_break(self) -> None:
        """``for x in xs: use(x); break``: something is done with the first match only, and its result is not kept."""
        if self.loop < 0 or self.loops[self.loop].kind != "for":
            return
        index, loop = self.loop, self.loops[self.loop]
        targets = self.loop_targets.get(index, frozenset())
        if any(self._acts_on(call, targets) for call in self.calls if call.loop == index and not call.used):
            at = self.nodes[loop.node]
            self.choices.append(
                Choice(
                    "act", loop.node, self.frame.index, at.line, at.column, at.end_line, at.end_column, at.statement,
                    False, self.is_keyed(index) or self._finds_file(index) or self._is_in_while(),
                )
            )  # fmt: skip

    def _is_in_while(self) -> bool:
        """Whether the others have their turn: ``while todo: for x in todo: ...; break``. Not those of a set that is
        asked anew for each place of a list, ``while at < len(lines)``, and loses nothing."""
        source, calls = self.loops[self.loop].source, [call for call in self.calls if call.loop == self.loop]
        taken = any(call.method in _TAKES for call in calls)
        loops = [loop for loop in self._around() if self.loops[loop].kind == "while"]
        return any(taken or source in self.places.get(loop, (source,)) for loop in loops)

    def _finds_file(self, loop: int) -> bool:
        """``if "setup.cfg" in files`` in a walk: the file of that name is looked for."""
        return loop in self.walks and any(depth >= loop and _asks_for_name(test) for test, depth in self.if_tests)

    def _acts_on(self, call: Call, targets: frozenset[int]) -> bool:
        """Whether a call does something with what a loop has drawn, where the loop is about to end."""
        region = call.region
        while region not in (self.region, -1):
            region = self.regions[region].parent
        name = call.method or self.nodes[call.callee].name
        if region != self.region or call.scope != self.frame.index or name.lower() in _TELLS:
            return False
        return not targets.isdisjoint(self._ingredients([call.receiver, *(argument.node for argument in call.args)]))

    def _ingredients(self, nodes: list[int]) -> list[int]:
        """Of what ``nodes`` are made or taken, within a few steps, also by calls."""
        incoming: dict[int, list[int]] = {}
        for edge in self.edges:
            incoming.setdefault(edge.target, []).append(edge.source)
        near = list(dict.fromkeys(node for node in nodes if node >= 0))
        for one in near:
            record = self.nodes[one]
            parts = list(incoming.get(one, ()))
            if record.kind == Kind.CALL and 0 <= record.base < len(self.calls):
                call = self.calls[record.base]
                parts += [call.receiver, *(argument.node for argument in call.args)]
            elif record.kind in (Kind.ATTR, Kind.ITEM):
                parts.append(record.base)
            near += [part for part in dict.fromkeys(parts) if part >= 0 and part not in near][: _NEAR - len(near)]
        return near

    def _inside(self, loop: int) -> bool:
        current = self.loop
        while current != -1:
            if current == loop:
                return True
            current = self.loops[current].parent
        return False

    def _choice_by_last(self, node: int, loop: int, at: tuple[int, int, int, int, int]) -> None:
        """Only what depends on the element, and not on the rounds before (a sum, a maximum), is a choice."""
        if not self._is_made_of(node, self.loop_targets.get(loop, frozenset())):
            return
        line, column, end_line, end_column, statement = at
        self.choices.append(
            Choice(
                "assign", self.loops[loop].node, self.frame.index, line, column, end_line, end_column, statement,
                keyed=at in self.keyed_at,
            )
        )  # fmt: skip

    def _left_by_last(self, value: Val) -> Val:
        """What may be another one after the last round: not the number of the round, if no test picks the round."""
        tested = any(depth >= self.loop for _, depth in self.if_tests)
        return value if tested else tuple(one for one in value if one not in self.numbers)

    def _is_made_of(self, node: int, drawn: frozenset[int]) -> bool:
        """Whether a value is made of what a loop has drawn, and of nothing that rounds before have left."""
        sources = self._local_sources(node)
        return not sources.isdisjoint(drawn) and all(self.nodes[source].name != "phi" for source in sources)

    def _local_sources(self, node: int) -> set[int]:
        """Everything that flows into ``node`` within a few local steps."""
        seen = {node}
        stack = [node]
        incoming: dict[int, list[int]] = {}
        for e in self.edges:
            incoming.setdefault(e.target, []).append(e.source)
        while stack and len(seen) < 64:
            one = stack.pop()
            for source in (*incoming.get(one, ()), *self._formed_of(one)):
                if source not in seen:
                    seen.add(source)
                    stack.append(source)
        return seen

    def _formed_of(self, node: int) -> list[int]:
        """What a call gives another form: ``os.path.join(folder, name)``, ``path.resolve()``."""
        record = self.nodes[node]
        if record.kind != Kind.CALL or not 0 <= record.base < len(self.calls):
            return []
        call = self.calls[record.base]
        if (call.method or self.nodes[call.callee].name) not in _FORMS:
            return []
        return [each for each in (call.receiver, *(argument.node for argument in call.args)) if each >= 0]


_IDENTITIES = frozenset({"name", "id", "key", "path", "uuid", "slug", "stem", "title", "uid", "identifier", "hostname"})

#: The same word, as it is compared.
_SPELLINGS = frozenset({"lower", "upper", "casefold", "strip"})


def _picks_by_identity(test: cst.BaseExpression) -> bool:
    """Whether a test can hold for one element only: ``x == y``, ``x.name == y``, ``x["id"] == y``."""
    if isinstance(test, cst.BooleanOperation):
        asked = (_picks_by_identity(test.left), _picks_by_identity(test.right))
        return any(asked) if isinstance(test.operator, cst.And) else all(asked)  # the same name, written otherwise
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    target = test.comparisons[0]
    if not isinstance(target.operator, (cst.Equal, cst.Is)):
        return False
    return any(_is_identity(side) for side in (test.left, target.comparator))


def _asks_for_name(test: cst.BaseExpression) -> bool:
    """``"name" in names``"""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    target = test.comparisons[0]
    named = isinstance(test.left, cst.SimpleString) and isinstance(target.comparator, cst.Name)
    return named and isinstance(target.operator, cst.In)


def _end_tested(test: cst.BaseExpression, name: str) -> str:
    """Whether a test asks if something starts or ends with ``name``."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        return _end_tested(test.left, name) or _end_tested(test.right, name)
    if not (isinstance(test, cst.Call) and isinstance(test.func, cst.Attribute) and len(test.args) == 1):
        return ""
    argument = test.args[0].value
    if not (isinstance(argument, cst.Name) and argument.value == name):
        return ""
    return {"startswith": "start", "endswith": "end"}.get(test.func.attr.value, "")


def _is_identity(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Call) and dotted(node.func) in ("int", "str") and len(node.args) == 1:
        return not isinstance(node.args[0].value, cst.Name) and _is_identity(node.args[0].value)
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        if node.func.attr.value in _SPELLINGS and not node.args:
            return _is_identity(node.func.value)
        return node.func.attr.value == "get" and bool(node.args) and _names_identity(constant_key(node.args[0].value))
    if isinstance(node, cst.Name):
        return node.value not in ("True", "False", "None")
    if isinstance(node, cst.Attribute):
        return node.attr.value.lower() in _IDENTITIES or node.attr.value.endswith(("_id", "_name", "_key"))
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        return _names_identity(constant_key(node.slice[0].slice.value))
    return False


def _names_identity(key: str | None) -> bool:
    return key is not None and (key[1:].lower() in _IDENTITIES or key.endswith(("_id", "_name", "_key")))
