"""Are the models that are remembered those that were read?"""

from __future__ import annotations

from pathlib import Path

from sst_lint.catalogue import load_models
from sst_lint.config import Config
from sst_lint.engine.models import models_of
from sst_lint.facts.store import Store


def test_remembered_models_are_the_same(tmp_path: Path) -> None:
    first, again = Store(tmp_path), Store(tmp_path)
    read = models_of(Config(), first)
    first.save()
    first.close()
    remembered = models_of(Config(), again)
    again.close()
    assert read == remembered == load_models()
    assert remembered is not load_models()


def test_models_of_the_configuration_win_over_remembered_ones(tmp_path: Path) -> None:
    store = Store(tmp_path)
    config = Config(models=({"library": "acme", "call": [{"name": "acme.save"}]},))
    for _ in range(2):
        models = models_of(config, store)
        assert [library.name for library in models[:1]] == ["acme"]
        assert models[1:] == load_models()
    store.close()
