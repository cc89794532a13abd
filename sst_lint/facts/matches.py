"""What do the patterns of a ``match`` capture?"""

from __future__ import annotations

from typing import Any

import libcst as cst

from sst_lint.facts.branches import NARROW
from sst_lint.facts.build import Env, Val
from sst_lint.facts.guards import Guards
from sst_lint.facts.literals import attribute_path, literal_text
from sst_lint.facts.names import dotted
from sst_lint.facts.ops import Op


class Matches(Guards):
    """Reads ``match`` statements."""

    def _match(self, node: cst.Match) -> None:
        subject = self.value(node.subject)
        before = self.frame.env
        complete = any(_matches_all(case) for case in node.cases)
        after: Env | None = dict(before) if before is not None and not complete else None
        for case in node.cases:
            self.frame.env = dict(before) if before is not None else None
            self._pattern(case.pattern, subject)
            path = attribute_path(node.subject)
            if path and self.frame.env is not None:
                narrowed = self._as_class(case.pattern, subject)
                if narrowed is not subject:
                    self.frame.env[path] = narrowed
            if case.guard is not None:
                self.value(case.guard)
            self._in_region("if", lambda case=case: self.block(case.body))  # type: ignore[misc]
            after = self.join_env(after, self.frame.env)
        self.frame.env = after

    def _pattern(self, pattern: Any, subject: Val) -> None:
        """Names that a pattern captures hold the subject or something inside it."""
        kind = type(pattern)
        if kind is cst.MatchAs:
            if pattern.pattern is not None:
                self._pattern(pattern.pattern, subject)
            if pattern.name is not None:
                self.bind(pattern.name.value, self._as_class(pattern.pattern, subject))
        elif kind is cst.MatchOr:
            for element in pattern.patterns:
                self._pattern(element.pattern, subject)
        elif kind in (cst.MatchList, cst.MatchTuple):
            if any(isinstance(e, cst.MatchStar) for e in pattern.patterns) and len(pattern.patterns) > 1:
                self.choice("unpack", self.one(subject), pattern)
            for position, element in enumerate(pattern.patterns):
                if isinstance(element, cst.MatchStar):
                    if element.name is not None:
                        self.bind(element.name.value, self.derived(Op.COPY, subject, element))
                else:
                    self._pattern(element.value, self.derived(Op.LOAD, subject, element, f"#{position}"))
        elif kind is cst.MatchMapping:
            for element in pattern.elements:
                key = "'" + element.key.value if isinstance(element.key, cst.Name) else ""
                if isinstance(element.key, cst.MatchValue) and isinstance(element.key.value, cst.SimpleString):
                    key = "'" + (literal_text(element.key.value) or "")
                self._pattern(element.pattern, self.derived(Op.LOAD, subject, element, key))
            if pattern.rest is not None:
                self.bind(pattern.rest.value, self.derived(Op.MERGE, subject, pattern))
        elif kind is cst.MatchClass:
            for element in pattern.patterns:
                self._pattern(element.value, self._as_class(pattern, subject))
            for keyword in pattern.kwds:
                value = self.derived(Op.LOAD, subject, keyword, "." + keyword.key.value)
                self._pattern(keyword.pattern, value)

    def _as_class(self, pattern: Any, subject: Val) -> Val:
        name = dotted(pattern.cls).rpartition(".")[2] if isinstance(pattern, cst.MatchClass) else ""
        narrow = NARROW.get(name)
        if narrow is None:
            return subject
        return self.derived(narrow[0], subject, pattern, name=":" + name if narrow[0] == Op.AS_SET else "")


def _matches_all(case: cst.MatchCase) -> bool:
    """``case _`` or ``case name`` without a guard."""
    return case.guard is None and isinstance(case.pattern, cst.MatchAs) and case.pattern.pattern is None
