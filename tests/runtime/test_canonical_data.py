"""Are the canonical bytes exact, strict and readable by everybody?"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
import hashlib
import json
import random
import struct
import sys
import types
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sst_lint.runtime import (
    CanonicalError,
    StrictJSONError,
    canonical_json,
    digest,
    loads_strict,
    to_primitives,
    write_atomic_json,
    write_atomic_yaml,
)
from sst_lint.runtime.yaml_text import canonical_yaml

GOLDEN = [
    ({"b": 1, "a": [True, False, None]}, '{"a":[true,false,null],"b":1}\n'),
    (
        [0.1, 1.0, -0.0, 1e16, 1e-7, 1.7976931348623157e308, 5e-324],
        "[0.1,1.0,-0.0,1e+16,1e-07,1.7976931348623157e+308,5e-324]\n",
    ),
    ({"é": "\u2028/\x7f", "z": '"\\\n\x00'}, '{"z":"\\"\\\\\\n\\u0000","é":"\u2028/\x7f"}\n'),
    ({"\ufb33": 1, "\U0001f600": 2}, '{"\ufb33":1,"\U0001f600":2}\n'),
    ((1, (2,), {}), "[1,[2],{}]\n"),
    (10**30, "1000000000000000000000000000000\n"),
]


@pytest.mark.parametrize(("value", "text"), GOLDEN)
def test_golden_vectors(value: object, text: str) -> None:
    assert canonical_json(value) == text
    assert digest(value) == hashlib.sha256(text.encode()).hexdigest()


def test_indent(tmp_path: Path) -> None:
    assert canonical_json({"a": [1]}, indent=2) == '{\n  "a": [\n    1\n  ]\n}\n'
    with pytest.raises(ValueError, match="indent"):
        canonical_json({}, indent=4)
    write_atomic_json(tmp_path / "a", {"b": [1], "a": 2})
    assert hashlib.sha256((tmp_path / "a").read_bytes()).hexdigest() == digest({"a": 2, "b": [1]})


class Color(enum.IntEnum):
    RED = 1


class Text(str):
    __slots__ = ()


def cyclic() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["again"] = [value]
    return value


def deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(200_000):
        value = [value]
    return value


BAD = [
    ({"m": {"x": {1, 2}}}, "$.m.x: set"),
    ({"a": [1, Color.RED]}, "$.a[1]: "),
    ({"a": Text("x")}, "$.a: "),
    ({Text("x"): 1}, "$: key 'x' is "),
    ({1: 2}, "$: key 1 is int, not str"),
    ({1: 2, "a": 3}, "$: key 1 is int, not str"),
    ({None: 2}, "$: key None is NoneType, not str"),
    ({"a": float("nan")}, "$.a: nan has no JSON form"),
    ([float("inf")], "$[0]: inf has no JSON form"),
    ({"a b": datetime.date(2024, 1, 1)}, '$["a b"]: datetime.date'),
    ({"a": PurePosixPath("x")}, "$.a: "),
    ({"a": "\ud800"}, "$.a: holds a lone surrogate"),
    ({"\ud800": 1}, "lone surrogate"),
    ({"a": b""}, "$.a: bytes"),
    ({"a": collections.OrderedDict()}, "$.a: collections.OrderedDict"),
    ([collections.namedtuple("P", "x")(1)], "$[0]: "),
    (cyclic(), "$.again[0]: refers to itself"),
    (deep(), "nested too deeply"),
    (object(), "$: object"),
]


@pytest.mark.parametrize(("value", "message"), BAD, ids=range(len(BAD)))
def test_everything_else_raises_with_its_path(value: object, message: str) -> None:
    with pytest.raises(CanonicalError) as caught:
        canonical_json(value)
    assert message in str(caught.value)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)


def test_a_number_with_more_digits_than_python_converts() -> None:
    if not hasattr(sys, "get_int_max_str_digits"):
        pytest.skip("this Python converts any")
    with pytest.raises(CanonicalError, match=r"\$\.n: has more digits"):
        canonical_json({"n": 10**5000})


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=12,
)


def same(left: Any, right: Any) -> bool:
    """Equal, types and the sign of zero included."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_round_trips_through_json_and_yaml(value: object) -> None:
    assert same(loads_strict(canonical_json(value)), value)
    assert same(yaml.safe_load(canonical_yaml(value)), value)


def test_random_doubles_round_trip() -> None:
    rng = random.Random(7)
    numbers = [struct.unpack("<d", rng.getrandbits(64).to_bytes(8, "little"))[0] for _ in range(3000)]
    numbers = [number for number in numbers if number - number == 0]
    assert loads_strict(canonical_json(numbers)) == numbers
    assert yaml.safe_load(canonical_yaml(numbers)) == numbers


WORDS = """
yes no on off y n true null ~ 1 1.0 1e5 0x1f 0o17 017 12:30 2024-01-01 = << - ? : # @ ` % & * ! | > ' " [ ] { }
, .inf .nan -.5 1_000 a:b a#b Null TRUE NaN None nan inf ... --- -a ?a :a
"""
TRICKY = [
    *WORDS.split(),
    "",
    " ",
    " a",
    "a ",
    "a: b",
    "a #b",
    "a\nb",
    "a\n",
    "\ttab",
    "\x85",
    "\xa0",
    "\u2028",
    "\ufeff",
    "\x7f",
    "\x00",
]
TRICKY += [
    "\U0001f600",
    "\ufffd",
    "\ufdd0",
    "\ue000",
    "é" * 300,
    "k" * 2000,
    "\U0010ffff",
    "\\",
    "C:\\x",
    "\u200b",
    "\xad",
]


def test_yaml_text_stays_text(tmp_path: Path) -> None:
    value = {"list": TRICKY, "keys": {key: {key: [key]} for key in TRICKY}}
    write_atomic_yaml(tmp_path / "a.yaml", value)
    assert same(yaml.safe_load((tmp_path / "a.yaml").read_bytes()), value)
    ruamel = pytest.importorskip("ruamel.yaml", reason="ruamel is not installed")
    assert same(ruamel.YAML(typ="safe", pure=True).load(canonical_yaml(value)), value)


def test_yaml_form() -> None:
    value = {"b": [], "a": {"x": [[1], {"k": None, "l": [True]}]}, "c": {}}
    assert canonical_yaml(value) == (
        "a:\n  x:\n    -\n      - 1\n    - k: null\n      l:\n        - true\nb: []\nc: {}\n"
    )
    with pytest.raises(CanonicalError, match=r"\$\.a: set"):
        canonical_yaml({"a": set()})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":1,"a":2}', "stands twice"),
        ("[NaN]", "NaN"),
        ("[-Infinity]", "Infinity"),
        ("[1e999]", "too large"),
        ("\ufeff[]", "byte order mark"),
        (b"\xef\xbb\xbf[]", "byte order mark"),
        (b"\xff", "UTF-8"),
        ("[] []", "Extra data"),
        ("", "Expecting value"),
        ('["\\ud800"]', "surrogate"),
        ("[" * 200_000, "deeply|Expecting|Unterminated"),
    ],
)
def test_strict_reading(text: str | bytes, message: str) -> None:
    with pytest.raises(StrictJSONError, match=message):
        loads_strict(text)


def test_strict_reading_accepts_the_rest() -> None:
    assert loads_strict(b'{"a": "\\ud83d\\ude00", "b": [1.5, -0]}') == {"a": "\U0001f600", "b": [1.5, 0]}


@dataclasses.dataclass
class Run:
    name: str
    when: datetime.datetime


class Stage(enum.Enum):
    TRAIN = "train"


def fake_scalar(home: str, name: str, value: object) -> object:
    kind = type(name, (), {"__module__": home, "item": lambda self: value, "shape": ()})
    return kind()


def test_to_primitives() -> None:
    noon = datetime.datetime(2024, 5, 1, 14, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    value = {
        Stage.TRAIN: Run("a", noon),
        "path": PureWindowsPath("a\\b"),
        "day": datetime.date(2024, 5, 1),
        "odd": (Color.RED, Text("x"), types.MappingProxyType({"k": 1})),
        "np": [fake_scalar("numpy", "float32", 0.5), fake_scalar("numpy", "int64", 3)],
    }
    assert to_primitives(value) == {
        "train": {"name": "a", "when": "2024-05-01T12:00:00+00:00"},
        "path": "a/b",
        "day": "2024-05-01",
        "odd": [1, "x", {"k": 1}],
        "np": [0.5, 3],
    }
    assert type(to_primitives(Text("x"))) is str
    canonical_json(to_primitives(value))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"t": datetime.datetime(2024, 1, 1)}, r"\$\.t: .* has no time zone"),  # noqa: DTZ001
        ({"s": {1}}, r"\$\.s: set"),
        ([float("nan")], r"\$\[0\]: nan"),
        ([b""], r"\$\[0\]: bytes"),
        ({1: 2}, "not str"),
        (cyclic(), "refers to itself"),
        ({"train": 1, Stage.TRAIN: 2}, "two keys become"),
        ([fake_scalar("numpy", "datetime64", 17)], "numpy.datetime64"),
        ([fake_scalar("elsewhere", "float32", 0.5)], "elsewhere.float32"),
        ([object()], "object"),
    ],
    ids=range(10),
)
def test_to_primitives_rejects(value: object, message: str) -> None:
    with pytest.raises(CanonicalError, match=message):
        to_primitives(value)
