"""How does a handler stop hiding errors (SST401 to SST406)? It logs, decides by the policy, or lets the stop pass."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import libcst as cst

from sst_lint.fixes.draft import LOGGER, Advice, Change, Draft, Import, Site, insertions, marker
from sst_lint.fixes.logger import known_logger, takes_errors
from sst_lint.fixes.places import before_statement
from sst_lint.fixes.tree import Tree, argument, constant, dotted
from sst_lint.fixes.values import appended

_BROAD = ("Exception", "BaseException", "")
_OPEN = frozenset({"SST403", "SST404"})
_LEVELS = ("debug", "info", "warning", "warn", "error", "critical")
_WIDTH = (88, 120)  #: of lines: the narrowest that formatters use, and the widest that is taken from the file
_JUMPS = (cst.Return, cst.Raise, cst.Continue, cst.Break)


def bare(site: Site) -> Draft | Advice | None:
    """SST401: the clause names `Exception`, and what it catches is told."""
    handler = _handler(site)
    if handler is None or handler.type is not None:
        return None
    start = site.tree.span(handler)[0] + len("except")
    changes = (Change(start, start, " Exception"),)
    if (_raises(site.tree, handler) or _tries_imports(site.tree, handler)) and not _OPEN & set(site.finding.also):
        return Draft("unsafe", changes)  # nothing is hidden: another error tells it, or an import may fail
    return _told(site, handler, changes)


def silent(site: Site) -> Draft | Advice | None:
    """SST402: the error is logged, by the logger that the module has."""
    handler = _handler(site)
    return None if handler is None else _told(site, handler, ())


def fail_open(site: Site) -> Draft | Advice | None:
    """SST403, SST404: the policy decides before the fallback is used; only for broad clauses."""
    handler = _handler(site)
    if handler is None or _caught(handler) not in _BROAD[:2]:
        return None
    if "handle_error_with_policy" not in site.helpers:
        return Advice("helpers", "needs the helper `handle_error_with_policy`")
    return _told(site, handler, ())


def swallowed(site: Site) -> Draft | Advice | None:
    """SST405: `BaseException` becomes `Exception`; a cancellation is raised again."""
    handler = _handler(site)
    if handler is None or handler.type is None:
        return None
    tree = site.tree
    if _caught(handler) == "BaseException":
        start, end = tree.span(handler.type)
        changes = (Change(start, end, "Exception"),)
        if _OPEN & set(site.finding.also) or "SST402" in site.finding.also:
            return _told(site, handler, changes)
        return Draft("unsafe", changes)
    if isinstance(handler.type, cst.Tuple):
        return _without_cancellation(tree, handler.type)
    if _caught(handler).rpartition(".")[2] != "CancelledError" or not isinstance(handler.body, cst.IndentedBlock):
        return None
    return _raised_again(tree, handler.body)


def _without_cancellation(tree: Tree, caught: cst.Tuple) -> Draft | None:
    """``except (TimeoutError, CancelledError)``: a clause that does not name the cancellation lets it pass."""
    names = [tree.source(element.value) for element in caught.elements]
    rest = [name for name in names if name.rpartition(".")[2] != "CancelledError"]
    start, end = tree.outer(caught)
    if not rest or len(rest) == len(names) or any(mark in tree.text[start:end] for mark in "#\n"):
        return None
    return Draft("unsafe", (Change(start, end, rest[0] if len(rest) == 1 else f"({', '.join(rest)})"),))


def _raised_again(tree: Tree, body: cst.IndentedBlock) -> Draft | None:
    last = body.body[-1]
    if not isinstance(last, cst.SimpleStatementLine) or isinstance(last.body[-1], _JUMPS):
        return None
    end = tree.span(last)[1]
    if len(last.body) == 1 and isinstance(last.body[0], cst.Pass):
        return Draft("unsafe", (Change(*tree.span(last.body[0]), "raise"),))
    at = tree.line_end(end)
    if not tree.text[:at].endswith(("\n", "\r")):
        return None
    return Draft("unsafe", insertions((at, f"{tree.indent_of(last)}raise{tree.newline}")))


def lost_cause(site: Site) -> Draft | Advice | None:
    """SST406: the cause is chained (safe), or logged with the message."""
    handler, tree = _handler(site), site.tree
    if handler is None:
        return None
    for node in _own(tree, handler):
        if isinstance(node, cst.Raise) and node.cause is not None and dotted(node.cause.item) == "None":
            name, changes = _error_name(tree, handler)
            return Draft("safe", (*changes, Change(*tree.span(node.cause.item), name))) if name else None
    call = _log_call(tree, handler)
    return None if call is None else Draft("unsafe", appended(tree, call, "exc_info=True"))


# the parts


def _handler(site: Site) -> cst.ExceptHandler | None:
    at = site.tree.offset(site.finding.line, site.finding.column)
    handler = site.tree.starting(at, cst.ExceptHandler)
    return handler if handler is not None and site.tree.text.startswith("except", at) else None


def _log_call(tree: Tree, handler: cst.ExceptHandler) -> cst.Call | None:
    """The first call of a logger in a handler's own body, if it can be told the error and is not."""
    for node in _own(tree, handler):
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _LEVELS:
            receiver = dotted(node.func.value)
            logs = "log" in receiver.lower() and argument(node, "exc_info") is None
            if (
                logs
                and takes_errors(tree, receiver)
                and "loguru" not in tree.text
                and not any(arg.star == "**" for arg in node.args)
            ):
                return node
    return None


def _tries_imports(tree: Tree, handler: cst.ExceptHandler) -> bool:
    """Whether a ``try`` holds imports, and names that say that they are there."""
    block = tree.parent(handler)
    body = block.body.body if isinstance(block, cst.Try) else ()
    small = [one for each in body for one in (each.body if isinstance(each, cst.SimpleStatementLine) else (each,))]
    kinds = (cst.Import, cst.ImportFrom)
    return any(isinstance(one, kinds) for one in small) and all(isinstance(one, (*kinds, cst.Assign)) for one in small)


def _always_said(tree: Tree, handler: cst.ExceptHandler, call: cst.Call) -> bool:
    """Whether a log call is loud, and a statement of the handler itself: no branch goes past it."""
    loud = isinstance(call.func, cst.Attribute) and call.func.attr.value in _LEVELS[2:]
    statement = tree.statement(call)
    return loud and statement is not None and any(statement is each for each in handler.body.body)


def _raises(tree: Tree, handler: cst.ExceptHandler) -> bool:
    """Whether every way through a handler visibly ends with an error: its last statement raises one."""
    last = handler.body.body[-1] if handler.body.body else None
    small = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else last
    leaving = (cst.Return, cst.Continue, cst.Break)
    return isinstance(small, cst.Raise) and not any(isinstance(node, leaving) for node in _own(tree, handler))


def _caught(handler: cst.ExceptHandler) -> str:
    return dotted(handler.type) if handler.type is not None else ""


def _own(tree: Tree, handler: cst.ExceptHandler) -> Iterator[cst.CSTNode]:
    """The nodes of a handler's body that are not part of a handler or function inside it."""
    for node in tree.inside(handler.body):
        if tree.above(node, (cst.ExceptHandler, cst.FunctionDef, cst.Lambda)) is handler:
            yield node


def _told(site: Site, handler: cst.ExceptHandler, changes: tuple[Change, ...]) -> Draft | None:
    """Put the policy call, or else a log line, at the head of the handler."""
    tree, policy = site.tree, site.helpers.get("handle_error_with_policy")
    shapes = site.finding.rule in _OPEN or bool(_OPEN & set(site.finding.also))
    logger = known_logger(tree)
    operation = json.dumps(_operation(site, handler))
    if shapes and policy is not None and (logger is None or logger.standard):
        name, named = _error_name(tree, handler)
        if not name or _calls(tree, handler, "handle_error_with_policy"):
            return None
        if handler.type is None:
            changes, named = (Change(changes[0].start, changes[0].end, f" Exception as {name}"),), ()
        width = len(tree.indent_of(handler)) + len(tree.module.default_indent)
        lines = _policy(policy, name, operation, width, tree)
        added = _headed(tree, handler, lines, replace=False)
        imports: tuple[Import, ...] = (policy,)
    else:
        text = json.dumps(f"{_operation(site, handler)} failed")
        line = f"{LOGGER}.warning({text}, exc_info=True)"
        if logger is not None and logger.loguru:
            line = f"{LOGGER}.opt(exception=True).warning({text})"
        call = _log_call(tree, handler)
        if call is not None and _always_said(tree, handler, call):
            return Draft("unsafe", (*changes, *appended(tree, call, "exc_info=True")))
        logged = any(
            isinstance(node, cst.Call) and "log" in dotted(node.func).rpartition(".")[0].lower()
            for node in tree.inside(handler.body)
        )
        if logged and changes:
            return Draft("unsafe", changes)
        added, named, imports = _headed(tree, handler, [line], replace=True), (), ()
    return None if added is None else Draft("unsafe", (*changes, *named, *added), imports, logger=True)


def _policy(policy: Import, name: str, operation: str, width: int, tree: Tree) -> list[str]:
    rest = f"{name}, operation={operation}, artifact_shaping=True, logger={LOGGER}, fallback=None"
    limit = _limit(tree)
    if width + len(policy.name) + len(rest.replace(LOGGER, "logger")) + 2 <= limit:
        return [f"{marker(policy)}({rest})"]
    step = tree.module.default_indent
    if width + len(step) + len(rest.replace(LOGGER, "logger")) <= limit:
        return [f"{marker(policy)}(", f"{step}{rest}", ")"]
    return [f"{marker(policy)}(", *(f"{step}{part}," for part in rest.split(", ")), ")"]


def _limit(tree: Tree) -> int:
    """How long lines of this file may be: as long as its longest is, between what formatters use and our own."""
    return min(max(_WIDTH[0], *(len(line) for line in tree.text.splitlines()), 0), _WIDTH[1])


def _operation(site: Site, handler: cst.ExceptHandler) -> str:
    function = site.finding.function.rpartition(".")[2].strip("<>")
    around = site.tree.above(handler, cst.FunctionDef)
    if around is not None and not around.name.value.startswith("__"):  # a finding names the outermost one
        function = around.name.value
    if function.startswith("__") and function.endswith("__"):  # many classes have it
        function = ".".join(site.finding.function.split(".")[-2:])
    if function not in ("", "module"):
        return function
    name = site.tree.path.removesuffix(".py").removesuffix("/__init__")
    return name.rpartition("/")[2].strip("_") or "module"


def _headed(
    tree: Tree, handler: cst.ExceptHandler, lines: Sequence[str], *, replace: bool
) -> tuple[Change, ...] | None:
    """Insert lines at the head of a handler; a lone ``pass`` makes room for them."""
    body, nl = handler.body, tree.newline
    indent = tree.indent_of(handler) + tree.module.default_indent
    if isinstance(body, cst.SimpleStatementSuite):
        start = tree.span(body.body[0])[0]
        colon = tree.text.rindex(":", 0, start)
        text = "".join(f"{nl}{indent}{line}" for line in lines)
        if len(body.body) == 1 and isinstance(body.body[0], cst.Pass):
            return (Change(colon + 1, tree.span(body.body[0])[1], text),)
        return (Change(colon + 1, start, f"{text}{nl}{indent}"),)
    if not isinstance(body, cst.IndentedBlock) or not body.body:
        return None
    first = body.body[0]
    small = first.body if isinstance(first, cst.SimpleStatementLine) else ()
    idle = len(small) == 1 and (
        isinstance(small[0], cst.Pass) or (isinstance(small[0], cst.Expr) and isinstance(small[0].value, cst.Ellipsis))
    )
    if idle and len(body.body) == 1:
        inner = tree.indent_of(first)
        start, end = tree.span(small[0])
        remark = tree.text[end : tree.line_end(end)].strip()
        told = len(lines[-1].replace(LOGGER, "logger"))
        if remark.startswith("#") and len(inner) + told + len(remark) + 2 > _limit(tree):  # it gets a line of its own
            return (Change(start, tree.text.index("#", end), f"{nl}{inner}".join([*lines, ""])),)
        return (Change(start, end, f"{nl}{inner}".join(lines)),)
    if small and isinstance(small[0], cst.Expr) and constant(small[0].value) is not None:
        return None
    return before_statement(tree, first, list(lines))


def _error_name(tree: Tree, handler: cst.ExceptHandler) -> tuple[str, tuple[Change, ...]]:
    """Return the name of the caught error, and the change that gives it one."""
    if handler.name is not None:
        return dotted(handler.name.name), ()
    scope = tree.scope(handler)
    used = {node.value for node in tree.inside(scope) if isinstance(node, cst.Name)}
    name = next((each for each in ("exc", "error", "err") if each not in used), "")
    if not name:  # other handlers may use it one after the other, not one inside the other
        around, outer = tree.parent(handler), set()
        while around is not None:
            if isinstance(around, cst.ExceptHandler) and around.name is not None:
                outer.add(dotted(around.name.name))
            around = tree.parent(around)
        handlers = [node for node in tree.inside(scope) if isinstance(node, cst.ExceptHandler) and node.name]
        names = [dotted(each.name.name) for each in handlers if each.name is not None]
        assigned = tree.bound
        name = next((each for each in names if each not in outer and assigned.get(each) == names.count(each)), "")
    if not name:
        return "", ()
    if handler.type is None:
        return name, ()
    end = tree.outer(handler.type)[1]
    return name, (Change(end, end, f" as {name}"),)


def _calls(tree: Tree, handler: cst.ExceptHandler, name: str) -> bool:
    return any(
        isinstance(node, cst.Call) and dotted(node.func).rpartition(".")[2] == name
        for node in tree.inside(handler.body)
    )
