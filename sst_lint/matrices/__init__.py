"""Project -> write, exception and order matrices: every site with its verdict and evidence, not only the bad ones."""

from sst_lint.matrices.build import LAYOUTS, build
from sst_lint.matrices.rows import Layout, Matrix, Row, only, without
from sst_lint.matrices.verdicts import WORDS

__all__ = ["LAYOUTS", "WORDS", "Layout", "Matrix", "Row", "build", "only", "without"]
