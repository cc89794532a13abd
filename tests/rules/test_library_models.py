"""Do the library models say what is true? Each example is parsed, bound, compared with the real signature, and run."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from model_sandbox import make_files, names

from sst_lint.catalogue import load_models
from sst_lint.catalogue.model import Library, Model

CALLS = [(library, call) for library in load_models() for call in library.calls]
STANDARD = set(sys.stdlib_module_names)

#: not there on older interpreters, or gone from newer ones
SINCE = {
    "copy.replace": (3, 13),
    "hashlib.file_digest": (3, 11),
    "itertools.batched": (3, 12),
    "pathlib.Path.walk": (3, 12),
    "tomllib.load": (3, 11),
    "tomllib.loads": (3, 11),
}
#: the example is bound to the real signature but not run, and why
NOT_RUN = {
    "asyncio.as_completed": "needs a running loop",
    "asyncio.create_task": "needs a running loop",
    "asyncio.ensure_future": "needs a running loop",
    "asyncio.gather": "needs a running loop",
    "builtins.input": "waits for a terminal",
    "os._exit": "ends the process",
    "os.abort": "ends the process",
    "os.getlogin": "needs a terminal",
    "os.lockf": "waits for a lock",
    "os.sync": "slow",
    "catboost.CatBoost.save_model": "needs a trained model",
    "plotly.graph_objects.Figure.write_image": "needs a browser",
    "plotly.io.write_image": "needs a browser",
    "pydantic.BaseModel.model_validate": "is for subclasses",
    "subprocess.getoutput": "needs a shell",
    "xgboost.Booster.dump_model": "needs a trained model",
    "xgboost.Booster.save_model": "needs a trained model",
}
#: needs more than this machine: a network, an account, a server
NOT_RUN_LIBRARIES = {"parallel", "remote", "web"}
#: modules that exist on one platform only
PLATFORM = {"msvcrt"}


def identify(item: object) -> str | None:
    return item.name if isinstance(item, (Model, Library)) else None


def example_call(model: Model) -> ast.Call:
    """Return the outermost call of the example."""
    tree = ast.parse(model.example, mode="eval").body
    assert isinstance(tree, ast.Call), f"{model.name}: the example is not a call"
    return tree


def called_name(call: ast.Call) -> str:
    """Return the last part of the callee as written."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    assert isinstance(call.func, ast.Name)
    return call.func.id


@pytest.mark.parametrize(("library", "model"), CALLS, ids=identify)
def test_the_example_calls_what_the_entry_names(library: Library, model: Model) -> None:
    call = example_call(model)
    assert called_name(call) == model.name.rpartition(".")[2]
    if model.method:
        assert isinstance(call.func, ast.Attribute), "a method is called on something"
    elif not model.name.startswith("builtins."):
        assert ast.unparse(call.func) == model.name
    names_a_module = any(model.name.startswith(f"{module}.") for module in (*library.modules, "builtins", "typing"))
    assert names_a_module, f"{model.name} belongs to none of the modules {library.modules}"


@pytest.mark.parametrize(("library", "model"), CALLS, ids=identify)
def test_the_example_binds_its_parameters(library: Library, model: Model) -> None:
    call = example_call(model)
    ports = {port for flow in model.flows for port in (flow.from_, flow.to)}
    if model.writes:
        ports.add(model.writes.data)
    if not ({"*", "**"} & ports or any("*" in pair for pair in model.callback)):
        assert len(call.args) <= len(model.params) or not model.params, "more arguments than parameters"
    for keyword in call.keywords:
        assert keyword.arg in (*model.params, *model.keywords) or "**" in ports, f"unknown argument {keyword.arg}"
    mentioned = [name for flow in model.flows for name, _ in (*flow.when, *flow.unless)]
    mentioned += [name for source in model.sources for name, _ in (*source.when, *source.unless)]
    mentioned += [model.sort_param, model.default_param, model.zone_param]
    for name in mentioned:
        assert not name or name in (*model.params, *model.keywords), f"a condition names {name}, no parameter"


def available(model: Model, library: Library) -> bool:
    """Whether this interpreter has what the entry is about; a missing name of the standard library is an error."""
    if SINCE.get(model.name, (0,)) > sys.version_info[:2]:
        return False
    for module in library.modules:
        if model.name.startswith(f"{module}.") or module == library.name:
            try:
                importlib.import_module(module)
            except ImportError:
                assert module.partition(".")[0] not in STANDARD - PLATFORM or module in SINCE or not_yet(module)
                return False
    return True


def not_yet(module: str) -> bool:
    return any(name.startswith(f"{module}.") and since > sys.version_info[:2] for name, since in SINCE.items())


def import_modules(library: Library) -> None:
    for module in library.modules:
        try:
            importlib.import_module(module)
        except ImportError:
            assert module.partition(".")[0] not in STANDARD - PLATFORM or not_yet(module)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    make_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield tmp_path


@pytest.mark.parametrize(("library", "model"), CALLS, ids=identify)
def test_the_example_runs_and_the_signature_agrees(library: Library, model: Model, here: Path) -> None:
    if not available(model, library):
        pytest.skip("not installed")
    import_modules(library)
    with names(here) as known:
        call = example_call(model)
        try:
            function = evaluate(call.func, known)
        except ImportError as error:  # the library is there, what it stands on is not
            assert library.modules[0].partition(".")[0] not in STANDARD
            pytest.skip(f"not installed: {error.name}")
        compare_signature(model, function)
        if model.name in NOT_RUN or library.name in NOT_RUN_LIBRARIES:
            return
        arguments = [evaluate(argument, known) for argument in call.args]
        keywords = {keyword.arg: evaluate(keyword.value, known) for keyword in call.keywords if keyword.arg}
        try:
            function(*arguments, **keywords)
        except SystemExit:
            assert model.raises
        except (FileNotFoundError, ImportError):  # the example reads a file, or the library wants another one
            assert library.modules[0].partition(".")[0] not in STANDARD
        else:
            assert not model.raises


def evaluate(node: ast.expr, known: dict[str, Any]) -> Any:
    return eval(
        compile(ast.Expression(node), "example", "eval"), {"__builtins__": builtins, "__name__": "example"}, known
    )


def compare_signature(model: Model, function: Callable[..., Any]) -> None:
    """Fail when a parameter of the entry is not where the real callable has it; pass when it tells nothing."""
    try:
        real = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):  # built-in functions without a text signature
        return
    positional = [p for p in real if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_more = any(p.kind is p.VAR_POSITIONAL for p in real)
    takes_any_keyword = any(p.kind is p.VAR_KEYWORD for p in real)
    named = {p.name for p in real if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
    for index, name in enumerate(model.params):
        if index < len(positional):
            same = positional[index].name == name or positional[index].kind is inspect.Parameter.POSITIONAL_ONLY
            assert same, f"{model.name}: parameter {index} is {positional[index].name}, not {name}"
        else:
            assert takes_more or (takes_any_keyword and name not in named), f"{model.name}: no parameter {name}"
    for name in model.keywords:
        assert name in named or takes_any_keyword, f"{model.name}: no keyword {name}"
