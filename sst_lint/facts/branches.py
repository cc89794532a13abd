"""What is known in which branch? ``if`` and ``isinstance``, lengths, the regions of guarded code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst
import msgspec

from sst_lint.facts.asked import IS_NONE, IS_TRUE, Condition
from sst_lint.facts.build import Env, Val
from sst_lint.facts.expressions import Expressions
from sst_lint.facts.handlers import HandlerState
from sst_lint.facts.literals import attribute_path, element_path, known_element, measured_path
from sst_lint.facts.names import Bindings, dotted
from sst_lint.facts.ops import Op
from sst_lint.facts.options import conditions
from sst_lint.facts.positions import Positions
from sst_lint.facts.records import Choice, Kind, Region

#: `isinstance` with more classes than this says little.
_CLASSES = 4
NARROW: dict[str, tuple[Op, Op | None]] = {
    "dict": (Op.AS_DICT, Op.NOT_DICT),
    "Mapping": (Op.AS_DICT, Op.NOT_DICT),
    "MutableMapping": (Op.AS_DICT, Op.NOT_DICT),
    "OrderedDict": (Op.AS_DICT, None),
    "list": (Op.AS_LIST, Op.NOT_LIST),
    "tuple": (Op.AS_LIST, Op.NOT_LIST),
    "set": (Op.AS_SET, Op.NOT_SET),
    "frozenset": (Op.AS_SET, Op.NOT_SET),
    "Set": (Op.AS_SET, Op.NOT_SET),
    "str": (Op.ONLY_VALUE, None),
    "bytes": (Op.ONLY_VALUE, None),
    "int": (Op.ONLY_VALUE, None),
    "float": (Op.ONLY_VALUE, None),
    "bool": (Op.ONLY_VALUE, None),
    "complex": (Op.ONLY_VALUE, None),
    "Number": (Op.ONLY_VALUE, None),
    "Real": (Op.ONLY_VALUE, None),
    "Rational": (Op.ONLY_VALUE, None),
    "Integral": (Op.ONLY_VALUE, None),
    "Decimal": (Op.ONLY_VALUE, None),
    "Path": (Op.ONLY_VALUE, None),
    "PurePath": (Op.ONLY_VALUE, None),
    "datetime": (Op.ONLY_VALUE, None),
    "Enum": (Op.ONLY_VALUE, None),
}

_FEW, _MANY = (cst.Equal, cst.LessThanEqual, cst.LessThan), (cst.NotEqual, cst.GreaterThan, cst.GreaterThanEqual)
#: After these nothing runs.
_ENDS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})


class Branches(Expressions):
    """Branches copy the environment, learn from the test, and are joined."""

    def __init__(self, positions: Positions, has_walrus: bool) -> None:
        super().__init__(positions)
        self.bindings = Bindings(has_walrus)
        self.has_walrus = has_walrus
        self.handler_states: list[HandlerState] = []
        self.last_of_loop: dict[tuple[str, int], tuple[int, int, tuple[int, int, int, int, int]]] = {}
        self.breaks: list[list[tuple[Env, tuple[int, int, int, int, int]]]] = []
        self.continues: list[list[Env]] = []
        self.if_tests: list[tuple[cst.BaseExpression, int]] = []
        self.typing_only = False
        self.type_comment = ""
        self.assigned_at: dict[str, tuple[int, int, int, int, int]] = {}
        self.keyed_at: set[tuple[int, int, int, int, int]] = set()  #: assignments behind a test for equality
        self.numbers = {}
        self.unnamed = set()
        self.walks: set[int] = set()  #: loops over something like `os.walk`
        self.places: dict[int, Val] = {}  #: ``while at < len(lines)``: loop -> what it goes through place by place
        self.gathered: dict[str, frozenset[str]] = {}  #: names that loops assign -> lists that grow whenever they do
        #: objects of a function's own -> loop, region and choice of what its last round left in them, which nobody has
        #: read yet
        self.left_in: dict[tuple[int, str], list[tuple[int, int, Choice]]] = {}
        self.loop_targets: dict[int, frozenset[int]] = {}
        self.loop_names: dict[int, str] = {}  #: what ``for`` loops call their elements
        self.loop_bodies: dict[int, cst.BaseSuite] = {}  #: what ``for`` loops do

    def block(self, node: Any) -> None:
        """The statements of a body, as long as control can reach them. Filled in by the reader of statements."""
        raise NotImplementedError

    # regions

    def _region(self, kind: str, node: int = -1, given: int = -1) -> int:
        self.regions.append(Region(kind, self.region, self.frame.index, node, self.statement, given))
        return len(self.regions) - 1

    def _in_region(self, kind: str, body: Callable[[], None], node: int = -1, given: int = -1) -> int:
        outer = self.region
        self.region = region = self._region(kind, node, given)
        body()
        self.region = outer
        return region

    # tests

    def _if(self, node: cst.If) -> None:
        test = self.single(node.test)
        before = self.frame.env
        given, not_given = self._given(node.test, True), self._given(node.test, False)
        known = self.frame.conditions
        true, false = self._conditions(node.test, True), self._conditions(node.test, False)
        typing_only = self.typing_only
        self.typing_only = typing_only or dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING"
        self.if_tests.append((node.test, self.loop))
        self.frame.env = self.narrowed(node.test, before, True)
        self.frame.conditions = (*known, *true)
        region = self._in_region("if", lambda: self.block(node.body), test, given)
        if self.frame.env is None:
            self.regions[region] = msgspec.structs.replace(self.regions[region], leaves=True)
        self.if_tests.pop()
        self.typing_only = typing_only
        after = None if _ends_program(node.body) else self.frame.env
        self.frame.env = self.narrowed(node.test, before, False)
        self.frame.conditions = (*known, *false)
        orelse = node.orelse
        if isinstance(orelse, cst.If):
            self.statement = self.positions.line(orelse) or self.statement
            self._in_region("else", lambda: self._if(orelse), test, not_given)
        elif orelse is not None:
            self._in_region("else", lambda: self.block(orelse.body), test, not_given)
        other = self.frame.env
        # what a branch that leaves was taken for is not so from here on, to the end of the block
        self.frame.conditions = (*known, *(false if after is None else () if other is not None else true))
        if after is not None and other is not None and (true or false):
            self._tell_apart(after, true, other, false)
        self.frame.env = self.join_env(after, other)

    def _conditions(self, test: cst.BaseExpression, holds: bool) -> tuple[Condition, ...]:
        """What is known of parameters, as they were given, where ``test`` holds (or not). Whether one is true or None
        is worth knowing of those with a default."""
        optional = self.frame.optional
        found = conditions(test, holds, self._param)
        return tuple(each for each in found if each[0] in optional or each[1] not in (IS_TRUE, IS_NONE))

    def _param(self, name: str) -> int:
        value = (self.frame.env or {}).get(name, ())
        one = value[0] if len(value) == 1 else -1
        is_own = one >= 0 and self.nodes[one].kind == Kind.PARAM and self.nodes[one].scope == self.frame.index
        return one if is_own else -1

    def _tell_apart(self, first: Env, true: tuple[Condition, ...], second: Env, false: tuple[Condition, ...]) -> None:
        """What a name that is returned holds after either branch gets a node of its own: callers that say which
        branch is taken get only that."""
        for name in sorted(self.frame.given_back):
            one, other = first.get(name), second.get(name)
            if one and other and one != other:
                first[name], second[name] = self.only_if(one, true), self.only_if(other, false)

    def only_if(self, value: Val, known: tuple[Condition, ...]) -> Val:
        """``value`` where conditions hold."""
        if not known:
            return value
        result = []
        for node in value:
            before = self.depends.get(node, ())
            both = (*before, *(each for each in known if each not in before))
            if both != before and self.nodes[node].kind not in (Kind.CONST, Kind.TEXT):
                made = self.node(Kind.VALUE, None, "", loop=self.nodes[node].loop)
                self.edge(node, made)
                self.depends[made] = both
                node = made
            result.append(node)
        return tuple(result)

    def _given(self, test: cst.BaseExpression, holds: bool) -> int:
        """The parameter that is not empty where ``test`` holds (or not), -1 if it says nothing of one."""
        if type(test) is cst.UnaryOperation and type(test.operator) is cst.Not:
            return self._given(test.expression, not holds)
        if type(test) is cst.BooleanOperation and type(test.operator) is cst.And and holds:
            left = self._given(test.left, True)
            return left if left >= 0 else self._given(test.right, True)
        if type(test) is cst.Comparison and len(test.comparisons) == 1:
            against = test.comparisons[0]
            wanted = cst.IsNot if holds else cst.Is
            if isinstance(against.operator, wanted) and dotted(against.comparator) == "None":
                test, holds = test.left, True
        value = (self.frame.env or {}).get(test.value, ()) if type(test) is cst.Name and holds else ()
        return value[0] if len(value) == 1 and self.nodes[value[0]].kind == Kind.PARAM else -1

    def narrowed(self, test: cst.BaseExpression, env: Env | None, holds: bool) -> Env | None:
        """The environment in the branch in which ``test`` holds (or not): ``isinstance`` and ``len(x) == 1`` count."""
        if env is None:
            return None
        env = dict(env)
        self._narrow(test, env, holds)
        return env

    def _narrow(self, test: cst.BaseExpression, env: Env, holds: bool) -> None:
        if type(test) is cst.UnaryOperation and type(test.operator) is cst.Not:
            self._narrow(test.expression, env, not holds)
        elif type(test) is cst.BooleanOperation:
            if (type(test.operator) is cst.And) == holds:
                self._narrow(test.left, env, holds)
                self._narrow(test.right, env, holds)
            elif holds and _at_most_one(test):  # if there is any, there is one
                env["\x01" + _at_most_one(test)] = ()
                self.has_paths = True
        elif type(test) is cst.Call and type(test.func) is cst.Name and len(test.args) == 2:
            if test.func.value == "isinstance":
                self._narrow_type("", test.args[0].value, test.args[1].value, env, holds)
        elif type(test) is cst.Comparison and len(test.comparisons) == 1:
            self._narrow_length(test, env, holds)
            read = _asked_to_read(test) if holds else ""
            if read in env:
                env[read] = (self.node(Kind.TEXT, test, "r"),)
            against = test.comparisons[0]
            if holds and isinstance(against.operator, (cst.Is, cst.Equal, cst.In)):
                name, subject = self._asked_for_type(test.left, env)
                if subject is not None:
                    self._narrow_type(name, subject, against.comparator, env, True)

    def _asked_for_type(self, asked: cst.BaseExpression, env: Env) -> tuple[str, cst.BaseExpression | None]:
        """What ``type(x)`` asks for the type of, also by a name that was given to the answer: ``kind = type(x)``."""
        if isinstance(asked, cst.Call):
            return "", asked.args[0].value if dotted(asked.func) == "type" and len(asked.args) == 1 else None
        known = env.get(asked.value, ()) if isinstance(asked, cst.Name) else ()
        record = self.nodes[known[0]] if len(known) == 1 else None
        if record is None or record.kind != Kind.CALL or not 0 <= record.base < len(self.calls):
            return "", None
        call = self.calls[record.base]
        if self.nodes[call.callee].name != "type" or call.method or len(call.args) != 1:
            return "", None
        names = [name for name, value in env.items() if value == (call.args[0].node,) and name.isidentifier()]
        return (names[0], asked) if names else ("", None)

    def _narrow_type(
        self, path: str, asked: cst.BaseExpression, written: cst.BaseExpression, env: Env, holds: bool
    ) -> None:
        """What a test for the type of ``asked`` says of it; ``path``: its name, if it is not what stands there."""
        path = path or attribute_path(asked) or known_element(asked)
        names = _type_names(written)
        ops = {NARROW[name][0 if holds else 1] for name in names if name in NARROW}
        if holds and path and len(ops) > 1 and Op.AS_SET in ops and all(name in NARROW for name in names):
            value = env.get(path) or self.value(asked)
            typed = self.node(Kind.VALUE, asked, ":set")
            self.edge(value, typed)
            env[path] = (typed,)
        if holds and path and not ops:
            self._narrow_class(path, asked, written, env, names)
        if not path or len(ops) != 1 or not all(name in NARROW for name in names):
            return
        (op,) = ops
        value = env.get(path) or self.value(asked)
        self.has_paths = True
        if holds and value and op == Op.AS_SET:
            typed = self.node(Kind.VALUE, asked, ":" + " | ".join(names))
            self.edge(value, typed, Op.AS_SET)
            env[path] = (typed,)
            return
        if op == Op.ONLY_VALUE and value:  # the type is known as by an annotation
            env[path] = self.derived(op, value, asked, name=self._of_classes(written))
        elif op is not None and value:
            env[path] = self.derived(op, value, asked)

    def _narrow_class(
        self, path: str, asked: cst.BaseExpression, written: cst.BaseExpression, env: Env, names: Sequence[str]
    ) -> None:
        """``isinstance(x, Shape)`` says of ``x`` what an annotation would."""
        value = env.get(path) or self.value(asked)
        if value and names and len(names) <= _CLASSES and all(name.lstrip("_")[:1].isupper() for name in names):
            typed = self.node(Kind.VALUE, asked, self._of_classes(written))
            self.edge(value, typed, Op.SAME if any("Set" in name for name in names) else Op.NOT_SET)
            env[path] = (typed,)
            self.has_paths = True

    def _of_classes(self, written: cst.BaseExpression) -> str:
        """The classes of ``isinstance`` as an annotation would name them."""
        parts = [e.value for e in written.elements] if isinstance(written, cst.Tuple) else [written]
        return ":" + " | ".join(self.positions.snippet(part) for part in parts)

    def _measured(self, length: cst.BaseExpression, env: Env) -> str:
        """``names`` in ``len(names)``, also where that was given a name before; "" if it may be another one now."""
        if isinstance(length, cst.Call) and isinstance(length.func, cst.Name) and length.func.value == "len":
            return measured_path(length.args[0].value) if length.args else ""
        known = env.get(length.value, ()) if isinstance(length, cst.Name) else ()
        path, held = self.lengths.get(known[0], ("", -1)) if len(known) == 1 else ("", -1)
        return path if path and env.get(path) == (held,) else ""

    def _narrow_length(self, test: cst.Comparison, env: Env, holds: bool) -> None:
        target = test.comparisons[0]
        least = "2" if isinstance(target.operator, (cst.LessThan, cst.GreaterThanEqual)) else "1"
        if not isinstance(target.comparator, cst.Integer) or target.comparator.value != least:
            return
        if isinstance(target.operator, _FEW if holds else _MANY):
            for part in _addends(test.left):  # of those that are one together each is one at most
                path = self._measured(part, env)
                if path:
                    env["\x01" + path] = ()
                    self.has_paths = True


def _asked_to_read(test: cst.Comparison) -> str:
    """``mode`` in ``"r" in mode``, ``mode == "rb"``, ``mode in ("r", "rb")``: where it holds, a file is opened to be
    read. "" for any other test."""
    left, operator, right = test.left, test.comparisons[0].operator, test.comparisons[0].comparator
    texts: list[cst.BaseExpression]
    if isinstance(left, cst.SimpleString) and isinstance(operator, cst.In):
        name, texts = right, [left]
    elif isinstance(operator, cst.Equal):
        name, texts = left, [right]
    elif isinstance(operator, cst.In) and isinstance(right, (cst.Tuple, cst.List, cst.Set)):
        name, texts = left, [element.value for element in right.elements]
    else:
        return ""
    if not isinstance(name, cst.Name) or "mode" not in name.value.lower():
        return ""
    found = [str(text.evaluated_value) if isinstance(text, cst.SimpleString) else "" for text in texts]
    return name.value if found and all(text in ("r", "rb", "rt", "br") for text in found) else ""


def _at_most_one(test: cst.BaseExpression) -> str:
    """``names`` in ``not names or len(names) == 1``; "" for any other test."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or):
        left, right = _at_most_one(test.left), _at_most_one(test.right)
        return left if left == right else ""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return element_path(test.expression)
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return ""
    asked, against = test.left, test.comparisons[0]
    if not isinstance(asked, cst.Call) or dotted(asked.func) != "len" or len(asked.args) != 1:
        return ""
    counted = against.comparator.value if isinstance(against.comparator, cst.Integer) else ""
    few = isinstance(against.operator, cst.Equal) and counted in ("0", "1")
    return measured_path(asked.args[0].value) if few else ""


def _addends(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The operands of a chain of ``+``."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        return [*_addends(node.left), *_addends(node.right)]
    return [node]


def _ends_program(body: cst.BaseSuite) -> bool:
    """Whether the last statement of a block is a call after which nothing runs: ``sys.exit(...)``, ``fail(...,
    exit=True)``."""
    last = body.body[-1] if body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    call = last.value if isinstance(last, cst.Expr) else None
    if not isinstance(call, cst.Call):
        return False
    asked = {arg.keyword.value: dotted(arg.value) for arg in call.args if arg.keyword is not None}
    return dotted(call.func) in _ENDS or asked.get("exit") == "True"


def _type_names(node: cst.BaseExpression) -> Sequence[str]:
    if isinstance(node, cst.Tuple):
        return [dotted(e.value).rpartition(".")[2] for e in node.elements]
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return [*_type_names(node.left), *_type_names(node.right)]
    return [dotted(node).rpartition(".")[2]]
