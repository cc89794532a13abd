"""Are the bytes the ones that were promised, on every Python, and can other libraries read them?"""

from __future__ import annotations

import enum
import gzip
import hashlib
import importlib
import json
import math
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .subject import Figures, Subject

FILE = Path(__file__).with_name("vectors.json")
_RANGES = (
    (0x20, 0x7F),
    (0x20, 0x7F),
    (0x00, 0x20),
    (0x80, 0x800),
    (0x800, 0xD800),
    (0xE000, 0x10000),
    (0x10000, 0x110000),
)
_WORDS = (
    "yes",
    "No",
    "null",
    "~",
    "1e5",
    "0x1F",
    "1_000",
    "12:30:45",
    "2024-01-01",
    "- x",
    "a: b",
    "#c",
    "",
    " ",
    "=",
    "<<",
)


class Text(str):
    """A subclass that `json` writes as its base."""


class Level(enum.IntEnum):
    """An enum that `json` writes as a number."""

    LOW = 1


def corpus(seed: int, count: int) -> Iterator[Any]:
    """Values made from `getrandbits` alone, so that every Python makes the same ones."""
    bits = random.Random(seed).getrandbits

    def text() -> str:
        if bits(3) == 0:
            return _WORDS[bits(16) % len(_WORDS)]
        pairs = (_RANGES[bits(8) % len(_RANGES)] for _ in range(bits(3)))
        return "".join(chr(low + bits(24) % (high - low)) for low, high in pairs)

    def number() -> float:
        value = struct.unpack("<d", bits(64).to_bytes(8, "little"))[0]
        return value if math.isfinite(value) else 0.5

    def metric() -> float:
        return bits(30) / 2**30 * 10.0 ** (bits(5) - 16)

    def value(depth: int) -> Any:
        kind = bits(4)
        if depth and kind < 3:
            return {text(): value(depth - 1) for _ in range(1 + bits(2))}
        if depth and kind < 5:
            return [value(depth - 1) for _ in range(1 + bits(2))]
        if kind < 8:
            return text()
        if kind < 11:
            return number() if kind < 10 else metric()
        if kind < 14:
            return bits(1 + bits(7)) * (1 - 2 * bits(1))
        return (None, True, False)[bits(8) % 3]

    for _ in range(count):
        yield {text(): value(3) for _ in range(6)}


def yaml_of(api: Any) -> Callable[[Any], str]:
    """The YAML emitter of a subject, which is no public name."""
    own = getattr(api, "canonical_yaml", None)
    return own or importlib.import_module(f"{api.__name__}.yaml_text").canonical_yaml


def corpus_digest(api: Any, seed: int, count: int) -> str:
    """One digest for all the bytes of a corpus, as JSON and as YAML."""
    yaml = yaml_of(api)
    total = hashlib.sha256()
    for each in corpus(seed, count):
        total.update(api.canonical_json(each).encode())
        total.update(api.canonical_json(each, indent=2).encode())
        total.update(yaml(each).encode())
    return total.hexdigest()


def same(left: Any, right: Any) -> bool:
    """Equal, with equal types, and floats to the last bit."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return struct.pack("<d", left) == struct.pack("<d", right) if isinstance(left, float) else bool(left == right)


def ordered(value: Any) -> Any:
    """With all keys sorted by code point."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(each) for each in value] if isinstance(value, list) else value


def _peers() -> tuple[
    dict[str, Callable[[str], Any]], dict[str, Callable[[str], Any]], dict[str, Callable[[Any], bytes]]
]:
    """Who else reads JSON, who reads YAML, and who writes canonical JSON; as far as they are installed."""
    json_readers: dict[str, Callable[[str], Any]] = {"json": json.loads}
    yaml_readers: dict[str, Callable[[str], Any]] = {}
    json_writers: dict[str, Callable[[Any], bytes]] = {}
    for name in ("orjson", "yaml", "ruamel.yaml", "canonicaljson", "rfc8785"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        if name == "orjson":
            json_readers[name] = module.loads
        elif name == "yaml":
            loader = getattr(module, "CSafeLoader", module.SafeLoader)
            yaml_readers["PyYAML"] = lambda text, m=module, each=loader: m.load(text, each)
        elif name == "ruamel.yaml":
            yaml_readers["ruamel"] = module.YAML(typ="safe", pure=True).load
        elif name == "rfc8785":
            json_writers[name] = module.dumps
        else:
            json_writers[name] = module.encode_canonical_json
    return json_readers, yaml_readers, json_writers


def _within(value: Any) -> bool:
    """Is every number one that all JSON parsers keep? orjson turns integers beyond 64 bits into floats."""
    if isinstance(value, dict):
        return all(map(_within, value.values()))
    if isinstance(value, list):
        return all(map(_within, value))
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _common(value: Any) -> bool:
    """Is this written alike by RFC 8785? That orders keys by UTF-16, writes floats otherwise, and stops at 2**53."""
    if isinstance(value, dict):
        by_unit = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return by_unit == sorted(value) and all(map(_common, value.values()))
    if isinstance(value, list):
        return all(map(_common, value))
    return not isinstance(value, float) and (not isinstance(value, int) or abs(value) < 2**53)


def _reduced(value: Any) -> Any:
    """`value` without the members on which RFC 8785 differs."""
    if isinstance(value, dict):
        kept = {key: _reduced(each) for key, each in value.items() if ord(max(key, default=" ")) < 0xD800}
        return {key: each for key, each in kept.items() if _common(each)}
    return [each for each in map(_reduced, value) if _common(each)] if isinstance(value, list) else value


def run_vectors(subject: Subject, *, count: int, seed: int = 1, yaml_every: int = 1) -> Figures:
    """Golden vectors, refusals, and a corpus that every peer must read back unchanged."""
    figures = Figures("bytes")
    _golden(subject.api, figures)
    _refusals(subject.api, figures)
    yaml = yaml_of(subject.api)
    json_readers, yaml_readers, json_writers = _peers()
    figures.skipped += [
        f"{name} is not installed"
        for name in ("orjson", "PyYAML", "ruamel", "canonicaljson", "rfc8785")
        if name not in {**json_readers, **yaml_readers, **json_writers}
    ]
    for number, value in enumerate(corpus(seed, count)):
        figures.cases += 1
        text, wanted = subject.api.canonical_json(value), ordered(value)
        for name, read in json_readers.items():
            if (name == "json" or _within(value)) and not same(read(text), wanted):
                figures.violations.append(f"{name} reads {text!r} as something else")
        for name, write in json_writers.items():
            shared = _reduced(value) if name == "rfc8785" else value
            if write(shared) != subject.api.canonical_json(shared).encode()[:-1]:
                figures.violations.append(f"{name} writes {shared!r} differently")
        if number % yaml_every == 0:
            for name, read in yaml_readers.items():
                if not same(read(yaml(value)), wanted):
                    figures.violations.append(f"{name} reads {yaml(value)!r} as something else")
        if not same(subject.api.loads_strict(text), wanted):
            figures.violations.append(f"loads_strict reads {text!r} as something else")
    figures.counts["peers"] = len(json_readers) + len(yaml_readers) + len(json_writers)
    return figures


def _golden(api: Any, figures: Figures) -> None:
    """The committed vectors: JSON, YAML, digest, gzip."""
    yaml = yaml_of(api)
    document = json.loads(FILE.read_text(encoding="utf-8"))
    for row in document["vectors"]:
        figures.cases += 1
        value = json.loads(row["source"])
        try:
            found = (api.canonical_json(value), yaml(value), api.digest(value))
        except (TypeError, ValueError) as error:
            found = (str(error), "", "")
        if found != (row["json"], row["yaml"], row["sha256"]):
            figures.violations.append(f"golden vector {row['source']}: {found}")
    packed = api.gzip_bytes(b"the same bytes" * 100)
    if packed[:10] != b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" or gzip.decompress(packed) != b"the same bytes" * 100:
        figures.violations.append("gzip carries a time, a name or other bytes")
    try:
        found = corpus_digest(api, *document["corpus"]["arguments"])
    except (TypeError, ValueError) as error:
        figures.violations.append(f"the corpus cannot be written: {error}")
        return
    if found != document["corpus"]["sha256"]:
        figures.violations.append("the corpus has other bytes")


def _refusals(api: Any, figures: Figures) -> None:
    """What has no canonical form must raise, and so must text without one meaning."""
    loop: list[Any] = []
    loop.append(loop)
    odd: list[Any] = [
        math.nan,
        math.inf,
        {1, 2},
        b"x",
        Text("x"),
        Level.LOW,
        "\ud800",
        {1: 2},
        {"\udc00": 1},
        loop,
        object(),
    ]
    texts = ['{"a":1,"a":2}', "[NaN]", "[1] x", "\ufeff[]", "[1e999]", '["\\ud800"]', "", "[1,]"]
    for value in odd:
        figures.cases += 1
        try:
            figures.violations.append(f"{value!r} was written as {api.canonical_json({'k': value})!r}")
        except (TypeError, ValueError, RecursionError) as error:
            if not isinstance(error, api.CanonicalError) or not str(error).startswith("$"):
                figures.violations.append(f"{value!r}: the error names no path: {error!r}")
    for text in texts:
        figures.cases += 1
        try:
            figures.violations.append(f"{text!r} was read as {api.loads_strict(text)!r}")
        except ValueError:
            continue
