"""What is reported? Defects, selected, merged, silenced by comments or known to the baseline, in order."""

from sst_lint.findings.collect import Collected, collect
from sst_lint.findings.join import join, relocate
from sst_lint.findings.policy import Policy
from sst_lint.findings.records import Edit, Finding, Fix, Report, Stock, Suppression, fails

__all__ = [
    "Collected",
    "Edit",
    "Finding",
    "Fix",
    "Policy",
    "Report",
    "Stock",
    "Suppression",
    "collect",
    "fails",
    "join",
    "relocate",
]
