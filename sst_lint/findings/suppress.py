"""Which findings does a comment in the source silence, and which comments say nothing true?

One pass for every face. A comment works on its line, or on a statement's first line, for a range (``off`` to ``on``) or
for the file. What is wrong with the comments themselves becomes SST901 (unused), SST902 (no reason), SST903 (invalid).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sst_lint.catalogue import CatalogueError, Rule
from sst_lint.catalogue.select import ALWAYS, resolve
from sst_lint.findings.records import Finding, Suppression
from sst_lint.source.records import Directive

UNUSED, UNEXPLAINED, INVALID = "SST901", "SST902", "SST903"
ABOUT_SUPPRESSIONS = (UNUSED, UNEXPLAINED, INVALID)


@dataclass(eq=False)
class _Scope:
    """One directive and the lines for which it speaks."""

    directive: Directive
    codes: tuple[str, ...]  #: resolved; empty: every rule but those about suppressions themselves
    named: tuple[tuple[str, tuple[str, ...]], ...]  #: each selector as written, and what it resolves to
    first: int
    last: int = 0  #: of a range, inclusive; 0: to the end of the file
    used: set[str] = field(default_factory=set)  #: codes that it silenced

    def covers(self, code: str, finding: Finding) -> bool:
        """Whether it silences the rule ``code`` at the place of the finding."""
        if code == ALWAYS or not (code in self.codes if self.codes else code not in ABOUT_SUPPRESSIONS):
            return False
        if self.directive.kind in ("off", "ignore-file"):
            return self.first <= finding.line and (self.last == 0 or finding.line <= self.last)
        return any(self.first <= line <= self.directive.line for line in (finding.line, finding.statement_line))


class Suppressions:
    """The directives of one file, ready to be asked."""

    def __init__(self, directives: Sequence[Directive], rules: Sequence[Rule]) -> None:
        """Resolve the directives of one file; what is invalid is kept for ``problems``."""
        self._rules = rules
        self._scopes: list[_Scope] = []
        self._by_line: dict[int, list[_Scope]] = {}  # those that speak for one line
        self._wide: list[_Scope] = []  # those that speak for a range or the file
        self._invalid: list[tuple[Directive, str]] = []
        opened: list[_Scope] = []
        for directive in sorted(directives, key=lambda each: (each.line, each.column)):
            if directive.error:
                self._invalid.append((directive, directive.error))
                continue
            if directive.kind == "on":
                self._close(directive, opened)
                continue
            scope = self._scope(directive)
            if scope is not None:
                self._scopes.append(scope)
                wide = directive.kind in ("off", "ignore-file")
                for line in range(scope.first, directive.line + 1) if not wide else ():
                    self._by_line.setdefault(line, []).append(scope)
                if wide:
                    self._wide.append(scope)
                if directive.kind == "off":
                    opened.append(scope)

    def _scope(self, directive: Directive) -> _Scope | None:
        named = self._resolved(directive)
        if directive.codes and not named:
            return None  # nothing that it names is a rule of ours: it must not mean "everything"
        codes = tuple(dict.fromkeys(code for _, resolved in named for code in resolved))
        first = 1 if directive.kind == "ignore-file" else directive.line
        if directive.kind not in ("off", "ignore-file"):
            first = directive.first or directive.line
        return _Scope(directive, codes, named, first)

    def _resolved(self, directive: Directive) -> tuple[tuple[str, tuple[str, ...]], ...]:
        named: list[tuple[str, tuple[str, ...]]] = []
        for selector in directive.codes:
            if directive.kind == "noqa" and not selector.upper().startswith("SST"):
                continue  # another linter's code
            try:
                named.append((selector, tuple(resolve([selector], self._rules, "suppression"))))
            except CatalogueError as error:
                self._invalid.append((directive, str(error).removeprefix("suppression: ")))
        return tuple(named)

    def _close(self, directive: Directive, opened: list[_Scope]) -> None:
        """End the ranges that an ``on`` names; without codes, all that are open."""
        ended = [scope for scope in opened if not directive.codes or scope.directive.codes == directive.codes]
        if not ended:
            what = f"[{', '.join(directive.codes)}]" if directive.codes else ""
            self._invalid.append((directive, f"`on{what}` ends no `off{what}`"))
        for scope in ended:
            scope.last = max(directive.line - 1, scope.first)
            opened.remove(scope)

    def apply(self, finding: Finding) -> Finding:
        """Return the finding, with its suppression if a comment silences it; the comments remember it."""
        lines = dict.fromkeys((finding.line, finding.statement_line))
        near = [*dict.fromkeys(scope for line in lines for scope in self._by_line.get(line, ())), *self._wide]
        silencing = [scope for scope in near if scope.covers(finding.rule, finding)]
        for scope in near:
            # a comment for a weaker rule of the same defect is not unused: it speaks as soon as the stronger is off
            scope.used.update(code for code in (finding.rule, *finding.also) if scope.covers(code, finding))
        if not silencing:
            return finding
        nearest = min(silencing, key=lambda scope: (_RANK[scope.directive.kind], scope.directive.line))
        directive = nearest.directive
        why = Suppression(directive.kind, directive.line, directive.reason.strip(), directive.tier, directive.ticket)
        return dataclasses.replace(finding, suppressed=why)

    def problems(self, enabled: Iterable[str]) -> list[tuple[str, Directive, str]]:
        """Return (code, directive, message) for what is wrong with the comments; ask after every ``apply``.

        A comment for a rule that is not ``enabled`` in this run is not called unused.
        """
        on = set(enabled)
        everything = all(rule.code in on for rule in self._rules if rule.default)
        found = [(INVALID, directive, f"invalid suppression: {message}") for directive, message in self._invalid]
        for scope in self._scopes:
            directive = scope.directive
            if directive.kind == "waiver":
                continue  # a team's own comment, not written for this tool
            unused = _unused(scope, on) if scope.named or everything else None
            if unused is not None:
                found.append(
                    (UNUSED, directive, f"unused suppression{unused}: nothing here for it to silence; remove it")
                )
            if not directive.reason.strip() and (directive.codes or directive.kind != "noqa"):
                found.append((UNEXPLAINED, directive, "suppression without a reason: add ` -- why this is right`"))
        return found


_RANK = {"ignore": 0, "noqa": 1, "waiver": 2, "off": 3, "ignore-file": 4}


def _unused(scope: _Scope, on: set[str]) -> str | None:
    """Return what of a directive silenced nothing (" of SST203"), "" for all of it, or None when it is used."""
    if not scope.named:
        blanket_noqa = scope.directive.kind == "noqa"  # for other linters as well
        return None if scope.used or blanket_noqa else ""
    idle = [
        selector
        for selector, codes in scope.named
        if not scope.used.intersection(codes)
        and on.intersection(codes)
        and not all(code in (*ABOUT_SUPPRESSIONS, ALWAYS) for code in codes)
    ]
    return f" of {', '.join(idle)}" if idle else None
