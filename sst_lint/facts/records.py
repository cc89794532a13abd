"""What does one unit contribute? Plain serializable records: nodes, edges, calls, loops, handlers, choices.

Nothing here knows what a name means: names are as written, and imports, types, constants and models are bound when
linking. Positions are relative to the unit (line 1 is its first line), columns are 1-based code points.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

#: The name of a VALUE that stands for a variable after it was given to a call.
AFTER = "after"
#: The name of a node that stands for the number that one element of a loop gets.
NUMBERED = "numbered"


class Kind(IntEnum):
    """What a node of the flow graph stands for."""

    VALUE = 0  # the join of several values, or the result of an operator
    TEXT = 1  # a string literal or f-string; name = its text, "\x00" where something is filled in
    CONST = 2  # another literal; name = its repr
    NAME = 3  # a name that this unit does not bind: global, builtin, import
    ATTR = 4  # base.name, read
    PARAM = 5  # base = index of the parameter
    OUT = 6  # what the callee leaves in a parameter; base = index
    RETURN = 7  # what the scope returns or yields
    CALL = 8  # result of a call; base = index of the call
    LIST = 9
    TUPLE = 10
    DICT = 11
    SET = 12
    LOOP = 13  # the order in which a loop runs; base = index of the loop
    FUNC = 14  # a nested function, lambda or class; base = index of its scope
    BOUND = 15  # name bound at module or class level, or by `global`
    PUT = 16  # base.name, written
    CELL = 17  # a local that nested functions share
    ITEM = 18  # base[...], read; name = constant key
    BINOP = 19  # name = operator; operands are its incoming edges, in order
    ERROR = 20  # the exception that a handler catches
    IMPORT = 22  # an imported name; base = index of the import


class Node(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One node. ``loop`` is the innermost loop in which the value is bound (-1: none), ``region`` the innermost
    region."""

    kind: int
    name: str = ""
    base: int = -1
    scope: int = 0
    loop: int = -1
    region: int = -1
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    statement: int = 0  #: first line of the statement


class Edge(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """``source`` flows into ``target``; ``key`` is a constant key, attribute or position (STORE and LOAD), or ""."""

    source: int
    target: int
    op: int
    key: str = ""


class Arg(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One argument: ``slot`` is "" for a positional one, a keyword's name, ``*`` or ``**``."""

    slot: str
    node: int


class Call(msgspec.Struct, array_like=True):
    """A call. ``used`` says whether anything takes its result."""

    callee: int
    receiver: int
    method: str
    args: tuple[Arg, ...]
    result: int
    scope: int
    loop: int
    region: int
    used: bool = True
    entered: bool = False  #: used as a context manager
    guarded: bool = False  #: its receiver or first argument is known to have exactly one element
    awaited: bool = False  #: ``await f(...)``


class Param(msgspec.Struct, array_like=True, frozen=True):
    """A parameter. ``kind``: "/" positional-only, "" ordinary, "k" keyword-only, "*" and "**"."""

    name: str
    kind: str
    node: int
    out: int
    annotation: str = ""
    default: int = -1
    sorted: bool = False  #: the function sorts the argument in place


class Scope(msgspec.Struct, array_like=True, frozen=True):
    """A callable of the unit (the unit itself is scope 0), or a nested class, or the body of a module or class unit."""

    name: str
    kind: str  #: function, lambda, class, module
    parent: int
    params: tuple[Param, ...]
    returns: int
    annotation: str = ""
    decorators: tuple[int, ...] = ()
    is_async: bool = False
    is_generator: bool = False
    line: int = 0
    #: classes: (base expression nodes), (name, scope) of methods
    bases: tuple[int, ...] = ()
    members: tuple[tuple[str, int], ...] = ()
    #: names annotated in a class body or module: (name, annotation, default node or -1, order)
    fields: tuple[tuple[str, str, int], ...] = ()
    abstract: bool = False  #: the body is a docstring, `pass`, `...` or `raise NotImplementedError`
    raises: tuple[int, ...] = ()  #: regions of the body in which there is a ``raise`` (-1: in none)
    endless: bool = False  #: no way through the body comes to its end or to a ``return``
    waits_at: int = -1  #: first line of the statement in which it waits for the first time (``await``), or -1


class Loop(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A loop. ``node`` carries its order, ``source`` is what it iterates over (-1 for `while`)."""

    node: int
    source: int
    parent: int
    scope: int
    kind: str  #: for, comprehension, generator, while
    result: str = ""  #: comprehensions: list, set, dict, generator
    #: the test that few elements pass: "equal" to something, in comprehensions also the "start" or "end" of something
    passes: str = ""
    leaves: bool = False  #: while: it ends while some are left, ``while len(saved) > limit``


class Region(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A stretch of code with a guard: try, handler, else, finally, with, if, orelse. ``node``: the test or context.

    ``given``: a parameter that is not empty in here. ``leaves``: an ``if`` after whose body nothing of its block runs.
    """

    kind: str
    parent: int
    scope: int
    node: int = -1
    line: int = 0
    given: int = -1
    leaves: bool = False


class Handler(msgspec.Struct, array_like=True, frozen=True):
    """An ``except`` clause, or a ``with suppress(...)`` (then ``suppress`` is the call's index).

    ``tried`` and ``body`` are regions. ``ends``: how the body can end: falls, returns, continues, breaks, raises.
    """

    tried: int
    body: int
    scope: int
    types: tuple[int, ...]
    bare: bool
    name: str
    ends: tuple[str, ...]
    reraises: bool  #: a bare ``raise`` or ``raise <the caught error>``
    raises_from: bool  #: raises another error with ``from``
    raises_other: bool  #: raises another error without ``from``
    uses_error: bool  #: the caught error is read (passed on, stored, formatted)
    trivial: bool  #: only pass, ..., continue, break, a docstring
    #: nodes that the try body assigns, stores, returns (first) and that the handler itself does (second)
    writes: tuple[int, ...]
    fallbacks: tuple[int, ...]
    only_imports: bool  #: the try body only imports
    line: int
    column: int
    end_line: int
    end_column: int
    suppress: int = -1
    #: under which names ``writes`` and ``fallbacks`` stand: "return", ``x``, ``x.a``, ``x['k]``; in their order
    written_names: tuple[str, ...] = ()
    fallback_names: tuple[str, ...] = ()
    error: int = -1  #: the node of the caught error
    hidden: tuple[int, ...] = ()  #: new errors that are raised ``from None``
    explained: bool = False  #: a comment at the clause says why it is as it is


class Choice(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One element is picked by position or by being first or last. ``kind``: index, slice, unpack, return, assign, act.

    ``guarded``: tested for having exactly one element. ``keyed``: picked by an equality test on the element.
    """

    kind: str
    node: int
    scope: int
    line: int
    column: int
    end_line: int
    end_column: int
    statement: int
    guarded: bool = False
    keyed: bool = False


class Leaving(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A ``return``, ``break`` or ``continue`` (``how``) that leaves a ``finally`` block, so that whatever was raised is
    gone. ``always``: it stands in no condition. ``tried``: the region of the ``try``."""

    how: str
    always: bool
    tried: int
    scope: int
    line: int
    column: int
    end_line: int
    end_column: int


class Import(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """``from module import name as asname`` (``name`` "" for a plain import, "*" for a star); ``level`` counts dots."""

    module: str
    name: str
    asname: str
    level: int
    scope: int
    line: int
    typing_only: bool = False


class Option(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """``node`` is returned only if what ``test`` asks of the parameter ``param`` holds (or does not): facts.options."""

    node: int
    param: int
    test: str
    holds: bool


class UnitFacts(msgspec.Struct, array_like=True, frozen=True):
    """Everything that one unit's text says."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    scopes: tuple[Scope, ...]
    calls: tuple[Call, ...]
    loops: tuple[Loop, ...]
    regions: tuple[Region, ...]
    handlers: tuple[Handler, ...]
    choices: tuple[Choice, ...]
    imports: tuple[Import, ...]
    mutated: tuple[int, ...] = ()  #: nodes that statements change in place (``x[k] = v``, ``x.a = v``)
    named: tuple[tuple[int, str], ...] = ()  #: (node, the first local name that it was given)
    #: (argument as it was, the same after the call, call): what ``fill(x)`` may have left in ``x``
    after: tuple[tuple[int, int, int], ...] = ()
    exports: tuple[str, ...] = ()  #: ``__all__`` of a module unit
    subscripts: tuple[tuple[int, int], ...] = ()  #: (``x[k]`` read, ``k``) where ``k`` is computed
    leavings: tuple[Leaving, ...] = ()
    options: tuple[Option, ...] = ()
    members: tuple[tuple[int, int], ...] = ()  #: (``x in y``, ``y``)
    filters: tuple[tuple[int, int], ...] = ()  #: (test of a comprehension's ``if``, what the comprehension makes)
