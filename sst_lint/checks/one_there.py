"""Is there most probably one element alone, by who has put it there or by its name? Then a choice is hardly one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sst_lint.facts.records import Kind
from sst_lint.flow.identity import Symbol, folder_of, leaves

if TYPE_CHECKING:
    from sst_lint.flow import Project
    from sst_lint.flow.picks import Picked
    from sst_lint.flow.sites import Site

#: What takes one, and says by nothing that there may be several.
_TAKES = ("index", "call", "unpack")
#: Between what is filled in stands something of a name, and no wildcard.
_FILLED_IN = re.compile(r"(?=[^\x00]*\w|.*\x00[^\x00]*\w)[^*?\[]*\Z", re.DOTALL)
#: What is filled in, and a name right below it.
_BELOW = re.compile(r"\x00[/\\][^/\\]*\Z")
_PATTERNS = ("pathlib.Path.glob", "pathlib.Path.rglob", "glob.glob", "glob.iglob")


def is_in_own_folder(project: Project, picked: Picked) -> bool:
    """``out.mkdir(); run(["build", "-o", out]); next(out.glob("*.whl"))``: the function has made the directory, so all
    that lies in it is what it has just had put there, and it knows what that is."""
    if picked.kind != "listing" or (picked.choice is not None and picked.choice.kind not in _TAKES):
        return False
    sites = _listed(project, picked)
    return bool(sites) and all(_is_own(project, site) for site in sites)


def has_no_wildcard(project: Project, picked: Picked) -> bool:
    """``folder.glob(f"{name}.json")``: what is written of it is a name, and stands for no others."""
    sites = _listed(project, picked) if picked.kind == "listing" else []
    return bool(sites) and all(_is_name(project, site) for site in sites)


def _listed(project: Project, picked: Picked) -> list[Site]:
    """The calls that list what is picked from."""
    if not picked.path:
        return []
    calls = [call for _, _, call in project.linked.sources.get(picked.path[0][0], ()) if call >= 0]
    return [site for call in calls for site in project.linked.sites_of.get(call, ()) if site.model.sources]


def _is_own(project: Project, site: Site) -> bool:
    node = next((site.ports.get(flow.from_, -1) for flow in site.model.flows if flow.how == "path"), -1)
    if node < 0:
        return False
    path = project.identity.of(node)
    folder = _folder_of(path) if site.model.name in ("glob.glob", "glob.iglob") else path
    if folder is None:
        return False
    return any(leaf[0] == "temporary" for leaf in leaves(folder)) or project.is_new(folder, site.call)


def _folder_of(pattern: Symbol) -> Symbol | None:
    """The directory in which a pattern is looked for: of ``os.path.join(out, "*.whl")``, ``f"{out}/*.whl"``."""
    if pattern[0] == "text" and pattern[2] and _BELOW.match(pattern[1]):
        folder: Symbol = pattern[2][0]
        return folder
    return folder_of(pattern)


def _is_name(project: Project, site: Site) -> bool:
    if site.model.name not in _PATTERNS:
        return False
    node = next((site.ports.get(port, -1) for port in ("pattern", "pathname")), -1)
    record = project.world.nodes[node] if node >= 0 else None
    return record is not None and record.kind == Kind.TEXT and bool(_FILLED_IN.match(record.name))
