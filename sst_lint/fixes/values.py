"""How does a serialization become strict (SST103, SST104, SST307), and a date know its zone (SST305)?"""

from __future__ import annotations

import re
from functools import lru_cache

import libcst as cst

from sst_lint.facts.dates import ZONE
from sst_lint.fixes.draft import Advice, Change, Draft, Import, Site, insertions, marker
from sst_lint.fixes.places import expression
from sst_lint.fixes.tree import Tree, dotted

_JSON = frozenset({"json.dump", "json.dumps"})


def sorted_keys(site: Site) -> Draft | Advice | None:
    """SST103, SST307: ``sort_keys=True``, or what the library calls it."""
    node = expression(site)
    if not isinstance(node, cst.Call) or any(arg.star == "**" for arg in node.args):
        return None
    about = site.finding.about or dotted(node.func)
    parameter = _sort_parameters().get(about, "sort_keys" if about in _JSON else "")
    if not parameter:
        return None
    for arg in node.args:
        if arg.keyword is not None and arg.keyword.value == parameter:
            start, end = site.tree.outer(arg.value)
            return Draft("unsafe", (Change(start, end, "True"),))
    return Draft("unsafe", appended(site.tree, node, f"{parameter}=True"))


@lru_cache(maxsize=1)
def _sort_parameters() -> dict[str, str]:
    from sst_lint.catalogue import load_models

    return {model.name: model.sort_param for library in load_models() for model in library.calls if model.sort_param}


def appended(tree: Tree, call: cst.Call, text: str) -> tuple[Change, ...]:
    """Add a last argument, in the layout of the call."""
    if not call.args:
        start = tree.span(call)[1] - 1
        return insertions((start, text))
    last = call.args[-1]
    end = tree.outer(last.value)[1]
    if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar:
        end = tree.span(last.value)[1]
    line = tree.line_start(tree.span(last)[0])
    before = tree.text[line : tree.span(last)[0]]
    if not before.strip() and line > tree.span(call)[0] and (len(call.args) == 1 or line > tree.span(call.args[0])[0]):
        return insertions((end, f",{tree.newline}{before}{text}"))
    return insertions((end, f", {text}"))


def strict_default(site: Site) -> Draft | Advice | None:
    """SST104: ``default=str`` becomes a conversion that knows its types, or goes."""
    node = expression(site)
    tree = site.tree
    if not isinstance(node, cst.Call):
        return None
    for index, arg in enumerate(node.args):
        if arg.keyword is None or arg.keyword.value != "default" or dotted(arg.value) not in ("str", "repr"):
            continue
        helper = site.helpers.get("to_primitives")
        if helper is not None:
            start, end = tree.outer(arg.value)
            return Draft("unsafe", (Change(start, end, marker(helper)),), (helper,))
        if index == 0 or "#" in tree.text[tree.outer(node.args[index - 1].value)[1] : tree.outer(arg.value)[1]]:
            return None
        start = tree.outer(node.args[index - 1].value)[1]
        return Draft("unsafe", (Change(start, tree.outer(arg.value)[1], ""),))
    return None


_ZONE = re.compile(ZONE)
#: what a date is asked for when nothing is left of it that could be compared with another date
_TOLD = frozenset({"isoformat", "strftime", "timestamp", "ctime", "date", "year", "month", "day", "timetuple"})
_PARSED = frozenset({"fromisoformat", "strptime"})


def aware_date(site: Site) -> Draft | Advice | None:
    """SST305: the clock is read in UTC, and says so; only where the date becomes text at once.

    A date that lives on may meet a naive one, and comparing the two raises.
    """
    node = expression(site)
    tree = site.tree
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return None
    if site.runs_before(3, 2):
        return Advice("words", "read the clock in UTC, and say so in the text that is made of it")
    parsed = any(isinstance(each, cst.Attribute) and each.attr.value in _PARSED for each in tree.inside(tree.module))
    if parsed or not _told_at_once(tree, node):
        return Advice(
            "words",
            "read the clock with `datetime.now(timezone.utc)`, here and wherever the program makes dates that meet "
            "this one: comparing a naive date with an aware one raises",
        )
    zone = Import("datetime", "timezone")
    utc = f"{marker(zone)}.utc"
    method = node.func.attr.value
    given = [arg for arg in node.args if arg.keyword is None or arg.keyword.value in ("tz", "tzinfo")]
    if method == "now" and not node.args:
        return Draft("unsafe", appended(tree, node, utc), (zone,))
    start, end = tree.span(node.func.attr)
    if method == "utcnow" and not node.args:
        return Draft("unsafe", (Change(start, end, "now"), *appended(tree, node, utc)), (zone,))
    if method == "fromtimestamp" and len(given) == 1 and given[0].keyword is None:
        return Draft("unsafe", appended(tree, node, f"tz={utc}"), (zone,))
    if method == "utcfromtimestamp" and len(node.args) == 1:
        return Draft("unsafe", (Change(start, end, "fromtimestamp"), *appended(tree, node, f"tz={utc}")), (zone,))
    return None


def _says_a_zone(tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether a zone is written behind a date where it becomes text: an aware one would say it twice."""
    parent = tree.parent(node)
    if isinstance(parent, cst.BinaryOperation) and parent.left is node:
        return isinstance(parent.right, cst.SimpleString) and _ZONE.match(_inside(parent.right)) is not None
    if isinstance(parent, cst.FormattedStringExpression):
        whole = tree.parent(parent)
        parts = whole.parts if isinstance(whole, cst.FormattedString) else ()
        after = next((parts[n + 1] for n, part in enumerate(parts[:-1]) if part is parent), None)
        return isinstance(after, cst.FormattedStringText) and _ZONE.match(after.value) is not None
    if isinstance(parent, cst.Arg):
        call = tree.parent(parent)
        form = call.func.value if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) else None
        return isinstance(form, cst.SimpleString) and _ZONE.search(form.value) is not None
    return False


def _inside(text: cst.SimpleString) -> str:
    """What stands between the quotes of a text."""
    return text.value[len(text.prefix) + len(text.quote) : -len(text.quote)]


def _told_at_once(tree: Tree, node: cst.BaseExpression, depth: int = 0) -> bool:
    """Whether a date becomes text or a number where it stands, or through one local name."""
    parent = tree.parent(node)
    if _says_a_zone(tree, node):
        return False
    if isinstance(parent, cst.Attribute):
        call = tree.parent(parent)
        return parent.attr.value in _TOLD and not (isinstance(call, cst.Call) and _says_a_zone(tree, call))
    if isinstance(parent, cst.FormattedStringExpression):
        return True
    if isinstance(parent, cst.Arg):
        call = tree.parent(parent)
        return isinstance(call, cst.Call) and dotted(call.func) in ("str", "format", "print")
    if isinstance(parent, cst.BinaryOperation):
        other = parent.right if parent.left is node else parent.left
        known = isinstance(other, cst.Call) and dotted(other.func).rpartition(".")[2] == "timedelta"
        return known and _told_at_once(tree, parent, depth)
    if not isinstance(parent, cst.Assign) or depth or len(parent.targets) != 1:
        return False
    target, scope = parent.targets[0].target, tree.scope(parent)
    if not isinstance(target, cst.Name) or scope is tree.module:
        return False
    uses = [
        each
        for each in tree.inside(scope)
        if isinstance(each, cst.Name) and each.value == target.value and each is not target
    ]
    return bool(uses) and all(_told_at_once(tree, each, depth + 1) for each in uses)
