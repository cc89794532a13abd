"""What does a library's call mean? The values that one entry of ``rules/models/*.toml`` becomes.

A model says, for one callable, what flows from which argument to which, and what the call does to the world: lists a
directory, opens a file, writes, digests, replaces, locks, logs. Judgement (is that bad?) is in the checks, not here.

Ports name the places that values enter and leave a call: a parameter by its name, ``self`` (the receiver of a method),
``*`` (every argument), ``**`` (every keyword argument that no parameter names), ``return`` (the result),
``NAME()`` (what the function given as parameter NAME returns); where something flows from also an attribute of one
(``self.globals``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Constant = bool | int | float | str | None

How = Literal[
    "same",  # the same object: everything is kept (`copy.copy`, `typing.cast`, `Path(p)`)
    "copy",  # a new sequence with the elements in iteration order (`list(x)`, `tuple(x)`, `np.array(x)`)
    "sort",  # the elements in sorted order: own order stops, what is inside the elements stays
    "set",  # the elements as a set: order stops, a set is made
    "copied-set",  # the set as another one, if it is one (`s.copy()`)
    "dict",  # a mapping from an iterable of pairs or a mapping: order becomes key order
    "element",  # one element of it (`next(x)`, `d.get(k)`)
    "columns",  # sequences that it holds, under keys or not, are laid side by side: their order becomes that of rows
    "inside",  # nothing but the order of what it holds, under keys or not (the neighbours of the nodes of a graph)
    "order",  # nothing of it but the order of its elements (of lists that are joined to one)
    "store",  # becomes one element of it (`x.append(v)`: v -> self)
    "extend",  # its elements are added in iteration order (`x.extend(v)`: v -> self)
    "merge",  # its keys are added to a mapping in iteration order (`d.update(v)`)
    "add",  # becomes an element where order does not count (`s.add(v)`)
    "view",  # values/items of a mapping: its key order becomes the order of the result
    "keys",  # keys of a mapping: the same, without what stands under them
    "text",  # rendered as text in iteration order (`str(x)`, `repr`, `",".join(x)`, `f.write(x)`)
    "string",  # of a text, its order: what takes texts alone fails at sets and mappings (`json.loads(x)`, `write_text`)
    "serialize",  # rendered, order of lists and of keys at every depth kept (`json.dumps`)
    "serialize-sorted",  # rendered with keys sorted at every depth (`json.dumps(sort_keys=True)`)
    "template",  # put into a text by a template: the order of lists shows, that of sets if it sorts not, not of keys
    "syntax",  # program text made of a syntax tree: as by a template, but it holds all that is read
    "reduce",  # a result that does not depend on order (`len`, `any`, `max`, `Counter`)
    "value",  # only the value passes, order does not (the default for a call that nobody models)
    "path",  # a path derived from it: constants are kept as evidence of what the file is (`os.path.join`)
]


@dataclass(frozen=True)
class Flow:
    """What flows from one port to another.

    Either port may be an attribute of one (``return.stdout``).
    ``when``/``unless``: constants that arguments must (not) have; an argument that is not given counts as None.
    """

    from_: str
    to: str
    how: How
    when: tuple[tuple[str, Constant], ...] = ()
    unless: tuple[tuple[str, Constant], ...] = ()


@dataclass(frozen=True)
class SourceEffect:
    """The call makes an unreliable value at ``port``.

    ``kind``: listing, rows, set, dict, completion; of values clock, random, identity (of the process), hash (salted),
    machine (who: user, host), place (home, working directory), platform (what kind of machine, where Python is).
    ``depth``: ``own`` (the object itself is in arbitrary order, or is the value) or ``inner`` (what it holds).
    """

    kind: Literal[
        "listing",
        "rows",
        "set",
        "dict",
        "completion",
        "clock",
        "random",
        "identity",
        "machine",
        "place",
        "platform",
        "hash",
    ]
    port: str = "return"
    depth: tuple[Literal["own", "inner"], ...] = ("own",)
    file: bool = False  #: clock: the time that a file carries, not the time of now
    header: bool = False  #: clock: it stands in the header of the file that the call writes, and nowhere else
    suffixes: tuple[str, ...] = ()  #: with ``header``: only if the name of the file ends in one of these
    query: str = ""  #: rows: port of the query, whose text tells whether they have an order; "": they have none
    secret: bool = False  #: random: meant to be guessed by nobody, so a digest with it is a token
    when: tuple[tuple[str, Constant], ...] = ()
    unless: tuple[tuple[str, Constant], ...] = ()


@dataclass(frozen=True)
class OpenEffect:
    """The result is a handle on ``path``. ``mode`` is the parameter of the mode, ``default`` its default value."""

    path: str
    mode: str = ""
    default: str = "r"


@dataclass(frozen=True)
class WriteEffect:
    """The call itself writes a file: ``data`` (a port, or "" when unknown) to ``path`` (a port).

    ``format``: json, yaml, pickle, csv, text, binary, npy, parquet, image, archive ... shown as evidence.
    ``how``: in what way data becomes content (see ``How``). ``remote``: an object store (one PUT; no local fix).
    ``append``: adds to what is there. ``atomic``: goes through a temporary file and a replace.
    ``when``/``unless``: constants that arguments must (not) have for the call to write.
    """

    path: str
    data: str = ""
    format: str = ""
    how: How = "serialize"
    remote: bool = False
    append: bool = False
    atomic: bool = False
    when: tuple[tuple[str, Constant], ...] = ()
    unless: tuple[tuple[str, Constant], ...] = ()


@dataclass(frozen=True)
class MoveEffect:
    """``src`` becomes ``dst``. ``kind``: replace (atomic), rename, move (may copy), copy, copytree, link."""

    src: str
    dst: str
    kind: Literal["replace", "rename", "move", "copy", "copytree", "link"]


@dataclass(frozen=True)
class Model:
    """What one callable means. ``name`` is its qualified name (``json.dump``, ``pathlib.Path.glob``)."""

    name: str
    library: str
    example: str  #: a call as people write it; executed by tests where the library installs
    params: tuple[str, ...] = ()  #: positional parameters in order, without ``self``
    keywords: tuple[str, ...] = ()  #: keyword-only parameters that an effect names as ports (`key` of `sorted`)
    method: bool = False  #: called on an instance; ``self`` is its receiver
    #: also meant when the receiver's type is unknown (only for names that nothing else has, like ``iterdir``)
    unknown_receiver: bool = False
    unknown_with: tuple[str, ...] = ()  #: ... and for others, if one of these keyword arguments is given
    flows: tuple[Flow, ...] = ()
    sources: tuple[SourceEffect, ...] = ()
    returns: str = ""  #: qualified type of the result ("builtins.set", "pathlib.Path", "typing.IO")
    elements: str = ""  #: qualified type of the elements of the result
    opens: OpenEffect | None = None
    writes: WriteEffect | None = None
    moves: MoveEffect | None = None
    digest: str = ""  #: port whose content is digested
    digest_how: How = "serialize"
    choice: str = ""  #: port from which one element is picked by order (`next`, `dict.popitem`)
    draws: str = ""  #: port out of which one element is taken away: a loop around the call runs in its order
    arrivals: bool = False  #: with ``draws``: several workers may fill it, in the order in which they finish
    spawns: bool = False  #: what it calls, or the coroutine that it is given, runs beside the caller
    sorts: str = ""  #: port that is sorted in place
    shuffles: str = ""  #: port that is put in random order in place
    temp: Literal["", "path", "handle", "directory"] = ""  #: the result is a new temporary ...
    sync: Literal["", "flush", "fsync"] = ""
    removes: str = ""  #: port of the path that is removed
    reads: str = ""  #: port of an object that stands for a file, of which all is read
    packs: str = ""  #: port of a file (its path, or opened), or of a directory, that is put into an archive as a whole
    makes_directory: str = ""  #: port of the directory that is made
    sets_mode: str = ""  #: port of the path or handle whose permission bits are set
    tests_existence: str = ""  #: port of the path whose existence is tested
    lock: str = ""  #: port of the path or handle that is locked ("self", "return" for a lock object)
    atomic_writer: bool = False  #: a complete protocol by itself
    atomic_param: str = ""  #: ... when this parameter is True
    logs: Literal["", "debug", "info", "warning", "error", "exception", "critical"] = ""
    console: bool = False  #: writes to a terminal stream
    callback: tuple[tuple[str, str], ...] = ()  #: (port of a function, port whose elements it is called with)
    by_column: bool = False  #: functions may be held: `agg({"a": f})`, `agg([f, g])`, by name `agg(b=("a", f))`
    arguments: tuple[str, ...] = ()  #: ports that hold all arguments of the callback: a sequence, a mapping by name
    unpacks: bool = False  #: each element of what the callback is called with holds all of its arguments
    policy: bool = False  #: an error policy: what it is given is handled
    raises: bool = False  #: never returns normally (`sys.exit`)
    #: serializers: is the output canonical? parameter that sorts keys, parameter that replaces unknown values
    sort_param: str = ""
    default_param: str = ""
    format: str = ""  #: of what it renders; "digest" marks a call whose result is a digest
    #: the result is a date without a time zone, unless ``zone_param`` names a parameter that is given and not None
    naive: bool = False
    zone_param: str = ""
    groups: str = ""  #: port by whose values rows are put into groups (`groupby`)
    seed: str = ""  #: port of the seed of a generator
    seeds: str = ""  #: prefix of the names whose shared generator the call seeds (`random.`)
    shows: tuple[str, ...] = ()  #: ports of texts that the program shows whenever it is asked (`help`)
    refuses_objects: bool = False  #: a serializer of plain data: the attributes of an object never show
    sorts_sets: bool = False  #: a serializer that writes a set as a mapping: sorted where it sorts keys
    builds: tuple[str, ...] = ()  #: ports of what a package is built from, in this order (sources, requirements)
    nan_param: str = ""  #: parameter of a serializer that, when False, refuses NaN (otherwise it writes NaN)


@dataclass(frozen=True)
class TypeModel:
    """What is known of a class of a library: its bases, and the types of its attributes."""

    name: str
    library: str
    bases: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()  #: (attribute, qualified type)
    path_attributes: tuple[str, ...] = ()  #: attributes that are paths derived from it (`.parent`)
    whole_attributes: tuple[str, ...] = ()  #: attributes that are all that it holds, in its order (`series.values`)


@dataclass(frozen=True)
class ValueModel:
    """What a library's attribute means when it is read (``os.environ``, ``sys.executable``, ``sys.stdout``)."""

    name: str
    library: str
    type: str = ""  #: qualified type ("typing.IO", "builtins.dict")
    #: as the kind of a ``SourceEffect``
    source: Literal["", "machine", "place", "platform", "set", "dict", "clock", "nan"] = ""
    file: bool = False  #: clock: the time that a file carries
    console: bool = False  #: a terminal stream


@dataclass(frozen=True)
class Library:
    """One file of ``rules/models``."""

    name: str
    modules: tuple[str, ...]
    summary: str
    calls: tuple[Model, ...] = field(default=())
    types: tuple[TypeModel, ...] = field(default=())
    values: tuple[ValueModel, ...] = field(default=())
    aliases: tuple[tuple[str, str], ...] = ()  #: (other qualified name, modelled qualified name or prefix)
