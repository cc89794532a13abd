"""Do the library models say what is true? Each example is parsed, bound, compared with the real signature, and run.

What is not installed, or not there in this version of Python, is counted and said, never silently passed.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from model_sandbox import make_files, names

from sst_lint.catalogue import load_models
from sst_lint.catalogue.model import Library, Model

LIBRARIES = load_models()
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


def identify(library: Library) -> str:
    return library.calls[0].name.partition(".")[0] if library.calls else library.name


def example_call(model: Model) -> ast.Call:
    """Return the outermost call of the example."""
    tree = ast.parse(model.example, mode="eval").body
    assert isinstance(tree, ast.Call), f"{model.name}: the example is not a call"
    return tree


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
            if missing := missing_module(model, library):
                unchecked.append(f"{model.name}: {missing}")
                continue
            here = tmp_path / str(number)
            here.mkdir()
            make_files(here)
            monkeypatch.chdir(here)
            try:
                run_example(model, library, here)
            except CompanionMissing as error:
                unchecked.append(f"{model.name}: {error}")
            except Exception as error:
                raise AssertionError(f"{model.name}: {model.example}") from error
    if unchecked:
        pytest.skip(f"{len(unchecked)} of {len(library.calls)} not checked here: {', '.join(unchecked)}")


class CompanionMissing(Exception):
    """A library is installed, what it stands on is not."""


def missing_module(model: Model, library: Library) -> str:
    """What this interpreter lacks of what the entry is about, or ""; the standard library must be there."""
    if SINCE.get(model.name, (0,)) > sys.version_info[:2]:
        return f"needs Python {SINCE[model.name]}"
    for module in library.modules:
        try:
            importlib.import_module(module)
        except ImportError:
            needed = any(
                name.startswith(f"{module}.") and since > sys.version_info[:2] for name, since in SINCE.items()
            )
            assert module.partition(".")[0] not in STANDARD - PLATFORM or needed, module
            if model.name.startswith(f"{module}."):
                return f"no {module}"
    return ""


def run_example(model: Model, library: Library, here: Path) -> None:
    """Compare the signature of the example's callee, and call it; raise ``CompanionMissing`` where that cannot be."""
    standard = library.modules[0].partition(".")[0] in STANDARD
    call = example_call(model)
    with names(here) as known:
        try:
            function = evaluate(call.func, known)
        except ImportError as error:
            if standard:
                raise
            raise CompanionMissing(f"no {error.name}") from error
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
            if standard:
                raise
        except BaseException:  # a command or a test ends, each by an error of its own
            if not model.raises:
                raise
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
