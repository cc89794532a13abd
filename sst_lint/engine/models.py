"""Which models hold for a project? Those of its configuration, which win, and the built-in ones.

To read, validate and build those takes longer than a change of one function should, so they are remembered as built.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from sst_lint.catalogue import load_models, parse_library
from sst_lint.catalogue.model import Library
from sst_lint.config import Config
from sst_lint.facts.files import KEY_BYTES
from sst_lint.facts.store import Memory
from sst_lint.facts.version import code_version


def models_of(config: Config, store: Memory | None = None) -> tuple[Library, ...]:
    """Return all models. Raises ``CatalogueError`` when one of the configuration is wrong."""
    own = [parse_library(_completed(table), f"models[{index}]") for index, table in enumerate(config.models)]
    if store is None or store.directory is None:
        return (*own, *load_models())  # read once in a process
    return (*own, *_remembered(store))


def _remembered(store: Memory) -> tuple[Library, ...]:
    key = hashlib.blake2b(b"models" + code_version(), digest_size=KEY_BYTES).digest()
    body = store.get([key]).get(key)
    if body is not None:
        try:
            return msgspec.msgpack.decode(body, type=tuple[Library, ...])
        except msgspec.DecodeError:
            pass  # damaged in a way that a checksum does not tell
    models = load_models()
    store.keep({key: msgspec.msgpack.encode(_said(models))})
    return models


def _said(value: Any) -> Any:
    """A model as plain values, without what is as it is when nothing is said."""
    if isinstance(value, tuple):
        return [_said(each) for each in value]
    if not dataclasses.is_dataclass(value):
        return value
    fields = ((each, getattr(value, each.name)) for each in dataclasses.fields(value))
    return {each.name: _said(held) for each, held in fields if held != each.default}


def _completed(table: Mapping[str, Any]) -> dict[str, Any]:
    """A model of the configuration needs neither examples (nothing executes them) nor a summary."""
    whole = {"summary": "", "modules": [str(table.get("library", ""))], **table}
    calls = table.get("call")
    if isinstance(calls, (list, tuple)) and all(isinstance(each, Mapping) and "name" in each for each in calls):
        whole["call"] = [{"example": f"{each['name']}()", **each} for each in calls]
    return whole  # what is wrong with it is said where it is parsed
