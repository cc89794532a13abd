"""Facts of all units -> Project: names, calls, reach, artifact kinds, contexts, traces."""

from sst_lint.flow.project import Project, link
from sst_lint.flow.world import FileFacts

__all__ = ["FileFacts", "Project", "link"]
