"""Do the library models say what is true? Each example is parsed, bound, compared with the real signature, and run.

What is not installed, or not there in this version of Python, is counted and said, never silently passed.
"""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import pytest
from model_sandbox import make_files
from model_signatures import check, example_call

from sst_lint.catalogue import load_models
from sst_lint.catalogue.model import Library

LIBRARIES = load_models()


def identify(library: Library) -> str:
    return library.calls[0].name.partition(".")[0] if library.calls else library.name


@pytest.mark.parametrize("library", LIBRARIES, ids=identify)
def test_the_examples_call_what_the_entries_name(library: Library) -> None:
    modules = (*library.modules, "builtins", "typing")
    wrong = [m.name for m in library.calls if not any(m.name.startswith(f"{module}.") for module in modules)]
    assert wrong == [], f"belong to none of the modules {modules}"
    for model in library.calls:
        callee = ast.unparse(example_call(model).func)
        if model.method:
            assert callee.endswith("." + model.name.rpartition(".")[2]), model.name
        else:
            assert callee == model.name.removeprefix("builtins.") or model.name.startswith("builtins.dict."), model.name


@pytest.mark.parametrize("library", LIBRARIES, ids=identify)
def test_the_examples_bind_their_parameters(library: Library) -> None:
    for model in library.calls:
        call = example_call(model)
        ports = {port for flow in model.flows for port in (flow.from_, flow.to)}
        ports |= {model.writes.data} if model.writes else set()
        arguments = (*model.params, *model.keywords)
        if not ({"*", "**"} & ports or any("*" in pair for pair in model.callback)):
            assert not model.params or len(call.args) <= len(model.params), f"{model.name}: too many arguments"
        for keyword in call.keywords:
            assert keyword.arg in arguments or "**" in ports, f"{model.name}: unknown argument {keyword.arg}"
        mentioned = [name for flow in model.flows for name, _ in (*flow.when, *flow.unless)]
        mentioned += [name for source in model.sources for name, _ in (*source.when, *source.unless)]
        mentioned += [model.sort_param, model.default_param, model.zone_param]
        unknown = {name for name in mentioned if name} - set(arguments)
        assert not unknown, f"{model.name}: a condition names {sorted(unknown)}, no parameter"


@pytest.mark.parametrize("library", LIBRARIES, ids=identify)
def test_the_examples_run_and_the_signatures_agree(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unchecked: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, model in enumerate(library.calls):
            here = tmp_path / str(number)
            here.mkdir()
            make_files(here)
            monkeypatch.chdir(here)
            try:
                checked = check(model, library, here)
            except Exception as error:
                raise AssertionError(f"{model.name}: {model.example}") from error
            if checked.missing:
                unchecked.append(f"{model.name}: {checked.missing}")
    if unchecked:
        pytest.skip(f"{len(unchecked)} of {len(library.calls)} not checked here: {', '.join(unchecked)}")
