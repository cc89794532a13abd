"""What is guarded by ``with`` and ``try``, and what does each ``except`` clause do?"""

from __future__ import annotations

from typing import Any

import libcst as cst
import msgspec

from sst_lint.facts.build import Env, Watcher
from sst_lint.facts.comments import is_explained, is_foreseen
from sst_lint.facts.handlers import HandlerState, body_is_trivial, leaving, only_imports
from sst_lint.facts.loops import Loops
from sst_lint.facts.names import dotted
from sst_lint.facts.records import Handler, Kind, Leaving


class Guards(Loops):
    """Reads context managers and handlers."""

    def _with(self, node: cst.With) -> None:
        outer = self.region
        if node.asynchronous is not None:
            self.note_wait()
        suppressors: list[int] = []
        for item in node.items:
            calls = len(self.calls)
            value = self.value(item.item)
            context = self.one(value, item.item)
            if isinstance(item.item, cst.Call) and len(self.calls) > calls:
                call = self.calls[-1]
                call.entered = True
                name = call.method or self.nodes[call.callee].name
                if name == "suppress" or any(_looks_like_error(a.value) for a in item.item.args):
                    suppressors.append(len(self.calls) - 1)
            self.region = self._region("with", context)
            if item.asname is not None:
                self.assign(item.asname.name, value, node)
        if suppressors:
            self._suppressed(node, suppressors[0])
        else:
            self.block(node.body)
        self.region = outer

    def _suppressed(self, node: cst.With, call: int) -> None:
        watcher = Watcher(len(self.nodes))
        self.watchers.append(watcher)
        before = dict(self.frame.env or {})
        self.block(node.body)
        self.watchers.pop()
        self.frame.env = self.join_env(self.frame.env, before)
        types = tuple(a.node for a in self.calls[call].args)
        item = node.items[0].item
        line, column, end_line, end_column = self.positions.of(item)
        self.handlers.append(
            Handler(
                self.region, -1, self.frame.index, types, False, "", ("falls",), False, False, False, False, True,
                tuple(watcher.found), (), only_imports(node.body), line, column, end_line, end_column, call,
                written_names=tuple(watcher.found.values()), explained=is_explained(node),
            )
        )  # fmt: skip

    def _try(self, node: Any) -> None:
        before = dict(self.frame.env or {})
        assigned = self.bindings.of(node.body)
        watcher = Watcher(len(self.nodes))
        self.watchers.append(watcher)
        tried = self._in_region("try", lambda: self.block(node.body))
        self.watchers.pop()
        caught = self._caught_env(before, assigned)
        if node.orelse is not None and self.frame.env is not None:
            self._in_region("orelse", lambda: self.block(node.orelse.body))
        after = self.frame.env
        for handler in node.handlers:
            self.frame.env = dict(caught)
            self._handler(handler, tried, watcher, only_imports(node.body), is_foreseen(node))
            after = self.join_env(after, self.frame.env)
        if node.finalbody is not None:
            self.frame.env = dict(after) if after is not None else dict(caught)
            self._in_region("finally", lambda: self.block(node.finalbody.body))
            for statement, always in leaving(node.finalbody.body):
                how = type(statement).__name__.lower()
                self.leavings.append(Leaving(how, always, tried, self.frame.index, *self.positions.of(statement)))
            if after is None:
                self.frame.env = None
        else:
            self.frame.env = after

    def _caught_env(self, before: Env, assigned: frozenset[str]) -> Env:
        """What names hold when the body was left anywhere: the value before it, or any that it assigned."""
        env = dict(before)
        end = self.frame.env or {}
        for name in sorted(assigned):
            values = [v for v in (before.get(name), end.get(name)) if v]
            if values and "." not in name:
                env[name] = self.join(values)
            elif "." in name:
                env.pop(name, None)
        return env

    def _handler(self, node: Any, tried: int, written: Watcher, imports: bool, foreseen: bool) -> None:
        types: tuple[int, ...] = ()
        if node.type is not None:
            inner = node.type.elements if isinstance(node.type, cst.Tuple) else None
            types = tuple(self.single(e.value) for e in inner) if inner is not None else (self.single(node.type),)
        name = node.name.name.value if node.name is not None and isinstance(node.name.name, cst.Name) else ""
        self.statement = self.positions.line(node) or self.statement
        line, column, end_line, end_column = self._clause_span(node)
        error = self.node(Kind.ERROR, node, name)
        if name and self.frame.env is not None:
            self.frame.env[name] = (error,)
        state = HandlerState(self.frame, name, error)
        start, self.handler_start = self.handler_start, len(self.nodes)
        watcher = Watcher(self.handler_start)
        self.watchers.append(watcher)
        self.handler_states.append(state)
        body = self._in_region("handler", lambda: self.block(node.body))
        self.handler_states.pop()
        self.handler_start = start
        self.watchers.pop()
        ends = (*(("falls",) if self.frame.env is not None else ()), *sorted(state.ends))
        self.handlers.append(
            Handler(
                tried, body, self.frame.index, types, node.type is None, name, ends, state.reraises,
                state.raises_from, state.raises_other, state.uses_error, body_is_trivial(node.body),
                tuple(written.found), tuple(watcher.found), imports, line, column, end_line, end_column, -1,
                tuple(written.found.values()), tuple(watcher.found.values()), error, tuple(state.hidden),
                foreseen or is_explained(node),
            )
        )  # fmt: skip

    def _clause_span(self, node: Any) -> tuple[int, int, int, int]:
        """From ``except`` to the end of its type."""
        line, column, _, _ = self.positions.of(node)
        last = node.name.name if node.name is not None else node.type
        if last is None:
            return line, column, line, column + len("except")
        end_line, end_column = self.positions.end_outside(last)
        return line, column, end_line or line, end_column or column + len("except")

    def _raise(self, node: cst.Raise) -> None:
        first = len(self.choices)
        raised = () if node.exc is None else self.value(node.exc)
        for number in range(first, len(self.choices)):  # `raise errors[0]`: one is as good as another
            self.choices[number] = msgspec.structs.replace(self.choices[number], keyed=True)
        self.frame.raises[self.region] = None
        if node.cause is not None:
            self.value(node.cause.item)
        for state in reversed(self.handler_states):
            if state.frame is self.frame:
                state.raised(node, raised)
                break
        self._end("raises")


def _looks_like_error(node: cst.BaseExpression) -> bool:
    """Whether an argument is named like an exception class; the linker decides whether the call suppresses it."""
    return dotted(node).endswith(("Error", "Exception", "Interrupt"))
