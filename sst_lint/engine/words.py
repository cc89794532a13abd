"""How is a project named in a message? As one may open it from the working directory."""

from __future__ import annotations

import os
from pathlib import Path


def of_project(root: Path, message: str) -> str:
    """A message about a project as a whole, which is named unless it is the working directory."""
    inside = os.path.relpath(root)
    return message if inside == "." else f"{inside}: {message}"


def from_here(root: Path, message: str) -> str:
    """A message that begins with a path of the project, as one may open it from the working directory."""
    inside = os.path.relpath(root).replace(os.sep, "/")
    return message if inside == "." or inside.startswith("..") else f"{inside}/{message}"
