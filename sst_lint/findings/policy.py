"""What does the configuration want to see at a path: which rules, how sure, how severe?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from sst_lint.catalogue import Rule
from sst_lint.catalogue.select import enabled, resolve
from sst_lint.checks.belief import Confidence
from sst_lint.checks.defect import Severity
from sst_lint.config import Config
from sst_lint.findings.records import CONFIDENCE


@dataclass
class Policy:
    """A project's configuration, read as a filter on findings."""

    config: Config
    rules: Sequence[Rule]
    _known: dict[object, frozenset[str]] = field(default_factory=dict)

    def validate(self) -> None:
        """Raise ``CatalogueError`` when any selector of the configuration, per-path tables included, names no rule."""
        for layer in (self.config, *(replace(self.config, **dict(table)) for _, table in self.config.per_path)):
            self._enabled(layer)
            resolve((rule for rule, _ in layer.severity), self.rules, "severity")

    def enabled(self, path: str) -> frozenset[str]:
        """Return the codes that are on for the file at ``path``."""
        return self._enabled(self.config.for_path(path))

    def _enabled(self, config: Config) -> frozenset[str]:
        selectors = (config.select, config.ignore, config.extend_select, config.extend_ignore)
        if selectors not in self._known:
            self._known[selectors] = frozenset(enabled(self.rules, *selectors))
        return self._known[selectors]

    def sure_enough(self, path: str, confidence: Confidence) -> bool:
        """Whether a defect of this confidence is to be shown at ``path``."""
        return CONFIDENCE[confidence] >= CONFIDENCE[self.config.for_path(path).min_confidence]

    def severity(self, rule: Rule, path: str, usual: Severity) -> Severity:
        """Return the severity that the configuration gives the rule at ``path``, else the ``usual`` one."""
        return cast(Severity, self.config.for_path(path).severity_of(rule.code, rule.name) or usual)
