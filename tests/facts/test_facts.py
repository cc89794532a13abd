"""Are facts what they promise: in place, plain data, the same for the same text wherever and whenever it is read?"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import libcst as cst
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst.metadata import MetadataWrapper, PositionProvider

from sst_lint.facts import extract
from sst_lint.facts.ops import BACKWARD, BITS, SETS, Op, backward, forward
from sst_lint.facts.positions import Positions
from sst_lint.facts.records import UnitFacts
from sst_lint.facts.spans import spans_of
from sst_lint.source import Unit, split_units

LIBRARY = Path(sysconfig.get_path("stdlib"))
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
#: Of different makes: decorators and nested functions, long expressions, tabs and odd strings, async, type comments.
FILES = [
    *(LIBRARY / name for name in ("contextlib.py", "difflib.py", "textwrap.py", "string.py", "shlex.py")),
    *(LIBRARY / name for name in ("asyncio/queues.py", "dataclasses.py", "zipfile.py", "json/encoder.py")),
    *sorted((FIXTURES / "facts").glob("*.py")),
]
FILES = [file for file in FILES if file.is_file()]


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


#: What stands between tokens, and tokens that are not always there.
AWKWARD = """\
@ ( first  # (
   )
# between
@second . third

async def f(a, /, b: int = 1, *args: "x", c=(2), d, **kw) -> ( # why
        int):
    x = y = ( ( a ) ) ; z = 1, ; del ( x )
    return [ *a , b ] if a else { **a , "k" : b , } # end

class C ( Base , metaclass = M ) : pass
class D: x: int; y: "str" = f"{ a !r:>{ b }} {c=}" 'two' \\
    "three"
lambda *, a: a ; lambda: (yield) ; lambda a, *b, **c: not a
def g():
    global a , b
    if a not  in b: pass
    elif a is  not b and -a ** ~b or a <= b < c != d: x = yield
    else :
        yield  from a
    for i , in x [ 1 : , ::2 , a:b:c ] [ : ] [ * y ]: break
    else: continue
    while ( n := 10 ) : raise
    try: raise A  from b
    except ( A , B ) as  e : assert a , "b"
    except: ...
    else: x @= 1 ; y //= ( 2 )
    finally: pass
    with ( open ( a ) as  b , c , ) : import a . b as  c , d
    with a as ( b , c ) , d: from . . import ( a as b ,
        c , # last
    )
    async with a: from .a.b import *
    async for x in y: await  z ( * a , k = b , ** c , )
    return ( i async  for i in x if a if b for j in i ) , { i : j for i in x } , { 1 , 2 , } , [ ] , ( )
    return \\
        {a for a in b}\t
"""


@pytest.mark.parametrize("rendered", [False, True], ids=["read off", "rendered"])
@pytest.mark.parametrize("file", [*FILES, None], ids=lambda file: file.name if file else "awkward")
def test_positions_are_those_of_libcst(file: Path | None, rendered: bool) -> None:
    """Whatever the descent asks for has the position that LibCST's own provider gives it, in both ways to find it."""
    text = AWKWARD if file is None else text_of(file)
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    exact = wrapper.resolve(PositionProvider)
    if not rendered:
        forms = (cst.Match, cst.TypeAlias, cst.TypeParameters)
        assert (spans_of(wrapper.module, text) is None) == any(isinstance(node, forms) for node in exact)
    positions = Positions(wrapper.module, text=None if rendered else text)
    compared = 0
    for node, span in exact.items():
        found = positions.of(node)
        if isinstance(node, cst.Module) or found == (0, 0, 0, 0):
            continue
        start, end = span.start, span.end
        assert found == (start.line, start.column + 1, end.line, end.column + 1), node
        compared += isinstance(node, (cst.BaseExpression, cst.BaseSmallStatement, cst.BaseCompoundStatement))
    wanted = sum(isinstance(node, (cst.BaseExpression, cst.BaseCompoundStatement)) for node in exact)
    assert compared >= wanted


@pytest.mark.parametrize("text", ["def f[T](x): pass\n", "match x:\n    case 1: pass\n", "type X = int\n"])
def test_grammar_that_is_not_read_off_is_rendered(text: str) -> None:
    module = cst.parse_module(text)
    assert spans_of(module, text) is None
    assert Positions(module, text=text).of(module.body[0])[:2] == (1, 1)


def test_a_walk_that_misses_the_end_is_not_believed() -> None:
    text = "x = 1\n"
    assert spans_of(cst.parse_module(text), text) is not None
    assert spans_of(cst.parse_module(text), "x = 1 + 2\n") is None
    assert spans_of(cst.parse_module(text), "x =") is None


def test_positions_in_a_unit_are_those_of_the_file() -> None:
    """A site in an indented method, on the line of the file less that of the unit."""
    text = text_of(FIXTURES / "facts" / "attributes.py")
    lines = text.split("\n")
    for unit in split_units(text):
        for call in extract(unit).calls:
            node = extract(unit).nodes[call.result]
            line = lines[unit.first_line + node.line - 2]
            assert node.line == node.end_line
            assert line[: node.end_column - 1].endswith(")"), (unit.qualname, line, node)
            assert not line[: node.column - 1].endswith("."), (unit.qualname, line, node)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_facts_are_plain_data(file: Path) -> None:
    for unit in split_units(text_of(file)):
        facts = extract(unit)
        packed = msgspec.msgpack.encode(facts)
        assert msgspec.msgpack.decode(packed, type=UnitFacts) == facts
        assert msgspec.json.decode(msgspec.json.encode(facts), type=UnitFacts) == facts


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_facts_hold_together(file: Path) -> None:
    """Every number points into its table, and every line into the unit."""
    for unit in split_units(text_of(file)):
        facts = extract(unit)
        count, height = len(facts.nodes), unit.text.count("\n") + 1
        for edge in facts.edges:
            assert 0 <= edge.source < count and 0 <= edge.target < count and edge.op in list(Op)
        for node in facts.nodes:
            assert 0 <= node.scope < len(facts.scopes)
            assert -1 <= node.loop < len(facts.loops) and -1 <= node.region < len(facts.regions)
            assert 0 <= node.line <= height and node.line <= node.end_line <= height and node.statement <= height
        for call in facts.calls:
            assert 0 <= call.callee < count and 0 <= call.result < count and -1 <= call.receiver < count
            assert all(0 <= argument.node < count for argument in call.args)
        for index, scope in enumerate(facts.scopes):
            assert -1 <= scope.parent < max(index, 1)
            assert all(0 <= param.node < count and 0 <= param.out < count for param in scope.params)
        for handler in facts.handlers:
            assert 0 < handler.line <= handler.end_line <= height
            assert all(0 <= node < count for node in (*handler.writes, *handler.fallbacks, *handler.types))
        for choice in facts.choices:
            assert 0 <= choice.node < count and 0 < choice.line <= height and choice.column > 0


@pytest.mark.parametrize("file", [*FILES[:4], FIXTURES / "facts" / "loops.py"], ids=lambda file: file.name)
def test_facts_do_not_depend_on_the_place(file: Path) -> None:
    """A unit says the same wherever it stands in whatever file: only its text and kind count."""
    text = text_of(file)
    here = [(unit, extract(unit)) for unit in split_units(text)]
    if "from __future__" in text:
        moved = text + "\n\n\ndef added_below():\n    return 1\n"
    else:
        moved = "import added_above\n\n\ndef added_above():\n    return 1\n\n\n" + text
    there = {(unit.qualname, unit.kind, unit.occurrence): extract(unit) for unit in split_units(moved)}
    for unit, facts in here:
        if unit.kind != "module":
            assert there[unit.qualname, unit.kind, unit.occurrence] == facts
            assert extract(replace(unit, first_line=999, occurrence=7)) == facts


def test_indentation_moves_columns_only() -> None:
    """The same function as a method, under a test, behind tabs."""
    body = "def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n    return out\n"
    plain = extract(Unit("f", 0, "function", 1, body, ""))
    for indent in ("    ", "\t", "  "):
        shifted = "".join(indent + line for line in body.splitlines(keepends=True))
        facts = extract(Unit("C.f", 0, "function", 5, shifted, indent))
        assert facts.edges == plain.edges
        for node, other in zip(plain.nodes, facts.nodes, strict=True):
            assert (node.kind, node.name, node.line) == (other.kind, other.name, other.line)
            assert other.column in (node.column, node.column + len(indent))


DIGEST = """
import hashlib, sys, msgspec
from pathlib import Path
from sst_lint.facts import extract
from sst_lint.source import split_units
state = hashlib.sha256()
for name in sys.argv[1:]:
    for unit in split_units(Path(name).read_text(encoding="utf-8")):
        state.update(msgspec.msgpack.encode(extract(unit)))
print(state.hexdigest())
"""


def test_facts_do_not_depend_on_the_hash_seed() -> None:
    files = [file for file in FILES if file.stat().st_size < 20_000]
    assert len(files) > 10
    names = [os.fspath(file) for file in files]
    digests = []
    for seed in ("1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", DIGEST, *names]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        digests.append(done.stdout)
    state = hashlib.sha256()
    for file in files:
        for unit in split_units(text_of(file)):
            state.update(msgspec.msgpack.encode(extract(unit)))
    assert {*digests} == {state.hexdigest() + "\n"}


ops = st.sampled_from(list(Op))
bits = st.integers(min_value=0, max_value=sum(BITS))


@given(ops, bits, bits)
@settings(max_examples=200, deadline=None)
def test_operations_are_joins_of_single_bits(op: Op, one: int, other: int) -> None:
    assert forward(op, one | other) == forward(op, one) | forward(op, other)
    assert backward(op, one | other) == backward(op, one) | backward(op, other)
    assert bool(forward(op, one) & other) == bool(backward(op, other) & one)


def test_operations_keep_their_promises() -> None:
    assert len(BACKWARD) == len(Op)
    for bit in BITS:
        assert forward(Op.SAME, bit) == bit and forward(Op.NOTHING, bit) == 0
        assert forward(Op.SORT, forward(Op.SORT, bit)) == forward(Op.SORT, bit)
        assert not forward(Op.SORT, bit) & (1 | 2 | 4)
        assert not forward(Op.TEXT, bit) & SETS
