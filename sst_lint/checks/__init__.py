"""Project -> defects. One file for each rule family; a check is a function from the project to what it finds.

To add a rule: its TOML in ``rules/checks``, a function here or in its family's file, an entry in ``CHECKS``, a fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sst_lint.checks.defect import Defect

if TYPE_CHECKING:
    from sst_lint.config import Config
    from sst_lint.flow import Project

Check = Callable[["Project"], Iterable[Defect]]

__all__ = ["Defect", "checks", "run"]


def checks() -> dict[str, Check]:
    """Rule code to check, in order of code."""
    from sst_lint.checks import (
        causes,
        choices,
        digests,
        fallbacks,
        handlers,
        interrupts,
        locking,
        order,
        protocol,
        serialization,
        ties,
        values,
        writes,
    )

    return {
        "SST101": writes.non_atomic,
        "SST102": protocol.incomplete,
        "SST103": order.serializations,
        "SST104": serialization.lossy,
        "SST110": locking.unlocked,
        "SST111": locking.ineffective,
        "SST112": locking.check_then_write,
        "SST201": order.listings,
        "SST202": order.sets,
        "SST203": order.dicts,
        "SST204": order.completions,
        "SST205": choices.first_match,
        "SST206": ties.by_clock,
        "SST207": ties.ambiguous,
        "SST301": values.clocks,
        "SST302": values.randoms,
        "SST303": values.processes,
        "SST304": values.machines,
        "SST305": values.naive_dates,
        "SST306": digests.truncated,
        "SST307": digests.unstable_input,
        "SST401": handlers.bare,
        "SST402": handlers.silent,
        "SST403": handlers.fail_open,
        "SST404": fallbacks.poisoned,
        "SST405": interrupts.swallowed,
        "SST406": causes.lost,
        "SST407": fallbacks.overwritten,
    }


def run(project: Project, config: Config) -> list[Defect]:
    """Everything that the checks find, by place and rule. Selection and suppression come later."""
    found = [defect for check in checks().values() for defect in check(project)]
    return sorted(dict.fromkeys(found), key=lambda d: (d.location, d.rule, d.message))
