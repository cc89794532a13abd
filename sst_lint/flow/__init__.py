"""Facts of all units -> Project: names, calls, reach, artifact kinds, contexts, traces. Imported when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sst_lint.flow.project import Project, link
    from sst_lint.flow.world import FileFacts

__all__ = ["FileFacts", "Project", "link"]


def __getattr__(name: str) -> Any:
    """Import what is asked for: who only names a location needs no graph."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = "world" if name == "FileFacts" else "project"
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
