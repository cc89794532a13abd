"""What does the tool know? Rules and library models: ``rules/`` as validated values."""

from sst_lint.catalogue.load import load_models, load_rules, parse_library
from sst_lint.catalogue.rule import Rule
from sst_lint.catalogue.schema import CatalogueError, nearest

__all__ = ["CatalogueError", "Rule", "load_models", "load_rules", "nearest", "parse_library"]
