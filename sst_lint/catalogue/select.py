"""Which rules does a list of selectors mean? Codes, prefixes of codes, names, ``ALL``, ``DEFAULT``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sst_lint.catalogue.rule import Rule
from sst_lint.catalogue.schema import CatalogueError, nearest

ALWAYS = "SST900"  #: unreadable source: no selection hides it

_EXACT = 10  # more than the length of any prefix


def resolve(selectors: Iterable[str], rules: Sequence[Rule], where: str = "selector") -> dict[str, int]:
    """Return code -> how exactly it was named (0 for ``ALL`` and ``DEFAULT``, then the prefix's length), by code.

    Raises ``CatalogueError`` for a selector that means no rule, with the nearest one; ``where`` opens the message.
    """
    ranks: dict[str, int] = {}
    for selector in selectors:
        found = _matches(selector.strip(), rules)
        if not found and selector.strip().upper() not in ("ALL", "DEFAULT"):
            known = [word for rule in rules for word in (rule.code, rule.name)]
            raise CatalogueError(f"{where}: unknown rule `{selector}`{nearest(selector, ['ALL', 'DEFAULT', *known])}")
        for code, rank in found.items():
            ranks[code] = max(rank, ranks.get(code, 0))
    return dict(sorted(ranks.items()))


def _matches(selector: str, rules: Sequence[Rule]) -> dict[str, int]:
    upper = selector.upper()
    if upper in ("ALL", "DEFAULT"):
        return {rule.code: 0 for rule in rules if rule.default or upper == "ALL"}
    exact = {rule.code: _EXACT for rule in rules if rule.code == upper or rule.name == selector.lower()}
    if exact or not upper.startswith("SST"):
        return exact
    return {rule.code: len(upper) for rule in rules if rule.code.startswith(upper)}


def enabled(
    rules: Sequence[Rule],
    select: Sequence[str] = ("DEFAULT",),
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    extend_ignore: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return the codes that are on, sorted. The more exact selector wins; between equals, ignore does."""
    chosen = resolve(select, rules, "select")
    for code, rank in resolve(extend_select, rules, "extend-select").items():
        chosen[code] = max(rank, chosen.get(code, 0))
    refused = resolve(ignore, rules, "ignore")
    for code, rank in resolve(extend_ignore, rules, "extend-ignore").items():
        refused[code] = max(rank, refused.get(code, 0))
    return tuple(
        rule.code
        for rule in rules
        if rule.code == ALWAYS or (rule.code in chosen and chosen[rule.code] > refused.get(rule.code, -1))
    )
