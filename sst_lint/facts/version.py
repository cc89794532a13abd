"""Would the same text give the same facts? Only under the same code: what it is, as a digest of its source."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import sst_lint

#: the rooms whose code decides what is known of a file
_ROOMS = ("config", "source", "facts")


@cache
def facts_version() -> bytes:
    """A digest that differs when a file may be read differently: our code, the grammars of Python and LibCST."""
    package = Path(sst_lint.__file__).parent
    return _digest(file for room in _ROOMS for file in (package / room).rglob("*.py"))


@cache
def code_version() -> bytes:
    """A digest that differs when a project may be judged differently: all of our code, and the rules."""
    from sst_lint.catalogue.load import rules_directory

    package = Path(sst_lint.__file__).parent
    return _digest((*package.rglob("*.py"), *rules_directory().rglob("*.toml")))


def _digest(files: Iterable[Path]) -> bytes:
    base = Path(sst_lint.__file__).parent.parent
    names = sorted((file.relative_to(base).as_posix(), file) for file in files)
    found = hashlib.blake2b(f"{sst_lint.__version__} {sys.version_info[:2]} {_libcst()}".encode(), digest_size=16)
    for name, file in names:
        data = file.read_bytes()
        found.update(f"\0{name}\0{len(data)}\0".encode())
        found.update(data)
    return found.digest()


def _libcst() -> str:
    """The version of LibCST, without importing it: that would take longer than all else."""
    found = importlib.util.find_spec("libcst")
    if found is not None and found.origin:
        try:
            return (Path(found.origin).parent / "_version.py").read_text(encoding="utf-8")
        except OSError:
            pass  # the metadata is asked instead, which takes longer
    from importlib.metadata import version

    return version("libcst")
