"""What does the tool know? Rules and library models: ``rules/`` as validated values."""

from sst_lint.catalogue.load import load_models, parse_library
from sst_lint.catalogue.schema import CatalogueError

__all__ = ["CatalogueError", "load_models", "parse_library"]
