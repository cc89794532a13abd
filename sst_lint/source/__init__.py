"""Which files are there, and what stands in them? Paths become ``Source`` records, or ``Unreadable`` ones."""

from sst_lint.source.discover import Discovery, discover
from sst_lint.source.read import parse, read, read_bytes
from sst_lint.source.records import Directive, Source, Unit, Unreadable
from sst_lint.source.roots import find_root, import_roots, is_marked
from sst_lint.source.units import SyntaxProblem, split_units

__all__ = [
    "Directive",
    "Discovery",
    "Source",
    "SyntaxProblem",
    "Unit",
    "Unreadable",
    "discover",
    "find_root",
    "import_roots",
    "is_marked",
    "parse",
    "read",
    "read_bytes",
    "split_units",
]
