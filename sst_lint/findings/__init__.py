"""What is reported? Defects, selected, merged, silenced by comments where they say so, in order."""

from sst_lint.findings.collect import collect, relocate
from sst_lint.findings.policy import Policy
from sst_lint.findings.records import Finding, Report, Suppression, fails

__all__ = ["Finding", "Policy", "Report", "Suppression", "collect", "fails", "relocate"]
