"""Finds where a code base can write a different, torn or poisoned artifact, proves the path, and fixes it.

``sst_lint.check(paths)`` gives a ``Report`` of ``Finding`` values. Names are imported when they are first used, so that
``import sst_lint.runtime`` runs nothing of the linter.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` takes longer than all of `sst_lint.runtime`
if TYPE_CHECKING:
    from typing import Any

    from sst_lint.catalogue import Rule
    from sst_lint.checks.defect import Defect
    from sst_lint.checks.own import OwnCheck
    from sst_lint.engine import Options, check
    from sst_lint.findings import Finding, Report

__version__ = "0.1.0"
__all__ = ["Defect", "Finding", "Options", "OwnCheck", "Report", "Rule", "__version__", "check"]

_HOMES = {
    "check": "engine",
    "Options": "engine",
    "Finding": "findings",
    "Report": "findings",
    "Defect": "checks.defect",
    "OwnCheck": "checks.own",
    "Rule": "catalogue",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sst_lint' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"sst_lint.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
