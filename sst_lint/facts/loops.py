"""What does a loop do to what its body assigns, and to the order of what it fills?"""

from __future__ import annotations

from typing import Any

import libcst as cst

from sst_lint.facts.build import Env, Val
from sst_lint.facts.names import dotted
from sst_lint.facts.ops import Op
from sst_lint.facts.records import Kind
from sst_lint.facts.settled import gathered_beside, settled
from sst_lint.facts.targets import Targets

#: How ``x = set()``, ``x = []`` begin.
_MADE = frozenset({Kind.SET, Kind.LIST, Kind.CALL})


class Loops(Targets):
    """Rounds are joined: what the body assigns may come from the round before."""

    def _for(self, node: cst.For) -> None:
        if node.asynchronous is not None:
            self.note_wait()
        if isinstance(node.target, cst.Name) and node.target.value == "_":
            self.only_counted = node.iter  # how many there are is the same for each of them
        source = self.single(node.iter)
        outer = self.loop
        phis = self._open_loop(self.bindings.of(node.body) if hasattr(node.body, "body") else frozenset())
        walks = _is_walk(node.iter) or self._holds_walk(source)
        order, passes = not (walks and _pins_walk(node)), "equal" if _wants_one(node) else ""
        index = self.enter_loop(source, node.iter, "for", order=order, passes=passes)
        if walks:
            self.walks.add(index)
        target = self.node(Kind.VALUE, node.target)
        self.edge(source, target, Op.ITER)
        first = len(self.nodes)
        self.assign_drawn(node.target, target, source, node)
        self.loop_targets[index] = frozenset({target, *range(first, len(self.nodes))})
        self.count_in_order(node)
        for name in _counters(node.body):
            if name in phis:
                self.numbers[phis[name]] = index
        named = node.target.elements[0].value if isinstance(node.target, cst.Tuple) else node.target
        self.loop_names[index] = named.value if isinstance(named, cst.Name) else ""
        self.loop_bodies[index] = node.body
        counted, read = _counted(node.iter), len(self.subscripts)
        listed = self.value(counted) if counted is not None else ()
        self._loop_body(node, phis, index, outer, target)
        if any(self._reads_in_turn(item, key, listed, index) for item, key in self.subscripts[read:]):
            self.edge(listed, self.loops[index].node, Op.ORDERS)
        held = sorted_in_each_round(node)
        if held and self.frame.env is not None and held in self.frame.env:
            self.bind(held, self.derived(Op.HELD_SORTED, self.frame.env[held], node.iter, name="sorted"))

    def assign_drawn(self, target: cst.BaseExpression, drawn: int, source: int, at: cst.CSTNode) -> None:
        """As for comprehensions; of what a walk gives, the directory is a text and holds nothing."""
        if self._holds_walk(source) and isinstance(target, cst.Tuple):
            self._unpack(target, (drawn,), at, plain=0)
        else:
            self.assign(target, (drawn,), at)

    def is_piece(self, part: cst.Slice) -> bool:
        """``names[i : i + 50]`` in ``for i in range(0, len(names), 50)``: piece by piece, all are taken."""
        if part.lower is None or part.upper is None:
            return False
        value = (self.frame.env or {}).get(part.lower.value, ()) if isinstance(part.lower, cst.Name) else ()
        drawn = {target for loop in self._around() for target in self.loop_targets.get(loop, ())}
        if value and (drawn.issuperset(value) or all(self._is_counted(one) for one in value)):
            return True
        counted = {target for loop in self._around() if self._draws_numbers(loop) for target in self.loop_targets[loop]}
        named = [one for name in _names(part.lower) for one in (self.frame.env or {}).get(name, ())]
        return any(not counted.isdisjoint(self._local_sources(one)) or self._is_counted(one) for one in named)

    def _draws_numbers(self, loop: int) -> bool:
        """Whether a ``for`` loop draws numbers from ``range(...)``: a place computed of one moves on with it."""
        return any(self._is_counted(target) for target in self.loop_targets.get(loop, ()))

    def _is_counted(self, node: int) -> bool:
        """Whether a comprehension has drawn a value from ``range(...)``."""
        sources = [edge.source for edge in self.edges if edge.target == node and edge.op == Op.ITER]
        made = [self.calls[self.nodes[one].base] for one in sources if self.nodes[one].kind == Kind.CALL]
        return bool(made) and all(self.nodes[call.callee].name == "range" for call in made)

    def _reads_in_turn(self, item: int, key: int, listed: Val, loop: int) -> bool:
        """``for i in range(len(names)): use(names[i])``: a loop in the order of ``names``."""
        if key not in self.loop_targets[loop]:
            return False
        taken = self.nodes[self.nodes[item].base]
        for one in listed:
            record = self.nodes[one]
            again = record.kind == taken.kind == Kind.ATTR and (record.name, record.base) == (taken.name, taken.base)
            if again or one == self.nodes[item].base:
                return True
        return False

    def _holds_walk(self, source: int) -> bool:
        """Whether a variable holds the result of something like ``os.walk``."""
        record = self.nodes[source] if source >= 0 else None
        if record is None or record.kind != Kind.CALL or not 0 <= record.base < len(self.calls):
            return False
        call = self.calls[record.base]
        return (call.method or self.nodes[call.callee].name).endswith("walk")

    def _while(self, node: cst.While) -> None:
        names = self.bindings.of(node.body)
        outer = self.loop
        phis = self._open_loop(names)
        test = self.single(node.test)
        index = self.enter_loop(-1, node.test, "while", leaves=_leaves_some(node.test))
        measured = _gone_through(node.test)
        if measured and self.frame.env is not None and measured in self.frame.env:
            self.places[index] = self.frame.env[measured]
        self.frame.env = self.narrowed(node.test, self.frame.env, True)
        self._loop_body(node, phis, index, outer, test)

    def _open_loop(self, names: frozenset[str]) -> dict[str, int]:
        """What the body assigns may come from the round before: such names get a node that joins both."""
        phis: dict[str, int] = {}
        env = self.frame.env
        if env is None:
            return phis
        for name in sorted(names):
            if name in env:
                phi = self.node(Kind.VALUE, None, "phi", loop=min((self.nodes[n].loop for n in env[name]), default=-1))
                self.edge(env[name], phi)
                env[name] = (phi,)
                phis[name] = phi
        return phis

    def _loop_body(self, node: Any, phis: dict[str, int], index: int, outer: int, target: int) -> None:
        before = dict(self.frame.env or {})
        assigned_before, self.assigned_at = self.assigned_at, {}
        self.breaks.append([])
        self.continues.append([])
        self._in_region("loop", lambda: self.block(node.body))
        end = self.frame.env
        for env in self.continues.pop():
            end = self.join_env(end, env)
        broken: Env | None = None
        broken_at = None
        for env, at in self.breaks.pop():
            broken = self.join_env(broken, env)
            broken_at = broken_at or at
        self.loop = outer
        for env_after in (end, broken):
            for name, phi in phis.items():
                if env_after is not None and name in env_after:
                    self.edge(env_after[name], phi)
        after = self.join_env(before, end)
        self._keep_single(after, before, end)
        known = settled(node.body, self.bindings)
        self.gathered.update(gathered_beside(node.body))
        self._mark_last(index, end, None, known)
        self._mark_last(index, broken, broken_at, known)
        self.assigned_at = {**assigned_before, **self.assigned_at}
        self.frame.env = after
        if node.orelse is not None:
            self.block(node.orelse.body)
        self.frame.env = self.join_env(self.frame.env, broken)

    def _keep_single(self, after: Env | None, before: Env, end: Env | None) -> None:
        """What every round leaves only while ``len(x)`` is 1 has one element after the loop as well, if it was made
        before (empty, mostly: then nothing can be taken of it)."""
        for mark in end or ():
            if mark.startswith("\x01") and mark not in before and after is not None:
                made = before.get(mark[1:], ())
                if made and all(self.nodes[node].kind in _MADE for node in made):
                    after[mark] = ()

    def _mark_last(
        self, index: int, env: Env | None, at: tuple[int, int, int, int, int] | None, known: frozenset[str]
    ) -> None:
        """Names that keep what the last (or first matching) round gave them, if anyone reads them after the loop; not
        those of which it is ``known`` that any order leaves them the same."""
        if self.loops[index].kind != "for" or env is None:
            return
        for name, value in sorted(env.items()):
            if at is None and len(value) == 1 and value[0] in self.numbers:
                continue  # as many rounds as there are
            for one in value:
                if name in known or "." in name or name.startswith("\x01"):
                    continue
                if self._made_in(one, index):
                    where = self.assigned_at.get(name) or at
                    if where is not None:
                        self.last_of_loop.setdefault((name, one), (index, one, where))

    def _break(self, node: cst.Break) -> None:
        self.choice_by_break()
        if self.breaks and self.frame.env is not None:
            at = (*self.positions.of(node), self.statement)
            self.breaks[-1].append((self.frame.env, at))
            if self.is_named():
                self.keyed_at.add(at)
        self._end("breaks")

    def _continue(self, node: cst.Continue) -> None:
        if self.continues and self.frame.env is not None:
            self.continues[-1].append(self.frame.env)
        self._end("continues")

    def _end(self, how: str) -> None:
        for state in self.handler_states:
            if state.frame is self.frame and how != "raises":
                state.ends[how] = None
        self.frame.env = None


def _counters(body: cst.BaseSuite) -> list[str]:
    """Names that each round, or some, of a loop count up: ``n += 1``."""
    found: list[str] = []
    for statement in body.body:
        if isinstance(statement, cst.If):
            found += _counters(statement.body)
        elif isinstance(statement, cst.SimpleStatementLine):
            found += [
                small.target.value
                for small in statement.body
                if isinstance(small, cst.AugAssign)
                and isinstance(small.operator, cst.AddAssign)
                and isinstance(small.target, cst.Name)
                and isinstance(small.value, cst.Integer)
            ]
    return found


def _counted(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``names`` in ``range(len(names))``."""
    if not isinstance(node, cst.Call) or dotted(node.func) != "range" or not 0 < len(node.args) < 3:
        return None
    size = node.args[-1].value
    if not isinstance(size, cst.Call) or dotted(size.func) != "len" or len(size.args) != 1:
        return None
    listed = size.args[0].value
    return listed if isinstance(listed, (cst.Name, cst.Attribute)) else None


def _is_walk(node: cst.BaseExpression) -> bool:
    """A call of something like ``os.walk``, whose elements are (directory, directories, files)."""
    return isinstance(node, cst.Call) and dotted(node.func).rpartition(".")[2].endswith("walk")


def _leaves_some(test: cst.BaseExpression) -> bool:
    """``while len(saved) > limit``: it ends before everything is taken. What is left of pairs is one, mostly made of
    all the others."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    asked = test.comparisons[0]
    measured = isinstance(test.left, cst.Call) and dotted(test.left.func) == "len"
    some = not isinstance(asked.comparator, cst.Integer) or int(asked.comparator.value, 0) > 1
    return measured and some and isinstance(asked.operator, (cst.GreaterThan, cst.GreaterThanEqual))


def _gone_through(test: cst.BaseExpression) -> str:
    """``while at < len(lines)``: the list whose places a loop goes through, or ""."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or not isinstance(test.left, cst.Name):
        return ""
    asked = test.comparisons[0]
    measured = asked.comparator
    if not isinstance(asked.operator, (cst.LessThan, cst.LessThanEqual, cst.NotEqual)):
        return ""
    if not isinstance(measured, cst.Call) or dotted(measured.func) != "len" or len(measured.args) != 1:
        return ""
    return measured.args[0].value.value if isinstance(measured.args[0].value, cst.Name) else ""


def _pins_walk(node: cst.For) -> bool:
    """A loop ``for root, dirs, files`` over a walk whose body sorts ``dirs`` in place: the walk is in order."""
    if not isinstance(node.target, cst.Tuple) or len(node.target.elements) < 2:
        return False
    directories = node.target.elements[1].value
    if not isinstance(directories, cst.Name) or not isinstance(node.body, cst.IndentedBlock):
        return False
    lines = [line for line in node.body.body if isinstance(line, cst.SimpleStatementLine)]
    return any(_sorts(small, directories.value) for line in lines for small in line.body)


def sorted_in_each_round(node: cst.For) -> str:
    """The name of the mapping or list each element of which a loop sorts, and does so in each round: ``for rows in
    groups.values(): rows.sort()``, ``for key in groups: groups[key] = sorted(groups[key])``."""
    source, view = node.iter, ""
    called = source.func if isinstance(source, cst.Call) and not source.args else None
    if isinstance(called, cst.Attribute):
        source, view = called.value, called.attr.value
    if view not in ("", "values", "items", "keys") or not isinstance(node.body, cst.IndentedBlock):
        return ""
    held = dotted(source)
    names = [node.target] if not isinstance(node.target, cst.Tuple) else [e.value for e in node.target.elements]
    if not held or not all(isinstance(name, cst.Name) for name in names) or len(names) != 1 + (view == "items"):
        return ""
    key = "" if view == "values" else dotted(names[0])
    elements = {dotted(names[-1])} if view != "keys" else set()
    small = [one for line in node.body.body if isinstance(line, cst.SimpleStatementLine) for one in line.body]
    return held if any(_sorts_held(one, held, key, elements) for one in small) else ""


def _sorts_held(node: cst.BaseSmallStatement, held: str, key: str, elements: set[str]) -> bool:
    """``element.sort()``, ``held[key].sort()`` or ``held[key] = sorted(...)``."""
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.Call) and isinstance(node.value.func, cst.Attribute):
        called = node.value.func
        return called.attr.value == "sort" and (dotted(called.value) in elements or _is_item(called.value, held, key))
    if isinstance(node, cst.Assign) and isinstance(node.value, cst.Call) and dotted(node.value.func) == "sorted":
        return _is_item(node.targets[0].target, held, key)
    return False


def _is_item(node: cst.BaseExpression, held: str, key: str) -> bool:
    """``held[key]``."""
    if not isinstance(node, cst.Subscript) or not key or dotted(node.value) != held or len(node.slice) != 1:
        return False
    inner = node.slice[0].slice
    return isinstance(inner, cst.Index) and dotted(inner.value) == key


def _sorts(node: Any, name: str) -> bool:
    """``name.sort(...)`` or ``name[:] = sorted(...)``."""
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
        return dotted(node.value.func) == f"{name}.sort"
    if isinstance(node, cst.Assign) and _is_sorted(node.value):
        target = node.targets[0].target
        return isinstance(target, cst.Subscript) and dotted(target.value) == name
    return False


def _is_sorted(node: cst.BaseExpression) -> bool:
    """``sorted(...)``, or what is left of it: ``[d for d in sorted(...) if ...]``."""
    if isinstance(node, cst.ListComp) and isinstance(node.elt, cst.Name):
        drawn = node.for_in
        same = isinstance(drawn.target, cst.Name) and drawn.target.value == node.elt.value
        return same and drawn.inner_for_in is None and _is_sorted(drawn.iter)
    return isinstance(node, cst.Call) and dotted(node.func) == "sorted"


def _wants_one(node: cst.For) -> bool:
    """``for key, row in rows.items(): if key != wanted: continue``: the other keys are passed over."""
    target = node.target.elements[0].value if isinstance(node.target, cst.Tuple) else node.target
    lines = node.body.body if isinstance(node.body, cst.IndentedBlock) else ()
    first = lines[0] if lines else None
    if not isinstance(target, cst.Name) or not isinstance(first, cst.If) or first.orelse is not None:
        return False
    test = first.test
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    asked = target.value in (dotted(test.left), dotted(test.comparisons[0].comparator))
    operator = test.comparisons[0].operator
    if isinstance(operator, cst.NotEqual):
        return asked and _only_continues(first.body)
    return asked and isinstance(operator, cst.Equal) and len(lines) == 1


def _only_continues(body: cst.BaseSuite) -> bool:
    lines = [line.body if isinstance(line, cst.SimpleStatementLine) else [line] for line in body.body]
    return len(lines) == 1 and len(lines[0]) == 1 and isinstance(lines[0][0], cst.Continue)


def _names(node: cst.CSTNode) -> list[str]:
    """The names in an expression."""
    found = [node.value] if isinstance(node, cst.Name) else []
    return [*found, *(name for child in node.children for name in _names(child))]
