"""What does an assignment do? Names, attributes, items, patterns of them, and ``+=``."""

from __future__ import annotations

import re

import libcst as cst

from sst_lint.facts.build import Val
from sst_lint.facts.growth import is_longer, keyed_by
from sst_lint.facts.literals import attribute_path, constant_key, joined_parts, literal_text
from sst_lint.facts.names import dotted
from sst_lint.facts.ops import AGAIN, NESTED, Op
from sst_lint.facts.picks import Picks
from sst_lint.facts.records import Kind
from sst_lint.facts.settled import agreed, refuses_others, sorts_next

#: What is made of others.
_MADE = frozenset({Kind.BINOP, Kind.TEXT, Kind.LIST, Kind.TUPLE, Kind.CALL})
#: What ``+=`` makes longer.
_GROWING = frozenset({Kind.TEXT, Kind.LIST, Kind.TUPLE})
#: Literals of texts.
_TEXTS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)
#: What is the name of a type of which sets may be part.
_OF_SETS = re.compile(
    r"(\w+\.)*((Abstract|Mutable|Frozen)?Set|(frozen)?set|dict|list|tuple|defaultdict|Dict|List|Tuple|DefaultDict"
    r"|OrderedDict|(Mutable)?Mapping|Sequence|Iterable|Collection|Optional|Union)\["
)
#: So many edges back, what a value was just made of is looked for.
_RECENT = 12


class Targets(Picks):
    """Puts values where assignments say."""

    def assign(self, target: cst.BaseExpression, value: Val, at: cst.CSTNode) -> None:
        """``target = value`` for a name, attribute, item, or a pattern of them."""
        if type(target) is cst.Name:
            self.bind(target.value, value)
        elif type(target) is cst.Attribute:
            self._assign_attribute(target, value)
        elif type(target) is cst.Subscript:
            self._assign_item(target, value, at)
        elif isinstance(target, (cst.Tuple, cst.List)):
            self._unpack(target, value, at)
        elif isinstance(target, cst.StarredElement):
            self.assign(target.value, value, at)

    def _assign_attribute(self, target: cst.Attribute, value: Val) -> None:
        path = attribute_path(target)
        base = self.single(target.value)
        value = self._turns(base, self.own(value), target)
        put = self.node(Kind.PUT, target, target.attr.value, base, loop=self.nodes[base].loop)
        self.edge(value, put)
        self.note(put, path or "?." + target.attr.value)
        self.note_made(value, path or "?." + target.attr.value)
        self.change(base)
        self.edge(value, base, Op.STORE, "." + target.attr.value)
        if path and self.frame.env is not None:
            self.frame.env[path] = value
            self.has_paths = True
        self._choice_by_attribute(target, base, value)

    def _assign_item(self, target: cst.Subscript, value: Val, at: cst.CSTNode) -> None:
        base = self.single(target.value)
        path = attribute_path(target.value)
        value = self.own(value)
        index: Val = ()
        if path and len(target.slice) == 1 and isinstance(target.slice[0].slice, cst.Slice):
            part = target.slice[0].slice
            if part.lower is None and part.upper is None and self.frame.env is not None:
                self.edge(value, base, Op.COPY)
                self.change(base, path)
                self.bind(path, value)
                return
        key: str | None = None
        labelled = self._by_label(base)
        for element in target.slice:
            inner = element.slice
            if isinstance(inner, cst.Index):
                key = constant_key(inner.value) if len(target.slice) == 1 else None
                index = self.value(inner.value)
                if key is None:
                    self.edge(index, base, Op.ONLY_VALUE if labelled else Op.STORE)
        if key and path and "." not in path and self.frame.env is not None and path in self.frame.env:
            base = self._overwritten(path, base, key, target)
        if key is not None:
            value = self._turns(base, value, target)
        taken = labelled and all(
            self.nodes[one].kind == Kind.ITEM and self._by_label(self.nodes[one].base) for one in value
        )
        self.edge(value, base, Op.ONLY_VALUE if taken else Op.STORE, key or "")
        if key is None:
            self.put_anew(path, base, index, value)
            self._number(value, base)
        else:
            self._choice_by_key(target, base, value)
        if key is None and self.nodes[base].kind not in (Kind.LIST, Kind.TUPLE) and not self._is_there(target):
            self.ordered_by_loops(base, Op.ORDERS_KEYS, AGAIN if self.loop >= 0 and _reads(at, target) else "")
        self._order_around(base, target.value)
        name = f"{path or '?'}[{key or ''}]"
        # what is made here and put under a key leaves what stands under the other keys as it is
        alone = key and all(one >= watcher.first for watcher in self.watchers for one in value)
        self.change(base, "" if alone else name)
        self.note_made(value, name)
        self.touched(attribute_path(target.value))

    def _order_around(self, base: int, read: cst.BaseExpression) -> None:
        """``totals[name]["size"] = size``: where a mapping has defaults, this puts ``name`` there."""
        while isinstance(read, cst.Subscript) and base >= 0 and self.nodes[base].kind == Kind.ITEM:
            key, base = self.nodes[base].name, self.nodes[base].base
            if base >= 0 and not key and not self._is_there(read):
                self.ordered_by_loops(base, Op.ORDERS_KEYS, NESTED)
            read = read.value

    def _by_label(self, base: int) -> bool:
        """``table.loc[names, "size"]``: rows are found by their labels, and stand where they stand, in whatever order
        they are asked for; and so they are set by those of what was taken in the same way."""
        while base >= 0 and self.nodes[base].name == "overwritten":
            base = next((e.source for e in self.edges if e.target == base and e.op == Op.SAME), -1)
        return base >= 0 and self.nodes[base].kind == Kind.ATTR and self.nodes[base].name in ("loc", "at")

    def _is_there(self, target: cst.Subscript) -> bool:
        """Whether the key is known to be there, ``if name in totals: totals[name] = ...``: so it keeps its place. So is
        the place that a list tells, ``rows[rows.index(name)] = ...``."""
        index = target.slice[0].slice if len(target.slice) == 1 else None
        if not isinstance(index, cst.Index):
            return False
        known = (self.frame.env or {}).get(dotted(index.value), ())
        if known and all(self.nodes[one].kind == Kind.CALL and self.nodes[one].name == "index" for one in known):
            return True
        return any(_asks_for(test, index.value, target.value) for test, _ in self.if_tests)

    def _turns(self, base: int, value: Val, at: cst.CSTNode) -> Val:
        """``part.number = number`` where ``part`` is another one in each round."""
        drawn = base in self.loop_targets.get(self.loop, ()) or self.nodes[base].loop == self.loop
        return self.in_turn(value, at) if self.numbers and (drawn or self.is_of_round(base)) else value

    def _number(self, value: Val, base: int) -> None:
        """``ids[name] = number``: which number goes with which name depends on the order of the loop that counts."""
        made = [e.source for e in self.edges[-_RECENT:] if e.target in value]
        self.numbered((*value, *made), base)
        self.numbered_by_size((*value, *made), base)

    def _overwritten(self, name: str, base: int, key: str, at: cst.CSTNode) -> int:
        """``x["a"] = ...``: from here on ``x`` is what it was, without what stood under ``"a"``."""
        after = self.node(Kind.VALUE, at, "overwritten", loop=self.nodes[base].loop)
        self.edge(base, after, Op.SAME, "!" + key)
        if self.frame.env is not None and name not in self.frame.cells and name not in self.frame.globals:
            self.frame.env[name] = (after,)
            return after
        return base

    def _unpack(self, target: cst.Tuple | cst.List, value: Val, at: cst.CSTNode, plain: int = -1) -> None:
        """``a, b = value``. ``plain``: the position of an element that holds nothing (the directory of a walk)."""
        whole = self.one(value, target)
        elements = target.elements
        stars = [i for i, e in enumerate(elements) if isinstance(e, cst.StarredElement)]
        if stars and len(elements) > 1 and whole >= 0 and self.nodes[whole].kind != Kind.TUPLE:
            rests = [dotted(elements[i].value) for i in stars]
            self.choice("unpack", whole, target, any(refuses_others(self.following, rest) for rest in rests))
        picked = -1
        if len(elements) > 1 and not stars and whole >= 0 and self.nodes[whole].kind != Kind.TUPLE:
            picked = self.node(Kind.VALUE, target, "picked")  # which element a name gets depends on the order
            self.edge(whole, picked, Op.LOOP)
        for position, element in enumerate(elements):
            part = self.node(Kind.VALUE, element.value)
            if isinstance(element, cst.StarredElement):
                self.edge(whole, part, Op.COPY)
            else:
                key = f"#{position}" if not stars or position < stars[0] else ""
                self.edge(whole, part, Op.LOAD if position != plain else Op.ONLY_VALUE, key)
                self.edge(picked, part, Op.ORDERS)
            self.assign(element.value, (part,), at)

    # statements that assign

    def _value_assigned(self, node: cst.Assign) -> Val:
        """What is assigned. What is taken of the first of several is no choice if the next statement refuses those that
        differ in it."""
        target, env = node.targets[0].target, self.frame.env
        path = agreed(self.following, target.value) if isinstance(target, cst.Name) else ""
        mark = "\x01" + path
        if not path or env is None or mark in env:
            return self.value(node.value)
        env[mark] = ()
        self.has_paths = True
        value = self.value(node.value)
        env.pop(mark, None)
        return value

    def _assign(self, node: cst.Assign) -> None:
        pairs = _pairs(node)
        if pairs:
            values = [self.value(value) for _, value in pairs]
            for (single, _), part in zip(pairs, values, strict=True):
                self.assign(single, part, node)
            return
        folded, grown = self._folded(node), self._regrown(node)
        value = self._value_assigned(node)
        if sorts_next(self.following, node.targets[0].target):
            value = self.derived(Op.SORT, value, node.value, name="sorted")
        for one in folded:
            for index in self.loops_between(one):
                self.edge(self.loops[index].node, value[0], Op.ORDERS, "fold")
        grows = node.targets[0].target
        if grown and (type(grows) is cst.Subscript or self._grows(grown, value, node.value)):
            for one in grown:
                for made in value:
                    if self.nodes[made].kind in _MADE:
                        self._order_growth(made, one, cst.Add(), grows)
        if self.type_comment:
            typed = self.node(Kind.VALUE, node.targets[0].target, ":" + self.type_comment)
            self.edge(value, typed)
            value = (typed,)
        if self.frame.index == 0 and type(node.value) is cst.Subscript:
            value = (*value, *self.alias(node.value))
        for target in node.targets:
            if type(target.target) is cst.Name:
                self.assigned_at[target.target.value] = (*self.positions.of(node), self.statement)
                if self.is_named():
                    self.keyed_at.add(self.assigned_at[target.target.value])
            self.assign(target.target, value, node)
            if self.frame.index == 0 and type(target.target) is cst.Name and target.target.value == "__all__":
                self.exports = _string_items(node.value)

    def alias(self, written: cst.BaseExpression) -> Val:
        """What a name stands for in annotations, if sets are part of it: ``Groups = Dict[str, Set[str]]``."""
        text = self.positions.snippet(written)
        return (self.node(Kind.VALUE, written, "=" + text),) if _OF_SETS.match(text.lstrip("\"'")) else ()

    def _folded(self, node: cst.Assign) -> Val:
        """What ``x`` holds before ``x = x.method(...)``: a loop around it folds into ``x`` in its order."""
        target, value = node.targets[0].target, node.value
        if type(target) is not cst.Name or type(value) is not cst.Call or self.frame.env is None:
            return ()
        function = value.func
        if type(function) is not cst.Attribute or type(function.value) is not cst.Name:
            return ()
        return self.frame.env.get(target.value, ()) if function.value.value == target.value else ()

    def _regrown(self, node: cst.Assign) -> Val:
        """What ``x`` holds before ``x = x + y`` or ``x = f"{x}..."``, which is a longer ``x``; and ``parts`` before
        ``parts[key] = parts.get(key, []) + y``, of which a part is longer then."""
        target = node.targets[0].target
        if len(node.targets) > 1 or self.frame.env is None or self.loop < 0:
            return ()
        if type(target) is cst.Subscript:
            return (self.single(target.value),) if is_longer(node.value, target) else ()
        if type(target) is not cst.Name:
            return ()
        named = any(type(part) is cst.Name and part.value == target.value for part in joined_parts(node.value))
        return self.frame.env.get(target.value, ()) if named else ()

    def _ann_assign(self, node: cst.AnnAssign) -> None:
        annotation = self.positions.snippet(node.annotation.annotation)
        value = () if node.value is None else self.value(node.value)
        typed = self.node(Kind.VALUE, node.target, ":" + annotation)
        self.edge(value, typed)
        if node.value is not None and annotation.rpartition(".")[2] == "TypeAlias":
            self.edge(self.alias(node.value), typed)
        if self.frame.is_class and isinstance(node.target, cst.Name):
            self.fields.append((node.target.value, annotation, self.one(value) if value else -1))
        if node.value is not None or not isinstance(node.target, cst.Name) or self.frame.index == 0:
            self.assign(node.target, (typed,), node)

    def _aug_assign(self, node: cst.AugAssign) -> None:
        old = self.value(node.target)
        new = self.value(node.value)
        made = self._operate(node, node.operator, old, new)
        for one in old:
            if one in self.numbers:
                self.numbers[made[0]] = self.numbers[one]
        if isinstance(node.operator, (cst.AddAssign, cst.BitOrAssign)):
            base = old[0] if old else -1
            if base >= 0 and self.nodes[base].kind == Kind.PARAM:
                self.edge(new, base, Op.COPY)  # a list that was handed in grows for its owner, too
                self.change(base)
            if base >= 0 and self._grows(old, new, node.value):
                self._order_growth(made[0], base, node.operator, node.target)
        self.assign(node.target, made, node)

    def _grows(self, old: Val, new: Val, value: cst.BaseExpression) -> bool:
        """Whether ``+=`` extends text or a sequence (integer counting does not depend on order; a float sum does)."""
        kinds = {self.nodes[n].kind for n in new}
        kinds |= {Kind.TEXT for part in joined_parts(value) if isinstance(part, _TEXTS)}
        if kinds & {Kind.TEXT, Kind.LIST, Kind.TUPLE, Kind.DICT}:
            return True
        return any(self._starts_ordered(n, 0) for n in old)

    def _starts_ordered(self, node: int, depth: int) -> bool:
        kind, name = self.nodes[node].kind, self.nodes[node].name
        if kind in (Kind.TEXT, Kind.LIST, Kind.TUPLE, Kind.DICT):
            return True
        if kind == Kind.CONST:
            return "." in name or "e" in name.lower().replace("true", "").replace("false", "").replace("none", "")
        if depth > 6:
            return False
        if kind == Kind.ITEM and self._has_default(node):
            return True
        sources = [e.source for e in self.edges if e.target == node and e.op == Op.SAME]
        return any(self._starts_ordered(s, depth + 1) for s in sources)

    def _has_default(self, item: int) -> bool:
        """Whether a part begins as a text or a sequence: under this key, or by the default of what holds it."""
        base, key = self.nodes[item].base, self.nodes[item].name
        into = [e for e in self.edges if e.target == base]
        if key and any(e.op == Op.STORE and e.key == key and self.nodes[e.source].kind in _GROWING for e in into):
            return True
        made = [self.nodes[n] for n in (base, *(e.source for e in into if e.op == Op.SAME)) if n >= 0]
        calls = [self.calls[record.base] for record in made if record.kind == Kind.CALL]
        return any(
            self.nodes[call.callee].name.rpartition(".")[2] == "defaultdict"
            and call.args
            and self.nodes[call.args[0].node].name in ("str", "list", "tuple")
            for call in calls
        )

    def _order_growth(self, made: int, base: int, operator: cst.CSTNode, target: cst.BaseExpression) -> None:
        op = Op.ORDERS_KEYS if isinstance(operator, cst.BitOrAssign) else Op.ORDERS
        keys = {one for name in keyed_by(target) for one in (self.frame.env or {}).get(name, ())}
        for index in self.loops_between(base):
            apart = not keys.isdisjoint(self.loop_targets.get(index, ()))  # each round fills a part of its own
            if self.loops[index].node >= 0 and not apart:
                self.edge(self.loops[index].node, made, op)

    fields: list[tuple[str, str, int]]


def _pairs(node: cst.Assign) -> list[tuple[cst.BaseExpression, cst.BaseExpression]]:
    """``a, b = x, y``: each target with its value, if that is all there is."""
    target, value = node.targets[0].target, node.value
    if len(node.targets) > 1 or type(value) is not cst.Tuple or not isinstance(target, (cst.Tuple, cst.List)):
        return []
    elements = (*target.elements, *value.elements)
    if len(target.elements) != len(value.elements) or any(isinstance(e, cst.StarredElement) for e in elements):
        return []
    return [(to.value, given.value) for to, given in zip(target.elements, value.elements, strict=True)]


def _reads(at: cst.CSTNode, target: cst.Subscript) -> bool:
    """Whether a statement reads what it puts under a key, ``totals[name] = totals[name] + 1`` or ``+= 1``."""
    if isinstance(at, cst.AugAssign):
        return True
    parts: list[cst.CSTNode] = [at.value] if isinstance(at, cst.Assign) else []
    for part in parts:
        if type(part) is cst.Subscript and part.deep_equals(target):
            return True
        parts += part.children
    return False


def _asks_for(test: cst.BaseExpression, key: cst.BaseExpression, held: cst.BaseExpression) -> bool:
    """Whether ``test`` holds only if ``key in held``."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        return _asks_for(test.left, key, held) or _asks_for(test.right, key, held)
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    asked = test.comparisons[0]
    return isinstance(asked.operator, cst.In) and test.left.deep_equals(key) and asked.comparator.deep_equals(held)


def _string_items(node: cst.BaseExpression) -> tuple[str, ...]:
    if not isinstance(node, (cst.List, cst.Tuple)):
        return ()
    return tuple(literal_text(e.value) or "" for e in node.elements if isinstance(e.value, cst.SimpleString))
