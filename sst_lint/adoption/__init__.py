"""How does a project begin with the tool, and is it set up well? ``init`` proposes files, ``doctor`` looks over."""

from sst_lint.adoption.look import Look, look
from sst_lint.adoption.plan import Plan, Proposal, plan

__all__ = ["Look", "Plan", "Proposal", "look", "plan"]
