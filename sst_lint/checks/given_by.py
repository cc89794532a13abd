"""Who hands over the path of a file, where the function that uses it does not name it itself?

A helper that writes where it is told is one place; whoever tells it is where the file is known, and often where the
change belongs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sst_lint.flow.identity import leaves
from sst_lint.flow.location import Step

if TYPE_CHECKING:
    from sst_lint.flow import Project

#: So many callers are shown.
_CALLERS = 8


def given_by(project: Project, call: int, path: int) -> tuple[Step, ...]:
    """The callers that hand over the path (a node) which ``call`` uses, by place; none if its function names it."""
    scope = project.locks.scope_of(call)
    named = leaves(project.identity.of(path)) if path >= 0 else ()
    scopes = [scope] if any(leaf[0] == "param" for leaf in named) else []
    if any(leaf[0] == "instance" for leaf in named):
        function = project.world.functions.get(scope)
        if function is not None and function.cls >= 0:
            scopes = [f.scope for f in project.linked.find_method(function.cls, "__init__")]
    calls = [c for s in scopes for c in project.locks.callers(s) if s == scope or _makes(project, c, scope)]
    direct = [c for c in calls if not _is_of_wrapper(project, c)]
    found = [project.trace.location(project.linked.result_of(c)) for c in direct or calls]
    steps = [Step(at.path, at.line, at.function, "hands over the path") for at in found if not project.is_test(at.path)]
    return tuple(sorted(dict.fromkeys(steps))[:_CALLERS])


def _is_of_wrapper(project: Project, call: int) -> bool:
    """Whether a call stands in the wrapper of a decorator, which hands on whatever it is given."""
    gathered = project.paths.gathered
    return any(node in gathered for _, node in project.linked.argument_nodes(call))


def _makes(project: Project, call: int, scope: int) -> bool:
    """Whether a call to a constructor makes (or, by ``super()``, sets up) an instance of the class that writes."""
    world, linked = project.world, project.linked
    cls = world.functions[scope].cls
    if any(v[0] == "i" and cls in linked.mro(v[1]) for v in linked.values(linked.result_of(call))):
        return True
    caller = world.functions.get(project.locks.scope_of(call))
    return caller is not None and caller.cls >= 0 and cls in linked.mro(caller.cls)[1:]
