"""What is known of a file's bytes, whatever its name? Units, facts, comments, and what cannot be understood.

A record depends on the bytes and ``facts_version`` alone, so it can be made by any process on any machine, and kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sst_lint.facts.records import UnitFacts
from sst_lint.source.directives import directives
from sst_lint.source.read import decode, not_parsed
from sst_lint.source.records import Directive, Source, Unit, Unreadable
from sst_lint.source.units import Span, SyntaxProblem, cut_units, find_spans

if TYPE_CHECKING:
    from sst_lint.config import Config

KEY_BYTES = 16


class Comments(NamedTuple):
    """Which comments of other forms the configuration knows as suppressions."""

    waivers: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: Config) -> Comments:
        """What ``config`` says of comments."""
        return cls(tuple(config.waivers), tuple(config.accept))


class Task(NamedTuple):
    """One file to read. ``encoding``: ``content`` is UTF-8 of a text that is to be written in this one."""

    path: str
    content: bytes
    encoding: str = ""
    previous: bytes = b""  #: an encoded record of what the file was before: its units need not be read again


class Failure(NamedTuple):
    """A unit that is not understood. ``internal``: the tool itself failed, so that the record must not be kept."""

    line: int
    message: str
    internal: bool = False


class UnitRecord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The facts of one unit, and a digest of its text."""

    digest: bytes
    facts: UnitFacts


class FileRecord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """All that is known of the bytes of a file; ``unreadable`` (line, column, message) when that is nothing."""

    encoding: str = ""
    spans: tuple[Span, ...] = ()
    units: tuple[UnitRecord, ...] = ()
    failures: tuple[Failure, ...] = ()
    directives: tuple[Directive, ...] = ()
    comments: Comments = Comments()  #: under which ``directives`` were found
    unreadable: tuple[int, int, str] | None = None

    @property
    def keepable(self) -> bool:
        """Whether another run would find the same."""
        return not any(each.internal for each in self.failures)


@dataclass(frozen=True)
class ReadFile:
    """A file under its name."""

    source: Source | Unreadable
    units: tuple[tuple[Unit, UnitFacts], ...] = ()
    failures: tuple[Failure, ...] = ()


def read_record(task: Task, comments: Comments) -> FileRecord:
    """Read a file: the long way, through a parser."""
    if task.encoding:
        text, encoding = task.content.decode("utf-8", "surrogatepass"), task.encoding
    else:
        decoded = decode(task.path, task.content)
        if isinstance(decoded, Unreadable):
            return FileRecord(unreadable=(decoded.line, decoded.column, decoded.message))
        text, encoding = decoded
    try:
        spans = find_spans(text)
    except SyntaxProblem as problem:
        said = not_parsed(task.path, problem)
        return FileRecord(unreadable=(said.line, said.column, said.message))
    known = _known(task.previous)
    failures: list[Failure] = []
    units = tuple(_unit_record(unit, known, failures) for unit in cut_units(text, spans))
    return FileRecord(encoding, spans, units, tuple(failures), directives(text, *comments), comments)


def _known(previous: bytes) -> Mapping[bytes, UnitRecord]:
    """The units of an earlier state of the file, by digest; none of a state in which some were not understood."""
    record = decode_record(previous) if previous else None
    if record is None or record.failures:
        return {}
    return {unit.digest: unit for unit in record.units}


def _unit_record(unit: Unit, known: Mapping[bytes, UnitRecord], failures: list[Failure]) -> UnitRecord:
    digest = unit_digest(unit)
    return known.get(digest) or UnitRecord(digest, unit_facts(unit, failures))


def unit_digest(unit: Unit) -> bytes:
    """What names a unit's text: its facts depend on nothing else."""
    text = f"{unit.kind}\0{unit.indent}\0{unit.text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=KEY_BYTES).digest()


def unit_facts(unit: Unit, failures: list[Failure]) -> UnitFacts:
    """The facts of one unit; those of an empty one, and a failure, when it cannot be understood."""
    from libcst import CSTValidationError, ParserSyntaxError

    from sst_lint import facts

    try:
        return facts.extract(unit)
    except ParserSyntaxError as error:
        line = unit.first_line + max(error.raw_line - (2 if unit.indent else 1), 0)
        failures.append(Failure(line, f"{unit.qualname} cannot be parsed, so it was not checked"))
    except CSTValidationError as error:  # what Python's compiler refuses, but not its parser
        what = f"{unit.qualname} cannot be parsed, so it was not checked: {error}"
        failures.append(Failure(unit.first_line, what))
    except Exception as error:  # noqa: BLE001 -- becomes a finding and exit code 2; one unit must not end the run
        what = f"internal error in {unit.qualname}: {type(error).__name__}: {error}; please report it"
        failures.append(Failure(unit.first_line, what, True))
    return facts.extract(replace(unit, text="", kind="module", indent=""))


def named(path: str, content: bytes, record: FileRecord, comments: Comments, as_text: bool = False) -> ReadFile:
    """The file at ``path``, of which ``record`` is known; ``as_text``: ``content`` is UTF-8 whatever its encoding.

    Raises ``ValueError`` when the record is not one of this content.
    """
    if record.unreadable is not None:
        return ReadFile(Unreadable(path, *record.unreadable))
    text = content.decode("utf-8", "surrogatepass") if as_text else content.decode(record.encoding)
    units = cut_units(text, record.spans)
    if len(units) != len(record.units):
        raise ValueError("the record is of another file")
    found = record.directives if record.comments == comments else directives(text, *comments)
    source = Source(path, text, record.encoding, units, found)
    pairs = tuple((unit, kept.facts) for unit, kept in zip(units, record.units))
    return ReadFile(source, pairs, record.failures)


def content_key(content: bytes, encoding: str = "") -> bytes:
    """What names the record of a file's bytes (``encoding`` as in ``Task``) under this version of the code."""
    from sst_lint.facts.version import facts_version

    found = hashlib.blake2b(facts_version(), digest_size=KEY_BYTES)
    found.update(f"{encoding}\0".encode())
    found.update(content)
    return found.digest()


@cache
def _encoder() -> msgspec.msgpack.Encoder:
    return msgspec.msgpack.Encoder()


@cache
def _decoder() -> msgspec.msgpack.Decoder[FileRecord]:
    return msgspec.msgpack.Decoder(FileRecord)


def encode_record(record: FileRecord) -> bytes:
    """The record as bytes; empty when it cannot be written down (half of a surrogate pair in a string)."""
    try:
        return _encoder().encode(record)
    except UnicodeEncodeError:
        return b""


def decode_record(data: bytes) -> FileRecord | None:
    """The record that ``data`` is; None when it is none."""
    try:
        return _decoder().decode(data)
    except (msgspec.DecodeError, RecursionError):  # validation errors are decode errors
        return None


def read_encoded(tasks: Sequence[Task], comments: Comments) -> list[bytes]:
    """Read files in another process or on another machine: encoded records, in the order of ``tasks``.

    Empty for a record that is not to be kept, or cannot be written down: who asked reads that file himself.
    """
    from sst_lint.source.deep import run_deep

    def work() -> list[bytes]:
        records = [read_record(task, comments) for task in tasks]
        return [encode_record(record) if record.keepable else b"" for record in records]

    return run_deep(work)
